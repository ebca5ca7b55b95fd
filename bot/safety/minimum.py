"""The built-in minimum: the few plainest ways of saying that a child is in danger now.

It stands behind the editable rules and goes on working when `danger.yaml` is broken or gone.
"""

from __future__ import annotations

import re
from collections import defaultdict

from bot.safety.spoken import read

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


def says_danger_plainly(text: str) -> bool:
    """Say whether a raw text is about danger now in one of the ways of `BUILT_IN`."""
    message = read(text)
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
