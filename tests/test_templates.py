"""Wording to copy: blanks only, whole in one message, copied with one tap, and refused where it could mislead."""

from __future__ import annotations

import html
import re
from collections import Counter
from pathlib import Path

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels import terminal
from bot.channels.telegram.render import COPIED_CHARS, MESSAGE_UNITS, keyboard, render
from bot.errors import KnowledgeError
from bot.knowledge.loading import load_knowledge, load_to_answer_from
from bot.knowledge.model import MAX_BLOCK_CHARS, Template
from bot.messages import Button, Reply, Wording
from bot.replies import Composer
from bot.safety.personal_data import redact
from tests import support
from tests.conftest import SMALL_KNOWLEDGE, edit
from tests.support import TUESDAY_MORNING, actions, knowledge, words

TEMPLATES = sorted(knowledge().templates)
FILE = "templates.yaml"
LAST_LINE = "What worries me: [your view]"
ADDRESS = re.compile(r"\S@\S")


def page(template: Template) -> Reply:
    return Composer(knowledge()).template(template, TUESDAY_MORNING)


def copying(reply: Reply) -> list[Button]:
    """Return the buttons that copy, of those that Telegram takes."""
    return [button for row in keyboard(reply.buttons) or () for button in row if button.copies is not None]


def small_page(folder: Path = SMALL_KNOWLEDGE) -> Reply:
    """Return the page of the only text to copy of a small folder."""
    small = load_knowledge(folder)
    return Composer(small).template(small.templates["consultation-notes"], TUESDAY_MORNING)


def faults(folder: Path) -> list[str]:
    try:
        load_knowledge(folder)
    except KnowledgeError as error:
        return [str(problem) for problem in error.problems]
    return []


# The texts themselves


@pytest.mark.parametrize("id_", TEMPLATES)
def test_what_is_to_fill_in_is_a_blank_in_square_brackets(id_: str) -> None:
    text = knowledge().templates[id_].text
    outside = re.sub(r"\[[^\[\]\n]+\]", "", text)
    assert outside != text
    assert not re.search(r"[\[\]{}<>]|_{2,}|\.{3,}|…|\bXX+\b", outside), "a blank of another form"


@pytest.mark.parametrize("id_", TEMPLATES)
def test_a_text_names_nobody_and_no_number_or_address(id_: str) -> None:
    template = knowledge().templates[id_]
    for said in (template.title, template.use, template.text):
        assert redact(said).kinds == ()
        assert not ADDRESS.search(said)
        assert list(phonenumbers.PhoneNumberMatcher(said, "GB")) == []
    assert re.findall(r"\d{3,}", template.text) == []


@pytest.mark.parametrize("id_", TEMPLATES)
def test_a_text_and_its_heading_are_one_message_with_the_text_in_a_block_of_its_own(id_: str) -> None:
    template = knowledge().templates[id_]
    [chunk] = render(page(template))
    assert f"<pre>{html.escape(template.text, quote=False)}</pre>" in chunk.html
    assert chunk.html.startswith(f"<b>{html.escape(template.title, quote=False)}</b>")
    assert template.text in chunk.plain
    assert chunk.html.endswith("<i>Child in danger now: 999</i>")


@pytest.mark.parametrize("id_", TEMPLATES)
def test_a_button_copies_a_text_exactly_when_telegram_lets_it(id_: str) -> None:
    text = knowledge().templates[id_].text
    expected = [text] if len(text) <= COPIED_CHARS else []
    assert [button.copies for button in copying(page(knowledge().templates[id_]))] == expected


@given(st.integers(min_value=1, max_value=MAX_BLOCK_CHARS))
def test_of_a_text_of_any_length_256_characters_are_what_a_button_copies(length: int) -> None:
    template = knowledge().templates["confirm-a-call"].model_copy(update={"text": "x" * length})
    assert len(copying(page(template))) == (length <= 256)


