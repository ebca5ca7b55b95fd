"""What the environment says about publishing, administrators and links; and the schemas that editors are given."""

from __future__ import annotations

import errno
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cli import main
from bot.errors import SchemaError, SettingsError
from bot.knowledge.schemas import schemas, write_schemas
from bot.settings import Settings, read_settings
from tests.conftest import SMALL_KNOWLEDGE

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


# SIGNPOST_WATCH


@pytest.mark.parametrize(("value", "on"), [("on", True), ("ON", True), ("off", False), ("Off", False), ("", False)])
def test_watching_is_on_or_off_and_off_unless_asked_for(value: str, on: bool) -> None:
    assert read_settings({"SIGNPOST_WATCH": value}).watch is on
    assert Settings().watch is False


@pytest.mark.parametrize("value", ["yes", "1", "true", "onn", "on off"])
def test_what_is_neither_on_nor_off_is_refused(value: str) -> None:
    with pytest.raises(SettingsError, match=f"^SIGNPOST_WATCH: '{value}' is neither 'on' nor 'off'$"):
        read_settings({"SIGNPOST_WATCH": value})


# SIGNPOST_ADMINS


@pytest.mark.parametrize(
    ("value", "admins"),
    [
        ("", ()),
        ("77", (77,)),
        ("77,78", (77, 78)),
        (" 77 , 5123456789 ,", (77, 5_123_456_789)),
    ],
)
def test_administrators_are_user_ids_with_commas_between(value: str, admins: tuple[int, ...]) -> None:
    assert read_settings({"SIGNPOST_ADMINS": value}).admins == admins


@pytest.mark.parametrize("value", ["@jo", "77 78", "77;78", "-100200", "7.7", "\N{FULLWIDTH DIGIT SEVEN}", "77,jo"])
def test_what_is_no_user_id_is_refused_with_the_one_that_is_wrong(value: str) -> None:
    wrong = value.split(",")[-1]
    with pytest.raises(SettingsError) as refused:
        read_settings({"SIGNPOST_ADMINS": value})
    assert str(refused.value) == (
        f"SIGNPOST_ADMINS: '{wrong}' is no Telegram user id: give numbers, with commas between them"
    )


@given(ids=st.lists(st.integers(0, 2**52), max_size=6))
def test_any_user_ids_are_read_back(ids: list[int]) -> None:
    assert read_settings({"SIGNPOST_ADMINS": ", ".join(map(str, ids))}).admins == tuple(ids)


# SIGNPOST_CARD_LINK


@pytest.mark.parametrize(
    "value",
    ["https://t.me/a_bot?start={entry}", "http://127.0.0.1:8000/{entry}/", "https://{entry}.cards.example/?a=b#c"],
)
def test_a_card_link_is_an_address_with_the_place_of_the_id(value: str) -> None:
    assert read_settings({"SIGNPOST_CARD_LINK": value}).card_link == value


def test_without_a_card_link_there_is_none() -> None:
    assert read_settings({}).card_link is None
    assert read_settings({"SIGNPOST_CARD_LINK": ""}).card_link is None


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("https://t.me/a_bot", id="no place for the id"),
        pytest.param("https://t.me/a_bot?start={ENTRY}", id="another name"),
        pytest.param("https://t.me/a_bot?start={}", id="no name"),
        pytest.param("t.me/a_bot?start={entry}", id="no scheme"),
        pytest.param("javascript:alert('{entry}')", id="a script"),
        pytest.param("tg://resolve?domain=a_bot&start={entry}", id="no web page"),
        pytest.param("{entry}", id="the id alone"),
        pytest.param("http://[::1/{entry}", id="an open bracket"),
    ],
)
def test_what_leads_to_no_card_is_refused(value: str) -> None:
    with pytest.raises(SettingsError, match=r"^SIGNPOST_CARD_LINK: '.*' is no address with \{entry\} in it, such as"):
        read_settings({"SIGNPOST_CARD_LINK": value})


@pytest.mark.parametrize("name", ["WATCH", "ADMINS", "CARD_LINK"])
@given(value=TEXT)
def test_any_value_is_taken_or_refused_in_one_line(name: str, value: str) -> None:
    try:
        read_settings({f"SIGNPOST_{name}": value})
    except SettingsError as refused:
        assert str(refused).startswith(f"SIGNPOST_{name}: ")


def test_a_setting_that_cannot_be_used_stops_a_command_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SIGNPOST_WATCH", "perhaps")
    assert main(["versions"]) == 1
    assert capsys.readouterr().err == "signpost: SIGNPOST_WATCH: 'perhaps' is neither 'on' nor 'off'\n"


def test_they_may_stand_in_the_env_file(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("SIGNPOST_WATCH=on\nSIGNPOST_ADMINS=77, 78\nSIGNPOST_CARD_LINK='https://x.example/{entry}'\n")
    expected = Settings(watch=True, admins=(77, 78), card_link="https://x.example/{entry}")
    assert read_settings({}, file) == expected


# signpost schema


@pytest.fixture
def here(tmp_path: Path, small_knowledge: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SIGNPOST_KNOWLEDGE", str(small_knowledge))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_schema_writes_one_file_for_each_kind_of_knowledge_file(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", "made/for/editors"]) == 0
    folder = here / "made" / "for" / "editors"
    written = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in folder.iterdir()}
    assert written == schemas()
    assert len(capsys.readouterr().out.splitlines()) == len(written)
    kinds = {"topics" if path.parent != SMALL_KNOWLEDGE else path.stem for path in SMALL_KNOWLEDGE.rglob("*.yaml")}
    assert written.keys() == kinds


def test_schema_writes_beside_the_knowledge_unless_told_otherwise(here: Path) -> None:
    assert main(["schema"]) == 0
    assert len(list((here / "knowledge" / "schemas").glob("*.json"))) == len(schemas())
    assert main(["check"]) == 0


def test_schemas_of_before_are_written_over(here: Path) -> None:
    path = here / "made" / "lexicon.json"
    path.parent.mkdir()
    path.write_text("old" * 100_000, encoding="utf-8")
    assert main(["schema", "made"]) == 0
    assert json.loads(path.read_text(encoding="utf-8")) == schemas()["lexicon"]


@pytest.mark.parametrize("folder", ["file", "file/within"])
def test_a_folder_that_cannot_be_written_is_one_line(
    here: Path, folder: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "file").touch()
    assert main(["schema", folder]) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith(f"signpost: {folder}/") and ": cannot be written: " in line


@pytest.mark.parametrize("fails", ["write_bytes", "replace"])
def test_a_full_disk_leaves_no_half_of_a_schema(here: Path, monkeypatch: pytest.MonkeyPatch, fails: str) -> None:
    write_schemas(here / "made")
    before = {path: path.read_bytes() for path in (here / "made").iterdir()}

    def full(self: Path, *arguments: object, **named: object) -> None:
        if fails == "write_bytes":
            self.write_text("{")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, fails, full)
    with pytest.raises(SchemaError, match=r"\.json: cannot be written: No space left on device$"):
        write_schemas(here / "made")
    assert {path: path.read_bytes() for path in (here / "made").iterdir()} == before
