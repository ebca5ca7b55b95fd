"""Read the knowledge folder into a checked, frozen `Knowledge`, or report every fault in it at once.

A broken file never ends in a traceback: whatever is wrong becomes a `Problem`, in words for an editor who
does not program. What no editor needs and a parser can be hurt by (anchors, tags, deep nesting) is refused.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Hashable, Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from yaml.constructor import ConstructorError

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
MAX_DEPTH = 20  # knowledge files need 6; at fifty thousand the parser crashes the whole process, past any except
MAX_NUMBER_BITS = 64
MAX_PROBLEM_CHARS = 400
MAX_QUOTED_CHARS = 80
TOPIC_FILE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\.yaml")

_Model = TypeVar("_Model", bound=BaseModel)
_SafeLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_SafeLoader):  # type: ignore[misc]
    """A safe YAML loader whose keys are always text (`on:` is no boolean); it notes keys that stand twice."""

    def __init__(self, stream: bytes) -> None:
        super().__init__(stream)
        self.repeated: list[tuple[str, int]] = []

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise ConstructorError(None, None, "the name of a field must be a word", key.start_mark)
            if key.value in seen:
                self.repeated.append((key.value, key.start_mark.line + 1))
            seen.add(key.value)
            key.tag = "tag:yaml.org,2002:str"
        mapping: dict[Hashable, Any] = super().construct_mapping(node, deep)
        return mapping

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            value = super().construct_object(node, deep)
            if isinstance(value, int) and value.bit_length() > MAX_NUMBER_BITS:
                raise ValueError("too long to be shown again")
        except (ValueError, ArithmeticError):  # 2026-02-30, or a number beyond all measure
            problem = f"{_quoted(node.value)} is no date or number: correct it, or put it in quotes"
            raise ConstructorError(None, None, problem, node.start_mark) from None
        return value


def _refuse_what_no_editor_needs(data: bytes) -> None:
    """Raise a YAMLError at the first anchor, alias or tag, or where lists stand too deep in one another.

    It reads the file as a flat row of events, so that it cannot itself be hurt by what it looks for.
    """
    depth = 0
    for event in yaml.parse(data, Loader=_SafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        problem = ""
        if depth > MAX_DEPTH:
            problem = f"more than {MAX_DEPTH} lists or brackets stand in one another"
        elif getattr(event, "anchor", None) is not None:
            problem = "a text that begins with & or * must be in quotes; references within a file are not allowed"
        elif getattr(event, "tag", None) is not None:
            problem = "a text that begins with ! must be in quotes"
        if problem:
            raise ConstructorError(None, None, problem, event.start_mark)  # type: ignore[arg-type]


class _Ids:
    """The ids of one kind of thing, each with its file. Faulty things' ids count: one fault, one problem."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.file: dict[str, str] = {}
        self.complete = True  # False once a file could not be read: what is not found may stand there

    def missing(self, ids: Iterable[str]) -> list[str]:
        return [id_ for id_ in ids if self.complete and id_ not in self.file]


