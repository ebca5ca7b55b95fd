"""Read the knowledge folder into a checked, frozen `Knowledge`, or report every fault in it at once.

A broken file never ends in a traceback: whatever is wrong becomes a `Problem`, and what is sound beside it is
still read, so that one run can look at all of it.
"""

from __future__ import annotations

import dataclasses
import hashlib
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from bot.errors import KnowledgeError, Problem
from bot.knowledge.faults import described, model_faults, plain_problem, quoted
from bot.knowledge.files import Files, Folder, Held
from bot.knowledge.model import (
    Agency,
    Contact,
    DangerRules,
    Entry,
    GeneralFollowUp,
    Group,
    Knowledge,
    Ladder,
    Lexicon,
    OpenPoint,
    Partnership,
    Signpost,
    Source,
    Template,
)
from bot.knowledge.references import DANGER, LADDER, LEXICON, PARTNERSHIP, Ids, Parts, dangling, sound_together
from bot.knowledge.yaml_file import read_mapping

DEFAULT_FOLDER = Path(__file__).resolve().parent.parent.parent / "knowledge"
TOPICS = "topics"

log = logging.getLogger(__name__)
MAX_FILE_BYTES = 2_000_000
TOPIC_FILE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\.yaml")

_Model = TypeVar("_Model", bound=BaseModel)


@dataclass(frozen=True)
class Reading:
    """What one run found in a knowledge folder: every problem, and what is sound beside them.

    `danger` is None where `danger.yaml` cannot be used. `knowledge` is None where the partnership or the lexicon
    cannot be used; otherwise the card of every entry it holds can be composed. While there are
    problems entries may be left out, and what the partnership names may be among them. `files` holds the bytes of
    every file that was read, by its name within the folder: just those that all the rest was made from, and `version`
    eight hex digits that change with any of them.
    """

    problems: tuple[Problem, ...]
    danger: DangerRules | None
    knowledge: Knowledge | None
    files: Mapping[str, bytes] = dataclasses.field(default_factory=dict, repr=False)
    version: str = ""


def load_knowledge(folder: Path = DEFAULT_FOLDER) -> Knowledge:
    """Return the checked knowledge base of a folder.

    Raises:
        KnowledgeError: the folder has faults; its `problems` hold every one that a single reading can find.
    """
    reading = read_knowledge(folder)
    if reading.problems or reading.knowledge is None:
        raise KnowledgeError(reading.problems)
    return reading.knowledge


def load_to_answer_from(folder: Path) -> Knowledge:
    """Return what can be answered from: the whole knowledge base, or what is sound of it where a file is broken.

    Silence would be worse than a missing card, so a fault costs only what it touches, and each gives the operator one
    line. With danger.yaml broken, the built-in minimum alone recognises danger.

    Raises:
        KnowledgeError: too little is sound: the partnership's or the lexicon's file, or an entry or contact that the
            partnership names.
    """
    reading = read_knowledge(folder)
    knowledge = reading.knowledge
    if knowledge is None or not _is_enough(knowledge):
        raise KnowledgeError(reading.problems)
    for problem in reading.problems:
        log.error("left out until it is mended: %s", problem)
    is_danger_broken = any(problem.file == DANGER for problem in reading.problems)
    return knowledge.model_copy(update={"danger": None}) if is_danger_broken else knowledge


def _is_enough(knowledge: Knowledge) -> bool:
    """Say whether everything that the partnership names is there."""
    named = knowledge.partnership
    entries = {named.danger_entry, named.consultation_entry}
    contacts = {*named.emergency_contacts, *named.help_contacts}
    is_held = entries <= knowledge.entries.keys() and contacts <= knowledge.contacts.keys()
    return is_held and named.child_signpost in knowledge.signposts


def read_knowledge(folder: Path) -> Reading:
    """Return every problem of a folder's files and of the references between them, and what is sound.

    Never raises, whatever the files hold.
    """
    if not folder.is_dir():
        problem = plain_problem(str(folder), "", "", "is not a folder: set SIGNPOST_KNOWLEDGE to the right one")
        return Reading((problem,), None, None)
    return _read(Folder(folder))


