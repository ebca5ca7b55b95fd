"""Rank labels for a message: ridge regression from tf-idf features to labels, beside the nearest example.

The ridge is solved in closed form in its dual (kernel) form (Saunders, Gammerman and Vovk, 1998), then folded into one
weight row a feature, so that a question costs one gather and one sum. Same examples, same scores. Learning takes
4 bytes of memory for each pair of examples, 200 MB for 10,000 of them, and gives it back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from bot.knowledge.model import Lexicon
from bot.matching.cholesky import Cholesky, blocks
from bot.matching.lexical import Floats, Ints, Vectoriser
from bot.matching.lexicon import Expander
from bot.messages import Match

RIDGE = 1.0  # this and the constants below: chosen by cross-validation over the own examples (docs/matching.md)
COMMON_FEATURES = 1000  # multiplied as a dense matrix while learning; changes the time it takes, not the result
NEAREST = 0.2  # share of the nearest example's likeness in a score


class Matcher:
    """Ranks labels by how likely a message means them. Make one with `from_examples`."""

    def __init__(self, labels: Sequence[str], vectoriser: Vectoriser, weights: Floats, index: _Nearest) -> None:
        self._labels = tuple(labels)
        self._vectoriser = vectoriser
        self._weights = weights
        self._nearest = index

    @classmethod
    def from_examples(cls, examples: Mapping[str, Sequence[str]], lexicon: Lexicon | None = None) -> Matcher:
        """Learn from example texts by label. Labels without examples are never found."""
        lessons = Lessons.of(examples, lexicon)
        weights = np.zeros((len(lessons.vectoriser), len(lessons.labels)), dtype=np.float32)
        if lessons.vectors:
            duals = ridge(lessons.kernel()).solve(lessons.targets())
            for (places, values), dual in zip(lessons.vectors, duals, strict=True):
                weights[places] += values[:, None] * dual[None, :]
        return cls(lessons.labels, lessons.vectoriser, weights, lessons.index)

    def save(self, file: BinaryIO) -> None:
        """Write what was learnt to a binary file."""
        state: dict[str, Any] = {**self._vectoriser.state(), **self._nearest.state()}
        np.savez(file, labels=np.array(self._labels), weights=self._weights, **state)

    @classmethod
    def load(cls, file: BinaryIO, lexicon: Lexicon | None = None) -> Matcher:
        """Return a matcher from a file that `save` wrote, with the lexicon it was learnt with.

        Raises:
            OSError, ValueError, KeyError, zipfile.BadZipFile: the file is not whole or not such a file.
        """
        with np.load(file, allow_pickle=False) as state:
            arrays = {name: state[name] for name in state.files}
        vectoriser = Vectoriser(Expander(lexicon))
        vectoriser.restore(arrays)
        labels = [str(label) for label in arrays["labels"]]
        return cls(labels, vectoriser, arrays["weights"], _Nearest.restored(arrays, len(labels)))

    def match(self, text: str, limit: int = 5) -> list[Match]:
        """Return up to `limit` labels, best first, scores in [0, 1]; equal scores keep the labels' order.

        A text that shares nothing with any example gives an empty list.
        """
        places, weights = self._vectoriser.vector(text)
        if not len(places):
            return []
        scores = blend(weights @ self._weights[places], self._nearest.likeness(places, weights))
        order = np.argsort(-scores, kind="stable")[:limit]
        return [Match(self._labels[n], float(scores[n])) for n in order if scores[n] > 0]


def blend(ridge: Floats, nearest: Floats) -> Floats:
    """Return scores in [0, 1] from the ridge's prediction and the best likeness to an example, of any one shape."""
    return np.clip((1 - NEAREST) * ridge + NEAREST * nearest, 0.0, 1.0)


