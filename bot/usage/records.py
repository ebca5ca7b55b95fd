"""What the usage log holds: an interaction, a daily counter, and the changes that wait for the disk.

No field can hold a sentence: every text is a label without spaces, so message text cannot slip in.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import NamedTuple
from zoneinfo import ZoneInfo

_LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:+-]{0,79}")
_LONDON = ZoneInfo("Europe/London")
USEFUL, NOT_MEANT = "useful", "not-meant"


def label(value: str, field: str) -> str:
    """Return `value` if it is an id, a version or a hash; the error for a sentence does not repeat it."""
    if not _LABEL.fullmatch(value):
        raise ValueError(f"{field}: not a label (letters, digits and . _ : + - only, 80 characters at most)")
    return value


def utc(at: dt.datetime) -> dt.datetime:
    """Return an aware time in UTC; a naive one is refused."""
    if at.utcoffset() is None:
        raise ValueError("at: a time without a time zone")
    return at.astimezone(dt.UTC)


def london_day(at: dt.datetime) -> str:
    """Return the day in Kent at that time, as YYYY-MM-DD."""
    return utc(at).astimezone(_LONDON).date().isoformat()


@dataclass(frozen=True, slots=True)
class Interaction:
    """One message or press that was answered.

    `score` is in [0, 1]. `person` and `agency` may be left None: the person it is recorded for has both.
    """

    at: dt.datetime
    channel: str
    decision: str
    entry: str | None
    score: float | None
    latency_ms: float
    knowledge_version: str
    person: str | None = None
    agency: str | None = None

    def __post_init__(self) -> None:
        utc(self.at)
        for field in ("channel", "decision", "entry", "knowledge_version", "person", "agency"):
            value = getattr(self, field)
            if value is not None:
                label(value, field)


class Counter(NamedTuple):
    """What one daily counter counts. `entry` is empty where there was none."""

    day: str
    channel: str
    entry: str
    decision: str


# Changes are compared by identity: two equal rows are two interactions.


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """An interaction of someone who agreed to be counted."""

    pseudonym: str
    agency: str | None
    interaction: Interaction


@dataclass(frozen=True, slots=True, eq=False)
class Feedback:
    """What a person made of the latest answer with that entry, that day."""

    pseudonym: str
    day: str
    channel: str
    entry: str
    verdict: str


@dataclass(frozen=True, slots=True, eq=False)
class Consent:
    """A person's yes or no to being counted by agency. A no takes everything else of theirs with it."""

    pseudonym: str
    given: bool
    agency: str | None
    at: dt.datetime


@dataclass(frozen=True, slots=True, eq=False)
class Agency:
    """The agency of a person who agreed to be counted by it."""

    pseudonym: str
    agency: str | None
    at: dt.datetime


Change = Row | Feedback | Consent | Agency
