"""Keep a learnt matcher in the data folder, so that a start reads it back instead of learning anew.

The file's name is a digest of all that learning depends on, so a stale one is never read; a broken or unwritable one
costs a few seconds, never an answer.
"""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from bot.knowledge.model import Lexicon
from bot.matching.matcher import Matcher

KEPT = 4  # files: each version of the knowledge base has two, and the one before the live one may be wanted again
_PREFIX = "matcher-"


def learnt(
    folder: Path,
    examples: Mapping[str, Sequence[str]],
    lexicon: Lexicon,
    before_learning: Callable[[int], object] = lambda texts: None,
) -> Matcher:
    """Return the matcher of these examples: read from `folder` if it is there, else learnt and kept there.

    `before_learning` is called with the number of texts when it must be learnt, which takes seconds.
    """
    path = _path(folder, examples, lexicon)
    with suppress(OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile), path.open("rb") as file:
        matcher = Matcher.load(file, lexicon)
        path.touch()  # it is in use, so it is not among the oldest
        return matcher
    before_learning(sum(map(len, examples.values())))
    matcher = Matcher.from_examples(examples, lexicon)
    with suppress(OSError):
        keep(matcher, folder, examples, lexicon)
    return matcher


def keep(matcher: Matcher, folder: Path, examples: Mapping[str, Sequence[str]], lexicon: Lexicon) -> None:
    """Keep the matcher of these examples in `folder`, so that `learnt` reads it. Raises OSError.

    The whole file is written under another name first: killed in the middle, nothing half-written is ever read.
    """
    path = _path(folder, examples, lexicon)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = path.with_suffix(f".{os.getpid()}.tmp")
    try:
        with unfinished.open("wb") as file:
            matcher.save(file)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    with suppress(OSError):
        for old in sorted(folder.glob(f"{_PREFIX}*.npz"), key=lambda kept: -kept.stat().st_mtime)[KEPT:]:
            old.unlink(missing_ok=True)


def _path(folder: Path, examples: Mapping[str, Sequence[str]], lexicon: Lexicon) -> Path:
    return folder / f"{_PREFIX}{digest(examples, lexicon)}.npz"


def digest(examples: Mapping[str, Sequence[str]], lexicon: Lexicon) -> str:
    """Return sixteen hex digits that change with anything that learning depends on, the program's own code among it."""
    found = hashlib.sha256(json.dumps(dict(examples)).encode())
    found.update(lexicon.model_dump_json().encode())
    for source in sorted(Path(__file__).parent.glob("*.py")):
        found.update(source.read_bytes())
    return found.hexdigest()[:16]
