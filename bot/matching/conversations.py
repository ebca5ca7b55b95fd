"""Measure answers over whole conversations: is each turn understood in the light of those before it?"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.errors import QuestionFileError
from bot.matching.evaluation import share
from bot.messages import Answer

OUT_OF_SCOPE = "out-of-scope"


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of a conversation; `expected` are the entries that are right, none where no card is."""

    conversation: str
    number: str
    text: str
    expected: frozenset[str]


@dataclass(frozen=True, slots=True)
class JudgedTurn:
    """A turn beside what it got.

    `best` is the entry answered with, else the likeliest candidate; `answered` says that it was an answer.
    """

    turn: Turn
    best: str | None
    answered: bool
    among_choices: bool

    @property
    def right(self) -> bool:
        """The best entry is right; where no card is, none was answered with."""
        return self.best in self.turn.expected if self.turn.expected else not self.answered


def read_turns(path: Path) -> list[Turn]:
    """Read a UTF-8 CSV with columns conversation_id, turn, text and expected (ids parted by `|`, or out-of-scope).

    Raises:
        QuestionFileError: the file cannot be read, or a row lacks a field.
    """
    wanted = ("conversation_id", "turn", "text", "expected")
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = [name for name in wanted if name not in (reader.fieldnames or ())]
            if missing:
                raise QuestionFileError(f"{path}: column '{missing[0]}' is missing: expected {','.join(wanted)}")
            rows = [(reader.line_num, [(row.get(name) or "").strip() for name in wanted]) for row in reader]
    except OSError as error:
        raise QuestionFileError(f"{path}: cannot be read: {error.strerror}") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise QuestionFileError(f"{path}: is not a UTF-8 CSV file: {error}") from None
    for line, fields in rows:
        if not all(fields) or not fields[-1].strip("| "):
            raise QuestionFileError(f"{path}: line {line}: {', '.join(wanted)} must not be empty")
    return [
        Turn(conversation, number, text, frozenset(id_.strip() for id_ in expected.split("|")) - {OUT_OF_SCOPE, ""})
        for _, (conversation, number, text, expected) in rows
    ]


def judged(turn: Turn, answer: Answer) -> JudgedTurn:
    """Return a turn beside its answer."""
    candidates = [match.entry for match in answer.candidates]
    best = answer.entry or (candidates[0] if candidates else None)
    return JudgedTurn(turn, best, answer.entry is not None, bool(turn.expected & set(candidates[:3])))


def report(turns: Sequence[JudgedTurn], show_errors: bool = False) -> str:
    """Return the figures as text."""
    first = [t for t in turns if t.turn.number == "1"]
    later = [t for t in turns if t.turn.number != "1"]
    carded = [t for t in turns if t.turn.expected]
    lines = [f"{len({t.turn.conversation for t in turns})} conversations, {len(turns)} turns"]
    lines.append(share("turns right", sum(t.right for t in turns), len(turns)))
    lines.append(share("  first turns", sum(t.right for t in first), len(first)))
    lines.append(share("  later turns", sum(t.right for t in later), len(later)))
    lines.append(share("among three", sum(t.among_choices for t in carded), len(carded)))
    lines.append(share("answered", sum(t.answered for t in turns), len(turns)))
    wrong = [t for t in turns if t.answered and not t.right]
    lines.append(share("  of those wrong", len(wrong), sum(t.answered for t in turns)))
    if show_errors:
        lines += ["", "not right:", *(_error(t) for t in turns if not t.right)]
    return "\n".join(lines) + "\n"


def _error(one: JudgedTurn) -> str:
    expected = "|".join(sorted(one.turn.expected)) or OUT_OF_SCOPE
    got = f"{one.best or 'nothing'}{' (answered)' if one.answered else ''}"
    return f"  {one.turn.conversation} {one.turn.number}: {expected} <- {got}: {one.turn.text}"
