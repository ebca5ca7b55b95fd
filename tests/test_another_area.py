"""Another area's knowledge on the same program: its own names, hours and numbers everywhere, and none of Kent's."""

from __future__ import annotations

import ast
import asyncio
import datetime as dt
import io
import re
from collections.abc import AsyncIterator, Iterator
from functools import cache
from pathlib import Path

import pytest

from bot.answering import Answering
from bot.assistant import Assistant
from bot.awareness.newsletter import as_html, markdown
from bot.awareness.pack import pack
from bot.channels.telegram import profile
from bot.channels.telegram.run import build
from bot.channels.terminal import Terminal, converse
from bot.commands import ACTIONS, COMMANDS
from bot.knowledge.loading import DEFAULT_FOLDER, load_knowledge
from bot.knowledge.model import SHORT_NUMBER_DIGITS, Knowledge
from bot.knowledge.yaml_file import read_mapping
from bot.matching.examples import follow_up_examples, matcher_examples
from bot.matching.matcher import Matcher
from bot.messages import Press
from bot.settings import Settings
from tests.conftest import SMALL_KNOWLEDGE
from tests.fakes import TOKEN, Chats, Clock, FakeTelegram
from tests.printed import pages_of
from tests.support import STRANGER, SUNDAY_NIGHT, TUESDAY_MORNING, faults, words

ELSEWHERE = SMALL_KNOWLEDGE.parent / "knowledge_elsewhere"
BOT = Path(__file__).parent.parent / "bot"
DAY, NIGHT = "020 7946 0101", "020 7946 0202"
DESK, NIGHT_DESK = "Children's Desk, Marlshire", "Night Desk, Marlshire"
FOOTER = "At risk this minute? Dial 999"
ABSENT = "empty chair all week and nobody picks up the phone"
IN_THE_WATER = "a girl is in the harbour and nobody can reach her"
SERVED_ELSEWHERE = re.compile(r"\b(?:Kent\w*|Medway|Front Door|Out of Hours)\b|kscmp|03000", re.IGNORECASE)


@cache
def elsewhere() -> Knowledge:
    return load_knowledge(ELSEWHERE)


@cache
def answering() -> Answering:
    knowledge = elsewhere()
    matcher = Matcher.from_examples(matcher_examples(knowledge), knowledge.lexicon)
    return Answering(knowledge, matcher, Matcher.from_examples(follow_up_examples(knowledge), knowledge.lexicon))


def of_kent() -> list[dict[str, str]]:
    """Return the contacts in the project's own knowledge."""
    document, _ = read_mapping((DEFAULT_FOLDER / "contacts.yaml").read_bytes())
    assert document is not None
    return list(document["contacts"])


@cache
def signs_of_kent() -> tuple[re.Pattern[str], ...]:
    """Return what would give Kent away: its name, and every name, number and address among its contacts."""
    held = {contact[field] for contact in of_kent() for field in ("name", "phone", "url", "email") if field in contact}
    own = [value for value in sorted(held) if len(value) > SHORT_NUMBER_DIGITS]  # 999 and 101 are everybody's
    return SERVED_ELSEWHERE, re.compile("|".join(map(re.escape, own)))


def kent_in(text: str) -> list[str]:
    """Return what a text holds of Kent; spaces and line ends count as one space."""
    flat = " ".join(text.split())
    return [found[0] for pattern in signs_of_kent() for found in pattern.finditer(flat)]


def talk(*lines: str, at: dt.datetime = TUESDAY_MORNING) -> str:
    """Return what the terminal shows in a conversation, spaces and line ends as one space."""
    screen = io.StringIO()
    with asyncio.Runner() as runner:
        helper = Terminal(Assistant(answering()), lambda: at, screen)
        converse(helper, runner.run, io.StringIO("".join(f"{line}\n" for line in lines)))
    return " ".join(screen.getvalue().split())


@pytest.fixture
async def chats() -> AsyncIterator[Chats]:
    telegram = FakeTelegram()
    settings = Settings(telegram_token=TOKEN)
    application = build(Assistant(answering()), settings, lambda: SUNDAY_NIGHT, telegram, sleep=Clock().sleep)
    await application.initialize()
    yield Chats(application, telegram)
    await application.shutdown()


