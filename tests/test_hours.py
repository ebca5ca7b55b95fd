"""Both numbers are always given; which comes first follows Kent's clock and England's bank holidays."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.hours import LONDON, calls_at, changes_at, is_working_time
from bot.knowledge.loading import load_knowledge
from bot.knowledge.model import Confirmation, Knowledge
from tests.conftest import SMALL_KNOWLEDGE
from tests.support import knowledge

FRONT_DOOR, OUT_OF_HOURS = "03000 41 11 11", "03000 41 91 91"
DAY, NIGHT = (FRONT_DOOR, OUT_OF_HOURS), (OUT_OF_HOURS, FRONT_DOOR)
EITHER = "if no answer ring the other"


@pytest.fixture(scope="module")
def small() -> Knowledge:
    return load_knowledge(SMALL_KNOWLEDGE)


def numbers(knowledge: Knowledge, at: dt.datetime) -> tuple[str | None, ...]:
    return tuple(call.phone for call in calls_at(knowledge, ["front-door"], at))


def kent(text: str) -> dt.datetime:
    """Return a time as a clock in Kent shows it."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=LONDON)


def utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        pytest.param("2026-11-24 07:00", DAY, id="as the day begins"),
        pytest.param("2026-11-24 11:00", DAY, id="a Tuesday morning"),
        pytest.param("2026-11-27 16:59:59", DAY, id="the last second of a Friday"),
        pytest.param("2026-11-24 06:59:59", NIGHT, id="just before the day begins"),
        pytest.param("2026-11-24 17:00", NIGHT, id="as the day ends"),
        pytest.param("2026-11-24 20:15", NIGHT, id="an evening"),
        pytest.param("2026-11-24 00:00", NIGHT, id="midnight"),
        pytest.param("2026-11-24 03:30", NIGHT, id="deep in the night"),
        pytest.param("2026-11-28 11:00", NIGHT, id="a Saturday"),
        pytest.param("2026-11-29 11:00", NIGHT, id="a Sunday"),
    ],
)
def test_the_likelier_number_comes_first(small: Knowledge, at: str, expected: tuple[str, str]) -> None:
    assert numbers(small, kent(at)) == expected


@pytest.mark.parametrize(
    "day",
    [
        pytest.param("2026-01-01", id="New Year's Day"),
        pytest.param("2028-01-03", id="New Year's Day moved from a Saturday"),
        pytest.param("2026-04-03", id="Good Friday"),
        pytest.param("2026-04-06", id="Easter Monday"),
        pytest.param("2026-05-04", id="early May"),
        pytest.param("2026-05-25", id="spring"),
        pytest.param("2026-08-31", id="summer"),
        pytest.param("2026-12-25", id="Christmas Day"),
        pytest.param("2025-12-26", id="Boxing Day"),
        pytest.param("2026-12-28", id="Boxing Day moved from a Saturday"),
        pytest.param("2027-12-27", id="Christmas Day moved from a Saturday"),
        pytest.param("2027-12-28", id="Boxing Day moved from a Sunday"),
    ],
)
def test_out_of_hours_comes_first_all_day_on_an_english_bank_holiday(small: Knowledge, day: str) -> None:
    assert numbers(small, kent(f"{day} 11:00")) == NIGHT


