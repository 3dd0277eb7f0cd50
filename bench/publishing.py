"""How long after publishing a reply shows the edit."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import requests

from bench.running import PROJECT, Server

LIVE_SECONDS = 60
QUESTION = "is lupus contagious"
FILE = Path("en/lupus/lupus-contagious.md")
OPENING, EDITED = "## Answer\n\nNo, lupus is not", "## Answer\n\nNo, lupus is never"


@dataclass(frozen=True)
class Edit:
    """Seconds of the publishing command, and from its end until a reply showed the edit."""

    command: float
    live: float


def edit(server: Server, environment: Mapping[str, str], content: Path, run: int) -> Edit:
    """Edits one word of an entry, publishes, asks until the word is heard, and puts the entry back."""
    file = content / FILE
    text = file.read_text(encoding="utf-8")
    if OPENING not in text:
        raise SystemExit(f"{FILE} does not begin its answer as this benchmark expects; adapt bench/publishing.py")
    # The blanks make a text that no run before has published: nothing computed for it is there yet.
    file.write_text(text.replace(OPENING, EDITED + " " * run), encoding="utf-8")
    begun = time.monotonic()
    _publish(environment)
    published = time.monotonic()
    while "never" not in _reply(server, f"publishing {run} {time.monotonic()}"):
        if time.monotonic() - published > LIVE_SECONDS:
            raise SystemExit(f"the edit did not become live within {LIVE_SECONDS} s")
    live = time.monotonic()
    file.write_text(text, encoding="utf-8")
    _publish(environment)
    return Edit(published - begun, live - published)


def _reply(server: Server, sender: str) -> str:
    message = {"sender": sender, "message": QUESTION}
    return str(requests.post(f"{server.base}/webhooks/rest/webhook", json=message, timeout=30).json()[0]["text"])


def _publish(environment: Mapping[str, str]) -> None:
    command = [sys.executable, "-m", "bot", "content", "import", "--seed"]
    done = subprocess.run(
        command, env=dict(environment), cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if done.returncode:
        raise SystemExit(f"the edited content could not be published:\n{done.stdout[-2000:]}")
