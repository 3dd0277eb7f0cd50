"""Every way in which what may be said changes. Each act is one function, one transaction and one row of the audit
trail; a page, a command and a test all call these. Starter content is the exception (`knowledge.editing.seed`).

    draft -> edit -> submit -> approve -> publish -> (live) -> withdraw, retire -> restore
               ^________________|  send_back

Two people are needed for every text: whoever wrote it cannot approve it, here and in the database. An approval is of
one exact text; the next edit voids it.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NoReturn

from knowledge import review
from knowledge.codec import entry_body
from knowledge.editing import rows
from knowledge.editing.refusals import (
    EditConflict,
    NotAllowed,
    NotCheckedYet,
    StaleDraft,
    TooManyOverdue,
    UnfitText,
    UnsafeText,
)
from knowledge.errors import EditRefused
from knowledge.files import MOST_BYTES
from knowledge.model import Draft, Entry, Fact, Person, Release, Role, Source
from knowledge.store.change import Change, Key, Kind, Member, Plan, State, kind_of
from knowledge.store.effects import ThresholdEffects
from knowledge.store.repository import KnowledgeStore
from knowledge.store.safety_checks import SafetyChecks, case_mark
from knowledge.thresholds import ADJUSTABLE, AS_IT_COMES, KEPT_AS, Thresholds, in_force

CARD_APPROVERS = 2
"""People who must approve an emergency card; every other text needs one."""
FEW_OVERDUE = 3
"""So many texts may be withdrawn by date in one run, whatever share of all they are."""
MOST_OVERDUE = 0.05
"""Largest share of the live texts that one run withdraws by date: more at once looks like a wrong clock."""
LONGEST_DELAY = dt.timedelta(days=7)
"""How late a planned publication is still carried out unasked: a Lantern may have been down over the holidays, but a
clock that is a year ahead must not publish what was meant for next month."""
LONGEST_NAME = 80
CALENDAR = "review dates"
"""Who withdraws what is overdue."""

Prepare = Callable[[Sequence[Entry]], None]
"""Computes and keeps what entries cost before they are live: their vectors."""


class Editing:
    """The acts of people on content. Every method raises `EditRefused` or one of its kinds, and `StoreUnavailable`;
    then nothing has changed. `at` is the moment of the act. `facts` reads the lines that statements lean on."""

    def __init__(
        self,
        store: KnowledgeStore,
        facts: Callable[[], Mapping[str, Fact]],
        prepare: Prepare,
        checks: SafetyChecks | None = None,
        effects: ThresholdEffects | None = None,
    ) -> None:
        """`checks`: what the safety check found; without it, texts are published unchecked. `effects`: what other
        thresholds would do; without it, none is set."""
        self._store, self._facts, self._prepare, self._checks = store, facts, prepare, checks
        self._effects = effects

    # Writing ---------------------------------------------------------------------------------------------------

    def draft(self, entry: Entry, *, by: Person, at: dt.datetime, reason: str = "") -> Draft:
        """Begins to write: a new entry, or another text for one that there is."""
        _require_storable(entry)
        self._require(by, "author", "draft", entry.key, at)
        self._require_alike(entry)
        with self._store.changing() as change:
            begun = change.draft_of(entry.key)
            if begun is not None:
                raise EditRefused(f"{entry.id} is being worked on by {', '.join(begun.authors)}; go on with that draft")
            newest = change.newest_revision(entry.key)
            draft_id = change.add_draft(entry, base=newest.number if newest else 0, author=by.name, at=at)
            draft = change.draft(draft_id)
            _record(change, "draft", draft, by, at, reason)
        return draft

    def draft_all(
        self, entries: Sequence[Entry], *, by: Person, at: dt.datetime, reason: str = ""
    ) -> tuple[Draft, ...]:
        """Begins to write all those of `entries` that are new or differ from the live text, or none: raises
        `EditRefused` with every entry that is being worked on. What differs from nothing leaves no trace."""
        for entry in entries:
            _require_storable(entry)
        self._require(by, "author", "draft_all", None, at)
        with self._store.changing() as change:
            number = change.newest_release()
            wanted = differing(entries, current := texts_of(self._store.release(number) if number else None))
            if hindered := hindrances(wanted, current, change.drafts()):
                raise EditRefused("; ".join(hindered))
            newest = change.newest_revisions()
            ids = [
                change.add_draft(
                    entry, base=newest[entry.key].number if entry.key in newest else 0, author=by.name, at=at
                )
                for entry in wanted
            ]
            drafts = tuple(change.draft(draft_id) for draft_id in ids)
            if drafts:
                begun = [
                    {"entry": draft.entry.id, "locale": draft.entry.locale, "draft": draft.id}
                    | {"base": draft.base, "hash": draft.content_hash}
                    for draft in drafts
                ]
                change.record("draft_all", by=by.name, at=at, reason=reason, detail={"drafts": begun})
        return drafts

    def edit(
        self, draft_id: int, entry: Entry, *, version: int, by: Person, at: dt.datetime, reason: str = ""
    ) -> Draft:
        """Changes the text of a draft; all approvals are void. `version` is that of the draft the writer looked at:
        raises `StaleDraft`, which carries the newer text, when somebody changed it meanwhile."""
        _require_storable(entry)
        before = self._store.draft(draft_id)
        self._require(by, "author", "edit", before.entry.key, at)
        self._require_alike(entry)
        with self._store.changing() as change:
            before = _current(change, draft_id, version)
            if entry.key != before.entry.key:
                raise EditRefused(f"this draft is of {before.entry.id}; an entry keeps its id and language")
            change.change_draft(before, entry, at)
            if by.name not in before.authors:
                change.set_part(draft_id, by.name, "author")
            draft = change.draft(draft_id)
            _record(change, "edit", draft, by, at, reason, before=before.content_hash)
        return draft

    def discard(self, draft_id: int, *, version: int, by: Person, at: dt.datetime, reason: str) -> None:
        """Throws a draft away. Its texts stay in nobody's sight; the act stays in the audit trail."""
        self._require(by, "author", "discard", self._store.draft(draft_id).entry.key, at)
        _require_reason(reason)
        with self._store.changing() as change:
            draft = _current(change, draft_id, version)
            change.remove_draft(draft_id)
            _record(change, "discard", draft, by, at, reason)

    def submit(self, draft_id: int, *, version: int, by: Person, at: dt.datetime, reason: str = "") -> Draft:
        """Asks for approval. Raises `UnfitText` with every fault that no reader may meet."""
        entry = self._store.draft(draft_id).entry
        self._require(by, "author", "submit", entry.key, at)
        self._require_fit([entry], self._store.newest_release())
        with self._store.changing() as change:
            draft = _current(change, draft_id, version)
            if draft.state != "draft":
                raise EditRefused(f"{draft.entry.id} is in review already")
            change.set_state(draft_id, "in_review", at)
            _record(change, "submit", draft, by, at, reason)
            return change.draft(draft_id)

    def add_source(self, source: Source, *, by: Person, at: dt.datetime, reason: str = "") -> Source:
        """Makes a source known, so that texts can cite it beside the facts that it carries; returns it as it is kept.
        Of one that there is already, notes the facts that nobody knew it to carry. Readers are shown it once a text
        that cites it is published, which somebody else approved. Raises `UnfitText` with every fault, and `EditRefused`
        where all of that is known."""
        self._require(by, "author", "add_source", None, at)
        if not re.fullmatch(r"[a-z0-9-]{1,80}", source.key):
            raise EditRefused("the key of a source has 1 to 80 small letters, digits and hyphens")
        facts = self._facts()
        if faults := review.unfit_source(source, facts, at.date()):
            raise UnfitText([(fault.field, fault.message) for fault in faults])
        with self._store.changing() as change:
            known = change.sources()
            same = next((other for other in known.values() if _is_same_source(other, source)), None)
            if same is None and source.key in known:
                raise EditRefused(f"{source.key!r} is the key of another source: {known[source.key].title}")
            detail: dict[str, Any] = {}
            if same is not None:
                carriers = review.Grounds(known, facts).carriers
                more = [fact for fact in source.facts if same.key not in carriers[fact]]
                if not more:
                    raise EditRefused(
                        f"there is this source already, and it says that: {same.title}, {same.organisation}; find it"
                    )
                source, detail = dataclasses.replace(same, facts=(*same.facts, *more)), {"more": more}
            change.keep_sources({source.key: source})
            detail["source"] = {**vars(source), "facts": list(source.facts)}
            change.record("add_source", by=by.name, at=at, reason=reason, detail=detail)
        return source

    # Reviewing -------------------------------------------------------------------------------------------------

    def comment(self, draft_id: int, text: str, *, by: Person, at: dt.datetime) -> None:
        """Says something about a draft. Comments are rows of the audit trail, so they outlive the draft. The same words
        said again before anything else happened to the entry are kept once: whoever hears that the database does not
        answer says them again."""
        if not text.strip():
            raise EditRefused("write what you have to say")
        _require_name(by)
        if by.roles.isdisjoint(("author", "reviewer", "publisher")):
            key = self._store.draft(draft_id).entry.key
            self.refuse(by, "comment", key, at, f"{by.name} may not comment; an admin can give a role")
        with self._store.changing() as change:
            draft = change.draft(draft_id)
            if not change.is_said_last(draft, by.name, text.strip()):
                _record(change, "comment", draft, by, at, text.strip())

    def send_back(self, draft_id: int, *, version: int, by: Person, at: dt.datetime, reason: str) -> Draft:
        """Gives a draft back to its authors, with the reason; approvals are void."""
        self._require(by, "reviewer", "send_back", self._store.draft(draft_id).entry.key, at)
        with self._store.changing() as change:
            draft = _reviewed(change, draft_id, version)
            if not reason.strip():
                raise EditRefused("say what is to be mended")
            change.set_state(draft_id, "draft", at)
            change.clear_approvals(draft_id)
            _record(change, "send_back", draft, by, at, reason)
            return change.draft(draft_id)

    def approve(self, draft_id: int, *, content_hash: str, by: Person, at: dt.datetime, reason: str = "") -> Draft:
        """Says that exactly this text may be shown. `content_hash` is that of the text the person read: raises
        `StaleDraft` when it is another by now, and `NotAllowed` for an author."""
        draft = self._store.draft(draft_id)
        self._require(by, "reviewer", "approve", draft.entry.key, at)
        why = "you wrote this text, and two people are needed: ask somebody else to approve it"
        if _is_among(by, draft.authors):
            self.refuse(by, "approve", draft.entry.key, at, why)
        with self._store.changing() as change:
            draft = _reviewed(change, draft_id, None)
            if draft.content_hash != content_hash:
                raise StaleDraft(draft)
            if _is_among(by, draft.authors):
                # They became one since the look above: nothing of this is kept, as with every other race.
                raise NotAllowed(why)
            if _is_among(by, (approval.person for approval in draft.approvals)):
                missing = approvers_needed(draft.entry) - len(draft.approvals)
                more = "; somebody else must approve it, too" if missing > 0 else ""
                raise EditRefused(f"you have approved this text already{more}")
            change.set_part(draft_id, by.name, "approver", by.clinician, content_hash)
            _record(change, "approve", draft, by, at, reason, clinician=by.clinician)
            return change.draft(draft_id)

    # Publishing ------------------------------------------------------------------------------------------------

    def publish(self, draft_ids: Sequence[int], *, by: Person, at: dt.datetime, reason: str = "") -> int:
        """Makes approved drafts live, all of them or none; returns the number of the release. Raises `EditConflict`
        when another text of an entry was published since its draft was begun."""
        drafts = [self._store.draft(draft_id) for draft_id in dict.fromkeys(draft_ids)]
        self._require(by, "publisher", "publish", drafts[0].entry.key if len(drafts) == 1 else None, at)
        looked_at = self._ready(drafts)
        with self._store.changing() as change:
            return self._publish(change, drafts, looked_at, by.name, at, reason)

    def plan(
        self, draft_ids: Sequence[int], *, due_at: dt.datetime, by: Person, at: dt.datetime, reason: str = ""
    ) -> int:
        """Publishes approved drafts at a later time (`publish_due`); returns the number of the plan. A draft stands in
        one plan; the very same plan, made again, is the one that there is."""
        drafts = [self._store.draft(draft_id) for draft_id in dict.fromkeys(draft_ids)]
        self._require(by, "publisher", "plan", None, at)
        if due_at <= at:
            raise EditRefused("give a time that is still to come, or publish now")
        self._ready(drafts)
        with self._store.changing() as change:
            wanted = tuple((draft.id, draft.content_hash) for draft in drafts)
            for plan in change.plans():
                if (plan.due_at, plan.person, plan.drafts) == (due_at, by.name, wanted):
                    return plan.id
                for draft in drafts:
                    if draft.id in (id_ for id_, _ in plan.drafts):
                        raise EditRefused(
                            f"{draft.entry.id} is planned for {plan.due_at.isoformat()} by {plan.person}; "
                            f"take plan {plan.id} back first"
                        )
            plan_id = change.add_plan(due_at, by.name, change.newest_release(), drafts)
            detail = {"plan": plan_id, "due_at": due_at.isoformat()} | _entries(draft.entry.key for draft in drafts)
            change.record("plan", by=by.name, at=at, reason=reason, detail=detail)
        return plan_id

    def cancel_plan(self, plan_id: int, *, by: Person, at: dt.datetime, reason: str = "") -> None:
        """Takes a planned publication back; its drafts stay approved."""
        self._require(by, "publisher", "cancel_plan", None, at)
        with self._store.changing() as change:
            if plan_id not in (plan.id for plan in change.plans()):
                raise EditRefused(f"plan {plan_id} does not exist any more; it was carried out or taken back")
            change.remove_plan(plan_id)
            change.record("cancel_plan", by=by.name, at=at, reason=reason, detail={"plan": plan_id})

    def publish_due(self, at: dt.datetime) -> list[int]:
        """Carries out the planned publications whose time has come; returns the numbers of the releases. One that is
        not possible any more is taken off the list, and the audit trail says why. One that is `missed`, or whose safety
        check is not done yet, waits."""
        done = []
        for plan in [plan for plan in self._store.plans() if plan.due_at <= at <= plan.due_at + LONGEST_DELAY]:
            try:
                drafts = [self._store.draft(draft_id) for draft_id, _ in plan.drafts]
                looked_at = self._ready(drafts)
                with self._store.changing() as change:
                    done.append(self._publish_plan(change, plan, drafts, looked_at, at))
            except NotCheckedYet:
                # Another publication came between; the check is done anew, and then this one.
                continue
            except EditRefused as refusal:
                with self._store.changing() as change:
                    if plan.id in (left.id for left in change.plans()):
                        change.remove_plan(plan.id)
                        detail = {"plan": plan.id, "due_at": plan.due_at.isoformat()}
                        # The trail keeps no texts.
                        why = refusal.sentence if isinstance(refusal, EditConflict) else str(refusal)
                        change.record("plan_failed", by=plan.person, at=at, reason=why, detail=detail)
        return done

    def missed(self, at: dt.datetime) -> list[Plan]:
        """Planned publications that should have been carried out so long ago that the clock may be wrong: a person
        publishes them, or takes them back."""
        return [plan for plan in self._store.plans() if plan.due_at + LONGEST_DELAY < at]

    def _publish_plan(
        self, change: Change, plan: Plan, drafts: Sequence[Draft], looked_at: int, at: dt.datetime
    ) -> int:
        if plan.id not in (left.id for left in change.plans()):
            raise EditRefused("another process has carried this plan out")
        if [(draft.id, draft.content_hash) for draft in drafts] != list(plan.drafts):
            raise EditRefused("a text was changed after its publication was planned; plan it again")
        if change.rolled_back_since(plan.release):
            raise EditRefused("there was a roll back after this was planned; look at it and plan it again")
        now = _live(change)
        for key in sorted(change.taken_since(plan.release)):
            if key in (draft.entry.key for draft in drafts) and (key not in now or now[key].state == "withdrawn"):
                raise EditRefused(f"{key[1]} was withdrawn after this was planned; look at it and plan it again")
        change.remove_plan(plan.id)
        return self._publish(change, drafts, looked_at, plan.person, at, f"planned for {plan.due_at.isoformat()}")

    def _publish(
        self, change: Change, drafts: Sequence[Draft], looked_at: int, by: str, at: dt.datetime, reason: str
    ) -> int:
        newest_release = change.newest_release()
        if newest_release != looked_at:
            # What another release brought or took may have made these texts unfit.
            self._require_fit([draft.entry for draft in drafts], newest_release)
        # Again in any case: how sure search must be may have been set anew, and these texts were checked by that.
        self._require_safe(drafts, newest_release)
        members = change.members(newest_release)
        states = _states(members)
        published = []
        for read in drafts:
            draft = change.draft(read.id)
            if draft.content_hash != read.content_hash:
                raise StaleDraft(draft)
            _require_approved(draft)
            if draft.entry.key in members and (why := _unlike(members[draft.entry.key].kind, draft.entry)):
                raise EditRefused(why)
            newest = change.newest_revision(draft.entry.key)
            number = newest.number if newest else 0
            if number != draft.base:
                theirs = self._store.revision(*draft.entry.key, number)
                assert theirs is not None
                raise EditConflict(draft, theirs)
            approvers = [approval.person for approval in draft.approvals]
            revision_id = change.add_revision(
                draft.entry,
                number=number + 1,
                authors=draft.authors,
                approvers=approvers,
                review="clinician" if any(approval.clinician for approval in draft.approvals) else "editorial",
                at=at,
                people=True,
            )
            states[draft.entry.key] = (revision_id, "live")
            change.remove_draft(draft.id)
            published.append(
                {"entry": draft.entry.id, "locale": draft.entry.locale, "revision": number + 1}
                | {"hash": draft.content_hash, "authors": list(draft.authors), "approvers": approvers}
            )
        release = change.add_release(dict(states.values()), by=by, at=at, origin="editing")
        key = drafts[0].entry.key if len(drafts) == 1 else None
        detail = {"published": published}
        change.record("publish", by=by, at=at, reason=reason, key=key, release=release, detail=detail)
        return release

    # Taking back -----------------------------------------------------------------------------------------------

    def withdraw(self, keys: Iterable[Key], *, by: Person, at: dt.datetime, reason: str) -> int:
        """Shows these entries to nobody, at once: readers hear that the text is being reviewed, and get its sources.
        Returns the number of the release. Emergency cards are never withdrawn: a wrong one is replaced."""
        wanted = set(keys)
        self._require(by, "publisher", "withdraw", next(iter(wanted)) if len(wanted) == 1 else None, at)
        _require_reason(reason)
        if not wanted:
            raise EditRefused("name at least one entry")
        with self._store.changing() as change:
            members = _live(change)
            for key in sorted(wanted):
                if key not in members or members[key].state != "live":
                    raise EditRefused(f"{key[1]} is not live, so there is nothing to withdraw")
                if members[key].kind == "card":
                    raise EditRefused(f"{key[1]} is an emergency card; those are not withdrawn, publish a better text")
            return self._withdraw(change, members, wanted, by.name, at, reason)

    def withdraw_topic(self, topic: str, *, by: Person, at: dt.datetime, reason: str) -> int:
        """The switch for an incident: withdraws every live text of a topic at once, emergency cards left out. Returns
        the number of the release."""
        self._require(by, "publisher", "withdraw", None, at)
        _require_reason(reason)
        with self._store.changing() as change:
            # Looked up where nobody else changes anything: what another one withdraws meanwhile must not stop this.
            number = change.newest_release()
            texts = [row.entry for row in self._store.release(number).revisions] if number else []
            wanted = {entry.key for entry in texts if entry.topic == topic and kind_of(entry) != "card"}
            if not wanted:
                raise EditRefused(f"no text of the topic {topic!r} is live")
            return self._withdraw(change, _live(change), wanted, by.name, at, reason)

    def withdraw_overdue(self, *, at: dt.datetime, days: int, confirmed: bool = False) -> tuple[Key, ...]:
        """Withdraws what should have been reviewed more than `days` days ago; returns what it withdrew. Cards and words
        of the glossary stay. Raises `TooManyOverdue` when that is more than `FEW_OVERDUE` texts and more than
        `MOST_OVERDUE` of all, unless a person `confirmed` that the clock is right."""
        if not self._overdue(at, days, confirmed):
            # Nearly always: nobody who writes has to wait for this look.
            return ()
        with self._store.changing() as change:
            overdue = self._overdue(at, days, confirmed)
            if overdue:
                reason = f"the review was due more than {days} days ago"
                self._withdraw(change, _live(change), overdue, CALENDAR, at, reason)
        return tuple(sorted(overdue))

    def _overdue(self, at: dt.datetime, days: int, confirmed: bool) -> set[Key]:
        number = self._store.newest_release()
        dated = [row for row in self._store.release(number).revisions if _ages(row.entry)] if number else []
        last = at.date() - dt.timedelta(days=days)
        overdue = {row.entry.key for row in dated if row.entry.review_due < last}
        if not confirmed and len(overdue) > max(FEW_OVERDUE, MOST_OVERDUE * len(dated)):
            raise TooManyOverdue(
                f"{len(overdue)} of {len(dated)} texts should have been reviewed more than {days} days before "
                f"{at:%d %B %Y}; if that date is right, run: ./lantern editing due --withdraw --confirm"
            )
        return overdue

    def retire(self, key: Key, *, by: Person, at: dt.datetime, reason: str) -> int:
        """Takes an entry out for good: nobody is told of it any more. Returns the number of the release."""
        self._require(by, "publisher", "retire", key, at)
        _require_reason(reason)
        with self._store.changing() as change:
            members = _live(change)
            if key not in members:
                raise EditRefused(f"{key[1]} is not part of the live release")
            if members[key].kind == "card":
                raise EditRefused(f"{key[1]} is an emergency card; those are not taken out, publish a better text")
            states = _states(members)
            del states[key]
            release = change.add_release(dict(states.values()), by=by.name, at=at, origin="editing")
            change.record("retire", by=by.name, at=at, reason=reason, key=key, release=release)
            return release

    def restore(self, key: Key, *, by: Person, at: dt.datetime, reason: str) -> int:
        """Brings back the text of an entry that was live last, with the approvals it had. Returns the release."""
        self._require(by, "publisher", "restore", key, at)
        _require_reason(reason)
        with self._store.changing() as change:
            members = _live(change)
            if key in members and members[key].state == "live":
                raise EditRefused(f"{key[1]} is live")
            return _restored(change, members, {key}, by, at, reason)

    def restore_all(self, keys: Iterable[Key], *, by: Person, at: dt.datetime, reason: str) -> int:
        """Brings back withdrawn texts together, as when an incident is over: each the one that was live last. Returns
        the release. Raises `EditRefused` when one of them is not withdrawn any more; then none comes back."""
        wanted = set(keys)
        self._require(by, "publisher", "restore", next(iter(wanted)) if len(wanted) == 1 else None, at)
        _require_reason(reason)
        if not wanted:
            raise EditRefused("tick at least one text")
        with self._store.changing() as change:
            members = _live(change)
            for key in sorted(wanted):
                if key not in members or members[key].state != "withdrawn":
                    raise EditRefused(f"{key[1]} is not withdrawn any more; look at the list again")
            return _restored(change, members, wanted, by, at, reason)

    def roll_back(self, release: int, *, by: Person, at: dt.datetime, reason: str) -> int:
        """Makes an earlier release live again, as a new one; returns its number. An incident outlives a roll back: what
        is withdrawn now stays withdrawn, and so does a text that was withdrawn when another one replaced it or when it
        was retired. `restore` is an act of its own."""
        self._require(by, "publisher", "roll_back", None, at)
        _require_reason(reason)
        with self._store.changing() as change:
            if not change.has_release(release):
                raise EditRefused(f"there is no release {release}")
            now = _live(change)
            then = change.members(release)
            taken = change.last_withdrawn()
            states: dict[Key, tuple[int, State]] = {}
            for key, member in then.items():
                withdrawn = member.revision_id in taken or (key in now and now[key].state == "withdrawn")
                states[key] = (member.revision_id, "withdrawn" if withdrawn else member.state)
            for key, member in now.items():
                if member.kind == "card" and key not in states:
                    # A card that came later stays: the rules may show it.
                    states[key] = (member.revision_id, member.state)
            if states == _states(now):
                raise EditRefused(f"release {release} says exactly what is live")
            number = change.add_release(dict(states.values()), by=by.name, at=at, origin="editing")
            before = _states(now)
            detail = {"to": release} | _entries(
                key for key in before.keys() | states.keys() if before.get(key) != states.get(key)
            )
            change.record("roll_back", by=by.name, at=at, reason=reason, release=number, detail=detail)
            return number

    def _withdraw(
        self, change: Change, members: Mapping[Key, Member], wanted: set[Key], by: str, at: dt.datetime, reason: str
    ) -> int:
        states: dict[int, State] = {
            member.revision_id: "withdrawn" if key in wanted else member.state for key, member in members.items()
        }
        # Starter content may follow what only the calendar has withdrawn, and nothing that a person did.
        release = change.add_release(states, by=by, at=at, origin="calendar" if by == CALENDAR else "editing")
        key = next(iter(wanted)) if len(wanted) == 1 else None
        change.record("withdraw", by=by, at=at, reason=reason, key=key, release=release, detail=_entries(wanted))
        return release

    def grounds(self) -> review.Grounds:
        """What statements lean on, as it is now."""
        return review.Grounds(self._store.sources(), self._facts())

    # Beside the texts ------------------------------------------------------------------------------------------

    def note(
        self, act: str, *, by: Person, role: Role, at: dt.datetime, reason: str = "", detail: Mapping[str, Any]
    ) -> None:
        """Notes an act that concerns no text, before it is done elsewhere. Raises `NotAllowed` without the role."""
        self._require(by, role, act, None, at)
        with self._store.changing() as change:
            change.record(act, by=by.name, at=at, reason=reason, detail=detail)

    def set_site(
        self,
        wanted: Mapping[str, str | None],
        *,
        seen: Mapping[str, str | None],
        by: Person,
        at: dt.datetime,
        reason: str,
    ) -> None:
        """Sets settings of the site; None: as the environment says. What values are fit, the caller knows. `seen` is
        what the person looked at: raises `EditRefused` where somebody set one of them meanwhile."""
        self._require(by, "admin", "set_site", None, at)
        _require_reason(reason)
        with self._store.changing() as change:
            kept = change.site_settings()
            before = {name: kept[name].value if name in kept else None for name in wanted}
            if before != {name: seen.get(name) for name in wanted}:
                raise EditRefused("somebody else set this while you were looking; look at it again")
            changed = {name: [before[name], value] for name, value in wanted.items() if before[name] != value}
            if not changed:
                raise EditRefused("it is set like this already")
            for name, (_, value) in changed.items():
                change.set_site_setting(name, value, by=by.name, at=at)
            change.record("set_site", by=by.name, at=at, reason=reason, detail={"settings": changed})

    def measure_thresholds(self, *, by: Person, at: dt.datetime) -> None:
        """Asks the worker what other thresholds would do with the live release."""
        self._require(by, _publisher_or_admin(by), "measure_thresholds", None, at)
        if self._effects is not None:
            self._effects.ask(*self._store.in_force(), by.name, at)

    def set_threshold(self, name: str, value: float, *, seen: float, by: Person, at: dt.datetime, reason: str) -> None:
        """Sets how sure search must be, from the next message on. `name` is one of `ADJUSTABLE`; `seen` is what the
        person looked at. Raises `EditRefused` for a value that is none of its choices, that was not measured, that lets
        a case of safety come out otherwise, or where somebody set it meanwhile. What the safety check found of drafts
        by other thresholds does not count any more."""
        self._require(by, _publisher_or_admin(by), "set_threshold", None, at)
        _require_reason(reason)
        if value not in ADJUSTABLE[name].choices:
            raise EditRefused(f"{value:.2f} is none of {ADJUSTABLE[name].told}")
        release, thresholds = self._store.in_force()
        before = getattr(thresholds, name)
        if before != seen:
            raise EditRefused("somebody else set this while you were looking; look at it again")
        if before == value:
            raise EditRefused("it is set like this already")
        self._require_measured(release, thresholds, name, value)
        kept_as = next(setting for setting, threshold in KEPT_AS.items() if threshold == name)
        with self._store.changing() as change:
            kept = {setting: row.value for setting, row in change.site_settings().items()}
            if change.newest_release() != release or in_force(kept) != thresholds:
                raise EditRefused("something was published or set while you were looking; look at it again")
            # What comes with Lantern is not kept, so that a newer version may bring better ones.
            usual = getattr(AS_IT_COMES, name) == value
            change.set_site_setting(kept_as, None if usual else f"{value:.2f}", by=by.name, at=at)
            detail = {"thresholds": {name: [before, value]}}
            change.record("set_threshold", by=by.name, at=at, reason=reason, detail=detail)

    def _require_measured(self, release: int, thresholds: Thresholds, name: str, value: float) -> None:
        measurement = self._effects.measurement(release, thresholds) if self._effects else None
        effect = measurement.of(name, value) if measurement else None
        if effect is None:
            raise EditRefused("what it would do is not measured yet for the texts that are live; have it measured")
        if effect.broken:
            raise EditRefused(f"with {value:.2f} a case of safety would not come out as it must: {effect.broken[0]}")

    # What every act asks ---------------------------------------------------------------------------------------

    def _require_alike(self, entry: Entry) -> None:
        newest = self._store.revision(*entry.key)
        if newest is not None and (why := _unlike(kind_of(newest.entry), entry)):
            raise EditRefused(why)

    def _ready(self, drafts: Sequence[Draft]) -> int:
        """Approved and fit to publish, and all that costs time done before the transaction. Returns the number of the
        release beside which they are fit."""
        if not drafts:
            raise EditRefused("name at least one draft")
        for draft in drafts:
            _require_approved(draft)
        number = self._store.newest_release()
        self._require_fit([draft.entry for draft in drafts], number)
        self._require_safe(drafts, number)
        self._prepare([draft.entry for draft in drafts])
        return number

    def _require_fit(self, entries: Sequence[Entry], number: int) -> None:
        """Raises `UnfitText` with all that forbids to show these texts beside those of the release `number`."""
        live = {row.entry.key: row.entry for row in self._store.release(number).revisions} if number else {}
        # Drafts that are published together may name each other.
        live.update((entry.key, entry) for entry in entries)
        grounds, beside = self.grounds(), review.Beside.of(live.values())
        faults = [
            (f"{entry.id}, {field}" if len(entries) > 1 else field, message)
            for entry in entries
            for field, message in unfit(entry, grounds, beside)
        ]
        if faults:
            raise UnfitText(faults)

    def _require_safe(self, drafts: Sequence[Draft], number: int) -> None:
        """Raises `NotCheckedYet` or `UnsafeText` unless each of these texts passed the safety check beside the release
        `number`."""
        if self._checks is None or not number:
            return
        for draft in drafts:
            found = self._checks.found(draft.content_hash, number)
            if found is None:
                raise NotCheckedYet(
                    f"the safety check of {draft.entry.id} is not done yet; it runs by itself, so wait a minute and "
                    "publish again"
                )
            if broken := self._checks.unsettled(found.broken):
                raise UnsafeText(draft, broken)

    def settle_case(self, text: str, *, by: Person, at: dt.datetime, reason: str) -> None:
        """Says that a case of the safety check may come out otherwise from now on. It counts once two people with the
        role of a reviewer have said so, each with a reason."""
        self._require(by, "reviewer", "settle_case", None, at)
        _require_reason(reason)
        with self._store.changing() as change:
            detail = {"case": case_mark(text), "text": text}
            change.record("settle_case", by=by.name, at=at, reason=reason, detail=detail)

    def _require(self, by: Person, role: Role, act: str, key: Key | None, at: dt.datetime) -> None:
        _require_name(by)
        if key is not None:
            _require_key(key)
        if role not in by.roles:
            self.refuse(by, act, key, at, f"{by.name} is no {role}; an admin can give that role")

    def refuse(self, by: Person, act: str, key: Key | None, at: dt.datetime, why: str) -> NoReturn:
        """Notes that somebody tried what they may not do, and raises `NotAllowed`."""
        with self._store.changing() as change:
            change.record("refused", by=by.name, at=at, reason=why, key=key, detail={"act": act})
        raise NotAllowed(why)


