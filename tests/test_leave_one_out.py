"""Each example asked as if it had never been learnt."""

from __future__ import annotations

import numpy as np
import pytest

from bot.knowledge.loading import load_knowledge
from bot.matching.leave_one_out import leave_one_out
from bot.matching.matcher import RIDGE, Lessons, blend
from tests.conftest import SMALL_KNOWLEDGE

KNOWLEDGE = load_knowledge(SMALL_KNOWLEDGE)
EXAMPLES = {id_: entry.questions for id_, entry in KNOWLEDGE.entries.items()}


def ranked_without(lessons: Lessons, left: int) -> tuple[str, ...]:
    """Return the best three labels of an example for a matcher learnt from all the others, by the long way."""
    [half] = lessons.kernel()
    kernel = np.tril(half) + np.tril(half, -1).T
    others = np.arange(len(kernel)) != left
    system = kernel[np.ix_(others, others)] + RIDGE * np.eye(others.sum(), dtype=np.float32)
    predicted = kernel[left, others] @ np.linalg.solve(system, lessons.targets()[others])
    labels = range(len(lessons.labels))
    nearest = np.array([kernel[left, others & (lessons.owner == label)].max() for label in labels], dtype=np.float32)
    return tuple(lessons.labels[n] for n in np.argsort(-blend(predicted, nearest), kind="stable")[:3])


@pytest.mark.parametrize("block", [7, 20, 512])
def test_an_example_is_ranked_as_by_a_matcher_that_never_learnt_it(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    lessons = Lessons.of(EXAMPLES, KNOWLEDGE.lexicon)
    expected = [ranked_without(lessons, row) for row in range(len(lessons.texts))]
    in_one_block = leave_one_out(EXAMPLES, KNOWLEDGE.lexicon)
    monkeypatch.setattr("bot.matching.cholesky.BLOCK", block)
    found = leave_one_out(EXAMPLES, KNOWLEDGE.lexicon)
    assert [one.twin_label for one in found] == [one.twin_label for one in in_one_block]
    assert [one.likeness for one in found] == pytest.approx([one.likeness for one in in_one_block], abs=1e-5)
    assert [one.ranked for one in found] == expected


def test_examples_come_in_their_order_with_their_label() -> None:
    found = leave_one_out(EXAMPLES, KNOWLEDGE.lexicon)
    assert [(one.label, one.text) for one in found] == [
        (id_, text) for id_, texts in EXAMPLES.items() for text in texts
    ]


def test_the_twin_is_the_nearest_example_of_another_label() -> None:
    found = leave_one_out({"a": ["bruise on a baby", "a hurt arm"], "b": ["bruise on the baby", "a hurt arm"]})
    assert [(one.text, one.twin_label, one.twin) for one in found] == [
        ("bruise on a baby", "b", "bruise on the baby"),
        ("a hurt arm", "b", "a hurt arm"),
        ("bruise on the baby", "a", "bruise on a baby"),
        ("a hurt arm", "a", "a hurt arm"),
    ]
    assert found[1].likeness > 0.999 > found[0].likeness > 0.5


def test_an_example_that_stands_alone_does_not_find_its_label() -> None:
    found = leave_one_out(
        {"sleep": ["where does the baby sleep", "baby sleep advice"], "other": ["zebra crossing", "baby cot"]}
    )
    assert found[0].ranked[0] == "sleep"
    assert found[3].ranked[0] == "sleep"
