"""The copy of the trial registry, its syncs, and the jobs and leases of the worker."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "trial_studies",
        sa.Column("nct_id", sa.String(11), primary_key=True),
        sa.Column("record", sa.Text, nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("status", sa.String(32)),
        sa.Column("status_as_of", sa.String(10)),
        sa.Column("checked_on", sa.String(10), nullable=False),
        sa.Column("not_found", sa.Integer, nullable=False),
        sa.Column("missing_since", sa.String(10)),
    )
    op.create_table(
        "trial_status_changes",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("nct_id", sa.String(11), sa.ForeignKey("trial_studies.nct_id"), nullable=False, index=True),
        sa.Column("before", sa.String(32)),
        sa.Column("after", sa.String(32)),
        sa.Column("as_of", sa.String(10)),
        sa.Column("seen_on", sa.String(10), nullable=False),
    )
    op.create_table(
        "trial_syncs",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("searches", sa.Text, nullable=False),
        sa.Column("begun_at", sa.String(32), nullable=False),
        sa.Column("ended_at", sa.String(32)),
        sa.Column("data_of", sa.String(32)),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("failed_at", sa.String(32)),
        sa.Column("failure", sa.Text),
        sa.Column("unreadable", sa.Integer, nullable=False),
        sa.Column("unknown_words", sa.Integer, nullable=False),
        sa.Column("copy_number", sa.Integer, unique=True),
        sa.CheckConstraint("state IN ('begun', 'whole', 'given_up')", name="sync_state"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "trial_sync_searches",
        sa.Column("sync_id", sa.Integer, sa.ForeignKey("trial_syncs.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("place", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("token", sa.Text),
        sa.Column("pages", sa.Integer, nullable=False),
        sa.Column("found", sa.Integer, nullable=False),
        sa.Column("done", sa.Boolean, nullable=False),
    )
    op.create_table(
        "trial_sync_records",
        sa.Column("sync_id", sa.Integer, sa.ForeignKey("trial_syncs.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("nct_id", sa.String(11), primary_key=True),
        sa.Column("record", sa.Text, nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("status", sa.String(32)),
        sa.Column("status_as_of", sa.String(10)),
    )
    op.create_table(
        "jobs",
        sa.Column("name", sa.String(40), primary_key=True),
        sa.Column("done_at", sa.String(32)),
        sa.Column("failed_at", sa.String(32)),
        sa.Column("failure", sa.Text),
    )
    op.create_table(
        "leases",
        sa.Column("name", sa.String(40), primary_key=True),
        sa.Column("holder", sa.String(120)),
        sa.Column("beat", sa.Integer, nullable=False),
        sa.Column("seen_at", sa.String(32), nullable=False),
    )
