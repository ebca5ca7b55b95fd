"""A running program takes up what is published, and a watched folder is published once it has been left alone."""

from __future__ import annotations

import asyncio
import gc
import os
import select
import shutil
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from bot.assistant import Assistant
from bot.knowledge.loading import load_knowledge, read_knowledge
from bot.messages import Person, Question, Reply
from bot.publishing import live as live_module
from bot.publishing.live import publish_when_changed, serve_what_is_published
from bot.publishing.publish import publish, roll_back
from bot.publishing.published import answering_from, versions_in
from bot.usage.log import UsageLog
from tests.conftest import BABIES, SMALL_KNOWLEDGE, edit
from tests.support import STRANGER, TUESDAY_MORNING, words

AT = TUESDAY_MORNING
OLD, NEW = "Safer sleep for a baby", "Sounder sleep for a baby"
ASKED = Question("co-sleeping after drinking", AT, "test", STRANGER)


class Looks:
    """A sleep that takes no time: between two looks the next thing happens, and after the last one it is cancelled."""

    def __init__(self, *happenings: Callable[[], object] | None) -> None:
        self._left = list(happenings)

    async def __call__(self, seconds: float) -> None:
        assert 0 < seconds < 10
        await asyncio.sleep(0)
        if not self._left:
            raise asyncio.CancelledError
        happening = self._left.pop(0)
        if happening is not None:
            happening()


@pytest.fixture
def assistant(small_knowledge: Path, data: Path, published: str) -> Assistant:
    """Return an assistant on the published version, which was just started."""
    return Assistant(answering_from(load_knowledge(small_knowledge), data))


def live(data: Path) -> str | None:
    publication = versions_in(data).live()
    return None if publication is None else publication.version


def answered(assistant: Assistant) -> str:
    return words(assistant.answer(ASKED).reply)


async def serve(assistant: Assistant, data: Path, *happenings: Callable[[], object] | None) -> None:
    """Look once before the first happening and once after each; nothing but being cancelled ends it."""
    with pytest.raises(asyncio.CancelledError):
        await serve_what_is_published(assistant, data, Looks(*happenings))


def publish_renamed(folder: Path, data: Path, title: str = NEW) -> str:
    edit(folder, BABIES, OLD, title)
    return publish(folder, data, AT).version


# Serving


async def test_a_new_version_answers_without_a_restart(assistant: Assistant, small_knowledge: Path, data: Path) -> None:
    assert OLD in answered(assistant)
    version = publish_renamed(small_knowledge, data)
    await serve(assistant, data)
    assert assistant.knowledge.version == version
    assert NEW in answered(assistant)
    assert f"Answer safe-sleep/{version}" in answered(assistant)


async def test_each_new_version_is_taken_up_while_the_program_runs(
    assistant: Assistant, small_knowledge: Path, data: Path, published: str, caplog: pytest.LogCaptureFixture
) -> None:
    served: list[str] = []
    await serve(
        assistant,
        data,
        lambda: served.append(assistant.knowledge.version),
        lambda: publish_renamed(small_knowledge, data),
        lambda: served.append(assistant.knowledge.version),
        lambda: roll_back(data, published, AT),
    )
    newer = read_knowledge(small_knowledge).version
    assert [*served, assistant.knowledge.version] == [published, newer, published]
    assert [record.message for record in caplog.records] == [
        f"now serving version {newer}",
        f"now serving version {published}",
    ]


async def test_what_is_served_already_is_not_taken_up_again(
    assistant: Assistant, small_knowledge: Path, data: Path, caplog: pytest.LogCaptureFixture
) -> None:
    before = assistant.composer
    await serve(assistant, data, None, lambda: publish(small_knowledge, data, AT), None)
    assert assistant.composer is before
    assert not caplog.records


async def test_what_is_changed_but_not_published_is_not_served(
    assistant: Assistant, small_knowledge: Path, data: Path
) -> None:
    await serve(assistant, data, lambda: edit(small_knowledge, BABIES, OLD, NEW), None)
    assert OLD in answered(assistant)


async def test_before_anything_is_published_the_program_serves_what_it_began_with(tmp_path: Path, data: Path) -> None:
    assistant = Assistant(answering_from(load_knowledge(SMALL_KNOWLEDGE), tmp_path))
    await serve(assistant, data, None)
    assert OLD in answered(assistant)


async def test_taking_a_version_up_leaves_the_interpreter_as_it_was(
    assistant: Assistant, small_knowledge: Path, data: Path
) -> None:
    interval = sys.getswitchinterval()
    publish_renamed(small_knowledge, data)
    await serve(assistant, data)
    assert gc.isenabled()
    assert sys.getswitchinterval() == interval


async def test_an_answer_under_way_is_finished_from_the_version_it_began_with(
    assistant: Assistant, small_knowledge: Path, data: Path, published: str
) -> None:
    sent: list[str] = []

    async def slowly(reply: Reply) -> None:
        version = publish_renamed(small_knowledge, data)
        await serve(assistant, data)
        assert assistant.knowledge.version == version
        sent.append(words(reply))

    async def at_once(reply: Reply) -> None:
        sent.append(words(reply))

    await assistant.handle(ASKED, slowly)
    await assistant.handle(ASKED, at_once)
    before, after = sent
    assert OLD in before
    assert f"Answer safe-sleep/{published}" in before
    assert NEW in after
    assert published not in after


