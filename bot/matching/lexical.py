"""Turn a message into weighted features: its words and pairs of words, and the letter groups inside them.

Weights are tf-idf with a sub-linear tf (Manning, Raghavan and Schütze, Introduction to Information Retrieval, 6.4.1).
A feature never seen before has no place in the vector but counts in its length, so a message about something else is
far from everything instead of being stretched to look near.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.matching.lexicon import Expander, Speller
from bot.matching.text import normalise

LETTERS = range(2, 5)  # sizes of the letter groups, inside words with a space at each end
WORD_SHARE = 0.6  # of a vector's squared length; the rest belongs to the letter groups
MIN_DOCUMENTS = 2  # a feature of one example cannot tell that example from a question, it only costs memory

Ints = NDArray[np.int32]
Floats = NDArray[np.float32]
Weights = NDArray[np.float64]
View = tuple[Ints, Ints]  # features of one kind in a text, and how often each stands there


class Vectoriser:
    """Learns a vocabulary from texts, then gives any text's vector as (feature indices, weights), length <= 1."""

    def __init__(self, expander: Expander, speller: Speller, index: dict[str, int], idf: Weights) -> None:
        """Take what was learnt: the place of each feature, and the idf of each and, last, of any never seen."""
        self._expander = expander
        self._speller = speller
        self._index = index
        self._idf = idf

    def __len__(self) -> int:
        return len(self._index)

    def vector(self, text: str) -> tuple[Ints, Floats]:
        """Return the vector of one text; a text without words gives an empty one."""
        views = self._features(normalise(text).split())
        return self._vector(*(_placed(view, self._index) for view in views))

    def state(self) -> dict[str, NDArray[Any]]:
        """Return what was learnt, as plain arrays; `restored` takes it back."""
        return {"features": _packed(self._index), "idf": self._idf, "words": _packed(self._speller.words)}

    @classmethod
    def restored(cls, expander: Expander, state: Mapping[str, NDArray[Any]]) -> Vectoriser:
        """Return the vectoriser that `state` described. Raises KeyError or ValueError if that is not whole."""
        names = _unpacked(state["features"])
        if len(state["idf"]) != len(names) + 1:
            raise ValueError("features and weights differ in number")
        index = {name: place for place, name in enumerate(names)}
        return cls(expander, Speller(_unpacked(state["words"])), index, state["idf"])

    def _features(self, words: list[str]) -> tuple[Counter[str], Counter[str]]:
        """Return how often each word or pair stands in a text, and how often each letter group of its words."""
        repaired = self._speller.repaired(words)
        added = self._expander.added(words) + self._expander.added(repaired)
        by_word = Counter(word_feature(word) for word in (*words, *repaired, *added))
        by_word.update(pair_feature(*two) for two in zip(words, words[1:], strict=False))
        by_letters = Counter(group for word in (*words, *added) for group in letter_groups(word))
        return by_word, by_letters

    def _vector(self, by_word: View, by_letters: View) -> tuple[Ints, Floats]:
        """Return a text's vector from its features' places, -1 for one never seen, and their counts."""
        places, weights = [], []
        for (view, counts), share in ((by_word, WORD_SHARE), (by_letters, 1 - WORD_SHARE)):
            raw = (1 + np.log(counts)) * self._idf[view]
            length = np.sqrt(raw @ raw)
            seen = view >= 0
            places.append(view[seen])
            weights.append(raw[seen] * (np.sqrt(share) / length if length else 0.0))
        return np.concatenate(places), np.concatenate(weights).astype(np.float32)


def word_feature(word: str) -> str:
    """Return the name of a word as a feature."""
    return f"w {word}"


def pair_feature(first: str, second: str) -> str:
    """Return the name of two words in a row as a feature."""
    return f"p {first} {second}"


def _placed(view: Counter[str], index: Mapping[str, int]) -> View:
    """Return a view with each name's place in the vocabulary, -1 for a name that is not in it."""
    places = [index.get(name, -1) for name in view]
    return np.array(places, dtype=np.int32), np.array(list(view.values()), dtype=np.int32)


def letter_groups(word: str) -> tuple[str, ...]:
    if word.isdigit():  # part of a number is not like the number: 9990001 is no 999
        return ()
    padded = f" {word} "
    return tuple(padded[start : start + size] for size in LETTERS for start in range(max(1, len(padded) - size + 1)))


def _packed(names: Iterable[str]) -> NDArray[np.uint8]:
    return np.frombuffer("\n".join(names).encode("ascii"), dtype=np.uint8)


def _unpacked(data: NDArray[np.uint8]) -> list[str]:
    return data.tobytes().decode("ascii").split("\n") if len(data) else []
