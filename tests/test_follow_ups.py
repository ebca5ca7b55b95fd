"""A few words more are understood in the light of the card shown last, and of nothing else."""

from __future__ import annotations

import datetime as dt
import statistics
from functools import cache
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.answering import Answering
from bot.assistant import Assistant
from bot.knowledge.model import Entry, FollowUp
from bot.matching.matcher import Matcher
from bot.messages import Alarm, Answer, Match, Person, Press, Question, Reply
from tests.support import (
    STRANGER,
    TUESDAY_MORNING,
    actions,
    answering,
    ask,
    assistant,
    knowledge,
    press,
    words,
)

BRUISE = "baby of 4 months, not rolling yet, has a small bruise on the cheek"
MISSED = "parents keep cancelling his hospital appointments, he was not brought again"
DISAGREE = "social care closed my referral and I disagree with the decision"
CARDS = {BRUISE: "bruising-non-mobile", MISSED: "was-not-brought", DISAGREE: "escalation"}
LEVEL = "level 3"  # a term with three meanings
ENTRIES = sorted(knowledge().entries)


class Fixed(Matcher):
    """A matcher that always ranks the same entries."""

    def __init__(self, **scores: float) -> None:
        self._matches = [Match(name.replace("_", "-"), score) for name, score in scores.items()]

    def match(self, text: str, limit: int = 5) -> list[Match]:
        return self._matches[:limit]


def say(
    to: Assistant, *texts: str, at: dt.datetime = TUESDAY_MORNING, person: Person = STRANGER, place: str = "chat"
) -> Answer:
    """Say one message after the other and return the answer to the last."""
    return [to.converse(Question(text, at, "test", person, place)) for text in texts][-1]


async def pressed(to: Assistant, action: str, place: str = "chat") -> None:
    async def send(reply: Reply) -> None:
        assert reply.parts

    await to.press(Press(action, TUESDAY_MORNING, "test", STRANGER, place), send)


def offered(answer: Answer) -> list[str]:
    return [action for action in actions(answer.reply) if action.partition(":")[0] in ("open", "signpost")]


# After a card


@pytest.mark.parametrize("first", CARDS)
def test_the_cards_that_the_next_tests_begin_with(first: str) -> None:
    assert ask(first).entry == CARDS[first]


@pytest.mark.parametrize("first", CARDS)
@pytest.mark.parametrize("text", ["and out of hours?", "it's the weekend"])
def test_asked_about_the_night_it_gives_who_answers_then(first: str, text: str) -> None:
    answer = say(assistant(), first, text)
    assert (answer.decision, answer.entry) == ("answer", "out-of-hours")


@pytest.mark.parametrize("first", [BRUISE, MISSED])
def test_asked_what_if_she_says_no_it_gives_whether_parents_must_agree(first: str) -> None:
    answer = say(assistant(), first, "what if she says no")
    assert (answer.decision, answer.entry) == ("answer", "consent-to-refer")


def test_what_if_she_says_no_after_a_disagreement_may_mean_two_things_and_is_asked_about() -> None:
    answer = say(assistant(), DISAGREE, "what if she says no")
    assert answer.decision in ("answer", "clarify")
    assert {answer.entry and f"open:{answer.entry}", *actions(answer.reply)} & {
        "open:consent-to-refer",
        "open:escalation",
    }


@pytest.mark.parametrize("first", CARDS)
def test_asked_for_the_number_it_offers_the_front_doors_first(first: str) -> None:
    answer = say(assistant(), first, "what's the number")
    assert answer.entry == "front-door-contact" or offered(answer)[:1] == ["open:front-door-contact"]


@pytest.mark.parametrize("first", [MISSED, DISAGREE])
def test_asked_how_to_word_it_it_gives_the_wording_of_that_card(first: str) -> None:
    answer = say(assistant(), first, "how do I word that")
    assert (answer.decision, answer.entry) == ("answer", CARDS[first])
    assert answer.reply == press(f"wording:{CARDS[first]}").reply


