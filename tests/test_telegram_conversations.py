"""Conversations in Telegram, through the real Application: what people send, and what they get."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from telegram import Update

from bot.assistant import Assistant
from bot.channels.telegram.memory import Given, Memory
from bot.channels.telegram.run import build
from bot.messages import Press, Question
from bot.settings import Settings
from bot.usage.log import UsageLog
from tests.fakes import BOT, GROUP, KENT, PRIVATE, TOKEN, Call, Chats, Clock, FakeTelegram
from tests.support import TUESDAY_MORNING, answering, assistant, knowledge

BRUISE = "baby of 4 months, not rolling yet, has a small bruise on the cheek"
HURT_NOW = "he is hitting her right now, I can hear her screaming"
FOOTER = "<i>Child in danger now: 999</i>"
DANGER = "🚨 Ring 999 now"
SETTINGS = Settings(telegram_token=TOKEN)


async def chats_with(helper: Assistant, sleep: Clock | None = None) -> Chats:
    telegram = FakeTelegram()
    clock = sleep or Clock()
    application = build(helper, SETTINGS, lambda: TUESDAY_MORNING, telegram, sleep=clock.sleep)
    await application.initialize()
    telegram.calls.clear()
    return Chats(application, telegram)


@pytest.fixture
async def chats() -> AsyncIterator[Chats]:
    made = await chats_with(assistant())
    yield made
    await made.application.shutdown()


def only(calls: list[Call], method: str = "sendMessage") -> Call:
    assert [call.method for call in calls] == [method]
    return calls[0]


# Asking


async def test_a_question_in_own_words_gets_the_card(chats: Chats) -> None:
    card = only(await chats.say(BRUISE))
    assert card.text.startswith(f"<b>{knowledge().entries['bruising-non-mobile'].title}</b>")
    assert "<b>Do now:</b>\n1. " in card.text
    assert card.text.endswith(FOOTER)
    assert card.parameters["parse_mode"] == "HTML"
    assert card.parameters["link_preview_options"] == {"is_disabled": True}
    assert "more:bruising-non-mobile" in card.buttons


async def test_danger_is_answered_with_999_first(chats: Chats) -> None:
    assert only(await chats.say(HURT_NOW)).text.startswith(f"<b>{DANGER}")


async def test_what_signpost_does_not_know_gets_the_right_way_on(chats: Chats) -> None:
    reply = only(await chats.say("xyzzy plugh"))
    assert {"topics", "contacts"} <= set(reply.buttons)
    assert reply.text.endswith(FOOTER)


@pytest.mark.parametrize(
    ("text", "first_words"),
    [
        ("/start", "<b>Signpost</b>"),
        ("/start no-such-entry", "<b>Signpost</b>"),
        ("/start <b>", "<b>Signpost</b>"),
        ("/help", "<b>How to ask</b>"),
        ("/HELP", "<b>How to ask</b>"),
        ("/help@Signpost_Kent_Bot", "<b>How to ask</b>"),
        ("/topics", "<b>Topics</b>"),
        ("/contacts", "<b>Contacts</b>"),
        ("/agency", "Where do you work?"),
        ("/privacy", "<b>Privacy</b>"),
        ("/nosuchcommand", "<b>How to ask</b>"),
        ("/help@another_bot", "<b>How to ask</b>"),
        ("/start escalation", f"<b>{knowledge().entries['escalation'].title}</b>"),
        ("/privacy please", "<b>Privacy</b>"),
    ],
)
async def test_every_command_has_its_page(chats: Chats, text: str, first_words: str) -> None:
    reply = only(await chats.say(text))
    assert reply.text.startswith(first_words)
    assert reply.text.endswith(FOOTER)


@pytest.mark.parametrize("command", ["/help", "/start", "/topics", "/nosuchcommand", "/help@another_bot"])
async def test_danger_is_not_hidden_behind_a_command(chats: Chats, command: str) -> None:
    assert DANGER in only(await chats.say(f"{command} {HURT_NOW}")).text


async def test_a_question_that_begins_with_a_slash_is_answered(chats: Chats) -> None:
    assert "Bruise or mark" in only(await chats.say(f"/{BRUISE}")).text


# What cannot be read

FILE = {"file_id": "f", "file_unique_id": "u"}
SQUARE = {"width": 9, "height": 9}


@pytest.mark.parametrize(
    "content",
    [
        {"voice": {**FILE, "duration": 3}},
        {"audio": {**FILE, "duration": 3}},
        {"photo": [{**FILE, **SQUARE}]},
        {"document": FILE},
        {"video": {**FILE, **SQUARE, "duration": 3}},
        {"video_note": {**FILE, "length": 9, "duration": 3}},
        {"sticker": {**FILE, **SQUARE, "is_animated": False, "is_video": False, "type": "mask"}},
        {"location": {"latitude": 51.3, "longitude": 0.5}},
        {"contact": {"phone_number": "1", "first_name": "Jo"}},
        {"dice": {"emoji": "🎲", "value": 3}},
        {"kind_of_message_that_is_not_known_yet": {}},
        {"text": "   "},
    ],
    ids=lambda content: next(iter(content)),
)  # fmt: skip
async def test_what_cannot_be_read_gets_the_numbers_and_a_request_to_type(
    chats: Chats, content: dict[str, Any]
) -> None:
    reply = only(await chats.say(**content))
    assert "Please type your question" in reply.text
    assert "999" in reply.text
    assert chats.telegram.all("getFile") == []


async def test_a_caption_is_asked_as_a_text(chats: Chats) -> None:
    photo = [{**FILE, **SQUARE}]
    assert "Bruise or mark" in only(await chats.say(photo=photo, caption=BRUISE)).text


async def test_an_album_is_answered_once(chats: Chats) -> None:
    photo = {"photo": [{**FILE, **SQUARE}], "media_group_id": "a"}
    assert "Bruise or mark" in only(await chats.say(caption=BRUISE, **photo)).text
    assert await chats.say(**photo) == []
    assert DANGER in only(await chats.say(caption=HURT_NOW, **photo)).text


# Buttons


async def test_topics_are_leafed_through_in_one_message(chats: Chats) -> None:
    topics = only(await chats.say("/topics"))
    answered, page = await chats.press("group:act-now")
    assert answered.method == "answerCallbackQuery"
    assert (page.method, page.parameters["message_id"]) == ("editMessageText", str(chats.id_of(topics)))
    _, back = await chats.press("topics")
    assert (back.method, back.text) == ("editMessageText", topics.text)
    await chats.press("group:act-now")
    _, card = await chats.press("open:immediate-danger")
    assert (card.method, card.parameters["message_id"]) == ("editMessageText", str(chats.id_of(topics)))
    assert "useful:immediate-danger" in card.buttons
    assert card.parameters["link_preview_options"] == {"is_disabled": True}


@pytest.mark.parametrize("verb", ["more", "related"])
async def test_the_card_stays_while_more_is_read(chats: Chats, verb: str) -> None:
    await chats.say(BRUISE)
    answered, *pages = await chats.press(f"{verb}:bruising-non-mobile")
    assert answered.method == "answerCallbackQuery"
    assert {page.method for page in pages} == {"sendMessage"}
    page = pages[-1]  # the one with the buttons
    _, back = await chats.press("open:bruising-non-mobile", page)
    assert (back.method, back.parameters["message_id"]) == ("editMessageText", str(chats.id_of(page)))


async def test_the_choices_stay_when_one_is_taken(chats: Chats) -> None:
    choice = only(await chats.say("worried about a baby"))
    picked = next(action for action in choice.buttons if action.startswith("open:"))
    assert [call.method for call in await chats.press(picked)] == ["answerCallbackQuery", "sendMessage"]


async def test_none_of_these_gets_the_way_on(chats: Chats) -> None:
    await chats.say("worried about a baby")
    _, reply = await chats.press("none")
    assert {"topics", "contacts"} <= set(reply.buttons)


async def test_useful_is_thanked_over_the_chat_and_asked_once(chats: Chats) -> None:
    card = only(await chats.say(BRUISE))
    thanks, changed = await chats.press("useful:bruising-non-mobile")
    assert thanks.method == "answerCallbackQuery"
    assert thanks.text == "Thank you. Child in danger now: 999"
    assert changed.method == "editMessageReplyMarkup"
    assert set(card.buttons) - set(changed.buttons) == {
        "useful:bruising-non-mobile",
        "not-meant:bruising-non-mobile",
    }
    assert "more:bruising-non-mobile" in changed.buttons


async def test_not_what_i_meant_offers_neighbours_below_the_card(chats: Chats) -> None:
    await chats.say(BRUISE)
    answered, reply, changed = await chats.press("not-meant:bruising-non-mobile")
    assert (answered.method, reply.method) == ("answerCallbackQuery", "sendMessage")
    assert any(action.startswith("open:") for action in reply.buttons)
    assert "not-meant:bruising-non-mobile" not in changed.buttons


async def test_consent_is_asked_once_and_given_with_an_agency(tmp_path: Path) -> None:
    async with UsageLog(tmp_path / "usage.db") as usage:
        chats = await chats_with(assistant(usage))
        card = only(await chats.say(BRUISE))
        assert {"consent:yes", "consent:no"} <= set(card.buttons)
        _, agencies, changed = await chats.press("consent:yes")
        assert agencies.text.startswith("Thank you. From now on") and "Where do you work?" in agencies.text
        assert changed.method == "editMessageReplyMarkup"
        assert set(card.buttons) - set(changed.buttons) == {"consent:yes", "consent:no"}
        _, noted = await chats.press("agency:gp", agencies)
        assert noted.method == "editMessageText"
        assert "GP practice" in noted.text
        assert "The cards you are shown are counted" in only(await chats.say("/privacy")).text
        await chats.application.shutdown()


@pytest.mark.parametrize("action", ["open:gone", "group:gone", "x" * 64, "", None, "open:", ":", "consent:maybe"])
async def test_a_stale_or_forged_press_is_answered_calmly(chats: Chats, action: str | None) -> None:
    await chats.say(BRUISE)
    answered, reply = await chats.press(action)
    assert answered.method == "answerCallbackQuery"
    assert "out of date" in reply.text
    assert reply.text.endswith(FOOTER)


async def test_a_press_under_a_message_that_is_gone_is_answered_in_its_chat(chats: Chats) -> None:
    gone = {"message_id": 5, "date": 0, "chat": PRIVATE}
    answered, reply = await chats.query(data="open:escalation", message=gone)
    assert answered.method == "answerCallbackQuery"
    assert (reply.method, reply.parameters["chat_id"]) == ("sendMessage", str(PRIVATE["id"]))
    assert [c.method for c in await chats.query(data="useful:escalation", message=gone)] == ["answerCallbackQuery"]


async def test_a_press_without_a_message_is_answered_with_a_remark(chats: Chats) -> None:
    calls = await chats.query(data="open:escalation", inline_message_id="i")
    assert only(calls, "answerCallbackQuery").text.startswith(knowledge().entries["escalation"].title)
    only(await chats.query(game_short_name="chess"), "answerCallbackQuery")


# Edited messages


async def test_an_edited_question_updates_its_answer(chats: Chats) -> None:
    first = only(await chats.say("how do I escalate a disagreement with another agency"))
    changed = only(await chats.edit(BRUISE), "editMessageText")
    assert changed.parameters["message_id"] == str(chats.id_of(first))
    assert "Bruise or mark" in changed.text


async def test_an_edit_that_becomes_dangerous_is_heard(chats: Chats) -> None:
    await chats.say(BRUISE)
    assert DANGER in only(await chats.edit(HURT_NOW)).text
    assert DANGER in only(await chats.edit(HURT_NOW + "!"), "editMessageText").text


async def test_999_is_never_edited_away(chats: Chats) -> None:
    await chats.say(HURT_NOW)
    only(await chats.edit(BRUISE))


async def test_an_edit_of_a_message_from_before_the_start_is_answered_anew(chats: Chats) -> None:
    only(await chats.edit(BRUISE, message_id=5000))


async def test_a_moving_location_is_answered_once(chats: Chats) -> None:
    place = {"location": {"latitude": 51.3, "longitude": 0.5, "live_period": 900}}
    only(await chats.say(**place))
    assert await chats.edit(**place) == []


def test_what_is_remembered_for_edits_is_bounded() -> None:
    memory = Memory(room=2)
    for message in range(3):
        memory.remember(1, message, Given((message,), False))
    assert [memory.recall(1, message) is not None for message in range(3)] == [False, True, True]
    assert [memory.is_first_of(album) for album in "aabca"] == [True, False, True, True, True]


# Groups


@pytest.mark.parametrize(
    "text",
    [
        "what a day",
        BRUISE,
        HURT_NOW,
        "/ban",
        "/help@another_bot",
        "a@signpost_kent_bot",
        "@signpost_kent_bot2 hi",
    ],
)
async def test_a_groups_own_talk_gets_no_reply(chats: Chats, text: str) -> None:
    assert await chats.say(text, GROUP) == []
    assert await chats.edit(text, chat=GROUP) == []


@pytest.mark.parametrize(
    "text", ["/help", "/help@signpost_kent_bot", "/nosuch@signpost_kent_bot", "@signpost_kent_bot"]
)
async def test_a_command_of_ours_is_answered_in_a_group(chats: Chats, text: str) -> None:
    assert only(await chats.say(text, GROUP)).text.startswith("<b>How to ask</b>")


@pytest.mark.parametrize("text", [f"@signpost_kent_bot {BRUISE}", f"{BRUISE}, @Signpost_Kent_Bot?"])
async def test_a_mention_is_answered_and_taken_out(text: str) -> None:
    helper = Recording()
    chats = await chats_with(helper)
    question = chats.message(text, GROUP)
    reply = only(await chats.feed("message", question))
    assert "Bruise or mark" in reply.text
    assert reply.parameters["reply_parameters"]["message_id"] == question["message_id"]
    assert [asked.text.strip("?, ") for asked in helper.asked] == [BRUISE]
    await chats.application.shutdown()


async def test_a_mention_by_name_is_answered_and_taken_out() -> None:
    helper = Recording()
    chats = await chats_with(helper)
    entity = {"type": "text_mention", "offset": 3, "length": 8, "user": BOT}
    only(await chats.say(f"🚨 Signpost {BRUISE}", GROUP, entities=[entity]))
    assert [asked.text for asked in helper.asked] == [f"🚨 {BRUISE}"]
    await chats.application.shutdown()


async def test_a_reply_to_the_bot_is_answered_in_a_group(chats: Chats) -> None:
    ours = {**chats.message("x", GROUP), "from": BOT}
    theirs = {**chats.message("x", GROUP), "from": KENT}
    assert "Bruise or mark" in only(await chats.say(BRUISE, GROUP, reply_to_message=ours)).text
    assert await chats.say(BRUISE, GROUP, reply_to_message=theirs) == []
    voice = {"voice": {**FILE, "duration": 3}}
    assert "Please type" in only(await chats.say(chat=GROUP, reply_to_message=ours, **voice)).text
    assert await chats.say(chat=GROUP, **voice) == []


async def test_a_forum_topic_is_answered_in_that_topic(chats: Chats) -> None:
    reply = only(await chats.say("/help", GROUP, message_thread_id=9, is_topic_message=True))
    assert reply.parameters["message_thread_id"] == "9"


@pytest.mark.parametrize(
    "content",
    [
        {"new_chat_members": [KENT]},
        {"left_chat_member": KENT},
        {"pinned_message": {"message_id": 1, "date": 0, "chat": PRIVATE}},
        {"message_auto_delete_timer_changed": {"message_auto_delete_time": 60}},
    ],
    ids=lambda content: next(iter(content)),
)
async def test_service_messages_get_no_reply(chats: Chats, content: dict[str, Any]) -> None:
    assert await chats.say(**content) == []


async def test_channel_posts_and_other_bots_get_no_reply(chats: Chats) -> None:
    channel = {"id": -100300, "type": "channel", "title": "News"}
    assert await chats.feed("channel_post", chats.message(BRUISE, channel)) == []
    assert await chats.feed("message", chats.message(BRUISE, channel)) == []
    another = {"id": 5, "is_bot": True, "first_name": "Echo"}
    assert await chats.feed("message", {**chats.message(BRUISE), "from": another}) == []


# When answering fails


class Recording(Assistant):
    """An assistant that remembers what it was asked."""

    def __init__(self) -> None:
        super().__init__(answering())
        self.asked: list[Question] = []

    async def handle(self, question: Question, send: Any) -> None:
        self.asked.append(question)
        await super().handle(question, send)


class Failing(Assistant):
    """An assistant with a fault, which quotes what it was asked, as real exceptions do."""

    def __init__(self) -> None:
        super().__init__(answering())

    async def handle(self, question: Question, send: Any) -> None:
        raise ValueError(question.text)

    async def press(self, press: Press, send: Any) -> None:
        raise ValueError(press.action)


async def test_a_fault_is_told_with_whom_to_contact_and_logged_without_words(
    caplog: pytest.LogCaptureFixture,
) -> None:
    chats = await chats_with(Failing())
    told = only(await chats.say(BRUISE))
    assert "Something went wrong" in told.text
    assert told.text.endswith(FOOTER)
    answered, told = await chats.query(data="open:escalation", message=chats.message("x"))
    assert answered.method == "answerCallbackQuery"
    assert "Something went wrong" in told.text
    only(await chats.query(data="open:escalation", inline_message_id="i"), "answerCallbackQuery")
    assert await chats.say("nothing to do with the bot", GROUP) == []
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("bot.")]
    assert ours == ["telegram: answering failed: ValueError"] * 3
    await chats.application.shutdown()


# Order


async def test_one_chat_is_answered_in_order_and_others_meanwhile(chats: Chats) -> None:
    chats.telegram.stalled = asyncio.Event()
    other = {"id": 78, "type": "private", "first_name": "Al"}
    said = [chats.message("/help"), chats.message("/topics"), chats.message("/privacy", other)]
    updates = [Update.de_json(chats.update("message", m), chats.application.bot) for m in said]
    processor, process = chats.application.update_processor, chats.application.process_update
    tasks = [asyncio.create_task(processor.process_update(u, process(u))) for u in updates]
    while len(chats.telegram.sent) < 2:
        await asyncio.sleep(0)
    assert [call.parameters["chat_id"] for call in chats.telegram.sent] == ["77", "78"]
    chats.telegram.stalled.set()
    await asyncio.gather(*tasks)
    in_chat = [call.text for call in chats.telegram.sent if call.parameters["chat_id"] == "77"]
    assert ["How to ask" in in_chat[0], "Topics" in in_chat[1]] == [True, True]


async def test_a_999_reply_stays_when_a_card_is_opened_from_it(chats: Chats) -> None:
    await chats.say("he is hitting her right now, I can hear it")
    await chats.press("useful:immediate-danger")
    opened = await chats.press("open:immediate-danger")
    assert "sendMessage" in [call.method for call in opened]
    assert "editMessageText" not in [call.method for call in opened]
