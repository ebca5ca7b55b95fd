"""The secret key is private, whole and made once; pseudonyms cannot be mistaken for one another."""

from __future__ import annotations

import logging
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import SettingsError
from bot.usage.keys import KEY_BYTES, KEY_FILE, pseudonym, secret_key

ROOT = Path(__file__).resolve().parent.parent


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_environments_key_is_used_and_nothing_is_written(tmp_path: Path) -> None:
    assert secret_key(tmp_path / "data", "k" * 32) == b"k" * 32
    assert not (tmp_path / "data").exists()


def test_a_short_key_is_used_with_a_warning_that_does_not_hold_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert secret_key(tmp_path, "hunter2") == b"hunter2"
    assert len(caplog.records) == 1 and "hunter2" not in caplog.text


@pytest.mark.parametrize("given", [None, ""])
def test_the_first_run_makes_a_key_that_later_runs_read(tmp_path: Path, given: str | None) -> None:
    first = secret_key(tmp_path / "data", given)
    assert len(first) == KEY_BYTES
    assert secret_key(tmp_path / "data", given) == first


def test_only_the_owner_can_read_the_key_and_enter_the_folder(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        secret_key(tmp_path / "data", None)
    finally:
        os.umask(before)
    assert mode(tmp_path / "data") == 0o700
    assert mode(tmp_path / "data" / KEY_FILE) == 0o600


def test_making_a_key_leaves_no_other_file(tmp_path: Path) -> None:
    secret_key(tmp_path, None)
    assert [path.name for path in tmp_path.iterdir()] == [KEY_FILE]


def test_a_key_that_others_can_read_is_used_with_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    key = secret_key(tmp_path, None)
    (tmp_path / KEY_FILE).chmod(0o644)
    assert secret_key(tmp_path, None) == key
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


@pytest.mark.parametrize(
    "content", [b"", b"k" * 31, b"k" * 33, bytes(32)], ids=["empty", "short", "long", "only zeros"]
)
def test_a_damaged_key_is_named_in_one_line_and_never_replaced(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / KEY_FILE
    path.write_bytes(content)
    with pytest.raises(SettingsError) as error:
        secret_key(tmp_path, None)
    assert str(path) in str(error.value) and "backup" in str(error.value) and "\n" not in str(error.value)
    assert path.read_bytes() == content


def test_a_folder_in_the_keys_place_is_named(tmp_path: Path) -> None:
    (tmp_path / KEY_FILE).mkdir()
    with pytest.raises(SettingsError, match=r"secret\.key.*SIGNPOST_DATA.*SIGNPOST_SECRET"):
        secret_key(tmp_path, None)


def test_a_data_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(SettingsError, match=r"file.*data.*SIGNPOST_SECRET"):
        secret_key(tmp_path / "file" / "data", None)


def test_processes_that_start_at_once_agree_on_one_key(tmp_path: Path) -> None:
    program = (
        "import pathlib, sys; from bot.usage.keys import secret_key; sys.stdin.readline(); "
        "print(secret_key(pathlib.Path(sys.argv[1]), None).hex())"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "data")]
    processes = [
        subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(4)
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    keys = {process.communicate()[0].strip() for process in processes}
    assert keys == {secret_key(tmp_path / "data", None).hex()}


def test_being_killed_before_the_key_has_its_name_leaves_none(tmp_path: Path) -> None:
    program = (
        "import os, pathlib, sys\n"
        "from bot.usage.keys import secret_key\n"
        "sys.addaudithook(lambda event, args: os._exit(9) if event == 'os.link' else None)\n"
        "secret_key(pathlib.Path(sys.argv[1]), None)\n"
    )
    killed = subprocess.run([sys.executable, "-c", program, str(tmp_path)], cwd=ROOT)
    assert killed.returncode == 9
    assert not (tmp_path / KEY_FILE).exists()
    assert len(secret_key(tmp_path, None)) == KEY_BYTES


def test_a_pseudonym_is_the_same_while_the_key_is() -> None:
    assert pseudonym(b"key", "telegram", "1") == pseudonym(b"key", "telegram", "1")
    assert pseudonym(b"key", "telegram", "1") != pseudonym(b"other", "telegram", "1")


NAMES = st.text("a:1", max_size=3)


@given(NAMES, NAMES, NAMES, NAMES)
def test_two_users_never_share_a_pseudonym(channel: str, user: str, other_channel: str, other_user: str) -> None:
    same = (channel, user) == (other_channel, other_user)
    assert (pseudonym(b"k", channel, user) == pseudonym(b"k", other_channel, other_user)) is same


@pytest.mark.parametrize(
    ("one", "other"), [(("a", "b:c"), ("a:b", "c")), (("", "1:a"), ("1:a", "")), (("a", ""), ("", "a"))]
)
def test_channel_and_user_are_not_run_together(one: tuple[str, str], other: tuple[str, str]) -> None:
    assert pseudonym(b"k", *one) != pseudonym(b"k", *other)


@given(st.text(st.characters()))
def test_a_pseudonym_is_32_hexadecimal_digits_whatever_the_user_is_called(user: str) -> None:
    code = pseudonym(b"k", "web", user)
    assert len(code) == 32 and set(code) <= set("0123456789abcdef")
