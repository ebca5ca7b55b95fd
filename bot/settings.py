"""Settings, read once from the environment (and a `.env` file) and passed on as an argument.

Every name begins with SIGNPOST_. A secret X may come from a file instead: SIGNPOST_X_FILE names it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from bot.errors import SettingsError
from bot.knowledge.loading import DEFAULT_FOLDER

PREFIX = "SIGNPOST_"
KNOWN = ("KNOWLEDGE", "DATA", "WATCH", "ADMINS", "CARD_LINK", "TELEGRAM_TOKEN", "TELEGRAM_BASE_URL", "SECRET")
SECRETS = ("TELEGRAM_TOKEN", "SECRET")


@dataclass(frozen=True, slots=True)
class Settings:
    """What the environment decides.

    `telegram_base_url` is the root of a Bot API server, without a slash at its end.
    `watch` publishes the knowledge folder whenever it changes. `admins` are the Telegram user ids of those who are told
    what came of it. `card_link` is the address of a card, with {entry} in the place of its id.
    `secret` is the key behind pseudonyms; None means that one is made in the data folder.
    """

    knowledge: Path = DEFAULT_FOLDER
    data: Path = DEFAULT_FOLDER.parent / "data"
    watch: bool = False
    admins: tuple[int, ...] = ()
    card_link: str | None = None
    telegram_token: str | None = field(default=None, repr=False)
    telegram_base_url: str = "https://api.telegram.org"
    secret: str | None = field(default=None, repr=False)

    @property
    def usage_log(self) -> Path:
        """The usage log's database file."""
        return self.data / "usage.db"


def read_settings(environ: Mapping[str, str], env_file: Path | None = None) -> Settings:
    """Return the settings of an environment; what it does not name is taken from `env_file`, if that exists.

    Raises:
        SettingsError: a value cannot be used, or a name beginning with SIGNPOST_ is not known.
    """
    values = {k: v for k, v in environ.items() if k.startswith(PREFIX)}
    given = tuple(values)
    for name, value in _env_file(env_file).items():
        if not any(_same_secret(name, other) for other in given):
            values.setdefault(name, value)
    for name in values:
        if name.removeprefix(PREFIX) not in (*KNOWN, *(f"{secret}_FILE" for secret in SECRETS)):
            raise SettingsError(f"{name}: not a setting of Signpost; known: {', '.join(PREFIX + k for k in KNOWN)}")
    defaults = Settings()
    return Settings(
        knowledge=Path(values.get(f"{PREFIX}KNOWLEDGE") or defaults.knowledge),
        data=Path(values.get(f"{PREFIX}DATA") or defaults.data),
        watch=_on_or_off(values.get(f"{PREFIX}WATCH") or "off"),
        admins=_user_ids(values.get(f"{PREFIX}ADMINS") or ""),
        card_link=_card_link(values.get(f"{PREFIX}CARD_LINK")),
        telegram_token=_secret(values, "TELEGRAM_TOKEN"),
        telegram_base_url=_base_url(values.get(f"{PREFIX}TELEGRAM_BASE_URL") or defaults.telegram_base_url),
        secret=_secret(values, "SECRET"),
    )


def _same_secret(one: str, other: str) -> bool:
    """Say whether two names set one secret, directly or by a file: the environment then wins over the .env file."""
    return one != other and one.removesuffix("_FILE") == other.removesuffix("_FILE")


def _secret(values: Mapping[str, str], name: str) -> str | None:
    direct, file = values.get(PREFIX + name), values.get(f"{PREFIX}{name}_FILE")
    if direct and file:
        raise SettingsError(f"{PREFIX}{name} and {PREFIX}{name}_FILE are both set: keep one of them")
    if not file:
        return direct or None
    try:
        content = Path(file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise SettingsError(f"{PREFIX}{name}_FILE: {file} cannot be read: {reason}") from None
    if not content:
        raise SettingsError(f"{PREFIX}{name}_FILE: {file} is empty: put the secret in it")
    return content


def _on_or_off(value: str) -> bool:
    if value.casefold() not in ("on", "off"):
        raise SettingsError(f"{PREFIX}WATCH: '{value}' is neither 'on' nor 'off'")
    return value.casefold() == "on"


def _user_ids(value: str) -> tuple[int, ...]:
    ids = [part.strip() for part in value.split(",") if part.strip()]
    for id_ in ids:
        if not (id_.isascii() and id_.isdecimal()):
            raise SettingsError(
                f"{PREFIX}ADMINS: '{id_}' is no Telegram user id: give numbers, with commas between them"
            )
    return tuple(map(int, ids))


def _card_link(value: str | None) -> str | None:
    try:
        scheme = urlsplit(value or "").scheme
    except ValueError:
        scheme = ""
    if value and ("{entry}" not in value or scheme not in ("http", "https")):
        raise SettingsError(
            f"{PREFIX}CARD_LINK: '{value}' is no address with {{entry}} in it, such as "
            "https://t.me/YOUR_BOT?start={entry}"
        )
    return value or None


def _base_url(value: str) -> str:
    try:
        parts = urlsplit(value)
        sound = (
            parts.scheme in ("http", "https")
            and bool(parts.hostname)
            and (parts.port is None or parts.port > 0)
            and not (parts.query or parts.fragment or "@" in parts.netloc or " " in value)
        )
    except ValueError:
        sound = False
    if not sound:
        raise SettingsError(
            f"{PREFIX}TELEGRAM_BASE_URL: '{value.rpartition('@')[2]}' is not the root of a server: "
            "expected an address such as http://127.0.0.1:8081, without a user name"
        )
    return value.rstrip("/")


def _unquoted(value: str) -> str:
    """Return a value of a .env file: what stands between its quotes, or else what stands before a comment."""
    if value[:1] in ("'", '"') and value[:1] in value[1:]:
        return value[1:].partition(value[0])[0]
    return value.partition(" #")[0].rstrip()


def _env_file(path: Path | None) -> dict[str, str]:
    if path is None or not path.is_file():
        return {}
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError):
        raise SettingsError(f"{path}: cannot be read as UTF-8 text") from None
    values: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        stripped = line.strip().removeprefix("export ")
        if not stripped or stripped.startswith("#"):
            continue
        name, equals, value = stripped.partition("=")
        if not equals:
            raise SettingsError(f"{path}: line {number}: expected NAME=value")
        if name.strip().startswith(PREFIX):
            values[name.strip()] = _unquoted(value.strip())
    return values
