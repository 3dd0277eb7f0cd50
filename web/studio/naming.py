"""Names for new entries, made from their questions so that nobody has to think one up."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Collection

from knowledge.store.repository import KnowledgeStore

SHORT_WORDS = frozenset(
    "a an and are as at be by can do does did for from have has how i if in is it my of on or should that the this to "
    "was what when where which who why will with you your".split()
)
MOST_WORDS = 5
LONGEST = 60
"""Characters; an id may have 80, and a number may follow."""


def free_id(question: str, topic: str, store: KnowledgeStore) -> str:
    """An id of small letters that no entry has, in any release, and no draft."""
    plain = unicodedata.normalize("NFKD", question).encode("ascii", "ignore").decode().lower()
    found = re.findall("[a-z0-9]+", plain)
    telling = [word for word in found if word not in SHORT_WORDS] or found or ["question"]
    return _free("-".join([topic.replace("_", "-"), *telling[:MOST_WORDS]])[:LONGEST].strip("-"), store)


def free_word_id(word: str, store: KnowledgeStore) -> str:
    """An id for a word of the glossary, likewise."""
    plain = unicodedata.normalize("NFKD", word).encode("ascii", "ignore").decode().lower()
    return _free("-".join(["word", *(re.findall("[a-z0-9]+", plain) or ["new"])])[:LONGEST].strip("-"), store)


def free_source_key(organisation: str, title: str, known: Collection[str]) -> str:
    """A key for a source that staff add, of which none that comes with Lantern has the beginning."""
    told = unicodedata.normalize("NFKD", f"{organisation} {title}").encode("ascii", "ignore").decode().lower()
    words = [word for word in re.findall("[a-z0-9]+", told) if word not in SHORT_WORDS] or ["source"]
    name = "-".join(["own", *words[:MOST_WORDS]])[:LONGEST].strip("-")
    return next(
        key for number in itertools.count(1) if (key := name if number == 1 else f"{name}-{number}") not in known
    )


def _free(name: str, store: KnowledgeStore) -> str:
    number = 1
    while _is_taken(candidate := name if number == 1 else f"{name}-{number}", store):
        number += 1
    return candidate


def _is_taken(name: str, store: KnowledgeStore) -> bool:
    keys = [(locale, name) for locale in ("en", "es")]
    return any(store.revision(*key) or store.draft_of(key) for key in keys)
