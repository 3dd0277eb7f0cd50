"""Publishing and taking back in the studio, and the pages that show what was done."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import sqlite3
from pathlib import Path

from knowledge.model import Person as Actor
from knowledge.store.audit import about
from records.model import Conversation, KeptMessage
from storage.engine import open_engine, write
from tests.knowledge.samples import NOON, TEA
from tests.running import wait_until
from tests.web.studio.conftest import Clock, Employ, Person, begin, newest, submit
from web.parts import Parts
from web.studio.trail import SHORT

BETTER = "Tea is a drink of leaves and hot water, at 70 degrees."
PUBLISHER = Actor("Peter", frozenset({"author", "reviewer", "publisher"}))


def approved(anna: Person, clara: Person, entry: str = "en/tea-what-is", answer: str = BETTER) -> str:
    draft = begin(anna, entry)
    submit(anna, draft, answer=answer)
    assert clara.act(draft, "/approve").status_code == 303
    return draft


def live(parts: Parts) -> dict[str, str]:
    return {row.entry.id: row.entry.answer for row in newest(parts).release.revisions}


def test_what_is_ticked_is_published_together(employ: Employ, parts: Parts) -> None:
    anna, clara, peter = employ("Anna", "author"), employ("Clara", "reviewer"), employ("Peter", "publisher")
    approved(anna, clara)
    approved(anna, clara, "en/tea-steps", "Boil water. Then pour it.")
    page = peter.open("/studio/work")
    ids = [str(draft.id) for draft in parts.knowledge.store.drafts()]
    assert peter.send(page, "/studio/publish", draft=ids).headers["location"].startswith("/studio/releases")
    assert live(parts)["tea-what-is"] == BETTER
    assert live(parts)["tea-steps"] == "Boil water. Then pour it."
    history = peter.open("/studio/entries/en/tea-steps").text.split('id="history"')[1]
    assert history.index("published") < history.index("approved it") < history.index("began a draft")
    assert "published" not in peter.open("/studio/entries/en/scald").text.split('id="history"')[1]
    made = re.sub(r"<[^>]+>", "", peter.open("/studio/releases").text)
    assert "published: en/tea-steps, en/tea-what-is" in made
    assert made.index("published:") < made.index("starter content")


def test_what_is_not_approved_is_not_published(employ: Employ, parts: Parts) -> None:
    anna, peter = employ("Anna", "author"), employ("Peter", "publisher")
    draft = begin(anna)
    mark = peter.open("/studio/").text.split('name="form_mark" value="')[1].split('"')[0]
    for ids in ([draft.rpartition("/")[2]], [], ["x"], ["99"]):
        answer = peter.client.post("/studio/publish", data={"form_mark": mark, "draft": ids})
        assert answer.status_code in (404, 409), ids
    assert live(parts)["tea-what-is"] != BETTER


def test_a_text_that_another_one_overtook_is_shown_beside_it(employ: Employ, parts: Parts) -> None:
    anna, clara, peter = employ("Anna", "author"), employ("Clara", "reviewer"), employ("Peter", "publisher")
    draft = approved(anna, clara)
    page = peter.open(draft)
    # The same entry goes live by another way while the page is open.
    with sqlite3.connect(Path(str(parts.knowledge.store._engine.url.database))) as other:
        other.execute(
            "INSERT INTO revisions "
            "(locale, entry_id, number, content_hash, body, author, approvers, review, created_at) "
            "SELECT locale, entry_id, 2, content_hash, replace(body, 'not hotter', 'not much hotter'), author, "
            "approvers, review, created_at FROM revisions WHERE entry_id = 'tea-what-is'"
        )
    other.close()
    answer = peter.send(page, "/studio/publish")
    assert answer.status_code == 409
    assert "begin again from that one" in answer.text
    assert "<del>" in answer.text


def test_a_publication_is_planned_and_taken_back(employ: Employ, parts: Parts, clock: Clock) -> None:
    anna, clara, peter = employ("Anna", "author"), employ("Clara", "reviewer"), employ("Peter", "publisher")
    draft = approved(anna, clara)
    assert peter.act(draft, "/studio/plans", due_at="someday").status_code == 409
    assert peter.act(draft, "/studio/plans", due_at="2026-11-21T08:00").status_code == 409
    assert peter.act(draft, "/studio/plans", due_at="2026-11-23T08:00").status_code == 303
    assert "Nov 23, 2026, 08:00 UTC" in peter.open("/studio/work").text
    assert peter.act("/studio/work", "/cancel").status_code == 303
    assert parts.knowledge.store.plans() == []
    peter.act(draft, "/studio/plans", due_at="2026-11-23T08:00")
    clock.move(days=1)
    parts.knowledge.editing.publish_due(clock())
    assert live(parts)["tea-what-is"] == BETTER


def test_an_earlier_release_comes_back(employ: Employ, parts: Parts) -> None:
    anna, clara, peter = employ("Anna", "author"), employ("Clara", "reviewer"), employ("Peter", "publisher")
    before = live(parts)["tea-what-is"]
    peter.act(approved(anna, clara), "/studio/publish")
    page = peter.open("/studio/releases")
    assert peter.send(page, "/releases/1/roll-back", reason="").status_code == 409
    assert peter.send(page, "/releases/1/roll-back", reason="Wrong leaf").status_code == 303
    assert live(parts)["tea-what-is"] == before
    assert "rolled back to release 1" in peter.open("/studio/audit").text


def test_a_text_is_withdrawn_restored_and_taken_out(employ: Employ, parts: Parts) -> None:
    peter = employ("Peter", "publisher")
    page = "/studio/entries/en/tea-what-is"
    assert peter.act(page, "/withdraw", reason="Being looked at").status_code == 303
    assert "tea-what-is" not in live(parts)
    assert "Withdrawn" in peter.open(page).text
    assert peter.act(page, "/restore", reason="It was right").status_code == 303
    assert "tea-what-is" in live(parts)
    shown = peter.open(page)
    assert peter.send(shown, "/retire", reason="Not needed").status_code == 303
    assert "taken out" in peter.open(page).text
    assert "Take it back" not in peter.open("/studio/entries/en/scald").text


def test_in_an_incident_a_topic_goes_and_its_cards_stay(employ: Employ, parts: Parts) -> None:
    peter = employ("Peter", "publisher")
    assert peter.act("/studio/releases", "/withdraw-topic", topic="", reason="x").status_code == 409
    assert peter.act("/studio/releases", "/withdraw-topic", topic="lupus", reason="Recall").status_code == 303
    assert set(live(parts)) == {"scald"}


def test_after_an_incident_what_it_took_comes_back_together(employ: Employ, parts: Parts, clock: Clock) -> None:
    anna, peter = employ("Anna", "author"), employ("Peter", "publisher")
    peter.act("/studio/entries/en/tea-what-is", "/withdraw", reason="A slip in it")
    clock.move(minutes=1)
    peter.act("/studio/releases", "/withdraw-topic", topic="lupus", reason="Recall")
    page = peter.open("/studio/releases")
    assert page.text.index("12:01 UTC: Recall") < page.text.index("12:00 UTC: A slip in it")
    assert "/releases/restore" not in anna.open("/studio/releases").text
    recall = page.text[page.text.index("UTC: Recall") :]
    assert peter.send(recall, "/releases/restore", reason=" ").status_code == 409
    assert set(live(parts)) == {"scald"}
    back = peter.send(recall, "/releases/restore", reason="It is over", entry="en/tea-steps")
    assert "live again" in peter.open(back.headers["location"]).text
    assert set(live(parts)) == {"scald", "tea-steps"}
    assert peter.send(recall, "/releases/restore", reason="Again", entry="en/tea-steps").status_code == 409
    both = ["en/tea-what-is", "en/tea-steps"]
    assert "not withdrawn any more" in peter.send(recall, "/releases/restore", reason="Both", entry=both).text
    assert set(live(parts)) == {"scald", "tea-steps"}
    newest = list(parts.knowledge.store.audit())[-1]
    assert (newest.act, newest.entry, newest.reason) == ("restore", "tea-steps", "It is over")


def test_the_audit_page_tells_all_and_finds_a_row_that_was_changed(employ: Employ, parts: Parts) -> None:
    anna, clara, peter = employ("Anna", "author"), employ("Clara", "reviewer"), employ("Peter", "publisher")
    peter.act(approved(anna, clara), "/studio/publish")
    page = peter.open("/studio/audit").text
    for words in ("began a draft", "changed the draft", "asked for approval", "approved it", "published"):
        assert words in page
    assert "The trail is whole" in page
    assert "began a draft" not in peter.open("/studio/audit?entry=en/scald").text
    assert "began a draft" in peter.open("/studio/audit?entry=tea-what-is&page=7").text
    file = Path(str(parts.knowledge.store._engine.url.database))
    with sqlite3.connect(file) as other:
        other.execute("UPDATE audit SET person = 'Nobody' WHERE number = 2")
    other.close()
    assert "From row 2 on" in peter.open("/studio/audit").text


def test_a_long_trail_is_verified_beside_the_page_and_again_after_a_while(
    employ: Employ, parts: Parts, clock: Clock
) -> None:
    peter, store = employ("Peter", "publisher"), parts.knowledge.store
    with store.changing() as change:
        for number in range(SHORT + 1):
            change.record("send_again", by="Ada", at=clock(), detail={"channel": "webhook", "letter": number})

    def told(words: str) -> bool:
        return words in " ".join(peter.open("/studio/audit?page=3").text.split())

    wait_until("the verdict", lambda: told(f"nothing in its {SHORT + 1} rows was changed"))
    parts.knowledge.editing.withdraw([TEA.key], by=PUBLISHER, at=clock(), reason="A trial")
    assert told("with 1 newer ones to come")
    file = Path(str(store._engine.url.database))
    with sqlite3.connect(file) as other:
        other.execute("UPDATE audit SET person = 'Nobody' WHERE number = 2")
    other.close()
    clock.move(minutes=11)
    wait_until("the verdict after a while", lambda: told("From row 2 on"))


def test_the_trail_of_one_entry_names_acts_on_several_and_plans(employ: Employ, parts: Parts, clock: Clock) -> None:
    anna, clara, peter = employ("Anna", "author"), employ("Clara", "reviewer"), employ("Peter", "publisher")
    draft = approved(anna, clara)
    planned = peter.act(draft, "/studio/plans", due_at="2026-11-29T10:00")
    assert planned.status_code == 303
    [plan] = parts.knowledge.store.plans()
    parts.knowledge.editing.cancel_plan(plan.id, by=PUBLISHER, at=clock(), reason="Not yet")
    parts.knowledge.editing.withdraw_topic("lupus", by=PUBLISHER, at=clock(), reason="Recall")
    told = [row.act for row in parts.knowledge.store.audit(TEA.key)]
    assert told == [row.act for row in about(parts.knowledge.store.audit(), TEA.key)]
    assert {"draft", "plan", "cancel_plan", "withdraw"} <= set(told)


def test_a_file_for_a_spreadsheet_holds_no_formula(employ: Employ, parts: Parts) -> None:
    anna = employ("Anna", "author")
    anna.act(begin(anna), "/comment", text='=HYPERLINK("http://elsewhere.example")')
    text = anna.open("/studio/audit.csv").text
    assert text.startswith("\ufeff")
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert rows[-1]["reason"].startswith("'=")


def test_a_recall_says_who_was_shown_a_text(employ: Employ, parts: Parts, tmp_path: Path) -> None:
    told = {"kind": "answer", "locale": "en", "entry": "tea-what-is"}
    told["provenance"] = [{"kind": "revision", "id": "tea-what-is", "number": 1}]  # type: ignore[assignment]
    engine = open_engine(f"sqlite:///{tmp_path / 'conversations.db'}")
    for number in (1, 2, 3):
        of = Conversation(f"{number % 2}".rjust(32, "0"), "chat", NOON, introduced=True)
        message = KeptMessage(NOON + dt.timedelta(minutes=number), "what is tea", "answer", [{"custom": told}])
        with write(engine) as connection:
            parts.kept.keep(connection, of, f"m{number}", message)
    anna = employ("Anna", "author")
    page = anna.open("/studio/recall/en/tea-what-is").text
    assert "3 messages were answered with it, in 2 conversations" in page
    assert "0 messages" in anna.open("/studio/recall/en/tea-what-is?revision=2").text
    assert anna.open("/studio/recall/en/tea-what-is?as=csv").text.count("what is tea") == 3
    # How often it was asked stands in the list, too.
    assert 'data-name="Asked">3<' in anna.open("/studio/?words=what+is+tea&order=used").text


def test_a_card_has_a_sheet_to_sign(employ: Employ) -> None:
    sheet = employ("Clara", "reviewer").open("/studio/entries/en/scald/sign-off").text
    assert "Hash of this exact text" in sheet
    assert "Call 911 now." in sheet
    assert sheet.count("<tr><td></td>") == 3


def test_a_card_needs_two_people_beside_its_author(employ: Employ, parts: Parts) -> None:
    anna, clara, dora = employ("Anna", "author"), employ("Clara", "reviewer"), employ("Dora", "reviewer", "publisher")
    draft = approved(anna, clara, "en/scald", "Call {emergency_number} at once.")
    assert "1 more person has" in dora.open(draft).text
    dora.act(draft, "/approve")
    assert dora.act(draft, "/studio/publish").status_code == 303
    assert live(parts)["scald"] == "Call {emergency_number} at once."
