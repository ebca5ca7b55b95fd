"""The escalation ladder: every button leads on, and no day is named that the partnership has not confirmed."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.answering import Answering
from bot.hours import LONDON, is_working_day, working_days_after, working_days_since
from bot.knowledge.loading import load_knowledge, load_to_answer_from
from bot.knowledge.model import MAX_LADDER_IDS, Confirmation, Evidence, Knowledge, Statement
from bot.matching.examples import matcher_examples
from bot.matching.matcher import Matcher
from bot.messages import Answer, Press, Reply
from bot.replies import Composer
from tests import support
from tests.conftest import SMALL_KNOWLEDGE, edit
from tests.support import STRANGER, TUESDAY_MORNING, actions, knowledge, labels, words

FILE = "ladder.yaml"
FIRST = "escalate:social-care:not-begun"  # in both knowledge bases
OUT_OF_DATE = "That button is out of date"
BEGAN = re.compile(r"It began on [A-Z][a-z]+ \d+ [A-Z][a-z]+: \d+ working days? ago\.|It began today\.")
NUMBER = r"(\d+|one|two|three|four|five|six|seven|eight|nine|ten|fourteen|twenty)"
A_TIME_LIMIT = re.compile(rf"\b{NUMBER}[ -](calendar |working )?(hours?|days?|weeks?)\b|\bdue\b", re.IGNORECASE)
WORD = Confirmation(role="Policy lead", on=dt.date(2026, 1, 5))


@cache
def matcher() -> Matcher:
    """Return a matcher that learnt little: no press needs one."""
    small = load_knowledge(SMALL_KNOWLEDGE)
    return Matcher.from_examples(matcher_examples(small), small.lexicon)


@cache
def real() -> Answering:
    return Answering(knowledge(), matcher())


def press(action: str, at: dt.datetime = TUESDAY_MORNING, held: Knowledge | None = None) -> Answer:
    """Return the answer to a press, from the real knowledge unless another is given."""
    answering = real() if held is None else Answering(held, matcher())
    return answering.act(Press(action, at, "test", STRANGER))


def kent(text: str) -> dt.datetime:
    """Return a time as a clock in Kent shows it."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=LONDON)


# The whole ladder of the real knowledge


@cache
def every_page() -> dict[str, Reply]:
    """Return every page of the real ladder by its action: whatever `/escalate` leads to by pressing on."""
    pages: dict[str, Reply] = {}
    waiting = ["escalate"]
    while waiting:
        action = waiting.pop()
        if action not in pages:
            pages[action] = press(action).reply
            waiting += [next_ for next_ in actions(pages[action]) if next_.partition(":")[0] == "escalate"]
    return pages


def rungs() -> Iterator[tuple[str, Reply]]:
    """Yield the pages that say who acts next."""
    yield from ((action, page) for action, page in every_page().items() if action.count(":") == 3)


def test_every_party_and_every_stage_is_reached_by_pressing_on() -> None:
    ladder = knowledge().ladder
    assert ladder is not None
    ends = {tuple(action.split(":")[1:3]) for action, _ in rungs()}
    assert ends == {(party.id, stage.id) for party in ladder.parties for stage in ladder.stages}


def test_every_button_fits_telegram_and_leads_somewhere() -> None:
    offered = {action for page in every_page().values() for action in actions(page)}
    assert [action for action in offered if not 1 <= len(action.encode()) <= 64] == []
    assert [action for action in offered if press(action).decision == "stale"] == []


def test_no_page_of_the_ladder_is_a_dead_end() -> None:
    assert [action for action, page in every_page().items() if not page.buttons] == []
    assert [
        action for action, page in every_page().items() if action != "escalate" and "escalate" not in actions(page)
    ] == []


def test_every_end_says_who_acts_next_with_source_standing_and_the_cards() -> None:
    ladder = knowledge().ladder
    assert ladder is not None
    for action, page in rungs():
        party = next(p for p in ladder.parties if p.id == action.split(":")[1])
        stage = next(s for s in ladder.stages if s.id == action.split(":")[2])
        said = words(page)
        assert all(step.text in said for step in stage.next)
        assert (party.first.text if party.first else "") in said
        assert "Source: " in said and ("Draft: " in said or "Confirmed by " in said)
        assert {f"open:{party.entry}", f"open:{ladder.entry}"} <= set(actions(page))
        assert party.template or stage.template in {a.removeprefix("template:") for a in actions(page)}


