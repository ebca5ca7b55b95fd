"""Publishing makes a whole folder live or changes nothing; a version can be returned to; a start finds what is live."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.cli import main
from bot.errors import KnowledgeError, PublishError
from bot.knowledge.loading import read_files, read_knowledge
from bot.matching.cache import digest
from bot.matching.examples import matcher_examples
from bot.messages import Question
from bot.publishing.publish import publish, roll_back
from bot.publishing.published import answering_from, published_knowledge, versions_in
from bot.publishing.serving import knowledge_to_serve, knowledge_to_try
from tests.conftest import ACT_NOW, BABIES, SMALL_KNOWLEDGE, edit
from tests.support import STRANGER, TUESDAY_MORNING, words

AT = TUESDAY_MORNING
LATER = AT + dt.timedelta(hours=1)
NOTE = "the link to the form is on this page"


def live(data: Path) -> str | None:
    publication = versions_in(data).live()
    return None if publication is None else publication.version


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def one_line(error: BaseException) -> str:
    (line,) = str(error).splitlines()
    return line


# Publishing


def test_a_published_folder_is_live_with_the_very_bytes_that_were_checked(small_knowledge: Path, data: Path) -> None:
    done = publish(small_knowledge, data, AT)
    assert (done.before, done.entries, done.remarks) == (None, 3, ())
    assert live(data) == done.version == read_knowledge(small_knowledge).version
    assert versions_in(data).files(done.version) == contents(small_knowledge)


def test_publishing_says_what_was_live_until_then(small_knowledge: Path, data: Path, published: str) -> None:
    edit(small_knowledge, BABIES, "title: Safer sleep", "title: Sounder sleep")
    done = publish(small_knowledge, data, LATER)
    assert done.before == published
    assert done.version != published
    assert [(one.version, one.at) for one in versions_in(data).publications()] == [
        (done.version, LATER),
        (published, AT),
    ]


def test_publishing_the_same_folder_again_says_that_it_was_live_already(data: Path, published: str) -> None:
    done = publish(SMALL_KNOWLEDGE, data, LATER)
    assert (done.before, done.version) == (published, published)
    assert live(data) == published


def test_what_is_worth_a_look_does_not_stop_a_publish(small_knowledge: Path, data: Path) -> None:
    edit(small_knowledge, BABIES, "    changes:", "    review_by: 2026-01-01\n    changes:")
    done = publish(small_knowledge, data, AT)
    assert [remark.field for remark in done.remarks] == ["review_by"]
    assert live(data) == done.version


def test_a_changed_note_is_published_without_learning_anew(small_knowledge: Path, data: Path, published: str) -> None:
    def learnt() -> dict[str, int]:
        return {path.name: path.stat().st_ino for path in data.glob("matcher-*")}

    before = learnt()
    edit(small_knowledge, "contacts.yaml", NOTE, "ask for the form by phone")
    done = publish(small_knowledge, data, LATER)
    assert done.version != published
    assert before
    assert learnt() == before


def test_a_changed_example_is_learnt_when_it_is_published(small_knowledge: Path, data: Path, published: str) -> None:
    edit(small_knowledge, BABIES, "- lullaby advice", "- night light for a nursery room")
    learnt = set(data.glob("matcher-*"))
    done = publish(small_knowledge, data, LATER)
    assert len(set(data.glob("matcher-*")) - learnt) == 1
    knowledge = published_knowledge(data, done.version)
    assert knowledge is not None

    def wrong(texts: int) -> None:
        pytest.fail("what was published must be learnt anew")

    answer = answering_from(knowledge, data, wrong).answer(
        Question("night light for a nursery room", AT, "test", STRANGER)
    )
    assert answer.entry == "safe-sleep"


# Refusing


def cut_in_the_middle(folder: Path) -> None:
    text = (folder / BABIES).read_text(encoding="utf-8")
    (folder / BABIES).write_text(text[: text.index("moses basket")], encoding="utf-8")


def cut_within_quotes(folder: Path) -> None:
    text = (folder / "contacts.yaml").read_text(encoding="utf-8")
    (folder / "contacts.yaml").write_text(text[: text.index("41 91 91")], encoding="utf-8")


BREAKS: list[tuple[str, Callable[[Path], object], list[str]]] = [
    ("bad YAML", lambda k: edit(k, BABIES, "title: Babies", "title: [Babies"), [BABIES, "is not YAML", "line 2"]),
    ("a missing file", lambda k: (k / "contacts.yaml").unlink(), ["contacts.yaml", "the file is missing"]),
    ("no topic file", lambda k: shutil.rmtree(k / "topics"), ["topics: -: -: cannot be read"]),
    ("no folder", lambda k: shutil.rmtree(k), ["SIGNPOST_KNOWLEDGE"]),
    ("a half-written file", cut_in_the_middle, [f"{BABIES}: safe-sleep", "is missing", f"({BABIES} line 4)"]),
    ("a file cut within quotes", cut_within_quotes, ["contacts.yaml", "a quotation mark is opened", "line 17"]),
    (
        "a card too long",
        lambda k: edit(k, BABIES, "Ask to see", "Ask again and write it down. " * 40 + "Ask to see"),
        [f"{BABIES}: safe-sleep: steps", "1,000 fit a phone screen", f"({BABIES} line 9)"],
    ),
    (
        "an odd value",
        lambda k: edit(k, BABIES, "act: routine", "act: soon"),
        [f"{BABIES}: safe-sleep: act: is 'soon'", f"({BABIES} line 6)"],
    ),
    (
        "a reference to nothing",
        lambda k: edit(k, ACT_NOW, "see_also: [front-door-consultation]", "see_also: [nothing]"),
        [f"{ACT_NOW}: immediate-danger: see_also", f"({ACT_NOW} line 48)"],
    ),
    (
        "a danger sentence that is not seen",
        lambda k: edit(k, "danger.yaml", "- the baby bleeds from the ear", "- where do I park"),
        ["danger.yaml: child-bleeding: must_fire", "(danger.yaml line 12)"],
    ),
]


@pytest.mark.parametrize(("break_it", "named"), [row[1:] for row in BREAKS], ids=[row[0] for row in BREAKS])
def test_a_broken_folder_is_refused_with_file_and_line_and_nothing_is_written(
    small_knowledge: Path, data: Path, published: str, break_it: Callable[[Path], object], named: list[str]
) -> None:
    break_it(small_knowledge)
    before = contents(data)
    with pytest.raises(PublishError) as caught:
        publish(small_knowledge, data, LATER)
    said = str(caught.value)
    assert "not published" in said
    assert "what was live stays live" in said
    assert any(all(part in line for part in named) for line in said.splitlines()), said
    assert contents(data) == before
    assert live(data) == published


def test_a_broken_folder_is_refused_when_nothing_is_live_yet(small_knowledge: Path, data: Path) -> None:
    edit(small_knowledge, BABIES, "act: routine", "act: soon")
    with pytest.raises(PublishError, match="line 6"):
        publish(small_knowledge, data, AT)
    assert live(data) is None
    assert not list(data.glob("matcher-*"))
    edit(small_knowledge, BABIES, "act: soon", "act: routine")
    assert publish(small_knowledge, data, LATER).before is None


def test_every_fault_is_told_at_once_but_not_a_screen_too_many(small_knowledge: Path, data: Path) -> None:
    text = (small_knowledge / ACT_NOW).read_text(encoding="utf-8")
    (small_knowledge / ACT_NOW).write_text(text.replace("evidence: ", "evidence: un"), encoding="utf-8")
    edit(small_knowledge, "contacts.yaml", '"03000 41 11 11"', "03000411111")
    with pytest.raises(PublishError) as caught:
        publish(small_knowledge, data, AT)
    lines = str(caught.value).splitlines()
    assert any("front-door: phone" in line for line in lines)
    assert len([line for line in lines if ACT_NOW in line]) > 3
    assert len(lines) <= 22


@settings(max_examples=12, deadline=None)
@given(share=st.floats(0, 0.999))
def test_of_a_file_cut_anywhere_all_that_was_checked_is_published_or_nothing(
    share: float, tmp_path_factory: pytest.TempPathFactory, already_published: Path
) -> None:
    base = tmp_path_factory.mktemp("cut")
    folder, data = base / "knowledge", base / "data"
    shutil.copytree(SMALL_KNOWLEDGE, folder)
    shutil.copytree(already_published, data)
    whole = (folder / BABIES).read_bytes()
    (folder / BABIES).write_bytes(whole[: int(len(whole) * share)])
    before = live(data)
    try:
        done = publish(folder, data, LATER)
    except PublishError as error:
        assert BABIES in str(error)
        assert live(data) == before
    else:
        assert versions_in(data).files(done.version) == contents(folder)


# A disk that cannot be written


def connecting_with(monkeypatch: pytest.MonkeyPatch, prepare: Callable[[sqlite3.Connection], object]) -> None:
    connect = sqlite3.connect

    def prepared(*arguments: Any, **options: Any) -> Any:
        connection = connect(*arguments, **options)
        prepare(connection)
        return connection

    monkeypatch.setattr(sqlite3, "connect", prepared)


def as_full(connection: sqlite3.Connection) -> None:
    ((pages,),) = connection.execute("PRAGMA page_count")
    connection.execute(f"PRAGMA max_page_count = {max(1, pages)}")


def as_read_only(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA query_only = on")


@pytest.mark.parametrize(("prepare", "reason"), [(as_full, "full"), (as_read_only, "readonly")])
def test_a_disk_that_cannot_be_written_is_one_line_and_what_was_live_stays_live(
    small_knowledge: Path,
    data: Path,
    published: str,
    monkeypatch: pytest.MonkeyPatch,
    prepare: Callable[[sqlite3.Connection], object],
    reason: str,
) -> None:
    edit(small_knowledge, "contacts.yaml", NOTE, " ".join(f"{number:x}" for number in range(7**5, 7**5 + 2000)))
    with monkeypatch.context() as patch:
        connecting_with(patch, prepare)
        with pytest.raises(PublishError) as caught:
            publish(small_knowledge, data, LATER)
    assert str(data / "versions.db") in one_line(caught.value)
    assert reason in str(caught.value)
    assert live(data) == published
    assert publish(small_knowledge, data, LATER).before == published


@pytest.mark.parametrize(("prepare", "reason"), [(as_full, "full"), (as_read_only, "readonly")])
def test_a_first_publish_on_such_a_disk_is_one_line(
    data: Path, monkeypatch: pytest.MonkeyPatch, prepare: Callable[[sqlite3.Connection], object], reason: str
) -> None:
    connecting_with(monkeypatch, prepare)
    with pytest.raises(PublishError) as caught:
        publish(SMALL_KNOWLEDGE, data, AT)
    assert str(data / "versions.db") in one_line(caught.value)
    assert reason in str(caught.value)


def test_a_roll_back_on_a_read_only_disk_is_one_line(
    data: Path, published: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    connecting_with(monkeypatch, as_read_only)
    with pytest.raises(PublishError, match="readonly") as caught:
        roll_back(data, published, LATER)
    assert str(data / "versions.db") in one_line(caught.value)


@pytest.mark.parametrize("below", [".", "data"])
def test_a_data_folder_that_is_a_file_is_one_line(tmp_path: Path, below: str) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(PublishError) as caught:
        publish(SMALL_KNOWLEDGE, tmp_path / "file" / below, AT)
    assert str(tmp_path / "file") in one_line(caught.value)


def test_what_was_learnt_and_cannot_be_kept_stops_a_publish_with_one_line(
    small_knowledge: Path, data: Path, published: str
) -> None:
    edit(small_knowledge, BABIES, "- lullaby advice", "- night light for a nursery room")
    knowledge = read_knowledge(small_knowledge).knowledge
    assert knowledge is not None
    (data / f"matcher-{digest(matcher_examples(knowledge), knowledge.lexicon)}.npz").mkdir()
    with pytest.raises(PublishError, match="cannot be kept") as caught:
        publish(small_knowledge, data, LATER)
    assert str(data) in one_line(caught.value)
    assert live(data) == published
    assert not list(data.glob("*.tmp"))


def test_a_damaged_file_of_versions_is_one_line_that_says_what_to_do(data: Path, published: str) -> None:
    (data / "versions.db").write_bytes(b"no database at all, but long enough to be looked at" * 99)
    for attempt in (lambda: publish(SMALL_KNOWLEDGE, data, LATER), lambda: roll_back(data, published, LATER)):
        with pytest.raises(PublishError, match="move the file away") as caught:
            attempt()
        assert str(data / "versions.db") in one_line(caught.value)


# Two at once, and killed half-way


@pytest.fixture
def half_way(small_knowledge: Path, data: Path, published: str) -> Iterator[subprocess.Popen[bytes]]:
    """Have `signpost publish` stand still half-way in another process: one of the files is a pipe without a word."""
    pipe = small_knowledge / BABIES
    pipe.unlink()
    os.mkfifo(pipe)
    environ = {**os.environ, "SIGNPOST_KNOWLEDGE": str(small_knowledge), "SIGNPOST_DATA": str(data)}
    command = [sys.executable, "-m", "bot", "publish"]
    with (
        ThreadPoolExecutor(1) as pool,
        subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process,
    ):
        begun = pool.submit(lambda: pipe.open("wb", buffering=0))  # returns once the other side reads
        try:
            with begun.result(timeout=30):
                yield process
        finally:
            process.kill()
            os.close(os.open(pipe, os.O_RDONLY | os.O_NONBLOCK))


def test_a_second_publish_or_roll_back_is_turned_away_and_works_once_the_first_is_gone(
    half_way: subprocess.Popen[bytes], data: Path, published: str
) -> None:
    for attempt in (lambda: publish(SMALL_KNOWLEDGE, data, LATER), lambda: roll_back(data, published, LATER)):
        with pytest.raises(PublishError, match="somebody else is publishing") as caught:
            attempt()
        assert "try again" in one_line(caught.value)
    assert live(data) == published
    half_way.send_signal(signal.SIGKILL)
    assert half_way.wait() == -signal.SIGKILL
    assert live(data) == published
    assert len(versions_in(data).publications()) == 1
    assert publish(SMALL_KNOWLEDGE, data, LATER).before == published


# Rolling back


def store(data: Path, files: dict[str, bytes]) -> str:
    """Publish files as a program of another time may have done; return their version."""
    version = read_files(files).version
    with versions_in(data).publishing() as publisher:
        publisher.publish(version, files, 3, "digest", AT)
    return version


def in_another_form() -> dict[str, bytes]:
    files = contents(SMALL_KNOWLEDGE)
    files[BABIES] = files[BABIES].replace(b"act: routine", b"act: routine\n    pace: slow")
    return files


@pytest.mark.parametrize("letters", [8, 7, 3])
def test_a_version_is_live_again_by_its_name_or_its_first_letters(
    small_knowledge: Path, data: Path, published: str, letters: int
) -> None:
    edit(small_knowledge, "contacts.yaml", NOTE, "ask for the form by phone")
    newer = publish(small_knowledge, data, AT).version
    done = roll_back(data, published[:letters], LATER)
    assert (done.version, done.before, done.entries) == (published, newer, 3)
    assert live(data) == published
    assert [(one.version, one.kind) for one in versions_in(data).publications()] == [
        (published, "rollback"),
        (newer, "publish"),
        (published, "publish"),
    ]
    assert roll_back(data, newer, LATER).before == published


@pytest.mark.parametrize("version", ["00000000", "not-a-version", "", "%", "HEAD"])
def test_what_was_never_published_cannot_be_returned_to(data: Path, published: str, version: str) -> None:
    before = contents(data)
    with pytest.raises(PublishError, match="never published here: 'signpost versions' lists those that were"):
        roll_back(data, version, LATER)
    assert contents(data) == before


def test_where_nothing_was_published_there_is_nothing_to_return_to(data: Path) -> None:
    with pytest.raises(PublishError, match="never published here"):
        roll_back(data, "e2b8e29e", AT)
    assert not data.exists()


def test_letters_that_two_versions_begin_with_are_not_said_to_name_none(data: Path, published: str) -> None:
    with versions_in(data).publishing() as publisher:
        publisher.publish(f"{published[:3]}fffff", {}, 0, "digest", AT)
    with pytest.raises(PublishError) as caught:
        roll_back(data, published[:3], LATER)
    assert "never published" not in str(caught.value)


def test_a_version_of_another_form_is_refused_and_nothing_changes(data: Path, published: str) -> None:
    other = store(data, in_another_form())
    publish(SMALL_KNOWLEDGE, data, AT)
    before = contents(data)
    with pytest.raises(PublishError, match="another form than this program reads") as caught:
        roll_back(data, other, LATER)
    assert f"{BABIES}: safe-sleep: pace" in one_line(caught.value)
    assert contents(data) == before
    assert live(data) == published


def test_a_damaged_version_is_refused_and_nothing_changes(small_knowledge: Path, data: Path, published: str) -> None:
    edit(small_knowledge, "contacts.yaml", NOTE, "ask for the form by phone")
    newer = publish(small_knowledge, data, AT).version
    damage(data, published)
    before = contents(data)
    with pytest.raises(PublishError, match="damaged") as caught:
        roll_back(data, published, LATER)
    assert one_line(caught.value)
    assert contents(data) == before
    assert live(data) == newer


def damage(data: Path, version: str) -> None:
    """Damage what is kept of a version."""
    with closing(sqlite3.connect(data / "versions.db")) as connection, connection:
        connection.execute("UPDATE version SET files = substr(files, 1, 2000) WHERE version = ?", [version])


# The commands


@pytest.fixture
def command(small_knowledge: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Have commands work on the copy of the small knowledge and a data folder of their own; return the folder."""
    for name in ("WATCH", "ADMINS", "CARD_LINK", "TELEGRAM_TOKEN", "TELEGRAM_BASE_URL", "SECRET"):
        monkeypatch.delenv(f"SIGNPOST_{name}", raising=False)
    monkeypatch.setenv("SIGNPOST_KNOWLEDGE", str(small_knowledge))
    monkeypatch.setenv("SIGNPOST_DATA", str(data))
    monkeypatch.setattr(os, "nice", lambda by: 0)
    monkeypatch.chdir(tmp_path)
    return small_knowledge


