"""`signpost stats`: counts anybody may read, in which nobody can be found."""

from __future__ import annotations

import contextlib
import datetime as dt
import sqlite3
from pathlib import Path

import pytest

from bot.errors import SignpostError, UsageError
from bot.usage.log import Interaction, Person, UsageLog
from bot.usage.stats import AgencyCount, Stats, counts, render

NOON = dt.datetime(2025, 11, 3, 12, 0, tzinfo=dt.UTC)
STRANGER = Person("f" * 32)


def asked(entry: str | None, day: int = 0, decision: str = "answer") -> Interaction:
    return Interaction(NOON + dt.timedelta(days=day), "web", decision, entry, 0.5, 1.0, "1")


@pytest.fixture
async def path(tmp_path: Path) -> Path:
    """A log of two days: five school staff and two police officers agreed to be counted, one did not."""
    path = tmp_path / "usage.db"
    async with UsageLog(path) as log:
        for agency, number in (("school", 5), ("police", 2)):
            for each in range(number):
                code = f"{agency}-{each}"
                await log.set_consent(code, True, agency, NOON)
                for _ in range(3):
                    await log.record(asked("missing-child"), await log.person(code))
        await log.record(asked("bruising", day=1), STRANGER)
        await log.record(asked(None, day=1, decision="no_match"), STRANGER)
        await log.feedback(NOON, "web", "missing-child", True, await log.person("school-0"))
        await log.feedback(NOON, "web", "bruising", False, STRANGER)
    return path


def test_everybody_is_counted_and_agencies_only_by_consent(path: Path) -> None:
    assert counts(path) == Stats(
        by_day={"2025-11-03": 21, "2025-11-04": 2},
        by_entry={"missing-child": 21, "": 1, "bruising": 1},
        by_decision={"answer": 22, "no_match": 1},
        by_agency={"school": AgencyCount(15, 5), "police": AgencyCount(6, 2)},
        feedback={"useful": 1, "not-meant": 1},
    )


def test_the_text_is_aligned_and_shows_no_small_agency(path: Path) -> None:
    assert render(counts(path)) == (
        "By day\n"
        "  2025-11-03  21\n"
        "  2025-11-04   2\n"
        "  total       23\n"
        "\n"
        "By entry\n"
        "  missing-child  21\n"
        "  (no entry)      1\n"
        "  bruising        1\n"
        "  total          23\n"
        "\n"
        "By decision\n"
        "  answer    22\n"
        "  no_match   1\n"
        "  total     23\n"
        "\n"
        "By agency (only those who agreed to be counted)\n"
        "  school                   15\n"
        "  police  fewer than 5 people\n"
        "\n"
        "Feedback\n"
        "  useful     1\n"
        "  not-meant  1\n"
        "  total      2\n"
    )


@pytest.mark.parametrize("count", [AgencyCount(rows, people) for rows in (1, 4, 90) for people in (1, 4)])
def test_an_agency_of_fewer_than_five_people_has_no_figure_and_no_total_betrays_it(
    count: AgencyCount,
) -> None:
    text = render(Stats(by_day={"2025-11-03": 500}, by_agency={"school": AgencyCount(40, 9), "police": count}))
    agencies = text.split("By agency")[1]
    assert "fewer than 5" in agencies and "total" not in agencies
    assert str(count.rows) not in agencies.replace("40", "").replace("than 5", "")


def test_agencies_that_are_all_large_have_a_total() -> None:
    text = render(Stats(by_day={"d": 1}, by_agency={"a": AgencyCount(1_000, 5), "": AgencyCount(50, 6)}))
    agencies = text.split("By agency")[1]
    assert "1,050" in agencies and "(no agency given)" in agencies and "fewer" not in agencies


def test_a_withdrawn_persons_rows_leave_the_agency_counts(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DELETE FROM interaction WHERE person = 'school-0'")
    assert counts(path).by_agency["school"] == AgencyCount(12, 4)


def test_a_log_that_does_not_exist_is_empty_and_stays_away(tmp_path: Path) -> None:
    path = tmp_path / "data" / "usage.db"
    assert counts(path) == Stats()
    assert render(counts(path)).startswith("Nothing has been counted yet.")
    assert not path.parent.exists()


def test_a_log_without_tables_is_empty(tmp_path: Path) -> None:
    path = tmp_path / "usage.db"
    path.touch()
    assert counts(path) == Stats()


async def test_counting_while_the_bot_writes_reads_what_is_stored(tmp_path: Path) -> None:
    path = tmp_path / "odd #name?.db"
    async with UsageLog(path) as log:
        await log.record(asked("bruising"), STRANGER)
        await log.flush()
        assert counts(path).by_entry == {"bruising": 1}


def test_reading_changes_nothing(path: Path) -> None:
    before = path.read_bytes()
    counts(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("make", [lambda path: path.mkdir(), lambda path: path.write_text("notes " * 200)])
def test_what_is_no_log_is_one_readable_line(tmp_path: Path, make: object) -> None:
    path = tmp_path / "usage.db"
    assert callable(make)
    make(path)
    with pytest.raises(UsageError, match=r"usage\.db") as error:
        counts(path)
    assert "\n" not in str(error.value) and isinstance(error.value, SignpostError)


def test_a_locked_log_is_one_readable_line(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(UsageError, match="locked"):
            counts(path, busy_s=0.0)
