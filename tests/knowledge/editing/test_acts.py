from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from knowledge.codec import content_hash
from knowledge.editing.calendar import Calendar, Done
from knowledge.editing.refusals import EditConflict, NotAllowed, StaleDraft, TooManyOverdue, UnfitText
from knowledge.errors import EditRefused
from knowledge.model import Person, Source
from knowledge.store.audit import first_broken
from knowledge.store.repository import KnowledgeStore
from knowledge.store.tables import draft_people, revision_people
from storage.engine import read, write
from tests.knowledge.editing.conftest import (
    ANNA,
    BEN,
    BETTER,
    BETTER_CARD,
    CLARA,
    DORA,
    EVERYTHING,
    LATER,
    PETER,
    Desk,
    person,
)
from tests.knowledge.samples import CARD, NOON, SOURCE, STEPS, TEA, publication

WHY = "the tea board said so"


def test_a_text_goes_from_its_author_to_the_readers(desk: Desk) -> None:
    draft = desk.acts.draft(BETTER, by=ANNA, at=NOON)
    assert (draft.state, draft.base, draft.version, draft.authors) == ("draft", 1, 1, ("Anna",))
    draft = desk.acts.submit(draft.id, version=1, by=ANNA, at=NOON)
    draft = desk.acts.approve(draft.id, content_hash=content_hash(BETTER), by=CLARA, at=NOON)
    assert desk.live()[TEA.id] == content_hash(TEA)
    assert desk.acts.publish([draft.id], by=PETER, at=LATER, reason=WHY) == 2
    live = desk.store.release(2)
    revision = next(row for row in live.revisions if row.entry.id == TEA.id)
    assert (revision.entry, revision.number) == (BETTER, 2)
    assert (revision.author, revision.approvers, revision.review) == ("Anna", ("Clara",), "clinician")
    assert (live.by, live.published_at) == ("Peter", LATER)
    assert desk.store.drafts() == []
    assert desk.prepared == [TEA.id]
    assert desk.acted() == ["draft", "submit", "approve", "publish"]


def test_an_approval_by_someone_who_is_no_clinician_does_not_count_as_a_clinicians(desk: Desk) -> None:
    draft = desk.submitted(BETTER)
    desk.acts.approve(draft.id, content_hash=draft.content_hash, by=DORA, at=NOON)
    desk.acts.publish([draft.id], by=PETER, at=NOON)
    assert desk.store.revision("en", TEA.id).review == "editorial"


@pytest.mark.parametrize("author", [BEN, EVERYTHING])
def test_nobody_approves_a_text_of_their_own(desk: Desk, author: Person) -> None:
    draft = desk.submitted(BETTER, by=author)
    with pytest.raises(NotAllowed, match="you wrote this text, and two people are needed"):
        desk.acts.approve(draft.id, content_hash=draft.content_hash, by=author, at=NOON)
    assert desk.acted()[-1] == "refused"
    with pytest.raises(EditRefused, match="not approved yet: one more person"):
        desk.acts.publish([draft.id], by=PETER, at=NOON)


def test_whoever_changes_an_approved_text_cannot_approve_it_again(desk: Desk) -> None:
    draft = desk.submitted(BETTER)
    desk.acts.approve(draft.id, content_hash=draft.content_hash, by=BEN, at=NOON)
    other = replace(BETTER, more="It is brewed everywhere.")
    draft = desk.acts.edit(draft.id, other, version=1, by=BEN, at=NOON)
    assert (draft.state, draft.approvals, draft.authors) == ("draft", (), ("Anna", "Ben"))
    draft = desk.acts.submit(draft.id, version=2, by=ANNA, at=NOON)
    with pytest.raises(NotAllowed):
        desk.acts.approve(draft.id, content_hash=draft.content_hash, by=BEN, at=NOON)


@pytest.mark.parametrize("part", ["author", "approver"])
def test_the_database_itself_keeps_author_and_approver_apart(desk: Desk, engine: Engine, part: str) -> None:
    draft = desk.approved(BETTER)
    name = {"author": "Clara", "approver": "Anna"}[part]
    row = {"draft_id": draft.id, "person": name, "part": part, "clinician": False, "content_hash": "0" * 64}
    with pytest.raises(sa.exc.IntegrityError), write(engine) as connection:
        connection.execute(sa.insert(draft_people), row)
    desk.acts.publish([draft.id], by=PETER, at=NOON)
    with read(engine) as connection:
        revision = connection.execute(sa.select(revision_people.c.revision_id)).scalar()
    with pytest.raises(sa.exc.IntegrityError), write(engine) as connection:
        connection.execute(sa.insert(revision_people), {"revision_id": revision, "person": name, "part": part})


@pytest.mark.parametrize("name", ["anna", "ANNA ", " Anna", "Ａｎｎａ"])
def test_a_name_that_is_spelt_in_another_way_is_no_second_person(desk: Desk, name: str) -> None:
    draft = desk.submitted(BETTER_CARD)
    with pytest.raises(NotAllowed, match="you wrote this text"):
        desk.acts.approve(draft.id, content_hash=draft.content_hash, by=person(name, "reviewer"), at=NOON)
    desk.acts.approve(draft.id, content_hash=draft.content_hash, by=CLARA, at=NOON)
    with pytest.raises(EditRefused, match="you have approved this text already; somebody else"):
        desk.acts.approve(draft.id, content_hash=draft.content_hash, by=person("clara", "reviewer"), at=NOON)


