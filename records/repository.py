"""Reads and writes the conversations database. What a person wrote is redacted here, and nowhere before it is trusted
to be."""

from __future__ import annotations

import datetime as dt
import json
import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, astuple, dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from records.errors import Unavailable, UnknownConversation
from records.figures import MissedGroup, grouped, shown_counts
from records.identity import contact_hash, erasure_hash, feedback_hash, message_hash, question_hash, spelling
from records.judgements import Opinions
from records.missed import Missed, MissedQuestion
from records.model import (
    Clock,
    ContactRequest,
    Conversation,
    Feedback,
    KeptMessage,
    Reason,
    Receipt,
    Replies,
    Report,
    ShownCard,
)
from records.recall import Recalled, named, shown
from records.tables import (
    channel_inbox,
    channel_outbox,
    channel_people,
    contact_requests,
    conversations,
    erasures,
    feedback,
    handovers,
    messages,
    missed_questions,
    reports,
    set_aside,
    trackers,
)
from safety import redact
from storage.engine import read, write
from storage.migrations import migrate, require_current, require_no_other

MIGRATIONS = Path(__file__).parent / "migrations"
HISTORY = "records_schema"
REMEDY = "./lantern records migrate"
Listener = Callable[[Connection, str, dict[str, Any]], None]
_MOST_NUMBERS = 500
"""Most bound values in one statement; SQLite's oldest limit is 999."""
PRUNED_AT_ONCE = 200
"""Most conversations, or trackers, that one transaction of `prune` deletes: nobody waits long for it."""


@dataclass(frozen=True)
class Ages:
    """How old what is kept is. `conversations` and `trackers` are (all, of these older than the day asked for)."""

    conversations: tuple[int, int]
    trackers: tuple[int, int]
    newest: dt.datetime | None


@dataclass(frozen=True)
class Pruned:
    """How many rows retention deleted. `letters` came from messengers or were sent to them, or could not be."""

    conversations: int = 0
    messages: int = 0
    trackers: int = 0
    reports: int = 0
    contacts: int = 0
    letters: int = 0

    def __add__(self, other: Pruned) -> Pruned:
        return Pruned(*(mine + theirs for mine, theirs in zip(astuple(self), astuple(other))))


_HELPED = sa.func.sum(sa.case((feedback.c.helpful, 1), else_=0))


