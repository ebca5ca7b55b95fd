"""A reference shows a card again as it was published, whatever became of the folder since."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.assistant import Assistant
from bot.errors import PublishError
from bot.knowledge.loading import load_knowledge, read_knowledge
from bot.messages import Press, Reply
from bot.publishing.archive import Archive
from bot.publishing.publish import publish
from bot.publishing.published import answering_from
from tests.conftest import BABIES, SMALL_KNOWLEDGE, edit
from tests.support import STRANGER, TUESDAY_MORNING, words

AT = TUESDAY_MORNING


def one_line(error: BaseException) -> str:
    (line,) = str(error).splitlines()
    return line


def change_everything(folder: Path) -> None:
    """Change a contact, a detail, an agency's part and the title of what was published."""
    edit(folder, BABIES, "Safer sleep for a baby", "Sounder sleep for a baby")
    edit(folder, BABIES, "Ask the same question again", "Ask it once more")
    edit(folder, BABIES, "Record the sleeping place", "Note where the baby sleeps")
    edit(folder, "contacts.yaml", "03000 41 11 11", "03000 41 11 12")
    edit(folder, "sources.yaml", "Worried about a child", "Worried for a child")


@pytest.mark.parametrize("entry", ["safe-sleep", "front-door-consultation", "immediate-danger"])
def test_a_reference_shows_all_of_the_entry(data: Path, published: str, entry: str) -> None:
    said = words(Archive(data).card(f"{entry}/{published}", AT))
    knowledge = load_knowledge(SMALL_KNOWLEDGE)
    held = knowledge.entries[entry]
    contacts = [knowledge.contacts[id_] for id_ in held.contacts]
    expected: Sequence[str | None] = (
        held.title,
        held.summary,
        *(statement.text for statement in held.statements),
        *(detail.heading for detail in held.detail),
        *(knowledge.agencies[agency].name for agency in held.by_agency),
        *held.watch_for,
        *(part for contact in contacts for part in (contact.name, contact.phone, contact.url)),
        *(knowledge.sources[id_].title for id_ in held.sources),
        f"As published in version {published}.",
        f"Answer {entry}/{published}",
    )
    assert [part for part in expected if part and part not in said] == []


def test_a_reference_shows_the_entry_as_it_then_was(small_knowledge: Path, data: Path, published: str) -> None:
    before = Archive(data).card(f"safe-sleep/{published}", AT)
    change_everything(small_knowledge)
    newer = publish(small_knowledge, data, AT).version
    archive = Archive(data)
    assert archive.card(f"safe-sleep/{published}", AT) == before
    after = words(archive.card(f"safe-sleep/{newer}", AT))
    for old, new in (
        ("Safer sleep", "Sounder sleep"),
        ("Ask the same question again", "Ask it once more"),
        ("Record the sleeping place", "Note where the baby sleeps"),
        ("03000 41 11 11", "03000 41 11 12"),
        ("Worried about a child", "Worried for a child"),
    ):
        assert old in words(before)
        assert new in after
        assert old not in after


def test_a_reference_is_found_when_the_folder_is_gone(small_knowledge: Path, data: Path, published: str) -> None:
    shutil.rmtree(small_knowledge)
    for archive in (Archive(data), Archive(data, small_knowledge)):
        assert "Safer sleep" in words(archive.card(f"safe-sleep/{published}", AT))


def test_a_card_that_was_removed_is_found_in_the_version_that_had_it(
    small_knowledge: Path, data: Path, published: str
) -> None:
    for file in ("topics/act-now.yaml", "lexicon.yaml", "ladder.yaml", "open-points.yaml", "templates.yaml"):
        text = (small_knowledge / file).read_text(encoding="utf-8")
        (small_knowledge / file).write_text(text.replace("safe-sleep", "front-door-consultation"), encoding="utf-8")
    edit(small_knowledge, BABIES, "id: safe-sleep", "id: sound-sleep")
    for file, old in (("topics/act-now.yaml", "[immediate-danger, front-door-consultation]"),):
        edit(small_knowledge, file, old, "[immediate-danger, sound-sleep]")
    newer = publish(small_knowledge, data, AT).version
    archive = Archive(data)
    assert "Safer sleep" in words(archive.card(f"safe-sleep/{published}", AT))
    with pytest.raises(PublishError, match="no card was published here under"):
        archive.card(f"safe-sleep/{newer}", AT)


