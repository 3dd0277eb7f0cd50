"""What a message does in the talk about studies: above all, that a question stays a question."""

from __future__ import annotations

from dataclasses import replace

import pytest

from knowledge.files import read_folder
from knowledge.settings import SHIPPED_CONTENT
from knowledge.trials.leaning import Leaning
from knowledge.trials.moves import (
    MOST_SEEN,
    About,
    AboutEach,
    Again,
    Join,
    Look,
    Move,
    Named,
    Numbers,
    Read,
    Rival,
    Standing,
    Talk,
    WhichStudy,
)
from knowledge.trials.questions import asked_of_study, asks_to_join
from knowledge.trials.search import Search, merge
from knowledge.trials.shelf import TrialShelf
from knowledge.trials.talk import back_to_list, heard
from knowledge.trials.terms import read_terms
from knowledge.trials.wordings import wordings
from tests.knowledge.trials.samples import LUPUS_SPAIN, NEPHRITIS_GERMANY, STUDIES

ONE, OTHER = "NCT06581198", "NCT06333483"
"""Studies of the shipped snapshot."""


def hear(
    text: str,
    shelf: TrialShelf,
    standing: Standing | None = None,
    rival: Rival | None = None,
    leaning: Leaning | None = None,
) -> Move | None:
    standing, best = standing or Standing(), rival or Rival()
    return heard(text, standing, shelf, leaning=leaning or Leaning(), advice="no", rival=lambda: best)


def test_published_phrasings_are_questions_whatever_they_look_like(shelf: TrialShelf) -> None:
    """What an editor listed is answered by the entry. A number is looked up, and whether somebody may join is deferred
    by the rules before any entry is looked for."""
    entries = [entry for entry in read_folder(SHIPPED_CONTENT).entries if entry.locale == "en"]
    texts = [text for entry in entries for text in (entry.question, *entry.phrasings)][::7]
    taken = [
        text
        for text in texts
        if (move := hear(text, shelf, rival=Rival(1.0, True))) and not isinstance(move, (Join, Numbers))
    ]
    assert len(texts) > 1000
    assert taken == []


@pytest.mark.parametrize(
    "text",
    [
        "what does recruiting mean",
        "are trials safe",
        "how many people were in the german study",
        "who ran the first car-t study",
        "what happened in the lupus study in erlangen",
        "do trials use a placebo",
        "can people with lupus have children",
        "is it contagious",
        "how deep do i push",
        "in which city did the study take place",
    ],
)
@pytest.mark.parametrize("after_studies", [False, True])
def test_a_question_with_a_sure_answer_stays_one(shelf: TrialShelf, text: str, after_studies: bool) -> None:
    talk = Talk(search=Search(condition="lupus"), page=(STUDIES[0].nct_id,))
    assert hear(text, shelf, Standing(talk, after_studies), Rival(0.9)) is None


@pytest.mark.parametrize(
    "text", ["find me a lupus trial in Spain", "lupus trials spain", "any studies in spain for lupus?"]
)
def test_a_search_is_one_however_sure_an_entry_is(shelf: TrialShelf, text: str) -> None:
    move = hear(text, shelf, rival=Rival(0.95))
    assert isinstance(move, Look)
    assert move.understood.search == Search("lupus", "Spain")


@pytest.mark.parametrize(
    "text",
    [
        "is there a trial for me",
        "do i qualify for a trial",
        "can i join",
        "could my mum take part in a study",
        "am i too old for a trial",
        "would they take me in a study",
        "which trial should i pick",
        "can a 12 year old with lupus join a trial",
        "does having one kidney rule me out of the trials",
        "sign me up for the trial",
    ],
)
def test_whether_somebody_may_join_is_known_as_such(text: str) -> None:
    assert asks_to_join(text, after_studies=False)


@pytest.mark.parametrize(
    "text", ["my mum is 70 can she", "can i join", "what about me", "is he too old", "im 17 is that ok"]
)
def test_after_studies_a_few_words_are_enough(text: str) -> None:
    assert asks_to_join(text, after_studies=True) == "strong"


