"""Put the trade's language on one footing: what an abbreviation, a synonym or a retired name stands for is added to
a message's words, and a slip is repaired against the words that the knowledge base itself uses.

Nothing typed is taken away: an expansion that does not fit costs little, a lost word costs the answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rapidfuzz import process
from rapidfuzz.distance import OSA

from bot.knowledge.model import Lexicon
from bot.matching.text import normalise

MIN_REPAIR_LETTERS = 5  # shorter words have too many neighbours one letter away
TWO_SLIPS_LETTERS = 8
MAX_REPAIRS = 40  # unknown words repaired in one message; bounds the time a long paste takes


class Expander:
    """Adds to a message's words what the lexicon says they stand for."""

    def __init__(self, lexicon: Lexicon | None = None) -> None:
        self._added: dict[tuple[str, ...], tuple[str, ...]] = {}
        if lexicon is not None:
            for abbreviation in lexicon.abbreviations:
                self._add(abbreviation.short, abbreviation.means)
            for synonym in lexicon.synonyms:
                for other in synonym.also:
                    self._add(other, (synonym.word,))
            for retired in lexicon.retired:
                self._add(retired.old, (retired.now,))
        self._longest: dict[str, int] = {}  # phrase that begins with a word
        for key in self._added:
            self._longest[key[0]] = max(len(key), self._longest.get(key[0], 0))

    def _add(self, phrase: str, means: Iterable[str]) -> None:
        key = tuple(normalise(phrase).split())
        words = tuple(dict.fromkeys(word for meaning in means for word in normalise(meaning).split()))
        if key:
            self._added[key] = tuple(dict.fromkeys((*self._added.get(key, ()), *words)))

    def added(self, words: list[str]) -> list[str]:
        """Return the words that the lexicon adds, in order; the longest phrase at a place wins."""
        extra: list[str] = []
        place = 0
        while place < len(words):
            for length in range(min(self._longest.get(words[place], 0), len(words) - place), 0, -1):
                found = self._added.get(tuple(words[place : place + length]))
                if found is not None:
                    extra.extend(found)
                    place += length
                    break
            else:
                place += 1
        return extra

    @property
    def words(self) -> set[str]:
        """Every word that the lexicon knows, on either side."""
        return {word for key, added in self._added.items() for word in (*key, *added)}


class Speller:
    """Repairs a slip to the nearest word of a vocabulary: one edit, two in a long word (optimal string alignment)."""

    def __init__(self, words: Sequence[str]) -> None:
        """Take the vocabulary's words, the commonest first: of two words equally near, the commoner one is meant."""
        self.words = tuple(words)
        self._known = frozenset(words)
        self._choices: dict[int, list[str]] = {}
        for word in words:
            if len(word) >= MIN_REPAIR_LETTERS and word.isalpha():
                self._choices.setdefault(len(word), []).append(word)

    def _nearest(self, word: str) -> str | None:
        slips = 2 if len(word) >= TWO_SLIPS_LETTERS else 1
        lengths = range(len(word) - slips, len(word) + slips + 1)
        choices = [choice for length in lengths for choice in self._choices.get(length, ())]
        found = process.extractOne(word, choices, scorer=OSA.distance, score_cutoff=slips)
        return None if found is None else str(found[0])

    def repaired(self, words: Iterable[str]) -> list[str]:
        """Return the known words that unknown ones seem to stand for; a word with no near neighbour gives none.

        Nothing is remembered for the next message: an unknown word may be a child's name.
        """
        unknown = [
            word
            for word in dict.fromkeys(words)
            if word not in self._known and len(word) >= MIN_REPAIR_LETTERS and word.isalpha()
        ]
        nearest = (self._nearest(word) for word in unknown[:MAX_REPAIRS] if len(word) <= 32)
        return [word for word in nearest if word is not None]
