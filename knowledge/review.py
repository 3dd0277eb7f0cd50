"""What makes a set of entries fit to publish: the checks that need more than one file.

`check` finds what must never be shown; publishing refuses it. `editorial` finds what an editor still has to mend, such
as hard words or a review that is due. It is reported with the rest but forbids nothing: the day on which a review falls
due must not keep the emergency cards from being published. Every fault comes in one go, as file, line, field, what is
wrong and how to mend it. Nothing here judges medicine; it proves that each statement leans on a fact, each fact on a
source, and each number on both.
"""

from __future__ import annotations

import datetime as dt
import functools
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

import numpy as np

from knowledge import ledger, reading
from knowledge.errors import ContentError, Fault
from knowledge.files import ADDRESS, ContentFolder, read_folder
from knowledge.glossary import DAYS as GLOSSARY_DAYS
from knowledge.glossary import FILE as GLOSSARY_FILE
from knowledge.glossary import Glossary, form_key, read_glossaries, sources_of
from knowledge.model import Entry, Fact, Source
from knowledge.phrases import spoken_date
from knowledge.wording import wording_faults
from safety.cards import fill

ANSWER_WORDS = 80
"""Longest `## Answer`, in words. One phone screen at 16 px; the plain-language guides ask for one idea a message."""
MORE_WORDS = 150
PHRASINGS = 10
RELATED = 5

SOURCE_CHARACTERS = 300
"""Longest title, and name of an organisation; the longest that came with Lantern has a third of them."""
ADDRESS_CHARACTERS = 500
OLDEST_SOURCE = 1900
"""Year of the oldest source that somebody may add: an older one is a slip."""

READ_IN = "en"
"""The locale whose texts are graded: the formulas were fitted to English."""
HARDEST_ANSWER = 9.5
"""Highest Flesch-Kincaid grade of one answer, names of the glossary counted as `reading.NAME_SYLLABLES`."""
MEAN_GRADES = {"answer": 7.0, "simpler": 5.0}
"""Highest mean grade of a part over all entries but the cards, counted alike. Patients read at grade 7 to 8."""

DEFINITION_WORDS = 30
HARDEST_DEFINITION = 8.0

ALIKE = 0.95
"""Cosine from which two questions are near-duplicates, unless one entry names the other in `related`: the same question
with a word changed. Two ways to ask the same in other words lie far below; `bench/retrieval.py` is for those."""
MOST_COMPARED = 1000
"""Questions compared with each other: one vector each, a few milliseconds where none is cached."""

Embed = Callable[[Sequence[str]], np.ndarray]
"""Texts -> unit vectors, shape (len(texts), 384)."""

SLOTS = {"as_of", "emergency_number", "crisis_line"}
_SECTIONS = {
    "answer": "## Answer",
    "simpler": "## Simpler",
    "more": "## More",
    "steps": "## Steps",
    "quiz": "## Check your understanding",
}

_NUMBER_WORDS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen twenty"
).split()
_TENS = {
    **{"thirty": "30", "forty": "40", "fifty": "50", "sixty": "60"},
    **{"seventy": "70", "eighty": "80", "ninety": "90", "hundred": "100"},
}
_WORD_NUMBERS = {word: str(number) for number, word in enumerate(_NUMBER_WORDS)} | _TENS
_NUMBER = re.compile(r"(?<![A-Za-z0-9])(?<![A-Za-z]-)\d[\d,]*(?:\.\d+)?")
_NO_WORD = {sign: " " for sign in range(128) if not re.match(r"\w", chr(sign))}
_SLOT = re.compile(r"\{(\w+)\}")
_SCRIPT = re.compile(r"\b(?:javascript|vbscript|data):\S", re.IGNORECASE)
_OPENING = re.compile(r"(Yes|No|Not|Usually|Sometimes|Often|Mostly|Sí)\b")


