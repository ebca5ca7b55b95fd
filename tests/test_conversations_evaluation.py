"""Whole conversations are read, judged and reported right; on the command line they do not mix."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cli import main
from bot.errors import QuestionFileError
from bot.matching.conversations import JudgedTurn, Turn, judged, read_turns, report
from bot.messages import Answer, Match, Reply
from tests.conftest import SMALL_KNOWLEDGE

HEADER = "conversation_id,turn,text,expected\n"
GOOD = f"{HEADER}c1,1,where to sleep,safe-sleep\nc1,2,and then,safe-sleep|bruise\nc2,1,thanks,out-of-scope\n"
TURNS = [
    Turn("c1", "1", "where to sleep", frozenset({"safe-sleep"})),
    Turn("c1", "2", "and then", frozenset({"safe-sleep", "bruise"})),
    Turn("c2", "1", "thanks", frozenset()),
]


def write(folder: Path, data: bytes) -> Path:
    file = folder / "conversations.csv"
    file.write_bytes(data)
    return file


# Reading


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(GOOD.encode(), id="plain"),
        pytest.param(b"\xef\xbb\xbf" + GOOD.encode(), id="a byte order mark"),
        pytest.param(GOOD.replace("\n", "\r\n").encode(), id="windows line ends"),
        pytest.param(GOOD.replace("safe-sleep|bruise", " safe-sleep | bruise |").encode(), id="spaces"),
        pytest.param(GOOD.replace("and then", '"and then"').encode(), id="quotes"),
        pytest.param(GOOD.replace(",expected", ",expected,note").encode(), id="a column more"),
        pytest.param((GOOD + "\n\n").encode(), id="blank lines"),
        pytest.param(GOOD.removesuffix("\n").encode(), id="no line end at the end"),
    ],
)
def test_a_file_of_conversations_is_read(tmp_path: Path, data: bytes) -> None:
    assert read_turns(write(tmp_path, data)) == TURNS


def test_columns_may_stand_in_any_order_and_a_text_may_hold_commas_and_lines(tmp_path: Path) -> None:
    file = write(tmp_path, b'expected,text,turn,conversation_id\nsafe-sleep,"one, two\nthree",1,c1\n')
    assert read_turns(file) == [Turn("c1", "1", "one, two\nthree", frozenset({"safe-sleep"}))]


def test_a_file_without_a_conversation_is_no_fault(tmp_path: Path) -> None:
    assert read_turns(write(tmp_path, HEADER.encode())) == []


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        pytest.param(b"", "column 'conversation_id' is missing", id="nothing"),
        pytest.param(GOOD.replace("turn", "step", 1).encode(),
                     "column 'turn' is missing: expected conversation_id,turn,text,expected", id="a column missing"),
        pytest.param(b"text,topic\nhello,x\n", "column 'conversation_id' is missing", id="another kind of file"),
        pytest.param(f"{HEADER}c1,1,where,\n".encode(),
                     "line 2: conversation_id, turn, text, expected must not be empty", id="nothing expected"),
        pytest.param(f"{HEADER}c1,1,where,a\nc1,2,  ,a\n".encode(), "line 3: ", id="no text"),
        pytest.param(f"{HEADER},1,where,a\n".encode(), "line 2: ", id="no conversation"),
        pytest.param(f"{HEADER}c1,,where,a\n".encode(), "line 2: ", id="no turn"),
        pytest.param(f"{HEADER}c1,1,where\n".encode(), "line 2: ", id="a row too short"),
        pytest.param(f"{HEADER}c1,1,where, | \n".encode(), "line 2: ", id="only a bar expected"),
        pytest.param(GOOD.encode("utf-16"), "is not a UTF-8 CSV file", id="another encoding"),
        pytest.param(HEADER.encode() + b"c1,1,caf\xe9,a\n", "is not a UTF-8 CSV file", id="latin-1"),
        pytest.param(HEADER.encode() + b"c1,1," + b"x" * 200_000 + b",a\n", "is not a UTF-8 CSV", id="a huge field"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_used_is_one_line_with_its_name(tmp_path: Path, data: bytes, problem: str) -> None:
    file = write(tmp_path, data)
    with pytest.raises(QuestionFileError) as refusal:
        read_turns(file)
    assert str(refusal.value).startswith(f"{file}: ") and problem in str(refusal.value)
    assert len(str(refusal.value).splitlines()) == 1


@pytest.mark.parametrize(("name", "problem"), [("lost.csv", "No such file"), (".", "Is a directory")])
def test_a_file_that_is_not_there_is_one_line(tmp_path: Path, name: str, problem: str) -> None:
    with pytest.raises(QuestionFileError, match=f"cannot be read: {problem}"):
        read_turns(tmp_path / name)


# Judging


def answer(decision: str, *candidates: str) -> Answer:
    """Return an answer as the assistant gives it: an entry only where it answered with one."""
    matches = tuple(Match(entry, 0.9 - 0.1 * place) for place, entry in enumerate(candidates))
    entry = candidates[0] if candidates and decision in ("answer", "urgent") else None
    return Answer(Reply(()), decision, entry, candidates=matches)


def turn(*expected: str, conversation: str = "c1", number: str = "1") -> Turn:
    return Turn(conversation, number, "a message", frozenset(expected))


@pytest.mark.parametrize(
    ("expected", "given_answer", "right", "among"),
    [
        pytest.param(["sleep"], answer("answer", "sleep"), True, True, id="answered with it"),
        pytest.param(["sleep"], answer("urgent", "sleep"), True, True, id="danger answered with it"),
        pytest.param(["sleep", "cot"], answer("answer", "cot"), True, True, id="answered with one of several"),
        pytest.param(["sleep"], answer("answer", "cot", "sleep"), False, True, id="answered with another"),
        pytest.param(["sleep"], answer("clarify", "sleep", "cot"), True, True, id="asked back, it comes first"),
        pytest.param(["sleep"], answer("clarify", "cot", "a", "sleep"), False, True, id="asked back, it comes third"),
        pytest.param(["sleep"], answer("clarify", "cot", "a", "b", "sleep"), False, False, id="it comes fourth"),
        pytest.param(["sleep"], answer("no_match"), False, False, id="nothing"),
        pytest.param([], answer("no_match", "sleep"), True, False, id="no card wanted, none given"),
        pytest.param([], answer("clarify", "sleep"), True, False, id="no card wanted, asked back"),
        pytest.param([], answer("answer", "sleep"), False, False, id="no card wanted, one given"),
    ],
)
def test_a_turn_is_right_if_what_is_likeliest_was_expected(
    expected: list[str], given_answer: Answer, right: bool, among: bool
) -> None:
    one = judged(turn(*expected), given_answer)
    assert (one.right, one.among_choices) == (right, among)


def test_what_was_answered_with_counts_even_where_another_is_likelier() -> None:
    pressed_on = Answer(Reply(()), "answer", "sleep", candidates=(Match("cot", 0.9),))
    assert judged(turn("sleep"), pressed_on).right


# The report


def figures(text: str) -> dict[str, str]:
    """Return the counts of a report, such as 3/4, by the name of their line."""
    return {line[:22].strip(): line.split()[-1] for line in text.splitlines() if "[" in line}


FOUND = [
    judged(turn("sleep"), answer("answer", "sleep")),
    judged(turn("sleep", number="2"), answer("clarify", "cot", "sleep")),
    judged(turn("cot", number="3"), answer("answer", "sleep")),
    judged(turn("cot", conversation="c2"), answer("no_match")),
    judged(turn(conversation="c2", number="2"), answer("no_match", "sleep")),
    judged(turn(conversation="c2", number="3"), answer("answer", "sleep")),
]


def test_a_report_counts_first_and_later_turns_and_wrong_answers() -> None:
    text = report(FOUND)
    assert text.splitlines()[0] == "2 conversations, 6 turns"
    assert figures(text) == {
        "turns right": "2/6",
        "first turns": "1/2",
        "later turns": "1/4",
        "among three": "2/4",
        "answered": "3/6",
        "of those wrong": "2/3",
    }


def test_a_report_on_no_conversation_divides_by_nothing() -> None:
    text = report([])
    assert text.startswith("0 conversations, 0 turns\n")
    assert set(figures(text).values()) == {"0/0"}


def test_turns_that_are_not_right_are_listed_only_when_asked_for() -> None:
    assert "a message" not in report(FOUND)
    listed = report(FOUND, show_errors=True).partition("not right:\n")[2].splitlines()
    assert listed == [
        "  c1 2: sleep <- cot: a message",
        "  c1 3: cot <- sleep (answered): a message",
        "  c2 1: cot <- nothing: a message",
        "  c2 3: out-of-scope <- sleep (answered): a message",
    ]


entries = st.sampled_from(["sleep", "cot", "bruise"])
turns = st.builds(
    JudgedTurn,
    st.builds(Turn, st.sampled_from("abc"), st.sampled_from("123"), st.just("x"), st.frozensets(entries)),
    st.none() | entries,
    st.booleans(),
    st.booleans(),
)


@given(st.lists(turns, max_size=20))
def test_first_and_later_turns_make_up_all_turns(asked: list[JudgedTurn]) -> None:
    counts = {name: [int(n) for n in count.split("/")] for name, count in figures(report(asked)).items()}
    first, later = counts["first turns"], counts["later turns"]
    assert [a + b for a, b in zip(first, later, strict=True)] == counts["turns right"]
    assert counts["turns right"][1] == len(asked)
    assert counts["of those wrong"][1] == counts["answered"][0]


# The commands

SLEEP, BACK = "co-sleeping after drinking", "who to contact"  # the second has three choices, safe-sleep the second one


@pytest.fixture(autouse=True)
def _settings(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep every command away from the developer's own settings and data. Knowledge is small, so learning is quick."""
    for name in ("DATA", "WATCH", "ADMINS", "CARD_LINK", "TELEGRAM_TOKEN", "TELEGRAM_BASE_URL", "SECRET"):
        monkeypatch.delenv(f"SIGNPOST_{name}", raising=False)
    monkeypatch.setenv("SIGNPOST_DATA", str(tmp_path_factory.getbasetemp() / "conversations-data"))
    monkeypatch.setenv("SIGNPOST_KNOWLEDGE", str(SMALL_KNOWLEDGE))
    monkeypatch.chdir(tmp_path_factory.getbasetemp())


