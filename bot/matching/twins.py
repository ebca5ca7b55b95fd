"""Find examples of two labels that are nearly the same: the matcher cannot tell which label such a message means.

All pairs are compared in a random projection to a few hundred dimensions (Johnson and Lindenstrauss, 1984), and those
that seem near are compared exactly. What a pair of likeness 0.9 seems spreads by about 0.02 around that, so the
allowance of SEEMS_LESS is nine times the spread.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bot.matching.lessons import Lessons

DIMENSIONS = 128
SEEMS_LESS = 0.16
_ROWS = 512  # compared at a time


@dataclass(frozen=True, slots=True)
class Twin:
    """Two examples of different labels and their likeness, in [0, 1]."""

    label: str
    text: str
    other_label: str
    other_text: str
    likeness: float


def twins(lessons: Lessons, at_least: float) -> list[Twin]:
    """Return each pair of examples of two labels that are at least so alike, in the order of the lessons, both ways."""
    features = lessons.vectors.shape[1]
    directions = np.random.default_rng(0).standard_normal((features, DIMENSIONS), dtype=np.float32)
    projected = lessons.vectors @ (directions / np.float32(np.sqrt(DIMENSIONS)))
    near: list[tuple[int, int, float]] = []
    for start in range(0, len(lessons.texts), _ROWS):
        seems = projected[start : start + _ROWS] @ projected[start:].T
        for row, column in np.argwhere(seems >= at_least - SEEMS_LESS) + start:
            if row < column and lessons.owner[row] != lessons.owner[column]:
                likeness = float((lessons.vectors[[row]] @ lessons.vectors[[column]].T).sum())
                if likeness >= at_least:
                    near += [(int(row), int(column), likeness), (int(column), int(row), likeness)]
    return [_twin(lessons, *pair) for pair in sorted(near)]


def _twin(lessons: Lessons, one: int, other: int, likeness: float) -> Twin:
    labels = lessons.labels
    return Twin(
        labels[lessons.owner[one]], lessons.texts[one], labels[lessons.owner[other]], lessons.texts[other], likeness
    )
