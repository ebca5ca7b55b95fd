"""What chooses among the cards offered is understood in many wordings; what was given is remembered briefly, in ids."""

from __future__ import annotations

import datetime as dt
import pickle
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.answering import Answering
from bot.assistant import Assistant
from bot.conversation import Conversations, chosen
from bot.knowledge.loading import load_knowledge
from bot.matching.examples import follow_up_examples, matcher_examples
from bot.matching.matcher import Matcher
from bot.messages import Answer, Context, Person, Press, Question, Reply
from tests.conftest import SMALL_KNOWLEDGE
from tests.support import STRANGER, TUESDAY_MORNING, actions

FOUR = ("open:bruise", "open:sleep", "signpost:adults", "template:letter")
THREE, TWO, ONE = FOUR[:3], FOUR[:2], FOUR[:1]

# What a message chooses.


@pytest.mark.parametrize(
    ("place", "texts"),
    [
        (0, ["the first one", "First please", "1", "1.", "#1", "1st", "number one", "option 1", "A", "the top one"]),
        (0, ["it's the first one", "its the first", "I mean the first", "i think its the first one", "No. 1", "1️⃣"]),
        (1, ["the second one", "Second!", "2nd option", "2 pls", "B", "number two", "second card please", "middle"]),
        (1, ["no, the second one", "the second of them", "it is number 2", "2)", "2 thanks"]),
        (2, ["the third one", "third", "3", "3rd", "three please", "option C", "the last one", "bottom one", "last"]),
    ],
)  # fmt: skip
def test_a_place_chooses_among_three_in_many_wordings(place: int, texts: list[str]) -> None:
    assert {text: chosen(text, THREE) for text in texts} == dict.fromkeys(texts, THREE[place])


@pytest.mark.parametrize("text", ["the fourth one", "4", "4th", "number four", "D", "last", "the bottom one"])
def test_the_fourth_of_four_is_chosen_by_its_place(text: str) -> None:
    assert chosen(text, FOUR) == FOUR[3]


@pytest.mark.parametrize("text", ["3", "the third one", "c", "4", "the fourth", "5", "fifth"])
def test_a_place_where_nothing_stands_chooses_nothing(text: str) -> None:
    assert chosen(text, TWO) is None


@pytest.mark.parametrize("offered", [ONE, TWO, THREE, FOUR])
def test_the_last_is_the_last_however_many_there_are(offered: tuple[str, ...]) -> None:
    assert chosen("the last one", offered) == offered[-1]


@pytest.mark.parametrize(
    "text",
    ["yes", "Yes please", "yep", "yeah", "y", "correct", "that one", "that's it", "thats the one", "yes, that one"],
)  # fmt: skip
def test_yes_takes_what_stands_alone_and_leaves_several_open(text: str) -> None:
    assert chosen(text, ONE) == ONE[0]
    assert chosen(text, TWO) is None


@pytest.mark.parametrize(
    "text",
    ["no", "No thanks", "nope", "none", "neither", "Neither one", "neither of them", "none of these",
     "None of the above", "no, none of these", "nope, neither of these", "none of those, thanks"],
)  # fmt: skip
@pytest.mark.parametrize("offered", [ONE, TWO, THREE])
def test_no_declines_all_that_is_offered(text: str, offered: tuple[str, ...]) -> None:
    assert chosen(text, offered) == "none"


@pytest.mark.parametrize(
    "text",
    [
        "one of the children is hurt",
        "second opinion",
        "no reply from social care",
        "yes but what if mum says no",
        "the first appointment was missed",
        "top of the stairs",
        "1 year old with a bruise",
        "none of the family will talk to me",
        "a baby",
        "what about the second one, is she safe",
        "",
        "?!",
        "🤷",
    ],
)
def test_a_message_that_says_more_chooses_nothing(text: str) -> None:
    assert chosen(text, ONE) is None
    assert chosen(text, THREE) is None


