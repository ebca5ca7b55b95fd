"""Which contact is the right one to ring at a given moment, on the area's clock and England's bank holidays."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from functools import lru_cache
from zoneinfo import ZoneInfo

from holidays import country_holidays

from bot.knowledge.model import Contact, Hours, Knowledge, WorkingDay
from bot.messages import Call

LONDON = ZoneInfo("Europe/London")
_EACH_OTHERS_REST = {Hours.WORKING_DAY, Hours.OUTSIDE_WORKING_DAY}
_LONGEST_REST_DAYS = 31


def is_working_day(day: dt.date) -> bool:
    """Say whether a day is Monday to Friday and no bank holiday in England."""
    return day.weekday() < 5 and day not in _bank_holidays(day.year)


def working_days_after(day: dt.date, count: int) -> dt.date:
    """Return the working day that is `count` of them after a day, which itself does not count."""
    while count > 0:
        day += dt.timedelta(days=1)
        count -= is_working_day(day)
    return day


def working_days_since(day: dt.date, today: dt.date) -> int:
    """Return how many working days there are after a day, up to today and with it."""
    return sum(is_working_day(day + dt.timedelta(days=n)) for n in range(1, (today - day).days + 1))


def is_working_time(at: dt.datetime, day: WorkingDay) -> bool:
    """Say whether an aware time falls in the working hours of a working day: Monday to Friday, no bank holiday."""
    local = at.astimezone(LONDON)
    if not is_working_day(local.date()):
        return False
    return day.start <= local.strftime("%H:%M") < day.end


def changes_at(at: dt.datetime, day: WorkingDay) -> dt.datetime:
    """Return the next moment, on Kent's clock, at which working time begins or ends."""
    local = at.astimezone(LONDON)
    if is_working_time(at, day):
        return _on(local.date(), day.end)
    for days in range(_LONGEST_REST_DAYS):
        start = _on(local.date() + dt.timedelta(days), day.start)
        if start > at and is_working_time(start, day):
            return start
    raise ValueError("no working day within a month: is the working day shorter than a minute?")


def calls_at(knowledge: Knowledge, contacts: Iterable[str], at: dt.datetime) -> tuple[Call, ...]:
    """Return how to reach contacts at an aware time, in their order; the one that stands in for another comes with it.

    The right one for the hour comes first. Where hours are confirmed, the other one says from when it answers. Where
    they are not, neither is called open or closed, and both are to be tried.
    A service for the other hours is asked for by name, so it keeps its place at any hour while nothing is confirmed.
    """
    calls: dict[str, Call] = {}
    for id_ in contacts:
        contact = knowledge.contacts[id_]
        if contact.otherwise is None:
            calls.setdefault(id_, _call(contact))
            continue
        for one, call in _pair(knowledge, contact, knowledge.contacts[contact.otherwise], at):
            calls.setdefault(one.id, call)
    return tuple(calls.values())


def _pair(knowledge: Knowledge, asked: Contact, other: Contact, at: dt.datetime) -> list[tuple[Contact, Call]]:
    """Return a contact and the one that stands in for it, each with its call, the one to ring first in front."""
    day, wording = knowledge.partnership.working_day, knowledge.partnership.wording
    working = is_working_time(at, day)
    if day.confirmed and asked.confirmed and other.confirmed and {asked.hours, other.hours} == _EACH_OTHERS_REST:
        first, second = (asked, other) if _answers(asked, working) else (other, asked)
        opens = wording.opens.replace("{when}", _said(changes_at(at, day), at))
        return [(first, _call(first)), (second, _call(second, opens))]
    gives_way = asked.hours is Hours.WORKING_DAY and not working
    first, second = (other, asked) if gives_way else (asked, other)
    return [(first, _call(first, wording.either_number)), (second, _call(second))]


def _answers(contact: Contact, working: bool) -> bool:
    return (contact.hours is Hours.WORKING_DAY) == working


def _said(moment: dt.datetime, now: dt.datetime) -> str:
    """Return a moment as it is said: the clock, and the day unless it is today."""
    local = moment.astimezone(LONDON)
    clock = f"{local:%H:%M}"
    return clock if local.date() == now.astimezone(LONDON).date() else f"{clock} on {local:%A} {local.day} {local:%B}"


def _on(day: dt.date, clock: str) -> dt.datetime:
    return dt.datetime.combine(day, dt.time.fromisoformat(clock), tzinfo=LONDON)


def _call(contact: Contact, *more: str) -> Call:
    notes = "; ".join((*([contact.note] if contact.note else []), *more))
    return Call(contact.name, contact.phone, contact.url, contact.email, notes or None)


@lru_cache(maxsize=8)
def _bank_holidays(year: int) -> frozenset[dt.date]:
    return frozenset(country_holidays("GB", subdiv="ENG", years=year))
