"""By which marks records know a conversation and a message: hashes, from which nobody finds back to a person."""

from __future__ import annotations

import hashlib
import hmac
import secrets

ID_LENGTH = 32
"""Hexadecimal digits of a conversation's id."""


def conversation_id(secret: bytes, channel: str, sender: str) -> str:
    """The id of a conversation with somebody whom a channel names (a phone number, an integrator's user).

    Without `secret`, which is kept beside the database and not in it, nobody can try out numbers until one fits.
    """
    named = f"{channel}\x00{sender}".encode("utf-8", "replace")
    return hmac.new(secret, named, hashlib.sha256).hexdigest()[:ID_LENGTH]


def message_mark(secret: bytes, channel: str, message_id: str) -> str:
    """The mark of a message by the id that a messenger gives it. With `secret`, because such an id may hold the number
    of the person (WhatsApp's does)."""
    named = f"message\x00{channel}\x00{message_id}".encode("utf-8", "replace")
    return hmac.new(secret, named, hashlib.sha256).hexdigest()


def new_token() -> str:
    """What lets a browser go on with its conversation: 256 random bits, known to nobody else."""
    return secrets.token_urlsafe(32)


def token_conversation_id(token: str) -> str:
    """The id of the conversation that `token` opens. The id does not lead back to the token."""
    return _digest(token)[:ID_LENGTH]


def message_hash(message_id: str) -> str:
    return _digest(message_id)


def contact_hash(conversation_id: str, message_id: str) -> str:
    """The mark of a contact detail: the same message, delivered twice, leaves it once."""
    return _digest(f"{conversation_id}\x00{message_id}")


def feedback_hash(conversation_id: str, message_id: str, entry: str | None) -> str:
    """The mark of what somebody thinks of one answer: told again, it replaces what they thought before."""
    return _digest(f"{conversation_id}\x00{message_id}\x00{entry or ''}")


def erasure_hash(conversation_id: str) -> str:
    """The mark of an erased conversation: with the id in hand one can look its receipt up, not the other way round."""
    return _digest(conversation_id)


def spelling(kind: str, locale: str, text: str) -> str:
    """The mark of a question without an answer as it was written. It stands beside the text, and goes with it."""
    return _digest(f"spelling\x00{kind}\x00{locale}\x00{text}")


def question_hash(words: str) -> str:
    """The mark of a question that staff set aside: it outlives the question, and nobody reads it out of it."""
    return _digest(f"question\x00{words}")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