def test_evaluate_reports_on_whole_conversations(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [
        f"c1,1,{BACK},front-door-consultation|safe-sleep",
        "c1,2,the second one,safe-sleep",
        f"c2,1,{SLEEP},safe-sleep",
        "c2,2,the second one,out-of-scope",
    ]
    file = write(tmp_path, (HEADER + "\n".join(rows) + "\n").encode())
    assert main(["evaluate", str(file), "--conversations"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("2 conversations, 4 turns\n")
    assert figures(out)["turns right"] == "4/4"
    assert "not right:" not in out


def test_evaluate_keeps_conversations_apart_whose_turns_alternate(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [
        f"c1,1,{BACK},front-door-consultation|safe-sleep",
        "c2,1,the second one,out-of-scope",
        "c1,2,the second one,safe-sleep",
        f"c2,2,{SLEEP},safe-sleep",
    ]
    file = write(tmp_path, (HEADER + "\n".join(rows) + "\n").encode())
    assert main(["evaluate", str(file), "--conversations", "--errors"]) == 0
    out = capsys.readouterr().out
    assert figures(out)["later turns"] == "2/2"
    assert out.endswith("\nnot right:\n")


def test_evaluate_lists_what_went_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write(tmp_path, f"{HEADER}c1,1,{SLEEP},immediate-danger\n".encode())
    assert main(["evaluate", str(file), "--conversations", "--errors"]) == 0
    assert f"  c1 1: immediate-danger <- safe-sleep (answered): {SLEEP}\n" in capsys.readouterr().out


@pytest.mark.parametrize("data", [b"", b"text,topic\nwhere,safe-sleep\n", b"\xff\xfe"])
def test_evaluate_refuses_what_is_no_file_of_conversations_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], data: bytes
) -> None:
    file = write(tmp_path, data)
    assert main(["evaluate", str(file), "--conversations"]) == 1
    captured = capsys.readouterr()
    assert captured.out == "" and captured.err.startswith(f"signpost: {file}: ")
    assert len(captured.err.splitlines()) == 1


def match(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *lines: str, conversation: bool = True
) -> list[dict[str, object]]:
    """Return what `signpost match --json` gives for some lines."""
    data = "".join(f"{line}\n" for line in lines).encode()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"))
    assert main(["match", "--json", *(["--conversation"] if conversation else [])]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_match_understands_a_line_in_the_light_of_its_conversation(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = match(monkeypatch, capsys, f"c1\t{BACK}", "c1\tthe second one")
    assert (first["decision"], first["entry"]) == ("clarify", None)
    assert (second["decision"], second["entry"]) == ("answer", "safe-sleep")


def test_match_does_not_mix_conversations(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [f"c1\t{BACK}", f"c2\t{SLEEP}", "c2\t2", "c3\t2", "c1\t2"]
    assert [one["entry"] for one in match(monkeypatch, capsys, *lines)] == [
        None,
        "safe-sleep",
        None,
        None,
        "safe-sleep",
    ]


def test_match_without_conversations_takes_each_line_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = match(monkeypatch, capsys, BACK, "the second one", "the second one", conversation=False)
    assert found[1] == found[2] and found[1]["entry"] is None


def test_the_first_line_of_a_conversation_gives_what_the_line_alone_gives(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = [SLEEP, BACK, "the second one", "yes", "thanks", "", "he is hitting the baby right now"]
    alone = match(monkeypatch, capsys, *texts, conversation=False)
    assert match(monkeypatch, capsys, *(f"c{n}\t{text}" for n, text in enumerate(texts))) == alone


def test_a_line_without_a_tab_stands_alone_and_danger_in_it_is_not_lost(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = match(monkeypatch, capsys, BACK, "the second one", "he is hitting her right now", "")
    alone = match(monkeypatch, capsys, BACK, "the second one", "he is hitting her right now", "", conversation=False)
    assert found == alone
    assert len(found) == 4 and found[2]["decision"] == "urgent"


def test_a_text_may_hold_tabs_and_a_conversation_may_be_named_by_anything(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = match(monkeypatch, capsys, f"77 é|\t{BACK}", "77 é|\tthe\tsecond\tone", f"\t{SLEEP}", "c9\t")
    assert [one["entry"] for one in found] == [None, "safe-sleep", "safe-sleep", None]
    assert "77" not in str([one["text"] for one in found])


def test_the_output_of_a_conversation_keeps_the_contract(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = [
        SLEEP,
        "tell me more",
        BACK,
        "2",
        "neither",
        "call me on 07700 900123",
        "he is hitting her right now",
        "ok",
        "",
    ]
    found = match(monkeypatch, capsys, *(f"c1\t{text}" for text in texts))
    assert len(found) == len(texts)
    for one in found:
        assert list(one) == ["text", "decision", "entry", "score", "candidates", "also_relevant", "personal_data"]
        assert one["decision"] in ("urgent", "answer", "clarify", "no_match")
        assert (one["entry"] is not None) == (one["decision"] in ("urgent", "answer"))
        assert isinstance(one["candidates"], list) and len(one["candidates"]) <= 5
        scores = [one["score"], *(candidate["score"] for candidate in one["candidates"])]
        assert all(0 <= score <= 1 for score in scores)
        assert all(set(candidate) == {"entry", "score"} for candidate in one["candidates"])
    assert found[5]["personal_data"] == ["phone"] and "900123" not in str(found)