def test_every_end_but_the_last_leads_to_the_next_stage() -> None:
    ladder = knowledge().ladder
    assert ladder is not None
    for stage, following in zip(ladder.stages, ladder.stages[1:], strict=False):
        end = press(f"escalate:police:{stage.id}:unsure").reply
        assert f"Next: {following.label}" in labels(end)
        assert f"escalate:police:{following.id}" in actions(end)
    assert not [
        label for label in labels(press(f"escalate:police:{ladder.stages[-1].id}:unsure").reply) if "Next" in label
    ]


def test_no_time_limit_is_called_the_areas_while_the_partnership_has_confirmed_none() -> None:
    ladder = knowledge().ladder
    assert ladder is not None
    unconfirmed = {stage.id for stage in ladder.stages if stage.days is None}
    for action, page in every_page().items():
        chosen = action.split(":")
        if len(chosen) < 3 or chosen[2] in unconfirmed:
            assert not A_TIME_LIMIT.search(BEGAN.sub("", words(page))), action
        if len(chosen) == 4 and chosen[2] in unconfirmed:
            assert ladder.days_unknown in words(page)


def test_the_ladder_begins_with_danger_and_asks_nothing_about_the_child() -> None:
    ladder = knowledge().ladder
    assert ladder is not None
    page = press("escalate").reply
    assert words(page).startswith("Escalation\nChild in danger now? Ring 999 first.")
    assert labels(page) == [party.label for party in ladder.parties]


# Since when


@pytest.mark.parametrize(
    ("at", "first", "latest"),
    [
        pytest.param("2026-11-24 11:00", "Today", "Monday 23 November", id="a Tuesday"),
        pytest.param("2026-11-28 11:00", "Today", "Friday 27 November", id="a Saturday"),
        pytest.param("2026-12-29 09:00", "Today", "Thursday 24 December", id="after Christmas"),
        pytest.param("2027-01-04 09:00", "Today", "Thursday 31 December", id="after New Year"),
        pytest.param("2026-04-07 09:00", "Today", "Thursday 2 April", id="after Easter"),
    ],
)
def test_the_days_to_choose_from_are_today_and_the_working_days_before(at: str, first: str, latest: str) -> None:
    page = press(FIRST, kent(at)).reply
    days = [label for label, action in zip(labels(page), actions(page), strict=True) if action.startswith(f"{FIRST}:2")]
    assert (days[0], days[1], len(days)) == (first, latest, 8)
    dates = [dt.datetime.strptime(a.split(":")[3], "%Y%m%d").date() for a in actions(page) if f"{FIRST}:2" in a]
    assert dates == sorted(dates, reverse=True)
    assert [day for day in dates[1:] if not is_working_day(day)] == []


def test_today_is_kents_day_not_the_servers() -> None:
    just_past_midnight = dt.datetime(2026, 6, 30, 23, 30, tzinfo=dt.UTC)
    assert f"{FIRST}:20260701" in actions(press(FIRST, just_past_midnight).reply)
    assert "It began today." in words(press(f"{FIRST}:20260701", just_past_midnight).reply)


def test_who_is_not_sure_when_it_began_still_learns_who_acts_next() -> None:
    end = words(press(f"{FIRST}:unsure").reply)
    assert "Who acts next" in end
    assert "It began" not in end


@pytest.mark.parametrize(
    ("began", "said"),
    [
        ("20261124", "It began today."),
        ("20261123", "It began on Monday 23 November: 1 working day ago."),
        ("20261120", "It began on Friday 20 November: 2 working days ago."),
        ("20261121", "It began on Saturday 21 November: 2 working days ago."),
        ("20251124", "It began on Monday 24 November: 253 working days ago."),
    ],
)
def test_the_ladder_says_how_many_working_days_have_passed(began: str, said: str) -> None:
    assert said in words(press(f"{FIRST}:{began}").reply)


