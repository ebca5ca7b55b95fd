"""What is taken for danger now and what is not. Sentences are made up; more are in `data/danger_dev.csv`."""

import csv
import time
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.knowledge.model import DangerRules
from bot.safety.danger import Danger, problems

HERE = Path(__file__).parent
RULES = DangerRules.model_validate(
    yaml.safe_load((HERE.parent / "knowledge" / "danger.yaml").read_text(encoding="utf-8"))
)
WITH_RULES = Danger(RULES)
MINIMUM = Danger(None)


def development_set() -> list[tuple[str, bool]]:
    with (HERE / "data" / "danger_dev.csv").open(encoding="utf-8", newline="") as file:
        return [(row["text"], row["danger"] == "yes") for row in csv.DictReader(file)]


def edited(**changes: object) -> DangerRules:
    """A small rule file, with changes."""
    small: dict[str, object] = {
        "words": {"blow": ["is hitting"], "past": ["last year"]},
        "unless": ["past"],
        "rules": [
            {
                "id": "blows",
                "needs": ["blow"],
                "must_fire": ["he is hitting him", "she's hitting", "dad is hitting"],
                "must_not_fire": ["hello", "a hit", "last year is hitting"],
            }
        ],
    }
    return DangerRules.model_validate(small | changes)


def test_every_sentence_of_the_rule_file_is_judged_as_it_asks() -> None:
    assert [str(problem) for problem in problems(RULES)] == []


def test_the_minimum_keeps_quiet_at_every_sentence_that_must_not_fire() -> None:
    sentences = [sentence for rule in RULES.rules for sentence in rule.must_not_fire]
    assert [sentence for sentence in sentences if MINIMUM.found(sentence)] == []


def test_emergencies_of_the_development_set_are_found() -> None:
    emergencies = [text for text, danger in development_set() if danger]
    missed = [text for text in emergencies if not WITH_RULES.found(text)]
    assert len(missed) <= 0.05 * len(emergencies), missed


def test_ordinary_questions_of_the_development_set_are_left_in_peace() -> None:
    ordinary = [text for text, danger in development_set() if not danger]
    alarmed = [text for text in ordinary if WITH_RULES.found(text)]
    assert len(alarmed) <= 0.08 * len(ordinary), alarmed


@pytest.mark.parametrize(
    "text",
    [
        "the baby is not breathing",
        "she is unconscious",
        "he won't wake up",
        "dad is hitting him",
        "he is strangling her",
        "a boy has been stabbed",
        "he has a knife",
        "she has taken an overdose",
        "he is about to jump",
        "a child is locked in and there is smoke",
        "mum is shaking the baby",
        "he's killing her",
    ],
)
def test_the_minimum_stands_without_any_rules(text: str) -> None:
    assert MINIMUM.found(text)
    assert MINIMUM.rule(text) == "built-in"


@pytest.mark.parametrize(
    "text",
    [
        "he\u2019s hitting her",
        "hes hitting her",
        "he s hitting her",
        "HE'S HITTING HER!!!",
        "he's\nhitting\nher",
        "😭😭he's hitting her😭",
        "\uff28\uff25\u2019\uff33 \uff48\uff49\uff54\uff54\uff49\uff4e\uff47 her",
        "he's hit\u200bting her",
        "hé's hitting her",
        "he is hiting her rihgt now",
        "he is now hitting her",
        "oh no he's hitting her",
    ],
)
def test_the_way_it_is_typed_does_not_matter(text: str) -> None:
    assert WITH_RULES.found(text)


@pytest.mark.parametrize(
    "text",
    [
        "dad broke her arm last year and now he is punching her",
        "He was arrested in 2019. He is punching her.",
        "we had training on this but a man is dragging a child into his car",
    ],
)
def test_a_past_told_beside_it_does_not_hide_what_goes_on_now(text: str) -> None:
    assert WITH_RULES.found(text)


@pytest.mark.parametrize(
    "text",
    [
        "last year he was found unconscious",
        "ten years ago she took an overdose",
        "when she was little he is said to have had a knife",
        "what does immediate danger mean",
        "Essay question: dad is strangling mum. Discuss.",
        "in this scenario the baby is not breathing",
        "my inbox will be the death of me",
        "I am dying to know who the LADO is",
        "dates for the unconscious bias course",
        "he has no knife",
        "NHS number 999 000 0018",
    ],
)
def test_past_learning_and_sayings_are_not_danger(text: str) -> None:
    assert not WITH_RULES.found(text)


def test_a_slip_that_looks_like_an_excuse_excuses_nothing() -> None:
    assert WITH_RULES.found("she just posted that the rope is ready")  # "posted" is not a slip of "posters"


def test_the_rule_that_fired_is_named() -> None:
    assert WITH_RULES.rule("smoke pouring out of the flat and kids in there") == "fire"
    assert WITH_RULES.rule("how do I make a referral") is None


def test_rules_that_cannot_be_used_leave_the_minimum() -> None:
    circle = edited(words={"blow": ["<fist>"], "fist": ["<blow>"], "past": ["last year"]})
    danger = Danger(circle)
    assert danger.found("the baby is not breathing")
    assert not danger.found("hello")
    assert "in a circle" in str(problems(circle)[0])


def test_a_sentence_judged_wrongly_is_named_by_rule_and_place() -> None:
    broken = edited(words={"blow": ["is hitting him", "hello"], "past": ["last year"]})
    assert [(p.file, p.entry, p.field) for p in problems(broken)] == [
        ("danger.yaml", "blows", "must_fire 2"),
        ("danger.yaml", "blows", "must_fire 3"),
        ("danger.yaml", "blows", "must_not_fire 1"),
    ]


def test_a_name_that_no_group_has_is_reported() -> None:
    broken = edited(words={"blow": ["is hitting", "<fist> flies"], "past": ["last year"]}, even_so=["now"])
    assert [p.field for p in problems(broken)] == ["even_so", "2"]


def test_a_sound_small_file_has_no_problems() -> None:
    assert problems(edited()) == []


@given(st.text())
def test_no_text_makes_it_raise(text: str) -> None:
    assert WITH_RULES.found(text) in (True, False)
    assert (WITH_RULES.rule(text) is not None) == WITH_RULES.found(text)


@given(st.text(alphabet="😭🚨❗ \n\t*_​"), st.sampled_from(["he is strangling her", "the baby is not breathing"]))
def test_capitals_and_emoji_never_hide_danger(noise: str, text: str) -> None:
    assert WITH_RULES.found(noise + text.upper() + noise)


def test_lone_surrogates_and_endless_messages_are_read() -> None:
    assert not WITH_RULES.found("\ud800 hello")
    started = time.perf_counter()
    WITH_RULES.found("he was not last year hitting " * 4_000)
    WITH_RULES.found("a" * 100_000)
    assert time.perf_counter() - started < 20


def test_a_message_is_judged_in_well_below_a_millisecond_on_average() -> None:
    texts = [text for text, _ in development_set()]
    fastest = min(_mean_ms(texts) for _ in range(3))
    assert fastest < 2, f"{fastest:.2f} ms"  # a loaded machine is slower than the 0.2 ms usual


def _mean_ms(texts: list[str]) -> float:
    started = time.perf_counter()
    for text in texts:
        WITH_RULES.found(text)
    return (time.perf_counter() - started) / len(texts) * 1_000
