"""Every command, as it is given in the terminal and on Telegram, where people press what the bot sends."""

from __future__ import annotations

import asyncio
import datetime as dt
import io
import re
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from bot.answering import Answering
from bot.assistant import Assistant
from bot.channels.telegram.run import build
from bot.channels.terminal import Terminal, converse
from bot.commands import ACTIONS, COMMANDS
from bot.knowledge.loading import load_knowledge
from bot.knowledge.model import Knowledge
from bot.matching.examples import follow_up_examples, matcher_examples
from bot.matching.matcher import Matcher
from bot.publishing.archive import Archive
from bot.publishing.publish import publish
from bot.replies import CHANGES_SHOWN, Composer
from bot.settings import Settings
from bot.usage.log import UsageLog
from tests.conftest import ACT_NOW, BABIES, SMALL_KNOWLEDGE, edit
from tests.fakes import TOKEN, Call, Chats, Clock, FakeTelegram
from tests.support import TUESDAY_MORNING, actions, words

HURT_NOW = "he is hitting her right now, I can hear her screaming"
FOOTER = "Child in danger now: 999"
FIRST_WORDS = {
    "start": "Signpost",
    "help": "How to ask",
    "topics": "Topics",
    "contacts": "Contacts",
    "escalate": "Escalation",
    "wording": "Wording to copy",
    "whatsnew": "What changed",
    "answer": "I cannot show that card",
    "agency": "Where do you work?",
    "privacy": "Privacy",
}


@cache
def matchers() -> tuple[Matcher, Matcher]:
    small = load_knowledge(SMALL_KNOWLEDGE)
    asks = Matcher.from_examples(follow_up_examples(small), small.lexicon)
    return Matcher.from_examples(matcher_examples(small), small.lexicon), asks


def answering(knowledge: Knowledge | None = None) -> Answering:
    """Return what answers from a small knowledge base, whose examples are those of the small folder."""
    return Answering(knowledge or load_knowledge(SMALL_KNOWLEDGE), *matchers())


@dataclass(frozen=True)
class PublishedTwice:
    """A data folder in which the small knowledge was published, changed and published again."""

    data: Path
    first: str
    second: str

    def assistant(self) -> Assistant:
        return Assistant(answering(), None, b"k" * 32, Archive(self.data))


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> PublishedTwice:
    place = tmp_path_factory.mktemp("published")
    folder = Path(shutil.copytree(SMALL_KNOWLEDGE, place / "knowledge"))
    first = publish(folder, place, TUESDAY_MORNING).version
    edit(folder, BABIES, "Talk about safer sleep at each contact", "Talk about safer sleep each time you meet")
    return PublishedTwice(place, first, publish(folder, place, TUESDAY_MORNING).version)


def talk(helper: Assistant, *lines: str) -> str:
    """Return what the terminal shows after the first line, in answer to it and to those that follow."""
    screen = io.StringIO()
    source = io.StringIO("".join(f"{line}\n" for line in lines))
    with asyncio.Runner() as runner:
        converse(Terminal(helper, lambda: TUESDAY_MORNING, screen), runner.run, source)
    return screen.getvalue().partition("you> ")[2].removesuffix("you> \n").strip()


async def chats_with(helper: Assistant) -> Chats:
    telegram = FakeTelegram()
    settings = Settings(telegram_token=TOKEN)
    application = build(helper, settings, lambda: TUESDAY_MORNING, telegram, sleep=Clock().sleep)
    await application.initialize()
    telegram.calls.clear()
    return Chats(application, telegram)


@pytest.fixture
async def chats(published: PublishedTwice) -> AsyncIterator[Chats]:
    made = await chats_with(published.assistant())
    yield made
    await made.application.shutdown()


def only(calls: list[Call]) -> Call:
    assert [call.method for call in calls] == ["sendMessage"]
    return calls[0]


def keys(call: Call) -> dict[str, str]:
    """Return the buttons under a message that take an action: label to action."""
    return {key["text"]: key["callback_data"] for key in _every_key(call) if "callback_data" in key}


def copied(call: Call) -> list[str]:
    """Return what the buttons under a message copy."""
    return [key["copy_text"]["text"] for key in _every_key(call) if "copy_text" in key]


def _every_key(call: Call) -> list[dict[str, Any]]:
    markup = call.parameters.get("reply_markup") or {"inline_keyboard": []}
    return [key for row in markup["inline_keyboard"] for key in row]


def plain(html: str) -> str:
    return re.sub(r"</?[a-z][^>]*>", "", html)


# Every command, everywhere


