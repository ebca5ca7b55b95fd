"""What the example questions cover: sides of a topic, agencies that are heard, ways of writing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache

from bot.check.reading_age import is_in_dictionary
from bot.knowledge.model import Knowledge, Side
from bot.matching.text import normalise

SHORT_WORDS = 4  # at most, in a message of keywords
LONG_WORDS = 25  # at least, in a long one
_ASKS = re.compile(r"^(who|what|when|where|why|how|which|do|does|can|should|must|is|are|am|may)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: how many examples show something, and how many entries have at least one such example."""

    name: str
    examples: int
    entries: int


def coverage(knowledge: Knowledge) -> dict[str, list[Row]]:
    """Return the rows of each part of the table: by side, by agency, by style."""
    shorthand = {normalise(a.short) for a in knowledge.lexicon.abbreviations}
    words = cache(lambda text: normalise(text).split())

    def is_slip(text: str) -> bool:
        whole = (word for word in words(text) if len(word) > SHORT_WORDS and word.isalpha())
        return any(word not in shorthand and not is_in_dictionary(word) for word in whole)

    styles: dict[str, Callable[[str], bool]] = {
        "a few words": lambda text: len(text.split()) <= SHORT_WORDS,
        "long": lambda text: len(text.split()) >= LONG_WORDS,
        "a question": lambda text: text.endswith("?") or _ASKS.match(text) is not None,
        "shorthand": lambda text: any(word in shorthand for word in words(text)),
        "slips": is_slip,
    }
    agencies = {agency.name: _mentions(agency.words) for agency in knowledge.agencies.values() if agency.words}
    return {
        "side": [_by_side(knowledge, side) for side in Side],
        "agency": [_row(knowledge, name, shows) for name, shows in agencies.items()],
        "style": [_row(knowledge, name, shows) for name, shows in styles.items()],
    }


def table(parts: dict[str, list[Row]], entries: int) -> str:
    """Return the table as text; `entries` is how many there are."""
    lines = [f"{'examples by':<46}examples  entries of {entries}"]
    for part, rows in parts.items():
        lines.append(f"  {part}")
        lines += [f"    {row.name:<42}{row.examples:>8}{row.entries:>9}" for row in rows]
    return "\n".join(lines) + "\n"


def _mentions(words: Iterable[str]) -> Callable[[str], bool]:
    found = re.compile(rf"\b({'|'.join(map(re.escape, words))})", re.IGNORECASE)
    return lambda text: found.search(text) is not None


def _by_side(knowledge: Knowledge, side: Side) -> Row:
    counts = [len(entry.examples.get(side, ())) for entry in knowledge.entries.values()]
    return Row(side, sum(counts), sum(1 for count in counts if count))


def _row(knowledge: Knowledge, name: str, shows: Callable[[str], bool]) -> Row:
    counts = [sum(map(shows, entry.questions)) for entry in knowledge.entries.values()]
    return Row(name, sum(counts), sum(1 for count in counts if count))
