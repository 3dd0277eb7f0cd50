"""Writing in the studio: checks and meter, saving, two editors, comments, approval, and what nobody should paste."""

from __future__ import annotations

import datetime as dt
import re
import sqlite3
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from knowledge.review import graded
from tests.knowledge.samples import TEA
from tests.web.studio.conftest import Employ, begin, newest, submit
from web.parts import Parts
from web.studio.naming import free_id

BETTER = "Tea is a drink of leaves and hot water, at 70 degrees."
SCRIPT = {"Accept": "application/json"}


def test_an_entry_is_found_by_its_words_its_state_and_its_topic(employ: Employ) -> None:
    anna = employ("Anna", "author")
    begin(anna)
    for query, found in (
        ("words=KETTLE+leaves", ["tea-steps"]),
        ("state=draft", ["tea-what-is"]),
        ("state=live", ["scald", "tea-steps", "tea-what-is"]),
        ("topic=cards", ["scald"]),
        ("topic=cpr", []),
        ("due=overdue", []),
        ("order=hard&words=tea", ["tea-what-is", "tea-steps"]),
        ("page=99&order=nonsense&topic=%00", ["scald", "tea-steps", "tea-what-is"]),
    ):
        page = anna.open(f"/studio/?{query}").text
        assert sorted(name for name in ("scald", "tea-steps", "tea-what-is") if f"/en/{name}" in page) == sorted(found)


def test_the_hardest_to_read_come_first_with_their_grades(employ: Employ, parts: Parts) -> None:
    anna = employ("Anna", "author")
    live = parts.knowledge.live()
    grades = {
        name: graded(live.live(name).entry, "answer", None).grade for name in ("scald", "tea-steps", "tea-what-is")
    }
    page = anna.open("/studio/?order=hard").text
    assert re.findall(r'data-name="Grade">([\d.-]+)<', page) == [f"{one:.1f}" for one in sorted(grades.values())[::-1]]
    assert "Grade" not in anna.open("/studio/").text


def test_a_full_disk_is_said_and_the_text_stays_in_the_page(employ: Employ, parts: Parts) -> None:
    """The real refusal of SQLite, which is told that its file may not grow."""
    anna, engine = employ("Anna", "author"), parts.knowledge.store._engine
    draft = begin(anna)
    page, before = anna.open(f"{draft}/edit"), parts.knowledge.store.drafts()[0]

    def may_not_grow(connection: Any, _record: Any) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")

    engine.dispose()
    sa.event.listen(engine, "connect", may_not_grow)
    long = "Tea is a drink. " * 2000
    refused = anna.send(page, f"{draft}/save", answer=long)
    by_script = anna.send(page, f"{draft}/save", SCRIPT, answer=long)
    for answer in (refused, by_script):
        assert answer.status_code == 503
        assert "This was not saved" in answer.text
    assert parts.knowledge.store.drafts()[0] == before
    sa.event.remove(engine, "connect", may_not_grow)
    engine.dispose()
    assert "Saved." in anna.send(page, f"{draft}/save", answer=BETTER).text


def test_a_text_is_saved_read_approved_by_another_and_published(employ: Employ, parts: Parts) -> None:
    anna, ben = employ("Anna", "author"), employ("Ben", "reviewer", "publisher", clinician=True)
    draft = begin(anna)
    edited = anna.act(f"{draft}/edit", "/save", answer=BETTER, figures="70")
    assert "Saved." in edited.text
    assert parts.knowledge.store.drafts()[0].entry.answer == BETTER
    assert "It waits for approval" in submit(anna, draft).text

    page = ben.open(draft)
    assert "<ins>hot " in page.text.replace("</del>", "") or "<ins>" in page.text
    assert ben.send(page, "/approve").headers["location"].startswith(draft)
    published = ben.act(draft, "/studio/publish")
    assert "It is live now" in ben.open(published.headers["location"]).text
    revision = newest(parts).live("tea-what-is")
    assert (revision.entry.answer, revision.author, revision.approvers) == (BETTER, "Anna", ("Ben",))
    assert revision.review == "clinician"


def test_checks_and_grade_stand_beside_what_is_being_written(employ: Employ) -> None:
    anna = employ("Anna", "author")
    page = anna.open(f"{begin(anna)}/edit")
    hard = "Photosensitive individuals necessitate circumspection regarding ultraviolet irradiation, 33 times."
    seen = anna.send(page, "/look", headers=SCRIPT, answer=hard).json()
    assert "hard to read" in seen["notes"]["answer"]
    assert "number 33 stands in the text but not in figures" in seen["notes"]["figures"]
    assert "Photosensitive" in seen["shown"]
    easy = anna.send(page, "/look", headers=SCRIPT, answer="Tea is hot.").json()
    assert "easy enough" in easy["notes"]["answer"]


