"""The newsletter section: what the cards' own histories tell since a day, ready to paste as Markdown or HTML."""

from __future__ import annotations

import datetime as dt
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.awareness.newsletter import as_html, markdown
from bot.cli import main
from bot.knowledge.loading import load_knowledge
from bot.knowledge.model import Change, Knowledge
from tests.conftest import ACT_NOW, BABIES, SMALL_KNOWLEDGE, edit

SINCE = dt.date(2026, 12, 1)
LINK = "https://t.me/signpost_test_bot?start={entry}&from=news"
SMALL = load_knowledge(SMALL_KNOWLEDGE)


def address(entry: str) -> str:
    return LINK.replace("{entry}", entry)


def nowhere(entry: str) -> None:
    return None


def changed(what: str, on: dt.date = SINCE, entry: str = "safe-sleep", title: str | None = None) -> Knowledge:
    """Return the small knowledge in which one card changed after its first version."""
    before = SMALL.entries[entry]
    changes = (Change(on=on, what=what), *before.changes)
    after = before.model_copy(update={"changes": changes, "title": title or before.title})
    return SMALL.model_copy(update={"entries": {**SMALL.entries, entry: after}})


@pytest.fixture
def here(small_knowledge: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SIGNPOST_KNOWLEDGE", str(small_knowledge))
    monkeypatch.setenv("SIGNPOST_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("SIGNPOST_CARD_LINK", raising=False)
    monkeypatch.chdir(tmp_path)
    more = "    changes:\n      - on: 2026-12-09\n        what: Cots.\n      - on: 2026-12-01\n        what: Sofas.\n"
    edit(small_knowledge, BABIES, "    changes:\n", more)
    edit(small_knowledge, ACT_NOW, "    changes:\n", "    changes:\n      - on: 2026-12-03\n        what: Calls.\n")
    return small_knowledge


class Page(HTMLParser):
    """Reads HTML back: its words by tag, and its addresses."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[tuple[str, str]] = []
        self.addresses: list[str] = []
        self.tags: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._open.append(tag)
        self.addresses += [value or "" for name, value in attrs if name == "href"]

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append((self._open[-1] if self._open else "", data))

    @property
    def text(self) -> str:
        """All words, in order."""
        return "".join(word for _, word in self.words)


# The command


def test_markdown_names_each_change_since_a_day_newest_first(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["newsletter", "--since", "2026-12-01"]) == 0
    assert capsys.readouterr().out == (
        "## Policy cards amended since 1 December 2026\n\n"
        "- **Safer sleep for a baby** (9 December 2026): Cots.\n"
        "- **A child is in danger now** (3 December 2026): Calls.\n"
        "- **Safer sleep for a baby** (1 December 2026): Sofas.\n"
    )


def test_what_changed_before_the_day_is_left_out(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["newsletter", "--since", "2026-12-02"]) == 0
    said = capsys.readouterr().out
    assert "Cots." in said and "Calls." in said and "Sofas." not in said


def test_cards_are_linked_where_the_operator_says_how(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SIGNPOST_CARD_LINK", LINK)
    assert main(["newsletter", "--since", "2026-12-09"]) == 0
    assert f"- [Safer sleep for a baby]({address('safe-sleep')}) (9 December 2026)" in capsys.readouterr().out
    assert main(["newsletter", "--since", "2026-12-09", "--html"]) == 0
    assert Page(capsys.readouterr().out).addresses == [address("safe-sleep")]


def test_html_is_one_list_newest_first(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["newsletter", "--since", "2026-12-01", "--html"]) == 0
    page = Page(capsys.readouterr().out)
    assert page.tags == ["h2", "ul", *["li", "strong"] * 3]
    assert page.text.index("Cots.") < page.text.index("Calls.") < page.text.index("Sofas.")


@pytest.mark.parametrize("since", ["yesterday", "2026-02-30", ""])
def test_what_is_no_date_is_refused(here: Path, since: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["newsletter", "--since", since])
    assert stop.value.code == 2
    assert "is no date such as 2027-01-15" in capsys.readouterr().err


# What there is to say


def test_with_nothing_new_it_says_so() -> None:
    heading = "Policy cards amended since 1 December 2026"
    assert markdown(SMALL, SINCE, nowhere) == f"## {heading}\n\nNo policy card has changed since then.\n"
    html = as_html(SMALL, SINCE, nowhere)
    assert html == f"<h2>{heading}</h2>\n<p>No policy card has changed since then.</p>\n"


def test_new_cards_are_counted_not_listed() -> None:
    since = dt.date(2026, 11, 22)
    for made in (markdown(SMALL, since, address), as_html(SMALL, since, address)):
        assert "3 cards were new on 22 November 2026." in made
        assert "No policy card has changed" not in made
        assert "First version." not in made and "Safer sleep" not in made


def test_one_new_card_is_one_card() -> None:
    newer = SMALL.entries["safe-sleep"].model_copy(update={"changes": (Change(on=SINCE, what="First version."),)})
    knowledge = SMALL.model_copy(update={"entries": {**SMALL.entries, "safe-sleep": newer}})
    assert "1 card was new on 1 December 2026." in markdown(knowledge, SINCE, nowhere)


def test_changes_and_new_cards_stand_apart() -> None:
    text = markdown(changed("Cots."), dt.date(2026, 11, 1), nowhere)
    assert "Cots.\n\n3 cards were new on 22 November 2026.\n" in text
    assert "\n\n\n" not in text


def test_new_cards_without_changes_leave_no_gap() -> None:
    assert "\n\n\n" not in markdown(SMALL, dt.date(2026, 11, 1), nowhere)


# Signs

LINE = st.text(st.characters(exclude_categories=["C", "Z"]) | st.just(" "), min_size=1, max_size=60).filter(
    lambda text: text == text.strip()
)
SIGNS = "\\`*_[]<>#|&~"


def unescaped(text: str) -> tuple[str, str]:
    """Return Markdown as it is shown, and the signs in it that Markdown would not show as they stand."""
    found = re.findall(r"\\([!-/:-@\[-`{-~])|(.)", text)
    return "".join(kept or plain for kept, plain in found), "".join(plain for _, plain in found if plain in SIGNS)


@given(title=LINE, what=LINE)
@example(title="[Sign](here)", what="*Now* `ring` <b>999</b> & ~~wait~~ &amp; \\_")
def test_markdown_shows_every_sign_as_it_stands(title: str, what: str) -> None:
    line = markdown(changed(what, title=title), SINCE, nowhere).splitlines()[2]
    shown, meant = unescaped(line)
    assert shown == f"- **{title}** (1 December 2026): {what}"
    assert meant == "****"


@given(title=LINE, what=LINE)
@example(title="<script>", what='"&amp;" <!-- \'')
def test_html_shows_every_sign_as_it_stands(title: str, what: str) -> None:
    page = Page(as_html(changed(what, title=title), SINCE, address))
    assert page.tags == ["h2", "ul", "li", "a"]
    assert page.addresses == [address("safe-sleep")]
    assert "".join(word for tag, word in page.words if tag == "a") == title
    assert "".join(word for tag, word in page.words if tag == "li") == f" (1 December 2026): {what}"


@pytest.mark.parametrize("link", ["https://x.example/(cards)/{entry}", "https://x.example/<a b>/{entry}"])
def test_an_address_with_brackets_or_spaces_stays_whole_in_markdown(link: str) -> None:
    line = markdown(changed("Cots."), SINCE, lambda entry: link.replace("{entry}", entry)).splitlines()[2]
    found = re.search(r"\]\(([^()\s<>]*)\) \(1 December", line)
    assert found is not None and found[1].startswith("https://x.example/") and found[1].endswith("/safe-sleep")