@pytest.mark.parametrize(
    "text",
    [
        "how do i join a trial",
        "who can join a trial",
        "can i leave a trial",
        "can i join a trial in another country",
        "how do i know if i am eligible for a trial",
        "what do i need to join",
        "where do i put my hands for cpr on a child",
        "my doctor wants to put me on a biologic",
        "are there trials for children",
    ],
)
def test_other_questions_about_joining_are_education(text: str) -> None:
    assert asks_to_join(text, after_studies=False) is None


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("who runs it", ("sponsor",)),
        ("is it still recruiting", ("status",)),
        ("where is it", ("where",)),
        ("why was it stopped", ("why",)),
        ("age limits?", ("ages",)),
        ("who pays for it", ()),
        ("what is lupus", ()),
    ],
)
def test_what_is_asked_of_a_study(text: str, fields: tuple[str, ...]) -> None:
    assert asked_of_study(text).fields[:1] == fields[:1]


def test_a_talk_is_kept_as_json_and_read_back() -> None:
    talk = Talk(Search("lupus", "Spain"), (STUDIES[0].nct_id,), 3, "any country").having_seen(STUDIES[:2])
    assert Talk.of(talk.to_json()) == talk
    assert Talk.of(None) == Talk()


def test_a_talk_remembers_so_many_studies_and_no_more() -> None:
    talk = Talk()
    for _ in range(3):
        talk = talk.having_seen(STUDIES)
    assert len(talk.seen) == len(STUDIES) <= MOST_SEEN
    assert talk.changed(STUDIES[0]) is None


def test_every_expression_is_looked_for_somewhere() -> None:
    assert wordings()["study"].search("a trial") is not None
    with pytest.raises(KeyError):
        wordings()["no such expression"]


def test_what_the_model_takes_for_a_search_is_one_however_sure_an_entry_is(shelf: TrialShelf) -> None:
    searching = Leaning(search=0.9)
    move = hear("anyone doing this for lupus where i live, berlin", shelf, rival=Rival(0.9), leaning=searching)
    assert isinstance(move, Look)
    assert move.understood.search == Search("lupus", "Germany", "Berlin")
    assert hear("anyone doing this for lupus", shelf, rival=Rival(0.9, is_phrasing=True), leaning=searching) is None


def test_what_wants_explaining_takes_more_than_that(shelf: TrialShelf) -> None:
    assert hear("what is myositis", shelf, rival=Rival(0.3), leaning=Leaning(search=0.8)) is None


def test_a_search_without_a_condition_takes_it_from_what_was_spoken_of(shelf: TrialShelf) -> None:
    standing = Standing(after_entry=True, earlier=("my mum has myositis", "What is lupus?"))
    move = hear("are there studies with car t for it", shelf, standing, leaning=Leaning(search=0.9))
    assert isinstance(move, Look)
    assert move.understood.search.condition == "myositis"
    named = hear("studies for lupus", shelf, standing, leaning=Leaning(search=0.9))
    assert isinstance(named, Look)
    assert named.understood.search.condition == "lupus"


def test_a_question_about_the_only_study_of_a_list_is_about_that_one(shelf: TrialShelf) -> None:
    only = Standing(Talk(Search("lupus"), (ONE,), focus=ONE), after_studies=True)
    move = hear("how many folks do they want", shelf, only, Rival(0.8), Leaning(study=0.9))
    assert isinstance(move, About)
    assert move.number == ONE


def test_a_question_after_several_is_answered_for_each_of_them(shelf: TrialShelf) -> None:
    numbers = (ONE, OTHER)
    several = Standing(Talk(Search("lupus"), numbers), after_studies=True)
    move = hear("who is behind it", shelf, several, Rival(0.8), Leaning(study=0.9))
    assert isinstance(move, AboutEach)
    assert (move.numbers, move.fields) == (numbers, ("sponsor",))


def test_what_is_asked_of_one_of_several_and_no_record_tells_is_asked_back(shelf: TrialShelf) -> None:
    numbers = (ONE, OTHER)
    several = Standing(Talk(Search("lupus"), numbers), after_studies=True)
    assert hear("what made them do it", shelf, several, Rival(0.2), Leaning(study=0.9)) == WhichStudy(numbers)


AFTER_THE_STUDY = Talk(Search("lupus"), (ONE,), focus=ONE)


