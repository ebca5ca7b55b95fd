"""The terminal: a conversation on standard input and output, with numbered choices instead of buttons.

`render` is pure. Control characters never reach the screen: a reply cannot move the cursor or recolour the terminal.
"""

from __future__ import annotations

import datetime as dt
import sys
import textwrap
import unicodedata
from collections.abc import Callable, Coroutine, Iterator, Sequence
from typing import Any, TextIO

from bot.assistant import Assistant
from bot.commands import ACTIONS
from bot.decision import Decision
from bot.messages import (
    Alarm,
    Button,
    Call,
    Paragraph,
    Part,
    Person,
    Points,
    Press,
    Question,
    Reply,
    Small,
    Steps,
    Title,
    Wording,
)

CHANNEL = "terminal"
USER = "local"  # whoever can read the data folder is one person here
WIDTH = 78
LEAVE = ("/quit", "/exit")


def render(reply: Reply, width: int = WIDTH) -> str:
    """Return a reply as plain text, lines of at most `width` characters (longer words stay whole), choices numbered."""
    blocks = [_part(part, width) for part in reply.parts]
    text = "\n\n".join(block for block in _join_calls(reply.parts, blocks) if block)
    choices = offered(reply)
    if choices:
        lines = [_wrap(button.label, width, f"  [{n}] ", "      ") for n, button in enumerate(choices, 1)]
        text += "\n\n" + "\n".join(lines)
    return text + "\n"


def offered(reply: Reply) -> tuple[Button, ...]:
    """Return the choices that a terminal can offer: it copies nothing, one marks the text with the mouse."""
    return tuple(button for row in reply.buttons for button in row if button.copies is None)


def _join_calls(parts: Sequence[Part], blocks: Sequence[str]) -> Iterator[str]:
    """Keep contacts together, and the small print together: they belong to one another."""
    held = ""
    for place, (part, block) in enumerate(zip(parts, blocks, strict=True)):
        held = f"{held}\n{block}" if held else block
        following = parts[place + 1] if place + 1 < len(parts) else None
        if isinstance(part, Call | Small) and type(following) is type(part):
            continue
        yield held
        held = ""


def _part(part: Part, width: int) -> str:
    match part:
        case Title(text):
            return f"{_wrap(text, width)}\n{'=' * min(width, len(_clean(text)))}"
        case Alarm(text):
            return _wrap(text, width, "!! ", "   ")
        case Paragraph(text):
            return _wrap(text, width)
        case Steps(items, heading):
            lines = [_wrap(item, width, f"{n:>2}. ", "    ") for n, item in enumerate(items, 1)]
            return "\n".join([f"{_clean(heading)}:"] * bool(heading) + lines)
        case Points(items, heading):
            lines = [_wrap(item, width, "  - ", "    ") for item in items]
            return "\n".join([f"{_clean(heading)}:"] * bool(heading) + lines)
        case Call():
            return _call(part, width)
        case Wording(text):
            return "\n".join(["-" * width, *map(_clean, text.split("\n")), "-" * width])
        case Small(text, url):
            return _wrap(f"{text} {url or ''}".rstrip(), width)


def _call(call: Call, width: int) -> str:
    reach = ", ".join(value for value in (call.phone, call.email, call.url) if value)
    note = f" ({call.note})" if call.note else ""
    return _wrap(f"{call.name}: {reach}{note}" if reach else f"{call.name}:{note}", width, "  > ", "    ")


def _wrap(text: str, width: int, first: str = "", rest: str = "") -> str:
    return textwrap.fill(
        _clean(text), width, initial_indent=first, subsequent_indent=rest,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip


def _clean(text: str) -> str:
    return "".join(c for c in text if unicodedata.category(c)[0] != "C")


class Terminal:
    """One person's conversation. `now` gives aware UTC times; replies go to `target`."""

    def __init__(self, assistant: Assistant, now: Callable[[], dt.datetime], target: TextIO | None = None) -> None:
        self._assistant = assistant
        self._now = now
        self._target = target or sys.stdout
        self._choices: tuple[Button, ...] = ()

    async def open(self) -> None:
        """Say what this is and how to use it."""
        await self._press("start")
        self.print(_wrap(f"Commands: {' '.join('/' + name for name in ACTIONS)} /quit", WIDTH) + "\n")

    async def take(self, text: str) -> None:
        """Answer one line: a choice by its number or its words, a command, or else a question."""
        named = next((button for button in self._choices if button.label.casefold() == text.casefold()), None)
        command, _, rest = text.partition(" ")
        action = ACTIONS.get(command[1:].casefold()) if command.startswith("/") else None
        if named is not None:
            await self._press(named.action)
        elif text.isdecimal() and text.isascii() and len(text) < 4 and 1 <= int(text) <= len(self._choices):
            await self._press(self._choices[int(text) - 1].action)
        else:
            question = Question(text, self._now(), CHANNEL, await self._person())
            # Danger is never hidden behind a command.
            if action is not None and not (rest and self._assistant.answer(question).decision == Decision.URGENT):
                await self._press(action, rest.strip())
            else:
                await self._assistant.handle(question, self._send)

    def print(self, text: str, end: str = "\n") -> None:
        """Write text; what the screen's encoding cannot show is replaced."""
        encoding = self._target.encoding or "utf-8"
        self._target.write(text.encode(encoding, "replace").decode(encoding) + end)
        self._target.flush()

    async def _press(self, action: str, argument: str = "") -> None:
        person = await self._person()
        await self._assistant.press(Press(action, self._now(), CHANNEL, person, argument=argument), self._send)

    async def _person(self) -> Person:
        return await self._assistant.person(CHANNEL, USER)

    async def _send(self, reply: Reply) -> None:
        self._choices = offered(reply)
        self.print("\n" + render(reply))


def converse(
    terminal: Terminal, run: Callable[[Coroutine[Any, Any, None]], None], source: TextIO | None = None
) -> None:
    """Talk until the input ends or the person leaves. `run` runs one coroutine to its end.

    Lines are waited for outside the event loop, so that Control-C ends the wait at once.
    """
    lines = source or sys.stdin
    run(terminal.open())
    while True:
        terminal.print("\nyou> ", end="")
        line = lines.readline()
        text = line.strip()
        if not line or text.casefold() in LEAVE:
            terminal.print("")
            return
        if text:
            run(terminal.take(text))
