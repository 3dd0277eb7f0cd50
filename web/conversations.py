"""What this process remembers of the people it talks with: order of their messages, and whether it said who it is.

Bounded and lost at a restart; no word of what was said is kept here.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict

from safety import Finding


class Conversation:
    """One sender. Hold `turn` while a message is answered, so that replies keep the order of the messages."""

    def __init__(self) -> None:
        self.turn = asyncio.Lock()
        self.introduced = False
        self.therapy = False
        """CAR-T was mentioned: from then on milder words are warning signs."""
        self.card: Finding | None = None
        """The emergency card shown last, until another answer follows it."""

    def introduce(self) -> bool:
        """True the first time it is called: the first line of a conversation is said once."""
        first, self.introduced = not self.introduced, True
        return first


class Conversations:
    """The `most` senders heard last. One that is being answered is never forgotten, even beyond the limit."""

    def __init__(self, most: int = 10_000) -> None:
        self._most = most
        self._known: OrderedDict[str, Conversation] = OrderedDict()

    def of(self, sender: str) -> Conversation:
        conversation = self._known.setdefault(sender, Conversation())
        self._known.move_to_end(sender)
        if len(self._known) > self._most:
            idle = (name for name, known in self._known.items() if not known.turn.locked() and name != sender)
            self._known.pop(next(idle, ""), None)
        return conversation

    def __len__(self) -> int:
        return len(self._known)