@dataclass(frozen=True)
class Found:
    """One thing wrong with an entry. `at`: a text by which its line is found; without it, the line of the field."""

    field: str
    message: str
    at: str = ""


def examine(
    folder: Path, cards: frozenset[str], today: dt.date, embed: Embed | None = None
) -> tuple[ContentFolder, Mapping[str, Glossary]]:
    """The content folder and its glossaries, without any fault: what `./lantern content check` runs.

    `today` is the day by which reviews must not be overdue; without `embed`, near-duplicates are not looked for. Raises
    `ContentError` with every fault of every file.
    """
    faults: list[Fault] = []
    glossaries: Mapping[str, Glossary] = {}
    try:
        glossaries = read_glossaries(folder)
    except ContentError as error:
        faults.extend(error.faults)
    try:
        content = read_folder(folder)
    except ContentError as error:
        raise ContentError([*error.faults, *faults]) from error
    faults = [*check(content, cards, glossaries), *editorial(content, glossaries, today, embed), *faults]
    if (folder / ledger.LEDGER).exists():
        try:
            faults.extend(ledger.check(content))
        except ContentError as error:
            faults.extend(error.faults)
    if faults:
        raise ContentError(faults)
    return content, glossaries


def check(content: ContentFolder, cards: frozenset[str], glossaries: Mapping[str, Glossary]) -> list[Fault]:
    """All faults that forbid publishing a content folder and its glossaries; none when the list is empty. `cards`: ids
    that must be there, in English and in Spanish, because the emergency rules show them."""
    have = {entry.key for entry in content.entries if entry.answer_kind == "card"}
    wanted = sorted((locale, card) for card in cards for locale in ("en", "es"))
    faults = [
        Fault(content.folder / locale / "cards" / f"{card}.md", 1, "is missing; the emergency rules show this card")
        for locale, card in wanted
        if (locale, card) not in have
    ]
    grounds = Grounds(content.sources, content.facts)
    claimed: dict[str, Entry] = {}
    keys = {entry.key for entry in content.entries}
    for entry in content.entries:
        found = [*_shape(entry), *_support(entry, grounds), *_figures(entry, grounds), *_words(entry)]
        found.extend(_unknown_relations(entry, keys))
        for phrase in (entry.question, *entry.phrasings) if entry.answer_kind != "card" else ():
            same = claimed.setdefault(_claim(phrase), entry)
            if same is not entry:
                found.append(_claimed_twice(phrase, same))
        faults.extend(_placed(entry, found, content))
    for source in content.sources.values():
        if _SCRIPT.search(f"{source.title} {source.organisation} {source.address}"):
            faults.append(Fault(content.folder / "sources.yml", 1, f"source {source.key!r}: holds a script; remove it"))
        for one in _uncarried(source, content.facts):
            faults.append(Fault(content.folder / "sources.yml", 1, f"source {source.key!r}: {one.message}"))
    for locale, glossary in glossaries.items():
        faults.extend(_unsupported_terms(glossary, content.folder / locale / GLOSSARY_FILE, content))
    return faults


@dataclass(frozen=True)
class Grounds:
    """What statements lean on: sources by key, facts by id."""

    sources: Mapping[str, Source]
    facts: Mapping[str, Fact]

    @functools.cached_property
    def carriers(self) -> Mapping[str, tuple[str, ...]]:
        """Keys of the known sources that carry each fact, by its id: those that it names, then those that name it."""
        found = {fact.id: [key for key in fact.sources if key in self.sources] for fact in self.facts.values()}
        for key, source in self.sources.items():
            for name in source.facts:
                if key not in found.get(name, [key]):
                    found[name].append(key)
        return {name: tuple(keys) for name, keys in found.items()}


