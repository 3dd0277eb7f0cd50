from __future__ import annotations

import datetime as dt
import re
import shutil
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
import sqlalchemy as sa

from knowledge.answer import Answerer
from knowledge.editing.acts import Editing
from knowledge.editing.calendar import Calendar
from knowledge.errors import ContentError, EditRefused, ModelError, StoreUnavailable
from knowledge.model import Answer, Person, Question
from knowledge.search.embedder import Embedder
from knowledge.search.words import Aliases
from knowledge.second_net import SecondNet
from knowledge.settings import SHIPPED_CONTENT
from knowledge.store.repository import KnowledgeStore
from knowledge.store.syncs import SyncJournal
from knowledge.store.trials import TrialStore
from knowledge.thresholds import Thresholds
from knowledge.trials.answers import TrialAnswers
from knowledge.trials.current import CurrentTrials
from knowledge.trials.record import read_record
from knowledge.trials.searches import read_searches
from knowledge.trials.snapshot import load_snapshot
from knowledge.wiring import Knowledge, build
from storage.engine import open_engine
from storage.errors import StorageError
from storage.settings import SettingError
from tests.knowledge.samples import CARD, ENTRIES, NOON, SOURCE, STEPS, TEA, WordEncoder, publication
from tests.running import wait_until
from tests.shipped import shipped_net
from tests.trials_registry import records

SOURCES = {SOURCE.key: SOURCE}


@pytest.fixture
def days() -> list[dt.date]:
    """The days that the clock of `knowledge` tells, the last one from now on."""
    return [NOON.date()]


@pytest.fixture
def knowledge(sqlite_store: KnowledgeStore, shipped: Knowledge, days: list[dt.date], tmp_path: Path) -> Knowledge:
    """A knowledge room over a small database, with nothing published yet."""
    encoder = WordEncoder()
    editing = Editing(sqlite_store, dict, lambda entries: None)
    return Knowledge(
        store=sqlite_store,
        embedder=Embedder(encoder, sqlite_store),
        encoder=encoder,
        phrases=shipped.phrases,
        aliases=Aliases({}),
        background=("who won the cup",),
        asked_next=(),
        advice=shipped._advice,
        numbers=shipped.numbers,
        trials=shipped._trials,
        cards=shipped.cards,
        sources={},
        today=lambda: days[-1],
        cards_home=tmp_path / "cards",
        editing=editing,
        upkeep=shipped.upkeep,
        second_net=shipped_net,
    )


@pytest.fixture
def calendar(knowledge: Knowledge, days: list[dt.date]) -> Calendar:
    return Calendar(knowledge.editing, lambda: dt.datetime.combine(days[-1], dt.time(), dt.timezone.utc), 30)


def said(answer: Answer) -> str:
    return "\n".join(run.text for block in answer.blocks for item in (block.runs, *block.items) for run in item)


