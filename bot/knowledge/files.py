"""Where the bytes of a knowledge base come from: a folder, or the files of a version that was published."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Protocol


class Files(Protocol):
    """Files by their names within a knowledge folder, such as `topics/act-now.yaml`. Both methods may raise OSError."""

    def read(self, name: str, limit: int) -> bytes:
        """Return a file's bytes, at most `limit` of them."""

    def names(self, folder: str) -> Iterable[str]:
        """Return the names of what lies in a folder within the knowledge folder."""


class Folder:
    """A folder on disk."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self, name: str, limit: int) -> bytes:
        """Return a file's bytes, at most `limit` of them."""
        with (self._path / name).open("rb") as stream:
            return stream.read(limit)

    def names(self, folder: str) -> Iterable[str]:
        """Return the names of what lies in a folder."""
        return [path.name for path in (self._path / folder).iterdir()]


class Held:
    """Files held in memory."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files

    def read(self, name: str, limit: int) -> bytes:
        """Return a file's bytes, at most `limit` of them."""
        if name not in self._files:
            raise FileNotFoundError(name)
        return self._files[name][:limit]

    def names(self, folder: str) -> Iterable[str]:
        """Return the names of the files in a folder."""
        return [name.removeprefix(f"{folder}/") for name in self._files if name.startswith(f"{folder}/")]