@dataclass(frozen=True)
class Beside:
    """The entries beside which a text is to stand: their keys, which of them claim a phrase, and which word of the
    glossary a form, by locale and form. Of thousands of entries it takes a second to make, so whoever looks at text
    after text keeps it."""

    keys: frozenset[tuple[str, str]]
    claims: Mapping[str, tuple[Entry, ...]]
    forms: Mapping[tuple[str, str], tuple[Entry, ...]]

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> Beside:
        keys, claims, forms = set(), dict[str, tuple[Entry, ...]](), dict[tuple[str, str], tuple[Entry, ...]]()
        for entry in entries:
            keys.add(entry.key)
            if entry.answer_kind == "term":
                for form in _forms(entry):
                    forms[form] = (*forms.get(form, ()), entry)
            if entry.answer_kind not in ("card", "term"):
                for claim in _claims(entry):
                    claims[claim] = (*claims.get(claim, ()), entry)
        return cls(frozenset(keys), claims, forms)


def unfit(entry: Entry, grounds: Grounds, others: Iterable[Entry] | Beside) -> list[Found]:
    """All that forbids publishing one entry beside `others`, the live ones, which may hold an earlier text of it. None
    when the list is empty."""
    beside = others if isinstance(others, Beside) else Beside.of(others)
    if entry.answer_kind == "term":
        return [*_unfit_word(entry, grounds, beside), *_words(entry)]
    found = [*_shape(entry), *_support(entry, grounds), *_figures(entry, grounds), *_words(entry)]
    found.extend(_unknown_relations(entry, beside.keys - {entry.key}))
    if entry.answer_kind not in ("card", "term"):
        for phrase in (entry.question, *entry.phrasings):
            rivals = [other for other in beside.claims.get(_claim(phrase), ()) if other.key != entry.key]
            if rivals:
                found.append(_claimed_twice(phrase, rivals[-1]))
    return found


def unfit_source(source: Source, facts: Mapping[str, Fact], today: dt.date) -> list[Found]:
    """What is wrong with a source that somebody adds; nothing when the list is empty."""
    found = []
    for field, text in (("title", source.title), ("organisation", source.organisation)):
        if not text.strip():
            found.append(Found(field, "is missing"))
        elif len(text) > SOURCE_CHARACTERS or not text.isprintable():
            found.append(Found(field, f"must be one line of at most {SOURCE_CHARACTERS} characters"))
        elif _SCRIPT.search(text):
            found.append(Found(field, "holds the address of a script; write plain words"))
    address = source.address
    if address is not None and (len(address) > ADDRESS_CHARACTERS or not ADDRESS.fullmatch(address)):
        found.append(Found("address", "must begin with https:// or http:// and have no spaces; or leave it empty"))
    if source.year is not None and not OLDEST_SOURCE <= source.year <= today.year + 1:
        found.append(Found("year", f"must be a year from {OLDEST_SOURCE} to {today.year + 1}; or leave it empty"))
    if not source.facts:
        found.append(Found("facts", "choose at least one fact that this source says; without one nothing leans on it"))
    return [*found, *_uncarried(source, facts)]


def _uncarried(source: Source, facts: Mapping[str, Fact]) -> Iterator[Found]:
    for name in source.facts:
        if name not in facts:
            yield Found("facts", f"{name!r} is no known fact")
        elif facts[name].mark == "recheck":
            yield Found("facts", f"{name} has to be checked again; nothing may lean on it before")


def _forms(word: Entry) -> set[tuple[str, str]]:
    return {(word.locale, form_key(form)) for form in (word.question, *word.phrasings)}


