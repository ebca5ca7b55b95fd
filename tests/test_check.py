"""`signpost check` tells all in one run: a fault in one place hides no fault in another, and none is told twice."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.answering import Answering
from bot.assistant import Assistant
from bot.errors import KnowledgeError
from bot.knowledge.loading import load_to_answer_from, read_knowledge
from bot.matching.examples import matcher_examples
from bot.matching.matcher import Matcher
from bot.messages import Person, Question
from tests.conftest import ACT_NOW, BABIES, SMALL_KNOWLEDGE, edit
from tests.support import faults

EVERY_FILE = sorted(str(path.relative_to(SMALL_KNOWLEDGE)) for path in SMALL_KNOWLEDGE.rglob("*.yaml"))

IN_A_TOPIC = (BABIES, "act: routine", "act: soon")
DANGLING = ("contacts.yaml", "otherwise: out-of-hours", "otherwise: nobody")
DOES_NOT_FIRE = ("danger.yaml", "- a boy is bleeding in my classroom", "- where do I park for the meeting")
LONG_STEP = "Ring the Front Door and ask for a consultation."
TOO_LONG = (ACT_NOW, LONG_STEP, f"{LONG_STEP} {'Then write it all down. ' * 40}")

TOPIC_FAULT = f"{BABIES}: safe-sleep: act: is 'soon', expected is one of"
DANGLING_FAULT = "contacts.yaml: front-door: otherwise: 'nobody' is not in contacts.yaml"
SENTENCE_FAULT = "danger.yaml: child-bleeding: must_fire 1: 'where do I park for the meeting' does not fire the rule"
CARD_FAULT = f"{ACT_NOW}: front-door-consultation: steps: the card has 1,"


def told(folder: Path) -> list[str]:
    """Return the lines that an editor reads, each of them once."""
    lines = faults(folder)
    assert len(lines) == len(set(lines))
    return lines


def test_files_references_sentences_and_cards_are_told_in_one_run_and_in_this_order(small_knowledge: Path) -> None:
    for change in (TOO_LONG, DOES_NOT_FIRE, DANGLING, IN_A_TOPIC):
        edit(small_knowledge, *change)
    lines = told(small_knowledge)
    expected = [TOPIC_FAULT, DANGLING_FAULT, SENTENCE_FAULT, CARD_FAULT]
    assert [line.startswith(start) for line, start in zip(lines[:4], expected, strict=True)] == [True] * 4, lines
    assert lines[4:] == [line for line in lines if "the card for school has" in line], lines


def test_a_broken_partnership_file_leaves_the_danger_sentences_judged(small_knowledge: Path) -> None:
    (small_knowledge / "partnership.yaml").write_text("name: [", encoding="utf-8")
    edit(small_knowledge, *DOES_NOT_FIRE)
    partnership, sentence = told(small_knowledge)
    assert partnership.startswith("partnership.yaml: -: -: is not YAML: line 2")
    assert sentence == SENTENCE_FAULT


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        pytest.param(ACT_NOW, "act: now", "act: soon", id="the entry that the partnership names for danger"),
        pytest.param(ACT_NOW, "order: 1", "order: one", id="the group of the entry"),
        pytest.param(ACT_NOW, "see_also: [immediate-danger, safe-sleep]", "see_also: [nobody]", id="see_also"),
        pytest.param(ACT_NOW, "      school:", "      nobody:", id="an agency"),
        pytest.param("partnership.yaml", "help_contacts: [front-door", "help_contacts: [nobody", id="help_contacts"),
        pytest.param("contacts.yaml", '"03000 41 91 91"', "3000419191", id="the contact for other hours"),
        pytest.param("signposts.yaml", "contacts: [emergency-services]", "contacts: [nobody]", id="a signpost"),
        pytest.param("agencies.yaml", "name: School or college", "name: no", id="the name of an agency"),
        pytest.param("danger.yaml", "needs: [child, bleeding]", "needs: [child, nobody]", id="a danger rule"),
    ],
)
def test_a_fault_elsewhere_hides_no_card_that_is_too_long(small_knowledge: Path, file: str, old: str, new: str) -> None:
    edit(small_knowledge, file, old, new)
    edit(small_knowledge, *TOO_LONG)
    lines = told(small_knowledge)
    assert lines[0].startswith(f"{file}: ")
    assert any(line.startswith(CARD_FAULT) for line in lines), lines


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        pytest.param("contacts.yaml", '"03000 41 11 11"', "03000411111", id="its contact"),
        pytest.param("sources.yaml", "kind: practice", "kind: blog", id="its source"),
    ],
)
def test_a_card_is_not_judged_without_what_it_shows(small_knowledge: Path, file: str, old: str, new: str) -> None:
    edit(small_knowledge, file, old, new)
    edit(small_knowledge, *TOO_LONG)
    [fault] = told(small_knowledge)
    assert fault.startswith(f"{file}: ")


@pytest.mark.parametrize("field", ["unless", "denied_by"])
def test_a_group_that_is_not_there_is_told_once(small_knowledge: Path, field: str) -> None:
    edit(small_knowledge, "danger.yaml", f"{field}: [", f"{field}: [nobody, ")
    assert told(small_knowledge) == [f"danger.yaml: -: {field}: 'nobody' is not in the 'words' of this file"]


def test_the_sentences_of_a_rule_that_names_no_group_wait_until_it_does(small_knowledge: Path) -> None:
    edit(small_knowledge, "danger.yaml", "needs: [child, bleeding]", "needs: [child, nobody]")
    assert told(small_knowledge) == ["danger.yaml: child-bleeding: needs: 'nobody' is not in the 'words' of this file"]


def test_groups_that_name_one_another_in_a_circle_are_told(small_knowledge: Path) -> None:
    edit(small_knowledge, "danger.yaml", "child: [child,", "child: [<child> here, child,")
    [fault] = told(small_knowledge)
    assert "the groups name one another in a circle: child -> child" in fault


def test_a_folder_that_is_not_there_is_one_fault(tmp_path: Path) -> None:
    [fault] = told(tmp_path / "nowhere")
    assert "is not a folder: set SIGNPOST_KNOWLEDGE" in fault


# What is sound beside the faults.


def test_what_is_sound_is_read_beside_the_problems(small_knowledge: Path) -> None:
    for change in (DANGLING, IN_A_TOPIC):
        edit(small_knowledge, *change)
    reading = read_knowledge(small_knowledge)
    assert len(reading.problems) == 2 and reading.danger is not None and reading.knowledge is not None
    assert list(reading.knowledge.entries) == ["immediate-danger", "front-door-consultation"]
    assert reading.knowledge.entries["front-door-consultation"].see_also == ("immediate-danger",)
    assert reading.knowledge.contacts["front-door"].otherwise is None


@pytest.mark.parametrize("file", ["partnership.yaml", "lexicon.yaml"])
def test_there_is_no_knowledge_without_partnership_and_lexicon(small_knowledge: Path, file: str) -> None:
    (small_knowledge / file).unlink()
    reading = read_knowledge(small_knowledge)
    assert reading.knowledge is None and reading.danger is not None


@pytest.mark.parametrize("content", [None, "x: [", "words: {}", "rules: no"], ids=["gone", "no YAML", "empty", "wrong"])
def test_answers_go_on_with_the_built_in_minimum_while_the_danger_rules_are_broken(
    small_knowledge: Path, content: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    danger = small_knowledge / "danger.yaml"
    danger.unlink() if content is None else danger.write_text(content)
    knowledge = load_to_answer_from(small_knowledge)
    assert knowledge.danger is None and len(knowledge.entries) == 3
    assert "danger.yaml" in caplog.text
    matcher = Matcher.from_examples(matcher_examples(knowledge), knowledge.lexicon)
    asked = Question("the baby is not breathing", dt.datetime.now(dt.UTC), "test", Person(""))
    assert Assistant(Answering(knowledge, matcher)).answer(asked).decision == "urgent"


def test_a_folder_without_what_the_partnership_names_is_refused(small_knowledge: Path) -> None:
    (small_knowledge / "danger.yaml").unlink()
    (small_knowledge / "contacts.yaml").write_text("contacts: 1")
    with pytest.raises(KnowledgeError):
        load_to_answer_from(small_knowledge)


def test_a_fault_in_one_entry_costs_that_entry_only(small_knowledge: Path, caplog: pytest.LogCaptureFixture) -> None:
    edit(small_knowledge, *IN_A_TOPIC)
    assert list(load_to_answer_from(small_knowledge).entries) == ["immediate-danger", "front-door-consultation"]
    assert "left out until it is mended: topics/babies.yaml" in caplog.text


# Any damage at all.


@pytest.fixture(scope="module")
def damaged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    yield Path(shutil.copytree(SMALL_KNOWLEDGE, tmp_path_factory.mktemp("damaged") / "knowledge"))


@settings(max_examples=60, deadline=None)
@example(file="danger.yaml", start=0, length=0, new=b"<: x\n")
@given(
    file=st.sampled_from(EVERY_FILE),
    start=st.integers(0, 5_000),
    length=st.integers(0, 12),
    new=st.binary(max_size=4) | st.text("abc <>*.-:[]'\n", max_size=6).map(str.encode),
)
def test_check_tells_any_damage_and_never_raises(damaged: Path, file: str, start: int, length: int, new: bytes) -> None:
    path = damaged / file
    data = path.read_bytes()
    start %= len(data) + 1
    path.write_bytes(data[:start] + new + data[start + length :])
    try:
        lines = told(damaged)
    finally:
        path.write_bytes(data)
    assert all(line.isprintable() for line in lines)
