"""The newsletter section on amended policies, in Markdown or HTML, from the entries' own histories."""

from __future__ import annotations

import datetime as dt
import html
from collections.abc import Callable
from urllib.parse import quote

from bot.knowledge.changes import Changed, changes_since, first_published
from bot.knowledge.model import Knowledge

Link = Callable[[str], str | None]
_IN_ADDRESS = "%:/?#[]@!$&'*+,;=~"  # all that an address may hold but brackets, which would end it in Markdown


def markdown(knowledge: Knowledge, since: dt.date, link: Link) -> str:
    """Return the section as Markdown; `link` gives the address of an entry's card, if there is one."""
    lines = [f"## {_heading(since)}", ""]
    for changed in changes_since(knowledge, since):
        title = _escaped(changed.entry.title)
        address = link(changed.entry.id)
        name = f"[{title}]({quote(address, safe=_IN_ADDRESS)})" if address else f"**{title}**"
        lines.append(f"- {name} ({_said(changed.on)}): {_escaped(changed.what)}")
    notes = [*_new(knowledge, since), *_none(lines, knowledge, since)]
    gap = [""] if len(lines) > 2 and notes else []
    return "\n".join([*lines, *gap, *notes]) + "\n"


def as_html(knowledge: Knowledge, since: dt.date, link: Link) -> str:
    """Return the section as HTML to paste into a newsletter; `link` gives the address of an entry's card."""
    items = [_item(changed, link(changed.entry.id)) for changed in changes_since(knowledge, since)]
    lines = [f"<h2>{html.escape(_heading(since))}</h2>"]
    lines += ["<ul>", *items, "</ul>"] if items else []
    notes = [*_new(knowledge, since), *([] if items else _none(["", ""], knowledge, since))]
    lines += [f"<p>{html.escape(note)}</p>" for note in notes]
    return "\n".join(lines) + "\n"


def _item(changed: Changed, address: str | None) -> str:
    title = html.escape(changed.entry.title)
    name = f'<a href="{html.escape(address)}">{title}</a>' if address else f"<strong>{title}</strong>"
    return f"<li>{name} ({_said(changed.on)}): {html.escape(changed.what)}</li>"


def _new(knowledge: Knowledge, since: dt.date) -> list[str]:
    published = first_published(knowledge, since)
    return [f"{count} card{' was' if count == 1 else 's were'} new on {_said(on)}." for on, count in published]


def _none(lines: list[str], knowledge: Knowledge, since: dt.date) -> list[str]:
    return [] if len(lines) > 2 or first_published(knowledge, since) else ["No policy card has changed since then."]


def _heading(since: dt.date) -> str:
    return f"Policy cards amended since {_said(since)}"


def _said(day: dt.date) -> str:
    return f"{day.day} {day:%B %Y}"


def _escaped(text: str) -> str:
    """Return text that Markdown shows as it stands."""
    return "".join(f"\\{c}" if c in "\\`*_[]<>#|&~" else c for c in text)