_WORDS = [
    "the",
    "no",
    "number",
    "it",
    "s",
    "is",
    "i",
    "think",
    "first",
    "2nd",
    "3",
    "b",
    "one",
    "last",
    "yes",
    "neither",
    "please",
]
said = st.one_of(st.text(max_size=80), st.lists(st.sampled_from(_WORDS), max_size=7).map(" ".join))


@given(said, st.lists(st.sampled_from(FOUR), max_size=4, unique=True))
def test_any_text_gives_an_action_that_was_offered_or_none_or_nothing(text: str, offered: list[str]) -> None:
    assert chosen(text, offered) in {None, "none", *offered}


@given(said)
def test_nothing_is_chosen_where_nothing_was_offered(text: str) -> None:
    assert chosen(text, ()) is None


@given(st.lists(st.sampled_from(_WORDS), max_size=7), st.sampled_from([" ", "  ", ", ", ". ", "\n"]))
def test_capitals_and_punctuation_change_nothing(words_said: list[str], between: str) -> None:
    assert chosen(between.join(words_said).upper() + "!", THREE) == chosen(" ".join(words_said), THREE)


# What is remembered.


def given_at(at: dt.datetime, shown: str = "safe-sleep") -> Context:
    return Context(at, shown)


@pytest.mark.parametrize(
    ("later", "remembered"),
    [
        pytest.param(dt.timedelta(0), True, id="at once"),
        pytest.param(dt.timedelta(minutes=14, seconds=59), True, id="just within"),
        pytest.param(dt.timedelta(minutes=15), True, id="a quarter of an hour"),
        pytest.param(dt.timedelta(minutes=15, seconds=1), False, id="just after"),
        pytest.param(dt.timedelta(days=1), False, id="a day later"),
    ],
)
def test_after_a_quarter_of_an_hour_nothing_is_remembered(later: dt.timedelta, remembered: bool) -> None:
    conversations = Conversations()
    conversations.remember("jo", given_at(TUESDAY_MORNING))
    assert (conversations.recall("jo", TUESDAY_MORNING + later) is not None) is remembered


@given(st.integers(0, 100_000))
def test_what_is_recalled_is_never_older_than_a_quarter_of_an_hour(seconds: int) -> None:
    conversations = Conversations()
    conversations.remember("jo", given_at(TUESDAY_MORNING))
    recalled = conversations.recall("jo", TUESDAY_MORNING + dt.timedelta(seconds=seconds))
    assert (recalled is None) == (seconds > 15 * 60)


def test_the_quarter_of_an_hour_runs_from_what_was_given_last() -> None:
    conversations = Conversations()
    at = TUESDAY_MORNING
    conversations.remember("jo", given_at(at, "safe-sleep"))
    conversations.remember("jo", given_at(at + dt.timedelta(minutes=10), "neglect"))
    recalled = conversations.recall("jo", at + dt.timedelta(minutes=20))
    assert recalled is not None and recalled.shown == "neglect"


def test_where_there_is_no_room_left_the_oldest_is_forgotten() -> None:
    conversations = Conversations(room=3)
    for person in ("ann", "bob", "cat"):
        conversations.remember(person, given_at(TUESDAY_MORNING))
    conversations.remember("ann", given_at(TUESDAY_MORNING, "neglect"))  # the oldest is bob now
    conversations.remember("dan", given_at(TUESDAY_MORNING))
    kept = [p for p in ("ann", "bob", "cat", "dan") if conversations.recall(p, TUESDAY_MORNING) is not None]
    assert kept == ["ann", "cat", "dan"]


@given(st.lists(st.integers(0, 9), max_size=60), st.integers(1, 5))
def test_the_last_that_fit_are_remembered_and_nobody_else(people: list[int], room: int) -> None:
    conversations = Conversations(room)
    for person in people:
        conversations.remember(str(person), given_at(TUESDAY_MORNING))
    last = list(dict.fromkeys(reversed(people)))[:room]
    kept = [person for person in range(10) if conversations.recall(str(person), TUESDAY_MORNING) is not None]
    assert kept == sorted(last)