# By when, once the partnership has confirmed the days


def with_days(days: int) -> Knowledge:
    """Return the small knowledge base as if the partnership had confirmed the days of its only stage."""
    small = load_knowledge(SMALL_KNOWLEDGE)
    assert small.ladder is not None
    stage = small.ladder.stages[0].model_copy(update={"days": days, "confirmed": WORD})
    return small.model_copy(update={"ladder": small.ladder.model_copy(update={"stages": (stage,)})})


def by_when(days: int, began: str, at: str) -> str:
    return words(press(f"{FIRST}:{began}", kent(at), with_days(days)).reply)


@pytest.mark.parametrize(
    ("days", "began", "at", "said"),
    [
        pytest.param(2, "20261124", "2026-11-24 11:00", "It is due by Thursday 26 November: 2 working days.", id="two"),
        pytest.param(1, "20261123", "2026-11-23 11:00", "It is due by Tuesday 24 November: 1 working day.", id="one"),
        pytest.param(2, "20261127", "2026-11-27 16:00", "It is due by Tuesday 1 December", id="over a weekend"),
        pytest.param(1, "20261128", "2026-11-28 16:00", "It is due by Monday 30 November", id="begun on a Saturday"),
        pytest.param(1, "20260402", "2026-04-02 12:00", "It is due by Tuesday 7 April", id="over Easter"),
        pytest.param(5, "20260501", "2026-05-01 12:00", "It is due by Monday 11 May", id="over a bank holiday"),
        pytest.param(2, "20261224", "2026-12-24 12:00", "It is due by Wednesday 30 December", id="over Christmas"),
        pytest.param(5, "20261224", "2026-12-24 12:00", "It is due by Tuesday 5 January", id="over New Year too"),
        pytest.param(2, "20261120", "2026-11-24 08:00", "It is due by Tuesday 24 November", id="due today, early"),
        pytest.param(2, "20261120", "2026-11-24 23:59", "It is due by Tuesday 24 November", id="due today, late"),
        pytest.param(2, "20261120", "2026-11-25 00:01", "It was due by Tuesday 24 November", id="overdue"),
        pytest.param(2, "20261120", "2027-02-01 09:00", "It was due by Tuesday 24 November", id="long overdue"),
    ],
)  # fmt: skip
def test_with_confirmed_days_the_ladder_says_by_which_working_day(days: int, began: str, at: str, said: str) -> None:
    page = by_when(days, began, at)
    assert said in page
    assert "Confirmed by Policy lead, 05 January 2026" in page
    assert "Draft" not in page and "not confirmed here" not in page


def test_with_confirmed_days_and_an_unknown_beginning_only_their_number_is_said() -> None:
    page = by_when(5, "unsure", "2026-11-24 11:00")
    assert "This stage has 5 working days." in page
    assert "due by" not in page


def test_days_that_an_editor_confirms_in_the_file_are_what_people_read(small_knowledge: Path) -> None:
    edit(
        small_knowledge,
        FILE,
        "    template:",
        "    days: 3\n    confirmed: {role: Lead, on: 2026-11-20}\n    template:",
    )
    assert support.faults(small_knowledge) == []
    page = words(press(f"{FIRST}:20261124", held=load_to_answer_from(small_knowledge)).reply)
    assert "It is due by Friday 27 November: 3 working days." in page


# Forged, stale, nonsense


