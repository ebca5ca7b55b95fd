"""Which contact is the likelier one to answer at a given moment, on Kent's clock and England's bank holidays."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from functools import lru_cache
from zoneinfo import ZoneInfo

from holidays import country_holidays

from bot.knowledge.model import Contact, Hours, Knowledge, WorkingDay
from bot.messages import Call

LONDON = ZoneInfo("Europe/London")


def is_working_time(at: dt.datetime, day: WorkingDay) -> bool:
    """Say whether an aware time falls in the working hours of a working day: Monday to Friday, no bank holiday."""
    local = at.astimezone(LONDON)
    if local.weekday() >= 5 or local.date() in _bank_holidays(local.year):
        return False
    return day.start <= local.strftime("%H:%M") < day.end


def calls_at(knowledge: Knowledge, contacts: Iterable[str], at: dt.datetime) -> tuple[Call, ...]:
    """Return how to reach contacts at an aware time, in their order; the one that stands in for another comes with it.

    Hours are not confirmed, so both numbers are given, the likelier first, and neither is called open or closed.
    A service for the other hours is asked for by name, so it keeps its place at any hour.
    """
    working = is_working_time(at, knowledge.partnership.working_day)
    either = knowledge.partnership.wording.either_number
    calls: dict[str, Call] = {}
    for id_ in contacts:
        contact = knowledge.contacts[id_]
        if contact.otherwise is None:
            calls.setdefault(id_, _call(contact))
            continue
        pair = contact, knowledge.contacts[contact.otherwise]
        gives_way = contact.hours is Hours.WORKING_DAY and not working
        first, second = reversed(pair) if gives_way else pair
        calls.setdefault(first.id, _call(first, either))
        calls.setdefault(second.id, _call(second))
    return tuple(calls.values())


def _call(contact: Contact, *more: str) -> Call:
    notes = "; ".join((*([contact.note] if contact.note else []), *more))
    return Call(contact.name, contact.phone, contact.url, contact.email, notes or None)


@lru_cache(maxsize=8)
def _bank_holidays(year: int) -> frozenset[dt.date]:
    return frozenset(country_holidays("GB", subdiv="ENG", years=year))
