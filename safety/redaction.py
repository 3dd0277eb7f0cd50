"""Takes out what points to a person, before a text is written anywhere. What a question means stays readable.

Taken out: e-mail addresses, phone numbers, dates of birth, record and insurance numbers, street addresses, and names
where a cue says that a name follows. Kept: trial numbers, help lines, doses, laboratory values, ages, dates of care.
"""

from __future__ import annotations

import re
from typing import NamedTuple

PUBLIC_NUMBERS = frozenset(
    (
        "0120279338 0722178177 08000113 08001110111 0800567567 0800801200 09178998727 18002221222 18006624357 "
        "18007997233 18008914416 225506070 23892222 254722178177 6558088 70201201 8004673 800860022 "
        "8009112000 920033360 "
    ).split()
)
"""Digits of help lines that are printed on cards or widely published: they point to no person. Sources: numbers.json
and the emergency cards; a test keeps them in step."""


class _Trace(NamedTuple):
    """One kind of trace: what the group `cue` matched is kept, the rest of the match is replaced by `shown`."""

    shown: str
    pattern: re.Pattern[str]


def redact(text: str) -> str:
    """`text` with placeholders such as [email] and [name]. Applying it twice changes nothing more. Never raises."""
    if _ONE_PLAIN_WORD.fullmatch(text):
        return text
    while True:
        # One replacement can bring a cue and a trace together. It ends: each takes away what was no placeholder yet.
        once = _replaced(text)
        if once == text:
            return text
        text = once


def _replaced(text: str) -> str:
    for trace in _BEFORE_PHONES:
        text = trace.pattern.sub(r"\g<cue>" + trace.shown, text)
    text = _PHONE.sub(_unless_public, text)
    for trace in _AFTER_PHONES:
        text = trace.pattern.sub(r"\g<cue>" + trace.shown, text)
    return text


def _unless_public(match: re.Match[str]) -> str:
    """[phone] for what looks like a phone number and is neither a help line, a trial, a date nor a row of values."""
    found = match.group()
    digits = re.sub(r"\D", "", found)
    groups = re.findall(r"\d+", found)
    before = match.string[max(0, match.start() - 40) : match.start()]
    after = match.string[match.end() : match.end() + 24]
    kept = (
        not 7 <= len(digits) <= 15
        or digits in PUBLIC_NUMBERS
        or _DATE.fullmatch(found)
        or _TRIAL_BEFORE.search(before)
        or _VALUES_BEFORE.search(before)
        or _UNIT_AFTER.match(after)
        or any(len(group) == 1 for group in groups[1:])
    )
    return found if kept else "[phone]"


