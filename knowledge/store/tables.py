"""The tables of the knowledge database, as the newest migration leaves them.

Times are ISO 8601 texts in UTC; `body` is JSON (`docs/schemas/entry.v1.json`); `origin` is `seed`, `editing`
or `calendar`.
In a text, a person has one part: whoever wrote it cannot also approve it, because `person` is in the primary key.
"""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData()

revisions = sa.Table(
    "revisions",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("locale", sa.String(8), nullable=False),
    sa.Column("entry_id", sa.String(80), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("content_hash", sa.String(64), nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("author", sa.String(80), nullable=False),
    sa.Column("approvers", sa.Text, nullable=False),
    sa.Column("review", sa.String(16), nullable=False),
    sa.Column("created_at", sa.String(32), nullable=False),
    sa.UniqueConstraint("locale", "entry_id", "number"),
)

releases = sa.Table(
    "releases",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("published_by", sa.String(80), nullable=False),
    sa.Column("published_at", sa.String(32), nullable=False),
    sa.Column("origin", sa.String(16), nullable=False),
)

release_revisions = sa.Table(
    "release_revisions",
    metadata,
    sa.Column("release_number", sa.Integer, sa.ForeignKey("releases.number"), primary_key=True),
    sa.Column("revision_id", sa.Integer, sa.ForeignKey("revisions.id"), primary_key=True),
    sa.Column("state", sa.String(16), nullable=False, server_default="live"),
)
"""`state`: `live`, or `withdrawn` for what is being reviewed."""

revision_people = sa.Table(
    "revision_people",
    metadata,
    sa.Column("revision_id", sa.Integer, sa.ForeignKey("revisions.id"), primary_key=True),
    sa.Column("person", sa.String(80), primary_key=True),
    sa.Column("part", sa.String(16), nullable=False),
    sa.CheckConstraint("part IN ('author', 'approver')", name="revision_part"),
)
"""Who wrote and who approved a revision that people made; starter content has no rows."""

drafts = sa.Table(
    "drafts",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("locale", sa.String(8), nullable=False),
    sa.Column("entry_id", sa.String(80), nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("content_hash", sa.String(64), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("base", sa.Integer, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("changed_at", sa.String(32), nullable=False),
    sa.UniqueConstraint("locale", "entry_id"),
    sa.CheckConstraint("state IN ('draft', 'in_review')", name="draft_state"),
    sqlite_autoincrement=True,
)
"""`base`: the number of the revision that the text was made from, 0 for a new entry. `version` counts the changes. No
`id` is given twice, so a form that was opened for a draft that is gone is never taken for one of another."""

draft_people = sa.Table(
    "draft_people",
    metadata,
    sa.Column("draft_id", sa.Integer, sa.ForeignKey("drafts.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("person", sa.String(80), primary_key=True),
    sa.Column("part", sa.String(16), nullable=False),
    sa.Column("clinician", sa.Boolean, nullable=False),
    sa.Column("content_hash", sa.String(64)),
    sa.CheckConstraint("part IN ('author', 'approver')", name="draft_part"),
    sa.CheckConstraint("part = 'author' OR content_hash IS NOT NULL", name="approval_of_a_text"),
)
"""`content_hash`: exactly which text was approved."""

planned_publications = sa.Table(
    "planned_publications",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("due_at", sa.String(32), nullable=False, index=True),
    sa.Column("person", sa.String(80), nullable=False),
    sa.Column("release_number", sa.Integer, nullable=False),
    sa.Column("drafts", sa.Text, nullable=False),
    sqlite_autoincrement=True,
)
"""`drafts`: JSON, rows of draft id and content hash. `release_number`: what was live when it was planned."""

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at", sa.String(32), nullable=False),
    sa.Column("act", sa.String(32), nullable=False),
    sa.Column("person", sa.String(80), nullable=False),
    sa.Column("locale", sa.String(8)),
    sa.Column("entry_id", sa.String(80)),
    sa.Column("release_number", sa.Integer),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
    sa.Index("audit_of_an_entry", "locale", "entry_id"),
)
"""One row for each act. `detail` is JSON. `hash` covers the row and the hash before (`knowledge.store.audit`)."""

sources = sa.Table(
    "sources",
    metadata,
    sa.Column("key", sa.String(80), primary_key=True),
    sa.Column("body", sa.Text, nullable=False),
)

vectors = sa.Table(
    "vectors",
    metadata,
    sa.Column("text_hash", sa.String(64), primary_key=True),
    sa.Column("model_hash", sa.String(64), primary_key=True),
    sa.Column("vector", sa.LargeBinary, nullable=False),
)
