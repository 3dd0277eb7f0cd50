"""The words that cross between rooms: frozen values, no reading, no writing.

An `Entry` is what an editor writes. A `Revision` is one immutable text of it, a `Release` says exactly which revisions
are live. A `Question` comes in, an `Answer` goes out. JSON forms: `docs/schemas/entry.v1.json`, `answer.v1.json`.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any, Literal

Topic = Literal["lupus", "car_t", "first_study", "trials", "cpr", "heart", "assistant", "cards", "glossary"]
TOPICS: tuple[Topic, ...] = ("lupus", "car_t", "first_study", "trials", "cpr", "heart", "assistant", "cards")
"""Topics of what is asked: folders of content. A term of the glossary is an entry, too, and nobody asks for it."""

AnswerKind = Literal["text", "yes_no", "steps", "card", "term"]
ANSWER_KINDS: tuple[AnswerKind, ...] = ("text", "yes_no", "steps", "card")

Audience = Literal["everyone", "adult", "child", "infant", "carer", "bystander"]
AUDIENCES: tuple[Audience, ...] = ("everyone", "adult", "child", "infant", "carer", "bystander")

CAUTIONS = ("emergency", "medicine", "pregnancy", "child", "early_evidence", "unreviewed_translation")

ReplyKind = Literal[
    "answer", "steps", "trials", "emergency", "crisis", "defer", "abstain", "clarify", "smalltalk", "handoff"
]

INFORMS: tuple[ReplyKind, ...] = ("answer", "steps", "trials")
"""Kinds of replies that tell something of what was asked; all others hold it back."""

ReviewState = Literal["editorial", "clinician"]
"""`editorial`: checked against its sources, approved by no clinician yet. `clinician`: approved by one."""


@dataclass(frozen=True)
class Source:
    """Where a statement comes from, as a reader sees it. `year` and `address` are None where the source gives none.
    `facts`: ids of facts that it carries, beside those that name it themselves; of no interest to readers."""

    key: str
    title: str
    organisation: str
    year: int | None = None
    address: str | None = None
    facts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Fact:
    """One line of `facts.tsv`. `mark`: seen, seen2 (weak source), part (only partly seen), recheck, design."""

    id: str
    mark: str
    sources: tuple[str, ...]
    text: str


@dataclass(frozen=True)
class Choice:
    text: str
    explanation: str
    correct: bool


@dataclass(frozen=True)
class Quiz:
    """One teach-back question with exactly one correct choice."""

    question: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True)
class Entry:
    """One question and its reviewed answer; the keys of the front matter in `docs/content-format.md`."""

    id: str
    locale: str
    topic: Topic
    question: str
    phrasings: tuple[str, ...]
    audience: Audience
    answer_kind: AnswerKind
    facts: tuple[str, ...]
    sources: tuple[str, ...]
    figures: tuple[str, ...]
    related: tuple[str, ...]
    as_of: dt.date | None
    checked_on: dt.date
    review_due: dt.date
    cautions: tuple[str, ...]
    answer: str
    simpler: str = ""
    more: str = ""
    steps: tuple[str, ...] = ()
    quiz: Quiz | None = None

    @property
    def key(self) -> tuple[str, str]:
        return (self.locale, self.id)


@dataclass(frozen=True)
class Revision:
    """An immutable text of an entry. `number` counts from 1 within one entry and locale."""

    entry: Entry
    number: int
    content_hash: str
    author: str
    approvers: tuple[str, ...]
    review: ReviewState
    created_at: dt.datetime


@dataclass(frozen=True)
class Release:
    """Exactly which revisions are live. Numbers only ever rise; a roll back is a new release with older revisions.

    `withdrawn` are the texts that nobody is shown while they are being reviewed.
    """

    number: int
    revisions: tuple[Revision, ...]
    published_at: dt.datetime
    by: str
    withdrawn: tuple[Revision, ...] = ()


Role = Literal["author", "reviewer", "publisher", "admin"]


@dataclass(frozen=True)
class Person:
    """Who acts. `clinician`: an approval of theirs counts as a clinician's."""

    name: str
    roles: frozenset[Role]
    clinician: bool = False


@dataclass(frozen=True)
class Approval:
    """Somebody read exactly this text (`content_hash`) and says that it may be shown."""

    person: str
    clinician: bool
    content_hash: str


@dataclass(frozen=True)
class Draft:
    """A text that is being worked on; an entry has at most one. `base` is the number of the revision it was made from,
    0 for a new entry; `version` counts its changes from 1, so that a form that was opened earlier is known as stale."""

    id: int
    entry: Entry
    content_hash: str
    state: Literal["draft", "in_review"]
    base: int
    version: int
    authors: tuple[str, ...]
    approvals: tuple[Approval, ...]
    changed_at: dt.datetime


@dataclass(frozen=True)
class AuditRow:
    """One act that changed content, or was refused. `hash` covers this row and the one before."""

    number: int
    at: dt.datetime
    act: str
    person: str
    locale: str | None
    entry: str | None
    release: int | None
    reason: str
    detail: dict[str, Any]
    hash: str


@dataclass(frozen=True)
class Context:
    """What the conversation remembers and an answer may need. All of it is optional.

    `last_entry` is the id of the entry shown last, `earlier` the message before this one where
    the reply to it showed none. `seeks_advice` is set when the intent model took the message for a request for personal
    advice.
    """

    region: str | None = None
    last_entry: str | None = None
    seeks_advice: bool = False
    earlier: str = ""


@dataclass(frozen=True)
class Question:
    text: str
    locale: str = "en"
    context: Context = field(default_factory=Context)
    channel: str = "rest"


@dataclass(frozen=True)
class Run:
    """A piece of text, optionally a link (`href`) or a glossary word (`glossary` is the term's id)."""

    text: str
    href: str | None = None
    glossary: str | None = None


BlockType = Literal["paragraph", "steps", "list", "callout", "quiz", "trial", "link"]


@dataclass(frozen=True)
class Block:
    """One block of a reply. `runs` for paragraph, callout and link; `items` for steps, list and trial lines;
    `data` carries the fields of a trial or quiz for channels that draw them."""

    type: BlockType
    runs: tuple[Run, ...] = ()
    items: tuple[tuple[Run, ...], ...] = ()
    data: dict[str, Any] | None = None


@dataclass(frozen=True)
class FollowUp:
    """A button: what it says, and the message it sends when pressed."""

    title: str
    message: str


@dataclass(frozen=True)
class Provenance:
    """Which revision, or which registry record, every clinical sentence of a reply comes from."""

    kind: Literal["revision", "registry"]
    id: str
    number: int | None = None
    as_of: str | None = None


@dataclass(frozen=True)
class Answer:
    """A whole reply, ready for any channel. `confidence` is 0 to 1; None where nothing was searched."""

    kind: ReplyKind
    blocks: tuple[Block, ...]
    entry: str | None = None
    topic: str | None = None
    revision: int | None = None
    sources: tuple[Source, ...] = ()
    checked_on: dt.date | None = None
    as_of: dt.date | None = None
    review: ReviewState | None = None
    follow_ups: tuple[FollowUp, ...] = ()
    confidence: float | None = None
    provenance: tuple[Provenance, ...] = ()
    locale: str = "en"
