"""JSON schemas of the knowledge files, made from the models: an editor that knows them checks while one types."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel, create_model

from bot.errors import SchemaError
from bot.knowledge.model import (
    Agency,
    Contact,
    DangerRules,
    Entry,
    GeneralFollowUp,
    Group,
    Ladder,
    Lexicon,
    OpenPoint,
    Partnership,
    Signpost,
    Source,
    Template,
)
from bot.knowledge.whole_file import write_whole

_WHOLE: dict[str, type[BaseModel]] = {
    "partnership": Partnership, "lexicon": Lexicon, "danger": DangerRules, "ladder": Ladder,
}  # fmt: skip
_LISTED: dict[str, type[BaseModel]] = {
    "agencies": Agency, "contacts": Contact, "open-points": OpenPoint, "signposts": Signpost, "sources": Source,
    "templates": Template, "follow-ups": GeneralFollowUp,
}  # fmt: skip


def schemas() -> dict[str, dict[str, Any]]:
    """Return the schema of each kind of file by the file's name without its ending; "topics" is every topic file's."""
    models = {"topics": create_model("Topics", __base__=Group, entries=(list[Entry], ...)), **_WHOLE}
    found = {name: model.model_json_schema() for name, model in models.items()}
    return found | {name: _list_of(model, name) for name, model in _LISTED.items()}


def write_schemas(folder: Path) -> list[Path]:
    """Write every schema into a folder, each as a whole; return the files.

    Raises:
        SchemaError: a file cannot be written; the text names it.
    """
    written = []
    for name, schema in schemas().items():
        path = folder / f"{name}.json"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            write_whole(path, f"{json.dumps(schema, indent=2)}\n".encode())
        except OSError as error:
            raise SchemaError(f"{path}: cannot be written: {error.strerror}") from None
        written.append(path)
    return written


def _list_of(model: type[BaseModel], key: str) -> dict[str, Any]:
    """Return the schema of a file that holds one list of things under a key."""
    item = model.model_json_schema(ref_template="#/$defs/{model}")
    definitions = item.pop("$defs", {})
    return {
        "type": "object",
        "properties": {key: {"type": "array", "items": item}},
        "required": [key],
        "additionalProperties": False,
        "$defs": definitions,
    }