@pytest.mark.parametrize(
    "action",
    [
        "escalate:",
        "escalate::",
        "escalate:nobody",
        "escalate:social-care:",
        "escalate:social-care:nowhere",
        "escalate:social-care::unsure",
        "escalate:SOCIAL-CARE",
        "escalate:escalation",
        f"{FIRST}:",
        f"{FIRST}:tomorrow",
        f"{FIRST}:unsure:unsure",
        f"{FIRST}:Unsure",
        f"{FIRST}:20261125",
        f"{FIRST}:99991231",
        f"{FIRST}:20260230",
        f"{FIRST}:00000000",
        f"{FIRST}:00010101",
        f"{FIRST}:19991231",
        f"{FIRST}:-2026112",
        f"{FIRST}:2026-11-24",
        f"{FIRST}:20261124:20261124",
        f"{FIRST}:\x00",
        "escalate:social-care:not-begun:20261124'; --",
        " escalate",
        "ESCALATE",
    ],
)
def test_a_forged_or_stale_action_gets_the_calm_reply(action: str) -> None:
    answer = press(action)
    assert answer.decision == "stale"
    assert OUT_OF_DATE in words(answer.reply)
    assert "Child in danger now: 999" in words(answer.reply)


@given(st.text(max_size=55))
def test_whatever_follows_the_ladders_name_there_is_a_reply(rest: str) -> None:
    answer = press(f"escalate:{rest}")
    assert answer.decision in ("browsed", "stale")
    assert "Child in danger now: 999" in words(answer.reply)


def test_a_party_may_have_the_name_of_a_card(small_knowledge: Path) -> None:
    edit(small_knowledge, FILE, "id: social-care", "id: safe-sleep")
    assert press("escalate:safe-sleep", held=load_to_answer_from(small_knowledge)).decision == "browsed"


# What the model refuses, and what a broken file costs


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param("    template:", "    days: 5\n    template:",
                     "-: stages 1: days: not confirmed by the partnership yet: leave it out", id="days unconfirmed"),
        pytest.param("    template:", "    days: -1\n    confirmed: {role: A, on: 2026-11-20}\n    template:",
                     "-: stages 1 days: should be greater than or equal to 1", id="days below none"),
        pytest.param("    template:", "    days: two\n    confirmed: {role: A, on: 2026-11-20}\n    template:",
                     "-: stages 1 days: is text where a whole number is expected", id="days in words"),
        pytest.param("id: social-care", f"id: {'p' * 36}",
                     "-: stages: the longest ids of a party and a stage have 45 letters: 44 fit", id="long ids"),
        pytest.param("entry: front-door-consultation\nintro", "entry: nobody\nintro",
                     "-: entry: 'nobody' is not in the topic files", id="entry"),
        pytest.param("    entry: front-door-consultation", "    entry: nobody",
                     "social-care: entry: 'nobody' is not in the topic files", id="a party's entry"),
        pytest.param("    label: Social care", "    label: Social care\n    template: nobody",
                     "social-care: template: 'nobody' is not in templates.yaml", id="a party's template"),
        pytest.param("    template: consultation-notes", "    template: nobody",
                     "not-begun: template: 'nobody' is not in templates.yaml", id="a stage's template"),
        pytest.param("source: good-practice", "source: nobody",
                     "not-begun: source: 'nobody' is not in sources.yaml", id="source"),
        pytest.param("stages:\n", "stages:\n  - {id: not-begun, label: X, next: [{text: A., evidence: general, "
                     "source: good-practice}]}\n", "-: stages: 'not-begun' stands twice", id="stage twice"),
        pytest.param("intro:", "hint: x\nintro:", "-: hint: is not a known field", id="unknown field"),
    ],
)  # fmt: skip
def test_a_fault_in_the_ladder_is_one_line_that_says_what_to_do(
    small_knowledge: Path, old: str, new: str, expected: str
) -> None:
    edit(small_knowledge, FILE, old, new)
    [fault] = support.faults(small_knowledge)
    assert fault.startswith(f"{FILE}: {expected}")


def test_ids_that_just_fit_make_buttons_that_fit(small_knowledge: Path) -> None:
    party = "p" * (MAX_LADDER_IDS - len("not-begun"))
    edit(small_knowledge, FILE, "id: social-care", f"id: {party}")
    page = press(f"escalate:{party}:not-begun", held=load_to_answer_from(small_knowledge)).reply
    assert max(len(action.encode()) for action in actions(page)) <= 64
    assert {press(action, held=load_to_answer_from(small_knowledge)).decision for action in actions(page)} == {
        "browsed"
    }