async def test_an_answer_under_way_is_counted_for_the_version_it_came_from(
    small_knowledge: Path, data: Path, published: str
) -> None:
    async with UsageLog(data / "usage.db") as usage:
        assistant = Assistant(answering_from(load_knowledge(small_knowledge), data), usage)

        async def slowly(reply: Reply) -> None:
            publish_renamed(small_knowledge, data)
            await serve(assistant, data)

        somebody = Person("a" * 32, consent=True, agency="school")
        await usage.set_consent(somebody.pseudonym, True, somebody.agency, AT)
        await assistant.handle(Question(ASKED.text, AT, "test", somebody), slowly)
    with closing(sqlite3.connect(data / "usage.db")) as connection:
        assert connection.execute("SELECT knowledge_version FROM interaction").fetchall() == [(published,)]


async def test_what_was_offered_by_a_version_can_be_chosen_from_the_next(
    assistant: Assistant, small_knowledge: Path, data: Path
) -> None:
    assert assistant.converse(Question("contact", AT, "test", STRANGER)).decision == "clarify"
    publish_renamed(small_knowledge, data)
    await serve(assistant, data)
    chosen = assistant.converse(Question("the second one", AT, "test", STRANGER))
    assert chosen.entry == "safe-sleep"
    assert NEW in words(chosen.reply)


def damage_the_file(data: Path) -> None:
    for path in data.glob("versions.db*"):
        path.unlink()
    (data / "versions.db").write_bytes(b"no database" * 999)


def damage_the_version(data: Path) -> None:
    with closing(sqlite3.connect(data / "versions.db")) as connection, connection:
        connection.execute("UPDATE version SET files = x'00' WHERE version = (SELECT max(version) FROM version)")
        connection.execute(
            "INSERT INTO publication (at, version, kind) SELECT at, max(version), 'publish' FROM publication"
        )


def publish_another_form(data: Path) -> None:
    file = BABIES
    files = {str(path.relative_to(SMALL_KNOWLEDGE)): path.read_bytes() for path in SMALL_KNOWLEDGE.rglob("*.yaml")}
    files[file] = files[file].replace(b"act: routine", b"act: routine\n    pace: slow")
    with versions_in(data).publishing() as publisher:
        publisher.publish("f0000000", files, 3, "digest", AT)


def publish_what_is_damaged(data: Path) -> None:
    with versions_in(data).publishing() as publisher:
        publisher.publish("f0000000", {}, 0, "digest", AT)
    damage_the_version(data)


@pytest.mark.parametrize(
    ("harm", "reason"),
    [
        (damage_the_file, "file is not a database"),
        (publish_another_form, "version 'f0000000' has another form than this program reads"),
        (publish_what_is_damaged, "a published version is damaged"),
    ],
)
async def test_what_cannot_be_read_leaves_the_old_version_serving_and_is_told_once(
    assistant: Assistant,
    data: Path,
    published: str,
    caplog: pytest.LogCaptureFixture,
    harm: Callable[[Path], object],
    reason: str,
) -> None:
    await serve(assistant, data, lambda: harm(data), None, None, None)
    assert assistant.knowledge.version == published
    assert OLD in answered(assistant)
    (record,) = caplog.records
    assert record.levelname == "ERROR"
    assert record.message.startswith(f"serving version {published} still: ")
    assert reason in record.message


async def test_a_sound_version_after_one_that_cannot_be_read_is_taken_up(
    assistant: Assistant, small_knowledge: Path, data: Path
) -> None:
    def mend() -> None:
        publish_renamed(small_knowledge, data)

    await serve(assistant, data, lambda: publish_another_form(data), None, mend)
    assert NEW in answered(assistant)


async def test_a_file_that_breaks_again_after_it_was_mended_is_told_again(
    assistant: Assistant, data: Path, caplog: pytest.LogCaptureFixture
) -> None:
    whole = (data / "versions.db").read_bytes()

    def mend() -> None:
        (data / "versions.db").write_bytes(whole)

    await serve(assistant, data, lambda: damage_the_file(data), None, mend, lambda: damage_the_file(data), None)
    assert [record.levelname for record in caplog.records] == ["ERROR", "ERROR"]


async def test_a_deleted_data_folder_leaves_the_old_version_serving(assistant: Assistant, data: Path) -> None:
    await serve(assistant, data, lambda: shutil.rmtree(data), None)
    assert OLD in answered(assistant)


# Watching