def test_the_commands_tell_what_they_did(command: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def said(*arguments: str) -> str:
        assert main(arguments) == 0
        return capsys.readouterr().out

    assert "nothing is published yet" in said("versions")
    first = said("publish")
    assert "3 entries; nothing before" in first
    old = first.split()[2].strip(",")
    assert "it was live already" in said("publish")
    edit(command, "contacts.yaml", NOTE, "ask for the form by phone")
    second = said("publish")
    assert f"version {old} before" in second
    new = second.split()[2].strip(",")
    listed = said("versions").splitlines()
    assert [line.split()[0] for line in listed] == [new, old, old]
    assert [line.endswith("live") for line in listed] == [True, False, False]
    assert said("rollback", old[:4]) == f"version {old}, 3 entries, is live again; version {new} was until now\n"
    assert said("versions").splitlines()[0].split()[0] == old


def test_a_refused_publish_ends_with_1_and_names_file_and_line(
    command: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(command, BABIES, "act: routine", "act: soon")
    assert main(["publish"]) == 1
    captured = capsys.readouterr()
    assert f"({BABIES} line 6)" in captured.err
    assert not captured.out


def test_a_data_folder_that_is_a_file_ends_a_publish_with_one_line(
    command: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("SIGNPOST_DATA", str(tmp_path / "file"))
    assert main(["publish"]) == 1
    assert len(capsys.readouterr().err.splitlines()) == 1


# Starting


def not_wanted() -> None:
    pytest.fail("there is a live version, so nothing is to be published")


def break_one_entry(folder: Path) -> None:
    edit(folder, BABIES, "act: routine", "act: soon")


@pytest.mark.parametrize(
    "change",
    [break_one_entry, cut_in_the_middle, shutil.rmtree, lambda k: edit(k, "contacts.yaml", NOTE, "changed meanwhile")],
    ids=["one fault", "half-written", "deleted", "changed and sound"],
)
def test_after_a_restart_the_live_version_is_served_whatever_became_of_the_folder(
    small_knowledge: Path,
    data: Path,
    published: str,
    caplog: pytest.LogCaptureFixture,
    change: Callable[[Path], object],
) -> None:
    change(small_knowledge)
    knowledge = knowledge_to_serve(small_knowledge, data, LATER, not_wanted)
    assert knowledge.version == published
    assert len(knowledge.entries) == 3
    assert len(versions_in(data).publications()) == 1
    assert [f"serving version {published}" in record.message for record in caplog.records] == [True]


def test_a_start_on_an_unchanged_folder_says_nothing(
    data: Path, published: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert knowledge_to_serve(SMALL_KNOWLEDGE, data, LATER, not_wanted).version == published
    assert not caplog.records


def test_the_first_start_publishes_after_it_has_said_so(small_knowledge: Path, data: Path) -> None:
    said: list[str | None] = []
    knowledge = knowledge_to_serve(small_knowledge, data, AT, lambda: said.append(live(data)))
    assert said == [None]
    assert knowledge.version == live(data) == read_knowledge(small_knowledge).version


def test_a_first_start_on_a_folder_with_faults_answers_from_what_is_sound(
    small_knowledge: Path, data: Path, caplog: pytest.LogCaptureFixture
) -> None:
    edit(small_knowledge, "follow-ups.yaml", "show: more", "show: less")
    knowledge = knowledge_to_serve(small_knowledge, data, AT, lambda: None)
    assert len(knowledge.entries) == 3
    assert live(data) is None
    answer = answering_from(knowledge, data).answer(Question("co-sleeping after drinking", AT, "test", STRANGER))
    assert answer.entry == "safe-sleep"
    assert any("not published, 1 fault" in record.message for record in caplog.records)
    assert any("left out until it is mended: follow-ups.yaml" in record.message for record in caplog.records)


def test_a_first_start_on_a_folder_with_nothing_sound_names_the_first_fault(small_knowledge: Path, data: Path) -> None:
    (small_knowledge / "partnership.yaml").unlink()
    with pytest.raises(KnowledgeError, match="partnership.yaml"):
        knowledge_to_serve(small_knowledge, data, AT, lambda: None)


def test_a_first_start_while_somebody_else_publishes_answers_from_the_folder(data: Path) -> None:
    with versions_in(data).publishing():
        assert len(knowledge_to_serve(SMALL_KNOWLEDGE, data, AT, lambda: None).entries) == 3


@pytest.mark.parametrize("damaged", ["the file", "the version", "another form", "the data folder"])
def test_where_no_version_can_be_read_a_start_answers_from_the_folder(
    data: Path, published: str, caplog: pytest.LogCaptureFixture, damaged: str
) -> None:
    match damaged:
        case "the file":
            (data / "versions.db").write_bytes(b"no database" * 999)
        case "the version":
            damage(data, published)
        case "another form":
            store(data, in_another_form())
        case "the data folder":
            shutil.rmtree(data)
            data.write_text("")
    assert knowledge_to_serve(SMALL_KNOWLEDGE, data, LATER, lambda: None).version == published
    assert any("no published version can be served" in record.message for record in caplog.records)


def test_a_first_publish_killed_before_its_tables_were_made_is_made_good_by_the_next_start(data: Path) -> None:
    data.mkdir()
    (data / "versions.db").touch()
    knowledge_to_serve(SMALL_KNOWLEDGE, data, AT, lambda: None)
    assert live(data) == read_knowledge(SMALL_KNOWLEDGE).version


# Trying out a folder


def test_a_sound_folder_is_tried_as_it_is(small_knowledge: Path, data: Path, published: str) -> None:
    edit(small_knowledge, "contacts.yaml", NOTE, "ask for the form by phone")
    knowledge = knowledge_to_try(small_knowledge, data)
    assert knowledge.contacts["childrens-portal"].note == "ask for the form by phone"
    assert live(data) == published


@pytest.mark.parametrize("change", [break_one_entry, cut_in_the_middle, shutil.rmtree])
def test_where_the_folder_has_faults_the_live_version_is_tried_and_each_fault_told(
    small_knowledge: Path,
    data: Path,
    published: str,
    caplog: pytest.LogCaptureFixture,
    change: Callable[[Path], object],
) -> None:
    change(small_knowledge)
    assert knowledge_to_try(small_knowledge, data).version == published
    problems = read_knowledge(small_knowledge).problems
    assert problems
    assert [record.message for record in caplog.records] == [
        f"the last published version answers until this is mended: {problem}" for problem in problems
    ]


@pytest.mark.parametrize("has_damaged_versions", [False, True])
def test_where_no_version_can_be_read_what_is_sound_of_the_folder_is_tried(
    small_knowledge: Path, data: Path, has_damaged_versions: bool
) -> None:
    if has_damaged_versions:
        data.mkdir()
        (data / "versions.db").write_bytes(b"no database" * 999)
    edit(small_knowledge, "follow-ups.yaml", "show: more", "show: less")
    assert len(knowledge_to_try(small_knowledge, data).entries) == 3


def test_without_a_folder_and_without_a_version_the_setting_is_named(small_knowledge: Path, data: Path) -> None:
    shutil.rmtree(small_knowledge)
    with pytest.raises(KnowledgeError, match="SIGNPOST_KNOWLEDGE"):
        knowledge_to_try(small_knowledge, data)


def test_the_served_version_answers_in_its_own_words(small_knowledge: Path, data: Path, published: str) -> None:
    edit(small_knowledge, BABIES, "title: Safer sleep for a baby", "title: Other words")
    answering = answering_from(knowledge_to_serve(small_knowledge, data, LATER, not_wanted), data)
    said = words(answering.answer(Question("co-sleeping after drinking", AT, "test", STRANGER)).reply)
    assert "Safer sleep for a baby" in said
    assert f"Answer safe-sleep/{published}" in said
