"""The glossary: words that a reader may not know, each with its meaning in plain words.

One file for each locale, `knowledge/content/<locale>/glossary.yml`; `docs/content-format.md` is the contract. What a
definition may say is checked with the entries, in `knowledge.review`.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from knowledge.errors import ContentError, Fault
from knowledge.files import read_text, read_yaml, scalar
from knowledge.model import Block, Entry, Fact, Run, Source

FILE = "glossary.yml"
DAYS = ("checked_on", "review_due")
_NO_DAY = "must be a day such as 2026-11-22"
KEYS = ("term", "forms", "name", "definition", "facts", "plain_meaning", *DAYS)
HEAD = "# Words that a reader may not know. docs/content-format.md says what each key means.\n"
PREFIX = "word-"
"""What stands before the id of a term in the id of its entry."""


@dataclass(frozen=True)
class Term:
    """One word or name. `forms`: other ways to write it; a plural or possessive s need not be listed. `name`: it names
    a medicine, a disease or a cell, for which there is no plain word. `facts` is empty where the definition only says
    what the word means. `line` is its place in the file. `checked_on`, `review_due`: where they are not those of the
    file."""

    id: str
    term: str
    forms: tuple[str, ...]
    name: bool
    definition: str
    facts: tuple[str, ...]
    line: int
    checked_on: dt.date | None = None
    review_due: dt.date | None = None


class Glossary:
    """The terms of one locale, and where they occur in texts. Immutable."""

    def __init__(
        self,
        terms: Iterable[Term] = (),
        checked_on: dt.date | None = None,
        review_due: dt.date | None = None,
    ) -> None:
        """`checked_on`, `review_due`: days of the whole file, without which it cannot be published."""
        self.checked_on, self.review_due = checked_on, review_due
        self.terms: Mapping[str, Term] = {term.id: term for term in terms}
        self._ids = {form_key(form): term.id for term in self.terms.values() for form in (term.term, *term.forms)}
        self._words = _whole_words(form for term in self.terms.values() for form in (term.term, *term.forms))
        self.named = tuple(term for term in self.terms.values() if term.name)
        self.names = _whole_words(form for term in self.named for form in (term.term, *term.forms))
        """Finds the names in a text, for `knowledge.reading.measure`."""

    def marked(self, blocks: Iterable[Block]) -> tuple[Block, ...]:
        """The same blocks, the same texts, with the first place of each term in a paragraph or list as a run of its own
        that carries the term's id."""
        return tuple(self._marked(block) for block in blocks)

    def used(self, blocks: Iterable[Block]) -> tuple[Term, ...]:
        """The terms that marked blocks show, in their order, each once."""
        runs = (run for block in blocks for row in (block.runs, *block.items) for run in row)
        return tuple(self.terms[key] for key in dict.fromkeys(run.glossary or "" for run in runs) if key in self.terms)

    def _marked(self, block: Block) -> Block:
        if block.type not in ("paragraph", "callout", "list", "steps"):
            return block
        seen: set[str] = set()
        rows = [tuple(part for run in row for part in self._parts(run, seen)) for row in (block.runs, *block.items)]
        return replace(block, runs=rows[0], items=tuple(rows[1:]))

    def _parts(self, run: Run, seen: set[str]) -> Iterator[Run]:
        """The run cut at the terms that are not yet in `seen`, which grows."""
        start = 0
        for found in self._words.finditer(run.text) if run == Run(run.text) else ():
            # A word in capitals looks like an abbreviation, and is found as the word it is.
            key = self._ids.get(found[1]) or self._ids[found[1].lower()]
            if key not in seen:
                seen.add(key)
                yield from (Run(text) for text in (run.text[start : found.start()],) if text)
                yield Run(found[0], glossary=key)
                start = found.end()
        rest = run.text[start:]
        if rest or not start:
            yield replace(run, text=rest)


def published(
    glossaries: Mapping[str, Glossary], facts: Mapping[str, Fact], sources: Mapping[str, Source]
) -> tuple[Entry, ...]:
    """Each term as the entry that is published of it, with the sources of its facts that a reader can be shown. The
    glossaries have their days."""
    return tuple(
        _entry(term, locale, glossary, sources_of(term.facts, facts, sources))
        for locale, glossary in glossaries.items()
        for term in glossary.terms.values()
    )


