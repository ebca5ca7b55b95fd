"""The usage log counts everybody, knows only those who agreed, and never stands in the way of an answer."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import logging
import os
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database

from bot.usage import store
from bot.usage.log import Interaction, Person, UsageLog
from bot.usage.migrations import migrate, steps
from bot.usage.records import Consent, Row
from bot.usage.waiting import Waiting

ROOT = Path(__file__).resolve().parent.parent
NOON = dt.datetime(2025, 11, 3, 12, 0, tzinfo=dt.UTC)
ANN, BOB = "a" * 32, "b" * 32
STRANGER, SAID_YES = Person(ANN), Person(ANN, True, "school")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "usage.db"


def asked(entry: str | None = "missing-child", at: dt.datetime = NOON, decision: str = "answer") -> Interaction:
    return Interaction(at, "telegram", decision, entry, 0.8, 12.5, "2025.1")


def impatient(path: Path) -> sqlite3.Connection:
    """Open the log without waiting for locks."""
    connection = store.connect(path)
    connection.execute("PRAGMA busy_timeout = 0")
    return connection


def read(path: Path, sql: str) -> list[tuple[Any, ...]]:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchall()


def counters(path: Path) -> dict[tuple[str, str, str, str], int]:
    rows = read(path, "SELECT day, channel, entry, decision, count FROM counter")
    return {(day, channel, entry, decision): count for day, channel, entry, decision, count in rows}


def total(path: Path) -> int:
    return sum(counters(path).values())


def rows(path: Path, columns: str = "person, agency, entry") -> list[tuple[Any, ...]]:
    return read(path, f"SELECT {columns} FROM interaction ORDER BY id")


def people(path: Path) -> list[tuple[Any, ...]]:
    return read(path, "SELECT pseudonym, consent, agency, changed_at FROM person ORDER BY pseudonym")


def in_files(path: Path, marker: str) -> bool:
    return any(marker.encode() in file.read_bytes() for file in path.parent.iterdir())


@contextlib.contextmanager
def locked(path: Path, mode: str = "NORMAL") -> Iterator[None]:
    """Hold the database's write lock; in EXCLUSIVE mode nobody else can even read."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute(f"PRAGMA locking_mode = {mode}")
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


class Timers:
    """Stands for the event loop's timer: tests fire it, nobody waits."""

    def __init__(self) -> None:
        self.pending: list[tuple[float, Callable[[], Any]]] = []

    def __call__(self, seconds: float, run: Callable[[], Any]) -> Timers:
        self.pending.append((seconds, run))
        return self

    def cancel(self) -> None:
        self.pending.clear()


class Disk:
    """Opens the log on a disk whose room, or permission to write, a test decides."""

    def __init__(self) -> None:
        self.pages = 0
        self.read_only = False

    def __call__(self, path: Path) -> sqlite3.Connection:
        address = f"{path.as_uri()}?mode=ro"
        connection = sqlite3.connect(address, uri=True) if self.read_only else impatient(path)
        if self.pages:
            connection.execute(f"PRAGMA max_page_count = {self.pages}")
        return connection


# What is kept


async def test_without_consent_only_the_day_is_counted(path: Path) -> None:
    async with UsageLog(path) as log:
        await log.record(asked(), STRANGER)
        await log.record(asked(), STRANGER)
        await log.record(asked(None, decision="no_match"), STRANGER)
    assert counters(path) == {
        ("2025-11-03", "telegram", "missing-child", "answer"): 2,
        ("2025-11-03", "telegram", "", "no_match"): 1,
    }
    assert rows(path) == [] and people(path) == []
    assert not in_files(path, ANN)


async def test_the_agency_of_someone_who_did_not_agree_is_never_written(path: Path) -> None:
    async with UsageLog(path) as log:
        await log.set_agency(ANN, "marker-agency", NOON)
        person = await log.person(ANN)
        assert person == Person(ANN, None, "marker-agency")
        await log.record(asked(), person)
        await log.set_consent(BOB, False, "marker-agency", NOON)
        assert await log.person(BOB) == Person(BOB, False, "marker-agency")
        await log.record(asked(), await log.person(BOB))
        await log.flush()
        assert not in_files(path, "marker-agency")
    assert people(path) == [(BOB, 0, None, None)]
    assert not in_files(path, "marker-agency")