@pytest.mark.parametrize("fault", [OSError("gone"), ValueError("not a net")])
def test_a_second_net_that_cannot_be_read_leaves_the_answers(
    knowledge: Knowledge, fault: Exception, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def unreadable() -> SecondNet:
        raise fault

    monkeypatch.setattr(knowledge, "_read_second_net", unreadable)
    knowledge.store.publish(ENTRIES, SOURCES, **publication())
    assert [knowledge.reworded_emergency("he laid out his good suit", "US") for _ in range(2)] == [None, None]
    assert knowledge.live().answer(Question(TEA.question)).entry == TEA.id
    assert caplog.text.count(str(fault)) == 1


@pytest.fixture
def withdrawn(knowledge: Knowledge) -> Knowledge:
    knowledge.store.publish(ENTRIES, SOURCES, **publication())
    knowledge.live()
    publisher = Person("Peter", frozenset({"publisher"}))
    knowledge.editing.withdraw([TEA.key], by=publisher, at=NOON, reason="it harmed somebody")
    return knowledge


@pytest.mark.parametrize("asked", [TEA.question, "tea meaning"])
def test_a_withdrawn_text_is_not_shown_and_its_sources_are(withdrawn: Knowledge, asked: str) -> None:
    answer = withdrawn.live().answer(Question(asked))
    assert (answer.kind, answer.entry) == ("abstain", None)
    assert "being reviewed" in said(answer)
    assert SOURCE.title in said(answer)
    assert "leaves" not in said(answer)


def test_a_withdrawn_text_is_offered_to_nobody(withdrawn: Knowledge) -> None:
    live = withdrawn.live()
    for asked in ("tea", "tea please", "how do I make tea?", "should i stop tea"):
        assert TEA.question not in [offer.title for offer in live.answer(Question(asked)).follow_ups]
    assert TEA.id not in {revision.entry.id for revision in live.asked()}


def test_a_text_whose_review_is_overdue_warns_its_reader_and_then_withdraws_itself(
    knowledge: Knowledge, calendar: Calendar, days: list[dt.date]
) -> None:
    due = NOON.date() + dt.timedelta(days=10)
    old = replace(TEA, review_due=due)
    knowledge.store.publish([old, STEPS, CARD], SOURCES, **publication())
    days.append(due)
    assert "late" not in said(knowledge.live().answer(Question(TEA.question)))
    days.append(due + dt.timedelta(days=1))
    warned = said(knowledge.live().answer(Question(TEA.question)))
    assert "The review of this text was due on December 2, 2026 and is late." in warned
    assert "leaves" in warned
    assert calendar.run().withdrawn == ()
    days.append(due + dt.timedelta(days=31))
    assert calendar.run().withdrawn == (TEA.key,)
    assert "being reviewed" in said(knowledge.live().answer(Question(TEA.question)))


def test_an_overdue_card_stays_and_staff_hear_of_it(
    knowledge: Knowledge, calendar: Calendar, days: list[dt.date]
) -> None:
    knowledge.store.publish([replace(CARD, review_due=NOON.date())], SOURCES, **publication())
    assert knowledge.overdue_cards() == []
    days.append(NOON.date() + dt.timedelta(days=400))
    assert knowledge.overdue_cards() == ["en/scald"]
    assert calendar.run().withdrawn == ()


def test_every_process_that_meets_a_release_puts_its_cards_where_they_need_no_database(
    knowledge: Knowledge, tmp_path: Path
) -> None:
    knowledge.store.publish(ENTRIES, SOURCES, **publication())
    knowledge.live()
    assert (tmp_path / "cards" / "en" / "scald.md").exists()


def test_before_anything_is_published_it_says_what_to_run(knowledge: Knowledge) -> None:
    with pytest.raises(StoreUnavailable, match=r"no release has been published yet; run: \./lantern content import"):
        knowledge.live()


def test_a_published_change_is_live_with_the_next_message(knowledge: Knowledge) -> None:
    knowledge.store.publish(ENTRIES, SOURCES, **publication())
    first = knowledge.live()
    assert knowledge.live() is first
    better = replace(TEA, answer="Tea is a warm drink.", figures=())
    KnowledgeStore(knowledge.store._engine).publish([better, STEPS], SOURCES, **publication(base=1))
    answer = knowledge.live().answer(Question(TEA.question))
    assert (answer.entry, answer.revision) == ("tea-what-is", 2)
    assert answer.blocks[0].runs[0].text == "Tea is a warm drink."
    # A conversation that was being answered meanwhile still speaks from one release.
    assert first.answer(Question(TEA.question)).revision == 1


def gone(engine: sa.engine.Engine, statement: str) -> Callable[[], None]:
    """From now on the database fails at statements that begin so, until the returned function is called."""

    def fail(_connection: object, _cursor: object, said: str, *_: object) -> None:
        if said.startswith(statement):
            raise sa.exc.OperationalError(said, None, Exception("the disk went away"))

    sa.event.listen(engine, "before_cursor_execute", fail)
    return lambda: sa.event.remove(engine, "before_cursor_execute", fail)


@pytest.mark.parametrize("statement", ["SELECT", "SELECT revisions"])
def test_with_the_database_away_the_last_release_goes_on_answering(knowledge: Knowledge, statement: str) -> None:
    knowledge.store.publish([TEA], SOURCES, **publication())
    before = knowledge.live()
    knowledge.store.publish(ENTRIES, SOURCES, **publication(base=1))
    back = gone(knowledge.store._engine, statement)
    assert knowledge.live() is before
    assert knowledge.live().answer(Question(TEA.question)).entry == "tea-what-is"
    back()
    assert knowledge.live().release.number == 2


def test_cards_need_no_database(knowledge: Knowledge) -> None:
    gone(knowledge.store._engine, "SELECT")
    answer = knowledge.card_answer("emergency", "en", "emergency", "US")
    assert answer.kind == "emergency"
    assert answer.blocks[0].runs[0].text.startswith("Call 911 now.")


@pytest.fixture
def home(tmp_path: Path, prepared_home: Path) -> Path:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "model").symlink_to(prepared_home / "model")
    return tmp_path / "home"


