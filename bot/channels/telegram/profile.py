"""What people see of Signpost before they write to it: the commands, and the description in an empty chat."""

from __future__ import annotations

import logging
from collections.abc import Awaitable

from telegram import Bot, BotCommand

from bot.commands import COMMANDS
from bot.knowledge.model import Partnership

DESCRIPTION_CHARS = 512  # Bot API, setMyDescription
SHORT_CHARS = 120  # Bot API, setMyShortDescription

log = logging.getLogger(__name__)


async def publish(bot: Bot, partnership: Partnership) -> None:
    """Give Telegram the commands and the descriptions.

    Answering does not depend on them, so a failure is only logged.
    """
    await _try("commands", bot.set_my_commands([BotCommand(command.name, command.does) for command in COMMANDS]))
    await _try("description", bot.set_my_description(description(partnership)))
    await _try("short description", bot.set_my_short_description(short_description(partnership)))


def description(partnership: Partnership) -> str:
    """Return as many of the first words as fit, then the line about 999."""
    footer = partnership.wording.footer
    text = ""
    for paragraph in partnership.wording.start:
        longer = f"{text}{paragraph}\n\n"
        if len(longer) + len(footer) > DESCRIPTION_CHARS:
            break
        text = longer
    return text + footer


def short_description(partnership: Partnership) -> str:
    """Return one line for the bot's profile page."""
    footer = partnership.wording.footer
    text = f"{partnership.area}: which policy applies, what to do now, whom to contact. {footer}"
    return text if len(text) <= SHORT_CHARS else footer


async def _try(what: str, call: Awaitable[bool]) -> None:
    try:
        await call
    except Exception as error:
        log.warning("telegram: the bot's %s could not be set: %s", what, type(error).__name__)
