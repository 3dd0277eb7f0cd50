"""Reads and writes the knowledge database. It decides nothing: the acts that change content are `knowledge.editing`."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from knowledge.codec import content_hash, entry_body, entry_from_json
from knowledge.errors import EditRefused, StoreUnavailable
from knowledge.model import Entry, Release, ReviewState, Revision, Source
from knowledge.store.tables import release_revisions, releases, revisions, sources, vectors
from storage.engine import read, write
from storage.errors import StorageError
from storage.migrations import migrate, require_current

MIGRATIONS = Path(__file__).parent / "migrations"
HISTORY = "knowledge_schema"
REMEDY = "./lantern content migrate"
_CHUNK = 500
"""Most bound values in one statement; SQLite's oldest limit is 999."""

_NEWEST = sa.select(sa.func.max(releases.c.number))

Origin = Literal["seed", "editing"]


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

    def newest_release(self) -> int:
        """Number of the live release, 0 when nothing has been published. One indexed row: cheap enough per message."""
        with _translated(), read(self._engine) as connection:
            return connection.execute(_NEWEST).scalar() or 0

    def release(self, number: int) -> Release:
        """The release with this number. Raises `KeyError` when there is none."""
        with _translated(), read(self._engine) as connection:
            head = connection.execute(sa.select(releases).where(releases.c.number == number)).mappings().first()
            if head is None:
                raise KeyError(number)
            live = sa.select(revisions).join(release_revisions, release_revisions.c.revision_id == revisions.c.id)
            rows = connection.execute(
                live.where(release_revisions.c.release_number == number).order_by(
                    revisions.c.locale, revisions.c.entry_id
                )
            ).mappings()
            members = tuple(self._revision(row) for row in rows)
        published_at = dt.datetime.fromisoformat(head["published_at"])
        return Release(number, members, published_at, head["published_by"])

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
            return {key: Source(**json.loads(body)) for key, body in connection.execute(sa.select(sources))}

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
        with _translated(), write(self._engine) as connection:
            _one_writer(connection)
            newest = connection.execute(sa.select(sa.func.max(releases.c.number))).scalar() or 0
            if newest != base:
                raise EditRefused(f"release {newest} was published meanwhile; look at it and try again")
            newest_of = self._newest_revisions(connection)
            ids = [self._revise(connection, entry, newest_of.get(entry.key), author, review, at) for entry in entries]
            changed_sources = self._keep_sources(connection, sources_by_key)
            live = sa.select(release_revisions.c.revision_id).where(release_revisions.c.release_number == base)
            if base and not changed_sources and set(connection.execute(live).scalars()) == set(ids):
                return base
            number = base + 1
            connection.execute(
                sa.insert(releases),
                {"number": number, "published_by": author, "published_at": at.isoformat(), "origin": origin},
            )
            rows = [{"release_number": number, "revision_id": revision_id} for revision_id in ids]
            if rows:
                connection.execute(sa.insert(release_revisions), rows)
            return number

    def _newest_revisions(self, connection: Connection) -> dict[tuple[str, str], sa.engine.Row]:
        """The newest revision of each entry, by locale and id."""
        other = revisions.alias()
        newer = (other.c.locale == revisions.c.locale) & (other.c.entry_id == revisions.c.entry_id)
        newer &= other.c.number > revisions.c.number
        columns = (revisions.c[name] for name in ("locale", "entry_id", "id", "number", "content_hash", "review"))
        rows = connection.execute(sa.select(*columns).where(~sa.exists().where(newer)))
        return {(row.locale, row.entry_id): row for row in rows}

    def _revise(
        self,
        connection: Connection,
        entry: Entry,
        newest: sa.engine.Row | None,
        author: str,
        review: ReviewState,
        at: dt.datetime,
    ) -> int:
        digest = content_hash(entry)
        if newest is not None and (newest.content_hash, newest.review) == (digest, review):
            return int(newest.id)
        result = connection.execute(
            sa.insert(revisions),
            {
                "locale": entry.locale,
                "entry_id": entry.id,
                "number": newest.number + 1 if newest is not None else 1,
                "content_hash": digest,
                "body": entry_body(entry),
                "author": author,
                "approvers": "[]",
                "review": review,
                "created_at": at.isoformat(),
            },
        )
        return int(result.inserted_primary_key[0])

    def _keep_sources(self, connection: Connection, wanted: Mapping[str, Source]) -> bool:
        kept = {row.key: row.body for row in connection.execute(sa.select(sources))}
        changed = False
        for key, source in wanted.items():
            body = json.dumps(vars(source), ensure_ascii=False, sort_keys=True)
            if key not in kept:
                connection.execute(sa.insert(sources), {"key": key, "body": body})
            elif kept[key] != body:
                connection.execute(sa.update(sources).where(sources.c.key == key).values(body=body))
            changed = changed or kept.get(key) != body
        return changed

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

    def _known_hashes(self, connection: Connection, model_hash: str) -> set[str]:
        return set(
            connection.execute(sa.select(vectors.c.text_hash).where(vectors.c.model_hash == model_hash)).scalars()
        )


def _one_writer(connection: Connection) -> None:
    # SQLite's BEGIN IMMEDIATE already lets one writer in at a time; PostgreSQL has to be asked.
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("LOCK TABLE releases IN EXCLUSIVE MODE"))


class _translated:
    """Turns errors of the storage room into this room's own."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _type: object, error: BaseException | None, _trace: object) -> Literal[False]:
        if isinstance(error, StorageError):
            raise StoreUnavailable(str(error)) from error
        if isinstance(error, sa.exc.ProgrammingError):
            raise StoreUnavailable(
                "the knowledge tables are missing or of another version; run: ./lantern check"
            ) from error
        return False