def _unfit_word(word: Entry, grounds: Grounds, beside: Beside) -> Iterator[Found]:
    """A word of the glossary: as `glossary.read_glossary` and `_unsupported_terms` have it for the file."""
    if not word.question:
        yield Found("question", "write the word")
    if not word.answer:
        yield Found("answer", "write what the word means")
    elif "\n" in word.answer:
        yield Found("answer", "must stand on one line")
    for slot in _SLOT.findall(word.answer):
        yield Found("answer", f"holds the slot {slot!r}; a definition is the same for everybody")
    for field in ("simpler", "more", "steps", "quiz", "figures", "related", "cautions", "as_of"):
        if getattr(word, field):
            yield Found(field, "a word has its definition and nothing else; take it out")
    if word.review_due <= word.checked_on:
        yield Found("review_due", "must be later than checked_on")
    for _, form in sorted(_forms(word)):
        rivals = [other for other in beside.forms.get((word.locale, form), ()) if other.key != word.key]
        if rivals:
            yield Found(
                "phrasings", f"{form!r} already belongs to the word {rivals[0].question!r}; keep it in one place"
            )
    cited = [grounds.facts[fact] for fact in word.facts if fact in grounds.facts]
    for name in word.facts:
        if name not in grounds.facts:
            yield Found("facts", f"{name!r} is not in facts.tsv; cite one that is")
        elif grounds.facts[name].mark != "seen":
            yield Found("facts", f"{name} is marked {grounds.facts[name].mark}; cite lines marked seen only")
    shown = sources_of(word.facts, grounds.facts, grounds.sources)
    if cited and not shown:
        yield Found("facts", "none of their sources can be shown to a reader; cite another fact")
    if set(word.sources) != set(shown):
        yield Found("sources", "must be those of the cited facts")
    carried = " ".join(fact.text for fact in cited)
    for number in sorted(numbers_in(word.answer) - numbers_in(carried, words=True)):
        yield Found("answer", f"number {number} stands in none of the cited facts")


def _unknown_relations(entry: Entry, keys: Collection[tuple[str, str]]) -> Iterator[Found]:
    for related in entry.related:
        if (entry.locale, related) not in keys and (READ_IN, related) not in keys:
            yield Found("related", f"entry {related!r} does not exist; write it or take it out")


@functools.lru_cache(maxsize=20_000)
def _claims(entry: Entry) -> frozenset[str]:
    """Remembered, so that after a publication only what has changed is worked out."""
    return frozenset(_claim(phrase) for phrase in (entry.question, *entry.phrasings))


def _claim(phrase: str) -> str:
    words = phrase.lower()
    if words.isascii():  # as below, and three times as fast
        return " ".join(words.translate(_NO_WORD).split())
    return " ".join(re.findall(r"\w+", words))


def _claimed_twice(phrase: str, other: Entry) -> Found:
    return Found("phrasings", f"{phrase!r} is also claimed by {other.id}; keep it in one", phrase)


def editorial(
    content: ContentFolder, glossaries: Mapping[str, Glossary], today: dt.date, embed: Embed | None = None
) -> list[Fault]:
    """All faults that an editor has to mend but that forbid nothing: too few phrasings, reviews that are due, texts
    that are hard to read, cards that differ between languages, questions nearly alike, definitions of the glossary."""
    english = {entry.id: entry for entry in content.entries if entry.locale == READ_IN}
    names = glossaries[READ_IN].names if READ_IN in glossaries else None
    alike = _near_duplicates(content, embed) if embed else {}
    faults: list[Fault] = []
    for entry in content.entries:
        found = alike.get(entry.id, []) if entry.locale == READ_IN else []
        if entry.answer_kind == "card" and entry.locale != READ_IN and entry.id in english:
            found.extend(_translation(entry, english[entry.id]))
        if len(entry.phrasings) < PHRASINGS and entry.answer_kind != "card":
            message = f"give at least {PHRASINGS} phrasings, not {len(entry.phrasings)}; add other ways people ask it"
            found.append(Found("phrasings", message))
        if entry.review_due < today:
            message = f"the review was due on {entry.review_due}; read the sources again and set both dates"
            found.append(Found("review_due", message))
        grade = graded(entry, "answer", names).grade
        if entry.locale == READ_IN and grade > HARDEST_ANSWER:
            hard = reading.hardest(part_text(entry, "answer"), names)
            message = f"grade {grade:.1f}, at most {HARDEST_ANSWER}; use shorter words and sentences, first in {hard!r}"
            found.append(Found("answer", message))
        faults.extend(_placed(entry, found, content))
    faults.extend(_mean_faults(content, names))
    for locale, glossary in glossaries.items():
        file = content.folder / locale / GLOSSARY_FILE
        faults.extend(_terms_to_mend(glossary, file, locale))
        if glossary.review_due and glossary.review_due < today:
            message = (
                f"review_due: the review was due on {glossary.review_due}; read the sources again and set both dates"
            )
            faults.append(Fault(file, 1, message))
        for term in glossary.terms.values():
            if term.review_due and term.review_due < today:
                message = f"{term.id} review_due: the review was due on {term.review_due}; read its sources again"
                faults.append(Fault(file, term.line, message))
    return faults


