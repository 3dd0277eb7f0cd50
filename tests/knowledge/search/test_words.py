from __future__ import annotations

import os
import subprocess
import sys

import pytest

from knowledge.search.words import BARE_STEMS, Aliases, Vocabulary, content_words, words
from knowledge.wiring import Knowledge
from tests.running import PROJECT

ALIASES = Aliases({"plaquenil": "hydroxychloroquine", "car t cell": "car-t", "car t": "car-t", "kid": "child"})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("What's LUPUS?", ["what's", "lupus"]),
        ("CAR-T, don’t (worry)", ["car-t", "don't", "worry"]),
        ("Sjögren's qué", ["sjogren's", "que"]),
        ("snake_case -dash- 2,5", ["snake", "case", "dash", "2", "5"]),
        ("😀\0 ... ", []),
    ],
)
def test_words_of_a_text(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@pytest.mark.parametrize(("one", "other"), [("flares", "flare"), ("therapies", "therapy"), ("pushing", "pushed")])
def test_forms_of_a_word_meet(one: str, other: str) -> None:
    assert content_words(one) == content_words(other)


def test_small_words_carry_no_meaning() -> None:
    assert content_words("what is it for me and a") == []


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("What is Plaquenil?", "what is hydroxychloroquine"),
        ("car t cell or car t", "car-t or car-t"),
        ("my kid and my kidney", "my child and my kidney"),
        ("a car then", "a car then"),
        ("", ""),
    ],
)
def test_other_names_become_the_one_that_entries_use(text: str, plain: str) -> None:
    assert ALIASES.plain(text) == plain


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    written = words("hydroxychloroquine helps lupus nephritis, prednisone and steroids, contagious; a baby's rash")
    return Vocabulary(written, ALIASES, english={"what", "there", "stereo"})


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("plaquinel", "hydroxychloroquine"),
        ("plaqenil", "hydroxychloroquine"),
        ("hydroxycloroquin", "hydroxychloroquine"),
        ("nefritis", "nephritis"),
        ("nephrits", "nephritis"),
        ("predisone", "prednisone"),
        ("contagius", "contagious"),
        ("lupas", "lupus"),
        ("lups", "lups"),
        ("rashh", "rash"),
        ("steeroids", "steroids"),
        ("rasch", "rasch"),
        ("stereo", "stereo"),
        ("1upus", "1upus"),
        ("ozempic", "ozempic"),
        ("zontagious", "zontagious"),
    ],
)
def test_slips_are_mended_and_unknown_names_are_not_bent(vocabulary: Vocabulary, written: str, read: str) -> None:
    assert vocabulary.canonical(f"is {written} bad") == f"is {read} bad"


@pytest.mark.parametrize("name", ["ozempic", "humira", "tylenol", "wegovy", "benadryl", "xanax", "metformin", "zoloft"])
def test_names_that_the_shipped_content_does_not_know_stay(shipped: Knowledge, name: str) -> None:
    assert shipped.live().index.vocabulary.canonical(f"how about {name}") == f"how about {name}"


def test_the_shipped_content_mends_slips_and_other_names(shipped: Knowledge) -> None:
    canonical = shipped.live().index.vocabulary.canonical
    assert canonical("what is plaquenil") == "what is hydroxychloroquine"
    assert canonical("is lupus contaggious") == "is lupus contagious"


def test_a_slip_in_the_texts_is_mended_like_any_other_and_a_rare_word_of_its_own_is_not() -> None:
    written = [*["contagious"] * 30, *["steroids"] * 30, "contageous", "steriods", "nephritis", "contiguous"]
    vocabulary = Vocabulary(written, Aliases({}), english={"contiguous"})
    assert vocabulary.canonical("contageous steriods") == "contagious steroids"
    assert vocabulary.canonical("nephritis contiguous") == "nephritis contiguous"
    assert vocabulary.is_strange("contageous")


def test_of_two_words_that_are_about_as_usual_none_is_a_slip() -> None:
    vocabulary = Vocabulary([*["steroid"] * 9, *["steroids"] * 9], Aliases({}), english=set())
    assert vocabulary.canonical("steroid steroids") == "steroid steroids"


@pytest.mark.parametrize(
    ("word", "strange", "foreign"),
    [
        ("lupus", False, False),
        ("stereo", False, False),
        ("plaquinel", True, False),
        ("ustekinumab", True, True),
        ("humira", True, False),
        ("1234567", False, False),
    ],
)
def test_words_are_known_or_ordinary_strange_or_foreign(
    vocabulary: Vocabulary, word: str, strange: bool, foreign: bool
) -> None:
    assert (vocabulary.is_strange(word), vocabulary.is_foreign(word)) == (strange, foreign)


def test_a_name_that_is_spelt_out_is_put_together_and_sounds_fall_away() -> None:
    vocabulary = Vocabulary(["what", "is", "cpr", "ana", "vitamin", "d"], Aliases({}), english=set())
    assert vocabulary.canonical("um what is C-P-R") == "what is cpr"
    assert vocabulary.canonical("A N A, uh, is what") == "ana is what"
    assert vocabulary.canonical("vitamin d is what") == "vitamin d is what"
    assert vocabulary.canonical("x y z") == "x y z"


@pytest.mark.parametrize(
    ("text", "bare"),
    [("how long does it last", True), ("is it dangerous", True), ("does it hurt", True), ("is lupus dangerous", False)],
)
def test_a_bare_question_says_nothing_of_what_it_is_about(text: str, bare: bool) -> None:
    assert BARE_STEMS.issuperset(content_words(text)) is bare


SLIPS = """
from knowledge.search.words import Aliases, Vocabulary
written = ["sidefects", "sideffects", "mediccine", "medicinne", "lettuce", "letuce", "coffee", "cofee", "coffe"]
vocabulary = Vocabulary(written, Aliases({}), ())
print(vocabulary.canonical("siddefects meddiccine lettucce cooffee"))
"""


def test_a_slip_that_may_be_several_words_is_the_same_one_in_every_process() -> None:
    read = {
        subprocess.run(
            [sys.executable, "-c", SLIPS],
            env={**os.environ, "PYTHONHASHSEED": str(seed)},
            cwd=PROJECT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in range(5)
    }
    assert len(read) == 1
    assert not {"siddefects", "meddiccine", "lettucce", "cooffee"} & set(read.pop().split())
