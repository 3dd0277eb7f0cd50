"""Why an act of a person is refused.

EditRefused
├── NotAllowed      the person lacks the role, or may not approve a text of their own
├── StaleDraft      somebody changed the draft meanwhile; carries it as it is now
├── EditConflict    another text of the entry was published meanwhile; carries it
├── UnfitText       the text has faults that nobody may be shown; carries them
├── UnsafeText      with the text a message that calls for safety would be answered otherwise; carries which
├── NotCheckedYet   the safety check of the text is not done yet
└── TooManyOverdue  so many reviews are overdue that the clock may be wrong
"""

from __future__ import annotations

from collections.abc import Sequence

from knowledge.editing.difference import drawn, entries_between
from knowledge.errors import EditRefused
from knowledge.model import Draft, Revision
from knowledge.store.safety_checks import Broken


class NotAllowed(EditRefused):
    """The person may not do this."""


class StaleDraft(EditRefused):
    """The draft was changed after the caller read it. `current` is what it is now; the caller still has the other."""

    def __init__(self, current: Draft) -> None:
        self.current = current
        super().__init__(
            f"{current.entry.id} was changed meanwhile, by {', '.join(current.authors)}; compare the two texts"
        )


class EditConflict(EditRefused):
    """Another text of the entry was published after the draft was begun. `theirs` is that text; `differences` say, by
    field, what `mine` would change in it. `sentence` says it without the texts."""

    def __init__(self, mine: Draft, theirs: Revision) -> None:
        self.mine, self.theirs = mine, theirs
        self.differences = entries_between(theirs.entry, mine.entry)
        self.sentence = (
            f"revision {theirs.number} of {mine.entry.id} by {theirs.author} was published after this draft was begun; "
            "compare the two texts and begin again from that one"
        )
        texts = "".join(f"\n{field}: {drawn(pieces)}" for field, pieces in self.differences.items())
        super().__init__(
            f"{self.sentence}. Your text would change [-what stands there-] to {{+what you wrote+}}:{texts}"
        )


class UnfitText(EditRefused):
    """The text must never be shown as it is. `faults`: field and what is wrong."""

    def __init__(self, faults: Sequence[tuple[str, str]]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(f"{field}: {message}" for field, message in self.faults))


class UnsafeText(EditRefused):
    """With this text, cases of safety would not come out as they must. `broken` are these cases."""

    def __init__(self, draft: Draft, broken: Sequence[Broken]) -> None:
        self.draft, self.broken = draft, tuple(broken)
        shown = "; ".join(f"{one.text!r} would be {one.after}" for one in self.broken[:3])
        more = f", and {len(self.broken) - 3} more" if len(self.broken) > 3 else ""
        super().__init__(f"{draft.entry.id} is not safe to publish: {shown}{more}; change the text")


class NotCheckedYet(EditRefused):
    """The check runs by itself, within about a minute. Nothing else has to be done."""


class TooManyOverdue(EditRefused):
    """More texts than is likely are overdue at once; a person has to say that the clock is right. Nothing changed."""
