"""Read the knowledge folder into a checked, frozen `Knowledge`, or report every fault in it at once.

A broken file never ends in a traceback: whatever is wrong becomes a `Problem`.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Hashable, Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from bot.errors import KnowledgeError, Problem
from bot.knowledge.model import (
    Agency,
    Contact,
    DangerRules,
    Entry,
    Group,
    Knowledge,
    Lexicon,
    Partnership,
    Signpost,
    Source,
)

DEFAULT_FOLDER = Path(__file__).resolve().parent.parent.parent / "knowledge"
TOPICS = "topics"
MAX_FILE_BYTES = 2_000_000

_Model = TypeVar("_Model", bound=BaseModel)
_SafeLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_SafeLoader):  # type: ignore[misc]
    """A safe YAML loader whose keys are always text (`on:` is no boolean), and that notes keys that stand twice."""

    def __init__(self, stream: bytes) -> None:
        super().__init__(stream)
        self.repeated: list[tuple[str, int]] = []

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            name = str(key.value)
            if name in seen:
                self.repeated.append((name, key.start_mark.line + 1))
            seen.add(name)
            if isinstance(key, yaml.ScalarNode):
                key.tag = "tag:yaml.org,2002:str"
        mapping: dict[Hashable, Any] = super().construct_mapping(node, deep)
        return mapping


class _Reader:
    """Reads one knowledge folder once, collecting problems and the digest of every byte read."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.problems: list[Problem] = []
        self.digest = hashlib.sha256()

    def fault(self, file: str, entry: str, field: str, problem: str) -> None:
        self.problems.append(Problem(file, entry, field, problem))

    def document(self, file: str) -> dict[str, Any]:
        """Return the file's top-level mapping; an unreadable file gives {} and a problem."""
        path = self.folder / file
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            self.fault(file, "", "", "the file is missing")
            return {}
        except OSError as error:
            self.fault(file, "", "", f"cannot be read: {error.strerror}")
            return {}
        self.digest.update(file.encode() + b"\0" + data + b"\0")
        if len(data) > MAX_FILE_BYTES:
            self.fault(file, "", "", f"is larger than {MAX_FILE_BYTES:,} bytes: split it")
            return {}
        try:
            loader = _Loader(data)
            document = loader.get_single_data()
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            self.fault(file, "", "", _yaml_fault(error))
            return {}
        for key, line in loader.repeated:
            self.fault(file, "", key, f"the key '{key}' stands twice in one place (line {line}): remove one")
        if not isinstance(document, dict):
            self.fault(file, "", "", f"holds {_kind(document)} where 'name: value' lines are expected")
            return {}
        return document

    def model(self, cls: type[_Model], file: str, entry: str, raw: Any) -> _Model | None:
        """Return `raw` as a model, or None with one problem for each fault in it."""
        if not isinstance(raw, dict):
            self.fault(file, entry, "", f"is {_kind(raw)} where fields are expected")
            return None
        try:
            return cls.model_validate(raw)
        except ValidationError as error:
            for fault in error.errors(include_url=False):
                self.fault(
                    file, entry, _field(fault["loc"]), _fault(fault["type"], fault["msg"], fault["input"])
                )
            return None

    def listed(self, cls: type[_Model], file: str, key: str) -> dict[str, _Model]:
        """Return the models of a file that holds one list of things with ids, by id."""
        document = self.document(file)
        if document and set(document) != {key}:
            for extra in sorted(map(str, set(document) - {key})):
                self.fault(file, "", extra, f"is not a known field: this file holds only '{key}'")
        return self._by_id(cls, file, key, document.get(key), required=bool(document))

    def _by_id(
        self, cls: type[_Model], file: str, key: str, items: Any, *, required: bool
    ) -> dict[str, _Model]:
        if not isinstance(items, list):
            if required:
                self.fault(file, "", key, f"is {_kind(items)} where a list is expected")
            return {}
        models: dict[str, _Model] = {}
        for position, raw in enumerate(items, 1):
            name = raw.get("id") if isinstance(raw, dict) else None
            entry = name if isinstance(name, str) and name else f"{key} {position}"
            if entry in models:
                self.fault(file, entry, "id", f"the id '{entry}' stands twice: ids must differ")
                continue
            model = self.model(cls, file, entry, raw)
            if model is not None:
                models[entry] = model
        return models

    def topic_files(self) -> list[str]:
        """Return the topic files' names relative to the folder, sorted."""
        try:
            return sorted(f"{TOPICS}/{path.name}" for path in (self.folder / TOPICS).glob("*.yaml"))
        except OSError as error:
            self.fault(TOPICS, "", "", f"cannot be read: {error.strerror}")
            return []