BROKEN = [
    pytest.param("entry: front-door-consultation\nintro", "entry: nobody\nintro", id="its card is gone"),
    pytest.param("    entry: front-door-consultation", "    entry: nobody", id="a party's card is gone"),
    pytest.param("    template:", "    days: 5\n    template:", id="days unconfirmed"),
    pytest.param("source: good-practice", "source: nobody", id="a source is gone"),
    pytest.param("intro:", "intro: [", id="no YAML"),
]


@pytest.mark.parametrize(("old", "new"), BROKEN)
def test_a_broken_ladder_costs_only_the_ladder(
    small_knowledge: Path, old: str, new: str, caplog: pytest.LogCaptureFixture
) -> None:
    whole = load_knowledge(small_knowledge)
    edit(small_knowledge, FILE, old, new)
    left = load_to_answer_from(small_knowledge)
    assert "left out until it is mended: ladder.yaml" in caplog.text
    assert left == whole.model_copy(update={"ladder": None, "version": left.version})
    for action in ("escalate", "escalate:social-care", FIRST, f"{FIRST}:unsure"):
        assert press(action, held=load_to_answer_from(small_knowledge)).decision == "stale"
    card = Composer(left).card(left.entries["front-door-consultation"], TUESDAY_MORNING)
    assert "escalate" not in actions(card)


def test_the_card_about_escalation_leads_to_the_ladder() -> None:
    ladder = knowledge().ladder
    assert ladder is not None
    made = Composer(knowledge())
    leading = [e.id for e in knowledge().entries.values() if "escalate" in actions(made.card(e, TUESDAY_MORNING))]
    assert leading == [ladder.entry]


def test_without_its_wording_a_stage_is_shown_without_the_button(small_knowledge: Path) -> None:
    edit(small_knowledge, FILE, "template: consultation-notes", "template: nobody")
    page = press(f"{FIRST}:unsure", held=load_to_answer_from(small_knowledge)).reply
    assert [action for action in actions(page) if action.startswith("template:")] == []
    assert "You speak to the person who decided." in words(page)


def test_what_holds_for_one_party_alone_is_said_to_them(small_knowledge: Path) -> None:
    small = load_knowledge(small_knowledge)
    assert small.ladder is not None
    said = Statement(text="They meet on Mondays.", evidence=Evidence.GENERAL, source="good-practice")
    party = small.ladder.parties[0].model_copy(update={"first": said})
    told = small.model_copy(update={"ladder": small.ladder.model_copy(update={"parties": (party,)})})
    assert "They meet on Mondays." in words(press(f"{FIRST}:unsure", held=told).reply)


# Working days

DAYS = st.dates(dt.date(2000, 1, 1), dt.date(2060, 12, 31))
WORKING_DAYS = DAYS.filter(is_working_day)
COUNTS = st.integers(min_value=0, max_value=60)


@given(DAYS, COUNTS)
def test_as_many_working_days_have_passed_as_were_counted_on(day: dt.date, count: int) -> None:
    assert working_days_since(day, working_days_after(day, count)) == count


@given(WORKING_DAYS, st.integers(min_value=0, max_value=120))
def test_counting_on_what_has_passed_arrives_at_the_same_working_day(day: dt.date, later: int) -> None:
    today = day + dt.timedelta(days=later)
    if is_working_day(today):
        assert working_days_after(day, working_days_since(day, today)) == today


@given(DAYS, st.integers(min_value=1, max_value=60))
def test_what_is_due_is_due_on_a_working_day_and_none_is_skipped(day: dt.date, count: int) -> None:
    due = working_days_after(day, count)
    assert is_working_day(due)
    between = [day + dt.timedelta(days=n) for n in range(1, (due - day).days)]
    assert sum(map(is_working_day, between)) == count - 1


@given(DAYS, DAYS)
def test_no_working_days_have_passed_since_a_day_to_come(day: dt.date, other: dt.date) -> None:
    earlier, later = sorted((day, other))
    assert working_days_since(later, earlier) == 0


@given(DAYS)
def test_no_working_day_after_a_day_is_that_day(day: dt.date) -> None:
    assert working_days_after(day, 0) == day
    assert working_days_since(day, day) == 0