_ONE_PLAIN_WORD = re.compile(r"[a-z_-]*")
"""The id of an entry, for example, points to nobody: every pattern below needs a capital letter, a digit, a space or a
sign."""
_WORD = r"[^\W\d_]+(?:['’\-][^\W\d_]+)*\b"
_NAME = r"[A-ZÀ-ÖØ-Þ][^\W\d_]+(?:['’\-][^\W\d_]+)*\b"
_FULL_NAME = rf"(?!(?:CAR|Lupus|SLE|Dr)\b){_NAME}(?:\s+{_NAME})?"
_NO_NAME = (
    "and|but|i|im|from|with|who|is|was|has|have|had|in|on|at|a|an|the|not|here|because|so|my|que|y|pero|tengo|con|de|"
    "una|un|la|el|soy|estoy|lupus|car"
)
_ANY_NAME = rf"(?!(?:{_NO_NAME})\b){_WORD}"
_RELATIVE = (
    "wife|husband|son|daughter|mother|mom|mum|father|dad|sister|brother|partner|friend|neighbou?r|nurse|aunt|uncle|"
    "cousin|esposa|esposo|hijo|hija|madre|padre|mam[aá]|pap[aá]|hermana|hermano|amiga|amigo"
)
_CLOSING = (
    "[Tt]hanks|[Tt]hank you|[Rr]egards|[Bb]est|[Ss]incerely|[Ll]ove|[Cc]heers|[Gg]racias|[Ss]aludos|[Aa]tentamente"
)
_TITLE = r"[Dd]r\.?|[Dd]ra\.?|[Dd]octora?|[Pp]rof\.?|[Mm]rs?\.?|[Mm]s\.?|[Ss]ra?\."
_RECORD = (
    "mrn|medical record|record|chart|patient|hospital|insurance|policy|member|subscriber|medicare|medicaid|nhs|ssn|"
    "social security|passport|driver'?s licen[sc]e|expediente|historia cl[ií]nica|paciente|seguro social|seguro|"
    "p[oó]liza|dni|nie|curp|nss"
)
_BORN = r"dob|d\.o\.b\.|date of birth|birth ?date|birthday|born|nac[ií]|nacid[oa]|nacimiento"
_STREET = "street|avenue|road|lane|boulevard|blvd|terrace|crescent|highway|parkway"
_SHORT_STREET = r"(?:st|ave|rd|ln|dr)\b(?=[.,;]|\s*$|\s+(?:apt|unit|in|and)\b)"
_NO_STREET = "minutes?|mins?|hours?|days?|weeks?|months?|years?|miles?|km|mg|ml|percent|people|patients?|of|to|the|in"
_CALLE = r"calle|avenida|av\.|avda\.?|carrera|paseo|plaza|camino|c/"

_BEFORE_PHONES = (
    _Trace("[email]", re.compile(r"(?P<cue>)[\w.+\-]{1,64}@[\w\-]{1,63}(?:\.[\w\-]{1,63}){1,4}")),
    _Trace(
        "[email]",
        re.compile(
            r"(?i)(?P<cue>)\b[\w.\-]{2,40} ?(?:\(at\)|\[at\]| at ) ?[\w\-]{2,40}"
            r" ?(?:\(dot\)|\[dot\]| dot ) ?[a-z]{2,6}\b"
        ),
    ),
    _Trace(
        "[date of birth]",
        re.compile(
            rf"(?i)(?P<cue>\b(?:{_BORN})(?:\s+(?:is|was|on|in|el|es|fue|d[ií]a))*\s*[:=]?\s*)"
            r"(?:\d{1,4}[/.\- ]\d{1,2}[/.\- ]\d{1,4}"
            r"|\d{1,2}(?:st|nd|rd|th)?\s+(?:of |de )?[^\W\d_]{3,10},?\s+(?:de |del )?\d{4}"
            r"|[^\W\d_]{3,10}\s+\d{1,2}(?:st|nd|rd|th)?,?\s+\d{4})"
        ),
    ),
    _Trace(
        "[record number]",
        re.compile(
            rf"(?i)(?P<cue>\b(?:{_RECORD})(?:\s*(?:number|num|no\.?|nr|id|card|#|n[uú]mero|is|es|n[º°o]\.?|:|=))*\s*)"
            r"(?:[A-Z]{0,4}[\- ]?\d[\d\- ]{2,16}\d[A-Z]?|[A-Z]{4}\d{6}[A-Z0-9]{8})\b"
        ),
    ),
    _Trace("[record number]", re.compile(r"(?P<cue>)(?<![\d-])\d{3}-\d{2}-\d{4}(?![\d-])")),
)

_PHONE = re.compile(r"(?<![\w.,])\+?\(?\d(?:[\s().\-]{0,3}\d){6,16}(?![\w%])(?![.,]\d)")
_DATE = re.compile(
    r"(?:19|20)\d\d[-. ]\d\d?[-. ]\d\d?|\d\d?[-. ]\d\d?[-. ](?:19|20)\d\d|(?:19|20)\d\d[\s-]+(?:19|20)\d\d"
)
_TRIAL_BEFORE = re.compile(r"(?i)\bnct[\s:#.\-]*$")
_UNIT_AFTER = re.compile(
    r"(?i)\s*(?:(?:mg|mcg|µg|ug|ml|g|kg|units?|iu|cells?|copies|percent|usd|dollars|euros|people|patients)\b|/)"
)
_VALUES_BEFORE = re.compile(
    r"(?i)\b(?:platelets?|plaquetas|dsdna|crp|esr|ferritin|counts?|levels?|values?|titers?|labs?|wbc|creatinine|ana|c3|"
    r"c4|doses?|dosis|protein|urine)\W+(?:\w+\W+){0,2}$"
)

