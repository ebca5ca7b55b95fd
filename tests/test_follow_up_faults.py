"""A follow-up that leads nowhere, round in a circle or to two places is one clear line: file, entry, field, problem."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.conftest import ACT_NOW, BABIES, edit
from tests.support import faults

GENERAL, TEMPLATES = "follow-ups.yaml", "templates.yaml"
BEFORE = {  # the line before which an entry's follow-ups are put
    "immediate-danger": (ACT_NOW, "    not_for:\n"),
    "front-door-consultation": (ACT_NOW, "    contacts: [front-door, childrens-portal]\n"),
    "safe-sleep": (BABIES, "    contacts: [front-door]\n"),
}
ASKS = ["and if she says no", "what then", "who does that"]


def follow_up(asks: list[str] = ASKS, **leads: str) -> dict[str, object]:
    return {"asks": asks, **leads}


def add(folder: Path, entry: str, *follow_ups: dict[str, object]) -> None:
    """Give an entry follow-ups."""
    file, line = BEFORE[entry]
    edit(
        folder, file, line, f"    follow_ups: {yaml.dump(list(follow_ups), default_flow_style=True, width=9999)}{line}"
    )


SOUND = [
    pytest.param("safe-sleep", follow_up(entry="front-door-consultation"), id="another entry"),
    pytest.param("safe-sleep", follow_up(show="more"), id="more"),
    pytest.param("safe-sleep", follow_up(show="reach"), id="whom to contact"),
    pytest.param("safe-sleep", follow_up(show="thanks"), id="a friendly end"),
    pytest.param("safe-sleep", follow_up(show="agencies"), id="agencies where by_agency holds one"),
    pytest.param("front-door-consultation", follow_up(show="wording"), id="wording where a template names the entry"),
]


@pytest.mark.parametrize(("entry", "sound"), SOUND)
def test_a_follow_up_that_leads_to_what_is_there_is_sound(
    small_knowledge: Path, entry: str, sound: dict[str, object]
) -> None:
    add(small_knowledge, entry, sound)
    assert faults(small_knowledge) == []


FAULTY = [
    pytest.param("safe-sleep", follow_up(entry="safer-sleep"),
                 "follow_ups: 'safer-sleep' is not in the topic files", id="an entry that is not there"),
    pytest.param("safe-sleep", follow_up(entry="safe-sleep"),
                 "follow_ups: one leads back to this entry: use 'show: more' instead", id="back to itself"),
    pytest.param("safe-sleep", follow_up(show="wording"),
                 "follow_ups: there is no wording to copy here", id="wording without a template"),
    pytest.param("immediate-danger", follow_up(show="agencies"),
                 "follow_ups: shows what agencies are asked to do, but by_agency is empty", id="agencies without any"),
    pytest.param("safe-sleep", follow_up(),
                 "follow_ups 1: entry: give either an entry or a page to show", id="neither entry nor page"),
    pytest.param("safe-sleep", follow_up(entry="immediate-danger", show="more"),
                 "follow_ups 1: entry: give either an entry or a page to show", id="both entry and page"),
    pytest.param("safe-sleep", follow_up(show="cards"),
                 "follow_ups 1 show: is 'cards', expected is one of: 'more', 'wording', 'agencies'", id="no such page"),
    pytest.param("safe-sleep", follow_up(["what then", "who", "What Then"], show="more"),
                 "follow_ups: 'What Then' stands twice: remove one", id="the same ask twice"),
    pytest.param("safe-sleep", follow_up(["what then", "who"], show="more"),
                 "follow_ups 1 asks: holds too few: should have at least 3", id="too few asks"),
    pytest.param("safe-sleep", follow_up(["what then", "who", "999"], show="more", leads="on"),
                 "follow_ups 1 leads: is not a known field: check its spelling or remove it", id="an unknown field"),
]  # fmt: skip


@pytest.mark.parametrize(("entry", "faulty", "problem"), FAULTY)
def test_a_faulty_follow_up_of_an_entry_is_one_line_that_says_where_and_what(
    small_knowledge: Path, entry: str, faulty: dict[str, object], problem: str
) -> None:
    add(small_knowledge, entry, faulty)
    found = faults(small_knowledge)
    assert len(found) == 1
    assert found[0].startswith(f"{BEFORE[entry][0]}: {entry}: {problem}")


def test_the_same_ask_in_two_follow_ups_of_an_entry_stands_twice(small_knowledge: Path) -> None:
    elsewhere = follow_up(["who does that", "one more", "two more"], show="more")
    add(small_knowledge, "safe-sleep", follow_up(entry="front-door-consultation"), elsewhere)
    assert faults(small_knowledge) == [f"{BABIES}: safe-sleep: follow_ups: 'who does that' stands twice: remove one"]


def test_the_same_ask_may_follow_two_entries_and_lead_to_one(small_knowledge: Path) -> None:
    add(small_knowledge, "safe-sleep", follow_up(entry="immediate-danger"))
    add(small_knowledge, "front-door-consultation", follow_up(entry="immediate-danger"))
    assert faults(small_knowledge) == []


GENERAL_FAULTS = [
    pytest.param("    show: more\n", "    entry: gone\n",
                 "say-more: entry: 'gone' is not in the topic files", id="an entry that is not there"),
    pytest.param("    show: more\n", "",
                 "say-more: entry: give either an entry or a page to show", id="neither entry nor page"),
    pytest.param("    show: more\n", "    show: more\n    entry: safe-sleep\n",
                 "say-more: entry: give either an entry or a page to show", id="both entry and page"),
    pytest.param("more detail", "Tell me more",
                 "-: asks: 'Tell me more' stands twice: remove one", id="the same ask twice"),
    pytest.param("more detail", "yes",
                 "say-more: asks 3: was read as a yes/no value (true)", id="an ask that YAML reads as something else"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "problem"), GENERAL_FAULTS)
def test_a_faulty_follow_up_after_any_card_is_one_line_too(
    small_knowledge: Path, old: str, new: str, problem: str
) -> None:
    edit(small_knowledge, GENERAL, old, new)
    found = faults(small_knowledge)
    assert len(found) == 1
    assert found[0].startswith(f"{GENERAL}: {problem}")


def test_wording_after_any_card_needs_a_template_somewhere(small_knowledge: Path) -> None:
    edit(small_knowledge, GENERAL, "show: more", "show: wording")
    assert faults(small_knowledge) == []
    (small_knowledge / TEMPLATES).write_text("templates: []\n", encoding="utf-8")
    edit(small_knowledge, "ladder.yaml", "    template: consultation-notes\n", "")
    assert faults(small_knowledge) == [
        f"{GENERAL}: say-more: show: there is no wording to copy: templates.yaml holds none"
    ]


UNREAD = [
    pytest.param("templates:\n", "templates: [\n", id="the file cannot be read"),
    pytest.param("evidence: general", "evidence: hearsay", id="the template has a fault of its own"),
]


@pytest.mark.parametrize(("old", "new"), UNREAD)
def test_wording_is_not_called_missing_where_the_templates_have_faults(
    small_knowledge: Path, old: str, new: str
) -> None:
    add(small_knowledge, "front-door-consultation", follow_up(show="wording"))
    edit(small_knowledge, GENERAL, "show: more", "show: wording")
    edit(small_knowledge, TEMPLATES, old, new)
    found = faults(small_knowledge)
    assert found and all(line.startswith(TEMPLATES) for line in found)


# Circles.

TWO = ["safe-sleep", "front-door-consultation"]
THREE = [*TWO, "immediate-danger"]


@pytest.mark.parametrize("round_", [pytest.param(TWO, id="two entries"), pytest.param(THREE, id="three entries")])
def test_an_ask_that_goes_round_in_a_circle_is_one_fault_that_shows_the_way(
    small_knowledge: Path, round_: list[str]
) -> None:
    for entry, target in zip(round_, [*round_[1:], round_[0]], strict=True):
        add(small_knowledge, entry, follow_up(["what then", f"{entry} one", f"{entry} two"], entry=target))
    found = faults(small_knowledge)
    assert len(found) == 1
    where, _, way = found[0].partition(": follow_ups: 'what then' goes round in a circle: ")
    walk = way.removesuffix("; end it at one of these entries").split(" -> ")
    assert walk[0] == walk[-1] and set(walk) == set(round_) and len(walk) == len(round_) + 1
    assert where == f"{BEFORE[walk[0]][0]}: {walk[0]}"
    assert all(
        target == round_[(round_.index(entry) + 1) % len(round_)] for entry, target in zip(walk, walk[1:], strict=False)
    )


def test_a_circle_is_found_behind_the_way_that_leads_into_it(small_knowledge: Path) -> None:
    for entry, target in [("immediate-danger", "safe-sleep"), ("safe-sleep", TWO[1]), (TWO[1], "safe-sleep")]:
        add(small_knowledge, entry, follow_up(["what then", f"{entry} one", f"{entry} two"], entry=target))
    assert len(faults(small_knowledge)) == 1
    assert "circle" in faults(small_knowledge)[0] and "immediate-danger" not in faults(small_knowledge)[0]


def test_capitals_do_not_hide_a_circle(small_knowledge: Path) -> None:
    add(small_knowledge, TWO[0], follow_up(["what then", "one", "two"], entry=TWO[1]))
    add(small_knowledge, TWO[1], follow_up(["What THEN", "three", "four"], entry=TWO[0]))
    assert len(faults(small_knowledge)) == 1


def test_each_ask_that_goes_round_is_named(small_knowledge: Path) -> None:
    add(small_knowledge, TWO[0], follow_up(entry=TWO[1]))
    add(small_knowledge, TWO[1], follow_up(entry=TWO[0]))
    found = faults(small_knowledge)
    assert len(found) == len(ASKS)
    assert all(any(f"'{ask}' goes round" in line for line in found) for ask in ASKS)


def test_entries_that_lead_to_each_other_by_other_words_are_no_circle(small_knowledge: Path) -> None:
    add(small_knowledge, TWO[0], follow_up(["what then", "one", "two"], entry=TWO[1]))
    add(small_knowledge, TWO[1], follow_up(["who pays", "three", "four"], entry=TWO[0]))
    assert faults(small_knowledge) == []


def test_an_ask_that_ends_at_a_page_is_no_circle(small_knowledge: Path) -> None:
    add(small_knowledge, TWO[0], follow_up(entry=TWO[1]))
    add(small_knowledge, TWO[1], follow_up(show="more"))
    assert faults(small_knowledge) == []


def test_faults_in_several_follow_ups_come_in_one_run(small_knowledge: Path) -> None:
    add(small_knowledge, "safe-sleep", follow_up(entry="gone"))
    add(small_knowledge, "immediate-danger", follow_up(show="wording"))
    edit(small_knowledge, GENERAL, "show: more", "show: pages")
    found = faults(small_knowledge)
    assert len(found) == 3
    assert {line.partition(":")[0] for line in found} == {BABIES, ACT_NOW, GENERAL}