def test_the_longest_text_that_is_taken_is_still_one_message() -> None:
    contacts = max((t.contacts for t in knowledge().templates.values()), key=len)
    longest = {"text": "[what] " * (MAX_BLOCK_CHARS // 7), "use": "w" * 240, "title": "T" * 48, "contacts": contacts}
    [chunk] = render(page(knowledge().templates["confirm-a-call"].model_copy(update=longest)))
    assert len(chunk.html) <= MESSAGE_UNITS


# Where they are offered


@pytest.mark.parametrize(
    "entry",
    [
        "make-a-referral",
        "front-door-email-social-worker",
        "front-door-consultation",
        "after-referral",
        "escalation",
        "record-keeping",
        "consent-to-refer",
        "difficult-conversations",
        "was-not-brought",
        "chronology",
        "no-response",
    ],
)
def test_a_topic_that_ends_in_writing_or_in_a_talk_has_wording_on_its_card(entry: str) -> None:
    assert knowledge().templates_for(entry)
    assert f"wording:{entry}" in actions(Composer(knowledge()).card(knowledge().entries[entry], TUESDAY_MORNING))


def test_no_card_has_more_than_four_texts() -> None:
    offered = Counter(entry for template in knowledge().templates.values() for entry in template.entries)
    assert {entry: count for entry, count in offered.items() if count > 4} == {}


@pytest.mark.parametrize("id_", TEMPLATES)
def test_a_text_leads_back_to_the_cards_it_goes_with(id_: str) -> None:
    template = knowledge().templates[id_]
    assert [a for a in actions(page(template)) if a.startswith("open:")] == [f"open:{e}" for e in template.entries[:3]]


# Texts to send by e-mail

EMAILS = [id_ for id_ in TEMPLATES if knowledge().templates[id_].text.startswith("Subject:")]


def test_what_is_sent_by_e_mail_is_found_by_its_subject_line() -> None:
    assert len(EMAILS) >= 5
    assert [id_ for id_ in TEMPLATES if "Email" in knowledge().templates[id_].title and id_ not in EMAILS] == []


@pytest.mark.parametrize("id_", EMAILS)
def test_no_address_is_shown_while_it_is_unconfirmed_and_the_reader_learns_how_to_get_it(id_: str) -> None:
    template = knowledge().templates[id_]
    [chunk] = render(page(template))
    contacts = [knowledge().contacts[contact] for contact in template.contacts]
    unconfirmed = [contact for contact in contacts if contact.confirmed is None]
    if len(unconfirmed) == len(contacts):
        assert not ADDRESS.search(chunk.plain)
    assert [contact.id for contact in unconfirmed if not (contact.phone or contact.url or contact.note)] == []
    assert contacts != [], "nobody is named who knows the address"


def test_the_front_doors_page_says_to_ask_for_the_address() -> None:
    said = words(page(knowledge().templates["ask-for-the-social-worker"]))
    if knowledge().contacts["front-door-email"].confirmed is None:
        assert "the address is not confirmed yet, so ask the Front Door for the current one" in said
    assert "03000 41 11 11" in said


def test_a_confirmed_address_stands_beside_the_text_and_not_in_it(small_knowledge: Path) -> None:
    confirmed = "email: front.door@kent.example\n    confirmed: {role: Policy lead, on: 2026-11-23}\n    note: the"
    edit(small_knowledge, "contacts.yaml", "note: the", confirmed)
    edit(small_knowledge, FILE, "contacts: [front-door]", "contacts: [childrens-portal]")
    reply = small_page(small_knowledge)
    assert "front.door@kent.example" in words(reply)
    assert [part.text for part in reply.parts if isinstance(part, Wording) if "@" in part.text] == []


# In the terminal


@pytest.mark.parametrize("id_", TEMPLATES)
def test_the_terminal_prints_a_text_line_by_line_as_it_stands(id_: str) -> None:
    template = knowledge().templates[id_]
    assert f"\n{'-' * 78}\n{template.text}\n{'-' * 78}\n" in terminal.render(page(template))


@given(
    st.lists(st.text(st.characters(exclude_categories=("C", "Z"), include_characters=" ")), min_size=1),
    st.integers(min_value=20, max_value=120),
)
def test_no_line_of_a_text_is_folded_or_lost_in_a_terminal_of_any_width(lines: list[str], width: int) -> None:
    printed = terminal.render(Reply((Wording("\n".join(lines)),)), width)
    assert printed == "\n".join(["-" * width, *lines, "-" * width, ""])


def test_the_terminal_offers_no_button_that_copies() -> None:
    assert [button.label for button in terminal.offered(small_page())] == [
        "Talk a worry through with the Front Door",
        "All wording to copy",
    ]


# What the model refuses


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param("[facts]", "[facts] to a@b.example", "text: holds an e-mail address: name a contact", id="e-mail"),
        pytest.param("[facts]", "[facts] 03000 41 11 11", "text: holds a phone number: name a contact", id="phone"),
        pytest.param("[facts]", "[facts] 03000411111", "text: holds a phone number: name a contact", id="run together"),
        pytest.param("[facts]", "[facts] +44 300 041 1111", "text: holds a phone number: name", id="with country"),
        pytest.param("[facts]", "[facts] 03000-41-11-11", "text: holds a phone number: name", id="with hyphens"),
        pytest.param("[facts]", "[facts] (01622) 671411", "text: holds a phone number: name", id="with brackets"),
        pytest.param("[facts]", "[facts] 0800 1111", "text: holds a phone number: name a contact", id="a short one"),
        pytest.param("[facts]", "[facts]\u200b", "text: holds an invisible sign", id="zero-width space"),
        pytest.param("[facts]", "[facts]\u202e", "text: holds an invisible sign", id="turned round"),
        pytest.param("[facts]", "[facts]\u00a0", "text: holds an invisible sign", id="hard space"),
        pytest.param("[facts]", "[facts]\tx", "text: holds an invisible sign", id="tab"),
        pytest.param(LAST_LINE, f"{LAST_LINE} ", "text: ends with a space or an empty line", id="space at the end"),
        pytest.param("text: |-", "text: |", "text: ends with a space or an empty line: begin it with '|-'", id="|"),
        pytest.param("text: |-\n", "text: ''\n    use_: |-\n", "text: is empty: write the wording", id="empty"),
        pytest.param("[facts]", "x" * MAX_BLOCK_CHARS, "text: is too long", id="too long"),
        pytest.param("title: Notes", f"title: {'x' * 49}", "title: is too long", id="long title"),
        pytest.param("use: Fill", f"use: {'x' * 241}", "use: is too long", id="long use"),
        pytest.param("entries: [front-door-consultation]", "entries: []", "entries: holds too few", id="no card"),
        pytest.param("entries: [front-", "entries: [nobody-", "entries: 'nobody-door-consultation' is not", id="entry"),
        pytest.param("contacts: [front-door]", "contacts: [nobody]", "contacts: 'nobody' is not in co", id="contact"),
        pytest.param("source: good-practice", "source: nobody", "source: 'nobody' is not in sources", id="source"),
        pytest.param(
            "entries: [front-door-consultation]",
            "entries: [front-door-consultation, front-door-consultation]",
            "entries: 'front-door-consultation' stands twice",
            id="entry twice",
        ),
    ],
)
def test_a_faulty_text_is_refused_in_words_an_editor_understands(
    small_knowledge: Path, old: str, new: str, expected: str
) -> None:
    edit(small_knowledge, FILE, old, new)
    told = faults(small_knowledge)
    assert [fault for fault in told if fault.startswith(f"{FILE}: consultation-notes: {expected}")], told


