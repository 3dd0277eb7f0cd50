"""How long after publishing a reply shows the edit: by the command, and by a click in the studio."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import requests

from bench.editing import AUTHOR, REVIEWER
from bench.running import PROJECT, Server
from knowledge.store.safety_checks import Found
from knowledge.wiring import build_desk
from records import wiring as records_wiring

LIVE_SECONDS = 60
QUESTION = "is lupus contagious"
ENTRY = ("en", "lupus-contagious")
FILE = Path("en/lupus/lupus-contagious.md")
BEFORE, AFTER = "No, lupus is not", "No, lupus is never"
OPENING, EDITED = f"## Answer\n\n{BEFORE}", f"## Answer\n\n{AFTER}"
PUBLISHER, PASSWORD = "Peter", "three calm otters"


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
    live = _seconds_until_said(server, AFTER, published)
    file.write_text(text, encoding="utf-8")
    _publish(environment)
    return Edit(published - begun, live)


class OpenChat:
    """Somebody in a chat that was opened, and answered, before the click, who goes on asking the same in it."""

    def __init__(self, server: Server) -> None:
        self._messages = f"{server.base}/api/v1/messages"
        self._client = requests.Session()
        begun = requests.post(f"{server.base}/api/v1/conversations", json={"locale": "en"}, timeout=30)
        self._client.headers["Authorization"] = f"Bearer {begun.json()['token']}"
        self.ask()

    def ask(self) -> str:
        reply = self._client.post(self._messages, json={"message": QUESTION}, timeout=30).json()
        return " ".join(message["text"] for message in reply["messages"])

    @contextmanager
    def listening(self, sentence: str) -> Iterator[Callable[[], float]]:
        """Asks all the while, from before what is done in the block; gives what waits for the first reply that says the
        sentence and tells when it had arrived, in monotonic seconds."""
        begun, given_up = threading.Event(), time.monotonic() + LIVE_SECONDS
        heard: list[float] = []

        def listen() -> None:
            while not heard and time.monotonic() < given_up:
                begun.set()
                if sentence in self.ask():
                    heard.append(time.monotonic())

        asking = threading.Thread(target=listen)
        asking.start()
        begun.wait()

        def moment() -> float:
            asking.join()
            if not heard:
                raise SystemExit(f"the edit did not become live within {LIVE_SECONDS} s")
            return heard[0]

        try:
            yield moment
        finally:
            given_up = 0.0
            asking.join()


class Studio:
    """The studio of a running Lantern with a publisher who is signed in. Starter content cannot be published any more
    once they have published something."""

    def __init__(self, server: Server, environment: Mapping[str, str]) -> None:
        self._server, self._desk, self._chat = server, build_desk(environment), OpenChat(server)
        staff = records_wiring.build(environment).staff
        given = staff.add(PUBLISHER, ("publisher",), by="a benchmark")
        token = staff.sign_in(PUBLISHER, given)
        session = staff.session(token)
        assert session
        staff.set_password(session.member, given, PASSWORD, token)
        self._mark = session.form_mark
        self._browser = requests.Session()
        self._browser.cookies.set("lantern_staff", token)

    def click(self) -> float:
        """Seconds from the click on "Publish now" until the first reply in an open chat that says the new sentence has
        arrived. The text was written, approved and checked before; each click puts one of two sentences in place of the
        other."""
        desk, now = self._desk, records_wiring.now()
        release = desk.store.release(desk.store.newest_release())
        entry = next(row.entry for row in release.revisions if row.entry.key == ENTRY)
        old, new = (BEFORE, AFTER) if entry.answer.startswith(BEFORE) else (AFTER, BEFORE)
        draft = desk.editing.draft(replace(entry, answer=entry.answer.replace(old, new)), by=AUTHOR, at=now)
        desk.editing.submit(draft.id, version=draft.version, by=AUTHOR, at=now)
        desk.editing.approve(draft.id, content_hash=draft.content_hash, by=REVIEWER, at=now)
        # The safety check runs beside, before anybody publishes; here it found nothing.
        desk.checks.keep(draft.content_hash, release.number, Found(0, 0, (), ()), now)
        form = {"form_mark": self._mark, "draft": str(draft.id)}
        address = f"{self._server.base}/studio/publish"
        with self._chat.listening(new) as heard:
            clicked = time.monotonic()
            # The next page of the studio is drawn while people read the new sentence already.
            answer = self._browser.post(address, data=form, timeout=LIVE_SECONDS, allow_redirects=False)
            if "said=published" not in answer.headers.get("Location", ""):
                raise SystemExit(f"the studio did not publish the edit, but answered {answer.status_code}")
            return heard() - clicked


def _seconds_until_said(server: Server, sentence: str, begun: float) -> float:
    """Asks until a reply says it."""
    while sentence not in _reply(server, f"publishing {time.monotonic()}"):
        if time.monotonic() - begun > LIVE_SECONDS:
            raise SystemExit(f"the edit did not become live within {LIVE_SECONDS} s")
    return time.monotonic() - begun


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
