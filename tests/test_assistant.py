"""The order of an answer and what survives when a part of it fails."""

from __future__ import annotations

import logging

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.answering import Answering
from bot.assistant import Assistant
from bot.matching.matcher import Matcher
from bot.messages import Alarm, Match, Person, Press, Question, Reply, Small, Title
from tests.support import STRANGER, TUESDAY_MORNING, actions, ask, assistant, knowledge, labels, matcher, press, words

HURT_NOW = "he is hitting her right now, I can hear her screaming"
BRUISE = "baby of 4 months, not rolling yet, has a small bruise on the cheek"


class Broken(Matcher):
    """A matcher that fails at every question, quoting it, as real exceptions do."""

    def __init__(self) -> None:
        pass

    def match(self, text: str, limit: int = 5) -> list[Match]:
        raise RuntimeError(f"cannot match {text!r}")


class Fixed(Matcher):
    """A matcher that always ranks the same entries."""

    def __init__(self, **scores: float) -> None:
        self._matches = [Match(name.replace("_", "-"), score) for name, score in scores.items()]

    def match(self, text: str, limit: int = 5) -> list[Match]:
        return self._matches[:limit]


def broken() -> Assistant:
    return Assistant(Answering(knowledge(), Broken()))


def test_danger_is_answered_with_999_before_anything_else() -> None:
    answer = ask(HURT_NOW)
    assert answer.decision == "urgent"
    assert answer.entry == "immediate-danger"
    assert isinstance(answer.reply.parts[0], Alarm)


def test_danger_is_still_seen_when_the_matcher_has_failed() -> None:
    answer = broken().answer(Question(HURT_NOW, TUESDAY_MORNING, "test", STRANGER))
    assert answer.decision == "urgent"
    assert "999" in words(answer.reply)


def test_a_failure_gives_the_contacts_and_writes_down_no_word_of_the_message(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.DEBUG):
        answer = broken().answer(Question(BRUISE, TUESDAY_MORNING, "test", STRANGER))
    assert "03000 41 11 11" in words(answer.reply)
    assert "RuntimeError" in caplog.text
    assert "bruise" not in caplog.text


def test_a_clear_question_gets_its_card() -> None:
    answer = ask(BRUISE)
    assert (answer.decision, answer.entry) == ("answer", "bruising-non-mobile")


def test_personal_details_are_replaced_before_matching_and_the_sender_is_told() -> None:
    answer = ask(f"{BRUISE}, mum is on 07700 900123")
    assert answer.personal_data == ("phone",)
    assert "900123" not in answer.text
    assert "a phone number" in words(answer.reply)
    assert answer.reply.parts[-1] == Small("Child in danger now: 999")


def test_a_published_number_is_no_personal_detail() -> None:
    assert ask("is 03000 41 11 11 still the front door").personal_data == ()


def test_what_is_not_ours_is_sent_to_the_right_place_and_no_card_is_given() -> None:
    answer = ask("who do I tell about an old man in a care home, adult safeguarding")
    assert (answer.decision, answer.entry) == ("no_match", None)
    assert "adult" in words(answer.reply).casefold()


@pytest.mark.parametrize("text", ["hes hurting my brother", "my dad is hitting my mum right now and im scared"])
def test_a_child_in_danger_who_writes_is_answered_in_a_childs_words_with_999_and_childline(text: str) -> None:
    answer = ask(text)
    said = words(answer.reply)
    assert (answer.decision, answer.entry) == ("urgent", "immediate-danger")
    assert isinstance(answer.reply.parts[0], Alarm) and "999" in answer.reply.parts[0].text
    assert "It is not your fault" in said and "0800 1111" in said
    assert "Do not wait for a manager" not in said
    assert "If you work with children" in said and "03000 41 11 11" in said


def test_a_word_or_two_are_not_danger_because_the_matcher_finds_danger_likeliest() -> None:
    assert matcher().match("please", 1)[0].entry == "immediate-danger"
    assert ask("please").decision != "urgent"


def test_a_worker_in_an_emergency_is_not_spoken_to_as_a_child() -> None:
    said = words(ask("he is hitting the baby, I'm the health visitor, outside the flat").reply)
    assert "Do not wait for a manager" in said and "It is not your fault" not in said


def test_a_message_without_words_gets_an_honest_reply() -> None:
    answer = ask("🤷 ???")
    assert answer.decision == "no_match"
    assert "do not have a card" in words(answer.reply)


def test_a_doubtful_question_gets_at_most_three_choices_and_none_of_these() -> None:
    torn = Fixed(escalation=0.31, no_response=0.30, gp_escalation=0.29, after_referral=0.28)
    answer = Assistant(Answering(knowledge(), torn)).answer(Question("hm", TUESDAY_MORNING, "test", STRANGER))
    assert (answer.decision, answer.entry) == ("clarify", None)
    assert actions(answer.reply) == ["open:escalation", "open:no-response", "open:gp-escalation", "none"]
    assert labels(answer.reply)[-1] == "None of these"


