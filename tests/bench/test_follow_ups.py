"""What the fits of follow-ups find, and what they are fitted to."""

from __future__ import annotations

import json

import numpy as np
import pytest

from bench.follow_ups import FOLLOW_UPS, Case, fit_light, fit_sureness
from knowledge.search.context import Followed, Light, follow
from knowledge.search.index import Index
from knowledge.wiring import Knowledge
from tests.knowledge.samples import ENTRIES, TEA
from tests.knowledge.search.test_index import small


@pytest.fixture
def index() -> Index:
    return small(*ENTRIES)


def made(index: Index, light: Light, number: int = 300) -> list[Case]:
    """Messages whose right entry is drawn by the scores that these weights make of chance figures."""
    chance, alone = np.random.default_rng(3), follow("and then", TEA, index).alone
    rows = []
    for _ in range(number):
        figures = chance.normal(size=(len(index.entries), len(light)))
        odds = np.exp(figures @ np.array(light))
        right = index.entries[chance.choice(len(odds), p=odds / odds.sum())]
        rows.append(Case(Followed(alone, figures), index, frozenset([right.id]), 1, "made"))
    return rows


def test_the_fit_finds_what_counts(index: Index) -> None:
    nothing = dict.fromkeys(Light._fields, 0.0)
    found = fit_light(made(index, Light(**{**nothing, "alone": 2.0, "asked": 1.0, "own": -1.0}), 1500))
    assert found.alone > found.asked > 0.5
    assert found.own < -0.5
    assert abs(found.topic) < 0.3


def test_the_surer_an_entry_is_before_others_the_likelier_it_is_right(index: Index) -> None:
    assert fit_sureness(made(index, Light(3.0, 3.0, *[0.0] * (len(Light._fields) - 2)))).chance > 0


def test_each_message_names_entries_that_there_are(shipped: Knowledge) -> None:
    known = {entry.id for entry in shipped.live().index.entries}
    rows = [json.loads(line) for line in FOLLOW_UPS.read_text(encoding="utf-8").splitlines()]
    assert {entry for row in rows for entry in (row["shown"], *row["accept"])} - known == set()
    assert sum(row["accept"] == [] for row in rows) >= 50
