"""Remember for a quarter of an hour what each person was given last, so that a few words more are understood.

Ids and times only, in memory only, the oldest forgotten first: never a word of a message.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import OrderedDict
from collections.abc import Sequence

from bot.messages import Context

MINUTES = 15
ROOM = 10_000

_ORDER = (
    ("first", "1st", "one", "1", "a", "top"),
    ("second", "2nd", "two", "2", "b", "middle"),
    ("third", "3rd", "three", "3", "c"),
    ("fourth", "4th", "four", "4", "d"),
)
_PLACES = {word: place for place, words in enumerate(_ORDER) for word in words} | {"last": -1, "bottom": -1}
_CHOOSES = re.compile(
    r"(?:(?:the|number|no|option|i mean|it ?s|it is|i think)\s+)*"
    rf"(?P<place>{'|'.join(_PLACES)})"
    r"(?:\s+(?:one|option|card|of them|please|pls|thanks|ta))*"
)
_AGREES = re.compile(
    r"(?:yes|yep|yeah|yup|y|correct|that one|that ?s it|that ?s the one)(?:\s+(?:please|pls|that one))?"
)
_DECLINES = re.compile(
    r"(?:(?:no|nope)\s+)?(?:no|nope|(?:none|neither)(?: one| of (?:them|these|those|the above))?)(?:\s+thanks)?"
)


class Conversations:
    """What the last `room` people were given, by a key of theirs."""

    def __init__(self, room: int = ROOM) -> None:
        self._room = room
        self._contexts: OrderedDict[str, Context] = OrderedDict()

    def recall(self, key: str, at: dt.datetime) -> Context | None:
        """Return what a person was given last, or None if that is longer ago than a quarter of an hour."""
        context = self._contexts.get(key)
        if context is None or at - context.at > dt.timedelta(minutes=MINUTES):
            return None
        return context

    def remember(self, key: str, context: Context) -> None:
        """Note what a person was given; what was given before is forgotten."""
        self._contexts[key] = context
        self._contexts.move_to_end(key)
        while len(self._contexts) > self._room or self._oldest().at < context.at - dt.timedelta(minutes=MINUTES):
            self._contexts.popitem(last=False)

    def _oldest(self) -> Context:
        return next(iter(self._contexts.values()))


def chosen(text: str, offered: Sequence[str]) -> str | None:
    """Return the action that a message chooses among those offered, "none" if it declines them all, None if neither.

    "the second one" chooses by place, "yes" chooses what stands alone.
    """
    said = " ".join(re.findall(r"[a-z0-9]+", text.casefold()))
    if not offered or not said:
        return None
    if _DECLINES.fullmatch(said):
        return "none"
    if _AGREES.fullmatch(said):
        return offered[0] if len(offered) == 1 else None
    found = _CHOOSES.fullmatch(said)
    if found is None:
        return None
    place = _PLACES[found["place"]]
    return offered[place] if place < len(offered) else None