class _Reader:
    """Reads one knowledge folder once, collecting problems, ids and the digest of every byte read."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.problems: list[Problem] = []
        self.digest = hashlib.sha256()
        self.ids = {key: _Ids(f"{key}.yaml") for key in ("sources", "contacts", "agencies", "signposts")} | {
            "entries": _Ids("the topic files")
        }

    def fault(self, file: str, entry: str, field: str, problem: str) -> None:
        self.problems.append(Problem(*(_one_line(part) for part in (file, entry, field, problem))))

    def document(self, file: str) -> dict[str, Any] | None:
        """Return the file's top-level mapping; an unreadable file gives None and a problem."""
        path = self.folder / file
        try:
            with path.open("rb") as stream:
                data = stream.read(MAX_FILE_BYTES + 1)
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
        try:
            data.decode()
            _refuse_what_no_editor_needs(data)
            loader = _Loader(data)
            document = loader.get_single_data()
        except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
            self.fault(file, "", "", _yaml_fault(error, data))
            return None
        for key, line in loader.repeated:
            self.fault(file, "", key, f"the key {_quoted(key)} stands twice in one place (line {line}): remove one")
        if not isinstance(document, dict):
            self.fault(file, "", "", f"{_is(document)} where 'name: value' lines are expected")
            return None
        return document

    def model(self, cls: type[_Model], file: str, entry: str, raw: Any) -> _Model | None:
        """Return `raw` as a model, or None with one problem for each fault in it."""
        if not isinstance(raw, dict):
            self.fault(file, entry, "", f"{_is(raw)} where fields are expected")
            return None
        try:
            return cls.model_validate(raw)
        except ValidationError as error:
            faults = error.errors(include_url=False)
            broken = {fault["loc"][:length] for fault in faults for length in range(len(fault["loc"]))}
            for fault in faults:
                if fault["type"] == "too_short" and fault["loc"] in broken:
                    continue  # only because faulty items are not counted
                field, problem = _field(fault["loc"]), _fault(fault["type"], fault["msg"], fault["input"])
                if not field and fault["type"] == "value_error":
                    field, _, problem = problem.partition(": ")
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
            self.fault(file, "", key, f"{_is(items)} where a list is expected" if key in document else "is missing")
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
                self.fault(file, entry, "id", f"the id {_quoted(entry)} {by}: ids must differ")
                continue
            if entry == name:
                ids.file[entry] = file
            if model is not None:
                models[entry] = model
        return models

    def topic_files(self) -> list[str]:
        """Return the topic files' names relative to the folder, sorted."""
        try:
            names = sorted(path.name for path in (self.folder / TOPICS).iterdir())
        except OSError as error:
            self.fault(TOPICS, "", "", f"cannot be read: {error.strerror}")
            return []
        names = [name for name in names if name.lower().endswith((".yaml", ".yml")) and name[0] not in ".~"]
        for name in names:
            if not TOPIC_FILE.fullmatch(name):
                self.fault(
                    f"{TOPICS}/{name}",
                    "",
                    "",
                    "the file's name must be small letters, digits and hyphens, then .yaml",
                )
        if not names:
            self.fault(TOPICS, "", "", "holds no topic file: the knowledge base would be empty")
        return [f"{TOPICS}/{name}" for name in names if TOPIC_FILE.fullmatch(name)]


def load_knowledge(folder: Path = DEFAULT_FOLDER) -> Knowledge:
    """Return the checked knowledge base of a folder.

    Raises:
        KnowledgeError: the folder has faults; its `problems` hold every one that a single run can find.
    """
    reader = _Reader(folder)
    if not folder.is_dir():
        reader.fault(str(folder), "", "", "is not a folder: set SIGNPOST_KNOWLEDGE to the right one")
        raise KnowledgeError(reader.problems)
    partnership = reader.whole(Partnership, "partnership.yaml")
    sources = reader.listed(Source, "sources")
    contacts = reader.listed(Contact, "contacts")
    agencies = reader.listed(Agency, "agencies")
    signposts = reader.listed(Signpost, "signposts")
    lexicon = reader.whole(Lexicon, "lexicon.yaml")
    danger = reader.whole(DangerRules, "danger.yaml")

    ids = reader.ids
    groups: dict[str, Group] = {}
    entries: dict[str, Entry] = {}
    for file in reader.topic_files():
        document = reader.document(file)
        if document is None:
            ids["entries"].complete = False
            continue
        entries |= reader.by_id(Entry, file, "entries", document)
        group = reader.model(Group, file, "", {k: v for k, v in document.items() if k != "entries"})
        if group is not None:
            groups[Path(file).stem] = group
    entry_file = ids["entries"].file
    for problem in (
        *_dangling_entries(entries, ids),
        *_dangling_shared(partnership, contacts, signposts, ids),
        *_dangling_danger(danger),
    ):
        reader.fault(problem.file, problem.entry, problem.field, problem.problem)
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


