"""A whole conversation in the terminal: lines in, words out."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TextIO

import pytest

from bot.channels.terminal import Terminal, converse
from bot.usage.log import UsageLog
from bot.usage.stats import counts
from tests.conftest import SMALL_KNOWLEDGE
from tests.support import TUESDAY_MORNING, assistant


def talk(*lines: str, path: Path | None = None, target: TextIO | None = None) -> str:
    """Return what the terminal shows in a conversation; with a path, use is counted there."""
    screen = target or io.StringIO()
    source = io.StringIO("".join(f"{line}\n" for line in lines))
    usage = None if path is None else UsageLog(path)
    with asyncio.Runner() as runner:
        converse(Terminal(assistant(usage), lambda: TUESDAY_MORNING, screen), runner.run, source)
        if usage is not None:
            runner.run(usage.close())
    screen.seek(0)
    return screen.read()


def test_a_conversation_opens_with_what_it_is_and_keeps() -> None:
    said = talk()
    assert "Tell me what you are worried about" in said
    assert "I do not keep your messages" in said.replace("\n", " ")
    assert "/topics" in said


def test_a_question_gets_its_card() -> None:
    said = talk("bruise on a 3 month old baby")
    assert "Do now:" in said
    assert "03000 41 11 11" in said


def test_a_number_takes_the_choice_with_that_number() -> None:
    said = talk("/topics", "1")
    assert "A child is in danger right now" in said


def test_a_new_question_always_escapes_from_a_pick_list() -> None:
    said = talk("/topics", "what is the escalation policy, social worker will not listen")
    assert "escalation" in said.casefold()
    assert "Do now:" in said


def test_danger_escapes_from_a_pick_list_too() -> None:
    assert "!! Ring 999" in talk("/topics", "dad is hitting him right now")


def test_a_number_that_is_no_choice_is_taken_as_a_message() -> None:
    assert "do not have a card" in talk("9999999999999")


@pytest.mark.parametrize("word", ["/quit", "/exit", "/QUIT"])
def test_leaving_ends_the_conversation(word: str) -> None:
    assert "Do now:" not in talk(word, "bruise on a 3 month old baby")


def test_the_end_of_the_input_ends_the_conversation() -> None:
    assert (talk()).endswith("you> \n")


def test_an_unknown_command_gets_an_answer_not_silence() -> None:
    assert "Child in danger now: 999" in (talk("/nonsense")).split("you>")[1]


def test_the_first_card_offers_to_be_counted_and_the_second_does_not(tmp_path: Path) -> None:
    said = talk("bruise on a 3 month old baby", "escalation policy stages", path=tmp_path / "usage.db")
    assert said.count("May I count") == 1


def test_what_was_asked_is_counted_and_no_word_of_it_is_on_disk(tmp_path: Path) -> None:
    path = tmp_path / "usage.db"
    talk("bruise on a 3 month old baby called Zebedeequux", path=path)
    assert counts(path).by_entry["bruising-non-mobile"] == 1
    for file in tmp_path.iterdir():
        assert b"zebedeequux" not in file.read_bytes().lower()


def choice(said: str, label: str) -> str:
    """Return the number in front of a choice."""
    return next(line for line in said.splitlines() if label in line).split("]")[0].strip(" [")


def test_with_consent_an_answer_is_counted_for_the_agency_chosen(tmp_path: Path) -> None:
    path = tmp_path / "usage.db"
    yes = choice(talk("bruise on a 3 month old baby", path=tmp_path / "other.db"), "Yes, count me")
    said = talk("bruise on a 3 month old baby", yes, "3", "wnb audiology three times", path=path)
    assert "From now on the cards you are shown are counted" in said
    assert "Noted: GP practice" in said
    assert counts(path).by_agency["gp"].rows == 1


def test_a_no_is_kept_and_not_asked_about_again(tmp_path: Path) -> None:
    path = tmp_path / "usage.db"
    no = choice(talk("bruise on a 3 month old baby", path=tmp_path / "other.db"), "No, thank you")
    assert "You are not counted" in talk("bruise on a 3 month old baby", no, path=path)
    assert "May I count" not in talk("bruise on a 3 month old baby", path=path)


def test_a_log_that_cannot_be_written_costs_nobody_an_answer(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "Do now:" in talk("bruise on a 3 month old baby", path=tmp_path / "file" / "usage.db")


def test_words_the_screen_cannot_show_do_not_stop_the_conversation() -> None:
    screen = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    assert "Do now:" in talk("bruise on a 3 month old baby", target=screen)


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent otherwise there")
def test_control_c_ends_the_conversation_at_once(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bot", "chat"]
    environment = {**os.environ, "SIGNPOST_DATA": str(tmp_path), "SIGNPOST_KNOWLEDGE": str(SMALL_KNOWLEDGE)}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, cwd=Path(__file__).parent.parent
    ) as chat:
        assert chat.stdout is not None
        shown = b""
        while b"you>" not in shown:
            shown += chat.stdout.read1(4096)
        chat.send_signal(signal.SIGINT)
        assert chat.wait(timeout=20) == 130
