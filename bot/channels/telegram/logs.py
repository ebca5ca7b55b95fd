"""Keep the bot's token and everything people write out of the log, at every level.

The libraries underneath log whole updates and addresses that hold the token, and an exception's text may
quote a message. So a filter on the root handlers, which see all records, lets through only what is safe:

- our own records, written without message text, with the token taken out;
- of any other library's warnings and errors the wording, without the values that would be put into it;
- of its lesser records only that there was one;
- of exceptions, our own too, their kinds and where they were raised.
"""

from __future__ import annotations

import logging
import re
import traceback
from collections.abc import Iterator
from urllib.parse import quote

OURS = ("bot", "__main__")
REPEATS = "telegram.request.BaseRequest"  # one line for each failed attempt, beside the one that polling gives
WITHHELD = "(details withheld)"
TOKEN = "(token)"

_LIKE_A_TOKEN = re.compile(r"\d{6,}(?::|%3A)[\w-]{30,}", re.IGNORECASE)
_SECRET_CHARS = 16  # the part of a token behind its colon is looked for by itself if it is at least this long


def protect_logs(token: str | None) -> None:
    """Install the filter on every handler of the root logger, in place of one installed earlier.

    Call it once the handlers are there. Where there are none, Python's handler of last resort is protected.
    """
    guard = Guard(token)
    last_resort = [logging.lastResort] if logging.lastResort is not None else []
    for handler in logging.getLogger().handlers or last_resort:
        for old in [f for f in handler.filters if isinstance(f, Guard)]:
            handler.removeFilter(old)
        handler.addFilter(guard)


class Guard(logging.Filter):
    """Rewrites every record once, however many handlers it passes, and drops those of `REPEATS`."""

    def __init__(self, token: str | None) -> None:
        super().__init__()
        self._tokens = _forms(token.strip()) if token and token.strip() else ()

    def filter(self, record: logging.LogRecord) -> bool:
        """Make a record safe in place, for whatever handler formats it; say whether it passes."""
        if record.name == REPEATS:
            return False
        if getattr(record, "is_guarded", False):
            return True
        try:
            message = self._without_token(_message(record) + _origin(record))
        except Exception:
            # A value that cannot be written out: logging would print the record to the error stream as it is.
            message = WITHHELD
        record.msg, record.args = message, ()
        record.exc_info = record.exc_text = record.stack_info = None
        record.is_guarded = True
        return True

    def _without_token(self, text: str) -> str:
        for form in self._tokens:
            text = text.replace(form, TOKEN)
        return _LIKE_A_TOKEN.sub(TOKEN, text)


def _forms(token: str) -> tuple[str, ...]:
    secret = token.partition(":")[2]
    forms = [token, quote(token, safe=""), repr(token)[1:-1]]
    return tuple(dict.fromkeys([*forms, secret] if len(secret) >= _SECRET_CHARS else forms))


def _message(record: logging.LogRecord) -> str:
    if record.name.partition(".")[0] in OURS:
        return record.getMessage()
    if record.levelno < logging.WARNING or not isinstance(record.msg, str):
        return WITHHELD
    # asyncio puts values into the lines below its first, and so may others.
    lines = record.msg.splitlines() or [""]
    return f"{lines[0]} {WITHHELD}" if record.args or len(lines) > 1 else lines[0]


def _origin(record: logging.LogRecord) -> str:
    """Return the kinds of a record's exceptions, the last one first, each with the place it comes from."""
    error = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
    kinds = [f"{type(one).__name__}{_place(one)}" for one in _chain(error)]
    return f" [{' <- '.join(kinds)}]" if kinds else ""


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        if isinstance(error, BaseExceptionGroup):
            yield from error.exceptions
        error = error.__cause__ or error.__context__


def _place(error: BaseException) -> str:
    frames = list(traceback.walk_tb(error.__traceback__))
    if not frames:
        return ""
    frame, line = frames[-1]
    return f" at {frame.f_globals.get('__name__', '?')}:{line}"
