"""The partnership's word is written into the YAML, with nothing else of it changed; and what still waits for it."""

from __future__ import annotations

import datetime as dt
import difflib
from pathlib import Path

import pytest

from bot.check.go_live import report, to_confirm
from bot.cli import main
from bot.errors import ConfirmError
from bot.knowledge.confirming import confirm
from bot.knowledge.loading import DEFAULT_FOLDER, TOPICS, load_knowledge
from bot.knowledge.model import CONFIRMABLE, Confirmation
from tests.conftest import ACT_NOW, BABIES, SMALL_KNOWLEDGE, edit
from tests.support import faults

DAY = dt.date(2026, 11, 20)
LATER = dt.date(2027, 11, 20)
ROLE = "Policy and procedures lead"


def added(before: str, after: str) -> list[str]:
    """Return the lines that changed, those gone with a minus before them."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0)
    return [line for line in lines if not line.startswith(("---", "+++", "@@"))]


def test_a_card_is_confirmed_in_one_line_and_nothing_else_changes(small_knowledge: Path) -> None:
    before = (small_knowledge / BABIES).read_text(encoding="utf-8")
    assert confirm(small_knowledge, "entry", "safe-sleep", ROLE, DAY) == small_knowledge / BABIES
    assert added(before, (small_knowledge / BABIES).read_text(encoding="utf-8")) == [
        f"+    confirmed: {{role: {ROLE}, on: 2026-11-20}}"
    ]
    assert load_knowledge(small_knowledge).entries["safe-sleep"].confirmed == Confirmation(role=ROLE, on=DAY)


def test_a_later_word_takes_the_place_of_the_earlier_one(small_knowledge: Path) -> None:
    confirm(small_knowledge, "entry", "safe-sleep", ROLE, DAY, LATER)
    before = (small_knowledge / BABIES).read_text(encoding="utf-8")
    confirm(small_knowledge, "entry", "safe-sleep", "Named nurse", dt.date(2026, 11, 21), LATER)
    assert added(before, (small_knowledge / BABIES).read_text(encoding="utf-8")) == [
        f"-    confirmed: {{role: {ROLE}, on: 2026-11-20}}",
        "+    confirmed: {role: Named nurse, on: 2026-11-21}",
    ]
    assert load_knowledge(small_knowledge).entries["safe-sleep"].review_by == LATER


@pytest.mark.parametrize(
    ("kind", "id_", "file"),
    [
        ("contact", "front-door", "contacts.yaml"),
        ("signpost", "adult-safeguarding", "signposts.yaml"),
        ("open-point", "front-door-hours", "open-points.yaml"),
        ("working-day", "working-day", "partnership.yaml"),
        ("template", "consultation-notes", "templates.yaml"),
        ("stage", "not-begun", "ladder.yaml"),
    ],
)
def test_contacts_signposts_open_points_the_working_day_texts_and_stages_are_confirmed_too(
    small_knowledge: Path, kind: str, id_: str, file: str
) -> None:
    before = (small_knowledge / file).read_text(encoding="utf-8")
    assert (kind, id_) in {(item.kind, item.id_) for item in to_confirm(load_knowledge(small_knowledge))}
    assert confirm(small_knowledge, kind, id_, ROLE, DAY) == small_knowledge / file
    [line] = added(before, (small_knowledge / file).read_text(encoding="utf-8"))
    assert line.strip("+ ") == f"confirmed: {{role: {ROLE}, on: 2026-11-20}}"
    assert faults(small_knowledge) == []
    assert (kind, id_) not in {(item.kind, item.id_) for item in to_confirm(load_knowledge(small_knowledge))}


REAL = load_knowledge()


@pytest.fixture
def real_folder(tmp_path: Path) -> Path:
    """Return a copy of the project's own knowledge folder, without its schemas."""
    folder = tmp_path / "knowledge"
    (folder / TOPICS).mkdir(parents=True)
    for path in DEFAULT_FOLDER.rglob("*.yaml"):
        (folder / path.relative_to(DEFAULT_FOLDER)).write_bytes(path.read_bytes())
    return folder


@pytest.mark.parametrize(("kind", "file"), [("template", "templates.yaml"), ("stage", "ladder.yaml")])
def test_a_real_text_or_stage_can_be_confirmed_with_its_file_kept_as_it_is(
    kind: str, file: str, real_folder: Path
) -> None:
    item = next(item for item in to_confirm(REAL) if item.kind == kind)
    before = (real_folder / file).read_text(encoding="utf-8")
    confirm(real_folder, kind, item.id_, ROLE, DAY)
    after = (real_folder / file).read_text(encoding="utf-8")
    assert added(before, after) == [f"+    confirmed: {{role: {ROLE}, on: 2026-11-20}}"]


@pytest.mark.parametrize("group", REAL.groups)
def test_any_real_card_can_be_confirmed_with_its_file_kept_as_it_is(group: str, real_folder: Path) -> None:
    folder = real_folder
    entry = REAL.in_group(group)[-1]
    file = folder / TOPICS / f"{group}.yaml"
    before = file.read_text(encoding="utf-8")
    confirm(folder, "entry", entry.id, ROLE, DAY)
    assert added(before, file.read_text(encoding="utf-8")) == [f"+    confirmed: {{role: {ROLE}, on: 2026-11-20}}"]


def test_windows_line_ends_stay(small_knowledge: Path) -> None:
    path = small_knowledge / BABIES
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    confirm(small_knowledge, "entry", "safe-sleep", ROLE, DAY)
    data = path.read_bytes()
    assert data.count(b"\n") == data.count(b"\r\n") > 20


