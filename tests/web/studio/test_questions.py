"""Questions without an answer: seen by what was meant, turned into drafts and phrasings, set aside, erased."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

import web.studio.questions
from records.missed import Missed
from records.model import Conversation, KeptMessage
from storage.engine import open_engine, write
from tests.knowledge.samples import NOON
from tests.web.studio.conftest import Employ
from web.parts import Parts


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that waits until all is compared, however busy the machine is."""
    monkeypatch.setattr(web.studio.questions, "PATIENCE", 60.0)


@pytest.fixture
def asked(parts: Parts, tmp_path: Path) -> Parts:
    """Three people asked about milk in two ways, one about walruses."""
    engine = open_engine(f"sqlite:///{tmp_path / 'conversations.db'}")
    said = [
        ("a", "milk in tea hot or cold", "tea-steps"),
        ("b", "Milk in tea, hot or cold?", "tea-steps"),
        ("c", "tea milk in hot or cold it", "tea-steps"),
        ("a", "can walruses <b>dance</b>", ""),
    ]
    with write(engine) as connection:
        for number, (person, text, near) in enumerate(said):
            of = Conversation(person.rjust(32, "0"), "chat", NOON, introduced=True)
            missed = Missed("abstain", (near,) if near else (), 0.1)
            parts.kept.keep(connection, of, f"m{number}", KeptMessage(NOON, text, "abstain", [], missed))
    return parts


def test_they_are_ranked_by_people_and_gathered_by_what_was_meant(employ: Employ, asked: Parts) -> None:
    page = employ("Anna", "author").open("/studio/questions").text
    assert page.index("3 people, 3 times") < page.index("1 person, 1 time")
    assert "Also asked as" in page
    assert "can walruses &lt;b&gt;dance&lt;/b&gt;" in page
    assert "Add as another way to ask “How do I make tea?”" in page
    assert 'data-name="Missed near it">3<' in employ("Ben", "author").open("/studio/?order=missed").text


def test_one_becomes_a_draft_with_one_click(employ: Employ, asked: Parts) -> None:
    anna = employ("Anna", "author")
    page = anna.open("/studio/questions")
    assert anna.send(page, "/questions/draft").headers["location"].endswith("/edit")
    entry = asked.knowledge.store.drafts()[0].entry
    assert entry.question.casefold().startswith("milk in tea")
    assert entry.question.endswith("?")
    assert entry.topic == "lupus"
    assert "tea milk in hot or cold it" in entry.phrasings


def test_one_becomes_a_phrasing_with_one_click_and_is_answered_once_published(employ: Employ, asked: Parts) -> None:
    anna, ben = employ("Anna", "author"), employ("Ben", "reviewer", "publisher")
    page = anna.open("/studio/questions")
    reached = anna.send(page, "/questions/phrasing").headers["location"]
    assert "Added to the draft as another way" in anna.open(reached).text
    edit = reached.partition("?")[0]
    assert "tea milk in hot or cold it" in asked.knowledge.store.drafts()[0].entry.phrasings
    assert anna.act(edit, "/submit").status_code == 303
    draft = edit.removesuffix("/edit")
    ben.act(draft, "/approve")
    ben.act(draft, "/studio/publish")
    left = anna.open("/studio/questions").text
    assert "milk" not in left.casefold()
    assert "walruses" in left


def test_one_that_comes_near_to_nothing_is_added_to_an_answer_that_somebody_finds(employ: Employ, asked: Parts) -> None:
    anna = employ("Anna", "author")
    page = anna.open("/studio/questions").text
    walruses = page[page.index("can walruses") :]
    assert "Add to an answer" in walruses
    form = walruses[walruses.index("<form") :]
    near = anna.send(form, "/questions/place")
    assert "can walruses &lt;b&gt;dance&lt;/b&gt;" in near.text
    assert "a scald?" not in near.text
    found = anna.send(near, "/questions/place", words="KETTLE leaves")
    assert ("How do I make tea?" in found.text, "What is tea?" in found.text) == (True, False)
    assert "No answer has all these words" in anna.send(near, "/questions/place", words="glaciers").text
    assert anna.send(found, "/questions/phrasing", entry="tea-steps").status_code == 303
    [draft] = asked.knowledge.store.drafts()
    assert (draft.entry.id, draft.entry.phrasings[-1]) == ("tea-steps", "can walruses <b>dance</b>")
    assert anna.client.post("/studio/questions/place", data={"form_mark": mark(form)}).status_code == 409


def mark(form: str) -> str:
    return form.split('name="form_mark" value="')[1].split('"')[0]


def test_what_is_set_aside_does_not_come_up_again(employ: Employ, asked: Parts) -> None:
    anna = employ("Anna", "author")
    assert anna.act("/studio/questions", "/set-aside").status_code == 303
    page = anna.open("/studio/questions").text
    assert "milk" not in page.casefold()
    assert "walruses" in page


def test_what_is_erased_is_gone_at_once(employ: Employ, asked: Parts) -> None:
    anna = employ("Anna", "author")
    assert "walruses" in anna.open("/studio/questions").text
    asked.kept.erase("a".rjust(32, "0"))
    page = anna.open("/studio/questions").text
    assert "walruses" not in page
    assert "2 people" in page


def test_the_editor_offers_what_was_missed_near_the_entry(employ: Employ, asked: Parts) -> None:
    anna = employ("Anna", "author")
    edit = anna.act("/studio/entries/en/tea-steps", "/change").headers["location"]
    assert 'data-value="tea milk in hot or cold it"' in anna.open(edit).text


def test_the_file_holds_every_question_and_no_conversation(employ: Employ, asked: Parts) -> None:
    text = employ("Anna", "author").open("/studio/questions.csv").text
    assert "can walruses" in text
    assert "0000000" not in text


def test_a_page_does_not_wait_for_what_takes_long(
    employ: Employ, asked: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web.studio.questions, "PATIENCE", 0.0)
    let_go, encode = threading.Event(), asked.knowledge.gathering._encode
    monkeypatch.setattr(
        asked.knowledge.gathering, "_encode", lambda texts: encode(texts) if let_go.wait(60) else pytest.fail("late")
    )
    anna = employ("Anna", "author")
    page = anna.open("/studio/questions").text
    assert ("still being looked for" in page, "tea milk in hot or cold it" in page) == (True, True)
    assert "3 people, 3 times" not in page
    let_go.set()
    monkeypatch.setattr(web.studio.questions, "PATIENCE", 60.0)
    page = anna.open("/studio/questions").text
    assert ("still being looked for" in page, "3 people, 3 times" in page) == (False, True)
