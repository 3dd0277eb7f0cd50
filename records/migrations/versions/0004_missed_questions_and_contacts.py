"""Questions without an answer, contact details that people left, and what a conversation said and asked last."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("conversations", sa.Column("said", sa.Text, nullable=False, server_default=""))
    op.add_column("conversations", sa.Column("awaiting", sa.String(16)))
    op.create_table(
        "missed_questions",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column(
            "conversation_id",
            sa.String(32),
            sa.ForeignKey("conversations.id", ondelete="CASCADE"),
            nullable=False,
            index=True,
        ),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("locale", sa.String(8), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("nearest", sa.Text, nullable=False),
        sa.Column("confidence", sa.Float),
    )
    op.create_table(
        "contact_requests",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("conversation_id", sa.String(32), nullable=False, index=True),
        sa.Column("at", sa.String(32), nullable=False, index=True),
        sa.Column("locale", sa.String(8), nullable=False),
        sa.Column("contact", sa.Text, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("contact_requests")
    op.drop_table("missed_questions")
    with op.batch_alter_table("conversations") as conversations:
        conversations.drop_column("awaiting")
        conversations.drop_column("said")
