"""Which revisions a message was answered with, so that a text found to be wrong can be recalled."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

AT_ONCE = 500


def upgrade() -> None:
    op.add_column("messages", sa.Column("shown", sa.Text, nullable=False, server_default=""))
    messages = sa.table("messages", sa.column("id"), sa.column("replies"), sa.column("shown"))
    connection, last = op.get_bind(), 0
    while True:
        query = sa.select(messages.c.id, messages.c.replies).where(messages.c.id > last).order_by(messages.c.id)
        rows = connection.execute(query.limit(AT_ONCE)).all()
        if not rows:
            return
        for row in rows:
            if shown := _shown(json.loads(row.replies)):
                connection.execute(sa.update(messages).where(messages.c.id == row.id).values(shown=shown))
        last = rows[-1].id


def _shown(replies: list) -> str:
    # As `records.recall.shown` was when this step was written; a step must not change with the code.
    names = []
    for reply in replies:
        answer = reply.get("custom") if isinstance(reply, dict) else None
        if isinstance(answer, dict) and answer.get("kind") not in ("clarify", "defer", "abstain"):
            for origin in answer.get("provenance") or ():
                if origin.get("kind") == "revision" and origin.get("number") is not None:
                    names.append(f"{answer['locale']}/{origin['id']}@{origin['number']}")
    return f" {' '.join(dict.fromkeys(names))} " if names else ""
