"""The rule language of `danger.yaml`, compiled: groups of words and phrases, and rules that need some of them together.

The file itself explains the language to those who edit it. Slips of the finger are forgiven in the words of danger,
never in the words that excuse.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from graphlib import TopologicalSorter

from rapidfuzz.distance import OSA

from bot.knowledge.model import DangerRule, DangerRules
from bot.safety.spoken import Message, read

GAP = "..."
# How many words "..." in a phrase may stand for.
MAX_GAP = 4
# Shorter words have too many neighbours to be read as slips: "hurt", "hunt", "hut".
MIN_SLIP_LETTERS = 5
# From this length on two slips are forgiven: "unconsious" is one, "unconscous" another, "strangeling" two.
TWO_SLIPS_LETTERS = 10
LONGEST_WORD = 20
# In each: a stem as typed with its usual endings, so that a slip in "strangl*" is seen too.
ENDINGS = ("", "e", "es", "ed", "er", "ing", "s")
# "Oh no he is hitting her": a lone "no" before one of these is a cry, not a denial.
_BEGINS_ANEW = frozenset({"he", "she", "they", "i", "we", "there", "mum", "dad", "the", "a", "someone"})


@dataclass(frozen=True)
class _Phrase:
    """The elements of a phrase: "word", "stem*", "<group>" or GAP."""

    group: str
    elements: tuple[str, ...]
    # The second element where it is a plain word: most phrases fail there, so it is looked at first.
    second: str | None


def _phrase(group: str, text: str) -> _Phrase:
    elements: list[str] = []
    for piece in text.split():
        if piece == GAP or (piece.startswith("<") and piece.endswith(">")):
            elements.append(piece)
            continue
        star = "*" if piece.endswith("*") else ""
        words = read(piece).words
        elements.extend(words[:-1] + [word + star for word in words[-1:]])
    while elements and elements[0] == GAP:
        elements.pop(0)
    while elements and elements[-1] == GAP:
        elements.pop()
    second = elements[1] if len(elements) > 1 and elements[1] != GAP and elements[1][0] != "<" else None
    return _Phrase(group, tuple(elements), second)


_Spans = dict[str, list[tuple[int, int]]]


class _Vocabulary:
    """The words and stems of the rules; knows which of them a typed word stands for, slips included."""

    def __init__(self, elements: set[str], targets: set[str], not_slips: set[str]) -> None:
        self._literal = {e for e in elements if not e.endswith("*")}
        self._stems = {e[:-1] for e in elements if e.endswith("*")}
        self._shortest = min(map(len, self._stems), default=0)
        self._longest = max(map(len, self._stems), default=-1)
        self._not_slips = not_slips
        self._targets: defaultdict[tuple[str, int], list[str]] = defaultdict(list)
        for word in sorted({form for target in targets for form in _forms(target)}):
            if len(word) >= MIN_SLIP_LETTERS:
                self._targets[word[0], len(word)].append(word)

    def elements(self, word: str) -> tuple[str, ...]:
        """Return the elements a typed word stands for: its own, or else those of the word it is a slip of.

        Nothing is remembered for the next message: a word may be a child's name.
        """
        if word.isdigit():
            return (*self._own(word), "<number>")
        own = self._own(word)
        if own or word in self._not_slips or len(word) < 4:
            return own
        if word.endswith("s") and (singular := self._own(word[:-1])):
            return singular
        return tuple(dict.fromkeys(element for meant in self._meant(word) for element in self._own(meant)))

    def _own(self, word: str) -> tuple[str, ...]:
        lengths = range(self._shortest, min(len(word), self._longest) + 1)
        stems = tuple(word[:n] + "*" for n in lengths if word[:n] in self._stems)
        return (word, *stems) if word in self._literal else stems

    def _meant(self, word: str) -> list[str]:
        """Return the nearest words that this one may be a slip of. The first letter is taken to be right."""
        if not MIN_SLIP_LETTERS <= len(word) <= LONGEST_WORD:
            return []
        nearest: list[str] = []
        slips = fewest = 2 if len(word) >= TWO_SLIPS_LETTERS else 1
        for length in range(len(word) - slips, len(word) + slips + 1):
            for target in self._targets.get((word[0], length), ()):
                distance = OSA.distance(word, target, score_cutoff=fewest)
                if distance < fewest:
                    fewest, nearest = distance, []
                if distance == fewest:
                    nearest.append(target)
        return nearest


def _forms(element: str) -> list[str]:
    return [element[:-1] + ending for ending in ENDINGS] if element.endswith("*") else [element]


class Rules:
    """The compiled rules of `danger.yaml`."""

    def __init__(self, rules: DangerRules) -> None:
        self._rules = rules
        phrases = [_phrase(name, text) for name, texts in rules.words.items() for text in texts]
        phrases = [phrase for phrase in phrases if phrase.elements]
        references = _references(phrases)
        self._order = tuple(TopologicalSorter(references).static_order())
        self._by_first: defaultdict[str, list[_Phrase]] = defaultdict(list)
        for phrase in phrases:
            self._by_first[phrase.elements[0]].append(phrase)
        # Only the words of danger are seen through a slip: "posted", read as "poster", must excuse nothing.
        needed = _reached({group for rule in rules.rules for group in rule.needs}, references)
        self._vocabulary = _Vocabulary(
            elements=_words(phrases),
            targets=_words([phrase for phrase in phrases if phrase.group in needed]),
            not_slips={word for text in rules.not_slips for word in read(text).words},
        )

    def fired(self, text: str) -> Iterator[str]:
        """Yield the ids of the rules that fire, in the order of the file."""
        message = read(text)
        found = self._find(message)
        if self._excused_whole(found, message):
            return
        excused = self._excused_parts(found, message)
        for rule in self._rules.rules:
            if all(group in found for group in rule.needs) and self._fires(rule, found, message, excused):
                yield rule.id

    def excuse(self, text: str) -> bool:
        """Say whether any part of a message is about the past, a habit, learning or another excuse."""
        message = read(text)
        found = self._find(message)
        return self._excused_whole(found, message) or bool(self._excused_parts(found, message))

    def _excused_whole(self, found: _Spans, message: Message) -> bool:
        return any(self._not_denied(group, found, message) for group in self._rules.unless_anywhere)

    def _excused_parts(self, found: _Spans, message: Message) -> set[int]:
        excused = self._parts(self._rules.unless, found, message)
        return excused - self._parts(self._rules.even_so, found, message)

    def _find(self, message: Message) -> _Spans:
        """Return where each group that occurs does, sorted, as (first word, one past the last)."""
        meanings = [self._vocabulary.elements(word) for word in message.words]
        waiting: defaultdict[str, list[tuple[int, _Phrase]]] = defaultdict(list)
        for position, elements in enumerate(meanings):
            following = meanings[position + 1] if position + 1 < len(meanings) else ()
            for element in elements:
                for phrase in self._by_first.get(element, ()):
                    if phrase.second is None or phrase.second in following:
                        waiting[phrase.group].append((position, phrase))
        denials = self._denial_words(message)
        found: _Spans = {}
        ends: dict[tuple[str, int], set[int]] = defaultdict(set)
        for group in self._order:
            for start, phrase in waiting.get(group, ()):
                ends[group, start].update(_match(phrase.elements, start, meanings, message, ends, denials))
            starts = sorted({start for start, _ in waiting.get(group, ()) if ends[group, start]})
            if not starts:
                continue
            found[group] = [(start, end) for start in starts for end in sorted(ends[group, start])]
            for phrase in self._by_first.get(f"<{group}>", ()):
                waiting[phrase.group].extend((start, phrase) for start in starts)
        return found

    def _denial_words(self, message: Message) -> set[int]:
        """Return the positions of single denying words: "..." does not reach over them."""
        return {i for i, word in enumerate(message.words) if word in ("not", "no", "never", "without")}

    def _parts(self, groups: tuple[str, ...], found: _Spans, message: Message) -> set[int]:
        """Return the parts of sentences that hold a phrase of one of the groups."""
        return {message.part[start] for group in groups for start, _ in self._not_denied(group, found, message)}

    def _not_denied(self, group: str, found: _Spans, message: Message) -> list[tuple[int, int]]:
        spans = found.get(group, [])
        if not spans:
            return spans
        denied = {
            end
            for denial in self._rules.denied_by
            for start, end in found.get(denial, ())
            if end < len(message.words)
            and message.sentence[end - 1] == message.sentence[end]
            and not (end - start == 1 and message.words[end] in _BEGINS_ANEW)
        }
        return [span for span in spans if span[0] not in denied]

    def _fires(self, rule: DangerRule, found: _Spans, message: Message, excused: set[int]) -> bool:
        quiet = excused | self._parts(rule.unless, found, message)
        needed = []
        for group in rule.needs:
            spans = [
                (start, end)
                for start, end in self._not_denied(group, found, message)
                if message.part[start] not in quiet and message.part[end - 1] not in quiet
            ]
            if not spans:
                return False
            needed.append(spans)
        return _together(needed, rule.within)


def _references(phrases: list[_Phrase]) -> dict[str, set[str]]:
    """Return for each group the groups its phrases name, which must be found before it."""
    references: dict[str, set[str]] = {phrase.group: set() for phrase in phrases}
    for phrase in phrases:
        references[phrase.group].update(e[1:-1] for e in phrase.elements if e.startswith("<"))
    return references


def _reached(groups: set[str], references: dict[str, set[str]]) -> set[str]:
    """Return the groups and those that their phrases name, directly or not."""
    reached: set[str] = set()
    while groups:
        reached |= groups
        groups = {name for group in groups for name in references.get(group, ())} - reached
    return reached


def _words(phrases: list[_Phrase]) -> set[str]:
    return {e for phrase in phrases for e in phrase.elements if e != GAP and not e.startswith("<")}


def _match(
    elements: tuple[str, ...],
    at: int,
    meanings: list[tuple[str, ...]],
    message: Message,
    ends: dict[tuple[str, int], set[int]],
    denials: set[int],
) -> set[int]:
    """Return where the phrase may end (one past its last word) when it begins at word `at`."""
    reached = {at}
    sentence = message.sentence[at]
    for element in elements:
        following: set[int] = set()
        for position in reached:
            if element == GAP:
                following.add(position)
                for gap in range(position, min(position + MAX_GAP, len(meanings))):
                    if gap in denials:
                        break
                    following.add(gap + 1)
                continue
            if position >= len(meanings) or message.sentence[position] != sentence:
                continue
            if element in meanings[position]:
                following.add(position + 1)
            elif element[0] == "<":
                following.update(ends.get((element[1:-1], position), ()))
        if not following:
            return following
        reached = following
    return reached


def _together(needed: list[list[tuple[int, int]]], within: int) -> bool:
    """Do the groups occur, one span each, within that many words?"""
    if len(needed) == 1:
        return True
    starts = [[start for start, _ in spans] for spans in needed]
    for left in sorted({start for group in starts for start in group}):
        if all(
            any(end - left <= within for _, end in spans[bisect_left(first, left) : bisect_left(first, left + within)])
            for spans, first in zip(needed, starts, strict=True)
        ):
            return True
    return False
