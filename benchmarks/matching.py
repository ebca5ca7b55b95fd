"""Match latency and throughput beside rapidfuzz over the same examples, in one run; then start-up time and memory.

    python benchmarks/matching.py QUESTIONS.csv [ROUNDS]

QUESTIONS.csv needs a column `text`. Rounds alternate, so that a machine that slows down slows both; medians are shown.
"""

from __future__ import annotations

import csv
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
from rapidfuzz import fuzz, process

from bot.answering import LISTED
from bot.knowledge.loading import load_knowledge
from bot.matching.examples import matcher_examples
from bot.matching.matcher import Matcher
from bot.matching.text import normalise

START = """
import sys, time
from pathlib import Path
begin = time.perf_counter()
from bot.cli import main
main(["ask", "new bruise every day at nursery, mum says he bangs his head"])
ours = time.perf_counter() - begin
status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
print(ours, *(int(status[name].split()[0]) / 1024 for name in ("VmRSS", "VmHWM")), file=sys.stderr)
"""


def main() -> None:
    """Print the table."""
    with Path(sys.argv[1]).open(encoding="utf-8-sig", newline="") as file:
        texts = [row["text"] for row in csv.DictReader(file)]
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    knowledge = load_knowledge()
    examples = matcher_examples(knowledge)
    began = time.perf_counter()
    matcher = Matcher.from_examples(examples, knowledge.lexicon)
    learning = time.perf_counter() - began
    plain = [normalise(text) for group in examples.values() for text in group]
    engines: dict[str, Callable[[str], object]] = {
        "Signpost": lambda text: matcher.match(text, LISTED),
        "rapidfuzz WRatio": lambda text: process.extract(normalise(text), plain, scorer=fuzz.WRatio, limit=LISTED),
        "rapidfuzz token_set_ratio": lambda text: process.extract(
            normalise(text), plain, scorer=fuzz.token_set_ratio, limit=LISTED
        ),
    }
    times: dict[str, list[list[float]]] = {name: [] for name in engines}
    for _ in range(rounds):
        for name, ask in engines.items():
            times[name].append([_timed(ask, text) for text in texts])
    print(f"{len(texts)} questions, {len(plain)} examples, {rounds} rounds; learnt in {learning:.1f} s")
    print(f"{'':28}p50 ms   p99 ms   questions/s")
    for name, runs in times.items():
        p50 = median(float(np.percentile(run, 50)) for run in runs) * 1e3
        p99 = median(float(np.percentile(run, 99)) for run in runs) * 1e3
        print(f"{name:28}{p50:6.2f}   {p99:6.2f}   {median(len(run) / sum(run) for run in runs):8.0f}")
    _start_up(rounds)


def _timed(ask: Callable[[str], object], text: str) -> float:
    began = time.perf_counter()
    ask(text)
    return time.perf_counter() - began


def _start_up(rounds: int) -> None:
    """Time whole processes from their start to the first answer: the first learns, the others read what it learnt."""
    with tempfile.TemporaryDirectory() as data:
        environment = {"SIGNPOST_DATA": data, "PATH": "/usr/bin:/bin"}
        results = []
        for _ in range(rounds + 1):
            began = time.perf_counter()
            done = subprocess.run(
                [sys.executable, "-c", START], env=environment, capture_output=True, text=True, check=True,
                cwd=Path(__file__).resolve().parent.parent,
            )  # fmt: skip
            whole = time.perf_counter() - began
            results.append((whole, *map(float, done.stderr.split()[-3:])))
    first, *later = results
    middle = [median(column) for column in zip(*later, strict=True)]
    print("\nstart to first answer    whole process s   ours s   resident MB   at its peak MB   (Linux)")
    for name, row in (("first run, learns", first), ("later runs, median", middle)):
        print("{:25}{:15.2f}   {:6.2f}   {:11.0f}   {:14.0f}".format(name, *row))


if __name__ == "__main__":
    main()
