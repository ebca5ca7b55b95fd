"""Each example asked as if it had never been learnt, and examples of two labels that are nearly the same."""

from __future__ import annotations

import numpy as np
import pytest

from bot.knowledge.loading import load_knowledge
from bot.matching import leave_one_out as module
from bot.matching.leave_one_out import LeftOut, leave_one_out
from bot.matching.lessons import Lessons
from bot.matching.ridge import RIDGE, Ridge
from bot.matching.twins import twins
from tests.conftest import SMALL_KNOWLEDGE

KNOWLEDGE = load_knowledge(SMALL_KNOWLEDGE)
EXAMPLES = {id_: entry.questions for id_, entry in KNOWLEDGE.entries.items()}
LESSONS = Lessons.of(EXAMPLES, KNOWLEDGE.lexicon)


def left_out(lessons: Lessons) -> list[LeftOut]:
    return leave_one_out(lessons, Ridge(lessons.vectors))[0]


def ranked_without(lessons: Lessons, left: int) -> tuple[str, ...]:
    """Return the best three labels of an example for a ridge that learnt from all the others, by the long way."""
    kernel = (lessons.vectors @ lessons.vectors.T).toarray()
    others = np.arange(len(kernel)) != left
    system = kernel[np.ix_(others, others)] + RIDGE * np.eye(others.sum())
    predicted = kernel[left, others] @ np.linalg.solve(system, lessons.targets()[others])
    return tuple(lessons.labels[n] for n in np.argsort(-predicted, kind="stable")[:3])


def test_an_example_is_ranked_as_by_a_matcher_that_never_learnt_it() -> None:
    assert [one.ranked for one in left_out(LESSONS)] == [
        ranked_without(LESSONS, row) for row in range(len(LESSONS.texts))
    ]


def test_among_many_examples_the_share_found_is_estimated_well(monkeypatch: pytest.MonkeyPatch) -> None:
    exact = sum(one.label == one.ranked[0] for one in left_out(LESSONS))
    monkeypatch.setattr(module, "EXACT_UP_TO", 10)
    estimated = sum(one.label == one.ranked[0] for one in left_out(LESSONS))
    assert abs(estimated - exact) <= len(LESSONS.texts) * 0.1


def test_examples_come_in_their_order_with_their_label() -> None:
    assert [(one.label, one.text) for one in left_out(LESSONS)] == [
        (id_, text) for id_, texts in EXAMPLES.items() for text in texts
    ]


def test_an_example_that_stands_alone_does_not_find_its_label() -> None:
    found = left_out(
        Lessons.of(
            {"sleep": ["where does the baby sleep", "baby sleep advice"], "other": ["zebra crossing", "baby cot"]}, None
        )
    )
    assert found[0].ranked[0] == "sleep"
    assert found[3].ranked[0] == "sleep"


def test_twins_are_the_examples_of_two_labels_that_are_nearly_the_same() -> None:
    lessons = Lessons.of(
        {"a": ["bruise on a baby", "a hurt arm", "a hurt arm now"], "b": ["zebra crossing", "a hurt arm"]}, None
    )
    found = twins(lessons, 0.9)
    assert [(t.label, t.text, t.other_label, t.other_text) for t in found] == [
        ("a", "a hurt arm", "b", "a hurt arm"),
        ("b", "a hurt arm", "a", "a hurt arm"),
    ]
    assert all(t.likeness > 0.999 for t in found)


def test_no_pair_of_twins_is_missed() -> None:
    kernel = (LESSONS.vectors @ LESSONS.vectors.T).toarray()
    expected = {
        (LESSONS.texts[row], LESSONS.texts[other])
        for row, other in np.argwhere(kernel >= 0.15)
        if LESSONS.owner[row] != LESSONS.owner[other]
    }
    assert expected
    assert {(t.text, t.other_text) for t in twins(LESSONS, 0.15)} == expected
