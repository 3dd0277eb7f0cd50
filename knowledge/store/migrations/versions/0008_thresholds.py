"""What other thresholds would do, and by which thresholds the safety check replayed."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "threshold_effects",
        sa.Column("release_number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("thresholds", sa.String(80), primary_key=True),
        sa.Column("asked_by", sa.String(80), nullable=False),
        sa.Column("asked_at", sa.String(32), nullable=False),
        sa.Column("measured_at", sa.String(32)),
        sa.Column("found", sa.Text),
    )
    # What was found before is of no thresholds that are in force, so it is looked for anew.
    op.add_column("safety_checks", sa.Column("thresholds", sa.String(80), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("safety_checks", "thresholds")
    op.drop_table("threshold_effects")
