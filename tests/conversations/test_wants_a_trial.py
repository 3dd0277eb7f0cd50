from __future__ import annotations

import json

import pytest

from tests.conversations.conftest import Say
from tests.conversations.expect import answered_by, lists_studies, phrase
from tests.provenance import SNAPSHOT

KYSA_1 = "NCT05938725"


@pytest.mark.parametrize(
    "written",
    [
        "is NCT05938725 recruiting",
        "nct05938725",
        "NCT 05938725",
        "is nct-05938725 still open?",
        "what about the trial NCT#05938725, is it taking people",
    ],
)
def test_a_registry_number_is_found_however_it_is_written(say: Say, written: str) -> None:
    reply = say(written)
    assert lists_studies(reply) == [KYSA_1]
    assert reply.sources == ("ctgov",)
    assert f"https://clinicaltrials.gov/study/{KYSA_1}" in reply.texts[0]


def test_the_status_is_that_of_the_registry_copy_with_its_date(say: Say) -> None:
    dates = json.loads((SNAPSHOT / "snapshot_dates.json").read_text(encoding="utf-8"))
    reply = say("is NCT05938725 recruiting")
    (trial,) = [block["data"] for block in reply.first["blocks"] if block["type"] == "trial"]
    assert trial["status"] == "ACTIVE_NOT_RECRUITING"
    assert reply.first["as_of"] == trial["status_as_of"] == dates["studies"][KYSA_1]["status_as_of"]


def test_a_status_word_is_explained(say: Say) -> None:
    answered_by(say('what does "active, not recruiting" mean'), "trials-status-active-not-recruiting")


def test_a_number_that_is_not_in_the_copy_is_said_to_be_unknown(say: Say) -> None:
    reply = say("is NCT99999999 recruiting")
    assert lists_studies(reply) == []
    assert "https://clinicaltrials.gov/study/NCT99999999" in reply.texts[0]


def test_a_number_with_a_digit_missing_is_asked_for_again(say: Say) -> None:
    reply = say("is NCT0593872 recruiting")
    assert reply.kind == "trials"
    assert reply.texts[0].startswith(phrase("trials_malformed_number", written="NCT0593872"))


def test_a_search_goes_on_over_several_turns(say: Say) -> None:
    everywhere = lists_studies(say("are there trials for lupus nephritis"))
    assert everywhere
    here = say("any trials in the united states?")
    assert lists_studies(here)
    assert "lupus nephritis, United States" in here.texts[0]
    there = say("what about France")
    assert lists_studies(there) == []
    assert "lupus nephritis, France" in there.texts[0]
    assert "https://clinicaltrials.gov/search?" in there.texts[0], (
        "where our copy has none, the registry itself is offered"
    )


def test_a_place_alone_goes_on_with_the_search(say: Say) -> None:
    say("are there trials for lupus nephritis")
    assert "lupus nephritis, Germany" in say("in germany").texts[0]


def test_a_study_is_known_by_its_name_alone(say: Say) -> None:
    assert "KYSA-1" in say("KYSA-1").texts[0]


def test_a_fresh_start_forgets_the_search(say: Say) -> None:
    say("are there trials for lupus nephritis in germany")
    say("start over")
    assert "Germany" not in say("show me trials for myositis").texts[0].split("\n")[0]


def test_a_search_is_taken_up_again_after_another_question(say: Say) -> None:
    say("are there trials for lupus nephritis")
    answered_by(say("what is lupus nephritis"), "lupus-nephritis-what-is")
    assert "lupus nephritis, Germany" in say("are there trials in Germany").texts[0]


def test_can_press_a_study_of_the_list(say: Say) -> None:
    reply = say("are there trials for lupus nephritis")
    shown = lists_studies(reply)
    assert lists_studies(say(reply.press(f"Show {shown[0]}"))) == shown[:1]


def test_is_never_told_that_a_study_is_the_right_one(say: Say) -> None:
    assert phrase("trials_not_a_recommendation") in say("are there trials for lupus nephritis").texts[0]
    assert phrase("trials_not_a_recommendation") in say(KYSA_1).texts[0]


def test_an_age_narrows_a_list_by_what_the_records_say(say: Say) -> None:
    say("trials for lupus")
    reply = say("what about children?")
    assert phrase("trials_search_children") in reply.texts[0]
    trials = [block["data"] for block in reply.first["blocks"] if block["type"] == "trial"]
    assert trials
    assert all(int(trial["min_age"].split()[0]) < 18 for trial in trials)


def test_a_mistyped_search_is_understood_and_widened_with_one_word(say: Say) -> None:
    reply = say("any studies in germny for lupus nephritus that are still taking ppl?")
    assert lists_studies(reply) == []
    assert phrase("trials_read_as", written="germny", meant="Germany") in reply.texts[0]
    assert lists_studies(say("yes"))
    assert phrase("trials_search_recruiting") in say("show me more of those").texts[0] or lists_studies(
        say("any status")
    )


def test_nobody_is_told_whether_they_may_join(say: Say) -> None:
    listed = say("lupus trials in the united states")
    reply = say("my mum is 70 can she")
    assert reply.kind == "defer"
    assert phrase("defer_eligibility") in reply.texts[0]
    assert lists_studies(say("back to the trials")) == lists_studies(listed)


def test_a_number_that_is_one_digit_off_is_asked_back(say: Say) -> None:
    assert phrase("trials_did_you_mean", numbers=KYSA_1) in say("NCT05938726").texts[0]
    assert lists_studies(say("yes")) == [KYSA_1]


def test_a_search_needs_no_word_for_a_study(say: Say) -> None:
    assert lists_studies(say("is somebody near philadelphia testing these cells on lupus kidneys"))


def test_a_search_goes_on_from_what_was_explained(say: Say) -> None:
    say("my brother has myositis")
    found = say("any studies with car-t for it?")
    assert lists_studies(found)
    assert "myositis" in found.texts[0]


def test_what_is_asked_after_one_study_is_about_it(say: Say) -> None:
    say("NCT06581198")
    ends = say("and when does that one finish")
    assert lists_studies(ends) == ["NCT06581198"]
    assert "2032" in ends.texts[0]


def test_thanks_after_studies_are_thanks(say: Say) -> None:
    say("lupus trials in spain")
    assert say("thank you very much").kind == "smalltalk"
