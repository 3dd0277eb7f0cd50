"""Patterns are skipped where a word that they need is missing, or their sketch does not fit; so what they are said
to need, they must really need, and what they fit, their sketch must fit."""

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
from safety.sketches import Sketcher

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
    ("source", "text", "fits"),
    [
        ("<KIN> <G2>(?:needs|has no) <AIR>", "my dad now has no air", True),
        ("<KIN> <G2>(?:needs|has no) <AIR>", "my dad . has no air", False),
        ("<KIN> <X2>(?:needs|has no) <AIR>", "my dad . has no air", True),
        ("(?:is |was )*blue", "is was is blue", True),
        ("(?:he|she)s blue", "shes blue", True),
        ("(?:he|she)s blue", "he blue", False),
        ("gr[ae]y pills?", "grey pill", True),
        ("gr[ae]y pills?", "groy pill", False),
        ("wheez[a-z]* (?:a lot )?(?:now|again)", "wheezingly a lot again", True),
        ("(?:10[0-4](?:[.,][0-9])?|39) degrees", "103.5 degrees", True),
        ("out ?(?:the |a )?(?:food|toy)", "outthe toy", True),
        ("them ?selves", "themselves", True),
        ("(?:ha)+ dad", "hahaha dad", True),
        ("<AIR>(?! (?:quality|travel))", "air quality", True),  # too much, but never too little
        ("^ air now", "no air later", False),
    ],
)
def test_what_the_sketch_of_a_pattern_fits(source: str, text: str, fits: bool) -> None:
    pattern = SMALL.items(source)
    sketcher = Sketcher(WORDS, [pattern])
    assert bool(sketcher.drawn(pattern).search(signs(sketcher, text))) is fits


@pytest.mark.parametrize("file", [EMERGENCY_RULES, ADVICE_RULES], ids=lambda file: file.name)
def test_no_hostile_text_is_looked_at_for_long_by_a_sketch(file: Path) -> None:
    """Many words share a sign, so a row of one sign is what can be read in most ways."""
    data, expand = loaded(file)
    patterns = [expand.items(source) for rule in data["rules"] for source in rule["patterns"]]
    sketcher = Sketcher(concepts(data), patterns)
    for expression in (sketcher.drawn(pattern).pattern for pattern in patterns):
        assert not re.search(rb"\)[*+{]", expression)


@pytest.mark.parametrize("file", [EMERGENCY_RULES, ADVICE_RULES], ids=lambda file: file.name)
def test_every_text_that_a_pattern_fits_holds_what_it_needs_and_fits_its_sketch(file: Path) -> None:
    data, expand = loaded(file)
    chance, tried = random.Random(1), 0
    kinds = (*data["rules"], *data["guards"].values(), {"patterns": data["urgent"]})
    sources = [source for kind in kinds for source in kind["patterns"]]
    sketcher = Sketcher(concepts(data), map(expand.items, sources))
    for source in sources:
        regex, needs = expand.regex(source), expand.needs(source)
        drawn = sketcher.drawn(expand.items(source))
        parsed = sre_parse.parse(regex.pattern)
        for _ in range(20):
            text = written(parsed, chance) + " "
            if regex.fullmatch(text, 0, len(text) - 1) or regex.search(text):
                tried += 1
                assert [needed for needed in needs if needed.isdisjoint(text.split())] == [], (source, text)
                assert drawn.search(signs(sketcher, text)), (source, text)
    assert tried > 2000


def loaded(file: Path) -> tuple[dict[str, Any], Expander]:
    data = json.loads(file.read_text(encoding="utf-8"))
    return data, Expander(concepts(data), data["fragments"], data["denials"].split())


def concepts(data: Mapping[str, Any]) -> dict[str, list[str]]:
    return {
        name: [*entry.get("near", "").split(), *entry.get("exact", "").split()] for name, entry in data["words"].items()
    }


def signs(sketcher: Sketcher, text: str) -> bytes:
    return bytes(sketcher.signs.get(word, 0) for word in text.split())


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