def test_a_folder_that_is_not_published_is_shown_only_where_it_was_asked_for(
    small_knowledge: Path, data: Path, published: str
) -> None:
    change_everything(small_knowledge)
    reference = f"safe-sleep/{read_knowledge(small_knowledge).version}"
    assert "Sounder sleep" in words(Archive(data, small_knowledge).card(reference, AT))
    with pytest.raises(PublishError, match="no card was published here under"):
        Archive(data).card(reference, AT)


@pytest.mark.parametrize("written", [" {} ", "\t{}\n"])
@pytest.mark.parametrize("form", [str.upper, str.title, str.lower])
def test_a_reference_is_read_however_it_is_typed(data: Path, published: str, written: str, form: type[str]) -> None:
    card = Archive(data).card(written.format(form(f"safe-sleep/{published}")), AT)
    assert f"Answer safe-sleep/{published}" in words(card)


@pytest.mark.parametrize(
    "reference", ["safe-sleep/00000000", "no-such-card/{version}", "safe-sleep/ffffffff", "-/{version}"]
)
def test_a_reference_that_never_was_says_so(data: Path, published: str, reference: str) -> None:
    reference = reference.format(version=published)
    with pytest.raises(PublishError, match="no card was published here under") as caught:
        Archive(data).card(reference, AT)
    assert reference in one_line(caught.value)


def test_where_nothing_was_published_no_reference_is_found_and_nothing_is_made(data: Path) -> None:
    with pytest.raises(PublishError, match="no card was published here under"):
        Archive(data).card("safe-sleep/e2b8e29e", AT)
    assert not data.exists()


@pytest.mark.parametrize(
    "reference",
    ["", " ", "safe-sleep", "safe-sleep/", "/e2b8e29e", "safe-sleep/e2b8e29", "safe-sleep/e2b8e29ee"]
    + ["safe-sleep/xyzxyzxy", "safe-sleep e2b8e29e", "../safe-sleep/e2b8e29e", "Answer", "%/%", "x" * 9000],
)
def test_what_is_no_reference_is_told_where_one_stands(data: Path, reference: str) -> None:
    with pytest.raises(PublishError, match="it stands on the card, such as escalation/") as caught:
        Archive(data).card(reference, AT)
    assert len(one_line(caught.value)) < 200


@given(reference=st.text(max_size=30) | st.from_regex(r"[a-z-]{0,9}/[0-9a-g]{7,9}", fullmatch=True))
def test_any_text_is_answered_with_a_clear_message(reference: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    with pytest.raises(PublishError, match="it stands on the card|no card was published"):
        Archive(tmp_path_factory.getbasetemp() / "nothing-published").card(reference, AT)


def test_a_reference_asked_for_too_early_is_found_once_it_is_published(data: Path) -> None:
    archive = Archive(data)
    reference = f"safe-sleep/{read_knowledge(SMALL_KNOWLEDGE).version}"
    with pytest.raises(PublishError):
        archive.card(reference, AT)
    publish(SMALL_KNOWLEDGE, data, AT)
    assert "Safer sleep" in words(archive.card(reference, AT))


def test_a_damaged_file_of_versions_is_one_line(data: Path, published: str) -> None:
    (data / "versions.db").write_bytes(b"no database" * 999)
    with pytest.raises(PublishError) as caught:
        Archive(data).card(f"safe-sleep/{published}", AT)
    assert str(data / "versions.db") in one_line(caught.value)


async def shown(assistant: Assistant, action: str, argument: str = "") -> str:
    sent: list[Reply] = []

    async def send(reply: Reply) -> None:
        sent.append(reply)

    await assistant.press(Press(action, AT, "test", STRANGER, argument=argument), send)
    (reply,) = sent
    return words(reply)


async def test_whoever_asks_the_assistant_for_a_reference_gets_the_card_or_is_told_why_not(
    small_knowledge: Path, data: Path, published: str
) -> None:
    change_everything(small_knowledge)
    publish(small_knowledge, data, AT)
    assistant = Assistant(answering_from(load_knowledge(small_knowledge), data), archive=Archive(data))
    for action, argument in (("answer", f"safe-sleep/{published}"), (f"answer:safe-sleep/{published}", "")):
        assert "Safer sleep for a baby" in await shown(assistant, action, argument)
    assert "no card was published here under" in await shown(assistant, "answer", "safe-sleep/00000000")
    assert "is no reference" in await shown(assistant, "answer", "sleep")
    assert "it stands on the card" in await shown(assistant, "answer")
    for reference in (f"safe-sleep/{published}", "x", ""):
        assert (await shown(assistant, "answer", reference)).endswith("Child in danger now: 999")
