"""An answer needs a likely entry and a clear lead; short of that comes a choice, and short of that an honest no."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.decision import MAX_CHOICES, THRESHOLDS, Decision, Thresholds, decide
from bot.messages import Match

T = Thresholds(answer=0.4, lead=0.1, clarify=0.2, choice=0.5)


@st.composite
def rankings(draw: st.DrawFn) -> list[Match]:
    """Draw matches as a matcher gives them: best first, scores in [0, 1], no entry twice."""
    scores = sorted(draw(st.lists(st.floats(0, 1), max_size=6)), reverse=True)
    return [Match(f"entry-{n}", score) for n, score in enumerate(scores)]


def ranked(*scores: float) -> list[Match]:
    return [Match(name, score) for name, score in zip("abcdef", scores, strict=False)]


@pytest.mark.parametrize(
    ("scores", "decision", "entries"),
    [
        pytest.param((), Decision.NO_MATCH, "", id="nothing"),
        pytest.param((0.0,), Decision.NO_MATCH, "", id="a score of nothing"),
        pytest.param((0.19, 0.0), Decision.NO_MATCH, "", id="just too low to ask"),
        pytest.param((0.2,), Decision.CLARIFY, "a", id="just high enough to ask"),
        pytest.param((0.39,), Decision.CLARIFY, "a", id="just too low to answer"),
        pytest.param((0.4,), Decision.ANSWER, "a", id="just high enough to answer, alone"),
        pytest.param((0.9, 0.25), Decision.ANSWER, "a", id="far ahead"),
        pytest.param((0.9, 0.85), Decision.CLARIFY, "ab", id="high but no lead"),
        pytest.param((0.9, 0.9), Decision.CLARIFY, "ab", id="the same score twice"),
        pytest.param((0.3, 0.29, 0.28, 0.27), Decision.CLARIFY, "abc", id="four alike, three offered"),
        pytest.param((0.3, 0.29, 0.1), Decision.CLARIFY, "ab", id="the third far behind"),
        pytest.param((0.3, 0.15), Decision.CLARIFY, "ab", id="exactly the share of the best"),
    ],
)
def test_scores_and_lead_decide(scores: tuple[float, ...], decision: Decision, entries: str) -> None:
    decided = decide(ranked(*scores), T)
    assert decided.decision is decision
    assert decided.entries == tuple(entries)


def test_nothing_found_is_no_match_whatever_the_thresholds() -> None:
    assert decide([], Thresholds(answer=0, lead=0, clarify=0, choice=0)).decision is Decision.NO_MATCH


@given(matches=rankings())
def test_choices_are_the_best_ranked_in_their_order_and_at_most_three(matches: list[Match]) -> None:
    entries = decide(matches).entries
    assert len(entries) <= MAX_CHOICES
    assert entries == tuple(match.entry for match in matches[: len(entries)])


@given(matches=rankings())
def test_an_answer_is_the_best_entry_with_score_and_lead(matches: list[Match]) -> None:
    decided = decide(matches)
    second = matches[1].score if len(matches) > 1 else 0.0
    fit = bool(matches) and matches[0].score >= THRESHOLDS.answer and matches[0].score - second >= THRESHOLDS.lead
    assert (decided.decision is Decision.ANSWER) == fit
    assert not fit or decided.entries == (matches[0].entry,)


@given(matches=rankings())
def test_only_no_match_offers_nothing(matches: list[Match]) -> None:
    decided = decide(matches)
    assert (decided.decision is Decision.NO_MATCH) == (decided.entries == ())


@given(matches=rankings(), more=st.floats(0, 1))
def test_a_higher_best_score_never_takes_an_answer_away(matches: list[Match], more: float) -> None:
    if decide(matches).decision is Decision.ANSWER:
        best = dataclasses.replace(matches[0], score=min(1.0, matches[0].score + more))
        assert decide([best, *matches[1:]]).decision is Decision.ANSWER


@given(matches=rankings(), more=st.floats(0, 1))
def test_a_higher_best_score_never_ends_in_no_match(matches: list[Match], more: float) -> None:
    if decide(matches).decision is not Decision.NO_MATCH:
        best = dataclasses.replace(matches[0], score=min(1.0, matches[0].score + more))
        assert decide([best, *matches[1:]]).decision is not Decision.NO_MATCH


@given(matches=rankings())
def test_entries_beyond_the_first_three_change_nothing(matches: list[Match]) -> None:
    assert decide(matches) == decide(matches[:MAX_CHOICES])


@given(matches=rankings())
def test_danger_is_never_decided_here(matches: list[Match]) -> None:
    assert decide(matches).decision is not Decision.URGENT


def test_the_thresholds_in_use_stand_in_order() -> None:
    assert 0 < THRESHOLDS.clarify <= THRESHOLDS.answer < 1
    assert 0 < THRESHOLDS.lead < 1
    assert 0 < THRESHOLDS.choice <= 1
