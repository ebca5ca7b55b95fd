"""Render a Reply for Telegram: pure, everything escaped, every message within Telegram's limits.

Phones turn a number in plain text into a link that rings it, so phone numbers carry no markup.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from bot.channels.telegram.spans import Span, cut, to_html, to_plain, units
from bot.messages import Alarm, Button, Call, Paragraph, Part, Points, Reply, Small, Steps, Title, Wording

MESSAGE_UNITS = 4096  # Bot API, sendMessage
TOAST_UNITS = 200  # Bot API, answerCallbackQuery
ACTION_BYTES = 64  # Bot API, InlineKeyboardButton
COPIED_CHARS = 256  # Bot API, CopyTextButton
LABEL_CHARS = 64  # longer ones do not fit a phone's width
HREF_CHARS = 1024  # a longer address leaves too little room for its text
SIREN = "\N{POLICE CARS REVOLVING LIGHT}"

Rows = tuple[tuple[Button, ...], ...]


@dataclass(frozen=True, slots=True)
class Chunk:
    """One message: its HTML, its buttons (None: no keyboard), and the same words without markup."""

    html: str
    rows: Rows | None
    plain: str


def render(reply: Reply) -> list[Chunk]:
    """Return the messages a reply is sent as, in order; only the last has buttons. No words, no message."""
    pieces = cut(list(_spans(reply.parts)), MESSAGE_UNITS)
    last = len(pieces) - 1
    rows = keyboard(reply.buttons)
    return [
        Chunk(to_html(piece), rows if number == last else None, to_plain(piece)) for number, piece in enumerate(pieces)
    ]


def keyboard(buttons: Rows) -> Rows | None:
    """Return the buttons Telegram takes, or None if none: one bad button would cost the whole message."""
    rows = (
        tuple(_button(button) for button in row if _is_sound(button) and not _is_too_long(button)) for row in buttons
    )
    return tuple(row for row in rows if row) or None


def toast(reply: Reply) -> str:
    """Return a reply as a remark, shown over the chat for a moment; what is too long for that is cut."""
    text = " ".join(to_plain(_spans(reply.parts)).split())
    while units(text) > TOAST_UNITS:
        text = text[:-2].rstrip() + "…"
    return text


def is_urgent(reply: Reply) -> bool:
    """Say whether a reply begins with 999."""
    return any(isinstance(part, Alarm) for part in reply.parts)


def _button(button: Button) -> Button:
    label = " ".join(_clean(button.label).split())
    short = label if len(label) <= LABEL_CHARS else label[: LABEL_CHARS - 1].rstrip() + "…"
    return Button(short, button.action, button.copies)


def _is_too_long(button: Button) -> bool:
    """Say whether a button would copy more than Telegram lets it: the block above it then does that at a tap."""
    return button.copies is not None and not 1 <= len(button.copies) <= COPIED_CHARS


def _is_sound(button: Button) -> bool:
    size = len(button.action.encode("utf-8", "replace"))
    return bool(_clean(button.label).strip()) and 1 <= size <= ACTION_BYTES and _clean(button.action) == button.action


def _spans(parts: Sequence[Part]) -> Iterator[Span]:
    before: Part | None = None
    for part in parts:
        if before is not None:
            # Contacts belong together, and so does the small print.
            together = isinstance(part, Call | Small) and type(part) is type(before)
            yield Span("\n" if together else "\n\n")
        yield from _part(part)
        before = part


def _part(part: Part) -> Iterator[Span]:
    match part:
        case Title(text):
            yield Span(_clean(text), bold=True)
        case Alarm(text):
            yield Span(f"{SIREN} {_clean(text)}", bold=True)
        case Paragraph(text):
            yield Span(_clean(text))
        case Steps(items, heading):
            yield from _listed([f"{number}. {item}" for number, item in enumerate(items, 1)], heading)
        case Points(items, heading):
            yield from _listed([f"• {item}" for item in items], heading)
        case Call():
            yield from _call(part)
        case Wording(text):
            yield Span(_clean(text), block=True)
        case Small(text, url):
            yield Span(_clean(text), italic=True, href=_href(url))
            if url and not _href(url):
                yield Span(f" {_clean(url)}", italic=True)


def _listed(lines: Sequence[str], heading: str) -> Iterator[Span]:
    if heading:
        yield Span(f"{_clean(heading)}:", bold=True)
        yield Span("\n")
    yield Span("\n".join(map(_clean, lines)))


def _call(call: Call) -> Iterator[Span]:
    yield Span(_clean(call.name), bold=True)
    reach = [Span(_clean(value)) for value in (call.phone, call.email) if value]
    if call.url:
        href = _href(call.url)
        # The reader sees where a link leads before following it.
        reach.append(Span(_host(href), href=href) if href else Span(_clean(call.url)))
    for place, span in enumerate(reach):
        yield Span(", " if place else ": ")
        yield span
    if call.note:
        yield Span(f" ({_clean(call.note)})" if reach else f": {_clean(call.note)}")


def _href(url: str | None) -> str | None:
    """Return an address that may be linked, or None: the web only, never `javascript:` or `tg:`."""
    try:
        parts = urlsplit(url or "")
        host = parts.hostname
    except ValueError:
        return None
    sound = parts.scheme in ("http", "https") and bool(host) and len(url or "") <= HREF_CHARS
    return url if sound and url and not any(c.isspace() for c in url) and _clean(url) == url else None


def _host(url: str) -> str:
    return (urlsplit(url).hostname or url).removeprefix("www.")


def _clean(text: str) -> str:
    """Return a text without control characters and halves of characters, neither of which can be sent."""
    return "".join(c for c in text if c == "\n" or unicodedata.category(c) not in ("Cc", "Cs"))
