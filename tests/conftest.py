"""What tests of several rooms share: a prepared home, the shipped content, one real Lantern for the whole session."""

from __future__ import annotations

import os
import shutil
from collections.abc import Generator, Iterator
from pathlib import Path

import filelock
import pytest

from knowledge import wiring
from knowledge.settings import SHIPPED_CONTENT
from tests import postgresql as postgresql_server
from tests.databases import in_memory
from tests.provenance import CONTACT, HOURS
from tests.running import Lantern, environment, run_command


def pytest_configure() -> None:
    """What tests keep is kept in memory where there is enough: most of them write a database, and each of its commits
    would wait for the disk. Of a run that passed nothing is left."""
    memory = in_memory()
    if memory:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(memory))


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where tests run side by side, those of one file stay together, and all that talk with the one Lantern. Those
    with a group that takes long are begun first, so that no process waits for another at the end."""
    groups: dict[str, list[pytest.Item]] = {}
    for item in items:
        group = "lantern" if "running_lantern" in getattr(item, "fixturenames", ()) else str(item.path)
        item.add_marker(pytest.mark.xdist_group(group))
        groups.setdefault(group, []).append(item)
    items[:] = [
        item for group in sorted(groups, key=lambda group: _turn(group, groups[group])) for item in groups[group]
    ]


def _turn(group: str, items: list[pytest.Item]) -> int:
    """Those that need the prepared home come behind long files that do not: one process prepares it meanwhile."""
    if group == "lantern":
        return 0
    if all(item.get_closest_marker("takes_long") is None for item in items):
        return 3
    return 2 if any("prepared_home" in getattr(item, "fixturenames", ()) for item in items) else 1


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where tests run side by side, what they logged is sent from one process to another, and half a character, which
    some of them log on purpose, cannot be."""
    report = yield
    report.sections = [(name, text.encode("utf-8", "backslashreplace").decode()) for name, text in report.sections]
    return report


@pytest.fixture(scope="session")
def postgresql() -> Iterator[postgresql_server.Server]:
    """One real server for the whole session; each test that needs it makes a database of its own."""
    with postgresql_server.running() as server:
        yield server


@pytest.fixture(scope="session")
def prepared_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the embedding model and the published starter content, one for all processes of a run. Copy it before
    writing to it.

    LANTERN_TEST_HOME names a folder in which it is kept from one run to the next; a minute less to wait.
    """
    kept, run = os.environ.get("LANTERN_TEST_HOME"), tmp_path_factory.getbasetemp()
    home = Path(kept) if kept else (run.parent if "PYTEST_XDIST_WORKER" in os.environ else run) / "prepared" / "home"
    home.parent.mkdir(parents=True, exist_ok=True)
    # The first process to come prepares it; what is there already costs the others a second or two.
    with filelock.FileLock(home.with_name(f"{home.name}.lock")):
        for command in (("model",), ("content", "import", "--seed")):
            done = run_command(*command, env=environment(home), seconds=240)
            assert done.returncode == 0, done.stdout
    return home


@pytest.fixture(scope="session")
def shipped(prepared_home: Path) -> wiring.Knowledge:
    """The knowledge room as it is delivered: real model, real content. Only to be read."""
    return wiring.build({"LANTERN_HOME": str(prepared_home)})


@pytest.fixture(scope="session")
def running_lantern(prepared_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lantern]:
    """`./lantern up` with a copy of the content that tests may edit. Its first start trains the assistant."""
    folder = tmp_path_factory.mktemp("running")
    content = shutil.copytree(SHIPPED_CONTENT, folder / "content")
    home = shutil.copytree(prepared_home, folder / "home")
    settings = {"LANTERN_CONTENT": str(content), "LANTERN_CONTACT": CONTACT, "LANTERN_CONTACT_HOURS": HOURS}
    with Lantern(home, settings).running() as lantern:
        yield lantern
