"""The usage log's database: one file, one connection, everything written in whole transactions.

A row is stored only if the same transaction finds its person's yes in the database, whatever the caller
believed.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import sqlite3
from collections.abc import Callable
from pathlib import Path

from sqlite_utils import Database

from bot.messages import Person
from bot.usage.folder import make_private_file
from bot.usage.migrations import migrate
from bot.usage.records import Agency, Change, Consent, Feedback, Row, london_day, utc
from bot.usage.waiting import Batch

BUSY_S = 2.0

Connect = Callable[[Path], sqlite3.Connection]

_ROW = """
    INSERT INTO interaction (
        at, day, channel, person, agency, decision, entry, score, latency_ms, knowledge_version)
    SELECT ?, ?, ?, ?, coalesce(?, agency), ?, ?, ?, ?, ? FROM person WHERE pseudonym = ? AND consent = 1
"""
_FEEDBACK = """
    UPDATE interaction SET feedback = ? WHERE id = (
        SELECT id FROM interaction WHERE person = ? AND day = ? AND channel = ? AND entry = ?
        ORDER BY at DESC, id DESC LIMIT 1)
"""
_CONSENT = """
    INSERT INTO person (pseudonym, consent, agency, changed_at) VALUES (?, ?, ?, ?)
    ON CONFLICT (pseudonym) DO UPDATE SET
        consent = excluded.consent, agency = excluded.agency, changed_at = excluded.changed_at
"""
_COUNT = """
    INSERT INTO counter (day, channel, entry, decision, count) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (day, channel, entry, decision) DO UPDATE SET count = count + excluded.count
"""


def connect(path: Path) -> sqlite3.Connection:
    """Open the file, made for its owner only; a lock held by others is waited for, at most `BUSY_S`."""
    make_private_file(path)
    return sqlite3.connect(path, timeout=BUSY_S)


class Store:
    """The database at `path`. One thread makes every call; each may raise sqlite3.Error or OSError.

    After a failure the next call opens the file anew, so it recovers once the file can be used again.
    """

    def __init__(self, path: Path, connect: Connect = connect) -> None:
        self._path = path
        self._connect = connect
        self._db: Database | None = None
        self._file: tuple[int, int] | None = None

    def write(self, batch: Batch) -> frozenset[str]:
        """Store the whole batch, or nothing of it.

        Returns the pseudonyms whose rows were left out because the database does not hold their consent.
        """
        try:
            db = self._open()
            if not batch.size:
                return frozenset()
            with db.atomic():
                db.conn.executemany(_COUNT, [(*counter, count) for counter, count in batch.counts.items()])
                refused = {change.pseudonym for change in batch.changes if not _apply(db, change)}
            if any(isinstance(change, Consent) and not change.given for change in batch.changes):
                _wipe_write_ahead_log(db)
            return frozenset(refused)
        except BaseException:
            self.close()
            raise

    def person(self, pseudonym: str) -> Person:
        """Return what is stored about a person."""
        try:
            row = (
                self._open()
                .conn.execute("SELECT consent, agency FROM person WHERE pseudonym = ?", (pseudonym,))
                .fetchone()
            )
        except BaseException:
            self.close()
            raise
        return Person(pseudonym, bool(row[0]), row[1]) if row else Person(pseudonym)

    def close(self) -> None:
        """Close the connection, if one is open."""
        if self._db is not None:
            self._db.close()
            self._db = None

    def _open(self) -> Database:
        if self._db is not None and self._file != _identity(self._path):
            self.close()  # moved away or removed: SQLite would go on writing to a file that nobody finds
        if self._db is None:
            self._db = _prepared(self._connect(self._path))
            self._file = _identity(self._path)
        return self._db


def _prepared(connection: sqlite3.Connection) -> Database:
    try:
        db = Database(connection, recursive_triggers=False, execute_plugins=False)
        for pragma in (
            "journal_mode = WAL",  # a reader, such as `signpost stats`, does not hold up the writer
            "synchronous = FULL",  # a withdrawn consent survives a power cut; writes are too few to notice
            "secure_delete = ON",  # what is deleted is overwritten, not only forgotten
        ):
            connection.execute(f"PRAGMA {pragma}").fetchone()
        migrate(db)
    except BaseException:
        connection.close()
        raise
    return db


def _apply(db: Database, change: Change) -> bool:
    """Carry out one change; False where the consent it rests on is not in the database."""
    run = db.conn.execute
    match change:
        case Row(pseudonym, agency, it):
            about = (_text(it.at), london_day(it.at), it.channel, pseudonym, agency)
            outcome = (it.decision, it.entry, it.score, it.latency_ms, it.knowledge_version)
            return run(_ROW, (*about, *outcome, pseudonym)).rowcount == 1
        case Feedback(pseudonym, day, channel, entry, verdict):
            run(_FEEDBACK, (verdict, pseudonym, day, channel, entry))
        case Consent(pseudonym, True, agency, at):
            run(_CONSENT, (pseudonym, 1, agency, _text(at)))
        case Consent(pseudonym):
            run("DELETE FROM interaction WHERE person = ?", (pseudonym,))
            run(_CONSENT, (pseudonym, 0, None, None))
        case Agency(pseudonym, agency, at):
            sql = "UPDATE person SET agency = ?, changed_at = ? WHERE pseudonym = ? AND consent = 1"
            return run(sql, (agency, _text(at), pseudonym)).rowcount == 1
    return True


def _text(at: dt.datetime) -> str:
    return utc(at).isoformat(timespec="milliseconds")


def _wipe_write_ahead_log(db: Database) -> None:
    # Deleted rows are still readable in the write-ahead log until it is emptied. A reader may prevent that
    # for now; the deletion itself stands, and closing or the next withdrawal empties the log.
    with contextlib.suppress(sqlite3.Error):
        db.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
