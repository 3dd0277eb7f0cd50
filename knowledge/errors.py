"""The family of errors this room raises.

KnowledgeError
├── ContentError        content files with faults; carries every fault with file and line
├── EditRefused         an act is not allowed now; the message says what to do instead
│   └── ...         its kinds: `knowledge.editing.refusals`
├── StoreUnavailable    the knowledge database cannot be reached or is older or newer than the code
├── RecordError         a registry record without a valid number (knowledge.trials.model)
├── RegistryError       the trial registry could not be asked (knowledge.trials.registry)
│   └── ...         its kinds: away, refused, or an answer that is none
└── ModelError          the embedding model is missing or not the one that was verified

"No answer found" is not an error: it is an `Answer` of kind `abstain`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


class KnowledgeError(Exception):
    """Base of all errors of the knowledge room."""


@dataclass(frozen=True)
class Fault:
    """One thing wrong with one content file. `line` counts from 1; of a spreadsheet it is the row."""

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


class StoreUnavailable(KnowledgeError):
    """The knowledge database cannot be used; the message says which and what to do."""


class ModelError(KnowledgeError):
    """The embedding model is missing, altered or not prepared; the message names the expected hash or the command."""