@pytest.mark.parametrize(
    ("kind", "id_", "review_by", "said"),
    [
        ("entry", "no-such-card", None, "there is no entry 'no-such-card': see 'signpost check --go-live'"),
        ("contact", "safe-sleep", None, "there is no contact 'safe-sleep'"),
        ("working-day", "monday", None, "there is no working-day 'monday'"),
        ("entry", "safe-sleep", DAY, "review_by: 2026-11-20 is not after the day it was confirmed, 2026-11-20"),
        ("contact", "front-door", LATER, "front-door: review_by: is not a known field"),
    ],
)
def test_what_cannot_be_recorded_is_said_and_nothing_is_written(
    small_knowledge: Path, kind: str, id_: str, review_by: dt.date | None, said: str
) -> None:
    before = {path: path.read_bytes() for path in small_knowledge.rglob("*.yaml")}
    with pytest.raises(ConfirmError, match="nothing confirmed") as error:
        confirm(small_knowledge, kind, id_, ROLE, DAY, review_by)
    assert said in str(error.value)
    assert {path: path.read_bytes() for path in small_knowledge.rglob("*") if path.is_file()} == before


def test_an_empty_role_is_refused(small_knowledge: Path) -> None:
    with pytest.raises(ConfirmError, match="confirmed role: is empty"):
        confirm(small_knowledge, "entry", "safe-sleep", "", DAY)


def test_a_disk_that_is_full_loses_nothing(small_knowledge: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = (small_knowledge / BABIES).read_bytes()

    def full(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(ConfirmError, match="cannot be written: No space left on device"):
        confirm(small_knowledge, "entry", "safe-sleep", ROLE, DAY)
    assert (small_knowledge / BABIES).read_bytes() == before
    assert [path.name for path in (small_knowledge / TOPICS).iterdir() if path.suffix != ".yaml"] == []


def test_a_fault_elsewhere_does_not_stand_in_the_way(small_knowledge: Path) -> None:
    edit(small_knowledge, ACT_NOW, "act: now", "act: soon")
    confirm(small_knowledge, "entry", "safe-sleep", ROLE, DAY)
    assert "confirmed: {" in (small_knowledge / BABIES).read_text(encoding="utf-8")


# What waits.


def test_everything_waits_until_it_is_confirmed_then_nothing_does(small_knowledge: Path) -> None:
    waiting = to_confirm(load_knowledge(small_knowledge))
    assert {item.kind for item in waiting} == set(CONFIRMABLE)
    for item in waiting:
        confirm(small_knowledge, item.kind, item.id_, ROLE, DAY)
    assert to_confirm(load_knowledge(small_knowledge)) == []
    assert faults(small_knowledge) == []


def test_the_list_names_each_fact_number_address_and_hour_under_its_owner() -> None:
    knowledge = load_knowledge(SMALL_KNOWLEDGE)
    text = report(to_confirm(knowledge))
    missing = [s.text for entry in knowledge.entries.values() for s in entry.statements if s.text not in text]
    missing += [c.phone for c in knowledge.contacts.values() if c.phone and f"phone: {c.phone}" not in text]
    missing += [p.question for p in knowledge.open_points.values() if p.question not in text]
    assert missing == []
    assert "hours: 07:00 to 17:00" in text
    assert text.index("\nPartnership team\n") < text.index("entry safe-sleep") < text.index("\nFront Door\n")


def test_an_entrys_owner_comes_before_its_groups_and_the_team_looks_after_the_rest(small_knowledge: Path) -> None:
    edit(small_knowledge, BABIES, "order: 2", "order: 2\nowner: Health visiting lead")
    edit(small_knowledge, BABIES, "    act: routine", "    owner: Named nurse\n    act: routine")
    knowledge = load_knowledge(small_knowledge)
    entry = knowledge.entries["safe-sleep"]
    assert knowledge.owner_of(entry) == "Named nurse"
    assert knowledge.owner_of(entry.model_copy(update={"owner": None})) == "Health visiting lead"
    assert knowledge.owner_of(knowledge.entries["immediate-danger"]) == "Partnership team"


# The commands.


@pytest.fixture
def here(small_knowledge: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SIGNPOST_KNOWLEDGE", str(small_knowledge))
    return small_knowledge


def test_go_live_fails_while_anything_is_left(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check"]) == 0
    assert main(["check", "--go-live"]) == 1
    assert "things are left to confirm:" in capsys.readouterr().out
    for item in to_confirm(load_knowledge(here)):
        assert main(["confirm", item.id_, "--kind", item.kind, "--role", ROLE, "--on", "2026-11-20"]) == 0
    assert main(["check", "--go-live"]) == 0
    assert "nothing is left to confirm" in capsys.readouterr().out


def test_confirm_says_what_it_did(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["confirm", "safe-sleep", "--role", ROLE, "--on", "2026-11-20", "--review-by", "2027-11-20"]) == 0
    assert f"entry safe-sleep confirmed by {ROLE} on 2026-11-20" in capsys.readouterr().out


@pytest.mark.parametrize("on", ["soon", "2026-02-30", "20/11/2026"])
def test_what_is_no_date_is_refused(here: Path, on: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["confirm", "safe-sleep", "--role", ROLE, "--on", on])
    assert stop.value.code == 2
    assert "is no date such as 2027-01-15" in capsys.readouterr().err


def test_a_day_to_come_is_refused(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["confirm", "safe-sleep", "--role", ROLE, "--on", "2999-01-01"]) == 1
    assert "lies in the future" in capsys.readouterr().err
