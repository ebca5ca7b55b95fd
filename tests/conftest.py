"""The small knowledge folder that several test files read or break."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import pytest

from bot.knowledge.loading import load_knowledge
from bot.publishing.publish import publish

SMALL_KNOWLEDGE = Path(__file__).parent / "data" / "knowledge_small"
ACT_NOW, BABIES = "topics/act-now.yaml", "topics/babies.yaml"


@pytest.fixture
def small_knowledge(tmp_path: Path) -> Path:
    """Return a copy, to be broken, of a small sound knowledge folder: three entries in two topic files."""
    return Path(shutil.copytree(SMALL_KNOWLEDGE, tmp_path / "knowledge"))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Return a data folder that is not there yet."""
    return tmp_path / "data"


@pytest.fixture(scope="session")
def already_published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data folder in which the small knowledge is published; to be copied, not changed."""
    data = tmp_path_factory.mktemp("published") / "data"
    publish(SMALL_KNOWLEDGE, data, dt.datetime(2026, 11, 24, 11, 0, tzinfo=dt.UTC))
    return data


@pytest.fixture
def published(already_published: Path, data: Path) -> str:
    """Have the small knowledge published in `data`; return its version."""
    shutil.copytree(already_published, data)
    return load_knowledge(SMALL_KNOWLEDGE).version


def edit(folder: Path, file: str, old: str, new: str) -> None:
    """Replace the first `old` of a file, which must be there."""
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{file} does not hold {old!r}: correct the test"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
