"""Replace personal details in a message by markers such as "[phone]", before anything is matched or stored.

It recognises what has a form: NHS and pupil numbers, phones, e-mail addresses, postcodes and dates of birth.
It is imperfect and never the only safeguard; names and addresses have no form and are not recognised here.
Redacting twice changes nothing. Every pattern is bounded, so the time grows with the length of the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import phonenumbers
from stdnum.gb import nhs, upn

# Said to anyone who needs help, never a detail of a person.
_PUBLIC = frozenset({"999", "101", "111", "112", "116123", "18000"})
# A replaced detail may free its neighbour from what it was glued to, so a text is read until nothing changes.
_MAX_PASSES = 8

_DASH = r"\-\u2010-\u2015\u2212"
_SPACE = r" \t\u00a0\u2007\u2009\u202f"
_BETWEEN = rf"[{_SPACE}{_DASH}.]"

_EMAIL = re.compile(
    r"[\w.%+'\-]{1,64}[ ]?(?:@|\(at\)|\[at\])[ ]?[\w\-]{1,63}(?:\.[\w\-]{1,63}){1,5}",
    re.IGNORECASE,
)
_SPELLED_EMAIL = re.compile(
    r"\b[\w.+\-]{1,64}(?: {1,2}dot {1,2}[\w\-]{1,64}){0,3} {1,2}\(?at\)? {1,2}"
    r"[\w\-]{1,63}(?: {1,2}\(?dot\)? {1,2}[\w\-]{2,63}){0,3} {1,2}\(?dot\)? {1,2}"
    r"(?:com|org|net|uk|eu|info|example|test|invalid|io|me|biz|london|scot|wales|ie)\b",
    re.IGNORECASE,
)
_UPN = re.compile(rf"(?<![A-Za-z0-9])(?=([A-Za-z](?:{_BETWEEN}?[0-9]){{11}}{_BETWEEN}?[A-Za-z0-9])(?![A-Za-z0-9]))")
# Written 3-3-4 or in one piece; in any grouping only after "NHS", or a row of years would be taken for one.
_NHS = re.compile(
    rf"(?<![0-9])(?:(?<![A-Za-z])|(?<=NHS)|(?<=no)|(?<=number))"
    rf"(?=([0-9]{{3}}{_BETWEEN}{{0,3}}[0-9]{{3}}{_BETWEEN}{{0,3}}[0-9]{{4}})(?![0-9]))",
    re.IGNORECASE,
)
_MARKED_NHS = re.compile(
    rf"NHS[^0-9\n\[\]]{{0,25}}(?=([0-9](?:{_BETWEEN}{{0,3}}[0-9]){{9}})(?![0-9]))",
    re.IGNORECASE,
)

_IN_PHONE = rf"[{_SPACE}{_DASH}./()]{{0,3}}"
_PHONE_START = r"(?<![0-9+])(?:(?<![A-Za-z])|(?<=tel)|(?<=mob)|(?<=phone)|(?<=mobile)|(?<=no)|(?<=number)|(?<=on))"
_PHONES = tuple(
    re.compile(rf"{_PHONE_START}({form})(?![0-9])", re.IGNORECASE)
    for form in (
        # +44 7700 900123, 0044 (0)20 7946 0123
        rf"(?:\+|00){_IN_PHONE}44(?:{_IN_PHONE}\(0\))?(?:{_IN_PHONE}[0-9]){{9,11}}",
        # Another country's number.
        rf"\+(?!44)[1-9](?:{_IN_PHONE}[0-9]){{7,13}}",
        # 07700 900123, (020) 7946 0123, 07 700 900 123: begins with a code, so that dates are left alone.
        rf"\(?0(?:[0-9]{{2}}|[{_SPACE}{_DASH}]?7[{_SPACE}{_DASH}]?7)(?:{_IN_PHONE}[0-9]){{7,8}}",
        # 0 7 7 0 0 9 0 0 1 2 3
        rf"0(?:[{_SPACE}{_DASH}.][0-9]){{9,10}}",
        # 7700 900123: a mobile without its 0.
        rf"7[0-9]{{3}}[{_SPACE}{_DASH}]?[0-9]{{3}}[{_SPACE}{_DASH}]?[0-9]{{3}}",
    )
)

_AREAS = (
    "AB AL B BA BB BD BF BH BL BN BR BS BT BX CA CB CF CH CM CO CR CT CV CW DA DD DE DG DH DL DN DT "
    "DY E EC EH EN EX FK FY G GL GU GY HA HD HG HP HR HS HU HX IG IM IP IV JE KA KT KW KY L LA LD LE "
    "LL LN LS LU M ME MK ML N NE NG NN NP NR NW OL OX PA PE PH PL PO PR RG RH RM S SA SE SG SK SL SM "
    "SN SO SP SR SS ST SW SY TA TD TF TN TQ TR TS TW UB W WA WC WD WF WN WR WS WV YO ZE"
)
_POSTCODE = re.compile(
    rf"(?<![A-Za-z0-9])((?:{'|'.join(_AREAS.split())})[0-9][0-9A-HJKMNP-Z]?[{_SPACE}{_DASH}]{{0,2}}"
    rf"[0-9][ABD-HJLNP-UW-Z]{{2}})(?![A-Za-z0-9])",
    re.IGNORECASE,
)
# "S47 2nd meeting" is a section of the Children Act, not a street in Sheffield.
_SECTION = re.compile(r"s\d\d\s{0,2}(?:1st|2nd|3rd|\dth)", re.IGNORECASE)

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"
    r"nov(?:ember)?|dec(?:ember)?)\b\.?"
)
_YEAR = r"(?:'?[0-9]{2}|[0-9]{4})(?![0-9])"
_GAP = rf"[{_SPACE},]{{0,3}}"
_MARK = rf"[{_SPACE}]?[./{_DASH} ][{_SPACE}]?"
_DATE = (
    rf"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?{_GAP}(?:the )?)?"
    rf"(?:[0-9]{{4}}{_MARK}[0-9]{{1,2}}{_MARK}[0-9]{{1,2}}(?![0-9])"
    rf"|[0-9]{{1,2}}{_MARK}[0-9]{{1,2}}{_MARK}(?:[0-9]{{4}}|[0-9]{{2}})(?![0-9])"
    r"|[0-9]{8}(?![0-9])|[0-9]{6}(?![0-9])"
    rf"|[0-9]{{1,2}}(?:st|nd|rd|th)?{_GAP}[{_DASH}/]?(?:of )?{_MONTH}(?:{_GAP}[{_DASH}/]?(?:of )?{_YEAR})?"
    rf"|{_MONTH}{_GAP}[0-9]{{1,2}}(?:st|nd|rd|th)?(?![0-9]){_GAP}(?:{_YEAR})?"
    rf"|{_MONTH}{_GAP}[0-9]{{4}}(?![0-9])"
    r"|[0-9]{1,2}/[0-9]{1,2}(?![0-9/A-Za-z]))"
)
_BIRTH = (
    rf"(?<![A-Za-z])(?:d[{_SPACE}]?[./]?[{_SPACE}]?o[{_SPACE}]?[./]?[{_SPACE}]?b\b[.]?|"
    rf"date[{_SPACE}]of[{_SPACE}]birth|birth[{_SPACE}]?date|birthday|born)"
)
_TO_DATE = rf"[{_SPACE}:;=,({_DASH}\n]{{0,4}}(?:(?:is|was|on|in|the|on the|is the|was the){_GAP}:?{_GAP})?"
_MARKED_BIRTH = re.compile(rf"{_BIRTH}{_TO_DATE}({_DATE})", re.IGNORECASE)
_BIRTH_AFTER = re.compile(
    rf"(?<![0-9A-Za-z/.])({_DATE})[{_SPACE}]{{0,2}}[(,{_DASH}]?[{_SPACE}]?{_BIRTH}"
    rf"(?!{_TO_DATE}(?:{_DATE}|\[dob\]))",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Redacted:
    """A text with its personal details replaced. `kinds` are in order of first appearance, each once."""

    text: str
    kinds: tuple[str, ...]


@dataclass(frozen=True)
class _Detail:
    start: int
    end: int
    kind: str


def redact(text: str, published: Iterable[str] = ()) -> Redacted:
    """Return the text with its personal details replaced by "[kind]". Never raises.

    Args:
        text: a message as typed.
        published: phone numbers that are public and stay, in any spacing: helplines, contacts.

    Kinds, in order of first appearance: nhs-number, upn, phone, email, postcode, dob.
    """
    public = _PUBLIC | {_national(number) for number in published}
    kinds: list[str] = []
    for _ in range(_MAX_PASSES):
        details = _details(text, public)
        if not details:
            break
        kinds.extend(detail.kind for detail in details)
        text = _replaced(text, details)
    return Redacted(text, tuple(dict.fromkeys(kinds)))


def _replaced(text: str, details: list[_Detail]) -> str:
    pieces, at = [], 0
    for detail in details:
        pieces += [text[at : detail.start], f"[{detail.kind}]"]
        at = detail.end
    return "".join([*pieces, text[at:]])


def _details(text: str, public: frozenset[str]) -> list[_Detail]:
    """Return the details of a text in its order. Where two overlap, the surer kind stays."""
    taken = bytearray(len(text))
    details = []
    for detail in _candidates(text, public):
        if not any(taken[detail.start : detail.end]):
            taken[detail.start : detail.end] = b"\1" * (detail.end - detail.start)
            details.append(detail)
    return sorted(details, key=lambda detail: detail.start)


def _candidates(text: str, public: frozenset[str]) -> Iterator[_Detail]:
    """Yield what may be a detail, the surest kinds first: an address, checked numbers, then mere forms."""
    yield from _emails(text)
    for found in _UPN.finditer(text):
        if upn.is_valid(_bare(found[1])):
            yield _Detail(*found.span(1), "upn")
    yield from _nhs_numbers(text)
    yield from _phones(text, public)
    for pattern in (_MARKED_BIRTH, _BIRTH_AFTER):
        yield from (_Detail(*found.span(1), "dob") for found in pattern.finditer(text))
    for found in _POSTCODE.finditer(text):
        if not _SECTION.fullmatch(found[1]):
            yield _Detail(*found.span(1), "postcode")


def _emails(text: str) -> Iterator[_Detail]:
    lower = text.lower()
    if "@" in lower or "at)" in lower or "at]" in lower:
        yield from (_Detail(*found.span(), "email") for found in _EMAIL.finditer(text))
    if "dot" in lower:
        yield from (_Detail(*found.span(), "email") for found in _SPELLED_EMAIL.finditer(text))


def _nhs_numbers(text: str) -> Iterator[_Detail]:
    for pattern in (_NHS, _MARKED_NHS):
        for found in pattern.finditer(text):
            if nhs.is_valid(_bare(found[1])):
                yield _Detail(*found.span(1), "nhs-number")


def _phones(text: str, public: frozenset[str]) -> Iterator[_Detail]:
    for pattern in _PHONES:
        for found in pattern.finditer(text):
            if _national(found[1]) not in public and _is_phone(found[1]):
                yield _Detail(*found.span(1), "phone")


def _is_phone(number: str) -> bool:
    """Is it a number of possible length? Whether it is in use does not matter: the numbers of plays are not.

    Without 0 or +44 it has to be a valid one: ten bare digits are oftener a form's number.
    """
    try:
        parsed = phonenumbers.parse(number, "GB")
    except phonenumbers.NumberParseException:
        return False
    if number[0] in "0+(":
        return phonenumbers.is_possible_number(parsed)
    return phonenumbers.is_valid_number(parsed) or _bare(number).startswith("7700900")


def _bare(number: str) -> str:
    return "".join(c for c in number if c.isalnum())


def _national(number: str) -> str:
    """Return the digits of a phone number with +44 or 0044 written as 0."""
    digits = "".join(c for c in number if c in "0123456789")
    return re.sub(r"^(?:00)?44(?=[0-9]{9})0?", "0", digits)
