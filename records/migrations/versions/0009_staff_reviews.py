"""What reviewers have opened, and how staff are reminded of reviews: addresses of calendars, and mail."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "staff_readings",
        sa.Column("staff_id", sa.Integer, sa.ForeignKey("staff.id"), primary_key=True),
        sa.Column("content_hash", sa.String(64), primary_key=True),
        sa.Column("at", sa.String(32), nullable=False, index=True),
    )
    op.create_table(
        "staff_reminders",
        sa.Column("staff_id", sa.Integer, sa.ForeignKey("staff.id"), primary_key=True),
        sa.Column("calendar", sa.String(64), unique=True),
        sa.Column("mail", sa.String(255)),
        sa.Column("mailed_at", sa.String(32)),
    )


def downgrade() -> None:
    for table in ("staff_reminders", "staff_readings"):
        op.drop_table(table)
