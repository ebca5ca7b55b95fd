"""What the matchers learn from: example messages of entries and signposts, and what people ask after a card."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import chain
from typing import TypeVar

from bot.knowledge.model import Entry, Knowledge, Page

SIGNPOST = "signpost:"  # what a label begins with when it is a signpost's, not an entry's
PAGE = "page:"  # what a label begins with when it is a page of the card shown last

_T = TypeVar("_T")


def matcher_examples(knowledge: Knowledge) -> dict[str, list[str]]:
    """Return what the matcher learns from, by label: example messages, and each entry's own words beside them.

    A near-miss of one entry is an example of the entry it belongs to. The danger rules' own sentences count as examples
    of danger: the matcher then knows it in words no rule has.
    """
    examples = {entry.id: [*entry.questions, *_own_words(entry)] for entry in knowledge.entries.values()}
    for entry in knowledge.entries.values():
        for near_miss in entry.not_for:
            examples[near_miss.entry].append(near_miss.text)
    rules = knowledge.danger.rules if knowledge.danger is not None else ()
    of_danger = examples.get(knowledge.partnership.danger_entry, [])  # gone only while a broken folder is checked
    of_danger += [sentence for rule in rules for sentence in rule.must_fire]
    examples |= {SIGNPOST + id_: [s.title, *s.examples] for id_, s in knowledge.signposts.items()}
    return examples


def _own_words(entry: Entry) -> list[str]:
    """Return an entry's own words as texts to learn from, few of them: what learning takes grows with their number.

    Sentences that are read together are one text: the steps, the detail three at a time, four agencies' parts. Apart
    they are learnt no better (docs/matching.md).
    """
    agencies = [tuple(chain.from_iterable(parts)) for parts in _by(4, list(entry.by_agency.values()))]
    together = [entry.steps + entry.time_limits, *_by(3, entry.detail), *agencies]
    return [entry.title, entry.summary, *entry.watch_for, *(" ".join(s.text for s in some) for some in together)]


def _by(size: int, things: Sequence[_T]) -> list[Sequence[_T]]:
    return [things[start : start + size] for start in range(0, len(things), size)]


def follow_up_examples(knowledge: Knowledge) -> dict[str, list[str]]:
    """Return what people ask after a card, by what it leads to: an entry, or a page of the card itself."""
    asks: dict[str, list[str]] = defaultdict(list)
    of_entries = (follow_up for entry in knowledge.entries.values() for follow_up in entry.follow_ups)
    for follow_up in (*of_entries, *knowledge.follow_ups.values()):
        asks[follow_up.entry or page_label(follow_up.show or Page.MORE)] += follow_up.asks
    return dict(asks)


def page_label(page: Page) -> str:
    """Return the label of a page of the card shown last."""
    return PAGE + page
