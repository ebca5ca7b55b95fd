"""Write a file whole or not at all."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


def write_whole(path: Path, data: bytes) -> None:
    """Put bytes in a file's place: killed or without room, the file is as it was and nothing half-written is left.

    Raises:
        OSError: it cannot be written.
    """
    unfinished = path.parent / f".{path.name}.{os.getpid()}.tmp"
    try:
        unfinished.write_bytes(data)
        unfinished.replace(path)
    except OSError:
        with suppress(OSError):
            unfinished.unlink()
        raise
