"""Debian's Chromium, quiet, for tests that look at pages as people do."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, sync_playwright

QUIET = (
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# In tests only: in a container there is no second user for Chromium's own sandbox.
WITHOUT_SANDBOX = "--no-sandbox"
NOTE_VIOLATIONS = """document.addEventListener('securitypolicyviolation',
  (event) => console.error('refused by policy: ' + event.violatedDirective + ' ' + event.blockedURI));"""

FAULTS = """() => axe.run(document).then(({ violations }) => violations.map(
  ({ id, nodes }) => [id, ...nodes.map((node) => `${node.target.flat().join(' ')}: ${node.failureSummary}`)]))"""
"""What axe-core finds, once its source was evaluated in the page."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser, closed at the end. Fails the test where there is none."""
    program = shutil.which("chromium")
    if program is None:
        pytest.fail(
            "Chromium is not installed (apt-get install chromium); the page is promised to work in it", pytrace=False
        )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=[WITHOUT_SANDBOX, *QUIET])
        yield browser
        browser.close()
