"""What waits for the disk: daily counts, and rows in the order they came.

Nothing leaves before it is stored, so a failed attempt has nothing to put back. Memory is bounded: when too
many rows wait, the oldest go, and their daily counts stay.
"""

from __future__ import annotations

from collections import Counter as Counts
from dataclasses import dataclass

from bot.usage.records import Agency, Change, Consent, Counter


@dataclass(frozen=True, slots=True)
class Batch:
    """Everything that waited at one moment; to be stored whole or not at all."""

    counts: dict[Counter, int]
    changes: tuple[Change, ...]

    @property
    def size(self) -> int:
        """How many calls of the log led to it: a row and its count came from one."""
        return sum(self.counts.values()) + sum(isinstance(change, Consent | Agency) for change in self.changes)


class Waiting:
    """Counts and changes not stored yet. `dropped` is how many rows were given up for want of room."""

    def __init__(self, room: int) -> None:
        self.dropped = 0
        self._room = room
        self._counts: Counts[Counter] = Counts()
        self._changes: list[Change] = []

    def count(self, counter: Counter) -> None:
        """Add one to a daily counter. Counters need no bound: there are few a day."""
        self._counts[counter] += 1

    def add(self, change: Change) -> None:
        """Append a change. A withdrawn consent also removes all that waits for that person."""
        if isinstance(change, Consent) and not change.given:
            self._changes = [each for each in self._changes if each.pseudonym != change.pseudonym]
        self._changes.append(change)
        if len(self._changes) > self._room:
            self._changes.remove(self._least_missed())
            self.dropped += 1

    def __contains__(self, change: Change) -> bool:
        return change in self._changes

    def __len__(self) -> int:
        return self.batch().size

    def batch(self) -> Batch:
        """Return all that waits; it goes on waiting until `stored`."""
        return Batch(dict(self._counts), tuple(self._changes))

    def stored(self, batch: Batch) -> None:
        """Let go of what is now on the disk."""
        self._counts = self._counts - Counts(batch.counts)
        stored = set(batch.changes)
        self._changes = [change for change in self._changes if change not in stored]

    def _least_missed(self) -> Change:
        # A person's yes or no is worth more than a row; a dropped row is still in the daily counts.
        rows = (change for change in self._changes if not isinstance(change, Consent))
        return next(rows, self._changes[0])