def load_knowledge(folder: Path = DEFAULT_FOLDER) -> Knowledge:
    """Return the checked knowledge base of a folder.

    Raises:
        KnowledgeError: the folder has faults; its `problems` hold every one that a single run can find.
    """
    if not folder.is_dir():
        raise KnowledgeError(
            [Problem(str(folder), "", "", "is not a folder: set SIGNPOST_KNOWLEDGE to the right one")]
        )
    reader = _Reader(folder)
    partnership = reader.model(Partnership, "partnership.yaml", "", reader.document("partnership.yaml") or {})
    sources = reader.listed(Source, "sources.yaml", "sources")
    contacts = reader.listed(Contact, "contacts.yaml", "contacts")
    agencies = reader.listed(Agency, "agencies.yaml", "agencies")
    signposts = reader.listed(Signpost, "signposts.yaml", "signposts")
    lexicon = reader.model(Lexicon, "lexicon.yaml", "", reader.document("lexicon.yaml") or {})
    danger = reader.model(DangerRules, "danger.yaml", "", reader.document("danger.yaml") or {})

    groups: dict[str, Group] = {}
    entries: dict[str, Entry] = {}
    entry_file: dict[str, str] = {}
    named: set[str] = set()
    for file in reader.topic_files():
        document = reader.document(file)
        if not document:
            continue
        raw_entries = document.pop("entries", None)
        group = reader.model(Group, file, "", document)
        if group is not None:
            groups[Path(file).stem] = group
        named.update(_ids(raw_entries))
        for id_, entry in reader._by_id(Entry, file, "entries", raw_entries, required=True).items():
            if id_ in entries:
                reader.fault(
                    file, id_, "id", f"the id '{id_}' is taken by {entry_file[id_]}: ids must differ"
                )
                continue
            entries[id_] = entry
            entry_file[id_] = file
    if not entry_file and not reader.problems:
        reader.fault(TOPICS, "", "", "holds no topic file: the knowledge base would be empty")
    known = _Known(set(sources), set(contacts), set(agencies), named | set(entries))
    reader.problems.extend(_dangling_entries(entries, entry_file, known))
    reader.problems.extend(_dangling_shared(partnership, contacts, signposts, danger, known))
    if reader.problems or partnership is None or lexicon is None or danger is None:
        raise KnowledgeError(reader.problems)
    order = sorted(groups, key=lambda id_: (groups[id_].order, id_))
    placed = {id_: Path(entry_file[id_]).stem for id_ in entries}
    return Knowledge(
        version=reader.digest.hexdigest()[:8],
        partnership=partnership,
        groups={id_: groups[id_] for id_ in order},
        entries={id_: entries[id_] for group in order for id_ in entries if placed[id_] == group},
        entry_group=placed,
        sources=sources,
        contacts=contacts,
        agencies=agencies,
        signposts=signposts,
        lexicon=lexicon,
        danger=danger,
    )


class _Known:
    """The ids that a reference may point to. Ids of broken entries count: one fault, not two."""

    def __init__(self, sources: set[str], contacts: set[str], agencies: set[str], entries: set[str]) -> None:
        self.sources, self.contacts, self.agencies, self.entries = sources, contacts, agencies, entries


def _dangling_entries(entries: dict[str, Entry], files: dict[str, str], known: _Known) -> Iterator[Problem]:
    for id_, entry in entries.items():
        file = files[id_]
        yield from _missing(file, id_, "contacts", entry.contacts, known.contacts, "contacts.yaml")
        yield from _missing(file, id_, "sources", entry.sources, known.sources, "sources.yaml")
        yield from _missing(file, id_, "by_agency", entry.by_agency, known.agencies, "agencies.yaml")
        yield from _missing(file, id_, "see_also", entry.see_also, known.entries, "the topic files")
        yield from _missing(
            file, id_, "not_for", (near.entry for near in entry.not_for), known.entries, "the topic files"
        )
        listed = set(entry.sources)
        for source in dict.fromkeys(s.source for s in entry.statements):
            if source not in listed:
                yield Problem(file, id_, "sources", f"a statement rests on '{source}': list it here too")
        for field, texts in (("examples", entry.examples), ("see_also", entry.see_also)):
            yield from _repeated(file, id_, field, texts)


