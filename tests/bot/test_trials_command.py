"""`./lantern trials` and `./lantern work` as processes, with the registry of the tests at the other end."""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from knowledge.store.jobs import JobBook
from knowledge.store.repository import KnowledgeStore
from knowledge.store.tables import trial_sync_records, trial_syncs
from knowledge.store.trials import TrialStore
from knowledge.trials.snapshot import load_snapshot
from records.repository import ConversationStore
from storage.engine import open_engine, read
from tests import postgresql as postgresql_server
from tests.records.conftest import conversation, keep
from tests.registry_server import Answering, Asked
from tests.registry_server import Registry as Server
from tests.running import PROJECT, environment, run_command, wait_until
from tests.trials_registry import moved, number_of, records

pytestmark = pytest.mark.takes_long

FEW = 12
LEASE_SECONDS = "2"
SHIPPED = load_snapshot().made


@dataclass
class Place:
    """A migrated home, whose Lantern asks `server`. It has one search, which finds everything."""

    home: Path
    server: Server
    url: str = ""

    def __post_init__(self) -> None:
        searches = self.home.parent / "searches.yml"
        searches.write_text("- name: everything\n  intervention: CAR-T\n", encoding="utf-8")
        self.env = environment(
            self.home,
            LANTERN_TRIALS_API_URL=self.server.address,
            LANTERN_TRIALS_SEARCHES=str(searches),
            LANTERN_LEASE_SECONDS=LEASE_SECONDS,
            LANTERN_DATABASE_URL=self.url,
            NO_PROXY="127.0.0.1",
        )
        self.engine = open_engine(self.url or f"sqlite:///{self.home / 'knowledge.db'}")
        KnowledgeStore(self.engine).migrate()
        self.store = TrialStore(self.engine)
        self.kept = open_engine(self.url or f"sqlite:///{self.home / 'conversations.db'}")
        self.records = ConversationStore(self.kept, lambda: dt.datetime.now(dt.timezone.utc))
        self.records.migrate()

    def talk(self, name: str, days_ago: int) -> None:
        """A conversation whose only message is so many days old."""
        began = replace(conversation(name), started_at=dt.datetime.now(dt.timezone.utc) - dt.timedelta(days=days_ago))
        keep(self.records, self.kept, began)

    @property
    def worker(self) -> str:
        """Who has the lease of the jobs; "" for nobody."""
        holder = JobBook(self.engine).worker()
        return holder.name if holder is not None else ""

    def run(self, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
        done = run_command(*words, env={**self.env, **settings})
        assert "Traceback" not in done.stdout, done.stdout
        return done

    def begin(self, *words: str, **settings: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "bot", *words],
            cwd=PROJECT,
            env={**self.env, **settings},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(records(FEW)).running() as server:
        yield server


@pytest.fixture
def place(server: Server, tmp_path: Path) -> Place:
    return Place(tmp_path / "home", server)


def broken(answering: Answering, asked: Asked) -> bool:
    answering.say(400, "closed for repair")
    return True


def test_a_sync_says_how_far_it_is_and_what_came_of_it(place: Place) -> None:
    done = place.run("trials", "sync")
    assert done.returncode == 0, done.stdout
    assert done.stdout.splitlines() == [
        f"everything: {FEW} of {FEW} studies",
        "Known studies that no search found: 18 of 18 asked for by number",
        f"Copy 1 is live: {FEW} studies, {FEW} new.",
    ]
    said = place.run("trials", "status").stdout
    assert f"Copy 1 of {dt.datetime.now(dt.timezone.utc).date()} with {FEW} studies.\n" in said
    assert "The registry had made its data at 2026-11-28 09:00 UTC.\n" in said
    assert f"{FEW:5}  everything\n" in said
    assert "The next sync is due never by itself (LANTERN_TRIALS_SYNC); the worker has not run yet.\n" in said


def test_a_sync_that_fails_ends_with_one_line_that_says_what_to_try(place: Place) -> None:
    place.server.misbehave = broken
    done = place.run("trials", "sync")
    assert done.returncode == 1
    assert done.stdout == (
        f"lantern trials: {place.server.address} answers 400: closed for repair. Nothing was changed: people are "
        f"answered from the shipped copy of {SHIPPED}. Run ./lantern trials sync again: it goes on where it stopped\n"
    )
    said = place.run("trials", "status").stdout
    assert f"People are answered from the shipped copy of {SHIPPED}; no sync has been whole yet.\n" in said
    assert "closed for repair" in said


def test_a_study_is_shown_as_people_are_told_of_it_with_the_history_of_its_status(place: Place) -> None:
    number = number_of(place.server.studies[0])
    place.server.replace(moved(place.server.studies[0], "RECRUITING", "2026-03-01"))
    assert place.run("trials", "sync").returncode == 0
    place.server.replace(moved(place.server.studies[0], "WITHDRAWN", "2026-11-20"))
    asked = place.run("trials", "show", number, "--ask")
    assert "Withdrawn (as of November 20, 2026)" in asked.stdout
    assert "Recruiting (as of March 1, 2026)" in place.run("trials", "show", number).stdout, (
        "only asking changes nothing"
    )
    assert place.run("trials", "sync").returncode == 0
    today = dt.datetime.now(dt.timezone.utc).date()
    said = place.run("trials", "show", number.replace("NCT", "nct ")).stdout
    assert "Withdrawn (as of November 20, 2026)" in said
    assert f"{today}  RECRUITING -> WITHDRAWN  (registry date 2026-11-20)\n" in said
    unknown = place.run("trials", "show", "NCT00000001")
    assert (unknown.returncode, "NCT00000001 is not in our copy of" in unknown.stdout) == (1, True)
    nowhere = place.run("trials", "show", "NCT00000001", "--ask")
    assert nowhere.stdout == "lantern trials: NCT00000001 is not in the registry\n"
    assert "'banana' is no number of a study" in place.run("trials", "show", "banana").stdout


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"LANTERN_TRIALS_API_URL": "http://registry.example/api"}, "LANTERN_TRIALS_API_URL: "),
        ({"LANTERN_TRIALS_API_URL": "https://u:p@registry.example/api"}, "give an address that begins with https://"),
        ({"LANTERN_TRIALS_API_URL": "https://"}, "give an address that begins with https://"),
        ({"LANTERN_TRIALS_SYNC": "25:00"}, "give a time of day such as 04:10, or off"),
        ({"LANTERN_TRIALS_SEARCHES": "/nowhere.yml"}, "/nowhere.yml:1 cannot be read"),
    ],
)
def test_a_wrong_setting_is_named(place: Place, settings: Mapping[str, str], said: str) -> None:
    done = place.run("trials", "sync", **settings)
    assert done.returncode == 1
    assert said in done.stdout
    assert place.server.asked == []


