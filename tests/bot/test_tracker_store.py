"""Whatever happens in a dialogue, Rasa goes on from our store as it would from its own, and no word is kept unasked."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from records.tables import trackers
from records.trackers import Trackers
from records.wiring import now
from storage.engine import open_engine, read, write
from storage.writer import Writer
from tests.bot.conftest import shortcuts_taken
from tests.running import wait_until

if TYPE_CHECKING:
    from rasa.core.agent import Agent
    from rasa.core.tracker_store import TrackerStore

    from bot.tracker_store import LanternTrackerStore
    from tests.bot.dialogues import Said

pytestmark = pytest.mark.timeout(600)  # the first test waits for a training

PERSON = "0f" * 16
"""An id as the gateway gives it."""

# A message is written as "intent" or "intent entity=value ..."; "late" before it: the session has expired.
SCRIPTS = {
    "questions and follow-ups": ["ask topic=lupus", "yes", "simpler", "ask", "yes", "simpler", "simpler"],
    "slots": ["ask topic=lupus", "ask topic=cpr", "greet", "wipe", "ask", "yes"],
    "a form": ["ask", "call_me", "give name=Ann", "give day=Monday", "greet", *["ask"] * 7, "yes"],
    "a form with questions in between": [
        "call_me",
        "ask",
        "give name=Ann",
        *["ask"] * 8,
        "give day=Monday",
        *["ask"] * 8,
    ],
    "a form that is left": ["call_me", "give name=Ann", "stop", *["greet"] * 3, "call_me", "give name=Bo day=Friday"],
    "steps back": ["ask", "yes", "back", "yes", "back", "back", "simpler", *["greet", "back"] * 5, "yes"],
    "an answer taken back": ["ask", "undo", "yes", "undo", "unsay", "again", "simpler"],
    "restarts": ["ask topic=lupus", "restart", "yes", "ask", "restart", "restart", "greet"],
    "sessions": ["ask topic=lupus", "late yes", "yes", "call_me", "late give name=Ann", "late ask", "simpler"],
    "small talk inside a story": ["ask topic=lupus", *["greet"] * 15, "yes", *["greet"] * 9, "simpler"],
    "nobody answers any more": ["ask", "wait", "ask", "ask", "restart", "ask"],
}
FREE = [
    "ask",
    "simpler",
    "yes",
    "greet",
    "call_me",
    "give",
    "stop",
    "wipe",
    "undo",
    "unsay",
    "again",
    "back",
    "restart",
]
OFTEN = [5, 4, 4, 6, 3, 6, 1, 0.5, 1, 1, 1, 1, 0.3]


def read_script(rows: Sequence[str]) -> list[Said]:
    from tests.bot.dialogues import Said

    found = []
    for row in rows:
        words = row.split()
        late = words[0] == "late"
        intent, *entities = words[late:]
        found.append(Said(intent, dict(entity.split("=") for entity in entities), late))
    return found


def free_talk(seed: int, turns: int) -> list[str]:
    chance = random.Random(seed)
    rows = []
    for intent in chance.choices(FREE, OFTEN, k=turns):
        entities = {
            "ask": ["", "", " topic=lupus", " topic=cpr"],
            "give": [" name=Ann", " day=Monday", " name=Bo day=Friday"],
        }.get(intent, [""])
        rows.append(("late " if chance.random() < 0.03 else "") + intent + chance.choice(entities))
    return rows


@pytest.fixture(scope="module")
def agent(small_model: Path) -> Iterator[Agent]:
    from tests.bot import dialogues

    with shortcuts_taken():
        yield dialogues.load(small_model)


@dataclass
class Process:
    """What an assistant's process remembers with; another one on the same database has only what was written."""

    engine: Engine
    writer: Writer
    trackers: Trackers
    store: LanternTrackerStore


@contextmanager
def process(url: str, agent: Agent, **settings: Any) -> Iterator[Process]:
    from bot.tracker_store import LanternTrackerStore

    engine = open_engine(url)
    writer = Writer(engine)
    kept = Trackers(engine, writer, now)
    store = LanternTrackerStore(kept, **settings)
    store.domain = agent.domain
    try:
        yield Process(engine, writer, kept, store)
    finally:
        store.close()
        writer.close(10)
        engine.dispose()


