"""What the partnership has still to confirm before Signpost goes live, by the role that looks after it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.knowledge.model import Contact, Entry, Hours, Knowledge, OpenPoint, Stage, Statement, Template


@dataclass(frozen=True, slots=True)
class ToConfirm:
    """One thing that waits for the partnership's word. `id_` and `kind` are what `signpost confirm` takes.

    `lines` say what exactly: each number, address, hour or fact, with its evidence.
    """

    owner: str
    kind: str
    id_: str
    lines: tuple[str, ...]


def to_confirm(knowledge: Knowledge) -> list[ToConfirm]:
    """Return everything that nobody has confirmed: open points, contacts, hours, entries, signposts, texts, stages."""
    team = knowledge.partnership.team
    return [
        *(_open_point(point) for point in knowledge.open_points.values() if point.confirmed is None),
        *(_contact(contact, team) for contact in knowledge.contacts.values() if contact.confirmed is None),
        *_working_day(knowledge),
        *(_entry(entry, knowledge.owner_of(entry)) for entry in knowledge.entries.values() if entry.confirmed is None),
        *(
            ToConfirm(team, "signpost", signpost.id, (f"{signpost.text} [{signpost.evidence}, {signpost.source}]",))
            for signpost in knowledge.signposts.values()
            if signpost.confirmed is None
        ),
        *(_template(one, team) for one in knowledge.templates.values() if one.confirmed is None),
        *(
            _stage(stage, team)
            for stage in (knowledge.ladder.stages if knowledge.ladder else ())
            if not stage.confirmed
        ),
    ]


def _template(template: Template, team: str) -> ToConfirm:
    rests_on = f"[{template.evidence}, {template.source}]"
    lines = (f"use: {template.use}", *(f"text: {line}" for line in template.text.splitlines() if line), rests_on)
    return ToConfirm(team, "template", template.id, lines)


def _stage(stage: Stage, team: str) -> ToConfirm:
    days = "not known" if stage.days is None else str(stage.days)
    return ToConfirm(
        team, "stage", stage.id, (f"working days: {days}", *(_fact(statement) for statement in stage.next))
    )


def _open_point(point: OpenPoint) -> ToConfirm:
    source = f" [{point.source}]" if point.source else ""
    concerns = f"Concerns: {', '.join(point.entries)}" if point.entries else "Concerns every card"
    lines = (f"{point.kind}: {point.question}", f"Known so far: {point.known}{source}", concerns)
    return ToConfirm(point.owner, "open-point", point.id, lines)


def _contact(contact: Contact, team: str) -> ToConfirm:
    rests_on = f"[{contact.evidence}, {contact.source}]"
    hours = "not known" if contact.hours is Hours.UNKNOWN else contact.hours.replace("-", " ")
    said = {"name": contact.name, "phone": contact.phone, "page": contact.url, "note": contact.note, "hours": hours}
    return ToConfirm(
        team, "contact", contact.id, tuple(f"{name}: {value} {rests_on}" for name, value in said.items() if value)
    )


def _working_day(knowledge: Knowledge) -> Iterator[ToConfirm]:
    day = knowledge.partnership.working_day
    if day.confirmed is None:
        line = f"hours: {day.start} to {day.end}, Monday to Friday [{day.evidence}, {day.source}]"
        yield ToConfirm(knowledge.partnership.team, "working-day", "working-day", (line,))


def _entry(entry: Entry, owner: str) -> ToConfirm:
    return ToConfirm(owner, "entry", entry.id, tuple(_fact(statement) for statement in entry.statements))


def _fact(statement: Statement) -> str:
    return f"{statement.text} [{statement.evidence}, {statement.source}]"


def report(waiting: Sequence[ToConfirm]) -> str:
    """Return the list as text, owner by owner, with how much each has to do; most first."""
    if not waiting:
        return "nothing is left to confirm\n"
    owners = Counter(item.owner for item in waiting)
    lines = [f"{len(waiting)} things are left to confirm:"]
    lines += [f"  {owner}: {_amounts([w for w in waiting if w.owner == owner])}" for owner, _ in owners.most_common()]
    for owner, _ in owners.most_common():
        lines += ["", owner, "=" * len(owner)]
        for item in waiting:
            if item.owner == owner:
                lines += [f"{item.kind} {item.id_}", *(f"  - {line}" for line in item.lines)]
    return "\n".join(lines) + "\n"


def _amounts(mine: Sequence[ToConfirm]) -> str:
    kinds = Counter(item.kind for item in mine)
    facts = sum(len(item.lines) for item in mine if item.kind == "entry")
    names = {"open-point": "open points", "contact": "contacts", "working-day": "hours", "entry": "entries",
             "signpost": "signposts", "template": "texts to copy", "stage": "stages of the ladder"}  # fmt: skip
    said = [
        f"{count} {names[kind]}{f' with {facts} facts' if kind == 'entry' else ''}" for kind, count in kinds.items()
    ]
    return ", ".join(said)
