"""The solver behind the ridge: the same figures as a general one, whatever the size of the blocks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from bot.matching import cholesky
from bot.matching.cholesky import Cholesky, blocks


def positive_definite(size: int, seed: int) -> NDArray[np.float32]:
    rows = np.random.default_rng(seed).normal(size=(size, 6)).astype(np.float32)
    return rows @ rows.T + np.eye(size, dtype=np.float32)


def lower(matrix: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """Return a matrix as the block rows of its lower half."""
    return [matrix[rows, : rows.stop].copy() for rows in blocks(len(matrix))]


@given(size=st.integers(1, 40), block=st.sampled_from([1, 3, 8, 64]), seed=st.integers(0, 10_000))
def test_it_solves_as_a_general_solver_does(size: int, block: int, seed: int) -> None:
    matrix = positive_definite(size, seed)
    right = np.random.default_rng(seed + 1).normal(size=(size, 3)).astype(np.float32)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cholesky, "BLOCK", block)
        factored = Cholesky(lower(matrix))
        assert np.allclose(factored.solve(right), np.linalg.solve(matrix, right), atol=1e-3)
        assert np.allclose(factored.inverse_diagonal(), np.diag(np.linalg.inv(matrix)), atol=1e-3)


def test_it_works_where_the_matrix_stands() -> None:
    matrix = positive_definite(5, 1)
    rows = lower(matrix)
    Cholesky(rows)
    assert np.allclose(np.tril(rows[0]), np.linalg.cholesky(matrix), atol=1e-4)


def test_a_matrix_that_is_not_positive_definite_is_refused() -> None:
    with pytest.raises(np.linalg.LinAlgError):
        Cholesky([np.array([[1.0, 2.0], [2.0, 1.0]], dtype=np.float32)])