class ConversationStore:
    """Conversations, their messages, and receipts of what was erased. Safe to share between threads.

    Every method raises `Unavailable` when the database does not answer. Those that take a connection are operations
    for a `storage.writer.Writer`: run twice, they leave what they leave when run once.
    """

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine, self._clock = engine, clock
        self._listener: Listener | None = None

    def listen(self, listener: Listener) -> None:
        """`listener` is called with each missed question that is kept, in the transaction that keeps it: with a name
        for it, and its row as plain JSON values."""
        self._listener = listener

    def migrate(self) -> None:
        """Brings the schema up to date. Raises `SchemaMismatch` when the database is newer than the code.

        A SQLite file is made for its owner alone to read; its log, made later, has the rights of the file.
        """
        if self._engine.dialect.name == "sqlite":
            file = Path(self._engine.url.database)
            file.touch(mode=0o600)
            file.chmod(0o600)
        migrate(self._engine, MIGRATIONS, HISTORY)

    def require_current(self) -> None:
        """Raises `SchemaMismatch`, with the command to run, unless the schema fits the code."""
        require_current(self._engine, MIGRATIONS, HISTORY, REMEDY)

    def require_no_other(self) -> None:
        """For a start: raises `SchemaMismatch`, with the command to run, for a schema of another version. A database
        that is away or empty is no reason not to start."""
        require_no_other(self._engine, MIGRATIONS, HISTORY, REMEDY)

    def find(self, conversation_id: str, message_id: str | None = None) -> tuple[Conversation | None, Replies | None]:
        """The conversation, and what was replied to this message if it was answered already. One round trip."""
        wanted = {"wanted_id": conversation_id, "wanted_hash": message_hash(message_id) if message_id else ""}
        with self._reading(single=True) as connection:
            row = connection.execute(_FIND, wanted).mappings().first()
        if row is None:
            return None, None
        return _conversation(row), None if row["replies"] is None else json.loads(row["replies"])

    def add(self, connection: Connection, conversation: Conversation) -> None:
        """An operation: the conversation is there, before its first message."""
        self._keep_state(connection, conversation, conversation.started_at)

    def keep(self, connection: Connection, conversation: Conversation, message_id: str, message: KeptMessage) -> None:
        """An operation: the message and the state after it are there. Of two answers to one message the first is kept.

        Nothing is kept of a conversation that was erased after it had begun.
        """
        if not self._keep_state(connection, conversation, message.at):
            return
        row = {
            "conversation_id": conversation.id,
            "message_hash": message_hash(message_id),
            "at": stamp(message.at),
            "text": None if message.text is None else redact(storable(message.text)),
            "kind": message.kind,
            "replies": json.dumps(message.replies, separators=(",", ":")),
            "shown": shown(message.replies),
        }
        if not connection.execute(_ADD_MESSAGE, row).rowcount:
            return
        if message.missed is not None and row["text"]:
            question = {
                "conversation_id": conversation.id,
                "day": message.at.astimezone(dt.timezone.utc).date().isoformat(),
                "locale": message.missed.locale,
                "kind": message.missed.kind,
                "text": row["text"],
                "nearest": " ".join(message.missed.nearest),
                "confidence": message.missed.confidence,
                "spelling": spelling(message.missed.kind, message.missed.locale, row["text"]),
            }
            connection.execute(_ADD_MISSED, question)
            if self._listener is not None:
                told = {key: question[key] for key in ("day", "locale", "kind", "text")}
                name = f"{conversation.id}-{row['message_hash']}"
                self._listener(connection, name, {**told, "nearest": list(message.missed.nearest)})
        if message.contact is not None:
            left = {
                "id": contact_hash(conversation.id, message_id),
                "conversation_id": conversation.id,
                "at": stamp(message.at),
                "locale": conversation.locale,
                "contact": storable(message.contact),
            }
            connection.execute(_ADD_CONTACT, left)

    def keep_feedback(
        self, connection: Connection, conversation: Conversation, message_id: str, opinion: Feedback
    ) -> None:
        """An operation: what the person thinks of one answer to this message is there, and nothing that they thought of
        it before. Nothing is kept of a conversation that is not."""
        known = sa.select(conversations.c.id).where(
            conversations.c.id == conversation.id, conversations.c.started_at == stamp(conversation.started_at)
        )
        if connection.execute(known).first() is None:
            return
        mark = feedback_hash(conversation.id, message_id, opinion.entry)
        word = redact(storable(opinion.word)) if opinion.word else None
        row = {**asdict(opinion), "at": stamp(opinion.at), "word": word}
        if not connection.execute(sa.update(feedback).where(feedback.c.id == mark).values(**row)).rowcount:
            connection.execute(sa.insert(feedback).values(id=mark, conversation_id=conversation.id, **row))

    def _keep_state(self, connection: Connection, conversation: Conversation, at: dt.datetime) -> bool:
        """Whether the conversation may be kept: False when it was erased."""
        started_at = stamp(conversation.started_at)
        state = {
            "heard_at": stamp(at),
            "locale": conversation.locale,
            "region": conversation.region,
            "introduced": conversation.introduced,
            "therapy": conversation.therapy,
            "suppressed": conversation.suppressed,
            "card": json.dumps(asdict(conversation.card)) if conversation.card else None,
            "last_entry": conversation.last_entry,
            "said": " ".join(conversation.said),
            "awaiting": conversation.awaiting,
        }
        new = {"known_id": conversation.id, **{f"new_{name}": value for name, value in state.items()}}
        if connection.execute(_CHANGE_THIS, {**new, "known_start": started_at}).rowcount:
            return True
        if was_erased(connection, conversation.id, conversation.started_at):
            return False
        row = {"id": conversation.id, "channel": conversation.channel, "started_at": started_at, **state}
        if not connection.execute(_ADD, row).rowcount:
            # Another process heard the same person first, and began it at another moment.
            connection.execute(_CHANGE, new)
        return True

    def erase(self, conversation_id: str, reason: Reason = "request") -> Receipt:
        """Deletes all that is kept of a conversation, in one transaction. Raises `UnknownConversation`."""
        with write(self._engine) as connection:
            receipt = self.erase_within(connection, conversation_id, self._clock(), new_receipt_number(), reason)
        if receipt is None:
            raise unknown(conversation_id)
        self.forget_freed_pages()
        return receipt

    def erase_within(
        self,
        connection: Connection,
        conversation_id: str,
        at: dt.datetime,
        number: str,
        reason: Reason = "request",
        unwritten: int | None = None,
    ) -> Receipt | None:
        """An operation: the conversation is gone, and the receipt with this number is there; None if nothing was kept.

        `unwritten` is how many messages of it waited to be kept, and are counted; None when it did not wait at all.
        """
        if (receipt := self._receipt(connection, number)) is not None:
            return receipt
        started_at = connection.execute(_START, {"wanted_id": conversation_id}).scalar()
        if started_at is not None:
            # Of two machines' clocks the later one counts: the receipt must not be older than the conversation.
            at = max(at, dt.datetime.fromisoformat(started_at))
        counts = self._delete(connection, [conversation_id])
        others = self._delete_trackers(connection, [conversation_id])
        left = contact_requests.c.conversation_id == conversation_id
        others += connection.execute(sa.delete(contact_requests).where(left)).rowcount
        if started_at is None and not others and unwritten is None:
            return None
        counts[conversation_id] += unwritten or 0
        self._leave_receipts(connection, counts, at, reason, [number])
        return Receipt(number, at, counts[conversation_id])

    def _receipt(self, connection: Connection, number: str) -> Receipt | None:
        row = connection.execute(sa.select(erasures).where(erasures.c.receipt == number)).first()
        return None if row is None else Receipt(row.receipt, dt.datetime.fromisoformat(row.erased_at), row.messages)

    def export(self, conversation_id: str) -> dict[str, Any]:
        """All that is kept of one conversation, as plain JSON values. Raises `UnknownConversation`."""
        with self._reading() as connection:
            state = connection.execute(_FIND, {"wanted_id": conversation_id, "wanted_hash": ""}).mappings().first()
            said = connection.execute(
                sa.select(messages.c.at, messages.c.text, messages.c.kind, messages.c.replies)
                .where(messages.c.conversation_id == conversation_id)
                .order_by(messages.c.id)
            ).mappings()
            tracker = connection.execute(
                sa.select(trackers.c.saved_at, trackers.c.state).where(trackers.c.conversation_id == conversation_id)
            ).first()
            contacts = connection.execute(
                sa.select(contact_requests.c.at, contact_requests.c.contact)
                .where(contact_requests.c.conversation_id == conversation_id)
                .order_by(contact_requests.c.at)
            ).mappings()
            missed = connection.execute(
                sa.select(missed_questions.c.day, missed_questions.c.text, missed_questions.c.kind)
                .where(missed_questions.c.conversation_id == conversation_id)
                .order_by(missed_questions.c.id)
            ).mappings()
            letters = connection.execute(
                sa.select(channel_outbox.c.created_at, channel_outbox.c.state)
                .where(channel_outbox.c.conversation_id == conversation_id)
                .order_by(channel_outbox.c.id)
            ).mappings()
            person = connection.execute(
                sa.select(channel_people.c.heard_at, channel_people.c.stopped).where(
                    channel_people.c.conversation_id == conversation_id
                )
            ).mappings()
            passed_on = connection.execute(
                sa.select(handovers.c.opened_at, handovers.c.state)
                .where(handovers.c.conversation_id == conversation_id)
                .order_by(handovers.c.opened_at)
            ).mappings()
            opinions = connection.execute(
                sa.select(*(column for column in feedback.columns if column.name not in ("id", "conversation_id")))
                .where(feedback.c.conversation_id == conversation_id)
                .order_by(feedback.c.at)
            ).mappings()
            left, unanswered = [dict(row) for row in contacts], [dict(row) for row in missed]
            if state is None and tracker is None and not left:
                raise unknown(conversation_id)
            columns = () if state is None else conversations.columns.keys()
            kept: dict[str, Any] = {name: state[name] for name in columns}
            if kept.get("card"):
                kept["card"] = json.loads(kept["card"])
            return {
                "conversation": kept or None,
                "messages": [{**message, "replies": json.loads(message["replies"])} for message in said],
                "tracker": tracker and {"saved_at": tracker.saved_at, "state": _loaded(tracker.state)},
                "contacts": left,
                "missed_questions": unanswered,
                "letters": [dict(row) for row in letters],
                "messenger": [dict(row) for row in person],
                "handovers": [dict(row) for row in passed_on],
                "feedback": [dict(row) for row in opinions],
            }

    def recall(self, locale: str, entry: str, revision: int | None = None) -> Iterator[Recalled]:
        """The messages that were answered with a text of this entry, or with this revision of it, oldest first. Every
        kept message is looked at; of older ones nothing is known."""
        name, looked = named(locale, entry, revision), messages.alias()
        # Looked for in the index alone: the replies beside it are most of the database.
        matching = sa.select(looked.c.id).where(looked.c.shown.contains(name, autoescape=True))
        query = (
            sa.select(
                messages.c.conversation_id, conversations.c.channel, messages.c.at, messages.c.text, messages.c.shown
            )
            .join(conversations, conversations.c.id == messages.c.conversation_id)
            .where(messages.c.id.in_(matching))
            .order_by(messages.c.at, messages.c.id)
        )
        with self._reading() as connection:
            for row in connection.execute(query):
                number = int(row.shown.partition(named(locale, entry))[2].partition(" ")[0])
                at = dt.datetime.fromisoformat(row.at)
                yield Recalled(row.conversation_id, row.channel, at, row.text, number)

    def ages(self, older_than: dt.datetime) -> Ages:
        """How much is kept, how much of it was last heard before `older_than`, and the newest moment of all."""
        moment = stamp(older_than)
        with self._reading() as connection:
            heard, saved = (
                connection.execute(
                    sa.select(sa.func.count(), sa.func.count(sa.case((at < moment, 1))), sa.func.max(at))
                ).one()
                for at in (conversations.c.heard_at, trackers.c.saved_at)
            )
        newest = max((moment for moment in (heard[2], saved[2]) if moment), default=None)
        return Ages((heard[0], heard[1]), (saved[0], saved[1]), newest and dt.datetime.fromisoformat(newest))

    def keep_report(self, connection: Connection, report_id: str, report: Report) -> None:
        """Keeps a reader's report, its text redacted; kept once, however often it is tried."""
        row = {**asdict(report), "id": report_id, "at": stamp(report.at), "text": redact(report.text) or None}
        there = sa.select(reports.c.id).where(reports.c.id == report_id)
        if connection.execute(there).first() is None:
            connection.execute(sa.insert(reports).values(**row))

    def reports(self) -> list[Report]:
        """All reports of readers, oldest first, as they are kept."""
        query = sa.select(reports).order_by(reports.c.at, reports.c.id)
        with self._reading() as connection:
            rows = connection.execute(query).mappings().all()
        return [
            Report(
                row["entry"],
                row["locale"],
                row["revision"],
                row["kind"],
                row["text"] or "",
                dt.datetime.fromisoformat(row["at"]),
            )
            for row in rows
        ]

    def missed(self) -> list[MissedQuestion]:
        """All questions that got no answer, oldest first, as they are kept."""
        query = sa.select(missed_questions).order_by(missed_questions.c.id)
        with self._reading() as connection:
            rows = connection.execute(query).mappings().all()
        return [
            MissedQuestion(
                row["day"],
                row["text"],
                Missed(row["kind"], tuple(row["nearest"].split()), row["confidence"], row["locale"]),
            )
            for row in rows
        ]

    def feedback(self) -> list[Feedback]:
        """What people think of the answers they got, oldest first."""
        query = sa.select(feedback).order_by(feedback.c.at, feedback.c.id)
        with self._reading() as connection:
            rows = connection.execute(query).mappings().all()
        return [
            Feedback(
                row["locale"],
                row["kind"],
                row["entry"],
                row["revision"],
                row["helpful"],
                row["word"],
                dt.datetime.fromisoformat(row["at"]),
            )
            for row in rows
        ]

    def opinions(self) -> list[Opinions]:
        """What people think of each revision that was shown, of those of which anybody said so."""
        columns = (feedback.c.locale, feedback.c.entry, feedback.c.revision)
        query = sa.select(*columns, sa.func.count(), _HELPED).group_by(*columns).order_by(*columns)
        with self._reading() as connection:
            rows = connection.execute(query.where(feedback.c.entry.is_not(None), feedback.c.revision.is_not(None)))
            return [
                Opinions(locale, entry, revision, int(helped), int(count - helped))
                for locale, entry, revision, count, helped in rows
            ]

    def opinions_by_day(self) -> list[tuple[str, int, int]]:
        """Day in UTC as an ISO date, how many said that an answer helped, and how many that it did not."""
        day = sa.func.substr(feedback.c.at, 1, 10)
        query = sa.select(day, sa.func.count(), _HELPED).group_by(day).order_by(day)
        with self._reading() as connection:
            return [(name, int(helped), int(count - helped)) for name, count, helped in connection.execute(query)]

    def words_of(self, locale: str, entry: str, limit: int) -> list[tuple[int, bool, str, dt.datetime]]:
        """What people added to their opinion of an entry, redacted, the newest first: revision, whether it helped,
        their words, when."""
        query = sa.select(feedback).where(feedback.c.locale == locale, feedback.c.entry == entry)
        query = query.where(feedback.c.word.is_not(None), feedback.c.revision.is_not(None))
        with self._reading() as connection:
            rows = connection.execute(query.order_by(feedback.c.at.desc()).limit(limit)).all()
        return [(row.revision, row.helpful, row.word, dt.datetime.fromisoformat(row.at)) for row in rows]

    def missed_mark(self) -> tuple[int, int]:
        """Changes whenever the questions without an answer do: their number, and the newest one's."""
        query = sa.select(sa.func.count(), sa.func.coalesce(sa.func.max(missed_questions.c.id), 0))
        with self._reading() as connection:
            count, newest = connection.execute(query.select_from(missed_questions)).one()
        return count, newest

    def missed_groups(self, most: int | None = None) -> list[MissedGroup]:
        """The questions without an answer that staff have not set aside, counted by their words; weightiest first. Of
        the spellings only the `most` weightiest where that is given."""
        columns = missed_questions.c
        count, people = sa.func.count(), sa.func.count(sa.distinct(columns.conversation_id))
        newest = sa.func.max(columns.day)
        # Counted in the index alone; the texts are looked up for what is left.
        counts = (count.label("times"), people.label("askers"), newest.label("newest"))
        counted = sa.select(sa.func.max(columns.id).label("id"), *counts).group_by(columns.spelling)
        spelled = counted.order_by((count * people).desc(), newest.desc()).limit(most).subquery()
        of = spelled.c
        chosen = (columns.text, columns.kind, columns.locale, of.times, of.askers, of.newest, columns.nearest)
        query = sa.select(*chosen).join(spelled, of.id == columns.id)
        query = query.order_by((of.times * of.askers).desc(), of.newest.desc())
        with self._reading() as connection:
            rows = connection.execute(query).all()
            aside = set(connection.execute(sa.select(set_aside.c.question_hash)).scalars())
        found = [
            MissedGroup(text, count, people, (kind,), newest, tuple(nearest.split()), locale)
            for text, kind, locale, count, people, newest, nearest in rows
        ]
        return [group for group in grouped(found) if question_hash(group.key) not in aside]

    def missed_near(self) -> dict[str, int]:
        """Messages that were missed nearest to each entry, by its id."""
        query = sa.select(missed_questions.c.nearest, sa.func.count()).group_by(missed_questions.c.nearest)
        counts: Counter[str] = Counter()
        with self._reading() as connection:
            for nearest, count in connection.execute(query):
                counts.update(dict.fromkeys(nearest.split()[:1], count))
        return dict(counts)

    def set_aside(self, key: str, by: str) -> None:
        """These words (`MissedGroup.key`) are shown to staff no more, however often they are asked again."""
        row = {"question_hash": question_hash(key), "person": by, "at": stamp(self._clock())}
        with write(self._engine) as connection:
            there = sa.select(set_aside.c.at).where(set_aside.c.question_hash == row["question_hash"])
            if connection.execute(there).first() is None:
                connection.execute(sa.insert(set_aside), row)

    def shown_counts(self) -> dict[str, int]:
        """Messages that each entry answered, by locale/id, as far back as messages are kept."""
        query = sa.select(messages.c.shown, sa.func.count()).where(messages.c.shown != "").group_by(messages.c.shown)
        with self._reading() as connection:
            return shown_counts((shown, count) for shown, count in connection.execute(query))

    def newest_questions(self, limit: int) -> list[tuple[int, str]]:
        """Number and redacted text of the messages that search answered or could not, the newest first."""
        kinds = ("answer", "steps", "abstain", "clarify")
        query = sa.select(messages.c.id, messages.c.text).where(
            messages.c.text.is_not(None), messages.c.kind.in_(kinds)
        )
        with self._reading() as connection:
            rows = connection.execute(query.order_by(messages.c.id.desc()).limit(limit))
            return [(row.id, row.text) for row in rows]

    def texts_of(self, numbers: Iterable[int]) -> dict[int, str]:
        """The redacted texts of these messages, of those that are still kept."""
        query = sa.select(messages.c.id, messages.c.text).where(messages.c.id.in_(list(numbers)[:_MOST_NUMBERS]))
        with self._reading() as connection:
            return {row.id: row.text for row in connection.execute(query) if row.text}

    def kinds_by_day(self) -> list[tuple[str, str, int]]:
        """Day in UTC as an ISO date, kind of the reply, and how many messages got one, as far back as they are kept."""
        day = sa.func.substr(messages.c.at, 1, 10)
        query = sa.select(day, messages.c.kind, sa.func.count()).group_by(day, messages.c.kind).order_by(day)
        with self._reading() as connection:
            return [(row[0], row[1], row[2]) for row in connection.execute(query)]

    def contacts(self) -> list[ContactRequest]:
        """Everybody who asked to be written to, oldest first."""
        return [request for _, request in self.inbox()]

    def inbox(self) -> list[tuple[str, ContactRequest]]:
        """Everybody who waits to be written to, with the id of what they left, oldest first."""
        query = sa.select(contact_requests).order_by(contact_requests.c.at, contact_requests.c.id)
        with self._reading() as connection:
            rows = connection.execute(query).mappings().all()
        return [
            (row["id"], ContactRequest(dt.datetime.fromisoformat(row["at"]), row["locale"], row["contact"]))
            for row in rows
        ]

    def forget_contact(self, contact_id: str) -> bool:
        """Erases a contact detail, as soon as somebody has written to the person; whether it was still there."""
        with write(self._engine) as connection:
            self._overwrite_what_is_freed(connection)
            mine = sa.delete(contact_requests).where(contact_requests.c.id == contact_id)
            gone = bool(connection.execute(mine).rowcount)
        self.forget_freed_pages()
        return gone

    def prune(
        self,
        older_than: dt.datetime,
        at_once: int = PRUNED_AT_ONCE,
        tell: Callable[[Pruned], None] = lambda so_far: None,
        contacts_older_than: dt.datetime | None = None,
    ) -> Pruned:
        """Deletes the conversations last heard, the trackers last saved, the reports made and the letters of messengers
        before `older_than`, and the contact details left before `contacts_older_than` (before the same moment where
        that is None).

        Each transaction takes at most `at_once` of them and leaves their receipts: stopped half-way, the next call goes
        on where this one was. `tell` hears how far it is while more may be to come.
        """
        done = Pruned()
        before, contacts_before = stamp(older_than), stamp(contacts_older_than or older_than)
        kinds = (
            (self._prune_conversations, before),
            (self._prune_trackers, before),
            (self._prune_reports, before),
            (self._prune_contacts, contacts_before),
            (self._prune_inbox, before),
            (self._prune_outbox, before),
            (self._prune_people, before),
            (self._prune_handovers, before),
        )
        for prune_some, moment in kinds:
            taken = at_once
            while taken == at_once:
                with write(self._engine) as connection:
                    taken, some = prune_some(connection, moment, at_once)
                done += some
                if taken == at_once:
                    tell(done)
        self.forget_freed_pages()
        return done

    def _prune_conversations(self, connection: Connection, before: str, at_once: int) -> tuple[int, Pruned]:
        ids = self._oldest(connection, conversations.c.id, conversations.c.heard_at, before, at_once)
        counts = self._delete(connection, ids)
        dialogues = self._delete_trackers(connection, ids)
        numbers = [new_receipt_number() for _ in ids]
        self._leave_receipts(connection, counts, self._clock(), "retention", numbers)
        return len(ids), Pruned(len(ids), sum(counts.values()), dialogues)

    def _prune_trackers(self, connection: Connection, before: str, at_once: int) -> tuple[int, Pruned]:
        ids = self._oldest(connection, trackers.c.conversation_id, trackers.c.saved_at, before, at_once)
        return len(ids), Pruned(trackers=self._delete_trackers(connection, ids))

    def _prune_reports(self, connection: Connection, before: str, at_once: int) -> tuple[int, Pruned]:
        ids = self._oldest(connection, reports.c.id, reports.c.at, before, at_once)
        self._overwrite_what_is_freed(connection)
        connection.execute(sa.delete(reports).where(reports.c.id.in_(ids)))
        return len(ids), Pruned(reports=len(ids))

    def _prune_contacts(self, connection: Connection, before: str, at_once: int) -> tuple[int, Pruned]:
        ids = self._oldest(connection, contact_requests.c.id, contact_requests.c.at, before, at_once)
        self._overwrite_what_is_freed(connection)
        connection.execute(sa.delete(contact_requests).where(contact_requests.c.id.in_(ids)))
        return len(ids), Pruned(contacts=len(ids))

    def _prune_inbox(self, connection: Connection, before: str, at_once: int) -> tuple[int, Pruned]:
        return self._prune_letters(connection, channel_inbox, channel_inbox.c.received_at, before, at_once)

    def _prune_outbox(self, connection: Connection, before: str, at_once: int) -> tuple[int, Pruned]:
        return self._prune_letters(connection, channel_outbox, channel_outbox.c.created_at, before, at_once)

    def _prune_handovers(self, connection: Connection, before: str, at_once: int) -> tuple[int, Pruned]:
        return self._prune_letters(connection, handovers, handovers.c.opened_at, before, at_once)

    def _prune_letters(
        self, connection: Connection, table: sa.Table, at: sa.Column, before: str, at_once: int
    ) -> tuple[int, Pruned]:
        ids = self._oldest(connection, table.c.id, at, before, at_once)
        self._overwrite_what_is_freed(connection)
        connection.execute(sa.delete(table).where(table.c.id.in_(ids)))
        return len(ids), Pruned(letters=len(ids))

    def _prune_people(self, connection: Connection, before: str, at_once: int) -> tuple[int, Pruned]:
        # Who asked for silence is not written to again because time has passed.
        talkative = sa.select(channel_people.c.conversation_id).where(
            channel_people.c.heard_at < before, ~channel_people.c.stopped
        )
        ids = list(connection.execute(talkative.limit(at_once)).scalars())
        connection.execute(sa.delete(channel_people).where(channel_people.c.conversation_id.in_(ids)))
        return len(ids), Pruned()

    def _oldest(self, connection: Connection, name: sa.Column, at: sa.Column, before: str, most: int) -> list[str]:
        # Another process may be keeping a new message this very moment: what it holds is left for the next run.
        query = sa.select(name).where(at < before).order_by(at).limit(most).with_for_update(skip_locked=True)
        return list(connection.execute(query).scalars())

    def bring_back(self, now: dt.datetime) -> None:
        """Moments that lie after `now` become `now`: a clock that was wrong then must not keep them for ever."""
        with write(self._engine) as connection:
            for at in (
                *(conversations.c.heard_at, trackers.c.saved_at, reports.c.at, contact_requests.c.at),
                *(channel_inbox.c.received_at, channel_outbox.c.created_at, channel_people.c.heard_at),
                *(handovers.c.opened_at, handovers.c.heard_at),
            ):
                connection.execute(sa.update(at.table).where(at > stamp(now)).values({at: stamp(now)}))

    def _overwrite_what_is_freed(self, connection: Connection) -> None:
        if self._engine.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA secure_delete=ON")

    def forget_freed_pages(self) -> None:
        """Takes what was deleted out of SQLite's log too, as far as no reader is in the way; that is tried next time.

        The pages of the file itself are overwritten as they are freed. PostgreSQL has its own housekeeping.
        """
        if self._engine.dialect.name != "sqlite":
            return
        with suppress(sa.exc.DBAPIError, self._engine.dialect.dbapi.Error):
            connection = self._engine.raw_connection()
            try:
                connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
            finally:
                connection.close()

    def _delete(self, connection: Connection, ids: list[str]) -> dict[str, int]:
        """Deletes conversations with their messages; how many messages each had."""
        self._overwrite_what_is_freed(connection)
        mine = messages.c.conversation_id.in_(ids)
        counting = sa.select(messages.c.conversation_id, sa.func.count()).where(mine)
        counts = dict.fromkeys(ids, 0)
        counts.update(connection.execute(counting.group_by(messages.c.conversation_id)).all())
        connection.execute(sa.delete(messages).where(mine))
        for table in (missed_questions, feedback):
            connection.execute(sa.delete(table).where(table.c.conversation_id.in_(ids)))
        connection.execute(sa.delete(conversations).where(conversations.c.id.in_(ids)))
        self._delete_letters(connection, ids)
        return counts

    def _delete_letters(self, connection: Connection, ids: list[str]) -> None:
        """What was sent, or is to be sent, to these people, and what a channel knows of them. What they wrote and is
        not answered yet is a new conversation; of what was answered only the marks stay, by which a second delivery is
        known."""
        answered = channel_inbox.c.conversation_id.in_(ids) & (channel_inbox.c.state == "done")
        connection.execute(sa.update(channel_inbox).where(answered).values(conversation_id=None))
        for table in (channel_outbox, handovers):
            connection.execute(sa.delete(table).where(table.c.conversation_id.in_(ids)))
        mine = channel_people.c.conversation_id.in_(ids)
        connection.execute(sa.delete(channel_people).where(mine, ~channel_people.c.stopped))
        connection.execute(sa.update(channel_people).where(mine).values(offers="[]"))

    def _delete_trackers(self, connection: Connection, ids: list[str]) -> int:
        return int(connection.execute(sa.delete(trackers).where(trackers.c.conversation_id.in_(ids))).rowcount)

    def _leave_receipts(
        self, connection: Connection, counts: Mapping[str, int], at: dt.datetime, reason: Reason, numbers: Iterable[str]
    ) -> None:
        rows = [
            {
                "receipt": number,
                "conversation_hash": erasure_hash(conversation_id),
                "erased_at": stamp(at),
                "reason": reason,
                "messages": count,
            }
            for number, (conversation_id, count) in zip(numbers, counts.items())
        ]
        if rows:
            connection.execute(sa.insert(erasures), rows)

    @contextmanager
    def _reading(self, single: bool = False) -> Iterator[Connection]:
        try:
            with read(self._engine, single) as connection:
                yield connection
        except sa.exc.ProgrammingError as error:
            raise Unavailable(f"the conversation tables are of another version; run: {REMEDY}") from error
        except sa.exc.TimeoutError as error:
            raise Unavailable("every connection to the conversations database is in use") from error


