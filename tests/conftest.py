"""The small knowledge folder that several test files read or break."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

SMALL_KNOWLEDGE = Path(__file__).parent / "data" / "knowledge_small"
ACT_NOW, BABIES = "topics/act-now.yaml", "topics/babies.yaml"


@pytest.fixture
def small_knowledge(tmp_path: Path) -> Path:
    """Return a copy, to be broken, of a small sound knowledge folder: three entries in two topic files."""
    return Path(shutil.copytree(SMALL_KNOWLEDGE, tmp_path / "knowledge"))


def edit(folder: Path, file: str, old: str, new: str) -> None:
    """Replace the first `old` of a file, which must be there."""
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{file} does not hold {old!r}: correct the test"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
