"""Measure a publish as the running program sees it: how long it takes, how long answers are held up, and the memory.

    python benchmarks/publishing.py

One process serves and answers a question every few milliseconds while another publishes: first a change of what
questions are matched by, then one of a contact's note. Reported is the longest time in which the event loop did
nothing, the slowest answer, the time until the new version was served, and the memory at its highest before and after.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.assistant import Assistant
from bot.knowledge.loading import DEFAULT_FOLDER
from bot.messages import Person, Question
from bot.publishing.live import serve_what_is_published
from bot.publishing.published import answering_from
from bot.publishing.serving import knowledge_to_serve

TICK_S = 0.001
QUESTION = "nursery sees a new bruise every day, mum says he bangs his head"


async def measure(assistant: Assistant, folder: Path, data: Path) -> None:
    """Publish in another process and print what this one notices of it."""
    environment = {**os.environ, "SIGNPOST_KNOWLEDGE": str(folder), "SIGNPOST_DATA": str(data)}
    before = assistant.knowledge.version
    serving = asyncio.create_task(serve_what_is_published(assistant, data))
    began = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "publish", env=environment, stdout=asyncio.subprocess.PIPE
    )
    ended = asyncio.create_task(process.communicate())
    longest, slowest, published = 0.0, 0.0, 0.0
    while assistant.knowledge.version == before:
        assert process.returncode in (None, 0), "the publish failed"
        asked = time.perf_counter()
        assistant.answer(Question(QUESTION, dt.datetime.now(dt.UTC), "benchmark", Person("")))
        answered = time.perf_counter()
        await asyncio.sleep(TICK_S)
        longest = max(longest, time.perf_counter() - answered - TICK_S)
        slowest = max(slowest, answered - asked)
        if ended.done() and not published:
            published = time.perf_counter() - began
    live = time.perf_counter() - began
    serving.cancel()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(
        f"published after {published:.1f} s, served after {live:.1f} s; loop held {1000 * longest:.0f} ms at most, "
        f"slowest answer {1000 * slowest:.0f} ms; memory at its highest {peak} MB"
    )
    print(f"  {(await ended)[0].decode().strip()}")


def main() -> None:
    """Print the figures of both kinds of change."""
    with TemporaryDirectory() as trial:
        folder, data = Path(trial) / "knowledge", Path(trial) / "data"
        shutil.copytree(DEFAULT_FOLDER, folder)
        environment = {**os.environ, "SIGNPOST_KNOWLEDGE": str(folder), "SIGNPOST_DATA": str(data)}
        subprocess.run([sys.executable, "-m", "bot", "publish"], env=environment, check=True)
        assistant = Assistant(answering_from(knowledge_to_serve(folder, data, dt.datetime.now(dt.UTC), int), data))
        print(f"memory at its highest before: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")
        change(
            folder / "topics" / "missed-appointments.yaml",
            "      scenes:\n",
            "      scenes:\n        - we wait and wait\n",
        )
        asyncio.run(measure(assistant, folder, data))
        change(folder / "contacts.yaml", "note: the", "note: as of today, the")
        asyncio.run(measure(assistant, folder, data))


def change(file: Path, old: str, new: str) -> None:
    """Replace the first `old` of a file."""
    text = file.read_text(encoding="utf-8")
    assert old in text, f"{file} does not hold {old!r}"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


if __name__ == "__main__":
    main()
