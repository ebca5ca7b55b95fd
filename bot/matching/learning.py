"""Learn a matcher from examples, and try it out on them. Imported only where something is learnt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from bot.knowledge.model import Lexicon
from bot.matching.leave_one_out import LeftOut, leave_one_out
from bot.matching.lessons import Lessons
from bot.matching.lexical import Floats
from bot.matching.matcher import Matcher, Nearest
from bot.matching.ridge import Ridge


def learn(examples: Mapping[str, Sequence[str]], lexicon: Lexicon | None) -> Matcher:
    """Return a matcher that learnt from example texts by label. Labels without examples are never found."""
    lessons = Lessons.of(examples, lexicon)
    if not lessons.texts:
        return _matcher(lessons, np.zeros((len(lessons.vectoriser), 0), dtype=np.float32))
    ridge = Ridge(lessons.vectors)
    return _matcher(lessons, ridge.weights(ridge.solve(lessons.targets())))


def learn_and_try_out(lessons: Lessons) -> tuple[Matcher, list[LeftOut]]:
    """Return the matcher that `learn` gives, and each example asked as if it had never been learnt."""
    if not lessons.texts:
        return _matcher(lessons, np.zeros((len(lessons.vectoriser), 0), dtype=np.float32)), []
    ridge = Ridge(lessons.vectors)
    left_out, duals = leave_one_out(lessons, ridge)
    return _matcher(lessons, ridge.weights(duals)), left_out


def _matcher(lessons: Lessons, weights: Floats) -> Matcher:
    by_feature = lessons.vectors.tocsc()
    nearest = Nearest(
        by_feature.indices.astype(np.int32),
        by_feature.data.astype(np.float32),
        by_feature.indptr.astype(np.int32),
        lessons.owner,
        len(lessons.labels),
    )
    return Matcher(lessons.labels, lessons.vectoriser, weights, nearest)