@pytest.fixture
def watched(small_knowledge: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Have the processes that publish work on the small knowledge; return its folder."""
    for name in ("WATCH", "ADMINS", "CARD_LINK", "TELEGRAM_TOKEN", "TELEGRAM_BASE_URL", "SECRET"):
        monkeypatch.delenv(f"SIGNPOST_{name}", raising=False)
    monkeypatch.setenv("SIGNPOST_KNOWLEDGE", str(small_knowledge))
    monkeypatch.setenv("SIGNPOST_DATA", str(data))
    monkeypatch.chdir(tmp_path)
    return small_knowledge


async def watch(folder: Path, *happenings: Callable[[], object] | None) -> list[str]:
    """Return what an administrator is told while things happen to a folder, with a look after each of them."""
    told: list[str] = []

    async def tell(text: str) -> None:
        told.append(text)

    with pytest.raises(asyncio.CancelledError):
        await publish_when_changed(folder, tell, Looks(*happenings))
    return told


async def test_a_change_is_published_once_it_has_been_left_alone_for_one_look(watched: Path, data: Path) -> None:
    lives: list[str | None] = []
    told = await watch(
        watched,
        lambda: edit(watched, BABIES, OLD, NEW),  # the look that follows sees it change
        lambda: lives.append(live(data)),  # and the next one that it is left alone
        lambda: lives.append(live(data)),
        None,
    )
    version = read_knowledge(watched).version
    assert lives == [None, version]
    (text,) = told
    assert text.startswith(f"published version {version}, 3 entries; nothing before")


async def test_while_somebody_goes_on_writing_nothing_is_published(watched: Path, data: Path) -> None:
    changes = [lambda n=n: edit(watched, BABIES, "on the back", f"on the back{'!' * n}") for n in range(1, 6)]
    assert await watch(watched, *changes) == []
    assert live(data) is None


async def test_a_folder_that_nobody_touches_is_not_published(watched: Path, data: Path) -> None:
    assert await watch(watched, None, None, None) == []
    assert live(data) is None


async def test_a_refusal_is_told_with_file_and_line_and_what_is_mended_is_published(
    watched: Path, data: Path, published: str, caplog: pytest.LogCaptureFixture
) -> None:
    lives: list[str | None] = []
    refused, mended = await watch(
        watched,
        lambda: edit(watched, BABIES, "act: routine", "act: soon"),
        None,
        lambda: lives.append(live(data)),
        None,
        lambda: edit(watched, BABIES, "act: soon\n    summary: Talk", "act: today\n    summary: Talk"),
        None,
    )
    assert "not published, 1 fault" in refused
    assert f"{BABIES}: safe-sleep: act: is 'soon'" in refused
    assert f"({BABIES} line 6)" in refused
    assert "Traceback" not in refused
    assert lives == [published]
    version = read_knowledge(watched).version
    assert mended.startswith(f"published version {version}, 3 entries; version {published} before")
    assert live(data) == version
    assert [record.levelname for record in caplog.records] == ["ERROR", "WARNING"]


async def test_a_deleted_folder_is_told_and_the_watch_goes_on(watched: Path, data: Path, published: str) -> None:
    (text,) = await watch(watched, lambda: shutil.rmtree(watched), None, None)
    assert "SIGNPOST_KNOWLEDGE" in text
    assert live(data) == published


async def test_an_administrator_who_cannot_be_told_does_not_end_the_watch(
    watched: Path, data: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(live_module, "LONGEST_PUBLISH_S", 0.0)
    attempts: list[str] = []

    async def tell(text: str) -> None:
        attempts.append(text)
        raise ConnectionError(text)

    looks = Looks(lambda: edit(watched, BABIES, OLD, NEW), None, lambda: edit(watched, BABIES, NEW, OLD), None)
    with pytest.raises(asyncio.CancelledError):
        await publish_when_changed(watched, tell, looks)
    assert attempts == ["publishing took too long and was ended; what was live stays live"] * 2
    assert {record.message for record in caplog.records} == {"a publish could not be told of: ConnectionError"}
    assert live(data) is None


async def test_a_folder_taken_away_while_it_is_looked_at_does_not_end_the_watch(
    watched: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scandir = os.scandir

    def taken_away(path: object = ".") -> object:
        if str(path).endswith("topics"):
            raise FileNotFoundError(path)
        return scandir(path)  # type: ignore[call-overload]

    def put_back() -> None:
        monkeypatch.setattr(os, "scandir", scandir)

    assert await watch(watched, lambda: monkeypatch.setattr(os, "scandir", taken_away), put_back, None) == []
    assert live(data) is None


async def test_a_program_that_stops_ends_the_publish_under_way(watched: Path, data: Path, published: str) -> None:
    pipe = watched / BABIES
    pipe.unlink()
    os.mkfifo(pipe)  # whoever reads it waits until somebody writes
    (watched / "new.yaml").touch()

    async def tell(text: str) -> None:
        pytest.fail(f"nothing came of it: {text}")

    changed = Looks(lambda: (watched / "new.yaml").write_text("changed"), None, None)
    watching = asyncio.create_task(publish_when_changed(watched, tell, changed))
    writer = await asyncio.to_thread(lambda: pipe.open("wb", buffering=0))  # opened once the process reads
    with writer:
        assert not watching.done()
        watching.cancel()
        with pytest.raises(asyncio.CancelledError):
            await watching
        closed = select.poll()
        closed.register(writer, 0)
        assert await asyncio.to_thread(closed.poll, 20_000) == [(writer.fileno(), select.POLLERR)]
    assert live(data) == published
