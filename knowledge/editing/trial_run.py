"""A release as it would be, so that a draft can be tried before anybody publishes it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from knowledge.model import Draft, Release, Revision


def with_drafts(release: Release, drafts: Iterable[Draft]) -> Release:
    """The release with these texts in place of the live ones, and under its own number: it is never stored."""
    tried = {
        draft.entry.key: Revision(
            entry=draft.entry,
            number=draft.base + 1,
            content_hash=draft.content_hash,
            author=", ".join(draft.authors),
            approvers=tuple(approval.person for approval in draft.approvals),
            review="editorial",
            created_at=draft.changed_at,
        )
        for draft in drafts
    }
    kept = [revision for revision in release.revisions if revision.entry.key not in tried]
    withdrawn = tuple(revision for revision in release.withdrawn if revision.entry.key not in tried)
    revisions = sorted((*kept, *tried.values()), key=lambda revision: revision.entry.key)
    return dataclasses.replace(release, revisions=tuple(revisions), withdrawn=withdrawn)
