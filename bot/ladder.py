"""The escalation ladder: with whom, how far, since when; then who acts next and by when, in working days.

Each question's answer stands in the next button's action, `escalate:PARTY:STAGE:DATE`: nothing is asked about the
case, and nothing is kept.
"""

from __future__ import annotations

import datetime as dt

from bot.hours import LONDON, is_working_day, working_days_after, working_days_since
from bot.knowledge.model import Knowledge, Party, Stage
from bot.knowledge.model import Ladder as Rungs
from bot.messages import Button, Paragraph, Part, Reply, Small, Steps, Title
from bot.replies import Composer

VERB = "escalate"
DAYS_OFFERED = 8  # working days, today's among them, from which somebody chooses when a stage began
LONGEST_DAYS = 366  # since a stage began; a button that is older than that says nothing any more
UNSURE = "unsure"  # in place of the day


class Ladders:
    """Walks the escalation ladder of a knowledge base."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._knowledge = knowledge
        self._composer = Composer(knowledge)

    def step(self, action: str, at: dt.datetime) -> Reply | None:
        """Return the reply to `escalate`, followed by what was chosen so far, each after a colon; None if none fits.

        Without a ladder the card about escalation itself cannot be named either, so there is no reply.
        """
        ladder = self._knowledge.ladder
        _, *chosen = action.split(":")
        if ladder is None or len(chosen) > 3:
            return None
        party = next((p for p in ladder.parties if p.id == chosen[0]), None) if chosen else None
        stage = next((s for s in ladder.stages if s.id == chosen[1]), None) if len(chosen) > 1 else None
        match chosen, party, stage:
            case [], _, _:
                return self._ask_party(ladder)
            case [_], Party(), _:
                return self._ask_stage(ladder, party)
            case [_, _], Party(), Stage():
                return self._ask_began(ladder, party, stage, at)
            case [_, _, began], Party(), Stage():
                day = _day(began)
                ago = None if day is None else (at.astimezone(LONDON).date() - day).days
                known = began == UNSURE or (ago is not None and 0 <= ago <= LONGEST_DAYS)
                return self._next(ladder, party, stage, day, at) if known else None
        return None

    def _ask_party(self, ladder: Rungs) -> Reply:
        rows = [(Button(party.label, f"{VERB}:{party.id}"),) for party in ladder.parties]
        return self._composer.page([Title("Escalation"), Paragraph(ladder.intro), Paragraph(ladder.ask_party)], rows)

    def _ask_stage(self, ladder: Rungs, party: Party) -> Reply:
        rows = [(Button(stage.label, f"{VERB}:{party.id}:{stage.id}"),) for stage in ladder.stages]
        parts: list[Part] = [Title(f"Escalation: {party.label}"), Paragraph(ladder.ask_stage)]
        return self._composer.page(parts, [*rows, _again()])

    def _ask_began(self, ladder: Rungs, party: Party, stage: Stage, at: dt.datetime) -> Reply:
        here = f"{VERB}:{party.id}:{stage.id}"
        today = at.astimezone(LONDON).date()
        days = [today, *_working_days_before(today, DAYS_OFFERED - 1)]
        buttons = [Button("Today" if day == today else _said(day), f"{here}:{day:%Y%m%d}") for day in days]
        rows = [tuple(buttons[start : start + 2]) for start in range(0, len(buttons), 2)]
        rows.append((Button("Earlier, or not sure", f"{here}:{UNSURE}"),))
        return self._composer.page(
            [Title(f"Escalation: {party.label}"), Paragraph(stage.label), Paragraph(ladder.ask_began)],
            [*rows, _again()],
        )

    def _next(self, ladder: Rungs, party: Party, stage: Stage, began: dt.date | None, at: dt.datetime) -> Reply:
        parts: list[Part] = [Title(f"Escalation: {party.label}"), Paragraph(stage.label)]
        parts.append(Steps(tuple(said.text for said in stage.next), heading="Who acts next"))
        if party.first is not None:
            parts.append(Paragraph(party.first.text))
        parts += [Paragraph(text) for text in self._by_when(ladder, stage, began, at)]
        following = ladder.stages[ladder.stages.index(stage) + 1 :]
        rows = []
        templates = self._knowledge.templates
        template = templates.get(party.template or "") or templates.get(stage.template or "")
        if template is not None:
            rows.append((Button(template.title, f"template:{template.id}"),))
        if following:
            rows.append((Button(f"Next: {following[0].label}", f"{VERB}:{party.id}:{following[0].id}"),))
        entries = dict.fromkeys((party.entry, ladder.entry))
        rows += [(Button(self._knowledge.entries[id_].title, f"open:{id_}"),) for id_ in entries]
        sources = dict.fromkeys(said.source for said in stage.next)
        small = [
            Small(f"Source: {self._knowledge.sources[id_].title}", self._knowledge.sources[id_].url) for id_ in sources
        ]
        confirmed = stage.confirmed
        draft = self._knowledge.partnership.wording.draft
        small.append(Small(draft if confirmed is None else f"Confirmed by {confirmed.role}, {confirmed.on:%d %B %Y}"))
        return self._composer.page([*parts, *small], [*rows, _again()])

    def _by_when(self, ladder: Rungs, stage: Stage, began: dt.date | None, at: dt.datetime) -> list[str]:
        """Return by when an answer is due, as far as the partnership has confirmed it, and how long it has been."""
        today = at.astimezone(LONDON).date()
        said = []
        if stage.days is None:
            said.append(ladder.days_unknown)
        elif began is None:
            said.append(f"This stage has {_days(stage.days)}.")
        else:
            due = working_days_after(began, stage.days)
            said.append(f"{'It was due' if due < today else 'It is due'} by {_said(due)}: {_days(stage.days)}.")
        if began is not None:
            passed = working_days_since(began, today)
            said.append("It began today." if began == today else f"It began on {_said(began)}: {_days(passed)} ago.")
        return said


def _working_days_before(day: dt.date, count: int) -> list[dt.date]:
    """Return the last `count` working days before a day, latest first."""
    found: list[dt.date] = []
    while len(found) < count:
        day -= dt.timedelta(days=1)
        if is_working_day(day):
            found.append(day)
    return found


def _day(text: str) -> dt.date | None:
    try:
        return dt.datetime.strptime(text, "%Y%m%d").date()
    except ValueError:
        return None


def _said(day: dt.date) -> str:
    return f"{day:%A} {day.day} {day:%B}"


def _days(count: int) -> str:
    return f"{count} working day{'' if count == 1 else 's'}"


def _again() -> tuple[Button, ...]:
    return (Button("Begin again", VERB),)
