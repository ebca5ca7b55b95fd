"""What the YAML files under `knowledge/` may hold. Models are frozen and refuse unknown fields.

Every text is a strict string: YAML's `no` (a boolean) or `03000411111` (an octal number) is a fault, never a guess.
"""

from __future__ import annotations

import datetime as dt
import re
from enum import StrEnum
from typing import Annotated, Literal

import phonenumbers
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator


def _one_line(value: str) -> str:
    if not value.strip():
        raise ValueError("is empty: write a sentence or remove the field")
    if value != value.strip():
        raise ValueError("begins or ends with a space: remove it")
    if "\n" in value:
        raise ValueError("has a line break: write one paragraph, folded with '>-' if it is long")
    if not value.isprintable():
        raise ValueError("holds an invisible sign: type the text anew instead of pasting it")
    return value


def _block(value: str) -> str:
    if not value.strip():
        raise ValueError("is empty: write the wording")
    if value != value.rstrip():
        raise ValueError("ends with a space or an empty line: begin it with '|-'")
    if not all(c.isprintable() or c == "\n" for c in value):
        raise ValueError("holds an invisible sign: type the text anew instead of pasting it")
    if "@" in value:
        raise ValueError("holds an e-mail address: name a contact in 'contacts' instead, where it is checked")
    if _LONG_NUMBER.search(value) or any(phonenumbers.PhoneNumberMatcher(value, "GB")):
        raise ValueError("holds a phone number: name a contact in 'contacts' instead, where it is checked")
    if not _BLANK.search(value):
        raise ValueError("has no blank to fill in: write one in square brackets, such as [date]")
    return value


def _phone(value: str) -> str:
    if not all(c.isdigit() or c in " +" for c in value) or not any(c.isdigit() for c in value):
        raise ValueError(f"'{value}' is not a phone number: digits and spaces only, in quotes")
    digits = value.replace(" ", "")
    if len(digits) > SHORT_NUMBER_DIGITS and not phonenumbers.is_valid_number(phonenumbers.parse(digits, "GB")):
        raise ValueError(f"'{value}' is no number that can be rung in this country: is a digit missing or too many?")
    return value


CONFIRMABLE = ("entry", "contact", "signpost", "template", "stage", "open-point", "working-day")  # for `confirm`
MIN_EXAMPLES = 20  # of an entry; fewer are too few to be recognised by
MAX_BLOCK_CHARS = 3_000  # of wording to copy: one Telegram message with its heading
_LONG_NUMBER = re.compile(r"\d[\d ]{8,}\d")
_BLANK = re.compile(r"\[[^\[\]\n]+\]")
MAX_LADDER_IDS = 44  # of a party and a stage together: a button carries both, and a day, in 64 bytes
SHORT_NUMBER_DIGITS = 6  # 999, 101, 18000, 116123: numbers of their own kind