def test_a_choice_that_is_not_ours_is_offered_beside_those_that_are() -> None:
    torn = Fixed(**{"signpost:adult_safeguarding": 0.31, "escalation": 0.30})
    answer = Assistant(Answering(knowledge(), torn)).answer(Question("hm", TUESDAY_MORNING, "test", STRANGER))
    assert answer.decision == "clarify"
    assert actions(answer.reply) == ["signpost:adult-safeguarding", "open:escalation", "none"]


def test_a_long_description_also_names_other_policies_it_may_involve() -> None:
    answer = ask(
        "nursery here, boy of three with global delay has a new bruise on his face every day this week, "
        "mum says he bangs his head, he has missed his last four appointments and his sister has missed hers"
    )
    assert answer.also_relevant
    assert answer.entry not in answer.also_relevant


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=300))
def test_every_message_gets_a_reply_that_ends_with_999(text: str) -> None:
    answer = ask(text)
    assert answer.decision in ("urgent", "answer", "clarify", "no_match")
    assert answer.reply.parts[-1] == Small("Child in danger now: 999")
    assert 0 <= answer.score <= 1
    assert all(0 <= match.score <= 1 for match in answer.candidates)
    assert len(answer.candidates) <= 5


def test_same_question_same_reply() -> None:
    assert ask(BRUISE) == ask(BRUISE)


@settings(max_examples=100, deadline=None)
@given(st.one_of(st.text(max_size=70), st.sampled_from(["open:", "open:nothing", "group:x", "consent:maybe", "more"])))
def test_a_forged_button_gets_a_calm_reply(action: str) -> None:
    answer = press(action)
    assert answer.reply.parts[-1] == Small("Child in danger now: 999")


@pytest.mark.parametrize("id_", sorted(knowledge().entries))
def test_every_button_on_a_card_leads_somewhere(id_: str) -> None:
    card = press(f"open:{id_}")
    assert card.entry == id_
    for action in actions(card.reply):
        assert press(action).decision != "stale", action


def test_every_button_reached_from_the_topics_leads_somewhere() -> None:
    seen, waiting = set(), ["start", "help", "topics", "contacts", "privacy", "agency", "elsewhere", "none"]
    while waiting:
        action = waiting.pop()
        if action in seen or action.startswith(("consent:", "agency:")):
            continue
        seen.add(action)
        answer = press(action)
        assert answer.decision != "stale", action
        waiting += actions(answer.reply)
    assert {f"open:{id_}" for id_ in knowledge().entries} <= seen


def test_the_agency_of_a_person_changes_their_card() -> None:
    entry = next(e for e in knowledge().entries.values() if e.by_agency)
    agency, statements = next(iter(entry.by_agency.items()))
    theirs = press(f"open:{entry.id}", person=Person("1" * 32, None, agency))
    assert statements[0].text in words(theirs.reply)
    assert statements[0].text not in words(press(f"open:{entry.id}").reply)


async def test_the_reply_is_sent_even_where_nothing_can_be_counted() -> None:
    sent: list[Reply] = []

    async def send(reply: Reply) -> None:
        sent.append(reply)

    await assistant().handle(Question(BRUISE, TUESDAY_MORNING, "test", STRANGER), send)
    assert len(sent) == 1


def test_beside_999_stands_no_card_that_can_wait() -> None:
    likely = Fixed(self_injurious_behaviour=0.9, abusive_head_trauma=0.2)
    answer = Assistant(Answering(knowledge(), likely)).answer(Question(HURT_NOW, TUESDAY_MORNING, "test", STRANGER))
    assert answer.also_relevant == ("abusive-head-trauma",)
    assert knowledge().entries["self-injurious-behaviour"].title not in words(answer.reply)


def test_beside_999_stands_the_card_that_clearly_fits() -> None:
    likely = Fixed(abusive_head_trauma=0.9, self_injurious_behaviour=0.2)
    answer = Assistant(Answering(knowledge(), likely)).answer(Question(HURT_NOW, TUESDAY_MORNING, "test", STRANGER))
    assert Title(knowledge().entries["abusive-head-trauma"].title) in answer.reply.parts


async def test_where_nothing_can_be_counted_no_choice_is_said_to_be_kept() -> None:
    sent: list[Reply] = []

    async def send(reply: Reply) -> None:
        sent.append(reply)

    for action in ("consent:yes", "consent:no", "agency:gp"):
        await assistant().press(Press(action, TUESDAY_MORNING, "test", STRANGER), send)
    assert all("cannot keep or change a choice" in words(reply) for reply in sent)
