"""Turn a message into weighted features: its words and pairs of words, and the letter groups inside them.

Weights are tf-idf with a sub-linear tf (Manning, Raghavan and Schütze, Introduction to Information Retrieval, 6.4.1).
A feature never seen before has no place in the vector but counts in its length, so a message about something else is
far from everything instead of being stretched to look near.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
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

    def __init__(self, expander: Expander) -> None:
        self._expander = expander
        self._speller = Speller(())
        self._index: dict[str, int] = {}
        self._idf: Weights = np.ones(1)  # of each feature, then of any that was never seen

    def __len__(self) -> int:
        return len(self._index)

    def fit(self, texts: Sequence[str]) -> list[tuple[Ints, Floats]]:
        """Learn from texts and return their vectors."""
        words = [normalise(text).split() for text in texts]
        vocabulary = Counter(word for line in words for word in line)
        vocabulary.update(self._expander.words)
        self._speller = Speller(sorted(vocabulary, key=lambda word: (-vocabulary[word], word)))
        groups = cache(_letter_groups)  # most words stand in many texts
        numbers: dict[str, int] = {}
        counted = [tuple(_numbered(view, numbers) for view in self._features(line, groups)) for line in words]
        documents = np.zeros(len(numbers), dtype=np.int64)
        for views in counted:
            for view, _ in views:
                documents[view] += 1
        names = np.array(list(numbers))
        kept = np.flatnonzero(documents >= MIN_DOCUMENTS)
        kept = kept[np.argsort(names[kept])]
        place = np.full(len(numbers), -1, dtype=np.int32)
        place[kept] = np.arange(len(kept))
        self._index = {str(name): number for number, name in enumerate(names[kept])}
        total = len(texts) + 1
        self._idf = np.append(np.log(total / (documents[kept] + 1)) + 1, np.log(total / 2) + 1)
        return [self._vector(*((place[view], counts) for view, counts in views)) for views in counted]

    def vector(self, text: str) -> tuple[Ints, Floats]:
        """Return the vector of one text; a text without words gives an empty one."""
        views = self._features(normalise(text).split(), _letter_groups)
        return self._vector(*(_placed(view, self._index) for view in views))

    def state(self) -> dict[str, NDArray[Any]]:
        """Return what was learnt, as plain arrays; `restore` takes it back."""
        return {"features": _packed(self._index), "idf": self._idf, "words": _packed(self._speller.words)}

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Take back what `state` gave. Raises KeyError or ValueError if it is not whole."""
        names = _unpacked(state["features"])
        if len(state["idf"]) != len(names) + 1:
            raise ValueError("features and weights differ in number")
        self._index = {name: place for place, name in enumerate(names)}
        self._idf = state["idf"]
        self._speller = Speller(_unpacked(state["words"]))

    def _features(self, words: list[str], groups: Callable[[str], Sequence[str]]) -> tuple[Counter[str], Counter[str]]:
        """Return how often each word or pair stands in a text, and how often each letter group of its words."""
        repaired = self._speller.repaired(words)
        added = self._expander.added(words) + self._expander.added(repaired)
        by_word = Counter(f"w {word}" for word in (*words, *repaired, *added))
        by_word.update(f"p {first} {second}" for first, second in zip(words, words[1:], strict=False))
        by_letters = Counter(group for word in (*words, *added) for group in groups(word))
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


def _numbered(view: Counter[str], numbers: dict[str, int]) -> View:
    """Return a view with a number for each name, new ones counting on."""
    known = [numbers.setdefault(name, len(numbers)) for name in view]
    return np.array(known, dtype=np.int32), np.array(list(view.values()), dtype=np.int32)


def _placed(view: Counter[str], index: Mapping[str, int]) -> View:
    """Return a view with each name's place in the vocabulary, -1 for a name that is not in it."""
    places = [index.get(name, -1) for name in view]
    return np.array(places, dtype=np.int32), np.array(list(view.values()), dtype=np.int32)


def _letter_groups(word: str) -> tuple[str, ...]:
    if word.isdigit():  # part of a number is not like the number: 9990001 is no 999
        return ()
    padded = f" {word} "
    return tuple(padded[start : start + size] for size in LETTERS for start in range(max(1, len(padded) - size + 1)))


def _packed(names: Iterable[str]) -> NDArray[np.uint8]:
    return np.frombuffer("\n".join(names).encode("ascii"), dtype=np.uint8)


def _unpacked(data: NDArray[np.uint8]) -> list[str]:
    return data.tobytes().decode("ascii").split("\n") if len(data) else []
