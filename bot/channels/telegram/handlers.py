"""Join Telegram's updates to the assistant: who asks what, and where the reply goes."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Iterable
from typing import Any

from telegram import CallbackQuery, InlineKeyboardMarkup, MaybeInaccessibleMessage, Message, Update
from telegram.constants import ChatType
from telegram.error import Forbidden, RetryAfter, TimedOut
from telegram.ext import (
    Application,
    CallbackContext,
    CallbackQueryHandler,
    ExtBot,
    MessageHandler,
    filters,
)

from bot.assistant import Assistant
from bot.channels.telegram.incoming import UNREADABLE, Asked, read
from bot.channels.telegram.memory import Given, Memory
from bot.channels.telegram.render import SIREN, Rows, is_urgent, toast
from bot.channels.telegram.sending import Outbox, Place
from bot.decision import Decision
from bot.messages import Button, Person, Press, Question, Reply

CHANNEL = "telegram"

# A message whose buttons are all of these kinds is a page to leaf through: its next page takes its place.
# Any other stays, and what a button asks for comes below it: the steps to do now are still in the chat while
# their detail is read, and so are the other choices of a "did you mean" when the first one was not it.
PAGE_VERBS = {"topics", "group", "open", "signpost", "agency", "template", "escalate"}
# Buttons that are answered once: they go when one of them is pressed, and the message keeps the rest.
ANSWERED_ONCE = ({"useful", "not-meant"}, {"consent"})

log = logging.getLogger(__name__)

App = Application[Any, Any, Any, Any, Any, Any]
Context = CallbackContext[ExtBot[None], Any, Any, Any]


class Handlers:
    """Answers updates. `now` gives aware UTC times."""

    def __init__(self, assistant: Assistant, outbox: Outbox, now: Callable[[], dt.datetime]) -> None:
        self._assistant = assistant
        self._outbox = outbox
        self._now = now
        self._memory = Memory()

    def register(self, application: App) -> None:
        """Take over an application's updates. Joins, pins and other service messages ask nothing."""
        messages = ~filters.StatusUpdate.ALL
        application.add_handler(MessageHandler(filters.UpdateType.MESSAGE & messages, self.on_message))
        application.add_handler(MessageHandler(filters.UpdateType.EDITED_MESSAGE & messages, self.on_edit))
        application.add_handler(CallbackQueryHandler(self.on_press))
        application.add_error_handler(self.on_error)

    async def on_message(self, update: Update, context: Context) -> None:
        """Answer a message, if it asks something."""
        message = update.message
        asked = self._read(message, context)
        if message is None or asked is None:
            return
        album = message.media_group_id
        if album is not None and not self._memory.is_first_of(album) and not asked.text:
            return  # an album is one message to its sender, and has had its reply

        async def send(reply: Reply) -> None:
            ids = await self._outbox.send(_place(message), reply)
            self._remember(message, ids, reply)

        await self._answer(asked, message, send)

    async def on_edit(self, update: Update, context: Context) -> None:
        """Answer an edited message where its answer stands."""
        message = update.edited_message
        asked = self._read(message, context)
        if message is None or asked is None or asked.action == UNREADABLE:
            return  # a moving location is edited every few seconds, and has had its reply

        async def send(reply: Reply) -> None:
            earlier = self._memory.recall(message.chat.id, message.message_id)
            if earlier is None or earlier.urgent != is_urgent(reply):
                # An edit makes no sound, and 999 must be heard. Nor is 999 ever edited away: what a
                # correction no longer says may still be so.
                ids = await self._outbox.send(_place(message), reply)
            else:
                ids = await self._outbox.replace(_place(message), earlier.message_ids, reply)
            self._remember(message, ids, reply)

        await self._answer(asked, message, send)

    async def on_press(self, update: Update, context: Context) -> None:
        """Answer a button; stale and forged ones too, for the assistant has a reply to anything."""
        query = update.callback_query
        if query is None:
            return
        action = query.data or ""
        if query.message is None or action.partition(":")[0] == "useful":
            # Thanks are a remark over the chat: as a message they would push the card up. And where it is not
            # known which chat a button was in, a remark is all that can be given.
            await self._remark(query, action)
        else:
            # First, so that the waiting sign goes even if sending has to wait.
            await self._outbox.acknowledge(query.id)
            await self._reply_to_press(query, action)
        await self._drop_answered(query, action)

    async def on_error(self, update: object, context: Context) -> None:
        """Log what kind of failure it was, never its text, which may quote a message; and tell the person."""
        error = context.error
        if isinstance(error, Forbidden):
            log.warning("telegram: a reply was not delivered: the bot is blocked or may not write there")
            return
        log.error("telegram: answering failed: %s", type(error).__name__)
        # After a timeout the reply may have arrived, and a flood limit would only be lengthened.
        if isinstance(update, Update) and not isinstance(error, TimedOut | RetryAfter):
            await self._apologise(update, context)

    def _read(self, message: Message | None, context: Context) -> Asked | None:
        if message is None:
            return None
        sender = message.from_user
        if sender is not None and sender.is_bot and message.sender_chat is None:
            return None  # two bots that answer each other never stop
        return read(message, context.bot.bot, self._assistant.knowledge.entries)

    async def _answer(self, asked: Asked, message: Message, send: Callable[[Reply], Any]) -> None:
        person = await self._person(message)
        question = Question(asked.text, self._now(), CHANNEL, person, place=str(message.chat.id))
        if asked.action is None or (asked.text and self._is_urgent(question)):
            await self._assistant.handle(question, send)
        else:
            press = Press(asked.action, question.asked_at, CHANNEL, person, question.place, asked.text)
            await self._assistant.press(press, send)

    def _is_urgent(self, question: Question) -> bool:
        return self._assistant.answer(question).decision == Decision.URGENT

    async def _person(self, message: Message) -> Person:
        # Who writes in the name of a group has the same user id as everyone who does.
        sender = message.sender_chat or message.from_user or message.chat
        return await self._assistant.person(CHANNEL, str(sender.id))

    def _remember(self, message: Message, ids: Iterable[int], reply: Reply) -> None:
        self._memory.remember(message.chat.id, message.message_id, Given(tuple(ids), is_urgent(reply)))

    async def _reply_to_press(self, query: CallbackQuery, action: str) -> None:
        message = query.message
        if message is None:
            return
        place = Place(message.chat.id, _thread(message))
        # A 999 reply that has lost its other buttons is still no page: it is never replaced.
        page = _is_page(_rows(query)) and SIREN not in (message.text or "" if isinstance(message, Message) else "")

        async def send(reply: Reply) -> None:
            if page:
                await self._outbox.replace(place, (message.message_id,), reply)
            else:
                await self._outbox.send(place, reply)

        await self._press(query, action, send)

    async def _remark(self, query: CallbackQuery, action: str) -> None:
        remarks: list[str] = []

        async def keep(reply: Reply) -> None:
            remarks.append(toast(reply))

        try:
            await self._press(query, action, keep)
        finally:
            await self._outbox.acknowledge(query.id, remarks[0] if remarks else None)

    async def _press(self, query: CallbackQuery, action: str, send: Callable[[Reply], Any]) -> None:
        person = await self._assistant.person(CHANNEL, str(query.from_user.id))
        place = str(query.message.chat.id) if query.message is not None else ""
        await self._assistant.press(Press(action, self._now(), CHANNEL, person, place), send)

    async def _drop_answered(self, query: CallbackQuery, action: str) -> None:
        verb = action.partition(":")[0]
        once = next((verbs for verbs in ANSWERED_ONCE if verb in verbs), None)
        rows = _rows(query)
        if once is None or not rows or query.message is None:
            return
        rest = tuple(row for row in rows if not any(_verb(button) in once for button in row))
        if rest != rows:
            await self._outbox.set_rows(query.message.chat.id, query.message.message_id, rest)

    async def _apologise(self, update: Update, context: Context) -> None:
        place = self._place_of(update, context)
        if place is None:
            return
        try:
            await self._outbox.send(place, self._assistant.composer.error(self._now()))
        except Exception as error:
            log.error("telegram: the apology could not be sent: %s", type(error).__name__)

    def _place_of(self, update: Update, context: Context) -> Place | None:
        """Return where a reply to an update belongs; None if it was not addressed to Signpost."""
        message = update.message or update.edited_message
        if message is not None:
            return _place(message) if self._read(message, context) is not None else None
        query = update.callback_query
        if query is None or query.message is None:
            return None
        return Place(query.message.chat.id, _thread(query.message))


def _place(message: Message) -> Place:
    private = message.chat.type == ChatType.PRIVATE
    return Place(message.chat.id, _thread(message), None if private else message.message_id)


def _thread(message: MaybeInaccessibleMessage) -> int | None:
    return message.message_thread_id if isinstance(message, Message) and message.is_topic_message else None


def _rows(query: CallbackQuery) -> Rows:
    """Return the buttons under the message that a press belongs to; none if it cannot be seen any more."""
    markup = query.message.reply_markup if isinstance(query.message, Message) else None
    if not isinstance(markup, InlineKeyboardMarkup):
        return ()
    return tuple(
        tuple(
            Button(button.text, str(button.callback_data or ""), button.copy_text.text if button.copy_text else None)
            for button in row
        )
        for row in markup.inline_keyboard
    )


def _verb(button: Button) -> str:
    return button.action.partition(":")[0]


def _is_page(rows: Rows) -> bool:
    return bool(rows) and all(_verb(button) in PAGE_VERBS for row in rows for button in row)
