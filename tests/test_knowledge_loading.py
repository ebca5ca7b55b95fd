"""A sound folder loads; a broken one gives each fault as `file: entry: field: problem`, never a traceback."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import KnowledgeError, Problem
from bot.knowledge.loading import MAX_FILE_BYTES, load_knowledge
from bot.knowledge.model import Knowledge
from bot.knowledge.yaml_file import MAX_DEPTH
from tests import support
from tests.conftest import ACT_NOW, BABIES, SMALL_KNOWLEDGE, edit

EVERY_FILE = sorted(str(path.relative_to(SMALL_KNOWLEDGE)) for path in SMALL_KNOWLEDGE.rglob("*.yaml"))


def faults(folder: Path) -> list[str]:
    """Return every fault of a folder as the lines that an editor reads."""
    try:
        load_knowledge(folder)
    except KnowledgeError as error:
        return [str(problem) for problem in error.problems]
    return []


def text_of(folder: Path, file: str) -> str:
    return (folder / file).read_text(encoding="utf-8")


# Sound folders.


def test_the_small_folder_is_sound(small_knowledge: Path) -> None:
    assert support.faults(small_knowledge) == []


def test_groups_come_in_their_order_and_entries_in_the_order_of_their_file(small_knowledge: Path) -> None:
    edit(small_knowledge, ACT_NOW, "order: 1", "order: 3")
    knowledge = load_knowledge(small_knowledge)
    assert list(knowledge.groups) == ["babies", "act-now"]
    assert list(knowledge.entries) == ["safe-sleep", "immediate-danger", "front-door-consultation"]
    assert [entry.id for entry in knowledge.in_group("act-now")] == [
        "immediate-danger",
        "front-door-consultation",
    ]


@pytest.mark.parametrize("file", EVERY_FILE)
def test_the_version_changes_with_every_file(small_knowledge: Path, file: str) -> None:
    before = load_knowledge(small_knowledge).version
    path = small_knowledge / file
    path.write_bytes(path.read_bytes() + b"# reviewed\n")
    assert load_knowledge(small_knowledge).version != before


def test_the_same_folder_has_the_same_version_twice(small_knowledge: Path) -> None:
    assert load_knowledge(small_knowledge).version == load_knowledge(SMALL_KNOWLEDGE).version


@pytest.mark.parametrize("file", EVERY_FILE)
def test_a_byte_order_mark_is_fine(small_knowledge: Path, file: str) -> None:
    path = small_knowledge / file
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert faults(small_knowledge) == []


@pytest.mark.parametrize("file", EVERY_FILE)
def test_windows_line_ends_are_fine(small_knowledge: Path, file: str) -> None:
    path = small_knowledge / file
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert faults(small_knowledge) == []


def test_on_is_a_word_when_it_names_a_field(small_knowledge: Path) -> None:
    change = load_knowledge(small_knowledge).entries["safe-sleep"].changes[0]
    assert change.on.isoformat() == "2026-11-22"


def test_a_confirmed_entry_keeps_who_confirmed_it(small_knowledge: Path) -> None:
    edit(small_knowledge, ACT_NOW, "confirmed:\n", "confirmed: {role: Policy lead, on: 2026-12-01}\n")
    confirmed = load_knowledge(small_knowledge).entries["immediate-danger"].confirmed
    assert confirmed is not None and confirmed.role == "Policy lead"


def test_files_that_an_editor_leaves_behind_are_passed_over(small_knowledge: Path) -> None:
    for name in (".#babies.yaml", "~$babies.yaml", "babies.yaml.bak", "notes.txt", ".DS_Store"):
        (small_knowledge / "topics" / name).write_text("nothing", encoding="utf-8")
    assert faults(small_knowledge) == []


# The fields.

SUMMARY = "summary: Ring 999 first. Everything else comes after."
FIRST_STEP = "      - text: Ring 999. Stay with the child if that is safe for you.\n"
STEPS = text_of(SMALL_KNOWLEDGE, BABIES).partition("    steps:\n")[2].partition("    watch_for:")[0]
DAY = "2026-11-23"
READ_AS_YES_NO = "was read as a yes/no value"

FIELDS = [
    # text that YAML reads as something else
    pytest.param(ACT_NOW, SUMMARY, "summary: no",
                 f"immediate-danger: summary: {READ_AS_YES_NO} (false)", id="text no"),
    pytest.param(ACT_NOW, SUMMARY, "summary: Yes",
                 f"immediate-danger: summary: {READ_AS_YES_NO} (true)", id="text yes"),
    pytest.param(BABIES, "- lullaby advice", "- on",
                 f"safe-sleep: examples scenes 14: {READ_AS_YES_NO}", id="text on"),
    pytest.param("lexicon.yaml", "short: fd", "short: off",
                 f"-: abbreviations 1 short: {READ_AS_YES_NO}", id="text off"),
    # dates and sides
    pytest.param(BABIES, "what: First version.", "what: First version.\n      - {on: 2026-11-23, what: Later.}",
                 "safe-sleep: changes: the dates are in the wrong order: write the newest change first", id="changes"),
    pytest.param(BABIES, "    changes:", f"    confirmed: {{role: A, on: {DAY}}}\n    review_by: {DAY}\n    changes:",
                 "safe-sleep: review_by: 2026-11-23 is not after the day it was confirmed, 2026-11-23", id="review_by"),
    pytest.param(BABIES, "      scenes:", "      somewhere:",
                 "safe-sleep: examples somewhere: is 'somewhere', expected is one of: 'scenes'", id="side"),
    pytest.param(BABIES, "        - cot death advice\n", "",
                 "safe-sleep: examples: 19 are too few to be found by: write 20 or more", id="examples"),
    pytest.param(ACT_NOW, SUMMARY, "summary: 999",
                 "immediate-danger: summary: was read as a number (999)", id="number"),
    pytest.param(ACT_NOW, SUMMARY, "summary: 1.5",
                 "immediate-danger: summary: was read as a number (1.5)", id="decimal"),
    pytest.param(ACT_NOW, SUMMARY, "summary: .nan",
                 "immediate-danger: summary: was read as a number (nan)", id="nan"),
    pytest.param(ACT_NOW, SUMMARY, "summary: 2026-11-22",
                 "immediate-danger: summary: was read as a date (2026-11-22)", id="date"),
    pytest.param(ACT_NOW, SUMMARY, "summary: [Ring]",
                 "immediate-danger: summary: is a list where text is", id="list"),
    pytest.param(ACT_NOW, SUMMARY, "summary: {a: b}",
                 "immediate-danger: summary: is a set of fields where", id="fields"),
    pytest.param(ACT_NOW, SUMMARY, "summary:",
                 "immediate-danger: summary: is empty where text is expected", id="null"),
    pytest.param(ACT_NOW, SUMMARY, "summary: ~",
                 "immediate-danger: summary: is empty where text is expected", id="tilde"),
    pytest.param(ACT_NOW, SUMMARY, "summary: ''",
                 "immediate-danger: summary: is empty: write a sentence", id="no text"),
    pytest.param(ACT_NOW, SUMMARY, "summary: ' '",
                 "immediate-danger: summary: is empty: write a sentence", id="blank"),
    pytest.param(ACT_NOW, SUMMARY, "summary: 'a '",
                 "immediate-danger: summary: begins or ends with a space", id="space"),
    pytest.param(ACT_NOW, SUMMARY, "summary: |-\n      a\n      b",
                 "immediate-danger: summary: has a line break", id="lines"),
    pytest.param(ACT_NOW, SUMMARY, f"summary: {'a ' * 150}b",
                 "immediate-danger: summary: is too long", id="long"),
    pytest.param("contacts.yaml", '"03000 41 11 11"', "03000411111",
                 "front-door: phone: was read as a number", id="octal phone"),
    pytest.param("contacts.yaml", '"999"', "999",
                 "emergency-services: phone: was read as a number (999)", id="phone"),
    pytest.param("contacts.yaml", '"03000 41 11 11"', '"03000 or ask"',
                 "front-door: phone: '03000 or ask' is not a phone", id="words"),
    pytest.param("partnership.yaml", 'end: "17:00"', "end: 17:00",
                 "-: working_day end: was read as a number (1020)", id="sixties"),
    # the wrong kind of value
    pytest.param(ACT_NOW, "act: now", "act: soon",
                 "immediate-danger: act: is 'soon', expected is one of", id="act"),
    pytest.param(ACT_NOW, "act: now", "act: on",
                 "immediate-danger: act: is 'True', expected is one of", id="act on"),
    pytest.param(ACT_NOW, "evidence: verified", "evidence: sure",
                 "immediate-danger: steps 1 evidence: is 'sure'", id="evidence"),
    pytest.param("sources.yaml", "kind: practice", "kind: blog",
                 "good-practice: kind: is 'blog', expected", id="kind"),
    pytest.param(ACT_NOW, "on: 2026-11-22", "on: 22 Nov",
                 "immediate-danger: changes 1 on: is '22 Nov' where a date", id="day"),
    pytest.param(ACT_NOW, "on: 2026-11-22", "on: yes",
                 "immediate-danger: changes 1 on: is 'True' where a date", id="day yes"),
    pytest.param(ACT_NOW, "order: 1", "order: one",
                 "-: order: is text where a whole number is expected", id="order text"),
    pytest.param(ACT_NOW, "order: 1", "order: yes",
                 "-: order: is a yes/no value where a whole number", id="order yes"),
    pytest.param(ACT_NOW, "order: 1", "order: 0",
                 "-: order: should be greater than or equal to 1", id="order 0"),
    pytest.param(BABIES, STEPS, "", "safe-sleep: steps: is empty where a list is expected", id="steps empty"),
    pytest.param(BABIES, "steps:\n" + STEPS, "steps: []\n",
                 "safe-sleep: steps: holds too few: should have at least 3", id="steps 0"),
    pytest.param(BABIES, "steps:\n" + STEPS, "steps:\n" + STEPS[: STEPS.index("      - text", 9)],
                 "safe-sleep: steps: holds too few: should have at least 3 items, not 1", id="steps 1"),
    pytest.param(BABIES, "steps:\n" + STEPS, "steps:\n" + STEPS * 3,
                 "safe-sleep: steps: holds too many: should have at most 7 items, not", id="steps 9"),
    pytest.param(ACT_NOW,
                 FIRST_STEP + "        evidence: verified\n        source: worried\n", "      - Ring 999\n",
                 "immediate-danger: steps 1: is text where fields are expected", id="step text"),
    pytest.param(BABIES, "steps:\n" + STEPS, "steps: {a: b}\n",
                 "safe-sleep: steps: is a set of fields where a list is", id="steps map"),
    pytest.param(BABIES, "contacts: [front-door]", "contacts: front-door",
                 "safe-sleep: contacts: is text where a list is", id="no list"),
    pytest.param(BABIES, "by_agency:\n      health-visiting:", "by_agency:\n      -",
                 "safe-sleep: by_agency: is a list where", id="list"),
    pytest.param(ACT_NOW, "id: immediate-danger", "id: Immediate Danger",
                 "Immediate Danger: id: 'Immediate Danger' is", id="id"),
    pytest.param(ACT_NOW, "- id: immediate-danger\n    title", "- title",
                 "entries 1: id: is missing", id="id missing"),
    pytest.param(ACT_NOW, "id: immediate-danger", "id: 7",
                 "entries 1: id: was read as a number (7)", id="id number"),
    pytest.param(ACT_NOW, "id: immediate-danger", "id: [a]",
                 "entries 1: id: is a list where text", id="id list"),
    # fields that are unknown or missing
    pytest.param(ACT_NOW, SUMMARY, f"{SUMMARY}\n    sumary: x",
                 "immediate-danger: sumary: is not a known field", id="unknown"),
    pytest.param(ACT_NOW, FIRST_STEP, f"{FIRST_STEP}        1: x\n",
                 "immediate-danger: steps 1 1: is not a known", id="key 1"),
    pytest.param(ACT_NOW, SUMMARY, f"{SUMMARY}\n    null: x",
                 "immediate-danger: null: is not a known field", id="key null"),
    pytest.param(ACT_NOW, SUMMARY, f"{SUMMARY}\n    <<: x",
                 "immediate-danger: <<: is not a known field", id="merge key"),
    pytest.param(ACT_NOW, SUMMARY, f"{SUMMARY}\n    on: x",
                 "immediate-danger: on: is not a known field", id="key on"),
    pytest.param(ACT_NOW, f"    {SUMMARY}\n", "", "immediate-danger: summary: is missing", id="missing"),
    pytest.param(ACT_NOW, "title: Act now\n", "", "-: title: is missing", id="group title missing"),
    pytest.param(ACT_NOW, "order: 1\n", "order: 1\nweight: 2\n",
                 "-: weight: is not a known field", id="group unknown"),
    pytest.param("partnership.yaml", "area: Kent\n", "",
                 "-: area: is missing", id="partnership field missing"),
    pytest.param("partnership.yaml", "  draft:", "  drafts:",
                 "-: wording draft: is missing", id="wording missing"),
    pytest.param("sources.yaml", "sources:", "source:", "-: sources: is missing", id="list missing"),
    pytest.param("sources.yaml", "sources:", "source:",
                 "-: source: is not a known field: this file holds only", id="other"),
    pytest.param("agencies.yaml", "agencies:", "agencies: []\nmore:",
                 "-: more: is not a known field", id="two lists"),
    # rules of the content
    pytest.param("contacts.yaml", "note: the link", "email: front.door@kent.example\n    note: the link",
                 "childrens-portal: email: not confirmed by the partnership yet", id="e-mail address"),
    pytest.param("contacts.yaml", '    phone: "999"\n', "",
                 "emergency-services: phone: give a phone, a url or a note", id="no way"),
    pytest.param(BABIES, "sources: [worried, good-practice]", "sources: [worried]",
                 "safe-sleep: sources: a statement rests on", id="unlisted"),
    pytest.param(BABIES, "- lullaby advice", "- COT death advice",
                 "safe-sleep: examples: 'COT death advice' stands", id="twice"),
    pytest.param("signposts.yaml", "- vulnerable adult form", "- Adult safeguarding",
                 "adult-safeguarding: examples: 'Adult", id="twice there"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "expected"), FIELDS)
def test_a_fault_in_a_field_names_file_entry_field_and_problem(
    small_knowledge: Path, file: str, old: str, new: str, expected: str
) -> None:
    edit(small_knowledge, file, old, new)
    assert any(fault.startswith(f"{file}: {expected}") for fault in faults(small_knowledge)), faults(small_knowledge)


@pytest.mark.parametrize(("file", "old", "new", "expected"), FIELDS)
def test_no_fault_speaks_the_language_of_programmers(
    small_knowledge: Path, file: str, old: str, new: str, expected: str
) -> None:
    edit(small_knowledge, file, old, new)
    words = " ".join(faults(small_knowledge))
    for jargon in (
        "tuple",
        "Tuple",
        "dict",
        "instance",
        "NoneType",
        "Input should",
        "Value error",
        "validation",
        "str ",
    ):
        assert jargon not in words


def test_an_email_address_is_accepted_once_the_partnership_confirmed_the_contact(
    small_knowledge: Path,
) -> None:
    confirmed = "email: front.door@kent.example\n    confirmed: {role: Policy lead, on: 2026-12-01}\n    note: the"
    edit(small_knowledge, "contacts.yaml", "note: the", confirmed)
    assert faults(small_knowledge) == []


# References.

REFERENCES = [
    pytest.param(ACT_NOW, "see_also: [front-door-consultation]", "see_also: [nobody]",
                 "immediate-danger: see_also: 'nobody' is not in the topic files", id="see_also"),
    pytest.param(ACT_NOW, "        entry: front-door-consultation", "        entry: nobody",
                 "immediate-danger: not_for: 'nobody' is not in the topic files", id="not_for"),
    pytest.param(BABIES, "contacts: [front-door]", "contacts: [nobody]",
                 "safe-sleep: contacts: 'nobody' is not in contacts.yaml", id="contacts"),
    pytest.param(BABIES, "sources: [worried, good-practice]", "sources: [worried, good-practice, nobody]",
                 "safe-sleep: sources: 'nobody' is not in sources.yaml", id="sources"),
    pytest.param(BABIES, "      health-visiting:", "      nobody:",
                 "safe-sleep: by_agency: 'nobody' is not in agencies.yaml", id="by_agency"),
    pytest.param(BABIES, "source: good-practice", "source: nobody",
                 "safe-sleep: sources: a statement rests on 'nobody': list it here too", id="a statement"),
    pytest.param("contacts.yaml", "otherwise: out-of-hours", "otherwise: nobody",
                 "front-door: otherwise: 'nobody' is not in contacts.yaml", id="otherwise"),
    pytest.param("contacts.yaml", "source: worried", "source: nobody",
                 "emergency-services: source: 'nobody' is not in sources.yaml", id="a contact's source"),
    pytest.param("signposts.yaml", "contacts: [emergency-services]", "contacts: [nobody]",
                 "adult-safeguarding: contacts: 'nobody' is not in contacts.yaml", id="of a signpost"),
    pytest.param("signposts.yaml", "source: good-practice", "source: nobody",
                 "adult-safeguarding: source: 'nobody' is not in sources.yaml", id="a signpost's source"),
    pytest.param("partnership.yaml", "emergency_contacts: [emergency-services", "emergency_contacts: [nobody",
                 "-: emergency_contacts: 'nobody' is not in contacts.yaml", id="emergency_contacts"),
    pytest.param("partnership.yaml", "help_contacts: [front-door", "help_contacts: [nobody",
                 "-: help_contacts: 'nobody' is not in contacts.yaml", id="help_contacts"),
    pytest.param("partnership.yaml", "danger_entry: immediate-danger", "danger_entry: nobody",
                 "-: danger_entry: 'nobody' is not in the topic files", id="danger_entry"),
    pytest.param("partnership.yaml", "consultation_entry: front-", "consultation_entry: nobody-",
                 "-: consultation_entry: 'nobody-door-consultation' is not in the", id="consultation"),
    pytest.param("partnership.yaml", "child_signpost: adult-safeguarding", "child_signpost: nobody",
                 "-: child_signpost: 'nobody' is not in signposts.yaml", id="child_signpost"),
    pytest.param("partnership.yaml", "source: good-practice", "source: nobody",
                 "-: working_day source: 'nobody' is not in sources.yaml", id="working_day"),
    pytest.param("danger.yaml", "needs: [child, bleeding]", "needs: [child, nobody]",
                 "child-bleeding: needs: 'nobody' is not in the 'words' of this file", id="needs"),
    pytest.param("danger.yaml", "needs: [child, bleeding]", "needs: [child, bleeding]\n    unless: [nobody]",
                 "child-bleeding: unless: 'nobody' is not in the 'words' of this file", id="rule unless"),
    pytest.param("danger.yaml", "unless: [not-now]", "unless: [nobody]",
                 "-: unless: 'nobody' is not in the 'words' of this file", id="unless of the file"),
    pytest.param("danger.yaml", "denied_by: [denials]", "denied_by: [nobody]",
                 "-: denied_by: 'nobody' is not in the 'words' of this file", id="denied_by"),
    pytest.param(ACT_NOW, "see_also: [front-door-consultation]", "see_also: [immediate-danger]",
                 "immediate-danger: see_also: the entry names itself", id="see_also itself"),
    pytest.param(ACT_NOW, "        entry: front-door-consultation", "        entry: immediate-danger",
                 "immediate-danger: not_for: the entry names itself", id="not_for itself"),
    pytest.param(BABIES, "bears_on: [front-door-consultation]", "bears_on: [nobody]",
                 "safe-sleep: detail bears_on: 'nobody' is not in the topic files", id="bears_on"),
    pytest.param(BABIES, "bears_on: [front-door-consultation]", "bears_on: [safe-sleep]",
                 "safe-sleep: detail bears_on: the entry names itself", id="bears_on itself"),
    pytest.param("lexicon.yaml", "entry: safe-sleep", "entry: nobody",
                 "contact: choices: 'nobody' is not in the topic files", id="choice entry"),
    pytest.param("lexicon.yaml", "signpost: adult-safeguarding", "signpost: nobody",
                 "contact: choices: 'nobody' is not in signposts.yaml", id="choice signpost"),
    pytest.param("lexicon.yaml", "[contact, who to contact]", "[contact, contact]",
                 "-: ambiguous terms: 'contact' stands twice", id="term twice"),
    pytest.param("lexicon.yaml", ", entry: safe-sleep}", "}",
                 "-: ambiguous 1 choices 2: entry: give either an entry or a signpost", id="choice of nothing"),
    pytest.param("contacts.yaml", "otherwise: out-of-hours", "otherwise: front-door",
                 "front-door: otherwise: the contact names itself", id="otherwise itself"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "expected"), REFERENCES)
def test_a_reference_to_nothing_is_one_fault(
    small_knowledge: Path, file: str, old: str, new: str, expected: str
) -> None:
    edit(small_knowledge, file, old, new)
    [fault] = faults(small_knowledge)
    assert fault.startswith(f"{file}: {expected}")


def test_a_danger_phrase_that_names_no_group_is_found_by_check(small_knowledge: Path) -> None:
    edit(small_knowledge, "danger.yaml", "pouring with blood", "pouring with <nobody>")
    assert any("<nobody> is not in the 'words' of this file" in fault for fault in support.faults(small_knowledge))


@pytest.mark.parametrize(
    ("file", "key"), [("agencies.yaml", "school"), ("sources.yaml", "worried"), (BABIES, "safe-sleep")]
)
def test_a_faulty_thing_is_one_fault_and_not_one_more_for_each_reference_to_it(
    small_knowledge: Path, file: str, key: str
) -> None:
    edit(small_knowledge, file, f"id: {key}\n", f"id: {key}\n    colour: red\n")
    assert faults(small_knowledge) == [f"{file}: {key}: colour: is not a known field: check its spelling or remove it"]


@pytest.mark.parametrize("file", EVERY_FILE)
def test_an_unreadable_file_is_one_fault_and_not_one_more_for_each_reference_into_it(
    small_knowledge: Path, file: str
) -> None:
    (small_knowledge / file).write_text("a: b: c", encoding="utf-8")
    [fault] = faults(small_knowledge)
    assert fault.startswith(f"{file}: -: -: is not YAML: line 1")


# Ids and keys that stand twice.


@pytest.mark.parametrize(
    ("file", "key", "other"),
    [
        (ACT_NOW, "front-door-consultation", "immediate-danger"),
        ("contacts.yaml", "front-door", "emergency-services"),
        ("sources.yaml", "good-practice", "worried"),
        ("agencies.yaml", "health-visiting", "school"),
    ],
)
def test_an_id_that_stands_twice_in_a_file_is_named(small_knowledge: Path, file: str, key: str, other: str) -> None:
    edit(small_knowledge, file, f"id: {key}\n", f"id: {other}\n")
    assert f"{file}: {other}: id: the id '{other}' stands twice: ids must differ" in faults(small_knowledge)


def test_an_id_that_stands_in_two_files_names_both(small_knowledge: Path) -> None:
    edit(small_knowledge, BABIES, "id: safe-sleep", "id: immediate-danger")
    expected = f"{BABIES}: immediate-danger: id: the id 'immediate-danger' is taken by {ACT_NOW}: ids must differ"
    assert expected in faults(small_knowledge)


def test_an_id_stands_twice_even_where_the_first_is_faulty(small_knowledge: Path) -> None:
    edit(small_knowledge, ACT_NOW, SUMMARY, "summary: 999")
    edit(small_knowledge, ACT_NOW, "id: front-door-consultation", "id: immediate-danger")
    found = faults(small_knowledge)
    assert any("stands twice" in fault for fault in found)
    assert any("was read as a number" in fault for fault in found)


@pytest.mark.parametrize(
    ("file", "old", "new", "key"),
    [
        pytest.param(ACT_NOW, "order: 1\n", "order: 1\norder: 2\n", "order", id="at the top"),
        pytest.param(ACT_NOW, SUMMARY, f"{SUMMARY}\n    summary: Other.", "summary", id="in an entry"),
        pytest.param(ACT_NOW, FIRST_STEP, FIRST_STEP + "        text: Other.\n", "text", id="in a step"),
        pytest.param(ACT_NOW, SUMMARY, f'{SUMMARY}\n    "summary": Other.', "summary", id="once in quotes"),
        pytest.param("lexicon.yaml", "{short: fd,", "{short: x, short: fd,", "short", id="in braces"),
        pytest.param(BABIES, "    by_agency:", "    by_agency: {}\n    by_agency:", "by_agency", id="a whole part"),
    ],
)
def test_a_key_that_stands_twice_in_one_place_is_a_fault(
    small_knowledge: Path, file: str, old: str, new: str, key: str
) -> None:
    edit(small_knowledge, file, old, new)
    [fault] = faults(small_knowledge)
    assert fault.startswith(f"{file}: -: {key}: the key '{key}' stands twice in one place (line ")


def test_a_rule_of_danger_that_stands_twice_is_a_fault(small_knowledge: Path) -> None:
    rules = text_of(small_knowledge, "danger.yaml").partition("rules:\n")[2]
    edit(small_knowledge, "danger.yaml", rules, rules * 2)
    assert faults(small_knowledge) == ["danger.yaml: -: rules: 'child-bleeding' stands twice: remove one"]


# Several faults.


def test_faults_in_several_files_come_in_one_run(small_knowledge: Path) -> None:
    edit(small_knowledge, "contacts.yaml", '"03000 41 11 11"', "03000411111")
    edit(small_knowledge, "agencies.yaml", "name: School or college", "name: no")
    edit(small_knowledge, "lexicon.yaml", "synonyms:", "synonym:")
    edit(small_knowledge, "danger.yaml", "needs: [child, bleeding]", "needs: [nobody]")
    edit(small_knowledge, ACT_NOW, SUMMARY, "summary: 999")
    edit(small_knowledge, BABIES, "contacts: [front-door]", "contacts: [nobody]")
    (small_knowledge / "signposts.yaml").unlink()
    files = {fault.partition(":")[0] for fault in faults(small_knowledge)}
    assert files == {
        "contacts.yaml",
        "agencies.yaml",
        "lexicon.yaml",
        "danger.yaml",
        ACT_NOW,
        BABIES,
        "signposts.yaml",
    }


def test_several_faults_in_one_entry_come_in_one_run(small_knowledge: Path) -> None:
    edit(small_knowledge, ACT_NOW, SUMMARY, "summary: 999")
    edit(small_knowledge, ACT_NOW, "act: now", "act: soon")
    edit(small_knowledge, ACT_NOW, FIRST_STEP, "      - txt: Ring 999.\n")
    fields = [fault.split(": ")[2] for fault in faults(small_knowledge)]
    assert fields == ["act", "summary", "steps 1 text", "steps 1 txt"]


def test_the_error_itself_is_one_line_with_the_count_and_the_first_fault(small_knowledge: Path) -> None:
    edit(small_knowledge, ACT_NOW, SUMMARY, "summary: 999")
    with pytest.raises(KnowledgeError, match=r"^knowledge: 1 fault; first: topics/act-now.yaml: immediate-danger: "):
        load_knowledge(small_knowledge)


# Files that are no knowledge at all.

BOMB = b"a: &a [x, x, x, x, x, x, x, x, x]\n" + b"".join(
    b"%c: &%c [*%c, *%c, *%c, *%c, *%c, *%c, *%c, *%c, *%c]\n" % (n, n, *[n - 1] * 9) for n in range(98, 123)
)
DEEP = 300_000

WHOLE_FILES = [
    pytest.param(b"", "is empty where 'name: value' lines are expected", id="nothing"),
    pytest.param(b"# to do\n", "is empty where 'name: value' lines are expected", id="only a comment"),
    pytest.param(b"- a\n- b\n", "is a list where 'name: value' lines are expected", id="a list"),
    pytest.param(b"hello\n", "is text where 'name: value' lines are expected", id="a word"),
    pytest.param(b"12\n", "is a number where 'name: value' lines are expected", id="a number"),
    pytest.param(b"a:\n\t- b\n", "line 2, column 1: a text may not begin", id="a tab"),
    pytest.param(b"a: 1\n\tb: 2\n", "a line begins with a tab: indent with spaces", id="a tab in a text"),
    pytest.param(b'a: "x\nb: y\n', "in what begins in line 1: a quotation mark is", id="open quotes"),
    pytest.param(b"a: 'don't'\n", "a ' inside '\u2026' is written twice", id="an apostrophe in quotes"),
    pytest.param(b"a: [x\nb: y\n", "in what begins in line 1: a '[' has no ']'", id="an open bracket"),
    pytest.param(b"a: {x: y\nb: z\n", "in what begins in line 1: a '{' has no '}'", id="an open brace"),
    pytest.param(b"a: b: c\n", "line 1, column 5: a colon stands where none may", id="two colons"),
    pytest.param(b"a: 1\nb\nc: 2\n", "the line before is neither 'name: value' nor an item", id="no colon"),
    pytest.param(b"a: - b\n", "an item '- ' must begin a line of its own", id="an item beside its key"),
    pytest.param(b"a:\n  - x: 1\n   y: 2\n", "this line is not lined up", id="a ragged indent"),
    pytest.param(b"a: @b\n", "a text may not begin with this sign", id="an at sign"),
    pytest.param(b"a: `b`\n", "a text may not begin with this sign", id="a backtick"),
    pytest.param(b"a: > b\n", "after > or | the text begins on the next line", id="text beside >"),
    pytest.param(b'a: "\\w"\n', "is written twice", id="a backslash"),
    pytest.param(b'a: "\\ud800"\n', "is not YAML: line 1", id="half a character"),
    pytest.param(b"a: 1\n---\nb: 2\n", "a line '---' begins a second document", id="two documents"),
    pytest.param(b"a: &b 1\n", "a text that begins with & or * must be in quotes", id="an anchor"),
    pytest.param(b"a: *b\n", "a text that begins with & or * must be in quotes", id="an alias"),
    pytest.param(b"a: * b\n", "text that begins with & or * must be in quotes", id="a star"),
    pytest.param(b"a: &a [*a]\n", "a text that begins with & or * must be in quotes", id="a list in itself"),
    pytest.param(BOMB, "a text that begins with & or * must be in quotes", id="a billion laughs"),
    pytest.param(b"a: !!python/object:os.system {}\n", "a text that begins with !", id="an object"),
    pytest.param(b"!!python/object/apply:os.system [ls]\n", "a text that begins with !", id="a call"),
    pytest.param(b"a: !important\n", "line 1, column 4: a text that begins with !", id="an exclamation mark"),
    pytest.param(b"a: !!timestamp b\n", "a text that begins with ! must be in quotes", id="a false date"),
    pytest.param(b"a: !!int ''\n", "a text that begins with ! must be in quotes", id="a false number"),
    pytest.param(b"a: !!map b\n", "a text that begins with ! must be in quotes", id="a false mapping"),
    pytest.param(b"on: 2026-02-30\n", "line 1, column 5: '2026-02-30' is no date", id="30 February"),
    pytest.param(b"on: 2026-01-01t25:00:00\n", "is no date or number", id="25 o'clock"),
    pytest.param(b"a: " + b"9" * 5_000, "is no date or number", id="a long number"),
    pytest.param(b"a: 0x" + b"f" * 50_000, "is no date or number", id="a long hexadecimal number"),
    pytest.param(b"a: 1" + b":10" * 500 + b".5", "is no date or number", id="a long row of sixties"),
    pytest.param(b"a: 0b_\n", "'0b_' is no date or number", id="no digits"),
    pytest.param(b"[a]: 1\n", "the name of a field must be a word", id="a list as key"),
    pytest.param(b"? {a: b}\n: 1\n", "the name of a field must be a word", id="a mapping as key"),
    pytest.param(b"a: 1\nb: \x93x\x94\n", "line 2 holds a sign that is not UTF-8", id="windows quotes"),
    pytest.param(b"\xff\xfea\x00:\x00", "line 1 holds a sign that is not UTF-8", id="utf-16"),
    pytest.param(bytes(range(256)), "is not readable text", id="every byte"),
    pytest.param(b"a: 1\nb: x\x00y\n", "line 2 holds a control sign", id="a nul byte"),
    pytest.param(b"a: x\x07y\n", "line 1 holds a control sign", id="a bell"),
    pytest.param(b"[" * DEEP, f"more than {MAX_DEPTH} lists or brackets stand in", id="deep brackets"),
    pytest.param(b"{a: " * DEEP, f"more than {MAX_DEPTH} lists", id="deep braces"),
    pytest.param(b"- " * DEEP, f"more than {MAX_DEPTH} lists", id="deep lists"),
    pytest.param(b"? " * DEEP, f"more than {MAX_DEPTH} lists", id="deep keys"),
    pytest.param(b"a" * (MAX_FILE_BYTES + 1), "is larger than 2,000,000 bytes: split it", id="enormous"),
]  # fmt: skip


@pytest.mark.parametrize("file", ["partnership.yaml", BABIES])
@pytest.mark.parametrize(("data", "expected"), WHOLE_FILES)
def test_a_file_that_is_no_knowledge_is_one_fault_soon(
    small_knowledge: Path, file: str, data: bytes, expected: str
) -> None:
    (small_knowledge / file).write_bytes(data)
    began = time.perf_counter()
    found = faults(small_knowledge)
    assert time.perf_counter() - began < 2
    assert len(found) == 1 and found[0].startswith(f"{file}: -: -: ") and expected in found[0], found


@pytest.mark.parametrize("file", EVERY_FILE)
def test_an_empty_mapping_is_a_fault(small_knowledge: Path, file: str) -> None:
    (small_knowledge / file).write_text("{}\n", encoding="utf-8")
    assert any(fault.startswith(f"{file}: -: ") and fault.endswith("is missing") for fault in faults(small_knowledge))


@pytest.mark.parametrize("file", [file for file in EVERY_FILE if not file.startswith("topics/")])
def test_a_missing_file_is_one_fault(small_knowledge: Path, file: str) -> None:
    (small_knowledge / file).unlink()
    assert faults(small_knowledge) == [f"{file}: -: -: the file is missing"]


@pytest.mark.parametrize("file", EVERY_FILE)
def test_a_folder_in_place_of_a_file_is_one_fault(small_knowledge: Path, file: str) -> None:
    (small_knowledge / file).unlink()
    (small_knowledge / file).mkdir()
    assert faults(small_knowledge) == [f"{file}: -: -: cannot be read: Is a directory"]


def test_a_link_to_nowhere_is_one_fault(small_knowledge: Path) -> None:
    (small_knowledge / "topics" / "lost.yaml").symlink_to(small_knowledge / "lost.yaml")
    assert faults(small_knowledge) == ["topics/lost.yaml: -: -: the file is missing"]


def test_a_missing_folder_is_a_fault_that_names_the_setting(tmp_path: Path) -> None:
    [fault] = faults(tmp_path / "nowhere")
    assert "nowhere" in fault and "SIGNPOST_KNOWLEDGE" in fault


def test_a_file_in_place_of_the_folder_is_a_fault(small_knowledge: Path) -> None:
    [fault] = faults(small_knowledge / "sources.yaml")
    assert "is not a folder" in fault


def test_a_missing_topics_folder_is_a_fault(small_knowledge: Path) -> None:
    shutil.rmtree(small_knowledge / "topics")
    assert "topics: -: -: cannot be read: No such file or directory" in faults(small_knowledge)


def test_an_empty_topics_folder_is_a_fault(small_knowledge: Path) -> None:
    for path in (small_knowledge / "topics").iterdir():
        path.unlink()
    assert "topics: -: -: holds no topic file: the knowledge base would be empty" in faults(small_knowledge)


@pytest.mark.parametrize(
    "name", ["babies.yml", "Babies.yaml", "safe sleep.yaml", "babies.YAML", "b\u00e9b\u00e9s.yaml"]
)
def test_a_topic_file_that_would_not_be_read_is_named(small_knowledge: Path, name: str) -> None:
    (small_knowledge / BABIES).rename(small_knowledge / "topics" / name)
    assert any(fault.startswith(f"topics/{name}: -: -: the file's name must be") for fault in faults(small_knowledge))


def test_a_fault_is_one_printable_line_whatever_stands_in_the_file(small_knowledge: Path) -> None:
    odd = '"bell \\a line \\n right-to-left \\u202e '
    edit(small_knowledge, ACT_NOW, SUMMARY, f'{SUMMARY}\n    {odd}": x\n    {odd}": y')
    edit(small_knowledge, ACT_NOW, "id: front-door-consultation", f"id: {odd}" + "long " * 5_000 + '"')
    edit(
        small_knowledge,
        BABIES,
        "contacts: [front-door]",
        f"contacts: front-door\n    ? {'long ' * 5_000}\n    : x",
    )
    found = faults(small_knowledge)
    assert len(found) >= 5
    assert all(fault.isprintable() and len(fault) < 1_000 for fault in found)


# Any damage at all.

SIGNS = st.sampled_from(
    [b"\t", b"\n", b"'", b'"', b"- ", b": ", b"[", b"}", b"!!", b"&a ", b"*a", b"? ", b"\xff", b"\0"]
)


@st.composite
def damage(draw: st.DrawFn) -> tuple[str, bytes]:
    """Draw a file and its bytes after up to three cuts, insertions or overwritten spans."""
    file = draw(st.sampled_from(EVERY_FILE))
    data = (SMALL_KNOWLEDGE / file).read_bytes()
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(data)))
        length = draw(st.integers(0, 40))
        new = draw(st.one_of(st.just(b""), SIGNS, st.binary(max_size=8), st.text(max_size=8).map(lambda t: t.encode())))
        data = data[:start] + new + data[start + length :]
    return file, data


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    yield Path(shutil.copytree(SMALL_KNOWLEDGE, tmp_path_factory.mktemp("broken") / "knowledge"))


@settings(max_examples=80, deadline=None)
@given(damaged=damage())
def test_a_damaged_file_gives_knowledge_or_faults_and_nothing_else(broken: Path, damaged: tuple[str, bytes]) -> None:
    file, data = damaged
    path = broken / file
    path.write_bytes(data)
    try:
        assert isinstance(load_knowledge(broken), Knowledge)
    except KnowledgeError as error:
        assert error.problems and all(isinstance(problem, Problem) for problem in error.problems)
        assert all(str(problem).isprintable() for problem in error.problems)
    finally:
        shutil.copyfile(SMALL_KNOWLEDGE / file, path)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.dates() | st.datetimes() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=60, deadline=None)
@given(file=st.sampled_from(EVERY_FILE), place=st.integers(0, 500), value=VALUES)
def test_any_value_in_any_place_gives_knowledge_or_faults_and_nothing_else(
    broken: Path, file: str, place: int, value: object
) -> None:
    path = broken / file
    document = yaml.safe_load((SMALL_KNOWLEDGE / file).read_bytes())
    spots = list(_spots(document))
    holder, key = spots[place % len(spots)]
    holder[key] = value
    path.write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
    try:
        assert isinstance(load_knowledge(broken), Knowledge)
    except KnowledgeError as error:
        assert all(str(problem).isprintable() for problem in error.problems)
    finally:
        shutil.copyfile(SMALL_KNOWLEDGE / file, path)


def _spots(node: object) -> Iterator[tuple[dict[object, object] | list[object], int]]:
    """Yield each place in a document as (mapping or list, key or position)."""
    pairs = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in list(pairs):
        yield node, key  # type: ignore[misc]
        yield from _spots(child)


@pytest.mark.parametrize("phone", ["03000 41 11", "03000 41 11 111", "0000 000 000"])
def test_a_number_that_nobody_can_ring_is_refused(small_knowledge: Path, phone: str) -> None:
    contacts = small_knowledge / "contacts.yaml"
    contacts.write_text(contacts.read_text().replace("03000 41 11 11", phone, 1))
    with pytest.raises(KnowledgeError, match="is a digit missing or too many"):
        load_knowledge(small_knowledge)
