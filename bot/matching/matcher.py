"""Rank labels for a message: ridge regression from tf-idf features to labels, beside the nearest example.

The ridge is solved in its dual (kernel) form (Saunders, Gammerman and Vovk, 1998), then folded into one weight row a
feature, so that a question costs one gather and one sum. Same examples, same scores.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from bot.knowledge.model import Lexicon
from bot.matching.lexical import Floats, Ints, Vectoriser
from bot.matching.lexicon import Expander
from bot.messages import Match

NEAREST = 0.2  # share of the nearest example's likeness in a score; chosen by cross-validation (docs/matching.md)


class Matcher:
    """Ranks labels by how likely a message means them. Make one with `from_examples`."""

    def __init__(self, labels: Sequence[str], vectoriser: Vectoriser, weights: Floats, index: Nearest) -> None:
        self._labels = tuple(labels)
        self._vectoriser = vectoriser
        self._weights = weights
        self._nearest = index

    @classmethod
    def from_examples(cls, examples: Mapping[str, Sequence[str]], lexicon: Lexicon | None = None) -> Matcher:
        """Learn from example texts by label. Labels without examples are never found."""
        from bot.matching.learning import learn  # only learning needs the sparse-matrix library in memory

        return learn(examples, lexicon)

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
        vectoriser = Vectoriser.restored(Expander(lexicon), arrays)
        labels = [str(label) for label in arrays["labels"]]
        return cls(labels, vectoriser, arrays["weights"], Nearest.restored(arrays, len(labels)))

    def match(self, text: str, limit: int = 5) -> list[Match]:
        """Return up to `limit` labels, best first, scores in [0, 1]; equal scores keep the labels' order.

        A text that shares nothing with any example gives an empty list.
        """
        places, weights = self._vectoriser.vector(text)
        if not len(places):
            return []
        ridge, nearest = weights @ self._weights[places], self._nearest.likeness(places, weights)
        scores = np.clip((1 - NEAREST) * ridge + NEAREST * nearest, 0.0, 1.0)
        order = np.argsort(-scores, kind="stable")[:limit]
        return [Match(self._labels[n], float(scores[n])) for n in order if scores[n] > 0]


class Nearest:
    """An inverted index of example vectors: per feature, which examples hold it and how much.

    `rows` and `values` list the examples and weights of feature f at places starts[f] to starts[f + 1].
    """

    def __init__(self, rows: Ints, values: Floats, starts: Ints, owner: Ints, labels: int) -> None:
        self._rows, self._values, self._starts, self._owner = rows, values, starts, owner
        self._labels = labels

    def state(self) -> dict[str, NDArray[Any]]:
        """Return the index as plain arrays."""
        return {"rows": self._rows, "values": self._values, "starts": self._starts, "owner": self._owner}

    @classmethod
    def restored(cls, state: Mapping[str, NDArray[Any]], labels: int) -> Nearest:
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

    def likeness(self, places: Ints, weights: Floats) -> Floats:
        """Return each label's best likeness, shape (labels,), values in [0, 1]."""
        best = np.zeros(self._labels, dtype=np.float32)
        np.maximum.at(best, self._owner, self.likenesses(places, weights))
        return best