def rasas_own(name: str, folder: Path, agent: Agent) -> TrackerStore:
    from rasa.core.tracker_store import InMemoryTrackerStore, SQLTrackerStore

    if name == "sql":
        return SQLTrackerStore(agent.domain, db=str(folder / "rasa.db"))
    return InMemoryTrackerStore(agent.domain)


async def compare(
    agent: Agent, url: str, theirs: TrackerStore, rows: Sequence[str], guesses: Sequence[str], noticed: bool = True
) -> None:
    """Says `rows` to the assistant twice, with Rasa's store and with ours in a new process for each message, and fails
    at the first thing that differs."""
    from rasa.core.tracker_store import InMemoryTrackerStore

    from tests.bot import dialogues

    for number, (row, said) in enumerate(zip(rows, read_script(rows))):
        place = f"message {number}: {row}"
        expected = await dialogues.say(agent, theirs, PERSON, said)
        with process(url, agent) as ours:
            assert await dialogues.say(agent, ours.store, PERSON, said, noticed) == expected, place
            assert ours.store.faults == 0
        with process(url, agent) as ours:
            wanted, found = await theirs.retrieve(PERSON), await ours.store.retrieve(PERSON)
        assert wanted is not None
        assert found is not None
        stands_on, would_stand_on = dialogues.view(found), dialogues.view(wanted)
        if isinstance(theirs, InMemoryTrackerStore):
            # It forgets a message that only filled a form; Rasa's SQL store and ours do not.
            del stands_on["latest_message"], would_stand_on["latest_message"]
        assert stands_on == would_stand_on, place
        last, everything = dialogues.last_turns(found), dialogues.applied(wanted)
        assert last == everything[len(everything) - len(last) :], place
        assert turns_of(last) >= min(6, turns_of(everything)), place
        for guess in read_script(guesses):
            assert dialogues.next_actions(agent, found, guess) == dialogues.next_actions(agent, wanted, guess), place


def turns_of(events: Sequence[dict[str, Any]]) -> int:
    return sum(event["event"] == "user" for event in events)


@pytest.mark.parametrize(("database", "store"), [("sqlite", "sql"), ("postgresql", "memory")], indirect=["database"])
@pytest.mark.parametrize("script", SCRIPTS)
def test_a_dialogue_goes_on_as_with_rasas_own_stores(
    agent: Agent, database: str, store: str, script: str, tmp_path: Path
) -> None:
    theirs = rasas_own(store, tmp_path, agent)
    asyncio.run(compare(agent, database, theirs, SCRIPTS[script], ["yes", "simpler"]))


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("seed", "noticed"), [(3, True), (8, False)])
def test_free_talk_goes_on_as_with_rasas_own_store(
    agent: Agent, database: str, seed: int, noticed: bool, tmp_path: Path
) -> None:
    theirs = rasas_own("sql", tmp_path, agent)
    asyncio.run(compare(agent, database, theirs, free_talk(seed, 40), ["yes"], noticed))


async def talk(
    agent: Agent, store: TrackerStore, rows: Sequence[str], noticed: bool = True, text: str = ""
) -> list[str]:
    """Replies to all `rows`, each said with the words `text`."""
    from dataclasses import replace

    from tests.bot import dialogues

    replies: list[str] = []
    for said in read_script(rows):
        replies += await dialogues.say(agent, store, PERSON, replace(said, text=text or said.text), noticed)
    return replies


def stored(engine: Engine, name: str = PERSON) -> str | None:
    with read(engine) as connection:
        found: str | None = connection.execute(
            sa.select(trackers.c.state).where(trackers.c.conversation_id == name)
        ).scalar_one_or_none()
    return found


WORDS = "My name is Wanjiru Otieno, mail me at wanjiru@example.org about lupus"


