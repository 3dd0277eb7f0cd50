"""What others asked after the same answer tells what a message asks that names nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from knowledge.errors import ContentError
from knowledge.search.asked_next import AskedNext, Next
from knowledge.search.context import Earlier, follow, read_after
from knowledge.search.encoder import DIMENSIONS
from knowledge.wiring import MOST_ASKED_NEXT, read_asked_next
from tests.knowledge.samples import ENTRIES, STEPS, TEA, WordEncoder
from tests.knowledge.search.test_index import small

SURE = 0.45
AFTER_TEA = [
    Next(TEA.id, "does it burn", (STEPS.id,)),
    Next(TEA.id, "who grew it"),
    Next(STEPS.id, "does it burn", (TEA.id,)),
]


def unit(place: int) -> np.ndarray:
    return np.eye(DIMENSIONS, dtype=np.float32)[place]


def test_what_was_asked_after_the_same_answer_counts_for_what_answered_it() -> None:
    rows = [Next(TEA.id, "hot", (STEPS.id,)), Next(TEA.id, "cold", (TEA.id, "gone")), Next(TEA.id, "why")]
    entries = (TEA, STEPS)
    vectors = np.stack([unit(0), unit(1), unit(2)])
    near = AskedNext(rows, vectors, entries).near(TEA, 0.6 * unit(0) + 0.8 * unit(2))
    assert near.same == pytest.approx([0.0, 0.36])
    assert (near.answered, near.unanswered) == (pytest.approx(0.36), pytest.approx(0.64))
    assert near.topic == pytest.approx(near.same)


def test_after_an_answer_that_nobody_went_on_from_its_topic_counts() -> None:
    rows = [Next(TEA.id, "hot", (STEPS.id,))]
    other = next(entry for entry in ENTRIES if entry.topic == TEA.topic and entry.id != TEA.id)
    near = AskedNext(rows, unit(0)[None], ENTRIES).near(other, unit(0))
    assert near.same.max() == 0.0
    assert near.topic[ENTRIES.index(STEPS)] == pytest.approx(1.0)


def test_the_same_words_are_answered_by_what_answered_them_then() -> None:
    index = small(*ENTRIES, asked_next=AFTER_TEA)
    assert read_after("does it burn", Earlier(TEA), index, SURE).best.hits[0].entry == STEPS
    assert read_after("does it burn", Earlier(STEPS), index, SURE).best.hits[0].entry == TEA


def test_what_says_nothing_by_itself_is_not_held_against_what_followed_other_answers() -> None:
    index = small(*ENTRIES, asked_next=[Next(STEPS.id, "why not", (STEPS.id,))])
    assert follow("why not", TEA, index).figures[:, -1].max() == 0.0
    assert follow("why not", STEPS, index).figures[:, -2].max() > 0.9


def test_what_nothing_answered_then_is_less_sure_now() -> None:
    index = small(*ENTRIES, asked_next=AFTER_TEA)
    knows_nothing = small(*ENTRIES)
    text = "who grew it"
    assert follow(text, TEA, index).unanswered == pytest.approx(1.0, abs=0.01)
    before = read_after(text, Earlier(TEA), knows_nothing, SURE).best.confidence
    assert read_after(text, Earlier(TEA), index, SURE).best.confidence < before


def test_the_next_index_embeds_only_what_is_new() -> None:
    rows = [*AFTER_TEA, Next(TEA.id, "is it hot")]
    encoder = WordEncoder()
    index = small(*ENTRIES, asked_next=AFTER_TEA, encoder=encoder)
    encoder.encoded.clear()
    small(*ENTRIES, asked_next=rows, previous=index, encoder=encoder)
    assert encoder.encoded == ["is it hot"]


def asked_next_file(content: Path) -> Path:
    (content / "en").mkdir()
    return content / "en" / "asked_next.jsonl"


def test_a_file_is_read_line_by_line_and_none_is_none(tmp_path: Path) -> None:
    file = asked_next_file(tmp_path)
    assert read_asked_next(tmp_path) == ()
    file.write_text('{"shown": "tea", "say": "why", "accept": ["milk"], "author": 3}\n\n', "utf-8")
    assert read_asked_next(tmp_path) == (Next("tea", "why", ("milk",)),)


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[]",
        '{"shown": "tea"}',
        '{"shown": "tea", "say": "a", "accept": 3}',
        "null",
        '{"shown": "tea", "say": " ", "accept": []}',
        '{"shown": "tea", "say": "a", "accept": "milk"}',
    ],
)
def test_a_line_that_is_none_is_named(tmp_path: Path, line: str) -> None:
    file = asked_next_file(tmp_path)
    file.write_text(f'{{"shown": "tea", "say": "why", "accept": []}}\n{line}\n', "utf-8")
    with pytest.raises(ContentError, match=r"asked_next\.jsonl:2 is no message"):
        read_asked_next(tmp_path)
    file.write_bytes(b" " * (MOST_ASKED_NEXT + 1))
    with pytest.raises(ContentError, match="10000 KB"):
        read_asked_next(tmp_path)