def test_whoever_approves_a_text_twice_hears_whether_anybody_else_must(desk: Desk) -> None:
    draft = desk.approved(BETTER)
    with pytest.raises(EditRefused) as refused:
        desk.acts.approve(draft.id, content_hash=draft.content_hash, by=CLARA, at=NOON)
    assert str(refused.value) == "you have approved this text already"


def test_an_edit_voids_what_was_approved(desk: Desk) -> None:
    draft = desk.approved(BETTER)
    draft = desk.acts.edit(draft.id, replace(BETTER, more="Other words."), version=1, by=ANNA, at=NOON)
    with pytest.raises(EditRefused, match="not approved"):
        desk.acts.publish([draft.id], by=PETER, at=NOON)
    with pytest.raises(EditRefused, match="not in review"):
        desk.acts.approve(draft.id, content_hash=draft.content_hash, by=CLARA, at=NOON)


def test_an_approval_of_a_text_that_was_changed_meanwhile_is_refused_with_the_new_text(desk: Desk) -> None:
    read = desk.submitted(BETTER)
    changed = desk.acts.edit(read.id, replace(BETTER, more="Other words."), version=1, by=ANNA, at=NOON)
    desk.acts.submit(read.id, version=changed.version, by=ANNA, at=NOON)
    with pytest.raises(StaleDraft) as refused:
        desk.acts.approve(read.id, content_hash=read.content_hash, by=CLARA, at=NOON)
    assert refused.value.current.entry.more == "Other words."


def test_a_form_that_was_opened_earlier_overwrites_nothing(desk: Desk) -> None:
    draft = desk.acts.draft(BETTER, by=ANNA, at=NOON)
    desk.acts.edit(draft.id, replace(BETTER, more="Ben's words."), version=1, by=BEN, at=NOON)
    mine = replace(BETTER, more="Anna's words.")
    for act in (
        lambda: desk.acts.edit(draft.id, mine, version=1, by=ANNA, at=NOON),
        lambda: desk.acts.submit(draft.id, version=1, by=ANNA, at=NOON),
        lambda: desk.acts.discard(draft.id, version=1, by=ANNA, at=NOON, reason=WHY),
    ):
        with pytest.raises(StaleDraft, match="changed meanwhile, by Anna, Ben") as refused:
            act()
        assert refused.value.current.entry.more == "Ben's words."
    assert desk.store.draft(draft.id).entry.more == "Ben's words."


def test_a_form_of_a_draft_that_is_gone_does_not_reach_the_next_draft(desk: Desk) -> None:
    gone = desk.acts.draft(BETTER, by=ANNA, at=NOON)
    desk.acts.discard(gone.id, version=1, by=BEN, at=NOON, reason=WHY)
    desk.acts.draft(replace(BETTER, more="Ben's words."), by=BEN, at=NOON)
    for act in (
        lambda: desk.acts.edit(gone.id, BETTER, version=1, by=ANNA, at=NOON),
        lambda: desk.acts.discard(gone.id, version=1, by=ANNA, at=NOON, reason=WHY),
        lambda: desk.acts.comment(gone.id, "Too hot.", by=CLARA, at=NOON),
    ):
        with pytest.raises(EditRefused, match=f"draft {gone.id} does not exist any more"):
            act()
    (draft,) = desk.store.drafts()
    assert (draft.entry.more, draft.authors) == ("Ben's words.", ("Ben",))


def test_a_plan_that_was_taken_back_is_not_mistaken_for_the_next_one(desk: Desk) -> None:
    draft = desk.approved(BETTER)
    gone = desk.acts.plan([draft.id], due_at=LATER, by=PETER, at=NOON)
    desk.acts.cancel_plan(gone, by=PETER, at=NOON)
    desk.acts.plan([draft.id], due_at=LATER, by=PETER, at=NOON)
    with pytest.raises(EditRefused, match=f"plan {gone} does not exist any more"):
        desk.acts.cancel_plan(gone, by=PETER, at=NOON)
    assert desk.acts.publish_due(LATER) == [2]


def test_two_people_do_not_begin_the_same_entry(desk: Desk) -> None:
    desk.acts.draft(BETTER, by=ANNA, at=NOON)
    with pytest.raises(EditRefused, match="being worked on by Anna"):
        desk.acts.draft(BETTER, by=BEN, at=NOON)


def test_a_card_needs_two_approvers(desk: Desk) -> None:
    draft = desk.submitted(BETTER_CARD)
    desk.acts.approve(draft.id, content_hash=draft.content_hash, by=CLARA, at=NOON)
    with pytest.raises(EditRefused, match="not approved yet: one more person"):
        desk.acts.publish([draft.id], by=PETER, at=NOON)
    with pytest.raises(EditRefused, match="approved this text already"):
        desk.acts.approve(draft.id, content_hash=draft.content_hash, by=CLARA, at=NOON)
    desk.acts.approve(draft.id, content_hash=draft.content_hash, by=DORA, at=NOON)
    desk.acts.publish([draft.id], by=PETER, at=NOON)
    assert desk.store.revision("en", CARD.id).approvers == ("Clara", "Dora")


NO_CARD = replace(CARD, answer_kind="steps", phrasings=("scald",), figures=(), cautions=())
NO_TERM = "is the id of a word of the glossary"


def test_a_card_does_not_become_a_text_that_one_person_can_approve(desk: Desk) -> None:
    with pytest.raises(EditRefused, match="scald is an emergency card and stays one"):
        desk.acts.draft(NO_CARD, by=ANNA, at=NOON)
    draft = desk.acts.draft(BETTER_CARD, by=ANNA, at=NOON)
    with pytest.raises(EditRefused, match="scald is an emergency card and stays one"):
        desk.acts.edit(draft.id, NO_CARD, version=1, by=ANNA, at=NOON)
    with pytest.raises(EditRefused, match=NO_TERM):
        desk.acts.draft(replace(BETTER, answer_kind="term"), by=ANNA, at=NOON)
    desk.acts.discard(draft.id, version=1, by=ANNA, at=NOON, reason=WHY)
    with pytest.raises(EditRefused, match="scald is an emergency card and stays one"):
        desk.acts.draft_all([NO_CARD], by=ANNA, at=NOON)