def test_every_command_has_a_test_here() -> None:
    assert list(FIRST_WORDS) == [command.name for command in COMMANDS]


def test_every_command_is_one_that_telegram_lists() -> None:
    for command in COMMANDS:
        assert re.fullmatch(r"[a-z0-9_]{1,32}", command.name)
        assert 1 <= len(command.does) <= 256
    assert len(ACTIONS) == len(COMMANDS)


@pytest.mark.parametrize("name", FIRST_WORDS)
def test_a_command_has_its_page_in_the_terminal(published: PublishedTwice, name: str) -> None:
    said = talk(published.assistant(), f"/{name}")
    assert said.startswith(FIRST_WORDS[name])
    assert FOOTER in said


@pytest.mark.parametrize("name", FIRST_WORDS)
async def test_a_command_has_its_page_on_telegram(chats: Chats, name: str) -> None:
    reply = only(await chats.say(f"/{name}"))
    assert plain(reply.text).startswith(FIRST_WORDS[name])
    assert reply.text.endswith(f"<i>{FOOTER}</i>")


@pytest.mark.parametrize("name", FIRST_WORDS)
def test_capitals_and_words_behind_a_command_do_not_matter(published: PublishedTwice, name: str) -> None:
    assert talk(published.assistant(), f"/{name.upper()} please").startswith(FIRST_WORDS[name])


@pytest.mark.parametrize("name", FIRST_WORDS)
async def test_they_do_not_matter_on_telegram_either(chats: Chats, name: str) -> None:
    assert plain(only(await chats.say(f"/{name.upper()} please")).text).startswith(FIRST_WORDS[name])


@pytest.mark.parametrize("name", FIRST_WORDS)
async def test_every_button_under_a_commands_page_leads_somewhere(chats: Chats, name: str) -> None:
    page = only(await chats.say(f"/{name}"))
    for action in keys(page).values():
        answered, reply, *_ = await chats.press(action, page)
        assert answered.method == "answerCallbackQuery"
        assert "out of date" not in reply.text


@pytest.mark.parametrize("name", [*FIRST_WORDS, "nosuchcommand"])
async def test_danger_behind_a_command_is_still_danger_on_telegram(chats: Chats, name: str) -> None:
    assert only(await chats.say(f"/{name} {HURT_NOW}")).text.startswith("<b>🚨 Ring 999")


@pytest.mark.parametrize("name", [*FIRST_WORDS, "nosuchcommand"])
def test_danger_behind_a_command_is_still_danger_in_the_terminal(published: PublishedTwice, name: str) -> None:
    assert talk(published.assistant(), f"/{name} {HURT_NOW}").startswith("!! Ring 999")


def test_the_terminal_says_which_commands_there_are(published: PublishedTwice) -> None:
    screen = io.StringIO()
    with asyncio.Runner() as runner:
        converse(Terminal(published.assistant(), lambda: TUESDAY_MORNING, screen), runner.run, io.StringIO())
    listed = screen.getvalue().partition("Commands: ")[2].partition("you>")[0].split()
    assert listed == [*(f"/{command.name}" for command in COMMANDS), "/quit"]


# /answer


@pytest.mark.parametrize("of", ["first", "second"])
def test_answer_shows_a_card_as_it_was_when_it_was_given(published: PublishedTwice, of: str) -> None:
    version = getattr(published, of)
    said = talk(published.assistant(), f"/answer safe-sleep/{version}")
    assert said.startswith(f"As published in version {version}.")
    assert ("at each contact" in said, "each time you meet" in said) == (of == "first", of == "second")
    assert f"Answer safe-sleep/{version}." in said


@pytest.mark.parametrize("written", ["{0}", " {0} ", "\n{0}", "{0}\n"])
async def test_a_reference_is_found_however_it_is_pasted(chats: Chats, published: PublishedTwice, written: str) -> None:
    reference = f"Safe-Sleep/{published.first.upper()}"
    reply = only(await chats.say("/answer " + written.format(reference)))
    assert plain(reply.text).startswith(f"As published in version {published.first}.")


@pytest.mark.parametrize(
    "reference",
    [
        "safe-sleep",
        "safe-sleep/",
        "/00000000",
        "safe-sleep/0000000g",
        "safe-sleep/00000000000000000000",
        "%/%",
        "x" * 3000,
    ],
)
async def test_what_is_no_reference_is_told_so_with_an_example(chats: Chats, reference: str) -> None:
    said = only(await chats.say(f"/answer {reference}")).text
    assert "is no reference: it stands on the card, such as escalation/461438d7" in said
    assert len(said) < 400