async def test_asked_for_wording_where_there_is_none_it_says_so_and_stays_with_the_card() -> None:
    worded = {entry for template in knowledge().templates.values() for entry in template.entries}
    without = next(id_ for id_ in ENTRIES if id_ not in worded)
    talk = assistant()
    await pressed(talk, f"open:{without}")
    answer = say(talk, "how do I word that")
    assert (answer.decision, answer.entry) == ("answer", without)
    assert knowledge().partnership.wording.no_wording in words(answer.reply)


@pytest.mark.parametrize("first", CARDS)
@pytest.mark.parametrize("text", ["who do I ring", "contact details please"])
def test_asked_whom_to_ring_it_gives_the_contacts_of_that_card(first: str, text: str) -> None:
    answer = say(assistant(), first, text)
    assert (answer.decision, answer.entry) == ("answer", CARDS[first])
    assert answer.reply == press(f"reach:{CARDS[first]}").reply


@pytest.mark.parametrize("first", CARDS)
@pytest.mark.parametrize("text", ["tell me more", "can you explain that", "say that again"])
def test_asked_for_more_it_gives_the_detail_of_that_card(first: str, text: str) -> None:
    answer = say(assistant(), first, text)
    assert (answer.decision, answer.entry) == ("answer", CARDS[first])
    assert answer.reply == press(f"more:{CARDS[first]}").reply


@pytest.mark.parametrize("text", ["thanks", "thank you", "ok thanks", "lovely, thanks for your help"])
@pytest.mark.parametrize("first", CARDS)
def test_thanks_are_no_question(first: str, text: str) -> None:
    answer = say(assistant(), first, text)
    assert (answer.decision, answer.entry) == ("no_match", None)
    assert "I do not have a card" not in words(answer.reply)


@pytest.mark.parametrize("text", ["thanks", "thank you", "ok thanks", "lovely, thanks for your help"])
def test_thanks_after_a_card_are_answered_in_kind(text: str) -> None:
    assert knowledge().partnership.wording.thanks in words(say(assistant(), BRUISE, text).reply)


def test_thanks_do_not_put_out_the_light() -> None:
    assert say(assistant(), MISSED, "thanks", "how do I word that").entry == "was-not-brought"


def test_the_light_goes_with_the_card_shown_last() -> None:
    talk = assistant()
    assert say(talk, MISSED, DISAGREE, "how do I word that").entry == "escalation"


# After a question back


@pytest.mark.parametrize(("text", "place"), [("the first one", 0), ("the second one", 1), ("2", 1), ("last", 2)])
@pytest.mark.parametrize("first", [LEVEL, "CP", "no reply"])
def test_a_place_opens_the_card_that_stands_there(first: str, text: str, place: int) -> None:
    talk = assistant()
    back = say(talk, first)
    assert back.decision == "clarify" and len(offered(back)) == 3
    answer = say(talk, text)
    assert (answer.decision, answer.score) == ("answer", 1.0)
    assert f"open:{answer.entry}" == offered(back)[place]
    assert answer.reply == press(offered(back)[place]).reply


def test_the_fourth_of_four_choices_can_be_named_too() -> None:
    four = next(one for one in knowledge().lexicon.ambiguous if len(one.choices) == 4 and one.choices[3].entry)
    assert say(assistant(), four.terms[0], "the fourth one").entry == four.choices[3].entry


@pytest.mark.parametrize("text", ["neither", "none of these", "no"])
def test_a_choice_that_is_declined_is_taken_back_calmly(text: str) -> None:
    answer = say(assistant(), LEVEL, text)
    assert (answer.decision, answer.entry) == ("no_match", None)
    assert answer.reply == press("none").reply


@pytest.mark.parametrize("text", ["yes", "Yes please", "that's it"])
def test_yes_opens_the_only_card_that_was_offered(text: str) -> None:
    talk = Assistant(Answering(knowledge(), Fixed(was_not_brought=0.3)))
    assert offered(say(talk, "hm")) == ["open:was-not-brought"]
    assert say(talk, text).entry == "was-not-brought"


def test_yes_to_several_cards_opens_none_of_them() -> None:
    talk = assistant()
    back = say(talk, LEVEL)
    assert f"open:{say(talk, 'yes').entry}" not in offered(back)


