"""Ask each example as if it had never been learnt: which label is found, and which other label's example is nearest?

Exact for the ridge and for the nearest example, at the cost of learning about twice. What is predicted without example
i is y - dual / (the inverse's diagonal at i) (Allen's PRESS statistic, 1974). Only the weights of the features still
count the example that is left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bot.knowledge.model import Lexicon
from bot.matching.lexical import Floats, Ints
from bot.matching.matcher import Lessons, blend, ridge

RANKED = 3
_ROWS = 256  # looked at together, to keep memory small


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An example of `label`; `ranked` are the best labels for it when it is not learnt, best first.

    `twin` is the nearest example of another label, `twin_label` whose it is and `likeness` how near, in [0, 1].
    """

    label: str
    text: str
    ranked: tuple[str, ...]
    twin: str
    twin_label: str
    likeness: float


def leave_one_out(examples: Mapping[str, Sequence[str]], lexicon: Lexicon | None = None) -> list[LeftOut]:
    """Return every example left out once, in the order of `examples`. There must be two labels with examples."""
    lessons = Lessons.of(examples, lexicon)
    kernel = lessons.kernel()
    np.fill_diagonal(kernel, 0.0)
    nearest, twins, likeness = _nearest(kernel, lessons.owner)
    np.fill_diagonal(kernel, [float(values @ values) for _, values in lessons.vectors])
    factored = ridge(kernel)
    targets = lessons.targets()
    predicted = targets - factored.solve(targets) / factored.inverse_diagonal()[:, None]
    best = np.argsort(-blend(predicted, nearest), axis=1, kind="stable")[:, :RANKED]
    return [
        LeftOut(
            lessons.labels[owner],
            text,
            tuple(lessons.labels[label] for label in best[row]),
            lessons.texts[twins[row]],
            lessons.labels[lessons.owner[twins[row]]],
            float(likeness[row]),
        )
        for row, (owner, text) in enumerate(zip(lessons.owner, lessons.texts, strict=True))
    ]


def _nearest(kernel: Floats, owner: Ints) -> tuple[Floats, Ints, Floats]:
    """Return each text's best likeness to each label, and its nearest text of another label with how near it is.

    Shapes (texts, labels), (texts,), (texts,). A text is not near itself: the kernel's diagonal is zero.
    """
    starts = np.searchsorted(owner, np.arange(owner[-1] + 1))
    nearest = np.empty((len(owner), len(starts)), dtype=np.float32)
    twins = np.empty(len(owner), dtype=np.int32)
    likeness = np.empty(len(owner), dtype=np.float32)
    for start in range(0, len(owner), _ROWS):
        rows = slice(start, start + _ROWS)
        nearest[rows] = np.maximum.reduceat(kernel[rows], starts, axis=1)
        others = np.where(owner[rows, None] == owner[None, :], -1.0, kernel[rows])
        twins[rows] = others.argmax(axis=1)
        likeness[rows] = others.max(axis=1)
    return nearest, twins, likeness
