"""What differs between two versions, said in words: cards, contacts, lexicon, and questions that now go elsewhere."""

from __future__ import annotations

import csv
import datetime as dt
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from bot.cli import main
from bot.errors import PublishError
from bot.knowledge.loading import load_knowledge
from bot.publishing import compare as compare_module
from bot.publishing.compare import compare, knowledge_named
from bot.publishing.publish import publish
from bot.settings import Settings
from tests.conftest import ACT_NOW, BABIES, SMALL_KNOWLEDGE, edit
from tests.support import TODAY, TUESDAY_MORNING

STEP = "Ask to see where the baby sleeps by day and by night."
NEW_STEP = "Ask to see the cot."


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return one data folder for all of these tests: what is learnt once is read back."""
    return tmp_path_factory.mktemp("data")


def difference(new: Path, data: Path, old: Path = SMALL_KNOWLEDGE, questions: Path | None = None) -> str:
    return compare(load_knowledge(old), load_knowledge(new), data, str(questions) if questions else None, TODAY)


def body(said: str) -> str:
    """Return what is said of the content, between the versions and the questions."""
    return said.split("\n\n")[1]


def without_card(folder: Path, id_: str) -> None:
    """Take the last card of the file on babies, or of the one on acting, out of it."""
    path = folder / (BABIES if id_ == "safe-sleep" else ACT_NOW)
    text = path.read_text(encoding="utf-8")
    path.write_text(text[: text.index(f"  - id: {id_}\n")], encoding="utf-8")


# What changed, in words


def test_the_same_differs_in_nothing(data: Path) -> None:
    version = load_knowledge(SMALL_KNOWLEDGE).version
    assert difference(SMALL_KNOWLEDGE, data) == (
        f"version {version} -> {version}\n\nnothing differs\n\n"
        "no question goes elsewhere: nothing that questions are matched by has changed\n"
    )


@pytest.mark.parametrize(
    ("file", "old", "new", "lines"),
    [
        pytest.param(
            BABIES, STEP, NEW_STEP, ["safe-sleep:", f"  steps: no longer '{STEP}'", f"  steps: now '{NEW_STEP}'"],
            id="a step",
        ),
        pytest.param(
            BABIES, "act: routine", "act: today", ["safe-sleep:", "  act: no longer 'routine'", "  act: now 'today'"],
            id="how soon to act",
        ),
        pytest.param(
            BABIES, "evidence: general", "evidence: verified",
            ["safe-sleep:", "  steps: in another order, or with other evidence or sources"],
            id="what a step rests on",
        ),
        pytest.param(
            BABIES, "heading: What was learnt", "heading: What the review found",
            ["safe-sleep:", "  detail: no longer 'What was learnt'", "  detail: now 'What the review found'"],
            id="a heading",
        ),
        pytest.param(
            BABIES, "      health-visiting:\n", "      school:\n",
            ["safe-sleep:", "  by_agency: no longer 'health-visiting'", "  by_agency: now 'school'"],
            id="whose step it is",
        ),
        pytest.param(
            "contacts.yaml", "03000 41 91 91", "03000 41 91 92",
            ["contacts: out-of-hours: phone: '03000 41 91 91' -> '03000 41 91 92'"],
            id="a number",
        ),
        pytest.param(
            "contacts.yaml", "    note: the link to the form is on this page\n", "",
            ["contacts: childrens-portal: note: 'the link to the form is on this page' -> nothing"],
            id="a note that is gone",
        ),
        pytest.param(
            "agencies.yaml", "  - id: school\n", "  - id: nursery\n    name: Nursery\n  - id: school\n",
            ["agencies: nursery is new"],
            id="an agency that is new",
        ),
        pytest.param(
            "lexicon.yaml", "short: hv, means: [health visitor]", "short: hv, means: [home visit]",
            ["lexicon:", "  no longer 'health visitor'", "  now 'home visit'"],
            id="an abbreviation",
        ),
        pytest.param(
            "templates.yaml", "What worries me: [your view]", "What worries me: [facts]",
            [
                "templates: consultation-notes: text: 'What I saw or heard: [facts] What worries me: [your view]' -> "
                "'What I saw or heard: [facts] What worries me: [facts]'"
            ],
            id="wording to copy",
        ),
        pytest.param(
            "danger.yaml", "bleed*, pouring with blood", "bleed*, pouring with blood, gushing",
            ["danger:", "  now 'gushing'"],
            id="a word of danger",
        ),
        pytest.param(
            "ladder.yaml", "label: I have not said it yet", "label: Not begun",
            ["ladder:", "  no longer 'I have not said it yet'", "  now 'Not begun'"],
            id="a stage of the ladder",
        ),
        pytest.param(
            "partnership.yaml", 'end: "17:00"', 'end: "17:30"',
            ["partnership:", "  no longer '17:00'", "  now '17:30'"],
            id="the working day",
        ),
    ],
)  # fmt: skip
def test_each_change_is_said_in_words(
    small_knowledge: Path, data: Path, file: str, old: str, new: str, lines: list[str]
) -> None:
    edit(small_knowledge, file, old, new)
    assert body(difference(small_knowledge, data)).splitlines() == lines


def test_a_card_that_moves_to_another_group_is_told(small_knowledge: Path, data: Path) -> None:
    babies, act_now = small_knowledge / BABIES, small_knowledge / ACT_NOW
    text = act_now.read_text(encoding="utf-8")
    card = text[text.index("  - id: front-door-consultation\n") :]
    act_now.write_text(text.removesuffix(card), encoding="utf-8")
    babies.write_text(babies.read_text(encoding="utf-8") + card, encoding="utf-8")
    assert "front-door-consultation" in body(difference(small_knowledge, data))


def test_new_and_gone_cards_are_named_in_their_own_order(tmp_path: Path, data: Path) -> None:
    elsewhere = SMALL_KNOWLEDGE.parent / "knowledge_elsewhere"
    said = body(difference(elsewhere, data)).splitlines()
    assert [line for line in said if line.endswith(": the card is gone")] == [
        "immediate-danger: the card is gone",
        "front-door-consultation: the card is gone",
        "safe-sleep: the card is gone",
    ]
    assert [line for line in said if ": a new card, " in line] == [
        "danger-now: a new card, 'A child is at risk this minute'",
        "ask-the-desk: a new card, 'Ask the Children's Desk'",
        "gone-from-school: a new card, 'A pupil has stopped coming'",
        "disagree: a new card, 'You disagree with a decision'",
    ]
    gone = [line for line in said if line.startswith("contacts: ") and line.endswith(" is gone")]
    assert gone == [f"contacts: {id_} is gone" for id_ in load_knowledge(SMALL_KNOWLEDGE).contacts]


def test_a_text_that_stood_twice_and_stands_once_is_told(small_knowledge: Path, data: Path, tmp_path: Path) -> None:
    edit(
        small_knowledge, BABIES, "      - The cot is full of cushions.\n", "      - The cot is full of cushions.\n" * 2
    )
    [heading, said] = body(difference(SMALL_KNOWLEDGE, data, old=small_knowledge)).splitlines()
    assert heading == "safe-sleep:" and said.startswith("  watch_for: ")


# Questions that go elsewhere


def moved_to_the_front_door(folder: Path) -> None:
    """Have everything about sofas belong to the card about consultations."""
    for old in ("baby sleeps on the sofa with dad", "moses basket on a sofa"):
        edit(folder, BABIES, f"        - {old}\n", f"        - {old.replace('sofa', 'floor')}\n")
    edit(
        folder, ACT_NOW, "        - professional consultation\n",
        "        - professional consultation\n        - baby asleep on the sofa with dad\n"
        "        - dad and baby sleep on the sofa\n        - sofa\n",
    )  # fmt: skip


def question_file(path: Path, *texts: str) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerows([["text", "topic", "acceptable", "style"], *([text, "safe-sleep", "", ""] for text in texts)])
    return path


def test_a_question_that_goes_elsewhere_is_named_with_both_cards(
    small_knowledge: Path, data: Path, tmp_path: Path
) -> None:
    moved_to_the_front_door(small_knowledge)
    asked = question_file(tmp_path / "asked.csv", "baby sleeps on the sofa with dad", "safe sleeping")
    said = difference(small_knowledge, data, questions=asked)
    assert "\n1 of 2 questions go elsewhere or are decided otherwise\n" in said
    assert "\n  'baby sleeps on the sofa with dad': safe-sleep -> front-door-consultation\n" in said


def test_without_a_file_the_examples_that_both_versions_hold_are_asked(small_knowledge: Path, data: Path) -> None:
    moved_to_the_front_door(small_knowledge)
    assert " of 58 questions go elsewhere or are decided otherwise\n" in difference(small_knowledge, data)


def test_a_question_that_is_now_danger_is_named(small_knowledge: Path, data: Path, tmp_path: Path) -> None:
    edit(small_knowledge, "danger.yaml", "bleed*, pouring with blood", "bleed*, pouring with blood, lullaby")
    edit(small_knowledge, "danger.yaml", "needs: [child, bleeding]", "needs: [bleeding]")
    asked = question_file(tmp_path / "asked.csv", "lullaby advice")
    said = difference(small_knowledge, data, questions=asked)
    assert "\n  'lullaby advice': safe-sleep -> immediate-danger\n" in said


def test_a_change_of_words_alone_moves_no_question_silently(small_knowledge: Path, data: Path) -> None:
    edit(small_knowledge, "contacts.yaml", "03000 41 91 91", "03000 41 91 92")
    assert "\nno question goes elsewhere: " in difference(small_knowledge, data)


# Drafts of `changes` lines


def test_a_changed_card_gets_a_draft_for_its_history_that_can_be_pasted(small_knowledge: Path, data: Path) -> None:
    edit(small_knowledge, BABIES, STEP, NEW_STEP)
    edit(small_knowledge, BABIES, "Talk about safer sleep", "Speak about safer sleep")
    said = difference(small_knowledge, data)
    heading, draft = said.split("draft for 'changes', newest first:\n")
    assert draft == f"  safe-sleep:\n    - on: {TODAY}\n      what: Changed summary and steps.\n"
    lines = "".join(f"  {line}\n" for line in draft.splitlines()[1:])
    edit(small_knowledge, BABIES, "    changes:\n", f"    changes:\n{lines}")
    [newest, _] = load_knowledge(small_knowledge).entries["safe-sleep"].changes
    assert (newest.on, newest.what) == (TODAY, "Changed summary and steps.")


def test_a_card_that_says_itself_what_changed_gets_none(small_knowledge: Path, data: Path) -> None:
    edit(small_knowledge, BABIES, STEP, NEW_STEP)
    edit(small_knowledge, BABIES, "    changes:\n", "    changes:\n      - on: 2026-11-23\n        what: A new step.\n")
    assert "draft for" not in difference(small_knowledge, data)


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        pytest.param(BABIES, "        - lullaby advice\n", "        - lullabies\n", id="an example"),
        pytest.param(ACT_NOW, "    review_by:\n", "    review_by: 2027-11-20\n", id="when it is reviewed"),
        pytest.param(ACT_NOW, "    owner:\n", "    owner: Named nurse\n", id="its owner"),
        pytest.param("contacts.yaml", "03000 41 91 91", "03000 41 91 92", id="no card at all"),
    ],
)
def test_what_nobody_reads_on_a_card_needs_no_line_in_its_history(
    small_knowledge: Path, data: Path, file: str, old: str, new: str
) -> None:
    edit(small_knowledge, file, old, new)
    said = difference(small_knowledge, data)
    assert "nothing differs" not in said
    assert "draft for" not in said


# What can be compared


def git(folder: Path, *arguments: str) -> str:
    """Run git in a folder, as somebody fixed, whatever is configured on this machine."""
    who = {f"GIT_{role}_{part}": "Ed" if part == "NAME" else "ed@example.org"
           for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")}  # fmt: skip
    when = {"GIT_AUTHOR_DATE": "2026-11-22T12:00:00Z", "GIT_COMMITTER_DATE": "2026-11-22T12:00:00Z"}
    nothing = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull, "PATH": os.environ["PATH"]}
    done = subprocess.run(
        ["git", "-c", "commit.gpgsign=false", *arguments], cwd=folder, env={**who, **when, **nothing},
        capture_output=True, check=True, text=True,
    )  # fmt: skip
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Return a git repository with the knowledge in a folder of its own, in two commits, the first one tagged."""
    root = tmp_path / "repository"
    folder = Path(shutil.copytree(SMALL_KNOWLEDGE, root / "our knowledge"))
    (root / "README.md").write_text("Ours.\n", encoding="utf-8")
    git(root, "init", "--quiet", "--initial-branch=main")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "-m", "First")
    git(root, "tag", "first")
    edit(folder, BABIES, STEP, NEW_STEP)
    git(root, "commit", "--quiet", "-a", "-m", "Second")
    return folder


