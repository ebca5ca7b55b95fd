"""Find the line of a file that a problem is about, for an editor who is to mend it."""

from __future__ import annotations

import re

import yaml

from bot.errors import Problem

_NAMED = re.compile(r"\bline (\d+)")


def line_of(problem: Problem, data: bytes) -> int | None:
    """Return the number of the line, counted from 1, or None where it cannot be found.

    Where the file as a whole is no YAML that is the line that the problem names; else the line of its field in its
    entry, or that of its entry.
    """
    named = _NAMED.search(problem.problem) if not problem.entry else None
    if named is not None:
        return int(named[1])
    try:
        root = yaml.compose(data, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (yaml.YAMLError, RecursionError):
        return None
    thing = _thing(_fields(root), problem.entry)
    field = _fields(thing or root).get(problem.field.split(" ")[0]) if problem.field else None
    found = field if field is not None else thing
    return None if found is None else int(found.start_mark.line) + 1


def _thing(top: dict[str, yaml.Node], name: str) -> yaml.Node | None:
    """Return the thing with an id, or the one that is called by its place for want of an id, such as "entries 3"."""
    for key, node in top.items():
        listed = node.value if isinstance(node, yaml.SequenceNode) else []
        for place, thing in enumerate(listed, 1):
            if name in (_id_of(thing), f"{key} {place}"):
                return thing  # type: ignore[no-any-return]
    return None


def _fields(node: object) -> dict[str, yaml.Node]:
    if not isinstance(node, yaml.MappingNode):
        return {}
    return {str(key.value): value for key, value in node.value}


def _id_of(node: object) -> str | None:
    found = _fields(node).get("id")
    return str(found.value) if found is not None else None
