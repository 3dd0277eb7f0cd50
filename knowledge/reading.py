"""How hard a text is to read: Flesch-Kincaid grade and SMOG, computed here so that anybody can compute them again.

What counts follows Flesch's own instructions (R. Flesch: How to Write Plain English, 1979): a word with hyphens is one
word; figures, abbreviations and signs are words of one syllable. Each line of a list and each step is a sentence,
because a reader stops there. The formulas know nothing of meaning: a low grade does not make a text clear.
"""

from __future__ import annotations

import functools
import math
import re
from dataclasses import dataclass

NAME_SYLLABLES = 2
"""A name of a medicine, disease or cell that the glossary explains counts as one word of so many syllables: no plain
word could stand for it, and the reader is told what it is. A name shorter than that keeps its own count."""

POLYSYLLABLE = 3
"""Words of at least so many syllables count for SMOG."""


@dataclass(frozen=True)
class Counts:
    """What both formulas are made of. Added up, the counts of several texts are those of all of them in a row."""

    sentences: int = 0
    words: int = 0
    syllables: int = 0
    polysyllables: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.sentences + other.sentences,
            self.words + other.words,
            self.syllables + other.syllables,
            self.polysyllables + other.polysyllables,
        )

    @property
    def grade(self) -> float:
        """Flesch-Kincaid grade level, in years of US school. 0 for an empty text; the simplest texts are below 0.

        J. P. Kincaid, R. P. Fishburne, R. L. Rogers, B. S. Chissom: Derivation of New Readability Formulas for Navy
        Enlisted Personnel. Research Branch Report 8-75, Naval Technical Training Command, 1975.
        """
        if not self.words:
            return 0.0
        return 0.39 * self.words / self.sentences + 11.8 * self.syllables / self.words - 15.59

    @property
    def smog(self) -> float:
        """SMOG grade, in years of US school. 0 for an empty text.

        G. H. McLaughlin: SMOG Grading - a New Readability Formula. Journal of Reading 12(8), 639-646, 1969. It was
        fitted to samples of 30 sentences, so for one short answer it is a rough figure.
        """
        if not self.words:
            return 0.0
        return 3.1291 + 1.0430 * math.sqrt(self.polysyllables * 30 / self.sentences)


def measure(text: str, names: re.Pattern[str] | None = None) -> Counts:
    """The counts of an English text. `names` finds the names that count as `NAME_SYLLABLES`; without it every word
    counts in full."""
    found = Counts()
    for sentence in sentences(names.sub(_marked, text) if names else text):
        counted = [syllables(word) for word in words_of(sentence)]
        found += Counts(1, len(counted), sum(counted), sum(count >= POLYSYLLABLE for count in counted))
    return found


def hardest(text: str, names: re.Pattern[str] | None = None) -> str:
    """The sentence with the highest grade of its own among those of at least five words; "" for an empty text."""
    rows = sentences(text)
    longer = [row for row in rows if len(words_of(row)) >= 5]
    return max(longer or rows, key=lambda row: measure(row, names).grade, default="")


def sentences(text: str) -> list[str]:
    """The sentences of a text as content files hold it: each ends at . ! or ?, or with its paragraph, item or step."""
    parts = re.split(r"\n\s*\n|\n(?=- |\d+\. )|(?<=:)\n", text)
    rows = [row for part in parts for row in _ENDS.split(re.sub(r"^\s*(?:-|\d+\.) ", "", part))]
    return [" ".join(row.split()) for row in rows if words_of(row)]


def words_of(sentence: str) -> list[str]:
    """Its words; a dash or another sign that stands alone is none."""
    return [word for word in re.split(r"[\s/–—]+", sentence) if any(map(str.isalnum, word))]


@functools.lru_cache(maxsize=8192)
def syllables(word: str) -> int:
    """The syllables of one English word as people say it, at least 1: by rule, right for 19 words of 20 and more."""
    if _NAME in word:
        return NAME_SYLLABLES
    parts = re.findall(r"[^\W_]+(?:['’][^\W_]+)*", word)
    spoken = [part for part in parts if not _SIGN.fullmatch(part)]
    return sum(map(_by_rule, spoken)) + (len(spoken) < len(parts)) or 1


_NAME = "NAME\ue000"
"""Stands for a name in a text; its last letter is one that no text holds."""

# A dot inside a figure or before a small letter ends nothing.
_ENDS = re.compile(r"(?<=[.!?])[\"'”’)]*\s+(?=[^\sa-z])")
_SIGN = re.compile(r"\w*\d\w*|[B-HJ-Z]|[A-Z]{2,}(?:'?s)?|[^aeiouyAEIOUY]+")
"""Figures and abbreviations: one syllable for all that stand together in a word."""

