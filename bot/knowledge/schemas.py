"""JSON schemas of the knowledge files, made from the models: an editor that knows them checks while one types."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, create_model

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