def test_what_is_looked_at_is_not_kept(employ: Employ, parts: Parts) -> None:
    anna = employ("Anna", "author")
    anna.send(anna.open(f"{begin(anna)}/edit"), "/look", headers=SCRIPT, answer="Other.")
    assert parts.knowledge.store.drafts()[0].version == 1


def test_a_text_with_faults_stays_a_draft_and_says_which(employ: Employ, parts: Parts) -> None:
    anna = employ("Anna", "author")
    draft = begin(anna)
    answer = anna.act(f"{draft}/edit", "/submit", answer="Tea has 33 leaves. **Always.**", figures="")
    assert answer.status_code == 422
    assert "number 33" in answer.text
    assert "without markup" in answer.text
    kept = parts.knowledge.store.drafts()[0]
    assert (kept.state, kept.entry.answer) == ("draft", "Tea has 33 leaves. **Always.**")


def test_two_editors_lose_no_word(employ: Employ, parts: Parts) -> None:
    anna, ben = employ("Anna", "author"), employ("Ben", "author")
    draft = begin(anna)
    hers, his = anna.open(f"{draft}/edit"), ben.open(f"{draft}/edit")
    assert "Anna writes in this draft, too" in his.text
    assert anna.send(hers, "/save", answer="Tea is brown.").status_code == 200
    by_script = ben.send(his, "/save", headers=SCRIPT, answer="Tea is green.")
    assert (by_script.status_code, by_script.json()["error"]) == (409, "stale")

    both = ben.send(his, "/save", answer="Tea is green.")
    assert both.status_code == 409
    assert "<del>brown</del><ins>green</ins>" in both.text
    assert parts.knowledge.store.drafts()[0].entry.answer == "Tea is brown."
    assert ben.send(both, "/save", answer="Tea is brown or green.").status_code == 200
    kept = parts.knowledge.store.drafts()[0]
    assert (kept.entry.answer, kept.authors) == ("Tea is brown or green.", ("Anna", "Ben"))


def test_saving_the_same_again_leaves_no_trace(employ: Employ, parts: Parts) -> None:
    anna = employ("Anna", "author")
    draft = begin(anna)
    rows = len(list(parts.knowledge.store.audit()))
    for _ in range(3):
        assert anna.act(f"{draft}/edit", "/save").status_code == 200
    assert len(list(parts.knowledge.store.audit())) == rows


def test_a_change_in_review_makes_it_a_draft_again(employ: Employ, parts: Parts) -> None:
    anna, clara = employ("Anna", "author"), employ("Clara", "reviewer")
    draft = begin(anna)
    submit(anna, draft, answer=BETTER)
    clara.act(draft, "/approve")
    assert anna.open(f"{draft}/edit").headers["location"] == draft
    page = anna.open(f"{draft}/edit?change=yes")
    assert "approvals are void" in page.text
    assert anna.send(page, "/save", answer=BETTER + " Yes.").status_code == 200
    kept = parts.knowledge.store.drafts()[0]
    assert (kept.state, kept.approvals) == ("draft", ())


def test_an_approval_of_a_text_that_changed_meanwhile_is_none(employ: Employ, parts: Parts) -> None:
    anna, clara = employ("Anna", "author"), employ("Clara", "reviewer")
    draft = begin(anna)
    submit(anna, draft, answer=BETTER)
    page = clara.open(draft)
    anna.send(anna.open(f"{draft}/edit?change=yes"), "/submit", answer=BETTER + " Yes.")
    answer = clara.send(page, "/approve")
    assert "changed while you were reading" in clara.open(answer.headers["location"]).text
    assert parts.knowledge.store.drafts()[0].approvals == ()


def test_comments_and_what_is_to_be_mended_reach_the_author(employ: Employ) -> None:
    anna, clara = employ("Anna", "author"), employ("Clara", "reviewer")
    draft = begin(anna)
    submit(anna, draft, answer=BETTER)
    clara.act(draft, "/comment", text="Is it <70>?")
    assert clara.act(draft, "/send-back", reason="").status_code == 409
    clara.act(draft, "/send-back", reason="Say how hot.")
    page = anna.open(draft).text
    assert "Is it &lt;70&gt;?" in page
    assert "Say how hot." in page
    assert "Go on writing" in page


def test_a_draft_is_tried_before_anybody_sees_it(employ: Employ) -> None:
    anna = employ("Anna", "author")
    draft = begin(anna)
    anna.act(f"{draft}/edit", "/save", answer=BETTER)
    page = anna.act(draft, "/try", question="what is tea")
    assert "The answers differ." in page.text
    assert BETTER in page.text
    assert "leaves and water." in page.text
    assert "answer the same" in anna.act(draft, "/try", question="how do i make tea").text
    assert "emergency card first" in anna.act(draft, "/try", question="my dad collapsed and isn't breathing").text


