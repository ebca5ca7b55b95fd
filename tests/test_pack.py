"""The printed pack: a PDF that says on every page how old it is and what to ring, and that is written whole or not."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.awareness.pack import pack
from bot.cli import main
from bot.knowledge.loading import load_knowledge
from bot.knowledge.model import Knowledge
from tests.conftest import ACT_NOW, SMALL_KNOWLEDGE, edit
from tests.printed import pages_of
from tests.support import SUNDAY_NIGHT, TUESDAY_MORNING

FOOTER = "Child in danger now: 999"
DRAFT = "Draft: not yet reviewed by the partnership"


def small() -> Knowledge:
    return load_knowledge(SMALL_KNOWLEDGE)


@pytest.fixture
def here(small_knowledge: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SIGNPOST_KNOWLEDGE", str(small_knowledge))
    monkeypatch.setenv("SIGNPOST_DATA", str(tmp_path / "data"))
    (tmp_path / "out").mkdir()
    monkeypatch.chdir(tmp_path / "out")
    return small_knowledge


# What it holds


def test_it_is_a_pdf() -> None:
    made = pack(small(), TUESDAY_MORNING)
    assert made.startswith(b"%PDF-") and made.rstrip().endswith(b"%%EOF")


def test_every_page_names_the_version_the_day_the_draft_and_999() -> None:
    knowledge = small()
    pages = pages_of(pack(knowledge, TUESDAY_MORNING))
    assert len(pages) >= 4
    for number, page in enumerate(pages, 1):
        assert f"Version {knowledge.version}, 24 November 2026." in page
        assert DRAFT in page
        assert FOOTER in page
        assert f"Page {number} of {len(pages)}" in page


def test_the_day_is_that_of_the_areas_clock() -> None:
    just_after_midnight = TUESDAY_MORNING.replace(month=7, day=1, hour=23, minute=30)  # 00:30 in summer time
    assert all("2 July 2026" in page for page in pages_of(pack(small(), just_after_midnight)))


def test_it_holds_every_sentence_of_every_card_and_every_contact() -> None:
    knowledge = small()
    text = " ".join(pages_of(pack(knowledge, SUNDAY_NIGHT)))
    held = [said.text for entry in knowledge.entries.values() for said in entry.statements]
    held += [text for entry in knowledge.entries.values() for text in (entry.title, entry.summary, *entry.watch_for)]
    held += [value for contact in knowledge.contacts.values() for value in (contact.name, contact.phone) if value]
    held += [line for template in knowledge.templates.values() for line in template.text.splitlines()]
    assert [said for said in held if " ".join(said.split()) not in text] == []


def test_a_contact_for_the_other_hours_comes_with_the_one_that_a_card_names() -> None:
    [card] = [
        page for page in pages_of(pack(small(), TUESDAY_MORNING, ["babies"])) if "Safer sleep for a baby Rou" in page
    ]
    assert "03000 41 11 11 (working day)" in card
    assert "03000 41 91 91 (evenings, nights, weekends, bank holidays)" in card


@pytest.mark.parametrize(
    ("groups", "held", "left_out"),
    [
        (["babies"], ["safe-sleep"], ["immediate-danger", "front-door-consultation"]),
        (["act-now"], ["immediate-danger", "front-door-consultation"], ["safe-sleep"]),
        (["babies", "act-now"], ["immediate-danger", "front-door-consultation", "safe-sleep"], []),
        ([], ["immediate-danger", "front-door-consultation", "safe-sleep"], []),
    ],
)
def test_only_the_groups_chosen_are_printed(groups: list[str], held: list[str], left_out: list[str]) -> None:
    knowledge = small()
    text = " ".join(pages_of(pack(knowledge, TUESDAY_MORNING, groups)))
    for id_ in held:
        assert f"Answer {id_}/{knowledge.version}" in text
    for id_ in left_out:
        assert f"Answer {id_}/" not in text and knowledge.entries[id_].summary not in text


def test_groups_keep_their_own_order_whatever_order_they_are_named_in() -> None:
    text = " ".join(pages_of(pack(small(), TUESDAY_MORNING, ["babies", "act-now"])))
    contents = text[text.index(" Contents Act now ") :]
    assert contents.index("Act now") < contents.index("Babies") < contents.index("Contacts")
    assert text.index("Answer immediate-danger/") < text.index("Answer safe-sleep/")


def test_the_contents_name_the_page_of_each_card_and_no_page_is_empty() -> None:
    count = 61  # more than fit one page of contents
    knowledge = small()
    model = knowledge.entries["safe-sleep"]
    titles = {f"card-{number}": f"Title {number} of {count}" for number in range(count)}
    entries = {id_: model.model_copy(update={"id": id_, "title": title}) for id_, title in titles.items()}
    many = {"entries": entries, "entry_group": dict.fromkeys(entries, "babies"), "templates": {}}
    pages = pages_of(pack(knowledge.model_copy(update=many), TUESDAY_MORNING, ["babies"]))
    contents = " ".join(page for page in pages if "Answer card" not in page)
    for id_, title in titles.items():
        printed = next(number for number, page in enumerate(pages, 1) if f"Answer {id_}/" in page)
        assert f"{title} {printed} " in contents
    foot = f"{FOOTER} Signpost, Kent. Version {knowledge.version}, 24 November 2026. {DRAFT} Page 10 of 20"
    assert [number for number, page in enumerate(pages, 1) if len(page) <= len(foot)] == []


def test_a_card_that_is_confirmed_says_by_whom(small_knowledge: Path) -> None:
    edit(small_knowledge, ACT_NOW, "    confirmed:\n", "    confirmed: {role: Named nurse, on: 2026-11-20}\n")
    text = " ".join(pages_of(pack(load_knowledge(small_knowledge), TUESDAY_MORNING)))
    assert "Confirmed by Named nurse, 20 November 2026." in text


# Signs


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("Zoë and Siân", "Zoë and Siân"),
        ("Łukasz Żak", "?ukasz Zak"),
        ("the child’s “plan” – now…", 'the child\'s "plan" - now...'),
        ("日本 and 😀", "?? and ?"),
        ("ﬁre and ½", "fire and 1?2"),
    ],
)
def test_a_sign_that_the_font_lacks_becomes_the_nearest_one(written: str, printed: str, small_knowledge: Path) -> None:
    edit(small_knowledge, ACT_NOW, "summary: Ring 999 first.", f"summary: Ring 999 first. {written}.")
    assert f"first. {printed}." in " ".join(pages_of(pack(load_knowledge(small_knowledge), TUESDAY_MORNING)))


PRINTABLE = st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), min_size=1, max_size=200)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=PRINTABLE, title=PRINTABLE)
def test_no_sign_in_a_card_stops_the_pack(text: str, title: str) -> None:
    knowledge = small()
    entry = knowledge.entries["safe-sleep"]
    steps = tuple(step.model_copy(update={"text": text}) for step in entry.steps)
    odd = entry.model_copy(update={"title": title, "summary": text, "steps": steps})
    changed = knowledge.model_copy(update={"entries": {**knowledge.entries, entry.id: odd}})
    pages = pages_of(pack(changed, TUESDAY_MORNING, ["babies"]))
    assert pages and all(FOOTER in page for page in pages)


@pytest.mark.parametrize("field", ["area", "name"])
def test_a_partnership_with_other_letters_gets_its_pack(field: str) -> None:
    knowledge = small()
    partnership = knowledge.partnership.model_copy(update={field: "Ŵyddgrug 日本"})
    made = pack(knowledge.model_copy(update={"partnership": partnership}), TUESDAY_MORNING, ["babies"])
    assert all(FOOTER in page for page in pages_of(made))


# The command


def test_the_command_writes_the_pack_and_says_which_version(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["pack", "--out", "all.pdf"]) == 0
    version = load_knowledge(here).version
    assert f"all.pdf: version {version}, " in capsys.readouterr().out
    assert f"Version {version}" in pages_of(Path("all.pdf").read_bytes())[0]


def test_without_a_name_it_lies_in_the_folder_where_one_stands(here: Path) -> None:
    assert main(["pack", "babies"]) == 0
    assert [path.name for path in Path.cwd().iterdir()] == ["signpost-pack.pdf"]


def test_a_group_that_is_not_there_is_one_line_that_names_those_there_are(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["pack", "babies", "toddlers"]) == 1
    assert capsys.readouterr().err == "signpost: 'toddlers' is no topic group; there are: act-now, babies\n"
    assert list(Path.cwd().iterdir()) == []


@pytest.mark.parametrize(
    "out",
    [
        pytest.param("no/such/folder/x.pdf", id="no folder"),
        pytest.param("folder", id="a folder"),
        pytest.param("file/x.pdf", id="a file as a folder"),
        pytest.param(".", id="here"),
    ],
)
def test_what_cannot_be_written_is_one_line(here: Path, out: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("folder").mkdir()
    Path("file").touch()
    assert main(["pack", "--out", out]) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith(f"signpost: {out}: cannot be written: ")
    assert sorted(path.name for path in Path.cwd().rglob("*")) == ["file", "folder"]


def test_a_full_disk_leaves_the_pack_of_before_and_nothing_half_written(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("all.pdf").write_bytes(b"the pack of last month")
    write = Path.write_bytes

    def full(self: Path, data: bytes) -> int:
        write(self, data[:100])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    assert main(["pack", "--out", "all.pdf"]) == 1
    assert "all.pdf: cannot be written: No space left on device" in capsys.readouterr().err
    assert Path("all.pdf").read_bytes() == b"the pack of last month"
    assert [path.name for path in Path.cwd().iterdir()] == ["all.pdf"]