@pytest.mark.parametrize(
    ("text", "standing", "leaning"),
    [
        ("and what ages do they take", Standing(AFTER_THE_STUDY, recent=True, talks_on=True), Leaning(study=0.9)),
        ("which disease is it for", Standing(AFTER_THE_STUDY, recent=True, talks_on=True), Leaning(study=0.3)),
        ("does it have many sites", Standing(AFTER_THE_STUDY, recent=True, after_entry=True), Leaning(study=0.6)),
        ("who sponsors that study", Standing(AFTER_THE_STUDY, recent=True, after_entry=True), Leaning()),
    ],
)
def test_the_study_stays_at_hand_while_something_else_is_answered(
    shelf: TrialShelf, text: str, standing: Standing, leaning: Leaning
) -> None:
    move = hear(text, shelf, standing, leaning=leaning)
    assert isinstance(move, About)
    assert move.number == ONE
    assert move.fields


@pytest.mark.parametrize(
    ("text", "standing", "rival"),
    [
        # Right after an answer about lupus "it" is mostly lupus.
        ("how long does it last", Standing(AFTER_THE_STUDY, recent=True, after_entry=True), Rival(0.2)),
        ("is it open to men", Standing(AFTER_THE_STUDY, after_entry=True), Rival(0.2)),
        ("how many women have it", Standing(AFTER_THE_STUDY, recent=True, after_entry=True), Rival(0.2)),
        ("why does it come back", Standing(AFTER_THE_STUDY, recent=True, talks_on=True), Rival(0.9)),
    ],
)
def test_what_may_be_about_something_else_is(shelf: TrialShelf, text: str, standing: Standing, rival: Rival) -> None:
    assert not isinstance(hear(text, shelf, standing, rival, Leaning(study=0.3)), (About, AboutEach))


def test_eight_digits_that_are_a_number_of_ours_are_taken_for_it(shelf: TrialShelf) -> None:
    assert hear("oh sorry 06581198", shelf) == Numbers((ONE,))
    assert hear("oh sorry 01234567", shelf) is None


def test_who_the_model_takes_for_asking_to_join_is_deferred(shelf: TrialShelf) -> None:
    looked = Standing(Talk(Search("lupus")), after_entry=True)
    assert isinstance(hear("would you put your own child in", shelf, looked, leaning=Leaning(join=0.9)), Join)


def test_when_a_study_begins_and_ends_can_be_asked() -> None:
    assert asked_of_study("when does it end").fields == ("dates",)
    assert asked_of_study("start date?").fields == ("dates",)


def after_list(*numbers: str, search: Search | None = None, focus: str | None = None) -> Standing:
    return Standing(
        Talk(search or Search("lupus"), numbers, focus=focus), after_studies=True, recent=True, talks_on=True
    )


@pytest.mark.parametrize(
    ("text", "move"),
    [
        ("where exactly", AboutEach),
        ("are they recruiting", AboutEach),
        ("are any recruiting", Look),
        ("how do those two differ", AboutEach),
        ("the bigger one", About),
        ("which of these take a 15 year old", Look),
        ("what if he is 15", Look),
        ("which of them would take me", Join),
        ("so which would you go for", Join),
        ("is 84 too old", Join),
        ("what if she has had a stroke", Join),
        ("could she go in it", Join),
        ("would they want someone with one lung", Join),
        ("austria would be fine as well", Look),
    ],
)
def test_what_short_messages_do_after_a_list(shelf: TrialShelf, text: str, move: type) -> None:
    assert isinstance(hear(text, shelf, after_list(ONE, OTHER), Rival(0.3)), move)


@pytest.mark.parametrize(
    ("text", "move"),
    [
        # others than the one at hand
        ("is this the only one in england", Look),
        ("what other countries have something for children", Look),
        ("what if we flew to austria", Look),
        # what is to be known beside it
        ("who has to pay for it all", Read("trials-cost")),
        ("what do the dates mean", Read("trials-dates")),
        ("is it dangerous, my wife is worried", Read("car-t-dangers")),
        ("what does the status mean", Read("trials-status-recruiting")),
        ("put it in plain words please", Read("trials-status-recruiting")),
        # what changes the search and asks nothing
        ("drop the age limits", Look),
        ("ones still recruiting please", Look),
        ("there might be a study in leeds my doctor thinks", Look),
        ("the one ending in 3483", Numbers((OTHER,))),
        # it, whatever else stands in the message
        ("this one please", About(ONE)),
        ("how young may they be", About),
        ("who finances it", About),
        ("are there results yet", About),
        ("can people still sign up", About),
        # whether somebody may join
        ("may a breastfeeding woman join", Join),
        ("is one of them safer", None),
        ("which of these is the safest", Join),
        ("could they take somebody from abroad", Join),
    ],
)
def test_what_short_messages_do_after_one_study(shelf: TrialShelf, text: str, move: type | Move | None) -> None:
    found = hear(text, shelf, after_list(ONE, focus=ONE), Rival(0.3))
    if isinstance(move, type):
        assert isinstance(found, move)
    elif isinstance(move, About):
        assert isinstance(found, About)
        assert (found.number, found.fields) == (move.number, ())
    else:
        assert found == move