Text = Annotated[str, Field(strict=True), AfterValidator(_one_line)]
Block = Annotated[str, Field(strict=True, max_length=MAX_BLOCK_CHARS), AfterValidator(_block)]
Id = Annotated[str, Field(strict=True), StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=48)]
Phone = Annotated[str, Field(strict=True), AfterValidator(_phone)]
Date = Annotated[dt.date, Field(strict=True)]
ClockTime = Annotated[str, Field(strict=True), StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Act(StrEnum):
    """How soon an entry asks a practitioner to act."""

    NOW = "now"
    TODAY = "today"
    ROUTINE = "routine"


class Evidence(StrEnum):
    """How a fact is known: seen on the page named, stated in the review, or usual national practice."""

    VERIFIED = "verified"
    REVIEW = "review"
    GENERAL = "general"


class Side(StrEnum):
    """The side of a topic that an example question shows; matching is measured with whole sides held out."""

    SCENES = "scenes"  # what somebody sees or is told; the policy is not named
    QUESTIONS = "questions"  # a plain question about the topic
    KEYWORDS = "keywords"  # one to four words, abbreviations
    HASTE = "haste"  # typing slips, phone spelling
    HESITANT = "hesitant"  # doubt, worry, not sure that it is bad enough
    WHO = "who"  # other trades and people who ask
    WHEN = "when"  # when, how long, how fast
    WRITING = "writing"  # what to write or say
    REFUSED = "refused"  # somebody refuses, does not answer, is left out
    WHOSE_JOB = "whose-job"  # who does it, who decides, who passes it on
    MUST_I = "must-i"  # may I, must I, does it apply
    NEXT = "next"  # what happens next, meanwhile, afterwards
    ABOUT = "about"  # any other side


class Confirmation(_Part):
    """The partnership's own word that something is right: by which role, on which day."""

    role: Text
    on: Date


class Statement(_Part):
    """One sentence of advice with what it rests on. `source` is an id of `sources.yaml`."""

    text: Text
    evidence: Evidence
    source: Id
    section: Text | None = None


class Detail(Statement):
    """One sentence beyond the card. `heading` begins a new part of the detail.

    `bears_on` are ids of other entries that show this sentence under "Why this matters".
    """

    heading: Text | None = None
    bears_on: tuple[Id, ...] = ()


class NotFor(_Part):
    """A near-miss: a message that looks as if it belonged here, and the entry it belongs to."""

    text: Text
    entry: Id


class Page(StrEnum):
    """What can follow a card without being another card: its own pages, by what their buttons' actions begin with."""

    MORE = "more"
    WORDING = "wording"
    AGENCIES = "agencies"
    REACH = "reach"  # whom to contact
    THANKS = "thanks"  # a friendly end


class FollowUp(_Part):
    """What people ask next, in a few words that mean little alone, and where it leads.

    `asks` are such messages; `entry` is the card they lead to, `show` a page of the card they were shown last.
    """

    asks: Annotated[tuple[Text, ...], Field(min_length=3)]
    entry: Id | None = None
    show: Page | None = None

    @model_validator(mode="after")
    def _leads_to_one_place(self) -> FollowUp:
        if (self.entry is None) == (self.show is None):
            raise ValueError("entry: give either an entry or a page to show")
        return self


class GeneralFollowUp(FollowUp):
    """A follow-up that may come after any card: `follow-ups.yaml` holds them."""

    id: Id


class Change(_Part):
    """One line of an entry's history, newest first."""

    on: Date
    what: Text


class Entry(_Part):
    """One topic: what a practitioner is told, how the topic is recognised, and where it all comes from."""

    id: Id
    title: Annotated[Text, Field(max_length=70)]
    act: Act
    summary: Annotated[Text, Field(max_length=240)]
    steps: Annotated[tuple[Statement, ...], Field(min_length=3, max_length=7)]
    time_limits: tuple[Statement, ...] = ()
    watch_for: Annotated[tuple[Text, ...], Field(min_length=2, max_length=8)]
    detail: tuple[Detail, ...] = ()
    by_agency: dict[Id, Annotated[tuple[Statement, ...], Field(min_length=1)]] = {}
    examples: dict[Side, Annotated[tuple[Text, ...], Field(min_length=1)]]
    not_for: tuple[NotFor, ...] = ()
    follow_ups: tuple[FollowUp, ...] = ()
    contacts: Annotated[tuple[Id, ...], Field(min_length=1)]
    sources: Annotated[tuple[Id, ...], Field(min_length=1)]
    see_also: Annotated[tuple[Id, ...], Field(min_length=1)]
    owner: Text | None = None
    changes: Annotated[tuple[Change, ...], Field(min_length=1)]
    confirmed: Confirmation | None = None
    review_by: Date | None = None

    @model_validator(mode="after")
    def _is_learnt_from_enough(self) -> Entry:
        count = len(self.questions)
        if count < MIN_EXAMPLES:
            raise ValueError(f"examples: {count} are too few to be found by: write {MIN_EXAMPLES} or more")
        if self.confirmed and self.review_by and self.review_by <= self.confirmed.on:
            raise ValueError(f"review_by: {self.review_by} is not after the day it was confirmed, {self.confirmed.on}")
        days = [change.on for change in self.changes]
        if days != sorted(days, reverse=True):
            raise ValueError("changes: the dates are in the wrong order: write the newest change first")
        return self

    @property
    def questions(self) -> tuple[str, ...]:
        """Every example question, side by side."""
        return tuple(text for texts in self.examples.values() for text in texts)

    @property
    def statements(self) -> tuple[Statement, ...]:
        """Every sentence of the entry that rests on a source, in the order of the card."""
        agency = tuple(s for part in self.by_agency.values() for s in part)
        return self.steps + self.time_limits + self.detail + agency


class Group(_Part):
    """A topic group: one file under `knowledge/topics/`, named after the group's id.

    `owner` is the role that looks after those of its entries that name no owner of their own.
    """

    title: Text
    order: Annotated[int, Field(strict=True, ge=1)]
    owner: Text | None = None


class Source(_Part):
    """A page or document. `seen` says how old the copy was that the facts were read from."""

    id: Id
    title: Text
    publisher: Text | None = None
    url: Text | None = None
    seen: Text | None = None
    kind: Literal["local-policy", "service-page", "national-guidance", "review", "law", "other-area", "practice"]


class Hours(StrEnum):
    """When a contact answers. Times of the working day are kept once, in `partnership.yaml`."""

    ALWAYS = "always"
    WORKING_DAY = "working-day"
    OUTSIDE_WORKING_DAY = "outside-working-day"
    UNKNOWN = "unknown"


class Contact(_Part):
    """Someone to ring, write to or look up. `otherwise` is the contact for the hours this one does not cover."""

    id: Id
    name: Text
    phone: Phone | None = None
    url: Text | None = None
    email: Text | None = None
    note: Text | None = None
    hours: Hours = Hours.UNKNOWN
    otherwise: Id | None = None
    evidence: Evidence
    source: Id
    confirmed: Confirmation | None = None

    @model_validator(mode="after")
    def _an_email_is_confirmed(self) -> Contact:
        if self.email is not None and self.confirmed is None:
            raise ValueError("email: not confirmed by the partnership yet: leave it out, say in 'note' how to get it")
        if self.phone is None and self.url is None and self.note is None and self.email is None:
            raise ValueError("phone: give a phone, a url or a note that says how to reach this contact")
        return self


class Agency(_Part):
    """A kind of workplace a practitioner may name as theirs. `words` are beginnings of words that give it away."""

    id: Id
    name: Text
    words: tuple[Text, ...] = ()


class Signpost(_Part):
    """Not ours, but known: a short reply that sends the asker to the right place."""

    id: Id
    title: Annotated[Text, Field(max_length=70)]
    text: Annotated[Text, Field(max_length=700)]
    evidence: Evidence
    source: Id
    contacts: tuple[Id, ...] = ()
    examples: Annotated[tuple[Text, ...], Field(min_length=8)]
    confirmed: Confirmation | None = None


class Template(_Part):
    """Wording to copy, with blanks in square brackets; offered on the cards of `entries`.

    `use` says when and how to use it. Where it is sent stands in `contacts`, never in the text.
    """

    id: Id
    title: Annotated[Text, Field(max_length=48)]
    use: Annotated[Text, Field(max_length=240)]
    text: Block
    entries: Annotated[tuple[Id, ...], Field(min_length=1)]
    contacts: tuple[Id, ...] = ()
    evidence: Evidence
    source: Id
    section: Text | None = None
    confirmed: Confirmation | None = None


class Party(_Part):
    """With whom one disagrees. `entry` is the card about it; `first` what holds for them alone, if anything.

    `template` is the wording used with them instead of each stage's.
    """

    id: Id
    label: Annotated[Text, Field(max_length=40)]
    entry: Id
    first: Statement | None = None
    template: Id | None = None


class Stage(_Part):
    """One step of the escalation ladder: who acts next once somebody has got that far, and the wording for it.

    `days` are the partnership's working days from the day the stage began until its answer is due.
    """

    id: Id
    label: Annotated[Text, Field(max_length=40)]
    next: Annotated[tuple[Statement, ...], Field(min_length=1, max_length=4)]
    days: Annotated[int, Field(strict=True, ge=1, le=60)] | None = None
    template: Id | None = None
    confirmed: Confirmation | None = None

    @model_validator(mode="after")
    def _days_are_confirmed(self) -> Stage:
        if self.days is not None and self.confirmed is None:
            raise ValueError("days: not confirmed by the partnership yet: leave it out")
        return self


class Ladder(_Part):
    """`ladder.yaml`: the escalation ladder, its stages in order. `entry` is the card about escalation itself.

    `days_unknown` is said in place of a day by which somebody must act, while a stage has no `days`.
    """

    entry: Id
    intro: Text
    ask_party: Text
    ask_stage: Text
    ask_began: Text
    days_unknown: Text
    parties: Annotated[tuple[Party, ...], Field(min_length=1, max_length=8)]
    stages: Annotated[tuple[Stage, ...], Field(min_length=1, max_length=8)]

    @model_validator(mode="after")
    def _buttons_hold_the_ids(self) -> Ladder:
        longest = max(len(p.id) for p in self.parties) + max(len(s.id) for s in self.stages)
        if longest > MAX_LADDER_IDS:
            raise ValueError(
                f"stages: the longest ids of a party and a stage have {longest} letters: {MAX_LADDER_IDS} fit"
            )
        return self


class OpenPoint(_Part):
    """Something that only the partnership can answer. `known` is what is known so far."""

    id: Id
    kind: Literal["unknown", "conflict", "outdated"]
    question: Annotated[Text, Field(max_length=200)]
    known: Annotated[Text, Field(max_length=400)]
    source: Id | None = None
    owner: Text
    entries: tuple[Id, ...] = ()
    confirmed: Confirmation | None = None


class Abbreviation(_Part):
    """Letters people type, and what they may stand for in safeguarding work."""

    short: Text
    means: Annotated[tuple[Text, ...], Field(min_length=1)]


class Synonym(_Part):
    """Words that mean the same to the matcher; `word` is the one the entries use."""

    word: Text
    also: Annotated[tuple[Text, ...], Field(min_length=1)]


class RetiredName(_Part):
    """A name that people still use for something that is called otherwise now."""

    old: Text
    now: Text


class Choice(_Part):
    """One meaning of an ambiguous term: the entry or the signpost that it leads to."""

    label: Annotated[Text, Field(max_length=40)]
    entry: Id | None = None
    signpost: Id | None = None

    @model_validator(mode="after")
    def _leads_to_one_place(self) -> Choice:
        if (self.entry is None) == (self.signpost is None):
            raise ValueError("entry: give either an entry or a signpost")
        return self


class Ambiguous(_Part):
    """Terms that mean several things when they stand alone, and the one question that splits them."""

    terms: Annotated[tuple[Text, ...], Field(min_length=1)]
    question: Annotated[Text, Field(max_length=90)]
    choices: Annotated[tuple[Choice, ...], Field(min_length=2, max_length=4)]


class Lexicon(_Part):
    """How practitioners write: abbreviations, synonyms, retired names, and terms that need a question back.

    `filler` are words that may stand beside an ambiguous term and add nothing: "CP policy please".
    """

    abbreviations: tuple[Abbreviation, ...]
    synonyms: tuple[Synonym, ...]
    retired: tuple[RetiredName, ...]
    ambiguous: tuple[Ambiguous, ...] = ()
    filler: tuple[Text, ...] = ()


class DangerRule(_Part):
    """One way in which danger is said. Fires when every group in `needs` occurs within `within` words.

    A group is a name of `DangerRules.words`. Words in a part of a sentence that also holds a group of
    `unless` do not count. `must_fire` and `must_not_fire` are the rule's own tests.
    """

    id: Id
    needs: Annotated[tuple[Id, ...], Field(min_length=1)]
    within: Annotated[int, Field(strict=True, ge=1, le=60)] = 14
    unless: tuple[Id, ...] = ()
    must_fire: Annotated[tuple[Text, ...], Field(min_length=3)]
    must_not_fire: Annotated[tuple[Text, ...], Field(min_length=3)]


class DangerRules(_Part):
    """`danger.yaml`: groups of words and phrases, and the rules made of them.

    In a phrase, `*` at a word's end is any ending, `...` is up to four words, `<name>` is any phrase of
    another group and `<number>` any number in digits. The lists of group names hold for every rule:
    `unless` excuses the part of a sentence it stands in, `even_so` takes that excuse back,
    `unless_anywhere` excuses the whole message, `denied_by` turns round the words that follow it directly.
    `not_slips` are words never read as a typing slip of another.
    """

    unless: tuple[Id, ...] = ()
    even_so: tuple[Id, ...] = ()
    unless_anywhere: tuple[Id, ...] = ()
    denied_by: tuple[Id, ...] = ()
    not_slips: tuple[Text, ...] = ()
    words: dict[Id, Annotated[tuple[Text, ...], Field(min_length=1)]]
    rules: Annotated[tuple[DangerRule, ...], Field(min_length=1)]


class WorkingDay(_Part):
    """The hours in which the day service is the likelier one to answer, Monday to Friday, London time."""

    start: ClockTime
    end: ClockTime
    evidence: Evidence
    source: Id
    confirmed: Confirmation | None = None


class Wording(_Part):
    """What Signpost says in its own voice: every sentence of it can be edited by the partnership."""

    footer: Annotated[Text, Field(max_length=60)]
    draft: Text
    emergency: Annotated[tuple[Text, ...], Field(min_length=1)]
    emergency_child: Text
    emergency_worker: Text
    start: Annotated[tuple[Text, ...], Field(min_length=1)]
    help: Annotated[tuple[Text, ...], Field(min_length=1)]
    privacy: Annotated[tuple[Text, ...], Field(min_length=1)]
    clarify: Text
    clarify_one: Text
    no_match: Annotated[tuple[Text, ...], Field(min_length=1)]
    none_of_these: Annotated[tuple[Text, ...], Field(min_length=1)]
    not_meant: Annotated[tuple[Text, ...], Field(min_length=1)]
    personal_data: Text
    type_please: Annotated[tuple[Text, ...], Field(min_length=1)]
    either_number: Text
    opens: Text
    thanks: Text
    no_wording: Text
    offer: Text
    consent_given: Text
    consent_refused: Text
    choice_waits: Text
    no_counting: Text
    choose_agency: Text
    stale_button: Text
    error: Annotated[tuple[Text, ...], Field(min_length=1)]


class Partnership(_Part):
    """`partnership.yaml`: whose knowledge this is and what Signpost says in its name.

    `team` is the role that looks after whatever names no other owner.
    """

    name: Text
    area: Text
    team: Text
    emergency_contacts: Annotated[tuple[Id, ...], Field(min_length=1)]
    help_contacts: Annotated[tuple[Id, ...], Field(min_length=1)]
    danger_entry: Id
    consultation_entry: Id
    child_signpost: Id
    working_day: WorkingDay
    wording: Wording


class Knowledge(_Part):
    """The whole checked knowledge base. `version` is eight hex digits that change with any file.

    `danger` is None while `danger.yaml` cannot be used; danger is then recognised by the built-in minimum alone.
    `ladder` is None while `ladder.yaml` cannot be used.
    """

    version: str
    partnership: Partnership
    groups: dict[str, Group]
    entries: dict[str, Entry]
    entry_group: dict[str, str]
    sources: dict[str, Source]
    contacts: dict[str, Contact]
    agencies: dict[str, Agency]
    signposts: dict[str, Signpost]
    lexicon: Lexicon
    open_points: dict[str, OpenPoint]
    templates: dict[str, Template]
    follow_ups: dict[str, GeneralFollowUp]
    ladder: Ladder | None
    danger: DangerRules | None

    def in_group(self, group: str) -> tuple[Entry, ...]:
        """Return the entries of one topic group, in the order of its file."""
        return tuple(entry for id_, entry in self.entries.items() if self.entry_group[id_] == group)

    def owner_of(self, entry: Entry) -> str:
        """Return the role that looks after an entry: its own, else its group's, else the partnership's team."""
        group = self.groups.get(self.entry_group[entry.id])
        return entry.owner or (group.owner if group else None) or self.partnership.team

    def templates_for(self, entry: str) -> tuple[Template, ...]:
        """Return the wording to copy that goes with an entry, in the order of its file."""
        return tuple(template for template in self.templates.values() if entry in template.entries)

    def learning_on(self, id_: str) -> tuple[tuple[Entry, Detail], ...]:
        """Return what other entries hold that bears on this one, each sentence with the entry that holds it."""
        return tuple(
            (entry, detail) for entry in self.entries.values() for detail in entry.detail if id_ in detail.bears_on
        )
