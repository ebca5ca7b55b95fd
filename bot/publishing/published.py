"""Read what was published: the versions in the data folder, and what answers from one of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from bot.answering import Answering
from bot.errors import PublishError
from bot.knowledge.loading import read_files
from bot.knowledge.model import Knowledge
from bot.knowledge.versions import Versions
from bot.matching.cache import learnt
from bot.matching.examples import follow_up_examples, matcher_examples

Learning = Callable[[int], object]


def versions_in(data: Path) -> Versions:
    """Return the versions kept in a data folder."""
    return Versions(data / "versions.db")


def answering_from(knowledge: Knowledge, data: Path, before_learning: Learning = lambda texts: None) -> Answering:
    """Return what answers from a knowledge base, with matchers read from the data folder, or learnt and kept there."""
    matcher = learnt(data, matcher_examples(knowledge), knowledge.lexicon, before_learning)
    asks = learnt(data, follow_up_examples(knowledge), knowledge.lexicon)
    return Answering(knowledge, matcher, asks)


def published_knowledge(data: Path, version: str) -> Knowledge | None:
    """Return a version that was published, named by its first letters or more; None if it never was.

    Raises:
        PublishError: this program cannot read it any more: its files have another form.
    """
    files = versions_in(data).files(version)
    if files is None:
        return None
    reading = read_files(files)
    if reading.problems or reading.knowledge is None:
        raise PublishError(
            f"version '{version}' has another form than this program reads ({reading.problems[0]}): "
            "it can be seen with the program of its time only; nothing was changed"
        )
    return reading.knowledge