def test_a_home_that_is_not_set_up_says_what_to_run(tmp_path: Path, server: Server) -> None:
    done = run_command("trials", "sync", env=environment(tmp_path, LANTERN_TRIALS_API_URL=server.address))
    assert (done.returncode, "run: ./lantern content migrate" in done.stdout) == (1, True)


@pytest.fixture(params=["sqlite", "postgresql"])
def large(request: pytest.FixtureRequest, server: Server, tmp_path: Path) -> Place:
    """Enough studies for three pages, in either kind of database."""
    server.studies = records(250)
    if request.param == "sqlite":
        return Place(tmp_path / "home", server)
    postgresql: postgresql_server.Server = request.getfixturevalue("postgresql")
    return Place(tmp_path / "home", server, postgresql.new_database())


def test_a_sync_that_is_killed_loses_nothing_and_doubles_nothing(large: Place) -> None:
    reached = threading.Event()

    def hold_the_third_page(answering: Answering, asked: Asked) -> bool:
        if len(large.server.pages) == 3:
            reached.set()
            large.server.hold.wait(60)
        return False

    large.server.misbehave = hold_the_third_page
    process = large.begin("trials", "sync")
    assert reached.wait(60)
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait(20) == -signal.SIGKILL
    large.server.misbehave = None
    large.server.hold.set()
    with read(large.engine) as connection:
        kept = connection.execute(sa.select(sa.func.count()).select_from(trial_sync_records)).scalar()
        assert kept == 200
    assert large.store.copy({}) is None, "nobody is answered from half a sync"
    before = len(large.server.pages)
    done = large.run("trials", "sync")
    assert done.returncode == 0, done.stdout
    assert "looking whether it still runs ..." in done.stdout
    assert "Going on with the sync that was interrupted.\n" in done.stdout
    assert "Copy 1 is live: 250 studies, 250 new.\n" in done.stdout
    searched = [page for page in large.server.pages[before:] if "filter.ids" not in page]
    assert [page["pageToken"] for page in searched] == [large.server.pages[2]["pageToken"]]
    copy = large.store.copy({})
    assert copy is not None
    assert sorted(study.nct_id for study in copy.studies) == sorted(map(number_of, large.server.studies))
    assert [study for study in copy.studies if study.changes] == []
    with read(large.engine) as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(trial_sync_records)).scalar() == 0
        assert connection.execute(sa.select(trial_syncs.c.state)).scalars().all() == ["whole"]


