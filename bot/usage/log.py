"""The usage log as the assistant sees it: record, and go on. The disk is written on a thread of its own.

A failing log costs nobody an answer: nothing here raises because of the disk, or waits for it longer than a
moment. What could not be stored waits in memory and is tried again, in order; each outage gives the operator
one line, and one when it is over.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, TypeVar

from bot.messages import Person
from bot.usage.records import (
    NOT_MEANT,
    USEFUL,
    Agency,
    Consent,
    Counter,
    Feedback,
    Interaction,
    Row,
    label,
    london_day,
    utc,
)
from bot.usage.store import BUSY_S, Connect, Store, connect
from bot.usage.waiting import Batch, Waiting

__all__ = ["Interaction", "Person", "UsageLog"]

ROWS_KEPT_WAITING = 10_000
PEOPLE_REMEMBERED = 10_000
# Longer than a lock is waited for, so that a yes or no held up only by a short lock is reported as stored.
CONSENT_WAIT_S = BUSY_S + 1.0

_log = logging.getLogger(__name__)
_T = TypeVar("_T")


class Timer(Protocol):
    """What `Later` returns: something that can be called off."""

    def cancel(self) -> None:
        """Call it off."""


Later = Callable[[float, Callable[[], Any]], Timer]


class UsageLog:
    """The usage log kept at `path`. Use it with `async with`, or call `start` and `close`.

    Args:
        path: the database file; made, with its folder, when missing.
        retry_s: after a failure the next attempt is made with the next call, or this much later.
        patience_s: how long `person` waits for the disk.
        close_s: how long `close` waits for the disk.
        room: how many rows may wait in memory.
        connect: opens the file.
        later: runs a function after a number of seconds; the event loop's timer, unless another is given.
    """

    def __init__(
        self,
        path: Path,
        *,
        retry_s: float = 30.0,
        patience_s: float = 0.25,
        close_s: float = 5.0,
        room: int = ROWS_KEPT_WAITING,
        connect: Connect = connect,
        later: Later | None = None,
    ) -> None:
        self._path = path
        self._retry_s, self._patience_s, self._close_s = retry_s, patience_s, close_s
        self._later = later
        self._store = Store(path, connect)
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="usage-log")
        self._waiting = Waiting(room)
        self._writing: asyncio.Task[None] | None = None
        self._retry: Timer | None = None
        self._failing = self._told_of_dropping = self._closed = False
        # What the database says of people, or will say once all that waits is stored.
        self._people: dict[str, Person] = {}
        # Agencies named by people who did not agree to be counted: never written, gone when the bot stops.
        self._agencies: dict[str, str | None] = {}

    async def __aenter__(self) -> UsageLog:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def start(self) -> None:
        """Open the file, so that the operator hears at once of one that cannot be used.

        It never raises for that, and waits no longer than `close` does.
        """
        await asyncio.wait({self._write_soon()}, timeout=self._close_s)

    async def close(self) -> None:
        """Write what waits, within `close_s`, and close the file; one line says how much is lost by then."""
        if self._closed:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._close_s):
                await self.flush()
        self._closed = True
        self._cancel_retry()
        if self._writing is not None:
            self._writing.cancel()
        if lost := len(self._waiting):
            _log.error("usage log: %s could not be written; %d waiting entries are lost", self._path, lost)
        closing = asyncio.get_running_loop().run_in_executor(self._worker, self._store.close)
        self._worker.shutdown(wait=False)  # the file is still closed when a write that hangs comes to an end
        await asyncio.wait({closing}, timeout=self._patience_s)

    async def person(self, pseudonym: str) -> Person:
        """Return who a pseudonym is, within `patience_s`.

        Where the database does not say in time, that is someone who was never asked.
        """
        person = await self._look_up(pseudonym) or Person(pseudonym)
        if pseudonym in self._agencies:
            return replace(person, agency=self._agencies[pseudonym])
        return person

    async def record(self, interaction: Interaction, person: Person) -> None:
        """Count an interaction and, if its person agreed, keep a row of it; does not wait for the disk."""
        if not self._open():
            return
        self._count(interaction.at, interaction.channel, interaction.entry, interaction.decision)
        pseudonym = interaction.person or person.pseudonym
        if self._may_have_agreed(pseudonym):
            self._waiting.add(Row(pseudonym, interaction.agency or person.agency, interaction))
        self._write_soon()

    async def feedback(self, at: dt.datetime, channel: str, entry: str | None, useful: bool, person: Person) -> None:
        """Count what a person made of an answer; if they agreed, mark their latest row of that entry today.

        The counter's decision is `useful` or `not-meant`; the same press is not to be recorded as well.
        """
        if not self._open():
            return
        verdict = USEFUL if useful else NOT_MEANT
        self._count(at, channel, entry, verdict)
        if entry and self._may_have_agreed(person.pseudonym):
            self._waiting.add(Feedback(person.pseudonym, london_day(at), channel, entry, verdict))
        self._write_soon()

    async def set_consent(self, pseudonym: str, consent: bool, agency: str | None, at: dt.datetime) -> bool:
        """Keep a person's yes or no to being counted by agency; True once it is safely on the disk.

        A yes without an agency takes the one named before. A no deletes the person's rows, stored or waiting,
        in the same transaction, and keeps nothing but itself; `agency` is then only remembered while the bot
        runs. False means that it holds from now on, and will be stored when the disk allows.
        """
        label(pseudonym, "pseudonym")
        if agency is not None:
            label(agency, "agency")
        if consent and agency is None:
            agency = (await self.person(pseudonym)).agency
        stored_agency = agency if consent else None
        self._agencies.pop(pseudonym, None)
        if agency is not None and not consent:
            _remember(self._agencies, pseudonym, agency)
        _remember(self._people, pseudonym, Person(pseudonym, consent, stored_agency))
        change = Consent(pseudonym, consent, stored_agency, utc(at))
        if not self._open():
            return False
        self._waiting.add(change)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CONSENT_WAIT_S):
                await self.flush()
        return change not in self._waiting

    async def set_agency(self, pseudonym: str, agency: str | None, at: dt.datetime) -> None:
        """Keep a person's agency: on the disk if they agreed to be counted by it, else in memory only."""
        label(pseudonym, "pseudonym")
        if agency is not None:
            label(agency, "agency")
        known = await self._look_up(pseudonym)
        if known is not None and known.consent:
            _remember(self._people, pseudonym, replace(known, agency=agency))
            if self._open():
                self._waiting.add(Agency(pseudonym, agency, utc(at)))
                self._write_soon()
        else:
            _remember(self._agencies, pseudonym, agency)

    async def flush(self) -> bool:
        """Try at once to write all that waits; True when nothing is left waiting."""
        if self._writing is not None and not self._writing.done():
            await asyncio.wait({self._writing})
        if len(self._waiting) and not self._closed:
            await asyncio.wait({self._write_soon()})
        return not len(self._waiting)

    def _may_have_agreed(self, pseudonym: str) -> bool:
        """Say whether a person agreed to be counted, or the database could not tell yet.

        A row of theirs then waits, and is stored only if the database holds their yes by that time.
        """
        known = self._people.get(pseudonym)
        return known is None or bool(known.consent)

    def _open(self) -> bool:
        if self._closed:
            _log.warning("usage log: %s is closed; an entry is lost", self._path)
        return not self._closed

    def _count(self, at: dt.datetime, channel: str, entry: str | None, decision: str) -> None:
        label(channel, "channel")
        if entry:
            label(entry, "entry")
        self._waiting.count(Counter(london_day(at), channel, entry or "", decision))

    async def _look_up(self, pseudonym: str) -> Person | None:
        """Return what is known of a person, or None where the database does not say in time."""
        if pseudonym not in self._people:
            try:
                found = await asyncio.wait_for(self._on_worker(self._store.person, pseudonym), self._patience_s)
            except Exception:  # whatever ails the file; it is reported by the write that follows the answer
                return None
            if pseudonym not in self._people:  # an answer given meanwhile is newer than what was read
                _remember(self._people, pseudonym, found)
        return self._people[pseudonym]

    def _on_worker(self, function: Callable[..., _T], *args: object) -> asyncio.Future[_T]:
        return asyncio.get_running_loop().run_in_executor(self._worker, function, *args)

    def _write_soon(self) -> asyncio.Task[None]:
        """Return the task that writes what waits: the one at work, or a new one."""
        self._cancel_retry()
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write())
        return self._writing

    async def _write(self) -> None:
        """Write what waits until nothing does, or until it fails."""
        while not self._closed:
            batch = self._waiting.batch()
            try:
                refused = await self._on_worker(self._store.write, batch)
            except Exception as error:  # whatever it is, answers go on and the batch goes on waiting
                self._failed(error)
                return
            self._waiting.stored(batch)
            self._worked(batch)
            for pseudonym in refused:
                self._people.pop(pseudonym, None)  # consent was withdrawn elsewhere: ask the database again
            if not len(self._waiting):
                return

    def _failed(self, error: Exception) -> None:
        if not self._failing:
            _log.warning(
                "usage log: %s cannot be written: %s; answers go on, entries wait in memory. %s",
                self._path,
                str(error) or type(error).__name__,
                _advice(str(error)),
            )
        self._failing = True
        if self._waiting.dropped and not self._told_of_dropping:
            self._told_of_dropping = True
            _log.warning("usage log: too many rows wait; the oldest are dropped, their daily counts are kept")
        if not self._closed:
            later = self._later or asyncio.get_running_loop().call_later
            self._retry = later(self._retry_s, self._write_soon)

    def _worked(self, batch: Batch) -> None:
        if self._failing:
            _log.warning(
                "usage log: %s is written again: %d waiting entries stored, %d rows dropped meanwhile",
                self._path,
                batch.size,
                self._waiting.dropped,
            )
        self._failing = self._told_of_dropping = False
        self._waiting.dropped = 0

    def _cancel_retry(self) -> None:
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None


def _remember(memory: dict[str, _T], pseudonym: str, value: _T) -> None:
    """Keep a value, and no more of them than `PEOPLE_REMEMBERED`: the one changed longest ago goes."""
    memory.pop(pseudonym, None)
    memory[pseudonym] = value
    if len(memory) > PEOPLE_REMEMBERED:
        del memory[next(iter(memory))]


def _advice(error: str) -> str:
    """Return what the operator can do about an error of the database."""
    if "locked" in error:
        return "Another program is holding the file."
    if "full" in error or "space" in error:
        return "Make room on the disk."
    if "not a database" in error or "malformed" in error:
        return "The file is damaged and was left as it is: move it away and a new one is made."
    return "Check that Signpost may write to the file and its folder."
