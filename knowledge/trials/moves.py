"""What a conversation about studies remembers, where it stands, and the moves that a message can make in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from knowledge.trials.leaning import Before
from knowledge.trials.model import Study
from knowledge.trials.questions import Field
from knowledge.trials.reading import Understood
from knowledge.trials.search import Search

MOST_SEEN = 12
"""Studies of which a conversation remembers the status that was shown."""

SURE = 0.5
"""Confidence of an entry from which on what may be a search is taken for a question."""


@dataclass(frozen=True)
class Rival:
    """The entry that answers a message best, if it is a question: how sure search is of it, 0 to 1, and whether the
    message is one of the phrasings that an editor listed."""

    confidence: float = 0.0
    is_phrasing: bool = False

    @property
    def is_sure(self) -> bool:
        return self.confidence >= SURE

    @property
    def is_same(self) -> bool:
        return self.is_sure and self.is_phrasing


Shown = tuple[str | None, str | None]
"""A status and its date, as `Study.as_of` gives it."""


@dataclass(frozen=True)
class Talk:
    """`search`: what is looked for so far; None before anything was. `page`: the numbers that the last list showed,
    `begin`: the place of the first of them. `focus`: the one study that was shown last, alone or as the only one of a
    list. `yes`: the message that a yes stands for, "" where nothing was asked. `seen`: study -> its status when it was
    shown last, the oldest first."""

    search: Search | None = None
    page: tuple[str, ...] = ()
    begin: int = 0
    focus: str | None = None
    yes: str = ""
    seen: Mapping[str, Shown] = field(default_factory=dict)

    @classmethod
    def of(cls, kept: Mapping[str, Any] | None) -> Talk:
        """What `to_json` made these values of; an empty talk where there are none."""
        kept = kept or {}
        return cls(
            search=Search.of(kept["search"]) if "search" in kept else None,
            page=tuple(kept.get("page", ())),
            begin=kept.get("begin", 0),
            focus=kept.get("focus"),
            yes=kept.get("yes", ""),
            seen={number: (row[0], row[1]) for number, row in kept.get("seen", {}).items()},
        )

    def to_json(self) -> dict[str, Any]:
        """What differs from an empty talk, as JSON values."""
        kept = {"page": list(self.page), "begin": self.begin, "focus": self.focus, "yes": self.yes}
        seen = {"seen": {number: list(row) for number, row in self.seen.items()}} if self.seen else {}
        search = {"search": self.search.to_json()} if self.search is not None else {}
        return {**search, **{name: value for name, value in kept.items() if value}, **seen}

    def having_seen(self, studies: Sequence[Study]) -> Talk:
        """The same talk after these studies were shown."""
        shown = {study.nct_id: (study.status, study.as_of) for study in studies}
        rows = [(number, row) for number, row in self.seen.items() if number not in shown]
        focus = studies[0].nct_id if len(studies) == 1 else None
        return replace(self, seen=dict([*rows, *shown.items()][-MOST_SEEN:]), focus=focus)

    def changed(self, study: Study) -> Shown | None:
        """The status with which a study was shown earlier, where it has another one now."""
        before = self.seen.get(study.nct_id)
        return before if before is not None and before[0] != study.status else None


@dataclass(frozen=True)
class Standing:
    """Where the conversation stands when a message comes. `after_studies`: the last reply was about studies;
    `after_joining`: it was about joining one. `recent`: studies were shown not long ago; `talks_on`: what was said
    since was about trials, too. `country`: where the person is, where that is known. `after_entry`: an entry was shown
    before; `earlier`: what the conversation was about before: conditions that the message before named, and the
    question of that entry."""

    talk: Talk = field(default_factory=Talk)
    after_studies: bool = False
    after_joining: bool = False
    recent: bool = False
    talks_on: bool = False
    country: str | None = None
    after_entry: bool = False
    earlier: tuple[str, ...] = ()

    @property
    def study(self) -> str | None:
        """The number of the study at hand that "it" means; None where there is none, or several."""
        return self.talk.focus if self.after_studies or self.recent else None

    @property
    def before(self) -> Before:
        """What was shown just before the message, as far as it goes on with that."""
        if self.after_studies or self.talks_on:
            if self.study:
                return "study"
            if self.after_studies:
                return "list"
        return "entry" if self.after_entry else "nothing"


@dataclass(frozen=True)
class Numbers:
    """Studies are asked for by their numbers."""

    numbers: tuple[str, ...]


@dataclass(frozen=True)
class Malformed:
    """A number with too few or too many digits."""

    written: str


@dataclass(frozen=True)
class Named:
    """Studies are asked for by a name; `mended` says how a misspelt one was read."""

    studies: tuple[Study, ...]
    mended: tuple[str, str] | None = None


@dataclass(frozen=True)
class UnknownName:
    """A study is asked for by a name that none has."""


@dataclass(frozen=True)
class WhichStudy:
    """A study is asked about that nobody named: "is my trial still on". `among`: the numbers that may be meant."""

    among: tuple[str, ...] = ()


@dataclass(frozen=True)
class Look:
    """Something is looked for, or what was looked for is changed. `anew`: whatever was looked for before is over;
    `adds`: the places come beside those that were named before."""

    understood: Understood
    anew: bool = False
    adds: bool = False


@dataclass(frozen=True)
class More:
    """The next studies of the list; those before where it goes `back`."""

    back: bool = False


@dataclass(frozen=True)
class Again:
    """The list once more, with what the message adds to it."""

    understood: Understood = field(default_factory=Understood)


@dataclass(frozen=True)
class Anew:
    """Another search begins, without saying which."""


@dataclass(frozen=True)
class About:
    """Something is asked about one study; nothing in `fields`: all of it."""

    number: str
    fields: tuple[Field, ...] = ()
    understood: Understood = field(default_factory=Understood)


@dataclass(frozen=True)
class AboutEach:
    """Something is asked about studies of which none is singled out: "are they open" after a list."""

    numbers: tuple[str, ...]
    fields: tuple[Field, ...]
    understood: Understood = field(default_factory=Understood)


@dataclass(frozen=True)
class Read:
    """Education about trials that goes with what was shown: the entry with this id."""

    entry: str


@dataclass(frozen=True)
class Sources:
    """Where what was shown of studies comes from."""


@dataclass(frozen=True)
class Join:
    """Somebody asks whether they, or somebody else, may join. `number`: the study that they mean, where they mean one;
    `search`: what they look for as well."""

    number: str | None
    understood: Understood
    searches: bool


Move = (
    Numbers
    | Malformed
    | Named
    | UnknownName
    | WhichStudy
    | Look
    | More
    | Again
    | Anew
    | About
    | AboutEach
    | Read
    | Sources
    | Join
)
