"""What happens when Telegram will not have a reply."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
from telegram.error import NetworkError, TelegramError, TimedOut

from bot.channels.telegram.render import render
from bot.channels.telegram.run import build
from bot.channels.telegram.sending import LONGEST_WAIT_S, PAUSE_S, Outbox, Place
from bot.messages import Button, Paragraph, Reply, Small
from bot.settings import Settings
from tests.fakes import GROUP, PRIVATE, TOKEN, Chats, Clock, Failure, FakeTelegram
from tests.support import TUESDAY_MORNING, assistant

HERE = Place(PRIVATE["id"])
REPLY = Reply((Paragraph("a < b"), Small("Source", "https://a.uk")), ((Button("Topics", "topics"),),))
LONG = Reply((Paragraph("a " * 2500),))
FLOOD = Failure(429, "Too Many Requests: retry after 7", {"retry_after": 7})
BLOCKED = Failure(403, "Forbidden: bot was blocked by the user")
NOT_PARSED = Failure(400, "Bad Request: can't parse entities: unsupported start tag")
BAD_BUTTON = Failure(400, "Bad Request: BUTTON_DATA_INVALID")
NO_RIGHTS = Failure(400, "Bad Request: not enough rights to send text messages to the chat")
SAME = Failure(400, "Bad Request: message is not modified")
GONE = Failure(400, "Bad Request: message to edit not found")
BROKEN = Failure(raised=NetworkError("httpx.ConnectError"))
LATE = Failure(raised=TimedOut())


def not_connected() -> Failure:
    error = TimedOut()
    error.__cause__ = httpx.ConnectTimeout("")
    return Failure(raised=error)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def chats(clock: Clock) -> AsyncIterator[Chats]:
    telegram = FakeTelegram()
    settings = Settings(telegram_token=TOKEN)
    application = build(assistant(), settings, lambda: TUESDAY_MORNING, telegram, sleep=clock.sleep)
    await application.initialize()
    telegram.calls.clear()
    yield Chats(application, telegram)
    await application.shutdown()


@pytest.fixture
def outbox(chats: Chats, clock: Clock) -> Outbox:
    return Outbox(chats.application.bot, clock.sleep)


async def test_a_flood_limit_is_waited_out_once(chats: Chats, outbox: Outbox, clock: Clock) -> None:
    chats.telegram.fail("sendMessage", FLOOD)
    assert len(await outbox.send(HERE, REPLY)) == 1
    assert clock.slept == [7]


async def test_no_flood_limit_is_waited_out_for_ever(chats: Chats, outbox: Outbox, clock: Clock) -> None:
    chats.telegram.fail("sendMessage", *[Failure(429, "Too Many Requests", {"retry_after": 9000})] * 2)
    with pytest.raises(TelegramError):
        await outbox.send(HERE, REPLY)
    assert clock.slept == [LONGEST_WAIT_S]


@pytest.mark.parametrize("failure", [BROKEN, not_connected()])
async def test_a_send_that_did_not_arrive_is_repeated_once(
    chats: Chats, outbox: Outbox, clock: Clock, failure: Failure
) -> None:
    chats.telegram.fail("sendMessage", failure)
    assert len(await outbox.send(HERE, REPLY)) == 1
    assert clock.slept == [PAUSE_S]


async def test_a_send_that_may_have_arrived_is_not_repeated(chats: Chats, outbox: Outbox) -> None:
    chats.telegram.fail("sendMessage", LATE)
    with pytest.raises(TimedOut):
        await outbox.send(HERE, REPLY)
    assert len(chats.telegram.sent) == 1


async def test_an_edit_may_be_repeated(chats: Chats, outbox: Outbox) -> None:
    chats.telegram.fail("editMessageText", LATE, SAME)
    assert await outbox.replace(HERE, (5,), REPLY) == (5,)
    assert chats.telegram.sent == []


async def test_words_whose_form_is_refused_go_out_plain(chats: Chats, outbox: Outbox) -> None:
    chats.telegram.fail("sendMessage", NOT_PARSED)
    await outbox.send(HERE, REPLY)
    plain = chats.telegram.sent[-1]
    assert plain.text == "a < b\n\nSource (https://a.uk)"
    assert "parse_mode" not in plain.parameters
    assert plain.buttons == {"topics": "Topics"}


async def test_words_whose_buttons_are_refused_go_out_without(chats: Chats, outbox: Outbox) -> None:
    chats.telegram.fail("sendMessage", BAD_BUTTON, BAD_BUTTON)
    assert len(await outbox.send(HERE, REPLY)) == 1
    assert chats.telegram.sent[-1].buttons == {}


async def test_a_refusal_for_another_reason_is_not_repeated(chats: Chats, outbox: Outbox) -> None:
    chats.telegram.fail("sendMessage", NO_RIGHTS)
    with pytest.raises(TelegramError):
        await outbox.send(HERE, REPLY)
    assert len(chats.telegram.sent) == 1


async def test_an_edit_that_changes_nothing_is_fine(chats: Chats, outbox: Outbox) -> None:
    chats.telegram.fail("editMessageText", SAME)
    assert await outbox.replace(HERE, (5,), REPLY) == (5,)


async def test_a_reply_to_be_edited_that_is_gone_is_sent(chats: Chats, outbox: Outbox) -> None:
    chats.telegram.fail("editMessageText", GONE)
    assert await outbox.replace(HERE, (5,), REPLY) == (chats.id_of(chats.telegram.sent[-1]),)


async def test_a_reply_of_several_messages_replaces_one_of_fewer_and_back(chats: Chats, outbox: Outbox) -> None:
    assert len(render(LONG)) == 2
    longer = await outbox.replace(HERE, (5,), LONG)
    assert [call.method for call in chats.telegram.calls] == ["editMessageText", "sendMessage"]
    assert await outbox.replace(HERE, longer, REPLY) == (5,)
    assert chats.telegram.all("deleteMessage")[0].parameters["message_id"] == str(longer[1])


async def test_a_group_that_moved_is_followed(chats: Chats, outbox: Outbox) -> None:
    chats.telegram.fail("sendMessage", Failure(400, "Bad Request", {"migrate_to_chat_id": GROUP["id"]}))
    await outbox.send(HERE, REPLY)
    assert chats.telegram.sent[-1].parameters["chat_id"] == str(GROUP["id"])


async def test_a_block_is_final_and_one_line_without_who(chats: Chats, caplog: pytest.LogCaptureFixture) -> None:
    chats.telegram.fail("sendMessage", BLOCKED)
    await chats.say("/help")
    assert len(chats.telegram.sent) == 1
    lines = [record.getMessage() for record in caplog.records if record.name.startswith("bot.")]
    assert len(lines) == 1
    assert "77" not in lines[0]


async def test_after_a_timeout_no_apology_contradicts_the_answer(chats: Chats) -> None:
    chats.telegram.fail("sendMessage", LATE)
    await chats.say("/help")
    assert len(chats.telegram.sent) == 1


async def test_after_a_lost_connection_an_apology_is_tried(chats: Chats) -> None:
    chats.telegram.fail("sendMessage", BROKEN, BROKEN)
    await chats.say("/help")
    assert "Something went wrong" in chats.telegram.sent[-1].text


async def test_an_apology_that_fails_ends_there(chats: Chats, caplog: pytest.LogCaptureFixture) -> None:
    chats.telegram.fail("sendMessage", *[BROKEN] * 4)
    await chats.say("/help")
    assert len(chats.telegram.sent) == 4
    assert "apology" in caplog.text


@pytest.mark.parametrize("method", ["answerCallbackQuery", "editMessageReplyMarkup"])
async def test_a_press_whose_trimmings_fail_is_still_answered(chats: Chats, method: str) -> None:
    await chats.say("/start escalation")
    chats.telegram.fail(method, Failure(400, "Bad Request: query is too old"))
    await chats.press("not-meant:escalation")
    assert "Sorry" in chats.telegram.sent[-1].text
