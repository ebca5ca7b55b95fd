"""The only types that cross a channel boundary: a Question comes in, an Answer with its Reply goes out.

A Reply is made of channel-neutral parts: plain words, no markup, no client, nothing that sends.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Person:
    """Who asks, as far as Signpost knows: a pseudonym, never a name.

    `consent` is None until the person has said yes or no to being counted by agency.
    """

    pseudonym: str
    consent: bool | None = None
    agency: str | None = None


@dataclass(frozen=True, slots=True)
class Context:
    """What a person was given last: ids only, never a word of what anybody wrote.

    `shown` is the entry whose card or page it was, `likely` what else the message before may have been about, best
    first; `offered` are the actions of the choices that came with it, in order.
    """

    at: dt.datetime
    shown: str | None = None
    likely: tuple[str, ...] = ()
    offered: tuple[str, ...] = ()

    @property
    def last(self) -> str | None:
        """The entry that was shown last, or else was likeliest."""
        return self.shown or next(iter(self.likely), None)


@dataclass(frozen=True, slots=True)
class Question:
    """One message. `text` is raw and stays in memory; `asked_at` is an aware UTC time.

    `place` tells apart the chats of one person. `context` is what they were given there a short while before.
    """

    text: str
    asked_at: dt.datetime
    channel: str
    person: Person
    place: str = ""
    context: Context | None = None


@dataclass(frozen=True, slots=True)
class Press:
    """One button pressed or command given: `action` is a Button's action, possibly stale or forged.

    `argument` is what was written behind a command.
    """

    action: str
    asked_at: dt.datetime
    channel: str
    person: Person
    place: str = ""
    argument: str = ""


@dataclass(frozen=True, slots=True)
class Title:
    """The heading of a card."""

    text: str


@dataclass(frozen=True, slots=True)
class Alarm:
    """Words that must be seen first: 999."""

    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A sentence or two."""

    text: str


@dataclass(frozen=True, slots=True)
class Steps:
    """Numbered things to do, in order."""

    items: tuple[str, ...]
    heading: str = ""


@dataclass(frozen=True, slots=True)
class Points:
    """Things that belong together, in no order."""

    items: tuple[str, ...]
    heading: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """Whom to contact and how; `note` says when or what else to know."""

    name: str
    phone: str | None = None
    url: str | None = None
    email: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Wording:
    """Text to copy whole, its line breaks included."""

    text: str


@dataclass(frozen=True, slots=True)
class Small:
    """Print that matters less: source, reference, draft, footer."""

    text: str
    url: str | None = None


Part = Title | Alarm | Paragraph | Steps | Points | Call | Wording | Small


@dataclass(frozen=True, slots=True)
class Button:
    """A choice. `action` has at most 64 bytes, as Telegram's callback data.

    `copies` is text that the button copies, where the channel can do that; elsewhere the action is taken.
    """

    label: str
    action: str
    copies: str | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What a person reads, in order, then the choices they are given, row by row."""

    parts: tuple[Part, ...]
    buttons: tuple[tuple[Button, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """An entry and how likely it is the one meant: `score` in [0, 1], higher is likelier."""

    entry: str
    score: float


@dataclass(frozen=True, slots=True)
class Answer:
    """A Reply with what led to it; the log and `signpost match --json` are made from this.

    `decision` is urgent, answer, clarify or no_match for a message, and opened, useful or not-meant for a press.
    `text` is the message with personal details replaced.
    """

    reply: Reply
    decision: str
    entry: str | None = None
    score: float = 0.0
    candidates: tuple[Match, ...] = ()
    also_relevant: tuple[str, ...] = ()
    personal_data: tuple[str, ...] = ()
    text: str = field(default="", repr=False)