def test_a_new_home_starts_without_a_release(home: Path) -> None:
    knowledge = build({"LANTERN_HOME": str(home)})
    knowledge.store.migrate()
    assert knowledge.store.newest_release() == 0


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"LANTERN_MODEL_PRECISION": "fp16"}, SettingError, "LANTERN_MODEL_PRECISION: 'fp16' will not do: give one of"),
        ({"LANTERN_DATABASE_URL": "mysql://host/name"}, StorageError, "use SQLite files or PostgreSQL"),
        ({"LANTERN_CONTENT": "/nowhere"}, ContentError, "/nowhere/en/phrases.yml:1 is missing"),
        ({"LANTERN_MODEL_PRECISION": "fp32"}, ModelError, "not prepared"),
    ],
)
def test_wrong_settings_stop_the_start_with_a_sentence(
    home: Path, settings: dict[str, str], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=re.escape(message)):
        build({"LANTERN_HOME": str(home), **settings})


@pytest.mark.parametrize("name", ["phrases.yml", "aliases.yml", "background.txt"])
@pytest.mark.parametrize("damage", ["missing", "not UTF-8"])
def test_a_damaged_file_beside_the_entries_is_named(home: Path, tmp_path: Path, name: str, damage: str) -> None:
    content = Path(shutil.copytree(SHIPPED_CONTENT, tmp_path / "content"))
    file = content / "en" / name
    if damage == "missing":
        file.unlink()
    else:
        file.write_bytes(b"hello: \xff\n")
    with pytest.raises(ContentError, match=name.replace(".", r"\.") + ":1 "):
        build({"LANTERN_HOME": str(home), "LANTERN_CONTENT": str(content)})


def test_one_release_is_loaded_once_however_many_ask(knowledge: Knowledge) -> None:
    at = dt.datetime(2026, 11, 22, tzinfo=dt.timezone.utc)
    knowledge.store.publish(ENTRIES, SOURCES, **publication(at=at))
    assert len({id(knowledge.live()) for _ in range(5)}) == 1


READERS, ROLL_BACKS = 3, 24


def test_what_is_answered_during_publications_is_from_exactly_one_release(knowledge: Knowledge) -> None:
    entries = [replace(TEA, id=f"tea-{name}", question=f"What is {name} tea?") for name in ("red", "green", "black")]
    saying = {text: [replace(entry, answer=text, figures=()) for entry in entries] for text in ("A", "B")}
    knowledge.store.publish(saying["A"], SOURCES, **publication())
    publisher = Person("Peter", frozenset({"publisher"}))
    answered, over = threading.Event(), threading.Event()

    def publish() -> None:
        try:
            knowledge.store.publish(saying["B"], SOURCES, **publication(base=1))
            for number in range(ROLL_BACKS):
                answered.clear()
                assert answered.wait(20)
                knowledge.editing.roll_back(1 + number % 2, by=publisher, at=NOON, reason="to and fro")
        finally:
            over.set()

    def read() -> list[tuple[int, str]]:
        """Release and texts of what one reader is told, again and again."""
        told = []
        while not over.is_set():
            live = knowledge.live()
            told.append((live.release.number, "".join(said(live.answer(Question(one.question))) for one in entries)))
            answered.set()
        return told

    with ThreadPoolExecutor(READERS + 1) as threads:
        publishing, readers = threads.submit(publish), [threads.submit(read) for _ in range(READERS)]
        publishing.result(60)
        heard = [reader.result(60) for reader in readers]
    for told in heard:
        numbers = [number for number, _ in told]
        assert numbers == sorted(numbers), "no reader is taken back to an earlier release"
    # Odd releases say A in every text, even ones B.
    assert {(number % 2, text) for told in heard for number, text in told} == {(1, "AAA"), (0, "BBB")}
    assert knowledge.live().release.number == ROLL_BACKS + 2