def test_after_a_choice_the_card_chosen_gives_the_light() -> None:
    talk = assistant()
    assert say(talk, "no reply", "the second one").entry == "no-response"
    assert say(talk, "how do I word that").reply == press("wording:no-response").reply


def test_wording_to_copy_is_chosen_by_its_place_too() -> None:
    talk = assistant()
    page = say(talk, MISSED, "how do I word that")
    templates = [action for action in actions(page.reply) if action.startswith("template:")]
    assert say(talk, "2").reply == press(templates[1]).reply


def test_a_question_back_may_be_passed_over() -> None:
    assert say(assistant(), LEVEL, BRUISE).entry == "bruising-non-mobile"


# What stands alone


@pytest.mark.parametrize(("first", "then"), list(permutations(CARDS, 2)))
def test_a_change_of_subject_is_answered_on_its_own(first: str, then: str) -> None:
    answer = say(assistant(), first, then)
    assert (answer.decision, answer.entry) == ("answer", CARDS[then])


@pytest.mark.parametrize("first", [MISSED, DISAGREE])
def test_a_change_of_subject_names_what_else_it_may_involve_as_it_does_alone(first: str) -> None:
    assert ask(BRUISE).also_relevant
    assert say(assistant(), first, BRUISE).also_relevant == ask(BRUISE).also_relevant


FEW_WORDS = ["and out of hours?", "what if she says no", "how do I word that", "the second one", "yes", "neither", "2"]


@pytest.mark.parametrize("text", FEW_WORDS)
def test_after_sixteen_minutes_the_same_words_stand_alone(text: str) -> None:
    talk = assistant()
    say(talk, MISSED)
    later = TUESDAY_MORNING + dt.timedelta(minutes=16)
    assert say(talk, text, at=later) == ask(text, later)


def test_after_fourteen_minutes_they_do_not() -> None:
    talk = assistant()
    say(talk, MISSED)
    later = TUESDAY_MORNING + dt.timedelta(minutes=14)
    assert say(talk, "how do I word that", at=later).entry == "was-not-brought"
    assert ask("how do I word that", later).entry is None


@settings(max_examples=60, deadline=None)
@given(st.one_of(st.text(max_size=100), st.sampled_from([*FEW_WORDS, *CARDS, LEVEL])))
def test_the_first_message_of_a_conversation_is_never_influenced(text: str) -> None:
    assert say(assistant(), text) == ask(text)


@pytest.mark.parametrize("text", ["how do I word that", "2", "and out of hours?"])
@pytest.mark.parametrize(
    ("person", "place"),
    [
        pytest.param(STRANGER, "another chat", id="the same person in another chat"),
        pytest.param(Person("1" * 32), "chat", id="somebody else in the same chat"),
    ],
)
def test_a_card_in_one_chat_gives_no_light_to_another(text: str, person: Person, place: str) -> None:
    talk = assistant()
    say(talk, MISSED)
    assert say(talk, text, person=person, place=place) == ask(text, person=person)


# Danger, whatever came before

DANGER = "he is hitting her right now, I can hear her screaming"


@pytest.mark.parametrize(
    "before", [(BRUISE,), (MISSED, "how do I word that"), (LEVEL,), (DISAGREE, "thanks"), (DANGER,)]
)
def test_danger_in_a_later_turn_is_answered_with_999_whatever_came_before(before: tuple[str, ...]) -> None:
    answer = say(assistant(), *before, DANGER)
    assert (answer.decision, answer.entry) == ("urgent", "immediate-danger")
    assert isinstance(answer.reply.parts[0], Alarm) and "999" in answer.reply.parts[0].text


def dangers() -> list[str]:
    rules = knowledge().danger
    assert rules is not None
    return [rule.must_fire[0] for rule in rules.rules if rule.must_fire]


@pytest.mark.parametrize("sentence", dangers())
def test_every_danger_rule_fires_in_the_light_of_a_card_too(sentence: str) -> None:
    answer = say(assistant(), MISSED, sentence)
    assert answer.decision == "urgent" and "999" in words(answer.reply)


def test_after_danger_a_change_of_subject_is_answered() -> None:
    assert say(assistant(), DANGER, MISSED).entry == "was-not-brought"


