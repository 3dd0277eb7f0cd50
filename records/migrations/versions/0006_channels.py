"""What messengers delivered and are sent, what a channel knows of a person, and who was passed on to staff."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "channel_inbox",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("mark", sa.String(64), nullable=False, unique=True),
        sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("conversation_id", sa.String(32), index=True),
        sa.Column("received_at", sa.String(32), nullable=False, index=True),
        sa.Column("urgent", sa.Boolean, nullable=False),
        sa.Column("state", sa.String(8), nullable=False, index=True),
        sa.Column("owner", sa.String(100)),
        sa.Column("taken_at", sa.String(32)),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("sealed", sa.Text),
    )
    op.create_table(
        "channel_outbox",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("key", sa.String(80), nullable=False, unique=True),
        sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("conversation_id", sa.String(32)),
        sa.Column("created_at", sa.String(32), nullable=False, index=True),
        sa.Column("urgent", sa.Boolean, nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("due_at", sa.String(32), nullable=False),
        sa.Column("deadline", sa.String(32)),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("owner", sa.String(100)),
        sa.Column("taken_at", sa.String(32)),
        sa.Column("fault", sa.String(120)),
        sa.Column("provider_mark", sa.String(64), index=True),
        sa.Column("sealed", sa.Text),
    )
    op.create_index("channel_outbox_due", "channel_outbox", ["state", "due_at"])
    op.create_index("channel_outbox_order", "channel_outbox", ["conversation_id", "channel", "id"])
    op.create_table(
        "channel_people",
        sa.Column("conversation_id", sa.String(32), primary_key=True),
        sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("heard_at", sa.String(32), nullable=False, index=True),
        sa.Column("stopped", sa.Boolean, nullable=False),
        sa.Column("offers", sa.Text, nullable=False),
    )
    op.create_table(
        "handovers",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("conversation_id", sa.String(32), nullable=False, index=True),
        sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("state", sa.String(8), nullable=False, index=True),
        sa.Column("opened_at", sa.String(32), nullable=False, index=True),
        sa.Column("heard_at", sa.String(32), nullable=False),
        sa.Column("answered_at", sa.String(32)),
        sa.Column("reference", sa.String(80), index=True),
        sa.Column("sealed", sa.Text),
    )


def downgrade() -> None:
    for table in ("handovers", "channel_people", "channel_outbox", "channel_inbox"):
        op.drop_table(table)
