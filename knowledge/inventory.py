"""The state of the content in figures: what there is, on what it leans, how hard it is to read."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from statistics import mean

from knowledge import ledger, reading
from knowledge.files import ContentFolder
from knowledge.glossary import Glossary
from knowledge.model import TOPICS, Entry
from knowledge.review import MEAN_GRADES, READ_IN, graded, part_text

WORST = 3
"""So many of the hardest entries are named."""


def inventory(content: ContentFolder, glossaries: Mapping[str, Glossary], today: dt.date) -> Iterator[str]:
    """The lines of the report. `today` is the day by which reviews are overdue. Raises `ContentError` where there is a
    ledger that cannot be read."""
    for locale, count in sorted(Counter(entry.locale for entry in content.entries).items()):
        topics = Counter(entry.topic for entry in content.entries if entry.locale == locale)
        named = ", ".join(f"{topic} {topics[topic]}" for topic in TOPICS if topics[topic])
        yield f"entries in {locale}: {count} ({named})"
    clinical = [entry for entry in content.entries if entry.topic != "assistant"]
    backed = sum(_backed(entry, content) for entry in clinical)
    share = 100 * backed / len(clinical) if clinical else 100
    yield f"clinical entries with facts, sources and dates: {share:.1f} % ({backed} of {len(clinical)})"
    yield f"sentences of entries that cite a fact marked recheck: {_on_recheck(content)}"
    yield f"facts: {len(content.facts)}; sources: {len(content.sources)}"
    due = sorted(entry.review_due for entry in content.entries)
    if due:
        yield f"reviews overdue on {today}: {sum(day < today for day in due)}; the next is due on {due[0]}"
    asked = [entry for entry in content.entries if entry.locale == READ_IN and entry.answer_kind != "card"]
    glossary = glossaries.get(READ_IN, Glossary())
    for part in (*MEAN_GRADES, "more"):
        yield from _grades([entry for entry in asked if getattr(entry, part)], part, glossary)
    if asked:
        few = min(asked, key=lambda entry: len(entry.phrasings))
        yield f"phrasings: {sum(len(entry.phrasings) for entry in asked)}; fewest {len(few.phrasings)} ({few.id})"
    for locale, words in glossaries.items():
        plain = sum(not term.facts for term in words.terms.values())
        yield f"glossary terms in {locale}: {len(words.terms)} ({plain} only say what a word means)"
    yield f"teach-back items: {sum(entry.quiz is not None for entry in content.entries)}"
    if (content.folder / ledger.LEDGER).exists():
        counts = ledger.counts(ledger.read_ledger(content.folder / ledger.LEDGER))
        named = ", ".join(f"{topic} {count}, {wanting} open" for topic, (count, wanting) in counts.items() if count)
        total, wanting = (sum(column) for column in zip(*counts.values()))
        yield f"questions in the ledger: {total}, of which {wanting} wait for a source ({named})"


def _backed(entry: Entry, content: ContentFolder) -> bool:
    known = set(entry.facts) <= content.facts.keys() and set(entry.sources) <= content.sources.keys()
    return bool(entry.facts and entry.sources and entry.checked_on and entry.review_due and known)


def _on_recheck(content: ContentFolder) -> int:
    recheck = {fact.id for fact in content.facts.values() if fact.mark == "recheck"}
    citing = [entry for entry in content.entries if recheck & set(entry.facts)]
    return sum(len(reading.sentences(part_text(entry, part))) for entry in citing for part in (*MEAN_GRADES, "more"))


def _grades(entries: Sequence[Entry], part: str, glossary: Glossary) -> Iterator[str]:
    if not entries:
        return
    for rule, names in (("names of the glossary as short words", glossary.names), ("every word in full", None)):
        counted = {entry.id: graded(entry, part, names) for entry in entries}
        whole = sum(counted.values(), reading.Counts())
        worst = sorted(counted, key=lambda key: -counted[key].grade)[:WORST]
        most = f", at most {MEAN_GRADES[part]}" if names and part in MEAN_GRADES else ""
        yield (
            f"{part}, {rule}: mean Flesch-Kincaid grade {mean(one.grade for one in counted.values()):.2f}{most}; "
            f"SMOG of all together {whole.smog:.2f}; "
            f"hardest {', '.join(f'{key} {counted[key].grade:.1f}' for key in worst)}"
        )
