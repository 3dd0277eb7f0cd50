"""Each single call to the database may fail, and nobody notices: the method with which SQLite is tested.

Three people talk, again and again; the first time the first call fails, then the second, until they get to the end
before its turn comes.
"""

from __future__ import annotations

import asyncio
import functools
import itertools
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

import records.recorder
import web.chat
from records import wiring as records_wiring
from records.tables import conversations, erasures, messages
from records.trackers import Trackers
from records.wiring import now
from storage.engine import open_engine, read
from storage.writer import Writer
from tests.running import PROJECT
from tests.torture.failing_calls import Calls, Fails
from tests.web.conftest import COLLAPSED, HERE, HOST, SECRET, WEBHOOK
from web.app import build
from web.limits import Limits, Rate
from web.parts import Parts
from web.turns import Turns
from web.wiring import line_to_assistant

pytestmark = pytest.mark.takes_long

if TYPE_CHECKING:
    from rasa.shared.core.domain import Domain

    from bot.tracker_store import LanternTrackerStore

NewHome = Callable[[], Path]
NAME, MAIL = "Quillfeather", "quill.feather@post.example"
FAILURES: dict[str, Callable[[int], Fails]] = {
    "one call": lambda number: Fails(number),
    "one commit, which is done all the same": lambda number: Fails(number, only="COMMIT", done=True),
    "all calls from one on": lambda number: Fails(number, for_good=True),
}
STRIDE = {"all calls from one on": 5}
"""Where a database goes away for good matters less than where one call fails, and takes longer to try."""
ASKED = (f"my name is Zebulon {NAME}, is lupus contagious?", COLLAPSED, f"is lupus contagious? write to {MAIL}")


@dataclass
class Told:
    """What people were told, by who they are and the id of their message."""

    client: TestClient
    replies: dict[tuple[str, str], Any] = field(default_factory=dict)
    token: str = ""
    receipt_given: bool = False

    def by_rest(self, who: str, message_id: str, text: str) -> Any:
        body = {"sender": who, "message": text, "metadata": {"message_id": message_id}}
        response = self.client.post(WEBHOOK, json=body)
        assert response.status_code == 200, response.text
        return response.json()

    def by_token(self, message_id: str, text: str) -> Any:
        body, headers = {"message": text, "message_id": message_id}, {"Authorization": f"Bearer {self.token}"}
        response = self.client.post("/api/v1/messages", json=body, headers=headers)
        assert response.status_code == 200, response.text
        return response.json()["messages"]


def talk(told: Told) -> None:
    """Two people who stay, and one who wants to be forgotten."""
    for number, text in enumerate(ASKED):
        told.replies["ann", str(number)] = told.by_rest("ann", str(number), text)
    begun = told.client.post("/api/v1/conversations", json={"locale": "en"})
    assert begun.status_code == 201
    told.token = begun.json()["token"]
    for number, text in enumerate(ASKED):
        told.replies["bob", str(number)] = told.by_token(str(number), text)
    copy = told.client.get("/api/v1/conversation", headers={"Authorization": f"Bearer {told.token}"})
    assert copy.status_code in (200, 503)
    told.by_rest("cid", "0", ASKED[0])
    told.receipt_given = "receipt" in told.by_rest("cid", "1", "Forget me")[0]["text"]


def again(told: Told) -> dict[tuple[str, str], Any]:
    """What people are told when each message is sent once more."""
    rows = {}
    for number, text in enumerate(ASKED):
        rows["ann", str(number)] = told.by_rest("ann", str(number), text)
        rows["bob", str(number)] = told.by_token(str(number), text)
    return rows


@contextmanager
def door(parts: Parts, home: Path, fails: Fails) -> Iterator[tuple[Told, Calls]]:
    """A door on the database in `home`, whose calls fail so while it is open; closing it works."""
    records = records_wiring.build({"LANTERN_HOME": str(home)})
    calls = Calls(records.engine, fails)
    on_it = replace(
        parts,
        recorder=records.recorder,
        retention=records.retention,
        identify=records.conversation_id,
        assistant=line_to_assistant(parts.settings, SECRET, parts.metrics),
        limits=Limits(Rate(0), Rate(0), lambda: 0.0, parts.metrics.limited),
        turns=Turns(),
    )
    with TestClient(build(on_it), HOST, client=HERE) as client:
        yield Told(client), calls
        calls.mended = True
    records.engine.dispose()


def kept(home: Path) -> tuple[int, int, int]:
    """How many conversations, messages and receipts there are."""
    engine = open_engine(f"sqlite:///{home / 'conversations.db'}")
    with read(engine) as connection:
        counts = [
            connection.execute(sa.select(sa.func.count()).select_from(table)).scalar()
            for table in (conversations, messages, erasures)
        ]
    engine.dispose()
    return counts[0], counts[1], counts[2]


