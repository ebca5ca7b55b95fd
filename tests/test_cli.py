"""The commands as a person runs them: what they print, and their exit codes."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bot.cli import main
from tests.conftest import SMALL_KNOWLEDGE

SLEEP = "co-sleeping after drinking"


@pytest.fixture(autouse=True)
def _settings(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep every command away from the developer's own settings and data. Knowledge is small, so learning is quick."""
    for name in ("DATA", "WATCH", "ADMINS", "CARD_LINK", "TELEGRAM_TOKEN", "TELEGRAM_BASE_URL", "SECRET"):
        monkeypatch.delenv(f"SIGNPOST_{name}", raising=False)
    data = tmp_path_factory.getbasetemp() / "cli-data"
    monkeypatch.setenv("SIGNPOST_DATA", str(data))
    monkeypatch.setenv("SIGNPOST_KNOWLEDGE", str(SMALL_KNOWLEDGE))
    monkeypatch.chdir(tmp_path_factory.getbasetemp())


def feed(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"))


def test_ask_prints_a_card(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ask", SLEEP]) == 0
    assert "Do now:" in capsys.readouterr().out


def test_ask_json_is_one_object_with_the_fields_of_the_contract(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ask", SLEEP, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert list(answer) == [
        "text",
        "decision",
        "entry",
        "score",
        "candidates",
        "also_relevant",
        "personal_data",
    ]
    assert answer["entry"] == "safe-sleep"


def test_match_gives_one_object_a_line_whatever_the_line_holds(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [
        SLEEP.encode(),
        b"",
        b"\xff\xfe not utf-8",
        "😭".encode(),
        b"call me on 07700 900123",
        b"x" * 200_000,
    ]
    feed(monkeypatch, b"\r\n".join(lines) + b"\n")
    assert main(["match", "--json"]) == 0
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(answers) == len(lines)
    assert answers[0]["entry"] == "safe-sleep"
    assert answers[4]["personal_data"] == ["phone"]
    assert "900123" not in answers[4]["text"]
    for answer in answers:
        assert answer["decision"] in ("urgent", "answer", "clarify", "no_match")
        assert all(0 <= c["score"] <= 1 for c in answer["candidates"])
        assert (answer["entry"] is not None) == (answer["decision"] in ("urgent", "answer"))


def test_check_says_that_the_projects_own_knowledge_is_sound(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("SIGNPOST_KNOWLEDGE")
    assert main(["check"]) == 0
    assert "no faults" in capsys.readouterr().out


@pytest.fixture
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "knowledge"
    shutil.copytree(SMALL_KNOWLEDGE, folder)
    monkeypatch.setenv("SIGNPOST_KNOWLEDGE", str(folder))
    return folder


def test_check_reports_faults_in_several_files_in_one_run(own_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    contacts = own_folder / "contacts.yaml"
    contacts.write_text(contacts.read_text().replace('"03000 41 11 11"', "03000411111", 1))
    babies = own_folder / "topics" / "babies.yaml"
    babies.write_text(babies.read_text().replace("act: routine", "act: soon", 1))
    assert main(["check"]) == 1
    out = capsys.readouterr().out
    assert "contacts.yaml: front-door: phone:" in out
    assert "topics/babies.yaml: safe-sleep: act:" in out


def test_check_reports_a_card_that_does_not_fit(own_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    babies = own_folder / "topics" / "babies.yaml"
    text = babies.read_text()
    first = text.index("    steps:\n      - text: ") + len("    steps:\n      - text: ")
    babies.write_text(
        text[:first] + "Ring 999 if a child is in danger. " + "Then write it all down. " * 40 + text[first:]
    )
    assert main(["check"]) == 1
    assert "topics/babies.yaml: safe-sleep: steps: the card has" in capsys.readouterr().out


def test_check_reports_a_danger_sentence_that_no_longer_fires(
    own_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    danger = own_folder / "danger.yaml"
    text = danger.read_text()
    place = text.index("must_fire:\n") + len("must_fire:\n")
    indent = text[place:].split("-")[0]
    danger.write_text(f"{text[:place]}{indent}- where do I park for the meeting\n{text[place:]}")
    assert main(["check"]) == 1
    out = capsys.readouterr().out
    assert "danger.yaml:" in out and "must_fire" in out


@pytest.mark.parametrize("command", [["match", "--json"], ["check"]])
def test_a_broken_knowledge_file_is_one_readable_line_and_exit_code_1(
    command: list[str], own_folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    feed(monkeypatch, b"")
    (own_folder / "topics" / "babies.yaml").write_text("entries: [\n")
    assert main(command) == 1
    captured = capsys.readouterr()
    assert "topics/babies.yaml" in captured.out + captured.err
    assert "Traceback" not in captured.out + captured.err


def test_a_missing_knowledge_folder_names_the_setting(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SIGNPOST_KNOWLEDGE", "/nowhere/at/all")
    assert main(["ask", "x"]) == 1
    assert "SIGNPOST_KNOWLEDGE" in capsys.readouterr().err


def test_evaluate_prints_accuracy_with_intervals_and_what_was_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "questions.csv"
    file.write_text(
        "text,topic,acceptable,style\n"
        f"{SLEEP},safe-sleep,,keyword\n"
        "who may attend a core group,a-topic-of-another-place,,question\n"
    )
    assert main(["evaluate", str(file)]) == 0
    out = capsys.readouterr().out
    assert "questions            1 (left out, topic not held: 1)" in out
    assert "top-1                 100.0 %" in out
    assert "wrong with confidence" in out
    assert "to act on, got routine" in out


def test_evaluate_names_a_file_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "nothing.csv"]) == 1
    assert "nothing.csv" in capsys.readouterr().err


def test_stats_of_a_log_that_was_never_written_are_no_fault(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["stats"]) == 0
    assert capsys.readouterr().out


def test_telegram_without_a_token_is_one_readable_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["telegram"]) == 1
    err = capsys.readouterr().err
    assert "SIGNPOST_TELEGRAM_TOKEN" in err
    assert len(err.strip().splitlines()) == 1


def test_an_unknown_setting_is_one_readable_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SIGNPOST_KNOWLEGDE", "x")
    assert main(["check"]) == 1
    assert "SIGNPOST_KNOWLEGDE" in capsys.readouterr().err


def test_a_data_folder_that_cannot_be_written_costs_nobody_an_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("SIGNPOST_DATA", str(tmp_path / "file" / "data"))
    assert main(["ask", SLEEP]) == 0
    assert "Do now:" in capsys.readouterr().out


def test_every_command_has_help() -> None:
    for command in ("chat", "ask", "match", "telegram", "check", "confirm", "evaluate", "stats"):
        with pytest.raises(SystemExit) as left:
            main([command, "--help"])
        assert left.value.code == 0


def test_a_reader_that_leaves_early_is_no_traceback() -> None:
    done = subprocess.run(
        f"yes '{SLEEP}' | head -n 2000 | {sys.executable} -m bot match --json | head -n 1",
        shell=True, capture_output=True, text=True, cwd=Path(__file__).parent.parent, check=False,
    )  # fmt: skip
    assert json.loads(done.stdout)["entry"] == "safe-sleep"
    assert "Traceback" not in done.stderr


def test_danger_is_recognised_though_danger_yaml_is_broken(
    own_folder: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    (own_folder / "danger.yaml").write_text("x: [")
    assert main(["ask", "the baby is not breathing"]) == 0
    assert "!! Ring 999" in capsys.readouterr().out
    assert "danger.yaml" in caplog.text


def test_a_key_that_cannot_be_kept_costs_nobody_a_conversation(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("SIGNPOST_DATA", str(tmp_path / "file" / "data"))
    feed(monkeypatch, f"{SLEEP}\n".encode())
    assert main(["chat"]) == 0
    said = capsys.readouterr().out
    assert "Do now:" in said and "May I count" not in said
    assert "nothing is counted until this is mended" in caplog.text


@pytest.mark.parametrize("command", [["ask", "the baby is not breathing"], ["chat"]])
def test_who_asks_is_answered_from_what_is_sound_of_a_broken_folder(
    command: list[str],
    own_folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    feed(monkeypatch, b"the baby is not breathing\n")
    (own_folder / "topics" / "babies.yaml").write_text("entries: [\n")
    assert main(command) == 0
    assert "!! Ring 999" in capsys.readouterr().out
    assert "topics/babies.yaml" in caplog.text


@pytest.mark.parametrize("file", ["partnership.yaml", "lexicon.yaml", "contacts.yaml", "topics/act-now.yaml"])
def test_with_too_little_that_is_sound_the_fault_is_named_and_the_exit_code_1(
    file: str, own_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (own_folder / file).write_text("entries: [\n")
    assert main(["ask", "the baby is not breathing"]) == 1
    assert file in capsys.readouterr().err


@pytest.mark.parametrize("command", ["chat", "match --json", "ask caf\\xe9", "ask caf\\xe9 --json"])
def test_letters_that_do_not_fit_the_terminals_encoding_stop_nothing(command: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bot", *command.replace("\\xe9", "\udce9").split()],
        input=b"caf\xe9 \xff\n", capture_output=True, cwd=Path(__file__).parent.parent, check=False,
        env={**os.environ, "PYTHONIOENCODING": "ascii:strict", "SIGNPOST_DATA": str(tmp_path)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_whoever_starts_it_first_is_told_that_it_learns(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIGNPOST_DATA", str(tmp_path))
    assert main(["ask", SLEEP, "--json"]) == 0
    first = capsys.readouterr()
    assert main(["ask", SLEEP, "--json"]) == 0
    second = capsys.readouterr()
    assert first.err.startswith("Learning from 92 texts") and second.err == ""
    assert first.out == second.out
