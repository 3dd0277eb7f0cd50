"""Ages and sex in a message about studies, and in the words of the registry. Years are whole numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass

from knowledge.trials.search import OLDEST, age_range

_UNITS = dict(zip("one two three four five six seven eight nine ten eleven".split(), range(1, 12)))
_TENS = dict(zip("twenty thirty forty fifty sixty seventy eighty ninety".split(), range(20, 100, 10)))
_NUMBERS = {
    **dict(zip("twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split(), range(12, 20))),
    **_TENS,
}
_IN_TENS = {f"{tens[:-1]}ies": years for tens, years in _TENS.items()}
_IN_WORDS = {**_NUMBERS, **_UNITS, **_IN_TENS}
_N = rf"([0-9]{{1,3}}|(?:{'|'.join(_TENS)}) (?:{'|'.join(list(_UNITS)[:9])})|{'|'.join(_NUMBERS)})"
_SMALL = rf"({'|'.join(_UNITS)})"
"""Alone they are no age: only beside "years old"."""
_RELATIVES = (
    "mum|mom|mam|mother|dad|father|daughter|son|wife|husband|sister|brother|partner|gran|nan|grandma|grandpa|grandmother|"
    "grandfather|aunt|auntie|uncle|cousin|niece|nephew|girlfriend|boyfriend|fiancee?|boy|girl|female|male|woman|man"
)
_YEARS = r"(?:years?|yrs?|yr|y)"
_OTHER_UNITS = (
    r"mile|km|kilo|k\b|month|week|day|hour|min|mg|percent|trial|stud|people|patient|or so|years? (?!old|of age)"
)
_NOT_YEARS = rf"(?! ?(?:{_OTHER_UNITS}))"
_ACTS = r"(?:only |just |nearly |almost |now |already |about |around |turning |gonna be |going to be )?"

# The first that fits counts; a range goes before a single age.
_RANGES = tuple(
    (kind, re.compile(rf"\b(?:{pattern})\b"))
    for kind, pattern in (
        ("between", rf"(?:between |aged? |ages )?{_N} (?:to|and|through|until) {_N} ?(?:{_YEARS}(?: ?olds?)?|yo)"),
        ("between", rf"(?:between|aged|ages|age) {_N} (?:to|and|through) {_N}"),
        ("between", rf"(?:ages?|aged) {_N} {_N}"),
        ("over", rf"(?:over|above|older than|at least|past)(?: the)?(?: age(?: of)?)? {_N}(?: s)?{_NOT_YEARS}"),
        ("over", rf"{_N} (?:{_YEARS} )?(?:and|or) (?:over|above|older|up)"),
        ("under", rf"(?:under|below|younger than|less than)(?: the)?(?: age(?: of)?)? {_N}(?: s)?{_NOT_YEARS}"),
        ("under", rf"{_N} (?:{_YEARS} )?(?:and|or) (?:under|below|younger)"),
        ("decade", rf"in (?:his|her|my|their|our|the) (?:early |mid |late )?(?:([1-9]0) s|({'|'.join(_IN_TENS)}))"),
        ("single", rf"{_N} ?(?:{_YEARS} ?(?:o|olds?|of age)|yo|yos)"),
        ("single", rf"{_SMALL} {_YEARS} olds?"),
        ("months", r"([0-9]{1,2}) ?(?:months?|weeks?|mths?) ?olds?"),
        ("single", rf"(?:aged?|age of|age is|at age) {_N}{_NOT_YEARS}"),
        (
            "single",
            rf"(?:im|i am|is|hes|shes|he is|she is|theyre|turned|turns|turn|whos|who is|(?:hell|shell|ill|will) be) "
            rf"{_ACTS}{_N}{_NOT_YEARS}(?! ?(?:a|%)\b)",
        ),
        ("single", rf"(?:{_RELATIVES}) {_ACTS}{_N}{_NOT_YEARS}(?! ?(?:a|%)\b)"),
        ("single", rf"{_N} (?:f|m|female|male)(?= |$)"),
    )
)
_GROUPS = tuple(
    (ages, re.compile(rf"\b(?:{pattern})\b"))
    for ages, pattern in (
        ("0-1", r"bab(?:y|ies)|infants?|newborns?|toddlers?"),
        ("13-17", r"teens?|teenagers?|teenaged?|adolescents?"),
        (
            "0-17",
            r"child(?:ren)?s?|kids?|kiddos?|p(?:a)?ediatrics?|childhood|minors?|youngsters?|under age|underage|"
            r"(?:little|young) (?:one|ones|girl|boy|girls|boys|daughter|son)|school ?age\w*",
        ),
        (
            f"65-{OLDEST}",
            r"elderly|seniors?|pensioners?|(?:older|old) (?:people|adults?|patients?|folks?|person|ones?)|retirees?|"
            r"grandparents?",
        ),
        (f"18-{OLDEST}", r"adults?|grown ?ups?|grown up people"),
    )
)
_NEGATED = re.compile(r"\b(?:not|no|except|excluding|without)(?: just| only| for| in| the)* $")

_SEXES = (
    ("FEMALE", re.compile(r"\b(?:women|woman|females?|girls?|ladies|lady)\b")),
    ("MALE", re.compile(r"\b(?:men|man|males?|boys?|guys?|blokes?)\b")),
)

_REGISTRY_AGE = re.compile(r"([0-9]{1,3}) (Year|Month|Week|Day|Hour|Minute)s?")
_PER_YEAR = {"Year": 1, "Month": 12, "Week": 52, "Day": 365, "Hour": 8760, "Minute": 525600}


@dataclass(frozen=True)
class Ages:
    """`range` is that of `Search.ages`, None where no age is named. `clash`: two ages that exclude each other."""

    range: str | None = None
    found: tuple[re.Match[str], ...] = ()
    clash: tuple[str, str] | None = None


@dataclass(frozen=True)
class Sex:
    sex: str | None = None
    found: tuple[re.Match[str], ...] = ()


def read_ages(plain: str) -> Ages:
    """`plain`: the words of a message in lower case, digits as words of their own."""
    number = _numbered(plain)
    group = _grouped(plain)
    if number is None or group is None:
        return number or group or Ages()
    low, high = age_range(number.range or "")
    youngest, oldest = age_range(group.range or "")
    if low > oldest or high < youngest:
        return Ages(None, (*number.found, *group.found), (group.found[0].group(), number.found[0].group()))
    return Ages(number.range, (*number.found, *group.found))


def _numbered(plain: str) -> Ages | None:
    for kind, pattern in _RANGES:
        found = pattern.search(plain)
        if found is None:
            continue
        years = [_number(text) for text in found.groups() if text]
        if max(years) > OLDEST:
            continue
        first, last = years[0], years[-1]
        if kind == "between" and first > last:
            return Ages(None, (found,), (str(first), str(last)))
        ranges = {
            "between": f"{first}-{last}",
            "over": f"{first}-{OLDEST}",
            "under": f"0-{max(first - 1, 0)}",
            "decade": f"{first}-{first + 9}",
            "single": f"{first}-{first}",
            "months": "0-0" if first < 12 else f"{first // 12}-{first // 12}",
        }
        return Ages(ranges[kind], (found,))
    return None


def _number(written: str) -> int:
    """A number in digits or in words."""
    return int(written) if written.isdigit() else sum(_IN_WORDS[word] for word in written.split())


def _grouped(plain: str) -> Ages | None:
    for ages, pattern in _GROUPS:
        for found in pattern.finditer(plain):
            if not _NEGATED.search(plain[: found.start()]):
                return Ages(ages, (found,))
    return None


def read_sex(plain: str) -> Sex:
    """The sex that a message names; none where it names both."""
    found = [(sex, match) for sex, pattern in _SEXES for match in [pattern.search(plain)] if match]
    sexes = {sex for sex, _ in found}
    return Sex(sexes.pop() if len(sexes) == 1 else None, tuple(match for _, match in found))


def years(written: str | None) -> float | None:
    """An age in the registry's words ("18 Years", "6 Months") in years; None where there is none."""
    found = _REGISTRY_AGE.fullmatch(written) if written else None
    return int(found.group(1)) / _PER_YEAR[found.group(2)] if found else None
