"""What must hold for any message, and what a damaged rules file says."""

from __future__ import annotations

import json
import random
import re
import shutil
import unicodedata
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safety import ADVICE_RULES, EMERGENCY_RULES, load_rules
from safety.errors import RulesError
from safety.rules import normalise
from safety.spelling import _one_slip_apart, _slips, _words_with_runs, split
from tests.safety.conftest import examples, remembered
from tests.shipped import shipped_rules
from tests.understanding.mangling import mangled

EMERGENCIES = shipped_rules(EMERGENCY_RULES)
CALM = [row["text"] for row in examples("vectors.jsonl") if row["expect"] is None and not any(remembered(row).values())]
STORY = "I was told that I have lupus some years ago, and I keep a diary of good and bad days. "


@given(st.text(max_size=400))
@settings(max_examples=300, deadline=None)
def test_any_text_is_read_without_a_fault(text: str) -> None:
    finding = EMERGENCIES.check(text)
    assert finding is None or finding.card


def test_lone_surrogates_null_bytes_and_stacked_accents_are_read() -> None:
    for text in ("\ud800", "a\x00b", "z" + "\u0301" * 500, "\u202e\u200f", "ﷺ" * 300, "¿¡?!" * 500):
        assert EMERGENCIES.check(text) is None
        assert normalise(text) == normalise(normalise(text))


@pytest.mark.parametrize("letter", ["é", "İ", "Å", "ﬁ", "Ñ", "ｄ", "ß", "한", "\u212a", "…", "Σ"])
def test_a_sign_beyond_ascii_means_the_same_wherever_it_stands(letter: str) -> None:
    """Stretches of such signs are read by themselves: what stands beside them must not matter."""
    alone = normalise(letter)
    decomposed = unicodedata.normalize("NFD", letter)
    for before, after in (("A", "b"), ("x.", "'"), ("I", "\u0301z"), ("e\u0301", " ")):
        around = normalise(before), normalise(after.replace("\u0301", ""))
        assert normalise(before + letter + after) == around[0] + alone + around[1]
        assert normalise(before + decomposed + after) == around[0] + normalise(decomposed) + around[1]


def test_a_full_stop_is_put_back_before_each_word_that_opens_a_sentence_and_before_no_other() -> None:
    openers = "|".join(map(str.title, json.loads(EMERGENCY_RULES.read_text(encoding="utf-8"))["openers"].split()))
    left_out = re.compile(rf"((?<![^ ])(?:[a-z]+|[A-Z]{{2,}}),?) ((?:{openers}) )")
    chance, parted = random.Random(1), 0
    words = [
        "The",
        "the",
        "THE",
        "We",
        "So",
        "Mi",
        "xThe",
        "Then",
        "sofa,",
        "ER",
        "I",
        "3",
        "x.",
        "",
        "\nWe",
        "caf\u00e9",
        "a",
    ]
    for _ in range(3000):
        text = " ".join(chance.choices(words, k=chance.randint(0, 9)))
        parted += EMERGENCIES._parted(text) != text
        assert EMERGENCIES._parted(text) == left_out.sub(r"\1. \2", text)
    assert parted > 500


def test_what_was_read_before_does_not_change_how_a_word_is_read() -> None:
    """Readings of words are kept. The words of one example after the other are read with all, some and none of them."""
    texts = [mangled(row["text"], "9") for row in random.Random(9).sample(examples("vectors.jsonl"), 300)]
    first = [EMERGENCIES.check(text) for text in texts]
    assert [EMERGENCIES.check(text) for text in reversed(texts)] == first[::-1]
    EMERGENCIES._speller._kept_reading.cache_clear()
    EMERGENCIES._speller._kept_guesses.cache_clear()
    assert [EMERGENCIES.check(text) for text in texts] == first


@pytest.mark.parametrize("end", [". ", "! ", "? ", "\n"])
def test_no_calm_sentence_hides_the_emergency_after_it(end: str) -> None:
    cry = "My dad is not breathing!"
    hidden = [text for text in CALM if not EMERGENCIES.check(text.rstrip(".?! ") + end + cry)]
    assert not hidden


@pytest.mark.parametrize("cry", ["my dad is not breathing", "my baby is choking", "i want to kill myself"])
def test_hardly_any_calm_words_hide_the_emergency_even_without_a_full_stop(cry: str) -> None:
    """Some may: "my dad is fine now" and "my phone died" do speak against what follows in the same breath."""
    hidden = [text for text in CALM if not EMERGENCIES.check(text.rstrip(".?! ") + " " + cry)]
    assert len(hidden) < 0.06 * len(CALM), hidden


