"""Conversations, their messages, the assistant's trackers, and receipts of erasures."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "conversations",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("started_at", sa.String(32), nullable=False),
        sa.Column("heard_at", sa.String(32), nullable=False, index=True),
        sa.Column("locale", sa.String(8), nullable=False),
        sa.Column("region", sa.String(2)),
        sa.Column("introduced", sa.Boolean, nullable=False),
        sa.Column("therapy", sa.Boolean, nullable=False),
        sa.Column("card", sa.Text),
        sa.Column("last_entry", sa.String(80)),
    )
    op.create_table(
        "messages",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column(
            "conversation_id", sa.String(32), sa.ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("message_hash", sa.String(64), nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("text", sa.Text),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("replies", sa.Text, nullable=False),
        sa.UniqueConstraint("conversation_id", "message_hash"),
    )
    op.create_table(
        "trackers",
        sa.Column("conversation_id", sa.String(200), primary_key=True),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("saved_at", sa.String(32), nullable=False, index=True),
    )
    op.create_table(
        "erasures",
        sa.Column("receipt", sa.String(32), primary_key=True),
        sa.Column("conversation_hash", sa.String(64), nullable=False, index=True),
        sa.Column("erased_at", sa.String(32), nullable=False),
        sa.Column("reason", sa.String(16), nullable=False),
        sa.Column("messages", sa.Integer, nullable=False),
    )


def downgrade() -> None:
    for table in ("erasures", "trackers", "messages", "conversations"):
        op.drop_table(table)
