"""Every version of the knowledge base that was ever published, and which one is live: one SQLite file.

A version is the bytes of its files, so it can be shown, compared and returned to for ever. What is published is written
in one transaction: killed at any moment, the file holds either the old state or the new one. A second publisher is
turned away at once, and readers never wait.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import sqlite3
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlite_utils import Database

from bot.errors import PublishError

BUSY_S = 2.0
_SCHEMA = """
    CREATE TABLE IF NOT EXISTS version (
        version TEXT PRIMARY KEY, made_at TEXT NOT NULL, entries INTEGER NOT NULL, learnt_from TEXT NOT NULL,
        files BLOB NOT NULL);
    CREATE TABLE IF NOT EXISTS publication (
        id INTEGER PRIMARY KEY, at TEXT NOT NULL, version TEXT NOT NULL REFERENCES version (version),
        kind TEXT NOT NULL);
"""


@dataclass(frozen=True, slots=True)
class Publication:
    """A version that became live: by `publish` or by `rollback`. A later one has a higher id.

    `learnt_from` is the digest of what the matcher learnt from.
    """

    id: int
    at: dt.datetime
    version: str
    kind: str
    entries: int
    learnt_from: str


class Versions:
    """The file at `path`. Every method may raise PublishError, whose text names the file and the reason."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def live(self) -> Publication | None:
        """Return what was published last; None if nothing ever was."""
        published = self.publications(limit=1)
        return published[0] if published else None

    def publications(self, limit: int = -1) -> list[Publication]:
        """Return what was published, latest first; every one of them unless limited."""
        if not self.path.exists():
            return []
        query = """
            SELECT publication.id, at, version, kind, entries, learnt_from FROM publication JOIN version USING (version)
            ORDER BY publication.id DESC LIMIT ?
        """
        with self._open() as connection:
            rows = connection.execute(query, [limit]).fetchall() if _has_tables(connection) else []
        return [Publication(id_, dt.datetime.fromisoformat(at), *rest) for id_, at, *rest in rows]

    def files(self, version: str) -> dict[str, bytes] | None:
        """Return the files of a version by their names within the folder; None if it was never published.

        A version may be named by its first letters; it is refused if several begin with them.
        """
        if not self.path.exists() or not version.isalnum():
            return None
        query = "SELECT files FROM version WHERE version LIKE ? || '%' LIMIT 2"
        with self._open() as connection:
            rows = connection.execute(query, [version]).fetchall() if _has_tables(connection) else []
        if len(rows) > 1:
            raise PublishError(f"more than one version begins with '{version}': give more letters")
        return _unpacked(rows[0][0]) if rows else None

    @contextlib.contextmanager
    def publishing(self) -> Iterator[Publisher]:
        """Hold the right to publish. What is published inside is written when the block ends without an error.

        Raises:
            PublishError: somebody else is publishing, or the file cannot be written.
        """
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise PublishError(f"{self.path.parent}: cannot be made a folder: {error.strerror}") from None
        with self._open() as connection:
            Database(connection).enable_wal()
            connection.executescript(_SCHEMA)
            connection.execute("PRAGMA busy_timeout = 0")
            connection.execute("BEGIN IMMEDIATE")
            yield Publisher(connection)
            connection.execute("COMMIT")

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        connection: sqlite3.Connection | None = None
        try:
            connection = sqlite3.connect(self.path, timeout=BUSY_S, isolation_level=None)
            yield connection
        except sqlite3.OperationalError as error:
            if "locked" in str(error):
                raise PublishError("somebody else is publishing just now: try again when they have finished") from None
            raise PublishError(f"{self.path}: {error}") from None
        except sqlite3.Error as error:
            raise PublishError(f"{self.path}: {error}: move the file away to begin a new one") from None
        except OSError as error:
            raise PublishError(f"{self.path}: {error.strerror}") from None
        finally:
            if connection is not None:
                connection.close()  # what was begun and not committed is undone


class Publisher:
    """Writes within one transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def publish(
        self, version: str, files: Mapping[str, bytes], entries: int, learnt_from: str, at: dt.datetime
    ) -> None:
        """Keep a version, in place of what was kept under its name, and make it live."""
        self._connection.execute(
            """
            INSERT INTO version (version, made_at, entries, learnt_from, files) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (version) DO UPDATE SET learnt_from = excluded.learnt_from, files = excluded.files
            """,
            [version, at.isoformat(), entries, learnt_from, _packed(files)],
        )
        self._make_live(version, at, "publish")

    def roll_back(self, version: str, at: dt.datetime) -> None:
        """Make a version live that was published before."""
        self._make_live(version, at, "rollback")

    def _make_live(self, version: str, at: dt.datetime, kind: str) -> None:
        self._connection.execute(
            "INSERT INTO publication (at, version, kind) VALUES (?, ?, ?)", [at.isoformat(), version, kind]
        )


def _has_tables(connection: sqlite3.Connection) -> bool:
    """Say whether anything can have been published: a first publish that was killed leaves an empty file."""
    return connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'publication'").fetchone() is not None


def _packed(files: Mapping[str, bytes]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in sorted(files.items()):
            archive.writestr(name, data)
    return held.getvalue()


def _unpacked(data: bytes) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return {name: archive.read(name) for name in archive.namelist()}
    except Exception as error:  # a damaged archive raises almost anything
        raise PublishError(f"a published version is damaged: {error}") from None
