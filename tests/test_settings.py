"""Settings come from the environment, a `.env` file and secret files; what cannot be used is one plain line."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import SettingsError
from bot.knowledge.loading import DEFAULT_FOLDER
from bot.settings import KNOWN, PREFIX, SECRETS, Settings, read_settings

TOKEN = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"


def test_an_empty_environment_gives_the_defaults() -> None:
    settings = read_settings({})
    assert settings == Settings()
    assert settings.knowledge == DEFAULT_FOLDER
    assert settings.telegram_token is None and settings.secret is None


def test_every_setting_is_read_from_the_environment() -> None:
    settings = read_settings(
        {
            "SIGNPOST_KNOWLEDGE": "/srv/knowledge",
            "SIGNPOST_DATA": "/srv/data",
            "SIGNPOST_TELEGRAM_TOKEN": TOKEN,
            "SIGNPOST_TELEGRAM_BASE_URL": "http://127.0.0.1:8081",
            "SIGNPOST_SECRET": "a long secret",
        }
    )
    assert settings.knowledge == Path("/srv/knowledge")
    assert settings.usage_log.parent == Path("/srv/data")
    assert settings.telegram_token == TOKEN
    assert settings.telegram_base_url == "http://127.0.0.1:8081"
    assert settings.secret == "a long secret"


def test_names_of_other_programs_are_passed_over() -> None:
    assert read_settings({"PATH": "/bin", "TELEGRAM_TOKEN": "x", "signpost_data": "y"}) == Settings()


@pytest.mark.parametrize("name", KNOWN)
def test_an_empty_value_is_as_good_as_none(name: str) -> None:
    assert read_settings({PREFIX + name: ""}) == Settings()


@pytest.mark.parametrize("name", ["SIGNPOST_TOKEN", "SIGNPOST_", "SIGNPOST_DATE", "SIGNPOST_data"])
def test_an_unknown_name_is_refused_with_the_known_ones(name: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name}: not a setting of Signpost; known: .*SIGNPOST_DATA"):
        read_settings({name: "x"})


# Secrets


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_may_come_from_a_file_whose_last_line_break_does_not_count(tmp_path: Path, name: str) -> None:
    file = tmp_path / "secret"
    file.write_text("from a file\n", encoding="utf-8")
    settings = read_settings({f"{PREFIX}{name}_FILE": str(file)})
    assert getattr(settings, name.lower()) == "from a file"


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_given_twice_is_refused_and_not_repeated(tmp_path: Path, name: str) -> None:
    file = tmp_path / "secret"
    file.write_text("from a file", encoding="utf-8")
    with pytest.raises(SettingsError, match="are both set: keep one of them") as refusal:
        read_settings({PREFIX + name: TOKEN, f"{PREFIX}{name}_FILE": str(file)})
    assert TOKEN not in str(refusal.value)


def test_a_missing_secret_file_is_named_with_its_setting(tmp_path: Path) -> None:
    file = tmp_path / "lost"
    with pytest.raises(SettingsError, match=r"^SIGNPOST_SECRET_FILE: .*lost cannot be read: No such file"):
        read_settings({"SIGNPOST_SECRET_FILE": str(file)})


def test_a_folder_in_place_of_a_secret_file_is_named_with_its_setting(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"^SIGNPOST_SECRET_FILE: .* cannot be read: Is a directory"):
        read_settings({"SIGNPOST_SECRET_FILE": str(tmp_path)})


def test_a_secret_file_that_is_no_text_is_refused_without_its_bytes(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_bytes(b"\xff\xfesecret")
    with pytest.raises(SettingsError, match="it is not UTF-8 text") as refusal:
        read_settings({"SIGNPOST_SECRET_FILE": str(file)})
    assert refusal.value.__cause__ is None and refusal.value.__suppress_context__


@pytest.mark.parametrize("content", ["", "\n", "  \n\n"])
def test_an_empty_secret_file_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "secret"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(SettingsError, match="is empty: put the secret in it"):
        read_settings({"SIGNPOST_SECRET_FILE": str(file)})


def test_no_secret_stands_in_the_settings_as_text() -> None:
    settings = read_settings({"SIGNPOST_TELEGRAM_TOKEN": TOKEN, "SIGNPOST_SECRET": "pepper and salt"})
    for shown in (repr(settings), str(settings), f"{settings}"):
        assert TOKEN not in shown and "pepper" not in shown


# The Bot API server


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("https://api.telegram.org", "https://api.telegram.org"),
        ("http://127.0.0.1:8081", "http://127.0.0.1:8081"),
        ("http://127.0.0.1:8081/", "http://127.0.0.1:8081"),
        ("http://[::1]:8081", "http://[::1]:8081"),
        ("https://bots.example/telegram//", "https://bots.example/telegram"),
    ],
)
def test_a_base_url_is_kept_without_a_slash_at_its_end(value: str, expected: str) -> None:
    assert read_settings({"SIGNPOST_TELEGRAM_BASE_URL": value}).telegram_base_url == expected


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("127.0.0.1:8081", id="no scheme"),
        pytest.param("localhost", id="a bare name"),
        pytest.param("ftp://127.0.0.1", id="another scheme"),
        pytest.param("http://", id="no host"),
        pytest.param("http:///bot", id="only a path"),
        pytest.param("http://[::1", id="an open bracket"),
        pytest.param("https://api.telegram.org?x=1", id="a query"),
        pytest.param("https://api.telegram.org#x", id="a fragment"),
        pytest.param("file:///etc/hosts", id="a file"),
    ],
)
def test_a_base_url_that_is_no_server_is_refused(value: str) -> None:
    with pytest.raises(SettingsError, match=r"^SIGNPOST_TELEGRAM_BASE_URL: .*is not the root of a server"):
        read_settings({"SIGNPOST_TELEGRAM_BASE_URL": value})


# The .env file


def env(tmp_path: Path, text: str) -> Path:
    file = tmp_path / ".env"
    file.write_text(text, encoding="utf-8")
    return file


@pytest.mark.parametrize(
    "line",
    [
        "SIGNPOST_SECRET=pepper",
        "SIGNPOST_SECRET = pepper",
        "  SIGNPOST_SECRET=pepper  ",
        "export SIGNPOST_SECRET=pepper",
        'SIGNPOST_SECRET="pepper"',
        "SIGNPOST_SECRET='pepper'",
        "# a comment\n\nSIGNPOST_SECRET=pepper\r\n",
        "OTHER=1\nSIGNPOST_SECRET=pepper",
    ],
)
def test_an_env_file_is_read(tmp_path: Path, line: str) -> None:
    assert read_settings({}, env(tmp_path, line)).secret == "pepper"


def test_a_value_in_an_env_file_may_hold_an_equals_sign(tmp_path: Path) -> None:
    assert read_settings({}, env(tmp_path, "SIGNPOST_SECRET=a=b==")).secret == "a=b=="


def test_the_environment_goes_before_the_env_file(tmp_path: Path) -> None:
    file = env(tmp_path, "SIGNPOST_DATA=/from/file\nSIGNPOST_SECRET=from file\n")
    settings = read_settings({"SIGNPOST_DATA": "/from/environment"}, file)
    assert settings.data == Path("/from/environment")
    assert settings.secret == "from file"


def test_a_missing_env_file_is_no_fault(tmp_path: Path) -> None:
    assert read_settings({}, tmp_path / ".env") == Settings()


def test_an_unknown_name_in_an_env_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"^SIGNPOST_COLOUR: not a setting"):
        read_settings({}, env(tmp_path, "SIGNPOST_COLOUR=red"))


def test_a_line_of_an_env_file_without_an_equals_sign_is_named_by_its_number(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"\.env: line 2: expected NAME=value"):
        read_settings({}, env(tmp_path, f"# ours\nSIGNPOST_TELEGRAM_TOKEN {TOKEN}\n"))


def test_a_bad_line_of_an_env_file_is_not_repeated(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as refusal:
        read_settings({}, env(tmp_path, TOKEN))
    assert TOKEN not in str(refusal.value)


def test_an_env_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_bytes(b"SIGNPOST_SECRET=\xff\xfe\n")
    with pytest.raises(SettingsError, match="cannot be read as UTF-8 text"):
        read_settings({}, file)


def test_an_env_file_saved_with_a_byte_order_mark_loses_no_line(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_bytes(b"\xef\xbb\xbfSIGNPOST_DATA=/x\n")
    assert read_settings({}, file).data == Path("/x")


def test_a_secret_of_the_environment_goes_before_the_same_secrets_file_in_the_env_file(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text(f"SIGNPOST_SECRET_FILE={tmp_path / 'none'}\n")
    assert read_settings({"SIGNPOST_SECRET": "s" * 32}, file).secret == "s" * 32


@pytest.mark.parametrize("name", ["DATA", "KNOWLEDGE", "TELEGRAM_BASE_URL"])
def test_only_secrets_may_come_from_a_file(name: str) -> None:
    with pytest.raises(SettingsError, match=f"SIGNPOST_{name}_FILE"):
        read_settings({f"SIGNPOST_{name}_FILE": "/x"})


@pytest.mark.parametrize(
    "value", ["http://host:99999", "http://h:x", "http://x:0", "http://a b", "http://@h", "http://u:hush@h"]
)
def test_a_base_url_no_bot_can_use_is_refused_and_no_password_repeated(value: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read_settings({"SIGNPOST_TELEGRAM_BASE_URL": value})
    assert "hush" not in str(refused.value)
