"""The house has an order: imports point one way, so that a reader can take the parts one at a time."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

BOT = Path(__file__).parent.parent / "bot"
FLOORS = [
    {"errors", "messages"},
    {"knowledge"},
    {"matching", "safety", "usage", "hours", "decision", "conversation"},
    {"replies", "awareness"},
    {"ladder"},
    {"answering"},
    {"assistant", "settings", "commands"},
    {"channels"},
    {"check"},
    {"publishing"},
    {"cli"},
    {"__main__"},
]
FLOOR = {name: number for number, floor in enumerate(FLOORS) for name in floor}
FILES = sorted(path for path in BOT.rglob("*.py") if path != BOT / "__init__.py")


def part(path: Path) -> str:
    return path.relative_to(BOT).parts[0].removesuffix(".py")


def imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        found |= {name.split(".")[1] for name in names if name.startswith("bot.")}
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(BOT)))
def test_a_part_imports_only_what_lies_below_it(path: Path) -> None:
    own = part(path)
    assert own in FLOOR, f"say in FLOORS where {own} belongs"
    for other in imported(path) - {own}:
        assert FLOOR[other] < FLOOR[own], f"{own} must not know {other}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(BOT)))
def test_every_file_says_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