def test_two_syncs_never_run_at_once(place: Place) -> None:
    reached = threading.Event()

    def hold(answering: Answering, asked: Asked) -> bool:
        reached.set()
        place.server.hold.wait(60)
        return False

    place.server.misbehave = hold
    first = place.begin("trials", "sync")
    assert reached.wait(60)
    second = place.run("trials", "sync")
    assert second.returncode == 1
    assert second.stdout.endswith("is at work on it; wait until it is done\n")
    place.server.hold.set()
    said, _ = first.communicate(timeout=60)
    assert (first.returncode, f"{FEW} new." in said) == (0, True)


# The worker -----------------------------------------------------------------------------------------------------


@pytest.fixture
def ready(place: Place, prepared_home: Path) -> Place:
    """A home in which a worker can begin."""
    (place.home / "model").symlink_to(prepared_home / "model")
    return place


def test_the_worker_fetches_the_copy_and_erases_what_is_old(ready: Place) -> None:
    ready.talk("old", 31)
    ready.talk("young", 1)
    done = ready.run("work", "--once", LANTERN_TRIALS_SYNC="04:10")
    assert done.returncode == 0, done.stdout
    assert f"trials sync: Copy 1 is live: {FEW} studies, {FEW} new." in done.stdout
    assert "retention: erased 1 conversations" in done.stdout
    assert ready.store.copy_number() == 1
    again = ready.run("work", "--once", LANTERN_TRIALS_SYNC="04:10")
    assert (again.returncode, "trials sync" in again.stdout) == (0, False), "it is due once a day"


def test_without_a_network_people_get_the_shipped_copy_and_the_worker_says_so(ready: Place) -> None:
    nobody = {"LANTERN_TRIALS_SYNC": "04:10", "LANTERN_TRIALS_API_URL": "http://127.0.0.1:1/api/v2"}
    done = ready.run("work", "--once", LANTERN_TRIALS_TOTAL_SECONDS="2", **nobody)
    assert done.returncode == 1
    assert "cannot be reached: does it run, and is there a network?" in done.stdout
    assert f"People are answered from the shipped copy of {SHIPPED}. The next try is due at " in done.stdout
    assert done.stdout.endswith("not all that is due could be done; the lines above say what and why\n")
    by_hand = ready.run("trials", "sync", LANTERN_TRIALS_TOTAL_SECONDS="2", **nobody)
    going_on, why = by_hand.stdout.splitlines()
    assert (by_hand.returncode, going_on) == (1, "Going on with the sync that was interrupted.")
    assert why.startswith("lantern trials: http://127.0.0.1:1/api/v2 cannot be reached")
    assert "the last sync of the registry copy failed at" in ready.run("check").stdout


def test_a_worker_that_is_told_to_stop_ends_at_once_and_hands_the_jobs_over(ready: Place) -> None:
    reached = threading.Event()

    def hold(answering: Answering, asked: Asked) -> bool:
        reached.set()
        ready.server.hold.wait(60)
        return False

    ready.server.misbehave = hold
    process = ready.begin("work", LANTERN_TRIALS_SYNC="04:10", LANTERN_LEASE_SECONDS="600")
    assert reached.wait(60)
    process.send_signal(signal.SIGTERM)
    said, _ = process.communicate(timeout=20)
    assert (process.returncode, "Traceback" in said) == (0, False)
    ready.server.misbehave = None
    ready.server.hold.set()
    done = ready.run("work", "--once", LANTERN_TRIALS_SYNC="04:10", LANTERN_LEASE_SECONDS="600")
    assert "Copy 1 is live" in done.stdout


def test_a_worker_that_is_killed_is_followed_by_the_one_that_stands_by(ready: Place) -> None:
    first = ready.begin("work")
    wait_until("the first worker", lambda: f"process {first.pid} " in ready.worker)
    second = ready.begin("work")
    try:
        os.kill(first.pid, signal.SIGKILL)
        first.communicate(timeout=20)
        wait_until("the second worker", lambda: f"process {second.pid} " in ready.worker)
    finally:
        second.terminate()
        said, _ = second.communicate(timeout=20)
    assert (second.returncode, "Traceback" in said) == (0, False)
