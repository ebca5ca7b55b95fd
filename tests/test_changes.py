"""What changed since a day, and what was new: read from the entries' own histories alone."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.answering import Answering
from bot.knowledge.changes import changes_since, first_published
from bot.knowledge.loading import load_knowledge
from bot.knowledge.model import Change, Knowledge
from bot.matching.matcher import Matcher
from bot.messages import Press
from tests.conftest import ACT_NOW, BABIES, SMALL_KNOWLEDGE, edit
from tests.support import STRANGER, TUESDAY_MORNING, actions, words

DAYS = st.dates(dt.date(2026, 1, 1), dt.date(2026, 12, 31))
HISTORIES = st.lists(st.lists(DAYS, min_size=1, max_size=4), min_size=3, max_size=3)
SMALL = load_knowledge(SMALL_KNOWLEDGE)


def with_histories(*histories: list[dt.date]) -> Knowledge:
    """Return the small knowledge whose entries changed on these days, in any order."""
    entries = {
        entry.id: entry.model_copy(
            update={"changes": tuple(Change(on=on, what=f"Word of {on}.") for on in sorted(days, reverse=True))}
        )
        for entry, days in zip(SMALL.entries.values(), histories, strict=True)
    }
    return SMALL.model_copy(update={"entries": entries})


def test_a_first_version_is_no_change() -> None:
    assert changes_since(SMALL) == []
    assert first_published(SMALL) == [(dt.date(2026, 11, 22), 3)]


def test_the_day_named_counts_and_the_day_before_does_not(small_knowledge: Path) -> None:
    later = "    changes:\n      - on: 2026-12-01\n        what: A cot in every room.\n"
    edit(small_knowledge, BABIES, "    changes:\n", later)
    knowledge = load_knowledge(small_knowledge)
    [change] = changes_since(knowledge, dt.date(2026, 12, 1))
    assert (change.on, change.entry.id, change.what) == (dt.date(2026, 12, 1), "safe-sleep", "A cot in every room.")
    assert changes_since(knowledge, dt.date(2026, 12, 2)) == []


@given(histories=HISTORIES, since=DAYS)
def test_every_change_since_a_day_is_told_once_newest_first(histories: list[list[dt.date]], since: dt.date) -> None:
    knowledge = with_histories(*histories)
    told = changes_since(knowledge, since)
    assert [change.on for change in told] == sorted((change.on for change in told), reverse=True)
    expected = [(on, id_) for id_, days in zip(SMALL.entries, histories, strict=True) for on in sorted(days)[1:]]
    assert sorted((change.on, change.entry.id) for change in told) == sorted(one for one in expected if one[0] >= since)


@given(histories=HISTORIES, since=DAYS)
def test_every_card_is_new_on_one_day(histories: list[list[dt.date]], since: dt.date) -> None:
    told = first_published(with_histories(*histories), since)
    assert [on for on, _ in told] == sorted({on for on, _ in told}, reverse=True)
    assert sum(count for _, count in told) == sum(min(days) >= since for days in histories)


def test_within_a_day_changes_keep_the_order_of_the_cards() -> None:
    day = dt.date(2026, 12, 1)
    told = changes_since(with_histories(*[[day, dt.date(2026, 1, 1)]] * 3))
    assert [change.entry.id for change in told] == list(SMALL.entries)


# The page that shows them


def whats_new(knowledge: Knowledge) -> tuple[str, list[str]]:
    """Return what the page about changes says, and its buttons' actions."""
    answering = Answering(knowledge, Matcher.from_examples({"safe-sleep": ["cot"]}, knowledge.lexicon))
    reply = answering.act(Press("whatsnew", TUESDAY_MORNING, "test", STRANGER)).reply
    return words(reply), actions(reply)


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (1, "1 card was first published on 01 February 2026."),
        (2, "2 cards were first published on 01 February 2026."),
    ],
)
def test_the_page_counts_the_new_cards(count: int, said: str) -> None:
    first, older = [dt.date(2026, 2, 1)], [dt.date(2026, 1, 1)]
    text, buttons = whats_new(with_histories(*[first] * count, *[older] * (3 - count)))
    assert said in text
    assert buttons == []


def test_the_page_tells_each_change_and_opens_each_card_once(small_knowledge: Path) -> None:
    more = "    changes:\n      - on: 2026-12-02\n        what: Two.\n      - on: 2026-12-01\n        what: One.\n"
    edit(small_knowledge, BABIES, "    changes:\n", more)
    edit(small_knowledge, ACT_NOW, "    changes:\n", "    changes:\n      - on: 2026-12-01\n        what: New.\n")
    text, buttons = whats_new(load_knowledge(small_knowledge))
    shown = [line for line in text.splitlines() if "December 2026" in line]
    assert shown == [
        "02 December 2026: Safer sleep for a baby. Two.",
        "01 December 2026: A child is in danger now. New.",
        "01 December 2026: Safer sleep for a baby. One.",
    ]
    assert buttons == ["open:safe-sleep", "open:immediate-danger"]
