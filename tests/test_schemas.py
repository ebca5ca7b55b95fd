"""The schemas that an editor reads are those of the models, and every knowledge file names its own."""

from __future__ import annotations

import json

import pytest

from bot.knowledge.loading import DEFAULT_FOLDER
from bot.knowledge.schemas import schemas

FILES = sorted(path.relative_to(DEFAULT_FOLDER) for path in DEFAULT_FOLDER.rglob("*.yaml"))


@pytest.mark.parametrize("name", sorted(schemas()))
def test_the_schema_in_the_folder_is_that_of_the_model(name: str) -> None:
    held = json.loads((DEFAULT_FOLDER / "schemas" / f"{name}.json").read_text(encoding="utf-8"))
    assert held == schemas()[name], "run tools/write_schemas"


@pytest.mark.parametrize("file", FILES, ids=str)
def test_every_file_names_its_schema_in_its_first_line(file: object) -> None:
    path = DEFAULT_FOLDER / str(file)
    first = path.read_text(encoding="utf-8").partition("\n")[0]
    named = first.removeprefix("# yaml-language-server: $schema=")
    kind = "topics" if path.parent != DEFAULT_FOLDER else path.stem
    assert (path.parent / named).resolve() == DEFAULT_FOLDER / "schemas" / f"{kind}.json"
