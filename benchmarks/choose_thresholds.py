"""Choose the thresholds of `bot/decision.py` by cross-validation over the knowledge base's own examples.

    python benchmarks/choose_thresholds.py

Three kinds of message, none of which the matcher has learnt from:
- held-out examples (ten folds): one entry is right;
- examples of whole topics held out (seven groups): no entry is right, the words are ours all the same;
- `off_topic.txt` beside this file: nothing to do with us.

ANSWER and LEAD: of the pairs that keep at least PRECISION of the answers to held-out examples right and answer at
most OFF_TOPIC of the off-topic messages, the pair that answers most. CLARIFY: the highest bar that loses at most
LOST of the held-out examples whose entry is among the first three. CHOICE: the same for the share of the best score
that a choice needs, over the held-out examples that get choices.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bot.answering import LISTED
from bot.decision import MAX_CHOICES, Thresholds
from bot.knowledge.loading import load_knowledge
from bot.matching.examples import SIGNPOST, matcher_examples
from bot.matching.matcher import Matcher
from bot.messages import Match

FOLDS = 10
TOPIC_GROUPS = 7
PRECISION = 0.85
OFF_TOPIC = 0.05
LOST = 0.05
ANSWERS = [round(x, 2) for x in np.arange(0.16, 0.60, 0.02)]
LEADS = [round(x, 2) for x in np.arange(0.02, 0.30, 0.02)]

Judged = tuple[str, list[Match]]


def main() -> None:
    """Print the figures of the grid's best rows and the thresholds chosen."""
    knowledge = load_knowledge()
    lexicon = knowledge.lexicon
    learnt_from = matcher_examples(knowledge)
    own = {id_: list(entry.questions) for id_, entry in knowledge.entries.items()}
    rng = random.Random(1)

    held_out: list[Judged] = []
    fold_of = {id_: [rng.randrange(FOLDS) for _ in texts] for id_, texts in own.items()}
    for fold in range(FOLDS):
        kept = {
            id_: [t for t in texts if t not in _in_fold(own.get(id_, ()), fold_of.get(id_, ()), fold)]
            for id_, texts in learnt_from.items()
        }
        matcher = Matcher.from_examples(kept, lexicon)
        for id_, texts in own.items():
            held_out += [(id_, matcher.match(text, LISTED)) for text in _in_fold(texts, fold_of[id_], fold)]

    foreign: list[list[Match]] = []
    order = rng.sample(sorted(own), len(own))
    for group in range(TOPIC_GROUPS):
        out = set(order[group::TOPIC_GROUPS])
        matcher = Matcher.from_examples({k: v for k, v in learnt_from.items() if k not in out}, lexicon)
        foreign += [matcher.match(text, LISTED) for id_ in sorted(out) for text in own[id_]]

    matcher = Matcher.from_examples(learnt_from, lexicon)
    lines = (Path(__file__).parent / "off_topic.txt").read_text(encoding="utf-8").splitlines()
    off_topic = [matcher.match(line, LISTED) for line in lines if line]

    top1 = np.mean([_best(matches) == id_ for id_, matches in held_out])
    top3 = np.mean([_within(id_, matches) for id_, matches in held_out])
    print(f"held-out examples {len(held_out)}: top-1 {top1:.3f}, top-3 {top3:.3f}")
    print(f"examples of held-out topics {len(foreign)}, off-topic messages {len(off_topic)}\n")
    print("answer  lead  answered  right  off-topic answered  held-out topics answered")
    rows = [_row(a, lead, held_out, off_topic, foreign) for a in ANSWERS for lead in LEADS]
    good = sorted((r for r in rows if r[3] >= PRECISION and r[4] <= OFF_TOPIC), key=lambda r: -r[2])
    for row in good[:8]:
        print("  {:.2f}  {:.2f}     {:.3f}  {:.3f}               {:.3f}                     {:.3f}".format(*row))
    found = [matches[0].score for id_, matches in held_out if _within(id_, matches)]
    clarify = float(np.floor(np.quantile(found, LOST) * 100) / 100)
    unsure = [(id_, m) for id_, m in held_out if _within(id_, m) and not _answers(m, good[0][0], good[0][1])]
    shares = [next(x.score for x in m if x.entry == id_) / m[0].score for id_, m in unsure]
    choice = float(np.floor(np.quantile(shares, LOST) * 100) / 100)
    silent = np.mean([not matches or matches[0].score < clarify for matches in off_topic])
    print(f"\nanswer {good[0][0]:.2f}, lead {good[0][1]:.2f}, clarify {clarify:.2f}, choice {choice:.2f}")
    print(f"with that bar {silent:.3f} of the off-topic messages get no choices at all; in use: {Thresholds()}")


def _in_fold(texts: Sequence[str], folds: Sequence[int], fold: int) -> list[str]:
    return [text for text, f in zip(texts, folds, strict=True) if f == fold]


def _best(matches: Sequence[Match]) -> str | None:
    return matches[0].entry if matches else None


def _within(id_: str, matches: Sequence[Match]) -> bool:
    return any(match.entry == id_ for match in matches[:MAX_CHOICES])


def _row(
    answer: float,
    lead: float,
    held_out: list[Judged],
    off_topic: list[list[Match]],
    foreign: list[list[Match]],
) -> tuple[float, float, float, float, float, float]:
    """Return answer, lead, share answered, share of those right, shares of off-topic and foreign answered."""
    right = [_best(matches) == id_ for id_, matches in held_out if _answers(matches, answer, lead)]
    shares = [np.mean([_answers(m, answer, lead) for m in kind]) for kind in (off_topic, foreign)]
    precision = float(np.mean(right)) if right else 0.0
    return answer, lead, len(right) / len(held_out), precision, float(shares[0]), float(shares[1])


def _answers(matches: Sequence[Match], answer: float, lead: float) -> bool:
    if not matches or matches[0].entry.startswith(SIGNPOST):
        return False
    second = matches[1].score if len(matches) > 1 else 0.0
    return matches[0].score >= answer and matches[0].score - second >= lead


if __name__ == "__main__":
    main()