@pytest.mark.parametrize("revision", ["first", "HEAD~1", "main~1"])
def test_a_git_revision_is_the_knowledge_folder_as_it_then_was(repository: Path, tmp_path: Path, revision: str) -> None:
    settings = Settings(knowledge=repository, data=tmp_path / "data")
    assert knowledge_named(revision, settings) == load_knowledge(SMALL_KNOWLEDGE)
    assert knowledge_named("HEAD", settings) == load_knowledge(repository)
    commit = git(repository, "rev-parse", revision)
    assert knowledge_named(commit[:10], settings).version == load_knowledge(SMALL_KNOWLEDGE).version


def test_a_published_version_is_named_by_its_first_letters(small_knowledge: Path, tmp_path: Path) -> None:
    settings = Settings(knowledge=small_knowledge, data=tmp_path / "data")
    version = publish(small_knowledge, settings.data, TUESDAY_MORNING).version
    before = load_knowledge(small_knowledge)
    edit(small_knowledge, BABIES, STEP, NEW_STEP)
    assert knowledge_named(version, settings) == knowledge_named(version[:4], settings) == before
    assert knowledge_named(str(small_knowledge), settings) == load_knowledge(small_knowledge) != before


@pytest.mark.parametrize("name", ["no-such-thing", "deadbeef", "--help", "-", "%", "v1:README.md", "\N{SNOWMAN}"])
def test_a_name_that_means_nothing_is_one_line(repository: Path, tmp_path: Path, name: str) -> None:
    with pytest.raises(PublishError) as error:
        knowledge_named(name, Settings(knowledge=repository, data=tmp_path / "data"))
    expected = f"'{name}' is no folder, no published version and no git revision of {repository}"
    assert str(error.value) == expected


