"""Find the line of a file that a problem is about, for an editor who is to mend it."""

from __future__ import annotations

import re

import yaml

from bot.errors import Problem

_NAMED = re.compile(r"\bline (\d+)")


def line_of(problem: Problem, data: bytes) -> int | None:
    """Return the number of the line, counted from 1, or None where it cannot be found.

    That is the line that the problem names, else the line of its field in its entry, else that of its entry.
    """
    named = _NAMED.search(problem.problem)
    if named is not None:
        return int(named[1])
    try:
        root = yaml.compose(data, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (yaml.YAMLError, RecursionError):
        return None
    top = _fields(root)
    things = [thing for node in top.values() for thing in getattr(node, "value", ()) if _id_of(thing) == problem.entry]
    thing = things[0] if things else root
    field = _fields(thing).get(problem.field.split(" ")[0]) if problem.field else None
    found = field if field is not None else (things[0] if things else None)
    return None if found is None else int(found.start_mark.line) + 1


def _fields(node: object) -> dict[str, yaml.Node]:
    if not isinstance(node, yaml.MappingNode):
        return {}
    return {str(key.value): value for key, value in node.value}


def _id_of(node: object) -> str | None:
    found = _fields(node).get("id")
    return str(found.value) if found is not None else None
