"""Is the content good, beyond being sound? Examples that mislead the matcher, cards nobody can reach, hard words.

Faults are what must be mended before publishing. Remarks are what somebody should look at.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.check.reading_age import reading_age
from bot.errors import Problem
from bot.knowledge.faults import plain_problem, quoted
from bot.knowledge.loading import TOPICS
from bot.knowledge.model import Entry, Knowledge
from bot.matching.examples import matcher_examples
from bot.matching.learning import learn_and_try_out
from bot.matching.leave_one_out import LeftOut
from bot.matching.lessons import Lessons
from bot.matching.matcher import Matcher
from bot.matching.twins import Twin, twins
from bot.messages import Reply
from bot.replies import Composer

TOO_LIKE = 0.9  # likeness of two examples from which the matcher cannot tell them apart
FOUND_SHARE = 0.5  # of an entry's own examples that must find it among the best three, each left out in turn
READING_AGE = 12.0  # years; what the summary and the steps of a card should not ask more of than


@dataclass(frozen=True)
class Findings:
    """What a look at the content gives: faults, remarks, and the figures behind them.

    `left_out` holds each entry's example questions, asked as if they had never been learnt. `matcher` is the one that
    learnt them all; None where nothing was learnt.
    """

    faults: tuple[Problem, ...]
    remarks: tuple[Problem, ...]
    left_out: tuple[LeftOut, ...]
    reading_ages: Mapping[str, float]
    matcher: Matcher | None


def findings(knowledge: Knowledge, today: dt.date, try_out: bool = True) -> Findings:
    """Look at the content of a knowledge base on a day. It may be what is sound of a broken one.

    Without `try_out` nothing is learnt: examples are looked at neither for twins nor for whether they find their card.
    """
    ages = {id_: reading_age(_said_at_once(entry)) for id_, entry in knowledge.entries.items()}
    faults = (*_unreachable(knowledge), *_one_sided(knowledge))
    remarks = (*_overdue(knowledge, today), *_changed_since(knowledge), *_hard_to_read(knowledge, ages))
    if not try_out:
        return Findings(faults, remarks, (), ages, None)
    lessons = Lessons.of(matcher_examples(knowledge), knowledge.lexicon)
    matcher, tried_out = learn_and_try_out(lessons)
    own = {id_: set(entry.questions) for id_, entry in knowledge.entries.items()}
    left_out = tuple(one for one in tried_out if one.text in own.get(one.label, ()))
    faults = (*_twins(knowledge, twins(lessons, TOO_LIKE)), *_not_found(knowledge, left_out), *faults)
    return Findings(faults, remarks, left_out, ages, matcher)


def _said_at_once(entry: Entry) -> str:
    return " ".join((entry.summary, *(step.text for step in entry.steps)))


def _twins(knowledge: Knowledge, found: Iterable[Twin]) -> Iterator[Problem]:
    """Yield the example questions of entries that are too close to another label's text."""
    for twin in found:
        entry = knowledge.entries.get(twin.label)
        if entry is not None and twin.text in entry.questions:
            problem = (
                f"{quoted(twin.text)} is too close to {quoted(twin.other_text)} of {twin.other_label} "
                f"({twin.likeness:.2f} of 1): reword one or remove it"
            )
            yield _problem(knowledge, twin.label, "examples", problem)


def _not_found(knowledge: Knowledge, left_out: Iterable[LeftOut]) -> Iterator[Problem]:
    by_entry: dict[str, list[LeftOut]] = defaultdict(list)
    for one in left_out:
        by_entry[one.label].append(one)
    for id_, mine in by_entry.items():
        found = sum(id_ in one.ranked for one in mine)
        if found < FOUND_SHARE * len(mine):
            taken_by = _commonest(one.ranked[0] for one in mine if id_ not in one.ranked)
            problem = (
                f"only {found} of {len(mine)} find this card when left out, many go to {taken_by}: "
                "write more, and such as belong here alone"
            )
            yield _problem(knowledge, id_, "examples", problem)


def _commonest(labels: Iterable[str]) -> str:
    listed = list(labels)
    return max(listed, key=listed.count)


def _unreachable(knowledge: Knowledge) -> Iterator[Problem]:
    """Yield the entries that nobody finds by opening the topics and their groups."""
    composer = Composer(knowledge)
    groups = [id_ for verb, id_ in _actions(composer.topics()) if verb == "group"]
    reached = {id_ for group in groups for verb, id_ in _actions(composer.group(group)) if verb == "open"}
    for id_ in knowledge.entries:
        if id_ not in reached:
            yield _problem(
                knowledge, id_, "id", "no topic group leads to this card: correct the group's title and order"
            )


def _actions(reply: Reply) -> Iterator[Sequence[str]]:
    for row in reply.buttons:
        for button in row:
            verb, _, id_ = button.action.partition(":")
            yield verb, id_


def _one_sided(knowledge: Knowledge) -> Iterator[Problem]:
    for id_, entry in knowledge.entries.items():
        for other in entry.see_also:
            if id_ not in knowledge.entries[other].see_also:
                yield _problem(
                    knowledge, id_, "see_also", f"{quoted(other)} does not name {quoted(id_)} in turn: add it there"
                )


def _overdue(knowledge: Knowledge, today: dt.date) -> Iterator[Problem]:
    for id_, entry in knowledge.entries.items():
        if entry.review_by is not None and entry.review_by < today:
            yield _problem(knowledge, id_, "review_by", f"the review has been due since {entry.review_by}")


def _changed_since(knowledge: Knowledge) -> Iterator[Problem]:
    for id_, entry in knowledge.entries.items():
        if entry.confirmed is not None and entry.changes[0].on > entry.confirmed.on:
            changed, confirmed = entry.changes[0].on, entry.confirmed.on
            problem = f"was changed on {changed}, after it was confirmed on {confirmed}: confirm it again"
            yield _problem(knowledge, id_, "confirmed", problem)


def _hard_to_read(knowledge: Knowledge, ages: Mapping[str, float]) -> Iterator[Problem]:
    for id_, age in ages.items():
        if age > READING_AGE:
            problem = (
                f"summary and steps ask for a reading age of {age:.1f}, the aim is {READING_AGE:.0f}: use shorter words"
            )
            yield _problem(knowledge, id_, "steps", problem)


def _problem(knowledge: Knowledge, entry: str, field: str, problem: str) -> Problem:
    return plain_problem(f"{TOPICS}/{knowledge.entry_group[entry]}.yaml", entry, field, problem)