def unfit(entry: Entry, grounds: review.Grounds, others: Iterable[Entry] | review.Beside) -> list[tuple[str, str]]:
    """All that forbids to show an entry beside `others`: field and message. What no content file can hold is part of
    it: a text that cannot be exported could not be given back to whoever owns it."""
    written = rows.unwritable(entry)
    found = [(one.field, one.message) for one in review.unfit(entry, grounds, others)]
    return list(dict.fromkeys([*written, *found]))


def _is_same_source(one: Source, other: Source) -> bool:
    # A guideline's new edition may stand where the old one stood.
    if one.address is not None and (one.address, one.year) == (other.address, other.year):
        return True
    named = [(_plain(source.title), _plain(source.organisation), source.year) for source in (one, other)]
    return named[0] == named[1]


def _require_storable(entry: Entry) -> None:
    """Faults of a text are for its author to see and mend; what the database cannot hold is refused at once."""
    _require_key(entry.key)
    try:
        size = len(entry_body(entry).encode())
    except UnicodeEncodeError:
        raise EditRefused(
            "the text holds half a character, as a copy cut in two does; write that place again"
        ) from None
    if size > MOST_BYTES:
        raise EditRefused(f"the text has {size // 1000} KB, more than {MOST_BYTES // 1000}; look what got into it")