def test_a_new_answer_gets_a_name_that_nobody_has(employ: Employ, parts: Parts) -> None:
    anna = employ("Anna", "author")
    for _ in range(2):
        anna.act("/studio/new", "/studio/new", question="¿Can I drink tea with lupus", topic="lupus")
    found = parts.knowledge.store.drafts()
    assert [draft.entry.id for draft in found] == ["lupus-drink-tea-lupus", "lupus-drink-tea-lupus-2"]
    assert found[0].entry.question == "¿Can I drink tea with lupus?"
    assert free_id("狼疮?", "car_t", parts.knowledge.store) == "car-t-question"


def test_facts_are_found_by_their_words(employ: Employ) -> None:
    anna = employ("Anna", "author")
    assert "TEA-001" in anna.open("/studio/facts?words=WATER+70").text
    found = anna.client.get("/studio/facts", params={"words": "old"}, headers=SCRIPT).json()["html"]
    assert "TEA-002" in found
    assert "not for publication" in found
    assert "No fact" in anna.open("/studio/facts?words=walrus").text


PASTED = (
    "<p class=MsoNormal style='mso-margin:0'><b>Tea</b><o:p></o:p></p>",
    "<script>alert(1)</script><style>body{display:none}</style>",
    "{{7*7}} ${x} {% raise %} ' OR 1=1 --",
    "a\x00b\x0bc\u2028d\u202ee",
    '=HYPERLINK("http://x")',
    "%ED%A0%80 \ufffd",
)


@pytest.mark.parametrize("text", PASTED)
def test_what_is_pasted_into_any_field_is_text_and_nothing_else(employ: Employ, text: str) -> None:
    anna = employ("Anna", "author")
    draft = begin(anna)
    fields = ("question", "answer", "simpler", "more", "steps", "phrasings", "facts", "sources", "figures", "related")
    page = anna.act(f"{draft}/edit", "/save", **dict.fromkeys(fields, text))
    assert page.status_code in (200, 422)
    for path in (draft, f"{draft}/edit", "/studio/work", "/studio/?words=tea", "/studio/audit"):
        shown = anna.open(path).text
        assert "<script>alert" not in shown
        assert "<p class=Mso" not in shown


def test_a_megabyte_of_text_is_refused_field_by_field_and_nothing_else_is_lost(employ: Employ, parts: Parts) -> None:
    anna = employ("Anna", "author")
    draft = begin(anna)
    page = anna.open(f"{draft}/edit")
    answer = anna.send(page, "/save", headers=SCRIPT, answer="tea " * 250_000, simpler="Tea is nice.")
    assert answer.status_code == 200
    assert answer.json()["refused"][0][0] == "answer"
    kept = parts.knowledge.store.drafts()[0].entry
    assert (kept.answer, kept.simpler) == (TEA.answer, "Tea is nice.")
    too_much = anna.send(page, "/save", answer="tea " * 1_000_000)
    assert (too_much.status_code, "Go back" in too_much.text) == (413, True)


def test_days_and_quiz_that_cannot_be_read_are_named_and_stay_in_the_form(employ: Employ, parts: Parts) -> None:
    anna = employ("Anna", "author")
    draft = begin(anna)
    page = anna.act(f"{draft}/edit", "/save", checked_on="yesterday", quiz="What?\n- right", simpler="New.")
    assert page.status_code == 422
    assert "is no day" in page.text
    assert "- right" in page.text
    kept = parts.knowledge.store.drafts()[0].entry
    assert (kept.checked_on, kept.quiz, kept.simpler) == (dt.date(2026, 11, 22), None, "New.")
    quiz = "What is tea?\n- [x] A drink :: It is.\n- [ ] A stone :: It is not."
    assert anna.act(f"{draft}/edit", "/save", quiz=quiz).status_code == 200
    assert parts.knowledge.store.drafts()[0].entry.quiz


def test_a_database_that_does_not_answer_is_said_and_the_text_stays_in_the_page(
    employ: Employ, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna = employ("Anna", "author")
    page = anna.open(f"{begin(anna)}/edit")
    other = sqlite3.connect(tmp_path / "knowledge.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    answer = anna.send(page, "/save", headers=SCRIPT, answer="Later.")
    other.execute("ROLLBACK")
    other.close()
    assert answer.status_code == 503
    assert "not saved" in answer.json()["detail"]


def test_a_draft_is_thrown_away_with_a_reason(employ: Employ, parts: Parts) -> None:
    anna = employ("Anna", "author")
    draft = begin(anna)
    assert anna.act(draft, "/discard", reason=" ").status_code == 409
    assert anna.act(draft, "/discard", reason="A slip").status_code == 303
    assert parts.knowledge.store.drafts() == []
    assert "thrown away" in anna.open(draft).text