# The memory of an assistant.


@cache
def small() -> Answering:
    """Return what answers from the small knowledge; it never changes."""
    knowledge = load_knowledge(SMALL_KNOWLEDGE)
    learnt = (
        Matcher.from_examples(texts(knowledge), knowledge.lexicon) for texts in (matcher_examples, follow_up_examples)
    )
    return Answering(knowledge, *learnt)


def say(
    assistant: Assistant, text: str, channel: str = "test", person: Person = STRANGER, place: str = "here"
) -> Answer:
    return assistant.converse(Question(text, TUESDAY_MORNING, channel, person, place))


QUESTION_BACK = "who to contact"  # a term with three choices, of which safe-sleep is the second


def test_a_choice_is_understood_in_the_chat_in_which_it_was_offered() -> None:
    assistant = Assistant(small())
    offered = say(assistant, QUESTION_BACK)
    assert actions(offered.reply)[:2] == ["open:front-door-consultation", "open:safe-sleep"]
    assert say(assistant, "the second one").entry == "safe-sleep"


@pytest.mark.parametrize(
    ("channel", "person", "place"),
    [
        pytest.param("test", Person("1" * 32), "here", id="another person"),
        pytest.param("terminal", STRANGER, "here", id="another channel"),
        pytest.param("test", STRANGER, "there", id="another place"),
    ],
)
def test_what_was_offered_to_one_is_offered_to_nobody_else(channel: str, person: Person, place: str) -> None:
    assistant = Assistant(small())
    say(assistant, QUESTION_BACK)
    alone = Assistant(small()).answer(Question("the second one", TUESDAY_MORNING, channel, person, place))
    assert say(assistant, "the second one", channel, person, place) == alone
    assert alone.entry is None
    assert say(assistant, "the second one").entry == "safe-sleep"


def test_a_button_of_one_chat_gives_no_light_to_another() -> None:
    assistant = Assistant(small())
    say(assistant, QUESTION_BACK, place="one")
    say(assistant, "co-sleeping after drinking", place="two")
    assert say(assistant, "the second one", place="two").entry != "front-door-consultation"
    assert say(assistant, "1", place="one").entry == "front-door-consultation"


async def test_no_word_of_a_message_stays_behind_in_all_that_an_assistant_holds() -> None:
    marker = "zebrafish"
    assistant = Assistant(small(), key=b"k" * 32)
    sent: list[Reply] = []

    async def send(reply: Reply) -> None:
        sent.append(reply)

    person = Person("2" * 32)
    for text in (
        f"{marker} co-sleeping after drinking",
        f"and what about the {marker}",
        f"he is hitting the {marker} right now",
        f"{marker} who to contact",
        "the second one",
        f"{marker} on 07700 900123",
        marker,
    ):
        await assistant.handle(Question(text, TUESDAY_MORNING, "test", person, "here"), send)
    await assistant.press(Press("open:safe-sleep", TUESDAY_MORNING, "test", person, "here", marker), send)
    held = pickle.dumps(assistant)
    assert len(sent) == 8
    assert b"2" * 32 in held  # it is the memory that is looked through
    assert marker.encode() not in held and b"900123" not in held


def test_what_is_remembered_is_ids_of_the_knowledge_base_and_actions_of_buttons() -> None:
    assistant = Assistant(small())
    say(assistant, QUESTION_BACK)
    say(assistant, "baby sleeps on the sofa with dad")
    answer = say(assistant, QUESTION_BACK)
    context = small().after(None, answer, TUESDAY_MORNING)
    assert context is not None
    assert set(context.likely) <= small().knowledge.entries.keys()
    assert set(context.offered) <= set(actions(answer.reply))
