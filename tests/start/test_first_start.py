"""The first start on PostgreSQL: an empty database, the same command.

The assistant is held still while it loads, so that what people get in the meantime can be seen.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import psutil
import pytest

from tests import postgresql as postgresql_server
from tests.conversations.expect import answered_by, shows_card
from tests.registry_server import Registry
from tests.running import ASSISTANT, GATEWAY, WORKER, Lantern, wait_until
from tests.shipped import with_few_texts
from tests.trials_registry import moved, number_of, records


@pytest.fixture(scope="module")
def registry() -> Iterator[Registry]:
    with Registry(records(5)).running() as registry:
        yield registry


@pytest.fixture(scope="module")
def loading(
    running_lantern: Lantern,
    postgresql: postgresql_server.Server,
    registry: Registry,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Lantern, psutil.Process]]:
    """The gateway answers, the assistant does not yet. The model and the training are those of another home, where all
    texts were read."""
    folder = tmp_path_factory.mktemp("postgresql")
    for part in ("model", "models"):
        shutil.copytree(running_lantern.home / part, folder / "home" / part)
    content = with_few_texts(folder / "content")
    searches = folder / "searches.yml"
    searches.write_text("- name: everything\n  intervention: CAR-T\n", encoding="utf-8")
    settings = {
        "LANTERN_DATABASE_URL": postgresql.new_database(),
        "LANTERN_CONTENT": str(content),
        "LANTERN_REGION": "us",
        "LANTERN_TRIALS_API_URL": registry.address,
        "LANTERN_TRIALS_SEARCHES": str(searches),
        "LANTERN_TRIALS_SYNC": "04:10",
        "NO_PROXY": "127.0.0.1",
    }
    lantern = Lantern(folder / "home", settings)
    with lantern.starting():
        lantern.await_gateway()
        assistant = lantern.child(ASSISTANT)
        assistant.suspend()
        yield lantern, assistant
        if assistant.is_running():
            assistant.resume()


@pytest.fixture(scope="module")
def started(loading: tuple[Lantern, psutil.Process]) -> Lantern:
    lantern, assistant = loading
    assistant.resume()
    lantern.await_ready()
    return lantern


def test_a_card_does_not_wait_for_the_assistant(loading: tuple[Lantern, psutil.Process]) -> None:
    lantern, _ = loading
    assert not lantern.assistant_is_ready
    shows_card(lantern.person().say("my dad collapsed and isn't breathing"), "cpr-adult", call="Call 911")
    shows_card(lantern.person().say("i want to kill myself"), "crisis", kind="crisis")


def test_a_question_does_not_wait_for_the_assistant(loading: tuple[Lantern, psutil.Process]) -> None:
    lantern, _ = loading
    answered_by(lantern.person().say("is lupus contagious"), "lupus-contagious")
    assert not lantern.assistant_is_ready


def test_it_ends_with_addresses_that_answer(started: Lantern) -> None:
    addresses = [word for word in started.output().split() if word.startswith("http://")]
    assert addresses == [f"http://127.0.0.1:{started.port}{path}" for path in ("/", "/library/", "/studio/", "/docs/")]
    # The studio leads to its sign-in page.
    assert [started.client.get(address).status_code for address in addresses] == [200, 200, 303, 200]


def test_answers_come_from_the_database(started: Lantern) -> None:
    person = started.person()
    answered_by(person.say("is lupus contagious"), "lupus-contagious")
    answered_by(person.say("say it more simply"), "lupus-contagious")
    assert not list(started.home.glob("*.db"))


def test_a_changed_answer_is_live_with_the_next_message(started: Lantern) -> None:
    file = next(file for file in (started.home.parent / "content").rglob("lupus-contagious.md"))
    file.write_text(file.read_text(encoding="utf-8").replace("contagious. ", "CONTAGIOUS. ", 1), encoding="utf-8")
    before = started.release
    published = started.command("content", "import", "--seed")
    assert published.returncode == 0, published.stdout
    assert "CONTAGIOUS." in started.person().say("is lupus contagious").texts[0]
    # The assistant answered from it; the gateway goes on from the release before while it loads.
    wait_until("the gateway to load it, too", lambda: started.release == before + 1)


def test_the_trained_model_was_used_as_it_is(running_lantern: Lantern, started: Lantern) -> None:
    names = [sorted(file.name for file in (home / "models").iterdir()) for home in (running_lantern.home, started.home)]
    assert names[0] == names[1]


def test_the_worker_fetches_the_copy_that_conversations_then_speak_from(started: Lantern, registry: Registry) -> None:
    assert started.child(WORKER).is_running()
    wait_until("the first sync", lambda: not (started.get("/readyz") or {})["parts"]["trials"]["shipped"])
    record = registry.studies[0]
    registry.replace(moved(record, "SUSPENDED", "2026-11-20"))
    synced = started.command("trials", "sync")
    assert synced.returncode == 0, synced.stdout
    person, asked = started.person(), len(registry.asked)
    wait_until("the newer copy", lambda: "Suspended (as of November 20, 2026)" in person.say(number_of(record)).text)
    assert len(registry.asked) == asked, "no conversation asks the registry"


def test_a_second_start_on_its_ports_says_who_holds_them(started: Lantern) -> None:
    done = started.command("up")
    assert done.returncode == 1
    assert f"port {started.port} is used by process " in done.stdout


def test_stopping_leaves_nothing_running(started: Lantern) -> None:
    children = [started.child(GATEWAY), started.child(ASSISTANT), started.child(WORKER)]
    assert started.stop() == 0
    assert not any(child.is_running() for child in children)
    assert started.output().rstrip().endswith("Stopped.")
