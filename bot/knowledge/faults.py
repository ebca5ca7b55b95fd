"""Say in plain words what is wrong with the knowledge, for an editor who does not program.

Every problem made here is one printable line of bounded length, whatever stands in the file.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from pydantic import ValidationError

from bot.errors import Problem

MAX_PROBLEM_CHARS = 400
MAX_QUOTED_CHARS = 80


class Fault(NamedTuple):
    """A field and what is wrong with it. The field is empty where the thing as a whole is meant."""

    field: str
    problem: str


def plain_problem(file: str, entry: str, field: str, problem: str) -> Problem:
    """Return a problem whose four parts are each one printable line, cut where they are too long."""
    return Problem(*(_one_line(part) for part in (file, entry, field, problem)))


def model_faults(error: ValidationError) -> Iterator[Fault]:
    """Yield each fault that pydantic found, in its order. A list is not called short where its items are faulty."""
    faults = error.errors(include_url=False)
    broken = {fault["loc"][:length] for fault in faults for length in range(len(fault["loc"]))}
    for fault in faults:
        if fault["type"] == "too_short" and fault["loc"] in broken:
            continue  # only because faulty items are not counted
        field, problem = _field(fault["loc"]), _of_kind(fault["type"], fault["msg"], fault["input"])
        if not field and fault["type"] == "value_error":
            field, _, problem = problem.partition(": ")
        yield Fault(field, problem)


def described(value: Any) -> str:
    """Return what a value is, to go on after its name: "is empty", "is a list"."""
    return "is empty" if value is None else f"is {_kind(value)}"


def quoted(value: Any) -> str:
    """Return a value in quotes, at most `MAX_QUOTED_CHARS` of it and in one printable line."""
    text = _one_line(str(value))
    return f"'{text if len(text) <= MAX_QUOTED_CHARS else text[: MAX_QUOTED_CHARS - 1] + '…'}'"


def _one_line(text: str) -> str:
    """Return text that any terminal can show in one line: line breaks and control signs become spaces."""
    shown = text[:MAX_PROBLEM_CHARS].encode("utf-8", "replace").decode()
    return " ".join("".join(c if c.isprintable() else " " for c in shown).split())


def _field(loc: tuple[int | str, ...]) -> str:
    """Name a place in an entry as an editor counts it: `steps 2 text`, the first item being 1."""
    return " ".join(str(part + 1) if isinstance(part, int) else part for part in loc if part != "[key]")


def _of_kind(kind: str, message: str, value: Any) -> str:
    """Say in plain words what pydantic found."""
    if kind == "string_type" and isinstance(value, int | float | dt.date):
        return f"was read as {_kind(value)} ({str(value).lower()}), not as text: put it in quotes"
    if kind in _WHERE:
        return f"{described(value)} where {_WHERE[kind]} expected"
    if kind.startswith("date"):
        return f"is {quoted(value)} where a date such as 2026-11-24 (year-month-day) is expected"
    if kind in ("enum", "literal_error"):
        return f"is {quoted(value)}, expected is one of: {message.removeprefix('Input should be ')}"
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
        return f"{quoted(value)} is not in the form expected: such as 'front-door', or 17:00 for a time"
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
