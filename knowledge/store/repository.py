"""Reads and writes the knowledge database. It decides nothing: the acts that change content are `knowledge.editing`."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from knowledge.codec import content_hash, entry_from_json
from knowledge.errors import EditRefused
from knowledge.model import AuditRow, Draft, Entry, Release, ReviewState, Revision, Source
from knowledge.store.audit import about, entries_of
from knowledge.store.change import Change, Newest, Origin, Plan, SiteSetting
from knowledge.store.faults import translated as _translated
from knowledge.store.tables import (
    audit,
    grades,
    release_revisions,
    releases,
    revisions,
    site_settings,
    vectors,
)
from knowledge.thresholds import KEPT_AS, Thresholds, in_force
from storage.engine import read, write
from storage.migrations import migrate, require_current, require_no_other

MIGRATIONS = Path(__file__).parent / "migrations"
HISTORY = "knowledge_schema"
REMEDY = "./lantern content migrate"
_CHUNK = 500
"""Most bound values in one statement; SQLite's oldest limit is 999."""

_NEWEST = sa.select(sa.func.max(releases.c.number))
_RELEASE = "release"
_IN_FORCE = sa.union_all(
    sa.select(sa.literal(_RELEASE), sa.cast(sa.func.max(releases.c.number), sa.Text)),
    sa.select(site_settings.c.name, site_settings.c.value).where(site_settings.c.name.in_(list(KEPT_AS))),
)


@dataclass(frozen=True)
class ReleaseRow:
    """One line of the list of releases."""

    number: int
    by: str
    published_at: dt.datetime
    origin: Origin


