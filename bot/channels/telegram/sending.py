"""Put replies in a chat, and do what can be done when Telegram will not have them.

A flood limit is waited out once and a broken connection is tried again once. A send that timed out is not
repeated: it may have arrived, and the same card twice confuses. An edit may be: the second changes nothing.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from telegram import Bot, CopyTextButton, InlineKeyboardButton, InlineKeyboardMarkup, Message, ReplyParameters
from telegram.constants import ParseMode
from telegram.error import BadRequest, ChatMigrated, NetworkError, RetryAfter, TelegramError, TimedOut

from bot.channels.telegram.render import Chunk, Rows, render
from bot.messages import Button, Reply

LONGEST_WAIT_S = 60.0  # for a flood limit; the chat's next messages wait as long
PAUSE_S = 1.0  # before a connection is tried again

log = logging.getLogger(__name__)

Sleep = Callable[[float], Awaitable[object]]
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Place:
    """Where replies go: a chat, in a forum its topic, and in a group the message that is answered."""

    chat: int
    thread: int | None = None
    answering: int | None = None


class Outbox:
    """Sends and edits replies through a bot. All that it raises is a `TelegramError`."""

    def __init__(self, bot: Bot, sleep: Sleep = asyncio.sleep) -> None:
        self._bot = bot
        self._sleep = sleep

    async def send(self, place: Place, reply: Reply) -> tuple[int, ...]:
        """Send a reply and return the ids of its messages, in order."""
        return tuple([await self._send(place, chunk) for chunk in render(reply)])

    async def replace(self, place: Place, message_ids: Sequence[int], reply: Reply) -> tuple[int, ...]:
        """Put a reply where an earlier one stands, or send it where that cannot be edited; return its ids."""
        chunks = render(reply)
        kept = [await self._edit(place, id_, chunk) for id_, chunk in zip(message_ids, chunks, strict=False)]
        kept += [await self._send(place, chunk) for chunk in chunks[len(kept) :]]
        for id_ in message_ids[len(chunks) :]:
            await self._attempt("an old reply could not be deleted", self._bot.delete_message(place.chat, id_))
        return tuple(kept)

    async def set_rows(self, chat: int, message_id: int, rows: Rows | None) -> None:
        """Change the buttons under a message. Nobody waits for that, so a failure is only logged."""
        call = self._bot.edit_message_reply_markup(chat, message_id, reply_markup=_markup(rows))
        await self._attempt("buttons could not be changed", call)

    async def acknowledge(self, query: str, toast: str | None = None) -> None:
        """Tell Telegram that a press was received, which ends the waiting sign on the button."""
        await self._attempt("a press was not acknowledged", self._bot.answer_callback_query(query, toast))

    async def _send(self, place: Place, chunk: Chunk) -> int:
        try:
            return (await self._post(place, chunk.html, ParseMode.HTML, chunk.rows)).message_id
        except ChatMigrated as error:
            return await self._send(replace(place, chat=error.new_chat_id), chunk)
        except BadRequest as error:
            if not _is_about(error, "parse", "entit", "button", "reply_markup", "keyboard"):
                raise
            log.error("telegram: the form of a reply was refused, so it goes out as plain text")
        # Words without form are better than no words. The buttons stay, unless it is they that were refused.
        try:
            return (await self._post(place, chunk.plain, None, chunk.rows)).message_id
        except BadRequest:
            return (await self._post(place, chunk.plain, None, None)).message_id

    async def _post(self, place: Place, text: str, mode: str | None, rows: Rows | None) -> Message:
        answered = place.answering
        quoting = ReplyParameters(answered, allow_sending_without_reply=True) if answered is not None else None
        return await self._persist(
            lambda: self._bot.send_message(
                place.chat,
                text,
                parse_mode=mode,
                message_thread_id=place.thread,
                reply_markup=_markup(rows),
                reply_parameters=quoting,
            )
        )

    async def _edit(self, place: Place, message_id: int, chunk: Chunk) -> int:
        try:
            await self._persist(
                lambda: self._bot.edit_message_text(
                    chunk.html,
                    place.chat,
                    message_id,
                    parse_mode=ParseMode.HTML,
                    reply_markup=_markup(chunk.rows),
                ),
                repeatable=True,
            )
        except BadRequest as error:
            if not _is_about(error, "not modified"):
                return await self._send(place, chunk)
        return message_id

    async def _persist(self, call: Callable[[], Awaitable[_T]], repeatable: bool = False) -> _T:
        try:
            return await call()
        except RetryAfter as error:
            await self._sleep(min(seconds(error), LONGEST_WAIT_S))
        except NetworkError as error:
            if isinstance(error, BadRequest) or not (repeatable or _may_repeat(error)):
                raise
            await self._sleep(PAUSE_S)
        return await call()

    async def _attempt(self, failed: str, call: Awaitable[object]) -> None:
        try:
            await call
        except TelegramError as error:
            if not _is_about(error, "not modified"):
                log.info("telegram: %s: %s", failed, type(error).__name__)


def seconds(limit: RetryAfter) -> float:
    """Return how long a flood limit asks to wait."""
    wait = limit.retry_after
    return wait.total_seconds() if isinstance(wait, dt.timedelta) else float(wait)


def _may_repeat(error: NetworkError) -> bool:
    """Say whether a send that failed is unlikely to have arrived."""
    if not isinstance(error, TimedOut):
        return True
    # The library gives every timeout one name; these two happen before anything is sent.
    return type(error.__cause__).__name__ in ("ConnectTimeout", "PoolTimeout")


def _is_about(error: TelegramError, *words: str) -> bool:
    return any(word in error.message.casefold() for word in words)


def _markup(rows: Rows | None) -> InlineKeyboardMarkup | None:
    if not rows:
        return None
    return InlineKeyboardMarkup([[_key(button) for button in row] for row in rows])


def _key(button: Button) -> InlineKeyboardButton:
    if button.copies is not None:
        return InlineKeyboardButton(button.label, copy_text=CopyTextButton(button.copies))
    return InlineKeyboardButton(button.label, callback_data=button.action)
