"""Factor a large symmetric positive definite matrix where it stands: half the work of a general solver, no copy.

The blocked right-looking algorithm (Golub and Van Loan, Matrix Computations, 4.2.9). Nearly all of the time goes into
products of blocks, which numpy hands to every core.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

BLOCK = 512

Floats = NDArray[np.float32]


class Cholesky:
    """The factor L of a matrix A = LL', shape (n, n). A is overwritten: its lower triangle becomes L.

    Raises:
        numpy.linalg.LinAlgError: A is not positive definite.
    """

    def __init__(self, matrix: Floats) -> None:
        self._factor = matrix
        self._inverses: list[Floats] = []  # of the blocks on the diagonal
        for here, below in self._blocks():
            corner = np.linalg.cholesky(matrix[here, here])
            inverse = np.linalg.inv(corner)
            matrix[here, here] = corner
            panel = matrix[below, here]
            panel[:] = panel @ inverse.T
            for place in range(0, len(panel), BLOCK):  # the lower triangle of what is left
                matrix[below, below][place:, place : place + BLOCK] -= panel[place:] @ panel[place : place + BLOCK].T
            self._inverses.append(inverse)

    def solve(self, right: Floats) -> Floats:
        """Return X with AX = `right`, shape (n, k)."""
        solution = right.copy()
        self._forward(solution)
        for (here, below), inverse in reversed(list(zip(self._blocks(), self._inverses, strict=True))):
            solution[here] = inverse.T @ (solution[here] - self._factor[below, here].T @ solution[below])
        return solution

    def inverse_diagonal(self) -> Floats:
        """Return the diagonal of A's inverse, shape (n,): the squared lengths of the columns of L's inverse."""
        size = len(self._factor)
        diagonal = np.empty(size, dtype=np.float32)
        for first, (here, _) in enumerate(self._blocks()):
            columns = np.zeros((size, here.stop - here.start), dtype=np.float32)
            np.fill_diagonal(columns[here], 1.0)
            self._forward(columns, first)
            diagonal[here] = np.einsum("ij,ij->j", columns, columns)
        return diagonal

    def _forward(self, right: Floats, first: int = 0) -> None:
        """Solve LX = `right` in place; above block `first` all of it is zero."""
        for (here, below), inverse in list(zip(self._blocks(), self._inverses, strict=True))[first:]:
            right[here] = inverse @ right[here]
            right[below] -= self._factor[below, here] @ right[here]

    def _blocks(self) -> Iterator[tuple[slice, slice]]:
        """Yield the rows of each block on the diagonal, and the rows below it."""
        size = len(self._factor)
        for start in range(0, size, BLOCK):
            end = min(start + BLOCK, size)
            yield slice(start, end), slice(end, size)
