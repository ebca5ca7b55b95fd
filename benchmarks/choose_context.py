"""Choose the constants of `bot/matching/context.py` on the project's own conversations.

    python benchmarks/choose_context.py

`conversations.csv` beside this file holds 82 conversations written from the topics' scopes alone, by somebody who had
not seen the cards' follow-ups. Each combination is tried on all of them from the first turn to the last, so that a
wrong answer misleads the turns after it as it would in use. Printed is, best first, the share of later turns whose
likeliest card is right, how many were answered, and how many of those answers were wrong.
"""

from __future__ import annotations

import datetime as dt
from itertools import product
from pathlib import Path
from tempfile import gettempdir

import bot.answering as answering_module
import bot.matching.context as context
from bot.answering import Answering
from bot.assistant import Assistant
from bot.decision import Thresholds
from bot.knowledge.loading import load_knowledge
from bot.matching.conversations import JudgedTurn, Turn, judged, read_turns
from bot.messages import Person, Question
from bot.publishing.published import answering_from

ASKED = (0.4, 0.5, 0.7)
JOINED = (0.3, 0.5, 0.7, 1.0)
SAME = (0.1, 0.2, 0.3)
AT = dt.datetime(2026, 11, 24, 11, tzinfo=dt.UTC)
SHOWN = 12


def main() -> None:
    """Print the best combinations and the worst."""
    turns = read_turns(Path(__file__).parent / "conversations.csv")
    answering = answering_from(load_knowledge(), Path(gettempdir()) / "signpost-benchmark")
    rows = [(*tried(answering, turns, *chosen), chosen) for chosen in product(ASKED, JOINED, SAME)]
    rows.sort(reverse=True)
    print("later turns right  answered  wrong   asked, joined, same")
    for right, answered, wrong, chosen in (*rows[:SHOWN], rows[-1]):
        print(f"            {right:.3f}       {answered:>3}    {-wrong:>3}   {chosen}")


def tried(answering: Answering, turns: list[Turn], asked: float, joined: float, same: float) -> tuple[float, int, int]:
    """Return the share of later turns that are right, how many were answered, and, negative, how many wrongly."""
    highest = (1 + asked) * (1 + joined) + same
    context.ASKED, context.JOINED, context.SAME, context._HIGHEST = asked, joined, same, highest
    answering_module.IN_CONTEXT = Thresholds(answer=0.61 / highest, lead=0.05 / highest, clarify=0.3 / highest)
    assistant = Assistant(answering)
    later = [done for done in [_asked(assistant, turn) for turn in turns] if done.turn.number != "1"]
    answered = [done for done in later if done.answered]
    return sum(d.right for d in later) / len(later), len(answered), -sum(not d.right for d in answered)


def _asked(assistant: Assistant, turn: Turn) -> JudgedTurn:
    return judged(turn, assistant.converse(Question(turn.text, AT, "benchmark", Person(turn.conversation))))


if __name__ == "__main__":
    main()
