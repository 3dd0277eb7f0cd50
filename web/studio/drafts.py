"""Writing and reviewing: the editor with its checks, the page on which a draft is read and approved, and all drafts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from knowledge.answer import Answerer
from knowledge.editing.acts import approvers_needed
from knowledge.editing.checks import Check, checks, meters
from knowledge.editing.difference import Piece, entries_between
from knowledge.editing.refusals import StaleDraft, UnfitText
from knowledge.editing.rows import COLUMNS, LISTS, cells_of, loosely
from knowledge.errors import EditRefused
from knowledge.glossary import sources_of
from knowledge.model import ANSWER_KINDS, AUDIENCES, CAUTIONS, TOPICS, Draft, Entry, Question
from knowledge.review import READ_IN
from knowledge.store.safety_checks import SETTLED_BY, case_mark, outcomes
from web.studio.access import HOME, Studio, Visit, authors, for_staff, reviewers, staff
from web.studio.answers import TOPIC_WORDS, found, preview
from web.studio.grounds import cited_facts, cited_sources, facts_with, sources_with
from web.studio.listing import STATE_WORDS
from web.studio.naming import free_id
from web.studio.trail import lines

WORK = "/studio/work"
FIELD_WORDS = {
    "question": "Question",
    "phrasings": "Other ways to ask it",
    "answer": "Answer",
    "simpler": "In simpler words",
    "more": "More",
    "steps": "Steps",
    "quiz": "Check your understanding",
    "facts": "Facts it rests on",
    "sources": "Sources",
    "figures": "Numbers in the text",
    "related": "Read next",
    "topic": "Topic",
    "audience": "For whom",
    "answer_kind": "Kind of answer",
    "cautions": "Cautions",
    "as_of": "True as of",
    "checked_on": "Checked on",
    "review_due": "To be read again by",
}
HELP = {
    "question": "As a patient would ask it, with a question mark at its end.",
    "phrasings": "One a line, in people's own words, slips included. The answer is found by them; ten are good.",
    "answer": "At most 80 words. Plain text; begin a line with “- ” for a list.",
    "simpler": "The same for somebody who reads little. Shown on “Say it more simply”.",
    "more": "At most 150 words. Shown on “Tell me more”.",
    "steps": "One step a line, without numbers. For CPR and the like.",
    "quiz": "The question on the first line. Then each choice on a line of its own: “- [x] right choice :: why” and "
    "“- [ ] wrong choice :: why”.",
    "facts": "Every statement leans on a fact. Find them below.",
    "sources": "Readers see them in this order. Each has to say one of the facts. Find them below.",
    "figures": "Each number of the text, as it is written there; one a line. It has to stand in a fact.",
    "related": "Up to five other answers by their names, such as lupus-what-is; one a line.",
    "as_of": "Only for a text that ages; then it also says {as_of} where the date is read.",
    "checked_on": "The day on which somebody last read the sources.",
    "review_due": "From the day after, readers are warned.",
}
NEW_SOURCE = {
    "source_title": "Title",
    "source_organisation": "Who published it",
    "source_year": "Year",
    "source_address": "Address",
}
"""The fields of a source that somebody adds while they write."""
IN_DETAILS = ("topic", "audience", "answer_kind", "checked_on", "review_due", "as_of", "cautions", "related", "quiz")
"""Fields that are folded away until something is wrong with them."""
WORD_FIELD_WORDS = {
    **FIELD_WORDS,
    "question": "Word",
    "phrasings": "Other ways to write it",
    "answer": "What it means",
}
WORD_HELP = {
    **HELP,
    "question": "As it is mostly written in the texts.",
    "phrasings": "One a line, such as a short form or a plural that does not end in s. Each is marked in the texts.",
    "answer": "One line of at most 30 plain words. Readers see it when they touch the word.",
    "facts": "None where it only says what the word means and states nothing. Find them below.",
}
"""Of the words of the glossary, which have no other fields than these and their days."""
KIND_WORDS = {
    "text": "a text",
    "yes_no": "yes or no, then why",
    "steps": "steps to follow",
    "card": "an emergency card",
    "term": "a word of the glossary",
}
FIRST_REVIEW = dt.timedelta(days=365)
GROUPS_SHOWN, EXAMPLES = 12, 5
"""Ways in which answers to the newest questions would change, and examples of each."""
MOST_WORDS = 2000
"""Most characters of what is looked for, and of the names that come with it."""
TRIED_QUESTION = 1000
"""Most characters of a question that is tried."""


def routes(studio: Studio) -> list[Route]:
    return [
        for_staff(WORK, work, staff, studio),
        for_staff("/studio/new", new, authors, studio),
        for_staff("/studio/new", begin, authors, studio, ["POST"], act="draft"),
        for_staff("/studio/drafts/{draft}", read, staff, studio),
        for_staff("/studio/drafts/{draft}/edit", edit, authors, studio),
        for_staff("/studio/drafts/{draft}/save", save, authors, studio, ["POST"], keeps_text=True, act="edit"),
        for_staff("/studio/drafts/{draft}/look", look, authors, studio, ["POST"], act="edit"),
        for_staff("/studio/drafts/{draft}/submit", submit, authors, studio, ["POST"], keeps_text=True, act="submit"),
        for_staff("/studio/drafts/{draft}/comment", comment, staff, studio, ["POST"], keeps_text=True),
        for_staff("/studio/drafts/{draft}/try", tried, staff, studio, ["POST"]),
        for_staff("/studio/drafts/{draft}/approve", approve, reviewers, studio, ["POST"], act="approve"),
        for_staff("/studio/drafts/{draft}/settle", settle, reviewers, studio, ["POST"], act="settle_case"),
        for_staff("/studio/drafts/{draft}/send-back", send_back, reviewers, studio, ["POST"], act="send_back"),
        for_staff("/studio/drafts/{draft}/discard", discard, authors, studio, ["POST"], act="discard"),
    ]


def work(visit: Visit) -> Response:
    """What is being worked on, and what waits for whom."""
    store = visit.studio.parts.knowledge.store
    drafts = sorted(store.drafts(), key=lambda draft: draft.changed_at, reverse=True)
    in_review = [draft for draft in drafts if draft.state == "in_review"]
    ready = [draft for draft in in_review if is_approved(draft)]
    return visit.page(
        "work.html",
        "Drafts and reviews",
        said=visit.given("said"),
        ready=ready,
        waiting=[draft for draft in in_review if draft not in ready],
        writing=[draft for draft in drafts if draft.state == "draft"],
        plans=[(plan, [_name(store.draft(id_)) for id_, _ in plan.drafts]) for plan in store.plans()],
        needed=approvers_needed,
        may_publish=visit.may("publisher"),
    )


def _name(draft: Draft) -> str:
    return draft.entry.question


def is_approved(draft: Draft) -> bool:
    """Whether enough people have approved exactly this text."""
    given = [approval for approval in draft.approvals if approval.content_hash == draft.content_hash]
    return draft.state == "in_review" and len(given) >= approvers_needed(draft.entry)


# A new text ----------------------------------------------------------------------------------------------------


def new(visit: Visit) -> Response:
    return visit.page("new.html", "Write a new answer", question=visit.given("question"), topics=topics())


def begin(visit: Visit) -> Response:
    """A new entry from its question; everything else is written in the editor."""
    question = " ".join(visit.given("question").split())[:300]
    if not question:
        raise EditRefused("write the question first, as a patient would ask it")
    topic = visit.given("topic") if visit.given("topic") in TOPICS else "lupus"
    draft = begun(visit, question, topic)
    return visit.go(f"/studio/drafts/{draft.id}/edit")


def begun(visit: Visit, question: str, topic: str, phrasings: Sequence[str] = ()) -> Draft:
    """A draft of an entry that there is not yet."""
    knowledge, today = visit.studio.parts.knowledge, visit.studio.clock().date()
    asked = question if question.endswith("?") else f"{question}?"
    entry = Entry(
        id=free_id(question, topic, knowledge.store),
        locale=READ_IN,
        topic=topic,  # type: ignore[arg-type]
        question=asked[:1].upper() + asked[1:],
        phrasings=tuple(phrasings),
        audience="everyone",
        answer_kind="text",
        facts=(),
        sources=(),
        figures=(),
        related=(),
        as_of=None,
        checked_on=today,
        review_due=today + FIRST_REVIEW,
        cautions=(),
        answer="",
    )
    return knowledge.editing.draft(entry, by=visit.person, at=visit.studio.clock())


def topics() -> dict[str, str]:
    return {topic: TOPIC_WORDS[topic] for topic in TOPICS}


# The editor ----------------------------------------------------------------------------------------------------


def edit(visit: Visit) -> Response:
    draft = _draft(visit)
    if draft.state == "in_review" and not visit.given("change"):
        return visit.go(f"/studio/drafts/{draft.id}")
    return editor(visit, draft, draft.entry, said=visit.given("said"))


def editor(
    visit: Visit,
    draft: Draft,
    entry: Entry,
    *,
    status: int = 200,
    refused: Sequence[tuple[str, str]] = (),
    cells: Mapping[str, str] | None = None,
    conflict: Mapping[str, Sequence[Piece]] | None = None,
    said: str = "",
    source_faults: Sequence[tuple[str, str]] = (),
) -> Response:
    """`cells`: what stands in the fields, where that is not what is kept. `refused`: what could not be kept, and why.
    `conflict`: what another editor changed meanwhile, from their text to this one. `source_faults`: why the source that
    stands in the form was not added."""
    knowledge = visit.studio.parts.knowledge
    answerer = knowledge.live()
    asked = entry.question.strip(" ?") and entry.answer_kind != "term"
    return visit.page(
        "edit.html",
        f"Edit: {entry.question}",
        status=status,
        said=said,
        draft=draft,
        cells=cells or cells_of(entry),
        field_words=_field_words(entry),
        help=WORD_HELP if entry.answer_kind == "term" else HELP,
        topics=topics(),
        audiences={audience: audience for audience in AUDIENCES},
        kinds={kind: KIND_WORDS[kind] for kind in _kinds(entry)},
        cautions=CAUTIONS,
        conflict=conflict or {},
        others=[name for name in draft.authors if name != visit.member.name],
        alike=_alike(answerer, entry) if asked else [],
        suggested=_suggested(visit, entry),
        new_source=_new_source(visit, said),
        source_open=bool(source_faults) or "more_sources" in visit.form,
        source_faults=source_faults,
        source_words=NEW_SOURCE,
        **_found_grounds(visit, entry),
        **_looked_at(visit, entry, answerer, refused),
    )


def _field_words(entry: Entry) -> dict[str, str]:
    return WORD_FIELD_WORDS if entry.answer_kind == "term" else FIELD_WORDS


def _kinds(entry: Entry) -> tuple[str, ...]:
    """A card stays a card, and nothing else becomes one here."""
    if entry.answer_kind in ("card", "term"):
        return (entry.answer_kind,)
    return tuple(kind for kind in ANSWER_KINDS if kind != "card")


def _alike(answerer: Answerer, entry: Entry) -> list[Entry]:
    """The live entries that come nearest to what this one is asked."""
    hits = answerer.rank(Question(entry.question)).hits
    return [hit.entry for hit in hits if hit.entry.key != entry.key][:4]


def _suggested(visit: Visit, entry: Entry) -> list[str]:
    """What people asked who were not answered, though this entry came nearest, and what it does not list yet."""
    near = visit.studio.figures.missed_groups()
    known = {phrase.casefold() for phrase in (entry.question, *entry.phrasings)}
    return [group.text for group in near if group.nearest[:1] == (entry.id,) and group.text.casefold() not in known][:8]


def _new_source(visit: Visit, said: str) -> dict[str, str]:
    """What stands in the fields of a new source: what was entered and is not known yet, or a known source of which
    somebody has to say which facts it carries, too."""
    if "more_sources" in visit.form:
        known = visit.studio.parts.knowledge.store.sources().get(visit.given("more_sources"))
        if known:
            values = (known.title, known.organisation, str(known.year or ""), known.address or "")
            return dict(zip(NEW_SOURCE, values))
    is_done = said in ("source-added", "source-says-more")
    return {name: "" if is_done else visit.given(name) for name in NEW_SOURCE}


def _found_grounds(visit: Visit, entry: Entry) -> dict[str, Any]:
    """What a search without script has found, for the page on which it was asked."""
    grounds = visit.studio.parts.knowledge.editing.grounds()
    asked = {name: visit.given(name)[:MOST_WORDS] for name in ("fact_words", "source_words")}
    found: dict[str, Any] = {}
    if asked["fact_words"]:
        facts, count = facts_with(asked["fact_words"], grounds)
        found["facts"] = {"facts": facts, "count": count, "words": asked["fact_words"]}
    if asked["source_words"]:
        sources, count = sources_with(asked["source_words"], entry.facts, grounds)
        found["sources"] = {"sources": sources, "count": count, "words": asked["source_words"]}
    return {"asked": asked, "found": found}


def _looked_at(
    visit: Visit, entry: Entry, answerer: Answerer, refused: Sequence[tuple[str, str]] = ()
) -> dict[str, Any]:
    """Preview, checks and meters of a text as it stands."""
    knowledge, today = visit.studio.parts.knowledge, visit.studio.clock().date()
    live = visit.studio.beside(answerer.release)
    grounds = knowledge.editing.grounds()
    chosen = cited_sources(entry, grounds)
    beside = checks(entry, grounds, live, knowledge.names, today)
    by_field: dict[str, list[Check]] = {}
    for check in (*(Check(field, f"not saved: {message}", True) for field, message in refused), *beside):
        by_field.setdefault(check.field if check.field in FIELD_WORDS else "", []).append(check)
    return {
        "entry": entry,
        "facts_chosen": cited_facts(entry, grounds),
        "sources_chosen": chosen,
        "carried": visit.form.get("carried", []),
        "preview": preview(entry, visit.studio.parts.site.region or None, answerer),
        "sources": [row.source for row in chosen if row.source],
        "checks": by_field,
        "details_open": any(check.forbids for field in IN_DETAILS for check in by_field.get(field, ())),
        "meters": {meter.part: meter for meter in meters(entry, knowledge.names)},
    }


def _written(visit: Visit, before: Entry) -> tuple[Entry, list[tuple[str, str]], dict[str, str]]:
    """The entry that a form holds, what of it cannot be kept, and the fields as they were sent."""
    cells = {name: visit.form[name][0] for name in COLUMNS if name in visit.form}
    if "with_cautions" in visit.form:
        cells["cautions"] = "\n".join(one for one in visit.form.get("caution", []) if one in CAUTIONS)
    # What stood in a draft and is none of the ticks is kept as it was.
    entry, refused = loosely(cells, before)
    if entry.answer_kind == "term":
        # A word has the sources of its facts; nobody chooses among them.
        grounds = visit.studio.parts.knowledge.editing.grounds()
        entry = replace(entry, sources=sources_of(entry.facts, grounds.facts, grounds.sources))
    return entry, refused, {**cells_of(entry), **cells}


def look(visit: Visit) -> Response:
    """Preview and checks of what stands in the form; nothing is kept."""
    draft = _draft(visit)
    entry, refused, _ = _written(visit, draft.entry)
    return JSONResponse(_for_script(visit, draft, entry, refused))


def _for_script(visit: Visit, draft: Draft, entry: Entry, refused: Sequence[tuple[str, str]]) -> dict[str, Any]:
    seen = {"draft": draft, **_looked_at(visit, entry, visit.studio.parts.knowledge.live(), refused)}
    part = visit.studio.pages.part
    notes = {name: part("field_notes.part.html", visit.session, name=name, **seen) for name in ("", *FIELD_WORDS)}
    chosen = {name: part(f"{name}_chosen.part.html", visit.session, **seen) for name in ("facts", "sources", "carried")}
    return {"shown": part("shown.part.html", visit.session, **seen), "notes": notes, "chosen": chosen}


def save(visit: Visit) -> Response:
    """Keeps what stands in the form, for the script that saves while somebody writes as for the button."""
    try:
        draft, entry, refused, cells = saved(visit)
    except StaleDraft as stale:
        return both_texts(visit, stale)
    if visit.by_script:
        return JSONResponse({"version": draft.version, "refused": refused, **_for_script(visit, draft, entry, refused)})
    if refused:
        return editor(visit, draft, entry, status=422, refused=refused, cells=cells)
    return editor(visit, draft, entry, said="saved")


def saved(visit: Visit) -> tuple[Draft, Entry, list[tuple[str, str]], dict[str, str]]:
    """Raises `StaleDraft` where somebody else changed the draft after this form was opened."""
    editing, draft = visit.studio.parts.knowledge.editing, _draft(visit)
    entry, refused, cells = _written(visit, draft.entry)
    if entry != draft.entry:
        draft = editing.edit(draft.id, entry, version=visit.number("version"), by=visit.person, at=visit.studio.clock())
    return draft, entry, refused, cells


def both_texts(visit: Visit, stale: StaleDraft) -> Response:
    """Both texts, word by word; the form holds the one that was not kept, so that no word of it is lost."""
    current = stale.current
    mine, _, cells = _written(visit, current.entry)
    if visit.by_script:
        detail = (
            f"{_others(visit, current)} changed this draft meanwhile. Your text is still in the page; compare the two."
        )
        return JSONResponse({"error": "stale", "detail": detail}, 409)
    return editor(visit, current, mine, status=409, cells=cells, conflict=entries_between(current.entry, mine))


def _others(visit: Visit, draft: Draft) -> str:
    return ", ".join(name for name in draft.authors if name != visit.member.name) or "You, in another window,"


def submit(visit: Visit) -> Response:
    """Keeps what stands in the form and asks for approval."""
    editing = visit.studio.parts.knowledge.editing
    try:
        draft, entry, refused, cells = saved(visit)
        if refused:
            return editor(visit, draft, entry, status=422, refused=refused, cells=cells)
        editing.submit(draft.id, version=draft.version, by=visit.person, at=visit.studio.clock())
    except StaleDraft as stale:
        return both_texts(visit, stale)
    except UnfitText:
        return editor(visit, draft, entry, status=422, said="unfit")
    return visit.go(f"/studio/drafts/{draft.id}", "submitted")


# Reading and deciding ------------------------------------------------------------------------------------------


def read(visit: Visit) -> Response:
    draft = _draft(visit)
    if draft.state == "in_review" and visit.may("reviewer"):
        # Only what somebody has opened can be approved together with others.
        visit.studio.people.reminders.note_reading(visit.member.id, draft.content_hash)
    return _read(visit, draft)


def _read(
    visit: Visit, draft: Draft, *, status: int = 200, question: str = "", answers: Mapping[str, Any] | None = None
) -> Response:
    knowledge = visit.studio.parts.knowledge
    answerer = knowledge.live()
    shown, withdrawn = found(answerer, draft.entry.key)
    base = shown or withdrawn
    acts = knowledge.store.audit_of(draft.entry.key)
    # Of this draft alone: an earlier one of the same entry may have been published or thrown away.
    mine = [row for row in acts if row.detail.get("draft") == draft.id]
    return visit.page(
        "draft.html",
        draft.entry.question,
        status=status,
        said=visit.given("said"),
        draft=draft,
        state_words=STATE_WORDS,
        field_words=_field_words(draft.entry),
        cells=cells_of(draft.entry),
        lists=LISTS,
        base=base,
        differences=entries_between(base.entry, draft.entry) if base else {},
        approved=is_approved(draft),
        missing=max(0, approvers_needed(draft.entry) - len(draft.approvals)),
        is_author=visit.member.name in draft.authors,
        has_approved=visit.member.name in [approval.person for approval in draft.approvals],
        comments=[row for row in reversed(mine) if row.act in ("comment", "send_back")],
        history=lines(mine),
        plans=[plan for plan in knowledge.store.plans() if draft.id in [id_ for id_, _ in plan.drafts]],
        question=question,
        answers=answers,
        check=_safety(visit, draft),
        **_looked_at(visit, draft.entry, answerer),
    )


def _safety(visit: Visit, draft: Draft) -> dict[str, Any] | None:
    """What the safety check found of a text in review; None where there is no check, or nothing to check yet."""
    knowledge = visit.studio.parts.knowledge
    if knowledge.checks is None or draft.state != "in_review":
        return None
    found = knowledge.checks.found(draft.content_hash, knowledge.store.newest_release())
    if found is None:
        return {"done": False}
    groups = sorted(outcomes(found.moved).items(), key=lambda row: -len(row[1]))[:GROUPS_SHOWN]
    texts = visit.studio.parts.kept.texts_of(number for _, numbers in groups for number in numbers[:EXAMPLES])
    settled = knowledge.checks.settled_by() if found.broken else {}
    return {
        "done": True,
        "found": found,
        "broken": [(one, sorted(settled.get(case_mark(one.text), ()))) for one in found.broken],
        "moved": [
            (before, after, len(numbers), [texts[number] for number in numbers[:EXAMPLES] if number in texts])
            for (before, after), numbers in groups
        ],
        "needed": SETTLED_BY,
    }


def settle(visit: Visit) -> Response:
    """One of two people says that a case of the safety check may come out otherwise from now on."""
    draft, knowledge = _draft(visit), visit.studio.parts.knowledge
    found = knowledge.checks.found(draft.content_hash, knowledge.store.newest_release()) if knowledge.checks else None
    text = visit.given("case")
    if found is None or text not in [one.text for one in found.broken]:
        raise EditRefused("this case is not in question any more; open the draft again")
    knowledge.editing.settle_case(text, by=visit.person, at=visit.studio.clock(), reason=visit.given("reason")[:500])
    return visit.go(f"/studio/drafts/{draft.id}", "settled")


def tried(visit: Visit) -> Response:
    """Asks the assistant as it is, and as it would be with this draft."""
    draft, question = _draft(visit), " ".join(visit.given("question").split())[:TRIED_QUESTION]
    answers = visit.studio.trials_of_drafts.compared(draft, question) if question else None
    return _read(visit, draft, question=question, answers=answers)


def comment(visit: Visit) -> Response:
    draft = _draft(visit)
    visit.studio.parts.knowledge.editing.comment(
        draft.id, visit.given("text")[:4000], by=visit.person, at=visit.studio.clock()
    )
    return visit.go(f"/studio/drafts/{draft.id}#comments")


def approve(visit: Visit) -> Response:
    draft, editing = _draft(visit), visit.studio.parts.knowledge.editing
    try:
        editing.approve(draft.id, content_hash=visit.given("hash"), by=visit.person, at=visit.studio.clock())
    except StaleDraft:
        return visit.go(f"/studio/drafts/{draft.id}", "changed-meanwhile")
    return visit.go(f"/studio/drafts/{draft.id}", "approved")


def send_back(visit: Visit) -> Response:
    draft, editing = _draft(visit), visit.studio.parts.knowledge.editing
    version, at = visit.number("version"), visit.studio.clock()
    editing.send_back(draft.id, version=version, by=visit.person, at=at, reason=visit.given("reason")[:4000])
    return visit.go(f"/studio/drafts/{draft.id}", "sent-back")


def discard(visit: Visit) -> Response:
    draft, editing = _draft(visit), visit.studio.parts.knowledge.editing
    version, at = visit.number("version"), visit.studio.clock()
    editing.discard(draft.id, version=version, by=visit.person, at=at, reason=visit.given("reason")[:4000])
    return visit.go(WORK if draft.base == 0 else HOME, "discarded")


def _draft(visit: Visit) -> Draft:
    """Raises `EditRefused` when it was published or thrown away."""
    return visit.studio.parts.knowledge.store.draft(visit.number("draft"))