def write_glossary(terms: Iterable[Entry], names: Collection[str]) -> str:
    """The canonical text of the file with the published terms of one locale, at least one. `names` are the ids of those
    that are names, which is written in files alone; the days of most stand at its beginning."""
    terms = sorted(terms, key=lambda entry: entry.id)
    (days, _), *_ = Counter((entry.checked_on, entry.review_due) for entry in terms).most_common(1)
    rows = [f"{key}: {day.isoformat()}" for key, day in zip(DAYS, days)]
    for entry in terms:
        name = entry.id.removeprefix(PREFIX)
        rows += [f"{name}:", f"  term: {scalar(entry.question)}"]
        rows += [f"  forms: [{_listed(entry.phrasings)}]"] if entry.phrasings else []
        rows += ["  name: true"] if name in names else []
        rows.append(f"  definition: {scalar(entry.answer)}")
        rows.append(f"  facts: [{_listed(entry.facts)}]" if entry.facts else "  plain_meaning: true")
        own = (entry.checked_on, entry.review_due)
        rows += [f"  {key}: {day.isoformat()}" for key, day, usual in zip(DAYS, own, days) if day != usual]
    return HEAD + "\n".join(rows) + "\n"


def _listed(items: Iterable[str]) -> str:
    return ", ".join(scalar(item, listed=True) for item in items)


def live(entries: Iterable[Entry]) -> Glossary:
    """The glossary that published entries of one locale make."""
    rows = (entry for entry in entries if entry.answer_kind == "term")
    return Glossary(Term(e.id, e.question, e.phrasings, False, e.answer, e.facts, 0) for e in rows)


def sources_of(cited: Iterable[str], facts: Mapping[str, Fact], sources: Mapping[str, Source]) -> tuple[str, ...]:
    """Keys of the sources of the cited facts, of those that a reader can be shown."""
    keys = (key for fact in cited if fact in facts for key in facts[fact].sources)
    return tuple(key for key in dict.fromkeys(keys) if key in sources)


def new_word(word: str, name: str, locale: str, checked_on: dt.date, review_due: dt.date) -> Entry:
    """The entry of a word that has no definition yet; `name`: what stands behind `word-` in its id."""
    return _entry(Term(name, word, (), False, "", (), 0), locale, Glossary((), checked_on, review_due), ())


def _entry(term: Term, locale: str, glossary: Glossary, sources: tuple[str, ...]) -> Entry:
    checked_on, review_due = term.checked_on or glossary.checked_on, term.review_due or glossary.review_due
    assert checked_on
    assert review_due
    return Entry(
        id=f"{PREFIX}{term.id}",
        locale=locale,
        topic="glossary",
        question=term.term,
        phrasings=term.forms,
        audience="everyone",
        answer_kind="term",
        facts=term.facts,
        sources=sources,
        figures=(),
        related=(),
        as_of=None,
        checked_on=checked_on,
        review_due=review_due,
        cautions=(),
        answer=term.definition,
    )


def _abbreviation(form: str) -> bool:
    return re.search(r"[A-Z]{2}", form) is not None


def form_key(form: str) -> str:
    """What a form is found by, so that no two words of a glossary have it. Abbreviations stand as written, so
    that CAR is no car; other forms in any case."""
    return form if _abbreviation(form) else form.lower()


def _whole_words(forms: Iterable[str]) -> re.Pattern[str]:
    """Finds the longest form at each place, at whole words, with an s behind it or not; group 1 is the form."""
    longest_first = sorted(set(forms), key=lambda form: (-len(form), form))
    cases = (re.escape(form) if _abbreviation(form) else f"(?i:{re.escape(form)})" for form in longest_first)
    return re.compile(rf"(?<![\w-])({'|'.join(cases) or '(?!)'})(?:['’]?s)?(?![\w-])")


