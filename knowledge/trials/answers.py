"""Answers about trials: the registry copy, joined with the published entries that say what a status means."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence

from knowledge.model import Answer, Provenance, Revision
from knowledge.trials.catalogue import Catalogue
from knowledge.trials.model import RegistryCopy, Study
from knowledge.trials.replies import malformed_number, study_card, study_list, unknown_number
from knowledge.trials.search import Search, merge
from knowledge.trials.shelf import TrialShelf
from knowledge.trials.terms import Terms, read_terms

Live = Callable[[str], Revision | None]
"""Entry id -> its live revision, None where there is none."""

REFINEMENT_WORDS = 8
"""A longer message is a question of its own."""


class TrialAnswers:
    """Answers from one copy of the registry. Immutable."""

    def __init__(self, copy: RegistryCopy, phrases: Mapping[str, str], terms: Terms | None = None) -> None:
        self.copy = copy
        self._terms = terms or read_terms(studies=copy.studies)
        self.shelf = TrialShelf(copy.studies, self._terms)
        self._made, self._phrases = copy.made, phrases

    @functools.cached_property
    def catalogue(self) -> Catalogue:
        """The same studies for lists. Made when it is first asked for: conversations do without it."""
        return Catalogue(self.shelf.studies, self._terms)

    def by_numbers(self, numbers: Sequence[str], live: Live) -> Answer:
        """One study in full, or several in short. A number that the copy does not have is said to be unknown."""
        studies = [study for number in numbers if (study := self.shelf.by_number(number))]
        if not studies:
            return unknown_number(numbers[0], self._phrases, self._made)
        return self._show(studies, live)

    def by_name(self, text: str, live: Live) -> Answer | None:
        """Studies that the text names (KYSA-1, a product code); None when it names none."""
        studies = self.shelf.by_name(text)
        return self._show(studies, live) if studies else None

    def by_search(self, text: str, before: Mapping[str, object] | None) -> tuple[Answer, dict[str, object]]:
        """Studies that fit what the text asks for, joined with the search `before` it; and the search to remember."""
        asked = self.shelf.read_search(text)
        search = merge(Search(**before), asked) if before else asked  # type: ignore[arg-type]
        found = self.shelf.search(search)
        return study_list(found, self._phrases, self._made, search, self.shelf.unplaced(search)), dict(vars(search))

    def refines(self, text: str) -> bool:
        """Whether a short message after a search names a limit for it: "in germany", "only phase 2"."""
        return len(text.split()) <= REFINEMENT_WORDS and not self.shelf.read_search(text).is_silent

    def malformed(self, written: str) -> Answer:
        return malformed_number(written, self._phrases)

    def _show(self, studies: Sequence[Study], live: Live) -> Answer:
        if len(studies) > 1:
            return study_list(studies, self._phrases, self._made)
        study = studies[0]
        revision = live(status_entry(study.status)) if study.status else None
        if revision is None:
            return study_card(study, self._phrases, self._made)
        meaning = revision.entry.answer.split("\n\n")[0]
        return study_card(
            study, self._phrases, self._made, meaning, Provenance("revision", revision.entry.id, revision.number)
        )


def status_entry(status: str) -> str:
    """Id of the entry that says what a status means."""
    return "trials-status-" + status.lower().replace("_", "-")