def numbers_in(text: str, words: bool = False) -> set[str]:
    """Numbers of a text without thousands commas; with `words` also "five" as 5. Numbers inside names do not count."""
    found = {match.rstrip(",").replace(",", "") for match in _NUMBER.findall(text)}
    if words:
        found |= {_WORD_NUMBERS[word] for word in re.findall(r"[a-z]+", text.lower()) if word in _WORD_NUMBERS}
    return found


def part_text(entry: Entry, part: str) -> str:
    """A part ("answer" with its steps, "simpler" or "more") as a reader sees it, slots filled with usual values."""
    text = str(getattr(entry, part))
    if part == "answer" and entry.steps:
        text += "\n\n" + "\n".join(f"{number}. {step}" for number, step in enumerate(entry.steps, 1))
    day = spoken_date(entry.as_of or entry.checked_on, entry.locale)
    return fill(text, {"as_of": day, "emergency_number": "911", "crisis_line": "988"})


def graded(entry: Entry, part: str, names: re.Pattern[str] | None) -> reading.Counts:
    """The counts of a part, from which its grades follow."""
    return reading.measure(part_text(entry, part), names)


def translation_faults(card: Entry, english: Entry) -> list[str]:
    """What a card says otherwise than the English one, a sentence each: another number of steps, other numbers."""
    return [f"{found.field}: {found.message}" for found in _translation(card, english)]


def _placed(entry: Entry, found: Sequence[Found], content: ContentFolder) -> Iterator[Fault]:
    file = content.files[entry.key]
    rows = file.read_text(encoding="utf-8").split("\n") if found else []
    for one in found:
        start = one.at or _SECTIONS.get(one.field, f"{one.field}:")
        line = next((number for number, row in enumerate(rows, 1) if (row.find(start) >= 0)), 1)
        yield Fault(file, line, f"{one.field}: {one.message}")


def _shape(entry: Entry) -> Iterator[Found]:
    card = entry.answer_kind == "card"
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", entry.id):
        yield Found("id", "must be lower-case words joined by '-'")
    if not entry.question.endswith("?"):
        yield Found("question", "must end with '?'")
    if len(entry.related) > RELATED:
        yield Found("related", f"at most {RELATED} entries; keep the nearest")
    if not entry.phrasings and not card:
        yield Found("phrasings", "are missing; search finds an entry by them")
    if len(set(map(str.lower, entry.phrasings))) < len(entry.phrasings):
        yield Found("phrasings", "one stands twice; take one of them out")
    for part, most in (("answer", ANSWER_WORDS), ("more", MORE_WORDS)):
        count = len(getattr(entry, part).split())
        if count > most:
            yield Found(part, f"has {count} words; at most {most}")
    if entry.answer_kind == "yes_no":
        opens = [match[1] for text in (entry.answer, entry.simpler) if (match := _OPENING.match(text))]
        if not _OPENING.match(entry.answer):
            yield Found("answer", "answer_kind is yes_no: the first sentence must open with Yes or No")
        elif len(opens) == 2 and {"Yes", "Sí"} & set(opens) and "No" in opens:
            yield Found("simpler", f"opens with {opens[1]}, the answer with {opens[0]}; both must say the same")
    if entry.answer_kind in ("steps", "card") and not entry.steps:
        yield Found("answer_kind", f"is {entry.answer_kind}: a section ## Steps is needed")
    if entry.review_due <= entry.checked_on:
        yield Found("review_due", "must be later than checked_on")
    slots = set(_SLOT.findall(_told(entry)))
    for slot in sorted(slots - SLOTS):
        yield Found("text", f"unknown slot {slot!r}; known: {', '.join(sorted(SLOTS))}", "{" + slot + "}")
    if ("as_of" in slots) != (entry.as_of is not None):
        yield Found("as_of", "a text that ages needs both: as_of with a date, and {as_of} in its text")


