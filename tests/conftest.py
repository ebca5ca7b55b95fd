"""Fixtures that more than one test file needs."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

SMALL_KNOWLEDGE = Path(__file__).parent / "data" / "knowledge_small"


@pytest.fixture
def small_knowledge(tmp_path: Path) -> Path:
    """Return a copy, to be broken, of a small sound knowledge folder: three entries in two topic files."""
    return Path(shutil.copytree(SMALL_KNOWLEDGE, tmp_path / "knowledge"))