def _dangling_entries(entries: dict[str, Entry], ids: dict[str, _Ids]) -> Iterator[Problem]:
    for id_, entry in entries.items():
        file = ids["entries"].file[id_]
        near = [near_miss.entry for near_miss in entry.not_for]
        yield from _missing(file, id_, "contacts", entry.contacts, ids["contacts"])
        yield from _missing(file, id_, "sources", entry.sources, ids["sources"])
        yield from _missing(file, id_, "by_agency", entry.by_agency, ids["agencies"])
        yield from _missing(file, id_, "see_also", entry.see_also, ids["entries"])
        yield from _missing(file, id_, "not_for", near, ids["entries"])
        for field, others in (("see_also", entry.see_also), ("not_for", near)):
            if id_ in others:
                yield Problem(file, id_, field, "the entry names itself: name another or remove it")
        listed = set(entry.sources)
        for source in dict.fromkeys(s.source for s in entry.statements):
            if source not in listed:
                yield Problem(file, id_, "sources", f"a statement rests on {_quoted(source)}: list it here too")
        for field, texts in (("examples", entry.examples), ("see_also", entry.see_also)):
            yield from _repeated(file, id_, field, texts)


def _dangling_shared(
    partnership: Partnership | None,
    contacts: dict[str, Contact],
    signposts: dict[str, Signpost],
    ids: dict[str, _Ids],
) -> Iterator[Problem]:
    if partnership is not None:
        file = "partnership.yaml"
        for field in ("emergency_contacts", "help_contacts"):
            yield from _missing(file, "", field, getattr(partnership, field), ids["contacts"])
        for field in ("danger_entry", "consultation_entry"):
            yield from _missing(file, "", field, [getattr(partnership, field)], ids["entries"])
        yield from _missing(file, "", "working_day source", [partnership.working_day.source], ids["sources"])
    for id_, contact in contacts.items():
        file = "contacts.yaml"
        yield from _missing(file, id_, "source", [contact.source], ids["sources"])
        if contact.otherwise is not None:
            yield from _missing(file, id_, "otherwise", [contact.otherwise], ids["contacts"])
        if contact.otherwise == id_:
            yield Problem(file, id_, "otherwise", "the contact names itself: name another or remove it")
    for id_, signpost in signposts.items():
        file = "signposts.yaml"
        yield from _missing(file, id_, "contacts", signpost.contacts, ids["contacts"])
        yield from _missing(file, id_, "source", [signpost.source], ids["sources"])
        yield from _repeated(file, id_, "examples", signpost.examples)


def _dangling_danger(danger: DangerRules | None) -> Iterator[Problem]:
    if danger is None:
        return
    file = "danger.yaml"
    words = _Ids("the 'words' of this file")
    words.file = dict.fromkeys(danger.words, file)
    for field in ("unless", "even_so", "unless_anywhere", "denied_by"):
        yield from _missing(file, "", field, getattr(danger, field), words)
    for rule in danger.rules:
        yield from _missing(file, rule.id, "needs", rule.needs, words)
        yield from _missing(file, rule.id, "unless", rule.unless, words)
    yield from _repeated(file, "", "rules", [rule.id for rule in danger.rules])


def _missing(file: str, entry: str, field: str, ids: Iterable[str], known: _Ids) -> Iterator[Problem]:
    for id_ in known.missing(ids):
        yield Problem(file, entry, field, f"{_quoted(id_)} is not in {known.where}")


def _repeated(file: str, entry: str, field: str, texts: Iterable[str]) -> Iterator[Problem]:
    seen: set[str] = set()
    for text in texts:
        key = text.casefold()
        if key in seen:
            yield Problem(file, entry, field, f"{_quoted(text)} stands twice: remove one")
        seen.add(key)


def _field(loc: tuple[int | str, ...]) -> str:
    """Name a place in an entry as an editor counts it: `steps 2 text`, the first item being 1."""
    return " ".join(str(part + 1) if isinstance(part, int) else part for part in loc if part != "[key]")


