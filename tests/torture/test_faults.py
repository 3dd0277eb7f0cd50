"""What people and operators notice of faults, where no other test shows it. README.md says which test shows which."""

from __future__ import annotations

import asyncio
import datetime as dt
import sys
import textwrap
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from knowledge.errors import StoreUnavailable
from knowledge.store.repository import KnowledgeStore
from knowledge.wiring import from_environment
from records import wiring as records_wiring
from records.recorder import Recorder
from records.repository import ConversationStore
from records.wiring import now
from storage.engine import open_engine
from storage.writer import Writer
from tests import postgresql as postgresql_server
from tests.knowledge.samples import SOURCE, STEPS, TEA, publication
from tests.running import wait_until
from tests.torture.failing_calls import Calls, Fails
from tests.web.conftest import COLLAPSED, HERE, HOST, WEBHOOK, StandInAssistant, ask, impatient
from tests.web.test_api import Visitor
from tests.web.test_serve import door
from web.app import build
from web.limits import Limits, Rate
from web.parts import Parts

APOLOGY = "Something went wrong. In an emergency, call 911."
SECRET_WORDS = "my name is Zebulon Quillfeather"


# There is no action server that could be down: actions run inside the assistant's process. What remains of that fault
# is an action that fails or hangs.
@pytest.fixture(scope="module")
def failing_actions(tmp_path_factory: pytest.TempPathFactory, prepared_home: Path) -> Iterator[str]:
    """Name of a package with an action that fails at every third call and one that hangs."""
    package = tmp_path_factory.mktemp("actions") / "failing_actions"
    package.mkdir()
    (package / "__init__.py").write_text(
        textwrap.dedent(
            """
            import itertools, threading
            from rasa_sdk import Action

            calls = itertools.count(1)
            let_go = threading.Event()

            class EveryThird(Action):
                def name(self):
                    return "action_every_third"

                def run(self, dispatcher, tracker, domain):
                    if next(calls) % 3 == 0:
                        raise ValueError(tracker.latest_message["text"])
                    dispatcher.utter_message(text="an answer")
                    return []

            class Hangs(Action):
                def name(self):
                    return "action_hangs"

                def run(self, dispatcher, tracker, domain):
                    let_go.wait(20)
                    return []
            """
        ),
        encoding="utf-8",
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(package.parent)
        # rasa-sdk makes every action that this process has imported, ours too, and those ask for a home that is ready.
        patch.setenv("LANTERN_HOME", str(prepared_home))
        from_environment.cache_clear()
        yield package.name
        from_environment.cache_clear()


def run_actions(package: str, *names: str) -> list[str]:
    """The first text of each action's reply, called one after the other as Rasa calls them. Then what hangs goes on."""
    from bot.actions_endpoint import InProcessActions

    actions = InProcessActions(package, 200, APOLOGY)
    let_go = sys.modules[package].let_go
    let_go.clear()
    tracker = {"sender_id": "someone", "slots": {}, "latest_message": {"text": SECRET_WORDS}, "events": []}
    usual: dict[str, Any] = {"paused": False, "followup_action": None, "active_loop": {}, "latest_action_name": None}

    async def call(name: str) -> str:
        row = await actions.request(json={"next_action": name, "tracker": {**tracker, **usual}, "domain": {}})
        return str(row["responses"][0]["text"])

    async def all_of_them() -> list[str]:
        try:
            return [await call(name) for name in names]
        finally:
            let_go.set()

    return asyncio.run(all_of_them())


def test_an_action_that_fails_now_and_then_apologizes_and_harms_no_other_reply(
    failing_actions: str, caplog: pytest.LogCaptureFixture
) -> None:
    said = run_actions(failing_actions, *["action_every_third"] * 6)
    assert said == ["an answer", "an answer", APOLOGY] * 2
    # It is counted in the log, by its place and without what the person wrote.
    failures = [record.getMessage() for record in caplog.records if "action_every_third failed" in record.getMessage()]
    assert len(failures) == 2
    assert "ValueError" in failures[0]
    assert SECRET_WORDS not in caplog.text


def test_an_action_that_hangs_is_given_up_with_an_apology(failing_actions: str) -> None:
    assert run_actions(failing_actions, "action_hangs") == [APOLOGY]


# There is no page for staff yet that could say so; operators see it where they look at the health of all parts.
def test_a_full_disk_is_told_to_operators_and_kept_from_people(parts: Parts) -> None:
    records = records_wiring.build({"LANTERN_HOME": str(parts.settings.home)})
    calls = Calls(records.engine, Fails(1, only="INSERT", for_good=True))
    with TestClient(build(replace(parts, recorder=records.recorder)), HOST, client=HERE) as client:
        answered = ask(client, "Is lupus contagious?", message_id="m-1")
        assert answered[0]["custom"]["entry"] == "lupus-contagious"
        wait_until("a write to fail", lambda: bool(calls.failed))
        wait_until("it to be told", lambda: client.get("/readyz").json()["degraded"] == ["records"])
        state = client.get("/readyz")
        assert (state.status_code, state.json()["status"]) == (200, "degraded")
        assert state.json()["parts"]["records"]["waiting"] == 1
        calls.mended = True
        wait_until("it to be over", lambda: client.get("/readyz").json()["status"] == "ready")
        assert ask(client, "Is lupus contagious?", message_id="m-1") == answered
    records.engine.dispose()


def test_nobody_waits_for_good_when_the_database_hangs(parts: Parts) -> None:
    records = records_wiring.build({"LANTERN_HOME": str(parts.settings.home)})
    calls = Calls(records.engine, Fails())
    with TestClient(build(replace(parts, recorder=records.recorder)), HOST, client=HERE) as client:
        visitor, threads = Visitor(client), ThreadPoolExecutor(1)
        before = visitor.say("Is lupus contagious?", message_id="m-1")
        ask(client, "Is lupus contagious?", message_id="m-1")
        calls.free.clear()
        try:
            said = threads.submit(visitor.say, COLLAPSED, message_id="m-2").result(20)
            assert said[0]["answer"]["kind"] == "emergency"
            assert len(said) == 1, "whoever was told who speaks is not told again"
            assert threads.submit(ask, client, COLLAPSED).result(20)[0]["custom"]["kind"] == "emergency"
            said = threads.submit(visitor.say, "Is lupus contagious?", message_id="m-3").result(20)
            assert said == before
        finally:
            calls.free.set()
        assert visitor.say("Is lupus contagious?", message_id="m-3") == before
        assert [len(message["replies"]) for message in visitor.export()["messages"]] == [1, 1, 1]
    records.engine.dispose()


@pytest.mark.parametrize(
    "statement", ["INSERT INTO revisions", "INSERT INTO releases", "INSERT INTO release_revisions"]
)
def test_a_publication_whose_connection_is_dropped_is_refused_whole_and_can_be_repeated(
    postgresql: postgresql_server.Server, statement: str
) -> None:
    url = postgresql.new_database()
    engine, other = open_engine(url), sa.create_engine(url, isolation_level="AUTOCOMMIT")
    store = KnowledgeStore(engine)
    store.migrate()
    store.publish([TEA], {}, **publication())
    before = store.release(1)

    def drop(connection: Any, _cursor: Any, said: str, *_: Any) -> None:
        if said.startswith(statement):
            process = connection.connection.dbapi_connection.get_backend_pid()
            with other.connect() as admin:
                admin.execute(sa.text("SELECT pg_terminate_backend(:process)"), {"process": process})

    sa.event.listen(engine, "before_cursor_execute", drop)
    with pytest.raises(StoreUnavailable):
        store.publish([TEA, STEPS], {SOURCE.key: SOURCE}, **publication(base=1))
    sa.event.remove(engine, "before_cursor_execute", drop)
    assert (store.newest_release(), store.release(1), store.sources()) == (1, before, {})
    assert store.publish([TEA, STEPS], {SOURCE.key: SOURCE}, **publication(base=1)) == 2
    engine.dispose()
    other.dispose()


# Nothing is withdrawn by date, and a token has no end, so what is left of a jump is retention, which asks a person
# (tests/records/test_retention.py), and these.
@pytest.mark.parametrize("jump", [dt.timedelta(days=366), dt.timedelta(days=-1)], ids=["a year ahead", "a day back"])
def test_a_clock_that_jumps_shuts_nobody_out(parts: Parts, jump: dt.timedelta) -> None:
    moved = dt.timedelta()
    engine = open_engine(f"sqlite:///{parts.settings.home / 'conversations.db'}")
    recorder = Recorder(ConversationStore(engine, lambda: now() + moved), Writer(engine), lambda: now() + moved)
    with TestClient(build(replace(parts, recorder=recorder)), HOST, client=HERE) as client:
        visitor = Visitor(client)
        first = visitor.say("Is lupus contagious?", message_id="m-1")
        known = ask(client, "Is lupus contagious?", message_id="m-1")
        moved = jump
        assert visitor.say("Is lupus contagious?", message_id="m-1") == first
        assert visitor.say("Is lupus contagious?", message_id="m-2") == first
        assert ask(client, "Is lupus contagious?", message_id="m-1") == known
        assert ask(client, "Is lupus contagious?", message_id="m-2") == known[:1], "and knows who it speaks with"
        assert visitor.say(COLLAPSED)[0]["answer"]["kind"] == "emergency"
        assert len(visitor.export()["messages"]) == 3
    engine.dispose()


def test_two_hundred_people_at_once_are_answered_while_one_floods(parts: Parts) -> None:
    async def everybody(address: str) -> tuple[list[httpx.Response], list[httpx.Response]]:
        limits = httpx.Limits(max_connections=220)
        async with httpx.AsyncClient(base_url=address, limits=limits, timeout=60, trust_env=False) as client:

            async def say(sender: str, message: str) -> httpx.Response:
                return await client.post(WEBHOOK, json={"sender": sender, "message": message})

            people = [say(f"person-{number}", "Is lupus contagious?") for number in range(200)]
            flood = [say("flood", COLLAPSED if number % 5 == 4 else "Is lupus contagious?") for number in range(50)]
            answers = await asyncio.gather(*people, *flood)
            return answers[:200], answers[200:]

    limits = Limits(Rate(20, 10), Rate(0), lambda: 0.0, parts.metrics.limited)
    with door(replace(parts, limits=limits)) as (host, port):
        people, flood = asyncio.run(everybody(f"http://{host}:{port}"))
    assert {response.status_code for response in people} == {200}
    assert all(response.json()[0]["custom"]["entry"] == "lupus-contagious" for response in people)
    emergencies = flood[4::5]
    assert all(response.json()[0]["custom"]["kind"] == "emergency" for response in emergencies)
    sent_away = [response for response in flood if response.status_code == 429]
    assert len(sent_away) == 40 - 20
    assert all(int(response.headers["Retry-After"]) >= 1 for response in sent_away)


def test_who_erases_while_an_answer_is_being_made_leaves_nothing(parts: Parts, assistant: StandInAssistant) -> None:
    hurried = impatient(parts)
    with TestClient(build(hurried), HOST, client=HERE) as client, ThreadPoolExecutor(2) as threads:
        visitor = Visitor(client)
        visitor.say(f"{SECRET_WORDS}, is lupus contagious?")
        assistant.behave = "hang"
        answering = threads.submit(visitor.say, "Is lupus contagious?")
        wait_until("the message to reach the assistant", lambda: len(assistant.received) == 2)
        erasing = threads.submit(client.delete, "/api/v1/conversation", headers=visitor.headers)
        assert answering.result(20), "the answer still comes"
        erased = erasing.result(20)
        assistant.let_go.set()
        assert (erased.status_code, erased.json()["messages"]) == (200, 2)
        assert client.get("/api/v1/conversation", headers=visitor.headers).status_code == 401
    records = records_wiring.build({"LANTERN_HOME": str(parts.settings.home)})
    with records.engine.connect() as connection:
        left = {
            table: connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar()
            for table in ("conversations", "messages", "trackers", "erasures")
        }
    assert left == {"conversations": 0, "messages": 0, "trackers": 0, "erasures": 1}
