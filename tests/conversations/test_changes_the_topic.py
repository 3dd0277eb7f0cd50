from __future__ import annotations

from tests.conversations.conftest import Say
from tests.conversations.expect import answered_by, lists_studies, shows_card
from tests.running import Lantern


def test_a_new_question_is_not_read_as_a_follow_up(say: Say) -> None:
    answered_by(say("is lupus contagious"), "lupus-contagious")
    answered_by(say("how fast do i push in cpr"), "cpr-how-fast")
    answered_by(say("what is cytokine release syndrome"), "car-t-crs-what-is")


def test_a_follow_up_refers_to_what_was_shown_last(say: Say) -> None:
    say("is lupus contagious")
    say("how fast do i push in cpr")
    answered_by(say("say it more simply"), "cpr-how-fast")


def test_small_talk_does_not_make_it_forget(say: Say) -> None:
    say("is lupus contagious")
    say("thanks")
    answered_by(say("say it more simply"), "lupus-contagious")


def test_an_emergency_interrupts_anything(say: Say) -> None:
    lists_studies(say("are there trials for lupus nephritis"))
    shows_card(say("my dad collapsed and isn't breathing"), "cpr-adult")
    answered_by(say("what is lupus"), "lupus-what-is")


def test_two_people_do_not_hear_of_one_another(running_lantern: Lantern) -> None:
    one, other = running_lantern.person(), running_lantern.person()
    one.say("is lupus contagious")
    other.say("how fast do i push in cpr")
    answered_by(one.say("say it more simply"), "lupus-contagious")
    answered_by(other.say("say it more simply"), "cpr-how-fast")
