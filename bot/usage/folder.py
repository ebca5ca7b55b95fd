"""The data folder: private to its owner from the moment it exists."""

from __future__ import annotations

import os
from pathlib import Path


def make_private_folder(folder: Path) -> None:
    """Make `folder` for its owner only, if it is missing; one that is already there stays as it was set up.

    Raises:
        OSError: it cannot be made, or a file is in its place.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def make_private_file(path: Path) -> None:
    """Make an empty file for its owner only, if it is missing, in a folder of the same kind.

    An existing file is not even opened: closing it would drop the locks this process holds on it (POSIX).
    """
    make_private_folder(path.parent)
    if not path.exists():
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