def test_a_text_that_became_a_card_meanwhile_is_not_replaced_by_another_kind(desk: Desk) -> None:
    mine = desk.approved(NO_CARD_YET)
    theirs = replace(NO_CARD_YET, answer_kind="card", phrasings=())
    desk.store.publish([TEA, STEPS, CARD, theirs], {}, **publication(base=1))
    with pytest.raises(EditRefused, match="burn is an emergency card and stays one"):
        desk.acts.publish([mine.id], by=PETER, at=NOON)
    assert desk.live()["burn"] == content_hash(theirs)


NO_CARD_YET = replace(NO_CARD, id="burn", question="What do I do about a burn?", phrasings=("burn",))


def test_a_draft_that_is_named_twice_is_published_once(desk: Desk) -> None:
    draft = desk.approved(BETTER)
    desk.acts.plan([draft.id, draft.id], due_at=LATER, by=PETER, at=NOON)
    assert desk.acts.publish_due(LATER) == [2]
    other = desk.approved(STEPS_MORE)
    assert desk.acts.publish([other.id, other.id], by=PETER, at=LATER) == 3


def test_several_drafts_are_published_together_or_not_at_all(desk: Desk) -> None:
    new = replace(STEPS, id="tea-cold", question="Is cold tea tea?", phrasings=("iced tea",), related=("tea-hot",))
    hot = replace(new, id="tea-hot", question="Is hot tea tea?", phrasings=("hot one",), related=())
    first = desk.acts.draft(hot, by=ANNA, at=NOON)
    with pytest.raises(UnfitText, match="entry 'tea-hot' does not exist"):
        desk.submitted(new)
    desk.acts.submit(first.id, version=1, by=ANNA, at=NOON)
    desk.acts.approve(first.id, content_hash=first.content_hash, by=CLARA, at=NOON)
    other = desk.approved(BETTER)
    waiting = desk.submitted(replace(STEPS, more="It takes a while."))
    with pytest.raises(EditRefused, match="tea-steps is not approved"):
        desk.acts.publish([first.id, other.id, waiting.id], by=PETER, at=NOON)
    assert desk.store.newest_release() == 1
    desk.acts.publish([first.id, other.id], by=PETER, at=NOON)
    assert desk.live() == {
        TEA.id: content_hash(BETTER),
        STEPS.id: content_hash(STEPS),
        CARD.id: content_hash(CARD),
        "tea-hot": content_hash(hot),
    }


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"more": "x" * 600_000}, "the text has 600 KB, more than 500"),
        ({"more": "cut in \ud83d two"}, "half a character"),
        ({"id": "Tea <script>"}, "small letters"),
        ({"id": "t" * 81}, "1 to 80"),
        ({"locale": "english"}, "a language is written as en"),
    ],
)
def test_what_the_database_cannot_hold_is_refused_before_anything_is_kept(
    desk: Desk, changes: dict[str, str], why: str
) -> None:
    with pytest.raises(EditRefused, match=why):
        desk.acts.draft(replace(BETTER, **changes), by=ANNA, at=NOON)
    draft = desk.acts.draft(BETTER, by=ANNA, at=NOON)
    with pytest.raises(EditRefused, match=why):
        desk.acts.edit(draft.id, replace(BETTER, **changes), version=1, by=ANNA, at=NOON)
    assert desk.store.draft(draft.id) == draft


@pytest.mark.parametrize("key", [("en", "tea\0"), ("en", "\ud83d"), ("en", "t" * 81), ("e" * 9, "tea"), ("", "tea")])
@pytest.mark.parametrize("by", [PETER, ANNA])
def test_a_name_that_no_entry_can_have_is_refused_and_breaks_nothing(
    desk: Desk, key: tuple[str, str], by: Person
) -> None:
    for act in (
        lambda: desk.acts.withdraw([key], by=by, at=NOON, reason=WHY),
        lambda: desk.acts.retire(key, by=by, at=NOON, reason=WHY),
        lambda: desk.acts.restore(key, by=by, at=NOON, reason=WHY),
    ):
        with pytest.raises(EditRefused):
            act()
    assert desk.store.newest_release() == 1


@pytest.mark.parametrize("name", ["", "   ", "A" * 81, "Anna\0", "Anna\n"])
def test_whoever_acts_has_a_name(desk: Desk, name: str) -> None:
    with pytest.raises(EditRefused, match="give the name of a person"):
        desk.acts.withdraw([("en", TEA.id)], by=person(name, "publisher"), at=NOON, reason=WHY)
    draft = desk.acts.draft(BETTER, by=ANNA, at=NOON)
    with pytest.raises(EditRefused, match="give the name of a person"):
        desk.acts.comment(draft.id, "Too hot.", by=person(name, "reviewer"), at=NOON)
    assert desk.acted() == ["draft"]


def test_a_null_byte_pasted_into_a_text_or_a_reason_breaks_nothing(desk: Desk) -> None:
    desk.acts.draft(replace(BETTER, more="a\0b"), by=ANNA, at=NOON, reason="c\0d \ud83d")
    assert desk.store.drafts()[0].entry.more == "a\0b"
    (row,) = desk.store.audit()
    assert row.reason == "cd ?"
    assert first_broken([row]) is None


