"""The secret key and the pseudonyms made with it: whoever lacks the key cannot tell who a pseudonym is.

The key file is whole from the moment it has its name, so being killed at any point leaves no half a key.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import os
import secrets
from pathlib import Path

from bot.errors import SettingsError
from bot.usage.folder import make_private_folder

KEY_FILE = "secret.key"
KEY_BYTES = 32
PSEUDONYM_BYTES = 16
# An account number has some ten digits: whoever guesses a short key can try them all.
SHORT_KEY_CHARACTERS = 32

_log = logging.getLogger(__name__)


def secret_key(data: Path, given: str | None) -> bytes:
    """Return the key behind the pseudonyms: `given` from the environment, or the data folder's own.

    The folder's key is made at the first run, in a file that only its owner can read. If two processes
    make it at once, both return the one that came first.

    Raises:
        SettingsError: the key file cannot be read or made, or does not hold a key.
    """
    if given:
        if len(given) < SHORT_KEY_CHARACTERS:
            _log.warning("SIGNPOST_SECRET is short: use %d random characters or more", SHORT_KEY_CHARACTERS)
        return given.encode("utf-8", "surrogateescape")
    path = data / KEY_FILE
    try:
        key = _read(path)
        if key is None:
            _make(path)
            key = _read(path)
    except OSError as error:
        raise SettingsError(
            f"{path}: the secret key cannot be read or made: {error.strerror or error}; "
            "let Signpost read and write its data folder (SIGNPOST_DATA), or set SIGNPOST_SECRET"
        ) from None
    if key is None or len(key) != KEY_BYTES or not any(key):
        raise SettingsError(
            f"{path}: does not hold a key of {KEY_BYTES} bytes; put it back from a backup, or remove it "
            "to have a new one made (everyone then counts as a new person)"
        )
    return key


def pseudonym(key: bytes, channel: str, user: str) -> str:
    """Return the pseudonym of a channel's user: 32 hexadecimal digits, the same for as long as the key is.

    It is HMAC-SHA256 (RFC 2104) cut to 16 bytes, of which RFC 2104, section 5 asks for at least half.
    """
    # The length before the channel keeps ("a", "b:c") apart from ("a:b", "c").
    message = f"pseudonym:{len(channel)}:{channel}:{user}".encode("utf-8", "surrogatepass")
    return hmac.new(key, message, hashlib.sha256).digest()[:PSEUDONYM_BYTES].hex()


def _read(path: Path) -> bytes | None:
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_mode & 0o077:
                _log.warning("%s can be read by others than its owner: set its mode to 600", path)
            return file.read(KEY_BYTES + 1)
    except FileNotFoundError:
        return None


def _make(path: Path) -> None:
    """Give a new key its name in one step; if another process was first, its key stays."""
    make_private_folder(path.parent)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}.new")
    try:
        _write_to_disk(draft, secrets.token_bytes(KEY_BYTES))
        os.link(draft, path)
        _sync_folder(path.parent)
    except FileExistsError:
        pass
    finally:
        draft.unlink(missing_ok=True)


def _write_to_disk(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