def _require_key(key: Key) -> None:
    locale, entry = key
    if not re.fullmatch(r"[a-z0-9-]{1,80}", entry):
        raise EditRefused("an id has 1 to 80 small letters, digits and hyphens")
    if not re.fullmatch(r"[a-z]{2}(-[A-Z]{2})?", locale):
        raise EditRefused("a language is written as en or es")


def texts_of(release: Release | None) -> dict[Key, Entry]:
    """The texts of a release by key, also those that are withdrawn: what another text of an entry is compared with."""
    revisions = (*release.revisions, *release.withdrawn) if release else ()
    return {revision.entry.key: revision.entry for revision in revisions}


def differing(entries: Iterable[Entry], current: Mapping[Key, Entry]) -> list[Entry]:
    """Those that are new or say something else than the text of the same key."""
    return [entry for entry in entries if current.get(entry.key) != entry]


def hindrances(entries: Iterable[Entry], current: Mapping[Key, Entry], drafts: Iterable[Draft]) -> tuple[str, ...]:
    """Why drafts of these entries cannot be begun together, one sentence for each that stands in the way."""
    begun = {draft.entry.key: draft for draft in drafts}
    found, seen = [], set()
    for entry in entries:
        if entry.key in seen:
            found.append(f"{entry.id} stands twice in {entry.locale}")
        if entry.key in begun:
            found.append(f"{entry.id} is being worked on by {', '.join(begun[entry.key].authors)}")
        if entry.key in current and (why := _unlike(kind_of(current[entry.key]), entry)):
            found.append(why)
        seen.add(entry.key)
    return tuple(found)


