"""What changed, and when, as the entries' own histories tell it."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass

from bot.knowledge.model import Entry, Knowledge


@dataclass(frozen=True, slots=True)
class Changed:
    """One change of an entry after its first version."""

    on: dt.date
    entry: Entry
    what: str


def changes_since(knowledge: Knowledge, since: dt.date = dt.date.min) -> list[Changed]:
    """Return every change on or after a day, newest first, in the entries' order within a day.

    The oldest line of an entry's history is its first version, which is no change.
    """
    changes = [
        Changed(change.on, entry, change.what)
        for entry in knowledge.entries.values()
        for change in entry.changes[:-1]
        if change.on >= since
    ]
    return sorted(changes, key=lambda changed: changed.on, reverse=True)


def first_published(knowledge: Knowledge, since: dt.date = dt.date.min) -> list[tuple[dt.date, int]]:
    """Return the days on or after a day on which entries were first published, newest first, and how many."""
    days = Counter(entry.changes[-1].on for entry in knowledge.entries.values())
    return sorted(((on, count) for on, count in days.items() if on >= since), reverse=True)
