"""Compose what people read, in neutral parts: cards, questions back, lists. Wording comes from `knowledge/`.

Pure: same knowledge, entry, agency and clock, same Reply. Every reply ends with the line about 999.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import islice

from bot.hours import LONDON, calls_at
from bot.knowledge.changes import changes_since, first_published
from bot.knowledge.model import Act, Ambiguous, Confirmation, Entry, Knowledge, Signpost, Source, Template
from bot.messages import Alarm, Button, Call, Paragraph, Part, Points, Reply, Small, Steps, Title
from bot.messages import Wording as WordingToCopy

CARD_SOURCES = 2  # named on the card itself; all of them are under "More detail"
CARDS_OF_TEMPLATE = 3  # cards that a text to copy leads to
CHANGES_SHOWN = 10
WHY_HEADING = "Why this matters"
ALSO_HEADING = "Policies this may also involve"
NONE_OF_THESE = (Button("None of these", "none"),)


class Composer:
    """Composes replies from one knowledge base."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.knowledge = knowledge
        self._wording = knowledge.partnership.wording

    def card(self, entry: Entry, at: dt.datetime, agency: str | None = None, also: Sequence[str] = ()) -> Reply:
        """Return an entry's card at an aware time; `also` are ids of further entries that may apply."""
        parts = [*self._card_parts(entry, at, agency), *self._also(also)]
        return self.page([*parts, *self._origin(entry, at)], self._card_buttons(entry, also))

    def emergency(self, at: dt.datetime, entry: Entry | None = None, near: Sequence[str] = ()) -> Reply:
        """Return the 999 reply, then the card of the entry that matches, if one does; `near` may be opened too."""
        first, *others = self._wording.emergency  # the first says 999, so the calls that follow leave it out
        calls = self._calls(self.knowledge.partnership.emergency_contacts[1:], at)
        parts: list[Part] = [Alarm(first), *_paragraphs(others), *calls]
        danger = self.knowledge.entries[self.knowledge.partnership.danger_entry]
        rows = _entry_rows([danger, *self._entries(near)])
        if entry is None:
            return self.page(parts, [*rows, _feedback(danger)])
        parts += [*self._card_parts(entry, at, None), *self._origin(entry, at)]
        return self.page(parts, [*rows, *self._card_buttons(entry)])

    def emergency_for_a_child(self, at: dt.datetime) -> Reply:
        """Return the 999 reply to a child who writes, with whom to ring should it be a worker after all."""
        signpost = self.knowledge.signposts[self.knowledge.partnership.child_signpost]
        first, *others = self.knowledge.partnership.emergency_contacts
        theirs = [id_ for id_ in signpost.contacts if id_ != first]
        parts: list[Part] = [Alarm(self._wording.emergency_child), Paragraph(signpost.text), *self._calls(theirs, at)]
        parts += [Paragraph(self._wording.emergency_worker), *self._calls(others, at)]
        danger = self.knowledge.entries[self.knowledge.partnership.danger_entry]
        return self.page(parts, [*_entry_rows([danger]), _feedback(danger)])

    def clarify(self, choices: Sequence[Entry | Signpost]) -> Reply:
        """Return up to three titles to choose from; an entry to act on soon shows its safe first step before them."""
        entries = [choice for choice in choices if isinstance(choice, Entry)]
        question = self._wording.clarify_one if len(choices) == 1 else self._wording.clarify
        buttons = [(Button(c.title, f"{'open' if isinstance(c, Entry) else 'signpost'}:{c.id}"),) for c in choices]
        return self.page([*_first_step(entries), Paragraph(question)], [*buttons, NONE_OF_THESE])

    def split(self, ambiguous: Ambiguous) -> Reply:
        """Return the question that splits a term with several meanings, after a first step where one may be urgent."""
        entries = self._entries(choice.entry for choice in ambiguous.choices if choice.entry)
        buttons = [
            (Button(choice.label, f"open:{choice.entry}" if choice.entry else f"signpost:{choice.signpost}"),)
            for choice in ambiguous.choices
        ]
        return self.page([*_first_step(entries), Paragraph(ambiguous.question)], [*buttons, NONE_OF_THESE])

    def no_match(self, at: dt.datetime) -> Reply:
        """Return the plain "I don't know" with the right way on."""
        return self._way_on(self._wording.no_match, at)

    def signpost(self, signpost: Signpost, at: dt.datetime) -> Reply:
        """Return the short reply for what is not ours but known."""
        calls = self._calls(signpost.contacts, at)
        return self.page([Title(signpost.title), Paragraph(signpost.text), *calls], [self._ways_on()])

    def none_of_these(self, at: dt.datetime) -> Reply:
        """Return what follows when no choice offered was right."""
        return self._way_on(self._wording.none_of_these, at)

    def not_meant(self, entry: Entry, at: dt.datetime) -> Reply:
        """Return what follows "not what I meant": the neighbours of the entry, and the way on."""
        near = self._entries(entry.see_also)
        parts = _paragraphs(self._wording.not_meant)
        parts += self._calls(self.knowledge.partnership.help_contacts, at)
        return self.page(parts, [*_entry_rows(near), self._ways_on()])

    def detail(self, entry: Entry, at: dt.datetime) -> Reply:
        """Return all that an entry holds beyond its card, with where each part comes from."""
        parts: list[Part] = [Title(f"{entry.title}: more detail")]
        parts += self._detail_parts(entry)
        parts.append(Points(entry.watch_for, heading="This may be the moment when"))
        learning = self.knowledge.learning_on(entry.id)
        if learning:
            parts.append(Points(tuple(detail.text for _, detail in learning), heading=WHY_HEADING))
        parts += self._calls(entry.contacts, at)
        parts.append(Points(tuple(self._source_line(id_) for id_ in entry.sources), heading="Sources"))
        parts += [Small(self._evidence_line(entry)), *_upkeep(entry), Small(self._standing(entry, at))]
        held_by = {holder.id: holder for holder, _ in learning}
        return self.page(parts, [*_entry_rows(held_by.values()), (_back(entry),)])

    def _detail_parts(self, entry: Entry) -> list[Part]:
        """Return an entry's detail in its parts, each under its heading; learning names the cards it bears on."""
        parts: list[tuple[str, list[str]]] = []
        for detail in entry.detail:
            if detail.heading is not None or not parts:
                parts.append((detail.heading or "", []))
            titles = [self.knowledge.entries[id_].title for id_ in detail.bears_on]
            parts[-1][1].append(f"{detail.text} See: {'; '.join(titles)}." if titles else detail.text)
        return [Points(tuple(items), heading) for heading, items in parts]

    def related(self, entry: Entry) -> Reply:
        """Return the entries beside this one, to choose from."""
        near = self._entries(entry.see_also)
        return self.page([Title(f"Related to: {entry.title}")], [*_entry_rows(near), (_back(entry),)])

    def agencies_asked(self, entry: Entry) -> Reply:
        """Return what other agencies are asked to do about the same thing."""
        title = Title(f"{entry.title}: what other agencies are asked to do")
        return self.page([title, *self._agency_parts(entry)], [(_back(entry),)])

    def _agency_parts(self, entry: Entry) -> list[Part]:
        return [
            Points(tuple(s.text for s in statements), heading=self.knowledge.agencies[agency].name)
            for agency, statements in entry.by_agency.items()
        ]

    def as_published(self, entry: Entry, at: dt.datetime) -> Reply:
        """Return all of an entry in one piece, to be quoted: card, every contact, detail, agencies, sources."""
        parts: list[Part] = [Paragraph(f"As published in version {self.knowledge.version}.")]
        parts += self._card_parts(entry, at, None, every_contact=True)
        parts.append(Points(entry.watch_for, heading="This may be the moment when"))
        parts += [*self._detail_parts(entry), *self._agency_parts(entry)]
        parts.append(Points(tuple(self._source_line(id_) for id_ in entry.sources), heading="Sources"))
        reference = f"Answer {entry.id}/{self.knowledge.version}. {self._standing(entry, at)}"
        return self.page([*parts, Small(self._evidence_line(entry)), *_upkeep(entry), Small(reference)])

    def reach(self, entry: Entry, at: dt.datetime) -> Reply:
        """Return whom to contact about an entry, all of them, the ones for this hour first."""
        parts: list[Part] = [Title(f"{entry.title}: whom to contact"), *self._calls(entry.contacts, at)]
        return self.page(parts, [(_back(entry), Button("Contacts", "contacts"))])

    def wording(self, entry: Entry, at: dt.datetime) -> Reply:
        """Return the wording to copy that goes with an entry: the text itself where there is one, else a choice."""
        templates = self.knowledge.templates_for(entry.id)
        if len(templates) == 1:
            return self.template(templates[0], at, _back(entry))
        if not templates:
            rows = [(Button("All wording to copy", "all-wording"),), (_back(entry),)]
            return self.page([Paragraph(self._wording.no_wording)], rows)
        return self.page([Title(f"{entry.title}: wording to copy")], [*_template_rows(templates), (_back(entry),)])

    def all_wording(self) -> Reply:
        """Return every text to copy, to choose from."""
        return self.page([Title("Wording to copy")], _template_rows(self.knowledge.templates.values()))

    def template(self, template: Template, at: dt.datetime, *more: Button) -> Reply:
        """Return a text to copy: how to use it, where to send it, and the text with its blanks.

        A channel that can copy with a button does so with the first one.
        """
        parts: list[Part] = [Title(template.title), Paragraph(template.use), *self._calls(template.contacts, at)]
        parts.append(WordingToCopy(template.text))
        source = self.knowledge.sources[template.source]
        confirmed = template.confirmed
        standing = self._wording.draft if confirmed is None else f"Confirmed by {_confirmed_by(confirmed)}"
        parts += [Small(_card_source(source), source.url), Small(standing)]
        cards = _entry_rows(self._entries(template.entries[:CARDS_OF_TEMPLATE]))
        copying = Button("Copy", f"template:{template.id}", copies=template.text)
        rows = [(copying,), *(() if more else cards), more or (Button("All wording to copy", "all-wording"),)]
        return self.page(parts, rows)

    def whats_new(self) -> Reply:
        """Return what changed last, newest first, with the cards to open."""
        latest = changes_since(self.knowledge)[:CHANGES_SHOWN]
        first = first_published(self.knowledge)
        parts: list[Part] = [Title("What changed")]
        parts += [Points(tuple(f"{c.on:%d %B %Y}: {c.entry.title}. {c.what}" for c in latest))] if latest else []
        cards = [(on, f"{count} card{' was' if count == 1 else 's were'}") for on, count in first[:2]]
        parts += [Paragraph(f"{were} first published on {on:%d %B %Y}.") for on, were in cards]
        return self.page(parts, _entry_rows(self._entries(dict.fromkeys(c.entry.id for c in latest))))

    def topics(self) -> Reply:
        """Return the topic groups to browse."""
        rows = [(Button(group.title, f"group:{id_}"),) for id_, group in self.knowledge.groups.items()]
        return self.page([Title("Topics"), Paragraph("Choose a group, or just write your question.")], rows)

    def group(self, id_: str) -> Reply:
        """Return the entries of one topic group."""
        rows = _entry_rows(self.knowledge.in_group(id_))
        return self.page([Title(self.knowledge.groups[id_].title)], [*rows, (Button("All topics", "topics"),)])

    def contacts(self, at: dt.datetime) -> Reply:
        """Return the contacts that most messages need, the ones for this hour first."""
        calls = self._calls(self._first_contacts(), at)
        return self.page([Title("Contacts"), *calls], [(Button("More contacts", "more-contacts"),)])

    def more_contacts(self, at: dt.datetime) -> Reply:
        """Return every other contact, in the order of their file."""
        shown = {call.name for call in self._calls(self._first_contacts(), at)}
        calls = [call for call in self._calls(tuple(self.knowledge.contacts), at) if call.name not in shown]
        return self.page([Title("More contacts"), *calls], [(Button("Contacts", "contacts"),)])

    def _first_contacts(self) -> tuple[str, ...]:
        named = self.knowledge.partnership
        return tuple(dict.fromkeys((*named.emergency_contacts, *named.help_contacts)))

    def start(self) -> Reply:
        """Return the first words: what this is, what it keeps and what not to send."""
        rows = [(Button("Topics", "topics"), Button("Contacts", "contacts")), (Button("Privacy", "privacy"),)]
        return self.page([Title("Signpost"), *_paragraphs(self._wording.start)], rows)

    def help(self) -> Reply:
        """Return how to ask."""
        rows = [(Button("Topics", "topics"), Button("Contacts", "contacts"))]
        return self.page([Title("How to ask"), *_paragraphs(self._wording.help)], rows)

    def privacy(self, consent: bool | None) -> Reply:
        """Return what is kept, and the button that gives or withdraws consent."""
        standing = "The cards you are shown are counted." if consent else "You are not counted."
        change = Button("Stop counting me", "consent:no") if consent else Button("You may count me", "consent:yes")
        parts = [Title("Privacy"), *_paragraphs((*self._wording.privacy, standing))]
        return self.page(parts, [(change,)])

    def choose_agency(self, *before: str) -> Reply:
        """Return the agencies to choose from, after what there is to say before."""
        rows = [(Button(agency.name, f"agency:{id_}"),) for id_, agency in self.knowledge.agencies.items()]
        return self.page(_paragraphs((*before, self._wording.choose_agency)), rows)

    def note(self, *texts: str) -> Reply:
        """Return a short remark."""
        return self.page(_paragraphs(texts))

    def stale(self) -> Reply:
        """Return what a button that no longer means anything says."""
        return self.page([Paragraph(self._wording.stale_button)], [self._ways_on()])

    def type_please(self, at: dt.datetime) -> Reply:
        """Return the answer to a voice message, a photo or a sticker: emergency numbers and a request to type."""
        parts = _paragraphs(self._wording.type_please)
        return self.page([*parts, *self._calls(self.knowledge.partnership.emergency_contacts, at)])

    def error(self, at: dt.datetime) -> Reply:
        """Return what is said when answering failed: calm, and whom to contact."""
        parts = _paragraphs(self._wording.error)
        return self.page([*parts, *self._calls(self.knowledge.partnership.help_contacts, at)])

    def with_note(self, reply: Reply, text: str) -> Reply:
        """Return a reply with one more line before its last."""
        return Reply((*reply.parts[:-1], Paragraph(text), reply.parts[-1]), reply.buttons)

    def with_offer(self, reply: Reply) -> Reply:
        """Return a reply with the one-line offer to be counted, yes or no."""
        offered = self.with_note(reply, self._wording.offer)
        row = (Button("Yes, count me", "consent:yes"), Button("No, thank you", "consent:no"))
        return Reply(offered.parts, (*offered.buttons, row))

    def personal_data_note(self, kinds: Sequence[str]) -> str:
        """Return the line that says which kinds of personal detail a message seemed to hold."""
        names = [KIND_NAMES.get(kind, kind) for kind in kinds]
        listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
        return self._wording.personal_data.replace("{kinds}", listed)

    def page(self, parts: Sequence[Part], rows: Iterable[tuple[Button, ...]] = ()) -> Reply:
        """Return a reply of these parts and buttons, with the line about 999 at its end."""
        return Reply((*parts, Small(self._wording.footer)), tuple(rows))

    def _card_parts(
        self, entry: Entry, at: dt.datetime, agency: str | None, *, every_contact: bool = False
    ) -> list[Part]:
        parts: list[Part] = [Title(entry.title), Paragraph(entry.summary)]
        own = self.own_step(entry, agency)
        if own is not None:
            parts.append(own)
        parts.append(Steps(tuple(step.text for step in entry.steps), heading="Do now"))
        if entry.time_limits:
            parts.append(Points(tuple(limit.text for limit in entry.time_limits), heading="Time limits"))
        return [*parts, *self._calls(entry.contacts if every_contact else self._card_contacts(entry), at)]

    def own_step(self, entry: Entry, agency: str | None) -> Part | None:
        """Return what comes first on the card for somebody of an agency, if that agency does something of its own."""
        own = entry.by_agency.get(agency or "")
        if not own or agency is None:
            return None
        return Points((own[0].text,), heading=f"For you ({self.knowledge.agencies[agency].name})")

    def _card_contacts(self, entry: Entry) -> tuple[str, ...]:
        """Return the first contact, and one more after it unless it is a service that another stands in for.

        After a number such as 999 or a helpline's that is the next contact. After a page, where the same day matters,
        it is the next that has a phone.
        """
        first, *others = (self.knowledge.contacts[id_] for id_ in entry.contacts)
        if first.otherwise:
            return (first.id,)
        more = (c.id for c in others if first.phone or (c.phone and entry.act is not Act.ROUTINE))
        return first.id, *islice(more, 1)

    def _also(self, ids: Sequence[str]) -> list[Part]:
        titles = tuple(entry.title for entry in self._entries(ids))
        return [Points(titles, heading=ALSO_HEADING)] if titles else []

    def _origin(self, entry: Entry, at: dt.datetime) -> list[Part]:
        used = Counter(statement.source for statement in (*entry.steps, *entry.time_limits))
        sources = [self.knowledge.sources[id_] for id_, _ in used.most_common(CARD_SOURCES)]
        standing = f"Answer {entry.id}/{self.knowledge.version}. {self._standing(entry, at)}"
        return [*(Small(_card_source(source), source.url) for source in sources), Small(standing)]

    def _standing(self, entry: Entry, at: dt.datetime) -> str:
        if entry.confirmed is None:
            return self._wording.draft
        said = f"Confirmed by {_confirmed_by(entry.confirmed)}"
        if entry.review_by is None:
            return said
        overdue = entry.review_by < at.astimezone(LONDON).date()
        return f"{said}; {'REVIEW OVERDUE since' if overdue else 'review by'} {entry.review_by:%d %B %Y}"

    def _source_line(self, id_: str) -> str:
        source = self.knowledge.sources[id_]
        seen = f" ({source.seen})" if source.seen else ""
        return f"{source.title}{f', {source.publisher}' if source.publisher else ''}{seen}"

    def _evidence_line(self, entry: Entry) -> str:
        counts = {kind: sum(s.evidence == kind for s in entry.statements) for kind in EVIDENCE_NAMES}
        return "What this rests on: " + "; ".join(
            f"{count} of {len(entry.statements)} {EVIDENCE_NAMES[kind]}" for kind, count in counts.items() if count
        )

    def _card_buttons(self, entry: Entry, also: Sequence[str] = ()) -> list[tuple[Button, ...]]:
        rows = _entry_rows(self._entries(also))
        rows.append((Button("More detail", f"more:{entry.id}"), Button("Related", f"related:{entry.id}")))
        if self.knowledge.templates_for(entry.id):
            rows.append((Button("Wording to copy", f"wording:{entry.id}"),))
        if entry.by_agency:
            rows.append((Button("What other agencies are asked to do", f"agencies:{entry.id}"),))
        ladder = self.knowledge.ladder
        if ladder is not None and entry.id == ladder.entry:
            rows.append((Button("Escalation, step by step", "escalate"),))
        group = self.knowledge.entry_group[entry.id]
        return [*rows, _feedback(entry), (Button("Others in this group", f"group:{group}"),)]

    def _way_on(self, texts: Sequence[str], at: dt.datetime) -> Reply:
        parts: list[Part] = [*_paragraphs(texts), *self._calls(self.knowledge.partnership.help_contacts, at)]
        consult = self.knowledge.entries[self.knowledge.partnership.consultation_entry]
        return self.page(
            parts,
            [*_entry_rows([consult]), self._ways_on(), (Button("Not about a child here?", "elsewhere"),)],
        )

    def elsewhere(self) -> Reply:
        """Return the signposts: what is not ours but known."""
        rows = [(Button(s.title, f"signpost:{id_}"),) for id_, s in self.knowledge.signposts.items()]
        return self.page([Title("Somewhere else")], rows)

    def _ways_on(self) -> tuple[Button, ...]:
        return Button("Topics", "topics"), Button("Contacts", "contacts")

    def _calls(self, ids: Sequence[str], at: dt.datetime) -> list[Call]:
        return list(calls_at(self.knowledge, ids, at))

    def _entries(self, ids: Iterable[str]) -> list[Entry]:
        return [self.knowledge.entries[id_] for id_ in ids]


