"""Patterns are skipped where a word that they need is missing; so what they are said to need, they must really need.
Most look at one sentence at a time; so those must not fit anything across two."""

from __future__ import annotations

import json
import random
import re
import sre_parse
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from safety import ADVICE_RULES, EMERGENCY_RULES
from safety.patterns import Expander

WORDS: Mapping[str, Sequence[str]] = {"KIN": ["mother", "dad"], "AIR": ["air"], "NOT": ["not", "cant"]}
SMALL = Expander(WORDS, {"WHO": "<KIN>|he|she"}, ["not"])


@pytest.mark.parametrize(
    ("source", "needs"),
    [
        ("<KIN> <G2>(?:needs|has no) <AIR>", ["mother dad", "needs has", "air"]),
        ("(?:<WHO>) <NOT>", ["mother dad he she", "not cant"]),
        ("(?:is |was )*blue", ["blue"]),
        ("(?:he|she)s blue", ["blue"]),
        ("pills? (?:gone)?", []),
        ("(?:in|re)flated lungs", ["lungs"]),
        ("<AIR>(?! (?:quality|travel))", ["air"]),
        ("[a-z]* (?:blue|[a-z]*)", []),
        ("air|no breath", ["air no"]),
        ("^air now", ["now"]),
    ],
)
def test_what_a_pattern_needs(source: str, needs: list[str]) -> None:
    assert SMALL.needs(source) == {frozenset(words.split()) for words in needs}


@pytest.mark.parametrize(
    ("source", "within"),
    [
        ("<KIN> <G2>(?:is|has)? <P3><AIR>(?! (?:quality|travel))", True),
        ("[a-z]+ [0-9]{2} (?:<WHO>)", True),
        ("<KIN> <X2><AIR>", False),
        ("<KIN> (?:[^ ]+ ){0,3}<AIR>", False),
        ("no air[.]", False),
        ("no air(?= [?])", False),
        ("^ no air", False),
        ("no air $", False),
        (r"no \w+", False),
    ],
)
def test_which_patterns_fit_a_sentence_by_itself(source: str, within: bool) -> None:
    assert SMALL.within_sentence(source) is within


@pytest.mark.parametrize("file", [EMERGENCY_RULES, ADVICE_RULES], ids=lambda file: file.name)
def test_every_text_that_a_pattern_fits_holds_what_it_needs(file: Path) -> None:
    data = json.loads(file.read_text(encoding="utf-8"))
    words = {
        name: [*entry.get("near", "").split(), *entry.get("exact", "").split()] for name, entry in data["words"].items()
    }
    expand, chance, tried = Expander(words, data["fragments"], data["denials"].split()), random.Random(1), 0
    kinds = (*data["rules"], *data["guards"].values(), {"patterns": data["urgent"]})
    for source in (source for kind in kinds for source in kind["patterns"]):
        regex, needs = expand.regex(source), expand.needs(source)
        within = expand.within_sentence(source)
        parsed = sre_parse.parse(regex.pattern)
        for _ in range(20):
            text = written(parsed, chance) + " "
            if regex.fullmatch(text, 0, len(text) - 1) or regex.search(text):
                tried += 1
                assert [needed for needed in needs if needed.isdisjoint(text.split())] == [], (source, text)
                assert not (within and {".", "?"}.intersection(text.split())), (source, text)
    assert tried > 2000


def written(parsed: Iterable[Any], chance: random.Random) -> str:
    """One of the texts that a parsed expression fits; what it must not be followed by is not looked at."""
    text = ""
    for kind, value in parsed:
        name = str(kind)
        if name == "LITERAL":
            text += chr(value)
        elif name == "NOT_LITERAL":
            text += "q"
        elif name == "IN":
            text += chance.choice([sign for sign in "abcdefghijklmnopqrstuvwxyz0123456789.?" if fits(value, sign)])
        elif name == "BRANCH":
            text += written(chance.choice(value[1]), chance)
        elif name == "SUBPATTERN":
            text += written(value[3], chance)
        elif name == "MAX_REPEAT":
            text += "".join(
                written(value[2], chance) for _ in range(chance.randint(value[0], min(value[1], value[0] + 2)))
            )
    return text


def fits(choices: Iterable[Any], sign: str) -> bool:
    source = "".join(
        f"{chr(value[0])}-{chr(value[1])}"
        if str(kind) == "RANGE"
        else "^"
        if str(kind) == "NEGATE"
        else re.escape(chr(value))
        for kind, value in choices
    )
    return bool(re.fullmatch(f"[{source}]", sign))