def test_words_are_kept_redacted_where_the_person_knows_of_it(agent: Agent, database: str) -> None:
    with process(database, agent) as ours:
        asyncio.run(talk(agent, ours.store, ["ask topic=lupus"], text=WORDS))
        kept = stored(ours.engine)
    assert kept is not None
    user = next(event for event in json.loads(kept)["events"] if event["event"] == "user")
    assert user["text"] == user["parse_data"]["text"] == "My name is [name], mail me at [email] about lupus"
    assert "Wanjiru" not in kept
    assert "wanjiru" not in kept


def test_words_are_not_kept_before(agent: Agent, database: str) -> None:
    with process(database, agent) as ours:
        asyncio.run(talk(agent, ours.store, ["ask topic=lupus"], noticed=False, text=WORDS))
        kept = stored(ours.engine)
        assert kept is not None
        assert not any(word in kept for word in ("Wanjiru", "Otieno", "mail", "about"))
        # What was meant is known all the same.
        assert asyncio.run(talk(agent, ours.store, ["yes"], noticed=False)) == ["action_simpler lupus lupus-entry"]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_no_more_is_kept_than_rasa_needs(agent: Agent, database: str) -> None:
    with process(database, agent) as ours:
        asyncio.run(talk(agent, ours.store, ["ask topic=lupus", "call_me"]))
        kept = json.loads(stored(ours.engine) or "")
    assert not any("metadata" in json.dumps(event) or "m-1" in json.dumps(event) for event in kept["events"])
    users = [event for event in kept["events"] if event["event"] == "user"]
    assert users[0]["parse_data"] == {
        "text": "some words",
        "intent": {"name": "ask", "confidence": 1.0},
        "entities": [{"entity": "topic", "value": "lupus"}],
    }
    assert [set(event) for event in kept["events"] if event["event"] == "bot"] == [{"event", "timestamp"}] * 2


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_a_form_was_told_is_kept_redacted(agent: Agent, database: str) -> None:
    with process(database, agent) as ours:
        asyncio.run(talk(agent, ours.store, ["call_me", "give name=me@example.org"], text=" "))
        tracker = asyncio.run(ours.store.retrieve(PERSON))
    assert tracker is not None
    assert tracker.get_slot("name") == "[email]"
    assert "example.org" not in (Path(ours.engine.url.database).read_bytes()).decode(errors="replace")


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("rows", [["ask topic=lupus", "yes"], ["ask", "back"]])
def test_a_long_conversation_takes_no_more_room_than_a_short_one(agent: Agent, database: str, rows: list[str]) -> None:
    with process(database, agent) as ours:
        asyncio.run(talk(agent, ours.store, rows * 10))
        after_twenty = stored(ours.engine)
        asyncio.run(talk(agent, ours.store, rows * 20))
        after_sixty = stored(ours.engine)
    assert after_twenty is not None
    assert after_sixty is not None
    assert after_sixty.count("\n") == after_twenty.count("\n")


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_events_that_were_kept_before_go_back_as_they_came(agent: Agent, database: str) -> None:
    with process(database, agent) as ours:
        asyncio.run(talk(agent, ours.store, ["ask topic=lupus"], text=WORDS))
        first = (stored(ours.engine) or "").splitlines()[1:-1]
        asyncio.run(talk(agent, ours.store, ["yes"]))
        second = (stored(ours.engine) or "").splitlines()[1:-1]
    assert [line.rstrip(",") for line in second[: len(first)]] == [line.rstrip(",") for line in first]


