"""Solve the ridge in its dual form, (XX' + RIDGE I) duals = targets, without ever holding the matrix XX'.

Conjugate gradients (Hestenes and Stiefel, 1952; Saad, Iterative Methods for Sparse Linear Systems, algorithm 9.1) for
all right-hand sides side by side. The preconditioner takes every nth example as a landmark and XX' as what the
landmarks explain of it plus a diagonal (Nyström's approximation, as in Snelson and Ghahramani's FITC, 2006); with it
some ten rounds are enough where there would be forty. Memory grows with the examples, not with their square.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import solve_triangular
from scipy.sparse import csr_array

from bot.matching.lexical import Floats, Weights

RIDGE = 1.0  # chosen by cross-validation over the own examples (docs/matching.md)
LANDMARKS = 200
TOLERANCE = 5e-3  # of the residual's length; a score then differs from the exact one by a hundredth at most
MAX_ROUNDS = 100
COMMON_FEATURES = 500  # changes the time that learning takes, not the result
_JITTER = 1e-4  # keeps the landmarks' matrix invertible where two of them are the same text


class Ridge:
    """Solves for the examples `vectors`, shape (examples, features)."""

    def __init__(self, vectors: csr_array) -> None:
        self._vectors = vectors
        # A few hundred features make half of the work: as one dense matrix they take a fraction of the time.
        order = np.argsort(-np.bincount(vectors.indices, minlength=vectors.shape[1]), kind="stable")
        self._common: Floats = vectors[:, order[:COMMON_FEATURES]].toarray()
        self._rare = vectors[:, order[COMMON_FEATURES:]].tocsr()
        self._rare_transposed = self._rare.T.tocsr()
        self._diagonal, self._low_rank = self._approximated_inverse()

    def solve(self, right: Floats, tolerance: float = TOLERANCE) -> Floats:
        """Return the duals for right-hand sides of shape (examples, k), residuals shorter than `tolerance` of them."""
        enough = tolerance * np.linalg.norm(right, axis=0)
        solution = self._near_inverse(right)
        residual = right - self._times(solution)
        towards = self._near_inverse(residual)
        direction = towards.copy()
        slope = _column_products(residual, towards)
        for _ in range(MAX_ROUNDS):
            if np.all(np.linalg.norm(residual, axis=0) <= enough):
                break
            image = self._times(direction)
            step = _ratio(slope, _column_products(direction, image))
            solution += step * direction
            residual -= step * image
            towards = self._near_inverse(residual)
            steeper = _column_products(residual, towards)
            direction *= _ratio(steeper, slope)
            direction += towards
            slope = steeper
        return solution

    def weights(self, duals: Floats) -> Floats:
        """Return the weight of each feature for each label, shape (features, k)."""
        return np.asarray(self._vectors.T @ duals, dtype=np.float32)

    def _times(self, right: Floats) -> Floats:
        """Return (XX' + RIDGE I) right."""
        image: Floats = self._rare @ (self._rare_transposed @ right)
        image += self._common @ (self._common.T @ right)
        image += np.float32(RIDGE) * right
        return image

    def _near_inverse(self, right: Floats) -> Floats:
        return self._diagonal[:, None] * right - self._low_rank @ (self._low_rank.T @ right)

    def _approximated_inverse(self) -> tuple[Floats, Floats]:
        """Return d and H with diag(d) - HH' near the inverse of XX' + RIDGE I (the Woodbury identity)."""
        examples = self._vectors.shape[0]
        marks = np.unique(np.linspace(0, examples - 1, min(LANDMARKS, examples)).astype(int))
        likeness = self._vectors @ np.ascontiguousarray(self._vectors[marks].toarray().T)
        among = likeness[marks].astype(np.float64) + _JITTER * np.eye(len(marks))
        explained = _divided(likeness, np.linalg.cholesky(among))
        lengths = np.asarray(self._vectors.multiply(self._vectors).sum(axis=1)).ravel()
        left = np.maximum(lengths - np.einsum("ij,ij->i", explained, explained), 0.0)
        diagonal = (1 / (RIDGE + left)).astype(np.float32)
        scaled = diagonal[:, None] * explained
        middle = np.eye(len(marks)) + (explained.T @ scaled).astype(np.float64)
        return diagonal, _divided(scaled, np.linalg.cholesky(middle))


def _divided(rows: Floats, lower: Weights) -> Floats:
    """Return `rows` times the inverse of the transpose of a lower triangular matrix."""
    solved = solve_triangular(lower.astype(np.float32), rows.T, lower=True, check_finite=False)
    return np.ascontiguousarray(solved.T)


def _column_products(one: Floats, other: Floats) -> Floats:
    products: Floats = np.einsum("ij,ij->j", one, other)
    return products


def _ratio(one: Floats, other: Floats) -> Floats:
    """Return one / other, 0 where `other` is 0: that column has been solved."""
    return np.divide(one, other, out=np.zeros_like(one), where=other > 0)
