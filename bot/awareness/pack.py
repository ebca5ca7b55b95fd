"""The printed pack: the whole knowledge base, or some groups of it, as a PDF for outages and blocked phones.

Every page says which version it is and of which day, and what to ring in danger.
"""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Collection
from math import ceil

from fpdf import FPDF, XPos, YPos
from fpdf.outline import OutlineSection

from bot.hours import LONDON
from bot.knowledge.model import Contact, Entry, Hours, Knowledge, Statement

MARGIN_MM = 18.0
BODY_PT, SMALL_PT, HEADING_PT, TITLE_PT = 10.0, 8.0, 11.0, 15.0
CONTENTS_LINE_MM, CONTENTS_HEADING_MM = 4.0, 9.0
ACT_NAMES = {"now": "Act now", "today": "Act today", "routine": "Routine"}
FONT = "Helvetica"  # every PDF reader has it; it knows the signs of Western Europe
_PLAIN = str.maketrans({"\u2019": "'", "\u2018": "'", "\u201c": '"', "\u201d": '"', "\u2013": "-", "\u2014": "-",
                        "\u2026": "...", "\u2022": "-", "\u00a0": " "})  # fmt: skip


class _Pack(FPDF):
    """A4 pages with the version at their foot."""

    def __init__(self, foot: str, danger: str) -> None:
        super().__init__(format="A4")
        self._foot, self._danger = foot, danger
        self.set_margins(MARGIN_MM, MARGIN_MM, MARGIN_MM)
        self.set_auto_page_break(True, MARGIN_MM + 4)
        self.set_font(FONT, size=BODY_PT)

    def normalize_text(self, text: str) -> str:
        """Return text in signs that the font has; a sign that it lacks becomes the nearest one, or a question mark."""
        plain = unicodedata.normalize("NFKC", text).translate(_PLAIN)
        nearest = "".join(c if c.isascii() or ord(c) < 256 else unicodedata.normalize("NFD", c)[0] for c in plain)
        return nearest.encode("latin-1", "replace").decode("latin-1")

    def footer(self) -> None:
        self.set_y(-MARGIN_MM)
        self.set_font(FONT, "B", SMALL_PT)
        self.cell(0, 4, self._danger, align="C", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.set_font(FONT, "", SMALL_PT)
        self.cell(0, 4, f"{self._foot}    Page {self.page_no()} of {{nb}}", align="C")

    def paragraph(self, text: str, size: float = BODY_PT, style: str = "", indent: float = 0.0) -> None:
        self.set_font(FONT, style, size)
        self.set_x(MARGIN_MM + indent)
        self.multi_cell(0, size * 0.5, text, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def heading(self, text: str, size: float = HEADING_PT) -> None:
        # A heading is never the last thing on a page.
        if self.will_page_break(size * 0.5 * 4):
            self.add_page()
        self.ln(size * 0.15)
        self.paragraph(text, size, "B")

    def listed(self, items: Collection[str], marks: Collection[str]) -> None:
        for mark, item in zip(marks, items, strict=True):
            self.set_font(FONT, "", BODY_PT)
            self.set_x(MARGIN_MM)
            self.cell(7, BODY_PT * 0.5, mark)
            self.multi_cell(0, BODY_PT * 0.5, item, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def pack(knowledge: Knowledge, at: dt.datetime, groups: Collection[str] = ()) -> bytes:
    """Return the PDF of the groups named, in their own order; of all groups if none is named.

    Args:
        at: when it is printed, an aware time.
        groups: ids of topic groups, each one held.
    """
    wording = knowledge.partnership.wording
    day = f"{at.astimezone(LONDON):%d %B %Y}"
    made = _Pack(
        f"Signpost, {knowledge.partnership.area}. Version {knowledge.version}, {day}. {wording.draft}", wording.footer
    )
    made.set_title(f"Signpost, {knowledge.partnership.area}, version {knowledge.version}")
    made.set_creation_date(at)
    made.add_page()
    _front(made, knowledge, day)
    chosen = {id_: group for id_, group in knowledge.groups.items() if not groups or id_ in groups}
    lines = len(chosen) + sum(len(knowledge.in_group(id_)) for id_ in chosen) + 1  # and the contacts
    made.insert_toc_placeholder(_contents, pages=_contents_pages(made, lines))
    for id_, group in chosen.items():
        made.start_section(group.title, level=0)
        made.heading(group.title, TITLE_PT)
        for entry in knowledge.in_group(id_):
            _entry(made, knowledge, entry)
        made.add_page()
    made.start_section("Contacts", level=0)
    made.heading("Contacts", TITLE_PT)
    for contact in knowledge.contacts.values():
        _contact(made, contact)
    return bytes(made.output())


def _front(made: _Pack, knowledge: Knowledge, day: str) -> None:
    partnership = knowledge.partnership
    made.paragraph(f"Signpost, {partnership.area}", 22, "B")
    made.paragraph(partnership.name, HEADING_PT)
    made.ln(4)
    made.paragraph(partnership.wording.footer, TITLE_PT, "B")
    made.ln(2)
    for id_ in dict.fromkeys((*partnership.emergency_contacts, *partnership.help_contacts)):
        _contact(made, knowledge.contacts[id_])
    made.ln(4)
    made.paragraph(f"Version {knowledge.version}, printed on {day}. {partnership.wording.draft}.")
    made.paragraph("A printed copy does not change when the policies do. Check the version before you rely on it.")
    made.add_page()


def _contents(made: FPDF, outline: list[OutlineSection]) -> None:
    made.set_x(MARGIN_MM)
    made.set_font(FONT, "B", TITLE_PT)
    made.cell(0, CONTENTS_HEADING_MM, "Contents", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    for section in outline:
        made.set_font(FONT, "B" if section.level == 0 else "", BODY_PT if section.level == 0 else SMALL_PT)
        link = made.add_link(page=section.page_number)
        made.set_x(MARGIN_MM + 5 * section.level)
        width = made.epw - 5 * section.level - 12
        made.cell(width, CONTENTS_LINE_MM, section.name, link=link)
        number = str(section.page_number)
        made.cell(12, CONTENTS_LINE_MM, number, align="R", link=link, new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _contents_pages(made: FPDF, lines: int) -> int:
    """Return how many pages the contents take: so many are left free for them."""
    room = made.page_break_trigger - made.t_margin
    first = int((room - CONTENTS_HEADING_MM) / CONTENTS_LINE_MM)
    return 1 + max(0, ceil((lines - first) / int(room / CONTENTS_LINE_MM)))


def _entry(made: _Pack, knowledge: Knowledge, entry: Entry) -> None:
    if made.will_page_break(70):
        made.add_page()
    made.ln(3)
    made.start_section(entry.title, level=1)
    made.heading(entry.title, 13)
    made.paragraph(f"{ACT_NAMES[entry.act]}. {entry.summary}")
    made.heading("Do now")
    made.listed([step.text for step in entry.steps], [f"{n}." for n in range(1, len(entry.steps) + 1)])
    _points(made, "Time limits", entry.time_limits)
    made.heading("Contacts")
    for id_ in _with_stand_ins(knowledge, entry.contacts):
        _contact(made, knowledge.contacts[id_])
    made.heading("This may be the moment when")
    made.listed(entry.watch_for, ["-"] * len(entry.watch_for))
    _points(made, "More", entry.detail)
    for agency, said in entry.by_agency.items():
        _points(made, knowledge.agencies[agency].name, said)
    for template in knowledge.templates_for(entry.id):
        if template.entries[0] == entry.id:  # printed once, on the first card that it goes with
            made.heading(f"Wording: {template.title}")
            made.paragraph(template.use, SMALL_PT)
            made.paragraph(template.text, BODY_PT, indent=4)
    sources = "; ".join(knowledge.sources[id_].title for id_ in entry.sources)
    standing = f"Confirmed by {entry.confirmed.role}, {entry.confirmed.on:%d %B %Y}." if entry.confirmed else "Draft."
    made.ln(1)
    made.paragraph(f"Answer {entry.id}/{knowledge.version}. {standing} Sources: {sources}.", SMALL_PT)


def _points(made: _Pack, heading: str, statements: Collection[Statement]) -> None:
    if statements:
        made.heading(heading)
        made.listed([statement.text for statement in statements], ["-"] * len(statements))


def _with_stand_ins(knowledge: Knowledge, ids: Collection[str]) -> list[str]:
    found: dict[str, None] = {}
    for id_ in ids:
        found[id_] = None
        other = knowledge.contacts[id_].otherwise
        if other is not None:
            found[other] = None
    return list(found)


def _contact(made: _Pack, contact: Contact) -> None:
    hours = {Hours.WORKING_DAY: "working day", Hours.OUTSIDE_WORKING_DAY: "evenings, nights, weekends, bank holidays"}
    reach = ", ".join(value for value in (contact.phone, contact.email, contact.url) if value)
    notes = "; ".join(value for value in (hours.get(contact.hours), contact.note) if value)
    said = f"{contact.name}: {reach}" if reach else contact.name
    made.paragraph(f"{said} ({notes})" if notes else said, indent=2)