KIND_NAMES = {
    "nhs-number": "an NHS number", "upn": "a pupil number", "phone": "a phone number", "email": "an e-mail address",
    "postcode": "a postcode", "dob": "a date of birth",
}  # fmt: skip
EVIDENCE_NAMES = {
    "verified": "seen on the page named",
    "review": "stated in the review",
    "general": "usual national practice, to be checked",
}


def _first_step(entries: Sequence[Entry]) -> list[Part]:
    """Return the safe first step of the entry to act on soonest, if one asks to act now or today."""
    urgent = next((e for act in (Act.NOW, Act.TODAY) for e in entries if e.act is act), None)
    return [] if urgent is None else [Paragraph(f"First: {urgent.steps[0].text}")]


def _card_source(source: Source) -> str:
    return f"Source: {source.title}{' (another area)' if source.kind == 'other-area' else ''}"


def _upkeep(entry: Entry) -> list[Part]:
    """Return what changed last, and who looks after an entry once the partnership has confirmed it."""
    owner = f"Looked after by: {entry.owner}. " if entry.owner and entry.confirmed else ""
    latest = entry.changes[0]
    return [Small(f"{owner}Last change, {latest.on:%d %B %Y}: {latest.what}")]


def _paragraphs(texts: Iterable[str]) -> list[Part]:
    return [Paragraph(text) for text in texts]


def _feedback(entry: Entry) -> tuple[Button, ...]:
    return Button("Useful", f"useful:{entry.id}"), Button("Not what I meant", f"not-meant:{entry.id}")


def _entry_rows(entries: Iterable[Entry]) -> list[tuple[Button, ...]]:
    return [(Button(entry.title, f"open:{entry.id}"),) for entry in entries]


def _template_rows(templates: Iterable[Template]) -> list[tuple[Button, ...]]:
    return [(Button(template.title, f"template:{template.id}"),) for template in templates]


def _confirmed_by(confirmed: Confirmation) -> str:
    return f"{confirmed.role}, {confirmed.on:%d %B %Y}"


def _back(entry: Entry) -> Button:
    return Button("Back to the card", f"open:{entry.id}")
