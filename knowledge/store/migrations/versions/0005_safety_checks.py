"""What the safety check found of each text that waits for publication."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "safety_checks",
        sa.Column("content_hash", sa.String(64), primary_key=True),
        sa.Column("release_number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("found", sa.Text, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("safety_checks")
