"""What has been kept for long enough goes, whatever happens on the way; and a wrong clock erases nothing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from records.model import Report
from records.repository import ConversationStore, Pruned
from records.retention import ConfirmationNeeded, Retention
from records.tables import conversations, erasures, messages
from storage.engine import open_engine, read, write
from tests.records.conftest import NOON, Clock, bytes_of, conversation, keep, keep_tracker, rows
from tests.running import PROJECT

DAYS = 30
Talk = Callable[[str, float], None]


@pytest.fixture
def retention(store: ConversationStore, clock: Clock) -> Retention:
    return Retention(store, clock, DAYS)


@pytest.fixture
def talk(store: ConversationStore, engine: Engine) -> Talk:
    """Two messages of somebody, so many days ago."""

    def talk(name: str, days_ago: float) -> None:
        began = replace(conversation(name), started_at=NOON - timedelta(days=days_ago))
        for number in range(2):
            keep(store, engine, began, f"m{number}")

    return talk


def known(engine: Engine) -> set[str]:
    with read(engine) as connection:
        return {name.lstrip("0") for name in connection.execute(sa.select(conversations.c.id)).scalars()}


def test_what_is_old_goes_and_what_is_not_stays(retention: Retention, engine: Engine, talk: Talk) -> None:
    for name, days_ago in (("a", 90), ("b", DAYS + 0.001), ("c", DAYS), ("d", 1), ("e", 0)):
        talk(name, days_ago)
    assert retention.run() == Pruned(conversations=2, messages=4, trackers=0)
    assert known(engine) == {"c", "d", "e"}
    assert rows(engine) == {"conversations": 3, "messages": 6, "trackers": 0, "erasures": 2}
    with read(engine) as connection:
        left = connection.execute(sa.select(erasures.c.reason, erasures.c.messages)).all()
    assert left == [("retention", 2), ("retention", 2)]
    assert retention.run() == Pruned()


def test_reports_of_readers_go_by_their_own_age_and_are_kept_once(
    retention: Retention, store: ConversationStore, engine: Engine
) -> None:
    for number, days_ago in enumerate((90, DAYS, 0)):
        report = Report("lupus-contagious", "en", 1, "other", f"text {number}", NOON - timedelta(days=days_ago))
        for _ in range(2):
            with write(engine) as connection:
                store.keep_report(connection, f"{number}", report)
    assert [report.text for report in store.reports()] == ["text 0", "text 1", "text 2"]
    assert retention.run() == Pruned(reports=1)
    assert [report.text for report in store.reports()] == ["text 1", "text 2"]


def test_the_words_of_a_report_are_gone_from_the_file_with_it(
    sqlite_engine: Engine, sqlite_store: ConversationStore
) -> None:
    words = "a remark nobody else would make"
    with write(sqlite_engine) as connection:
        old = Report("lupus-contagious", "en", 1, "other", words, NOON - timedelta(days=90))
        sqlite_store.keep_report(connection, "1", old)
    assert words.encode() in bytes_of(sqlite_engine)
    assert sqlite_store.prune(NOON - timedelta(days=DAYS)) == Pruned(reports=1)
    assert words.encode() not in bytes_of(sqlite_engine)


def test_a_conversation_that_goes_on_is_not_old(retention: Retention, engine: Engine, talk: Talk) -> None:
    talk("a", 90)
    talk("a", 5)
    assert retention.run() == Pruned()
    assert known(engine) == {"a"}


def test_dialogues_go_with_their_conversation_or_by_their_own_age(
    retention: Retention, engine: Engine, talk: Talk
) -> None:
    talk("a", 90)
    keep_tracker(engine, conversation("a").id, NOON)
    keep_tracker(engine, "old, without the gateway", NOON - timedelta(days=DAYS + 1))
    keep_tracker(engine, "new, without the gateway", NOON - timedelta(days=DAYS - 1))
    assert retention.run() == Pruned(conversations=1, messages=2, trackers=2)
    assert rows(engine)["trackers"] == 1


def test_no_byte_of_what_went_is_left_on_the_disk(
    sqlite_store: ConversationStore, sqlite_engine: Engine, clock: Clock
) -> None:
    for name in "abcdefgh":
        keep(sqlite_store, sqlite_engine, conversation(name), "m1", "why does my butterfly rash come back")
    clock.move(days=DAYS + 1)
    keep(sqlite_store, sqlite_engine, replace(conversation("z"), started_at=clock()), "m1", "is tea good")
    Retention(sqlite_store, clock, DAYS).run()
    assert b"butterfly" not in bytes_of(sqlite_engine)
    assert b"is tea good" in bytes_of(sqlite_engine)


def test_a_clock_that_jumped_ahead_erases_nothing_until_a_person_confirms(
    retention: Retention, engine: Engine, talk: Talk, clock: Clock
) -> None:
    for number in range(30):
        talk(f"{number:x}f", number)
    clock.move(days=365)
    with pytest.raises(ConfirmationNeeded, match=r"30 of 30 .*nothing was erased.*02 November 2027.*prune --confirm"):
        retention.run()
    assert rows(engine)["conversations"] == 30
    assert retention.run(confirmed=True).conversations == 30
    assert rows(engine)["conversations"] == 0


def test_a_clock_that_jumped_ahead_does_not_take_the_dialogues_either(
    retention: Retention, engine: Engine, clock: Clock
) -> None:
    for number in range(30):
        keep_tracker(engine, str(number), NOON)
    clock.move(days=365)
    with pytest.raises(ConfirmationNeeded, match="30 of 30 dialogues"):
        retention.run()
    assert rows(engine)["trackers"] == 30


@pytest.mark.parametrize(("old", "new", "asked"), [(20, 0, False), (21, 0, True), (21, 20, True), (21, 21, False)])
def test_a_person_is_asked_for_more_than_twenty_and_more_than_half(
    retention: Retention, engine: Engine, talk: Talk, old: int, new: int, asked: bool
) -> None:
    for number in range(old):
        talk(f"a{number:x}", DAYS + 1)
    for number in range(new):
        talk(f"b{number:x}", 1)
    if asked:
        with pytest.raises(ConfirmationNeeded):
            retention.run()
        assert rows(engine)["conversations"] == old + new
    else:
        assert retention.run().conversations == old


def test_a_clock_that_is_behind_erases_nothing_until_a_person_confirms(
    retention: Retention, engine: Engine, talk: Talk
) -> None:
    talk("a", 90)
    talk("b", -2)
    with pytest.raises(ConfirmationNeeded, match=r"kept on 04 November 2026, which is later than now"):
        retention.run()
    assert known(engine) == {"a", "b"}
    assert retention.run(confirmed=True).conversations == 1
    # What the wrong clock wrote counts from the day on which it was set right: no more confirming, and no keeping it.
    assert retention.run() == Pruned()
    assert known(engine) == {"b"}


def test_what_a_wrong_clock_wrote_goes_in_the_end(
    retention: Retention, engine: Engine, talk: Talk, clock: Clock
) -> None:
    talk("a", -400)
    keep_tracker(engine, "a", NOON + timedelta(days=400))
    retention.run(confirmed=True)
    clock.move(days=DAYS + 1)
    retention.run()
    assert (rows(engine)["conversations"], rows(engine)["trackers"]) == (0, 0)


def test_a_clock_that_is_a_little_behind_is_no_matter(retention: Retention, engine: Engine, talk: Talk) -> None:
    talk("a", 90)
    talk("b", -0.9)
    assert retention.run().conversations == 1


def test_many_go_in_several_steps_that_are_told(store: ConversationStore, engine: Engine, talk: Talk) -> None:
    for number in range(25):
        talk(f"{number:x}f", 90)
    told: list[int] = []
    store.prune(NOON, at_once=10, tell=lambda so_far: told.append(so_far.conversations))
    assert told == [10, 20]
    assert rows(engine)["conversations"] == 0


KILLED = """
import sys
from datetime import datetime
import sqlalchemy as sa
from records.repository import ConversationStore
from storage.engine import open_engine
engine = open_engine(sys.argv[1])
steps = []