def test_the_last_words_of_a_long_message_count() -> None:
    text = STORY * (9_000 // len(STORY)) + "my dad collapsed and isn't breathing"
    finding = EMERGENCIES.check(text)
    assert len(text) > 8_900
    assert finding
    assert finding.card == "cpr-adult"


def test_a_long_message_without_any_full_stop_counts_too() -> None:
    finding = EMERGENCIES.check(re.sub(r"[.,]", "", STORY) * 100 + "i want to end my life " + "and so on " * 400)
    assert finding
    assert finding.kind == "crisis"


@pytest.mark.parametrize(
    "text",
    [
        "MY WIFE ISN’T BREATHING",
        "my wife isnt breathing",
        "my wife is not breathing",
        "my wife isn t breathing",
        "ｍｙ ｗｉｆｅ ｉｓ ｎｏｔ ｂｒｅａｔｈｉｎｇ",
        "my wife is not bre\u200bathing",
        "my wife is not breahting",
        "my wife is not breeeathing",
        "my wife is not br3athing",
        "mywifeisnotbreathing",
        "my wife\nis not breathing",
    ],
)
def test_writing_in_a_hurry_changes_nothing(text: str) -> None:
    finding = EMERGENCIES.check(text)
    assert finding
    assert finding.card.startswith("cpr")


@given(st.text("ab1250.,;?! \n@$é", max_size=40))
@settings(max_examples=500, deadline=None)
def test_a_text_is_cut_into_words_decimals_and_sentence_ends(text: str) -> None:
    """The short way to say it, too slow for long messages."""
    tokens = re.findall(r"[a-z@$][a-z0-9@$]*|[.!?;:\n]+|[0-9](?:[0-9]*[.,][0-9]+|[a-z0-9@$]*)", text)
    ends = [token if token[0].isalnum() or token[0] in "@$" else "?" if "?" in token else "." for token in tokens]
    pauses = [len(token) > 1 and not token.strip(".") for token in tokens]
    assert split(text) == [end for end, pause in zip(ends, pauses) if not pause]


def test_words_with_a_letter_three_times_in_a_row_are_found_and_no_others() -> None:
    chance = random.Random(1)
    words = {"".join(chance.choices("ab", k=chance.randint(1, 7))) for _ in range(200)} | {"aaa", "baaa", "aaab"}
    for some in (words, {"aa", "b"}, {"aab", "bba"}, set()):
        expected = {word for word in some if re.search(r"([a-z])\1\1", word)}
        assert set(_words_with_runs(" ".join(some))) == expected


def test_every_slip_is_looked_at_and_no_other_word() -> None:
    for meant in ("breathing", "llama", "aabb"):
        slips = set(_slips(meant))
        assert all(_one_slip_apart(slip, meant) for slip in slips)
        for length, letters in ((1, "breathing"), (2, "labm")):
            for at in range(len(meant) + 1):
                for change in map("".join, product(letters, repeat=length)):
                    for word in (meant[:at] + change + meant[at + size :] for size in range(4)):
                        assert (word in slips) == _one_slip_apart(word, meant), word


def test_a_fever_is_an_emergency_once_car_t_was_mentioned() -> None:
    assert EMERGENCIES.check("i have a fever") is None
    later = EMERGENCIES.check("i have a fever", therapy=True)
    at_once = EMERGENCIES.check("i had car-t last week and i have a fever")
    assert later == at_once
    assert later
    assert later.card == "cart-warning"


@pytest.mark.parametrize(
    ("text", "calm"),
    [
        ("he had a nosebleed two years ago", True),
        ("in the movie he bleeds to death", True),
        ("what does a stroke look like", True),
        ("his nose will not stop", False),
        ("he had a seizure two years ago and it is happening again right now", False),
    ],
)
def test_a_message_as_a_whole_sounds_calm_or_not(text: str, calm: bool) -> None:
    assert EMERGENCIES.sounds_calm(text) is calm


def test_every_card_a_rule_names_exists_in_both_locales(shipped_cards: Path) -> None:
    data = json.loads(EMERGENCY_RULES.read_text(encoding="utf-8"))
    named = {rule["card"] for rule in data["rules"]} | {card for rows in data["cards"].values() for _, card in rows}
    for locale in ("en", "es"):
        assert named <= {file.stem for file in (shipped_cards / locale / "cards").glob("*.md")}


# The file ------------------------------------------------------------------------------------------------------------


def changed(tmp_path: Path, **changes: Any) -> Path:
    file = tmp_path / "rules.json"
    shutil.copy(EMERGENCY_RULES.parent / "ordinary.txt", tmp_path)
    file.write_text(json.dumps(json.loads(EMERGENCY_RULES.read_text(encoding="utf-8")) | changes), encoding="utf-8")
    return file


RULE = {
    "id": "odd",
    "kind": "emergency",
    "card": "emergency",
    "locale": "en",
    "keys": "BREATHE",
    "patterns": ["<BREATHE>"],
}


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (RULE | {"patterns": ["<NOWHERE> <BREATHE>"]}, "<NOWHERE> is not defined"),
        (RULE | {"patterns": ["(<BREATHE>"]}, "pattern '(<BREATHE>'"),
        (RULE | {"patterns": ["chocolate"]}, "holds none of the words under its keys"),
        (RULE | {"keys": "NOWHERE"}, "key NOWHERE is not defined"),
        (RULE | {"unless": ["nobody"]}, "guard nobody is not defined"),
        (RULE | {"kind": "joke"}, "'joke' is not one of"),
        ({"id": "odd"}, "Compare with the keys"),
    ],
)
def test_a_faulty_rule_is_named(tmp_path: Path, rule: dict[str, Any], said: str) -> None:
    with pytest.raises(RulesError, match=re.escape(said)):
        load_rules(changed(tmp_path, rules=[rule]))


