"""NCT numbers in what a person writes.

An NCT number is the letters NCT and 8 digits. People put blanks, dashes, dots or a # anywhere in it, swap letters
(NTC, CNT), write O for 0, or leave the letters out while they speak of a study or send nothing but the digits. Who
dictates gets words for digits ("n c t zero five nine").
"""

from __future__ import annotations

import itertools
import re
import string
import unicodedata
from collections.abc import Container, Iterator

DIGITS = 8
NUMBER_WORDS = {
    **{word: str(digit) for digit, word in enumerate("zero one two three four five six seven eight nine".split())},
    "ten": "10",
    "twelve": "12",
    "twenty": "20",
}
"""Numbers that people write as words, and their digits."""

_GAP = r"[\s.:#_\-\u2010-\u2015\u2212/]{0,3}"
_LETTERS = rf"(?:n{_GAP}c{_GAP}t|n{_GAP}t{_GAP}c|cnt|ctn)"
_BETWEEN = rf"{_GAP}(?:(?:no|nr|number|num|id|is)\b{_GAP})?"
_DIGIT = r"(?:[0-9]|o(?=o{0,3}(?:[0-9]|(?<=[0-9]o)(?![a-z0-9]))))"
_GROUPS = rf"{_DIGIT}{{1,24}}(?:[ .\-\u2010-\u2015\u2212]{{1,2}}{_DIGIT}{{1,24}}(?![a-z0-9])){{0,12}}"

_LETTERED = re.compile(rf"(?<![^\W_]){_LETTERS}{_BETWEEN}({_GROUPS})")
_BARE = re.compile(r"(?<![\w+.\-])([0-9]{7,9}|0[0-9]{3}[ \-][0-9]{4})(?![\w\-]|\.[0-9])")
_WITH_COUNTRY_CODE = re.compile(r"\+[0-9][0-9 ()\-]*")
_SPEAKS_OF_STUDIES = re.compile(
    r"\b(?:study|studies|trials?|nct|registry|clinicaltrials|recruit\w*|enroll?\w*|ensayos?|estudios?)\b"
)
_NOTHING_ELSE = re.compile(r"\W*0[0-9]{3}[ \-]?[0-9]{4}\W*")
_SPELT = "zero|oh|one|two|three|four|five|six|seven|eight|nine|double|triple"
_DICTATED = re.compile(rf"(?<![^\W_])({_LETTERS}{_BETWEEN})((?:(?:{_SPELT}|[0-9]+)\b[\s,.\-]*)+)")
_TIMES = {"double": 2, "triple": 3}
_FEWEST_DICTATED = 3
_SHORTEST_WRONG = 3
_LONGEST_SHOWN = 16
_SHORTEST_END = 3
MOST_NEAR = 3
"""Numbers that are offered for one that is wrong."""


def find_nct(text: str) -> tuple[str, ...]:
    """All NCT numbers in `text`, each once, in order, in the registry's spelling."""
    return tuple(dict.fromkeys("NCT" + digits for digits in _digits(text) if len(digits) == DIGITS))


def bare_nct(text: str) -> tuple[str, ...]:
    """Numbers that may be meant as NCT numbers although neither letters nor a word about studies say so. Only one that
    the copy has is worth to be taken for one: others are phone numbers."""
    found = (re.sub(r"\D", "", number) for number in _BARE.findall(text))
    return tuple("NCT" + digits for digits in found if len(digits) == DIGITS)


def malformed_nct(text: str) -> str | None:
    """What was meant as an NCT number but has too few or too many digits, to be shown to its writer; else None.

    None also when the text holds a right number. Without the letters NCT only 7 or 9 digits that begin with 0 count,
    as every number of the registry does: other long numbers in a message about studies are often phone numbers.
    """
    if find_nct(text):
        return None
    for digits in _digits(text):
        if len(digits) >= _SHORTEST_WRONG:
            return "NCT" + digits[:_LONGEST_SHOWN]
    return None


def one_slip_away(written: str, known: Container[str]) -> tuple[str, ...]:
    """The `known` numbers that `written` may have been meant as: one digit is wrong, missing, or one too many, or two
    changed places."""
    digits = written.removeprefix("NCT")
    meant = sorted({"NCT" + slip for slip in _slips(digits) if slip != digits})
    return tuple(number for number in meant if number in known)[:MOST_NEAR]


def _slips(digits: str) -> Iterator[str]:
    places = range(len(digits))
    if len(digits) == DIGITS:
        yield from (digits[:at] + digit + digits[at + 1 :] for at in places for digit in string.digits)
        for first, second in itertools.combinations(places, 2):
            yield digits[:first] + digits[second] + digits[first + 1 : second] + digits[first] + digits[second + 1 :]
    elif len(digits) == DIGITS - 1:
        yield from (digits[:at] + digit + digits[at:] for at in range(DIGITS) for digit in string.digits)
    elif len(digits) == DIGITS + 1:
        yield from (digits[:at] + digits[at + 1 :] for at in places)


def ends_in(text: str, number: str) -> bool:
    """Whether a message names a number by its last digits: "8725 at the end"."""
    return any(number.endswith(digits) for digits in re.findall(rf"(?<![0-9])[0-9]{{{_SHORTEST_END},}}(?![0-9])", text))


def _written(found: re.Match[str]) -> str:
    """A number as it was dictated, in digits: "zero six double three" is 0633. "NCT05938725 two" stays as it is."""
    said = re.findall(r"[a-z]+|[0-9]+", found.group(2))
    if sum(word.isalpha() for word in said) < _FEWEST_DICTATED:
        return found.group()
    digits, times = "", 1
    for word in said:
        if word in _TIMES:
            times = _TIMES[word]
            continue
        digits += ("0" if word == "oh" else NUMBER_WORDS.get(word, word)) * times
        times = 1
    return f"{found.group(1)}{digits} "


def _digits(text: str) -> Iterator[str]:
    plain = _DICTATED.sub(_written, unicodedata.normalize("NFKC", text).casefold())
    lettered = [(found.start(), _joined(found.group(1))) for found in _LETTERED.finditer(plain)]
    rest = _LETTERED.sub(_blank, plain)
    bare = []
    if lettered or _SPEAKS_OF_STUDIES.search(rest) or _NOTHING_ELSE.fullmatch(plain):
        for found in _BARE.finditer(_WITH_COUNTRY_CODE.sub(_blank, rest)):
            digits = re.sub(r"\D", "", found.group(1))
            if len(digits) == DIGITS or digits.startswith("0"):
                bare.append((found.start(), digits))
    return (digits for _, digits in sorted(lettered + bare))


def _blank(found: re.Match[str]) -> str:
    return " " * len(found.group())


def _joined(written: str) -> str:
    """The digit groups that make up the number: as many as reach 8 digits, so that "0593 8725 18" loses the 18."""
    groups: list[str] = re.findall(r"[0-9]+", written.replace("o", "0"))
    digits = ""
    for group in groups:
        digits += group
        if len(digits) >= DIGITS:
            break
    if len(digits) > DIGITS and len(groups[0]) >= DIGITS - 2:
        return groups[0]
    return digits
