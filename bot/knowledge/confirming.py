"""Write the partnership's word into the YAML: who confirmed what, on which day. Comments, order and form stay.

The new file takes the old one's place only once it reads well and brings no fault that was not there before.
"""

from __future__ import annotations

import datetime as dt
import io
import shutil
from collections.abc import Container
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap

from bot.errors import ConfirmError
from bot.knowledge.faults import quoted
from bot.knowledge.loading import TOPICS, read_knowledge
from bot.knowledge.references import LADDER, PARTNERSHIP
from bot.knowledge.whole_file import write_whole

_LISTED = {
    "contact": "contacts", "signpost": "signposts", "template": "templates", "stage": "stages",
    "open-point": "open-points",
}  # fmt: skip


def confirm(folder: Path, kind: str, id_: str, role: str, on: dt.date, review_by: dt.date | None = None) -> Path:
    """Record that a role confirmed a thing on a day, in place of what was recorded before; return the file changed.

    Args:
        kind: one of `CONFIRMABLE`; the id of the working day is "working-day".
        review_by: when it is to be looked at again; entries only.

    Raises:
        ConfirmError: nothing was written: no such thing, a file that cannot be read or written, or a date or role
            that the knowledge base refuses.
    """
    path = _file_of(folder, kind, id_)
    yaml = _round_trip()
    try:
        before = path.read_bytes()
        document = yaml.load(before.decode())
    except (OSError, UnicodeDecodeError) as error:
        raise ConfirmError(f"{path}: cannot be read: {error}") from None
    thing = _thing(document, kind, id_)
    said: dict[str, Any] = {"confirmed": _flow(role=role, on=on)}
    if review_by is not None:
        said["review_by"] = review_by
    for field, value in said.items():
        if field in thing:
            thing[field] = value
        else:
            thing.insert(_place(thing), field, value)
    after = io.StringIO()
    yaml.dump(document, after)
    text = after.getvalue().replace("\n", "\r\n") if b"\r\n" in before else after.getvalue()
    try:
        _put(folder, path, text.encode())
    except OSError as error:
        raise ConfirmError(f"nothing confirmed: {path} cannot be written: {error.strerror}") from None
    return path


def _file_of(folder: Path, kind: str, id_: str) -> Path:
    """Return the file in which a thing stands."""
    reading = read_knowledge(folder)
    if reading.knowledge is None:
        raise ConfirmError(f"nothing confirmed: the knowledge has faults; first: {reading.problems[0]}")
    knowledge = reading.knowledge
    if kind == "entry":
        group = knowledge.entry_group.get(id_)
        file = None if group is None else f"{TOPICS}/{group}.yaml"
    elif kind == "working-day":
        file = PARTNERSHIP if id_ == "working-day" else None
    else:
        held: dict[str, Container[str]] = {
            "contact": knowledge.contacts, "signpost": knowledge.signposts, "template": knowledge.templates,
            "stage": [stage.id for stage in knowledge.ladder.stages] if knowledge.ladder else [],
            "open-point": knowledge.open_points,
        }  # fmt: skip
        place = LADDER if kind == "stage" else f"{_LISTED[kind]}.yaml"
        file = place if id_ in held[kind] else None
    if file is None:
        raise ConfirmError(f"nothing confirmed: there is no {kind} {quoted(id_)}: see 'signpost check --go-live'")
    return folder / file


def _round_trip() -> YAML:
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 1_000_000
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.representer.ignore_aliases = lambda *_: True  # a date given twice is written twice
    return yaml


def _thing(document: Any, kind: str, id_: str) -> CommentedMap:
    if kind == "working-day":
        return document["working_day"]  # type: ignore[no-any-return]
    listed = document["entries" if kind == "entry" else _LISTED[kind]]
    return next(thing for thing in listed if thing["id"] == id_)  # type: ignore[no-any-return]


def _flow(**fields: Any) -> CommentedMap:
    """Return fields that are written in one line."""
    line = CommentedMap(fields)
    line.fa.set_flow_style()
    return line


def _place(thing: CommentedMap) -> int:
    """Return where a new field goes: before the last one, whose end may carry the comment of what follows."""
    return len(thing) - 1


def _put(folder: Path, path: Path, after: bytes) -> None:
    """Put new bytes in a file's place, unless they bring a fault; the file is written whole or not at all."""
    with TemporaryDirectory() as trial:
        copy = Path(shutil.copytree(folder, Path(trial) / "knowledge"))
        (copy / path.relative_to(folder)).write_bytes(after)
        known = read_knowledge(folder).problems
        new = [problem for problem in read_knowledge(copy).problems if problem not in known]
    if new:
        raise ConfirmError(f"nothing confirmed: {new[0]}")
    write_whole(path, after)