async def test_with_consent_each_interaction_is_a_row_and_is_counted_too(path: Path) -> None:
    async with UsageLog(path) as log:
        assert await log.set_consent(ANN, True, "school", NOON)
        await log.record(asked(), await log.person(ANN))
    [row] = read(path, "SELECT * FROM interaction")
    assert row[1:] == (
        "2025-11-03T12:00:00.000+00:00",
        "2025-11-03",
        "telegram",
        ANN,
        "school",
        "answer",
        "missing-child",
        0.8,
        12.5,
        "2025.1",
        None,
    )
    assert people(path) == [(ANN, 1, "school", "2025-11-03T12:00:00.000+00:00")]
    assert total(path) == 1


async def test_the_caller_believing_in_consent_is_not_enough_for_a_row(path: Path) -> None:
    async with UsageLog(path) as log:
        await log.record(asked(), SAID_YES)
    assert rows(path) == [] and total(path) == 1


async def test_days_are_days_in_kent(path: Path) -> None:
    async with UsageLog(path) as log:
        late_in_summer = dt.datetime(2025, 7, 1, 23, 30, tzinfo=dt.UTC)
        late_in_winter = dt.datetime(2025, 12, 1, 23, 30, tzinfo=dt.UTC)
        await log.record(asked(at=late_in_summer), STRANGER)
        await log.record(asked(at=late_in_winter), STRANGER)
    assert {counter[0] for counter in counters(path)} == {"2025-07-02", "2025-12-01"}


async def test_feedback_marks_the_latest_row_of_that_entry_on_that_day(path: Path) -> None:
    async with UsageLog(path) as log:
        await log.set_consent(ANN, True, None, NOON)
        person = await log.person(ANN)
        for hours, entry in (
            (-24, "missing-child"),
            (0, "missing-child"),
            (1, "missing-child"),
            (2, "bruising"),
        ):
            await log.record(asked(entry, NOON + dt.timedelta(hours=hours)), person)
        await log.feedback(NOON + dt.timedelta(hours=3), "telegram", "missing-child", True, person)
    assert rows(path, "feedback") == [(None,), (None,), ("useful",), (None,)]


@pytest.mark.parametrize(("useful", "decision"), [(True, "useful"), (False, "not-meant")])
async def test_feedback_without_consent_is_only_counted(path: Path, useful: bool, decision: str) -> None:
    async with UsageLog(path) as log:
        await log.feedback(NOON, "telegram", "missing-child", useful, STRANGER)
    assert counters(path) == {("2025-11-03", "telegram", "missing-child", decision): 1}
    assert rows(path) == [] and people(path) == []


@pytest.mark.parametrize("field", ["channel", "decision", "entry", "knowledge_version", "agency"])
def test_a_sentence_fits_in_no_field_and_is_not_repeated_in_the_error(field: str) -> None:
    values: dict[str, Any] = {"channel": "web", "decision": "answer", "entry": "x", "knowledge_version": "1"}
    with pytest.raises(ValueError, match=field) as error:
        Interaction(at=NOON, score=0.5, latency_ms=1.0, **{**values, field: "a child called Sam"})
    assert "Sam" not in str(error.value)


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        asked(at=NOON.replace(tzinfo=None))


async def test_files_are_private_whatever_the_umask(path: Path) -> None:
    before = os.umask(0)
    try:
        async with UsageLog(path) as log:
            await log.record(asked(), STRANGER)
            await log.flush()
            modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    finally:
        os.umask(before)
    assert modes == {"usage.db": 0o600, "usage.db-wal": 0o600, "usage.db-shm": 0o600}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


# Consent


async def test_a_yes_is_remembered_across_restarts(path: Path) -> None:
    async with UsageLog(path) as log:
        assert await log.set_consent(ANN, True, "school", NOON) is True
    async with UsageLog(path) as log:
        assert await log.person(ANN) == SAID_YES
        assert await log.person(BOB) == Person(BOB)


