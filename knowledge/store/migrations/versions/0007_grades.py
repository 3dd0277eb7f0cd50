"""How hard each text is to read, so that nobody waits for it."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "grades",
        sa.Column("content_hash", sa.String(64), primary_key=True),
        sa.Column("rules", sa.String(64), primary_key=True),
        sa.Column("grade", sa.Float, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("grades")
