"""What people ask of the content as it is delivered, with the real model and without any process."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path

import pytest

from knowledge import wiring
from knowledge.answer import CHOICES, Answerer
from knowledge.codec import answer_to_json
from knowledge.model import Answer, Context, Entry, Question, Release, Run
from knowledge.render import as_text
from knowledge.search.index import Index
from knowledge.search.questions import MOST_PARTS
from knowledge.wiring import Knowledge
from safety import EMERGENCY_RULES
from safety.cards import fill
from tests.shipped import shipped_rules

FLOOR = [
    ("what is lupus", "lupus-what-is"),
    ("is lupus contagious", "lupus-contagious"),
    ("waht is plaquenil for", "lupus-hydroxychloroquine-what-for"),
    ("how does car-t work", "car-t-how-it-works"),
    ("what is cytokine release syndrome", "car-t-crs-what-is"),
    ("how many people were in the first lupus car t study", "study-how-many-people"),
    ("did their b cells come back", "study-b-cells-return"),
    ("is car-t approved for lupus", "car-t-approved-for-lupus"),
    ('what does "active, not recruiting" mean', "trials-status-active-not-recruiting"),
    ("how fast do i push in cpr", "cpr-how-fast"),
    ("do i have to do mouth to mouth", "cpr-mouth-to-mouth"),
    ("how do i do cpr on a baby", "cpr-infant-steps"),
    ("what is an AED", "cpr-aed-what-is"),
]


def text(answer: Answer) -> str:
    """What a reader of the blocks reads, one line a paragraph or item."""
    return "\n".join(run.text for run in runs(answer))


def runs(answer: Answer) -> list[Run]:
    items = [item for block in answer.blocks for item in (block.runs, *block.items)]
    return [run for item in items for run in item]


@pytest.mark.parametrize(("question", "entry"), FLOOR)
def test_a_usual_question_finds_its_answer_with_source_date_and_review(
    shipped: Knowledge, question: str, entry: str
) -> None:
    answer = shipped.live().answer(Question(question))
    assert (answer.kind, answer.entry) == ("steps" if entry.endswith("-steps") else "answer", entry)
    assert answer.sources
    assert answer.checked_on is not None
    assert answer.review == "editorial"
    assert answer.provenance[0].id == entry
    assert answer.provenance[0].number == answer.revision
    said = as_text(answer, shipped.phrases)
    assert answer.sources[0].organisation in said
    assert "Starter content, not yet approved by a clinician." in said
    assert f"Checked {answer.checked_on:%B} {answer.checked_on.day}, {answer.checked_on.year}." in said


@pytest.mark.parametrize(
    ("question", "entry"),
    [
        ("LUPUS", "lupus-what-is"),
        ("can i catch lupus from my wife", "lupus-contagious"),
        ("is lupus contageous", "lupus-contagious"),
        ("wat is lupus", "lupus-what-is"),
        ("whats crs", "car-t-crs-what-is"),
        ("how deep do i push on a grown up", "cpr-how-deep-adult"),
        ("how deep do i push on a child", "cpr-how-deep-child"),
        ("how deep do i push on an infant", "cpr-how-deep-infant"),
    ],
)
def test_the_same_asked_in_other_words_finds_it_too(answerer: Answerer, question: str, entry: str) -> None:
    assert answerer.answer(Question(question)).entry == entry


def test_a_yes_or_no_question_is_answered_in_the_first_word(answerer: Answerer) -> None:
    assert text(answerer.answer(Question("is lupus contagious"))).startswith("No, lupus is not contagious.")
    for revision in answerer.revisions():
        if revision.entry.answer_kind == "yes_no" and revision.entry.locale == "en":
            said = text(answerer.entry_answer(revision.entry.id, Question("")))
            assert said.split()[0].strip(",.") in {"Yes", "No", "Not", "Usually", "Sometimes", "Often", "Mostly"}


@pytest.mark.parametrize(
    "question",
    [
        "who won the world cup",
        "what is the capital of france",
        "how do I fix my car engine",
        "best pizza in town",
        "is ozempic good for weight loss",
        "write me a poem about the sea",
        "asdf qwer zxcv",
        "",
        "😀",
        "\0",
        "?",
    ],
)
def test_what_the_content_does_not_hold_is_not_guessed(shipped: Knowledge, question: str) -> None:
    answer = shipped.live().answer(Question(question))
    assert (answer.kind, answer.entry, answer.provenance) == ("abstain", None, ())
    assert text(answer).startswith(shipped.phrases.say("en", "abstain"))


def test_an_unclear_question_is_asked_back_with_published_questions(answerer: Answerer) -> None:
    answer = answerer.answer(Question("kidneys"))
    assert (answer.kind, answer.entry) == ("clarify", None)
    offered = {origin.id for origin in answer.provenance}
    assert 1 <= len(offered) <= 3
    live = {revision.entry.question: revision.entry.id for revision in answerer.asked()}
    assert {live[offer.message] for offer in answer.follow_ups} == offered


@pytest.mark.parametrize("question", ["should i stop taking plaquenil", "how much prednisone should i take today"])
def test_a_personal_decision_is_left_to_the_care_team(answerer: Answerer, question: str) -> None:
    answer = answerer.answer(Question(question))
    assert (answer.kind, answer.entry) == ("defer", None)
    assert text(answer).startswith("I cannot decide that for you.")


def test_a_request_that_the_intent_model_takes_for_advice_is_deferred(answerer: Answerer) -> None:
    question = Question("what is plaquenil for")
    assert answerer.answer(question).kind == "answer"
    deferred = answerer.answer(replace(question, context=Context(seeks_advice=True)))
    assert deferred.kind == "defer"
    assert any("Plaquenil" in offer.title or "hydroxychloroquine" in offer.title for offer in deferred.follow_ups)


@pytest.mark.parametrize(
    ("question", "locale", "words"),
    [
        ("¿qué es el lupus?", "es", "Por ahora solo puedo responder en inglés"),
        ("tengo lupus y estoy muy cansada", "es", "Por ahora solo puedo responder en inglés"),
        ("was ist lupus und wie wird es behandelt", "en", "I can answer in English only for now"),
        ("что такое волчанка", "en", "I can answer in English only for now"),
    ],
)
def test_another_language_is_told_so_in_its_own_words_where_we_have_them(
    answerer: Answerer, question: str, locale: str, words: str
) -> None:
    answer = answerer.answer(Question(question))
    assert (answer.kind, answer.locale) == ("abstain", locale)
    assert words in text(answer)


@pytest.mark.parametrize(
    "written",
    ["is NCT05938725 recruiting", "nct 0593 8725", "NTC05938725", "NCT-05938725?", "nct05938725", "study 05938725"],
)
def test_a_trial_number_however_written_finds_the_study(answerer: Answerer, written: str) -> None:
    answer = answerer.answer(Question(written))
    assert answer.kind == "trials"
    assert [origin.id for origin in answer.provenance if origin.kind == "registry"] == ["NCT05938725"]
    assert "https://clinicaltrials.gov/study/NCT05938725" in text(answer)
    assert "Only the study team can decide who can join." in text(answer)


def test_a_trial_status_comes_with_its_date_and_its_meaning(answerer: Answerer) -> None:
    answer = answerer.answer(Question("is NCT05938725 recruiting"))
    study = answerer.trials.shelf.by_number("NCT05938725")
    assert study is not None
    assert study.status_as_of is not None
    said = "".join(run.text for run in runs(answer))
    assert f"(as of {study.status_as_of:%B}" in said
    meaning = next(origin for origin in answer.provenance if origin.kind == "revision")
    assert answerer.live(meaning.id).entry.answer.split("\n\n")[0] in text(answer)


@pytest.mark.parametrize(
    ("written", "words"),
    [("NCT00000001", "is not in our copy of the registry"), ("NCT0593872", "is not a full registry number")],
)
def test_a_number_that_leads_nowhere_is_said_to(answerer: Answerer, written: str, words: str) -> None:
    answer = answerer.answer(Question(written))
    assert (answer.kind, answer.provenance) == ("trials", ())
    assert words in text(answer).replace("\n", "")


def test_a_short_follow_up_is_read_with_what_was_shown_last(answerer: Answerer) -> None:
    context = Context(last_entry="cpr-how-deep-adult")
    assert answerer.answer(Question("and for a baby?", context=context)).entry == "cpr-how-deep-infant"
    assert answerer.answer(Question("what about a child", context=context)).entry == "cpr-how-deep-child"
    assert answerer.answer(Question("is lupus contagious", context=context)).entry == "lupus-contagious"
    assert (
        answerer.answer(Question("is lupus contagious", context=Context(last_entry="gone"))).entry == "lupus-contagious"
    )


def test_the_number_to_call_is_the_one_of_the_country(answerer: Answerer) -> None:
    def called(region: str | None) -> str:
        return text(answerer.entry_answer("cpr-infant-steps", Question("", context=Context(region=region))))

    assert "Call 911" in called("US")
    assert "Call 112" in called("DE")
    assert "local emergency number" in called(None)


def test_a_statement_that_ages_says_its_date(answerer: Answerer) -> None:
    answer = answerer.entry_answer("car-t-approved-for-lupus", Question(""))
    assert answer.as_of is not None
    assert f"As of {answer.as_of:%B} {answer.as_of.day}, {answer.as_of.year}" in text(answer)


def test_an_answer_can_be_simpler_longer_or_show_its_sources(answerer: Answerer) -> None:
    entry, asked = answerer.live("lupus-what-is").entry, Question("")
    assert {"Say it more simply", "Tell me more"} <= {
        offer.title for offer in answerer.entry_answer(entry.id, asked).follow_ups
    }
    simpler = answerer.part_answer(entry.id, "simpler", asked)
    assert simpler is not None
    assert text(simpler) == entry.simpler.replace("\n\n", "\n")
    sources = answerer.sources_answer(entry.id, asked)
    assert all(source.title in text(sources) for source in sources.sources)
    assert [run.href for run in runs(sources) if run.href] == [row.address for row in sources.sources if row.address]


def test_a_part_that_an_entry_lacks_is_none_and_an_unpublished_entry_is_an_error(answerer: Answerer) -> None:
    lacking = next(r.entry for r in answerer.revisions() if not r.entry.more and r.entry.locale == "en")
    assert answerer.part_answer(lacking.id, "more", Question("")) is None
    with pytest.raises(KeyError):
        answerer.entry_answer("never-written", Question(""))


def test_every_word_of_every_entry_answer_stands_in_its_revision_or_is_a_phrase(shipped: Knowledge) -> None:
    answerer = shipped.live()
    phrases = {phrase for _, _, phrase in shipped.phrases}

    def unfounded(entry: Entry, answer: Answer) -> list[str]:
        slots = answerer.slots(entry, None)
        written = [fill(part, slots) for part in (entry.answer, entry.simpler, entry.more, *entry.steps)]
        return [
            run.text
            for run in runs(answer)
            if run.text not in phrases and not any(run.text in part for part in written)
        ]

    looked_at = 0
    for entry in (r.entry for r in answerer.asked() if r.entry.answer_kind != "card"):
        asked = Question("", entry.locale)
        given = [answerer.entry_answer(entry.id, asked)]
        given += filter(None, (answerer.part_answer(entry.id, part, asked) for part in ("simpler", "more")))
        for answer in given:
            assert unfounded(entry, answer) == [], entry.id
            assert answer.provenance[0].id == entry.id
            assert "{" not in text(answer), entry.id
            looked_at += 1
    assert looked_at > 300


def test_every_published_question_asked_word_for_word_shows_its_entry(answerer: Answerer) -> None:
    """Buttons send published questions, also below a question that was deferred or unclear."""
    entries = [r.entry for r in answerer.asked() if r.entry.answer_kind != "card"]
    astray = [
        (entry.id, answer.kind, answer.entry)
        for entry in entries
        if (answer := answerer.answer(Question(entry.question))).entry != entry.id
    ]
    assert astray == []


def test_every_button_of_an_entry_leads_somewhere(shipped: Knowledge) -> None:
    """To a part of it, to another entry, or to a card, which the safety rules show."""
    answerer, rules = shipped.live(), shipped_rules(EMERGENCY_RULES)
    entries = [r.entry for r in answerer.asked() if r.entry.answer_kind != "card"]
    offered = {offer.message for e in entries for offer in answerer.entry_answer(e.id, Question("")).follow_ups}
    known = {"Say it more simply", "Tell me more", *(entry.question for entry in entries)}
    assert {message for message in offered - known if not rules.check(message)} == set()


@pytest.mark.parametrize("region", [None, "US", "DE", "XX"])
def test_every_card_names_its_numbers_and_says_nothing_else(shipped: Knowledge, region: str | None) -> None:
    cards = [r.entry for r in shipped.live().revisions() if r.entry.answer_kind == "card"]
    assert {card.locale for card in cards} == {"en", "es"}
    for card in cards:
        answer = shipped.card_answer(card.id, card.locale, "emergency", region)
        assert answer.blocks[0].runs[0].text
        assert "{" not in text(answer), card.id
        slots = {
            "emergency_number": shipped.numbers.emergency_number(region, card.locale),
            "crisis_line": shipped.numbers.crisis_line(region, card.locale),
        }
        written = [fill(part, slots) for part in (card.answer, card.more, *card.steps)]
        assert [run.text for run in runs(answer) if not any(run.text in part for part in written)] == [], card.id


def test_every_source_named_is_shown_to_the_reader(answerer: Answerer) -> None:
    for revision in answerer.revisions():
        assert [source.key for source in answerer.sources(revision)] == list(revision.entry.sources)
        # A term without facts only says what a word means.
        assert revision.entry.sources or revision.entry.topic == "assistant" or revision.entry.answer_kind == "term"
        assert bool(revision.entry.sources) == bool(revision.entry.facts) or revision.entry.answer_kind != "term"


@pytest.mark.parametrize("length", [1000, 10000])
def test_a_very_long_question_is_answered_or_declined_calmly(answerer: Answerer, length: int) -> None:
    question = ("my cousin asked me about lupus and whether it is contagious, " * 200)[:length]
    assert answerer.answer(Question(question)).kind in ("answer", "clarify", "abstain", "defer")


def test_a_draft_can_be_tried_beside_the_live_release(shipped: Knowledge, answerer: Answerer) -> None:
    live = answerer.live("lupus-contagious")
    draft = replace(live, entry=replace(live.entry, answer="No. This is a draft."), number=live.number + 1)
    others = tuple(r for r in answerer.revisions() if r.entry.key != live.entry.key)
    release = Release(0, (*others, draft), answerer.release.published_at, "dr-lee")
    tried = Answerer(
        release,
        answerer.index,
        shipped.store.sources(),
        shipped.phrases,
        shipped._advice,
        shipped.numbers,
        shipped.trials,
        today=lambda: dt.date(2026, 11, 22),
    )
    assert text(tried.answer(Question("is lupus contagious"))).startswith("No. This is a draft.")
    assert text(answerer.answer(Question("is lupus contagious"))).startswith("No, lupus is not contagious.")


FIVE = {
    "What is lupus?": "lupus-what-is",
    "What is CRS?": "car-t-crs-what-is",
    "What is an AED?": "cpr-aed-what-is",
    "How fast do I push in CPR?": "cpr-how-fast",
    "Can lupus be cured?": "lupus-cure",
}


def entries(answerer: Answerer, message: str) -> list[str | None]:
    return [answer.entry for answer in answerer.answers(Question(message))]


def test_two_questions_get_two_answers_in_the_order_they_were_asked(answerer: Answerer) -> None:
    one, other = "Is lupus contagious?", "How deep do I push on a child?"
    assert entries(answerer, f"{one} And {other}") == ["lupus-contagious", "cpr-how-deep-child"]
    assert entries(answerer, f"{other} {one}") == ["cpr-how-deep-child", "lupus-contagious"]
    unstopped = "is lupus contagious and how does car-t work"
    assert entries(answerer, unstopped) == ["lupus-contagious", "car-t-how-it-works"]


def test_each_of_two_answers_is_the_whole_entry_with_its_own_sources(answerer: Answerer) -> None:
    asked = Question("Is lupus contagious? How deep do I push on a child?")
    for answer in answerer.answers(asked):
        assert answer.entry is not None
        assert answer == answerer.entry_answer(answer.entry, asked, confidence=answer.confidence)
        assert answer.sources


def test_of_many_questions_the_first_three_are_answered_and_the_rest_is_owned_up_to(answerer: Answerer) -> None:
    *shown, rest = answerer.answers(Question(" ".join(FIVE)))
    assert [answer.entry for answer in shown] == list(FIVE.values())[:3]
    assert (rest.kind, text(rest)) == ("smalltalk", answerer.say("several_left"))


def test_the_same_asked_twice_is_answered_once(answerer: Answerer) -> None:
    assert entries(answerer, "Is lupus contagious? Tell me, can I catch lupus?") == ["lupus-contagious"]


def test_one_reply_is_the_first_of_several(answerer: Answerer) -> None:
    asked = Question("Is lupus contagious? How deep do I push on a child?")
    assert answerer.answer(asked) == answerer.answers(asked)[0]


def test_a_story_does_not_hide_the_question_at_its_end(answerer: Answerer) -> None:
    story = (
        "My sister was told last month that she has lupus. We are all quite shaken and the house is upside down. "
        "Since then our grandmother will not share cups with her, and my brother has moved to the sofa."
    )
    assert entries(answerer, f"{story} Is lupus contagious?") == ["lupus-contagious"]


@pytest.mark.parametrize(
    ("message", "entry"),
    [
        ("why is lupus contagious", "lupus-contagious"),
        ("Lupus is contagious, so how long do I have to stay away from my wife?", "lupus-contagious"),
        ("because car-t is approved for lupus how do i get it", "car-t-approved-for-lupus"),
    ],
)
def test_a_false_premise_is_answered_by_the_entry_and_never_echoed(
    answerer: Answerer, message: str, entry: str
) -> None:
    (answer,) = answerer.answers(Question(message))
    assert answer.entry == entry
    assert text(answer) == text(answerer.entry_answer(entry, Question("")))
    assert text(answer).startswith(("No", "Not"))


HOSTILE = {
    "one word": "x" * 20000,
    "one question again and again": "is lupus contagious? " * 950,
    "words without a stop": "what is lupus " * 1430,
    "only question marks": "?" * 20000,
    "only ends of sentences": "?.!" * 6600,
    "only brackets": "( ) " * 5000,
    "only spaces between": "what is lupus" + " " * 19900 + "made of my tea?",
    "lines": "a\n " * 6000,
    "titles": "dr. " * 5000,
    "one emoji": "\U0001fac0",
    "nul": "\0",
    "nul between": "what is\0lupus",
    "marks of direction alone": "\u202e\u200f\u200b",
    "half a character": "what is lupus\ud800",
}


@pytest.mark.parametrize("context", [Context(), Context(last_entry="cpr-how-deep-adult"), Context(earlier="lupus")])
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_texts_get_a_reply(answerer: Answerer, name: str, context: Context) -> None:
    answers = answerer.answers(Question(HOSTILE[name], context=context))
    assert 1 <= len(answers) <= CHOICES
    for answer in answers:
        assert answer.blocks
        assert json.dumps(answer_to_json(answer))


def test_marks_of_direction_do_not_hide_a_question(answerer: Answerer) -> None:
    assert entries(answerer, "\u202ewhat is lupus\u202c") == ["lupus-what-is"]


@pytest.mark.parametrize(
    "message",
    [
        "Can lupus be cured? What does the cat of my neighbour eat for lunch?",
        "My mother has lupus. Can it be cured? Is it catching?",
    ],
)
def test_of_two_questions_the_one_that_has_a_sure_answer_gets_it(answerer: Answerer, message: str) -> None:
    assert answerer.answers(Question(message))[0].entry == "lupus-cure"


def test_who_is_near_to_several_entries_and_to_none_more_is_asked_back(answerer: Answerer) -> None:
    answer = answerer.answer(Question("cpr"))
    assert answer.kind == "clarify"
    assert len(answer.follow_ups) == 3


def test_a_message_of_many_parts_costs_no_more_than_its_last_ones(
    answerer: Answerer, monkeypatch: pytest.MonkeyPatch
) -> None:
    searched, read = [], Index.read

    def noted(index: Index, asked: str) -> object:
        searched.append(asked)
        return read(index, asked)

    monkeypatch.setattr(Index, "read", noted)
    answerer.answers(Question(" ".join(f"Is it true of lupus in house {number}?" for number in range(200))))
    assert "Is it true of lupus in house 199?" in searched
    # The whole message once, each part by itself and with what the message is about.
    assert len(searched) <= 1 + 2 * MOST_PARTS


def test_the_same_message_release_and_clock_give_the_same_bytes(prepared_home: Path) -> None:
    """Also in another order: nothing of an answer hangs on what was asked before."""
    messages = [*FIVE, " ".join(FIVE), "skin", "what is", "who won the world cup", "should i stop taking plaquenil"]
    contexts = [Context(), Context(last_entry="cpr-how-deep-adult"), Context(earlier="how is lupus treated")]

    def replies(order: int) -> dict[tuple[str, int], str]:
        answerer = wiring.build({"LANTERN_HOME": str(prepared_home)}).live()
        answerer._today = lambda: dt.date(2026, 11, 22)
        return {
            (asked, number): json.dumps(list(map(answer_to_json, answerer.answers(Question(asked, context=context)))))
            for asked in messages[::order]
            for number, context in enumerate(contexts)
        }

    assert replies(1) == replies(-1)
