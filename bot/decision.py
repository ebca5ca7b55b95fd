"""Decide what ranked matches allow: an answer, one question back, or an honest "I don't know".

A wrong policy is worse than none, so an answer needs both a likely entry and a clear lead over the next one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.messages import Match

MAX_CHOICES = 3
ALSO_WORDS = 12  # from this length on a message is a description that may touch several policies


class Decision(StrEnum):
    """What becomes of a message."""

    URGENT = "urgent"
    ANSWER = "answer"
    CLARIFY = "clarify"
    NO_MATCH = "no_match"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What decides. Scores are the matcher's, in [0, 1]; a lead is the best score less the second.

    The figures come from `benchmarks/choose_thresholds.py`: cross-validation over the knowledge base's own examples,
    with messages about other things beside them. See docs/matching.md.
    """

    answer: float = 0.38
    lead: float = 0.02
    clarify: float = 0.15
    choice: float = 0.55  # a choice offered scores at least this share of the best


THRESHOLDS = Thresholds()
IN_CONTEXT = Thresholds(answer=0.25, lead=0.02, clarify=0.12, choice=0.55)  # benchmarks/choose_context.py
ALSO_SCORE = THRESHOLDS.clarify  # what would be worth asking about is worth naming beside an answer


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision; `entries` holds the entry answered with, or the choices offered, best first."""

    decision: Decision
    entries: tuple[str, ...] = ()


def decide(matches: Sequence[Match], thresholds: Thresholds = THRESHOLDS) -> Decided:
    """Decide on matches ranked best first. Danger is decided before and apart from this."""
    if not matches or matches[0].score < thresholds.clarify:
        return Decided(Decision.NO_MATCH)
    best = matches[0]
    second = matches[1].score if len(matches) > 1 else 0.0
    if best.score >= thresholds.answer and best.score - second >= thresholds.lead:
        return Decided(Decision.ANSWER, (best.entry,))
    near = [match.entry for match in matches[:MAX_CHOICES] if match.score >= thresholds.choice * best.score]
    return Decided(Decision.CLARIFY, tuple(near))
