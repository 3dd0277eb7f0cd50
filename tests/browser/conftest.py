"""A browser, a hospital's page with a strict content policy, the real gateway, and a person at the keyboard."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page

from storage.secrets import shared_secret
from tests.browser.chromium import NOTE_VIOLATIONS, chromium
from tests.browser.stand_in import StandIn
from tests.running import PROJECT, environment, free_port, run_command, wait_until
from web.widget.files import Element

PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "has_touch": True}
DESK: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}}
MOST_TABS = 40
FOCUSED = """() => {
  let element = document.activeElement;
  while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
  return element && [element.localName, (element.getAttribute('aria-label') ?? element.textContent).trim()];
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core, which finds faults of accessibility."""
    file = PROJECT / "web" / "widget" / "node_modules" / "axe-core" / "axe.min.js"
    if not file.exists():
        pytest.fail("axe-core is missing; make test installs it (npm ci in web/widget)", pytrace=False)
    return file.read_text(encoding="utf-8")


class Gateway:
    """The real gateway, without an assistant: it answers single questions and emergencies by itself."""

    def __init__(self, home: Path, **settings: str) -> None:
        self.port, self.home = free_port(), home
        self.address = f"http://127.0.0.1:{self.port}"
        ports = {"LANTERN_PORT": str(self.port), "LANTERN_ASSISTANT_PORT": str(free_port())}
        self._environment = environment(home, **ports, LANTERN_REGION="US", **settings)
        shared_secret(home / "secrets" / "assistant")
        done = run_command("records", "migrate", env=self._environment)
        assert done.returncode == 0, done.stdout
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns when it can answer questions."""
        command = [sys.executable, "-m", "web"]
        self._process = subprocess.Popen(command, cwd=PROJECT, env=self._environment, stderr=subprocess.DEVNULL)
        wait_until("the gateway", self._is_ready)

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """As when the machine fails: nothing is finished."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _is_ready(self) -> bool:
        try:
            return bool(httpx.get(f"{self.address}/readyz", trust_env=False).json()["parts"]["knowledge"]["ok"])
        except httpx.TransportError:
            return False

    def kept(self, token: str) -> dict[str, Any]:
        """What the gateway keeps of the conversation."""
        headers = {"Authorization": f"Bearer {token}"}
        kept: dict[str, Any] = httpx.get(f"{self.address}/api/v1/conversation", headers=headers, trust_env=False).json()
        return kept


class Hospital:
    """A site elsewhere that embeds the chat. Its content policy lets the chat's server in and nothing else; whatever
    breaks it is reported here."""

    def __init__(self) -> None:
        self.reports: list[dict[str, Any]] = []
        self._pages: dict[str, tuple[str, str]] = {}
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                html, policy = outer._pages.get(self.path, ("", ""))
                self.send_response(200 if html else 404)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Security-Policy", policy)
                self.end_headers()
                self.wfile.write(html.encode())

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.reports.append(json.loads(body))
                self.send_response(204)
                self.end_headers()

            def log_message(self, format: str, *arguments: Any) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        # By its name it is another site than the chat's server, which is called by its number.
        self.address = f"http://localhost:{self._server.server_address[1]}"

    @contextmanager
    def open(self) -> Iterator[Hospital]:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        yield self
        self._server.shutdown()
        self._server.server_close()

    def page(self, server: str, attributes: str = 'region="US"', *, before: str = "", html: str = 'lang="en"') -> str:
        """Address of a page that embeds the chat of `server` with these attributes; `before` stands before all."""
        element = Element()
        path = f"/page-{len(self._pages)}"
        policy = (
            f"default-src 'none'; script-src {server}; connect-src {server}; base-uri 'none'; form-action 'none'; "
            "require-trusted-types-for 'script'; report-uri /reports"
        )
        self._pages[path] = (
            f"<!doctype html><html {html}><head><meta charset='utf-8'><title>A hospital</title>"
            f"<meta name='viewport' content='width=device-width, initial-scale=1'></head><body>{before}"
            f"<main><h1>A hospital</h1><p>What we do here.</p></main>"
            f'<script type="module" src="{server}{element.path}" integrity="{element.integrity}" crossorigin></script>'
            f"<lantern-chat {attributes}></lantern-chat></body></html>",
            policy,
        )
        return self.address + path


@pytest.fixture(scope="session")
def hospital() -> Iterator[Hospital]:
    with Hospital().open() as site:
        yield site


@pytest.fixture(scope="session")
def gateway(prepared_home: Path, tmp_path_factory: pytest.TempPathFactory, hospital: Hospital) -> Iterator[Gateway]:
    home = shutil.copytree(prepared_home, tmp_path_factory.mktemp("gateway") / "home")
    real = Gateway(
        home, LANTERN_ORIGINS=hospital.address, LANTERN_OPERATOR="Example Hospital", LANTERN_RATE_CONVERSATION="0"
    )
    real.start()
    yield real
    real.kill()


@pytest.fixture
def own_gateway(gateway: Gateway) -> Iterator[Gateway]:
    """One that may be killed; the next test finds it running again."""
    yield gateway
    if not gateway.is_running:
        gateway.start()


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    with StandIn().running() as server:
        yield server


class Visit:
    """A person on a page with the chat. It notes what must not happen: errors, refusals by the content policy, calls to
    hosts that have no part in it."""

    def __init__(self, page: Page, address: str, hosts: set[str]) -> None:
        self.page, self.address, self._hosts = page, address, hosts
        self.errors: list[str] = []
        self.called: set[str] = set()
        page.on("console", lambda message: self.errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", lambda request: self.called.add(urlsplit(request.url).netloc))
        page.add_init_script(NOTE_VIOLATIONS)
        page.goto(address)
        self.chat = page.locator("lantern-chat").first

    @property
    def log(self) -> Locator:
        return self.chat.get_by_role("log")

    @property
    def input(self) -> Locator:
        return self.chat.get_by_role("textbox", name="Your question")

    @property
    def status(self) -> Locator:
        return self.chat.get_by_role("status")

    @property
    def replies(self) -> Locator:
        return self.log.locator(".said")

    def open(self) -> Visit:
        self.chat.locator("[part=launcher]").click()
        return self

    def say(self, text: str) -> None:
        self.input.fill(text)
        self.input.press("Enter")

    def press(self, name: str) -> None:
        self.chat.get_by_role("button", name=name, exact=True).click()

    def try_now(self) -> None:
        """Asks for another try; the chat may have made one by itself in this very moment, and taken the button away."""
        self.chat.locator("[data-act=try-now]").evaluate("button => button.click()")

    def choose(self, name: str) -> None:
        """Something of the menu."""
        self.press("Menu")
        self.press(name)

    def focused(self) -> tuple[str, str]:
        """Name of the element that has the focus, and what it is called."""
        name, called = self.page.evaluate(FOCUSED)
        return name, called

    def assert_quiet(self, *expected: str) -> None:
        """Nothing went wrong but what the test brought about."""
        assert [error for error in self.errors if not any(part in error for part in expected)] == []
        assert self.called <= self._hosts


class Visits:
    """Opens pages of the hospital with the chat of one server."""

    def __init__(self, browser: Browser, hospital: Hospital) -> None:
        self._browser, self._hospital = browser, hospital
        self._contexts: list[BrowserContext] = []

    def context(self, **options: Any) -> BrowserContext:
        context = self._browser.new_context(**(DESK | options))
        self._contexts.append(context)
        return context

    def visit(
        self,
        server: str,
        attributes: str = 'region="US"',
        *,
        context: BrowserContext | None = None,
        init: str = "",
        html: str = 'lang="en"',
        before: str = "",
        **options: Any,
    ) -> Visit:
        """`init` is a script that runs before any of the page."""
        page = (context or self.context(**options)).new_page()
        if init:
            page.add_init_script(init)
        address = self._hospital.page(server, attributes, before=before, html=html)
        return Visit(page, address, {urlsplit(server).netloc, urlsplit(self._hospital.address).netloc})

    def close(self) -> None:
        for context in self._contexts:
            context.close()


@pytest.fixture
def visits(browser: Browser, hospital: Hospital) -> Iterator[Visits]:
    opened = Visits(browser, hospital)
    hospital.reports.clear()
    yield opened
    opened.close()
    assert hospital.reports == [], "the strict content policy of the page was kept"
