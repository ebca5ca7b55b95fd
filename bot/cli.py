"""The command line: parses arguments, builds the objects, runs one command. It owns every exit code:
0 done, 1 a fault that the message names, 2 arguments that cannot be used, 130 stopped by the keyboard.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import io
import json
import logging
import os
import secrets
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TextIO

from bot.assistant import Assistant, matcher_examples
from bot.channels import terminal
from bot.errors import ConfirmError, SettingsError, SignpostError
from bot.hours import LONDON
from bot.knowledge.loading import load_knowledge, load_to_answer_from
from bot.knowledge.model import CONFIRMABLE, Knowledge
from bot.matching.cache import learnt
from bot.matching.evaluation import judge, read_questions, report
from bot.messages import Answer, Person, Question
from bot.settings import Settings, read_settings
from bot.usage.keys import secret_key
from bot.usage.log import UsageLog
from bot.usage.stats import counts
from bot.usage.stats import render as render_stats

log = logging.getLogger(__name__)

NOBODY = Person("")
MAX_LINE_CHARS = 100_000


def now() -> dt.datetime:
    """Return the time, in UTC."""
    return dt.datetime.now(dt.UTC)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    _forgive_bytes()
    try:
        settings = read_settings(os.environ, Path(".env"))
        return int(options.run(settings, options))
    except SignpostError as error:
        print(f"signpost: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader has gone, as with `| head`. Python would complain once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _forgive_bytes() -> None:
    """Read and write what does not fit the terminal's encoding as a sign in its place, never as a reason to stop."""
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="signpost",
        description="Tells people who protect children in Kent which policy applies and what to do now.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    chat = commands.add_parser("chat", help="talk to it in the terminal; needs no account, token or network")
    chat.set_defaults(run=_chat)

    ask = commands.add_parser("ask", help="one answer")
    ask.add_argument("text", help="the question, in quotes")
    ask.add_argument("--json", action="store_true", help="as one JSON object, as 'match' gives it")
    ask.set_defaults(run=_ask)

    match = commands.add_parser("match", help="lines on standard input, one JSON object a line on standard output")
    match.add_argument("--json", action="store_true", required=True, help="the form of the output; the only one")
    match.set_defaults(run=_match)

    telegram = commands.add_parser("telegram", help="run the Telegram bot (long polling)")
    telegram.set_defaults(run=_telegram)

    check_ = commands.add_parser("check", help="is the knowledge sound? every fault at once")
    check_.add_argument("--go-live", action="store_true", help="list what the partnership has still to confirm")
    check_.set_defaults(run=_check)

    confirm_ = commands.add_parser("confirm", help="record that the partnership confirmed an entry")
    confirm_.add_argument("id", metavar="ENTRY-ID", help="the entry, or the thing named by --kind")
    confirm_.add_argument("--role", required=True, help="who confirms it: a role, not a name")
    confirm_.add_argument("--on", required=True, type=_date, metavar="DATE", help="the day, such as 2027-01-15")
    confirm_.add_argument("--review-by", type=_date, metavar="DATE", help="when the entry is to be looked at again")
    confirm_.add_argument("--kind", choices=CONFIRMABLE, default="entry", help="what is confirmed (default: an entry)")
    confirm_.set_defaults(run=_confirm)

    evaluate = commands.add_parser("evaluate", help="accuracy on a labelled question file")
    evaluate.add_argument("file", type=Path, metavar="FILE.csv", help="columns text, topic, acceptable, style")
    evaluate.add_argument("--errors", action="store_true", help="list every question that went wrong")
    evaluate.set_defaults(run=_evaluate)

    stats = commands.add_parser("stats", help="counts by day, entry, decision and agency")
    stats.set_defaults(run=_stats)
    return parser


def _chat(settings: Settings, options: argparse.Namespace) -> int:
    with asyncio.Runner() as runner:
        counted, key = _counting(settings)
        usage = UsageLog(settings.usage_log) if counted else None
        assistant = _assistant(settings, usage, key)
        if usage is not None:
            runner.run(usage.start())
        try:
            terminal.converse(terminal.Terminal(assistant, now), runner.run)
        finally:
            if usage is not None:
                runner.run(usage.close())
    return 0


def _ask(settings: Settings, options: argparse.Namespace) -> int:
    assistant = _assistant(settings)
    answer = assistant.answer(Question(options.text, now(), "ask", NOBODY))
    print(as_json(answer) if options.json else terminal.render(answer.reply), end="\n" if options.json else "")
    return 0


def _match(settings: Settings, options: argparse.Namespace) -> int:
    assistant = _assistant(settings, load=load_knowledge)
    for line in _lines(sys.stdin):
        answer = assistant.answer(Question(line, now(), "match", NOBODY))
        print(as_json(answer), flush=True)
    return 0


def _telegram(settings: Settings, options: argparse.Namespace) -> int:
    # Imported here: the other commands start faster and smaller without the Telegram library.
    from bot.channels.telegram.run import run

    async def serve() -> None:
        counted, key = _counting(settings)
        if not counted:
            await run(_assistant(settings, None, key), settings, now)
            return
        async with UsageLog(settings.usage_log) as usage:
            await run(_assistant(settings, usage, key), settings, now)

    asyncio.run(serve())
    return 0


def _check(settings: Settings, options: argparse.Namespace) -> int:
    # Imported here, as what `confirm` needs is: answers start faster without them.
    from bot.check.everything import check
    from bot.check.go_live import report as go_live_report
    from bot.check.go_live import to_confirm
    from bot.check.report import report as report_check

    checked = check(settings.knowledge, now().astimezone(LONDON).date())
    print(report_check(checked), end="")
    if options.go_live and checked.knowledge is not None:
        waiting = to_confirm(checked.knowledge)
        print(f"\n{go_live_report(waiting)}", end="")
        return 1 if waiting or checked.faults else 0
    return 1 if checked.faults else 0


def _confirm(settings: Settings, options: argparse.Namespace) -> int:
    from bot.knowledge.confirming import confirm

    today = now().astimezone(LONDON).date()
    if options.on > today:
        raise ConfirmError(f"nothing confirmed: --on {options.on} lies in the future; today is {today}")
    path = confirm(settings.knowledge, options.kind, options.id, options.role, options.on, options.review_by)
    print(f"{path}: {options.kind} {options.id} confirmed by {options.role} on {options.on}")
    return 0


def _date(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is no date such as 2027-01-15") from None


def _evaluate(settings: Settings, options: argparse.Namespace) -> int:
    questions = read_questions(options.file)
    assistant = _assistant(settings, load=load_knowledge)
    entries = assistant.knowledge.entries
    at = now()
    judged, left_out = judge(questions, lambda text: assistant.answer(Question(text, at, "evaluate", NOBODY)), entries)
    acts = {id_: entry.act for id_, entry in entries.items()}
    print(report(judged, left_out, acts, options.errors), end="")
    return 0


def _stats(settings: Settings, options: argparse.Namespace) -> int:
    print(render_stats(counts(settings.usage_log)), end="")
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


def _assistant(
    settings: Settings,
    usage: UsageLog | None = None,
    key: bytes = b"",
    load: Callable[[Path], Knowledge] = load_to_answer_from,
) -> Assistant:
    knowledge = load(settings.knowledge)
    matcher = learnt(settings.data, matcher_examples(knowledge), knowledge.lexicon, _say_that_it_learns)
    return Assistant(knowledge, matcher, usage, key)


def _say_that_it_learns(texts: int) -> None:
    print(f"Learning from {texts:,} texts; this happens once after a change.", file=sys.stderr, flush=True)


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