# Buttons


async def test_a_card_opened_with_a_button_gives_the_light_too() -> None:
    talk = assistant()
    await pressed(talk, "open:was-not-brought")
    assert say(talk, "how do I word that").reply == press("wording:was-not-brought").reply


async def test_a_button_pressed_in_another_chat_gives_no_light() -> None:
    talk = assistant()
    await pressed(talk, "open:was-not-brought", place="another chat")
    assert say(talk, "how do I word that") == ask("how do I word that")


@pytest.mark.parametrize("action", ["open:gone", "more:", "nonsense", ""])
async def test_a_stale_button_changes_nothing(action: str) -> None:
    talk = assistant()
    say(talk, "no reply")
    await pressed(talk, action)
    assert say(talk, "the second one").entry == "no-response"


async def test_choices_under_a_page_of_a_button_can_be_named_by_their_place() -> None:
    talk = assistant()
    await pressed(talk, "group:injuries")
    third = [action for action in actions(press("group:injuries").reply) if action.startswith("open:")][2]
    assert f"open:{say(talk, 'the third one').entry}" == third


# Every entry's own follow-ups


def leads_to(entry: Entry, follow_up: FollowUp) -> str:
    return f"open:{follow_up.entry}" if follow_up.entry else f"{follow_up.show}:{entry.id}"


@pytest.mark.parametrize("id_", ENTRIES)
def test_every_entry_has_follow_ups_that_lead_to_another_entry_or_a_page_that_exists(id_: str) -> None:
    entry = knowledge().entries[id_]
    assert entry.follow_ups
    for follow_up in entry.follow_ups:
        assert follow_up.entry != id_
        assert follow_up.show == "thanks" or press(leads_to(entry, follow_up)).decision != "stale", follow_up


@cache
def asked(id_: str) -> tuple[tuple[str, Answer], ...]:
    """Return, for every fifth ask of an entry, the entry it is to lead to, and the answer after the entry's card."""
    entry = knowledge().entries[id_]
    card = press(f"open:{id_}")
    context = answering().after(None, card, TUESDAY_MORNING)
    asks = [(text, follow_up.entry or id_) for follow_up in entry.follow_ups for text in follow_up.asks]
    return tuple(
        (target, answering().answer(Question(text, TUESDAY_MORNING, "test", STRANGER, context=context)))
        for text, target in asks[::5]
    )


def share_that_leads(id_: str) -> float:
    """Return the share of asks that are answered from their target, or with a question back that offers it."""
    return statistics.mean(answer.entry == to or f"open:{to}" in actions(answer.reply) for to, answer in asked(id_))


def share_answered(id_: str) -> float:
    """Return the share of asks that are answered from their target at once."""
    return statistics.mean(answer.entry == to for to, answer in asked(id_))


@pytest.mark.parametrize("id_", ENTRIES)
def test_what_is_asked_after_a_card_mostly_leads_where_the_card_says(id_: str) -> None:
    assert share_that_leads(id_) >= 0.6


def test_of_a_typical_card_nine_in_ten_asks_lead_where_it_says() -> None:
    assert statistics.median(map(share_that_leads, ENTRIES)) >= 0.9


def test_of_a_typical_card_nine_in_ten_asks_are_answered_at_once() -> None:
    assert statistics.median(map(share_answered, ENTRIES)) >= 0.9


@pytest.mark.parametrize("id_", ENTRIES)
def test_an_answer_in_the_light_of_a_card_keeps_its_form(id_: str) -> None:
    for _, answer in asked(id_):
        assert answer.decision in ("urgent", "answer", "clarify", "no_match")
        assert (answer.entry is not None) == (answer.decision in ("urgent", "answer"))
        assert 0 <= answer.score <= 1 and all(0 <= match.score <= 1 for match in answer.candidates)
        assert {match.entry for match in answer.candidates} <= knowledge().entries.keys()
        assert words(answer.reply).endswith("Child in danger now: 999")


def test_the_same_question_again_gets_the_same_card_again() -> None:
    talk = assistant()
    first, again = say(talk, MISSED), say(talk, MISSED)
    assert again.decision == "answer"
    assert again.reply == first.reply
