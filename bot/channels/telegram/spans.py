"""Styled text on its way to Telegram: written as HTML, and cut to the length of a message.

Text stays plain until it is written, so a cut cannot fall inside a tag, an entity or a character.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

BREAKS = ("\n\n", "\n", " ")  # where a message is best cut, best first


@dataclass(frozen=True, slots=True)
class Span:
    """Text in one style. `href`, if given, is a sound web address that the whole span links to.

    `block` is text to copy: Telegram shows it in a box of its own that copies whole at a tap.
    """

    text: str
    bold: bool = False
    italic: bool = False
    href: str | None = None
    block: bool = False


def units(text: str) -> int:
    """Return the length of a text as Telegram counts it: in UTF-16 code units."""
    return len(text) + sum(c > "\uffff" for c in text)


def to_html(spans: Iterable[Span]) -> str:
    """Return the spans in Telegram's HTML, everything in them escaped."""
    return "".join(_open(span) + html.escape(span.text, quote=False) + _close(span) for span in spans)


def to_plain(spans: Iterable[Span]) -> str:
    """Return the spans without markup; a link's address stands behind its text. Not longer than the HTML."""
    return "".join(f"{span.text} ({span.href})" if span.href else span.text for span in spans)


def cut(spans: Sequence[Span], limit: int) -> list[list[Span]]:
    """Cut spans into pieces whose HTML has at most `limit` UTF-16 units, at white space where there is some.

    What is limited is the HTML, which is never shorter than the text Telegram measures. Only white space is
    lost, at the cuts. `limit` must leave room for one character in every span's tags.
    """
    pieces: list[list[Span]] = []
    rest = _strip(spans)
    while rest:
        fitting = _fitting(rest, limit)
        text = "".join(span.text for span in rest)
        place = len(text) if fitting == len(text) else _place(text, fitting)
        pieces.append(_strip(_slice(rest, 0, place)))
        rest = _strip(_slice(rest, place, len(text)))
    return pieces


def _open(span: Span) -> str:
    link = f'<a href="{html.escape(span.href)}">' if span.href else ""
    return "<pre>" * span.block + "<b>" * span.bold + "<i>" * span.italic + link


def _close(span: Span) -> str:
    return "</a>" * bool(span.href) + "</i>" * span.italic + "</b>" * span.bold + "</pre>" * span.block


def _fitting(spans: Sequence[Span], limit: int) -> int:
    """Return how many characters of the text fit."""
    used = count = 0
    for span in spans:
        used += units(_open(span) + _close(span))
        for character in span.text:
            used += units(html.escape(character, quote=False))
            if used > limit:
                return count
            count += 1
    return count


def _place(text: str, fitting: int) -> int:
    """Return where to cut a text of which `fitting` characters fit; a word longer than that is cut in two."""
    for mark in BREAKS:
        # One character more is looked at: a mark right behind what fits needs no room, it is lost at the cut.
        place = text.rfind(mark, 1, fitting + 1)
        if place > 0:
            return place
    return max(fitting, 1)


def _slice(spans: Sequence[Span], start: int, end: int) -> list[Span]:
    found, at = [], 0
    for span in spans:
        text = span.text[max(start - at, 0) : max(end - at, 0)]
        at += len(span.text)
        if text:
            found.append(replace(span, text=text))
    return found


def _strip(spans: Sequence[Span]) -> list[Span]:
    """Return spans without white space at either end: Telegram drops it, and refuses an empty message."""
    text = "".join(span.text for span in spans)
    start = len(text) - len(text.lstrip())
    return _slice(spans, start, max(len(text.rstrip()), start))