async def test_a_yes_takes_the_agency_named_before(path: Path) -> None:
    async with UsageLog(path) as log:
        await log.set_agency(ANN, "school", NOON)
        await log.set_consent(ANN, True, None, NOON)
    assert [person[:3] for person in people(path)] == [(ANN, 1, "school")]


async def test_an_agency_named_after_a_yes_is_stored(path: Path) -> None:
    async with UsageLog(path) as log:
        await log.set_consent(ANN, True, None, NOON)
        await log.set_agency(ANN, "health", NOON + dt.timedelta(hours=1))
        await log.record(asked(), await log.person(ANN))
    assert people(path) == [(ANN, 1, "health", "2025-11-03T13:00:00.000+00:00")]
    assert rows(path) == [(ANN, "health", "missing-child")]


async def test_a_withdrawn_consent_takes_the_persons_rows_and_leaves_only_the_no(path: Path) -> None:
    async with UsageLog(path) as log:
        for pseudonym, agency in ((ANN, "marker-agency"), (BOB, "police")):
            await log.set_consent(pseudonym, True, agency, NOON)
            await log.record(asked(), await log.person(pseudonym))
        await log.flush()
        assert in_files(path, "marker-agency")
        assert await log.set_consent(ANN, False, None, NOON) is True
        assert not in_files(path, "marker-agency"), "a deleted row can still be read in the files"
        assert await log.person(ANN) == Person(ANN, False)
    assert rows(path) == [(BOB, "police", "missing-child")]
    assert people(path)[0] == (ANN, 0, None, None)
    assert total(path) == 2, "what was counted without a name stays"


async def test_nothing_is_kept_of_someone_whose_caller_missed_the_withdrawal(path: Path) -> None:
    async with UsageLog(path) as log:
        await log.set_consent(ANN, True, "school", NOON)
        before = await log.person(ANN)
        await log.set_consent(ANN, False, None, NOON)
        await log.record(asked(), before)
        await log.feedback(NOON, "telegram", "missing-child", True, before)
    assert rows(path) == [] and total(path) == 2


async def test_a_consent_withdrawn_in_another_process_is_noticed(path: Path) -> None:
    async with UsageLog(path) as bot, UsageLog(path) as other:
        await bot.set_consent(ANN, True, "school", NOON)
        await other.set_consent(ANN, False, None, NOON)
        await bot.record(asked(), await bot.person(ANN))
        await bot.flush()
        assert await bot.person(ANN) == Person(ANN, False)
    assert rows(path) == []


async def test_a_withdrawal_also_takes_the_rows_that_still_wait(path: Path) -> None:
    async with UsageLog(path, connect=impatient) as log:
        await log.set_consent(ANN, True, "school", NOON)
        with locked(path):
            await log.record(asked(), await log.person(ANN))
            assert await log.flush() is False
            assert await log.set_consent(ANN, False, None, NOON) is False
            assert (await log.person(ANN)).consent is False, "a no holds at once, stored or not"
        assert await log.flush()
    assert rows(path) == [] and people(path) == [(ANN, 0, None, None)]
    assert total(path) == 1


async def test_changing_ones_mind_keeps_the_last_word(path: Path) -> None:
    async with UsageLog(path, connect=impatient) as log:
        with locked(path):
            for consent in (True, False, True):
                assert await log.set_consent(ANN, consent, "school", NOON) is False
        assert await log.flush()
    assert [person[:3] for person in people(path)] == [(ANN, 1, "school")]


# A failing log