def test_the_two_are_those_that_were_shown_last(shelf: TrialShelf) -> None:
    talk = replace(Talk(), focus=OTHER, seen={ONE: ("RECRUITING", None), OTHER: ("RECRUITING", None)})
    move = hear("which of the two still takes people", shelf, Standing(talk, after_studies=True, recent=True))
    assert isinstance(move, AboutEach)
    assert (move.numbers, move.fields) == ((ONE, OTHER), ("status",))


def test_what_one_of_several_brought_is_not_asked_of_the_records(shelf: TrialShelf) -> None:
    move = hear("which of these got anybody well", shelf, after_list(ONE, OTHER), Rival(0.2), Leaning(study=0.9))
    assert move is None


def test_a_study_beyond_the_page_is_pointed_at() -> None:
    made_up = TrialShelf(STUDIES, read_terms(studies=STUDIES))
    listed = after_list(STUDIES[1].nct_id, search=Search("lupus"))
    move = hear("the one in leipzig", made_up, listed, Rival(0.3), Leaning(study=0.9))
    assert isinstance(move, About)
    assert move.number == NEPHRITIS_GERMANY.nct_id
    assert isinstance(hear("the one in paris", made_up, listed, Rival(0.3), Leaning(study=0.9)), Look)
    named = hear("the brightcell one", made_up, listed, Rival(0.3), Leaning(study=0.9))
    assert isinstance(named, About)
    assert named.number == LUPUS_SPAIN.nct_id


def test_a_question_goes_back_to_the_study_with_who_returns_to_it(shelf: TrialShelf) -> None:
    away = Standing(Talk(Search("lupus"), (ONE,), focus=ONE), recent=True, after_entry=True)
    move = back_to_list("ok back to that study, who runs it and how long", away, shelf)
    assert isinstance(move, About)
    assert (move.number, set(move.fields)) == (ONE, {"sponsor"})
    several = Standing(Talk(Search("lupus"), (ONE, OTHER)), recent=True, after_entry=True)
    assert isinstance(back_to_list("back to the list", several, shelf), Again)
    assert isinstance(back_to_list("please list them", several, shelf), Again)
    both = back_to_list("back to the trials, who runs them", several, shelf)
    assert isinstance(both, AboutEach)
    assert both.numbers == (ONE, OTHER)


@pytest.mark.parametrize("text", ["is it recruiting", "are they still open"])
def test_whether_it_recruits_is_asked_of_the_study_also_after_an_entry(shelf: TrialShelf, text: str) -> None:
    away = Standing(AFTER_THE_STUDY, recent=True, after_entry=True)
    assert isinstance(hear(text, shelf, away, Rival(0.95, is_phrasing=True)), About)


@pytest.mark.parametrize(
    "text", ["myositis in denmark, we could move there", "allogeneic cells trial denmark myositis", "anything for itp"]
)
def test_who_names_a_disease_and_where_looks_for_studies_whatever_entry_is_near(shelf: TrialShelf, text: str) -> None:
    assert isinstance(hear(text, shelf, rival=Rival(0.95)), Look)
    assert hear(text, shelf, rival=Rival(0.95, is_phrasing=True)) is None


def test_the_clause_that_puts_a_search_is_read_and_the_story_is_not(shelf: TrialShelf) -> None:
    text = "is there anything around leeds for myositis, our dad was in bed all week, he cannot climb stairs"
    move = heard(text, Standing(), shelf, leaning=Leaning(), advice="likely", rival=lambda: Rival(0.4))
    assert isinstance(move, Look)
    assert move.understood.search == Search("myositis", "United Kingdom", "Leeds", near=True)


