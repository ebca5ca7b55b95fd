"""A learnt matcher is read back instead of learnt anew, and a damaged copy costs time, never an answer."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bot.knowledge.model import Abbreviation, Lexicon
from bot.matching.cache import KEPT, learnt

EXAMPLES = {
    "bruise": ["a bruise on a baby", "black mark on her cheek", "bruised arm"],
    "missed": ["missed the clinic again", "not brought to audiology", "no show at the dentist"],
}
LEXICON = Lexicon(abbreviations=(Abbreviation(short="wnb", means=("was not brought",)),), synonyms=(), retired=())
QUESTIONS = ["baby has a bruse", "wnb at clinic", "", "something else entirely"]


def answers(folder: Path) -> list[list[object]]:
    matcher = learnt(folder, EXAMPLES, LEXICON)
    return [list(matcher.match(question)) for question in QUESTIONS]


def test_a_matcher_read_back_answers_as_the_one_that_learnt(tmp_path: Path) -> None:
    assert answers(tmp_path) == answers(tmp_path)
    assert len(list(tmp_path.glob("matcher-*.npz"))) == 1


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04", b"nonsense" * 99], ids=["empty", "cut off", "other bytes"])
def test_a_damaged_copy_is_learnt_anew(tmp_path: Path, damage: bytes) -> None:
    first = answers(tmp_path)
    (copy,) = tmp_path.glob("matcher-*.npz")
    copy.write_bytes(damage)
    assert answers(tmp_path) == first


def test_a_copy_cut_anywhere_is_learnt_anew(tmp_path: Path) -> None:
    first = answers(tmp_path)
    (copy,) = tmp_path.glob("matcher-*.npz")
    whole = copy.read_bytes()
    for place in range(0, len(whole), max(1, len(whole) // 15)):
        copy.write_bytes(whole[:place])
        assert answers(tmp_path) == first


def test_other_examples_are_learnt_anew_and_the_oldest_copies_go(tmp_path: Path) -> None:
    answers(tmp_path)
    (first,) = tmp_path.glob("matcher-*.npz")
    for number in range(KEPT):
        os.utime(first, (number, number))
        learnt(tmp_path, {**EXAMPLES, "third": [f"the third thing {number}"]}, LEXICON)
    kept = list(tmp_path.glob("matcher-*.npz"))
    assert len(kept) == KEPT
    assert first not in kept


def test_a_folder_that_cannot_be_written_costs_no_answer(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert answers(tmp_path / "file" / "data")[0]