def test_a_text_with_faults_is_not_sent_to_review(desk: Desk) -> None:
    unfit = replace(
        BETTER,
        answer="You should stop prednisone at 90 degrees.",
        facts=("TEA-002",),
        related=("nothing",),
        phrasings=("make tea",),
    )
    draft = desk.acts.draft(unfit, by=ANNA, at=NOON)
    with pytest.raises(UnfitText) as refused:
        desk.acts.submit(draft.id, version=1, by=ANNA, at=NOON)
    assert {field for field, _ in refused.value.faults} == {
        "answer",
        "facts",
        "figures",
        "phrasings",
        "related",
        "sources",
    }
    assert desk.store.draft(draft.id).state == "draft"


def test_what_became_unfit_after_its_approval_is_not_published(desk: Desk) -> None:
    draft = desk.approved(replace(BETTER, related=(STEPS.id,)))
    desk.acts.retire(("en", STEPS.id), by=PETER, at=NOON, reason=WHY)
    with pytest.raises(UnfitText, match="tea-steps"):
        desk.acts.publish([draft.id], by=PETER, at=NOON)


def test_a_draft_that_another_text_overtook_is_not_published_over_it(desk: Desk) -> None:
    mine = desk.approved(BETTER)
    # Starter content came in between: the same entry has a newer revision.
    theirs = replace(BETTER, answer="Tea is a drink of leaves and hot water.", more="")
    desk.store.publish([theirs, STEPS, CARD], {}, base=1, author="starter", review="editorial", origin="seed", at=NOON)
    with pytest.raises(EditConflict, match="revision 2 of tea-what-is by starter") as refused:
        desk.acts.publish([mine.id], by=PETER, at=NOON)
    assert (refused.value.mine.entry, refused.value.theirs.entry) == (BETTER, theirs)
    assert str(refused.value).splitlines()[1:] == [
        "answer: Tea is a drink of leaves and hot water{+, at 70 degrees+}.",
        "more: {+People drink it everywhere.+}",
    ]
    desk.acts.plan([mine.id], due_at=LATER, by=PETER, at=NOON)
    assert desk.acts.publish_due(LATER) == []
    dropped = list(desk.store.audit())[-1]
    assert (dropped.act, dropped.reason) == ("plan_failed", refused.value.sentence)
    assert desk.live()[TEA.id] == content_hash(theirs)


def test_throwing_a_draft_away_needs_a_reason(desk: Desk) -> None:
    draft = desk.approved(BETTER)
    with pytest.raises(EditRefused, match="say why"):
        desk.acts.discard(draft.id, version=1, by=BEN, at=NOON, reason=" ")
    assert desk.store.draft(draft.id) == draft


def test_sending_back_needs_a_reason_and_voids_approvals(desk: Desk) -> None:
    draft = desk.approved(BETTER)
    with pytest.raises(EditRefused, match="say what is to be mended"):
        desk.acts.send_back(draft.id, version=1, by=CLARA, at=NOON, reason=" ")
    draft = desk.acts.send_back(draft.id, version=1, by=CLARA, at=NOON, reason="too hard")
    assert (draft.state, draft.approvals) == ("draft", ())
    assert [row.reason for row in desk.store.audit(("en", TEA.id))][-1] == "too hard"


def test_comments_outlive_the_draft(desk: Desk) -> None:
    draft = desk.approved(BETTER)
    desk.acts.comment(draft.id, " Is that the right tea? ", by=DORA, at=NOON)
    desk.acts.publish([draft.id], by=PETER, at=NOON)
    said = [(row.person, row.reason) for row in desk.store.audit(("en", TEA.id)) if row.act == "comment"]
    assert said == [("Dora", "Is that the right tea?")]


def test_a_comment_that_is_repeated_at_once_is_kept_once(desk: Desk) -> None:
    draft = desk.submitted(BETTER)
    for by, text in (
        (DORA, "Hot?"),
        (DORA, "Hot? "),
        (CLARA, "Hot?"),
        (DORA, "Hot?"),
        (DORA, "cut \ud83d\0"),
        (DORA, "cut \ud83d\0"),
    ):
        desk.acts.comment(draft.id, text, by=by, at=NOON)
    said = [(row.person, row.reason) for row in desk.store.audit() if row.act == "comment"]
    assert said == [("Dora", "Hot?"), ("Clara", "Hot?"), ("Dora", "Hot?"), ("Dora", "cut ?")]


def test_a_comment_on_the_next_draft_is_another_one(desk: Desk) -> None:
    for _ in range(2):
        draft = desk.submitted(BETTER)
        desk.acts.comment(draft.id, "Hot?", by=DORA, at=NOON)
        desk.acts.discard(draft.id, version=1, by=ANNA, at=NOON, reason=WHY)
    assert desk.acted().count("comment") == 2


LEAFLET = Source("leaflet", "Tea for beginners", "The Tea Board", 2026, "https://tea.example/", ("TEA-001",))


def test_a_source_that_staff_add_carries_the_facts_that_it_says(desk: Desk) -> None:
    cites_it = replace(TEA, sources=("leaflet",))
    draft = desk.acts.draft(cites_it, by=ANNA, at=NOON)
    with pytest.raises(UnfitText, match="'leaflet' is no known source"):
        desk.acts.submit(draft.id, version=1, by=ANNA, at=NOON)
    desk.acts.add_source(LEAFLET, by=ANNA, at=NOON)
    assert desk.store.sources() == {"place": SOURCE, "leaflet": LEAFLET}
    assert desk.acts.submit(draft.id, version=1, by=ANNA, at=NOON).state == "in_review"
    row = list(desk.store.audit())[-2]
    assert (row.act, row.person, row.detail["source"]["facts"]) == ("add_source", "Anna", ["TEA-001"])
    assert first_broken(desk.store.audit()) is None


