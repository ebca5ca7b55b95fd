"""Build the Telegram application and run it until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import logging
import re
import signal
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from typing import Any

from telegram import LinkPreviewOptions
from telegram.error import InvalidToken, TelegramError
from telegram.ext import Application, ApplicationBuilder, Defaults
from telegram.request import BaseRequest, HTTPXRequest

from bot.assistant import Assistant
from bot.channels.telegram.handlers import Handlers
from bot.channels.telegram.logs import protect_logs
from bot.channels.telegram.order import CHATS_AT_ONCE, OnePerChat
from bot.channels.telegram.polling import Outage, Poller, PollingRequest
from bot.channels.telegram.profile import publish
from bot.channels.telegram.sending import Outbox, Place, Sleep
from bot.errors import ChannelError
from bot.messages import Paragraph, Reply
from bot.settings import Settings

CONNECTIONS = CHATS_AT_ONCE + 64  # more than there can be sends at once, or sends wait for one another and time out
ANSWER_S = 20.0  # how long Telegram may take to accept a message: one that times out is not sent again

log = logging.getLogger(__name__)

Tell = Callable[[str], Awaitable[None]]
Beside = Callable[[Tell], Coroutine[Any, Any, None]]
App = Application[Any, Any, Any, Any, Any, Any]


async def run(
    assistant: Assistant, settings: Settings, now: Callable[[], dt.datetime], beside: Beside | None = None
) -> None:
    """Run the bot until SIGTERM or SIGINT, then finish the answers under way.

    `beside` runs beside it, and is given a way to tell the administrators something.

    Raises:
        ChannelError: the token is missing or refused, at the start or later.
    """
    protect_logs(settings.telegram_token)
    application = build(assistant, settings, now)
    stop = asyncio.Event()
    outbox = Outbox(application.bot)

    async def tell(text: str) -> None:
        await _tell(outbox, settings.admins, text)

    accompanying = asyncio.create_task(beside(tell)) if beside is not None else None
    try:
        with _stopped_by_signals(stop):
            await serve(application, assistant, stop)
    finally:
        if accompanying is not None:
            accompanying.cancel()
            await asyncio.wait({accompanying})


async def _tell(outbox: Outbox, admins: Sequence[int], text: str) -> None:
    """Send the administrators a message; one who cannot be reached keeps it from nobody else."""
    for admin in admins:
        try:
            await outbox.send(Place(admin), Reply((Paragraph(text),)))
        except TelegramError as error:
            log.error("telegram: administrator %s could not be told: %s", admin, type(error).__name__)


def build(
    assistant: Assistant,
    settings: Settings,
    now: Callable[[], dt.datetime],
    request: BaseRequest | None = None,
    polling_request: BaseRequest | None = None,
    sleep: Sleep = asyncio.sleep,
) -> App:
    """Return the application with its handlers; nothing is sent yet. Requests are real ones unless given.

    Raises:
        ChannelError: the token is missing or cannot be one.
    """
    root = settings.telegram_base_url
    application = (
        ApplicationBuilder()
        .token(token(settings))
        .base_url(f"{root}/bot")
        .base_file_url(f"{root}/file/bot")
        .request(request or _real_request())
        .get_updates_request(polling_request or request or PollingRequest(connection_pool_size=2))
        .defaults(Defaults(link_preview_options=LinkPreviewOptions(is_disabled=True)))
        .concurrent_updates(OnePerChat())
        .updater(None)
        .job_queue(None)
        .build()
    )
    Handlers(assistant, Outbox(application.bot, sleep), now).register(application)
    return application


def _real_request() -> HTTPXRequest:
    return HTTPXRequest(CONNECTIONS, read_timeout=ANSWER_S, pool_timeout=5.0)


async def serve(application: App, assistant: Assistant, stop: asyncio.Event, sleep: Sleep = asyncio.sleep) -> None:
    """Start an application, answer until `stop` is set, and end it tidily.

    Raises:
        ChannelError: the token was refused.
    """
    poller = Poller(application, sleep)
    working = asyncio.create_task(_work(application, assistant, poller, sleep))
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
        ended = working.done()
        working.cancel()
        await asyncio.wait({working})
        await poller.drain(confirm=not ended)
        await application.bot.shutdown()
        await application.shutdown()
    if ended:
        # The text of an error may hold the token or quote a message: only a planned one is passed on whole.
        error = working.exception()
        raise error if isinstance(error, ChannelError) else ChannelError(f"Telegram: {type(error).__name__}")


async def _work(application: App, assistant: Assistant, poller: Poller, sleep: Sleep) -> None:
    await _connect(application, sleep)
    publishing = asyncio.create_task(publish(application.bot, assistant.knowledge.partnership))
    try:
        await poller.run()
    finally:
        publishing.cancel()
        await asyncio.wait({publishing})


async def _connect(application: App, sleep: Sleep) -> None:
    """Ask Telegram who we are, as often as it takes: a server that is down when we start will be up again."""
    outage = Outage()
    while True:
        try:
            await application.initialize()
            with contextlib.suppress(InvalidToken):  # what the library makes of a server without web hooks
                await application.bot.delete_webhook()  # as long as one is set, polling is refused
        except Exception as error:
            await sleep(outage.failed(error))
            continue
        outage.over()
        log.info("telegram: running as @%s", application.bot.username)
        return


def token(settings: Settings) -> str:
    """Return the bot's token. Raises ChannelError if it is missing or cannot be one."""
    given = (settings.telegram_token or "").strip()
    if not given:
        raise ChannelError("SIGNPOST_TELEGRAM_TOKEN is missing: @BotFather on Telegram gives one")
    if not re.fullmatch(r"[\w:-]+", given, re.ASCII):
        raise ChannelError("SIGNPOST_TELEGRAM_TOKEN does not look like a token, such as 123456789:AbCdEf…")
    return given


@contextlib.contextmanager
def _stopped_by_signals(stop: asyncio.Event) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    handled = (signal.SIGTERM, signal.SIGINT)
    with contextlib.suppress(NotImplementedError):  # Windows: Control-C ends the process as it always does
        for number in handled:
            loop.add_signal_handler(number, stop.set)
    try:
        yield
    finally:
        with contextlib.suppress(NotImplementedError):
            for number in handled:
                loop.remove_signal_handler(number)
