"""Say in words what differs between two versions, which questions now go elsewhere, and draft the `changes` lines."""

from __future__ import annotations

import datetime as dt
import io
import subprocess
import tarfile
from collections.abc import Iterator, Mapping
from math import ceil
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from bot.answering import Answering
from bot.errors import PublishError
from bot.knowledge.faults import quoted
from bot.knowledge.loading import Reading, read_files, read_knowledge
from bot.knowledge.model import Entry, Knowledge, Statement
from bot.matching.evaluation import read_questions
from bot.matching.examples import matcher_examples
from bot.messages import Answer, Person, Question
from bot.publishing.published import answering_from, published_knowledge
from bot.settings import Settings

ELSEWHERE_SHOWN = 40
QUESTIONS_ASKED = 2_000  # of both versions, a few seconds each; more only where more cards changed
_NOT_SAID = ("evidence", "source", "section")  # of a statement
_KINDS = ("contacts", "sources", "agencies", "signposts", "templates", "follow_ups", "open_points", "groups")


def knowledge_named(name: str, settings: Settings) -> Knowledge:
    """Return the knowledge base of a folder, a published version or a git revision, whichever a name is, in that order.

    Raises:
        PublishError: it is none of them, or it has faults.
    """
    folder = Path(name)
    if folder.is_dir():
        return _sound(name, read_knowledge(folder))
    published = published_knowledge(settings.data, name)
    if published is not None:
        return published
    files = _files_of_revision(name, settings.knowledge)
    if files is None:
        raise PublishError(f"'{name}' is no folder, no published version and no git revision of {settings.knowledge}")
    return _sound(name, read_files(files))


def _sound(name: str, reading: Reading) -> Knowledge:
    if reading.problems or reading.knowledge is None:
        raise PublishError(f"{name}: has faults; first: {reading.problems[0]} (run 'signpost check' to see all)")
    return reading.knowledge


