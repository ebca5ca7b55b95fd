"""What a reply looks like in Telegram, and what holds for any reply whatever it says."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.telegram.render import MESSAGE_UNITS, Chunk, is_urgent, keyboard, render, toast
from bot.channels.telegram.spans import Span, cut, to_html, to_plain, units
from bot.messages import Alarm, Button, Call, Paragraph, Part, Points, Press, Reply, Small, Steps, Title
from tests.support import STRANGER, TUESDAY_MORNING, ask, assistant, knowledge, press

NASTY = "<b>&amp; \"</b>' <script>alert(1)</script> &lt; 👩‍👩‍👧 \N{RIGHT-TO-LEFT OVERRIDE}"


class Reader(HTMLParser):
    """Reads HTML as Telegram does; tags that are unknown, crossed or left open are faults."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""
        self.open: list[str] = []
        self.links: list[str | None] = []
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)
        if tag not in ("b", "i", "a") or [name for name, _ in attrs] != (["href"] if tag == "a" else []):
            self.faults.append(f"<{tag} {attrs}>")
        self.links += [value for name, value in attrs if name == "href"]

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        self.text += data


def read(markup: str) -> Reader:
    reader = Reader()
    reader.feed(markup)
    reader.close()
    assert reader.faults == []
    assert reader.open == []
    return reader


def only(reply: Reply) -> Chunk:
    chunks = render(reply)
    assert len(chunks) == 1
    return chunks[0]


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        (Title("A & B"), "<b>A &amp; B</b>"),
        (Alarm("Ring 999 now."), "<b>🚨 Ring 999 now.</b>"),
        (Paragraph("1 < 2"), "1 &lt; 2"),
        (Steps(("Look.", "Ring."), "Do now"), "<b>Do now:</b>\n1. Look.\n2. Ring."),
        (Points(("One", "Two")), "• One\n• Two"),
        (Call("Front Door", phone="03000 41 11 11"), "<b>Front Door</b>: 03000 41 11 11"),
        (Call("Police", "101", note="or 999"), "<b>Police</b>: 101 (or 999)"),
        (
            Call("Portal", url='https://www.kent.gov.uk/a?b="&c'),
            '<b>Portal</b>: <a href="https://www.kent.gov.uk/a?b=&quot;&amp;c">kent.gov.uk</a>',
        ),
        (Call("Portal", url="javascript:alert(1)"), "<b>Portal</b>: javascript:alert(1)"),
        (Call("By e-mail", note="ask the Front Door"), "<b>By e-mail</b>: ask the Front Door"),
        (Small("Draft"), "<i>Draft</i>"),
        (Small("Source", "https://a.uk/?x=1&y"), '<i><a href="https://a.uk/?x=1&amp;y">Source</a></i>'),
        (Small("Source", "tg://user?id=1"), "<i>Source</i><i> tg://user?id=1</i>"),
        (Small("Source", "https://[half"), "<i>Source</i><i> https://[half</i>"),
    ],
)  # fmt: skip
def test_each_part_has_its_form(part: Part, expected: str) -> None:
    assert only(Reply((part,))).html == expected


def test_contacts_stand_together_and_other_parts_apart() -> None:
    parts = (Title("A"), Call("B", "1"), Call("C", "2"), Small("D"), Small("E"))
    assert read(only(Reply(parts)).html).text == "A\n\nB: 1\nC: 2\n\nD\nE"


def test_a_phone_number_carries_no_markup_so_that_a_phone_links_it() -> None:
    markup = only(Reply((Call("Front Door", "03000 41 11 11", "https://a.uk"),))).html
    assert re.sub(r"<(\w).*?</\1>", "", markup) == ": 03000 41 11 11, "


def test_the_keyboard_is_under_the_last_message_only() -> None:
    row = (Button("Topics", "topics"),)
    chunks = render(Reply((Paragraph("word " * 2000),), (row,)))
    assert len(chunks) > 1
    assert [chunk.rows for chunk in chunks] == [None] * (len(chunks) - 1) + [(row,)]


@pytest.mark.parametrize(
    "button",
    [
        Button("", "topics"),
        Button("Topics", ""),
        Button("Topics", "x" * 65),
        Button("Topics", "é" * 33),
        Button("\x00", "a"),
        Button("a", "\ud800"),
    ],
)
def test_a_button_telegram_would_refuse_is_left_out(button: Button) -> None:
    assert keyboard(((button,), (Button("Contacts", "contacts"),))) == ((Button("Contacts", "contacts"),),)


def test_a_long_label_is_shortened() -> None:
    rows = keyboard(((Button("word " * 40, "a"),),))
    assert rows is not None
    assert len(rows[0][0].label) <= 64
    assert rows[0][0].label.endswith("…")


def test_a_paragraph_is_moved_to_the_next_message_whole() -> None:
    chunks = render(Reply((Paragraph("a " * 1000), Paragraph("b " * 1000), Paragraph("c " * 1000))))
    assert [set(chunk.plain) - set(" \n") for chunk in chunks] == [{"a", "b"}, {"c"}]


