"""Answer the updates of one chat in their order, and different chats side by side."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import Any

from telegram import Update
from telegram.ext import BaseUpdateProcessor

CHATS_AT_ONCE = 256


@dataclass(slots=True)
class _Turn:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    waiting: int = 0


class OnePerChat(BaseUpdateProcessor):
    """A lock per chat, kept only while the chat has updates to answer: there are never more than of those."""

    __slots__ = ("_turns",)

    def __init__(self, max_concurrent_updates: int = CHATS_AT_ONCE) -> None:
        super().__init__(max_concurrent_updates)
        self._turns: dict[int | None, _Turn] = {}

    async def initialize(self) -> None:
        """Nothing to prepare."""

    async def shutdown(self) -> None:
        """Nothing to tidy up."""

    async def do_process_update(self, update: object, coroutine: Awaitable[Any]) -> None:
        """Answer an update when those that came before it in its chat are answered."""
        chat = _chat(update)
        turn = self._turns.setdefault(chat, _Turn())
        turn.waiting += 1
        try:
            async with turn.lock:
                await coroutine
        finally:
            turn.waiting -= 1
            if not turn.waiting:
                del self._turns[chat]


def _chat(update: object) -> int | None:
    if not isinstance(update, Update):
        return None
    if update.effective_chat is not None:
        return update.effective_chat.id
    return update.effective_user.id if update.effective_user is not None else None
