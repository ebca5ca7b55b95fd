"""Commands about versions: publish, versions, rollback, diff, answer."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import time
from typing import TYPE_CHECKING

from bot.cli.common import now
from bot.hours import LONDON
from bot.settings import Settings

if TYPE_CHECKING:
    from bot.cli.common import Commands

# What a command alone needs is imported in it: answers start faster without.


def add_to(commands: Commands) -> None:
    """Add these commands to the parser's."""
    publish = commands.add_parser("publish", help="check the knowledge folder and make it live, or say why not")
    publish.set_defaults(run=_publish)

    versions = commands.add_parser("versions", help="what was published, latest first")
    versions.set_defaults(run=_versions)

    rollback = commands.add_parser("rollback", help="make a version live again that was published before")
    rollback.add_argument("version", metavar="VERSION", help="as 'signpost versions' shows it; its first letters do")
    rollback.set_defaults(run=_rollback)

    diff = commands.add_parser("diff", help="what changed between two versions, in words, and where questions go now")
    diff.add_argument("old", metavar="OLD", help="a folder, a published version, or a git revision")
    diff.add_argument("new", metavar="NEW", nargs="?", help="the same; default: the knowledge folder as it is")
    diff.add_argument("--questions", metavar="FILE.csv", help="labelled questions to ask of both")
    diff.set_defaults(run=_diff)

    answer = commands.add_parser("answer", help="show a card as it was published, by the reference on it")
    answer.add_argument("reference", metavar="REF", help="such as escalation/461438d7")
    answer.set_defaults(run=_answer)


def _publish(settings: Settings, options: argparse.Namespace) -> int:
    from bot.publishing.publish import publish

    with contextlib.suppress(AttributeError, OSError):
        os.nice(10)  # whoever is being answered meanwhile goes first
    began = time.monotonic()
    done = publish(settings.knowledge, settings.data, now())
    for remark in done.remarks:
        print(f"worth a look: {remark}")
    before = "nothing before" if done.before is None else f"version {done.before} before"
    if done.before == done.version:
        before = "it was live already"
    print(f"published version {done.version}, {done.entries} entries; {before} ({time.monotonic() - began:.1f} s)")
    return 0


def _versions(settings: Settings, options: argparse.Namespace) -> int:
    from bot.publishing.published import versions_in

    publications = versions_in(settings.data).publications()
    for place, one in enumerate(publications):
        at = one.at.astimezone(LONDON)
        live = "  live" if place == 0 else ""
        print(f"{one.version}  {at:%d %B %Y %H:%M}  {one.kind:<8}  {one.entries} entries{live}")
    if not publications:
        print("nothing is published yet: 'signpost publish' does it")
    return 0


def _rollback(settings: Settings, options: argparse.Namespace) -> int:
    from bot.publishing.publish import roll_back

    done = roll_back(settings.data, options.version, now())
    print(f"version {done.version}, {done.entries} entries, is live again; version {done.before} was until now")
    return 0


def _diff(settings: Settings, options: argparse.Namespace) -> int:
    from bot.publishing.compare import compare, knowledge_named

    print("Reading, learning and asking both; this takes some twenty seconds.", file=sys.stderr, flush=True)
    old = knowledge_named(options.old, settings)
    new = knowledge_named(options.new or str(settings.knowledge), settings)
    print(compare(old, new, settings.data, options.questions, now().astimezone(LONDON).date()), end="")
    return 0


def _answer(settings: Settings, options: argparse.Namespace) -> int:
    from bot.channels.terminal import render
    from bot.publishing.archive import Archive

    print(render(Archive(settings.data, settings.knowledge).card(options.reference, now())), end="")
    return 0