@pytest.mark.parametrize("reference", ["safe-sleep/00000000", "no-such-card/{first}"])
def test_a_reference_under_which_nothing_was_published_is_told_so(published: PublishedTwice, reference: str) -> None:
    said = talk(published.assistant(), f"/answer {reference.format(first=published.first)}")
    assert "no card was published here under" in said


def test_answer_without_a_reference_asks_for_one_and_quotes_nothing(published: PublishedTwice) -> None:
    said = talk(published.assistant(), "/answer")
    assert "such as escalation/461438d7" in " ".join(said.split())
    assert "''" not in said


def test_answer_where_no_version_was_ever_published_says_so(tmp_path: Path) -> None:
    said = talk(Assistant(answering(), None, b"k" * 32, Archive(tmp_path)), "/answer safe-sleep/00000000")
    assert "no card was published here under 'safe-sleep/00000000'" in " ".join(said.split())


# /whatsnew


def with_changes(folder: Path, *changes: tuple[dt.date, str]) -> Composer:
    """Return what composes from the small folder with these changes to the card on sleep, the newest given first."""
    lines = "".join(f"      - {{on: {on}, what: {what}}}\n" for on, what in changes)
    edit(folder, BABIES, "    changes:\n", f"    changes:\n{lines}")
    return Composer(load_knowledge(folder))


def test_without_a_change_whatsnew_says_when_the_cards_were_first_published() -> None:
    page = Composer(load_knowledge(SMALL_KNOWLEDGE)).whats_new()
    assert words(page) == f"What changed\n3 cards were first published on 22 November 2026.\n{FOOTER}"
    assert actions(page) == []


def test_whatsnew_gives_real_changes_newest_first_with_the_cards_to_open(small_knowledge: Path) -> None:
    changes = [(dt.date(2026, 11, 25), "Cots at night."), (dt.date(2026, 11, 24), "Car seats.")]
    edit(small_knowledge, ACT_NOW, "    changes:\n", "    changes:\n      - {on: 2026-11-26, what: Shorter.}\n")
    page = with_changes(small_knowledge, *changes).whats_new()
    assert words(page).split("\n")[1:4] == [
        "26 November 2026: A child is in danger now. Shorter.",
        "25 November 2026: Safer sleep for a baby. Cots at night.",
        "24 November 2026: Safer sleep for a baby. Car seats.",
    ]
    assert actions(page) == ["open:immediate-danger", "open:safe-sleep"]


def test_whatsnew_ends_after_the_last_ten(small_knowledge: Path) -> None:
    days = [dt.date(2026, 12, 24) - dt.timedelta(days=n) for n in range(CHANGES_SHOWN + 5)]
    said = words(with_changes(small_knowledge, *((day, f"Change {day:%d}.") for day in days)).whats_new())
    assert said.count(": Safer sleep for a baby. Change") == CHANGES_SHOWN
    assert "24 December" in said and "14 December" not in said


def test_a_single_new_card_is_spoken_of_as_one(small_knowledge: Path) -> None:
    edit(small_knowledge, BABIES, "on: 2026-11-22", "on: 2026-11-30")
    said = words(Composer(load_knowledge(small_knowledge)).whats_new())
    assert "1 card was first published on 30 November 2026." in said
    assert "2 cards were first published on 22 November 2026." in said


async def test_a_change_is_opened_from_whatsnew(small_knowledge: Path) -> None:
    changed = with_changes(small_knowledge, (dt.date(2026, 11, 25), "Cots at night.")).knowledge
    chats = await chats_with(Assistant(answering(changed)))
    page = only(await chats.say("/whatsnew"))
    _, card = await chats.press(keys(page)["Safer sleep for a baby"])
    assert card.text.startswith("<b>Safer sleep for a baby</b>")
    await chats.application.shutdown()


# /wording


async def test_a_text_is_chosen_and_comes_in_a_block_with_a_button_that_copies_it(chats: Chats) -> None:
    text = "What I saw or heard: [facts]\nWhat worries me: [your view]"
    listed = only(await chats.say("/wording"))
    _, page = await chats.press(keys(listed)["Notes before you ring"])
    assert f"<pre>{text}</pre>" in page.text
    assert copied(page) == [text]
    _, again = await chats.press(keys(page)["All wording to copy"], page)
    assert again.text == listed.text


async def test_a_text_stays_in_the_chat_when_a_card_is_opened_from_it(chats: Chats) -> None:
    listed = only(await chats.say("/wording"))
    _, page = await chats.press(keys(listed)["Notes before you ring"])
    _, card = await chats.press(keys(page)["Talk a worry through with the Front Door"], page)
    assert card.method == "sendMessage"


