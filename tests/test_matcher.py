"""A message finds the label it means; scores are in [0, 1], best first, the same every time, whatever is typed."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.knowledge.loading import load_knowledge
from bot.knowledge.model import Abbreviation, Lexicon, RetiredName, Synonym
from bot.matching.matcher import Matcher
from tests.conftest import SMALL_KNOWLEDGE

EXAMPLES = {entry.id: entry.questions for entry in load_knowledge(SMALL_KNOWLEDGE).entries.values()}
LEXICON = Lexicon(
    abbreviations=(
        Abbreviation(short="fd", means=("Front Door",)),
        Abbreviation(short="sids", means=("sudden infant death",)),
        Abbreviation(short="l/a", means=("lullaby advice",)),
    ),
    synonyms=(Synonym(word="referral", also=("rfs", "request for support")),),
    retired=(RetiredName(old="central duty team", now="Front Door"),),
)
MATCHER = Matcher.from_examples(EXAMPLES, LEXICON)
PAIRS = [(label, text) for label, texts in EXAMPLES.items() for text in texts]
WORDS = st.lists(
    st.sampled_from(sorted({word for _, text in PAIRS for word in text.split()})), min_size=1, max_size=12
).map(" ".join)
ANY_TEXT = st.text(max_size=200) | WORDS


def best(matcher: Matcher, text: str) -> str | None:
    matches = matcher.match(text)
    return matches[0].entry if matches else None


@pytest.mark.parametrize(("label", "text"), PAIRS)
def test_an_example_finds_its_own_label_first(label: str, text: str) -> None:
    assert best(MATCHER, text) == label


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("the baby sleeps on the sofa", "safe-sleep"),
        ("where should the newborn sleep", "safe-sleep"),
        ("could I talk to a social worker about this first", "front-door-consultation"),
        ("is that enough for a referral", "front-door-consultation"),
        ("dad is hitting him, he has a knife", "immediate-danger"),
        ("who do I ring first", "immediate-danger"),
    ],
)
def test_other_words_for_the_same_thing_find_the_label(text: str, label: str) -> None:
    assert best(MATCHER, text) == label


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("emergancy", "immediate-danger"),
        ("consltation with the front door", "front-door-consultation"),
        ("prefessional consultatoin", "front-door-consultation"),
        ("swadling safely", "safe-sleep"),
        ("sudden infnat death risk", "safe-sleep"),
        ("ambulence or pollice first", "immediate-danger"),
    ],
)
def test_a_slip_still_finds_the_label(text: str, label: str) -> None:
    assert best(MATCHER, text) == label


@pytest.mark.parametrize(("label", "text"), [pair for pair in PAIRS if len(pair[1].split()) >= 5])
def test_one_wrong_letter_anywhere_in_an_example_still_finds_its_label(label: str, text: str) -> None:
    for place, letter in enumerate(text):
        if letter.isalpha():
            wrong = chr(ord("a") + (ord(letter.lower()) - ord("a") + 7) % 26)
            assert best(MATCHER, text[:place] + wrong + text[place + 1 :]) == label


@pytest.mark.parametrize(
    ("text", "label"),
    [
        pytest.param("fd", "front-door-consultation", id="an abbreviation"),
        pytest.param("FD?", "front-door-consultation", id="in capitals"),
        pytest.param("sids", "safe-sleep", id="of several words"),
        pytest.param("L/A", "safe-sleep", id="with a stroke"),
        pytest.param("central duty team", "front-door-consultation", id="a retired name"),
        pytest.param("rfs", "front-door-consultation", id="a synonym"),
        pytest.param("a request for support", "front-door-consultation", id="a synonym of several words"),
    ],
)
def test_what_the_lexicon_knows_finds_what_it_stands_for(text: str, label: str) -> None:
    assert best(MATCHER, text) == label


@pytest.mark.parametrize("text", ["sids", "rfs"])
def test_without_the_lexicon_its_words_mean_nothing(text: str) -> None:
    with_it = MATCHER.match(text)[0]
    without = {match.entry: match.score for match in Matcher.from_examples(EXAMPLES).match(text)}
    assert without.get(with_it.entry, 0.0) < with_it.score


@settings(deadline=None)
@given(text=ANY_TEXT)
def test_scores_are_between_nothing_and_one_and_best_first(text: str) -> None:
    matches = MATCHER.match(text)
    scores = [match.score for match in matches]
    assert scores == sorted(scores, reverse=True)
    assert all(isinstance(score, float) and 0 < score <= 1 for score in scores)
    assert len({match.entry for match in matches}) == len(matches)
    assert {match.entry for match in matches} <= set(EXAMPLES)


@settings(deadline=None)
@given(text=ANY_TEXT)
def test_the_same_text_scores_the_same_twice(text: str) -> None:
    assert MATCHER.match(text) == MATCHER.match(text)


@settings(max_examples=20, deadline=None)
@given(text=WORDS)
def test_the_same_examples_make_the_same_matcher(text: str) -> None:
    assert AGAIN.match(text) == MATCHER.match(text)


AGAIN = Matcher.from_examples(EXAMPLES, LEXICON)


@settings(deadline=None)
@given(text=WORDS, limit=st.integers(0, 6))
def test_a_limit_takes_the_first_of_all(text: str, limit: int) -> None:
    assert MATCHER.match(text, limit) == MATCHER.match(text, 99)[:limit]


@settings(deadline=None)
@given(text=WORDS)
def test_case_and_punctuation_do_not_change_a_score(text: str) -> None:
    assert MATCHER.match(f"  {text.upper()} ?!") == MATCHER.match(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\n",
        "?!",
        "...",
        "\U0001f622\U0001f198",
        "\u043f\u043e\u043c\u043e\u0433\u0438\u0442\u0435",
        "\x00",
        "\ud800",
    ],
    ids=ascii,
)
def test_a_text_without_words_finds_nothing(text: str) -> None:
    assert MATCHER.match(text) == []


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a" * 1_000_000, id="one long word"),
        pytest.param("bruise " * 100_000, id="one word many times"),
        pytest.param(" ".join(f"bruse{chr(97 + n % 26)}{chr(97 + n // 26 % 26)}" for n in range(50_000)), id="slips"),
        pytest.param("request for support " * 50_000, id="a phrase of the lexicon many times"),
        pytest.param("\U0001f622" * 500_000, id="emoji"),
        pytest.param("9" * 500_000, id="digits"),
    ],
)
def test_a_huge_text_is_matched_quickly(text: str) -> None:
    began = time.perf_counter()
    matches = MATCHER.match(text)
    assert time.perf_counter() - began < 1
    assert isinstance(matches, list)


@pytest.mark.parametrize("examples", [{}, {"a": []}, {"a": [], "b": ()}], ids=["none", "a label", "two labels"])
def test_a_matcher_without_examples_finds_nothing(examples: dict[str, list[str]]) -> None:
    matcher = Matcher.from_examples(examples)
    assert matcher.match("a bruise on a baby") == []
    assert matcher.match("") == []


def test_a_label_without_examples_is_never_found() -> None:
    matcher = Matcher.from_examples({**EXAMPLES, "empty": []})
    assert "empty" not in {match.entry for match in matcher.match("the baby sleeps on the sofa", 99)}


def test_one_label_with_one_example_can_be_learnt() -> None:
    matcher = Matcher.from_examples({"only": ["a bruise on a baby"]})
    assert {match.entry for match in matcher.match("bruise")} <= {"only"}


@pytest.mark.parametrize("text", ["", "?", "\U0001f622"], ids=ascii)
def test_an_example_without_words_does_no_harm(text: str) -> None:
    matcher = Matcher.from_examples({**EXAMPLES, "odd": [text]})
    assert best(matcher, "baby sleeps on the sofa with dad") == "safe-sleep"


def test_equal_scores_keep_the_order_of_the_labels() -> None:
    twins = Matcher.from_examples({"b": ["bruise on a baby"] * 2, "a": ["bruise on a baby"] * 2})
    matches = twins.match("bruise on a baby")
    assert [match.entry for match in matches] == ["b", "a"]
    assert matches[0].score == pytest.approx(matches[1].score)


def test_something_else_entirely_scores_low() -> None:
    matches = MATCHER.match("which bus goes to the football ground on match days")
    assert all(match.score < 0.3 for match in matches)