def _files_of_revision(revision: str, folder: Path) -> dict[str, bytes] | None:
    """Return the files of the knowledge folder as a git revision has them; None if there is none such."""
    if revision.startswith("-"):
        return None
    try:
        made = subprocess.run(["git", "archive", revision, "."], cwd=folder, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    with tarfile.open(fileobj=io.BytesIO(made.stdout)) as archive:
        members = [
            (member.name.removeprefix("./"), archive.extractfile(member)) for member in archive if member.isfile()
        ]
        return {name: stream.read() for name, stream in members if stream is not None}


def compare(old: Knowledge, new: Knowledge, data: Path, questions: str | None, on: dt.date) -> str:
    """Return the difference in words.

    Args:
        data: where learnt matchers are kept.
        questions: the name of a file of labelled questions; without it examples that both versions hold are asked,
            above all those of the cards that changed and of the cards beside them.
        on: the day that the drafts of `changes` lines bear.
    """
    lines = [f"version {old.version} -> {new.version}", ""]
    said = [*_changes_of_entries(old, new), *_changes_beside(old, new)]
    lines += said or ["nothing differs"]
    lines += ["", *_elsewhere(old, new, data, questions)]
    drafts = [*_drafts(old, new, on)]
    if drafts:
        lines += ["", "draft for 'changes', newest first:", *drafts]
    return "\n".join(lines) + "\n"


def _changes_of_entries(old: Knowledge, new: Knowledge) -> Iterator[str]:
    for id_ in (id_ for id_ in old.entries if id_ not in new.entries):
        yield f"{id_}: the card is gone"
    for id_, entry in new.entries.items():
        before = old.entries.get(id_)
        if before is not None and old.entry_group[id_] != new.entry_group[id_]:
            yield f"{id_}: now in the group {new.entry_group[id_]}, no longer in {old.entry_group[id_]}"
        if before is None:
            yield f"{id_}: a new card, {quoted(entry.title)}"
        elif before != entry:
            yield f"{id_}:"
            yield from (f"  {line}" for line in _fields(before, entry))


def _fields(before: Entry, after: Entry) -> Iterator[str]:
    """Yield what differs between two states of an entry, field by field."""
    for name in type(after).model_fields:
        one, other = getattr(before, name), getattr(after, name)
        if one == other:
            continue
        gone, come = _texts(one), _texts(other)
        for text in [t for t in gone if t not in come]:
            yield f"{name}: no longer {quoted(text)}"
        for text in [t for t in come if t not in gone]:
            yield f"{name}: now {quoted(text)}"
        if set(gone) == set(come):
            yield f"{name}: in another order, or with other evidence or sources"


def _texts(value: Any) -> list[str]:
    """Return every text within a field, in order."""
    match value:
        case None:
            return []
        case Statement():
            read = [name for name in type(value).model_fields if name not in _NOT_SAID]
            return [text for name in read for text in _texts(getattr(value, name))]
        case BaseModel():
            return [text for name in type(value).model_fields for text in _texts(getattr(value, name))]
        case dict():
            return [text for key, part in value.items() for text in (str(key), *_texts(part))]
        case tuple() | list():
            return [text for part in value for text in _texts(part)]
    return [str(value)]


def _changes_beside(old: Knowledge, new: Knowledge) -> Iterator[str]:
    for kind in _KINDS:
        yield from _changes_of(kind.replace("_", " "), getattr(old, kind), getattr(new, kind))
    for name in ("partnership", "lexicon", "danger", "ladder"):
        one, other = getattr(old, name), getattr(new, name)
        if one != other:
            yield f"{name}:"
            gone, come = _texts(one), _texts(other)
            kept, known = set(come), set(gone)
            yield from (f"  no longer {quoted(text)}" for text in gone if text not in kept)
            yield from (f"  now {quoted(text)}" for text in come if text not in known)


def _changes_of(kind: str, old: Mapping[str, BaseModel], new: Mapping[str, BaseModel]) -> Iterator[str]:
    for id_ in (id_ for id_ in old if id_ not in new):
        yield f"{kind}: {id_} is gone"
    for id_, thing in new.items():
        before = old.get(id_)
        if before is None:
            yield f"{kind}: {id_} is new"
        elif before != thing:
            for name in type(thing).model_fields:
                one, other = getattr(before, name), getattr(thing, name)
                if one != other:
                    yield f"{kind}: {id_}: {name}: {_shown(one)} -> {_shown(other)}"


def _shown(value: Any) -> str:
    return "nothing" if value is None or value == () else quoted("; ".join(_texts(value)))


def _elsewhere(old: Knowledge, new: Knowledge, data: Path, questions: str | None) -> Iterator[str]:
    """Yield the questions whose likeliest card, or what is decided, is another one now."""
    texts = _questions(old, new, questions)
    if _learnt_from(old) == _learnt_from(new):
        yield "no question goes elsewhere: nothing that questions are matched by has changed"
        return
    before, after = answering_from(old, data), answering_from(new, data)
    moved = []
    for text in texts:
        one, other = _asked(before, text), _asked(after, text)
        if _best(one) != _best(other):
            moved.append(f"  {quoted(text)}: {_best(one)} -> {_best(other)}")
        elif one.decision != other.decision:
            moved.append(f"  {quoted(text)}: {_best(other)}: {one.decision} -> {other.decision}")
    yield f"{len(moved)} of {len(texts)} questions go elsewhere or are decided otherwise"
    yield from moved[:ELSEWHERE_SHOWN]
    if len(moved) > ELSEWHERE_SHOWN:
        yield f"  and {len(moved) - ELSEWHERE_SHOWN} more"


def _learnt_from(knowledge: Knowledge) -> object:
    return matcher_examples(knowledge), knowledge.lexicon, knowledge.danger


def _questions(old: Knowledge, new: Knowledge, questions: str | None) -> list[str]:
    if questions is not None:
        return [question.text for question in read_questions(Path(questions))]
    near, others = _held_questions(old, new)
    room = max(QUESTIONS_ASKED - len(near), 0)
    return near + others[:: max(1, ceil(len(others) / room))] if room else near


def _held_questions(old: Knowledge, new: Knowledge) -> tuple[list[str], list[str]]:
    """Return the example questions that both versions hold: those of changed cards and the cards beside them, the rest.

    The first are the likeliest to go elsewhere; of the rest a part shows whether anything else moved.
    """
    changed = {id_ for id_, entry in new.entries.items() if old.entries.get(id_) != entry}
    beside = {other for id_ in changed for other in new.entries[id_].see_also}
    held = {text for entry in old.entries.values() for text in entry.questions}
    near: list[str] = []
    others: list[str] = []
    for id_, entry in new.entries.items():
        into = near if id_ in changed or id_ in beside else others
        into += [text for text in entry.questions if text in held]
    return near, others


def _asked(answering: Answering, text: str) -> Answer:
    return answering.answer(Question(text, dt.datetime.now(dt.UTC), "diff", Person("")))


def _best(answer: Answer) -> str:
    return answer.entry or (answer.candidates[0].entry if answer.candidates else "nothing")


def _drafts(old: Knowledge, new: Knowledge, on: dt.date) -> Iterator[str]:
    """Yield a `changes` line for each card that changed and does not say so itself yet."""
    for id_, entry in new.entries.items():
        before = old.entries.get(id_)
        if before is None or before.changes != entry.changes:
            continue
        names = [n.replace("_", " ") for n in type(entry).model_fields if getattr(before, n) != getattr(entry, n)]
        read = [name for name in names if name not in _NOT_READ]
        if read:
            yield f"  {id_}:"
            yield f"    - on: {on}"
            yield f"      what: Changed {_listed(read)}."


_NOT_READ = {"examples", "not for", "follow ups", "see also", "confirmed", "review by", "owner"}


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