def test_a_missing_or_damaged_file_is_named_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(RulesError, match="Restore the file"):
        load_rules(tmp_path / "nothing.json")
    (tmp_path / "half.json").write_text("{", encoding="utf-8")
    with pytest.raises(RulesError, match=r"half\.json"):
        load_rules(tmp_path / "half.json")


def test_without_its_ordinary_words_the_file_is_not_used(tmp_path: Path) -> None:
    file = changed(tmp_path)
    (tmp_path / "ordinary.txt").unlink()
    with pytest.raises(RulesError, match=r"ordinary\.txt.*Restore the file"):
        load_rules(file)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("herat", "heart"),
        ("stoppeed", "stopped"),
        ("wantto", "wanna"),
        ("icant", "i cant"),
        ("ofxansx", "of xanax"),
        ("about50", "about 50"),
        ("threat", "threat"),
        ("weekend", "weekend"),
        ("rheumatologist", "rheumatologist"),
    ],
)
def test_a_word_of_no_list_is_read_as_the_word_of_a_pattern_that_it_is_a_slip_of(written: str, read: str) -> None:
    assert EMERGENCIES._speller.words(written) == read.split()


def repeated_groups(source: str) -> Iterator[list[str]]:
    """The choices of every bracket that may repeat without end."""
    open_at: list[tuple[int, list[int]]] = []
    for at, sign in enumerate(source):
        if sign == "(":
            open_at.append((at + 3, []))
        elif sign == "|" and open_at:
            open_at[-1][1].append(at)
        elif sign == ")":
            start, bars = open_at.pop()
            if source[at + 1 : at + 2] in ("*", "+"):
                yield [source[left + 1 : right] for left, right in zip([start - 1, *bars], [*bars, at])]


@pytest.mark.parametrize("file", [EMERGENCY_RULES, ADVICE_RULES], ids=lambda file: file.name)
def test_no_pattern_can_be_read_in_very_many_ways(file: Path) -> None:
    """A bracket that repeats must read a given text in one way only, or a hostile message could take for ever."""
    data = json.loads(file.read_text(encoding="utf-8"))
    sources = [source for rule in data["rules"] for source in rule["patterns"]]
    sources += [source for guard in data["guards"].values() for source in guard["patterns"]]
    for source in sources:
        for choices in repeated_groups(source):
            words = {choice.strip() for choice in choices}
            joined = [choice for choice in words if " " in choice and set(choice.split()) <= words]
            assert len(words) == len(choices), f"a choice stands twice in {source}"
            assert not joined, f"{joined} can be read in two ways in {source}"
            assert len(choices) == 1 or "[a-z" not in "".join(choices), f"any word stands beside named ones in {source}"


@pytest.mark.parametrize("file", [EMERGENCY_RULES, ADVICE_RULES], ids=lambda file: file.name)
def test_the_file_uses_only_expressions_a_browser_knows(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    for foreign in ("(?<", "(?P", "(?i", "(?s", "(?#", "\\\\A", "\\\\Z", "*+", "++"):
        assert foreign not in text
