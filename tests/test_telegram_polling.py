"""Updates are fetched for as long as the bot runs, and confirmed when they are answered."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from telegram import Bot
from telegram.error import NetworkError, TimedOut

from bot.channels.telegram.polling import LONGEST_PAUSE_S, REMIND_EVERY, Poller, PollingRequest
from bot.channels.telegram.profile import COMMANDS, description, short_description
from bot.channels.telegram.run import build, serve
from bot.errors import ChannelError
from bot.settings import Settings
from tests.fakes import PRIVATE, TOKEN, Chats, Clock, Failure, FakeTelegram
from tests.support import TUESDAY_MORNING, assistant, knowledge

SETTINGS = Settings(telegram_token=TOKEN)
OTHER = {**PRIVATE, "id": 78}
REFUSED = Failure(401, "Unauthorized")
DOWN = Failure(502, "Bad Gateway")
TWICE = Failure(409, "Conflict: terminated by other getUpdates request")


class Running:
    """A bot that runs against a fake Telegram, from `start` until `stop`."""

    def __init__(self, telegram: FakeTelegram | None = None) -> None:
        self.telegram = telegram or FakeTelegram()
        self.clock = Clock()
        helper = assistant()
        self.application = build(helper, SETTINGS, lambda: TUESDAY_MORNING, self.telegram, sleep=self.clock.sleep)
        self.chats = Chats(self.application, self.telegram)
        self.stopped = asyncio.Event()
        self.task = asyncio.create_task(serve(self.application, helper, self.stopped, self.clock.sleep))

    def offer(self, text: str, chat: dict[str, Any] = PRIVATE) -> int:
        """Have a message ready to be fetched; return the id of its update."""
        update = self.chats.update("message", self.chats.message(text, chat))
        self.telegram.offer(update)
        return int(update["update_id"])

    async def until(self, holds: Callable[[], bool]) -> None:
        """Let the bot work until something holds."""
        async with asyncio.timeout(10):
            while not holds():
                await asyncio.sleep(0)

    async def stop(self) -> None:
        """Stop the bot as a signal does."""
        self.stopped.set()
        await self.task

    def offsets(self) -> list[int]:
        """Return the offsets of getUpdates so far: everything below one is confirmed."""
        return [int(call.parameters.get("offset", 0)) for call in self.telegram.all("getUpdates")]


@pytest.fixture
async def bot() -> AsyncIterator[Running]:
    running = Running()
    yield running
    if not running.task.done():
        await running.stop()


async def test_a_message_is_fetched_answered_and_then_confirmed(bot: Running) -> None:
    update = bot.offer("/help")
    await bot.until(lambda: bot.offsets()[-1:] == [update + 1])
    methods = [call.method for call in bot.telegram.calls]
    assert methods.index("sendMessage") < len(methods) - 1 - methods[::-1].index("getUpdates")
    assert bot.telegram.all("getUpdates")[0].parameters["allowed_updates"] == [
        "message",
        "edited_message",
        "callback_query",
    ]


async def test_a_question_survives_a_bot_that_is_killed_while_answering() -> None:
    telegram, clock = FakeTelegram(), Clock()
    application = build(assistant(), SETTINGS, lambda: TUESDAY_MORNING, telegram, sleep=clock.sleep)
    chats = Chats(application, telegram)
    await application.initialize()
    poller = Poller(application, clock.sleep, breath_s=0.001, drain_s=0.001)
    polling = asyncio.create_task(poller.run())
    telegram.stalled = asyncio.Event()
    telegram.offer(chats.update("message", chats.message("/help")))
    async with asyncio.timeout(10):
        while not telegram.sent or len(telegram.all("getUpdates")) < 3:
            await asyncio.sleep(0)
    polling.cancel()
    await poller.drain(confirm=False)
    await application.shutdown()
    telegram.stalled = None
    successor = Running(telegram)
    await successor.until(lambda: len(telegram.sent) == 2)
    await successor.stop()


async def test_a_slow_answer_holds_up_neither_others_nor_the_confirmation_for_ever() -> None:
    telegram, clock = FakeTelegram(), Clock()
    application = build(assistant(), SETTINGS, lambda: TUESDAY_MORNING, telegram, sleep=clock.sleep)
    chats = Chats(application, telegram)
    await application.initialize()
    poller = Poller(application, clock.sleep, breath_s=0.001, patience_s=0.02, drain_s=0.001)
    polling = asyncio.create_task(poller.run())
    telegram.stalled = asyncio.Event()
    telegram.offer(chats.update("message", chats.message("/help")))
    telegram.offer(chats.update("message", chats.message("/help", OTHER)))
    async with asyncio.timeout(10):
        while not telegram.all("getUpdates") or telegram.all("getUpdates")[-1].parameters.get("offset") != "3":
            await asyncio.sleep(0)
    assert [call.parameters["chat_id"] for call in telegram.sent] == ["77", "78"]
    polling.cancel()
    await asyncio.wait({polling})
    await poller.drain()
    await application.shutdown()


async def test_an_update_that_comes_twice_is_answered_once(bot: Running) -> None:
    bot.offer("/help")
    bot.telegram.updates.append(bot.telegram.updates[0])
    last = bot.offer("/topics")
    await bot.until(lambda: bot.offsets()[-1:] == [last + 1])
    assert len(bot.telegram.sent) == 2


async def test_a_server_that_repeats_itself_is_not_asked_without_pause(bot: Running) -> None:
    update = bot.offer("/help")
    await bot.until(lambda: bot.offsets()[-1:] == [update + 1])
    bot.telegram.updates.append({"update_id": update + 1, "edited_message": None})
    bot.telegram.offer({"update_id": update + 1})
    await bot.until(lambda: bot.offsets()[-1] == update + 2)
    assert len(bot.telegram.sent) == 1


async def test_stopping_finishes_the_answers_under_way_and_confirms_them(bot: Running) -> None:
    bot.telegram.stalled = asyncio.Event()
    update = bot.offer("/help")
    await bot.until(lambda: bool(bot.telegram.sent))
    bot.stopped.set()
    await asyncio.sleep(0)
    bot.telegram.stalled.set()
    await bot.task
    assert bot.offsets()[-1] == update + 1


async def test_an_update_that_cannot_be_read_does_not_make_the_bot_deaf(
    caplog: pytest.LogCaptureFixture,
) -> None:
    updates = [{"update_id": 8, "message": {"text": "x"}}, {"update_id": 9}]
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json={"ok": True, "result": updates}))
    bot = Bot(TOKEN, get_updates_request=PollingRequest(httpx_kwargs={"transport": transport}))
    assert [update.update_id for update in await bot.get_updates()] == [8, 9]
    assert "could not be read and is passed over" in caplog.text


async def test_a_web_hook_that_is_left_over_is_removed(bot: Running) -> None:
    await bot.until(lambda: bool(bot.telegram.all("getUpdates")))
    assert bot.telegram.all("deleteWebhook")[0].parameters.get("drop_pending_updates") in (None, "false")


async def test_an_outage_is_three_lines_and_then_over(bot: Running, caplog: pytest.LogCaptureFixture) -> None:
    failures = [DOWN, Failure(raised=TimedOut()), Failure(raised=NetworkError("x")), Failure(200)]
    bot.telegram.fail("getUpdates", *failures * 7)
    update = bot.offer("/help")
    await bot.until(lambda: bot.offsets()[-1:] == [update + 1])
    lines = [record.getMessage() for record in caplog.records if record.name.startswith("bot.")]
    assert REMIND_EVERY < len(failures * 7) < 2 * REMIND_EVERY
    assert ["cannot be reached" in line for line in lines] == [True, True, False]
    assert "back" in lines[2]
    assert max(bot.clock.slept) == LONGEST_PAUSE_S


async def test_two_copies_of_the_bot_are_one_readable_line(bot: Running, caplog: pytest.LogCaptureFixture) -> None:
    bot.telegram.fail("getUpdates", *[TWICE] * 5)
    update = bot.offer("/help")
    await bot.until(lambda: bot.offsets()[-1:] == [update + 1])
    assert caplog.text.count("another copy of this bot runs with the same token") == 1


async def test_a_flood_limit_on_polling_is_waited_out(bot: Running) -> None:
    bot.telegram.fail("getUpdates", Failure(429, "Too Many Requests", {"retry_after": 11}))
    update = bot.offer("/help")
    await bot.until(lambda: bot.offsets()[-1:] == [update + 1])
    assert bot.clock.slept == [11]


@pytest.mark.parametrize("method", ["getMe", "getUpdates"])
async def test_a_refused_token_ends_the_bot_with_one_line(bot: Running, method: str) -> None:
    bot.telegram.fail(method, REFUSED)
    with pytest.raises(ChannelError, match="refused the token") as caught:
        await bot.task
    assert TOKEN not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("method", ["getMe", "deleteWebhook"])
async def test_a_server_that_is_down_at_the_start_is_waited_for(
    bot: Running, method: str, caplog: pytest.LogCaptureFixture
) -> None:
    bot.telegram.fail(method, DOWN, Failure(raised=NetworkError("x")), DOWN)
    bot.offer("/help")
    await bot.until(lambda: bool(bot.telegram.sent))
    assert caplog.text.count("cannot be reached") == 1


async def test_a_bot_can_be_stopped_while_it_waits_for_the_server(bot: Running) -> None:
    bot.telegram.fail("getMe", *[DOWN] * 1000)
    await bot.until(lambda: len(bot.clock.slept) > 3)
    await bot.stop()


@pytest.mark.parametrize("token", [None, "", "  ", "123 456", "123456:é", "a/b"])
def test_without_a_token_the_bot_says_what_is_missing(token: str | None) -> None:
    with pytest.raises(ChannelError, match="SIGNPOST_TELEGRAM_TOKEN"):
        build(assistant(), Settings(telegram_token=token), lambda: TUESDAY_MORNING, FakeTelegram())


async def test_commands_and_descriptions_are_set_and_may_fail(bot: Running, caplog: pytest.LogCaptureFixture) -> None:
    bot.telegram.fail("setMyCommands", DOWN)
    await bot.until(lambda: bool(bot.telegram.all("setMyShortDescription")))
    (commands,) = bot.telegram.all("setMyCommands")
    assert [c["command"] for c in commands.parameters["commands"]] == [c.name for c in COMMANDS]
    bot.offer("/help")
    await bot.until(lambda: bool(bot.telegram.sent))
    assert "the bot's commands could not be set" in caplog.text


def test_the_descriptions_fit_and_end_with_999() -> None:
    partnership = knowledge().partnership
    assert len(description(partnership)) <= 512
    assert len(short_description(partnership)) <= 120
    assert description(partnership).startswith(partnership.wording.start[0])
    for text in (description(partnership), short_description(partnership)):
        assert text.endswith("Child in danger now: 999")
