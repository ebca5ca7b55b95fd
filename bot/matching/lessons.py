"""Turn examples into what learning needs: a vocabulary, and one sparse row of weights an example.

The weights are those that `Vectoriser.vector` gives the same text, computed for all texts at once. Only learning
imports this file, so answering needs no sparse-matrix library in memory.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from scipy.sparse import csr_array, hstack

from bot.knowledge.model import Lexicon
from bot.matching.lexical import (
    WORD_SHARE,
    Floats,
    Ints,
    Vectoriser,
    Weights,
    letter_groups,
    pair_feature,
    word_feature,
)
from bot.matching.lexicon import Expander, Speller
from bot.matching.text import normalise

MIN_DOCUMENTS = 2  # a feature of one example cannot tell that example from a question, it only costs memory


@dataclass(frozen=True)
class Lessons:
    """What a matcher learns from: the texts of each label in turn.

    `owner` gives each text's label, `vectors` holds the texts' weights, shape (texts, features).
    """

    labels: tuple[str, ...]
    texts: tuple[str, ...]
    owner: Ints
    vectoriser: Vectoriser
    vectors: csr_array

    @classmethod
    def of(cls, examples: Mapping[str, Sequence[str]], lexicon: Lexicon | None) -> Lessons:
        """Return the lessons of example texts by label, without labels that have none."""
        labels = tuple(label for label, texts in examples.items() if texts)
        texts = tuple(text for label in labels for text in examples[label])
        owner = np.array([n for n, label in enumerate(labels) for _ in examples[label]], dtype=np.int32)
        vectoriser, vectors = _vectorised(texts, Expander(lexicon))
        return cls(labels, texts, owner, vectoriser, vectors)

    def targets(self) -> Floats:
        """Return 1 for each text's own label and 0 for the others, shape (texts, labels)."""
        targets = np.zeros((len(self.owner), len(self.labels)), dtype=np.float32)
        targets[np.arange(len(self.owner)), self.owner] = 1.0
        return targets


def _vectorised(texts: Sequence[str], expander: Expander) -> tuple[Vectoriser, csr_array]:
    """Return a vectoriser that learnt from texts, and their vectors."""
    lines = [normalise(text).split() for text in texts]
    vocabulary = Counter(chain.from_iterable(lines))
    vocabulary.update(expander.words)
    speller = Speller(sorted(vocabulary, key=lambda word: (-vocabulary[word], word)))
    # Every word of an example is known, so there is nothing to repair.
    said, words = _counts([[*line, *expander.added(line)] for line in lines])
    pairs, pair_names = _counts([[pair_feature(*two) for two in zip(line, line[1:], strict=False)] for line in lines])
    groups, group_names = _counts([letter_groups(word) for word in words])
    views = (
        (hstack([said, pairs], format="csr"), [*map(word_feature, words), *pair_names], WORD_SHARE),
        ((said @ groups).tocsr(), group_names, 1 - WORD_SHARE),
    )
    unseen = np.log((len(texts) + 1) / 2) + 1
    kept_views, names, idfs = [], [], []
    for counts, view_names, share in views:
        documents = np.bincount(counts.indices, minlength=len(view_names))
        idf = np.log((len(texts) + 1) / (documents + 1)) + 1
        kept = np.flatnonzero(documents >= MIN_DOCUMENTS)
        kept_views.append(_weighted(counts, idf, share)[:, kept])
        names += [view_names[place] for place in kept]
        idfs.append(idf[kept])
    index = {name: place for place, name in enumerate(names)}
    vectors = hstack(kept_views, format="csr", dtype=np.float32)
    return Vectoriser(expander, speller, index, np.concatenate([*idfs, [unseen]])), vectors


def _counts(lines: Iterable[Sequence[str]]) -> tuple[csr_array, list[str]]:
    """Return how often each name stands in each line, shape (lines, names), and the names in order of appearance."""
    numbers: dict[str, int] = {}
    places: list[int] = []
    ends = [0]
    for line in lines:
        places += [numbers.setdefault(name, len(numbers)) for name in line]
        ends.append(len(places))
    ones = np.ones(len(places), dtype=np.float64)
    counts = csr_array((ones, places, ends), shape=(len(ends) - 1, len(numbers)))
    counts.sum_duplicates()
    return counts, list(numbers)


def _weighted(counts: csr_array, idf: Weights, share: float) -> csr_array:
    """Return tf-idf weights, each row of squared length `share` over all its features; an empty row stays empty."""
    weights = counts.copy()
    weights.data = (1 + np.log(counts.data)) * idf[counts.indices]
    lengths = np.sqrt(np.asarray(weights.multiply(weights).sum(axis=1)).ravel())
    scale = np.sqrt(share) / np.where(lengths > 0, lengths, 1.0)
    weights.data *= np.repeat(scale, np.diff(weights.indptr))
    return weights
