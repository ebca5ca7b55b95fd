"""What several commands need: the clock, dates as arguments, and who asks where nobody is known."""

from __future__ import annotations

import argparse
import datetime as dt
import sys
from typing import TYPE_CHECKING

from bot.messages import Person

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

NOBODY = Person("")


def now() -> dt.datetime:
    """Return the time, in UTC."""
    return dt.datetime.now(dt.UTC)


def date(text: str) -> dt.date:
    """Return an argument as a day."""
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is no date such as 2027-01-15") from None


def say_that_it_learns(texts: int) -> None:
    """Say on the standard error why an answer takes a few seconds."""
    print(f"Learning from {texts:,} texts; this happens once after a change.", file=sys.stderr, flush=True)