def test_the_test_itself_would_see_kent() -> None:
    contact = next(contact for contact in of_kent() if contact.get("phone", "").startswith("03000"))
    held = (f"ring {contact['phone']}", contact["name"])
    for text in ("the Kent policy", "ask the Front  Door", "www.kscmp.org.uk", *held):
        assert kent_in(text), text
    assert not kent_in("ring 020 7946 0101 or 999 at Marlshire")


def test_the_knowledge_of_another_area_is_sound() -> None:
    assert faults(ELSEWHERE) == []


@pytest.mark.parametrize("path", sorted(ELSEWHERE.rglob("*.yaml")), ids=lambda path: path.name)
def test_its_files_do_not_speak_of_kent(path: Path) -> None:
    assert kent_in(path.read_text(encoding="utf-8")) == []


# Every page


def every_action() -> list[str]:
    """Return every action that leads to a page, the ladder's among them."""
    knowledge, ladder = elsewhere(), elsewhere().ladder
    assert ladder is not None
    of_entries = ("open", "more", "related", "reach", "wording", "agencies", "useful", "not-meant")
    found = [f"{verb}:{id_}" for verb in of_entries for id_ in knowledge.entries]
    found += [f"group:{id_}" for id_ in knowledge.groups] + [f"template:{id_}" for id_ in knowledge.templates]
    found += [f"signpost:{id_}" for id_ in knowledge.signposts]
    found += [command.action for command in COMMANDS if command.action != "answer"]
    found += ["more-contacts", "elsewhere", "none", "unreadable", "stale", "escalate"]
    for party in ladder.parties:
        found += [f"escalate:{party.id}"]
        found += [f"escalate:{party.id}:{stage.id}{day}" for stage in ladder.stages for day in ("", ":20261120")]
    return found


@pytest.mark.parametrize("action", every_action())
def test_every_page_ends_with_the_areas_own_line_about_999_and_names_nothing_of_kent(action: str) -> None:
    for at in (TUESDAY_MORNING, SUNDAY_NIGHT):
        reply = answering().act(Press(action, at, "test", STRANGER)).reply
        said = [words(reply), *(button.label for row in reply.buttons for button in row)]
        assert kent_in("\n".join(said)) == []
        assert words(reply).endswith(FOOTER)


# The terminal


def test_the_terminal_opens_with_the_areas_own_words() -> None:
    said = talk()
    assert "I am Signpost for Marlshire." in said
    assert FOOTER in said
    assert kent_in(said) == []


@pytest.mark.parametrize("command", [name for name in ACTIONS if name != "answer"])
def test_every_command_serves_the_area(command: str) -> None:
    said = talk(f"/{command}").partition("you>")[2]
    assert FOOTER in said
    assert kent_in(said) == []


def test_a_question_gets_the_areas_card_with_its_source_and_standing() -> None:
    said = talk(ABSENT).partition("you>")[2]
    assert said.strip().startswith("A pupil has stopped coming =")
    assert "Attendance team, Marlshire: 0113 496 0303" in said
    assert "Unsigned: the Circle has yet to approve this" in said
    assert kent_in(said) == []


def test_what_somebody_asks_next_brings_up_the_card_of_the_areas_own_follow_up() -> None:
    asked = "they say I am wrong"
    assert "You disagree with a decision =" not in talk(asked)
    assert "You disagree with a decision =" in talk(ABSENT, asked)


def test_the_ladder_counts_the_areas_own_days() -> None:
    assert "It is due by Wednesday 25 November: 3 working days." in talk("/escalate", "1", "1", "Friday 20 November")


def test_danger_is_answered_in_the_areas_own_words_and_with_its_own_numbers() -> None:
    said = talk(IN_THE_WATER).partition("you>")[2]
    assert said.strip().startswith("!! Dial 999 this minute if a child is hurt or about to be.")
    assert said.index("After 999, tell the Desk:") < said.index(DAY)
    assert kent_in(said) == []


@pytest.mark.parametrize("line", ["/contacts", "I cannot put my finger on it", IN_THE_WATER])
def test_by_day_the_day_number_comes_first_and_at_night_the_nights(line: str) -> None:
    by_day, at_night = (talk(line, at=at).partition("you>")[2] for at in (TUESDAY_MORNING, SUNDAY_NIGHT))
    assert f"{DESK}: {DAY} > {NIGHT_DESK}: {NIGHT} (open from 16:30)" in by_day
    assert f"{NIGHT_DESK}: {NIGHT} > {DESK}: {DAY} (open from 09:00 on Monday 23 November)" in at_night


