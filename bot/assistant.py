"""Runs the steps of an answer in order: danger, personal details, match, decide, compose; then send, then log.

`answer` and `act` are pure: same question, knowledge, person and clock, same Answer. Nothing that fails after the look
for danger can take the emergency reply away, and nothing that fails in the log can take an answer away.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from bot.decision import ALSO_SCORE, ALSO_WORDS, MAX_CHOICES, THRESHOLDS, Decided, Decision, decide
from bot.knowledge.model import Act, Entry, Knowledge, Signpost
from bot.matching.ambiguity import Ambiguities
from bot.matching.matcher import Matcher
from bot.messages import Answer, Match, Person, Press, Question, Reply
from bot.replies import Composer
from bot.safety.danger import Danger
from bot.safety.personal_data import Redacted, redact
from bot.usage.keys import pseudonym
from bot.usage.log import Interaction, UsageLog

log = logging.getLogger(__name__)

Send = Callable[[Reply], Awaitable[None]]

SIGNPOST = "signpost:"  # what a matcher label begins with when it is a signpost's, not an entry's
DANGER_WORDS = 3  # at least, for the matcher alone to recognise danger; the rules need no number of words
LISTED = 5  # candidates given with every answer


def matcher_examples(knowledge: Knowledge) -> dict[str, list[str]]:
    """Return what the matcher learns from, by label: example messages, and each entry's own words beside them."""
    examples = example_messages(knowledge)
    for entry in knowledge.entries.values():
        examples[entry.id] += _own_words(entry)
    return examples


def example_messages(knowledge: Knowledge) -> dict[str, list[str]]:
    """Return the messages that are examples of each entry and signpost, by the matcher's label.

    A near-miss of one entry is an example of the entry it belongs to. The danger rules' own sentences count as examples
    of danger: the matcher then knows it in words no rule has.
    """
    examples = {entry.id: list(entry.questions) for entry in knowledge.entries.values()}
    for entry in knowledge.entries.values():
        for near_miss in entry.not_for:
            examples[near_miss.entry].append(near_miss.text)
    rules = knowledge.danger.rules if knowledge.danger is not None else ()
    of_danger = examples.get(knowledge.partnership.danger_entry, [])  # gone only while a broken folder is checked
    of_danger += [sentence for rule in rules for sentence in rule.must_fire]
    examples |= {SIGNPOST + id_: [s.title, *s.examples] for id_, s in knowledge.signposts.items()}
    return examples


def _own_words(entry: Entry) -> list[str]:
    """Return an entry's own words as texts to learn from, few of them: what learning takes grows with their number.

    Sentences that are read together are one text: the steps, an agency's part, the detail three at a time. Apart they
    are learnt no better (docs/matching.md).
    """
    together = [entry.steps + entry.time_limits, *entry.by_agency.values()]
    together += [entry.detail[start : start + 3] for start in range(0, len(entry.detail), 3)]
    return [entry.title, entry.summary, *entry.watch_for, *(" ".join(s.text for s in some) for some in together)]


def _milliseconds_since(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 1)


