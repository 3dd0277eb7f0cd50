"""The people who work in the studio: accounts, sessions, what happened to accounts, failed attempts to sign in; and the
questions that they set aside."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "staff",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("plain_name", sa.String(320), nullable=False, unique=True),
        sa.Column("roles", sa.String(80), nullable=False),
        sa.Column("clinician", sa.Boolean, nullable=False),
        sa.Column("password_hash", sa.Text, nullable=False),
        sa.Column("password_until", sa.String(32)),
        sa.Column("code_secret", sa.String(64)),
        sa.Column("code_step", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("closed_at", sa.String(32)),
    )
    op.create_table(
        "staff_sessions",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("staff_id", sa.Integer, sa.ForeignKey("staff.id"), nullable=False, index=True),
        sa.Column("started_at", sa.String(32), nullable=False),
        sa.Column("seen_at", sa.String(32), nullable=False, index=True),
    )
    op.create_table(
        "staff_events",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("act", sa.String(16), nullable=False),
        sa.Column("person", sa.String(80), nullable=False),
        sa.Column("about", sa.String(80), nullable=False),
    )
    op.create_table(
        "staff_attempts",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("failed", sa.Integer, nullable=False),
        sa.Column("at", sa.String(32), nullable=False, index=True),
    )
    op.create_table(
        "set_aside",
        sa.Column("question_hash", sa.String(64), primary_key=True),
        sa.Column("person", sa.String(80), nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
    )
    op.create_index("messages_shown", "messages", ["shown"])


def downgrade() -> None:
    op.drop_index("messages_shown", "messages")
    for table in ("set_aside", "staff_attempts", "staff_events", "staff_sessions", "staff"):
        op.drop_table(table)
