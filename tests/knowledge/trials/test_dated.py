"""No reply shows a status without its date or the words that the date is unknown: random studies, all moves."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings

from knowledge.model import Answer, Block, Run
from knowledge.trials.answers import TrialAnswers
from knowledge.trials.model import STATUSES, RegistryCopy
from knowledge.trials.moves import About, AboutEach, Again, Look, More, Move, Named, Numbers, Standing
from knowledge.trials.reading import Understood
from knowledge.trials.search import Search
from knowledge.trials.talk import COMPARED
from knowledge.trials.terms import Terms, read_terms
from tests.knowledge.trials.random_studies import COPIES

FIELDS = (
    *("status", "where", "sponsor", "phase", "ages", "sex", "tested", "conditions", "enrollment"),
    *("checked", "changed", "why", "page"),
)
SEARCHES = (
    Search(),
    Search(recruiting_only=True),
    Search(country="Germany"),
    Search(country="Germany", recruiting_only=True),
    Search(city="Leipzig", country="Germany", near=True),
    Search(condition="lupus", ages="0-17", sex="FEMALE"),
    Search(status="COMPLETED", phase="PHASE2"),
)


@pytest.fixture(scope="module")
def terms() -> Terms:
    return read_terms()


def moves(copy: RegistryCopy) -> Iterator[Move]:
    for study in copy.studies:
        yield Numbers((study.nct_id,))
        yield About(study.nct_id, FIELDS)
        yield from (About(study.nct_id, (field,)) for field in FIELDS)
    every_one = tuple(study.nct_id for study in copy.studies)
    yield AboutEach(every_one, COMPARED)
    yield from (AboutEach(every_one, (field,)) for field in FIELDS)
    yield Named(copy.studies)
    yield from (Look(Understood(search), anew=True) for search in SEARCHES)
    yield from (More(), Again(), More(back=True))


def undated(answer: Answer, phrases: Mapping[str, str]) -> list[str]:
    """The lines that show a status and neither its date nor that the date is unknown."""
    words = [phrases["trials_status_" + status.lower()] for status in STATUSES]
    labels = ("Status", "Last known status", "Places that are recruiting", "Recruiting elsewhere", "The status changed")
    lines = (
        "".join(run.text for run in line) for block in answer.blocks for line in (block.items or (block.runs,)) if line
    )
    found = []
    for line in (line for line in lines if line.startswith(labels)):
        bare = re.sub(r"\((?:as of|registry date) [^()]+\)|\((?:registry )?date unknown[^()]*\)", "DATED", line)
        # What follows a list of places is the registry's own text.
        told = bare.split("DATED")[0] if bare.startswith(labels[2:4]) else bare
        shows = any(word in told for word in words) or bare.startswith(labels[2:4])
        if shows and "DATED" not in bare:
            found.append(line)
    return found


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(COPIES)
def test_no_reply_shows_a_status_without_its_date(phrases: Mapping[str, str], terms: Terms, copy: RegistryCopy) -> None:
    answers, earlier = TrialAnswers(copy, phrases, terms), TrialAnswers(_moved(copy), phrases, terms)
    standing = Standing()
    for made, move in ((made, move) for made in (earlier, answers) for move in moves(copy)):
        said = made.reply(move, standing, lambda entry: None)
        assert undated(said.answer, phrases) == []
        standing = Standing(said.talk, after_studies=True)


def _moved(copy: RegistryCopy) -> RegistryCopy:
    """The same copy, one sync before: every study had another status."""
    order = sorted(STATUSES)
    before = {status: order[place - 1] for place, status in enumerate(order)}
    studies = (replace(study, status=before.get(study.status or "", "RECRUITING")) for study in copy.studies)
    return RegistryCopy(tuple(studies), copy.made, copy.number)


def test_a_status_without_its_date_would_be_found(phrases: Mapping[str, str]) -> None:
    planted = ("Status: Recruiting", "Places that are recruiting: Graz", "The status changed. Before: Completed.")
    answers = [Answer("trials", (Block("paragraph", runs=(Run(line),)),)) for line in planted]
    assert [undated(answer, phrases) for answer in answers] == [[line] for line in planted]
