"""Safety: emergency and advice rules, cards, numbers, redaction. Pure, standard library only, small enough to audit."""

from pathlib import Path

from safety.cards import Card, CardShelf, fill
from safety.numbers import Numbers
from safety.redaction import redact
from safety.rules import Finding, Rules, cards_named
from safety.rules import load as load_rules

EMERGENCY_RULES = Path(__file__).parent / "rules.json"
ADVICE_RULES = Path(__file__).parent / "advice.json"
EMERGENCY_EXAMPLES = Path(__file__).parent / "vectors.jsonl"
ADVICE_EXAMPLES = Path(__file__).parent / "advice_vectors.jsonl"
"""Messages with what the rules must find in each, null for nothing; one JSON object a line."""
ORDINARY_WORDS = Path(__file__).parent / "ordinary.txt"
"""Words that mean themselves, one a line: what is in no list and not here may be a slip."""
SECOND_NET = Path(__file__).parent / "second_net.npz"
"""What was learned for the messages that the rules have no words for (`knowledge.second_net`, `make net`)."""

__all__ = [
    "ADVICE_EXAMPLES",
    "ADVICE_RULES",
    "EMERGENCY_EXAMPLES",
    "EMERGENCY_RULES",
    "ORDINARY_WORDS",
    "SECOND_NET",
    "Card",
    "CardShelf",
    "Finding",
    "Numbers",
    "Rules",
    "cards_named",
    "fill",
    "load_rules",
    "redact",
]
