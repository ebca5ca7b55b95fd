"""What a starting program answers from: the live version, and whatever is left where that cannot be had."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable
from pathlib import Path

from bot.errors import PublishError
from bot.knowledge.loading import load_to_answer_from, read_knowledge
from bot.knowledge.model import Knowledge
from bot.publishing.published import published_knowledge, versions_in

log = logging.getLogger(__name__)


def knowledge_to_serve(folder: Path, data: Path, at: dt.datetime, before_publishing: Callable[[], object]) -> Knowledge:
    """Return the live version; where nothing was published yet, the folder, published now.

    Where neither can be had, what is sound of the folder: silence would be worse.

    Raises:
        KnowledgeError: too little of the folder is sound, and no version can be read.
    """
    try:
        live = versions_in(data).live()
        if live is None:
            from bot.publishing.publish import publish  # learning needs libraries that serving does without

            before_publishing()
            live_version = publish(folder, data, at).version
        else:
            live_version = live.version
        knowledge = published_knowledge(data, live_version)
        if knowledge is not None:
            if live is not None and read_knowledge(folder).version != live_version:
                log.warning(
                    "serving version %s; the knowledge folder differs from it: see 'signpost publish'", live_version
                )
            return knowledge
    except PublishError as error:
        log.error("no published version can be served: %s", error)
    return load_to_answer_from(folder)


def knowledge_to_try(folder: Path, data: Path) -> Knowledge:
    """Return the folder as it is; where it has faults, the live version; where there is none, what is sound of it.

    Raises:
        KnowledgeError: too little of the folder is sound, and no version can be read.
    """
    reading = read_knowledge(folder)
    if not reading.problems and reading.knowledge is not None:
        return reading.knowledge
    try:
        live = versions_in(data).live()
        knowledge = published_knowledge(data, live.version) if live is not None else None
    except PublishError as error:
        log.error("no published version can be read: %s", error)
        knowledge = None
    if knowledge is None:
        return load_to_answer_from(folder)
    for problem in reading.problems:
        log.error("the last published version answers until this is mended: %s", problem)
    return knowledge
