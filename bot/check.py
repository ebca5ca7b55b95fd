"""Everything that `signpost check` looks at, every fault in one run: the files, the danger rules, the cards.

It stands above the parts because a card that does not fit is known only once it is composed and rendered.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

from bot.channels.terminal import render
from bot.errors import KnowledgeError, Problem
from bot.hours import LONDON
from bot.knowledge.loading import TOPICS, load_knowledge
from bot.knowledge.model import Knowledge
from bot.messages import Call, Reply, Small
from bot.replies import Composer
from bot.safety.danger import problems as danger_problems

CARD_CHARS = 1_100  # one phone screen: about 900 characters of advice and contacts, then source, reference and footer
AGENCY_CHARS = 150  # what the step of a practitioner's own agency may add
A_TUESDAY = dt.datetime(2026, 11, 24, 11, 0, tzinfo=LONDON)


def check(folder: Path) -> list[Problem]:
    """Return every fault of a knowledge folder, in the order of the files; an empty list means it is sound."""
    try:
        knowledge = load_knowledge(folder)
    except KnowledgeError as error:
        return list(error.problems)
    return [*danger_problems(knowledge.danger), *_cards_that_do_not_fit(knowledge)]


def _cards_that_do_not_fit(knowledge: Knowledge) -> list[Problem]:
    composer = Composer(knowledge)
    problems = []
    for entry in knowledge.entries.values():
        file = f"{TOPICS}/{knowledge.entry_group[entry.id]}.yaml"
        for agency in (None, *entry.by_agency):
            card = composer.card(entry, A_TUESDAY, agency)
            length = _seen_characters(card)
            limit = CARD_CHARS + (AGENCY_CHARS if agency else 0)
            if length > limit:
                who = f" for {agency}" if agency else ""
                problems.append(
                    Problem(
                        file, entry.id, "steps",
                        f"the card{who} has {length:,} characters, {limit:,} fit a phone screen: "
                        "shorten the summary, steps or time limits, or move some to detail",
                    )
                )  # fmt: skip
    return problems


def _seen_characters(card: Reply) -> int:
    """Return the characters a person sees on a phone, where an address is a link behind its words."""
    parts = tuple(replace(part, url=None) if isinstance(part, Small | Call) else part for part in card.parts)
    return len(" ".join(render(Reply(parts)).replace("=", "").split()))