@pytest.mark.parametrize(("clock", "number"), [("08:59", NIGHT), ("09:00", DAY), ("16:29", DAY), ("16:30", NIGHT)])
def test_the_working_day_is_the_areas_own(clock: str, number: str) -> None:
    at = dt.datetime.fromisoformat(f"2026-11-24T{clock}:00+00:00")
    said = talk("/contacts", at=at).partition("you>")[2]
    assert said.index(number) == min(said.index(DAY), said.index(NIGHT))


# Telegram


async def test_telegram_greets_and_answers_for_the_area(chats: Chats) -> None:
    for text in ("/start", "/escalate", "/contacts", ABSENT, "/start gone-from-school", IN_THE_WATER, "xyzzy plugh"):
        [reply] = await chats.say(text)
        assert reply.text.endswith(f"<i>{FOOTER}</i>")
        assert kent_in(reply.text + " ".join(reply.buttons.values())) == []
    start, escalate, contacts, asked, card, danger, _ = (call.text for call in chats.telegram.sent)
    assert "I am Signpost for Marlshire." in start
    assert "Who decided?" in escalate
    assert contacts.index(NIGHT) < contacts.index(DAY)
    assert card.startswith("<b>A pupil has stopped coming</b>") and asked == card
    assert "Dial 999 this minute" in danger and danger.index(NIGHT) < danger.index(DAY)


async def test_buttons_of_the_ladder_lead_through_the_areas_stages(chats: Chats) -> None:
    await chats.say("/escalate")
    for action in ("escalate:desk", "escalate:desk:heads", "escalate:desk:heads:20261120"):
        [*_, reply] = [call for call in await chats.press(action) if call.text]
        assert kent_in(reply.text) == []
    assert "Both heads meet" in reply.text
    assert "The Circle has set no time for this." in reply.text


async def test_the_profile_describes_the_area(chats: Chats) -> None:
    chats.telegram.calls.clear()
    await profile.publish(chats.application.bot, elsewhere().partnership)
    published = {call.method: call.parameters for call in chats.telegram.calls}
    assert published.keys() == {"setMyCommands", "setMyDescription", "setMyShortDescription"}
    assert "Signpost for Marlshire" in published["setMyDescription"]["description"]
    assert published["setMyShortDescription"]["short_description"].startswith("Marlshire: ")
    assert kent_in(str(list(published.values()))) == []


# What goes out on paper and in newsletters


def test_the_newsletter_speaks_of_the_area_alone() -> None:
    for made in (markdown, as_html):
        text = made(elsewhere(), dt.date(2026, 11, 1), lambda entry: f"https://t.me/marlshire_bot?start={entry}")
        assert "The form is due by the end of the next working day." in text
        assert kent_in(text) == []


def test_the_pack_names_the_area_on_every_page_and_nothing_of_kent() -> None:
    pages = pages_of(pack(elsewhere(), TUESDAY_MORNING))
    assert len(pages) > 3
    for page in pages:
        assert FOOTER in page and "Signpost, Marlshire." in page
        assert kent_in(page) == []
    assert DAY in " ".join(pages)


# The program itself


def shown_strings(path: Path) -> Iterator[tuple[int, str]]:
    """Yield every string constant of a file with its line, docstrings apart; comments are none."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.lineno, node.value


@pytest.mark.parametrize("path", sorted(BOT.rglob("*.py")), ids=lambda path: str(path.relative_to(BOT)))
def test_the_program_holds_no_name_number_or_address_of_kent(path: Path) -> None:
    assert [(line, text) for line, text in shown_strings(path) if kent_in(text)] == []


def test_strings_that_people_see_are_told_from_docstrings(tmp_path: Path) -> None:
    file = tmp_path / "program.py"
    file.write_text('"""Of Kent."""\ndef f(x: str) -> str:\n    """Kent."""  # Kent\n    return f"In Kent, {x}"\n')
    assert [text for _, text in shown_strings(file) if kent_in(text)] == ["In Kent, "]
