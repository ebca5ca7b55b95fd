"""Read what a Telegram message asks, or that it asks Signpost nothing. Pure: nothing is sent or fetched here.

In a private chat every message asks something. In a group only a command of ours, a mention or a reply to us
does: the rest of a group's talk is nobody's question to Signpost.
"""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass

from telegram import Message, MessageEntity, User
from telegram.constants import ChatType

from bot.commands import ACTIONS

UNREADABLE = "unreadable"

# Read from the text itself: the entities Telegram sends with it say the same, and may be missing.
_COMMAND = re.compile(r"/(?P<name>\w{1,64})(?:@(?P<bot>\w+))?(?:\s+(?P<rest>.*))?\s*", re.DOTALL)
_GROUPS = (ChatType.GROUP, ChatType.SUPERGROUP)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a message asks: a page (`action`), an answer to `text`, or both.

    With both, the page is wanted, unless the text holds danger: danger is never hidden behind a command.
    """

    action: str | None = None
    text: str = ""


def read(message: Message, me: User, entries: Container[str]) -> Asked | None:
    """Return what a message asks, or None when it is not addressed to `me`. `entries` may be linked to."""
    text = message.text or message.caption or ""
    group = message.chat.type in _GROUPS
    if not group and message.chat.type != ChatType.PRIVATE:
        return None
    command = _COMMAND.fullmatch(text)
    if command is not None:
        return _command(command, me, entries, group)
    if group:
        mentioned = _mention(me).search(text) is not None or _text_mentions(message, me) != []
        if not mentioned and not _answers(message, me):
            return None
        text = _without_mentions(message, text, me)
        if mentioned and not text:
            return Asked("help") if message.text else Asked(UNREADABLE)
    return Asked(text=text) if text.strip() else Asked(UNREADABLE)


def _command(command: re.Match[str], me: User, entries: Container[str], group: bool) -> Asked | None:
    name, bot, rest = command["name"].casefold(), command["bot"], (command["rest"] or "").strip()
    if bot is not None and bot.casefold() != (me.username or "").casefold():
        # In a group that is another bot's command; in a private chat nobody else is there to mean.
        return None if group else Asked("help", rest)
    if name == "start":
        return Asked(f"open:{rest}") if rest in entries else Asked("start", rest)
    if name in ACTIONS:
        return Asked(ACTIONS[name], rest)
    if group and bot is None:
        return None
    # Words behind an unknown command are a question: somebody began with a slash by mistake.
    return Asked(text=f"{name} {rest}") if rest else Asked("help", name)


def _mention(me: User) -> re.Pattern[str]:
    name = re.escape(me.username or "") or r"(?!)"
    return re.compile(rf"(?<![\w@])@{name}(?!\w)", re.IGNORECASE)


def _text_mentions(message: Message, me: User) -> list[MessageEntity]:
    """Return the mentions of a bot by its name instead of its username; only entities show them."""
    entities = (*message.entities, *message.caption_entities)
    named = [e for e in entities if e.type == MessageEntity.TEXT_MENTION and e.user is not None]
    return [e for e in named if e.user is not None and e.user.id == me.id]


def _without_mentions(message: Message, text: str, me: User) -> str:
    raw = text.encode("utf-16-le", "surrogatepass")  # offsets of entities count UTF-16 code units
    for entity in sorted(_text_mentions(message, me), key=lambda e: e.offset, reverse=True):
        raw = raw[: entity.offset * 2] + raw[(entity.offset + entity.length) * 2 :]
    rest = _mention(me).sub("", raw.decode("utf-16-le", "surrogatepass"))
    return re.sub(r"[ \t]{2,}", " ", rest).strip(" \t\n,:")


def _answers(message: Message, me: User) -> bool:
    answered = message.reply_to_message
    return answered is not None and answered.from_user is not None and answered.from_user.id == me.id
