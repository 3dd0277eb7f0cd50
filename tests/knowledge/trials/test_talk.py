"""What a message does in the talk about studies: above all, that a question stays a question."""

from __future__ import annotations

import pytest

from knowledge.files import read_folder
from knowledge.settings import SHIPPED_CONTENT
from knowledge.trials.leaning import Leaning
from knowledge.trials.questions import asked_of_study, asks_to_join
from knowledge.trials.search import Search
from knowledge.trials.shelf import TrialShelf
from knowledge.trials.talk import MOST_SEEN, Join, Look, Move, Numbers, Rival, Standing, Talk, heard
from knowledge.trials.wordings import wordings
from tests.knowledge.trials.samples import STUDIES


def hear(text: str, shelf: TrialShelf, standing: Standing | None = None, rival: Rival | None = None) -> Move | None:
    standing, best = standing or Standing(), rival or Rival()
    return heard(text, standing, shelf, leaning=Leaning(), advice="no", rival=lambda: best)


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
