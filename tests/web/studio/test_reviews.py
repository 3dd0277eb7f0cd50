"""Many texts are approved with one click: those that were opened exactly as they are, by somebody who wrote none."""

from __future__ import annotations

from tests.web.studio.conftest import Employ, begin, submit
from web.parts import Parts

TEA, STEPS = "en/tea-what-is", "en/tea-steps"
BETTER = {TEA: "Tea is a drink of leaves and hot water, at 70 degrees.", STEPS: "Boil water, wait, then pour it."}
NOT_OPENED = "You have not opened this text as it is now."


def hashes(parts: Parts) -> list[str]:
    return [draft.content_hash for draft in parts.knowledge.store.drafts()]


def test_what_was_opened_is_approved_together_with_a_row_of_the_trail_each(employ: Employ, parts: Parts) -> None:
    anna, clara = employ("Anna", "author"), employ("Clara", "reviewer", clinician=True)
    for entry, answer in BETTER.items():
        submit(anna, begin(anna, entry), answer=answer)
    assert 'type="checkbox"' not in clara.open("/studio/reviews").text
    for draft in parts.knowledge.store.drafts():
        clara.open(f"/studio/drafts/{draft.id}")
    page = clara.open("/studio/reviews")
    assert page.text.count('type="checkbox"') == 2
    done = clara.send(page, "/studio/reviews/approve", hash=hashes(parts))
    assert (done.status_code, "You approved 2 texts" in done.text) == (200, True)
    assert "Nothing waits for you" in done.text
    rows = [row for row in parts.knowledge.store.audit() if row.act == "approve"]
    assert {(row.person, row.entry) for row in rows} == {("Clara", "tea-what-is"), ("Clara", "tea-steps")}
    assert all(row.detail["clinician"] for row in rows)


def test_what_was_not_opened_is_not_approved_and_keeps_no_other(employ: Employ, parts: Parts) -> None:
    anna, clara = employ("Anna", "author"), employ("Clara", "reviewer")
    for entry, answer in BETTER.items():
        submit(anna, begin(anna, entry), answer=answer)
    read, unread = parts.knowledge.store.drafts()
    clara.open(f"/studio/drafts/{read.id}")
    page = clara.act("/studio/reviews", "/studio/reviews/approve", hash=[unread.content_hash, read.content_hash])
    assert (page.status_code, NOT_OPENED in page.text, "You approved 1 text" in page.text) == (409, True, True)
    approved = {draft.id: [one.person for one in draft.approvals] for draft in parts.knowledge.store.drafts()}
    assert approved == {read.id: ["Clara"], unread.id: []}


def test_a_text_that_was_changed_has_to_be_opened_again(employ: Employ, parts: Parts) -> None:
    anna, clara = employ("Anna", "author"), employ("Clara", "reviewer")
    draft = begin(anna)
    submit(anna, draft, answer=BETTER[TEA])
    clara.open(draft)
    [old] = hashes(parts)
    anna.send(anna.open(f"{draft}/edit?change=yes"), "/submit", answer=BETTER[TEA] + " Yes.")
    page = clara.open("/studio/reviews")
    assert 'type="checkbox"' not in page.text
    assert "was changed or published meanwhile" in clara.send(page, "/approve", hash=old).text
    assert NOT_OPENED in clara.send(page, "/approve", hash=hashes(parts)).text
    assert parts.knowledge.store.drafts()[0].approvals == ()


def test_what_somebody_else_opened_is_not_read_by_me(employ: Employ, parts: Parts) -> None:
    anna, clara, dora = employ("Anna", "author"), employ("Clara", "reviewer"), employ("Dora", "reviewer")
    draft = begin(anna)
    submit(anna, draft, answer=BETTER[TEA])
    dora.open(draft)
    assert NOT_OPENED in clara.act("/studio/reviews", "/approve", hash=hashes(parts)).text


def test_nobody_approves_their_own_text_among_others(employ: Employ, parts: Parts) -> None:
    eve, anna = employ("Eve", "author", "reviewer"), employ("Anna", "author")
    submit(anna, begin(anna, STEPS), answer=BETTER[STEPS])
    mine = begin(eve)
    submit(eve, mine, answer=BETTER[TEA])
    eve.open(mine)
    page = eve.open("/studio/reviews")
    assert ("What is tea?" in page.text, "How do I make tea?" in page.text) == (False, True)
    refused = eve.send(page, "/studio/reviews/approve", hash=hashes(parts))
    assert "two people are needed" in refused.text
    assert all(draft.approvals == () for draft in parts.knowledge.store.drafts())
    assert [row.detail["act"] for row in parts.knowledge.store.audit() if row.act == "refused"] == ["approve"]
