"""The tables of the knowledge database, as the newest migration leaves them.

Times are ISO 8601 texts in UTC; `body` is JSON (`docs/schemas/entry.v1.json`); `origin` is `seed`, `editing`
or `calendar`.
In the tables of trials a day is YYYY-MM-DD, and `record` what `knowledge.trials.record` keeps of the registry's.
In a text, a person has one part: whoever wrote it cannot also approve it, because `person` is in the primary key.
"""

from __future__ import annotations

import sqlalchemy as sa

from storage.lease import lease_table

metadata = sa.MetaData()

revisions = sa.Table(
    "revisions",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("locale", sa.String(8), nullable=False),
    sa.Column("entry_id", sa.String(80), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("content_hash", sa.String(64), nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("author", sa.String(80), nullable=False),
    sa.Column("approvers", sa.Text, nullable=False),
    sa.Column("review", sa.String(16), nullable=False),
    sa.Column("created_at", sa.String(32), nullable=False),
    sa.UniqueConstraint("locale", "entry_id", "number"),
)

releases = sa.Table(
    "releases",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("published_by", sa.String(80), nullable=False),
    sa.Column("published_at", sa.String(32), nullable=False),
    sa.Column("origin", sa.String(16), nullable=False),
)

release_revisions = sa.Table(
    "release_revisions",
    metadata,
    sa.Column("release_number", sa.Integer, sa.ForeignKey("releases.number"), primary_key=True),
    sa.Column("revision_id", sa.Integer, sa.ForeignKey("revisions.id"), primary_key=True),
    sa.Column("state", sa.String(16), nullable=False, server_default="live"),
)
"""`state`: `live`, or `withdrawn` for what is being reviewed."""

revision_people = sa.Table(
    "revision_people",
    metadata,
    sa.Column("revision_id", sa.Integer, sa.ForeignKey("revisions.id"), primary_key=True),
    sa.Column("person", sa.String(80), primary_key=True),
    sa.Column("part", sa.String(16), nullable=False),
    sa.CheckConstraint("part IN ('author', 'approver')", name="revision_part"),
)
"""Who wrote and who approved a revision that people made; starter content has no rows."""

drafts = sa.Table(
    "drafts",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("locale", sa.String(8), nullable=False),
    sa.Column("entry_id", sa.String(80), nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("content_hash", sa.String(64), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("base", sa.Integer, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("changed_at", sa.String(32), nullable=False),
    sa.UniqueConstraint("locale", "entry_id"),
    sa.CheckConstraint("state IN ('draft', 'in_review')", name="draft_state"),
    sqlite_autoincrement=True,
)
"""`base`: the number of the revision that the text was made from, 0 for a new entry. `version` counts the changes. No
`id` is given twice, so a form that was opened for a draft that is gone is never taken for one of another."""

draft_people = sa.Table(
    "draft_people",
    metadata,
    sa.Column("draft_id", sa.Integer, sa.ForeignKey("drafts.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("person", sa.String(80), primary_key=True),
    sa.Column("part", sa.String(16), nullable=False),
    sa.Column("clinician", sa.Boolean, nullable=False),
    sa.Column("content_hash", sa.String(64)),
    sa.CheckConstraint("part IN ('author', 'approver')", name="draft_part"),
    sa.CheckConstraint("part = 'author' OR content_hash IS NOT NULL", name="approval_of_a_text"),
)
"""`content_hash`: exactly which text was approved."""

planned_publications = sa.Table(
    "planned_publications",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("due_at", sa.String(32), nullable=False, index=True),
    sa.Column("person", sa.String(80), nullable=False),
    sa.Column("release_number", sa.Integer, nullable=False),
    sa.Column("drafts", sa.Text, nullable=False),
    sqlite_autoincrement=True,
)
"""`drafts`: JSON, rows of draft id and content hash. `release_number`: what was live when it was planned."""

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at", sa.String(32), nullable=False),
    sa.Column("act", sa.String(32), nullable=False),
    sa.Column("person", sa.String(80), nullable=False),
    sa.Column("locale", sa.String(8)),
    sa.Column("entry_id", sa.String(80)),
    sa.Column("release_number", sa.Integer),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
    sa.Index("audit_of_an_entry", "locale", "entry_id"),
)
"""One row for each act. `detail` is JSON. `hash` covers the row and the hash before (`knowledge.store.audit`)."""

safety_checks = sa.Table(
    "safety_checks",
    metadata,
    sa.Column("content_hash", sa.String(64), primary_key=True),
    sa.Column("release_number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at", sa.String(32), nullable=False),
    sa.Column("found", sa.Text, nullable=False),
    sa.Column("thresholds", sa.String(80), nullable=False, server_default=""),
)
"""What the safety check found of a text beside a release, by `thresholds`. `found`: JSON
(`knowledge.store.safety_checks`), without a word that a person wrote: their messages are named by numbers, so that an
erased one is gone from here, too."""

threshold_effects = sa.Table(
    "threshold_effects",
    metadata,
    sa.Column("release_number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("thresholds", sa.String(80), primary_key=True),
    sa.Column("asked_by", sa.String(80), nullable=False),
    sa.Column("asked_at", sa.String(32), nullable=False),
    sa.Column("measured_at", sa.String(32)),
    sa.Column("found", sa.Text),
)
"""What other thresholds than these would do with a release. `found`: JSON (`knowledge.store.effects`), counts without a
word that a person wrote; NULL while the worker has yet to measure it."""

site_settings = sa.Table(
    "site_settings",
    metadata,
    sa.Column("name", sa.String(40), primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
    sa.Column("person", sa.String(80), nullable=False),
    sa.Column("changed_at", sa.String(32), nullable=False),
)
"""What staff set while Lantern runs; what has no row is as the environment says, or as it comes with Lantern. Earlier
values stand in `audit`."""

sources = sa.Table(
    "sources",
    metadata,
    sa.Column("key", sa.String(80), primary_key=True),
    sa.Column("body", sa.Text, nullable=False),
)

vectors = sa.Table(
    "vectors",
    metadata,
    sa.Column("text_hash", sa.String(64), primary_key=True),
    sa.Column("model_hash", sa.String(64), primary_key=True),
    sa.Column("vector", sa.LargeBinary, nullable=False),
)

grades = sa.Table(
    "grades",
    metadata,
    sa.Column("content_hash", sa.String(64), primary_key=True),
    sa.Column("rules", sa.String(64), primary_key=True),
    sa.Column("grade", sa.Float, nullable=False),
)
"""How hard a text is to read, by the rules with this mark (`knowledge.grades`)."""

trial_studies = sa.Table(
    "trial_studies",
    metadata,
    sa.Column("nct_id", sa.String(11), primary_key=True),
    sa.Column("record", sa.Text, nullable=False),
    sa.Column("fingerprint", sa.String(64), nullable=False),
    sa.Column("status", sa.String(32)),
    sa.Column("status_as_of", sa.String(10)),
    sa.Column("checked_on", sa.String(10), nullable=False),
    sa.Column("not_found", sa.Integer, nullable=False),
    sa.Column("missing_since", sa.String(10)),
)
"""The copy of the registry, as the last whole sync left it. `not_found`: whole syncs in a row that did not find it."""

trial_status_changes = sa.Table(
    "trial_status_changes",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("nct_id", sa.String(11), sa.ForeignKey("trial_studies.nct_id"), nullable=False, index=True),
    sa.Column("before", sa.String(32)),
    sa.Column("after", sa.String(32)),
    sa.Column("as_of", sa.String(10)),
    sa.Column("seen_on", sa.String(10), nullable=False),
)
"""`as_of`: the registry's date of the newer status. `seen_on`: the day of the sync."""

trial_syncs = sa.Table(
    "trial_syncs",
    metadata,
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
"""One row for each try to fetch everything, over as many processes as it takes. `searches`: JSON, what was looked for.
`data_of`: when the registry made its data. `copy_number`: of the copy that it left, NULL where that is no new one."""

trial_sync_searches = sa.Table(
    "trial_sync_searches",
    metadata,
    sa.Column("sync_id", sa.Integer, sa.ForeignKey("trial_syncs.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("place", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("token", sa.Text),
    sa.Column("pages", sa.Integer, nullable=False),
    sa.Column("found", sa.Integer, nullable=False),
    sa.Column("done", sa.Boolean, nullable=False),
)
"""How far each search of a sync is. `place` counts from 0; `token` asks for the next page."""

trial_sync_records = sa.Table(
    "trial_sync_records",
    metadata,
    sa.Column("sync_id", sa.Integer, sa.ForeignKey("trial_syncs.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("nct_id", sa.String(11), primary_key=True),
    sa.Column("record", sa.Text, nullable=False),
    sa.Column("fingerprint", sa.String(64), nullable=False),
    sa.Column("status", sa.String(32)),
    sa.Column("status_as_of", sa.String(10)),
)
"""What a sync that is not whole yet has seen. Nobody is answered from it."""

jobs = sa.Table(
    "jobs",
    metadata,
    sa.Column("name", sa.String(40), primary_key=True),
    sa.Column("done_at", sa.String(32)),
    sa.Column("failed_at", sa.String(32)),
    sa.Column("failure", sa.Text),
)
"""What the worker does now and then. `failure`: why the newest run failed, NULL when it did not."""

leases = lease_table(metadata)
"""Which process does what one at a time may do."""
