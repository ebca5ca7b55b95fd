"""Read the bytes of one YAML file into a mapping, or say in plain words why it is none.

No bytes raise an error. Keys are always text, a key that stands twice is a fault, and what no editor needs and
a parser can be hurt by (anchors, aliases, tags, deep nesting) is refused.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import yaml
from yaml.constructor import ConstructorError

from bot.knowledge.faults import Fault, described, quoted

MAX_DEPTH = 20  # knowledge files need 6; at fifty thousand the parser crashes the whole process, past any except
MAX_NUMBER_BITS = 64

_SafeLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_mapping(data: bytes) -> tuple[dict[str, Any] | None, list[Fault]]:
    """Return the file's top-level mapping and its faults. Never raises.

    The mapping is None where the bytes are no YAML or hold something else. A key that stands twice is a fault
    too, but leaves the mapping, with the last of its values.
    """
    try:
        data.decode()
        _refuse_what_no_editor_needs(data)
        loader = _Loader(data)
        document = loader.get_single_data()
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        return None, [Fault("", _in_words(error, data))]
    faults = [
        Fault(key, f"the key {quoted(key)} stands twice in one place (line {line}): remove one")
        for key, line in loader.repeated
    ]
    if not isinstance(document, dict):
        return None, [*faults, Fault("", f"{described(document)} where 'name: value' lines are expected")]
    return document, faults


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
            problem = f"{quoted(node.value)} is no date or number: correct it, or put it in quotes"
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


def _in_words(error: Exception, data: bytes) -> str:
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
