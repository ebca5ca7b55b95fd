"""Fetch updates by long polling, and let Telegram forget one only when it is answered.

The library's own updater confirms updates as soon as it has queued them: a process that is killed in the
middle of an answer loses the question. Here the confirmation, the `offset` of the next request, waits for the
answer, up to `PATIENCE_S`: a chat that has to wait longer must not hold up the others. Nothing has to be stored for
that, so no message is kept.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections import OrderedDict
from typing import Any, NoReturn

from telegram import Update
from telegram.constants import UpdateType
from telegram.error import Conflict, InvalidToken, RetryAfter
from telegram.ext import Application
from telegram.request import BaseRequest, HTTPXRequest

from bot.channels.telegram.sending import Sleep, seconds
from bot.errors import ChannelError

ALLOWED = (UpdateType.MESSAGE, UpdateType.EDITED_MESSAGE, UpdateType.CALLBACK_QUERY)
POLL = dt.timedelta(seconds=30)  # how long Telegram may hold a request open while there is nothing new
BREATH_S = 0.25  # how long the answers just begun may take before new updates are looked for
PATIENCE_S = 5.0  # an answer that takes longer is confirmed all the same: it must not hold up other chats
DRAIN_S = 8.0  # how long answers may take to finish at the end; Docker allows ten seconds in all
KNOWN = 10_000  # update ids remembered, so that one delivered twice is answered once
REMIND_EVERY = 20  # failures in a row between two lines in the log
LONGEST_PAUSE_S = 30.0

REFUSED = (
    "Telegram refused the token: check SIGNPOST_TELEGRAM_TOKEN, and SIGNPOST_TELEGRAM_BASE_URL if it is set; "
    "@BotFather shows the token and makes a new one"
)

log = logging.getLogger(__name__)

App = Application[Any, Any, Any, Any, Any, Any]


class PollingRequest(HTTPXRequest):
    """Makes requests for updates, and puts an empty update in the place of one that the library cannot read.

    The library refuses the whole batch for it, at every attempt, and the bot would never hear anything again.
    """

    __slots__ = ()

    @staticmethod
    def parse_json_payload(payload: bytes) -> Any:
        """Return what the server sent, with readable updates only."""
        content = BaseRequest.parse_json_payload(payload)
        result = content.get("result")
        if isinstance(result, list):
            content["result"] = [one if _is_readable(one) else _blank(one) for one in result]
        return content


class Outage:
    """Counts failures in a row. One line in the log at the first, a few later, and one when it is over."""

    def __init__(self) -> None:
        self._failures = 0

    def failed(self, error: Exception) -> float:
        """Note a failure; return the seconds to wait before the next attempt.

        Raises:
            ChannelError: the token was refused, so trying again is of no use.
        """
        if isinstance(error, InvalidToken):
            raise ChannelError(REFUSED) from None
        if self._failures % REMIND_EVERY == 0:
            log.warning("telegram: %s; trying again", _reason(error))
        self._failures += 1
        if isinstance(error, RetryAfter):
            return seconds(error)
        return float(min(LONGEST_PAUSE_S, 1.5 ** min(self._failures - 1, 10)))

    def over(self) -> None:
        """Note a success."""
        if self._failures:
            log.warning("telegram: the connection is back")
        self._failures = 0


class Poller:
    """Fetches the updates of an initialised application and has them processed."""

    def __init__(
        self,
        application: App,
        sleep: Sleep = asyncio.sleep,
        breath_s: float = BREATH_S,
        patience_s: float = PATIENCE_S,
        drain_s: float = DRAIN_S,
    ) -> None:
        self._application = application
        self._sleep = sleep
        self._breath_s, self._patience_s, self._drain_s = breath_s, patience_s, drain_s
        self._outage = Outage()
        self._next = 0
        self._known: OrderedDict[int, None] = OrderedDict()
        self._begun: dict[int, float] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> NoReturn:
        """Fetch and answer until cancelled.

        Raises:
            ChannelError: the token is no longer accepted.
        """
        while True:
            try:
                updates = await self._application.bot.get_updates(
                    offset=self._offset(), timeout=POLL, allowed_updates=ALLOWED
                )
            except Exception as error:
                # Any kind: a server that answers nonsense must not end the bot either.
                await self._sleep(self._outage.failed(error))
                continue
            self._outage.over()
            fresh = [update for update in updates if self._begin(update)]
            await self._settle(stalled=bool(updates) and not fresh)

    async def drain(self, confirm: bool = True) -> None:
        """Wait for the answers that are under way, then confirm those given, so that none is given twice."""
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=self._drain_s)
            for task in late:
                task.cancel()
        if not confirm or not self._next:
            return
        offset = min(self._begun, default=self._next)
        try:
            await self._application.bot.get_updates(offset=offset, timeout=0, allowed_updates=ALLOWED)
        except Exception as error:
            log.warning("telegram: the last answers could not be confirmed: %s", type(error).__name__)

    def _offset(self) -> int | None:
        """Return the first update that Telegram must still keep; None before there was any."""
        now = asyncio.get_running_loop().time()
        unanswered = [id_ for id_, since in self._begun.items() if now - since < self._patience_s]
        return min(unanswered, default=self._next) or None

    def _begin(self, update: Update) -> bool:
        """Have an update answered; say whether it is new."""
        self._next = update.update_id + 1
        if update.update_id in self._known:
            return False
        self._known[update.update_id] = None
        if len(self._known) > KNOWN:
            self._known.popitem(last=False)
        self._begun[update.update_id] = asyncio.get_running_loop().time()
        task = asyncio.create_task(self._answer(update))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return True

    async def _answer(self, update: Update) -> None:
        application = self._application
        try:
            await application.update_processor.process_update(update, application.process_update(update))
        except Exception as error:
            log.error("telegram: an update could not be processed: %s", type(error).__name__)
        del self._begun[update.update_id]  # not when cancelled: what was not answered is not confirmed

    async def _settle(self, stalled: bool) -> None:
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=self._breath_s)
        elif stalled:  # a server that goes on sending what it was told to forget is not asked without pause
            await self._sleep(self._breath_s)


def _is_readable(update: Any) -> bool:
    try:
        Update.de_json(update, None)
    except Exception as error:
        log.error("telegram: an update could not be read and is passed over: %s", type(error).__name__)
        return False
    return True


def _blank(update: Any) -> dict[str, Any]:
    return {"update_id": update["update_id"]}


def _reason(error: Exception) -> str:
    if isinstance(error, Conflict):
        return "another copy of this bot runs with the same token, or a web hook is set: stop the other one"
    if isinstance(error, RetryAfter):
        return f"Telegram asks to wait {seconds(error):.0f} seconds"
    return f"the server cannot be reached or does not answer as expected ({type(error).__name__})"
