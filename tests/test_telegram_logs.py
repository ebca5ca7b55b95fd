"""Neither the token nor a word that anybody wrote reaches the log, at any level, from any library."""

from __future__ import annotations

import asyncio
import gc
import io
import logging
import sqlite3
import sys
from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from telegram.request import HTTPXRequest

from bot.assistant import Assistant
from bot.channels.telegram.logs import Guard, protect_logs
from bot.channels.telegram.run import build
from bot.messages import Press, Question
from bot.settings import Settings
from tests.fakes import BOT, GROUP, PRIVATE, TOKEN, Chats, Clock, Failure, FakeTelegram
from tests.support import TUESDAY_MORNING, answering, assistant

MARKER = "zanzibar"


class Failing(Assistant):
    """An assistant with a fault that quotes, in every way exceptions do."""

    def __init__(self) -> None:
        super().__init__(answering())

    async def handle(self, question: Question, send: Any) -> None:
        try:
            raise KeyError(question.text)
        except KeyError as error:
            error.add_note(question.text)
            raise ExceptionGroup(question.text, [ValueError(f"{question.text} {TOKEN}")]) from error

    async def press(self, press: Press, send: Any) -> None:
        raise ValueError(press.action)


@pytest.fixture
def output() -> Iterator[io.StringIO]:
    """Everything that is logged, at DEBUG, through a handler of the usual kind on the root logger."""
    root, written = logging.getLogger(), io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
    level, filters = root.level, [(h, list(h.filters)) for h in root.handlers]
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    protect_logs(TOKEN)
    yield written
    root.removeHandler(handler)
    root.setLevel(level)
    for other, before in filters:
        other.filters[:] = before


async def chats_with(helper: Assistant) -> AsyncIterator[Chats]:
    telegram = FakeTelegram()
    settings = Settings(telegram_token=TOKEN)
    application = build(helper, settings, lambda: TUESDAY_MORNING, telegram, sleep=Clock().sleep)
    await application.initialize()
    yield Chats(application, telegram)
    await application.shutdown()


@pytest.fixture
async def chats() -> AsyncIterator[Chats]:
    async for made in chats_with(assistant()):
        yield made


@pytest.fixture
async def failing() -> AsyncIterator[Chats]:
    async for made in chats_with(Failing()):
        yield made


def assert_silent(output: io.StringIO, captured: str = "") -> None:
    text = (output.getvalue() + captured).casefold()
    assert MARKER not in text
    assert TOKEN.casefold() not in text
    assert TOKEN.partition(":")[2].casefold() not in text
    assert "77" not in text.replace(".py", "")
    assert "--- logging error ---" not in text


async def converse(chats: Chats) -> None:
    """Let a marker into everything a person can put words into, with every kind of failure on the way out."""
    named: dict[str, Any] = {"from": {"id": 77, "is_bot": False, "first_name": MARKER, "username": MARKER}}
    private = {**PRIVATE, "first_name": MARKER, "username": MARKER}
    photo = [{"file_id": MARKER, "file_unique_id": "u", "width": 9, "height": 9}]
    failures = (
        Failure(400, f"Bad Request: can't parse entities in {MARKER}"),
        Failure(403, f"Forbidden: {MARKER}"),
        Failure(429, MARKER, {"retry_after": 1}),
        Failure(500, f"{MARKER} {TOKEN}"),
        Failure(raised=RuntimeError(f"{MARKER} https://api.telegram.org/bot{TOKEN}/sendMessage")),
    )
    for failure in (None, *failures):
        if failure is not None:
            chats.telegram.fail("sendMessage", failure)
            chats.telegram.fail("answerCallbackQuery", failure)
            chats.telegram.fail("editMessageText", failure)
        await chats.say(f"the child {MARKER} has a bruise", private, **named)
        await chats.edit(f"he is hitting {MARKER} right now", chat=private, **named)
        await chats.say(chat=private, photo=photo, caption=MARKER, **named)
        await chats.say(f"/start {MARKER}", private, **named)
        await chats.say(f"@{BOT['username']} {MARKER}", {**GROUP, "title": MARKER}, **named)
        await chats.say(MARKER, {**GROUP, "title": MARKER}, **named)
        await chats.query(data=f"open:{MARKER}", message=chats.message(MARKER, private), **named)
        await chats.query(data=f"useful:{MARKER}", inline_message_id=MARKER, **named)


async def test_nothing_anybody_writes_is_logged(
    chats: Chats, output: io.StringIO, capfd: pytest.CaptureFixture[str]
) -> None:
    await converse(chats)
    assert "telegram" in output.getvalue()
    assert_silent(output, "".join(capfd.readouterr()))


async def test_nothing_is_logged_of_it_when_answering_fails(
    failing: Chats, output: io.StringIO, capfd: pytest.CaptureFixture[str]
) -> None:
    await converse(failing)
    assert "answering failed: ExceptionGroup" in output.getvalue()
    assert_silent(output, "".join(capfd.readouterr()))


async def test_nothing_is_logged_of_it_by_the_librarys_own_error_lines(
    failing: Chats, output: io.StringIO, capfd: pytest.CaptureFixture[str]
) -> None:
    failing.application.error_handlers.clear()
    await converse(failing)
    assert "No error handlers are registered" in output.getvalue()
    assert_silent(output, "".join(capfd.readouterr()))


