"""Keep a running program up to date: serve what is published, and publish a watched folder when it changes.

Reading a version happens in a thread and publishing in a process of its own, so that answers go on meanwhile and the
memory that learning takes is given back.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

from bot.answering import Answering
from bot.assistant import Assistant
from bot.errors import PublishError
from bot.publishing.published import answering_from, published_knowledge, versions_in

LOOK_EVERY_S = 0.5
LONGEST_PUBLISH_S = 300.0
GIVE_WAY_EVERY_S = 0.0002

log = logging.getLogger(__name__)

Sleep = Callable[[float], Awaitable[object]]
Tell = Callable[[str], Awaitable[None]]


async def serve_what_is_published(assistant: Assistant, data: Path, sleep: Sleep = asyncio.sleep) -> None:
    """Put each newly published version in the assistant's hands. Never ends by itself, and never raises."""
    seen = 0
    told = ""
    while True:
        try:
            live = await asyncio.to_thread(versions_in(data).live)
            if live is not None and live.id != seen:
                if live.version != assistant.knowledge.version:
                    assistant.serve(await asyncio.to_thread(_answering, data, live.version))
                    log.warning("now serving version %s", live.version)
                seen = live.id
            told = ""
        except Exception as error:  # whatever it is, what is served now goes on
            said = str(error) if isinstance(error, PublishError) else type(error).__name__
            if said != told:
                log.error("serving version %s still: %s", assistant.knowledge.version, said)
                told = said
        await sleep(LOOK_EVERY_S)


def _answering(data: Path, version: str) -> Answering:
    with _giving_way():
        knowledge = published_knowledge(data, version)
        if knowledge is None:
            raise PublishError(f"version '{version}' is live but is not there")
        return answering_from(knowledge, data)


@contextlib.contextmanager
def _giving_way() -> Iterator[None]:
    """Let the thread that answers go first: offer it the interpreter often, and look for no garbage meanwhile."""
    collects, interval = gc.isenabled(), sys.getswitchinterval()
    gc.disable()
    sys.setswitchinterval(GIVE_WAY_EVERY_S)
    try:
        yield
    finally:
        sys.setswitchinterval(interval)
        if collects:
            gc.enable()


async def publish_when_changed(
    folder: Path, tell: Tell, sleep: Sleep = asyncio.sleep, *, is_published: bool = True
) -> None:
    """Publish a folder each time it has changed and then been left alone for a moment. Never ends by itself.

    `tell` is given what came of it, in words for an administrator. `is_published` says that the folder as it is now
    needs no publishing.
    """
    before = _signature(folder)
    published = before if is_published else None
    while True:
        await sleep(LOOK_EVERY_S)
        now = await asyncio.to_thread(_signature, folder)
        if now != published and now == before:
            published = now
            try:
                await tell(await _publish())
            except Exception as error:
                log.error("a publish could not be told of: %s", type(error).__name__)
        before = now


async def _publish() -> str:
    """Run `signpost publish` in a process of its own and return what it says."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "publish", stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    try:
        said, _ = await asyncio.wait_for(process.communicate(), LONGEST_PUBLISH_S)
    except TimeoutError:
        process.kill()
        await process.communicate()
        return "publishing took too long and was ended; what was live stays live"
    except asyncio.CancelledError:
        process.kill()
        await process.communicate()
        raise
    text = said.decode(errors="replace").strip()
    log.log(logging.WARNING if process.returncode == 0 else logging.ERROR, "%s", text)
    return text


def _signature(folder: Path) -> tuple[tuple[str, int, int], ...]:
    """Return what tells one state of a folder from another: each file's name, size and time."""
    found, paths = [], list[Path]()
    with contextlib.suppress(OSError):  # a folder within went while it was listed: the next look tells
        paths = sorted(folder.rglob("*.yaml"))
    for path in paths:
        try:
            status = path.stat()
        except OSError:
            continue  # gone since it was listed: the next look tells
        found.append((os.fspath(path), status.st_size, status.st_mtime_ns))
    return tuple(found)
