"""What several tests share: the real knowledge, a matcher that learnt from it once, fixed clocks."""

from __future__ import annotations

import datetime as dt
from functools import cache
from pathlib import Path

from bot.answering import Answering
from bot.assistant import Assistant
from bot.check.everything import check
from bot.knowledge.loading import load_knowledge
from bot.knowledge.model import Knowledge
from bot.matching.examples import follow_up_examples, matcher_examples
from bot.matching.matcher import Matcher
from bot.messages import Answer, Person, Press, Question, Reply
from bot.usage.log import UsageLog

TUESDAY_MORNING = dt.datetime(2026, 11, 24, 11, 0, tzinfo=dt.UTC)
SUNDAY_NIGHT = dt.datetime(2026, 11, 22, 22, 30, tzinfo=dt.UTC)
TODAY = TUESDAY_MORNING.date()
STRANGER = Person("0" * 32)


def faults(folder: Path) -> list[str]:
    """Return the faults of a knowledge folder as the lines that an editor reads."""
    return [str(fault) for fault in check(folder, TODAY).faults]


@cache
def knowledge() -> Knowledge:
    """Return the project's own knowledge base."""
    return load_knowledge()


@cache
def matcher() -> Matcher:
    """Return a matcher that learnt from the project's own knowledge base."""
    return Matcher.from_examples(matcher_examples(knowledge()), knowledge().lexicon)


@cache
def asks() -> Matcher:
    """Return a matcher that learnt what people ask after the project's own cards."""
    return Matcher.from_examples(follow_up_examples(knowledge()), knowledge().lexicon)


@cache
def answering() -> Answering:
    """Return what answers from the project's own knowledge base; it keeps nothing, so tests share it."""
    return Answering(knowledge(), matcher(), asks())


def assistant(usage: UsageLog | None = None) -> Assistant:
    """Return a new assistant on the real knowledge."""
    return Assistant(answering(), usage, b"k" * 32)


@cache
def without_log() -> Assistant:
    """Return one assistant that counts nothing; it keeps nothing between questions, so tests may share it."""
    return assistant()


def ask(text: str, at: dt.datetime = TUESDAY_MORNING, person: Person = STRANGER) -> Answer:
    """Return the answer to one message, asked without a log."""
    return without_log().answer(Question(text, at, "test", person))


def press(action: str, at: dt.datetime = TUESDAY_MORNING, person: Person = STRANGER) -> Answer:
    """Return the answer to one button, pressed without a log."""
    return without_log().act(Press(action, at, "test", person))


def words(reply: Reply) -> str:
    """Return everything a reply says, in order, as one text."""
    said: list[str] = []
    for part in reply.parts:
        for name in ("heading", "name", "text", "items", "phone", "email", "url", "note"):
            value = getattr(part, name, None)
            said += [value] if isinstance(value, str) else list(value or ())
    return "\n".join(filter(None, said))


def labels(reply: Reply) -> list[str]:
    """Return the labels of a reply's buttons."""
    return [button.label for row in reply.buttons for button in row]


def actions(reply: Reply) -> list[str]:
    """Return the actions of a reply's buttons."""
    return [button.action for row in reply.buttons for button in row]