_AFTER_PHONES = (
    _Trace(
        "[address]",
        re.compile(
            rf"(?i)(?P<cue>)\b\d{{1,5}}[a-z]?\s+(?:(?!(?:{_NO_STREET})\b)(?:[^\W\d_]+|\d+(?:st|nd|rd|th))\.?\s+){{1,4}}"
            rf"(?:(?:{_STREET})\b|{_SHORT_STREET})\.?(?:,?\s*(?:apt|apartment|unit|flat|suite)\.?\s*#?\w{{1,5}})?"
        ),
    ),
    _Trace(
        "[address]",
        re.compile(
            r"(?P<cue>\b(?:[Ll]ive|[Ll]iving|[Aa]ddress|[Hh]ome)\b[^.\d\n]{0,20})"
            rf"\d{{1,5}}[a-z]?\s+(?:{_NAME}\s+){{1,3}}(?:Way|Place|Court|Drive|Square|Close|Park|Hill|Gardens)\b"
        ),
    ),
    _Trace(
        "[address]",
        re.compile(
            rf"(?i)(?P<cue>)\b(?:{_CALLE})\s+(?:{_WORD}\.?\s+){{0,4}}{_WORD},?\s*(?:n[uú]mero|n[º°o]\.?|#)?\s*\d{{1,5}}"
            r"[a-z]?\b(?:,?\s*(?:piso|depto|apto)\.?\s*\w{1,4})?"
        ),
    ),
    _Trace("[address]", re.compile(r"(?P<cue>)\b[A-Z]{2}\s+\d{5}(?:-\d{4})?\b")),
    _Trace(
        "[address]",
        re.compile(
            r"(?i)(?P<cue>\b(?:zip|postal code|post ?code|c[oó]digo postal)(?: code)?(?:\s+(?:is|es))?\s*[:#]?\s*)"
            r"(?=\w*\d)[A-Z0-9]{2,5}(?:[ \-](?=\w*\d)[A-Z0-9]{2,4})?\b"
        ),
    ),
    _Trace(
        "[name]",
        re.compile(
            r"(?i)(?P<cue>\b(?:my (?:full |first |last |sur)?name(?:'s|’s| is|:)|name is|name:|call me|me llamo|"
            rf"se llama|mi nombre es|patient name:?)\s+){_ANY_NAME}(?:\s+{_ANY_NAME}){{0,2}}"
        ),
    ),
    _Trace("[name]", re.compile(rf"(?P<cue>\b(?:{_TITLE})\s+){_NAME}(?:\s+{_NAME})?")),
    _Trace(
        "[name]",
        re.compile(
            r"(?P<cue>\b(?:I['’]?m|I am|[Tt]his is|i['’]?m|[Ss]oy)\s+)(?!(?:CAR|Dr)\b)"
            rf"(?:{_NAME}\s+{_NAME}|{_NAME}(?=[,.!]?\s+(?:and I|y tengo|from|here|de)\b))"
        ),
    ),
    _Trace("[name]", re.compile(rf"(?P<cue>\b(?:[Mm]y|[Mm]i) (?:{_RELATIVE}),? ){_FULL_NAME}")),
    _Trace(
        "[name]",
        re.compile(rf"(?P<cue>\b(?:{_CLOSING})[,.!]?\s*(?:\n|[,.!\-–])\s*){_NAME}(?:\s+{_NAME}\.?)?(?=\s*[.!]?\s*$)"),
    ),
)