class KnowledgeStore:
    """Revisions, releases, sources and cached vectors in one database. Safe to share between threads.

    Every method raises `StoreUnavailable` when the database does not answer.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._parsed: dict[int, Revision] = {}

    def migrate(self) -> None:
        """Brings the schema up to date. Raises `StoreUnavailable`."""
        with _translated():
            migrate(self._engine, MIGRATIONS, HISTORY)

    def require_current(self) -> None:
        """Raises `StoreUnavailable`, with the command to run, unless the schema fits the code."""
        with _translated():
            require_current(self._engine, MIGRATIONS, HISTORY, REMEDY)

    def require_no_other(self) -> None:
        """For a start: raises `StoreUnavailable`, with the command to run, for a schema of another version. A database
        that is away or empty is no reason not to start."""
        with _translated():
            require_no_other(self._engine, MIGRATIONS, HISTORY, REMEDY)

    def newest_release(self) -> int:
        """Number of the live release, 0 when nothing has been published. One indexed row: cheap enough per message."""
        with _translated(), read(self._engine, single=True) as connection:
            return connection.execute(_NEWEST).scalar() or 0

    def in_force(self) -> tuple[int, Thresholds]:
        """Number of the live release, 0 when nothing has been published, and how sure search must be. A few indexed
        rows in one statement: cheap enough per message."""
        with _translated(), read(self._engine, single=True) as connection:
            values = {row[0]: row[1] for row in connection.execute(_IN_FORCE)}
        return int(values.pop(_RELEASE) or 0), in_force(values)

    def release(self, number: int) -> Release:
        """The release with this number. Raises `KeyError` when there is none."""
        with _translated(), read(self._engine) as connection:
            head = connection.execute(sa.select(releases).where(releases.c.number == number)).mappings().first()
            if head is None:
                raise KeyError(number)
            joined = sa.join(revisions, release_revisions, release_revisions.c.revision_id == revisions.c.id)
            query = sa.select(revisions, release_revisions.c.state).select_from(joined)
            rows = connection.execute(
                query.where(release_revisions.c.release_number == number).order_by(
                    revisions.c.locale, revisions.c.entry_id
                )
            ).mappings()
            members: dict[str, list[Revision]] = {"live": [], "withdrawn": []}
            for row in rows:
                members[row["state"]].append(self._revision(row))
        published_at = dt.datetime.fromisoformat(head["published_at"])
        live, withdrawn = tuple(members["live"]), tuple(members["withdrawn"])
        return Release(number, live, published_at, head["published_by"], withdrawn)

    def _revision(self, row: Mapping[str, Any]) -> Revision:
        # Revisions are immutable, so each is parsed once in a process: a new release costs only what it changed.
        if row["id"] not in self._parsed:
            self._parsed[row["id"]] = Revision(
                entry=entry_from_json(json.loads(row["body"])),
                number=row["number"],
                content_hash=row["content_hash"],
                author=row["author"],
                approvers=tuple(json.loads(row["approvers"])),
                review=row["review"],
                created_at=dt.datetime.fromisoformat(row["created_at"]),
            )
        return self._parsed[row["id"]]

    def sources(self) -> dict[str, Source]:
        with _translated(), read(self._engine) as connection:
            return Change(connection).sources()

    def has_origin(self, origin: Origin) -> bool:
        """Whether any release came about this way."""
        with _translated(), read(self._engine) as connection:
            return (
                connection.execute(sa.select(releases.c.number).where(releases.c.origin == origin)).first() is not None
            )

    def publish(
        self,
        entries: Sequence[Entry],
        sources_by_key: Mapping[str, Source],
        *,
        base: int,
        author: str,
        review: ReviewState,
        origin: Origin,
        at: dt.datetime,
    ) -> int:
        """Writes a release that consists of exactly `entries`, in one transaction; returns its number.

        An entry whose text is unchanged keeps its newest revision. `base` is the release the caller looked at: raises
        `EditRefused` when another was published meanwhile. When nothing differs from `base`, `base` is returned and
        nothing is written.
        """
        with self.changing() as change:
            newest = change.newest_release()
            if newest != base:
                raise EditRefused(f"release {newest} was published meanwhile; look at it and try again")
            known = change.newest_revisions()
            ids = [_kept_or_new(change, entry, known.get(entry.key), author, review, at) for entry in entries]
            changed_sources = change.keep_sources(sources_by_key)
            live = {member.revision_id for member in change.members(base).values()}
            if base and not changed_sources and live == set(ids):
                return base
            return change.add_release(dict.fromkeys(ids, "live"), by=author, at=at, origin=origin)

    @contextmanager
    def changing(self) -> Iterator[Change]:
        """One transaction, in which nobody else changes anything. Raises `StoreUnavailable`; whatever is raised inside
        takes everything back."""
        with _translated(), write(self._engine) as connection:
            _one_writer(connection)
            yield Change(connection)

    def drafts(self) -> list[Draft]:
        """All drafts, by locale and id of their entries."""
        with _translated(), read(self._engine) as connection:
            return Change(connection).drafts()

    def draft(self, draft_id: int) -> Draft:
        """Raises `EditRefused` when it was published or thrown away."""
        with _translated(), read(self._engine) as connection:
            return Change(connection).draft(draft_id)

    def draft_of(self, key: tuple[str, str]) -> Draft | None:
        """The draft of an entry, by locale and id; None where nobody is working on it."""
        with _translated(), read(self._engine) as connection:
            return Change(connection).draft_of(key)

    def plans(self) -> list[Plan]:
        """Publications planned for later, the earliest first."""
        with _translated(), read(self._engine) as connection:
            return Change(connection).plans()

    def revision(self, locale: str, entry_id: str, number: int | None = None) -> Revision | None:
        """One revision of an entry, the newest where no number is given; live or not. None when there is none."""
        query = sa.select(revisions).where(revisions.c.locale == locale, revisions.c.entry_id == entry_id)
        if number is not None:
            query = query.where(revisions.c.number == number)
        with _translated(), read(self._engine) as connection:
            row = connection.execute(query.order_by(revisions.c.number.desc()).limit(1)).mappings().first()
        return self._revision(row) if row else None

    def number_of(self, entry: Entry) -> int | None:
        """The newest revision of an entry that says exactly this; None when none ever did."""
        query = sa.select(sa.func.max(revisions.c.number)).where(revisions.c.content_hash == content_hash(entry))
        query = query.where(revisions.c.locale == entry.locale, revisions.c.entry_id == entry.id)
        with _translated(), read(self._engine) as connection:
            found = connection.execute(query).scalar()
        return None if found is None else int(found)

    def releases(self, limit: int = 50) -> list[ReleaseRow]:
        """The releases, newest first, without what they consist of."""
        query = sa.select(releases).order_by(releases.c.number.desc()).limit(limit)
        with _translated(), read(self._engine) as connection:
            return [
                ReleaseRow(row.number, row.published_by, dt.datetime.fromisoformat(row.published_at), row.origin)
                for row in connection.execute(query)
            ]

    def audit(self, entry: tuple[str, str] | None = None) -> Iterator[AuditRow]:
        """The audit trail from its beginning, or what it says of one entry, by locale and id."""
        query = sa.select(audit).order_by(audit.c.number)
        if entry is not None:
            # Whatever names the entry, and the plans that later rows name by their number.
            named = audit.c.detail.contains(entry[1], autoescape=True) | audit.c.detail.contains('"plan"')
            query = query.where((audit.c.entry_id == entry[1]) | named)
        with _translated(), read(self._engine) as connection:
            rows = map(_audit_row, connection.execute(query))
            yield from rows if entry is None else about(rows, entry)

    def newest_audit(self, limit: int, skipped: int = 0) -> list[AuditRow]:
        """The newest rows of the audit trail, the newest first, without the very newest that are `skipped`."""
        query = sa.select(audit).order_by(audit.c.number.desc()).limit(limit).offset(skipped)
        with _translated(), read(self._engine) as connection:
            return [_audit_row(row) for row in connection.execute(query)]

    def site_settings(self) -> dict[str, SiteSetting]:
        """What admins set while Lantern runs, by name."""
        with _translated(), read(self._engine) as connection:
            return Change(connection).site_settings()

    def acts(self, act: str, limit: int) -> list[AuditRow]:
        """The newest rows of one act, the newest first."""
        query = sa.select(audit).where(audit.c.act == act).order_by(audit.c.number.desc()).limit(limit)
        with _translated(), read(self._engine) as connection:
            return [_audit_row(row) for row in connection.execute(query)]

    def acts_behind(self, releases_since: int) -> dict[int, AuditRow]:
        """The act that made each release from this number on; starter content has none."""
        query = sa.select(audit).where(audit.c.release_number >= releases_since)
        with _translated(), read(self._engine) as connection:
            return {row.release_number: _audit_row(row) for row in connection.execute(query)}

    def audit_of(self, entry: tuple[str, str], limit: int = 200) -> list[AuditRow]:
        """The newest acts on one entry, alone or among several, the newest first, without reading the whole trail. That
        a plan was taken back or failed is not among them; `audit` has that too."""
        alone = sa.select(audit).where(audit.c.locale == entry[0], audit.c.entry_id == entry[1])
        several = sa.select(audit).where(audit.c.locale.is_(None), audit.c.entry_id.is_(None))
        several = several.where(audit.c.detail.contains(f'{entry[1]}"', autoescape=True))
        with _translated(), read(self._engine) as connection:
            newest = [query.order_by(audit.c.number.desc()).limit(limit) for query in (alone, several)]
            rows, named = ([_audit_row(row) for row in connection.execute(query)] for query in newest)
        rows += [row for row in named if entry in entries_of(row.locale, row.entry, row.detail)]
        return sorted(rows, key=lambda row: -row.number)[:limit]

    def vectors(self, text_hashes: Iterable[str], model_hash: str) -> dict[str, np.ndarray]:
        """Cached vectors (float32) by text hash, for one model. Texts never embedded before are left out."""
        wanted, found = sorted(set(text_hashes)), {}
        query = sa.select(vectors.c.text_hash, vectors.c.vector).where(vectors.c.model_hash == model_hash)
        with _translated(), read(self._engine) as connection:
            for start in range(0, len(wanted), _CHUNK):
                part = query.where(vectors.c.text_hash.in_(wanted[start : start + _CHUNK]))
                found.update({key: np.frombuffer(raw, dtype=np.float32) for key, raw in connection.execute(part)})
        return found

    def keep_vectors(self, by_hash: Mapping[str, np.ndarray], model_hash: str) -> None:
        """Adds vectors to the cache; those already there stay as they are."""
        with _translated(), write(self._engine) as connection:
            _one_writer(connection)
            known = self._known_hashes(connection, model_hash)
            rows = [
                {"text_hash": key, "model_hash": model_hash, "vector": np.asarray(vector, np.float32).tobytes()}
                for key, vector in by_hash.items()
                if key not in known
            ]
            if rows:
                connection.execute(sa.insert(vectors), rows)

    def grades(self, rules: str) -> dict[str, float]:
        """Grades of texts by their hashes, as far as they were made by these rules."""
        query = sa.select(grades.c.content_hash, grades.c.grade).where(grades.c.rules == rules)
        with _translated(), read(self._engine) as connection:
            return {row.content_hash: row.grade for row in connection.execute(query)}

    def keep_grades(self, by_hash: Mapping[str, float], rules: str) -> None:
        """Adds grades; what was made by other rules is dropped."""
        with _translated(), write(self._engine) as connection:
            _one_writer(connection)
            connection.execute(sa.delete(grades).where(grades.c.rules != rules))
            known = set(connection.execute(sa.select(grades.c.content_hash)).scalars())
            rows = [
                {"content_hash": text_hash, "rules": rules, "grade": grade}
                for text_hash, grade in by_hash.items()
                if text_hash not in known
            ]
            if rows:
                connection.execute(sa.insert(grades), rows)

    def _known_hashes(self, connection: Connection, model_hash: str) -> set[str]:
        return set(
            connection.execute(sa.select(vectors.c.text_hash).where(vectors.c.model_hash == model_hash)).scalars()
        )


def _kept_or_new(
    change: Change, entry: Entry, newest: Newest | None, author: str, review: ReviewState, at: dt.datetime
) -> int:
    """Id of the newest revision where its text is the same, else of a new one."""
    if newest is not None and (newest.content_hash, newest.review) == (content_hash(entry), review):
        return newest.id
    number = newest.number + 1 if newest is not None else 1
    return change.add_revision(
        entry, number=number, authors=(author,), approvers=(), review=review, at=at, people=False
    )


def _audit_row(row: Any) -> AuditRow:
    return AuditRow(
        row.number,
        dt.datetime.fromisoformat(row.at),
        row.act,
        row.person,
        row.locale,
        row.entry_id,
        row.release_number,
        row.reason,
        json.loads(row.detail),
        row.hash,
    )


def _one_writer(connection: Connection) -> None:
    # SQLite's BEGIN IMMEDIATE already lets one writer in at a time; PostgreSQL has to be asked.
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("LOCK TABLE releases IN EXCLUSIVE MODE"))
