"""Which study a message points at, among those that were shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from knowledge.trials.lexicon import keys
from knowledge.trials.model import Study
from knowledge.trials.pointing import bearing, pointed
from knowledge.trials.shelf import TrialShelf
from knowledge.trials.terms import read_terms
from tests.knowledge.trials.samples import (
    LUPUS_CHILDREN_UK,
    LUPUS_EUROPE,
    LUPUS_SPAIN,
    NEPHRITIS_GERMANY,
    SCLERODERMA_USA,
    STUDIES,
)

PAGE = (NEPHRITIS_GERMANY, LUPUS_CHILDREN_UK, LUPUS_SPAIN)


@pytest.fixture(scope="module")
def made_up() -> TrialShelf:
    return TrialShelf(STUDIES, read_terms(studies=STUDIES))


def meant(text: str, shelf: TrialShelf, page: Sequence[Study] = PAGE, focus: Study | None = None) -> Study | None:
    found = pointed(" ".join(keys(text)), page, shelf, focus.nct_id if focus else None, (SCLERODERMA_USA,))
    return found.study if found else None


@pytest.mark.parametrize(
    ("text", "study"),
    [
        # by its place
        ("the second one", LUPUS_CHILDREN_UK),
        ("show me number 3", LUPUS_SPAIN),
        ("tell me about the last, what is tested in it", LUPUS_SPAIN),
        ("more on the first please", NEPHRITIS_GERMANY),
        # by what only it has
        ("the one in Madrid", LUPUS_SPAIN),
        ("that one for children", LUPUS_CHILDREN_UK),
        ("the brightcell one", LUPUS_SPAIN),
        ("the one from second pretend", LUPUS_CHILDREN_UK),
        ("the one with mut-202", LUPUS_CHILDREN_UK),
        ("the kidney one", NEPHRITIS_GERMANY),
        ("the one with 30 people", NEPHRITIS_GERMANY),
        ("the thirty... no, the German one", NEPHRITIS_GERMANY),
        ("the one that is not recruiting any more, active not recruiting", LUPUS_SPAIN),
        ("the phase 1 one", None),  # two of them
        ("the one in Japan", None),
        # shown earlier, and not on the page
        ("the scleroderma one", SCLERODERMA_USA),
        # no pointing at all
        ("are there any in Spain", None),
        ("what is phase one", None),
        ("the first person who had this", None),
        ("nearest to Rochester please", None),
    ],
)
def test_a_study_is_pointed_at(made_up: TrialShelf, text: str, study: Study | None) -> None:
    assert meant(text, made_up) == study


def test_the_biggest_is_that_with_most_people_of_those_whose_number_is_known(made_up: TrialShelf) -> None:
    assert meant("the biggest one", made_up) == NEPHRITIS_GERMANY
    assert meant("the small one", made_up, (LUPUS_SPAIN, LUPUS_EUROPE)) is None


DATED = (
    replace(NEPHRITIS_GERMANY, starts_on="2024-03", ends_on="2029-01-31"),
    replace(LUPUS_CHILDREN_UK, starts_on="2025-09-01", ends_on="2027-06"),
    replace(LUPUS_SPAIN, starts_on=None, ends_on="2028-12-01"),
)


@pytest.mark.parametrize(
    ("text", "study", "fields"),
    [
        ("which of these is over soonest", DATED[1], ("dates",)),
        ("which one runs longest", DATED[0], ("dates",)),
        ("which of them started first", DATED[0], ("dates",)),  # of one the start is not known
        ("the newest one", DATED[1], ()),
        ("which has the most hospitals", DATED[0], ("where",)),
        ("which of the two is bigger", DATED[0], ("enrollment",)),
        ("it can be done later", None, ()),
    ],
)
def test_a_study_is_pointed_at_by_what_it_is_most_of(
    made_up: TrialShelf, text: str, study: Study | None, fields: tuple[str, ...]
) -> None:
    found = pointed(" ".join(keys(text)), DATED, made_up)
    assert (found.study if found else None) == study
    assert (found.fields if found else ()) == fields


def test_a_word_of_its_title_is_enough_where_only_one_has_it(made_up: TrialShelf) -> None:
    assert meant("and the brightcell?", made_up) == LUPUS_SPAIN
    assert meant("the made up", made_up) is None  # all of them
    assert bearing("children", STUDIES) == [LUPUS_CHILDREN_UK]


def test_the_other_one_is_clear_only_between_two(made_up: TrialShelf) -> None:
    two = (NEPHRITIS_GERMANY, LUPUS_SPAIN)
    assert meant("and the other one?", made_up, two, focus=LUPUS_SPAIN) == NEPHRITIS_GERMANY
    assert meant("the other", made_up, PAGE, focus=LUPUS_SPAIN) is None
    assert meant("the other one", made_up, two) is None


def test_what_is_asked_beside_it_is_left(made_up: TrialShelf) -> None:
    found = pointed("when does the one in madrid end", PAGE, made_up)
    assert found is not None
    assert (found.study, found.plainly) == (LUPUS_SPAIN, True)
    assert found.rest == "when does end"


def test_a_study_may_be_one_that_is_known_from_elsewhere(made_up: TrialShelf) -> None:
    found = pointed("what happened in the german study", PAGE, made_up)
    assert found is not None
    assert not found.plainly


def test_a_name_goes_before_what_a_study_takes(shelf: TrialShelf) -> None:
    """Both studies of this family take people with lupus; one is called so."""
    family = shelf.by_name("breakfree", of_studies=True)
    found = pointed("the sle one", family, shelf)
    assert found is not None
    assert found.study.nct_id == "NCT07015983"
