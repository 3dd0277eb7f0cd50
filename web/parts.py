"""What the door is made of. Built once by `web.wiring`; tests build their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from knowledge.model import Source
from knowledge.phrases import Phrases
from knowledge.wiring import Knowledge
from safety import Rules
from safety.cards import CardShelf
from safety.numbers import Numbers
from web.assistant import Assistant
from web.conversations import Conversations
from web.settings import Settings


@dataclass(frozen=True)
class Parts:
    settings: Settings
    rules: Rules
    cards: CardShelf
    numbers: Numbers
    phrases: Phrases
    knowledge: Knowledge
    assistant: Assistant
    card_sources: Mapping[str, Source] = field(default_factory=dict)
    """What cards name as their sources; at hand without the database."""
    conversations: Conversations = field(default_factory=Conversations)