def _support(entry: Entry, grounds: Grounds) -> Iterator[Found]:
    available: set[str] = set()
    for fact in entry.facts:
        if fact not in grounds.facts:
            yield Found("facts", f"{fact!r} is not in facts.tsv; cite one that is")
        elif grounds.facts[fact].mark == "recheck":
            yield Found("facts", f"{fact} is marked recheck; it may stand in an unpublished draft only")
        else:
            available.update(grounds.carriers[fact])
    for key in entry.sources:
        if key not in grounds.sources:
            yield Found("sources", f"{key!r} is no known source; look for the one that is meant, or add it")
        elif key not in available:
            yield Found("sources", f"{key!r} belongs to none of the cited facts; take it out or cite its fact")
    if entry.topic != "assistant" and not (entry.facts and entry.sources):
        yield Found("sources", "an entry needs at least one fact and one source")


def _figures(entry: Entry, grounds: Grounds) -> Iterator[Found]:
    listed = set().union(*(numbers_in(figure) for figure in entry.figures))
    for number in sorted(numbers_in(_told(entry)) - listed):
        yield Found("figures", f"number {number} stands in the text but not in figures; list it as written")
    carried = " ".join(grounds.facts[fact].text for fact in entry.facts if fact in grounds.facts)
    for figure in entry.figures:
        missing = numbers_in(figure) - numbers_in(carried, words=True)
        if missing:
            yield Found("figures", f"{figure!r}: {', '.join(sorted(missing))} stands in none of the cited facts")


def _words(entry: Entry) -> Iterator[Found]:
    """Wording that no entry may have, and scripts in the guise of addresses. Wrong choices of a quiz may be wrong."""
    texts = [("answer", entry.answer), ("simpler", entry.simpler), ("more", entry.more)]
    texts += [("steps", step) for step in entry.steps]
    choices = entry.quiz.choices if entry.quiz else ()
    texts += [("quiz", text) for one in choices for text in ((one.text,) if one.correct else ()) + (one.explanation,)]
    for field, text in texts:
        for message in wording_faults(text, entry.locale):
            yield Found(field, message)
    texts += [("question", entry.question), *(("phrasings", phrasing) for phrasing in entry.phrasings)]
    texts += [("quiz", text) for text in (*(one.text for one in choices), entry.quiz.question if entry.quiz else "")]
    for field, text in texts:
        if _SCRIPT.search(text):
            yield Found(field, "holds the address of a script; texts are plain, without links")


def _translation(card: Entry, english: Entry) -> Iterator[Found]:
    """What a card says otherwise than the English one: another number of steps, other numbers or slots."""
    if len(card.steps) != len(english.steps):
        yield Found("steps", f"has {len(card.steps)} steps, the English card {len(english.steps)}; make them alike")
        return
    pairs = [("answer", card.answer, english.answer), ("more", card.more, english.more)]
    pairs += [("steps", *both) for both in zip(card.steps, english.steps)]
    for number, (field, here, there) in enumerate(pairs, -1):
        name = f"step {number}" if field == "steps" else "the text"
        for kind, read in (("numbers", numbers_in), ("slots", _SLOT.findall)):
            ours, theirs = set(read(here)), set(read(there))
            if ours != theirs:
                said = f"{', '.join(sorted(ours)) or 'none'}, in English {', '.join(sorted(theirs)) or 'none'}"
                yield Found(field, f"{name} has other {kind}: {said}; make them alike", here.split("\n")[0])


