"""What `signpost stats` prints: how often, by day, entry, decision and agency.

Nobody is singled out: an agency of which fewer than five people agreed to be counted gets no figure.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bot.errors import UsageError
from bot.usage.records import NOT_MEANT, USEFUL

FEWEST_SHOWN = 5
BUSY_S = 2.0
_VERDICTS = (USEFUL, NOT_MEANT)
_NOT_FEEDBACK = f"decision NOT IN ('{USEFUL}', '{NOT_MEANT}')"


@dataclass(frozen=True, slots=True)
class AgencyCount:
    """How many rows an agency has, and of how many people; both only of those who agreed to be counted."""

    rows: int
    people: int


@dataclass(frozen=True, slots=True)
class Stats:
    """Counts, in the order they are shown. Feedback is counted apart: it is no interaction of its own.

    `by_entry` and `by_agency` have an empty key for interactions without an entry, or without an agency.
    """

    by_day: Mapping[str, int] = field(default_factory=dict)
    by_entry: Mapping[str, int] = field(default_factory=dict)
    by_decision: Mapping[str, int] = field(default_factory=dict)
    by_agency: Mapping[str, AgencyCount] = field(default_factory=dict)
    feedback: Mapping[str, int] = field(default_factory=dict)


def counts(path: Path, *, busy_s: float = BUSY_S) -> Stats:
    """Return what the usage log at `path` has counted; one that does not exist yet has counted nothing.

    A lock that keeps readers out is waited for, at most `busy_s`.

    Raises:
        UsageError: the file cannot be read, is locked or is no usage log.
    """
    try:
        if not path.exists():
            return Stats()
        uri = f"{path.resolve().as_uri()}?mode=ro"
        with contextlib.closing(sqlite3.connect(uri, uri=True, timeout=busy_s)) as connection:
            connection.execute("BEGIN")  # one moment for all counts, whatever is written meanwhile
            return _read(connection)
    except (sqlite3.Error, OSError) as error:
        raise UsageError(
            f"{path}: the usage log cannot be read: {error}; "
            "check that you may read it, that no other program holds it and that it is not damaged"
        ) from None


def _read(connection: sqlite3.Connection) -> Stats:
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not {"counter", "interaction"} <= tables:
        return Stats()

    def sums(column: str, condition: str, order: str) -> dict[str, int]:
        sql = f"SELECT {column}, SUM(count) FROM counter WHERE {condition} GROUP BY {column} ORDER BY {order}"
        return dict(connection.execute(sql))

    often_first = "SUM(count) DESC, 1"
    by_agency = connection.execute(
        "SELECT COALESCE(agency, ''), COUNT(*), COUNT(DISTINCT person) FROM interaction "
        "GROUP BY 1 ORDER BY COUNT(*) DESC, 1"
    )
    return Stats(
        by_day=sums("day", _NOT_FEEDBACK, "day"),
        by_entry=sums("entry", _NOT_FEEDBACK, often_first),
        by_decision=sums("decision", _NOT_FEEDBACK, often_first),
        by_agency={agency: AgencyCount(rows, people) for agency, rows, people in by_agency},
        feedback=sums("decision", f"NOT ({_NOT_FEEDBACK})", "decision DESC"),
    )


def render(stats: Stats) -> str:
    """Return the counts as aligned plain text."""
    if not stats.by_day and not stats.feedback:
        return "Nothing has been counted yet. Counts appear here after the first question.\n"
    tables = [
        _table("By day", stats.by_day.items()),
        _table("By entry", ((entry or "(no entry)", count) for entry, count in stats.by_entry.items())),
        _table("By decision", stats.by_decision.items()),
        _agencies(stats.by_agency),
    ]
    if stats.feedback:
        tables.append(_table("Feedback", stats.feedback.items()))
    return "\n".join(tables)


def _table(title: str, counted: Iterable[tuple[str, int]]) -> str:
    counted = list(counted)
    total = sum(count for _, count in counted)
    return _aligned(title, [(name, f"{count:,}") for name, count in [*counted, ("total", total)]])


def _agencies(by_agency: Mapping[str, AgencyCount]) -> str:
    title = "By agency (only those who agreed to be counted)"
    if not by_agency:
        return _aligned(title, [("nobody yet", "")])
    lines = []
    for agency, count in sorted(by_agency.items(), key=lambda item: (_hidden(item[1]), item[0])):
        lines.append((agency or "(no agency given)", "fewer than 5 people" if _hidden(count) else f"{count.rows:,}"))
    # With one agency hidden, a total would give its figure away.
    if not any(_hidden(count) for count in by_agency.values()):
        lines.append(("total", f"{sum(count.rows for count in by_agency.values()):,}"))
    return _aligned(title, lines)


def _hidden(count: AgencyCount) -> bool:
    return count.people < FEWEST_SHOWN


def _aligned(title: str, lines: list[tuple[str, str]]) -> str:
    name_width = max(len(name) for name, _ in lines)
    value_width = max(len(value) for _, value in lines)
    body = (f"  {name:<{name_width}}  {value:>{value_width}}".rstrip() for name, value in lines)
    return "\n".join([title, *body]) + "\n"