class Assistant:
    """The one object a channel knows.

    Args:
        knowledge: the checked knowledge base.
        matcher: learnt from `matcher_examples(knowledge)`.
        usage: where answers are counted; None means that nothing is.
        key: the secret behind pseudonyms.
    """

    def __init__(self, knowledge: Knowledge, matcher: Matcher, usage: UsageLog | None = None, key: bytes = b"") -> None:
        self.knowledge = knowledge
        self.composer = Composer(knowledge)
        self._danger = Danger(knowledge.danger)
        self._ambiguities = Ambiguities(knowledge.lexicon)
        self._matcher = matcher
        self._published = tuple(c.phone for c in knowledge.contacts.values() if c.phone)
        self._usage = usage
        self._key = key
        self._offered: set[str] = set()

    def answer(self, question: Question) -> Answer:
        """Return the answer to one message. Whatever fails inside, there is an answer, and 999 is not lost."""
        urgent = self._danger.found(question.text)
        try:
            return self._answer(question, urgent)
        except Exception as error:
            # The text of an exception may quote the message, so only its kind is written down.
            log.error("answering failed: %s; the emergency numbers were given instead", type(error).__name__)
            reply = self.composer.emergency(question.asked_at) if urgent else self.composer.error(question.asked_at)
            return Answer(reply, Decision.URGENT if urgent else Decision.NO_MATCH)

    def _answer(self, question: Question, urgent: bool) -> Answer:
        safe = self._redact(question.text)
        matches = self._matcher.match(safe.text, limit=LISTED + len(self.knowledge.signposts))
        decided = decide(matches)
        entries = tuple(match for match in matches if match.entry in self.knowledge.entries)[:LISTED]
        ambiguous = self._ambiguities.found(safe.text)
        if ambiguous is not None and not urgent:
            score = entries[0].score if entries else 0.0
            answer = Answer(self.composer.split(ambiguous), Decision.CLARIFY, None, score, entries)
        elif urgent or self._looks_like_danger(question.text, matches):
            answer = self._urgent(question, entries, self._is_from_a_child(matches))
        else:
            answer = self._decided(question, decided, entries)
        reply = answer.reply
        if safe.kinds:
            reply = self.composer.with_note(reply, self.composer.personal_data_note(safe.kinds))
        return replace(answer, reply=reply, personal_data=safe.kinds, text=safe.text)

    def _looks_like_danger(self, text: str, matches: Sequence[Match]) -> bool:
        """Say whether the matcher finds danger likeliest where no rule fired, and nothing in the text excuses it.

        It need not be sure: when torn, 999 comes first. A word or two alone ("please") say too little.
        """
        if not matches or matches[0].entry != self.knowledge.partnership.danger_entry:
            return False
        if len(text.split()) < DANGER_WORDS:
            return False
        return matches[0].score >= THRESHOLDS.clarify and not self._danger.excused(text)

    def _redact(self, text: str) -> Redacted:
        try:
            return redact(text, self._published)
        except Exception as error:  # a failing redactor stops nothing but storing, and nothing is stored here
            log.error("looking for personal details failed: %s", type(error).__name__)
            return Redacted(text, ())

    def _is_from_a_child(self, matches: Sequence[Match]) -> bool:
        """Say whether, danger apart, a message is likeliest to be a child's or young person's own."""
        danger = self.knowledge.partnership.danger_entry
        best = next((match for match in matches if match.entry != danger), None)
        label = SIGNPOST + self.knowledge.partnership.child_signpost
        return best is not None and best.entry == label and best.score >= THRESHOLDS.clarify

    def _urgent(self, question: Question, entries: Sequence[Match], from_a_child: bool) -> Answer:
        danger = self.knowledge.partnership.danger_entry
        others = [match for match in entries if match.entry != danger]
        if from_a_child:
            listed = (Match(danger, 1.0), *others)[:LISTED]
            reply = self.composer.emergency_for_a_child(question.asked_at)
            return Answer(reply, Decision.URGENT, danger, 1.0, listed)
        near = [match.entry for match in others if match.score >= THRESHOLDS.clarify and self._is_pressing(match.entry)]
        sure = decide(others).decision is Decision.ANSWER and near[:1] == [others[0].entry]
        card = self.knowledge.entries[near[0]] if sure else None
        near = near[1 if sure else 0 :][:MAX_CHOICES]
        return Answer(
            self.composer.emergency(question.asked_at, card, near),
            Decision.URGENT,
            danger,
            1.0,
            (Match(danger, 1.0), *others)[:LISTED],
            (*([card.id] if card else []), *near),
        )

    def _is_pressing(self, entry: str) -> bool:
        """Say whether an entry belongs beside 999: one that can wait only draws the eye away."""
        return self.knowledge.entries[entry].act is not Act.ROUTINE

    def _decided(self, question: Question, decided: Decided, entries: tuple[Match, ...]) -> Answer:
        score = entries[0].score if entries else 0.0
        choices = [self._entry_or_signpost(label) for label in decided.entries]
        match decided.decision, choices:
            case Decision.ANSWER, [Entry() as entry]:
                also = self._also_relevant(question.text, entries[1:])
                reply = self.composer.card(entry, question.asked_at, question.person.agency, also)
                return Answer(reply, Decision.ANSWER, entry.id, score, entries, also)
            case Decision.ANSWER, [Signpost() as signpost]:
                reply = self.composer.signpost(signpost, question.asked_at)
                return Answer(reply, Decision.NO_MATCH, None, score, entries)
            case Decision.CLARIFY, _:
                return Answer(self.composer.clarify(choices), Decision.CLARIFY, None, score, entries)
        return Answer(self.composer.no_match(question.asked_at), Decision.NO_MATCH, None, score, entries)

    def _entry_or_signpost(self, label: str) -> Entry | Signpost:
        if label.startswith(SIGNPOST):
            return self.knowledge.signposts[label.removeprefix(SIGNPOST)]
        return self.knowledge.entries[label]

    def _also_relevant(self, text: str, others: Sequence[Match]) -> tuple[str, ...]:
        """Return further entries for a long description: it may touch policies the sender has no name for.

        Danger is not one of them: every reply speaks of it.
        """
        if len(text.split()) < ALSO_WORDS:
            return ()
        danger = self.knowledge.partnership.danger_entry
        near = (match.entry for match in others if match.score >= ALSO_SCORE and match.entry != danger)
        return tuple(near)[:MAX_CHOICES]

    def act(self, press: Press) -> Answer:
        """Return the answer to a button or a command; a stale or forged one gets a calm reply, never an error."""
        verb, _, id_ = press.action.partition(":")
        entry = self.knowledge.entries.get(id_)
        if entry is not None:
            answer = self._act_on_entry(verb, entry, press)
        elif verb == "group" and id_ in self.knowledge.groups:
            answer = Answer(self.composer.group(id_), "browsed")
        elif verb == "signpost" and id_ in self.knowledge.signposts:
            answer = Answer(self.composer.signpost(self.knowledge.signposts[id_], press.asked_at), "browsed")
        else:
            answer = self._page(press) if not id_ else None
        return answer or Answer(self.composer.stale(), "stale")

    def _act_on_entry(self, verb: str, entry: Entry, press: Press) -> Answer | None:
        at, agency = press.asked_at, press.person.agency
        match verb:
            case "open":
                return Answer(self.composer.card(entry, at, agency), "opened", entry.id)
            case "more":
                return Answer(self.composer.detail(entry, at), "browsed", entry.id)
            case "related":
                return Answer(self.composer.related(entry), "browsed", entry.id)
            case "agencies" if entry.by_agency:
                return Answer(self.composer.agencies_asked(entry), "browsed", entry.id)
            case "useful":
                return Answer(self.composer.note("Thank you."), "useful", entry.id)
            case "not-meant":
                return Answer(self.composer.not_meant(entry, at), "not-meant", entry.id)
        return None

    def _page(self, press: Press) -> Answer | None:
        composer, at = self.composer, press.asked_at
        pages: dict[str, Callable[[], Reply]] = {
            "start": composer.start,
            "help": composer.help,
            "topics": composer.topics,
            "contacts": lambda: composer.contacts(at),
            "more-contacts": lambda: composer.more_contacts(at),
            "privacy": lambda: composer.privacy(press.person.consent),
            "agency": composer.choose_agency,
            "elsewhere": composer.elsewhere,
            "none": lambda: composer.none_of_these(at),
            "unreadable": lambda: composer.type_please(at),
        }
        page = pages.get(press.action)
        return None if page is None else Answer(page(), "browsed")

    async def person(self, channel: str, user: str) -> Person:
        """Return what is known of a user of a channel; a failing log gives a stranger."""
        code = pseudonym(self._key, channel, user)
        if self._usage is None:
            return Person(code)
        return await self._usage.person(code)

    async def handle(self, question: Question, send: Send) -> None:
        """Answer a message, send the reply, then count it. Errors of `send` are the channel's to handle."""
        started = time.perf_counter()
        answer = self.answer(question)
        latency_ms = _milliseconds_since(started)
        await send(self._with_offer(answer, question.person))
        await self._count(question, answer, latency_ms)

    async def press(self, press: Press, send: Send) -> None:
        """Answer a button or command, send the reply, then count it."""
        started = time.perf_counter()
        verb, _, id_ = press.action.partition(":")
        if verb == "consent" and id_ in ("yes", "no"):
            await send(await self._consent(press, id_ == "yes"))
        elif verb == "agency" and id_ in self.knowledge.agencies:
            await send(await self._agency(press, id_))
        else:
            answer = self.act(press)
            latency_ms = _milliseconds_since(started)
            await send(self._with_offer(answer, press.person))
            await self._count(press, answer, latency_ms)

    def _with_offer(self, answer: Answer, person: Person) -> Reply:
        """Add the offer to be counted to a person's first card; never to an emergency, never twice."""
        if self._usage is None or person.consent is not None or person.pseudonym in self._offered:
            return answer.reply
        if answer.decision not in (Decision.ANSWER, "opened"):
            return answer.reply
        self._offered.add(person.pseudonym)
        return self.composer.with_offer(answer.reply)

    async def _consent(self, press: Press, consent: bool) -> Reply:
        person, wording = press.person, self.knowledge.partnership.wording
        if self._usage is None:
            return self.composer.note(wording.no_counting)
        stored = await self._usage.set_consent(person.pseudonym, consent, person.agency, press.asked_at)
        waits = () if stored else (wording.choice_waits,)
        if not consent:
            return self.composer.note(wording.consent_refused, *waits)
        return self.composer.choose_agency(wording.consent_given, *waits)

    async def _agency(self, press: Press, agency: str) -> Reply:
        if self._usage is None:
            return self.composer.note(self.knowledge.partnership.wording.no_counting)
        await self._usage.set_agency(press.person.pseudonym, agency, press.asked_at)
        name = self.knowledge.agencies[agency].name
        return self.composer.note(f"Noted: {name}. Where a card has a step for your agency, it comes first.")

    async def _count(self, asked: Question | Press, answer: Answer, latency_ms: float) -> None:
        if self._usage is None or answer.decision in ("browsed", "stale"):
            return
        if answer.decision in ("useful", "not-meant"):
            useful = answer.decision == "useful"
            await self._usage.feedback(asked.asked_at, asked.channel, answer.entry or "", useful, asked.person)
            return
        interaction = Interaction(
            at=asked.asked_at,
            channel=asked.channel,
            decision=answer.decision,
            entry=answer.entry,
            score=round(answer.score, 4),
            latency_ms=latency_ms,
            knowledge_version=self.knowledge.version,
        )
        await self._usage.record(interaction, asked.person)
