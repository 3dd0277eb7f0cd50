"""Talks about trials with people who write as people do: frightened, in a hurry, two things at once."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from knowledge.trials.leaning import BEFORE
from knowledge.trials.model import RegistryCopy
from tests.actions.conftest import Say
from tests.actions.talking import Assistant, Person
from tests.conversations.expect import lists_studies, phrase, phrase_of
from tests.knowledge.trials.samples import (
    COPY,
    LUPUS_CHILDREN_UK,
    LUPUS_EUROPE,
    LUPUS_SPAIN,
    MADE,
    MYOSITIS_STOPPED,
    NEPHRITIS_GERMANY,
    SCLERODERMA_USA,
    STUDIES,
)
from tests.running import PROJECT

ADVICE_VECTORS = PROJECT / "safety" / "advice_vectors.jsonl"


@pytest.fixture(autouse=True)
def copy(assistant: Assistant) -> None:
    assistant.has_copy(COPY)


def shown(*studies: object) -> list[str]:
    return [study.nct_id for study in studies]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("said", "studies"),
    [
        ("any studies in germny for lupus nephritus that are still taking ppl?", [NEPHRITIS_GERMANY, LUPUS_EUROPE]),
        ("lupus nephritis trials germany", [NEPHRITIS_GERMANY, LUPUS_EUROPE]),
        ("Is there any trial for scleroderma in the United States?", [SCLERODERMA_USA]),
        ("trials for kids with lupus in the uk", [LUPUS_CHILDREN_UK, LUPUS_EUROPE]),
        ("i live in madrid. are there any lupus trials here that are recruiting", [LUPUS_EUROPE]),
        ("wot trials r there in pari for myositis", [MYOSITIS_STOPPED]),
        ("show me phase 3 studies for systemic sclerosis", [SCLERODERMA_USA]),
        ("any trials from Made-up Therapeutics in Spain", [LUPUS_SPAIN]),
        ("anything open in england for lupus", [LUPUS_CHILDREN_UK, LUPUS_EUROPE]),
        ("my sister has sle and is 20, we are in berlin, what studies are there", [LUPUS_EUROPE]),
        ("which lupus trials have not started yet", []),
        ("lupus trials in France or Spain", [NEPHRITIS_GERMANY, LUPUS_EUROPE, LUPUS_SPAIN]),
        ("find lupus trials outside Germany for someone aged 17", [LUPUS_CHILDREN_UK, LUPUS_EUROPE]),
    ],
)
def test_is_shown_what_fits(say: Say, said: str, studies: list[object]) -> None:
    assert sorted(lists_studies(say(said))) == sorted(shown(*studies))


@pytest.mark.parametrize(
    ("said", "nearest", "km"),
    [
        ("whats open near manchester", LUPUS_CHILDREN_UK, "0 km"),
        ("lupus trials near Leipzig please", NEPHRITIS_GERMANY, "0 km"),
        ("anything for lupus close to berlin", LUPUS_EUROPE, "0 km"),
    ],
)
def test_the_nearest_place_comes_first_with_its_distance(say: Say, said: str, nearest: object, km: str) -> None:
    reply = say(said)
    assert lists_studies(reply)[:1] == shown(nearest)
    assert km in reply.texts[0]


def test_distances_are_those_on_a_sphere(say: Say) -> None:
    # Leipzig to Berlin by haversine, R = 6371 km, with the coordinates of the samples.
    assert "(149 km, 93 miles)" in say("lupus trials near Leipzig").texts[0]


def test_a_search_grows_and_changes_in_any_order(say: Say) -> None:
    assert len(lists_studies(say("are there trials for lupus"))) == 3
    assert lists_studies(say("in spain")) == shown(LUPUS_EUROPE, LUPUS_SPAIN)
    assert lists_studies(say("only recruiting")) == shown(LUPUS_EUROPE)
    assert lists_studies(say("no, I meant the UK")) == shown(LUPUS_CHILDREN_UK, LUPUS_EUROPE)
    assert lists_studies(say("what about children?")) == shown(LUPUS_CHILDREN_UK, LUPUS_EUROPE)
    assert lists_studies(say("only phase 2")) == shown(LUPUS_EUROPE)
    assert lists_studies(say("any phase, and any age")) == shown(LUPUS_CHILDREN_UK, LUPUS_EUROPE)
    assert len(lists_studies(say("any country"))) == 3


def test_more_of_a_list_is_the_next_three_and_remembers_its_place(say: Say) -> None:
    first = lists_studies(say("find me trials"))
    second = lists_studies(say("show more"))
    assert len(first) == len(second) == 3
    assert not set(first) & set(second)
    last = lists_studies(say("more please"))
    assert sorted([*first, *second, *last]) == sorted(study.nct_id for study in STUDIES)
    assert phrase("trials_no_more") in say("show more").texts[0]
    assert lists_studies(say("the first one")) == last[:1]


@pytest.mark.parametrize("picked", ["the second one", "2", "tell me about the 2nd one", "open number two please"])
def test_one_of_a_list_is_picked_by_its_place(say: Say, picked: str) -> None:
    listed = lists_studies(say("lupus trials in europe"))
    assert lists_studies(say(picked)) == [listed[1]]


def test_one_of_a_list_is_picked_by_what_only_it_has(say: Say) -> None:
    say("lupus trials in europe")
    assert lists_studies(say("the one in manchester")) == shown(LUPUS_CHILDREN_UK)


def test_a_question_and_an_emergency_interrupt_nothing(say: Say) -> None:
    say("recruiting lupus trials in europe")
    assert say("what is a placebo").entry == "trials-placebo"
    listed = lists_studies(say("back to the trials"))
    assert lists_studies(say("only in spain")) == shown(LUPUS_EUROPE)
    assert say("help my chest hurts and i cannot breathe").kind == "emergency"
    assert lists_studies(say("i am ok now. back to the trials")) == shown(LUPUS_EUROPE)
    assert len(listed) == 3


def test_two_things_at_once_are_both_answered(say: Say) -> None:
    reply = say("are there any lupus trials in madrid? and who pays for it")
    assert lists_studies(reply) == shown(LUPUS_EUROPE, LUPUS_SPAIN)
    assert [answer["entry"] for answer in reply.answers[1:]] == ["trials-cost"]


def test_starts_over(say: Say) -> None:
    say("lupus trials in spain")
    assert say("start a new search").kind == "clarify"
    assert lists_studies(say("scleroderma")) == shown(SCLERODERMA_USA)
    say("start over")
    assert "Spain" not in say("trials for myositis").texts[0]


@pytest.mark.parametrize(
    ("said", "parts"),
    [
        ("lupus trials in Paris, Germany", ("Paris (France)", "Germany")),
        ("recruiting trials that are completed", ("recruiting", "completed")),
        ("trials for children aged 45", ("children", "45")),
    ],
)
def test_what_does_not_go_together_is_said_and_asked_back(say: Say, said: str, parts: tuple[str, str]) -> None:
    reply = say(said)
    assert reply.kind == "clarify"
    assert all(part in reply.texts[0] for part in parts)
    assert len(reply.offers) == 2


def test_after_a_contradiction_the_answer_goes_on_with_what_was_understood(say: Say) -> None:
    reply = say("lupus trials in Paris, Germany")
    assert phrase("trials_understood", search="lupus") in reply.texts[0]
    assert lists_studies(say("germany")) == shown(NEPHRITIS_GERMANY, LUPUS_EUROPE)


@pytest.mark.parametrize(
    "said", ["trials in Atlantis for lupus", "lupus studies near Narnia", "any trials around Mordor"]
)
def test_a_place_nobody_knows_is_said_and_the_registry_is_offered(say: Say, said: str) -> None:
    reply = say(said)
    assert lists_studies(reply) == []
    place = said.split(" for ")[0].split()[-1]
    assert phrase("trials_unknown_place", place=place) in reply.texts[0]
    assert f"locStr={place}" in reply.texts[0]
    assert lists_studies(say("spain"))


def test_a_slip_is_mended_and_what_was_understood_is_shown(say: Say) -> None:
    text = say("trials in germny for lupus nephritus").texts[0]
    assert phrase("trials_read_as", written="germny", meant="Germany") in text
    assert phrase("trials_read_as", written="nephritus", meant="lupus nephritis") in text
    assert "lupus nephritis, Germany" in text


def test_an_empty_search_widens_in_one_tap_or_with_a_yes(say: Say) -> None:
    reply = say("recruiting scleroderma trials in the us")
    assert lists_studies(reply) == []
    assert "https://clinicaltrials.gov/search?" in reply.texts[0]
    assert lists_studies(say(reply.press(phrase("trials_any_status")))) == shown(SCLERODERMA_USA)
    reply = say("scleroderma trials in Portugal")
    assert lists_studies(reply) == []
    assert lists_studies(say("yes please")) == shown(SCLERODERMA_USA)


def test_a_city_without_a_study_stands_for_its_country_and_that_is_said(say: Say) -> None:
    reply = say("whats open near glasgow for lupus")
    assert phrase("trials_not_in_city", place="Glasgow", country="United Kingdom") in reply.texts[0]
    assert set(lists_studies(reply)) == set(shown(LUPUS_CHILDREN_UK, LUPUS_EUROPE))


def test_near_me_is_the_country_that_the_site_tells_or_is_asked_back(assistant: Assistant, say: Say) -> None:
    assert phrase("trials_ask_place") in say("are there trials near me").texts[0]
    german = Person(assistant, region="DE")
    assert set(lists_studies(german.say("lupus trials near me"))) == set(shown(NEPHRITIS_GERMANY, LUPUS_EUROPE))


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("NCT90110012", NEPHRITIS_GERMANY),
        ("nct 9011 001", NEPHRITIS_GERMANY),
        ("is NCT901100111 open", NEPHRITIS_GERMANY),
        ("NCT90350333", LUPUS_SPAIN),
    ],
)
def test_a_number_that_is_one_digit_off_is_asked_back(say: Say, said: str, meant: object) -> None:
    reply = say(said)
    assert lists_studies(reply) == []
    assert phrase("trials_did_you_mean", numbers=shown(meant)[0]) in reply.texts[0]
    assert lists_studies(say("yes")) == shown(meant)


@pytest.mark.parametrize(
    ("said", "studies"),
    [
        ("brightcell", [LUPUS_SPAIN]),
        ("is brightcel still recruiting", [LUPUS_SPAIN]),
        ("lantern ln", [NEPHRITIS_GERMANY]),
        ("the lantern-ln study", [NEPHRITIS_GERMANY]),
        ("mut101", [NEPHRITIS_GERMANY, LUPUS_SPAIN]),
    ],
)
def test_a_study_is_known_by_its_name(say: Say, said: str, studies: list[object]) -> None:
    assert lists_studies(say(said)) == shown(*studies)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("is it still recruiting?", "Active, not recruiting (as of October 1, 2026)"),
        ("who runs it", "Made-up Therapeutics"),
        ("where is it", "Hospital La Paz, Madrid"),
        ("what phase is that", "Phase 2"),
        ("how old do you have to be", "18 Years"),
        (
            "has anything changed",
            "from Recruiting to Active, not recruiting (registry date October 1, 2026, in our copy since ",
        ),
        ("when was it last checked", "November 20, 2026"),
        ("what are they testing", "MUT-101 CAR-T cells"),
        ("is it in france too", phrase("trials_none_there", country="France")),
    ],
)
def test_asks_about_the_study_shown_last(say: Say, asked: str, told: str) -> None:
    say("brightcell")
    reply = say(asked)
    assert lists_studies(reply) == shown(LUPUS_SPAIN)
    assert told in reply.texts[0]


def test_learns_what_goes_with_a_study(say: Say) -> None:
    card = say("brightcell")
    assert say(card.press("What questions should I ask before joining a trial?")).entry == "trials-questions-to-ask"
    say("brightcell")
    assert say("what does that mean").entry == "trials-status-active-not-recruiting"
    say("brightcell")
    assert say("what should i ask them").entry == "trials-questions-to-ask"
    say("brightcell")
    assert say("where is that from").sources == ("ctgov",)


@pytest.mark.parametrize(
    "said",
    [
        "is there a trial for me?",
        "do I qualify?",
        "can I join",
        "would they take my mum in a trial, she is 70",
        "am i too old for a study",
        "which trial is best for me",
    ],
)
def test_is_never_told_whether_they_may_join(say: Say, said: str) -> None:
    reply = say(said)
    assert reply.kind == "defer"
    assert phrase("defer_eligibility") in reply.texts[0]
    assert reply.entry == "trials-how-to-join"
    assert lists_studies(say(reply.press(phrase("trials_search_offer"))))


@pytest.mark.parametrize(
    "said", ["my mum is 70 can she", "can i join", "which one should i pick", "sign me up for the first one"]
)
def test_after_a_list_nobody_is_told_whether_they_may_join(say: Say, said: str) -> None:
    say("lupus trials in europe")
    assert say(said).kind == "defer"
    assert lists_studies(say("ok, and in spain?")) == shown(LUPUS_EUROPE, LUPUS_SPAIN)


def test_what_the_record_says_of_ages_stands_beside_who_decides(say: Say) -> None:
    say("lantern-ln")
    text = say("my mum is 70, can she join").texts[0]
    assert text.index(phrase("defer_eligibility")) < text.index("18 Years")


def test_a_changed_status_is_mentioned_when_the_study_comes_up_again(assistant: Assistant, say: Say) -> None:
    say("lantern-ln")
    assert "changed" not in say("lantern-ln").texts[0]
    closed = replace(NEPHRITIS_GERMANY, status="COMPLETED", status_as_of=MADE)
    assistant.has_copy(RegistryCopy((closed, *STUDIES[1:]), MADE, number=4))
    told = "Before: Recruiting (as of October 1, 2026). Now: Completed (as of November 20, 2026)."
    assert told in say("back to LANTERN-LN, is it open?").texts[0]
    assert told not in say("lantern-ln").texts[0]


def test_a_study_that_the_registry_no_longer_sends_says_so(say: Say) -> None:
    text = say("NCT90550955").texts[0]
    assert phrase("trials_missing_since", day="November 1, 2026") in text
    assert phrase("trials_why_stopped", reason="Not enough participants.") in text


def test_other_questions_about_trials_stay_questions(say: Say) -> None:
    for said, entry in (
        ("what does recruiting mean", "trials-status-recruiting"),
        ("what is a phase 2 trial", "trials-phase-2"),
        ("how do i join a clinical trial", "trials-how-to-join"),
        ("where else can i look for trials", "trials-other-registries"),
    ):
        assert say(said).entry == entry


def test_a_question_after_several_studies_is_answered_for_each(say: Say) -> None:
    listed = lists_studies(say("lupus trials in spain"))
    reply = say("are they still open")
    assert lists_studies(reply) == listed
    assert reply.texts[0].count(phrase("trials_status_recruiting")) == 1
    assert lists_studies(say("how do those two differ")) == listed


def test_the_study_that_was_talked_about_stays_at_hand(say: Say) -> None:
    say("lupus trials in spain")
    assert lists_studies(say("the brightcell one")) == shown(LUPUS_SPAIN)
    assert say("what is informed consent").entry == "trials-informed-consent"
    reply = say("and its phase?")
    assert lists_studies(reply) == shown(LUPUS_SPAIN)
    assert "Phase 2" in reply.texts[0]
    assert lists_studies(say("and the other one?")) == shown(LUPUS_EUROPE)


def test_the_only_study_of_a_list_is_asked_about_as_it(say: Say) -> None:
    assert lists_studies(say("myositis trials in france")) == shown(MYOSITIS_STOPPED)
    text = say("why was it stopped").texts[0]
    assert phrase("trials_why_stopped", reason="Not enough participants.") in text
    assert "Paris" in say("which hospital").texts[0]


def test_places_are_added_left_out_and_widened(say: Say) -> None:
    assert lists_studies(say("scleroderma trials in texas")) == shown(SCLERODERMA_USA)
    assert lists_studies(say("not in houston")) == []
    assert lists_studies(say("usa")) == shown(SCLERODERMA_USA)
    assert lists_studies(say("lupus in spain")) == shown(LUPUS_EUROPE, LUPUS_SPAIN)
    assert lists_studies(say("germany would be ok as well")) == shown(NEPHRITIS_GERMANY, LUPUS_EUROPE, LUPUS_SPAIN)
    assert lists_studies(say("not spain")) == shown(NEPHRITIS_GERMANY, LUPUS_EUROPE)


def test_what_only_limits_a_search_is_no_question_beside_it(say: Say) -> None:
    say("lupus trials in portugal")
    reply = say("no? spain, and are open phase 2")
    assert len(reply.messages) == 1
    assert lists_studies(reply) == shown(LUPUS_EUROPE)


def test_a_question_comes_back_to_the_study_with_who_asks_it(say: Say) -> None:
    say("brightcell")
    assert say("what is a placebo").entry == "trials-placebo"
    reply = say("back to the study, who runs it")
    assert lists_studies(reply) == shown(LUPUS_SPAIN)
    assert "Sponsor: Made-up Therapeutics" in reply.texts[0]
    assert say("and who is paying for all of it").entry == "trials-cost"


def test_a_hospital_is_looked_in(say: Say) -> None:
    say("lupus trials in france")
    assert lists_studies(say("what about the hammersmith")) == shown(LUPUS_CHILDREN_UK, LUPUS_EUROPE)


def test_which_of_them_list_an_age_is_no_question_of_joining(say: Say) -> None:
    say("lupus trials in europe")
    assert lists_studies(say("which of these take a 12 year old")) == shown(LUPUS_CHILDREN_UK)
    assert say("would they take him, he is 12").kind == "defer"


def test_why_nothing_was_found_is_told_by_what_the_copy_is(say: Say) -> None:
    assert lists_studies(say("lupus trials in portugal")) == []
    assert say("why are there none").entry == "assistant-trial-data"


def test_whether_a_study_is_safe_is_told_by_its_dangers(say: Say) -> None:
    say("lantern-ln")
    assert say("is that one safe").entry == "car-t-dangers"


def test_who_asks_in_spanish_is_told_that_replies_are_in_english(
    assistant: Assistant, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    notice = phrase_of("es", "abstain_language")
    with monkeypatch.context() as patch:
        patch.setattr(assistant, "leans", dict.fromkeys(BEFORE, (0.8, 0.0, 0.0)))
        reply = say("ensayos de lupus en España")
    assert lists_studies(reply) == shown(LUPUS_EUROPE, LUPUS_SPAIN)
    assert reply.texts[0].startswith(notice)
    for text in ("cuando termina", "otro estudio", "puedo participar"):
        assert notice in say(text).texts[0], text


ASKS_FOR_ADVICE = [
    row["text"] for row in map(json.loads, ADVICE_VECTORS.read_text(encoding="utf-8").splitlines()) if row["expect"]
][::5]


@pytest.mark.parametrize("before", [[], ["lupus trials in europe"], ["lantern-ln"]])
def test_what_the_advice_rules_find_never_becomes_a_list_of_studies(
    assistant: Assistant, before: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the model of the talk about studies takes it for a search."""
    listed = []
    for text in ASKS_FOR_ADVICE:
        person = Person(assistant)
        for earlier in before:
            person.say(earlier)
        with monkeypatch.context() as patch:
            patch.setattr(assistant, "leans", dict.fromkeys(BEFORE, (0.6, 0.2, 0.0)))
            if person.say(text).kind == "trials":
                listed.append(text)
    assert len(ASKS_FOR_ADVICE) > 100
    assert listed == []
