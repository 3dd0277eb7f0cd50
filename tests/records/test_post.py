"""What a messenger's door may rely on: a message is kept once, answered once and in order, and sent once or seen."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from typing import Any, TypeVar

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from records.announcements import Announcements
from records.handovers import Handovers
from records.identity import message_mark
from records.inbox import MOST_WAITING, Arrived, Inbox
from records.outbox import NOT_READABLE, UNSURE, Outbox, Parcel
from records.repository import ConversationStore
from records.sealing import Sealer
from records.tables import channel_inbox, channel_outbox, handovers
from records.wiring import Post
from storage.engine import open_engine, read, write
from storage.writer import Writer
from tests.records.conftest import ENOUGH, NOON, Clock, bytes_of, conversation, keep

ANN, BEN = "a" * 32, "b" * 32
SECRET = bytes(32)
LISTENERS = ("https://a.example.org/events", "https://b.example.org/events")
NUMBER, NAME = "+15035550182", "Quillfeather"
T = TypeVar("T")
NewPost = Callable[..., Post]


@pytest.fixture
def new_post(url: str, clock: Clock, store: ConversationStore) -> Iterator[NewPost]:
    """The post of a process of its own."""
    with ExitStack() as stack:

        def make(owner: str = "gateway", secret: bytes = SECRET) -> Post:
            engine = open_engine(url)
            writer, sealer = Writer(engine), Sealer(secret)
            stack.callback(engine.dispose)
            stack.callback(writer.close, ENOUGH)
            outbox, passed_on = Outbox(engine, writer, clock, sealer, owner), Handovers(engine, writer, clock, sealer)
            inbox = Inbox(engine, writer, clock, sealer, outbox, passed_on, owner)
            return Post(inbox, outbox, passed_on, Announcements(outbox, LISTENERS, clock), writer)

        yield make


@pytest.fixture
def post(new_post: NewPost) -> Post:
    return new_post()


def done(future: Future[T]) -> T:
    return future.result(ENOUGH)


def arrived(number: int = 1, of: str = ANN, **changed: Any) -> Arrived:
    facts = {"address": {"to": NUMBER}}
    return replace(Arrived(f"{of[0]}{number}", "sms", of, f"question {number}", facts), **changed)


def parcel(key: str = "1", of: str | None = ANN, **changed: Any) -> Parcel:
    return replace(Parcel(key, "sms", of, {"to": NUMBER, "text": "An answer."}), **changed)


def accept(post: Post, *messages: Arrived) -> list[str]:
    return [done(post.inbox.accept(message)) for message in messages]


def keys(post: Post) -> list[str]:
    return [taken.key for taken in done(post.outbox.take(["sms"]))]


def states(engine: Engine, table: sa.Table) -> list[str]:
    with read(engine) as connection:
        return list(connection.execute(sa.select(table.c.state).order_by(table.c.id)).scalars())


def test_a_message_is_kept_once_however_often_and_to_whomever_it_is_delivered(new_post: NewPost) -> None:
    doors = [new_post("one"), new_post("two")]
    with ThreadPoolExecutor(10) as callers:
        told = list(callers.map(lambda number: accept(doors[number % 2], arrived())[0], range(10)))
    assert sorted(told) == ["known"] * 9 + ["new"]


def test_a_message_that_was_answered_is_still_known(post: Post) -> None:
    accept(post, arrived())
    done(post.inbox.take(ANN))
    assert done(post.inbox.answer("a1", ANN, [parcel()]))
    assert accept(post, arrived()) == ["known"]
    assert done(post.inbox.take(ANN)) is None


def test_a_person_is_answered_in_the_order_in_which_they_wrote(post: Post, new_post: NewPost) -> None:
    accept(post, arrived(1), arrived(2), arrived(1, BEN))
    first = done(post.inbox.take(ANN))
    assert first is not None
    assert first.arrived == arrived(1)
    other = new_post("other")
    assert done(other.inbox.take(ANN)) is None, "the one before it is being answered"
    assert done(other.inbox.take(BEN)) is not None
    done(post.inbox.answer("a1", ANN, []))
    second = done(other.inbox.take(ANN))
    assert second is not None
    assert second.mark == "a2"


def test_an_urgent_message_waits_for_no_other(post: Post) -> None:
    accept(post, arrived(1), arrived(2, urgent=True))
    assert done(post.inbox.take(ANN)) is not None
    urgent = done(post.inbox.take_urgent(ANN, "a2"))
    assert urgent is not None
    assert urgent.arrived == arrived(2, urgent=True)


def test_who_writes_faster_than_anybody_answers_is_not_kept_but_an_emergency_is(post: Post) -> None:
    accept(post, *(arrived(number) for number in range(MOST_WAITING)))
    assert accept(post, arrived(99), arrived(99, BEN), arrived(100, urgent=True), arrived(0)) == [
        *("full", "new", "new", "known")
    ]


def test_of_two_that_answer_the_same_message_one_is_heard(post: Post, new_post: NewPost) -> None:
    accept(post, arrived())
    done(post.inbox.take(ANN))
    other = new_post("other")
    answered = [done(post.inbox.answer("a1", ANN, [parcel("x")])), done(other.inbox.answer("a1", ANN, [parcel("y")]))]
    assert answered == [True, False]
    assert keys(post) == ["x"]


def test_what_a_process_left_is_taken_up_by_its_successor_at_once_and_by_others_in_a_minute(
    new_post: NewPost, clock: Clock
) -> None:
    before = new_post("gateway")
    accept(before, arrived())
    done(before.inbox.take(ANN))
    other, successor = new_post("other"), new_post("gateway")
    assert done(other.inbox.take(ANN)) is None
    assert other.inbox.waiting() == []
    clock.move(seconds=61)
    assert other.inbox.waiting() == [ANN]
    taken = done(other.inbox.take(ANN))
    assert taken is not None
    assert taken.tries == 2
    assert done(successor.inbox.reopen()) == 0, "it is another's by now"
    assert done(new_post("other").inbox.reopen()) == 1
    assert successor.inbox.waiting() == [ANN]


def test_a_message_that_is_put_back_waits_again(post: Post) -> None:
    accept(post, arrived())
    done(post.inbox.take(ANN))
    done(post.inbox.put_back("a1"))
    assert post.inbox.waiting() == [ANN]


def test_what_is_known_of_a_person_changes_with_an_answer(post: Post, clock: Clock) -> None:
    accept(post, arrived(1))
    done(post.inbox.take(ANN))
    done(post.inbox.answer("a1", ANN, [], offers=[("Tell me more", "more")], stopped=True))
    clock.move(hours=1)
    accept(post, arrived(2))
    taken = done(post.inbox.take(ANN))
    assert taken is not None
    assert (taken.person.stopped, taken.person.offers) == (True, (("Tell me more", "more"),))
    assert taken.person.heard_at == NOON + dt.timedelta(hours=1)
    done(post.inbox.answer("a2", ANN, []))
    accept(post, arrived(3))
    taken = done(post.inbox.take(ANN))
    assert taken is not None
    assert taken.person.stopped


def test_no_byte_on_the_disk_tells_what_waits_or_for_whom(
    sqlite_store: ConversationStore, sqlite_engine: Engine, clock: Clock
) -> None:
    writer = Writer(sqlite_engine)
    outbox = Outbox(sqlite_engine, writer, clock, Sealer(SECRET), "gateway")
    passed_on = Handovers(sqlite_engine, writer, clock, Sealer(SECRET))
    inbox = Inbox(sqlite_engine, writer, clock, Sealer(SECRET), outbox, passed_on, "gateway")
    text = f"my name is Zebulon {NAME}, is lupus contagious"
    done(inbox.accept(arrived(mark=message_mark(SECRET, "sms", f"wamid.{NUMBER}"), text=text)))
    done(outbox.put([parcel()]))
    taken = done(inbox.take(ANN))
    assert taken is not None
    assert taken.arrived is not None
    assert taken.arrived.text == "my name is [name], is lupus contagious", "sealed or not, no name is kept"
    held = bytes_of(sqlite_engine)
    assert [trace for trace in (NAME, NUMBER, "contagious", "An answer.") if trace.encode() in held] == []
    writer.close(ENOUGH)


def test_what_was_delivered_or_answered_is_kept_without_words_and_address(post: Post, engine: Engine) -> None:
    accept(post, arrived())
    done(post.inbox.take(ANN))
    done(post.inbox.answer("a1", ANN, [parcel()]))
    assert keys(post) == ["1"]
    done(post.outbox.delivered("1", "mark"))
    with read(engine) as connection:
        for table in (channel_inbox, channel_outbox):
            assert connection.execute(sa.select(table.c.sealed)).scalars().all() == [None]
    assert keys(post) == []


def test_messages_of_one_person_are_handed_out_one_after_the_other(post: Post) -> None:
    done(post.outbox.put([parcel("1"), parcel("2"), parcel("3", BEN), parcel("4", None), parcel("5", None)]))
    assert keys(post) == ["1", "3", "4", "5"]
    done(post.outbox.postponed("1", 30, "500"))
    assert keys(post) == [], "the second waits for the first, which waits for its time"


def test_a_card_overtakes_what_is_held_up(post: Post, clock: Clock) -> None:
    done(post.outbox.put([parcel("1")]))
    assert keys(post) == ["1"]
    done(post.outbox.postponed("1", 30, "429"))
    done(post.outbox.put([parcel("2"), parcel("card", urgent=True), parcel("4")]))
    assert keys(post) == ["card"]
    clock.move(seconds=31)
    assert keys(post) == ["1"]


def test_no_message_is_handed_out_twice(new_post: NewPost) -> None:
    doors = [new_post(str(number)) for number in range(4)]
    done(doors[0].outbox.put([parcel(str(number), None) for number in range(100)]))
    with ThreadPoolExecutor(4) as callers:
        taken = list(callers.map(keys, doors * 5))
    found = [key for some in taken for key in some]
    assert sorted(found) == sorted(set(found))
    assert len(found) == 100


def test_only_what_this_process_can_send_is_handed_out(post: Post) -> None:
    done(post.outbox.put([parcel()]))
    assert not post.outbox.is_due(["whatsapp"])
    assert done(post.outbox.take(["whatsapp"])) == []
    assert done(post.outbox.take([])) == []
    assert keys(post) == ["1"]


def test_a_message_put_in_twice_is_there_once(post: Post) -> None:
    for _ in range(2):
        done(post.outbox.put([parcel("1"), parcel("1")]))
    assert keys(post) == ["1"]


def test_a_postponed_message_is_due_when_its_time_has_come(post: Post, clock: Clock) -> None:
    done(post.outbox.put([parcel()]))
    assert keys(post) == ["1"]
    done(post.outbox.postponed("1", 30, "429"))
    clock.move(seconds=29)
    assert not post.outbox.is_due(["sms"])
    clock.move(seconds=1)
    assert post.outbox.is_due(["sms"])
    [again] = done(post.outbox.take(["sms"]))
    assert (again.attempts, again.content, again.created_at) == (2, parcel().content, NOON)


def test_after_its_deadline_a_message_is_given_up_unsent(post: Post, clock: Clock) -> None:
    done(post.outbox.put([parcel("1", deadline=NOON + dt.timedelta(hours=24)), parcel("2")]))
    clock.move(hours=24, seconds=1)
    assert keys(post) == ["2"]
    [letter] = post.outbox.dead_letters()
    assert (letter.fault, letter.whole) == ("too late to be sent", True)


def test_of_a_process_that_ended_while_sending_nothing_is_sent_twice_that_might_have_arrived(
    new_post: NewPost,
) -> None:
    before = new_post()
    parcels = [parcel("1"), parcel("2", BEN, repeatable=True), parcel("3", "c" * 32, urgent=True)]
    done(before.outbox.put(parcels))
    assert len(keys(before)) == 3
    after = new_post()
    assert done(after.outbox.reopen(every=True)) == 3
    assert sorted(keys(after)) == ["2", "3"], "the receiver knows the one, and a card may come twice"
    assert [letter.fault for letter in after.outbox.dead_letters()] == [UNSURE]


def test_what_another_process_sends_is_left_to_it_for_a_minute(new_post: NewPost, clock: Clock) -> None:
    one, other = new_post("one"), new_post("other")
    done(one.outbox.put([parcel("1", repeatable=True)]))
    assert keys(one) == ["1"]
    assert done(other.outbox.reopen(every=True)) == done(other.outbox.reopen()) == 0
    clock.move(seconds=61)
    assert done(other.outbox.reopen()) == 1
    assert keys(other) == ["1"]


def test_dead_letters_are_seen_and_sent_again(post: Post) -> None:
    done(post.outbox.put([parcel("1"), parcel("2", BEN)]))
    keys(post)
    done(post.outbox.given_up("1", "404"))
    done(post.outbox.delivered("2", "mark"))
    done(post.outbox.did_not_arrive("mark", "no such number"))
    letters = post.outbox.dead_letters()
    assert [(letter.fault, letter.whole) for letter in letters] == [("404", True), ("no such number", False)]
    assert post.outbox.standing()["sms"].dead == 2
    assert done(post.outbox.send_again(letters[0].id)) == 1
    assert done(post.outbox.send_again()) == 0, "what the other said is not there any more"
    [again] = done(post.outbox.take(["sms"]))
    assert (again.key, again.attempts) == ("1", 1)


def test_the_next_message_goes_on_when_one_was_given_up(post: Post) -> None:
    done(post.outbox.put([parcel("1"), parcel("2")]))
    keys(post)
    done(post.outbox.given_up("1", UNSURE))
    assert keys(post) == ["2"]


def test_what_another_secret_sealed_is_a_dead_letter_and_a_message_without_words(new_post: NewPost) -> None:
    before = new_post()
    accept(before, arrived())
    done(before.outbox.put([parcel("1"), parcel("2", BEN, repeatable=True)]))
    assert len(keys(before)) == 2
    done(before.outbox.put([parcel("3", "c" * 32)]))
    after = new_post(secret=bytes([1] * 32))
    done(after.outbox.reopen(every=True))
    assert keys(after) == []
    assert [letter.fault for letter in after.outbox.dead_letters()] == [UNSURE, UNSURE, NOT_READABLE]
    taken = done(after.inbox.take(ANN))
    assert taken is not None
    assert taken.arrived is None


def test_who_is_forgotten_leaves_marks_alone(store: ConversationStore, engine: Engine, post: Post) -> None:
    keep(store, engine, conversation("a", introduced=True))
    me = conversation("a").id
    accept(post, arrived(1, me), arrived(1, BEN))
    done(post.inbox.take(me))
    done(post.inbox.answer("01", me, [parcel("1", me), parcel("2", BEN)], offers=[("More", "more")]))
    assert len(store.export(me)["letters"]) == len(store.export(me)["messenger"]) == 1
    store.erase(me)
    with read(engine) as connection:
        assert me not in str(connection.execute(sa.select(channel_inbox)).all())
        assert me not in str(connection.execute(sa.select(channel_outbox)).all())
    assert accept(post, arrived(1, me)) == ["known"]
    assert keys(post) == ["2"]


def test_who_asked_for_silence_keeps_it_after_being_forgotten(
    store: ConversationStore, engine: Engine, post: Post, clock: Clock
) -> None:
    keep(store, engine, conversation("a"))
    me = conversation("a").id
    accept(post, arrived(1, me))
    done(post.inbox.take(me))
    done(post.inbox.answer("01", me, [], stopped=True, offers=[("More", "more")]))
    store.erase(me)
    clock.move(days=400)
    store.prune(clock())
    accept(post, arrived(2, me))
    taken = done(post.inbox.take(me))
    assert taken is not None
    assert (taken.person.stopped, taken.person.offers) == (True, ())


def test_retention_takes_marks_and_letters_too(store: ConversationStore, post: Post, engine: Engine) -> None:
    accept(post, arrived())
    done(post.inbox.take(ANN))
    done(post.inbox.answer("a1", ANN, [parcel()]))
    keys(post)
    done(post.outbox.given_up("1", "404"))
    assert store.prune(NOON).letters == 0
    assert store.prune(NOON + dt.timedelta(seconds=1)).letters == 2
    assert states(engine, channel_inbox) == states(engine, channel_outbox) == []


def open_handover(post: Post, name: str = "h1", of: str = ANN) -> None:
    accept(post, arrived(1, of))
    done(post.inbox.take(of))
    facts = {"address": {"to": NUMBER}}
    opening = post.inbox.answer(
        f"{of[0]}1", of, [], also=lambda connection: post.handovers.open_within(connection, name, of, "sms", facts)
    )
    assert done(opening)


def test_who_was_passed_on_is_known_until_it_is_ended_and_then_nowhere_reached_any_more(
    post: Post, engine: Engine, clock: Clock
) -> None:
    open_handover(post)
    done(post.handovers.refer("h1", "chat-12"))
    accept(post, arrived(2))
    taken = done(post.inbox.take(ANN))
    assert taken is not None
    assert taken.handover is not None
    assert (taken.handover.id, taken.handover.facts) == ("h1", {"address": {"to": NUMBER}})
    assert post.handovers.find(reference="chat-12") == post.handovers.find("h1") == post.handovers.open_ones()[0]
    clock.move(minutes=1)
    with write(engine) as connection:
        post.handovers.heard_within(connection, "h1", by_staff=True)
    found = post.handovers.find("h1")
    assert found is not None
    assert found.answered_at == found.heard_at == NOON + dt.timedelta(minutes=1)
    with write(engine) as connection:
        assert post.handovers.end_within(connection, "h1")
        assert not post.handovers.end_within(connection, "h1")
        assert connection.execute(sa.select(handovers.c.sealed)).scalars().all() == [None]
    assert post.handovers.find("h1") is post.handovers.find(reference="chat-12") is None


def test_who_is_forgotten_is_not_passed_on_any_more(store: ConversationStore, engine: Engine, post: Post) -> None:
    keep(store, engine, conversation("a"))
    me = conversation("a").id
    open_handover(post, of=me)
    assert len(store.export(me)["handovers"]) == 1
    store.erase(me)
    assert post.handovers.open_ones() == []


def test_what_happened_is_told_to_each_listener_once(post: Post) -> None:
    for _ in range(2):
        done(post.announcements.announce("release.published", "7", {"release": 7}))
    done(post.announcements.announce("release.published", "8", {"release": 8}))
    told = done(post.outbox.take(["events"]))
    assert [taken.content["address"]["to"] for taken in told] == [*LISTENERS, *LISTENERS]
    assert [taken.content["address"]["said"]["data"]["release"] for taken in told] == [7, 7, 8, 8]
    assert told[0].content["address"]["said"]["timestamp"] == "2026-11-02T12:00:00+00:00"
    assert len({taken.key for taken in told}) == 4