def was_erased(connection: Connection, conversation_id: str, since: dt.datetime) -> bool:
    """Whether this conversation was erased at or after `since`: what began before must not be written any more."""
    erased = {"erased_hash": erasure_hash(conversation_id), "erased_since": stamp(since)}
    return connection.execute(_ERASED, erased).first() is not None


def unknown(conversation_id: str) -> UnknownConversation:
    return UnknownConversation(f"nothing is kept of a conversation {conversation_id}")


def new_receipt_number() -> str:
    return secrets.token_hex(8)


def stamp(moment: dt.datetime) -> str:
    """A moment as it is kept: texts of one length, so that they sort as the moments do."""
    return moment.astimezone(dt.timezone.utc).isoformat(timespec="microseconds")


def storable(text: str) -> str:
    """The text as both kinds of database take it."""
    # Half of a surrogate pair and NUL are refused by one database or the other; a message must not be lost for them.
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def _loaded(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _conversation(row: Mapping[str, Any]) -> Conversation:
    return Conversation(
        id=row["id"],
        channel=row["channel"],
        started_at=dt.datetime.fromisoformat(row["started_at"]),
        locale=row["locale"],
        region=row["region"],
        introduced=row["introduced"],
        therapy=row["therapy"],
        suppressed=row["suppressed"],
        card=ShownCard(**json.loads(row["card"])) if row["card"] else None,
        last_entry=row["last_entry"],
        said=tuple(row["said"].split()),
        awaiting=row["awaiting"],
    )


def _addition(table: sa.Table, *left_out: str) -> sa.sql.elements.TextClause:
    # Written out, because SQLAlchemy 1.4 builds its own form of it anew for each row, at twice the cost of running it.
    names = [column.name for column in table.columns if column.name not in left_out]
    values = ", ".join(f":{name}" for name in names)
    return sa.text(f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({values}) ON CONFLICT DO NOTHING")


def _changes(*names: str) -> dict[str, Any]:
    """The columns of a conversation that change with a turn. What was said or known once stays so, whichever of two
    processes writes last, and whatever a process did not know while the database was away."""
    kept = conversations.c
    new = {name: sa.bindparam(f"new_{name}", type_=kept[name].type) for name in names}
    lasting = {name: sa.or_(kept[name], new[name]) for name in ("introduced", "therapy", "suppressed")}
    lasting |= {name: sa.func.coalesce(new[name], kept[name]) for name in ("region", "last_entry")}
    return {**new, **lasting}


_FIND = (
    sa.select(conversations, messages.c.replies)
    .select_from(
        conversations.outerjoin(
            messages,
            (messages.c.conversation_id == conversations.c.id)
            & (messages.c.message_hash == sa.bindparam("wanted_hash")),
        )
    )
    .where(conversations.c.id == sa.bindparam("wanted_id"))
)
_START = sa.select(conversations.c.started_at).where(conversations.c.id == sa.bindparam("wanted_id"))
_ADD = _addition(conversations)
_ADD_MESSAGE = _addition(messages, "id")
_ADD_MISSED = _addition(missed_questions, "id")
_ADD_CONTACT = _addition(contact_requests)
_CHANGE = (
    sa.update(conversations)
    .where(conversations.c.id == sa.bindparam("known_id"))
    .values(
        _changes(
            "heard_at",
            "locale",
            "region",
            "introduced",
            "therapy",
            "suppressed",
            "card",
            "last_entry",
            "said",
            "awaiting",
        )
    )
)
_CHANGE_THIS = _CHANGE.where(conversations.c.started_at == sa.bindparam("known_start"))
_ERASED = sa.select(erasures.c.receipt).where(
    erasures.c.conversation_hash == sa.bindparam("erased_hash"),
    erasures.c.erased_at >= sa.bindparam("erased_since"),
)
