"""The commands that people may give on any channel, with what each does."""

from __future__ import annotations

from typing import NamedTuple


class Command(NamedTuple):
    """`/name` takes an action, as a button does. `takes` is what may be written behind it."""

    name: str
    action: str
    does: str
    takes: str = ""


COMMANDS = (
    Command("start", "start", "What Signpost is"),
    Command("help", "help", "How to ask"),
    Command("topics", "topics", "Look through the policies"),
    Command("contacts", "contacts", "Whom to ring"),
    Command("escalate", "escalate", "Disagree with a decision: who acts next"),
    Command("wording", "all-wording", "Wording to copy"),
    Command("whatsnew", "whatsnew", "What changed in the policies"),
    Command("answer", "answer", "Show a card again as it was published", takes="its reference"),
    Command("agency", "agency", "Say where you work"),
    Command("privacy", "privacy", "What is kept, and your choice"),
)
ACTIONS = {command.name: command.action for command in COMMANDS}