def _fault(kind: str, message: str, value: Any) -> str:
    """Say in plain words what pydantic found."""
    if kind == "string_type" and isinstance(value, int | float | dt.date):
        return f"was read as {_kind(value)} ({str(value).lower()}), not as text: put it in quotes"
    if kind in _WHERE:
        return f"{_is(value)} where {_WHERE[kind]} expected"
    if kind.startswith("date"):
        return f"is {_quoted(value)} where a date such as 2026-11-24 (year-month-day) is expected"
    if kind in ("enum", "literal_error"):
        return f"is {_quoted(value)}, expected is one of: {message.removeprefix('Input should be ')}"
    if kind == "extra_forbidden":
        return "is not a known field: check its spelling or remove it"
    if kind == "missing":
        return "is missing"
    if kind in ("too_short", "too_long", "string_too_long"):
        limit = re.sub(r"^(Tuple|Value|String) | after validation", "", message)
        if isinstance(value, str):
            return f"is too long: {limit.replace(' items', ' characters')}"
        return f"holds too {'few' if kind == 'too_short' else 'many'}: {limit}"
    if kind == "string_pattern_mismatch":
        return f"{_quoted(value)} is not in the form expected: such as 'front-door', or 17:00 for a time"
    return message.removeprefix("Value error, ").replace("Input should", "should")


_WHERE = {
    "string_type": "text is",
    "tuple_type": "a list is",
    "dict_type": "fields are",
    "model_type": "fields are",
    "model_attributes_type": "fields are",
    "int_type": "a whole number is",
}


def _kind(value: Any) -> str:
    names: dict[type, str] = {
        dict: "a set of fields", list: "a list", bool: "a yes/no value", int: "a number", float: "a number",
        str: "text", dt.date: "a date", dt.datetime: "a date",
    }  # fmt: skip
    return names.get(type(value), f"a {type(value).__name__}")


def _is(value: Any) -> str:
    return "is empty" if value is None else f"is {_kind(value)}"


def _quoted(value: Any) -> str:
    text = _one_line(str(value))
    return f"'{text if len(text) <= MAX_QUOTED_CHARS else text[: MAX_QUOTED_CHARS - 1] + '…'}'"


def _one_line(text: str) -> str:
    """Return text that any terminal can show in one line: line breaks and control signs become spaces."""
    shown = text[:MAX_PROBLEM_CHARS].encode("utf-8", "replace").decode()
    return " ".join("".join(c if c.isprintable() else " " for c in shown).split())


def _yaml_fault(error: Exception, data: bytes) -> str:
    """One line for an editor, with the line and column where YAML stopped."""
    if isinstance(error, UnicodeDecodeError):
        line = data.count(b"\n", 0, error.start) + 1
        return f"is not readable text: line {line} holds a sign that is not UTF-8: save the file as UTF-8"
    if isinstance(error, yaml.reader.ReaderError):
        line = data.count(b"\n", 0, error.position) + 1
        return f"is not readable text: line {line} holds a control sign: retype that line"
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return "is not YAML: compare it with a file that is sound"
    mark, begun = error.problem_mark, error.context_mark
    place = f"line {mark.line + 1}, column {mark.column + 1}"
    if begun is not None and begun.line != mark.line:
        place += f", in what begins in line {begun.line + 1}"
    problem = str(error.problem)
    return f"is not YAML: {place}: {_YAML_FAULTS.get(problem, problem)}"


# What the parser says, in words for an editor.
_YAML_FAULTS = {
    "mapping values are not allowed in this context": "a colon stands where none may: put the text in "
    "quotes, or line it up with the fields it belongs to",
    "found character that cannot start any token": "a text may not begin with this sign, nor a line with a "
    "tab: put the text in quotes, indent with spaces",
    "found a tab character that violates indentation": "a line begins with a tab: indent with spaces",
    "found unexpected end of stream": "a quotation mark is opened and never closed",
    "did not find expected key": "this does not go on as it began: check the indent and the quotation "
    "marks (a ' inside '…' is written twice)",
    "could not find expected ':'": "the line before is neither 'name: value' nor an item after '- '",
    "did not find expected node content": "a bracket has no closing bracket, or a comma stands alone",
    "did not find expected '-' indicator": "this line is not lined up with the items or fields above it",
    "did not find expected ',' or ']'": "a '[' has no ']', or a comma is missing",
    "did not find expected ',' or '}'": "a '{' has no '}', or a comma is missing",
    "did not find expected alphabetic or numeric character": "text that begins with & or * must be in quotes",
    "block sequence entries are not allowed in this context": "an item '- ' must begin a line of its own",
    "found unknown escape character": 'a \\ inside "…" is written twice',
    "did not find expected comment or line break": "after > or | the text begins on the next line",
    "but found another document": "a line '---' begins a second document: remove it",
}
