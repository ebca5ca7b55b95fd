"""Factor a large symmetric positive definite matrix where it stands, of which only the lower half is ever held.

The blocked left-looking algorithm (Golub and Van Loan, Matrix Computations, 4.2). The matrix is a list of block rows,
each with what stands left of the diagonal and on it: shape (b, columns up to there). Nearly all of the time goes into
products of blocks, which numpy hands to every core.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

BLOCK = 512

Floats = NDArray[np.float32]


def blocks(size: int) -> list[slice]:
    """Return the rows of each block row of a matrix with `size` rows."""
    edges = [*range(0, size, BLOCK), size]
    return [slice(start, end) for start, end in pairwise(edges) if start < end]


class Cholesky:
    """The factor L of a matrix A = LL', shape (n, n), given as its block rows, which become those of L.

    Raises:
        numpy.linalg.LinAlgError: A is not positive definite.
    """

    def __init__(self, rows: Sequence[Floats]) -> None:
        self._rows = rows
        self._blocks = blocks(rows[-1].shape[1] if rows else 0)
        self._inverses: list[Floats] = []  # of the blocks on the diagonal
        for row, here in zip(rows, self._blocks, strict=True):
            for other, left, inverse in zip(rows, self._blocks, self._inverses, strict=False):
                row[:, left] -= row[:, : left.start] @ other[:, : left.start].T
                row[:, left] = row[:, left] @ inverse.T
            row[:, here] -= row[:, : here.start] @ row[:, : here.start].T
            row[:, here] = np.linalg.cholesky(row[:, here])
            self._inverses.append(np.linalg.inv(row[:, here]))

    def solve(self, right: Floats) -> Floats:
        """Return X with AX = `right`, shape (n, k)."""
        solution = right.copy()
        self._forward(solution)
        for row, here, inverse in reversed(list(zip(self._rows, self._blocks, self._inverses, strict=True))):
            solution[here] = inverse.T @ solution[here]
            solution[: here.start] -= row[:, : here.start].T @ solution[here]
        return solution

    def inverse_diagonal(self) -> Floats:
        """Return the diagonal of A's inverse, shape (n,): the squared lengths of the columns of L's inverse."""
        size = self._blocks[-1].stop if self._blocks else 0
        diagonal = np.empty(size, dtype=np.float32)
        for first, here in enumerate(self._blocks):
            columns = np.zeros((size, here.stop - here.start), dtype=np.float32)
            np.fill_diagonal(columns[here], 1.0)
            self._forward(columns, first)
            diagonal[here] = np.einsum("ij,ij->j", columns, columns)
        return diagonal

    def _forward(self, right: Floats, first: int = 0) -> None:
        """Solve LX = `right` in place; above block `first` all of it is zero."""
        start = self._blocks[first].start if self._blocks else 0
        for row, here, inverse in list(zip(self._rows, self._blocks, self._inverses, strict=True))[first:]:
            right[here] -= row[:, start : here.start] @ right[start : here.start]
            right[here] = inverse @ right[here]
