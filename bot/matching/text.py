"""Normalise what people type into plain lower-case words. Normalising twice changes nothing."""

from __future__ import annotations

import re
import unicodedata

MAX_CHARS = 4_000  # a Telegram message has at most 4,096; more than this says nothing new about the topic

_APOSTROPHES = str.maketrans({c: "'" for c in "\u2018\u2019\u02bc\u2032\u0060\u00b4"})
_CONTRACTIONS = {
    "can't": "can not", "cannot": "can not", "won't": "will not", "shan't": "shall not", "n't": " not",
    "'re": " are", "'ve": " have", "'ll": " will", "'m": " am", "'d": " would",
}  # fmt: skip
_CONTRACTION = re.compile(r"\b(?:can't|cannot|won't|shan't)\b|n't\b|'(?:re|ve|ll|m|d)\b")
_POSSESSIVE = re.compile(r"'s?\b")
_BARE = {
    "cant": "can not", "wont": "will not", "dont": "do not", "doesnt": "does not", "didnt": "did not",
    "isnt": "is not", "wasnt": "was not", "arent": "are not", "hasnt": "has not", "havent": "have not",
    "wouldnt": "would not", "couldnt": "could not", "shouldnt": "should not", "ive": "i have", "im": "i am",
    "youre": "you are", "theyre": "they are", "theyve": "they have", "weve": "we have", "thats": "that is",
    "whats": "what is", "shes": "she is", "hes": "he is", "theres": "there is", "wheres": "where is", "whos": "who is",
}  # fmt: skip
_WORD = re.compile(r"[a-z0-9&]+")


def normalise(text: str) -> str:
    """Return the words of a message: compatibility characters folded, lower case, contractions written out,
    accents and punctuation gone, single spaces between words of [a-z0-9&].
    """
    plain = text[:MAX_CHARS].translate(_APOSTROPHES).casefold()
    if not plain.isascii():
        folded = unicodedata.normalize("NFKD", plain).casefold()
        plain = "".join(c for c in folded if not unicodedata.combining(c))
    plain = _CONTRACTION.sub(lambda m: _CONTRACTIONS.get(m[0], m[0]), plain)
    plain = _POSSESSIVE.sub("", plain)
    words = (word.strip("&") for word in _WORD.findall(plain))
    joined = " ".join(_BARE.get(word, word) for word in words if word)
    return joined if len(joined) <= MAX_CHARS else joined[:MAX_CHARS].rpartition(" ")[0]