def stop(_connection, _cursor, said, *_):
    # In the middle of the third transaction: messages are deleted, their conversation and its receipt are not.
    if said.startswith("DELETE FROM conversations"):
        steps.append(said)
        if len(steps) == 3:
            print("deleting", flush=True)
            sys.stdin.read()

sa.event.listen(engine, "before_cursor_execute", stop)
moment = datetime.fromisoformat(sys.argv[2])
ConversationStore(engine, lambda: moment).prune(moment, at_once=10)
"""


def killed_half_way(url: str, moment: datetime) -> None:
    """Prunes in a process of its own, which is killed in the middle of its third step."""
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, url, moment.isoformat()],
        cwd=PROJECT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "deleting\n"
        process.kill()
    assert process.returncode == -9


def test_killed_half_way_it_leaves_whole_conversations_and_the_next_run_goes_on(
    store: ConversationStore, engine: Engine, url: str, talk: Talk
) -> None:
    for number in range(50):
        talk(f"{number:x}f", 90 - number)
    killed_half_way(url, NOON)
    assert rows(engine) == {"conversations": 30, "messages": 60, "trackers": 0, "erasures": 20}
    with read(engine) as connection:
        whole = sa.select(sa.func.count(messages.c.id)).group_by(messages.c.conversation_id)
        assert set(connection.execute(whole).scalars()) == {2}
    assert store.prune(NOON).conversations == 30
    assert rows(engine) == {"conversations": 0, "messages": 0, "trackers": 0, "erasures": 50}


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)  # a SQLite file lets one writer in at a time
def test_who_writes_while_the_old_goes_is_not_held_up_by_it(
    store: ConversationStore, url: str, engine: Engine, talk: Talk
) -> None:
    talk("a", 90)
    talk("b", 90)
    with write(open_engine(url)) as connection:
        connection.execute(sa.update(conversations).where(conversations.c.id.endswith("a")).values(locale="es"))
        assert store.prune(NOON).conversations == 1
    assert known(engine) == {"a"}
    assert store.prune(NOON).conversations == 1


def test_two_runs_at_once_do_not_erase_anything_twice(store: ConversationStore, engine: Engine, talk: Talk) -> None:
    for number in range(40):
        talk(f"{number:x}f", 90)
    second: list[Any] = []

    def also(so_far: Pruned) -> None:
        if not second:
            second.append(store.prune(NOON, at_once=7))

    first = store.prune(NOON, at_once=7, tell=also)
    assert first.conversations + second[0].conversations == 40
    assert rows(engine)["erasures"] == 40
