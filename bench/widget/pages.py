"""A site with one page for each widget, and one server behind them all that answers at once."""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.browser.stand_in import answer, card, listed_cards
from web.widget.files import VERSIONS, Element
from web.widget.rules import PATH as RULES
from web.widget.rules import packed

HERE = Path(__file__).parent
TOOLS, SOURCES = VERSIONS.parent / "node_modules", VERSIONS.parent / "source"
RIVAL = "deep-chat@2.4.2"
"""The lightest of the widgets with a free licence, many users and a door for one's own server."""
RIVAL_SETUP = """import 'deep-chat';
const chat = document.createElement('deep-chat');
chat.connect = { url: '/webhooks/rest/webhook', method: 'POST' };
chat.requestInterceptor = (details) => {
  details.body = { sender: 'someone', message: details.body.messages.at(-1).text };
  return details;
};
chat.responseInterceptor = ([first]) => ({ text: first.text });
chat.style.cssText = 'position:fixed;right:20px;bottom:20px;width:370px;height:560px';
document.body.append(chat);
"""
POLICY = "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self' 'unsafe-inline'; font-src *"


@dataclass(frozen=True)
class Widget:
    """`launcher`, `input`, `send`, `reply` are selectors of its parts; `scripts` what its page loads."""

    name: str
    script: str
    tag: str
    launcher: str | None
    input: str
    send: str
    reply: str


ELEMENT = Element()
OURS = Widget(
    "Lantern",
    ELEMENT.path,
    '<lantern-chat region="US"></lantern-chat>',
    *("lantern-chat .launcher", "lantern-chat #question", "lantern-chat .send", "lantern-chat .said"),
)
PROTOTYPE = Widget(
    "prototype",
    "/prototype.js",
    "<our-chat></our-chat>",
    *("our-chat .l", "our-chat #i", "our-chat form button", "our-chat .b"),
)
THE_RIVAL = Widget("rival", "/rival.js", "", None, "#text-input", ".input-button", ".ai-message-text")


def mix(number: int) -> dict[str, Any]:
    """The reply to a message of this number: most are answers, some have steps, buttons, a study; few are cards."""
    text = f"reply {number} ends"
    if number % 50 == 49:
        urgent = card()
        urgent["answer"]["blocks"][0]["runs"][0]["text"] = text
        return {**urgent, "text": text}
    offers = [{"title": "Tell me more", "payload": "Tell me more"}, {"title": "Why?", "payload": "Why?"}]
    if number % 5 == 4:
        return {"text": text, "buttons": offers}
    lines = [[{"text": f"Line {row} of some length, as such lines have it."}] for row in range(4)]
    blocks: list[dict[str, Any]] = [{"type": "paragraph", "runs": [{"text": text}]}]
    if number % 5 == 3:
        blocks.append({"type": "steps", "items": lines})
    elif number % 5 == 2:
        blocks.append({"type": "trial", "items": lines, "data": {"nct_id": "NCT00000001"}})
    else:
        blocks.append({"type": "paragraph", "runs": [{"text": "A second paragraph that is about as long as most."}]})
    return {**answer(blocks=blocks), "text": text, "buttons": offers}


def number_of(message: str) -> int:
    return int(message.rpartition(" ")[2])


def rival_bundle(folder: Path) -> bytes | None:
    """The rival in one file, as its documentation says to bundle it; None where it cannot be had."""
    npm = shutil.which("npm")
    if npm is None:
        return None
    install = [npm, "install", "--silent", "--no-save", "--ignore-scripts", "--prefix", str(folder), RIVAL]
    if subprocess.run(install, stdin=subprocess.DEVNULL).returncode:
        return None
    (folder / "set-up.js").write_text(RIVAL_SETUP, encoding="utf-8")
    bundle = [str(TOOLS / ".bin" / "esbuild"), "set-up.js", "--bundle", "--minify", "--format=esm", "--target=es2022"]
    return subprocess.run(bundle, cwd=folder, capture_output=True, check=True).stdout


class Site:
    """Serves the pages and the scripts, compressed as a web server does, and answers for every widget."""

    def __init__(self, rival: bytes | None) -> None:
        version = VERSIONS / ELEMENT.newest
        scripts = {f"/widget/{ELEMENT.newest}/{file.name}": file.read_bytes() for file in version.iterdir()}
        scripts["/prototype.js"] = (HERE / "prototype.js").read_bytes()
        if rival is not None:
            scripts["/rival.js"] = rival
        self.widgets = [OURS, PROTOTYPE] + ([THE_RIVAL] if rival is not None else [])
        self.sizes = {path: (len(content), len(gzip.compress(content, 9))) for path, content in scripts.items()}
        files = {path: (gzip.compress(content, 9), "text/javascript") for path, content in scripts.items()}
        for widget in self.widgets:
            page = (
                f"<!doctype html><html lang=en><meta charset=utf-8><title>A page</title><main><h1>A page</h1></main>"
                f'<script type=module src="{widget.script}"></script>{widget.tag}'
            )
            files[f"/{widget.name}"] = (gzip.compress(page.encode()), "text/html; charset=utf-8")
        rules = packed()
        self.sizes[RULES] = (len(rules), len(gzip.compress(rules, 9)))
        files[RULES] = (gzip.compress(rules, 9), "application/json")
        for file in SOURCES.rglob("*.js"):
            # Single modules of the element, to be measured by themselves.
            files[f"/source/{file.relative_to(SOURCES)}"] = (gzip.compress(file.read_bytes()), "text/javascript")

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                if self.path.startswith("/api/v1/service"):
                    return self._json({"name": "Lantern", "operator": "A place", "region": "US", "kept_days": 30})
                if self.path.startswith("/api/v1/cards"):
                    return self._json({"locale": "en", "region": "US", "cards": listed_cards()})
                content, kind = files.get(self.path, (b"", "text/plain"))
                return self._send(200 if content else 404, content, kind, {"Content-Encoding": "gzip"})

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if self.path == "/api/v1/conversations":
                    return self._json({"token": "t" * 43, "introduction": "", "kept_days": 30})
                reply = mix(number_of(body["message"]))
                if self.path == "/api/v1/messages":
                    return self._json({"messages": [reply]})
                offers = {"buttons": reply["buttons"]} if "buttons" in reply else {}
                return self._json([{"recipient_id": "someone", "text": reply["text"], **offers}])

            def _json(self, value: Any) -> None:
                self._send(200, json.dumps(value).encode(), "application/json", {})

            def _send(self, status: int, content: bytes, kind: str, more: dict[str, str]) -> None:
                self.send_response(status)
                length = {"Content-Length": str(len(content))}
                for name, value in {"Content-Type": kind, **length, **more}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *arguments: Any) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"

    @contextmanager
    def open(self) -> Iterator[Site]:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        yield self
        self._server.shutdown()
        self._server.server_close()
