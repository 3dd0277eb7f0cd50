"""Whether a medicine that weakens the defences against infection was named, so that a fever said later is heeded."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("conversations", sa.Column("suppressed", sa.Boolean, nullable=False, server_default=sa.false()))