def test_what_a_disease_is_is_no_search_for_it(shelf: TrialShelf) -> None:
    listed = after_list(search=Search("lupus", "Spain"))
    assert hear("by the way whats systemic sclerosis", shelf, listed, Rival(0.2), Leaning(search=0.95)) is None


def test_another_status_beside_the_one_before_opens_the_status(shelf: TrialShelf) -> None:
    recruiting = Search("lupus", "Spain", recruiting_only=True)
    move = hear("not yet recruiting would be fine too", shelf, after_list(search=recruiting), Rival(0.8))
    assert isinstance(move, Look)
    assert merge(recruiting, move.understood.search).limits == Search("lupus", "Spain")


def test_a_bare_number_tells_an_age_where_ages_are_looked_for(shelf: TrialShelf) -> None:
    children = after_list(ONE, OTHER, search=Search("lupus", ages="0-17"))
    move = hear("about 11", shelf, children)
    assert isinstance(move, Look)
    assert move.understood.search.ages == "11-11"
    assert not isinstance(hear("about 11", shelf, after_list(ONE, OTHER)), Look)


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("what is the medicine called", ("tested",)),
        ("up to which age", ("ages",)),
        ("does it cover myositis", ("conditions",)),
        ("is it for kidneys as well", ("conditions",)),
        ("do they take 9 year olds", ("ages",)),
        ("where in germany", ("where",)),
        ("how many folks", ("enrollment",)),
        ("is it recruiting", ("status",)),
        ("has it finished", ("dates", "status")),
        ("who can i ring about it", ("page",)),
    ],
)
def test_what_is_asked_of_the_study_at_hand(shelf: TrialShelf, text: str, fields: tuple[str, ...]) -> None:
    # However sure an entry is: who has a study before them and says "it" does not ask what the word means.
    rival = Rival(0.9) if " it" in text else Rival(0.2)
    move = hear(text, shelf, after_list(ONE, focus=ONE), rival, Leaning(study=0.75))
    assert isinstance(move, About)
    assert (move.number, set(move.fields)) == (ONE, set(fields))


def test_the_name_of_another_study_is_no_question_about_the_one_at_hand(shelf: TrialShelf) -> None:
    move = hear("is kysa-3 recruiting", shelf, after_list(ONE, focus=ONE), leaning=Leaning(study=0.9))
    assert isinstance(move, Named)


def test_a_place_beside_the_one_before_is_added(shelf: TrialShelf) -> None:
    move = hear("france is fine too", shelf, after_list(search=Search("lupus", "Spain")))
    assert isinstance(move, Look)
    assert move.adds


def test_who_names_the_country_of_the_city_wants_all_of_it(shelf: TrialShelf) -> None:
    texas = after_list(search=Search("lupus", "United States", "Texas"))
    move = hear("usa then", shelf, texas)
    assert isinstance(move, Look)
    assert merge(texas.talk.search or Search(), move.understood.search).limits == Search("lupus", "United States")


def test_the_last_digits_of_what_was_asked_back_are_a_yes(shelf: TrialShelf) -> None:
    asked = Standing(Talk(yes=ONE))
    assert hear("yes it ends in 1198", shelf, asked) == Numbers((ONE,))
    assert hear("about 30 people", shelf, asked) is None


@pytest.mark.parametrize("text", ["myasthenia", "car t in myositis", "anything for ms"])
def test_of_another_disease_there_are_only_studies(shelf: TrialShelf, text: str) -> None:
    assert isinstance(hear(text, shelf), Look)


@pytest.mark.parametrize("text", ["lupus", "car t in lupus", "what is myositis", "do i have myositis"])
def test_other_short_messages_are_questions(shelf: TrialShelf, text: str) -> None:
    assert hear(text, shelf) is None


@pytest.mark.parametrize(
    ("text", "taken_for_search"),
    [
        ("my wife is so ill and nobody in Leeds helps, who is taking people with lupus nephritis", True),
        ("her doctor spoke of a trial called kyssa 3", True),
        ("my creatinine went up, should i stop the tablets", False),
        ("would a study be right for my wife in Leeds", False),
    ],
)
def test_a_story_that_looks_like_a_request_for_advice(shelf: TrialShelf, text: str, taken_for_search: bool) -> None:
    move = heard(text, Standing(), shelf, leaning=Leaning(search=0.6), advice="likely", rival=lambda: Rival(0.1))
    assert isinstance(move, (Look, Named)) is taken_for_search
