"""What refers to what: find references to nothing, and cut or leave out what leans on them.

One fault is one problem. A thing that has a fault of its own still counts as being there, and nothing is called
missing while the file in which it may stand could not be read.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, field, replace

from bot.errors import Problem
from bot.knowledge.faults import plain_problem, quoted
from bot.knowledge.model import (
    Agency,
    Ambiguous,
    Contact,
    DangerRules,
    Detail,
    Entry,
    GeneralFollowUp,
    Group,
    Ladder,
    Lexicon,
    OpenPoint,
    Page,
    Partnership,
    Party,
    Signpost,
    Source,
    Stage,
    Template,
)

PARTNERSHIP, LEXICON, DANGER, LADDER = "partnership.yaml", "lexicon.yaml", "danger.yaml", "ladder.yaml"


@dataclass
class Ids:
    """The ids of one kind of thing, each with its file, those of faulty things among them.

    `complete` is False once a file could not be read: what is not found may stand there.
    """

    where: str
    file: dict[str, str] = field(default_factory=dict)
    complete: bool = True

    def missing(self, ids: Iterable[str]) -> list[str]:
        """Return those of `ids` that are surely nowhere, in their order."""
        return [id_ for id_ in ids if self.complete and id_ not in self.file]


@dataclass(frozen=True)
class Parts:
    """What was read of a knowledge folder, each part sound in itself. None is a file that cannot be used."""

    partnership: Partnership | None
    sources: dict[str, Source]
    contacts: dict[str, Contact]
    agencies: dict[str, Agency]
    signposts: dict[str, Signpost]
    open_points: dict[str, OpenPoint]
    templates: dict[str, Template]
    follow_ups: dict[str, GeneralFollowUp]
    ladder: Ladder | None
    lexicon: Lexicon | None
    danger: DangerRules | None
    groups: dict[str, Group]
    entries: dict[str, Entry]


def dangling(parts: Parts, ids: dict[str, Ids]) -> Iterator[Problem]:
    """Yield a problem for each reference to nothing or to itself, and for each text that stands twice.

    `ids` holds those of the sources, contacts, agencies, signposts, templates and entries under these names.
    """
    yield from _in_entries(parts.entries, ids)
    yield from _in_follow_ups(parts, ids)
    yield from _in_templates(parts.templates, ids)
    if parts.ladder is not None:
        yield from _in_ladder(parts.ladder, ids)
    if parts.partnership is not None:
        yield from _in_partnership(parts.partnership, ids)
    yield from _in_contacts(parts.contacts, ids)
    yield from _in_signposts(parts.signposts, ids)
    yield from _in_open_points(parts.open_points, ids)
    if parts.lexicon is not None:
        yield from _in_lexicon(parts.lexicon, ids)
    if parts.danger is not None:
        yield from _in_danger(parts.danger)


def sound_together(parts: Parts) -> Parts:
    """Return the parts without what leans on something that is not there; where all is there, nothing changes.

    A reference that a thing can do without is cut: `otherwise`, `see_also`, `not_for`, `bears_on`, an agency's steps, a
    follow-up, a template's entry, a stage's template.
    A thing that cannot do without it is left out: a contact, signpost or template without its source, an entry without
    one of its contacts or sources, an ambiguous term without one of its choices, the ladder without an entry or source.
    So a card can only be shorter than it will be once the faults are gone. What the partnership and the danger rules
    name is left as it is.
    """
    sources, agencies = parts.sources, parts.agencies
    contacts = {id_: contact for id_, contact in parts.contacts.items() if contact.source in sources}
    contacts = {
        id_: contact if contact.otherwise in contacts else contact.model_copy(update={"otherwise": None})
        for id_, contact in contacts.items()
    }
    signposts = {
        id_: signpost
        for id_, signpost in parts.signposts.items()
        if signpost.source in sources and contacts.keys() >= set(signpost.contacts)
    }
    entries = {
        id_: entry
        for id_, entry in parts.entries.items()
        if contacts.keys() >= set(entry.contacts)
        and sources.keys() >= {*entry.sources, *(statement.source for statement in entry.statements)}
    }
    entries = {
        id_: entry.model_copy(
            update={
                "by_agency": {agency: steps for agency, steps in entry.by_agency.items() if agency in agencies},
                "not_for": tuple(near_miss for near_miss in entry.not_for if near_miss.entry in entries),
                "see_also": tuple(other for other in entry.see_also if other in entries),
                "detail": tuple(_bearing_on(detail, entries) for detail in entry.detail),
                "follow_ups": tuple(f for f in entry.follow_ups if f.entry is None or f.entry in entries),
            }
        )
        for id_, entry in entries.items()
    }
    lexicon = parts.lexicon
    if lexicon is not None:
        there = tuple(one for one in lexicon.ambiguous if _leads_somewhere(one, entries, signposts))
        lexicon = lexicon.model_copy(update={"ambiguous": there})
    templates = {
        id_: template.model_copy(update={"entries": tuple(entry for entry in template.entries if entry in entries)})
        for id_, template in parts.templates.items()
        if template.source in sources and contacts.keys() >= set(template.contacts)
    }
    follow_ups = {id_: f for id_, f in parts.follow_ups.items() if f.entry is None or f.entry in entries}
    return replace(
        parts,
        contacts=contacts,
        signposts=signposts,
        templates=templates,
        follow_ups=follow_ups,
        ladder=_sound_ladder(parts.ladder, sources, entries, templates),
        lexicon=lexicon,
        entries=entries,
    )


def _sound_ladder(
    ladder: Ladder | None, sources: Container[str], entries: Container[str], templates: Container[str]
) -> Ladder | None:
    if ladder is None or any(entry not in entries for entry in (ladder.entry, *(p.entry for p in ladder.parties))):
        return None
    if any(said.source not in sources for stage in ladder.stages for said in stage.next):
        return None
    stages = (
        stage if stage.template in templates else stage.model_copy(update={"template": None}) for stage in ladder.stages
    )
    return ladder.model_copy(update={"stages": tuple(stages)})


def _leads_somewhere(one: Ambiguous, entries: Container[str], signposts: Container[str]) -> bool:
    return all(choice.entry in entries if choice.entry else choice.signpost in signposts for choice in one.choices)


def _bearing_on(detail: Detail, entries: Container[str]) -> Detail:
    return detail.model_copy(update={"bears_on": tuple(other for other in detail.bears_on if other in entries)})


def _in_entries(entries: dict[str, Entry], ids: dict[str, Ids]) -> Iterator[Problem]:
    for id_, entry in entries.items():
        file = ids["entries"].file[id_]
        near = [near_miss.entry for near_miss in entry.not_for]
        bears_on = [other for detail in entry.detail for other in detail.bears_on]
        yield from _missing(file, id_, "contacts", entry.contacts, ids["contacts"])
        yield from _missing(file, id_, "sources", entry.sources, ids["sources"])
        yield from _missing(file, id_, "by_agency", entry.by_agency, ids["agencies"])
        yield from _missing(file, id_, "see_also", entry.see_also, ids["entries"])
        yield from _missing(file, id_, "not_for", near, ids["entries"])
        yield from _missing(file, id_, "detail bears_on", bears_on, ids["entries"])
        for name, others in (("see_also", entry.see_also), ("not_for", near), ("detail bears_on", bears_on)):
            if id_ in others:
                yield plain_problem(file, id_, name, "the entry names itself: name another or remove it")
        listed = set(entry.sources)
        for source in dict.fromkeys(statement.source for statement in entry.statements):
            if source not in listed:
                yield plain_problem(file, id_, "sources", f"a statement rests on {quoted(source)}: list it here too")
        for name, texts in (("examples", entry.questions), ("see_also", entry.see_also)):
            yield from _repeated(file, id_, name, texts)


def _in_follow_ups(parts: Parts, ids: dict[str, Ids]) -> Iterator[Problem]:
    general = "follow-ups.yaml"
    all_read = ids["templates"].complete and ids["templates"].file.keys() == parts.templates.keys()
    for id_, follow_up in parts.follow_ups.items():
        yield from _missing(general, id_, "entry", [follow_up.entry] if follow_up.entry else [], ids["entries"])
        if follow_up.show is Page.WORDING and not parts.templates and all_read:
            yield plain_problem(general, id_, "show", "there is no wording to copy: templates.yaml holds none")
    yield from _repeated(general, "", "asks", (ask for f in parts.follow_ups.values() for ask in f.asks))
    worded = {entry for template in parts.templates.values() for entry in template.entries}
    for id_, entry in parts.entries.items():
        file = ids["entries"].file[id_]
        targets = [follow_up.entry for follow_up in entry.follow_ups if follow_up.entry]
        yield from _missing(file, id_, "follow_ups", targets, ids["entries"])
        if id_ in targets:
            yield plain_problem(file, id_, "follow_ups", "one leads back to this entry: use 'show: more' instead")
        shown = {follow_up.show for follow_up in entry.follow_ups}
        if Page.WORDING in shown and id_ not in worded and all_read:
            yield plain_problem(
                file, id_, "follow_ups", "there is no wording to copy here: templates.yaml names it not"
            )
        if Page.AGENCIES in shown and not entry.by_agency:
            yield plain_problem(file, id_, "follow_ups", "shows what agencies are asked to do, but by_agency is empty")
        yield from _repeated(file, id_, "follow_ups", (ask for f in entry.follow_ups for ask in f.asks))
    for id_, ask, path in _circles(parts.entries):
        problem = f"{quoted(ask)} goes round in a circle: {' -> '.join(path)}; end it at one of these entries"
        yield plain_problem(ids["entries"].file[id_], id_, "follow_ups", problem)


def _circles(entries: dict[str, Entry]) -> Iterator[tuple[str, str, list[str]]]:
    """Yield each message that, asked again and again, leads round from entry to entry: who asks it never arrives."""
    leads: dict[str, dict[str, str]] = {}
    for id_, entry in entries.items():
        for follow_up in entry.follow_ups:
            for ask in follow_up.asks:
                if follow_up.entry is not None and follow_up.entry != id_:
                    leads.setdefault(ask.casefold(), {})[id_] = follow_up.entry
    for ask, steps in leads.items():
        found = _cycle(steps)
        if found is not None:
            yield found[0], ask, found


def _cycle(steps: dict[str, str]) -> list[str] | None:
    """Return a walk along `steps` that comes back to where it began, first place repeated at its end; None if none."""
    done: set[str] = set()
    for start in steps:
        walk: list[str] = []
        place: str | None = start
        while place is not None and place not in done:
            if place in walk:
                return [*walk[walk.index(place) :], place]
            walk.append(place)
            place = steps.get(place)
        done.update(walk)
    return None


def _in_templates(templates: dict[str, Template], ids: dict[str, Ids]) -> Iterator[Problem]:
    file = "templates.yaml"
    for id_, template in templates.items():
        yield from _missing(file, id_, "entries", template.entries, ids["entries"])
        yield from _missing(file, id_, "contacts", template.contacts, ids["contacts"])
        yield from _missing(file, id_, "source", [template.source], ids["sources"])
        yield from _repeated(file, id_, "entries", template.entries)


def _in_ladder(ladder: Ladder, ids: dict[str, Ids]) -> Iterator[Problem]:
    yield from _missing(LADDER, "", "entry", [ladder.entry], ids["entries"])
    for party in ladder.parties:
        yield from _missing(LADDER, party.id, "entry", [party.entry], ids["entries"])
        yield from _missing(LADDER, party.id, "template", _named(party), ids["templates"])
        if party.first is not None:
            yield from _missing(LADDER, party.id, "source", [party.first.source], ids["sources"])
    for stage in ladder.stages:
        yield from _missing(LADDER, stage.id, "source", (said.source for said in stage.next), ids["sources"])
        yield from _missing(LADDER, stage.id, "template", _named(stage), ids["templates"])
    yield from _repeated(LADDER, "", "parties", (party.id for party in ladder.parties))
    yield from _repeated(LADDER, "", "stages", (stage.id for stage in ladder.stages))


def _named(one: Party | Stage) -> list[str]:
    return [] if one.template is None else [one.template]


def _in_partnership(partnership: Partnership, ids: dict[str, Ids]) -> Iterator[Problem]:
    for name in ("emergency_contacts", "help_contacts"):
        yield from _missing(PARTNERSHIP, "", name, getattr(partnership, name), ids["contacts"])
    for name in ("danger_entry", "consultation_entry"):
        yield from _missing(PARTNERSHIP, "", name, [getattr(partnership, name)], ids["entries"])
    yield from _missing(PARTNERSHIP, "", "child_signpost", [partnership.child_signpost], ids["signposts"])
    yield from _missing(PARTNERSHIP, "", "working_day source", [partnership.working_day.source], ids["sources"])


def _in_contacts(contacts: dict[str, Contact], ids: dict[str, Ids]) -> Iterator[Problem]:
    file = "contacts.yaml"
    for id_, contact in contacts.items():
        yield from _missing(file, id_, "source", [contact.source], ids["sources"])
        if contact.otherwise is not None:
            yield from _missing(file, id_, "otherwise", [contact.otherwise], ids["contacts"])
        if contact.otherwise == id_:
            yield plain_problem(file, id_, "otherwise", "the contact names itself: name another or remove it")


def _in_signposts(signposts: dict[str, Signpost], ids: dict[str, Ids]) -> Iterator[Problem]:
    file = "signposts.yaml"
    for id_, signpost in signposts.items():
        yield from _missing(file, id_, "contacts", signpost.contacts, ids["contacts"])
        yield from _missing(file, id_, "source", [signpost.source], ids["sources"])
        yield from _repeated(file, id_, "examples", signpost.examples)


def _in_open_points(points: dict[str, OpenPoint], ids: dict[str, Ids]) -> Iterator[Problem]:
    file = "open-points.yaml"
    for id_, point in points.items():
        yield from _missing(file, id_, "entries", point.entries, ids["entries"])
        if point.source is not None:
            yield from _missing(file, id_, "source", [point.source], ids["sources"])


def _in_lexicon(lexicon: Lexicon, ids: dict[str, Ids]) -> Iterator[Problem]:
    for one in lexicon.ambiguous:
        name = one.terms[0]
        yield from _missing(LEXICON, name, "choices", (c.entry for c in one.choices if c.entry), ids["entries"])
        yield from _missing(LEXICON, name, "choices", (c.signpost for c in one.choices if c.signpost), ids["signposts"])
    yield from _repeated(LEXICON, "", "ambiguous terms", (term for one in lexicon.ambiguous for term in one.terms))


def _in_danger(danger: DangerRules) -> Iterator[Problem]:
    words = Ids("the 'words' of this file", dict.fromkeys(danger.words, DANGER))
    for name in ("unless", "even_so", "unless_anywhere", "denied_by"):
        yield from _missing(DANGER, "", name, getattr(danger, name), words)
    for rule in danger.rules:
        yield from _missing(DANGER, rule.id, "needs", rule.needs, words)
        yield from _missing(DANGER, rule.id, "unless", rule.unless, words)
    yield from _repeated(DANGER, "", "rules", [rule.id for rule in danger.rules])


def _missing(file: str, entry: str, name: str, ids: Iterable[str], known: Ids) -> Iterator[Problem]:
    for id_ in known.missing(ids):
        yield plain_problem(file, entry, name, f"{quoted(id_)} is not in {known.where}")


def _repeated(file: str, entry: str, name: str, texts: Iterable[str]) -> Iterator[Problem]:
    seen: set[str] = set()
    for text in texts:
        key = text.casefold()
        if key in seen:
            yield plain_problem(file, entry, name, f"{quoted(text)} stands twice: remove one")
        seen.add(key)
