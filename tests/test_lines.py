"""A fault is given with the line of the file that it stands in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.check.everything import check
from bot.errors import Problem
from bot.knowledge.lines import line_of
from tests.conftest import ACT_NOW, BABIES, SMALL_KNOWLEDGE, edit
from tests.support import TODAY

WITH_IDS = ("agencies.yaml", "contacts.yaml", "signposts.yaml", "templates.yaml", ACT_NOW, BABIES)


def faulty_lines(folder: Path) -> list[str]:
    """Return the text of the line that each fault of a folder is said to stand in; "" where none is named."""
    found = []
    for fault in check(folder, TODAY).faults:
        data = (folder / fault.file).read_bytes()
        line = line_of(fault, data)
        found.append("" if line is None else data.decode().splitlines()[line - 1].strip())
    return found


@pytest.mark.parametrize(
    ("file", "old", "new", "line"),
    [
        (BABIES, "act: routine", "act: soon", "act: soon"),
        (BABIES, "act: routine", "", "- id: safe-sleep"),
        (BABIES, "act: routine", "act: routine\n    colour: red", "colour: red"),
        (BABIES, "title: Safer sleep", f"title: {'Long ' * 20}sleep", f"title: {'Long ' * 20}sleep for a baby"),
        (BABIES, "see_also: [front-door-consultation]", "see_also: [nothing]", "see_also: [nothing]"),
        (BABIES, "order: 2", "order: first", "order: first"),
        (BABIES, "title: Babies", "title: [Babies", "order: 2"),
        (BABIES, "summary: Talk", "summary: Talk: ", "summary: Talk:  about safer sleep at each contact, and look at "),
        (ACT_NOW, "contacts: [front-door, childrens-portal]", "contacts: []", "contacts: []"),
        (ACT_NOW, "- on: 2026-11-22", "- on: 2026-13-22", "- on: 2026-13-22"),
        ("contacts.yaml", '"03000 41 11 11"', "03000411111", "phone: 03000411111"),
        ("sources.yaml", "id: worried", "id: worried\n    id: worried", "id: worried"),
        ("danger.yaml", "needs: [child, bleeding]", "needs: [child, falling]", "needs: [child, falling]"),
        ("partnership.yaml", "area: Kent", "area:", "area:"),
        ("templates.yaml", "source: good-practice", "source: hearsay", "source: hearsay"),
    ],
)
def test_a_fault_is_given_with_the_line_it_stands_in(
    small_knowledge: Path, file: str, old: str, new: str, line: str
) -> None:
    edit(small_knowledge, file, old, new)
    assert any(found and line.startswith(found[:60]) for found in faulty_lines(small_knowledge))


def test_a_card_too_long_is_given_with_the_line_where_its_steps_begin(small_knowledge: Path) -> None:
    edit(small_knowledge, BABIES, "Ask to see where", "Ask again and write it down. " * 40 + "Ask to see where")
    lines = faulty_lines(small_knowledge)
    assert lines
    assert all(line.startswith("- text: Ask again and write it down.") for line in lines)


def test_a_missing_file_has_no_line(small_knowledge: Path) -> None:
    (small_knowledge / BABIES).unlink()
    (small_knowledge / "contacts.yaml").unlink()
    missing = [fault for fault in check(small_knowledge, TODAY).faults if "missing" in fault.problem]
    assert missing
    assert {line_of(fault, b"") for fault in missing} == {None}


def fields() -> Iterator[tuple[str, str, str, int]]:
    """Yield each field of each thing with an id in the small knowledge: its file, id, name and line."""
    for file in WITH_IDS:
        thing, indent = "", ""
        for number, text in enumerate((SMALL_KNOWLEDGE / file).read_text(encoding="utf-8").splitlines(), 1):
            begun = re.fullmatch(r"( *)- id: (\S+)", text)
            field = re.match(rf"{indent}([a-z_]+):", text) if thing else None
            if begun:
                thing, indent = begun[2], begun[1] + "  "
            elif field:
                yield file, thing, field[1], number


@pytest.mark.parametrize(("file", "thing", "field", "line"), list(fields()))
def test_each_field_of_each_thing_is_found(file: str, thing: str, field: str, line: int) -> None:
    data = (SMALL_KNOWLEDGE / file).read_bytes()
    found = line_of(Problem(file, thing, field, "is odd"), data)
    is_list_below = data.splitlines()[line - 1].endswith(b":") and not data.splitlines()[line - 1].endswith(b"owner:")
    assert found in ((line, line + 1) if is_list_below else (line,))


def test_an_item_of_a_list_is_found_where_its_list_begins() -> None:
    data = (SMALL_KNOWLEDGE / BABIES).read_bytes()
    line = line_of(Problem(BABIES, "safe-sleep", "steps 2 text", "is empty"), data)
    assert line is not None
    assert data.splitlines()[line - 1].strip().startswith((b"steps:", b"- text: Ask to see", b"- text: Advise a clear"))


def test_a_fault_in_an_entry_without_an_id_names_no_line_of_another_place(small_knowledge: Path) -> None:
    edit(small_knowledge, BABIES, "  - id: safe-sleep\n    title: Safer sleep", f"  - title: {'Long ' * 20}sleep")
    assert "title: Babies" not in faulty_lines(small_knowledge)


def test_a_line_number_in_an_editors_own_words_is_not_taken_for_the_place_of_the_fault(small_knowledge: Path) -> None:
    edit(small_knowledge, BABIES, "act: routine", "act: see line 1")
    assert "act: see line 1" in faulty_lines(small_knowledge)


@given(data=st.binary(max_size=200), entry=st.text(max_size=9), field=st.text(max_size=9), problem=st.text(max_size=9))
def test_no_file_and_no_fault_is_too_odd(data: bytes, entry: str, field: str, problem: str) -> None:
    line = line_of(Problem("any.yaml", entry, field, problem), data)
    assert line is None or line >= 0


@given(text=st.from_regex(r"([a-z]{1,3}: ?[\[\]{}a-z&*!|>\n -]{0,9}\n){1,8}", fullmatch=True), field=st.text("abc"))
def test_no_yaml_is_too_odd(text: str, field: str) -> None:
    line = line_of(Problem("any.yaml", "a", field, "is odd"), text.encode())
    assert line is None or 1 <= line <= len(text.splitlines()) + 1
