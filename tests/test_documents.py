"""What the documents promise is what the program does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.channels.terminal import render
from bot.cli import _parser
from bot.settings import KNOWN, PREFIX, SECRETS
from tests.support import SUNDAY_NIGHT, ask

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_readmes_example_is_a_real_answer() -> None:
    example = re.search(r"```\nyou> (.+)\n\n((?:.*\n)+?)```", README)
    assert example is not None
    shown = render(ask(example[1], SUNDAY_NIGHT).reply).split("\n\n  [1]")[0].strip()
    version = re.compile(r"/[0-9a-f]{8}\b")
    assert version.sub("", example[2].strip()) == version.sub("", shown)


@pytest.mark.parametrize("name", KNOWN)
def test_every_setting_is_in_the_readme(name: str) -> None:
    assert f"`{PREFIX}{name}`" in README
    assert name not in SECRETS or f"`{PREFIX}{name}_FILE`" in README


def test_every_command_is_in_the_readme() -> None:
    commands = re.findall(r"\{(.+?)\}", _parser().format_help()) or _parser().format_help().split()
    for command in ("chat", "ask", "match", "telegram", "check", "evaluate", "stats"):
        assert f"`signpost {command}" in README
        assert any(command in text for text in commands)


@pytest.mark.parametrize("path", sorted(ROOT.glob("docs/*.md")) + [ROOT / "README.md"], ids=lambda path: path.name)
def test_links_within_the_project_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", path.read_text(encoding="utf-8")):
        assert (path.parent / target).exists(), target
