"""Numbers of drafts and of plans are given once. SQLite gave the highest one again when its row was gone."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        return
    # Not by dropping the tables of before first: that would take with it the rows that refer to theirs.
    op.create_table(
        "drafts_new",
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
    op.create_table(
        "draft_people_new",
        sa.Column("draft_id", sa.Integer, sa.ForeignKey("drafts_new.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("person", sa.String(80), primary_key=True),
        sa.Column("part", sa.String(16), nullable=False),
        sa.Column("clinician", sa.Boolean, nullable=False),
        sa.Column("content_hash", sa.String(64)),
        sa.CheckConstraint("part IN ('author', 'approver')", name="draft_part"),
        sa.CheckConstraint("part = 'author' OR content_hash IS NOT NULL", name="approval_of_a_text"),
    )
    op.create_table(
        "planned_publications_new",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("due_at", sa.String(32), nullable=False),
        sa.Column("person", sa.String(80), nullable=False),
        sa.Column("release_number", sa.Integer, nullable=False),
        sa.Column("drafts", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    columns = {
        "drafts": "id, locale, entry_id, body, content_hash, state, base, version, changed_at",
        "draft_people": "draft_id, person, part, clinician, content_hash",
        "planned_publications": "id, due_at, person, release_number, drafts",
    }
    for table, names in columns.items():
        op.execute(f"INSERT INTO {table}_new ({names}) SELECT {names} FROM {table}")
    for table in reversed(columns):
        op.drop_table(table)
    for table in columns:
        op.rename_table(f"{table}_new", table)
    op.create_index("ix_planned_publications_due_at", "planned_publications", ["due_at"])
