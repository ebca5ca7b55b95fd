"""Look at all of a knowledge folder in one run: the files, the danger rules, the cards, the content.

It stands above the parts because a card that does not fit is known only once it is composed and rendered. A fault
in one place hides no fault in another, unless the other cannot be judged without it, and none is reported twice.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from bot.channels.telegram.render import render as to_messages
from bot.channels.terminal import render
from bot.check.content import Findings, findings
from bot.errors import Problem
from bot.hours import LONDON
from bot.knowledge.faults import plain_problem
from bot.knowledge.loading import TOPICS, read_knowledge
from bot.knowledge.model import DangerRules, Knowledge
from bot.matching.cache import digest
from bot.matching.examples import matcher_examples
from bot.messages import Call, Reply, Small
from bot.replies import Composer
from bot.safety import danger

CARD_CHARS = 1_000  # one phone screen: about 900 characters of advice and contacts, then source, reference and footer
AGENCY_CHARS = 140  # what the step of a practitioner's own agency may add
A_TUESDAY = dt.datetime(2026, 11, 24, 11, 0, tzinfo=LONDON)


@dataclass(frozen=True)
class Checked:
    """What one run found. `faults` must be mended, `remarks` are worth a look; both are empty where all is well.

    `knowledge` is what is sound, and `findings` the figures about it; None where nothing can be judged. `files` holds
    the bytes that were checked.
    """

    faults: tuple[Problem, ...]
    remarks: tuple[Problem, ...]
    knowledge: Knowledge | None
    findings: Findings | None
    files: Mapping[str, bytes]


def check(folder: Path, today: dt.date, tried_out: str | None = None) -> Checked:
    """Check a knowledge folder on a day: files and references, danger sentences, cards, content.

    `tried_out` is the digest of examples that were tried out before: if they are the same they are not tried again,
    which takes most of the time. Never raises, whatever the files hold. Danger sentences are judged whenever
    `danger.yaml` can be read; cards and content when the partnership and the lexicon can be, and of them those of all
    entries whose contacts and sources are sound.
    """
    reading = read_knowledge(folder)
    faults = list(reading.problems)
    if reading.danger is not None:
        faults += _wrong_sentences(reading.danger, reading.problems)
    if reading.knowledge is None:
        return Checked(tuple(dict.fromkeys(faults)), (), None, None, reading.files)
    faults += _cards_that_do_not_fit(reading.knowledge)
    faults += _texts_that_are_torn(reading.knowledge)
    try_out = tried_out is None or digest(matcher_examples(reading.knowledge), reading.knowledge.lexicon) != tried_out
    found = findings(reading.knowledge, today, try_out)
    return Checked(
        tuple(dict.fromkeys((*faults, *found.faults))), found.remarks, reading.knowledge, found, reading.files
    )


def _wrong_sentences(rules: DangerRules, known: Iterable[Problem]) -> Iterator[Problem]:
    """Yield what the danger rules get wrong, but nothing of a rule that names a group that is not there.

    Such a rule is among the problems known already, and how it reads its sentences says nothing until it is corrected.
    """
    unclear = {problem.entry for problem in known if problem.file == danger.FILE and problem.entry}
    for problem in danger.problems(rules):
        if problem.entry not in unclear:
            yield plain_problem(problem.file, problem.entry, problem.field, problem.problem)


def _cards_that_do_not_fit(knowledge: Knowledge) -> Iterator[Problem]:
    composer = Composer(knowledge)
    for entry in knowledge.entries.values():
        file = f"{TOPICS}/{knowledge.entry_group[entry.id]}.yaml"
        whole = _seen_characters(composer.card(entry, A_TUESDAY))
        for agency in (None, *entry.by_agency):
            # What an agency's own step adds is all that differs from the card of everybody.
            own = composer.own_step(entry, agency)
            length = whole + (1 + _seen_characters(Reply((own,))) if own is not None else 0)
            limit = CARD_CHARS + (AGENCY_CHARS if agency else 0)
            if length > limit:
                who = f" for {agency}" if agency else ""
                yield plain_problem(
                    file,
                    entry.id,
                    "steps",
                    f"the card{who} has {length:,} characters, {limit:,} fit a phone screen: "
                    "shorten the summary, steps or time limits, or move some to detail",
                )


def _texts_that_are_torn(knowledge: Knowledge) -> Iterator[Problem]:
    """Yield the wording to copy that Telegram would cut in two: a text is copied whole or not at all."""
    composer = Composer(knowledge)
    for id_, template in knowledge.templates.items():
        if len(to_messages(composer.template(template, A_TUESDAY))) > 1:
            problem = (
                "with its heading and contacts the text does not fit one message: shorten it or name fewer contacts"
            )
            yield plain_problem("templates.yaml", id_, "text", problem)


def _seen_characters(card: Reply) -> int:
    """Return the characters a person sees on a phone, where an address is a link behind its words."""
    parts = tuple(replace(part, url=None) if isinstance(part, Small | Call) else part for part in card.parts)
    return len(" ".join(render(Reply(parts)).replace("=", "").split()))