def test_in_the_terminal_a_text_is_chosen_by_its_number_and_printed_as_it_stands(published: PublishedTwice) -> None:
    said = talk(published.assistant(), "/wording", "1")
    assert f"{'-' * 78}\nWhat I saw or heard: [facts]\nWhat worries me: [your view]\n{'-' * 78}" in said


async def test_the_button_that_copies_stays_when_the_offer_to_be_counted_is_answered(tmp_path: Path) -> None:
    async with UsageLog(tmp_path / "usage.db") as usage:
        helper = Assistant(answering(), usage, b"k" * 32)
        chats = await chats_with(helper)
        text = helper.composer.knowledge.templates["consultation-notes"].text
        offering = helper.composer.with_offer(
            helper.composer.wording(helper.knowledge.entries["front-door-consultation"], TUESDAY_MORNING)
        )
        markup = [[_as_key(b.label, b.action, b.copies) for b in row] for row in offering.buttons]
        under = Call(
            "sendMessage", {"chat_id": "77", "message_id": "1001", "reply_markup": {"inline_keyboard": markup}}
        )
        *_, changed = await chats.press("consent:no", under)
        assert changed.method == "editMessageReplyMarkup"
        assert copied(changed) == [text]
        assert list(keys(changed).values()) == ["open:front-door-consultation"]
        await chats.application.shutdown()


def _as_key(label: str, action: str, copies: str | None) -> dict[str, Any]:
    return (
        {"text": label, "callback_data": action} if copies is None else {"text": label, "copy_text": {"text": copies}}
    )


# /escalate


async def test_the_ladder_is_climbed_by_pressing_what_the_bot_sends(chats: Chats) -> None:
    asked = only(await chats.say("/escalate"))
    _, how_far = await chats.press(keys(asked)["Social care"])
    assert "How far have you got?" in how_far.text
    _, since = await chats.press(keys(how_far)["I have not said it yet"])
    assert "When did this stage begin?" in since.text
    _, end = await chats.press(keys(since)["Monday 23 November"])
    assert "1. You speak to the person who decided." in plain(end.text)
    assert "It began on Monday 23 November: 1 working day ago." in end.text
    assert "How long this stage may take is not confirmed here." in end.text
    # All of it in one message, so that the chat is not full of questions.
    assert {call.parameters["message_id"] for call in (how_far, since, end)} == {str(chats.id_of(asked))}
    _, wording = await chats.press(keys(end)["Notes before you ring"])
    assert "<pre>" in wording.text


async def test_begin_again_begins_again(chats: Chats) -> None:
    asked = only(await chats.say("/escalate"))
    _, how_far = await chats.press(keys(asked)["Social care"])
    _, again = await chats.press(keys(how_far)["Begin again"])
    assert again.text == asked.text


@pytest.mark.parametrize("chosen", ["Today", "Earlier, or not sure"])
def test_the_ladder_is_climbed_in_the_terminal_by_what_stands_there(published: PublishedTwice, chosen: str) -> None:
    said = talk(published.assistant(), "/escalate", "1", "i have not said it yet", chosen)
    assert "Who acts next:\n 1. You speak to the person who decided." in said
    assert ("It began today." in said) == (chosen == "Today")


async def test_a_question_or_danger_leaves_the_ladder_at_any_step(chats: Chats) -> None:
    asked = only(await chats.say("/escalate"))
    await chats.press(keys(asked)["Social care"])
    assert "Safer sleep" in only(await chats.say("co-sleeping after drinking")).text
    assert only(await chats.say(HURT_NOW)).text.startswith("<b>🚨 Ring 999")


@pytest.mark.parametrize(
    "action", ["escalate:gone", "escalate:social-care:gone", "escalate:social-care:not-begun:30001231"]
)
async def test_a_forged_step_of_the_ladder_is_answered_calmly(chats: Chats, action: str) -> None:
    only(await chats.say("/escalate"))
    answered, reply = await chats.press(action)
    assert answered.method == "answerCallbackQuery"
    assert "out of date" in reply.text


async def test_without_a_ladder_the_command_still_gets_an_answer(small_knowledge: Path) -> None:
    without = load_knowledge(small_knowledge).model_copy(update={"ladder": None})
    chats = await chats_with(Assistant(answering(without)))
    assert only(await chats.say("/escalate")).text.endswith(f"<i>{FOOTER}</i>")
    await chats.application.shutdown()