def test_with_the_database_away_the_conversation_goes_on_and_is_written_later(agent: Agent, database: str) -> None:
    with process(database, agent, wait=0.1) as ours:
        asyncio.run(talk(agent, ours.store, ["ask topic=lupus"]))
        with write(ours.engine) as connection:
            connection.exec_driver_sql("ALTER TABLE trackers RENAME TO elsewhere")
        assert asyncio.run(talk(agent, ours.store, ["yes"])) == ["action_simpler lupus lupus-entry"]
        assert asyncio.run(talk(agent, ours.store, ["simpler"])) == ["What would you like to know?"]
        with write(ours.engine) as connection:
            connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO trackers")
        wait_until("the dialogue to be written", lambda: not ours.writer.waiting)
    with process(database, agent) as ours:
        tracker = asyncio.run(ours.store.retrieve(PERSON))
    assert tracker is not None
    assert tracker.latest_message.intent["name"] == "simpler"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_reply_does_not_wait_for_a_locked_database(agent: Agent, database: str) -> None:
    with process(database, agent, wait=0.1) as ours:
        with write(ours.engine):
            assert asyncio.run(talk(agent, ours.store, ["ask topic=lupus", "yes"])) == [
                "action_answer lupus None",
                "action_simpler lupus lupus-entry",
            ]
            assert stored(ours.engine) is None
        wait_until("the dialogue to be written", lambda: stored(ours.engine) is not None)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_reply_does_not_wait_for_a_database_that_hangs(agent: Agent, database: str) -> None:
    with process(database, agent, wait=0.1) as ours:
        asyncio.run(talk(agent, ours.store, ["ask topic=lupus"]))
        with write(ours.engine) as connection:
            connection.exec_driver_sql("LOCK TABLE trackers IN ACCESS EXCLUSIVE MODE")
            assert asyncio.run(talk(agent, ours.store, ["yes"])) == ["action_simpler lupus lupus-entry"]
        wait_until("the dialogue to be written", lambda: not ours.writer.waiting)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_dialogue_that_cannot_be_read_back_begins_anew_and_says_so(
    agent: Agent, database: str, caplog: pytest.LogCaptureFixture
) -> None:
    with process(database, agent) as ours:
        ours.trackers.keep(PERSON, '{"events":[\n{"event":"secret words"}\n]}').result(10)
        assert asyncio.run(talk(agent, ours.store, ["ask"])) == ["action_answer None None"]
        assert ours.store.faults == 1
    assert "begins anew: ValueError" in caplog.text
    assert "secret words" not in caplog.text


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_dialogue_that_cannot_be_written_goes_on_in_memory(
    agent: Agent, database: str, caplog: pytest.LogCaptureFixture
) -> None:
    from rasa.shared.core.events import SlotSet

    with process(database, agent) as ours:
        asyncio.run(talk(agent, ours.store, ["ask topic=lupus"]))
        tracker = asyncio.run(ours.store.retrieve(PERSON))
        assert tracker is not None
        tracker.update(SlotSet("search", {"words": object()}))
        asyncio.run(ours.store.save(tracker))
        assert ours.store.faults == 1
        assert asyncio.run(talk(agent, ours.store, ["yes"])) == ["action_simpler lupus lupus-entry"]
        assert '"yes"' not in (stored(ours.engine) or "")
        # Once nothing stands in the way, it is written again.
        asyncio.run(talk(agent, ours.store, ["restart", "ask topic=cpr"]))
        assert "cpr" in (stored(ours.engine) or "")
    assert "stays in memory: TypeError" in caplog.text
    assert "words" not in caplog.text


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_sender_that_may_be_a_telephone_number_is_kept_as_a_hash(agent: Agent, database: str) -> None:
    from tests.bot import dialogues

    number = "+254700000001"
    with process(database, agent) as ours:
        asyncio.run(dialogues.say(agent, ours.store, number, read_script(["ask topic=lupus"])[0]))
        (name,) = asyncio.run(ours.store.keys())
        assert number not in name + (stored(ours.engine, name) or "")
        for key in (number, name):
            tracker = asyncio.run(ours.store.retrieve(key))
            assert tracker is not None
            assert tracker.get_slot("topic") == "lupus"


def test_a_window_shorter_than_a_policy_looks_back_is_refused(agent: Agent, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="MemoizationPolicy"), process(f"sqlite:///{tmp_path}/any.db", agent, turns=3):
        pass


def test_what_slots_hold_from_the_shelf_is_not_taken_for_a_trace_of_a_person() -> None:
    from knowledge.settings import SHIPPED_CONTENT
    from knowledge.trials.snapshot import load_snapshot
    from safety import redact

    names = {file.stem for file in SHIPPED_CONTENT.rglob("*.md")}
    for study in load_snapshot().studies:
        places = [name for site in study.sites for name in (site.country, site.state, site.city) if name]
        names |= {study.nct_id, *study.conditions, *places}
    assert len(names) > 350
    assert [name for name in sorted(names) if redact(name) != name] == []
