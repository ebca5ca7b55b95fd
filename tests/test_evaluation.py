"""Figures on a labelled question file are counted right, and a file that cannot be read is one plain line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import QuestionFileError
from bot.knowledge.model import Act
from bot.matching.evaluation import Judged, Labelled, judge, read_questions, report, wilson
from bot.messages import Answer, Match, Reply

ACTS = {"danger": Act.NOW, "bruise": Act.TODAY, "sleep": Act.ROUTINE, "training": Act.ROUTINE}
GOOD = "text,topic,acceptable,style\nbruise on a baby,bruise,danger|sleep,plain\nwhere to sleep,sleep,,short\n"
QUESTIONS = [
    Labelled("bruise on a baby", "bruise", ("danger", "sleep"), "plain"),
    Labelled("where to sleep", "sleep", (), "short"),
]


def answer(decision: str, *candidates: str) -> Answer:
    """Return an answer as the assistant gives it: an entry only where it answered with one."""
    matches = tuple(Match(entry, 0.9 - 0.1 * place) for place, entry in enumerate(candidates))
    entry = candidates[0] if candidates and decision == "answer" else None
    return Answer(Reply(()), decision, entry, candidates=matches)


def judged(topic: str, given_answer: Answer, acceptable: tuple[str, ...] = (), style: str = "-") -> Judged:
    return Judged(Labelled("a question", topic, acceptable, style), given_answer)


def figures(text: str) -> dict[str, str]:
    """Return the counts of a report, such as 3/4, by the name of their line."""
    rows = [line for line in text.splitlines() if "[" in line]
    return {line[:22].strip(): line.split()[-1] for line in rows}


# The interval


@pytest.mark.parametrize(
    ("hits", "total", "low", "high"),
    [
        (0, 10, 0.000, 0.278),
        (10, 10, 0.722, 1.000),
        (5, 10, 0.237, 0.763),
        (80, 100, 0.711, 0.867),
        (1, 1, 0.207, 1.000),
        (0, 0, 0.000, 1.000),
    ],
)
def test_the_interval_has_its_known_values(hits: int, total: int, low: float, high: float) -> None:
    assert wilson(hits, total) == pytest.approx((low, high), abs=0.0006)


@given(total=st.integers(1, 2_000), data=st.data())
def test_the_interval_holds_the_share_and_stays_within_nothing_and_one(total: int, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, total))
    low, high = wilson(hits, total)
    assert 0 <= low <= hits / total + 1e-12 and hits / total - 1e-12 <= high <= 1


@given(hits=st.integers(0, 50), total=st.integers(50, 100))
def test_more_questions_with_the_same_share_narrow_the_interval(hits: int, total: int) -> None:
    few, many = wilson(hits, total), wilson(10 * hits, 10 * total)
    assert many[1] - many[0] < few[1] - few[0]


# Reading


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(GOOD.encode(), id="plain"),
        pytest.param(b"\xef\xbb\xbf" + GOOD.encode(), id="a byte order mark"),
        pytest.param(GOOD.replace("\n", "\r\n").encode(), id="windows line ends"),
        pytest.param(GOOD.replace("danger|sleep", " danger | sleep |").encode(), id="spaces"),
        pytest.param(GOOD.replace("bruise on a baby", '"bruise on a baby"').encode(), id="quotes"),
        pytest.param(GOOD.replace(",style", ",style,note").encode(), id="a column more"),
        pytest.param((GOOD + "\n\n").encode(), id="blank lines"),
    ],
)
def test_a_question_file_is_read(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "questions.csv"
    file.write_bytes(data)
    assert read_questions(file) == QUESTIONS


def test_text_and_topic_are_enough(tmp_path: Path) -> None:
    file = tmp_path / "questions.csv"
    file.write_text('topic,text\nsleep,"one, two\nthree"\n', encoding="utf-8")
    assert read_questions(file) == [Labelled("one, two\nthree", "sleep", (), "-")]


def test_a_file_without_questions_is_an_empty_list(tmp_path: Path) -> None:
    file = tmp_path / "questions.csv"
    file.write_text("text,topic\n", encoding="utf-8")
    assert read_questions(file) == []


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        pytest.param(b"", "column 'text' is missing", id="nothing"),
        pytest.param(b"text;topic\na;b\n", "column 'text' is missing", id="semicolons"),
        pytest.param(b"text,label\na,b\n", "column 'topic' is missing", id="no topic column"),
        pytest.param(b"question,topic\na,b\n", "column 'text' is missing", id="no text column"),
        pytest.param(b"text,topic\na,b\n,c\n", "line 3: text and topic must not be empty", id="no text"),
        pytest.param(b"text,topic\na,\n", "line 2: text and topic must not be empty", id="no topic"),
        pytest.param(b"text,topic\na\n", "line 2: text and topic must not be empty", id="a short row"),
        pytest.param(b"text,topic\n  ,b\n", "line 2: text and topic must not be empty", id="a blank text"),
        pytest.param(b"text,topic\n\x93a\x94,b\n", "is not a UTF-8 CSV file", id="windows quotes"),
        pytest.param(b"\xff\xfet\x00e\x00", "is not a UTF-8 CSV file", id="utf-16"),
        pytest.param(b"text,topic\n" + b"a" * 200_000 + b",b\n", "is not a UTF-8 CSV file", id="a huge field"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_line_with_its_name(tmp_path: Path, data: bytes, problem: str) -> None:
    file = tmp_path / "questions.csv"
    file.write_bytes(data)
    with pytest.raises(QuestionFileError) as refusal:
        read_questions(file)
    assert str(refusal.value).startswith(f"{file}: ") and problem in str(refusal.value)
    assert len(str(refusal.value).splitlines()) == 1


@pytest.mark.parametrize(("name", "problem"), [("lost.csv", "No such file"), (".", "Is a directory")])
def test_a_file_that_is_not_there_is_one_line(tmp_path: Path, name: str, problem: str) -> None:
    with pytest.raises(QuestionFileError, match=f"cannot be read: {problem}"):
        read_questions(tmp_path / name)


# Judging


@pytest.mark.parametrize(
    ("candidates", "acceptable", "top1", "top3"),
    [
        pytest.param(["bruise"], (), True, True, id="the label first"),
        pytest.param(["sleep", "bruise"], (), False, True, id="the label second"),
        pytest.param(["sleep", "training", "bruise"], (), False, True, id="the label third"),
        pytest.param(["sleep", "training", "danger", "bruise"], (), False, False, id="the label fourth"),
        pytest.param(["danger", "sleep"], ("danger",), True, True, id="an acceptable one first"),
        pytest.param(["sleep", "danger"], ("danger",), False, True, id="an acceptable one second"),
        pytest.param([], ("danger",), False, False, id="nothing"),
    ],
)
def test_the_label_and_the_acceptable_count_as_right(
    candidates: list[str], acceptable: tuple[str, ...], top1: bool, top3: bool
) -> None:
    one = judged("bruise", answer("clarify", *candidates), acceptable)
    assert (one.top1, one.top3) == (top1, top3)


@pytest.mark.parametrize(
    ("decision", "candidates", "acceptable", "wrong"),
    [
        pytest.param("answer", ["sleep"], (), True, id="answered with another entry"),
        pytest.param("answer", ["bruise"], (), False, id="answered with the label"),
        pytest.param("answer", ["sleep"], ("sleep",), False, id="answered with an acceptable one"),
        pytest.param("clarify", ["sleep", "bruise"], (), False, id="asked back"),
        pytest.param("no_match", ["sleep"], (), False, id="said that it does not know"),
    ],
)
def test_only_an_answer_with_another_entry_is_wrong_with_confidence(
    decision: str, candidates: list[str], acceptable: tuple[str, ...], wrong: bool
) -> None:
    assert judged("bruise", answer(decision, *candidates), acceptable).wrong_answer is wrong


def test_a_question_about_a_topic_that_is_not_held_is_left_out_and_counted() -> None:
    asked: list[str] = []

    def ask(text: str) -> Answer:
        asked.append(text)
        return answer("answer", "sleep")

    questions = [Labelled("one", "sleep", (), "-"), Labelled("two", "unknown", (), "-")]
    found, left_out = judge(questions, ask, ACTS)
    assert [one.question.text for one in found] == asked == ["one"]
    assert left_out == 1
    assert "left out, topic not held: 1" in report(found, left_out, ACTS)


# The report


def test_a_report_counts_every_kind_of_answer_and_mistake() -> None:
    found = [
        judged("bruise", answer("answer", "bruise"), style="plain"),
        judged("bruise", answer("answer", "sleep"), style="plain"),
        judged("danger", answer("answer", "bruise"), style="short"),
        judged("danger", answer("urgent", "danger"), style="short"),
        judged("sleep", answer("answer", "training"), style="short"),
        judged("sleep", answer("clarify", "training", "sleep"), style="short"),
        judged("sleep", answer("no_match"), style="short"),
        judged("sleep", answer("clarify", "training"), ("training",), style="short"),
    ]
    assert figures(report(found, 0, ACTS)) == {
        "top-1": "3/8",
        "top-3": "4/8",
        "plain top-1": "1/2",
        "plain top-3": "1/2",
        "short top-1": "2/6",
        "short top-3": "3/6",
        "urgent": "1/8",
        "answer": "4/8",
        "clarify": "2/8",
        "no_match": "1/8",
        "wrong with confidence": "3/8",
        "of those answered": "3/4",
        "to act on, got routine": "1/4",
    }


@pytest.mark.parametrize("topic", ["danger", "bruise"])
def test_a_question_to_act_on_that_got_a_routine_answer_is_counted(topic: str) -> None:
    text = report([judged(topic, answer("answer", "sleep"))], 0, ACTS)
    assert figures(text)["to act on, got routine"] == "1/1"


@pytest.mark.parametrize(
    "one",
    [
        pytest.param(judged("bruise", answer("answer", "danger")), id="got another to act on"),
        pytest.param(judged("bruise", answer("clarify", "sleep")), id="got a question back"),
        pytest.param(judged("bruise", answer("answer", "sleep"), ("sleep",)), id="got an acceptable routine one"),
    ],
)
def test_a_question_to_act_on_that_got_no_wrong_routine_answer_is_not_counted(one: Judged) -> None:
    assert figures(report([one], 0, ACTS))["to act on, got routine"] == "0/1"


def test_a_report_on_no_questions_divides_by_nothing() -> None:
    text = report([], 3, ACTS)
    assert "left out, topic not held: 3" in text
    assert figures(text)["top-1"] == "0/0"


def test_mistakes_are_listed_only_when_asked_for() -> None:
    found = [judged("bruise", answer("answer", "sleep")), judged("sleep", answer("clarify", "danger"))]
    assert "a question" not in report(found, 0, ACTS)
    listed = report(found, 0, ACTS, show_errors=True)
    assert "  bruise <- sleep 0.90: a question\n" in listed
    assert "  sleep <- danger 0.90: a question\n" in listed
