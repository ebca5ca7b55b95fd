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
from bot.matching.cholesky import blocks
from bot.matching.lexical import Floats, Ints
from bot.matching.matcher import Lessons, blend, ridge

RANKED = 3


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
    nearest, twins, likeness = _nearest(kernel, lessons.owner)
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


def _nearest(kernel: Sequence[Floats], owner: Ints) -> tuple[Floats, Ints, Floats]:
    """Return each text's best likeness to each label, and its nearest text of another label with how near it is.

    Shapes (texts, labels), (texts,), (texts,). A text is not near itself.
    """
    nearest = np.zeros((len(owner), owner[-1] + 1), dtype=np.float32)
    twins = np.zeros(len(owner), dtype=np.int32)
    likeness = np.full(len(owner), -1.0, dtype=np.float32)

    def see(rows: slice, columns: slice, block: Floats) -> None:
        """Take in the likeness of the texts in `rows` to those in `columns`."""
        labels, starts = np.unique(owner[columns], return_index=True)
        best = np.maximum.reduceat(block, starts, axis=1)
        nearest[rows, labels[0] : labels[-1] + 1] = np.maximum(nearest[rows, labels[0] : labels[-1] + 1], best)
        others = np.where(owner[rows, None] == owner[None, columns], -1.0, block)
        closest = others.argmax(axis=1)
        how_close = others[np.arange(len(others)), closest]
        closer = how_close > likeness[rows]
        twins[rows] = np.where(closer, columns.start + closest, twins[rows])
        likeness[rows] = np.where(closer, how_close, likeness[rows])

    for row, here in zip(kernel, blocks(len(owner)), strict=True):
        before, block = slice(0, here.start), row[:, here].copy()
        np.fill_diagonal(block, 0.0)
        see(here, here, block)
        if here.start:
            see(here, before, row[:, before])
            see(before, here, row[:, before].T)
    return nearest, twins, likeness
