"""Commands that answer: chat, ask, match, telegram."""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import logging
import secrets
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, TextIO

from bot.assistant import Assistant
from bot.channels import terminal
from bot.cli.common import NOBODY, now, say_that_it_learns
from bot.errors import SettingsError
from bot.knowledge.loading import load_knowledge, read_knowledge
from bot.messages import Answer, Person, Question
from bot.publishing.archive import Archive
from bot.publishing.published import answering_from
from bot.publishing.serving import knowledge_to_serve, knowledge_to_try
from bot.settings import Settings
from bot.usage.keys import secret_key
from bot.usage.log import UsageLog

if TYPE_CHECKING:
    from bot.cli.common import Commands

log = logging.getLogger(__name__)

MAX_LINE_CHARS = 100_000


def add_to(commands: Commands) -> None:
    """Add these commands to the parser's."""
    chat = commands.add_parser("chat", help="talk to it in the terminal; needs no account, token or network")
    chat.set_defaults(run=_chat)

    ask = commands.add_parser("ask", help="one answer")
    ask.add_argument("text", help="the question, in quotes")
    ask.add_argument("--json", action="store_true", help="as one JSON object, as 'match' gives it")
    ask.set_defaults(run=_ask)

    match = commands.add_parser("match", help="lines on standard input, one JSON object a line on standard output")
    match.add_argument("--json", action="store_true", required=True, help="the form of the output; the only one")
    match.add_argument(
        "--conversation", action="store_true", help="lines are 'conversation_id<TAB>text', each understood with its own"
    )
    match.set_defaults(run=_match)

    telegram = commands.add_parser("telegram", help="run the Telegram bot (long polling)")
    telegram.set_defaults(run=_telegram)


def _chat(settings: Settings, options: argparse.Namespace) -> int:
    with asyncio.Runner() as runner:
        counted, key = _counting(settings)
        usage = UsageLog(settings.usage_log) if counted else None
        assistant = _trying(settings, usage, key)
        if usage is not None:
            runner.run(usage.start())
        try:
            terminal.converse(terminal.Terminal(assistant, now), runner.run)
        finally:
            if usage is not None:
                runner.run(usage.close())
    return 0


def _ask(settings: Settings, options: argparse.Namespace) -> int:
    answer = _trying(settings).answer(Question(options.text, now(), "ask", NOBODY))
    print(as_json(answer) if options.json else terminal.render(answer.reply), end="\n" if options.json else "")
    return 0


def _match(settings: Settings, options: argparse.Namespace) -> int:
    knowledge = load_knowledge(settings.knowledge)
    assistant = Assistant(answering_from(knowledge, settings.data, say_that_it_learns))
    for line in _lines(sys.stdin):
        conversation, tab, text = line.partition("\t")
        if options.conversation and tab:  # a line that names no conversation stands alone
            answer = assistant.converse(Question(text, now(), "match", Person(conversation)))
        else:
            answer = assistant.answer(Question(line, now(), "match", NOBODY))
        print(as_json(answer), flush=True)
    return 0


def _telegram(settings: Settings, options: argparse.Namespace) -> int:
    # Imported here: the other commands start faster and smaller without the Telegram library.
    from bot.channels.telegram.run import Tell, run, token
    from bot.publishing.live import publish_when_changed, serve_what_is_published

    token(settings)  # without one there is nothing to get ready for

    async def serve() -> None:
        counted, key = _counting(settings)
        usage = UsageLog(settings.usage_log) if counted else None
        knowledge = knowledge_to_serve(settings.knowledge, settings.data, now(), _say_that_it_publishes)
        answering = answering_from(knowledge, settings.data, say_that_it_learns)
        assistant = Assistant(answering, usage, key, Archive(settings.data))

        async def beside(tell: Tell) -> None:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(serve_what_is_published(assistant, settings.data))
                if settings.watch:
                    same = read_knowledge(settings.knowledge).version == knowledge.version
                    tasks.create_task(publish_when_changed(settings.knowledge, tell, is_published=same))

        if usage is None:
            await run(assistant, settings, now, beside)
            return
        async with usage:
            await run(assistant, settings, now, beside)

    asyncio.run(serve())
    return 0


def _counting(settings: Settings) -> tuple[bool, bytes]:
    """Return whether use can be counted, and the key behind pseudonyms.

    Without a lasting key a person would be another one at every start, so nobody is asked or counted then.
    """
    try:
        return True, secret_key(settings.data, settings.secret)
    except SettingsError as error:
        log.error("nothing is counted until this is mended: %s", error)
        return False, secrets.token_bytes(32)


def _trying(settings: Settings, usage: UsageLog | None = None, key: bytes = b"") -> Assistant:
    """Return an assistant on the folder as it is, or on what was published last where the folder has faults."""
    knowledge = knowledge_to_try(settings.knowledge, settings.data)
    answering = answering_from(knowledge, settings.data, say_that_it_learns)
    return Assistant(answering, usage, key, Archive(settings.data))


def _say_that_it_publishes() -> None:
    print("Nothing is published yet: checking and publishing the knowledge folder.", file=sys.stderr, flush=True)


def as_json(answer: Answer) -> str:
    """Return one line of JSON, as the command contract in the README describes it."""
    return json.dumps(
        {
            "text": answer.text,
            "decision": str(answer.decision),
            "entry": answer.entry,
            "score": round(answer.score, 4),
            "candidates": [{"entry": m.entry, "score": round(m.score, 4)} for m in answer.candidates],
            "also_relevant": list(answer.also_relevant),
            "personal_data": list(answer.personal_data),
        },
    )


def _lines(stream: TextIO) -> Iterable[str]:
    """Give a stream's lines, read as UTF-8, without their ends."""
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(encoding="utf-8", errors="replace")
    for line in stream:
        yield line.rstrip("\r\n")[:MAX_LINE_CHARS]