def test_a_text_without_a_blank_is_refused(small_knowledge: Path) -> None:
    edit(small_knowledge, FILE, "[facts]", "facts")
    edit(small_knowledge, FILE, "[your view]", "[]")
    assert faults(small_knowledge) == [
        f"{FILE}: consultation-notes: text: has no blank to fill in: write one in square brackets, such as [date]"
    ]


@pytest.mark.parametrize(("old", "new"), [("source: good", "source: bad"), ("contacts: [front", "contacts: [no")])
def test_a_text_that_leans_on_what_is_not_there_is_left_out_and_costs_nothing_else(
    small_knowledge: Path, old: str, new: str
) -> None:
    edit(small_knowledge, FILE, old, new)
    left = load_to_answer_from(small_knowledge)
    assert (left.templates, list(left.entries)) == ({}, list(load_knowledge(SMALL_KNOWLEDGE).entries))
    assert left.ladder is not None and left.ladder.stages[0].template is None


def test_a_text_that_would_be_torn_in_two_messages_is_found_by_check(small_knowledge: Path) -> None:
    edit(small_knowledge, FILE, "[facts]", "[facts] " + "<b> & " * 480)
    assert len(render(small_page(small_knowledge))) > 1
    assert [fault for fault in support.faults(small_knowledge) if fault.startswith(f"{FILE}: consultation-notes: text")]
