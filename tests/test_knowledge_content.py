"""The content itself: what every entry must hold and must never say. A new entry is covered without a change here."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel

from bot.knowledge.model import Act, Entry, Evidence, Hours, Signpost
from bot.safety.personal_data import redact
from tests.support import knowledge

KNOWLEDGE = knowledge()
EXAMPLES = {id_: entry.questions for id_, entry in KNOWLEDGE.entries.items()} | {
    id_: signpost.examples for id_, signpost in KNOWLEDGE.signposts.items()
}
MIN_SIDES = 5
MIN_EXAMPLES = 40  # what the matcher learns an entry from; the model itself asks for fewer
PUBLIC_NUMBERS = {"999", "101", "111", "112", "116123", "18000"}
CONTACT_NUMBERS = {contact.phone.replace(" ", "") for contact in KNOWLEDGE.contacts.values() if contact.phone}

# Someone beside the reader whom a first step can lead to.
HELP = re.compile(
    r"\b(999|101|Front Door|Out of Hours|police|social care|social worker|safeguarding lead|LADO|Named GP)\b",
    re.IGNORECASE,
)
PHONE = re.compile(r"(?<![\w./-])(?:\+|\(?0)\d?(?:[ ()-]{0,2}\d){6,13}(?!\w)")
SHORT_NUMBER = re.compile(r"\b(?:ring|call|dial|phone|text) (\d{3,6}(?: \d{3})?)\b(?! ?\d)", re.IGNORECASE)
WEB_ADDRESS = re.compile(r"https?://\S+")
EMAIL = re.compile(r"\S@\S|\(at\)|\[at\]", re.IGNORECASE)

# Sentences after which a worried reader might do nothing.
CALMING = re.compile(
    r"no (further |immediate )?action (is|was) (needed|required|necessary)"
    r"|no need to (act|refer|report|ring|tell|worry|record|write|do)"
    r"|(need not|(do not|don't) (need|have) to) (act|refer|report|ring|tell anyone|record|worry|do anything)"
    r"|nothing (to worry about|needs? (to be )?doing|needs? to be done)|(do not|don't) worry|do nothing"
    r"|wait and see|(this|it) can wait|not urgent|not serious enough|probably nothing|never mind|rest assured"
    r"|(ignore|forget) (it|this)\b|is not (a|your) (problem|job|concern)",
    re.IGNORECASE,
)  # fmt: skip

AMERICAN = re.compile(
    r"\b(behaviors?|behavioral|colors?|favors?|favorites?|honors?|neighbors?|neighborhoods?|labor|harbor"
    r"|(organ|recogn|real|priorit|minim|emphas|summar|apolog|special|hospital|author|stabil|final|util|critic)iz\w+"
    r"|analyz\w+|centers?|counselors?|p(e)diatric\w*|fulfill|enrollment|judgment|gotten|diapers?|mom|gray|defense"
    r"|offense|canceled|traveled|labeled|pajamas|skeptical|maneuver|anesthe\w+|hemorrhag\w+|toward|percent)\b",
    re.IGNORECASE,
)

every_entry = pytest.mark.parametrize("entry", KNOWLEDGE.entries.values(), ids=lambda entry: entry.id)
every_signpost = pytest.mark.parametrize("signpost", KNOWLEDGE.signposts.values(), ids=lambda one: one.id)
to_act_on = pytest.mark.parametrize(
    "entry", [e for e in KNOWLEDGE.entries.values() if e.act is not Act.ROUTINE], ids=lambda entry: entry.id
)


def texts(part: object) -> Iterator[str]:
    """Yield every text of a part of the knowledge, however deep."""
    if isinstance(part, str):
        yield part
    elif isinstance(part, BaseModel):
        yield from chain.from_iterable(texts(value) for _, value in part)
    elif isinstance(part, dict):
        yield from chain.from_iterable(texts(value) for value in part.values())
    elif isinstance(part, tuple):
        yield from chain.from_iterable(texts(value) for value in part)


def advice(entry: Entry) -> list[str]:
    """Return what an entry says to a practitioner, without what practitioners say to it."""
    return [entry.title, entry.summary, *entry.watch_for, *(s.text for s in entry.statements)]


def plain(text: str) -> str:
    """Return a message as one that is the same to a reader: without case, end signs and double spaces."""
    return " ".join(text.casefold().split()).strip(" .?!")


OTHER_PARTS = {
    "partnership": KNOWLEDGE.partnership,
    "contacts": KNOWLEDGE.contacts,
    "agencies": KNOWLEDGE.agencies,
    "sources": KNOWLEDGE.sources,
    "lexicon": KNOWLEDGE.lexicon,
    "signposts": KNOWLEDGE.signposts,
    "danger": KNOWLEDGE.danger,
    "groups": KNOWLEDGE.groups,
}
every_part = pytest.mark.parametrize(
    "part", [*OTHER_PARTS.values(), *KNOWLEDGE.entries.values()], ids=[*OTHER_PARTS, *KNOWLEDGE.entries]
)


# Danger first


@to_act_on
def test_the_first_two_steps_lead_to_somebody_who_can_act(entry: Entry) -> None:
    assert any(HELP.search(step.text) for step in entry.steps[:2])


@to_act_on
def test_the_steps_of_an_entry_to_act_on_name_999(entry: Entry) -> None:
    assert any("999" in step.text for step in entry.steps)


@pytest.mark.parametrize(
    "entry", [e for e in KNOWLEDGE.entries.values() if e.act is Act.NOW], ids=lambda entry: entry.id
)
def test_the_first_step_of_an_entry_to_act_on_now_names_999(entry: Entry) -> None:
    assert "999" in entry.steps[0].text


@every_entry
def test_the_steps_name_somebody_beside_the_reader(entry: Entry) -> None:
    assert any(HELP.search(step.text) for step in entry.steps)


@every_entry
def test_an_entry_never_suggests_that_no_action_is_needed(entry: Entry) -> None:
    assert [text for text in advice(entry) if CALMING.search(text)] == []


def test_nothing_else_said_suggests_that_no_action_is_needed() -> None:
    said = [one.text for one in KNOWLEDGE.signposts.values()] + list(texts(KNOWLEDGE.partnership.wording))
    said += [contact.note for contact in KNOWLEDGE.contacts.values() if contact.note]
    assert [text for text in said if CALMING.search(text)] == []


def test_the_emergency_contacts_begin_with_999_and_hold_the_front_door_by_day_and_by_night() -> None:
    contacts = [KNOWLEDGE.contacts[id_] for id_ in KNOWLEDGE.partnership.emergency_contacts]
    assert contacts[0].phone == "999"
    assert {Hours.WORKING_DAY, Hours.OUTSIDE_WORKING_DAY} <= {contact.hours for contact in contacts}


def test_a_contact_for_the_working_day_names_the_one_for_the_other_hours() -> None:
    for contact in KNOWLEDGE.contacts.values():
        if contact.hours is Hours.WORKING_DAY and contact.otherwise is not None:
            assert KNOWLEDGE.contacts[contact.otherwise].hours in (Hours.OUTSIDE_WORKING_DAY, Hours.ALWAYS)


def test_the_danger_entry_is_to_be_acted_on_now_and_the_footer_names_999() -> None:
    assert KNOWLEDGE.entries[KNOWLEDGE.partnership.danger_entry].act is Act.NOW
    assert "999" in KNOWLEDGE.partnership.wording.footer
    assert "999" in KNOWLEDGE.partnership.wording.emergency[0]


# Whom to contact


@every_entry
def test_an_entry_names_a_contact_with_a_phone(entry: Entry) -> None:
    assert any(KNOWLEDGE.contacts[id_].phone for id_ in entry.contacts)


@pytest.mark.parametrize("contact", KNOWLEDGE.contacts.values(), ids=lambda contact: contact.id)
def test_a_contact_has_a_phone_an_address_on_the_web_or_says_how_to_reach_it(contact: object) -> None:
    ways = {name: getattr(contact, name) for name in ("phone", "url", "note")}
    assert any(ways.values())


@pytest.mark.parametrize(
    "url", sorted({u for part in (*KNOWLEDGE.sources.values(), *KNOWLEDGE.contacts.values()) if (u := part.url)})
)
def test_a_web_address_is_whole(url: str) -> None:
    assert re.fullmatch(r"https?://([a-z0-9-]+\.)+[a-z]{2,}(/\S*)?", url)


@every_part
def test_no_email_address_stands_anywhere(part: object) -> None:
    assert [text for text in texts(part) if EMAIL.search(text)] == []


@every_part
def test_every_phone_number_is_one_of_the_contacts(part: object) -> None:
    said = [WEB_ADDRESS.sub("", text) for text in texts(part)]
    found = {number for text in said for number in (*PHONE.findall(text), *SHORT_NUMBER.findall(text))}
    assert {re.sub(r"\D", "", number) for number in found} <= CONTACT_NUMBERS | PUBLIC_NUMBERS


# What it rests on


@every_entry
def test_what_is_verified_rests_on_a_page_that_was_read(entry: Entry) -> None:
    unread = [s.text for s in entry.statements if KNOWLEDGE.sources[s.source].kind == "practice"]
    verified = [s.text for s in entry.statements if s.evidence is Evidence.VERIFIED]
    assert set(unread).isdisjoint(verified)


@every_entry
def test_what_the_review_says_names_the_review_and_where_in_it(entry: Entry) -> None:
    for statement in entry.statements:
        from_review = KNOWLEDGE.sources[statement.source].kind == "review"
        assert (statement.evidence is Evidence.REVIEW) == from_review, statement.text
        assert statement.section or not from_review, statement.text


@every_entry
def test_every_source_listed_carries_a_statement(entry: Entry) -> None:
    assert set(entry.sources) == {statement.source for statement in entry.statements}


@every_entry
def test_no_agency_is_told_a_sentence_twice(entry: Entry) -> None:
    for own in entry.by_agency.values() or [()]:
        told = Counter(plain(s.text) for s in (*entry.steps, *entry.time_limits, *entry.detail, *own))
        assert [text for text, times in told.items() if times > 1] == []


# How it is recognised


@every_entry
def test_there_are_enough_examples_of_several_sides_and_a_near_miss(entry: Entry) -> None:
    assert len(entry.questions) >= MIN_EXAMPLES
    assert len(entry.examples) >= MIN_SIDES
    assert entry.not_for


def test_no_example_belongs_to_two() -> None:
    owners: dict[str, list[str]] = {}
    for id_, examples in EXAMPLES.items():
        for example in examples:
            owners.setdefault(plain(example), []).append(id_)
    assert {example: ids for example, ids in owners.items() if len(ids) > 1} == {}


@every_entry
def test_a_near_miss_is_nobodys_example(entry: Entry) -> None:
    examples = {plain(example) for examples in EXAMPLES.values() for example in examples}
    assert [near.text for near in entry.not_for if plain(near.text) in examples] == []


@every_entry
def test_examples_and_near_misses_hold_no_personal_details(entry: Entry) -> None:
    typed = (*entry.questions, *(near.text for near in entry.not_for))
    assert [text for text in typed if redact(text).kinds] == []


@every_signpost
def test_examples_of_a_signpost_hold_no_personal_details(signpost: Signpost) -> None:
    assert [text for text in signpost.examples if redact(text).kinds] == []


def test_titles_differ() -> None:
    titles = Counter(plain(part.title) for part in (*KNOWLEDGE.entries.values(), *KNOWLEDGE.signposts.values()))
    assert [title for title, times in titles.items() if times > 1] == []


# How practitioners type: the lexicon


def test_an_abbreviation_has_one_line() -> None:
    shorts = Counter(plain(one.short) for one in KNOWLEDGE.lexicon.abbreviations)
    assert [short for short, times in shorts.items() if times > 1] == []


def test_a_word_stands_in_one_group_of_synonyms_only() -> None:
    words = Counter(word for one in KNOWLEDGE.lexicon.synonyms for word in {plain(w) for w in (one.word, *one.also)})
    assert [word for word, times in words.items() if times > 1] == []


def test_a_retired_name_is_not_its_own_successor_and_retired_once() -> None:
    olds = Counter(plain(one.old) for one in KNOWLEDGE.lexicon.retired)
    assert [old for old, times in olds.items() if times > 1] == []
    assert [one.old for one in KNOWLEDGE.lexicon.retired if plain(one.old) == plain(one.now)] == []


# Spelling


@every_entry
def test_advice_is_spelt_as_in_britain(entry: Entry) -> None:
    assert [text for text in advice(entry) if AMERICAN.search(text)] == []


def test_signposts_and_wording_are_spelt_as_in_britain() -> None:
    said = [one.text for one in KNOWLEDGE.signposts.values()] + list(texts(KNOWLEDGE.partnership.wording))
    assert [text for text in said if AMERICAN.search(text)] == []


# What the partnership asked for.

TOPICS = Path(__file__).parent.parent.parent / "shared" / "knowledge" / "topics.yaml"


@pytest.mark.skipif(not TOPICS.exists(), reason="the partnership's list of topics is not at hand")
def test_every_topic_of_the_partnership_has_an_entry() -> None:
    wanted = yaml.safe_load(TOPICS.read_text(encoding="utf-8"))
    held = {group: [entry.id for entry in KNOWLEDGE.in_group(group)] for group in KNOWLEDGE.groups}
    assert held == {group: list(topics) for group, topics in wanted.items()}


def test_there_are_109_entries_and_what_was_learnt_reaches_most_of_them() -> None:
    assert len(KNOWLEDGE.entries) == 109
    assert sum(1 for id_ in KNOWLEDGE.entries if KNOWLEDGE.learning_on(id_)) >= 60