def test_of_a_known_source_the_facts_are_noted_that_it_was_not_known_to_carry(desk: Desk) -> None:
    silent = replace(LEAFLET, facts=())
    with desk.store.changing() as change:
        change.keep_sources({"leaflet": silent})
    kept = desk.acts.add_source(replace(LEAFLET, key="other", title="Beginners"), by=ANNA, at=NOON)
    assert kept == LEAFLET == desk.store.sources()["leaflet"]
    assert "other" not in desk.store.sources()
    assert list(desk.store.audit())[-1].detail["more"] == ["TEA-001"]


def test_a_new_edition_at_the_same_address_is_a_source_of_its_own(desk: Desk) -> None:
    desk.acts.add_source(LEAFLET, by=ANNA, at=NOON)
    edition = replace(LEAFLET, key="leaflet-2027", title="Tea for beginners, second edition", year=2027)
    assert desk.acts.add_source(edition, by=ANNA, at=NOON) == edition
    assert desk.store.sources() == {"place": SOURCE, "leaflet": LEAFLET, "leaflet-2027": edition}


def test_what_staff_noted_of_a_source_outlives_a_release_of_files(desk: Desk) -> None:
    desk.acts.add_source(LEAFLET, by=ANNA, at=NOON)
    renamed = replace(LEAFLET, title="Tea for everyone")
    desk.store.publish(
        [BETTER],
        {"place": SOURCE, "leaflet": replace(renamed, facts=())},
        base=desk.store.newest_release(),
        author="files",
        review="editorial",
        origin="seed",
        at=NOON,
    )
    assert desk.store.sources()["leaflet"] == renamed


@pytest.mark.parametrize(
    ("source", "why"),
    [
        (replace(LEAFLET, facts=()), "facts: choose at least one"),
        (replace(LEAFLET, facts=("TEA-002",)), "TEA-002 has to be checked again"),
        (replace(LEAFLET, facts=("TEA-003",)), "is no known fact"),
        (replace(LEAFLET, title="two\nlines"), "title: must be one line"),
        (replace(LEAFLET, address="ftp://tea.example"), "address: must begin with https"),
        (replace(LEAFLET, year=12), "year: must be a year from 1900 to 2027"),
        (replace(LEAFLET, key="Leaf let"), "small letters"),
        (replace(LEAFLET, key="place"), "'place' is the key of another source: A page about tea"),
        (replace(LEAFLET, address=SOURCE.address, year=SOURCE.year), "there is this source already"),
        (
            replace(SOURCE, key="new", facts=("TEA-001",), address=None, title="a page  about TEA"),
            "there is this source",
        ),
    ],
)
def test_a_source_that_nobody_can_follow_or_that_there_is_already_is_not_added(
    desk: Desk, source: Source, why: str
) -> None:
    with pytest.raises(EditRefused, match=why):
        desk.acts.add_source(source, by=ANNA, at=NOON)
    assert (desk.store.sources(), desk.acted()) == ({"place": SOURCE}, [])


def test_every_act_asks_for_its_role_and_a_refusal_is_kept(desk: Desk) -> None:
    draft = desk.approved(BETTER)
    nobody = person("Nobody")
    acts: dict[str, Callable[[], object]] = {
        "draft": lambda: desk.acts.draft(STEPS, by=nobody, at=NOON),
        "edit": lambda: desk.acts.edit(draft.id, BETTER, version=1, by=nobody, at=NOON),
        "discard": lambda: desk.acts.discard(draft.id, version=1, by=nobody, at=NOON, reason=WHY),
        "submit": lambda: desk.acts.submit(draft.id, version=1, by=nobody, at=NOON),
        "add_source": lambda: desk.acts.add_source(LEAFLET, by=nobody, at=NOON),
        "send_back": lambda: desk.acts.send_back(draft.id, version=1, by=nobody, at=NOON, reason=WHY),
        "approve": lambda: desk.acts.approve(draft.id, content_hash=draft.content_hash, by=nobody, at=NOON),
        "publish": lambda: desk.acts.publish([draft.id], by=nobody, at=NOON),
        "plan": lambda: desk.acts.plan([draft.id], due_at=LATER, by=nobody, at=NOON),
        "cancel_plan": lambda: desk.acts.cancel_plan(1, by=nobody, at=NOON),
        "withdraw": lambda: desk.acts.withdraw([("en", TEA.id)], by=nobody, at=NOON, reason=WHY),
        "retire": lambda: desk.acts.retire(("en", TEA.id), by=nobody, at=NOON, reason=WHY),
        "restore": lambda: desk.acts.restore(("en", TEA.id), by=nobody, at=NOON, reason=WHY),
        "restore ": lambda: desk.acts.restore_all([("en", TEA.id)], by=nobody, at=NOON, reason=WHY),
        "roll_back": lambda: desk.acts.roll_back(1, by=nobody, at=NOON, reason=WHY),
    }
    before = len(desk.acted())
    for act in acts.values():
        with pytest.raises(NotAllowed, match=r"Nobody is no (author|reviewer|publisher)"):
            act()
    with pytest.raises(NotAllowed, match="may not comment"):
        desk.acts.comment(draft.id, "Hello", by=nobody, at=NOON)
    refused = list(desk.store.audit())[before:]
    assert {row.act for row in refused} == {"refused"}
    assert [row.detail["act"] for row in refused] == [*(name.strip() for name in acts), "comment"]
    assert desk.store.newest_release() == 1
    assert desk.store.draft(draft.id) == draft