def read_files(files: Mapping[str, bytes]) -> Reading:
    """Return the same of files that are held in memory, by their names within the folder."""
    return _read(Held(files))


def _read(files: Files) -> Reading:
    reader = _Reader(files)
    parts = reader.parts()
    problems = (*reader.problems, *dangling(parts, reader.ids))
    return Reading(problems, parts.danger, _knowledge(sound_together(parts), reader), reader.read, reader.version)


class _Reader:
    """Reads one knowledge folder once, collecting problems, ids, and every byte read with the digest of them all."""

    def __init__(self, files: Files) -> None:
        self.files = files
        self.read: dict[str, bytes] = {}
        self.problems: list[Problem] = []
        self.digest = hashlib.sha256()
        self.ids = {
            key: Ids(f"{key}.yaml")
            for key in ("sources", "contacts", "agencies", "signposts", "open-points", "templates", "follow-ups")
        } | {"entries": Ids("the topic files")}

    @property
    def version(self) -> str:
        """Eight hex digits that change with every byte read."""
        return self.digest.hexdigest()[:8]

    def fault(self, file: str, entry: str, field: str, problem: str) -> None:
        self.problems.append(plain_problem(file, entry, field, problem))

    def parts(self) -> Parts:
        """Return what is sound in itself. The order of the files is the order of the problems and of the digest."""
        partnership = self.whole(Partnership, PARTNERSHIP)
        sources = self.listed(Source, "sources")
        contacts = self.listed(Contact, "contacts")
        agencies = self.listed(Agency, "agencies")
        signposts = self.listed(Signpost, "signposts")
        open_points = self.listed(OpenPoint, "open-points")
        templates = self.listed(Template, "templates")
        follow_ups = self.listed(GeneralFollowUp, "follow-ups")
        ladder = self.whole(Ladder, LADDER)
        lexicon = self.whole(Lexicon, LEXICON)
        danger = self.whole(DangerRules, DANGER)
        groups, entries = self.topics()
        return Parts(
            partnership=partnership,
            sources=sources,
            contacts=contacts,
            agencies=agencies,
            signposts=signposts,
            open_points=open_points,
            templates=templates,
            follow_ups=follow_ups,
            ladder=ladder,
            lexicon=lexicon,
            danger=danger,
            groups=groups,
            entries=entries,
        )

    def document(self, file: str) -> dict[str, Any] | None:
        """Return the file's top-level mapping; an unreadable file gives None and a problem."""
        try:
            data = self.files.read(file, MAX_FILE_BYTES + 1)
        except FileNotFoundError:
            self.fault(file, "", "", "the file is missing")
            return None
        except OSError as error:
            self.fault(file, "", "", f"cannot be read: {error.strerror}")
            return None
        if len(data) > MAX_FILE_BYTES:
            self.fault(file, "", "", f"is larger than {MAX_FILE_BYTES:,} bytes: split it")
            return None
        self.digest.update(file.encode() + b"\0" + data + b"\0")
        self.read[file] = data
        document, faults = read_mapping(data)
        for field, problem in faults:
            self.fault(file, "", field, problem)
        return document

    def model(self, cls: type[_Model], file: str, entry: str, raw: Any) -> _Model | None:
        """Return `raw` as a model, or None with one problem for each fault in it."""
        if not isinstance(raw, dict):
            self.fault(file, entry, "", f"{described(raw)} where fields are expected")
            return None
        try:
            return cls.model_validate(raw)
        except ValidationError as error:
            for field, problem in model_faults(error):
                self.fault(file, entry, field, problem)
            return None

    def whole(self, cls: type[_Model], file: str) -> _Model | None:
        """Return the model that a file is as a whole."""
        document = self.document(file)
        return None if document is None else self.model(cls, file, "", document)

    def listed(self, cls: type[_Model], key: str) -> dict[str, _Model]:
        """Return the models of a file that holds one list of things with ids, by id."""
        file = f"{key}.yaml"
        document = self.document(file)
        if document is None:
            self.ids[key].complete = False
            return {}
        for extra in sorted(set(document) - {key}):
            self.fault(file, "", extra, f"is not a known field: this file holds only '{key}'")
        return self.by_id(cls, file, key, document)

    def by_id(self, cls: type[_Model], file: str, key: str, document: dict[str, Any]) -> dict[str, _Model]:
        """Return the models of the list that stands under `key`, by id."""
        items, ids = document.get(key), self.ids[key]
        if not isinstance(items, list):
            problem = f"{described(items)} where a list is expected" if key in document else "is missing"
            self.fault(file, "", key, problem)
            ids.complete = False
            return {}
        models: dict[str, _Model] = {}
        for position, raw in enumerate(items, 1):
            name = raw.get("id") if isinstance(raw, dict) else None
            entry = name if isinstance(name, str) and name else f"{key} {position}"
            model = self.model(cls, file, entry, raw)
            taken_by = ids.file.get(entry)
            if taken_by is not None:
                by = "stands twice" if taken_by == file else f"is taken by {taken_by}"
                self.fault(file, entry, "id", f"the id {quoted(entry)} {by}: ids must differ")
                continue
            if entry == name:
                ids.file[entry] = file
            if model is not None:
                models[entry] = model
        return models

    def topic_files(self) -> list[str]:
        """Return the topic files' names relative to the folder, sorted."""
        try:
            names = sorted(self.files.names(TOPICS))
        except OSError as error:
            self.fault(TOPICS, "", "", f"cannot be read: {error.strerror}")
            return []
        names = [name for name in names if name.lower().endswith((".yaml", ".yml")) and name[0] not in ".~"]
        for name in names:
            if not TOPIC_FILE.fullmatch(name):
                problem = "the file's name must be small letters, digits and hyphens, then .yaml"
                self.fault(f"{TOPICS}/{name}", "", "", problem)
        if not names:
            self.fault(TOPICS, "", "", "holds no topic file: the knowledge base would be empty")
        return [f"{TOPICS}/{name}" for name in names if TOPIC_FILE.fullmatch(name)]

    def topics(self) -> tuple[dict[str, Group], dict[str, Entry]]:
        """Return the topic groups and the entries of all of them, by id."""
        groups: dict[str, Group] = {}
        entries: dict[str, Entry] = {}
        for file in self.topic_files():
            document = self.document(file)
            if document is None:
                self.ids["entries"].complete = False
                continue
            entries |= self.by_id(Entry, file, "entries", document)
            group = self.model(Group, file, "", {k: v for k, v in document.items() if k != "entries"})
            if group is not None:
                groups[_group_of(file)] = group
        return groups, entries


def _knowledge(parts: Parts, reader: _Reader) -> Knowledge | None:
    """Return the parts in the order of their groups; an entry whose group has a fault comes last."""
    if parts.partnership is None or parts.lexicon is None:
        return None
    order = sorted(parts.groups, key=lambda id_: (parts.groups[id_].order, id_))
    place = {id_: number for number, id_ in enumerate(order)}
    entry_group = {id_: _group_of(reader.ids["entries"].file[id_]) for id_ in parts.entries}
    return Knowledge(
        version=reader.version,
        partnership=parts.partnership,
        groups={id_: parts.groups[id_] for id_ in order},
        entries={
            id_: parts.entries[id_]
            for id_ in sorted(parts.entries, key=lambda id_: place.get(entry_group[id_], len(order)))
        },
        entry_group=entry_group,
        sources=parts.sources,
        contacts=parts.contacts,
        agencies=parts.agencies,
        signposts=parts.signposts,
        lexicon=parts.lexicon,
        open_points=parts.open_points,
        templates=parts.templates,
        follow_ups=parts.follow_ups,
        ladder=parts.ladder,
        danger=parts.danger,
    )


def _group_of(file: str) -> str:
    return Path(file).stem
