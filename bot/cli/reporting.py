"""Commands that measure and report: evaluate, stats, newsletter, pack."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from bot.assistant import Assistant
from bot.cli.common import NOBODY, date, now, say_that_it_learns
from bot.errors import PackError
from bot.knowledge.loading import load_knowledge
from bot.knowledge.whole_file import write_whole
from bot.messages import Person, Question
from bot.publishing.published import answering_from
from bot.publishing.serving import knowledge_to_try
from bot.settings import Settings
from bot.usage.stats import counts
from bot.usage.stats import render as render_stats

if TYPE_CHECKING:
    from bot.cli.common import Commands


def add_to(commands: Commands) -> None:
    """Add these commands to the parser's."""
    evaluate = commands.add_parser("evaluate", help="accuracy on a labelled question file")
    evaluate.add_argument("file", type=Path, metavar="FILE.csv", help="columns text, topic, acceptable, style")
    evaluate.add_argument("--errors", action="store_true", help="list every question that went wrong")
    evaluate.add_argument(
        "--conversations",
        action="store_true",
        help="the file holds conversations: conversation_id, turn, text, expected",
    )
    evaluate.set_defaults(run=_evaluate)

    stats = commands.add_parser("stats", help="counts by day, entry, decision and agency")
    stats.set_defaults(run=_stats)

    newsletter = commands.add_parser("newsletter", help="the newsletter section on amended policies")
    newsletter.add_argument(
        "--since", required=True, type=date, metavar="DATE", help="the first day, such as 2027-01-15"
    )
    newsletter.add_argument("--html", action="store_true", help="as HTML instead of Markdown")
    newsletter.set_defaults(run=_newsletter)

    pack = commands.add_parser("pack", help="the knowledge base as a PDF to print")
    pack.add_argument(
        "--out", type=Path, default=Path("signpost-pack.pdf"), metavar="FILE.pdf", help="where to write it"
    )
    pack.add_argument("groups", nargs="*", metavar="GROUP", help="topic groups, such as act-now; default: all")
    pack.set_defaults(run=_pack)


def _evaluate(settings: Settings, options: argparse.Namespace) -> int:
    from bot.matching import conversations
    from bot.matching.evaluation import judge, read_questions, report

    if options.conversations:
        turns = conversations.read_turns(options.file)
    else:
        questions = read_questions(options.file)
    knowledge = load_knowledge(settings.knowledge)
    assistant = Assistant(answering_from(knowledge, settings.data, say_that_it_learns))
    at = now()
    if options.conversations:
        asked = [
            conversations.judged(
                turn, assistant.converse(Question(turn.text, at, "evaluate", Person(turn.conversation)))
            )
            for turn in turns
        ]
        print(conversations.report(asked, options.errors), end="")
        return 0
    entries = assistant.knowledge.entries
    judged, left_out = judge(questions, lambda text: assistant.answer(Question(text, at, "evaluate", NOBODY)), entries)
    acts = {id_: entry.act for id_, entry in entries.items()}
    print(report(judged, left_out, acts, options.errors), end="")
    return 0


def _stats(settings: Settings, options: argparse.Namespace) -> int:
    print(render_stats(counts(settings.usage_log)), end="")
    return 0


def _newsletter(settings: Settings, options: argparse.Namespace) -> int:
    from bot.awareness.newsletter import as_html, markdown

    knowledge = knowledge_to_try(settings.knowledge, settings.data)
    link = settings.card_link

    def address(entry: str) -> str | None:
        return link.replace("{entry}", entry) if link else None

    made = as_html if options.html else markdown
    print(made(knowledge, options.since, address), end="")
    return 0


def _pack(settings: Settings, options: argparse.Namespace) -> int:
    from bot.awareness.pack import pack

    knowledge = knowledge_to_try(settings.knowledge, settings.data)
    for group in options.groups:
        if group not in knowledge.groups:
            raise PackError(f"'{group}' is no topic group; there are: {', '.join(knowledge.groups)}")
    made = pack(knowledge, now(), options.groups)
    try:
        write_whole(options.out, made)
    except OSError as error:
        raise PackError(f"{options.out}: cannot be written: {error.strerror}") from None
    print(f"{options.out}: version {knowledge.version}, {len(made):,} bytes")
    return 0
