"""Whether every sentence of a reply has been written by someone: the proof that no code makes up medicine.

A sentence may be said when it stands, byte for byte, in a revision, in the registry snapshot or in a committed phrase,
with its declared slots filled. `Sayable` is read from those places alone, not from what the assistant makes of them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from knowledge.model import Revision
from knowledge.phrases import spoken_date
from knowledge.store.repository import KnowledgeStore
from safety.cards import fill
from safety.numbers import Numbers
from storage.engine import open_engine
from tests.running import PROJECT, Reply

SNAPSHOT = PROJECT / "knowledge" / "trials"
CONTACT, HOURS = "desk@hospital.example", "Mon-Fri 9-17"
"""What an operator may have set as the people to talk to; tests that set them take these."""
REGISTRY = "https://clinicaltrials.gov/"
_FAR = re.compile(r" \(\d+ km, \d+ miles\)")
_SLOT = re.compile(r"\{(\w+)\}")
_MARK = re.compile(r"^(?:- |\d+\. |[A-Z]\. )")
_MONTHS = "January February March April May June July August September October November December".split()


def sentences(line: str) -> list[str]:
    return [part for part in re.split(r"(?<=[.!?])\s+", line.strip()) if part]


def unsourced(texts: Iterable[str], sayable: Sayable) -> list[str]:
    """The sentences, in order, that stand nowhere: what the assistant must never say."""
    # The mark of a list item is how it is drawn, not what is said.
    lines = (_MARK.sub("", line).strip() for text in texts for line in text.split("\n"))
    return [
        sentence
        for line in lines
        if not sayable.is_line(line)
        for sentence in sentences(line)
        if sentence not in sayable.sentences
    ]


def texts_of(reply: Reply) -> Iterator[str]:
    """All that a reader of the reply may see: the messages, the buttons, and what is drawn from the blocks."""
    yield from reply.texts
    yield from reply.offers
    for answer in reply.answers:
        for block in answer["blocks"]:
            yield "".join(run["text"] for run in block.get("runs", ()))
            yield from ("".join(run["text"] for run in item) for item in block.get("items", ()))
            yield from _leaves(block.get("data") or {})


class Registry:
    """What the snapshot of the trial registry holds. `words` are all its texts, `dates` its days as they are spoken,
    `study_days` those on which studies begin and end."""

    def __init__(self, folder: Path = SNAPSHOT) -> None:
        records = _json(folder / "snapshot.json")["studies"]
        kept, terms = _json(folder / "snapshot_dates.json"), _json(folder / "terms.json")
        days = [kept["made"], *(day for day in _values(kept["studies"], "status_as_of") if day)]
        numbers = set(_values(records, "nctId"))
        self.words = {*_leaves(records), *days, *(f"{REGISTRY}study/{number}" for number in numbers)}
        self.search_words = {*_leaves(records), *_leaves(terms), *_names(terms)}
        self.dates = set(map(_registry_day, days))
        structs = (*_values(records, "startDateStruct"), *_values(records, "completionDateStruct"))
        self.study_days = {_registry_day(struct["date"]) for struct in structs if "date" in struct}
        self.enrollments = {str(info["count"]) for info in _values(records, "enrollmentInfo") if "count" in info}
        self._numbers = numbers

    def is_number(self, value: str, *, listed: bool = True) -> bool:
        """A registry number, with its page behind it or not; one of the snapshot where it must be `listed`."""
        number, _, address = value.partition(" ")
        known = number in self._numbers if listed else re.fullmatch(r"NCT\d{8}", number) is not None
        return known and address in ("", f"{REGISTRY}study/{number}")


class Sayable:
    """Everything that may be said: whole `sentences`, and lines with slots that only known values may fill."""

    def __init__(self, revisions: Iterable[Revision], content: Path) -> None:
        self.sentences: set[str] = set()
        self._lines: list[tuple[str, re.Pattern[str]]] = []
        self._registry = Registry()
        self._numbers = {locale: _numbers(locale) for locale in ("en", "es")}
        self._dates: set[str] = set()
        self._sources: set[str] = set()
        self._phrases: dict[str, set[str]] = {}
        for revision in revisions:
            self._add_revision(revision)
        self._add_sources(content)
        for file in sorted(content.glob("*/phrases.yml")):
            self._add_phrases(_yaml(file), file.parent.name)
        for variants in _yaml(PROJECT / "domain.yml")["responses"].values():
            self.sentences.update(sentence for variant in variants for sentence in sentences(variant["text"]))

    @classmethod
    def of(cls, database: str, content: Path) -> Sayable:
        """What all releases in a knowledge database, and the phrases of a content folder, allow to be said."""
        engine = open_engine(database)
        store = KnowledgeStore(engine)
        releases = [store.release(number + 1) for number in range(store.newest_release())]
        engine.dispose()
        return cls([revision for release in releases for revision in release.revisions], content)

    def is_line(self, line: str) -> bool:
        """Whether the line is a text of the registry, or a phrase whose slots hold nothing but known values."""
        if line in self._registry.words or self._is_phase(line):
            return True
        found = ((key, pattern.fullmatch(line)) for key, pattern in self._lines)
        return any(match and self._are_known(key, match.groupdict()) for key, match in found)

    def _add_revision(self, revision: Revision) -> None:
        entry = revision.entry
        days = {"as_of": spoken_date(entry.as_of, entry.locale)} if entry.as_of else {}
        self._dates |= {spoken_date(entry.checked_on, entry.locale), *days.values()}
        choices = entry.quiz.choices if entry.quiz else ()
        checked = (entry.quiz.question if entry.quiz else "", *(choice.text for choice in choices))
        feedback = (choice.explanation for choice in choices)
        sections = (entry.question, entry.answer, entry.simpler, entry.more, *entry.steps, *checked, *feedback)
        for line in (line for section in sections for line in section.split("\n")):
            for slots in self._numbers[entry.locale] if "{" in line else ({},):
                self.sentences.update(sentences(_MARK.sub("", fill(line, {**slots, **days}))))

    def _add_sources(self, content: Path) -> None:
        for row in _yaml(content / "sources.yml").values():
            name = f"{row['organisation']}, {row['title']}"
            year = f" ({row['year']})" if row.get("year") else ""
            address = f" {row['address']}" if row.get("address") else ""
            self._sources.add(name)
            self.sentences.update(sentences(name + year + address))

    def _add_phrases(self, phrases: dict[str, str], locale: str) -> None:
        for key, phrase in phrases.items():
            self._phrases.setdefault(key, set()).add(phrase)
            if set(_SLOT.findall(phrase)) <= {"emergency_number", "crisis_line"}:
                for slots in self._numbers[locale] if "{" in phrase else ({},):
                    self.sentences.update(sentences(fill(phrase, slots)))
            else:
                self._lines.append((key, _pattern(phrase)))

    def _are_known(self, key: str, slots: dict[str, str]) -> bool:
        registry, said = self._registry, self._said
        checks: dict[str, Callable[[str], bool]] = {
            "sources": lambda value: _made_of(value, self._sources, "; "),
            "checked_on": lambda value: value in self._dates,
            "review": lambda value: value in said("review_"),
            "as_of": lambda value: value in registry.dates,
            "days": str.isdigit,
            **dict.fromkeys(("emergency_number", "crisis_line"), self._is_number),
            "contact": lambda value: value == CONTACT,
            "hours": lambda value: value == HOURS,
            "receipt": lambda value: re.fullmatch("[0-9a-f]{16}", value) is not None,
            "made": lambda value: value in registry.dates,
            "status": lambda value: value in said("trials_status_"),
            "phase": self._is_phase,
            "sex": lambda value: value in said("trials_sex_"),
            "fields": lambda value: set(value.split(", ")) <= said("trials_missing_"),
            "title": lambda value: value in registry.words | said("trials_no_title"),
            "number": lambda value: registry.is_number(value, listed=key != "trials_unknown_number"),
            "numbers": lambda value: all(registry.is_number(number) for number in re.split(", | or ", value)),
            # Said back to the person who wrote it: a number, a slip, a place, two things that do not go together.
            "written": lambda value: (
                re.fullmatch(r"NCT\d{1,20}" if "number" in key else r"[^\W\d_]+", value) is not None
            ),
            **dict.fromkeys(("first", "second"), lambda value: key == "trials_clash" and len(value) < 80),
            "place": lambda value: key == "trials_unknown_place" or self._is_place(value),
            "country": self._is_place,
            "meant": lambda value: value in registry.search_words,
            **dict.fromkeys(("km", "miles", "age"), str.isdigit),
            **dict.fromkeys(("before", "after"), self._is_status),
            **dict.fromkeys(
                ("day", "seen_on"), lambda value: re.fullmatch(r"[A-Z][a-z]+ \d{1,2}, \d{4}", value) is not None
            ),
            "date": registry.study_days.__contains__,
            "reason": registry.words.__contains__,
            "count": lambda value: value in registry.enrollments if key == "trials_enrollment" else value.isdigit(),
            "countries": lambda value: _made_of(value.removesuffix(", …"), registry.words, ", "),
            **dict.fromkeys(("sites", "site"), lambda value: _made_of(_FAR.sub("", value), registry.words, ", ", "; ")),
            "interventions": lambda value: _made_of(value, registry.words, ", "),
            "conditions": lambda value: _made_of(value, registry.words, "; "),
            "search": lambda value: _made_of(value, self._is_limit, ", ", " or "),
            "address": lambda value: re.fullmatch(REGISTRY + r"(study/NCT\d{8}|search(\?\S+)?)", value) is not None,
            **dict.fromkeys(("sponsor", "youngest", "oldest"), registry.words.__contains__),
        }
        return all(checks[slot](value) for slot, value in slots.items() if slot in checks) and set(slots) <= set(checks)

    def _is_status(self, value: str) -> bool:
        """A status, alone or with its date as it is spoken."""
        status, _, dated = value.partition(" (")
        known = status in self._said("trials_status_")
        return known and (
            not dated or dated == "date unknown)" or dated.removeprefix("as of ")[:-1] in self._registry.dates
        )

    def _is_limit(self, value: str) -> bool:
        """One thing that was understood of a search: a condition, a place, a phase, or a phrase around one."""
        if value in self._registry.search_words or self._is_phase(value):
            return True
        found = (_pattern(phrase).fullmatch(value) for phrase in self._said("trials_search_"))
        slots = [match.groupdict() for match in found if match]
        return any(
            all(text.isdigit() or (name == "place" and self._is_place(text)) for name, text in row.items())
            for row in slots
        )

    def _is_place(self, value: str) -> bool:
        return _made_of(value, self._registry.search_words.__contains__, ", ")

    def _said(self, prefix: str) -> set[str]:
        """All phrases whose key begins so."""
        return {phrase for key, phrases in self._phrases.items() if key.startswith(prefix) for phrase in phrases}

    def _is_number(self, value: str) -> bool:
        return any(value in row.values() for rows in self._numbers.values() for row in rows)

    def _is_phase(self, value: str) -> bool:
        return set(value.split("/")) <= self._said("trials_phase_")


def _numbers(locale: str) -> list[dict[str, str]]:
    """What the slots for numbers to call may hold, in every region and where it is not known."""
    numbers = Numbers.load()
    regions = [None, *_json(PROJECT / "safety" / "numbers.json")["regions"]]
    pairs = {(numbers.emergency_number(region, locale), numbers.crisis_line(region, locale)) for region in regions}
    return [{"emergency_number": number, "crisis_line": line} for number, line in pairs]


def _pattern(phrase: str) -> re.Pattern[str]:
    """What matches a phrase, whatever stands in its slots; the same wherever one slot stands twice."""
    parts, known, written = _SLOT.split(phrase), set[str](), ""
    for place, part in enumerate(parts):
        if place % 2 == 0:
            written += re.escape(part)
        else:
            written += f"(?P={part})" if part in known else f"(?P<{part}>.+)"
            known.add(part)
    return re.compile(written)


def _made_of(value: str, known: set[str] | Callable[[str], bool], *separators: str) -> bool:
    """Whether `value` is known values with separators between them; a known value may hold a separator itself."""
    is_known = known.__contains__ if isinstance(known, set) else known
    if is_known(value):
        return True
    cuts = ((match.start(), match.end()) for part in separators for match in re.finditer(re.escape(part), value))
    return any(is_known(value[:end]) and _made_of(value[begin:], known, *separators) for end, begin in cuts)


def _registry_day(day: str) -> str:
    """2025-10-29 as "October 29, 2025", 2026-05 as "May 2026"."""
    year, month, *rest = day.split("-")
    return " ".join([_MONTHS[int(month) - 1], *(f"{int(number)}," for number in rest), year])


def _parts(value: Any) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def _leaves(value: Any) -> Iterator[str]:
    """Every text in nested JSON."""
    if isinstance(value, str):
        yield value
    for part in _parts(value):
        yield from _leaves(part)


def _names(value: Any) -> Iterator[str]:
    """Every key in nested JSON."""
    if isinstance(value, dict):
        yield from value
    for part in _parts(value):
        yield from _names(part)


def _values(value: Any, key: str) -> Iterator[Any]:
    """Every value of this key in nested JSON."""
    if isinstance(value, dict) and key in value:
        yield value[key]
    for part in _parts(value):
        yield from _values(part, key)


def _json(file: Path) -> Any:
    return json.loads(file.read_text(encoding="utf-8"))


def _yaml(file: Path) -> Any:
    return YAML(typ="safe").load(file.read_text(encoding="utf-8"))
