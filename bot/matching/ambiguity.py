"""Recognise a message that is nothing but a term with several meanings: one question then splits it.

A longer message says which meaning it has, and is matched.
"""

from __future__ import annotations

from bot.knowledge.model import Ambiguous, Lexicon
from bot.matching.text import normalise


class Ambiguities:
    """Finds the ambiguous term that a message consists of."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._filler = {word for phrase in lexicon.filler for word in normalise(phrase).split()}
        self._terms = {key: one for one in lexicon.ambiguous for term in one.terms for key in self._keys(term)}

    def found(self, text: str) -> Ambiguous | None:
        """Return the ambiguous term that `text` is, with or without filler words around it, else None."""
        return next((self._terms[key] for key in self._keys(text) if key in self._terms), None)

    def _keys(self, text: str) -> tuple[str, ...]:
        """Return a text's words as one key, and what is left without filler, unless that is nothing."""
        words = normalise(text).split()
        bare = [word for word in words if word not in self._filler]
        return tuple(dict.fromkeys(" ".join(some) for some in (words, bare) if some))
