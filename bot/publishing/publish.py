"""Publish a knowledge folder: check all of it, learn from it, keep it for ever, make it live; or leave all as it is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.check.everything import check
from bot.errors import Problem, PublishError
from bot.knowledge.lines import line_of
from bot.matching.cache import digest, keep
from bot.matching.examples import matcher_examples
from bot.publishing.published import answering_from, published_knowledge, versions_in

FAULTS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Published:
    """What was made live. `before` is the version that was live until then, if one was."""

    version: str
    entries: int
    before: str | None
    remarks: tuple[Problem, ...] = ()


def publish(folder: Path, data: Path, at: dt.datetime) -> Published:
    """Publish a folder as it is now; `data` is the data folder.

    Raises:
        PublishError: the folder has faults, somebody else is publishing, or the disk is full. The text names each
            fault with its file and line. What was live stays live.
    """
    versions = versions_in(data)
    live = versions.live()
    with versions.publishing() as publisher:
        checked = check(folder, at.date(), tried_out=live.learnt_from if live is not None else None)
        knowledge, findings = checked.knowledge, checked.findings
        if checked.faults or knowledge is None or findings is None:
            raise PublishError(refused(checked.faults, checked.files))
        examples = matcher_examples(knowledge)
        try:
            if findings.matcher is not None:
                keep(findings.matcher, data, examples, knowledge.lexicon)
            answering_from(knowledge, data)
        except OSError as error:
            raise PublishError(f"{data}: what was learnt cannot be kept: {error.strerror}") from None
        learnt_from = digest(examples, knowledge.lexicon)
        publisher.publish(knowledge.version, checked.files, len(knowledge.entries), learnt_from, at)
    return Published(knowledge.version, len(knowledge.entries), live.version if live else None, checked.remarks)


def roll_back(data: Path, version: str, at: dt.datetime) -> Published:
    """Make a version live again that was published before.

    Raises:
        PublishError: it never was, or this program cannot read it any more.
    """
    versions = versions_in(data)
    live = versions.live()
    knowledge = published_knowledge(data, version)
    if knowledge is None:
        raise PublishError(f"version '{version}' was never published here: 'signpost versions' lists those that were")
    with versions.publishing() as publisher:
        answering_from(knowledge, data)  # what it learnt lies in the data folder then
        publisher.roll_back(knowledge.version, at)
    return Published(knowledge.version, len(knowledge.entries), live.version if live else None)


def refused(faults: Iterable[Problem], files: Mapping[str, bytes]) -> str:
    """Return why a folder is not published: each fault with the line it stands in."""
    listed = list(faults)
    lines = [f"not published, {len(listed)} fault{'' if len(listed) == 1 else 's'}; what was live stays live:"]
    for fault in listed[:FAULTS_SHOWN]:
        line = line_of(fault, files.get(fault.file, b""))
        lines.append(f"  {fault}" + (f" ({fault.file} line {line})" if line is not None else ""))
    if len(listed) > FAULTS_SHOWN:
        lines.append(f"  and {len(listed) - FAULTS_SHOWN} more: 'signpost check' lists them all")
    return "\n".join(lines)
