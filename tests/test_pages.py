"""The pages behind a card: whom to contact, wording to copy, and each agency's own part."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from bot.answering import Answering
from bot.knowledge.loading import load_knowledge
from bot.knowledge.model import Knowledge
from bot.matching.examples import matcher_examples
from bot.matching.matcher import Matcher
from bot.messages import Answer, Call, Paragraph, Person, Points, Press, Steps, Title, Wording
from bot.replies import Composer
from tests.conftest import SMALL_KNOWLEDGE, edit
from tests.support import SUNDAY_NIGHT, TUESDAY_MORNING, actions, knowledge, labels, words

FRONT_DOOR, OUT_OF_HOURS = "03000 41 11 11", "03000 41 91 91"
TEMPLATE = """
  - id: {id}
    title: {title}
    use: When it helps.
    text: "I saw: [facts]"
    entries: [front-door-consultation]
    evidence: general
    source: good-practice
"""
AGENCIES = sorted({agency for entry in knowledge().entries.values() for agency in entry.by_agency})


@cache
def real() -> Answering:
    """Return what answers presses from the real knowledge; the matcher learnt little, for no press needs one."""
    small = load_knowledge(SMALL_KNOWLEDGE)
    return Answering(knowledge(), Matcher.from_examples(matcher_examples(small), small.lexicon))


def press(action: str, agency: str | None = None) -> Answer:
    return real().act(Press(action, TUESDAY_MORNING, "test", Person("0" * 32, consent=True, agency=agency)))


# Whom to contact


@pytest.mark.parametrize("id_", sorted(knowledge().entries))
def test_whom_to_contact_names_everyone_whom_the_entry_names_and_leads_back(id_: str) -> None:
    entry = knowledge().entries[id_]
    answer = press(f"reach:{id_}")
    page = answer.reply
    assert (answer.decision, answer.entry) == ("browsed", id_)
    assert page.parts[0] == Title(f"{entry.title}: whom to contact")
    named = [part.name for part in page.parts if isinstance(part, Call)]
    assert {knowledge().contacts[contact].name for contact in entry.contacts} <= set(named)
    assert len(named) == len(set(named))
    assert actions(page) == [f"open:{id_}", "contacts"]


def test_whom_to_contact_has_the_number_for_this_hour_first() -> None:
    composer, entry = Composer(knowledge()), knowledge().entries["unexplained-injury"]
    by_day, by_night = (words(composer.reach(entry, at)) for at in (TUESDAY_MORNING, SUNDAY_NIGHT))
    assert by_day.index(FRONT_DOOR) < by_day.index(OUT_OF_HOURS)
    assert by_night.index(OUT_OF_HOURS) < by_night.index(FRONT_DOOR)


# Wording to copy


def with_templates(folder: Path, *titles: str) -> Composer:
    """Return what composes from a small folder whose consultation card has texts with these titles."""
    texts = [TEMPLATE.format(id=title.casefold(), title=title) for title in titles]
    (folder / "templates.yaml").write_text("templates:" + ("".join(texts) or " []"), encoding="utf-8")
    edit(folder, "ladder.yaml", "    template: consultation-notes\n", "")
    return Composer(load_knowledge(folder))


def test_where_there_is_no_wording_the_page_says_so_and_leads_to_all_there_is(small_knowledge: Path) -> None:
    composer = with_templates(small_knowledge)
    entry = composer.knowledge.entries["front-door-consultation"]
    page = composer.wording(entry, TUESDAY_MORNING)
    assert page.parts[0] == Paragraph(composer.knowledge.partnership.wording.no_wording)
    assert actions(page) == ["all-wording", f"open:{entry.id}"]
    assert "wording:front-door-consultation" not in actions(composer.card(entry, TUESDAY_MORNING))


def test_a_single_text_is_shown_at_once_with_the_way_back_to_the_card(small_knowledge: Path) -> None:
    composer = with_templates(small_knowledge, "One")
    entry = composer.knowledge.entries["front-door-consultation"]
    page = composer.wording(entry, TUESDAY_MORNING)
    assert page.parts[0] == Title("One")
    assert Wording("I saw: [facts]") in page.parts
    assert actions(page) == ["template:one", "open:front-door-consultation"]
    assert labels(page) == ["Copy", "Back to the card"]
    assert "wording:front-door-consultation" in actions(composer.card(entry, TUESDAY_MORNING))


def test_of_several_texts_one_is_chosen_in_the_order_of_their_file(small_knowledge: Path) -> None:
    composer = with_templates(small_knowledge, "Two", "One", "Three")
    page = composer.wording(composer.knowledge.entries["front-door-consultation"], TUESDAY_MORNING)
    assert page.parts[0] == Title("Talk a worry through with the Front Door: wording to copy")
    assert labels(page) == ["Two", "One", "Three", "Back to the card"]
    assert [part for part in page.parts if isinstance(part, Wording)] == []


def test_all_wording_lists_every_text_once() -> None:
    assert actions(Composer(knowledge()).all_wording()) == [f"template:{id_}" for id_ in knowledge().templates]


def test_a_card_has_the_button_for_wording_exactly_where_there_is_some() -> None:
    composer = Composer(knowledge())
    offering = [
        e.id for e in knowledge().entries.values() if f"wording:{e.id}" in actions(composer.card(e, TUESDAY_MORNING))
    ]
    assert offering == [id_ for id_ in knowledge().entries if knowledge().templates_for(id_)]


@pytest.mark.parametrize("id_", sorted(knowledge().entries))
def test_every_page_behind_a_card_leads_on_and_back(id_: str) -> None:
    for verb in ("reach", "wording", "more", "related"):
        page = press(f"{verb}:{id_}").reply
        assert f"open:{id_}" in actions(page)
        assert [action for action in actions(page) if press(action).decision == "stale"] == []


# Each agency's own part


def parts_of(agency: str, held: Knowledge) -> list[str]:
    """Return the entries in which an agency has a part of its own."""
    return [id_ for id_, entry in held.entries.items() if agency in entry.by_agency]


@pytest.mark.parametrize("agency", AGENCIES)
def test_a_practitioner_sees_their_own_agencys_step_first_on_every_card_that_has_one(agency: str) -> None:
    name = knowledge().agencies[agency].name
    for id_ in parts_of(agency, knowledge()):
        entry = knowledge().entries[id_]
        card = press(f"open:{id_}", agency).reply
        assert card.parts[:2] == (Title(entry.title), Paragraph(entry.summary))
        assert card.parts[2] == Points((entry.by_agency[agency][0].text,), heading=f"For you ({name})")
        assert isinstance(card.parts[3], Steps)


@pytest.mark.parametrize("agency", AGENCIES)
def test_nobody_else_sees_that_step_before_the_others(agency: str) -> None:
    for id_ in parts_of(agency, knowledge()):
        entry = knowledge().entries[id_]
        assert isinstance(press(f"open:{id_}").reply.parts[2], Steps)
        other = next((a for a in knowledge().agencies if a not in entry.by_agency), None)
        if other is not None:
            assert press(f"open:{id_}", other).reply == press(f"open:{id_}").reply


@pytest.mark.parametrize("agency", [None, "no-such-agency", *AGENCIES])
def test_everybody_can_open_what_all_agencies_are_asked_to_do(agency: str | None) -> None:
    for id_, entry in knowledge().entries.items():
        if not entry.by_agency:
            continue
        assert f"agencies:{id_}" in actions(press(f"open:{id_}", agency).reply)
        page = press(f"agencies:{id_}", agency).reply
        asked = [part for part in page.parts if isinstance(part, Points)]
        assert [part.heading for part in asked] == [knowledge().agencies[a].name for a in entry.by_agency]
        assert [part.items for part in asked] == [tuple(s.text for s in said) for said in entry.by_agency.values()]
        assert actions(page) == [f"open:{id_}"]


@pytest.mark.parametrize(
    "agency", ["housing", "probation", "voluntary", "urgent-treatment-centre", "ambulance", "early-help"]
)
def test_an_agency_that_is_easily_forgotten_has_a_part_in_at_least_ten_entries(agency: str) -> None:
    assert len(parts_of(agency, knowledge())) >= 10


def test_every_agency_that_can_be_chosen_has_a_part_somewhere_but_the_one_that_names_none() -> None:
    assert sorted(set(knowledge().agencies) - set(AGENCIES)) == ["other"]


def test_where_no_agency_is_asked_anything_there_is_no_such_page() -> None:
    small = load_knowledge(SMALL_KNOWLEDGE)
    card = Composer(small).card(small.entries["immediate-danger"], TUESDAY_MORNING)
    assert "agencies:immediate-danger" not in actions(card)