def test_the_words_without_markup_keep_the_addresses() -> None:
    assert only(Reply((Small("Source & so", "https://a.uk/x"),))).plain == "Source & so (https://a.uk/x)"


def test_a_reply_without_words_gives_no_message() -> None:
    assert render(Reply((Paragraph(" \n "),), ((Button("Topics", "topics"),),))) == []


def test_a_remark_keeps_the_line_about_999() -> None:
    assert toast(press("useful:immediate-danger").reply) == "Thank you. Child in danger now: 999"
    assert toast(press("no-such-thing").reply).endswith("Child in danger now: 999")


def test_a_remark_is_cut_to_what_telegram_takes() -> None:
    assert units(toast(Reply((Paragraph("🚨 word " * 100),)))) <= 200


def every_reply() -> Iterator[tuple[str, Reply]]:
    pages = ["start", "help", "topics", "contacts", "privacy", "agency", "none", "elsewhere", "unreadable"]
    actions = pages + [f"group:{id_}" for id_ in knowledge().groups]
    for verb in ("open", "more", "related", "agencies", "useful", "not-meant"):
        actions += [f"{verb}:{id_}" for id_ in knowledge().entries]
    one = assistant()
    for action in actions:
        yield action, one.act(Press(action, TUESDAY_MORNING, "test", STRANGER)).reply
    yield "danger", ask("he is hitting her right now").reply


def test_everything_signpost_can_say_fits_telegram() -> None:
    for name, reply in every_reply():
        for chunk in render(reply):
            assert units(chunk.html) <= MESSAGE_UNITS, name
            assert read(chunk.html).text.strip(), name
        shown = [button for row in render(reply)[-1].rows or () for button in row]
        assert len(shown) == sum(map(len, reply.buttons)), name
        assert all(len(button.label) <= 64 for button in shown), name


def test_only_999_replies_are_urgent() -> None:
    assert is_urgent(ask("he is hitting her right now").reply)
    assert not is_urgent(press("open:immediate-danger").reply)


texts = st.text(st.one_of(st.characters(), st.sampled_from("<>&\"' \n🚨")), max_size=300) | st.just(NASTY)
urls = st.one_of(st.none(), texts, st.builds("https://a.uk/{}".format, texts))
lists = st.lists(texts, min_size=1, max_size=6).map(tuple)
parts = st.one_of(
    st.builds(Title, texts),
    st.builds(Alarm, texts),
    st.builds(Paragraph, texts),
    st.builds(Steps, lists, texts),
    st.builds(Points, lists, texts),
    st.builds(Call, texts, st.none() | texts, urls, st.none() | texts, st.none() | texts),
    st.builds(Small, texts, urls),
)
buttons = st.builds(Button, texts, texts)
rows = st.lists(st.lists(buttons, max_size=3).map(tuple), max_size=3).map(tuple)
replies = st.builds(Reply, st.lists(parts, max_size=8).map(tuple), rows)
spans = st.lists(
    st.builds(Span, texts, st.booleans(), st.booleans(), st.none() | st.just("https://a.uk/?a=1&b")),
    max_size=8,
)


@given(replies)
def test_any_reply_is_balanced_escaped_and_short_enough(reply: Reply) -> None:
    for chunk in render(reply):
        reader = read(chunk.html)
        assert 1 <= units(chunk.html) <= MESSAGE_UNITS
        assert units(chunk.plain) <= units(chunk.html)
        assert reader.text.strip() == reader.text
        assert all(link and link.startswith(("http://", "https://")) for link in reader.links)
        chunk.html.encode("utf-8")
        for button in (button for row in chunk.rows or () for button in row):
            assert button.label and len(button.label) <= 64
            assert 1 <= len(button.action.encode("utf-8")) <= 64


@given(spans, st.integers(min_value=60, max_value=400))
def test_cutting_loses_white_space_only_and_keeps_every_style(given_spans: list[Span], limit: int) -> None:
    pieces = cut(given_spans, limit)
    assert all(0 < units(to_html(piece)) <= limit for piece in pieces)
    assert styled(span for piece in pieces for span in piece) == styled(iter(given_spans))
    for piece in pieces:
        text = "".join(span.text for span in piece)
        assert text == text.strip()
        assert to_plain([Span(text)]) == text


def styled(given_spans: Iterator[Span]) -> list[tuple[str, bool, bool, str | None]]:
    return [(c, s.bold, s.italic, s.href) for s in given_spans for c in s.text if not c.isspace()]


@given(texts)
def test_what_is_shown_is_what_was_written(text: str) -> None:
    shown = "".join(read(chunk.html).text for chunk in render(Reply((Paragraph(text),))))
    written = re.sub(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff]", "", text)
    assert "".join(shown.split()) == "".join(written.split())
    assert html.unescape(html.escape(shown)) == shown


@given(st.integers(min_value=1, max_value=9000))
def test_one_word_longer_than_a_message_is_cut_between_characters(length: int) -> None:
    chunks = render(Reply((Title("🚨" * length),)))
    assert sum(len(chunk.plain) for chunk in chunks) == length
    assert all(units(chunk.html) <= MESSAGE_UNITS for chunk in chunks)