def test_outside_git_a_name_that_means_nothing_is_one_line_too(small_knowledge: Path, tmp_path: Path) -> None:
    with pytest.raises(PublishError, match="is no folder, no published version and no git revision"):
        knowledge_named("HEAD", Settings(knowledge=small_knowledge / "none", data=tmp_path / "data"))


def test_a_folder_with_faults_is_named_with_its_first_fault(small_knowledge: Path, tmp_path: Path) -> None:
    edit(small_knowledge, BABIES, "act: routine", "act: soon")
    with pytest.raises(PublishError) as error:
        knowledge_named(str(small_knowledge), Settings(knowledge=small_knowledge, data=tmp_path / "data"))
    assert str(error.value).startswith(f"{small_knowledge}: has faults; first: {BABIES}: safe-sleep: act: is 'soon'")
    assert "\n" not in str(error.value)


def test_a_revision_with_faults_is_named_too(repository: Path, tmp_path: Path) -> None:
    edit(repository, BABIES, "act: routine", "act: soon")
    git(repository, "commit", "--quiet", "-a", "-m", "Third")
    with pytest.raises(PublishError, match=r"^HEAD: has faults; first: topics/babies\.yaml: safe-sleep: act:"):
        knowledge_named("HEAD", Settings(knowledge=repository, data=tmp_path / "data"))


