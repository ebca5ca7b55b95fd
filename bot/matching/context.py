"""Rank what a message means in the light of the card shown last: "and out of hours?", "what if she says no".

What the knowledge base holds word for word leads where it says. Else two matchers are heard: the one of whole messages,
and one that learnt what people ask after cards, by what it leads to. What is joined to the card shown last counts for
more, and that card itself has a little in advance.
"""

from __future__ import annotations

from bot.knowledge.model import FollowUp, Knowledge, Page
from bot.matching.examples import page_label
from bot.matching.matcher import Matcher
from bot.matching.text import normalise
from bot.messages import Context, Match

ASKED = 0.5  # this and the constants below: benchmarks/choose_context.py
JOINED = 0.5  # how much more counts what is joined to the card shown last, or was offered or likely
SAME = 0.2  # what the card shown last has in advance, in a message of few words
FEW_WORDS = 6  # in a longer one, which may be a story of its own, the advance shrinks with the square of its length
_PAGES = tuple(page_label(page) for page in Page)
_PAGES_OF_A_CARD = {page for page in _PAGES if page != page_label(Page.THANKS)}
_HIGHEST = (1 + ASKED) * (1 + JOINED) + SAME


class InContext:
    """Ranks messages that follow a card or a choice.

    Args:
        matcher: learnt from `matcher_examples`.
        asks: learnt from `follow_up_examples`.
    """

    def __init__(self, knowledge: Knowledge, matcher: Matcher, asks: Matcher) -> None:
        self._matcher = matcher
        self._asks = asks
        self._all = len(knowledge.entries) + len(knowledge.signposts) + len(Page)
        self._written = {
            id_: _labels_of(*knowledge.follow_ups.values(), *entry.follow_ups)
            for id_, entry in knowledge.entries.items()
        }
        self._written_for_any = _labels_of(*knowledge.follow_ups.values())
        self._joined = {
            id_: {*entry.see_also, *(f.entry for f in entry.follow_ups if f.entry)}
            for id_, entry in knowledge.entries.items()
        }

    def rank(self, text: str, context: Context) -> list[Match]:
        """Return what a message may mean, best first, scores in [0, 1].

        Labels that begin with `PAGE` are pages of the card shown last; of the likeliest one where none was shown.
        """
        last = context.last or ""
        joined = {last, *_PAGES, *self._joined.get(last, ()), *context.likely, *map(label_of, context.offered)}
        advance = SAME * min(1.0, FEW_WORDS / max(1, len(text.split()))) ** 2
        scores: dict[str, float] = {context.shown: advance} if context.shown else {}
        for match in self._matcher.match(text, self._all):
            score = match.score * (1 + JOINED if match.entry in joined else 1)
            scores[match.entry] = scores.get(match.entry, 0.0) + score
        for match in self._asks.match(text, self._all):
            # Whom to contact about a card that nobody has seen is no question: the number is wanted.
            if context.shown is not None or match.entry != page_label(Page.REACH):
                score = ASKED * match.score * (1 + JOINED if match.entry in joined else 1)
                scores[match.entry] = scores.get(match.entry, 0.0) + score
        written = self._written.get(context.shown or "", self._written_for_any).get(normalise(text))
        if written is not None and (context.shown is not None or written not in _PAGES_OF_A_CARD):
            scores[written] = _HIGHEST
        ranked = [Match(label, min(1.0, score / _HIGHEST)) for label, score in scores.items()]
        return sorted(ranked, key=lambda match: -match.score)


def _labels_of(*follow_ups: FollowUp) -> dict[str, str]:
    """Return what each message that somebody wrote into the knowledge base leads to; of two the later one holds."""
    return {normalise(ask): f.entry or page_label(f.show or Page.MORE) for f in follow_ups for ask in f.asks}


def label_of(action: str) -> str:
    """Return the matcher's label of what a button opens."""
    verb, _, id_ = action.partition(":")
    return id_ if verb == "open" else f"{verb}:{id_}"