def read_glossaries(folder: Path) -> dict[str, Glossary]:
    """The glossaries of all locales below a content folder; a locale may have none. Raises `ContentError` with every
    fault of every file."""
    glossaries: dict[str, Glossary] = {}
    faults: list[Fault] = []
    for file in sorted(folder.glob(f"*/{FILE}")):
        try:
            glossaries[file.parent.name] = read_glossary(file)
        except ContentError as error:
            faults.extend(error.faults)
    if faults:
        raise ContentError(faults)
    return glossaries


def read_glossary(file: Path) -> Glossary:
    """One glossary file. Raises `ContentError` with every fault."""
    return parse_glossary(read_text(file), file)


def parse_glossary(text: str, file: Path) -> Glossary:
    """A glossary from its text; `file` is what it is said to be of. Raises `ContentError` with every fault."""
    lines = {row.partition(":")[0]: number for number, row in enumerate(text.split("\n"), 1) if row[:1].strip()}
    terms: list[Term] = []
    faults: list[Fault] = []
    claimed: dict[str, str] = {}
    table = _table(text, file)
    days = _days(table, file, faults)
    for key, row in table.items():
        wrong = [*_shape_faults(key, row)]
        if not wrong:
            term = _term(key, row, lines.get(key, 1))
            terms.append(term)
            for form in (term.term, *term.forms):
                if form_key(form) in claimed:
                    wrong.append(
                        f"forms: {form!r} is already claimed by {claimed[form_key(form)]}; keep it in one place"
                    )
                claimed[form_key(form)] = term.id
        faults.extend(Fault(file, lines.get(str(key), 1), f"{key} {message}") for message in wrong)
    if faults:
        raise ContentError(faults)
    return Glossary(terms, *days)


def _days(table: dict[Any, Any], file: Path, faults: list[Fault]) -> list[dt.date | None]:
    """Takes `DAYS` out of the table."""
    days = []
    for name in DAYS:
        given = table.pop(name, None)
        days.append(_day(given))
        if given is not None and days[-1] is None:
            faults.append(Fault(file, 1, f"{name}: {_NO_DAY}"))
    return days


def _day(given: Any) -> dt.date | None:
    """The day that a value names; None where it names none."""
    try:
        return dt.date.fromisoformat(given)
    except (TypeError, ValueError):
        return None


def _term(key: str, row: Mapping[str, Any], line: int) -> Term:
    return Term(
        id=key,
        term=row["term"],
        forms=tuple(row.get("forms", ())),
        name=row.get("name", False),
        definition=row["definition"],
        facts=tuple(row.get("facts", ())),
        line=line,
        checked_on=_day(row.get("checked_on")),
        review_due=_day(row.get("review_due")),
    )


def _shape_faults(key: Any, row: Any) -> Iterator[str]:
    if not isinstance(key, str) or not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", key):
        yield "id: must be lower-case words joined by '-'"
    if not isinstance(row, dict):
        yield f"id: must be followed by lines of {', '.join(KEYS)}"
        return
    for name in row:
        if name not in KEYS:
            yield f"{name}: is no key of a term; known: {', '.join(KEYS)}"
    for name in ("term", "definition"):
        if not isinstance(row.get(name), str) or not row[name].strip():
            yield f"{name}: is missing or no text; write it, in quotes if it holds a colon"
    for name in ("forms", "facts"):
        listed = row.get(name, ["-"])
        if not isinstance(listed, list) or not listed or not all(isinstance(item, str) and item for item in listed):
            yield f"{name}: must be a list of texts; leave the key out where there are none"
    for name in ("name", "plain_meaning"):
        if row.get(name, True) is not True:
            yield f"{name}: can only be true; leave the key out otherwise"
    for name in DAYS:
        if name in row and _day(row[name]) is None:
            yield f"{name}: {_NO_DAY}"
    if ("facts" in row) == ("plain_meaning" in row):
        yield "facts: give the facts that carry the definition, or plain_meaning: true where it states none, not both"


def _table(text: str, file: Path) -> dict[Any, Any]:
    table = read_yaml(text, file)
    if not isinstance(table, dict):
        raise ContentError([Fault(file, 1, "must be lines of id: and, indented below, the keys of a term")])
    return table
