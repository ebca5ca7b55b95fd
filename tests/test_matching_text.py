"""Whatever is typed becomes plain lower-case words, and doing it twice changes nothing."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.matching.text import MAX_CHARS, normalise

PLAIN = re.compile(r"([a-z0-9&]+( [a-z0-9&]+)*)?")
TYPED = st.text(alphabet=st.sampled_from("aAbcdnotveslmr 'd\u2019`&.-\u00e9\u00df\u0130\ufb01\u00bd4\n"), max_size=40)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", "", id="nothing"),
        pytest.param("  \n\t ", "", id="blank"),
        pytest.param("Bruise on BABY", "bruise on baby", id="capitals"),
        pytest.param("bruise,on...baby?!", "bruise on baby", id="punctuation"),
        pytest.param("bruise\n\non\tbaby", "bruise on baby", id="line breaks"),
        pytest.param("non-mobile", "non mobile", id="hyphen"),
        pytest.param("caf\u00e9 na\u00efve", "cafe naive", id="accents"),
        pytest.param("\ufb01t \uff21\uff22 \u00b2", "fit ab 2", id="compatibility signs"),
        pytest.param("stra\u00dfe", "strasse", id="sharp s"),
        pytest.param("I can't cope", "i can not cope", id="can't"),
        pytest.param("I can\u2019t cope", "i can not cope", id="a phone's apostrophe"),
        pytest.param("cannot", "can not", id="cannot"),
        pytest.param("won't", "will not", id="won't"),
        pytest.param("he didn't", "he did not", id="n't"),
        pytest.param("they've we're I'll I'm he'd", "they have we are i will i am he would", id="contractions"),
        pytest.param("dont wasnt im", "do not was not i am", id="without apostrophes"),
        pytest.param("the child's arm, the boys' room", "the child arm the boys room", id="possessives"),
        pytest.param("A&E", "a&e", id="an ampersand in a word"),
        pytest.param("mum & dad", "mum dad", id="an ampersand alone"),
        pytest.param("S47, CP/LAC", "s47 cp lac", id="letters and digits"),
        pytest.param("\U0001f622\U0001f198", "", id="emoji"),
        pytest.param("\u043f\u043e\u043c\u043e\u0433\u0438\u0442\u0435", "", id="another alphabet"),
        pytest.param("x\x00y\u200bz", "x y z", id="invisible signs"),
    ],
)
def test_a_message_becomes_its_plain_words(text: str, expected: str) -> None:
    assert normalise(text) == expected


@given(text=st.text() | TYPED)
@example("I'd've")
@example("n't")
@example("&'&")
@example("\u0149")
@example("\u1e9e\u2019s")
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once


@given(text=st.text() | TYPED)
def test_only_small_letters_digits_ampersands_and_single_spaces_are_left(text: str) -> None:
    assert PLAIN.fullmatch(normalise(text))


@given(text=TYPED)
def test_capitals_and_surrounding_space_do_not_matter(text: str) -> None:
    assert normalise(f"  {text}\n") == normalise(text)
    assert normalise("the bruise, CANNOT wait") == normalise("The Bruise: cannot WAIT")


@pytest.mark.parametrize("text", ["a" * 1_000_000, "a " * 500_000, "n't" * 300_000, "\ufdfa" * 300_000, "'" * 900_000])
def test_a_huge_text_is_cut_and_takes_no_time(text: str) -> None:
    began = time.perf_counter()
    once = normalise(text)
    assert time.perf_counter() - began < 1
    assert len(once) <= MAX_CHARS
    assert normalise(once) == once
