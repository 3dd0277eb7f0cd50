"""Drafts, who wrote and who approved, planned publications, the audit trail; entries that are withdrawn."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("release_revisions", sa.Column("state", sa.String(16), nullable=False, server_default="live"))
    op.create_table(
        "revision_people",
        sa.Column("revision_id", sa.Integer, sa.ForeignKey("revisions.id"), primary_key=True),
        sa.Column("person", sa.String(80), primary_key=True),
        sa.Column("part", sa.String(16), nullable=False),
        sa.CheckConstraint("part IN ('author', 'approver')", name="revision_part"),
    )
    op.create_table(
        "drafts",
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
    )
    op.create_table(
        "draft_people",
        sa.Column("draft_id", sa.Integer, sa.ForeignKey("drafts.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("person", sa.String(80), primary_key=True),
        sa.Column("part", sa.String(16), nullable=False),
        sa.Column("clinician", sa.Boolean, nullable=False),
        sa.Column("content_hash", sa.String(64)),
        sa.CheckConstraint("part IN ('author', 'approver')", name="draft_part"),
        sa.CheckConstraint("part = 'author' OR content_hash IS NOT NULL", name="approval_of_a_text"),
    )
    op.create_table(
        "planned_publications",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("due_at", sa.String(32), nullable=False, index=True),
        sa.Column("person", sa.String(80), nullable=False),
        sa.Column("release_number", sa.Integer, nullable=False),
        sa.Column("drafts", sa.Text, nullable=False),
    )
    op.create_table(
        "audit",
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
    )
    op.create_index("audit_of_an_entry", "audit", ["locale", "entry_id"])
