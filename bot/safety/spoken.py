"""Read a message as it is spoken: plain words, each with its sentence and its part of a sentence.

The look for danger uses it instead of the matcher's text, because what a message says depends on where it turns:
"last year he hit her, but now he is at the door" is about now.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_JOINED = {
    "arent": "are not", "aint": "is not", "cannot": "can not", "cant": "can not", "couldnt": "could not",
    "didnt": "did not", "doesnt": "does not", "dont": "do not", "hadnt": "had not", "hasnt": "has not",
    "havent": "have not", "hes": "he is", "im": "i am", "isnt": "is not", "its": "it is", "ive": "i have",
    "s": "is", "shes": "she is", "shouldnt": "should not", "thats": "that is", "theres": "there is",
    "theyre": "they are", "theyve": "they have", "wasnt": "was not", "werent": "were not", "weve": "we have",
    "whos": "who is", "wont": "will not", "wouldnt": "would not", "youre": "you are",
}  # fmt: skip
_APOSTROPHES = "'’‘‛`´ʼ′＇"
_DROPPED = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"))
_POSSESSIVE = re.compile(rf"(?<=[a-z])[{_APOSTROPHES}]s\b")
_TYPED_APOSTROPHE = re.compile(rf"[{_APOSTROPHES}]")
_LOST_APOSTROPHE = re.compile(r"\b([a-z]{1,8}n) t\b")
# A sentence ends at its mark or at an empty line; a single line break is only where a phone wrapped the text.
_PIECES = re.compile(r"[a-z]+|[0-9]+|[.!?;]+(?=\s|$)|\n\s{0,20}\n")
# Words at which a sentence turns: what is said of last year before "but" or "now" excuses nothing after it.
_TURNS = frozenset({"but", "now", "still", "tonight", "today"})
_TURNS_AFTER_AND = frozenset({"he", "she", "they", "dad", "mum", "there", "is", "it"})


def plain(text: str) -> str:
    """Return the text in small plain letters without accents, apostrophes or invisible characters."""
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    text = "".join(c for c in text if not unicodedata.combining(c)) if not text.isascii() else text
    text = text.translate(_DROPPED)
    text = _POSSESSIVE.sub(" is", text)
    text = _TYPED_APOSTROPHE.sub("", text)
    return _LOST_APOSTROPHE.sub(r"\1t", text)


@dataclass(frozen=True)
class Message:
    """The words of a message, each with the number of its sentence and of its part of a sentence."""

    words: list[str]
    sentence: list[int]
    part: list[int]


def read(text: str) -> Message:
    """Return the words of a text, contractions written out, with the places where sentences end and turn."""
    words: list[str] = []
    sentence: list[int] = []
    part: list[int] = []
    sentences = parts = 0
    for piece in _PIECES.findall(plain(text)):
        if not piece[0].isalnum():
            sentences += 1
            parts += 1
            continue
        for word in _JOINED.get(piece, piece).split():
            after_and = bool(words) and words[-1] == "and"
            if word in _TURNS or (after_and and word in _TURNS_AFTER_AND):
                parts += 1
            words.append(word)
            sentence.append(sentences)
            part.append(parts)
    return Message(words, sentence, part)
