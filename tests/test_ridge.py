"""The solver behind the ridge: the same figures as a general one, whatever the examples."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array, random_array

from bot.matching import ridge
from bot.matching.ridge import RIDGE, TOLERANCE, Ridge


def sparse_rows(examples: int, features: int, seed: int) -> csr_array:
    """Return rows of length at most 1, some of them empty, some of them the same."""
    rows = random_array((examples, features), density=0.3, rng=np.random.default_rng(seed), dtype=np.float32)
    dense = rows.toarray()
    dense[examples // 2 :: 3] = dense[0]
    return csr_array(dense / np.maximum(1, np.linalg.norm(dense, axis=1, keepdims=True)))


@settings(deadline=None)
@given(size=st.integers(1, 40), landmarks=st.sampled_from([1, 5, 300]), seed=st.integers(0, 10_000))
def test_it_solves_as_a_general_solver_does(size: int, landmarks: int, seed: int) -> None:
    vectors = sparse_rows(size, 12, seed)
    right = np.random.default_rng(seed + 1).normal(size=(size, 3)).astype(np.float32)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ridge, "LANDMARKS", landmarks)
        found = Ridge(vectors).solve(right)
    system = (vectors @ vectors.T).toarray() + RIDGE * np.eye(size)
    allowed = 2 * TOLERANCE * np.linalg.norm(right, axis=0) + 1e-5
    assert np.all(np.linalg.norm(found - np.linalg.solve(system, right), axis=0) <= allowed)


def test_a_right_hand_side_of_nothing_gives_nothing() -> None:
    assert not Ridge(sparse_rows(9, 12, 1)).solve(np.zeros((9, 2), dtype=np.float32)).any()


def test_the_same_examples_give_the_same_duals() -> None:
    vectors, right = sparse_rows(30, 12, 2), np.eye(30, dtype=np.float32)
    assert np.array_equal(Ridge(vectors).solve(right), Ridge(vectors).solve(right))
