"""The family of errors this room raises.

KnowledgeError
├── ContentError        content files with faults; carries every fault with file and line
├── EditRefused         an act is not allowed now; the message says what to do instead
│   ├── NotAllowed      the person lacks the role, or may not approve a text of their own
│   ├── StaleDraft      somebody changed the draft meanwhile; carries it as it is now
│   ├── EditConflict    another text of the entry was published meanwhile; carries it
│   ├── UnfitText       the text has faults that nobody may be shown; carries them
│   └── TooManyOverdue  so many reviews are overdue that the clock may be wrong
├── StoreUnavailable    the knowledge database cannot be reached or is older or newer than the code
├── RecordError         a registry record without a valid number (knowledge.trials.model)
└── ModelError          the embedding model is missing or not the one that was verified

"No answer found" is not an error: it is an `Answer` of kind `abstain`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from knowledge.model import Draft, Revision


class KnowledgeError(Exception):
    """Base of all errors of the knowledge room."""


@dataclass(frozen=True)
class Fault:
    """One thing wrong with one content file. `line` counts from 1."""

    file: Path
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line} {self.message}"


class ContentError(KnowledgeError):
    """Content files cannot be used as they are. Nothing was changed."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


class EditRefused(KnowledgeError):
    """An act on content is refused; the old state is kept."""


class NotAllowed(EditRefused):
    """The person may not do this."""


class StaleDraft(EditRefused):
    """The draft was changed after the caller read it. `current` is what it is now; the caller still has the other."""

    def __init__(self, current: Draft) -> None:
        self.current = current
        super().__init__(
            f"{current.entry.id} was changed meanwhile, by {', '.join(current.authors)}; compare the two texts"
        )


class EditConflict(EditRefused):
    """Another text of the entry was published after the draft was begun. `theirs` is that text."""

    def __init__(self, mine: Draft, theirs: Revision) -> None:
        self.mine, self.theirs = mine, theirs
        super().__init__(
            f"revision {theirs.number} of {mine.entry.id} by {theirs.author} was published after this draft was begun; "
            "compare the two texts and begin again from the live one"
        )


class UnfitText(EditRefused):
    """The text must never be shown as it is. `faults`: field and what is wrong."""

    def __init__(self, faults: Sequence[tuple[str, str]]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(f"{field}: {message}" for field, message in self.faults))


class TooManyOverdue(EditRefused):
    """More texts than is likely are overdue at once; a person has to say that the clock is right. Nothing changed."""


class StoreUnavailable(KnowledgeError):
    """The knowledge database cannot be used; the message says which and what to do."""


class ModelError(KnowledgeError):
    """The embedding model is missing, altered or not prepared; the message names the expected hash or the command."""
