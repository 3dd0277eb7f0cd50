"""The built element: the bytes that its sources give, served for ever, within its share of a page's weight."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
import subprocess
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.web.conftest import HOST
from tests.web.widget.conftest import HOME
from web.app import build
from web.errors import StartRefused
from web.parts import Parts
from web.widget.files import FOR_EVER, VERSIONS, Element

VERSION = json.loads((HOME / "package.json").read_text(encoding="utf-8"))["version"]
MOST_FIRST, MOST_LATER = 16 * 1024, 14 * 1024
"""Bytes, gzip, of what a page loads first and of what follows after its first paint; the data of the rules apart."""


def run(*command: str) -> str:
    done = subprocess.run(command, cwd=HOME, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_what_is_committed_is_what_the_sources_give(node: str, tmp_path: Path) -> None:
    run(node, "build.mjs", "--out", str(tmp_path))
    built = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    committed = {file.name: file.read_bytes() for file in (VERSIONS / VERSION).iterdir()}
    assert built.keys() == committed.keys()
    assert [name for name in built if built[name] != committed[name]] == [], "run: make widget"


def test_the_types_in_the_comments_are_right(node: str) -> None:
    assert run(node, "node_modules/typescript/bin/tsc", "--project", "tsconfig.json") == ""


def test_it_weighs_no_more_than_it_may() -> None:
    sizes = {file.name: len(gzip.compress(file.read_bytes(), 9)) for file in (VERSIONS / VERSION).iterdir()}
    assert sizes.pop("lantern-chat.js") <= MOST_FIRST
    assert sum(sizes.values()) <= MOST_LATER


def test_the_lock_names_no_address_of_a_registry() -> None:
    lock = json.loads((HOME / "package-lock.json").read_text(encoding="utf-8"))
    wanted = json.loads((HOME / "package.json").read_text(encoding="utf-8"))["devDependencies"]
    assert {name: lock["packages"][f"node_modules/{name}"]["version"] for name in wanted} == wanted
    for name, package in lock["packages"].items():
        assert "resolved" not in package
        assert not name or package["integrity"].startswith("sha512-")


def test_it_builds_nodes_only_and_names_no_other_host() -> None:
    for file in (VERSIONS / VERSION).iterdir():
        script = file.read_text(encoding="utf-8")
        for unsafe in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"):
            assert unsafe not in script
        assert re.findall(r"https?://", script) == []


def test_the_script_carries_the_hash_of_what_it_loads_later() -> None:
    digest = hashlib.sha384((VERSIONS / VERSION / "later.js").read_bytes()).digest()
    script = (VERSIONS / VERSION / "lantern-chat.js").read_text(encoding="utf-8")
    assert f"sha384-{base64.b64encode(digest).decode()}" in script


@pytest.mark.parametrize("name", ["lantern-chat.js", "later.js"])
@pytest.mark.parametrize("encoding", ["gzip, deflate, br", "identity"])
def test_a_version_is_served_for_ever(client: TestClient, name: str, encoding: str) -> None:
    response = client.get(f"/widget/{VERSION}/{name}", headers={"Accept-Encoding": encoding})
    assert response.content == (VERSIONS / VERSION / name).read_bytes()
    assert response.headers["cache-control"] == FOR_EVER
    assert response.headers["content-type"].startswith("text/javascript")
    assert response.headers.get("content-encoding") == ("gzip" if "gzip" in encoding else None)


@pytest.mark.parametrize(
    "path", ["9.9.9/lantern-chat.js", f"{VERSION}/other.js", f"{VERSION}/..%2f..%2fpackage.json", "..%2f/package.json"]
)
def test_nothing_else_is(client: TestClient, path: str) -> None:
    response = client.get(f"/widget/{path}")
    assert response.status_code == 404
    assert "immutable" not in response.headers["cache-control"]


def test_pages_name_the_newest_version_and_its_hash(client: TestClient, parts: Parts) -> None:
    element = Element()
    assert element.newest == VERSION
    for address in ("/", "/chat", "/docs/embed"):
        text = client.get(address).text
        assert f'src="/widget/{VERSION}/lantern-chat.js" integrity="{element.integrity}" crossorigin' in text
        assert 'region="US"' in text


def test_older_versions_stay_and_the_newest_is_the_newest_by_number(tmp_path: Path) -> None:
    for version in ("1.2.0", "1.10.0", "1.9.9"):
        (tmp_path / version).mkdir()
        (tmp_path / version / "lantern-chat.js").write_text(version, encoding="utf-8")
    element = Element(tmp_path)
    assert element.newest == "1.10.0"
    older = element.script("1.2.0")
    assert older is not None
    assert older.content == b"1.2.0"
    assert gzip.decompress(older.gzipped) == older.content


def test_without_a_build_the_service_does_not_start(tmp_path: Path) -> None:
    with pytest.raises(StartRefused, match="make widget"):
        Element(tmp_path)


def test_only_pages_of_listed_origins_may_load_it(parts: Parts) -> None:
    from dataclasses import replace

    listed = replace(parts, settings=replace(parts.settings, origins=("https://hospital.example",)))
    with TestClient(build(listed), HOST) as client:
        for origin, allowed in (
            ("https://hospital.example", "https://hospital.example"),
            ("https://elsewhere.example", None),
        ):
            response = client.get(f"/widget/{VERSION}/lantern-chat.js", headers={"Origin": origin})
            assert response.headers.get("access-control-allow-origin") == allowed
            assert response.headers["cross-origin-resource-policy"] == "cross-origin"
            assert "Origin" in response.headers["vary"]