def _dangling_shared(
    partnership: Partnership | None,
    contacts: dict[str, Contact],
    signposts: dict[str, Signpost],
    danger: DangerRules | None,
    known: _Known,
) -> Iterator[Problem]:
    if partnership is not None:
        file = "partnership.yaml"
        yield from _missing(
            file, "", "emergency_contacts", partnership.emergency_contacts, known.contacts, "contacts.yaml"
        )
        yield from _missing(
            file, "", "help_contacts", partnership.help_contacts, known.contacts, "contacts.yaml"
        )
        yield from _missing(
            file, "", "danger_entry", (partnership.danger_entry,), known.entries, "the topic files"
        )
        yield from _missing(
            file,
            "",
            "consultation_entry",
            (partnership.consultation_entry,),
            known.entries,
            "the topic files",
        )
        yield from _missing(
            file, "", "working_day", (partnership.working_day.source,), known.sources, "sources.yaml"
        )
    for id_, contact in contacts.items():
        yield from _missing("contacts.yaml", id_, "source", (contact.source,), known.sources, "sources.yaml")
        if contact.otherwise is not None:
            yield from _missing(
                "contacts.yaml", id_, "otherwise", (contact.otherwise,), known.contacts, "contacts.yaml"
            )
    for id_, signpost in signposts.items():
        yield from _missing(
            "signposts.yaml", id_, "contacts", signpost.contacts, known.contacts, "contacts.yaml"
        )
        yield from _missing(
            "signposts.yaml", id_, "source", (signpost.source,), known.sources, "sources.yaml"
        )
        yield from _repeated("signposts.yaml", id_, "examples", signpost.examples)
    if danger is not None:
        words = set(danger.words)
        for rule in danger.rules:
            yield from _missing(
                "danger.yaml", rule.id, "needs", rule.needs, words, "the 'words' of this file"
            )
            yield from _missing(
                "danger.yaml", rule.id, "unless", rule.unless, words, "the 'words' of this file"
            )
        yield from _repeated("danger.yaml", "", "rules", [rule.id for rule in danger.rules])


def _missing(
    file: str, entry: str, field: str, ids: Iterable[str], known: set[str], where: str
) -> Iterator[Problem]:
    for id_ in ids:
        if id_ not in known:
            yield Problem(file, entry, field, f"'{id_}' is not in {where}")


def _repeated(file: str, entry: str, field: str, texts: Iterable[str]) -> Iterator[Problem]:
    seen: set[str] = set()
    for text in texts:
        key = text.casefold()
        if key in seen:
            yield Problem(file, entry, field, f"'{text}' stands twice: remove one")
        seen.add(key)


def _ids(raw: Any) -> set[str]:
    if not isinstance(raw, list):
        return set()
    return {item["id"] for item in raw if isinstance(item, dict) and isinstance(item.get("id"), str)}


def _field(loc: tuple[int | str, ...]) -> str:
    """Name a place in an entry as an editor counts it: `steps 2 text`, the first item being 1."""
    return " ".join(str(part + 1) if isinstance(part, int) else str(part) for part in loc)


def _fault(kind: str, message: str, value: Any) -> str:
    """Say in plain words what pydantic found."""
    if kind == "string_type":
        if isinstance(value, bool):
            return f"was read as {str(value).lower()}, not as text: put it in quotes"
        if isinstance(value, int | float | dt.date):
            return f"was read as {_kind(value)} ({value}), not as text: put it in quotes"
        return f"is {_kind(value)} where text is expected"
    if kind == "extra_forbidden":
        return "is not a known field: check its spelling or remove it"
    if kind == "missing":
        return "is missing"
    if kind == "too_short":
        return f"holds too few: {message.removeprefix('Tuple').strip()}"
    if kind == "string_pattern_mismatch":
        return f"'{value}' is not in the form expected: small letters, digits and hyphens, or a time such as 17:00"
    if kind == "string_too_long":
        return f"is too long: {message.removeprefix('String').strip()}, it has {len(str(value))}"
    return message.removeprefix("Value error, ")


def _kind(value: Any) -> str:
    names: dict[type, str] = {
        dict: "a set of fields", list: "a list", bool: "a yes/no value", int: "a number", float: "a number",
        str: "text", dt.date: "a date", dt.datetime: "a date", type(None): "empty",
    }  # fmt: skip
    return names.get(type(value), f"a {type(value).__name__}")


def _yaml_fault(error: Exception) -> str:
    """One line for an editor, with the line and column where YAML stopped."""
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        mark = error.problem_mark
        return f"is not YAML: line {mark.line + 1}, column {mark.column + 1}: {error.problem}"
    if isinstance(error, yaml.reader.ReaderError):
        return f"is not readable text: save it as UTF-8 (at position {error.position})"
    return f"is not YAML: {' '.join(str(error).split())}"
