"""What people think of the answers, gathered for each text that was shown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from records.model import Feedback


@dataclass(frozen=True)
class Opinions:
    """How many people said of one revision of an entry that it helped, and how many that it did not."""

    locale: str
    entry: str
    revision: int
    helped: int
    failed: int

    @property
    def count(self) -> int:
        return self.helped + self.failed

    @property
    def rate(self) -> float:
        """The share that it helped, 0 to 1."""
        return self.helped / self.count

    @property
    def doubt(self) -> float:
        """What texts are ordered by that helped least: the share that it failed, drawn to one half by few opinions."""
        return (self.failed + 1) / (self.count + 2)


@dataclass(frozen=True)
class Judgement:
    """How often one revision of an entry helped and how often it did not, and the words that people added, oldest
    first. `what` names it as `en/lupus-skin, revision 2`, or by the kind of answer where no entry was shown."""

    what: str
    helped: int
    failed: int
    words: tuple[str, ...]


def judgements(opinions: Iterable[Feedback]) -> list[Judgement]:
    """One for each text, those that failed people most often first."""
    alike: dict[str, list[Feedback]] = {}
    for opinion in opinions:
        alike.setdefault(_what(opinion), []).append(opinion)
    found = [_judgement(what, group) for what, group in sorted(alike.items())]
    return sorted(found, key=lambda judged: (-judged.failed, judged.helped))


def _what(opinion: Feedback) -> str:
    if opinion.entry is None:
        return f"{opinion.locale}, an answer of kind {opinion.kind}"
    return f"{opinion.locale}/{opinion.entry}, revision {opinion.revision}"


def _judgement(what: str, group: list[Feedback]) -> Judgement:
    helped = sum(opinion.helpful for opinion in group)
    return Judgement(what, helped, len(group) - helped, tuple(opinion.word for opinion in group if opinion.word))
