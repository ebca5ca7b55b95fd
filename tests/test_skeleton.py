"""`signpost new`: a whole entry to fill in, at the end of its topic file, and nothing else of the file touched."""

from __future__ import annotations

import datetime as dt
import errno
from pathlib import Path

import pytest

from bot.cli import main
from bot.errors import PublishError, SkeletonError
from bot.knowledge.loading import load_knowledge
from bot.knowledge.model import MIN_EXAMPLES, Entry
from bot.knowledge.skeleton import MAX_ID, write_skeleton
from bot.knowledge.yaml_file import read_mapping
from bot.publishing.publish import publish
from bot.publishing.published import versions_in
from tests.conftest import ACT_NOW, BABIES, edit
from tests.support import TODAY, TUESDAY_MORNING, faults

ID = "lost-property"


def write(folder: Path, id_: str = ID, group: str = "babies", on: dt.date = TODAY) -> Path:
    return write_skeleton(folder, id_, group, on)


def files(folder: Path) -> dict[Path, bytes]:
    """Return every file of a folder."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def filled_in(folder: Path, id_: str = ID) -> None:
    """Write the examples that are asked for, and have the other card name this one in turn."""
    subjects = ["umbrella", "satchel", "lunchbox", "scarf", "bicycle", "trumpet", "kettle", "ladder", "marble", "drum"]
    scenes = [f"{verb} {subject}" for subject in subjects for verb in ("mislaid", "somebody handed in my")]
    lines = "".join(f"        - {scene}\n" for scene in scenes)
    words = id_.replace("-", " ")
    edit(folder, BABIES, f"        - an example of how somebody would ask about {words}\n", lines)
    edit(
        folder,
        ACT_NOW,
        "    see_also: [immediate-danger, safe-sleep]",
        f"    see_also: [immediate-danger, safe-sleep, {id_}]",
    )


# What is written


def test_a_skeleton_holds_every_field_of_an_entry(small_knowledge: Path) -> None:
    path = write(small_knowledge)
    document, found = read_mapping(path.read_bytes())
    assert document is not None and found == []
    entry = document["entries"][-1]
    assert list(entry) == list(Entry.model_fields)
    assert entry["id"] == ID
    assert entry["changes"] == [{"on": TODAY, "what": "First version."}]


def test_what_stands_in_the_file_stays_byte_for_byte(small_knowledge: Path) -> None:
    with (small_knowledge / BABIES).open("a", encoding="utf-8") as file:
        file.write("    # the last word of somebody — keep it\n")
    before = files(small_knowledge)
    path = write(small_knowledge)
    after = files(small_knowledge)
    assert after.pop(path).startswith(before.pop(path))
    assert after == before


def test_a_file_without_a_line_end_at_its_end_gets_one(small_knowledge: Path) -> None:
    path = small_knowledge / BABIES
    path.write_bytes(path.read_bytes().rstrip())
    before = path.read_bytes()
    write(small_knowledge)
    assert path.read_bytes().startswith(before + f"\n  - id: {ID}\n".encode())


def test_windows_line_ends_stay(small_knowledge: Path) -> None:
    path = small_knowledge / BABIES
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    write(small_knowledge)
    data = path.read_bytes()
    assert data.count(b"\n") == data.count(b"\r\n")
    assert read_mapping(data)[1] == []


def test_the_first_card_of_a_group_can_be_written_too(small_knowledge: Path) -> None:
    assert write(small_knowledge, group="act-now") == small_knowledge / ACT_NOW


# What is left to do


def test_check_names_only_what_is_to_be_filled_in(small_knowledge: Path) -> None:
    write(small_knowledge)
    assert faults(small_knowledge) == [
        f"{BABIES}: {ID}: examples: 1 are too few to be found by: write {MIN_EXAMPLES} or more"
    ]


def test_a_skeleton_is_never_published(small_knowledge: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    before = publish(small_knowledge, data, TUESDAY_MORNING).version
    write(small_knowledge)
    with pytest.raises(PublishError, match="not published, 1 fault; what was live stays live"):
        publish(small_knowledge, data, TUESDAY_MORNING)
    live = versions_in(data).live()
    assert live is not None and live.version == before


def test_once_it_is_filled_in_it_is_sound(small_knowledge: Path) -> None:
    write(small_knowledge)
    filled_in(small_knowledge)
    assert faults(small_knowledge) == []
    assert load_knowledge(small_knowledge).entry_group[ID] == "babies"


def test_until_the_other_card_names_it_in_turn_check_says_so(small_knowledge: Path) -> None:
    write(small_knowledge)
    filled_in(small_knowledge)
    edit(small_knowledge, ACT_NOW, f", {ID}]", "]")
    [fault] = faults(small_knowledge)
    assert fault == f"{BABIES}: {ID}: see_also: 'front-door-consultation' does not name '{ID}' in turn: add it there"


@pytest.mark.parametrize("id_", ["a", "9", "a-1", "x" * MAX_ID])
def test_any_id_that_an_entry_may_have_will_do(small_knowledge: Path, id_: str) -> None:
    write(small_knowledge, id_)
    assert [line.split(": ")[:3] for line in faults(small_knowledge)] == [[BABIES, id_, "examples"]]


@pytest.mark.parametrize("id_", ["no", "on", "null", "1", "1e3", "2026-01-01"])
def test_an_id_that_yaml_would_read_as_something_else_is_an_id_all_the_same(small_knowledge: Path, id_: str) -> None:
    write(small_knowledge, id_)
    assert [line.split(": ")[:3] for line in faults(small_knowledge)] == [[BABIES, id_, "examples"]]


# What is refused, with nothing written


@pytest.mark.parametrize(
    ("id_", "group", "said"),
    [
        ("safe-sleep", "babies", r"^'safe-sleep' is taken by topics/babies\.yaml: choose another id$"),
        ("immediate-danger", "babies", r"^'immediate-danger' is taken by topics/act-now\.yaml"),
        (ID, "toddlers", "^there is no topic file 'toddlers': there are act-now, babies$"),
        (ID, "../contacts", r"^there is no topic file '\.\./contacts'"),
        ("Lost-Property", "babies", f"is no id: up to {MAX_ID} small letters, digits and hyphens"),
        ("lost property", "babies", "is no id"),
        ("lost--property", "babies", "is no id"),
        ("-lost", "babies", "is no id"),
        ("", "babies", "is no id"),
        ("verloren-ü", "babies", "is no id"),
        ("lost\n", "babies", "is no id"),
        ("x" * (MAX_ID + 1), "babies", "is no id"),
    ],
)
def test_what_cannot_be_added_is_said(small_knowledge: Path, id_: str, group: str, said: str) -> None:
    before = files(small_knowledge)
    with pytest.raises(SkeletonError, match=said):
        write(small_knowledge, id_, group)
    assert files(small_knowledge) == before


def test_an_id_is_taken_by_a_skeleton_that_nobody_has_filled_in_yet(small_knowledge: Path) -> None:
    write(small_knowledge)
    before = files(small_knowledge)
    for group in ("babies", "act-now"):
        with pytest.raises(SkeletonError, match=rf"^'{ID}' is taken by topics/babies\.yaml: choose another id$"):
            write(small_knowledge, group=group)
    assert files(small_knowledge) == before


def test_a_second_skeleton_does_not_wait_for_the_first_to_be_filled_in(small_knowledge: Path) -> None:
    write(small_knowledge)
    write(small_knowledge, "found-property")
    assert [line.split(": ")[1] for line in faults(small_knowledge)] == [ID, "found-property"]


def test_a_file_that_does_not_end_with_its_entries_is_left_alone(small_knowledge: Path) -> None:
    path = small_knowledge / BABIES
    title, _, rest = path.read_text(encoding="utf-8").partition("\n")
    path.write_text(f"{rest.rstrip()}\n{title}\n", encoding="utf-8")
    before = files(small_knowledge)
    with pytest.raises(SkeletonError, match="its last field is not 'entries', so nothing can be added"):
        write(small_knowledge)
    assert files(small_knowledge) == before


def test_knowledge_that_cannot_be_read_is_to_be_mended_first(small_knowledge: Path) -> None:
    (small_knowledge / "lexicon.yaml").write_text("filler: [", encoding="utf-8")
    with pytest.raises(SkeletonError, match="^the knowledge has faults: run 'signpost check' and mend them first$"):
        write(small_knowledge)


@pytest.mark.parametrize("fails", ["write_bytes", "replace"])
def test_a_full_disk_changes_nothing(small_knowledge: Path, monkeypatch: pytest.MonkeyPatch, fails: str) -> None:
    before = files(small_knowledge)

    def full(self: Path, *arguments: object) -> None:
        if fails == "write_bytes":
            self.touch()
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, fails, full)
    with pytest.raises(SkeletonError, match=r"babies\.yaml: cannot be written: No space left on device$"):
        write(small_knowledge)
    assert files(small_knowledge) == before


# The command


def test_the_command_says_where_the_skeleton_stands_and_what_comes_next(
    small_knowledge: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SIGNPOST_KNOWLEDGE", str(small_knowledge))
    monkeypatch.chdir(small_knowledge.parent)
    assert main(["new", ID, "--group", "babies"]) == 0
    said = f"{small_knowledge / BABIES}: {ID} added at the end; fill it in, then run 'signpost check'\n"
    assert capsys.readouterr().out == said
    assert main(["check"]) == 1
    assert f"{BABIES}: {ID}: examples: " in capsys.readouterr().out


def test_the_command_refuses_in_one_line(
    small_knowledge: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SIGNPOST_KNOWLEDGE", str(small_knowledge))
    monkeypatch.chdir(small_knowledge.parent)
    assert main(["new", "safe-sleep", "--group", "babies"]) == 1
    assert capsys.readouterr().err == "signpost: 'safe-sleep' is taken by topics/babies.yaml: choose another id\n"