async def test_a_locked_database_costs_no_row_and_one_line(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with UsageLog(path, connect=impatient) as log:
        await log.set_consent(ANN, True, "school", NOON)
        with locked(path):
            for entry in ("one", "two", "three"):
                await log.record(asked(entry), await log.person(ANN))
                assert await log.flush() is False
            assert len(caplog.records) == 1
        await log.record(asked("four"), await log.person(ANN))
        assert await log.flush()
    assert [row[2] for row in rows(path)] == ["one", "two", "three", "four"]
    assert total(path) == 4
    assert [record.levelno for record in caplog.records] == [logging.WARNING] * 2
    assert "locked" in caplog.messages[0] and str(path) in caplog.messages[0]
    assert "4 waiting entries stored" in caplog.messages[1]
    assert ANN not in caplog.text


async def test_a_failed_write_is_tried_again_without_another_message(path: Path) -> None:
    timers = Timers()
    async with UsageLog(path, connect=impatient, retry_s=30.0, later=timers) as log:
        with locked(path):
            await log.record(asked(), STRANGER)
            await log.flush()
        [(seconds, run)] = timers.pending
        assert seconds == 30.0
        await run()
        assert total(path) == 1 and timers.pending == []


async def test_each_outage_has_its_own_line(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with UsageLog(path, connect=impatient) as log:
        for _ in range(2):
            with locked(path):
                await log.record(asked(), STRANGER)
                await log.flush()
            await log.flush()
    assert ["locked" in message for message in caplog.messages] == [True, False, True, False]


async def test_a_full_disk_stores_all_or_nothing_of_a_batch(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    disk = Disk()
    async with UsageLog(path, connect=disk) as log:
        await log.set_consent(ANN, True, "school", NOON)
    [(pages,)] = read(path, "PRAGMA page_count")
    disk.pages = pages
    async with UsageLog(path, connect=disk) as log:
        for number in range(500):
            await log.record(asked(f"entry-{number}"), await log.person(ANN))
        assert await log.flush() is False
        assert rows(path) == [] and total(path) == 0
        assert len(caplog.records) == 1 and "full" in caplog.text and "Make room" in caplog.text
        disk.pages = 0
        assert await log.flush()
    assert len(rows(path)) == total(path) == 500


async def test_a_read_only_database_still_tells_who_agreed(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    disk = Disk()
    async with UsageLog(path, connect=disk) as log:
        await log.set_consent(ANN, True, "school", NOON)
    disk.read_only = True
    async with UsageLog(path, connect=disk) as log:
        assert await log.person(ANN) == SAID_YES
        await log.record(asked(), SAID_YES)
        assert await log.flush() is False
        assert len(caplog.records) == 1 and "readonly" in caplog.text
        disk.read_only = False
        assert await log.flush()
    assert len(rows(path)) == 1


async def test_a_folder_that_cannot_be_made_costs_no_answer(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("in the way")
    async with UsageLog(tmp_path / "file" / "usage.db") as log:
        assert len(caplog.records) == 1, "the operator hears of it before the first message"
        assert await log.person(ANN) == STRANGER
        await log.record(asked(), STRANGER)
        assert await log.set_consent(ANN, True, "school", NOON) is False
        assert await log.person(ANN) == SAID_YES
        assert len(caplog.records) == 1
    assert len(caplog.records) == 2 and "2 waiting entries are lost" in caplog.messages[1]


async def test_a_damaged_database_is_left_as_it_is(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path.parent.mkdir()
    damaged = b"not a database, perhaps somebody's notes\n" * 100
    path.write_bytes(damaged)
    async with UsageLog(path) as log:
        await log.record(asked(), await log.person(ANN))
        assert await log.flush() is False
        assert path.read_bytes() == damaged
        assert len(caplog.records) == 1 and "move it away" in caplog.text
        path.rename(path.with_name("damaged"))
        assert await log.flush(), "once it is moved away a new one is made"
    assert total(path) == 1


async def test_a_database_removed_under_a_running_log_is_made_anew(path: Path) -> None:
    async with UsageLog(path) as log:
        await log.record(asked("before"), STRANGER)
        await log.flush()
        for file in path.parent.iterdir():
            file.unlink()
        await log.record(asked("after"), STRANGER)
        await log.flush()
    assert [counter[2] for counter in counters(path)] == ["after"]


async def test_people_are_strangers_while_nobody_can_read_and_known_again_after(path: Path) -> None:
    async with UsageLog(path) as log:
        await log.set_consent(ANN, True, "school", NOON)
    async with UsageLog(path, connect=impatient) as log:
        await log.flush()
    with locked(path, "EXCLUSIVE"):
        log = UsageLog(path, connect=impatient)
        await log.start()
        assert await log.person(ANN) == STRANGER
    assert await log.person(ANN) == SAID_YES
    await log.close()


async def test_an_agency_named_while_the_log_fails_is_remembered_and_consent_is_not_forgotten(
    path: Path,
) -> None:
    async with UsageLog(path) as log:
        await log.set_consent(ANN, True, "school", NOON)
    with locked(path, "EXCLUSIVE"):
        log = UsageLog(path, connect=impatient)
        await log.start()
        await log.set_agency(ANN, "health", NOON)
        assert await log.person(ANN) == Person(ANN, None, "health")
    assert await log.person(ANN) == Person(ANN, True, "health")
    await log.close()


async def test_a_disk_that_hangs_delays_nobody(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    let_go = threading.Event()

    def hang(path: Path) -> sqlite3.Connection:
        let_go.wait()
        return store.connect(path)

    log = UsageLog(path, connect=hang, patience_s=0.01, close_s=0.01)
    try:
        async with asyncio.timeout(5):
            await log.start()
            assert await log.person(ANN) == STRANGER
            await log.record(asked(), STRANGER)
            await log.close()
    finally:
        let_go.set()
    assert ["1 waiting entries are lost" in message for message in caplog.messages] == [True]


async def test_after_closing_nothing_is_raised(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with UsageLog(path) as log:
        pass
    await log.close()
    await log.record(asked(), STRANGER)
    await log.feedback(NOON, "telegram", "missing-child", True, STRANGER)
    assert await log.person(ANN) == STRANGER
    assert await log.set_consent(ANN, True, None, NOON) is False
    assert len(caplog.records) == 3 and all("closed" in message for message in caplog.messages)


async def test_a_log_that_was_not_started_starts_by_itself(path: Path) -> None:
    log = UsageLog(path)
    await log.record(asked(), STRANGER)
    await log.close()
    assert total(path) == 1


async def test_too_many_waiting_rows_cost_the_oldest_rows_but_no_count(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with UsageLog(path, connect=impatient, room=3) as log:
        await log.set_consent(ANN, True, "school", NOON)
        with locked(path):
            for number in range(6):
                await log.record(asked(f"entry-{number}"), await log.person(ANN))
                await log.flush()
        await log.flush()
    assert [row[2] for row in rows(path)] == ["entry-3", "entry-4", "entry-5"]
    assert total(path) == 6
    assert ["dropped" in message for message in caplog.messages] == [False, True, True]


def test_a_withdrawal_leaves_nothing_else_of_that_person_in_memory() -> None:
    waiting = Waiting(room=9)
    others = Row(BOB, None, asked())
    for change in (Consent(ANN, True, "school", NOON), Row(ANN, "school", asked()), others):
        waiting.add(change)
    no = Consent(ANN, False, None, NOON)
    waiting.add(no)
    assert waiting.batch().changes == (others, no)


def test_a_row_is_dropped_before_anybodys_yes_or_no() -> None:
    waiting = Waiting(room=2)
    no = Consent(BOB, False, None, NOON)
    row, later = Row(ANN, None, asked()), Row(ANN, None, asked())
    for change in (no, row, later):
        waiting.add(change)
    assert waiting.batch().changes == (no, later)


# Crashes, upgrades, several processes

KILLED = """
import asyncio, datetime, os, pathlib, sys
from bot.usage import store
from bot.usage.log import Interaction, Person, UsageLog

path, fatal = pathlib.Path(sys.argv[1]), sys.argv[2]
at = datetime.datetime(2025, 11, 3, 12, tzinfo=datetime.UTC)
armed, seen = False, 0

def trace(sql):
    global seen
    if armed and fatal in sql:
        seen += 1
        if seen == 3:
            os._exit(9)

def connect(path):
    connection = store.connect(path)
    connection.set_trace_callback(trace)
    return connection

async def main():
    global armed
    log = UsageLog(path, connect=connect)
    await log.start()
    await log.set_consent("a" * 32, True, "school", at)
    async def ask(times):
        for number in range(times):
            asked = Interaction(at, "web", "answer", f"entry-{number}", 0.5, 1.0, "1")
            await log.record(asked, await log.person("a" * 32))
    await ask(10)
    assert await log.flush()
    armed = True
    await ask(10)
    await log.flush()
    for consent in (False, True, False, True, False):
        await log.set_consent("a" * 32, consent, "school", at)

asyncio.run(main())
"""


@pytest.mark.parametrize(
    ("fatal", "stored"),
    [("INSERT INTO counter", 10), ("INSERT INTO interaction", 10), ("DELETE FROM interaction", 0)],
)
def test_being_killed_halfway_through_a_write_leaves_whole_batches(path: Path, fatal: str, stored: int) -> None:
    killed = subprocess.run([sys.executable, "-c", KILLED, str(path), fatal], cwd=ROOT)
    assert killed.returncode == 9
    assert read(path, "PRAGMA integrity_check") == [("ok",)]
    assert len(rows(path)) == stored
    assert total(path) == (10 if stored else 20)
    # The third withdrawal had begun: before it came a yes, so the yes is what the disk holds.
    assert [person[:2] for person in people(path)] == [(ANN, 1)]


WRITER = """
import asyncio, datetime, pathlib, sys
from bot.usage.log import Interaction, Person, UsageLog

async def main():
    path, me = pathlib.Path(sys.argv[1]), sys.argv[2] * 32
    at = datetime.datetime(2025, 11, 3, 12, tzinfo=datetime.UTC)
    sys.stdin.readline()
    async with UsageLog(path) as log:
        await log.set_consent(me, True, "school", at)
        for number in range(50):
            await log.record(Interaction(at, "web", "answer", "shared", 0.5, 1.0, "1"), await log.person(me))
            while not await log.flush():
                pass

asyncio.run(main())
"""


def test_two_processes_write_to_one_log(path: Path) -> None:
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(path), letter], cwd=ROOT, stdin=subprocess.PIPE, text=True)
        for letter in "ab"
    ]
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("go\n")
        writer.stdin.flush()
    for writer in writers:
        writer.communicate()
        assert writer.returncode == 0
    assert counters(path) == {("2025-11-03", "web", "shared", "answer"): 100}
    assert sorted(rows(path, "person")) == [(ANN,)] * 50 + [(BOB,)] * 50


async def test_an_older_log_is_brought_up_to_date_with_what_it_holds(path: Path) -> None:
    with Database(store.connect(path)) as db:
        steps.apply(db, stop_before="people_and_interactions")
        db.table("counter").insert(
            {"day": "2025-01-01", "channel": "web", "entry": "old", "decision": "answer", "count": 7}
        )
    async with UsageLog(path) as log:
        await log.set_consent(ANN, True, "school", NOON)
        await log.record(asked(), SAID_YES)
    assert total(path) == 8 and len(rows(path)) == 1


async def test_a_log_that_is_up_to_date_opens_while_another_process_writes(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with UsageLog(path):
        pass
    with locked(path):
        async with UsageLog(path, connect=impatient):
            assert caplog.messages == []


def test_no_column_is_made_for_text(path: Path) -> None:
    with Database(store.connect(path)) as db:
        migrate(db)
        columns = {column.name for table in db.tables for column in table.columns}
    assert columns.isdisjoint({"text", "message", "question", "user", "note"})


async def test_a_person_who_agreed_keeps_their_row_though_the_database_was_locked_when_they_asked(path: Path) -> None:
    async with UsageLog(path) as log:
        await log.set_consent(ANN, True, "school", NOON)
    async with UsageLog(path, patience_s=0.0) as log:
        stranger = await log.person(ANN)  # the database did not say in time
        assert stranger.consent is None
        await log.record(asked(), stranger)
    [row] = rows(path)
    assert "school" in row
