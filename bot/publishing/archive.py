"""Show a card again as it was published, by the reference that stood on it."""

from __future__ import annotations

import datetime as dt
import re
from functools import lru_cache
from pathlib import Path

from bot.errors import PublishError
from bot.knowledge.loading import read_knowledge
from bot.knowledge.model import Knowledge
from bot.messages import Reply
from bot.publishing.published import published_knowledge
from bot.replies import Composer

_REFERENCE = re.compile(r"(?P<entry>[a-z0-9-]+)/(?P<version>[0-9a-f]{8})")


class Archive:
    """The versions kept in a data folder; with `folder`, the knowledge folder as it is now beside them."""

    def __init__(self, data: Path, folder: Path | None = None) -> None:
        self._data = data
        self._folder = folder
        self._version = lru_cache(maxsize=2)(self._read)  # somebody who looks one up often looks up its neighbour

    def card(self, reference: str, at: dt.datetime) -> Reply:
        """Return the whole entry of a reference such as `escalation/461438d7`, as it then was.

        Raises:
            PublishError: it is no reference, or nothing was published under it.
        """
        found = _REFERENCE.fullmatch(reference.strip().casefold())
        if found is None:
            raise PublishError(
                f"'{reference[:80]}' is no reference: it stands on the card, such as escalation/461438d7"
            )
        knowledge = self._version(found["version"])
        entry = knowledge.entries.get(found["entry"]) if knowledge is not None else None
        if knowledge is None or entry is None:
            raise PublishError(f"no card was published here under '{found[0]}': compare it with the card")
        return Composer(knowledge).as_published(entry, at)

    def _read(self, version: str) -> Knowledge | None:
        if self._folder is not None:
            reading = read_knowledge(self._folder)
            if reading.version == version and not reading.problems:
                return reading.knowledge
        return published_knowledge(self._data, version)
