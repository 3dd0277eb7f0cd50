"""Node.js with the packages that the chat element is built with."""

from __future__ import annotations

import os
import shutil

import pytest

from tests.running import PROJECT

HOME = PROJECT / "web" / "widget"


@pytest.fixture(scope="session")
def node() -> str:
    """Node.js with the locked packages; where CI runs they are always there."""
    program = shutil.which("node")
    if program is None and not os.environ.get("CI"):
        pytest.skip("Node.js is not installed (apt-get install nodejs npm); the committed build cannot be made again")
    assert program is not None, "CI has Node.js"
    assert (HOME / "node_modules").is_dir(), "the packages are missing; make test installs them (npm ci in web/widget)"
    return program