def _unlike(before: Kind, entry: Entry) -> str | None:
    """Why a text of this kind cannot follow one of the kind before. Otherwise one person's approval could take a card
    from those who need it, as another text under its name."""
    if before == "card" and kind_of(entry) != "card":
        return f"{entry.id} is an emergency card and stays one; write another text under an id of its own"
    if (before == "term") != (kind_of(entry) == "term"):
        return f"{entry.id} is the id of a word of the glossary"
    return None


def approvers_needed(entry: Entry) -> int:
    """How many people beside its authors must approve a text before it may be published."""
    return CARD_APPROVERS if entry.answer_kind == "card" else 1


def _require_approved(draft: Draft) -> None:
    given = [approval for approval in draft.approvals if approval.content_hash == draft.content_hash]
    missing = approvers_needed(draft.entry) - len(given)
    if draft.state != "in_review" or missing > 0:
        people = "one more person" if missing <= 1 else f"{missing} more people"
        raise EditRefused(f"{draft.entry.id} is not approved yet: {people} must read and approve this text")


def _require_name(by: Person) -> None:
    if not by.name.strip() or len(by.name) > LONGEST_NAME or not by.name.isprintable():
        raise EditRefused(f"give the name of a person, of 1 to {LONGEST_NAME} characters")


def _is_among(person: Person, names: Iterable[str]) -> bool:
    """Whether a person has one of these names, however it is spelt: "anna " is no second person beside "Anna"."""
    return _plain(person.name) in map(_plain, names)


