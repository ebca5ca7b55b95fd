"""What people read: cards, the emergency reply, the question back, the honest "I don't know"."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.terminal import render
from bot.knowledge.loading import load_knowledge
from bot.knowledge.model import Act, Confirmation, Entry
from bot.messages import Alarm, Paragraph, Points, Reply, Small, Steps, Title
from bot.replies import Composer
from tests.conftest import SMALL_KNOWLEDGE
from tests.support import SUNDAY_NIGHT, TUESDAY_MORNING, actions, knowledge, labels, words

ENTRIES = sorted(knowledge().entries)
FRONT_DOOR = "03000 41 11 11"
OUT_OF_HOURS = "03000 41 91 91"


def composer() -> Composer:
    return Composer(knowledge())


def every_reply() -> list[Reply]:
    made, entries = composer(), [knowledge().entries[id_] for id_ in ENTRIES]
    at = TUESDAY_MORNING
    replies = [made.card(entry, at) for entry in entries]
    replies += [made.detail(entry, at) for entry in entries]
    replies += [made.related(entry) for entry in entries]
    replies += [made.not_meant(entry, at) for entry in entries]
    replies += [made.emergency(at, entry) for entry in entries]
    replies += [made.group(id_) for id_ in knowledge().groups]
    replies += [made.signpost(signpost, at) for signpost in knowledge().signposts.values()]
    replies += [made.emergency_for_a_child(at), *(made.split(one) for one in knowledge().lexicon.ambiguous)]
    replies += [made.emergency(at), made.clarify(entries[:3]), made.no_match(at), made.none_of_these(at)]
    replies += [made.topics(), made.contacts(at), made.more_contacts(at), made.start(), made.help()]
    replies += [made.privacy(None), made.stale()]
    replies += [made.choose_agency(), made.type_please(at), made.error(at), made.note("x"), made.elsewhere()]
    return [*replies, made.with_offer(replies[0])]


def test_every_reply_ends_with_the_line_about_999() -> None:
    for reply in every_reply():
        assert reply.parts[-1] == Small("Child in danger now: 999")


def test_every_action_fits_telegrams_callback_data() -> None:
    for reply in every_reply():
        assert all(1 <= len(action.encode()) <= 64 for action in actions(reply))


@pytest.mark.parametrize("id_", ENTRIES)
def test_a_card_holds_title_summary_steps_contact_source_reference_and_draft(id_: str) -> None:
    entry = knowledge().entries[id_]
    card = composer().card(entry, TUESDAY_MORNING)
    said = words(card)
    assert card.parts[0] == Title(entry.title)
    assert entry.summary in said
    assert Steps(tuple(step.text for step in entry.steps), "Do now") in card.parts
    assert all(limit.text in said for limit in entry.time_limits)
    assert "Source" in said
    assert f"Answer {id_}/{knowledge().version}" in said
    assert said.count("Draft: not yet reviewed by the partnership") == 1


@pytest.mark.parametrize("id_", ENTRIES)
def test_more_detail_names_every_source_and_what_it_rests_on(id_: str) -> None:
    entry = knowledge().entries[id_]
    said = words(composer().detail(entry, TUESDAY_MORNING))
    assert all(knowledge().sources[source].title in said for source in entry.sources)
    assert "What this rests on:" in said


def test_by_day_the_front_door_comes_first_and_the_other_number_is_not_far() -> None:
    said = words(composer().card(knowledge().entries["unexplained-injury"], TUESDAY_MORNING))
    assert said.index(FRONT_DOOR) < said.index("if no answer ring the other") < said.index(OUT_OF_HOURS)


def test_at_night_the_out_of_hours_service_comes_first() -> None:
    said = words(composer().card(knowledge().entries["unexplained-injury"], SUNDAY_NIGHT))
    assert said.index(OUT_OF_HOURS) < said.index("if no answer ring the other") < said.index(FRONT_DOOR)


@pytest.mark.parametrize("id_", ["immediate-danger", "police-contact", "safe-sleep"])
def test_a_card_that_begins_with_another_number_gives_social_cares_too(id_: str) -> None:
    card = composer().card(knowledge().entries[id_], TUESDAY_MORNING)
    assert FRONT_DOOR in words(card) and OUT_OF_HOURS in words(card)


def test_no_reply_calls_a_service_with_unconfirmed_hours_open_or_closed() -> None:
    calls = [part for reply in every_reply() for part in reply.parts if hasattr(part, "phone")]
    assert not [c for c in calls if re.search(r"\b(open|closed)\b", f"{c.name}", re.IGNORECASE)]


def test_no_reply_holds_an_email_address() -> None:
    assert not [reply for reply in every_reply() if re.search(r"[\w.+-]+@[\w-]+\.\w", words(reply))]


def test_the_emergency_reply_says_999_first_then_the_front_door_and_out_of_hours() -> None:
    reply = composer().emergency(TUESDAY_MORNING)
    assert isinstance(reply.parts[0], Alarm)
    said = words(reply)
    assert said.index("999") < said.index(FRONT_DOOR) < said.index(OUT_OF_HOURS)


def test_the_emergency_reply_is_followed_by_the_card_that_matches() -> None:
    entry = knowledge().entries["abusive-head-trauma"]
    reply = composer().emergency(TUESDAY_MORNING, entry)
    assert isinstance(reply.parts[0], Alarm)
    assert Title(entry.title) in reply.parts


def test_a_question_back_offers_the_titles_and_none_of_these() -> None:
    choices = [knowledge().entries[id_] for id_ in ("escalation", "no-response", "gp-escalation")]
    reply = composer().clarify(choices)
    assert labels(reply) == [*(c.title for c in choices), "None of these"]


def test_a_single_choice_is_asked_about_as_one() -> None:
    reply = composer().clarify([knowledge().entries["escalation"]])
    assert "Is this what you mean?" in words(reply)
    assert labels(reply) == [knowledge().entries["escalation"].title, "None of these"]


def test_before_a_question_back_stands_the_safe_first_step_of_the_most_pressing_choice() -> None:
    entries = knowledge().entries
    routine = next(e for e in entries.values() if e.act is Act.ROUTINE)
    reply = composer().clarify([routine, entries["escalation"], entries["abusive-head-trauma"]])
    assert reply.parts[0] == Paragraph(f"First: {entries['abusive-head-trauma'].steps[0].text}")


def test_choices_that_are_all_routine_come_without_a_step() -> None:
    routine = [e for e in knowledge().entries.values() if e.act is Act.ROUTINE][:2]
    assert composer().clarify(routine).parts[0] == Paragraph(knowledge().partnership.wording.clarify)


def test_i_dont_know_says_so_and_gives_the_front_door_consultation_topics_and_signposts() -> None:
    reply = composer().no_match(TUESDAY_MORNING)
    assert "do not have a card" in words(reply)
    assert FRONT_DOOR in words(reply)
    assert {"open:front-door-consultation", "topics", "elsewhere"} <= set(actions(reply))


def test_a_practitioners_own_agency_comes_before_the_steps() -> None:
    entry = next(e for e in knowledge().entries.values() if e.by_agency)
    agency, statements = next(iter(entry.by_agency.items()))
    said = words(composer().card(entry, TUESDAY_MORNING, agency))
    assert said.index(statements[0].text) < said.index(entry.steps[0].text)


def test_other_agencies_parts_can_be_opened_by_everybody() -> None:
    entry = next(e for e in knowledge().entries.values() if e.by_agency)
    assert f"agencies:{entry.id}" in actions(composer().card(entry, TUESDAY_MORNING))
    said = words(composer().agencies_asked(entry))
    assert all(s.text in said for part in entry.by_agency.values() for s in part)


def confirmed(review_by: dt.date | None) -> Entry:
    entry = knowledge().entries["escalation"]
    yes = Confirmation(role="Policy officer", on=dt.date(2026, 9, 1))
    return entry.model_copy(update={"confirmed": yes, "review_by": review_by})


def test_a_confirmed_card_says_by_whom_and_is_no_draft() -> None:
    said = words(composer().card(confirmed(dt.date(2027, 9, 1)), TUESDAY_MORNING))
    assert "Confirmed by Policy officer, 01 September 2026; review by 01 September 2027" in said
    assert "Draft" not in said


def test_a_card_past_its_review_date_warns() -> None:
    assert "REVIEW OVERDUE" in words(composer().card(confirmed(dt.date(2026, 11, 1)), TUESDAY_MORNING))


def test_the_note_on_personal_details_names_the_kinds_in_words() -> None:
    note = composer().personal_data_note(("phone", "dob", "postcode"))
    assert "a phone number, a date of birth and a postcode" in note


@given(st.text(), st.integers(min_value=20, max_value=200))
def test_the_terminal_never_prints_a_control_character(text: str, width: int) -> None:
    reply = Reply((Title(text), Paragraph(text), Steps((text,), text), Small(text)))
    assert not [c for c in render(reply, width) if c != "\n" and ord(c) < 32 or c in "\x7f\x9b\u202e\u200b"]


@given(st.lists(st.text(alphabet="abc de", min_size=1), min_size=1), st.integers(min_value=20, max_value=120))
def test_terminal_lines_keep_to_the_width(items: list[str], width: int) -> None:
    reply = Reply((Steps(tuple(items)),))
    assert all(len(line) <= width or " " not in line.strip()[4:] for line in render(reply, width).splitlines())


def test_a_source_from_another_area_is_named_as_such_on_the_card() -> None:
    entry = knowledge().entries["escalation"]
    elsewhere = next(s.id for s in knowledge().sources.values() if s.kind == "other-area")
    steps = tuple(step.model_copy(update={"source": elsewhere}) for step in entry.steps)
    said = words(composer().card(entry.model_copy(update={"steps": steps}), TUESDAY_MORNING))
    assert "(another area)" in said


def small_composer() -> Composer:
    return Composer(load_knowledge(SMALL_KNOWLEDGE))


def test_more_detail_says_why_a_card_matters_and_opens_the_card_that_the_learning_stands_on() -> None:
    small = small_composer()
    page = small.detail(small.knowledge.entries["front-door-consultation"], TUESDAY_MORNING)
    learnt = "Ask the same question again when the family has moved."
    assert Points((learnt,), "Why this matters") in page.parts
    assert "open:safe-sleep" in actions(page)


def test_learning_stands_under_its_heading_with_the_cards_it_bears_on() -> None:
    small = small_composer()
    page = small.detail(small.knowledge.entries["safe-sleep"], TUESDAY_MORNING)
    title = small.knowledge.entries["front-door-consultation"].title
    learnt = f"Ask the same question again when the family has moved. See: {title}."
    assert Points((learnt,), "What was learnt") in page.parts


def test_more_detail_says_what_changed_last_and_once_confirmed_who_looks_after_it() -> None:
    entry = knowledge().entries["escalation"].model_copy(update={"owner": "Policy lead"})
    changed = "Last change, 22 November 2026: First version."
    assert Small(changed) in composer().detail(entry, TUESDAY_MORNING).parts
    word = Confirmation(role="Policy lead", on=dt.date(2026, 11, 23))
    page = composer().detail(entry.model_copy(update={"confirmed": word}), TUESDAY_MORNING)
    assert Small(f"Looked after by: Policy lead. {changed}") in page.parts


def test_every_contact_is_on_the_first_page_of_contacts_or_the_second() -> None:
    pages = words(composer().contacts(TUESDAY_MORNING)) + words(composer().more_contacts(TUESDAY_MORNING))
    assert [contact.name for contact in knowledge().contacts.values() if contact.name not in pages] == []