@pytest.mark.parametrize(
    "day",
    [
        pytest.param("2026-01-02", id="2 January, Scotland"),
        pytest.param("2026-08-03", id="summer, Scotland"),
        pytest.param("2026-11-30", id="St Andrew's Day, Scotland"),
        pytest.param("2026-03-17", id="St Patrick's Day, Northern Ireland"),
        pytest.param("2026-07-13", id="Battle of the Boyne, Northern Ireland"),
        pytest.param("2026-12-24", id="Christmas Eve"),
        pytest.param("2026-12-29", id="the day after the Christmas holidays"),
    ],
)
def test_a_day_that_is_no_holiday_in_england_is_a_working_day(small: Knowledge, day: str) -> None:
    assert numbers(small, kent(f"{day} 11:00")) == DAY


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        pytest.param("2026-03-27 06:59", NIGHT, id="before spring, 06:59 in Kent"),
        pytest.param("2026-03-27 07:00", DAY, id="before spring, 07:00 in Kent"),
        pytest.param("2026-03-30 05:59", NIGHT, id="after spring, 06:59 in Kent"),
        pytest.param("2026-03-30 06:00", DAY, id="after spring, 07:00 in Kent"),
        pytest.param("2026-10-23 16:00", NIGHT, id="before autumn, 17:00 in Kent"),
        pytest.param("2026-10-23 15:59", DAY, id="before autumn, 16:59 in Kent"),
        pytest.param("2026-10-26 16:59", DAY, id="after autumn, 16:59 in Kent"),
        pytest.param("2026-10-26 17:00", NIGHT, id="after autumn, 17:00 in Kent"),
    ],
)
def test_the_clock_is_kents_on_both_sides_of_each_change(small: Knowledge, at: str, expected: tuple[str, str]) -> None:
    assert numbers(small, utc(at)) == expected


def test_a_day_is_a_holiday_by_kents_calendar_not_by_that_of_the_server(small: Knowledge) -> None:
    day = small.partnership.working_day
    auckland, los_angeles = ZoneInfo("Pacific/Auckland"), ZoneInfo("America/Los_Angeles")
    assert not is_working_time(kent("2026-12-25 16:00").astimezone(auckland), day)
    assert is_working_time(kent("2026-12-29 07:30").astimezone(los_angeles), day)


@given(
    at=st.datetimes(dt.datetime(2020, 1, 1), dt.datetime(2050, 1, 1), timezones=st.timezones()),
)
def test_the_same_moment_told_in_another_zone_is_the_same(small: Knowledge, at: dt.datetime) -> None:
    assert numbers(small, at) == numbers(small, at.astimezone(dt.UTC))


def test_every_hour_of_a_year_gives_exactly_both_numbers(small: Knowledge) -> None:
    start = utc("2026-01-01 00:30")
    seen = {numbers(small, start + dt.timedelta(hours=hour)) for hour in range(365 * 24)}
    assert seen == {DAY, NIGHT}


@pytest.mark.parametrize("at", ["2026-11-24 11:00", "2026-11-24 22:00", "2026-12-25 11:00"])
def test_the_first_of_the_two_says_to_ring_the_other(small: Knowledge, at: str) -> None:
    first, second = calls_at(small, ["front-door"], kent(at))
    assert first.note == EITHER
    assert second.note is None


@pytest.mark.parametrize("at", ["2026-11-24 11:00", "2026-11-24 22:00", "2026-12-25 11:00"])
def test_no_service_is_called_open_or_closed(small: Knowledge, at: str) -> None:
    said = " ".join(f"{call.name} {call.note}" for call in calls_at(small, small.contacts, kent(at))).lower()
    assert " open" not in said and "closed" not in said


def test_contacts_keep_their_order_around_the_pair_that_is_named_once(small: Knowledge) -> None:
    contacts = ["emergency-services", "front-door", "out-of-hours", "childrens-portal"]
    by_day = [call.phone for call in calls_at(small, contacts, kent("2026-11-24 11:00"))]
    by_night = [call.phone for call in calls_at(small, contacts, kent("2026-11-24 23:00"))]
    assert by_day == ["999", FRONT_DOOR, OUT_OF_HOURS, None]
    assert by_night == ["999", OUT_OF_HOURS, FRONT_DOOR, None]


def test_a_contact_without_another_for_its_other_hours_is_given_as_it_stands(small: Knowledge) -> None:
    [call] = calls_at(small, ["childrens-portal"], kent("2026-11-24 23:00"))
    assert call.phone is None and call.url is not None
    assert call.note == "the link to the form is on this page"


@pytest.mark.parametrize("hour", range(24))
def test_who_asks_for_the_out_of_hours_service_gets_its_number_first_and_the_other_with_it(hour: int) -> None:
    at = dt.datetime(2026, 11, 24, hour, tzinfo=dt.UTC)
    first, second = calls_at(knowledge(), ["out-of-hours"], at)
    assert (first.phone, second.phone) == ("03000 41 91 91", "03000 41 11 11")
    assert "if no answer ring the other" in (first.note or "")


