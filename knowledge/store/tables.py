"""The tables of the knowledge database, as the newest migration leaves them.

Times are ISO 8601 texts in UTC; `body` is JSON (`docs/schemas/entry.v1.json`); `origin` is `seed` or `editing`.
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
)

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
