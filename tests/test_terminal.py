"""A whole conversation in the terminal: lines in, words out."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from bot.channels.terminal import Terminal
from bot.usage.log import UsageLog
from bot.usage.stats import counts
from tests.support import TUESDAY_MORNING, assistant


async def talk(*lines: str, usage: UsageLog | None = None) -> str:
    target = io.StringIO()
    source = io.StringIO("".join(f"{line}\n" for line in lines))
    await Terminal(assistant(usage), "someone", lambda: TUESDAY_MORNING, source, target).run()
    return target.getvalue()


async def test_a_conversation_opens_with_what_it_is_and_keeps() -> None:
    said = await talk()
    assert "Tell me what you are worried about" in said
    assert "I do not keep your messages" in said.replace("\n", " ")
    assert "/topics" in said


async def test_a_question_gets_its_card() -> None:
    said = await talk("bruise on a 3 month old baby")
    assert "Do now:" in said
    assert "03000 41 11 11" in said


async def test_a_number_takes_the_choice_with_that_number() -> None:
    said = await talk("/topics", "1")
    assert "A child is in danger right now" in said


async def test_a_new_question_always_escapes_from_a_pick_list() -> None:
    said = await talk("/topics", "what is the escalation policy, social worker will not listen")
    assert "escalation" in said.casefold()
    assert "Do now:" in said


async def test_danger_escapes_from_a_pick_list_too() -> None:
    assert "!! Ring 999" in await talk("/topics", "dad is hitting him right now")


async def test_a_number_that_is_no_choice_is_taken_as_a_message() -> None:
    assert "do not have a card" in await talk("9999999999999")


@pytest.mark.parametrize("word", ["/quit", "/exit", "/QUIT"])
async def test_leaving_ends_the_conversation(word: str) -> None:
    assert "Do now:" not in await talk(word, "bruise on a 3 month old baby")


async def test_the_end_of_the_input_ends_the_conversation() -> None:
    assert (await talk()).endswith("you> \n")


async def test_an_unknown_command_gets_an_answer_not_silence() -> None:
    assert "Child in danger now: 999" in (await talk("/nonsense")).split("you>")[1]


async def test_the_first_card_offers_to_be_counted_once_and_a_no_is_kept(tmp_path: Path) -> None:
    async with UsageLog(tmp_path / "usage.db") as usage:
        said = await talk("bruise on a 3 month old baby", "escalation policy stages", usage=usage)
        assert said.count("May I count this answer") == 1


async def test_what_was_asked_is_counted_and_no_word_of_it_is_on_disk(tmp_path: Path) -> None:
    path = tmp_path / "usage.db"
    async with UsageLog(path) as usage:
        await talk("bruise on a 3 month old baby called Zebedeequux", usage=usage)
    assert counts(path).by_entry["bruising-non-mobile"] == 1
    for file in tmp_path.iterdir():
        assert b"zebedeequux" not in file.read_bytes().lower()


async def test_with_consent_an_answer_is_counted_for_the_agency_chosen(tmp_path: Path) -> None:
    path = tmp_path / "usage.db"
    async with UsageLog(path) as usage:
        shown = await talk("bruise on a 3 month old baby", usage=usage)
        number = next(line for line in shown.splitlines() if "Yes, count me" in line).split("]")[0].strip(" [")
        said = await talk("bruise on a 3 month old baby", number, "3", "wnb audiology three times", usage=usage)
        assert "Noted: GP practice" in said
    assert counts(path).by_agency["gp"].rows == 1


async def test_words_the_screen_cannot_show_do_not_stop_the_conversation() -> None:
    target = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    source = io.StringIO("bruise on a 3 month old baby\n")
    await Terminal(assistant(), "someone", lambda: TUESDAY_MORNING, source, target).run()
    target.seek(0)
    assert "Do now:" in target.read()