def _plain(name: str) -> str:
    return unicodedata.normalize("NFKC", " ".join(name.split())).casefold()


def _publisher_or_admin(by: Person) -> Role:
    """The role by which somebody may do what either may."""
    return "admin" if "admin" in by.roles else "publisher"


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise EditRefused("say why; the reason is kept in the audit trail")


def _current(change: Change, draft_id: int, version: int) -> Draft:
    draft = change.draft(draft_id)
    if draft.version != version:
        raise StaleDraft(draft)
    return draft


def _reviewed(change: Change, draft_id: int, version: int | None) -> Draft:
    draft = change.draft(draft_id) if version is None else _current(change, draft_id, version)
    if draft.state != "in_review":
        raise EditRefused(f"{draft.entry.id} is not in review; its author has to submit it first")
    return draft


def _live(change: Change) -> dict[Key, Member]:
    return change.members(change.newest_release())


def _states(members: Mapping[Key, Member]) -> dict[Key, tuple[int, State]]:
    """What a release consists of, as the next one may be made from it: id and state of each revision."""
    return {key: (member.revision_id, member.state) for key, member in members.items()}


def _restored(
    change: Change, members: Mapping[Key, Member], wanted: set[Key], by: Person, at: dt.datetime, reason: str
) -> int:
    states = _states(members)
    for key in sorted(wanted):
        revision_id = change.last_live(key)
        if revision_id is None:
            raise EditRefused(f"{key[1]} has never been live; write, approve and publish it")
        states[key] = (revision_id, "live")
    release = change.add_release(dict(states.values()), by=by.name, at=at, origin="editing")
    one = next(iter(wanted)) if len(wanted) == 1 else None
    several = None if one else _entries(wanted)
    change.record("restore", by=by.name, at=at, reason=reason, key=one, release=release, detail=several)
    return release


def _entries(keys: Iterable[Key]) -> dict[str, list[str]]:
    """The part of an audit row's detail that names the entries of an act done to several."""
    return {"entries": sorted("/".join(key) for key in keys)}


def _ages(entry: Entry) -> bool:
    return entry.answer_kind not in ("card", "term")


def _record(change: Change, act: str, draft: Draft, by: Person, at: dt.datetime, reason: str, **detail: Any) -> None:
    detail |= {"draft": draft.id, "version": draft.version, "hash": draft.content_hash}
    change.record(act, by=by.name, at=at, reason=reason, key=draft.entry.key, detail=detail)