def test_a_revision_before_there_was_any_knowledge_is_one_line(repository: Path, tmp_path: Path) -> None:
    root = repository.parent
    git(root, "checkout", "--quiet", "--orphan", "empty")
    git(root, "rm", "--quiet", "-r", "--cached", ".")
    git(root, "add", "README.md")
    git(root, "commit", "--quiet", "-m", "Empty")
    with pytest.raises(PublishError, match="^'empty' is no folder, no published version and no git revision"):
        knowledge_named("empty", Settings(knowledge=repository, data=tmp_path / "data"))


# The command


def test_the_command_compares_a_revision_with_the_folder_as_it_is(
    repository: Path, data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SIGNPOST_KNOWLEDGE", str(repository))
    monkeypatch.setenv("SIGNPOST_DATA", str(data))
    monkeypatch.chdir(repository.parent)
    assert main(["diff", "first"]) == 0
    said = capsys.readouterr().out
    assert f"  steps: now '{NEW_STEP}'\n" in said
    assert "draft for 'changes', newest first:\n  safe-sleep:\n" in said
    assert main(["diff", "first", "HEAD~1"]) == 0
    assert "nothing differs" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["nothing"], ["HEAD", "nothing"], ["HEAD", "HEAD", "--questions", "none.csv"]])
def test_what_cannot_be_compared_is_one_line_and_exit_code_1(
    repository: Path,
    data: Path,
    arguments: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("SIGNPOST_KNOWLEDGE", str(repository))
    monkeypatch.setenv("SIGNPOST_DATA", str(data))
    monkeypatch.chdir(repository.parent)
    assert main(["diff", *arguments]) == 1
    progress, line = capsys.readouterr().err.splitlines()
    assert line.startswith("signpost: ") and arguments[-1] in line


def test_dates_of_drafts_are_the_day_given(small_knowledge: Path, data: Path) -> None:
    edit(small_knowledge, BABIES, STEP, NEW_STEP)
    old, new = load_knowledge(SMALL_KNOWLEDGE), load_knowledge(small_knowledge)
    assert "    - on: 2027-01-02\n" in compare(old, new, data, None, dt.date(2027, 1, 2))


def test_a_question_whose_likeliest_card_stays_but_is_no_longer_sure_is_named(data: Path, tmp_path: Path) -> None:
    asked = question_file(tmp_path / "asked.csv", "contact")
    folder = Path(shutil.copytree(SMALL_KNOWLEDGE, tmp_path / "asks-back"))
    edit(folder, "lexicon.yaml", "terms: [contact, who to contact]", "terms: [contacting, who to contact]")
    said = difference(folder, data, questions=asked)
    assert "\n1 of 1 questions go elsewhere or are decided otherwise\n  'contact': " in said
    assert ": clarify -> " in said


def test_where_there_are_many_questions_those_of_changed_cards_are_asked_and_some_of_the_others(
    small_knowledge: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = load_knowledge(small_knowledge)
    edit(small_knowledge, BABIES, "title: Safer sleep", "title: Safe sleep")
    new = load_knowledge(small_knowledge)
    near = {"safe-sleep", *new.entries["safe-sleep"].see_also}
    must = {text for id_ in near for text in new.entries[id_].questions}
    monkeypatch.setattr(compare_module, "QUESTIONS_ASKED", len(must) + 5)
    asked = compare_module._questions(old, new, None)
    assert near < new.entries.keys()
    assert must < set(asked)
    assert len(asked) <= len(must) + 5
