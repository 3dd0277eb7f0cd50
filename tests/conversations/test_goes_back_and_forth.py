"""People point at what was said: the same again, the one before, the other one, the second one, where were we."""

from __future__ import annotations

import pytest

from tests.conversations.conftest import Say
from tests.conversations.expect import answered_by, lists_studies, phrase, shows_card


def test_hears_again_what_was_said_and_then_what_came_before(say: Say) -> None:
    first = say("is lupus contagious")
    second = say("how fast do i push in cpr")
    assert say("what did you say before?").texts[0] == second.texts[0]
    assert say("the one before that").texts[0] == first.texts[0]
    answered_by(say("simpler"), "lupus-contagious")
    assert say("the one before that").texts[0] == phrase("nothing_before")


def test_hears_the_same_part_again(say: Say) -> None:
    say("is lupus contagious")
    simpler = say("simpler")
    assert say("repeat that please").texts[0] == simpler.texts[0]


def test_asks_what_was_said_about_one_thing(say: Say) -> None:
    said = say("is lupus contagious")
    say("how fast do i push in cpr")
    assert say("what did you tell me about it being contagious").texts[0] == said.texts[0]


@pytest.mark.parametrize("choice", ["2", "the second one", "second please", "b", "no, the second"])
def test_picks_from_a_question_back_by_its_place(say: Say, choice: str) -> None:
    asked_back = say("kidneys")
    assert asked_back.kind == "clarify"
    chosen = say(choice)
    answered_by(chosen, say(asked_back.press(asked_back.offers[1])).entry or "")


def test_picks_one_then_the_other_then_none(say: Say) -> None:
    asked_back = say("kidneys")
    second, other, second_again = say("the second one"), say("no, the other one"), say("2")
    assert say("none of these").texts[0] == phrase("none_of_these")
    entries = [say(offer).entry for offer in asked_back.offers]
    assert [reply.entry for reply in (second, other, second_again)] == [entries[1], entries[0], entries[1]]


def test_yes_to_several_is_asked_which(say: Say) -> None:
    asked_back = say("kidneys")
    which = say("yes")
    assert (which.kind, which.offers) == ("clarify", asked_back.offers)
    assert phrase("which_one") in which.texts[0]
    assert say("no").texts[0] == phrase("none_of_these")


def test_a_number_without_a_list_is_asked_about(say: Say) -> None:
    assert say("the second one").texts[0] == phrase("nothing_to_choose")


def test_a_question_with_a_number_in_it_is_still_a_question(say: Say) -> None:
    say("kidneys")
    answered_by(say("what is a phase 2 trial"), "trials-phase-2")


def test_turns_down_an_answer_and_is_shown_what_else_there_is(say: Say) -> None:
    answer = say("can i catch lupus from kissing someone")
    other = say("no, the other one")
    assert other.entry not in (None, answer.entry)
    helped = say("that did not help")
    assert helped.kind == "clarify"
    assert answer.entry not in helped.text


def test_takes_up_a_trial_search_after_an_interruption(say: Say) -> None:
    searched = lists_studies(say("trials for lupus"))
    answered_by(say("what is informed consent"), "trials-informed-consent")
    assert lists_studies(say("thanks. back to the trial search")) == searched
    recruiting = say("only recruiting ones")
    narrowed = lists_studies(recruiting)
    assert phrase("trials_search_recruiting") in recruiting.texts[0], "the search goes on where it was"
    [picked] = lists_studies(say("the second one"))
    assert picked == narrowed[1]
    assert lists_studies(say("back to the search")) == narrowed


def test_asks_where_we_were_after_another_topic(say: Say) -> None:
    say("what are the symptoms of lupus")
    say("how fast do i push in cpr")
    answered_by(say("ok where were we"), "lupus-symptoms")
    answered_by(say("simpler"), "lupus-symptoms")


def test_names_what_to_go_back_to_and_goes_on_asking(say: Say) -> None:
    say("what are the side effects of car-t")
    say("is lupus contagious")
    answered_by(say("ok, back to car-t"), "car-t-side-effects")


def test_an_emergency_in_between_loses_nothing(say: Say) -> None:
    say("is lupus contagious")
    shows_card(say("my dad collapsed and isn't breathing"), "cpr-adult")
    helped = say("the ambulance is here now, thank you")
    assert helped.kind == "smalltalk"
    answered_by(say("where were we"), "lupus-contagious")


def test_small_talk_in_between_loses_no_choice(say: Say) -> None:
    asked_back = say("kidneys")
    say("thanks")
    assert say("the first one").entry == say(asked_back.offers[0]).entry


def test_going_to_work_again_is_a_question_and_no_way_back(say: Say) -> None:
    say("what are the side effects of car-t")
    assert say("when can people go back to work after car-t").entry != "car-t-side-effects"


def test_a_fresh_start_has_nothing_to_go_back_to(say: Say) -> None:
    say("is lupus contagious")
    say("start over")
    assert say("where were we").texts[0] == phrase("nothing_before")
    assert say("repeat").texts[0] == phrase("nothing_yet")