async def test_a_fetcher_of_the_librarys_own_logs_nothing_either(chats: Chats, output: io.StringIO) -> None:
    chats.telegram.offer(chats.update("message", chats.message(MARKER)))
    updates = await chats.application.bot.get_updates()
    await chats.application.start()
    await chats.application.update_queue.put(updates[0])
    await chats.application.update_queue.join()
    await chats.application.stop()
    chats.telegram.offer({"update_id": 9, "message": {"text": MARKER}})
    with pytest.raises(Exception):  # noqa: B017  the library raises what it likes for an update it cannot read
        await chats.application.bot.get_updates(offset=9)
    assert "Error while parsing updates" in output.getvalue()
    assert_silent(output)


async def test_the_token_in_an_address_is_not_logged_by_the_http_client(output: io.StringIO) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"ok": True, "result": BOT, "text": MARKER})

    request = HTTPXRequest(httpx_kwargs={"transport": httpx.MockTransport(answer)})
    async with request:
        await request.post(f"https://api.telegram.org/bot{TOKEN}/getMe")
    assert "INFO httpx: (details withheld)" in output.getvalue()
    assert_silent(output)


async def test_an_address_that_does_not_answer_is_not_logged(output: io.StringIO) -> None:
    async with HTTPXRequest() as request:
        with pytest.raises(Exception, match="ConnectError"):
            await request.post(f"http://127.0.0.1:1/bot{TOKEN}/{MARKER}")
    assert "httpcore" in output.getvalue()
    assert_silent(output)


async def test_a_task_that_fails_unheard_is_logged_without_its_words(output: io.StringIO) -> None:
    async def fail() -> None:
        raise ValueError(f"{MARKER} {TOKEN}")

    task = asyncio.create_task(fail(), name=MARKER)
    await asyncio.wait({task})
    del task
    gc.collect()
    assert "ERROR asyncio: Task exception was never retrieved (details withheld)" in output.getvalue()
    assert "ValueError" in output.getvalue()
    assert_silent(output)


@pytest.mark.parametrize("form", [TOKEN, quote(TOKEN, safe=""), "98765432:" + "x" * 35, TOKEN.partition(":")[2]])
def test_our_own_lines_lose_a_token_and_keep_the_rest(output: io.StringIO, form: str) -> None:
    logging.getLogger("bot.channels").warning("%s at %s", "refused", f"https://a.uk/bot{form}/getMe")
    assert output.getvalue() == "WARNING bot.channels: refused at https://a.uk/bot(token)/getMe\n"


def test_our_own_exceptions_are_named_with_where_they_come_from(output: io.StringIO) -> None:
    try:
        try:
            raise KeyError(MARKER)
        except KeyError as error:
            raise sqlite3.OperationalError(MARKER) from error
    except sqlite3.OperationalError:
        logging.getLogger("bot.usage").exception("cannot store", stack_info=True)
    assert output.getvalue().startswith("ERROR bot.usage: cannot store [OperationalError at tests.test_telegram_logs:")
    assert " <- KeyError at " in output.getvalue()
    assert_silent(output)


@pytest.mark.parametrize("level", [logging.DEBUG, logging.INFO])
def test_the_lesser_lines_of_libraries_say_nothing(output: io.StringIO, level: int) -> None:
    logging.getLogger("somebody.else").log(level, f"received {MARKER}")
    assert output.getvalue().endswith(" somebody.else: (details withheld)\n")


def test_the_warnings_of_libraries_keep_their_wording_without_the_values(output: io.StringIO) -> None:
    logging.getLogger("httpx").warning("retrying %s", MARKER)
    logging.getLogger("httpx").warning({"received": MARKER})
    logging.getLogger("httpx").warning("nothing to hide")
    assert output.getvalue().splitlines() == [
        "WARNING httpx: retrying %s (details withheld)",
        "WARNING httpx: (details withheld)",
        "WARNING httpx: nothing to hide",
    ]


class Unprintable:
    def __str__(self) -> str:
        raise ValueError(MARKER)


def test_a_value_that_cannot_be_written_out_is_withheld(output: io.StringIO, capfd: pytest.CaptureFixture[str]) -> None:
    logging.getLogger("bot").error("of %s", Unprintable())
    logging.getLogger("bot").error("too few: %s %s", MARKER)
    assert output.getvalue() == "ERROR bot: (details withheld)\n" * 2
    assert_silent(output, "".join(capfd.readouterr()))


def test_protecting_twice_leaves_one_guard(output: io.StringIO) -> None:
    protect_logs("another")
    for handler in logging.getLogger().handlers:
        assert sum(isinstance(f, Guard) for f in handler.filters) == 1


def test_without_handlers_the_last_resort_is_protected(monkeypatch: pytest.MonkeyPatch) -> None:
    last = logging.StreamHandler(sys.stderr)
    monkeypatch.setattr(logging, "lastResort", last)
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    protect_logs(None)
    assert [isinstance(f, Guard) for f in last.filters] == [True]
