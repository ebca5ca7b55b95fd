"""A term that means several things gets the one question that splits it, when it stands alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.answering import Answering
from bot.assistant import Assistant
from bot.knowledge.loading import load_knowledge
from bot.knowledge.model import Lexicon
from bot.matching.ambiguity import Ambiguities
from bot.matching.examples import matcher_examples
from bot.matching.matcher import Matcher
from bot.messages import Answer, Paragraph, Question
from tests.conftest import SMALL_KNOWLEDGE
from tests.support import STRANGER, TUESDAY_MORNING, actions, knowledge, press

SMALL = load_knowledge(SMALL_KNOWLEDGE)
ASSISTANT = Assistant(Answering(SMALL, Matcher.from_examples(matcher_examples(SMALL), SMALL.lexicon)))
QUESTION = "Do you mean talking a worry through, or a crying baby?"


def small(text: str) -> Answer:
    return ASSISTANT.answer(Question(text, TUESDAY_MORNING, "test", STRANGER))


@pytest.mark.parametrize(
    "text", ["contact", "Contact?", "CONTACT please", "help with the contact policy", "who to contact"]
)
def test_the_bare_term_is_asked_about_whatever_stands_around_it(text: str) -> None:
    answer = small(text)
    assert answer.decision == "clarify"
    assert Paragraph(QUESTION) in answer.reply.parts
    assert actions(answer.reply) == [
        "open:front-door-consultation", "open:safe-sleep", "signpost:adult-safeguarding", "none",
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["contact the health visitor about sleep", "please", "", "contacts"])
def test_anything_more_is_matched(text: str) -> None:
    assert Paragraph(QUESTION) not in small(text).reply.parts


def test_danger_comes_before_the_question() -> None:
    assert small("a boy is bleeding in my classroom, contact").decision == "urgent"


@given(st.text())
def test_any_text_is_safe_to_look_at(text: str) -> None:
    Ambiguities(SMALL.lexicon).found(text)
    assert Ambiguities(Lexicon(abbreviations=(), synonyms=(), retired=())).found(text) is None


CHOICES = [choice for one in knowledge().lexicon.ambiguous for choice in one.choices]


@pytest.mark.parametrize("choice", CHOICES, ids=lambda choice: choice.label)
def test_every_choice_of_the_real_lexicon_opens_something(choice: object) -> None:
    entry, signpost = choice.entry, choice.signpost
    assert press(f"open:{entry}" if entry else f"signpost:{signpost}").decision in ("opened", "browsed")


def test_no_two_ambiguous_terms_of_the_real_lexicon_are_the_same_message() -> None:
    terms = [term for one in knowledge().lexicon.ambiguous for term in one.terms]
    found = Ambiguities(knowledge().lexicon)
    owners = {term: one for one in knowledge().lexicon.ambiguous for term in one.terms}
    assert [term for term in terms if found.found(term) is not owners[term]] == []
