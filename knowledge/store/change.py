"""One transaction on the knowledge database: kept whole, or not at all. What may be done is decided elsewhere."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from knowledge.codec import content_hash, entry_body, entry_from_json, source_body, source_from_body
from knowledge.errors import EditRefused
from knowledge.model import Approval, AuditRow, Draft, Entry, ReviewState, Source
from knowledge.store.audit import BEGINNING, entries_of, row_hash
from knowledge.store.tables import (
    audit,
    draft_people,
    drafts,
    planned_publications,
    release_revisions,
    releases,
    revision_people,
    revisions,
    site_settings,
    sources,
)

Key = tuple[str, str]
"""Locale and id of an entry."""
State = Literal["live", "withdrawn"]
Origin = Literal["seed", "editing", "calendar"]
Kind = Literal["text", "term", "card"]
"""What an entry is to whoever publishes: a text that people find, a word of the glossary, an emergency card."""


@dataclass(frozen=True)
class Member:
    """A revision in a release."""

    revision_id: int
    number: int
    state: State
    kind: Kind


@dataclass(frozen=True)
class Newest:
    """The newest revision of an entry, live or not."""

    id: int
    number: int
    content_hash: str
    review: ReviewState


@dataclass(frozen=True)
class SiteSetting:
    """The value of a setting, who gave it, and when."""

    value: str
    person: str
    changed_at: dt.datetime


@dataclass(frozen=True)
class Plan:
    """A publication that is to happen at a time. `drafts`: ids and the hashes of the texts that were approved."""

    id: int
    due_at: dt.datetime
    person: str
    release: int
    drafts: tuple[tuple[int, str], ...]


class Change:
    """What can be read and written in one transaction. No other change happens meanwhile."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # Releases --------------------------------------------------------------------------------------------------

    def newest_release(self) -> int:
        """0 when nothing has been published."""
        return self._connection.execute(sa.select(sa.func.max(releases.c.number))).scalar() or 0

    def members(self, number: int) -> dict[Key, Member]:
        """What a release consists of; nothing for a number that is no release."""
        # The bodies are megabytes; the database looks into them, so that they need not come here.
        kind = sa.case(*((revisions.c.body.contains(_of_kind(kind)), kind) for kind in ("card", "term")), else_="text")
        columns = (revisions.c.locale, revisions.c.entry_id, revisions.c.id, revisions.c.number, kind.label("kind"))
        joined = sa.join(release_revisions, revisions, release_revisions.c.revision_id == revisions.c.id)
        query = sa.select(*columns, release_revisions.c.state).select_from(joined)
        rows = self._connection.execute(query.where(release_revisions.c.release_number == number))
        return {(row.locale, row.entry_id): Member(row.id, row.number, row.state, row.kind) for row in rows}

    def has_release(self, number: int) -> bool:
        query = sa.select(releases.c.number).where(releases.c.number == number)
        return self._connection.execute(query).first() is not None

    def add_release(self, members: Mapping[int, State], *, by: str, at: dt.datetime, origin: Origin) -> int:
        """Makes these revisions, by id, the live release; returns its number."""
        number = self.newest_release() + 1
        row = {"number": number, "published_by": by, "published_at": at.isoformat(), "origin": origin}
        self._connection.execute(sa.insert(releases), row)
        rows = [{"release_number": number, "revision_id": id_, "state": state} for id_, state in members.items()]
        if rows:
            self._connection.execute(sa.insert(release_revisions), rows)
        return number

    def last_live(self, key: Key) -> int | None:
        """Id of the revision of an entry that was live last, in whatever release; None when none ever was."""
        joined = sa.join(release_revisions, revisions, release_revisions.c.revision_id == revisions.c.id)
        query = sa.select(revisions.c.id).select_from(joined)
        query = query.where(revisions.c.locale == key[0], revisions.c.entry_id == key[1])
        query = query.where(release_revisions.c.state == "live").order_by(release_revisions.c.release_number.desc())
        found = self._connection.execute(query.limit(1)).scalar()
        return None if found is None else int(found)

    def last_withdrawn(self) -> set[int]:
        """Ids of the revisions that were withdrawn in the newest of the releases that they are part of."""
        members = release_revisions.alias()
        ever = sa.select(release_revisions.c.revision_id).where(release_revisions.c.state == "withdrawn")
        last = sa.select(members.c.revision_id, sa.func.max(members.c.release_number).label("number"))
        last = last.where(members.c.revision_id.in_(ever)).group_by(members.c.revision_id).subquery()
        here = (release_revisions.c.revision_id == last.c.revision_id) & (
            release_revisions.c.release_number == last.c.number
        )
        query = sa.select(release_revisions.c.revision_id).select_from(sa.join(release_revisions, last, here))
        return set(self._connection.execute(query.where(release_revisions.c.state == "withdrawn")).scalars())

    # Revisions and sources -------------------------------------------------------------------------------------

    def newest_revisions(self) -> dict[Key, Newest]:
        """The newest revision of every entry."""
        return self._newest(sa.true())

    def newest_revision(self, key: Key) -> Newest | None:
        return self._newest((revisions.c.locale == key[0]) & (revisions.c.entry_id == key[1])).get(key)

    def _newest(self, wanted: Any) -> dict[Key, Newest]:
        other = revisions.alias()
        newer = (other.c.locale == revisions.c.locale) & (other.c.entry_id == revisions.c.entry_id)
        newer &= other.c.number > revisions.c.number
        names = ("locale", "entry_id", "id", "number", "content_hash", "review")
        query = sa.select(*(revisions.c[name] for name in names)).where(wanted, ~sa.exists().where(newer))
        return {
            (row.locale, row.entry_id): Newest(row.id, row.number, row.content_hash, row.review)
            for row in self._connection.execute(query)
        }

    def add_revision(
        self,
        entry: Entry,
        *,
        number: int,
        authors: Sequence[str],
        approvers: Sequence[str],
        review: ReviewState,
        at: dt.datetime,
        people: bool,
    ) -> int:
        """Writes a revision; returns its id. `people`: keep who did what, which the database then holds apart."""
        row = {
            "locale": entry.locale,
            "entry_id": entry.id,
            "number": number,
            "content_hash": content_hash(entry),
            "body": entry_body(entry),
            "author": authors[-1],
            "approvers": json.dumps(list(approvers), ensure_ascii=False),
            "review": review,
            "created_at": at.isoformat(),
        }
        id_ = int(self._connection.execute(sa.insert(revisions), row).inserted_primary_key[0])
        parts = [(name, "author") for name in authors] + [(name, "approver") for name in approvers]
        if people:
            rows = [{"revision_id": id_, "person": name, "part": part} for name, part in parts]
            self._connection.execute(sa.insert(revision_people), rows)
        return id_

    def sources(self) -> dict[str, Source]:
        """All sources by key."""
        return {row.key: source_from_body(row.body) for row in self._connection.execute(sa.select(sources))}

    def keep_sources(self, wanted: Mapping[str, Source]) -> bool:
        """Adds and changes sources; whether anything changed. The facts that a source was noted to carry stay noted:
        files do not name those that staff added."""
        kept = {row.key: row.body for row in self._connection.execute(sa.select(sources))}
        changed = False
        for key, source in wanted.items():
            noted = source_from_body(kept[key]).facts if key in kept else ()
            body = source_body(replace(source, facts=tuple(dict.fromkeys((*source.facts, *noted)))))
            if key not in kept:
                self._connection.execute(sa.insert(sources), {"key": key, "body": body})
            elif kept[key] != body:
                self._connection.execute(sa.update(sources).where(sources.c.key == key).values(body=body))
            changed = changed or kept.get(key) != body
        return changed

    # Settings of the site --------------------------------------------------------------------------------------

    def site_settings(self) -> dict[str, SiteSetting]:
        """What is set while Lantern runs, by name."""
        return {
            row.name: SiteSetting(row.value, row.person, dt.datetime.fromisoformat(row.changed_at))
            for row in self._connection.execute(sa.select(site_settings))
        }

    def set_site_setting(self, name: str, value: str | None, *, by: str, at: dt.datetime) -> None:
        """None: it is as the environment says."""
        self._connection.execute(sa.delete(site_settings).where(site_settings.c.name == name))
        if value is not None:
            row = {"name": name, "value": value, "person": by, "changed_at": at.isoformat()}
            self._connection.execute(sa.insert(site_settings), row)

    # Drafts ----------------------------------------------------------------------------------------------------

    def draft(self, draft_id: int) -> Draft:
        """Raises `EditRefused` when it was published or thrown away."""
        found = self.drafts(drafts.c.id == draft_id)
        if not found:
            raise EditRefused(f"draft {draft_id} does not exist any more; it was published or thrown away")
        return found[0]

    def draft_of(self, key: Key) -> Draft | None:
        found = self.drafts((drafts.c.locale == key[0]) & (drafts.c.entry_id == key[1]))
        return found[0] if found else None

    def drafts(self, wanted: Any = None) -> list[Draft]:
        """Drafts, by locale and id of their entries."""
        query = sa.select(drafts).order_by(drafts.c.locale, drafts.c.entry_id)
        rows = self._connection.execute(query if wanted is None else query.where(wanted)).mappings().all()
        people: dict[int, list[Any]] = {row["id"]: [] for row in rows}
        mine = sa.select(draft_people).order_by(draft_people.c.person)
        if wanted is not None:
            mine = mine.where(draft_people.c.draft_id.in_(list(people)))
        for person in self._connection.execute(mine):
            people[person.draft_id].append(person)
        return [
            Draft(
                id=row["id"],
                entry=entry_from_json(json.loads(row["body"])),
                content_hash=row["content_hash"],
                state=row["state"],
                base=row["base"],
                version=row["version"],
                authors=tuple(one.person for one in people[row["id"]] if one.part == "author"),
                approvals=tuple(
                    Approval(one.person, one.clinician, one.content_hash)
                    for one in people[row["id"]]
                    if one.part == "approver"
                ),
                changed_at=dt.datetime.fromisoformat(row["changed_at"]),
            )
            for row in rows
        ]

    def add_draft(self, entry: Entry, *, base: int, author: str, at: dt.datetime) -> int:
        row = {**_written(entry, at), "state": "draft", "base": base, "version": 1}
        row |= {"locale": entry.locale, "entry_id": entry.id}
        id_ = int(self._connection.execute(sa.insert(drafts), row).inserted_primary_key[0])
        self.set_part(id_, author, "author")
        return id_

    def change_draft(self, draft: Draft, entry: Entry, at: dt.datetime) -> None:
        """The next version of a draft. It is not in review any more, and nobody has approved it."""
        row = {**_written(entry, at), "state": "draft", "version": draft.version + 1}
        self._connection.execute(sa.update(drafts).where(drafts.c.id == draft.id).values(**row))
        self.clear_approvals(draft.id)

    def set_state(self, draft_id: int, state: str, at: dt.datetime) -> None:
        row = {"state": state, "changed_at": at.isoformat()}
        self._connection.execute(sa.update(drafts).where(drafts.c.id == draft_id).values(**row))

    def set_part(
        self, draft_id: int, person: str, part: str, clinician: bool = False, approved: str | None = None
    ) -> None:
        """Says what a person is to a draft. Raises `IntegrityError` when they already are something else to it."""
        row = {"draft_id": draft_id, "person": person, "part": part, "clinician": clinician, "content_hash": approved}
        self._connection.execute(sa.insert(draft_people), row)

    def clear_approvals(self, draft_id: int) -> None:
        mine = (draft_people.c.draft_id == draft_id) & (draft_people.c.part == "approver")
        self._connection.execute(sa.delete(draft_people).where(mine))

    def remove_draft(self, draft_id: int) -> None:
        self._connection.execute(sa.delete(draft_people).where(draft_people.c.draft_id == draft_id))
        self._connection.execute(sa.delete(drafts).where(drafts.c.id == draft_id))

    # Planned publications --------------------------------------------------------------------------------------

    def add_plan(self, due_at: dt.datetime, person: str, release: int, wanted: Sequence[Draft]) -> int:
        row: dict[str, Any] = {"due_at": _stamp(due_at), "person": person, "release_number": release}
        row["drafts"] = json.dumps([[draft.id, draft.content_hash] for draft in wanted])
        return int(self._connection.execute(sa.insert(planned_publications), row).inserted_primary_key[0])

    def plans(self, until: dt.datetime | None = None) -> list[Plan]:
        """Planned publications, the earliest first; only those due by `until` where it is given."""
        query = sa.select(planned_publications).order_by(planned_publications.c.due_at, planned_publications.c.id)
        if until is not None:
            query = query.where(planned_publications.c.due_at <= _stamp(until))
        return [
            Plan(
                row.id,
                dt.datetime.fromisoformat(row.due_at),
                row.person,
                row.release_number,
                tuple((id_, approved) for id_, approved in json.loads(row.drafts)),
            )
            for row in self._connection.execute(query)
        ]

    def remove_plan(self, plan_id: int) -> None:
        self._connection.execute(sa.delete(planned_publications).where(planned_publications.c.id == plan_id))

    # The audit trail -------------------------------------------------------------------------------------------

    def rolled_back_since(self, release: int) -> bool:
        """Whether a roll back made a release with a higher number than this."""
        query = sa.select(audit.c.number).where(audit.c.act == "roll_back", audit.c.release_number > release)
        return self._connection.execute(query.limit(1)).first() is not None

    def taken_since(self, release: int) -> set[Key]:
        """Entries that a person withdrew or retired after this release; what the calendar withdrew does not count."""
        by_people = sa.select(releases.c.number).where(releases.c.number > release, releases.c.origin == "editing")
        query = sa.select(audit.c.locale, audit.c.entry_id, audit.c.detail)
        query = query.where(audit.c.act.in_(("withdraw", "retire")), audit.c.release_number.in_(by_people))
        rows = self._connection.execute(query)
        return set().union(*(entries_of(row.locale, row.entry_id, json.loads(row.detail)) for row in rows))

    def is_said_last(self, draft: Draft, person: str, text: str) -> bool:
        """Whether the newest act on an entry is that this person said this of this draft."""
        query = sa.select(audit).where(audit.c.locale == draft.entry.locale, audit.c.entry_id == draft.entry.id)
        row = self._connection.execute(query.order_by(audit.c.number.desc()).limit(1)).first()
        if row is None or (row.act, row.person, row.reason) != ("comment", person, _storable(text)):
            return False
        return bool(json.loads(row.detail)["draft"] == draft.id)

    def record(
        self,
        act: str,
        *,
        by: str,
        at: dt.datetime,
        reason: str = "",
        key: Key | None = None,
        release: int | None = None,
        detail: Mapping[str, Any] | None = None,
    ) -> AuditRow:
        """Writes the audit row of an act."""
        newest = sa.select(audit.c.number, audit.c.hash).order_by(audit.c.number.desc()).limit(1)
        before = self._connection.execute(newest).first()
        number, previous = (before.number + 1, before.hash) if before else (1, BEGINNING)
        locale, entry = key or (None, None)
        # PostgreSQL cannot hold a null character, nor any database half a character.
        said = _storable(reason)
        row = AuditRow(number, at, act, by, locale, entry, release, said, dict(detail or {}), "")
        row = replace(row, hash=row_hash(previous, row))
        self._connection.execute(
            sa.insert(audit),
            {
                "number": row.number,
                "at": row.at.isoformat(),
                "act": act,
                "person": by,
                "locale": locale,
                "entry_id": entry,
                "release_number": release,
                "reason": said,
                "detail": json.dumps(row.detail, ensure_ascii=False, sort_keys=True),
                "hash": row.hash,
            },
        )
        return row


def _storable(text: str) -> str:
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def kind_of(entry: Entry) -> Kind:
    return entry.answer_kind if entry.answer_kind in ("card", "term") else "text"


def _of_kind(kind: str) -> str:
    """What stands in the stored form of an entry of this kind and in no other: inside a text its quotes are escaped."""
    return f'"answer_kind": "{kind}"'


def _stamp(moment: dt.datetime) -> str:
    # Moments that are compared as texts must all be told in the same zone.
    return moment.astimezone(dt.timezone.utc).isoformat()


def _written(entry: Entry, at: dt.datetime) -> dict[str, Any]:
    return {"body": entry_body(entry), "content_hash": content_hash(entry), "changed_at": at.isoformat()}
