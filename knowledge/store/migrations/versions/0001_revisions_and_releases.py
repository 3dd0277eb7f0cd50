"""Revisions, releases and the vectors of their texts."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "revisions",
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
    op.create_table(
        "releases",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("published_by", sa.String(80), nullable=False),
        sa.Column("published_at", sa.String(32), nullable=False),
        sa.Column("origin", sa.String(16), nullable=False),
    )
    op.create_table(
        "release_revisions",
        sa.Column("release_number", sa.Integer, sa.ForeignKey("releases.number"), primary_key=True),
        sa.Column("revision_id", sa.Integer, sa.ForeignKey("revisions.id"), primary_key=True),
    )
    op.create_table(
        "sources",
        sa.Column("key", sa.String(80), primary_key=True),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_table(
        "vectors",
        sa.Column("text_hash", sa.String(64), primary_key=True),
        sa.Column("model_hash", sa.String(64), primary_key=True),
        sa.Column("vector", sa.LargeBinary, nullable=False),
    )


def downgrade() -> None:
    for table in ("vectors", "sources", "release_revisions", "releases", "revisions"):
        op.drop_table(table)