def test_a_withdrawn_text_is_not_live_and_can_be_restored(desk: Desk) -> None:
    desk.published(BETTER)
    desk.acts.withdraw([("en", TEA.id)], by=PETER, at=LATER, reason=WHY)
    assert TEA.id not in desk.live()
    assert desk.withdrawn() == {TEA.id}
    with pytest.raises(EditRefused, match="not live"):
        desk.acts.withdraw([("en", TEA.id)], by=PETER, at=LATER, reason=WHY)
    desk.acts.restore(("en", TEA.id), by=PETER, at=LATER, reason="it was right")
    assert desk.live()[TEA.id] == content_hash(BETTER)
    assert desk.withdrawn() == set()


def test_the_switch_for_an_incident_takes_a_whole_topic(desk: Desk) -> None:
    other = replace(STEPS, id="heart-tea", topic="heart", question="Is tea good?", phrasings=("good tea",), related=())
    desk.published(other)
    desk.acts.withdraw_topic("lupus", by=PETER, at=LATER, reason=WHY)
    assert set(desk.live()) == {"heart-tea", CARD.id}
    assert desk.withdrawn() == {TEA.id, STEPS.id}
    with pytest.raises(EditRefused, match="no text of the topic 'lupus' is live"):
        desk.acts.withdraw_topic("lupus", by=PETER, at=LATER, reason=WHY)


def test_what_an_incident_took_comes_back_in_one_release_with_one_row(desk: Desk) -> None:
    before = desk.live()
    desk.acts.withdraw_topic(TEA.topic, by=PETER, at=NOON, reason=WHY)
    with pytest.raises(EditRefused, match="tick at least one"):
        desk.acts.restore_all([], by=PETER, at=NOON, reason=WHY)
    with pytest.raises(EditRefused, match="scald is not withdrawn any more"):
        desk.acts.restore_all([TEA.key, CARD.key], by=PETER, at=NOON, reason=WHY)
    assert desk.withdrawn() == {TEA.id, STEPS.id}
    assert desk.acts.restore_all([TEA.key, STEPS.key], by=PETER, at=LATER, reason=WHY) == 3
    assert (desk.live(), desk.withdrawn()) == (before, set())
    row = list(desk.store.audit())[-1]
    assert (row.act, row.entry, row.detail) == ("restore", None, {"entries": ["en/tea-steps", "en/tea-what-is"]})


def test_the_switch_for_an_incident_leaves_cards_where_they_are(desk: Desk) -> None:
    desk.published(replace(CARD, id="flare-card", topic="lupus", question="What about a flare?"))
    desk.acts.withdraw_topic("lupus", by=PETER, at=LATER, reason=WHY)
    assert set(desk.live()) == {"flare-card", CARD.id}


def test_before_anything_is_published_there_is_nothing_to_withdraw(store: KnowledgeStore) -> None:
    acts = Desk(store).acts
    with pytest.raises(EditRefused, match="no text of the topic 'lupus' is live"):
        acts.withdraw_topic("lupus", by=PETER, at=NOON, reason=WHY)
    with pytest.raises(EditRefused, match="name at least one entry"):
        acts.withdraw([], by=PETER, at=NOON, reason=WHY)
    assert store.newest_release() == 0


def test_a_card_is_replaced_and_never_taken_away(desk: Desk) -> None:
    for act in (
        lambda: desk.acts.withdraw([("en", CARD.id)], by=PETER, at=NOON, reason=WHY),
        lambda: desk.acts.retire(("en", CARD.id), by=PETER, at=NOON, reason=WHY),
    ):
        with pytest.raises(EditRefused, match="emergency card; those are not"):
            act()
    assert CARD.id in desk.live()


def test_a_retired_text_is_gone_and_comes_back_only_by_an_act(desk: Desk) -> None:
    desk.acts.retire(("en", TEA.id), by=PETER, at=NOON, reason=WHY)
    assert (TEA.id in desk.live(), desk.withdrawn()) == (False, set())
    desk.acts.restore(("en", TEA.id), by=PETER, at=NOON, reason=WHY)
    assert desk.live()[TEA.id] == content_hash(TEA)
    with pytest.raises(EditRefused, match="never been live"):
        desk.acts.restore(("en", "tea-never"), by=PETER, at=NOON, reason=WHY)


def test_a_roll_back_brings_an_earlier_release_as_a_new_one(desk: Desk) -> None:
    desk.published(BETTER)
    assert desk.acts.roll_back(1, by=PETER, at=LATER, reason=WHY) == 3
    assert desk.live()[TEA.id] == content_hash(TEA)
    assert desk.store.release(3).published_at == LATER
    # The revision is the old one, so what readers see names its own author and date.
    assert desk.store.release(3).revisions == desk.store.release(1).revisions
    with pytest.raises(EditRefused, match="says exactly what is live"):
        desk.acts.roll_back(1, by=PETER, at=LATER, reason=WHY)
    with pytest.raises(EditRefused, match="no release 9"):
        desk.acts.roll_back(9, by=PETER, at=LATER, reason=WHY)


def test_a_roll_back_does_not_bring_back_what_was_withdrawn(desk: Desk) -> None:
    desk.published(replace(STEPS, more="It takes a while."))
    desk.acts.withdraw([("en", TEA.id)], by=PETER, at=NOON, reason="it harmed somebody")
    desk.acts.roll_back(1, by=PETER, at=LATER, reason=WHY)
    assert desk.withdrawn() == {TEA.id}
    assert desk.live()[STEPS.id] == content_hash(STEPS)


