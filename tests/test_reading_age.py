"""How old a reader must be: the Flesch-Kincaid grade plus five."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.check.reading_age import is_in_dictionary, reading_age


def test_it_is_the_flesch_kincaid_grade_plus_five() -> None:
    text = "The cat sat on the mat. It was not happy."  # 10 words, 2 sentences, 11 syllables
    assert reading_age(text) == pytest.approx(max(0.0, 0.39 * 10 / 2 + 11.8 * 11 / 10 - 15.59 + 5))


def test_long_words_in_long_sentences_ask_for_an_older_reader() -> None:
    plain = "Ring the Front Door now. Say what you saw."
    stiff = (
        "Appropriate multidisciplinary consideration necessitates communicating safeguarding apprehensions immediately"
    )
    assert reading_age(plain) < 8 < 20 < reading_age(stiff)


@given(st.text())
def test_any_text_has_one(text: str) -> None:
    assert reading_age(text) >= 0.0


@pytest.mark.parametrize("word", ["bruise", "behaviour", "recognise", "paediatric", "mum's"])
def test_british_spelling_is_in_the_dictionary(word: str) -> None:
    assert is_in_dictionary(word)


def test_a_slip_is_not() -> None:
    assert not is_in_dictionary("bruzed")
