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
            said = (
                f"'{reference[:80]}' is no reference" if reference.strip() else "write its reference behind the command"
            )
            raise PublishError(f"{said}: it stands on the card, such as escalation/461438d7")
        try:
            knowledge = self._version(found["version"])
            entry = knowledge.entries[found["entry"]]
        except KeyError:
            raise PublishError(f"no card was published here under '{found[0]}': compare it with the card") from None
        return Composer(knowledge).as_published(entry, at)

    def _read(self, version: str) -> Knowledge:
        """Return a version. Raises KeyError where there is none: what raises is looked up anew the next time."""
        if self._folder is not None:
            reading = read_knowledge(self._folder)
            if reading.version == version and not reading.problems and reading.knowledge is not None:
                return reading.knowledge
        published = published_knowledge(self._data, version)
        if published is None:
            raise KeyError(version)
        return published
