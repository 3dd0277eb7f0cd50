"""What the gateway remembers: one read before a message, one write behind its reply.

A turn that is not written yet is known all the same, and with the database away the conversations heard last still are:
a person never waits for a lock, and is never asked again what they said.
"""

from __future__ import annotations

import datetime as dt
import logging
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TookTooLong
from dataclasses import dataclass, field
from typing import Any, TypeVar

from records.errors import Unavailable
from records.identity import message_hash, new_token, token_conversation_id
from records.missed import Missed
from records.model import Clock, Conversation, Feedback, KeptMessage, Receipt, Replies, Report, ReportKind
from records.repository import ConversationStore, new_receipt_number, unknown
from storage.writer import Writer

logger = logging.getLogger(__name__)

T = TypeVar("T")

PATIENCE = 5.0
"""Longest wait, in seconds, of who asks for an erasure or a copy: longer than a SQLite file is commonly locked."""


@dataclass(eq=False)
class _Turn:
    """A turn on its way to the database; `message` is the hash of its id, None for a conversation just issued."""

    conversation: Conversation
    message: str | None = None
    replies: Replies | None = None
    dropped: bool = False
    written: Future[None] = field(default_factory=Future)


class Recorder:
    """The conversations of this process, and of all others that share its database. Safe to share between threads.

    In memory stay the `most` conversations heard last, without a word of what was said, and the turns not written yet.
    """

    def __init__(self, store: ConversationStore, writer: Writer, clock: Clock, most: int = 10_000) -> None:
        self._store, self._writer, self._clock, self._most = store, writer, clock, most
        # Re-entrant: handing a write over may settle, in the same call, another one that is given up for it.
        self._changing = threading.RLock()
        self._unwritten: dict[str, list[_Turn]] = {}
        self._heard: OrderedDict[str, Conversation] = OrderedDict()
        self._erased: OrderedDict[str, dt.datetime] = OrderedDict()
        self._erasing: dict[str, Future[Receipt | None]] = {}
        self._reads = True

    @property
    def waiting(self) -> int:
        """Writes of this process that are not committed yet."""
        return self._writer.waiting

    @property
    def ok(self) -> bool:
        """Whether the last read and the last write worked."""
        return self._reads and self._writer.ok

    def begin(self, conversation_id: str, message_id: str) -> tuple[Conversation | None, Replies | None]:
        """The conversation as it stands, and what was replied to this message if it was answered already.

        Never raises. With the database away, only what this process remembers is known, and `ok` is False.
        """
        wanted = message_hash(message_id)
        with self._changing:
            turns = self._unwritten.get(conversation_id, ())
            newest = turns[-1].conversation if turns else None
            answered = next((turn for turn in turns if turn.message == wanted), None)
            if answered is not None:
                return newest, answered.replies
        try:
            found, replies = self._store.find(conversation_id, message_id)
        except Unavailable as fault:
            self._note_read(fault)
            with self._changing:
                return newest or self._heard.get(conversation_id), None
        self._note_read(None)
        with self._changing:
            if found is None or self._is_erased(found):
                self._heard.pop(conversation_id, None)
                replies = None
            known = newest or found
            if known is None or self._is_erased(known):
                return None, None
            self._put(self._heard, conversation_id, known)
            return known, replies

    def remembered(self, conversation_id: str) -> Conversation | None:
        """The conversation as this process remembers it, without asking the database; None is no proof of anything."""
        with self._changing:
            turns = self._unwritten.get(conversation_id)
            return turns[-1].conversation if turns else self._heard.get(conversation_id)

    def start(self, conversation_id: str, channel: str, locale: str = "en", region: str | None = None) -> Conversation:
        """The first turn's conversation with somebody whom the channel names; it is kept when that turn is."""
        now = self._clock()
        with self._changing:
            erased = self._erased.get(conversation_id)
        if erased is not None:
            # What begins after an erasure is told from what was erased by its moment, even if the clock stood still.
            now = max(now, erased + dt.timedelta(microseconds=1))
        return Conversation(conversation_id, channel, now, locale, region)

    def issue(
        self, channel: str, locale: str = "en", region: str | None = None, introduced: bool = False
    ) -> tuple[Conversation, str]:
        """A new conversation, which is kept at once, and the token that opens it (`identity.token_conversation_id`)."""
        token = new_token()
        conversation = Conversation(token_conversation_id(token), channel, self._clock(), locale, region, introduced)
        self._submit(_Turn(conversation), lambda connection: self._store.add(connection, conversation))
        return conversation, token

    def keep(
        self,
        conversation: Conversation,
        message_id: str,
        text: str | None,
        kind: str,
        replies: Replies,
        missed: Missed | None = None,
        contact: str | None = None,
    ) -> Future[None]:
        """Keeps a turn: the state after it, what was written (redacted; None to keep no words) and what was replied;
        with it the question that was `missed`, and the `contact` detail that a person agreed to leave.

        Returns at once. The future is done when the turn is in the database; the turn stays queued, whoever stops
        waiting. Nothing is kept of a conversation that was erased after it had begun.
        """
        message = KeptMessage(self._clock(), text, kind, replies, missed, contact)
        turn = _Turn(conversation, message_hash(message_id), replies)
        return self._submit(turn, lambda connection: self._store.keep(connection, conversation, message_id, message))

    def report(self, entry: str, locale: str, revision: int, kind: ReportKind, text: str) -> Future[None]:
        """Keeps what a reader found wrong with a page. Returns at once, like `keep`."""
        report, report_id = Report(entry, locale, revision, kind, text, self._clock()), secrets.token_hex(16)
        return self._writer.submit(lambda connection: self._store.keep_report(connection, report_id, report))

    def rate(
        self,
        conversation: Conversation,
        message_id: str,
        locale: str,
        kind: str,
        entry: str | None,
        revision: int | None,
        helpful: bool,
        word: str | None,
    ) -> Future[None]:
        """Keeps whether an answer to a message helped, and the word that the person added. Returns at once, like
        `keep`."""
        opinion = Feedback(locale, kind, entry, revision, helpful, word, self._clock())
        return self._writer.submit(
            lambda connection: self._store.keep_feedback(connection, conversation, message_id, opinion)
        )

    def export(self, conversation_id: str) -> dict[str, Any]:
        """All that is kept of a conversation, as plain JSON values, with its turns that are on their way.

        Raises `UnknownConversation` and `Unavailable`.
        """
        with self._changing:
            turns = self._unwritten.get(conversation_id)
            erasing = conversation_id in self._erasing
        if erasing:
            raise unknown(conversation_id)
        if turns:
            self._awaited(turns[-1].written, "the newest messages are not written yet; please try again")
        return self._store.export(conversation_id)

    def erase(self, conversation_id: str) -> Receipt:
        """Erases a conversation, and whatever of it waits to be written. From the call on nobody here knows it.

        Raises `UnknownConversation` when nothing is kept, and `Unavailable` when the database does not answer in time:
        the conversation is then erased as soon as it does. Asking again meanwhile waits for the same receipt.
        """
        with self._changing:
            erasing = self._erasing.get(conversation_id) or self._begin_erasing(conversation_id)
        receipt = self._awaited(erasing, "the conversation will be erased as soon as the database answers")
        if receipt is None:
            raise unknown(conversation_id)
        self._store.forget_freed_pages()
        return receipt

    def close(self, seconds: float) -> int:
        """Writes what waits, for at most `seconds`, and keeps nothing more. Returns how many writes were lost."""
        return self._writer.close(seconds)

    @staticmethod
    def _awaited(future: Future[T], otherwise: str) -> T:
        try:
            return future.result(PATIENCE)
        except TookTooLong:
            raise Unavailable(otherwise) from None

    def _begin_erasing(self, conversation_id: str) -> Future[Receipt | None]:
        dropped = self._unwritten.pop(conversation_id, [])
        for turn in dropped:
            turn.dropped = True
        heard = self._heard.pop(conversation_id, None)
        known = [turn.conversation for turn in dropped] + ([heard] if heard else [])
        at = max(self._clock(), *(conversation.started_at for conversation in known)) if known else self._clock()
        self._put(self._erased, conversation_id, at)
        number = new_receipt_number()
        unwritten = sum(turn.message is not None for turn in dropped) if dropped else None
        erasing = self._writer.submit(
            lambda connection: self._store.erase_within(connection, conversation_id, at, number, unwritten=unwritten)
        )
        self._erasing[conversation_id] = erasing
        erasing.add_done_callback(lambda _: self._erasing.pop(conversation_id, None))
        return erasing

    def _submit(self, turn: _Turn, operation: Callable[[Any], None]) -> Future[None]:
        conversation = turn.conversation
        with self._changing:
            if self._is_erased(conversation):
                nothing: Future[None] = Future()
                nothing.set_result(None)
                return nothing
            self._unwritten.setdefault(conversation.id, []).append(turn)
            self._put(self._heard, conversation.id, conversation)
            turn.written = self._writer.submit(lambda connection: None if turn.dropped else operation(connection))
        turn.written.add_done_callback(lambda _: self._settle(turn))
        return turn.written

    def _settle(self, turn: _Turn) -> None:
        with self._changing:
            turns = self._unwritten.get(turn.conversation.id, [])
            if turn in turns:
                turns.remove(turn)
            if not turns:
                self._unwritten.pop(turn.conversation.id, None)

    def _is_erased(self, conversation: Conversation) -> bool:
        erased = self._erased.get(conversation.id)
        return erased is not None and conversation.started_at <= erased

    def _put(self, known: OrderedDict[str, Any], conversation_id: str, value: object) -> None:
        known[conversation_id] = value
        known.move_to_end(conversation_id)
        if len(known) > self._most:
            known.popitem(last=False)

    def _note_read(self, fault: Unavailable | None) -> None:
        if fault is not None and self._reads:
            logger.warning("conversations go on from memory until the database is back: %s", fault)
        self._reads = fault is None
