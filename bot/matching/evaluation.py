"""Measure answers on a labelled question file: accuracy with its uncertainty, and the mistakes that matter most."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from math import sqrt
from pathlib import Path

from bot.errors import QuestionFileError
from bot.knowledge.model import Act
from bot.messages import Answer

SOON = (Act.NOW, Act.TODAY)


@dataclass(frozen=True, slots=True)
class Labelled:
    """A question with the entries that are right as its first answer: the label first, then the acceptable ones."""

    text: str
    topic: str
    acceptable: tuple[str, ...]
    style: str

    @property
    def right(self) -> frozenset[str]:
        """Every entry that counts as right."""
        return frozenset((self.topic, *self.acceptable))


@dataclass(frozen=True, slots=True)
class Judged:
    """A labelled question beside the answer it got."""

    question: Labelled
    answer: Answer

    @property
    def top1(self) -> bool:
        """The best candidate is right."""
        return bool(self.answer.candidates) and self.answer.candidates[0].entry in self.question.right

    @property
    def top3(self) -> bool:
        """One of the best three candidates is right."""
        return any(match.entry in self.question.right for match in self.answer.candidates[:3])

    @property
    def wrong_answer(self) -> bool:
        """A single entry was answered with, and it is not right: wrong with confidence."""
        return self.answer.entry is not None and self.answer.entry not in self.question.right


def read_questions(path: Path) -> list[Labelled]:
    """Read a UTF-8 CSV with columns text and topic, and optionally acceptable (ids parted by `|`) and style.

    Raises:
        QuestionFileError: the file cannot be read or a row has no text or topic.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = {"text", "topic"} - set(reader.fieldnames or ())
            if missing:
                raise QuestionFileError(f"{path}: column '{sorted(missing)[0]}' is missing: expected text,topic,…")
            rows = [(reader.line_num, row) for row in reader]
    except OSError as error:
        raise QuestionFileError(f"{path}: cannot be read: {error.strerror}") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise QuestionFileError(f"{path}: is not a UTF-8 CSV file: {error}") from None
    return [_labelled(path, line, row) for line, row in rows]


def _labelled(path: Path, line: int, row: Mapping[str, str | None]) -> Labelled:
    text, topic = (row.get("text") or "").strip(), (row.get("topic") or "").strip()
    if not text or not topic:
        raise QuestionFileError(f"{path}: line {line}: text and topic must not be empty")
    acceptable = tuple(id_.strip() for id_ in (row.get("acceptable") or "").split("|") if id_.strip())
    return Labelled(text, topic, acceptable, (row.get("style") or "").strip() or "-")


def wilson(hits: int, total: int, z: float = 1.96) -> tuple[float, float]:
    """Return the Wilson score interval of a share (Wilson, 1927), 95 % by default; (0, 1) when nothing was counted."""
    if total == 0:
        return 0.0, 1.0
    share, spread = hits / total, z * z / total
    middle = (share + spread / 2) / (1 + spread)
    half = z / (1 + spread) * sqrt(share * (1 - share) / total + spread / (4 * total))
    return max(0.0, middle - half), min(1.0, middle + half)


def judge(
    questions: Iterable[Labelled], ask: Callable[[str], Answer], held: Collection[str]
) -> tuple[list[Judged], int]:
    """Ask every question whose topic is held; return them judged, and how many were left out."""
    judged, left_out = [], 0
    for question in questions:
        if question.topic in held:
            judged.append(Judged(question, ask(question.text)))
        else:
            left_out += 1
    return judged, left_out


def report(judged: list[Judged], left_out: int, acts: Mapping[str, Act], show_errors: bool = False) -> str:
    """Return the figures as text. `acts` says how soon each entry held asks to act."""
    lines = [f"questions            {len(judged)} (left out, topic not held: {left_out})"]
    lines.append(share("top-1", sum(j.top1 for j in judged), len(judged)))
    lines.append(share("top-3", sum(j.top3 for j in judged), len(judged)))
    styles = Counter(j.question.style for j in judged)
    for style, count in sorted(styles.items()):
        mine = [j for j in judged if j.question.style == style]
        lines.append(share(f"  {style} top-1", sum(j.top1 for j in mine), count))
        lines.append(share(f"  {style} top-3", sum(j.top3 for j in mine), count))
    decisions = Counter(str(j.answer.decision) for j in judged)
    for decision in ("urgent", "answer", "clarify", "no_match"):
        lines.append(share(decision, decisions[decision], len(judged)))
    wrong = [j for j in judged if j.wrong_answer]
    lines.append(share("wrong with confidence", len(wrong), len(judged)))
    lines.append(share("  of those answered", len(wrong), sum(j.answer.entry is not None for j in judged)))
    soon = [j for j in judged if acts.get(j.question.topic) in SOON]
    routine = [j for j in soon if j.wrong_answer and acts.get(j.answer.entry or "") is Act.ROUTINE]
    lines.append(share("to act on, got routine", len(routine), len(soon)))
    if show_errors:
        lines += ["", "wrong with confidence:", *(_error(j) for j in wrong)]
        lines += [
            "",
            "best candidate not right:",
            *(_error(j) for j in judged if not j.top1 and not j.wrong_answer),
        ]
    return "\n".join(lines) + "\n"


def share(name: str, hits: int, total: int) -> str:
    """Return one line: a name, a share in per cent with its Wilson interval, and the counts."""
    low, high = wilson(hits, total)
    said = f"{100 * hits / total:5.1f} %" if total else "    -  "
    return f"{name:<22}{said}  [{100 * low:.1f}, {100 * high:.1f}]  {hits}/{total}"


def _error(judged: Judged) -> str:
    best = ", ".join(f"{m.entry} {m.score:.2f}" for m in judged.answer.candidates[:3])
    return f"  {judged.question.topic} <- {best or 'nothing'}: {judged.question.text}"
