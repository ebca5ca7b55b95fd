"""Remember which reply answered which message, so that an edited question updates its answer.

Numbers only, never a word of a message; the oldest are forgotten first, and all of it with the process.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

ROOM = 10_000


@dataclass(frozen=True, slots=True)
class Given:
    """The messages a reply was sent as, and whether it said 999."""

    message_ids: tuple[int, ...]
    urgent: bool


class Memory:
    """What was given for the last `room` messages, by chat and message."""

    def __init__(self, room: int = ROOM) -> None:
        self._room = room
        self._given: OrderedDict[tuple[int, int], Given] = OrderedDict()
        self._albums: OrderedDict[str, None] = OrderedDict()

    def remember(self, chat: int, message: int, given: Given) -> None:
        """Note what answered a message; what answered it earlier is forgotten."""
        self._given[chat, message] = given
        self._given.move_to_end((chat, message))
        if len(self._given) > self._room:
            self._given.popitem(last=False)

    def recall(self, chat: int, message: int) -> Given | None:
        """Return what answered a message, or None if that is not known (any more)."""
        return self._given.get((chat, message))

    def is_first_of(self, album: str) -> bool:
        """Say whether this is the first time an album is seen: it arrives as one message a picture."""
        if album in self._albums:
            return False
        self._albums[album] = None
        if len(self._albums) > self._room:
            self._albums.popitem(last=False)
        return True
