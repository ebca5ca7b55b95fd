"""Commands for those who keep the knowledge right: check, confirm, new, schema."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from bot.cli.common import date, now
from bot.errors import ConfirmError
from bot.hours import LONDON
from bot.knowledge.model import CONFIRMABLE
from bot.settings import Settings

if TYPE_CHECKING:
    from bot.cli.common import Commands

# What a command alone needs is imported in it: answers start faster without.


def add_to(commands: Commands) -> None:
    """Add these commands to the parser's."""
    check = commands.add_parser("check", help="is the knowledge sound? every fault at once")
    check.add_argument("--go-live", action="store_true", help="list what the partnership has still to confirm")
    check.set_defaults(run=_check)

    confirm = commands.add_parser("confirm", help="record that the partnership confirmed an entry")
    confirm.add_argument("id", metavar="ENTRY-ID", help="the entry, or the thing named by --kind")
    confirm.add_argument("--role", required=True, help="who confirms it: a role, not a name")
    confirm.add_argument("--on", required=True, type=date, metavar="DATE", help="the day, such as 2027-01-15")
    confirm.add_argument("--review-by", type=date, metavar="DATE", help="when the entry is to be looked at again")
    confirm.add_argument("--kind", choices=CONFIRMABLE, default="entry", help="what is confirmed (default: an entry)")
    confirm.set_defaults(run=_confirm)

    new = commands.add_parser("new", help="write the skeleton of a new entry into a topic file")
    new.add_argument("id", metavar="ENTRY-ID", help="small letters, digits and hyphens, such as lost-property")
    new.add_argument("--group", required=True, metavar="GROUP", help="the topic file it belongs to, without '.yaml'")
    new.set_defaults(run=_new)

    schema = commands.add_parser("schema", help="write the JSON schemas by which editors complete and check")
    schema.add_argument(
        "folder", nargs="?", type=Path, metavar="FOLDER", help="default: schemas in the knowledge folder"
    )
    schema.set_defaults(run=_schema)


def _check(settings: Settings, options: argparse.Namespace) -> int:
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


def _new(settings: Settings, options: argparse.Namespace) -> int:
    from bot.knowledge.skeleton import write_skeleton

    path = write_skeleton(settings.knowledge, options.id, options.group, now().astimezone(LONDON).date())
    print(f"{path}: {options.id} added at the end; fill it in, then run 'signpost check'")
    return 0


def _schema(settings: Settings, options: argparse.Namespace) -> int:
    from bot.knowledge.schemas import write_schemas

    folder = options.folder or settings.knowledge / "schemas"
    for path in write_schemas(folder):
        print(path)
    return 0
