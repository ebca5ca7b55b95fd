"""Runs the steps of an answer in order: danger, personal details, what was given before, match, decide, compose.

Pure: same question, knowledge, person, context and clock, same Answer. Nothing that fails after the look for danger can
take the emergency reply away. One Answering holds one version of the knowledge base and never changes.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace

from bot.conversation import chosen
from bot.decision import ALSO_SCORE, ALSO_WORDS, IN_CONTEXT, MAX_CHOICES, THRESHOLDS, Decided, Decision, decide
from bot.knowledge.model import Act, Ambiguous, Entry, Knowledge, Page, Signpost
from bot.ladder import Ladders
from bot.matching.ambiguity import Ambiguities
from bot.matching.context import InContext
from bot.matching.examples import PAGE, SIGNPOST
from bot.matching.matcher import Matcher
from bot.messages import Answer, Context, Match, Press, Question, Reply
from bot.replies import Composer
from bot.safety.danger import Danger
from bot.safety.personal_data import Redacted, redact

log = logging.getLogger(__name__)

DANGER_WORDS = 3  # at least, for the matcher alone to recognise danger; the rules need no number of words
LISTED = 5  # candidates given with every answer
CHOICES = ("open", "signpost", "template")  # verbs of the buttons that "the second one" may mean


class Answering:
    """Answers from one version of the knowledge base.

    Args:
        knowledge: the checked knowledge base.
        matcher: learnt from `matcher_examples(knowledge)`.
        asks: learnt from `follow_up_examples(knowledge)`; None means that every message stands alone.
    """

    def __init__(self, knowledge: Knowledge, matcher: Matcher, asks: Matcher | None = None) -> None:
        self.knowledge = knowledge
        self.composer = Composer(knowledge)
        self._danger = Danger(knowledge.danger)
        self._ambiguities = Ambiguities(knowledge.lexicon)
        self._matcher = matcher
        self._in_context = InContext(knowledge, matcher, asks) if asks is not None else None
        self._ladders = Ladders(knowledge)
        self._published = tuple(c.phone for c in knowledge.contacts.values() if c.phone)

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
        entries = tuple(match for match in matches if match.entry in self.knowledge.entries)[:LISTED]
        ambiguous = self._ambiguities.found(safe.text)
        if urgent or (ambiguous is None and self._looks_like_danger(question, matches)):
            answer = self._urgent(question, entries, self._is_from_a_child(matches))
        else:
            answer = self._calm(replace(question, text=safe.text), matches, entries, ambiguous)
        reply = answer.reply
        if safe.kinds:
            reply = self.composer.with_note(reply, self.composer.personal_data_note(safe.kinds))
        return replace(answer, reply=reply, personal_data=safe.kinds, text=safe.text)

    def _calm(
        self, question: Question, matches: Sequence[Match], entries: tuple[Match, ...], ambiguous: Ambiguous | None
    ) -> Answer:
        """Return the answer to a message, personal details replaced, in which no danger was found.

        A term with several meanings is asked about unless what was given before tells which one is meant.
        """
        context = question.context
        if context is not None:
            answer = self._choice(question, context) or self._follow_up(question, context, decide(matches), entries)
            if answer is not None and (ambiguous is None or answer.decision is Decision.ANSWER):
                return answer
        if ambiguous is not None:
            score = entries[0].score if entries else 0.0
            return Answer(self.composer.split(ambiguous), Decision.CLARIFY, None, score, entries)
        return self._decided(question, decide(matches), entries)

    def _choice(self, question: Question, context: Context) -> Answer | None:
        """Return what a message like "the second one" opens, if that is what it says."""
        action = chosen(question.text, context.offered)
        if action is None:
            return None
        opened = self.act(Press(action, question.asked_at, question.channel, question.person))
        if opened.decision != "opened" or opened.entry is None:
            return replace(opened, decision=Decision.NO_MATCH, entry=None)
        return replace(opened, decision=Decision.ANSWER, score=1.0, candidates=(Match(opened.entry, 1.0),))

    def _ranked(self, text: str, context: Context | None) -> list[Match]:
        """Return what a message may mean in the light of what was given before; nothing without that."""
        if context is None or self._in_context is None:
            return []
        return self._in_context.rank(text, context)

    def _follow_up(
        self, question: Question, context: Context, alone: Decided, entries_alone: tuple[Match, ...]
    ) -> Answer | None:
        """Return the answer to a message in the light of what was given before, or None where it says nothing.

        `alone` is what is decided without that light. An answer then is one now if the same entry is likeliest, and
        what would be asked about then is asked about now.
        """
        ranked = self._ranked(question.text, context)
        if not ranked:
            return None
        is_understood = alone.decision is not Decision.NO_MATCH
        decided = decide(ranked, replace(IN_CONTEXT, clarify=0.0) if is_understood else IN_CONTEXT)
        if alone.decision is Decision.ANSWER and alone.entries == (ranked[0].entry,):
            return self._decided(question, alone, entries_alone)
        entries = self._as_entries(ranked, context.last)
        is_page = ranked[0].entry.startswith(PAGE)
        if context.shown is not None and (is_page or decided.decision is Decision.ANSWER):
            # A page of the card that was shown is no other policy, so being likeliest is enough.
            page = self._page_of_shown(ranked[0].entry, context.shown, question)
            if page is not None:
                return replace(page, score=ranked[0].score, candidates=entries if page.entry else ())
        if decided.entries[:1] == (PAGE + Page.THANKS,):
            return Answer(self.composer.note(self.knowledge.partnership.wording.thanks), Decision.NO_MATCH)
        choices = self._as_entries([Match(label, 1.0) for label in decided.entries], context.last, signposts=True)
        if not choices:
            return None
        if decided.decision is Decision.ANSWER and decided.entries[0].startswith(PAGE):
            decided = replace(decided, decision=Decision.CLARIFY)  # a page of a card that nobody has seen
        return self._decided(question, replace(decided, entries=tuple(c.entry for c in choices)), entries)

    def _page_of_shown(self, label: str, shown: str, question: Question) -> Answer | None:
        """Return the page of the card shown last that a label means: what is asked of it again is in its detail."""
        if label.startswith(PAGE):
            page = Page(label.removeprefix(PAGE))
        elif label == shown and len(question.text.split()) < ALSO_WORDS:
            page = Page.MORE
        else:
            return None
        if page is Page.THANKS:
            return None
        press = Press(f"{page}:{shown}", question.asked_at, question.channel, question.person)
        opened = self.act(press)
        return replace(opened, decision=Decision.ANSWER, entry=shown) if opened.decision != "stale" else None

    def _as_entries(self, ranked: Sequence[Match], last: str | None, *, signposts: bool = False) -> tuple[Match, ...]:
        """Return the entries that ranked labels mean, each once, best first: a page is the entry's whose page it is."""
        entries: dict[str, Match] = {}
        for match in ranked:
            label = last if match.entry.startswith(PAGE) and match.entry != PAGE + Page.THANKS else match.entry
            if label in self.knowledge.entries or (signposts and label and label.startswith(SIGNPOST)):
                entries.setdefault(label, Match(label, match.score))
        return tuple(entries.values())[:LISTED]

    def _looks_like_danger(self, question: Question, matches: Sequence[Match]) -> bool:
        """Say whether the matcher finds danger likeliest where no rule fired, and nothing in the text excuses it.

        It need not be sure: when torn, 999 comes first. A word or two alone ("please") say too little, and what was
        given before may show that something else is meant.
        """
        text = question.text
        if not matches or matches[0].entry != self.knowledge.partnership.danger_entry:
            return False
        if len(text.split()) < DANGER_WORDS:
            return False
        if matches[0].score < THRESHOLDS.clarify or self._danger.excused(text):
            return False
        ranked = self._ranked(text, question.context)
        return not ranked or ranked[0].entry == matches[0].entry

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
        answer: Answer | None
        if verb == "escalate":
            answer = self._ladder(press)
        elif entry is not None:
            answer = self._act_on_entry(verb, entry, press)
        elif verb == "group" and id_ in self.knowledge.groups:
            answer = Answer(self.composer.group(id_), "browsed")
        elif verb == "template" and id_ in self.knowledge.templates:
            answer = Answer(self.composer.template(self.knowledge.templates[id_], press.asked_at), "browsed")
        elif verb == "signpost" and id_ in self.knowledge.signposts:
            answer = Answer(self.composer.signpost(self.knowledge.signposts[id_], press.asked_at), "browsed")
        else:
            answer = self._page(press) if not id_ else None
        return answer or Answer(self.composer.stale(), "stale")

    def _ladder(self, press: Press) -> Answer:
        """Return the next question of the escalation ladder, or who acts next; without a ladder the card about it."""
        reply = self._ladders.step(press.action, press.asked_at)
        return Answer(reply, "browsed") if reply is not None else Answer(self.composer.stale(), "stale")

    def after(self, before: Context | None, answer: Answer, at: dt.datetime) -> Context | None:
        """Return what there is to remember once an answer has been given; None to remember nothing new.

        What was shown stays in mind while a question back is open, and when a message was not understood.
        """
        if answer.decision == "stale":
            return None
        # The cards that a card names beside itself are no question, to be declined with "no".
        verbs = CHOICES if answer.decision in (Decision.CLARIFY, "browsed") else ("template",)
        buttons = (button.action for row in answer.reply.buttons for button in row)
        offered = tuple(action for action in buttons if action.partition(":")[0] in verbs)
        shown = answer.entry or (before.shown if before is not None else None)
        likely = tuple(match.entry for match in answer.candidates[:MAX_CHOICES]) or (before.likely if before else ())
        return Context(at, shown, likely, offered)

    def _act_on_entry(self, verb: str, entry: Entry, press: Press) -> Answer | None:
        at, agency = press.asked_at, press.person.agency
        match verb:
            case "open":
                return Answer(self.composer.card(entry, at, agency), "opened", entry.id)
            case "more":
                return Answer(self.composer.detail(entry, at), "browsed", entry.id)
            case "related":
                return Answer(self.composer.related(entry), "browsed", entry.id)
            case "reach":
                return Answer(self.composer.reach(entry, at), "browsed", entry.id)
            case "wording":
                return Answer(self.composer.wording(entry, at), "browsed", entry.id)
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
            "all-wording": composer.all_wording,
            "whatsnew": composer.whats_new,
            "none": lambda: composer.none_of_these(at),
            "unreadable": lambda: composer.type_please(at),
        }
        page = pages.get(press.action)
        return None if page is None else Answer(page(), "browsed")