def test_whoever_is_slow_to_look_takes_nobody_back_to_an_earlier_release(
    knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch
) -> None:
    knowledge.store.publish([TEA], SOURCES, **publication())
    looked, loaded, newest = threading.Event(), threading.Event(), knowledge.store.in_force
    with ThreadPoolExecutor(1) as threads:

        def look() -> tuple[int, Thresholds]:
            found = newest()
            if threading.current_thread() is not threading.main_thread() and not looked.is_set():
                looked.set()
                assert loaded.wait(20)
            return found

        monkeypatch.setattr(knowledge.store, "in_force", look)
        slow = threads.submit(knowledge.live)
        assert looked.wait(20)
        knowledge.store.publish(ENTRIES, SOURCES, **publication(base=1))
        assert knowledge.live().release.number == 2
        loaded.set()
        assert slow.result(20).release.number == 2
    assert knowledge.live().release.number == 2


def test_a_database_of_another_kind_is_opened_by_its_address(home: Path) -> None:
    file = home / "elsewhere" / "k.db"
    knowledge = build({"LANTERN_HOME": str(home), "LANTERN_DATABASE_URL": f"sqlite:///{file}"})
    knowledge.store.migrate()
    assert file.exists()
    assert KnowledgeStore(open_engine(f"sqlite:///{file}")).newest_release() == 0


def test_a_newer_registry_copy_is_live_without_reading_the_release_anew(
    knowledge: Knowledge, sqlite_store: KnowledgeStore, shipped: Knowledge
) -> None:
    english = shipped.phrases.of("en")
    copies = TrialStore(sqlite_store._engine)
    knowledge._trials = CurrentTrials(
        copies, load_snapshot(), lambda copy: TrialAnswers(copy, english), count().__next__
    )
    knowledge.store.publish(ENTRIES, SOURCES, **publication())
    before = knowledge.live()
    assert before.trials.shelf.by_number("NCT90000000") is None
    journal = SyncJournal(sqlite_store._engine, lambda connection: None)
    begun = journal.begin(read_searches(), NOON)
    journal.keep_page(begun.id, 0, [read_record(record, NOON.date()) for record in records(3)], 0, None)
    journal.finish(begun.id, NOON)
    wait_until("the newer copy", lambda: knowledge.live().trials is not before.trials)
    after = knowledge.live()
    assert after.trials.shelf.by_number("NCT90000000") is not None
    assert (after.index, after.release) == (before.index, before.release)
    assert before.trials.shelf.by_number("NCT90000000") is None, "who was being answered is, from one copy"
    assert after.answer(Question(TEA.question)).entry == TEA.id
    back = gone(sqlite_store._engine, "SELECT")
    assert knowledge.live().trials is after.trials
    back()


def test_while_a_release_is_loaded_others_are_answered_from_the_one_before(
    knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch
) -> None:
    knowledge.store.publish(ENTRIES, SOURCES, **publication())
    before = knowledge.live()
    loading, go_on = threading.Event(), threading.Event()
    load = knowledge._load

    def slow(number: int, thresholds: Thresholds) -> Answerer:
        loading.set()
        assert go_on.wait(30)
        return load(number, thresholds)

    monkeypatch.setattr(knowledge, "_load", slow)
    knowledge.store.publish([replace(TEA, more="More of it."), STEPS], SOURCES, **publication(base=1))
    with ThreadPoolExecutor(1) as first:
        swapped = first.submit(knowledge.live)
        assert loading.wait(30)
        assert knowledge.live() is before
        go_on.set()
        assert swapped.result().release.number == 2
    assert knowledge.live().release.number == 2


def test_a_draft_is_tried_beside_the_live_release_and_nobody_else_meets_it(knowledge: Knowledge) -> None:
    knowledge.store.publish(ENTRIES, SOURCES, **publication())
    author = Person("Anna", frozenset({"author"}))
    changed = knowledge.editing.draft(replace(TEA, answer="A draft about tea."), by=author, at=NOON)
    new = replace(STEPS, id="tea-cold", question="Is iced tea tea?", phrasings=("iced tea",), related=())
    added = knowledge.editing.draft(new, by=author, at=NOON)
    tried = knowledge.tried([changed.id, added.id])
    assert said(tried.answer(Question(TEA.question))) == "A draft about tea."
    assert tried.answer(Question("iced tea")).entry == "tea-cold"
    live = knowledge.live()
    assert said(live.answer(Question(TEA.question))).startswith("Tea is a drink of leaves")
    assert live.entry("tea-cold") is None
    assert (tried.release.number, knowledge.store.newest_release()) == (1, 1)
    with pytest.raises(EditRefused, match="does not exist any more"):
        knowledge.tried([99])
