"""Turn a message into weighted features: its words and pairs of words, and the letter groups inside them.

Weights are tf-idf with a sub-linear tf (Manning, Raghavan and Schütze, Introduction to Information Retrieval, 6.4.1).
A feature never seen before has no place in the vector but counts in its length, so a message about something else is
far from everything instead of being stretched to look near.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from math import log, sqrt
from sys import intern
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


class Vectoriser:
    """Learns a vocabulary from texts, then gives any text's vector as (feature indices, weights), length <= 1."""

    def __init__(self, expander: Expander) -> None:
        self._expander = expander
        self._speller = Speller(())
        self._index: dict[str, int] = {}
        self._idf: list[float] = []
        self._unseen_idf = 1.0

    def __len__(self) -> int:
        return len(self._index)

    def fit(self, texts: Sequence[str]) -> list[tuple[Ints, Floats]]:
        """Learn from texts and return their vectors."""
        words = [normalise(text).split() for text in texts]
        vocabulary = Counter(word for line in words for word in line)
        vocabulary.update(self._expander.words)
        self._speller = Speller(sorted(vocabulary, key=lambda word: (-vocabulary[word], word)))
        features = [self._features(line) for line in words]
        documents: Counter[str] = Counter()
        for word_features, letter_features in features:
            documents.update(word_features.keys())
            documents.update(letter_features.keys())
        kept = sorted(name for name, count in documents.items() if count >= MIN_DOCUMENTS)
        self._index = {name: place for place, name in enumerate(kept)}
        total = len(texts) + 1
        self._idf = [log(total / (documents[name] + 1)) + 1 for name in kept]
        self._unseen_idf = log(total / 2) + 1
        return [self._vector(*pair) for pair in features]

    def vector(self, text: str) -> tuple[Ints, Floats]:
        """Return the vector of one text; a text without words gives an empty one."""
        return self._vector(*self._features(normalise(text).split()))

    def state(self) -> dict[str, NDArray[Any]]:
        """Return what was learnt, as plain arrays; `restore` takes it back."""
        return {
            "features": _packed(self._index),
            "idf": np.array([*self._idf, self._unseen_idf], dtype=np.float64),
            "words": _packed(self._speller.words),
        }

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Take back what `state` gave. Raises KeyError or ValueError if it is not whole."""
        names = _unpacked(state["features"])
        *idf, self._unseen_idf = state["idf"].tolist()
        if len(idf) != len(names):
            raise ValueError("features and weights differ in number")
        self._index = {name: place for place, name in enumerate(names)}
        self._idf = idf
        self._speller = Speller(_unpacked(state["words"]))

    def _features(self, words: list[str]) -> tuple[Counter[str], Counter[str]]:
        repaired = self._speller.repaired(words)
        added = self._expander.added(words) + self._expander.added(repaired)
        by_word = Counter(f"w {word}" for word in (*words, *repaired, *added))
        by_word.update(f"p {first} {second}" for first, second in zip(words, words[1:], strict=False))
        by_letters = Counter(_letter_groups((*words, *added)))
        return by_word, by_letters

    def _vector(self, by_word: Counter[str], by_letters: Counter[str]) -> tuple[Ints, Floats]:
        places: list[int] = []
        weights: list[float] = []
        for view, share in ((by_word, WORD_SHARE), (by_letters, 1 - WORD_SHARE)):
            start, squares = len(weights), 0.0
            for name, count in view.items():
                place = self._index.get(name)
                weight = (1 + log(count)) * (self._unseen_idf if place is None else self._idf[place])
                squares += weight * weight
                if place is not None:
                    places.append(place)
                    weights.append(weight)
            scale = sqrt(share / squares) if squares else 0.0
            weights[start:] = [weight * scale for weight in weights[start:]]
        return np.array(places, dtype=np.int32), np.array(weights, dtype=np.float32)


def _letter_groups(words: Iterable[str]) -> Iterable[str]:
    for word in words:
        if word.isdigit():  # part of a number is not like the number: 9990001 is no 999
            continue
        padded = f" {word} "
        for size in LETTERS:
            for start in range(max(1, len(padded) - size + 1)):
                yield intern(padded[start : start + size])


def _packed(names: Iterable[str]) -> NDArray[np.uint8]:
    return np.frombuffer("\n".join(names).encode("ascii"), dtype=np.uint8)


def _unpacked(data: NDArray[np.uint8]) -> list[str]:
    return data.tobytes().decode("ascii").split("\n") if len(data) else []
