"""What any index promises, on small content with a small encoder and on the shipped content with the real one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from knowledge.model import Entry, Release, Revision
from knowledge.search.asked_next import Next
from knowledge.search.embedder import Embedder
from knowledge.search.index import Index
from knowledge.search.words import Aliases
from knowledge.wiring import Knowledge
from tests.knowledge.samples import CARD, ENTRIES, NOON, STEPS, TEA, Vectors, WordEncoder

HOSTILE = [
    "",
    " \t\n",
    "?!...",
    "a",
    "\0",
    "lupus\0tea\0",
    "😀🫖",
    "\ud800",
    "\u202e\u200b",
    "x" * 10000,
    "lupus tea " * 1000,
    "'; DROP TABLE releases; --",
    "<script>alert(1)</script>",
    "{as_of} %s {0}",
    "茶是什么",
    "ça và ñandú",
]


def small(
    *entries: Entry,
    locale: str = "en",
    previous: Index | None = None,
    asked_next: Sequence[Next] = (),
    encoder: WordEncoder | None = None,
) -> Index:
    encoder = encoder or WordEncoder()
    revisions = tuple(Revision(entry, 1, "hash", "starter", (), "editorial", NOON) for entry in entries)
    return Index(
        Release(1, revisions, NOON, "starter"),
        locale,
        Embedder(encoder, Vectors()),
        aliases=Aliases({"cuppa": "tea"}),
        background=["who won the cup"],
        english=encoder.english,
        asked_next=asked_next,
        previous=previous,
    )


@pytest.fixture(params=["small", "shipped"])
def index(request: pytest.FixtureRequest) -> Index:
    if request.param == "small":
        return small(*ENTRIES)
    shipped: Knowledge = request.getfixturevalue("shipped")
    return shipped.live().index


def found(index: Index, text: str) -> list[tuple[str, float]]:
    return [(hit.entry.id, hit.score) for hit in index.search(text, limit=9).hits]


def test_an_entry_is_found_by_its_own_question(index: Index) -> None:
    for entry in index.entries[:: max(1, len(index.entries) // 25)]:
        assert found(index, entry.question)[0][0] == entry.id


def test_the_same_question_finds_the_same_in_the_same_order(index: Index) -> None:
    questions = ["what is it", "make tea", "is lupus dangerous for children", "help"]
    first = [found(index, question) for question in questions]
    assert [found(index, question) for question in reversed(questions)][::-1] == first
    for hits in first:
        assert [score for _, score in hits] == sorted((score for _, score in hits), reverse=True)
        assert len({entry for entry, _ in hits}) == len(hits)


def test_cards_are_never_found(index: Index) -> None:
    for text in (CARD.question, "what do I do in an emergency right now", "scald call now"):
        assert all(hit.entry.answer_kind != "card" for hit in index.search(text, limit=99).hits)


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text[:12]))
def test_any_text_is_survived_and_the_next_question_works(index: Index, text: str) -> None:
    ranking = index.search(text)
    assert ranking.confidence == ranking.confidence
    assert len(ranking.hits) <= 5
    entry = index.entries[0]
    assert found(index, entry.question)[0][0] == entry.id


def test_a_question_without_words_finds_nothing(index: Index) -> None:
    for text in ("", " ", "?!", "😀"):
        assert (index.search(text).hits, index.search(text).confidence) == ((), 0.0)


def test_an_outside_question_is_less_sure_than_any_of_ours(index: Index) -> None:
    outside = index.search("who won the cup in 1998").confidence
    assert all(index.search(entry.question).confidence > outside for entry in index.entries[:20])


def test_an_index_of_nothing_finds_nothing() -> None:
    for index in (small(), small(CARD)):
        assert (index.entries, index.search("what is tea").hits) == ((), ())


def test_what_is_not_in_the_release_is_not_found() -> None:
    assert [name for name, _ in found(small(STEPS), TEA.question)] == ["tea-steps"]


def test_other_languages_are_not_mixed_in() -> None:
    spanish = replace(TEA, locale="es", question="¿Qué es el té?")
    assert small(STEPS, spanish).entries == (STEPS,)
    assert small(STEPS, spanish, locale="es").entries == (spanish,)


def test_another_name_finds_the_same_entry() -> None:
    assert found(small(*ENTRIES), "what is cuppa") == found(small(*ENTRIES), "what is tea")


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("how to serve tea", "tea-adult"),
        ("how to serve tea to a child", "tea-child"),
        ("serve tea to kids", "tea-child"),
    ],
)
def test_an_entry_for_another_age_comes_second(question: str, first: str) -> None:
    def wordings(whom: str) -> tuple[str, ...]:
        return (f"serve tea to {whom}", f"how to serve tea to {whom}")

    adult = replace(TEA, id="tea-adult", audience="adult", question="How to serve tea?", phrasings=wordings("people"))
    child = replace(
        TEA, id="tea-child", audience="child", question="How to serve kids tea?", phrasings=wordings("a child")
    )
    assert found(small(child, adult), question)[0][0] == first


def test_an_index_that_follows_another_finds_what_a_fresh_one_finds() -> None:
    better = replace(TEA, question="What is good tea?", answer="A warm drink of leaves.")
    follows, fresh = small(better, STEPS, previous=small(*ENTRIES)), small(better, STEPS)
    for question in (better.question, TEA.question, STEPS.question, "leaves", "cold water"):
        assert found(follows, question) == found(fresh, question)
        assert follows.search(question).confidence == fresh.search(question).confidence


def test_subjects_are_words_of_published_questions_that_are_said_of_little_else(shipped: Knowledge) -> None:
    subjects = shipped.live().index.subjects
    assert subjects("my sister was told she has lupus last week") == ("lupus",)
    assert subjects("the weather was nice and we went to the beach") == ()
    assert "hydroxychloroquine" in subjects("they gave me plaquenil")
    assert subjects("") == ()


def test_words_of_ours_tell_more_than_words_of_elsewhere(shipped: Knowledge) -> None:
    search = shipped.live().index.search
    assert search("lupus kidneys").evidence.telling > 0 > search("football match").evidence.telling


def test_foreign_words_are_counted_up_to_a_few(shipped: Knowledge) -> None:
    search = shipped.live().index.search
    assert search("what is lupus").evidence.foreign == 0
    assert search("what is ustekinumab").evidence.foreign == 1
    assert search("zzqqvvxx wwkkqqzz qqxxjjww vvzzkkjj xxqqwwzz").evidence.foreign == 2


def test_the_chance_of_an_entry_falls_as_that_of_another_rises() -> None:
    search = small(*ENTRIES).search
    assert search(TEA.question).evidence.chance > search("tea").evidence.chance > 0


def test_a_part_and_the_message_around_it_count_together() -> None:
    index = small(*ENTRIES)
    whole, part = index.read("herbs in hot water. what then"), index.read("what then")
    alone, within = index.ranked(part), index.ranked(whole, [part], as_part=True)
    assert alone.hits[0].entry == STEPS
    assert next(hit.score for hit in within.hits if hit.entry == TEA) > next(
        hit.score for hit in alone.hits if hit.entry == TEA
    )


def test_an_entry_mentions_the_words_of_its_text_and_of_its_phrasings() -> None:
    index = small(*ENTRIES)
    for text in ("which leaves?", "the cuppa", "my aunt"):
        assert index.mentioning(text)(TEA)
    assert not index.mentioning("the moon")(TEA)
    assert not index.mentioning("scald")(CARD)
