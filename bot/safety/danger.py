"""Is a child in danger now? Looked for in the raw text, before anything else; never raises.

Two judges stand side by side: the rules of `danger.yaml`, which the partnership edits, and `BUILT_IN`, a
small minimum in code that goes on working when that file is broken or gone. Either of them is enough.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from graphlib import CycleError, TopologicalSorter

from rapidfuzz.distance import OSA

from bot.errors import Problem
from bot.knowledge.model import DangerRule, DangerRules

FILE = "danger.yaml"
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

_JOINED = {
    "arent": "are not", "aint": "is not", "cannot": "can not", "cant": "can not", "couldnt": "could not",
    "didnt": "did not", "doesnt": "does not", "dont": "do not", "hadnt": "had not", "hasnt": "has not",
    "havent": "have not", "hes": "he is", "im": "i am", "isnt": "is not", "its": "it is", "ive": "i have",
    "s": "is", "shes": "she is", "shouldnt": "should not", "thats": "that is", "theres": "there is",
    "theyre": "they are", "theyve": "they have", "wasnt": "was not", "werent": "were not", "weve": "we have",
    "whos": "who is", "wont": "will not", "wouldnt": "would not", "youre": "you are",
}  # fmt: skip
_APOSTROPHES = "'’‘‛`´ʼ′＇"
_DROPPED = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"))
_POSSESSIVE = re.compile(rf"(?<=[a-z])[{_APOSTROPHES}]s\b")
_TYPED_APOSTROPHE = re.compile(rf"[{_APOSTROPHES}]")
_LOST_APOSTROPHE = re.compile(r"\b([a-z]{1,8}n) t\b")
# A sentence ends at its mark or at an empty line; a single line break is only where a phone wrapped the text.
_PIECES = re.compile(r"[a-z]+|[0-9]+|[.!?;]+(?=\s|$)|\n\s{0,20}\n")
# Words at which a sentence turns: what is said of last year before "but" or "now" excuses nothing after it.
_TURNS = frozenset({"but", "now", "still", "tonight", "today"})
_TURNS_AFTER_AND = frozenset({"he", "she", "they", "dad", "mum", "there", "is", "it"})
# "Oh no he is hitting her": a lone "no" before one of these is a cry, not a denial.
_BEGINS_ANEW = frozenset({"he", "she", "they", "i", "we", "there", "mum", "dad", "the", "a", "someone"})


def plain(text: str) -> str:
    """Return the text in small plain letters without accents, apostrophes or invisible characters."""
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    text = "".join(c for c in text if not unicodedata.combining(c)) if not text.isascii() else text
    text = text.translate(_DROPPED)
    text = _POSSESSIVE.sub(" is", text)
    text = _TYPED_APOSTROPHE.sub("", text)
    return _LOST_APOSTROPHE.sub(r"\1t", text)


@dataclass(frozen=True)
class _Message:
    """The words of a message, each with the number of its sentence and of its part of a sentence."""

    words: list[str]
    sentence: list[int]
    part: list[int]


def _read(text: str) -> _Message:
    words: list[str] = []
    sentence: list[int] = []
    part: list[int] = []
    sentences = parts = 0
    for piece in _PIECES.findall(plain(text)):
        if not piece[0].isalnum():
            sentences += 1
            parts += 1
            continue
        for word in _JOINED.get(piece, piece).split():
            after_and = bool(words) and words[-1] == "and"
            if word in _TURNS or (after_and and word in _TURNS_AFTER_AND):
                parts += 1
            words.append(word)
            sentence.append(sentences)
            part.append(parts)
    return _Message(words, sentence, part)


_CHILD = r"(?:baby|child|children|kids?|boy|girl|toddler|pupil|son|daughter|twins?)"
_WHO = rf"(?:him|her|them|us|(?:a|the|his|her|their|my) (?:\w+ )?(?:mum|mother|{_CHILD}))"
_SOMEONE = rf"(?:he|she|they|who|and|dad|mum|man|father|mother|{_CHILD})"
_HURTING = r"(?:hitting|beating|punching|kicking|strangling|choking|stabbing|attacking|suffocating)"
_HURT = r"(?:hit|beaten|punched|kicked|strangled|choked|stabbed|attacked|suffocated)"
# The minimum that no edit can take away: few ways of saying it, all in the present, read part by part.
BUILT_IN = tuple(
    re.compile(rf"\b(?:{phrase})\b")
    for phrase in (
        r"(?:not|stopped) breathing|can not breathe",
        r"(?:is|are|just|found) (?:\w+ )?unconscious",
        r"(?:will not|can not|not) (?:be )?(?:wake|waking|woken|rouse|roused)",
        rf"(?:is|are|just|still) {_HURTING} {_WHO}|{_SOMEONE} {_HURTING} {_WHO}",
        rf"{_SOMEONE} (?:is|are|has) (?:just )?(?:been |being |getting )?{_HURT}",
        rf"{_SOMEONE} (?:is )?(?:has|have|got|with|holding) (?:got )?an? (?:knife|gun|machete)",
        rf"{_SOMEONE} (?:is |are )?(?:killing|going to kill|about to kill) {_WHO}",
        r"(?:has|have|just|is) (?:just )?(?:taken an overdose|overdosed)",
        r"taken (?:all )?(?:her|his|the) (?:tablets|pills)",
        r"(?:about|going|threatening) to (?:jump|kill (?:her|him|them)sel(?:f|ves)|end (?:her|his) life)",
        r"(?:alone|locked|trapped|left) (?:\w+ ){0,8}(?:fire|smoke)",
        r"(?:fire|smoke) (?:\w+ ){0,8}(?:alone|locked|trapped)",
        r"shaking (?:the|her|his|their|a) baby",
        rf"(?:he|she|{_CHILD}) (?:is|are) (?:choking|drowning|on fire)",
    )
)
# What a part of a sentence is about when it is not about now. Few and plain, as BUILT_IN is.
_NOT_NOW = re.compile(
    r"\b(?:ago|yesterday|last (?:year|month|week|night)|years? before|used to|history of|previous(?:ly)?|"
    r"when (?:he|she|i|they) (?:was|were)|in (?:19|20)\d\d|scenario|essay|quiz|case study|training|leaflets?|"
    r"policy|procedure|course|if (?:a|the|someone|any)|when an?|what does|what (?:is|are) the signs|at home|"
    r"every (?:day|night|week)|sometimes|told|said|says|disclosed|alleg\w{1,6}|no ?(?:body|one) is|bias|"
    r"targets)\b"
)
_INSISTS = re.compile(r"\b(?:right now|as we speak|as i (?:type|write)|hurry|help|can hear|in front of me)\b")


def _built_in_found(text: str) -> bool:
    message = _read(text)
    parts: defaultdict[int, list[str]] = defaultdict(list)
    for word, part in zip(message.words, message.part, strict=True):
        parts[part].append(word)
    whole = " ".join(message.words)
    # "He is now hitting her" is said across two parts, so a message without any excuse is read whole as well.
    if not _NOT_NOW.search(whole) and _says_danger(whole):
        return True
    return any(_says_danger(" ".join(words)) for words in parts.values())


def _says_danger(part: str) -> bool:
    if _NOT_NOW.search(part) and not _INSISTS.search(part):
        return False
    return any(pattern.search(part) for pattern in BUILT_IN)


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
        words = _read(piece).words
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
        self.read = lru_cache(maxsize=8192)(self._read)

    def _read(self, word: str) -> tuple[str, ...]:
        """Return the elements a typed word stands for: its own, or else those of the word it is a slip of."""
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


class _Rules:
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
            not_slips={word for text in rules.not_slips for word in _read(text).words},
        )

    def fired(self, text: str) -> Iterator[str]:
        """Yield the ids of the rules that fire, in the order of the file."""
        message = _read(text)
        found = self._find(message)
        if self._excused_whole(found, message):
            return
        excused = self._excused_parts(found, message)
        for rule in self._rules.rules:
            if all(group in found for group in rule.needs) and self._fires(rule, found, message, excused):
                yield rule.id

    def excuse(self, text: str) -> bool:
        """Say whether any part of a message is about the past, a habit, learning or another excuse."""
        message = _read(text)
        found = self._find(message)
        return self._excused_whole(found, message) or bool(self._excused_parts(found, message))

    def _excused_whole(self, found: _Spans, message: _Message) -> bool:
        return any(self._not_denied(group, found, message) for group in self._rules.unless_anywhere)

    def _excused_parts(self, found: _Spans, message: _Message) -> set[int]:
        excused = self._parts(self._rules.unless, found, message)
        return excused - self._parts(self._rules.even_so, found, message)

    def _find(self, message: _Message) -> _Spans:
        """Return where each group that occurs does, sorted, as (first word, one past the last)."""
        meanings = [self._vocabulary.read(word) for word in message.words]
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

    def _denial_words(self, message: _Message) -> set[int]:
        """Return the positions of single denying words: "..." does not reach over them."""
        return {i for i, word in enumerate(message.words) if word in ("not", "no", "never", "without")}

    def _parts(self, groups: tuple[str, ...], found: _Spans, message: _Message) -> set[int]:
        """Return the parts of sentences that hold a phrase of one of the groups."""
        return {message.part[start] for group in groups for start, _ in self._not_denied(group, found, message)}

    def _not_denied(self, group: str, found: _Spans, message: _Message) -> list[tuple[int, int]]:
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

    def _fires(self, rule: DangerRule, found: _Spans, message: _Message, excused: set[int]) -> bool:
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
    message: _Message,
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


class Danger:
    """Tells whether a message speaks of a child in danger now. None as rules leaves the built-in minimum."""

    def __init__(self, rules: DangerRules | None) -> None:
        self._rules: _Rules | None = None
        try:
            self._rules = None if rules is None else _Rules(rules)
        except Exception:  # a fault in the rules must not take the minimum down; `problems` names it
            self._rules = None

    def found(self, text: str) -> bool:
        """Say whether the raw text of a message speaks of danger now. Never raises."""
        return self.rule(text) is not None

    def rule(self, text: str) -> str | None:
        """Return the id of the first rule that fires, "built-in" for the minimum, or None. Never raises."""
        try:
            if _built_in_found(text):
                return "built-in"
        except Exception:  # whatever a text does to one judge, the other is still asked
            pass
        try:
            return next(self._rules.fired(text), None) if self._rules is not None else None
        except Exception:  # a message is answered even when the rules cannot read it
            return None

    def excused(self, text: str) -> bool:
        """Say whether a message speaks of the past, of learning or of policy, so that likeness to danger is not enough.

        Never raises; where the rules cannot tell, nothing is excused.
        """
        try:
            return self._rules is not None and self._rules.excuse(text)
        except Exception:  # as in `rule`: a message that the rules cannot read is answered all the same
            return False


def problems(rules: DangerRules) -> list[Problem]:
    """Return a problem for each sentence that a rule gets wrong and for each name that no group has.

    A `must_fire` sentence must fire by its own rule. A `must_not_fire` sentence must fire by no rule at all,
    unless another rule lists it under `must_fire`.
    """
    faults = list(_unknown_groups(rules))
    try:
        compiled = _Rules(rules)
    except CycleError as error:
        names = " -> ".join(error.args[1])
        return [*faults, Problem(FILE, "", "words", f"the groups name one another in a circle: {names}")]
    wanted = {sentence.casefold() for rule in rules.rules for sentence in rule.must_fire}
    for rule in rules.rules:
        for number, sentence in enumerate(rule.must_fire, 1):
            if rule.id not in compiled.fired(sentence):
                faults.append(Problem(FILE, rule.id, f"must_fire {number}", f"'{sentence}' does not fire the rule"))
        for number, sentence in enumerate(rule.must_not_fire, 1):
            fired = list(compiled.fired(sentence))
            if rule.id in fired:
                by = "the rule"
            elif fired and sentence.casefold() not in wanted:
                by = f"the rule '{fired[0]}'"
            else:
                continue
            faults.append(Problem(FILE, rule.id, f"must_not_fire {number}", f"'{sentence}' fires {by}"))
    return faults


def _unknown_groups(rules: DangerRules) -> Iterator[Problem]:
    """The groups that no `words` hold. Those a rule names are reported where the file is loaded."""
    known = {*rules.words, "number"}
    for field in ("unless", "even_so", "unless_anywhere", "denied_by"):
        for name in getattr(rules, field):
            if name not in known:
                yield Problem(FILE, "", field, f"'{name}' is not in the 'words' of this file")
    for group, texts in rules.words.items():
        for number, text in enumerate(texts, 1):
            for name in re.findall(r"<([^<>]{1,60})>", text):
                if name not in known:
                    yield Problem(FILE, f"words {group}", f"{number}", f"<{name}> is not in the 'words' of this file")
