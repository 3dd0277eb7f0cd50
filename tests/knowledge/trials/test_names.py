from __future__ import annotations

import pytest

from knowledge.trials.model import Study
from knowledge.trials.shelf import TrialShelf
from knowledge.trials.terms import read_terms

KYSA_1, KYSA_3 = "NCT05938725", "NCT06342960"
BREAKFREE_1, BREAKFREE_SLE = "NCT05869955", "NCT07015983"


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("KYSA-1", [KYSA_1]),
        ("is kysa 1 still open", [KYSA_1]),
        ("kysa3", [KYSA_3]),
        ("kysa", [KYSA_3, KYSA_1]),
        ("the KYV-101 trial", [KYSA_3, KYSA_1]),
        ("kyv 101", [KYSA_3, KYSA_1]),
        ("Breakfree-1", [BREAKFREE_1]),
        ("breakfree sle", [BREAKFREE_SLE]),
        ("status of breakfree", [BREAKFREE_1, BREAKFREE_SLE]),
        ("CC97540", [BREAKFREE_1, BREAKFREE_SLE]),
        ("CARLYSLE", ["NCT06333483"]),
        ("the carlysle study", ["NCT06333483"]),
        ("obe-cel", ["NCT06333483", "NCT07053800"]),
        ("obecabtagene", ["NCT06333483", "NCT07053800"]),
        ("relma cel", ["NCT05765006"]),
        ("ft819", ["NCT06308978"]),
        ("ALLO 329", ["NCT07085104"]),
        ("reset-ssc", ["NCT06328777"]),
        ("what is the AUTOGRAPH about", ["NCT06581198"]),
        ("any novartis trials", ["NCT06581198"]),
        ("the Kyverna study", [KYSA_3, KYSA_1]),
        # as it is heard and dictated
        ("is kysa three open", [KYSA_3]),
        ("k y s a study number one", [KYSA_1]),
        ("a thing called relmacell", ["NCT05765006"]),
        ("obe cell trial", ["NCT06333483", "NCT07053800"]),
        # the house of a sponsor, and a short one
        ("union hospital", ["NCT06106906", "NCT06349343"]),
        ("who does the fate trial", ["NCT06308978"]),
    ],
)
def test_studies_are_found_by_their_names(shelf: TrialShelf, text: str, numbers: list[str]) -> None:
    assert [study.nct_id for study in shelf.by_name(text)] == numbers


@pytest.mark.parametrize(
    "text",
    [
        "",
        "KYSA-2 status",
        "CASTLE trial",
        "a CD19 trial",
        "a CD 19 study in SLE",
        "what is cyclophosphamide",
        "please reset my answers",
        "can I get her autograph",
        "it is fate",
        "a phase 1 trial",
    ],
)
def test_other_words_name_no_study(shelf: TrialShelf, text: str) -> None:
    assert shelf.by_name(text) == ()


@pytest.mark.parametrize(
    ("text", "number"),
    [("kissa-3 please", KYSA_3), ("rapcabtagin", "NCT06581198"), ("a thing called relnacel", "NCT05765006")],
)
def test_a_misspelt_name_is_read_as_the_nearest(shelf: TrialShelf, text: str, number: str) -> None:
    found = shelf.like_name(text)
    assert found is not None
    assert number in [study.nct_id for study in found[1]]


@pytest.mark.parametrize("text", ["kysa-7", "what of KYSA 9 then"])
def test_a_number_that_no_study_of_a_family_has_is_read_as_the_family(shelf: TrialShelf, text: str) -> None:
    found = shelf.like_name(text)
    assert found is not None
    assert found[0][1] == "KYSA"
    assert {KYSA_1, KYSA_3} == {study.nct_id for study in found[1]}


def test_what_is_called_so_is_a_study_though_it_is_a_word(shelf: TrialShelf) -> None:
    text = "a nurse of his told us all about one called reset"
    assert [study.title for study in shelf.by_name(text, of_studies=True)]
    assert not shelf.by_name("a nurse of his told us all about how to reset", of_studies=True)


def test_a_condition_in_brackets_is_no_name() -> None:
    study = Study("NCT00000001", title="Cells in Vasculitis (ANCA)", conditions=("ANCA Vasculitis",))
    assert TrialShelf([study], read_terms()).by_name("ANCA trials") == ()


def test_by_number(shelf: TrialShelf) -> None:
    found = shelf.by_number(KYSA_1)
    assert found is not None
    assert found.nct_id == KYSA_1
    assert shelf.by_number("NCT00000001") is None


def test_a_number_stands_on_the_shelf_once() -> None:
    first, second = Study("NCT00000001", title="first"), Study("NCT00000001", title="second")
    assert TrialShelf([first, second], read_terms()).studies == (first,)