@pytest.mark.parametrize("then", ["retired", "replaced", "withdrawn again"])
def test_a_roll_back_does_not_bring_back_a_text_that_was_withdrawn_before_something_else_happened(
    desk: Desk, then: str
) -> None:
    desk.published(STEPS_MORE)
    desk.acts.withdraw([TEA.key], by=PETER, at=NOON, reason="it harmed somebody")
    if then == "retired":
        desk.acts.retire(TEA.key, by=PETER, at=NOON, reason="it harmed somebody")
    elif then == "replaced":
        desk.published(BETTER)
    else:
        desk.acts.restore(TEA.key, by=PETER, at=NOON, reason="it was right")
        desk.acts.withdraw([TEA.key], by=PETER, at=NOON, reason="it was wrong")
    desk.published(replace(STEPS_MORE, more="It takes long.", related=()))
    desk.acts.roll_back(2, by=PETER, at=LATER, reason=WHY)
    assert desk.withdrawn() == {TEA.id}
    assert TEA.id not in desk.live()
    desk.acts.restore(TEA.key, by=PETER, at=LATER, reason="the text that was live last")
    assert desk.live()[TEA.id] == content_hash(BETTER if then == "replaced" else TEA)


def test_a_roll_back_brings_back_what_was_withdrawn_and_restored(desk: Desk) -> None:
    desk.acts.withdraw([TEA.key], by=PETER, at=NOON, reason=WHY)
    desk.acts.restore(TEA.key, by=PETER, at=NOON, reason="it was right")
    desk.published(BETTER)
    desk.acts.roll_back(1, by=PETER, at=LATER, reason=WHY)
    assert (desk.live()[TEA.id], desk.withdrawn()) == (content_hash(TEA), set())


def test_a_roll_back_keeps_cards_that_came_later(desk: Desk) -> None:
    sting = replace(CARD, id="sting", question="What about a sting?")
    desk.published(sting)
    desk.published(BETTER)
    desk.acts.roll_back(1, by=PETER, at=LATER, reason=WHY)
    assert (desk.live()["sting"], desk.live()[TEA.id]) == (content_hash(sting), content_hash(TEA))


def test_a_planned_publication_happens_once_its_time_has_come(desk: Desk) -> None:
    draft = desk.approved(BETTER)
    with pytest.raises(EditRefused, match="still to come"):
        desk.acts.plan([draft.id], due_at=NOON, by=PETER, at=NOON)
    desk.acts.plan([draft.id], due_at=LATER, by=PETER, at=NOON)
    assert desk.acts.publish_due(LATER - dt.timedelta(seconds=1)) == []
    # A clock that is a day slow publishes nothing early; one that is told in another zone means the same moment.
    assert desk.acts.publish_due(LATER - dt.timedelta(days=1)) == []
    there = dt.timezone(dt.timedelta(hours=9))
    assert desk.acts.publish_due(LATER.astimezone(there)) == [2]
    assert desk.acts.publish_due(LATER) == []
    assert desk.store.release(2).by == "Peter"


@pytest.mark.parametrize(
    ("meanwhile", "why"),
    [
        (lambda desk, draft: desk.acts.edit(draft.id, STEPS_MORE, version=1, by=ANNA, at=NOON), "not approved"),
        (lambda desk, draft: desk.acts.discard(draft.id, version=1, by=ANNA, at=NOON, reason=WHY), "thrown away"),
        (lambda desk, draft: desk.acts.publish([draft.id], by=PETER, at=NOON), "was published or thrown away"),
        (lambda desk, draft: roll_back(desk), "there was a roll back"),
        (lambda desk, draft: withdraw_steps(desk), "tea-steps was withdrawn after this was planned"),
        (lambda desk, draft: retire_steps(desk), "tea-steps was withdrawn after this was planned"),
    ],
)
def test_a_plan_that_is_not_possible_any_more_is_dropped_and_the_trail_says_why(
    desk: Desk, meanwhile: Callable[[Desk, object], object], why: str
) -> None:
    desk.published(BETTER)
    draft = desk.approved(STEPS_MORE)
    desk.acts.plan([draft.id], due_at=LATER, by=PETER, at=NOON)
    meanwhile(desk, draft)
    live = desk.live()
    assert desk.acts.publish_due(LATER) == []
    assert desk.live() == live
    assert desk.store.plans() == []
    dropped = list(desk.store.audit())[-1]
    assert (dropped.act, why in dropped.reason) == ("plan_failed", True)


STEPS_MORE = replace(STEPS, more="It takes a while.")


def roll_back(desk: Desk) -> None:
    desk.acts.roll_back(1, by=PETER, at=NOON, reason=WHY)


def test_a_plan_that_is_made_again_is_the_one_that_there_is(desk: Desk) -> None:
    draft, other = desk.approved(BETTER), desk.approved(STEPS_MORE)
    plan = desk.acts.plan([draft.id], due_at=LATER, by=PETER, at=NOON)
    there = dt.timezone(dt.timedelta(hours=9))
    assert desk.acts.plan([draft.id], due_at=LATER.astimezone(there), by=PETER, at=NOON) == plan
    assert (len(desk.store.plans()), desk.acted().count("plan")) == (1, 1)
    with pytest.raises(
        EditRefused, match=rf"{TEA.id} is planned for 2026-11-22T13:00.* by Peter; take plan {plan} back"
    ):
        desk.acts.plan([other.id, draft.id], due_at=LATER, by=PETER, at=NOON)
    assert desk.acts.publish_due(LATER) == [2]