class _Nearest:
    """An inverted index of example vectors: per feature, which examples hold it and how much.

    `rows` and `values` list the examples and weights of feature f at places starts[f] to starts[f + 1].
    """

    def __init__(self, rows: Ints, values: Floats, starts: Ints, owner: Ints, labels: int) -> None:
        self._rows, self._values, self._starts, self._owner = rows, values, starts, owner
        self._labels = labels

    @classmethod
    def of(cls, vectors: list[tuple[Ints, Floats]], owner: Ints, labels: int, features: int) -> _Nearest:
        """Return the index of example vectors; `owner` gives each one's label."""
        rows = np.repeat(np.arange(len(vectors), dtype=np.int32), [len(places) for places, _ in vectors])
        columns = np.concatenate([np.empty(0, np.int32), *(places for places, _ in vectors)])
        values = np.concatenate([np.empty(0, np.float32), *(weights for _, weights in vectors)])
        order = np.argsort(columns, kind="stable")
        starts = np.searchsorted(columns[order], np.arange(features + 1)).astype(np.int32)
        return cls(rows[order], values[order], starts, owner, labels)

    def state(self) -> dict[str, NDArray[Any]]:
        """Return the index as plain arrays."""
        return {"rows": self._rows, "values": self._values, "starts": self._starts, "owner": self._owner}

    @classmethod
    def restored(cls, state: Mapping[str, NDArray[Any]], labels: int) -> _Nearest:
        """Return the index that `state` described."""
        return cls(state["rows"], state["values"], state["starts"], state["owner"], labels)

    def likenesses(self, places: Ints, weights: Floats) -> Floats:
        """Return the cosine likeness of a vector to every example, shape (examples,)."""
        starts, ends = self._starts[places], self._starts[places + 1]
        lengths = ends - starts
        total = int(lengths.sum())
        offsets = np.repeat(starts - np.concatenate(([0], np.cumsum(lengths)[:-1])), lengths) + np.arange(total)
        products = self._values[offsets] * np.repeat(weights, lengths)
        return np.bincount(self._rows[offsets], weights=products, minlength=len(self._owner)).astype(np.float32)

    def kernel(self, vectors: list[tuple[Ints, Floats]]) -> Iterator[Floats]:
        """Yield block rows of the likeness of every example to itself and to those before it.

        The few features that most examples hold make most of the work: those go through one matrix product.
        """
        common = np.argsort(-np.diff(self._starts), kind="stable")[:COMMON_FEATURES]
        column = np.full(len(self._starts) - 1, -1, dtype=np.int32)
        column[common] = np.arange(len(common))
        dense = np.zeros((len(vectors), len(common)), dtype=np.float32)
        for row, (places, values) in enumerate(vectors):
            columns = column[places]
            dense[row, columns[columns >= 0]] = values[columns >= 0]
        for rows in blocks(len(vectors)):
            block = dense[rows] @ dense[: rows.stop].T
            for row, (places, values) in zip(block, vectors[rows], strict=True):
                rare = column[places] < 0
                row += self.likenesses(places[rare], values[rare])[: rows.stop]
            yield block

    def likeness(self, places: Ints, weights: Floats) -> Floats:
        """Return each label's best likeness, shape (labels,), values in [0, 1]."""
        best = np.zeros(self._labels, dtype=np.float32)
        np.maximum.at(best, self._owner, self.likenesses(places, weights))
        return best


@dataclass(frozen=True)
class Lessons:
    """What a matcher learns from: the texts of each label in turn, as vectors. `owner` gives each text's label."""

    labels: tuple[str, ...]
    texts: tuple[str, ...]
    owner: Ints
    vectoriser: Vectoriser
    vectors: list[tuple[Ints, Floats]]
    index: _Nearest

    @classmethod
    def of(cls, examples: Mapping[str, Sequence[str]], lexicon: Lexicon | None) -> Lessons:
        """Return the lessons of example texts by label, without labels that have none."""
        labels = tuple(label for label, texts in examples.items() if texts)
        texts = tuple(text for label in labels for text in examples[label])
        owner = np.array([n for n, label in enumerate(labels) for _ in examples[label]], dtype=np.int32)
        vectoriser = Vectoriser(Expander(lexicon))
        vectors = vectoriser.fit(texts)
        index = _Nearest.of(vectors, owner, len(labels), len(vectoriser))
        return cls(labels, texts, owner, vectoriser, vectors, index)

    def kernel(self) -> list[Floats]:
        """Return the likeness of every text to itself and to those before it, as block rows (see `Cholesky`)."""
        return list(self.index.kernel(self.vectors))

    def targets(self) -> Floats:
        """Return 1 for each text's own label and 0 for the others, shape (texts, labels)."""
        targets = np.zeros((len(self.owner), len(self.labels)), dtype=np.float32)
        targets[np.arange(len(self.owner)), self.owner] = 1.0
        return targets


def ridge(kernel: list[Floats]) -> Cholesky:
    """Return kernel + RIDGE I, factored where it stands: it solves the ridge in its dual form."""
    for row in kernel:
        row[:, -len(row) :] += RIDGE * np.eye(len(row), dtype=np.float32)
    return Cholesky(kernel)