def confirmed(knowledge: Knowledge) -> Knowledge:
    """Return the knowledge base as if the partnership had confirmed the hours and both services."""
    word = Confirmation(role="Front Door manager", on=dt.date(2026, 11, 1))
    day = knowledge.partnership.working_day.model_copy(update={"confirmed": word})
    contacts = {id_: c.model_copy(update={"confirmed": word}) for id_, c in knowledge.contacts.items()}
    partnership = knowledge.partnership.model_copy(update={"working_day": day})
    return knowledge.model_copy(update={"partnership": partnership, "contacts": contacts})


@pytest.mark.parametrize(
    ("at", "first", "opens"),
    [
        pytest.param("2026-11-24 11:00", FRONT_DOOR, "answers from 17:00", id="a working day"),
        pytest.param("2026-11-24 20:00", OUT_OF_HOURS, "answers from 07:00 on Wednesday 25 November", id="an evening"),
        pytest.param("2026-11-25 03:00", OUT_OF_HOURS, "answers from 07:00", id="the night before a working day"),
        pytest.param(
            "2026-11-27 18:00", OUT_OF_HOURS, "answers from 07:00 on Monday 30 November", id="a Friday evening"
        ),
        pytest.param("2026-12-24 17:00", OUT_OF_HOURS, "answers from 07:00 on Tuesday 29 December", id="Christmas Eve"),
        pytest.param("2026-04-03 09:00", OUT_OF_HOURS, "answers from 07:00 on Tuesday 7 April", id="Good Friday"),
        pytest.param("2026-03-28 23:00", OUT_OF_HOURS, "answers from 07:00 on Monday 30 March", id="the clocks go on"),
        pytest.param(
            "2026-10-24 23:00", OUT_OF_HOURS, "answers from 07:00 on Monday 26 October", id="the clocks go back"
        ),
    ],
)
def test_with_confirmed_hours_the_right_number_comes_first_and_the_other_says_when_it_answers(
    small: Knowledge, at: str, first: str, opens: str
) -> None:
    right, other = calls_at(confirmed(small), ["front-door"], kent(at))
    assert right.phone == first
    assert EITHER not in (right.note or "")
    assert (other.note or "").endswith(opens)


def half_hours(year: int) -> list[dt.datetime]:
    """Return every half hour of a year, in UTC."""
    start = dt.datetime(year, 1, 1, tzinfo=dt.UTC)
    return [start + dt.timedelta(minutes=30 * n) for n in range(48 * 366)]


def is_day_in_kent(at: dt.datetime) -> bool:
    """Say by another way than the product's whether Kent is at work: holidays of 2026 and 2027 written out."""
    holidays = {
        "2026-01-01", "2026-04-03", "2026-04-06", "2026-05-04", "2026-05-25", "2026-08-31", "2026-12-25", "2026-12-28",
        "2027-01-01",
    }  # fmt: skip
    summer = dt.datetime(2026, 3, 29, 1, tzinfo=dt.UTC) <= at < dt.datetime(2026, 10, 25, 1, tzinfo=dt.UTC)
    local = at + dt.timedelta(hours=1 if summer else 0)
    return local.weekday() < 5 and f"{local:%Y-%m-%d}" not in holidays and 7 <= local.hour < 17


def test_a_whole_year_of_clock_times_gives_the_right_number_first(small: Knowledge) -> None:
    sure = confirmed(small)
    for at in half_hours(2026):
        expected = DAY if is_day_in_kent(at) else NIGHT
        assert numbers(small, at) == expected, at
        assert numbers(sure, at) == expected, at


def test_over_a_whole_year_the_other_service_answers_at_the_moment_that_is_named(small: Knowledge) -> None:
    day = small.partnership.working_day
    for at in half_hours(2026):
        change = changes_at(at, day)
        assert change > at
        assert is_day_in_kent(change.astimezone(dt.UTC)) != is_day_in_kent(at), at
        assert is_day_in_kent(change.astimezone(dt.UTC) - dt.timedelta(minutes=1)) == is_day_in_kent(at), at