def _near_duplicates(content: ContentFolder, embed: Embed) -> dict[str, list[Found]]:
    """By id of the later entry: the questions that are nearly that of another."""
    asked = sorted((e for e in content.entries if e.locale == READ_IN and e.answer_kind != "card"), key=lambda e: e.id)
    found: dict[str, list[Found]] = {}
    for entry in asked[MOST_COMPARED:]:
        found[entry.id] = [Found("question", f"was not compared: only {MOST_COMPARED} are; raise MOST_COMPARED")]
    asked = asked[:MOST_COMPARED]
    vectors = embed([entry.question for entry in asked])
    for first, second in np.argwhere(np.triu(vectors @ vectors.T, 1) >= ALIKE):
        one, other = asked[first], asked[second]
        if one.id not in other.related and other.id not in one.related:
            likeness = float(vectors[first] @ vectors[second])
            message = f"is nearly that of {one.id} ({likeness:.2f}); merge them, or name one in the other's related"
            found.setdefault(other.id, []).append(Found("question", message))
    return found


def _mean_faults(content: ContentFolder, names: re.Pattern[str] | None) -> Iterator[Fault]:
    entries = [entry for entry in content.entries if entry.locale == READ_IN and entry.answer_kind != "card"]
    for part, most in MEAN_GRADES.items():
        grades = {entry.id: graded(entry, part, names).grade for entry in entries if getattr(entry, part)}
        if grades and mean(grades.values()) > most:
            hardest = ", ".join(sorted(grades, key=lambda key: -grades[key])[:5])
            message = f"{part}: mean grade {mean(grades.values()):.2f}, at most {most}; simplify first {hardest}"
            yield Fault(content.folder / READ_IN, 1, message)


def _terms_to_mend(glossary: Glossary, file: Path, locale: str) -> Iterator[Fault]:
    for term in glossary.terms.values():
        found = [f"definition: {message}" for message in wording_faults(term.definition, locale)]
        words = len(term.definition.split())
        grade = reading.measure(term.definition, glossary.names).grade
        if words > DEFINITION_WORDS:
            found.append(f"definition: has {words} words; at most {DEFINITION_WORDS}")
        if locale == READ_IN and grade > HARDEST_DEFINITION:
            found.append(f"definition: grade {grade:.1f}, at most {HARDEST_DEFINITION}; use shorter words")
        yield from (Fault(file, term.line, f"{term.id} {message}") for message in found)


def _unsupported_terms(glossary: Glossary, file: Path, content: ContentFolder) -> Iterator[Fault]:
    for name in GLOSSARY_DAYS:
        if getattr(glossary, name) is None:
            yield Fault(file, 1, f"{name} is missing; write it before the terms, as {name}: 2026-11-22")
    for term in glossary.terms.values():
        found, carried = [], ""
        for fact in term.facts:
            if fact not in content.facts:
                found.append(f"facts: {fact!r} is not in facts.tsv; cite one that is")
            elif content.facts[fact].mark != "seen":
                found.append(f"facts: {fact} is marked {content.facts[fact].mark}; cite lines marked seen only")
            else:
                carried += " " + content.facts[fact].text
        if not found and term.facts and not sources_of(term.facts, content.facts, content.sources):
            found.append("facts: none of their sources stands in sources.yml; add one there")
        for number in sorted(numbers_in(term.definition) - numbers_in(carried, words=True)):
            found.append(f"definition: number {number} stands in none of the cited facts")
        yield from (Fault(file, term.line, f"{term.id} {message}") for message in found)


def _told(entry: Entry) -> str:
    """All that the entry states."""
    return " ".join((entry.answer, entry.simpler, entry.more, *entry.steps))