_APART = re.compile(
    r"""
      (?<![cstgxln])(?<!sh)i(?=[aou](?!ge))             # di-al, me-di-um; but na-tion, mil-lion, mar-riage
    | (?<=l)i(?=a(?!r|ns?$)|ous)|(?<=n)i(?=a)           # in-som-ni-a; but fam-i-liar, civ-i-lian
    | (?<=[cst])i(?=um|at[eio])|(?<=ps)i(?=a)           # cal-ci-um, as-so-ci-ate
    | (?<![ct])i(?=e(?:st|ty|ties|t(?:ly)?$|nc|nt))     # qui-et, ex-pe-ri-ence
    | (?<=[cx])i(?=et[yi])|(?<=^sc)i                    # so-ci-e-ty, sci-ence
    | (?<=[^aeiouc])i(?=ers?$)|(?<=[aeou])i(?=ng)       # ear-li-er, be-ing
    | (?<=[aeiou])y(?=[aeiou](?!d?$|s$))|y(?=ing|el|er) # em-ploy-er, try-ing; but eyes, stayed
    | (?<=^an)y(?=one)|(?<=every)(?=one)
    | (?:s|th)(?=ms?$)                                  # rhythm, or-gan-ism
    | (?<=cr)e(?=at(?!ur))|(?<=r)e(?=act|al[ai])|(?<=th)e(?=at[er])
    | (?<=p)e(?=ans?$)|(?<=[aeiou][^aeiou])e(?=as?$)    # Eu-ro-pe-an, a-re-a
    | (?<![nr]g)e(?=o(?!p|us))|(?<=n)e(?=ous) # vid-e-o; but peo-ple
    | (?<=s)e(?=ums?$)|(?<=nucl)e(?=ar)
    | (?<![qg])u(?=a(?!r(?:[^yi]|$)|d))                 # us-u-al; but per-suade
    | (?<![qgb])u(?=id|in(?!g)|ity|o)|(?<![gq])u(?=e(?:n|l|t|st))
    | o(?=e[mt])|(?<=aut)o(?=i)|(?<=c)o(?=ag)           # po-em, au-to-im-mune
    | ^(?:co(?=ord|oper)|(?:re|pre)(?=ec|a[cps][cps]|in[fst]|ope|occ|uni|use|ent|exa|ex))
    | (?<=[^aeiour])(?=n't)                             # is-n't
    """,
    re.VERBOSE,
)
"""One more syllable than groups of vowels, each time this fits."""

_SILENT = re.compile(
    r"""
      (?:[^aeiouyl]|[aeiouyrl]l)(?<![bct]r)e$
    | [gq]ue[sd]?$
    | (?:[^aeiouysxzcghl]|[^cs]h|[aeiouyrl]l)es$
    | (?:[^aeiouytdl]|[aeiouyrlw]l)ed$
    | [aeiouy][^aeiouy]*[^aeiouyl]e(?=(?:ment|less|ful|ness|ly$|ty$|times?|line|thing|body|one$|where|work|maker|keep
        |giver|cast|fore$|long|lets?$|hold|spread|ball|way|book|land|room|town|stone|side|made|ware|port|page|man$|men$
        |self|by$|days?$))
    | [aeiou]le(?=(?:less|ful|ness|ly$|hold))
    | (?<=ic)a(?=lly$)                          # ba-sic-ally
    | (?<=^ev)e(?=ry)
    """,
    re.VERBOSE,
)
"""One syllable less, each time this fits."""

_EXCEPTIONS = {
    **dict.fromkeys("clothes priest".split(), 1),
    **dict.fromkeys(
        "argue business chaos evening giant hundred lion maybe naive naked sacred soldier wicked".split(), 2
    ),
    **dict.fromkeys("recipe suicide".split(), 3),
    "diabetes": 4,
}
"""Words the rules miss, and their plurals."""


def _marked(found: re.Match[str]) -> str:
    return found[0] if sum(map(syllables, found[0].split())) <= NAME_SYLLABLES else _NAME


def _by_rule(part: str) -> int:
    word = re.sub(r"'(?=s?$)", "", part.lower().replace("’", "'"))
    for form in (word, word.removesuffix("s")):
        if form in _EXCEPTIONS:
            return _EXCEPTIONS[form]
    groups = len(re.findall("[aeiouy]+", word))
    return max(1, groups + len(_APART.findall(word)) - len(_SILENT.findall(word)))