def hold(parts: Parts, home: Path, fails: Fails) -> list[str]:
    """The conversation with these failures, and all that must be true after it. Returns the calls that failed."""
    with door(parts, home, fails) as (told, calls):
        talk(told)
    assert all(told.replies[who, "1"][0]["text"].startswith("Call 911") for who in ("ann", "bob"))
    # Cid's conversation is gone, whether he was told so at once or that it will be soon.
    assert kept(home) == (2, 6, 1), calls.failed
    held = b"".join(file.read_bytes() for file in home.glob("conversations.db*"))
    assert not [trace for trace in (NAME, MAIL) if trace.encode() in held]
    with door(parts, home, Fails()) as (later, _):
        later.token = told.token
        assert again(later) == told.replies, calls.failed
    return calls.failed


@pytest.fixture
def new_home(tmp_path: Path) -> NewHome:
    """Makes homes with an empty database."""
    first = tmp_path / "first"
    records_wiring.build({"LANTERN_HOME": str(first)}).store.migrate()
    numbers = itertools.count(1)
    return lambda: Path(shutil.copytree(first, tmp_path / f"home-{next(numbers)}"))


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a database that stays away each reply would wait half a second for it, and who wants a copy five."""
    monkeypatch.setattr(web.chat, "RECORD_PATIENCE", 0.02)
    monkeypatch.setattr(records.recorder, "PATIENCE", 0.1)


@pytest.mark.parametrize("kind", FAILURES)
@pytest.mark.usefixtures("impatient")
def test_whichever_call_to_the_database_fails_every_message_keeps_its_one_answer(
    parts: Parts, new_home: NewHome, kind: str
) -> None:
    # Writes that come together share a commit, so there are not always as many as messages.
    for_each_call(kind, 7, lambda fails: hold(parts, new_home(), fails))


@pytest.mark.parametrize("kind", FAILURES)
def test_whichever_call_to_the_database_fails_the_assistant_remembers_the_dialogue(
    new_home: NewHome, kind: str
) -> None:
    for_each_call(kind, TURNS, lambda fails: dialogue(new_home(), fails))


def for_each_call(kind: str, fewest: int, held: Callable[[Fails], list[str]]) -> None:
    """Holds a conversation once for each of its calls. `held` returns which calls failed: none in the end."""
    stride = STRIDE.get(kind, 1)
    for number in itertools.count(1, stride):
        if not held(FAILURES[kind](number)):
            break
    assert number > fewest, "too few calls were made"


PERSON = "0f" * 16
TURNS = 4


def dialogue(home: Path, fails: Fails) -> list[str]:
    """A dialogue in the assistant, which knows at each turn what the turn before left, and afterwards what the last
    one did. Returns the calls that failed."""
    from bot.tracker_store import LanternTrackerStore

    url = f"sqlite:///{home / 'conversations.db'}"
    engine = open_engine(url)
    calls, writer = Calls(engine, fails), Writer(engine)
    store = LanternTrackerStore(Trackers(engine, writer, now), wait=0.1)
    asyncio.run(turns(store))
    calls.mended = True
    assert writer.close(10) == 0
    store.close()
    engine.dispose()
    engine = open_engine(url)
    later = LanternTrackerStore(Trackers(engine, Writer(engine), now), wait=30)
    later.domain = small_domain()
    found = asyncio.run(later.retrieve(PERSON))
    assert found is not None
    assert found.get_slot("last_entry") == f"entry-{TURNS}", calls.failed
    assert NAME.encode() not in b"".join(file.read_bytes() for file in home.glob("conversations.db*"))
    later.close()
    engine.dispose()
    return calls.failed


async def turns(store: LanternTrackerStore) -> None:
    from rasa.shared.core.events import ActionExecuted, BotUttered, SessionStarted, SlotSet, UserUttered
    from rasa.shared.core.trackers import DialogueStateTracker

    store.domain = small_domain()
    for turn in range(1, TURNS + 1):
        tracker = await store.retrieve(PERSON)
        if turn == 1:
            assert tracker is None
            tracker = DialogueStateTracker(PERSON, store.domain.slots)
            begun = [ActionExecuted("action_session_start"), SessionStarted(), ActionExecuted("action_listen")]
            tracker.update_with_events(begun, store.domain)
        else:
            assert tracker is not None
            assert tracker.get_slot("last_entry") == f"entry-{turn - 1}"
        said = UserUttered(ASKED[0], {"name": "ask", "confidence": 1.0}, metadata={"noticed": True})
        answer = [ActionExecuted("action_answer"), SlotSet("last_entry", f"entry-{turn}"), BotUttered("No.")]
        tracker.update_with_events([said, *answer, ActionExecuted("action_listen")], store.domain)
        await store.save(tracker)


@functools.cache
def small_domain() -> Domain:
    from rasa.shared.core.domain import Domain

    return Domain.load(str(PROJECT / "tests" / "bot" / "small_assistant" / "domain.yml"))
