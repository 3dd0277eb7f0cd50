"""The tables of the conversations database, as the newest migration leaves them.

Times are ISO 8601 texts in UTC with microseconds, so that they sort as text. Whatever a person wrote stands here
redacted or not at all. Names and numbers by which others know a person (the sender of a messenger, a message id, a
token) are kept as hashes only.
"""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData()

conversations = sa.Table(
    "conversations",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("channel", sa.String(16), nullable=False),
    sa.Column("started_at", sa.String(32), nullable=False),
    sa.Column("heard_at", sa.String(32), nullable=False, index=True),
    sa.Column("locale", sa.String(8), nullable=False),
    sa.Column("region", sa.String(2)),
    sa.Column("introduced", sa.Boolean, nullable=False),
    sa.Column("therapy", sa.Boolean, nullable=False),
    sa.Column("suppressed", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("card", sa.Text),
    sa.Column("last_entry", sa.String(80)),
    sa.Column("said", sa.Text, nullable=False, server_default=""),
    sa.Column("awaiting", sa.String(16)),
)
"""`id`: see `records.identity`. `introduced`: the person has been told that a machine speaks and what is kept.
`therapy`: CAR-T was mentioned, `suppressed`: a medicine that weakens the defences against infection. `card`: the
emergency card shown last, as JSON, until another answer follows it. `said`: names of phrases in the last reply, with
blanks between them. `awaiting`: what the person was asked, see `records.model`."""

messages = sa.Table(
    "messages",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("conversation_id", sa.String(32), sa.ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False),
    sa.Column("message_hash", sa.String(64), nullable=False),
    sa.Column("at", sa.String(32), nullable=False),
    sa.Column("text", sa.Text),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("replies", sa.Text, nullable=False),
    sa.Column("shown", sa.Text, nullable=False, server_default=""),
    sa.UniqueConstraint("conversation_id", "message_hash"),
    sa.Index("messages_shown", "shown"),
    sa.Index("messages_by_day", "at", "kind"),
)
"""One answered message. `text` is redacted, and NULL before the person has been told that it is kept. `replies` is
JSON, what was sent; `shown` names the revisions in it (`records.recall`)."""

missed_questions = sa.Table(
    "missed_questions",
    metadata,
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
    sa.Column("spelling", sa.String(64), nullable=False, server_default=""),
    sa.Index("missed_spellings", "spelling", "conversation_id", "day", "id"),
)
"""A question without an answer, redacted. `spelling` is the same for the same text of the same kind: they are counted
in its index, without their texts. `nearest`: ids of the entries that came nearest, with blanks between them.
`conversation_id` is there for one purpose: whoever erases a conversation erases its questions too."""

feedback = sa.Table(
    "feedback",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column(
        "conversation_id",
        sa.String(32),
        sa.ForeignKey("conversations.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    sa.Column("at", sa.String(32), nullable=False),
    sa.Column("locale", sa.String(8), nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("entry", sa.String(80)),
    sa.Column("revision", sa.Integer),
    sa.Column("helpful", sa.Boolean, nullable=False),
    sa.Column("word", sa.Text),
)
"""Whether an answer helped: this revision of an entry, or an answer of this kind that shows none. `word` is what the
person added, redacted. `id` is a hash of conversation, message and entry: who judges twice is counted once. It goes
with its conversation."""

set_aside = sa.Table(
    "set_aside",
    metadata,
    sa.Column("question_hash", sa.String(64), primary_key=True),
    sa.Column("person", sa.String(80), nullable=False),
    sa.Column("at", sa.String(32), nullable=False),
)
"""Questions without an answer that staff need not see again: a hash of their words, and who said so."""

contact_requests = sa.Table(
    "contact_requests",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("conversation_id", sa.String(32), nullable=False, index=True),
    sa.Column("at", sa.String(32), nullable=False, index=True),
    sa.Column("locale", sa.String(8), nullable=False),
    sa.Column("contact", sa.Text, nullable=False),
)
"""How a person asked to be reached, after they agreed to it: the one text here that is not redacted, for it is what was
asked for. It goes with the conversation when a person is forgotten, and otherwise after days of its own, so it does not
refer to the conversation's row. `id` is a hash of the conversation's id and the message's."""

trackers = sa.Table(
    "trackers",
    metadata,
    sa.Column("conversation_id", sa.String(200), primary_key=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("saved_at", sa.String(32), nullable=False, index=True),
)
"""What the assistant remembers of a dialogue: slots and the last turns, as JSON. No foreign key: whoever reaches Rasa
without the gateway has a tracker and no conversation."""

reports = sa.Table(
    "reports",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("at", sa.String(32), nullable=False, index=True),
    sa.Column("entry", sa.String(80), nullable=False),
    sa.Column("locale", sa.String(8), nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("text", sa.Text),
)
"""What a reader found wrong with a page. `text` is redacted. It belongs to no conversation and names nobody."""

erasures = sa.Table(
    "erasures",
    metadata,
    sa.Column("receipt", sa.String(32), primary_key=True),
    sa.Column("conversation_hash", sa.String(64), nullable=False, index=True),
    sa.Column("erased_at", sa.String(32), nullable=False),
    sa.Column("reason", sa.String(16), nullable=False),
    sa.Column("messages", sa.Integer, nullable=False),
)
"""Proof that a conversation was erased: a hash of its id, and no word of it. `reason` is `request` or `retention`. It
also keeps writes that were under way from bringing the conversation back."""

channel_inbox = sa.Table(
    "channel_inbox",
    metadata,
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
"""A message that a messenger delivered. `mark` is a keyed hash of its id there, so that a second delivery is known.
`state`: `waiting`, `taken` by the process `owner` at `taken_at`, or `done`. `sealed` is what is needed to answer it
(`records.sealing`), redacted first; NULL once it is answered."""

channel_outbox = sa.Table(
    "channel_outbox",
    metadata,
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
    sa.Index("channel_outbox_due", "state", "due_at"),
    sa.Index("channel_outbox_order", "conversation_id", "channel", "id"),
)
"""A message to be sent. `key` names it, also to receivers that can tell a repetition by it. `state`: `waiting` until
`due_at`, `sending` by the process `owner`, `delivered`, or `dead`; `fault` says what went wrong last. After `deadline`
it may not be sent any more. `provider_mark` is a keyed hash of the provider's id for it. `sealed` holds address and
content; NULL once it is delivered."""

handovers = sa.Table(
    "handovers",
    metadata,
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
"""A person was passed on to the people who run the site. `state`: `open`, then the assistant keeps quiet, or `ended`.
`heard_at`: when either side wrote last; `answered_at`: when somebody of the site did. `reference`: under which name it
is known over there. `sealed`: where the person is reached; NULL once it is ended."""

channel_people = sa.Table(
    "channel_people",
    metadata,
    sa.Column("conversation_id", sa.String(32), primary_key=True),
    sa.Column("channel", sa.String(16), nullable=False),
    sa.Column("heard_at", sa.String(32), nullable=False, index=True),
    sa.Column("stopped", sa.Boolean, nullable=False),
    sa.Column("offers", sa.Text, nullable=False),
)
"""What a channel has to know of a person between two messages: when they wrote last, whether they asked for silence
(STOP), and what they were offered last, as JSON pairs of a title and the message it stands for."""

staff = sa.Table(
    "staff",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(80), nullable=False),
    sa.Column("plain_name", sa.String(320), nullable=False, unique=True),
    sa.Column("roles", sa.String(80), nullable=False),
    sa.Column("clinician", sa.Boolean, nullable=False),
    sa.Column("password_hash", sa.Text, nullable=False),
    sa.Column("password_until", sa.String(32)),
    sa.Column("code_secret", sa.String(64)),
    sa.Column("code_step", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("closed_at", sa.String(32)),
)
"""Who may use the studio. `plain_name`: the name without its spelling, so that nobody is there twice. `roles`: with
blanks between them. `password_until`: a password that was given out, not chosen, and the moment it runs out.
`code_step`: the newest one-time code that was used. An account is closed and never deleted: its name stands in the
audit trail."""

staff_sessions = sa.Table(
    "staff_sessions",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("staff_id", sa.Integer, sa.ForeignKey("staff.id"), nullable=False, index=True),
    sa.Column("started_at", sa.String(32), nullable=False),
    sa.Column("seen_at", sa.String(32), nullable=False, index=True),
)
"""`id`: a hash of what the browser shows, from which nobody makes that again."""

staff_events = sa.Table(
    "staff_events",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("at", sa.String(32), nullable=False),
    sa.Column("act", sa.String(16), nullable=False),
    sa.Column("person", sa.String(80), nullable=False),
    sa.Column("about", sa.String(80), nullable=False),
)
"""What happened to accounts: `person` did `act` to the account of `about`."""

staff_readings = sa.Table(
    "staff_readings",
    metadata,
    sa.Column("staff_id", sa.Integer, sa.ForeignKey("staff.id"), primary_key=True),
    sa.Column("content_hash", sa.String(64), primary_key=True),
    sa.Column("at", sa.String(32), nullable=False, index=True),
)
"""Who opened which text in review; its hash says exactly which."""

staff_reminders = sa.Table(
    "staff_reminders",
    metadata,
    sa.Column("staff_id", sa.Integer, sa.ForeignKey("staff.id"), primary_key=True),
    sa.Column("calendar", sa.String(64), unique=True),
    sa.Column("mail", sa.String(255)),
    sa.Column("mailed_at", sa.String(32)),
)
"""How somebody is reminded of reviews. `calendar`: a hash of the secret in the address of their calendar, from which
nobody makes the address again. `mail`: where reminders go, NULL for nowhere; `mailed_at`: when the newest went."""

staff_attempts = sa.Table(
    "staff_attempts",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("failed", sa.Integer, nullable=False),
    sa.Column("at", sa.String(32), nullable=False, index=True),
)
"""Attempts to sign in that failed in a row. `id`: a hash of the name or of the address they came with."""
