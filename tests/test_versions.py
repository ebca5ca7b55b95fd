"""The file that holds every published version: what is kept, in which order, and what no kill and no damage undoes."""

from __future__ import annotations

import datetime as dt
import random
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import PublishError
from bot.knowledge.versions import BUSY_S, Versions
from tests.support import TUESDAY_MORNING

FILES = {"contacts.yaml": b"contacts: []\n", "topics/act-now.yaml": "title: Jetzt \N{SNOWMAN}\n".encode() * 40}
OTHER_FILES = {"contacts.yaml": b"contacts: [other]\n"}
SEVERAL_MB = {"big.yaml": random.Random(0).randbytes(4_000_000)}  # more than SQLite holds back in memory
HOLDING = """
import datetime, random, sys
from pathlib import Path
from bot.knowledge.versions import Versions

with Versions(Path(sys.argv[1])).publishing() as publisher:
    if sys.argv[2] == "written":
        files = {"big.yaml": random.Random(0).randbytes(4_000_000)}
        publisher.publish("deadbeef", files, 1, "digest", datetime.datetime.now(datetime.UTC))
    print("ready", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def versions(tmp_path: Path) -> Versions:
    return Versions(tmp_path / "data" / "versions.db")


def store(
    versions: Versions, version: str, files: Mapping[str, bytes] = FILES, at: dt.datetime = TUESDAY_MORNING
) -> None:
    with versions.publishing() as publisher:
        publisher.publish(version, files, 3, "digest", at)


def live(versions: Versions) -> str | None:
    publication = versions.live()
    return None if publication is None else publication.version


@contextmanager
def somebody_publishing(versions: Versions, having: str) -> Iterator[subprocess.Popen[bytes]]:
    """Have another process in the middle of publishing; `having` says whether its version is "written" already."""
    command = [sys.executable, "-c", HOLDING, str(versions.path), having]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == b"ready\n"
            yield process
        finally:
            process.kill()


def test_before_anything_is_published_nothing_is_live_and_no_file_is_made(versions: Versions) -> None:
    assert versions.live() is None
    assert versions.publications() == []
    assert versions.files("deadbeef") is None
    assert not versions.path.parent.exists()


def test_a_version_is_given_back_byte_for_byte(versions: Versions) -> None:
    store(versions, "aaaa1111", FILES)
    store(versions, "bbbb2222", OTHER_FILES)
    assert versions.files("aaaa1111") == FILES
    assert versions.files("bbbb2222") == OTHER_FILES


@settings(max_examples=25, deadline=None)
@given(files=st.dictionaries(st.from_regex(r"[a-z]{1,8}(/[a-z-]{1,8})?\.yaml", fullmatch=True), st.binary()))
def test_any_bytes_are_given_back_as_they_were(
    files: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory
) -> None:
    versions = Versions(tmp_path_factory.mktemp("kept") / "versions.db")
    store(versions, "aaaa1111", files)
    assert versions.files("aaaa1111") == files


def test_the_latest_comes_first_and_is_the_live_one(versions: Versions) -> None:
    for minute, version in enumerate(("aaaa1111", "bbbb2222", "cccc3333")):
        store(versions, version, at=TUESDAY_MORNING + dt.timedelta(minutes=minute))
    with versions.publishing() as publisher:
        publisher.roll_back("aaaa1111", TUESDAY_MORNING + dt.timedelta(minutes=9))
    listed = versions.publications()
    assert [(one.version, one.kind) for one in listed] == [
        ("aaaa1111", "rollback"),
        ("cccc3333", "publish"),
        ("bbbb2222", "publish"),
        ("aaaa1111", "publish"),
    ]
    assert [one.at - TUESDAY_MORNING for one in listed] == [dt.timedelta(minutes=minute) for minute in (9, 2, 1, 0)]
    assert versions.live() == listed[0]
    assert versions.publications(limit=2) == listed[:2]


def test_the_latest_is_what_was_published_last_even_where_the_clock_was_put_back(versions: Versions) -> None:
    store(versions, "aaaa1111", at=TUESDAY_MORNING)
    store(versions, "bbbb2222", at=TUESDAY_MORNING - dt.timedelta(hours=1))
    assert live(versions) == "bbbb2222"


@pytest.mark.parametrize("letters", ["aabb1111", "aabb111", "aab", "AAB"])
def test_first_letters_name_a_version_that_no_other_begins_with(versions: Versions, letters: str) -> None:
    store(versions, "aabb1111", FILES)
    store(versions, "aacc2222", OTHER_FILES)
    assert versions.files(letters) == FILES


@pytest.mark.parametrize("letters", ["", "a", "aa", "bb", "aabb11112", "%", "a%", "_abb1111", "aabb1111'", " "])
def test_letters_that_name_no_version_or_two_find_none(versions: Versions, letters: str) -> None:
    store(versions, "aabb1111", FILES)
    store(versions, "aacc2222", OTHER_FILES)
    try:
        assert versions.files(letters) is None
    except PublishError as error:
        assert letters in ("a", "aa"), error  # two begin so; to say that is as good


def test_a_version_that_is_damaged_is_whole_again_once_it_is_published_again(versions: Versions) -> None:
    store(versions, "aaaa1111")
    with closing(sqlite3.connect(versions.path)) as connection, connection:
        connection.execute("UPDATE version SET files = x'00'")
    store(versions, "aaaa1111")
    assert versions.files("aaaa1111") == FILES


@settings(max_examples=60, deadline=None)
@given(place=st.integers(0, 10_000), byte=st.integers(0, 255))
def test_a_byte_that_turned_bad_in_a_version_never_gives_other_words(
    place: int, byte: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    versions = Versions(tmp_path_factory.getbasetemp() / "turned-bad" / "versions.db")
    if not versions.path.exists():
        store(versions, "aaaa1111")
    with closing(sqlite3.connect(versions.path)) as connection:
        ((whole,),) = connection.execute("SELECT files FROM version")
        damaged = bytearray(whole)
        damaged[place % len(damaged)] = byte
        with connection:
            connection.execute("UPDATE version SET files = ?", [bytes(damaged)])
        try:
            found = versions.files("aaaa1111")
            assert found is not None
            assert found.items() <= FILES.items()
        except PublishError as error:
            assert "damaged" in str(error)
        finally:
            with connection:
                connection.execute("UPDATE version SET files = ?", [whole])


def test_what_fails_while_publishing_leaves_all_as_it_was(versions: Versions) -> None:
    store(versions, "aaaa1111")
    with pytest.raises(RuntimeError), versions.publishing() as publisher:
        publisher.publish("bbbb2222", OTHER_FILES, 1, "digest", TUESDAY_MORNING)
        raise RuntimeError
    assert live(versions) == "aaaa1111"
    assert versions.files("bbbb2222") is None
    store(versions, "cccc3333")
    assert [one.version for one in versions.publications()] == ["cccc3333", "aaaa1111"]


def test_a_second_publisher_is_turned_away_at_once_and_readers_do_not_wait(versions: Versions) -> None:
    store(versions, "aaaa1111")
    with somebody_publishing(versions, having="written"):
        began = time.monotonic()
        with pytest.raises(PublishError, match="somebody else is publishing"), versions.publishing():
            pytest.fail("two publish at once")
        assert live(versions) == "aaaa1111"
        assert versions.files("aaaa1111") == FILES
        assert time.monotonic() - began < BUSY_S


@pytest.mark.parametrize("having", ["begun", "written"])
def test_killed_half_way_the_old_version_is_live_and_the_next_publish_works(versions: Versions, having: str) -> None:
    store(versions, "aaaa1111")
    with somebody_publishing(versions, having) as process:
        process.kill()
        process.wait()
    assert live(versions) == "aaaa1111"
    assert versions.files("deadbeef") is None
    store(versions, "bbbb2222", SEVERAL_MB)
    assert live(versions) == "bbbb2222"
    assert versions.files("bbbb2222") == SEVERAL_MB


def test_a_first_publish_killed_half_way_leaves_nothing_live_and_the_next_one_works(versions: Versions) -> None:
    with somebody_publishing(versions, having="written") as process:
        process.kill()
        process.wait()
    assert versions.live() is None
    store(versions, "bbbb2222")
    assert live(versions) == "bbbb2222"


@pytest.mark.parametrize("begun", ["empty", "no tables", "one table"])
def test_a_first_publish_killed_before_its_tables_were_made_leaves_nothing_live(versions: Versions, begun: str) -> None:
    versions.path.parent.mkdir()
    versions.path.touch()
    if begun != "empty":
        with closing(sqlite3.connect(versions.path)) as connection:
            connection.execute("PRAGMA journal_mode = wal")
            if begun == "one table":
                connection.execute("CREATE TABLE version (version TEXT PRIMARY KEY, files BLOB NOT NULL)")
    assert versions.live() is None
    assert versions.publications() == []
    assert versions.files("aaaa1111") is None


@settings(max_examples=25, deadline=None)
@given(share=st.floats(0.0001, 0.9999))
def test_a_file_that_was_cut_off_is_one_clear_line_or_gives_what_is_whole(
    share: float, tmp_path_factory: pytest.TempPathFactory
) -> None:
    versions = Versions(tmp_path_factory.mktemp("cut") / "versions.db")
    store(versions, "aaaa1111")
    whole = versions.path.read_bytes()
    versions.path.write_bytes(whole[: max(1, int(len(whole) * share))])
    try:
        assert live(versions) in ("aaaa1111", None)
        assert versions.files("aaaa1111") in (FILES, None)
    except PublishError as error:
        assert str(versions.path) in str(error)
        assert len(str(error).splitlines()) == 1


@pytest.mark.parametrize("in_the_way", ["the data folder", "above the data folder", "versions.db"])
def test_a_file_or_folder_in_the_way_is_one_clear_line(tmp_path: Path, in_the_way: str) -> None:
    file = tmp_path / "file"
    file.write_text("")
    path = {
        "the data folder": file / "versions.db",
        "above the data folder": file / "data" / "versions.db",
        "versions.db": tmp_path / "versions.db",
    }[in_the_way]
    if in_the_way == "versions.db":
        path.mkdir()
    with pytest.raises(PublishError) as caught:
        store(Versions(path), "aaaa1111")
    assert str(path.parent) in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