def withdraw_steps(desk: Desk) -> None:
    desk.acts.withdraw([STEPS.key], by=PETER, at=NOON, reason=WHY)


def retire_steps(desk: Desk) -> None:
    desk.published(replace(BETTER, related=()))
    desk.acts.retire(STEPS.key, by=PETER, at=NOON, reason=WHY)


def test_what_only_the_calendar_withdrew_is_replaced_as_planned(desk: Desk) -> None:
    old = replace(TEA, review_due=dt.date(2026, 11, 23))
    desk.store.publish([old, STEPS, CARD], {}, **publication(base=1))
    desk.acts.plan([desk.approved(BETTER).id], due_at=NOON + dt.timedelta(days=2), by=PETER, at=NOON)
    assert desk.acts.withdraw_overdue(at=NOON + dt.timedelta(days=2), days=0) == (TEA.key,)
    assert desk.acts.publish_due(NOON + dt.timedelta(days=2)) == [4]
    assert (desk.live()[TEA.id], desk.withdrawn()) == (content_hash(BETTER), set())


def test_a_clock_that_jumps_a_year_publishes_nothing_that_was_planned(desk: Desk) -> None:
    plan = desk.acts.plan([desk.approved(BETTER).id], due_at=LATER, by=PETER, at=NOON)
    now = [LATER + dt.timedelta(days=365)]
    calendar = Calendar(desk.acts, lambda: now[0], grace_days=30_000)
    assert calendar.run() == Done()
    assert calendar.held == (
        f"plan {plan} by Peter was for 22 November 2026 13:00; "
        "if the clock is right, publish its drafts now or take it back"
    )
    assert (desk.live()[TEA.id], "plan_failed" in desk.acted()) == (content_hash(TEA), False)
    now[0] = LATER - dt.timedelta(minutes=1)
    assert calendar.run() == Done()
    # A Lantern that was down over the holidays catches up.
    now[0] = LATER + dt.timedelta(days=6)
    assert calendar.run() == Done(published=(2,))
    assert calendar.held is None


def test_a_plan_can_be_taken_back(desk: Desk) -> None:
    draft = desk.approved(BETTER)
    plan = desk.acts.plan([draft.id], due_at=LATER, by=PETER, at=NOON)
    desk.acts.cancel_plan(plan, by=PETER, at=NOON)
    assert desk.acts.publish_due(LATER) == []
    with pytest.raises(EditRefused, match="does not exist any more"):
        desk.acts.cancel_plan(plan, by=PETER, at=NOON)


def many(desk: Desk, overdue: int) -> None:
    """Forty texts, some of which should have been reviewed on 1 January 2027."""
    due = dt.date(2027, 1, 1)
    texts = [
        replace(
            STEPS,
            id=f"tea-{number}",
            question=f"Is tea number {number} good?",
            review_due=due if number < overdue else STEPS.review_due,
        )
        for number in range(40)
    ]
    overdue_card = replace(CARD, review_due=due)
    desk.store.publish([*texts, overdue_card], {}, base=1, author="starter", review="editorial", origin="seed", at=NOON)


def test_what_is_long_overdue_withdraws_itself_and_cards_stay(desk: Desk) -> None:
    many(desk, overdue=2)
    due = dt.datetime(2027, 1, 1, tzinfo=dt.timezone.utc)
    assert desk.acts.withdraw_overdue(at=due + dt.timedelta(days=30), days=30) == ()
    gone = desk.acts.withdraw_overdue(at=due + dt.timedelta(days=31), days=30)
    assert gone == (("en", "tea-0"), ("en", "tea-1"))
    assert desk.withdrawn() == {"tea-0", "tea-1"}
    assert CARD.id in desk.live()
    assert [(row.act, row.person) for row in desk.store.audit()] == [("withdraw", "review dates")]
    assert desk.acts.withdraw_overdue(at=due + dt.timedelta(days=31), days=30) == ()


def test_a_clock_that_jumps_a_year_withdraws_nothing_until_somebody_says_that_it_is_right(desk: Desk) -> None:
    many(desk, overdue=4)
    ahead = NOON + dt.timedelta(days=365)
    with pytest.raises(TooManyOverdue, match=r"4 of 40 texts should have been reviewed .* 22 November 2027"):
        desk.acts.withdraw_overdue(at=ahead, days=30)
    assert desk.withdrawn() == set()
    assert len(desk.acts.withdraw_overdue(at=ahead, days=30, confirmed=True)) == 4


def test_a_clock_that_is_a_day_back_changes_what_is_told_of_no_act(desk: Desk) -> None:
    yesterday = NOON - dt.timedelta(days=1)
    desk.published(BETTER)
    desk.published(STEPS_MORE, at=yesterday)
    assert desk.live() == {
        TEA.id: content_hash(BETTER),
        STEPS.id: content_hash(STEPS_MORE),
        CARD.id: content_hash(CARD),
    }
    assert desk.acts.roll_back(2, by=PETER, at=yesterday, reason=WHY) == 4
    assert [row.number for row in desk.store.releases()] == [4, 3, 2, 1]
    assert desk.acts.withdraw_overdue(at=yesterday, days=0) == ()
    assert first_broken(desk.store.audit()) is None


def test_starter_content_may_follow_what_only_the_calendar_withdrew(desk: Desk) -> None:
    many(desk, overdue=1)
    desk.acts.withdraw_overdue(at=NOON + dt.timedelta(days=365), days=30)
    assert not desk.store.has_origin("editing")
    desk.acts.withdraw([("en", "tea-9")], by=PETER, at=NOON, reason=WHY)
    assert desk.store.has_origin("editing")
