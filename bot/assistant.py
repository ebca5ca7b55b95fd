"""The one object a channel knows: answers, sends, counts, and remembers for a while what it gave whom.

It serves one published version of the knowledge base at a time; a new one takes its place between two answers.
Nothing that fails in the log can take an answer away.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Protocol

from bot.answering import Answering
from bot.conversation import Conversations
from bot.decision import Decision
from bot.errors import PublishError
from bot.knowledge.model import Knowledge
from bot.messages import Answer, Person, Press, Question, Reply
from bot.replies import Composer
from bot.usage.keys import pseudonym
from bot.usage.log import Interaction, UsageLog

Send = Callable[[Reply], Awaitable[None]]


class Past(Protocol):
    """Finds cards as they were published."""

    def card(self, reference: str, at: dt.datetime) -> Reply:
        """Return the entry of a reference as it then was; raises PublishError. May take a second."""


def _milliseconds_since(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 1)


class Assistant:
    """Answers people on every channel.

    Args:
        answering: what answers come from at first; `serve` puts another in its place.
        usage: where answers are counted; None means that nothing is.
        key: the secret behind pseudonyms.
        archive: where cards of earlier versions are found; None means that none are kept.
    """

    def __init__(
        self, answering: Answering, usage: UsageLog | None = None, key: bytes = b"", archive: Past | None = None
    ) -> None:
        self._archive = archive
        self._answering = answering
        self._usage = usage
        self._key = key
        self._offered: set[str] = set()
        self._conversations = Conversations()

    @property
    def knowledge(self) -> Knowledge:
        """The version of the knowledge base that answers come from now."""
        return self._answering.knowledge

    @property
    def composer(self) -> Composer:
        """What composes replies from that version."""
        return self._answering.composer

    def serve(self, answering: Answering) -> None:
        """Answer from another version from now on; an answer under way is finished from the one it began with."""
        self._answering = answering

    def answer(self, question: Question) -> Answer:
        """Return the answer to one message, remembering nothing."""
        return self._answering.answer(question)

    def act(self, press: Press) -> Answer:
        """Return the answer to a button or a command, remembering nothing."""
        return self._answering.act(press)

    def converse(self, question: Question) -> Answer:
        """Return the answer to one message in the light of what its sender was given before, and remember this one."""
        answering, key = self._answering, self._key_of(question)
        before = self._conversations.recall(key, question.asked_at)
        answer = answering.answer(replace(question, context=before))
        after = answering.after(before, answer, question.asked_at)
        if after is not None:
            self._conversations.remember(key, after)
        return answer

    def _key_of(self, asked: Question | Press) -> str:
        return f"{asked.channel} {asked.person.pseudonym} {asked.place}"

    async def person(self, channel: str, user: str) -> Person:
        """Return what is known of a user of a channel; a failing log gives a stranger."""
        code = pseudonym(self._key, channel, user)
        if self._usage is None:
            return Person(code)
        return await self._usage.person(code)

    async def handle(self, question: Question, send: Send) -> None:
        """Answer a message, send the reply, then count it. Errors of `send` are the channel's to handle."""
        started = time.perf_counter()
        version = self.knowledge.version
        answer = self.converse(question)
        latency_ms = _milliseconds_since(started)
        await send(self._with_offer(answer, question.person))
        await self._count(question, answer, latency_ms, version)

    async def press(self, press: Press, send: Send) -> None:
        """Answer a button or command, send the reply, then count it."""
        started = time.perf_counter()
        verb, _, id_ = press.action.partition(":")
        if verb == "consent" and id_ in ("yes", "no"):
            await send(await self._consent(press, id_ == "yes"))
        elif verb == "agency" and id_ in self.knowledge.agencies:
            await send(await self._agency(press, id_))
        elif verb == "answer":
            await send(await self._as_published(press.argument or id_, press.asked_at))
        else:
            version = self.knowledge.version
            answer = self._pressed(press)
            latency_ms = _milliseconds_since(started)
            await send(self._with_offer(answer, press.person))
            await self._count(press, answer, latency_ms, version)

    def _pressed(self, press: Press) -> Answer:
        answering, key = self._answering, self._key_of(press)
        answer = answering.act(press)
        after = answering.after(self._conversations.recall(key, press.asked_at), answer, press.asked_at)
        if after is not None:
            self._conversations.remember(key, after)
        return answer

    def _with_offer(self, answer: Answer, person: Person) -> Reply:
        """Add the offer to be counted to a person's first card; never to an emergency, never twice."""
        if self._usage is None or person.consent is not None or person.pseudonym in self._offered:
            return answer.reply
        if answer.decision not in (Decision.ANSWER, "opened"):
            return answer.reply
        self._offered.add(person.pseudonym)
        return self.composer.with_offer(answer.reply)

    async def _as_published(self, reference: str, at: dt.datetime) -> Reply:
        """Return the card of a reference, read in a thread so that others are answered meanwhile."""
        if self._archive is None:
            return self.composer.stale()
        try:
            return await asyncio.to_thread(self._archive.card, reference, at)
        except PublishError as error:
            return self.composer.note(f"I cannot show that card: {error}.")

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

    async def _count(self, asked: Question | Press, answer: Answer, latency_ms: float, version: str) -> None:
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
            knowledge_version=version,
        )
        await self._usage.record(interaction, asked.person)
