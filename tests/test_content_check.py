"""What `signpost check` says of the content itself: examples, links between cards, reviews, hard words."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from bot.check.content import findings
from bot.check.coverage import coverage
from bot.check.everything import check
from bot.check.report import report
from bot.knowledge.loading import load_knowledge
from tests.conftest import ACT_NOW, BABIES, SMALL_KNOWLEDGE, edit
from tests.support import TODAY, faults

ENTRIES = ("immediate-danger", "front-door-consultation", "safe-sleep")


def test_examples_of_two_entries_that_are_too_close_are_told_with_how_close(small_knowledge: Path) -> None:
    edit(small_knowledge, BABIES, "- holiday with no travel cot", "- Ambulance or police, first")
    told = faults(small_knowledge)
    assert (
        f"{BABIES}: safe-sleep: examples: 'Ambulance or police, first' is too close to 'ambulance or police first' "
        "of immediate-danger (1.00 of 1): reword one or remove it"
    ) in told
    assert any(line.startswith(f"{ACT_NOW}: immediate-danger: examples: 'ambulance or police first'") for line in told)


def test_an_entry_that_its_own_examples_do_not_find_is_told_with_what_takes_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bot.matching.leave_one_out.RANKED", 1)
    monkeypatch.setattr("bot.check.content.FOUND_SHARE", 0.6)
    found = findings(load_knowledge(SMALL_KNOWLEDGE), TODAY)
    shares = {id_: [one.ranked[0] == id_ for one in found.left_out if one.label == id_] for id_ in ENTRIES}
    poor = [id_ for id_, hits in shares.items() if sum(hits) < 0.6 * len(hits)]
    assert poor == ["immediate-danger"]
    [fault] = found.faults
    assert str(fault).startswith(
        f"{ACT_NOW}: immediate-danger: examples: only 10 of 20 find this card when left out, many"
    )


def test_a_link_that_is_not_returned_is_told_on_the_side_that_has_it(small_knowledge: Path) -> None:
    edit(small_knowledge, ACT_NOW, "see_also: [immediate-danger, safe-sleep]", "see_also: [immediate-danger]")
    assert faults(small_knowledge) == [
        f"{BABIES}: safe-sleep: see_also: 'front-door-consultation' does not name 'safe-sleep' in turn: add it there"
    ]


def test_a_card_that_no_topic_page_leads_to_is_told(small_knowledge: Path) -> None:
    edit(small_knowledge, BABIES, "order: 2", "order: two")
    told = faults(small_knowledge)
    assert f"{BABIES}: safe-sleep: id: no topic group leads to this card: correct the group's title and order" in told


def test_a_review_that_is_due_is_worth_a_look_and_no_fault(small_knowledge: Path) -> None:
    edit(
        small_knowledge,
        BABIES,
        "    changes:",
        "    confirmed: {role: Lead, on: 2026-11-22}\n    review_by: 2027-01-01\n    changes:",
    )
    before, after = (check(small_knowledge, day) for day in (dt.date(2027, 1, 1), dt.date(2027, 1, 2)))
    assert (before.faults, before.remarks, after.faults) == ((), (), ())
    assert [str(remark) for remark in after.remarks] == [
        f"{BABIES}: safe-sleep: review_by: the review has been due since 2027-01-01"
    ]


def test_a_change_after_the_confirmation_is_worth_a_look(small_knowledge: Path) -> None:
    edit(small_knowledge, BABIES, "    changes:", "    confirmed: {role: Lead, on: 2026-11-01}\n    changes:")
    [remark] = check(small_knowledge, TODAY).remarks
    assert remark.problem == "was changed on 2026-11-22, after it was confirmed on 2026-11-01: confirm it again"


def test_hard_words_are_worth_a_look(small_knowledge: Path) -> None:
    stiff = (
        "Facilitate multidisciplinary consideration regarding accommodation environments necessitating amelioration."
    )
    edit(small_knowledge, BABIES, "Ask to see where the baby sleeps by day and by night.", stiff)
    [remark] = check(small_knowledge, TODAY).remarks
    assert remark.problem.startswith("summary and steps ask for a reading age of")


def test_coverage_counts_sides_agencies_and_styles() -> None:
    parts = coverage(load_knowledge(SMALL_KNOWLEDGE))
    rows = {(part, row.name): (row.examples, row.entries) for part, some in parts.items() for row in some}
    assert rows["side", "scenes"] == (60, 3)
    assert rows["side", "whose-job"] == (0, 0)
    assert rows["style", "a few words"][0] > 10
    assert {part for part, _ in rows} == {"side", "agency", "style"}


def test_the_report_ends_with_what_it_came_to(small_knowledge: Path) -> None:
    sound = report(check(small_knowledge, TODAY))
    assert sound.endswith("\nno faults\n") and "3 entries, 0 of them confirmed, 60 example questions" in sound
    edit(small_knowledge, BABIES, "act: routine", "act: soon")
    broken = report(check(small_knowledge, TODAY))
    assert broken.startswith(f"{BABIES}: safe-sleep: act: is 'soon'") and broken.endswith("\n1 fault\n")
    (small_knowledge / "lexicon.yaml").unlink()
    assert report(check(small_knowledge, TODAY)).startswith("lexicon.yaml: -: -: the file is missing")


@pytest.mark.parametrize("left", [ACT_NOW, BABIES])
def test_what_is_left_of_a_broken_folder_is_looked_at_all_the_same(small_knowledge: Path, left: str) -> None:
    (small_knowledge / left).write_text("entries: [", encoding="utf-8")
    assert check(small_knowledge, TODAY).findings is not None
