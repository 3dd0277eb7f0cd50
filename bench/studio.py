"""How long each page of the studio takes with 5,000 entries and 100,000 questions without an answer.

    .venv/bin/python -m bench.studio [--entries N] [--questions N]

Every page that the studio declares is asked for, and some with filters, through the real application, without a
network, once what the studio makes ready while somebody signs in is done; `first` is the first look at a page in this
process. Files for other programs are timed, too, and have no floor. The questions are made of words of the content,
each with a number of its own, so that no two are alike; every tenth message was answered, and found helpful or not.
"""

from __future__ import annotations

import argparse
import datetime as dt
import gc
import itertools
import os
import re
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from starlette.routing import Route
from starlette.testclient import TestClient

from bench import yardstick
from bench.editing import entries, keep_random_vectors
from knowledge.files import read_folder
from knowledge.glossary import published, read_glossaries
from knowledge.model import Entry
from knowledge.search.weights import package_folder, prepare
from knowledge.settings import SHIPPED_CONTENT
from knowledge.wiring import build_desk
from records import wiring as records_wiring
from records.identity import spelling
from records.tables import channel_outbox, conversations, feedback, messages, missed_questions
from storage.engine import write
from storage.secrets import shared_secret
from web.app import build
from web.parts import Parts
from web.studio.routes import routes
from web.studio.warming import THREAD
from web.wiring import build as build_parts

FLOOR = 300.0
"""Milliseconds that a page may take."""
REPEATS = 7
ASKED_BY = 4
"""Questions of one conversation."""
AT_ONCE = 5000
PASSWORD = "three calm otters"
ENTRY, CARD = "en/lupus-contagious", "en/cpr-adult"
LETTERS, ACTS = 1000, 5000
"""Messages that could not be sent, and rows of the audit trail."""
FILTERED = (
    *("/studio/?words=lupus+kidney", "/studio/?order=used", "/studio/?order=missed", "/studio/?order=hard"),
    *("/studio/?order=unhelpful", "/studio/?due=soon&topic=lupus&page=9", "/studio/calendar?month=2027-11"),
    *(
        "/studio/facts?words=sun",
        "/studio/sources?words=lupus",
        "/studio/glossary?words=cell",
        f"/studio/entries/{CARD}/sign-off",
    ),
)
FILES = (".csv", ".xlsx", ".ics")
"""Endings of what other programs read."""


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="bench.studio", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--entries", type=int, default=5000, metavar="N", help="how many entries (5000)")
    parser.add_argument("--questions", type=int, default=100_000, metavar="N", help="how many questions (100000)")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        print("Preparing the model, the entries and the questions ...", flush=True)
        prepare(package_folder(), home / "model", "int8")
        environment = {**os.environ, "LANTERN_HOME": str(home), "LANTERN_REGION": "US"}
        shared_secret(home / "secrets" / "assistant")
        content = read_folder(SHIPPED_CONTENT)
        rows = list(itertools.islice(entries(content), options.entries))
        words = published(read_glossaries(SHIPPED_CONTENT), content.facts, content.sources)
        fill_knowledge(environment, [*rows, *words])
        fill_records(environment, rows, options.questions)
        return measure(environment)


def fill_knowledge(environment: dict[str, str], rows: list[Entry]) -> None:
    desk, now = build_desk(environment), dt.datetime.now(dt.timezone.utc)
    desk.store.migrate()
    keep_random_vectors(desk, rows)
    desk.grades.prepare(rows)  # as publishing does
    sources = read_folder(SHIPPED_CONTENT).sources
    desk.store.publish(rows, sources, base=0, author="starter", review="editorial", origin="seed", at=now)
    with desk.store.changing() as change:
        for number in range(ACTS):
            change.record("send_again", by="Ada", at=now, detail={"channel": "webhook", "letter": number})


def fill_records(environment: dict[str, str], rows: list[Entry], wanted: int) -> None:
    records = records_wiring.build(environment)
    records.store.migrate()
    given = records.staff.add("Ada", ("author", "reviewer", "publisher", "admin"), by="a benchmark")
    token = records.staff.sign_in("Ada", given)
    session = records.staff.session(token)
    assert session
    records.staff.set_password(session.member, given, PASSWORD, token)
    at = dt.datetime.now(dt.timezone.utc).isoformat(timespec="microseconds")
    asked = questions(rows)
    for start in range(0, wanted, AT_ONCE):
        numbers = range(start, min(start + AT_ONCE, wanted))
        said = [(number, *next(asked)) for number in numbers]
        with write(records.engine) as connection:
            people = sorted({number // ASKED_BY for number in numbers if number % ASKED_BY == 0})
            connection.execute(sa.insert(conversations), [_conversation(person, at) for person in people])
            connection.execute(sa.insert(messages), [_message(number, text, entry, at) for number, text, entry in said])
            connection.execute(sa.insert(missed_questions), [_missed(number, text, e, at) for number, text, e in said])
            judged = [_judged(number, entry, at) for number, _, entry in said if number % 10 == 0]
            connection.execute(sa.insert(feedback), judged)
    with write(records.engine) as connection:
        connection.execute(sa.insert(channel_outbox), [_letter(number, at) for number in range(LETTERS)])


def questions(rows: list[Entry]) -> Iterator[tuple[str, str]]:
    """A question and the entry that comes nearest, without an end."""
    asked = [(phrase, entry.id) for entry in rows[:300] for phrase in entry.phrasings]
    for number in itertools.count():
        phrase, entry = asked[number % len(asked)]
        yield f"{phrase} number {number}", entry


def _conversation(person: int, at: str) -> dict[str, Any]:
    row = {"id": f"{person:032x}", "channel": "chat", "started_at": at, "heard_at": at, "locale": "en", "said": ""}
    return {**row, "introduced": True, "therapy": False, "suppressed": False}


def _message(number: int, text: str, entry: str, at: str) -> dict[str, Any]:
    answered = number % 10 == 0
    row = {"conversation_id": f"{number // ASKED_BY:032x}", "message_hash": f"{number:064x}", "at": at, "text": text}
    shown = f" en/{entry}@1 " if answered else ""
    # As long as replies usually are: a database that is read through is read with them.
    return {**row, "kind": "answer" if answered else "abstain", "replies": "[" + " " * 2000 + "]", "shown": shown}


def _missed(number: int, text: str, entry: str, at: str) -> dict[str, Any]:
    row = {"conversation_id": f"{number // ASKED_BY:032x}", "day": at[:10], "locale": "en", "kind": "abstain"}
    return {**row, "text": text, "nearest": entry, "confidence": 0.2, "spelling": spelling("abstain", "en", text)}


def _judged(number: int, entry: str, at: str) -> dict[str, Any]:
    row = {"id": f"{number:064x}", "conversation_id": f"{number // ASKED_BY:032x}", "at": at, "locale": "en"}
    return {**row, "kind": "answer", "entry": entry, "revision": 1, "helpful": number % 20 == 0}


def _letter(number: int, at: str) -> dict[str, Any]:
    row = {"key": f"letter-{number}", "channel": "webhook", "created_at": at, "due_at": at, "urgent": False}
    return {**row, "state": "dead", "attempts": 9, "fault": "500", "sealed": "x" * 400}


def measure(environment: dict[str, str]) -> int:
    parts = build_parts(environment)
    client = TestClient(build(parts), "http://127.0.0.1", client=("127.0.0.1", 1), follow_redirects=False)
    client.headers["Sec-Fetch-Site"] = "same-origin"
    parts.knowledge.live()
    # What was made to fill the databases is nothing that a gateway holds, and looks through for garbage.
    gc.collect()
    gc.freeze()
    signing_in = time.perf_counter()
    page = client.get("/studio/sign-in").text
    mark = _mark(page)
    client.post("/studio/sign-in", data={"form_mark": mark, "name": "Ada", "password": PASSWORD})
    begun = client.post(
        f"/studio/entries/{ENTRY}/change", data={"form_mark": _mark(client.get("/studio/account").text)}
    )
    draft = begun.headers["location"].removesuffix("/edit")
    for thread in threading.enumerate():
        if thread.name == THREAD:
            thread.join()
    print(f"Made ready while somebody signs in: {time.perf_counter() - signing_in:.1f} s")
    print(f"{'milliseconds':<40}{'first':>9}{'median':>9}{'floor':>12}{'yardstick':>11}")
    short = 0
    made = client.post("/studio/calendar/address", data={"form_mark": _mark(client.get("/studio/calendar").text)})
    secret = re.search(r"/studio/calendar/([\w-]+)[.]ics", made.text)
    assert secret
    names = {"draft": draft.rpartition("/")[2], "secret": secret[1]}
    for path in (*declared(parts, names), *FILTERED):
        is_file = path.endswith(FILES)
        times = [_timed(client, path) for _ in range(2 if is_file else REPEATS + 1)]
        median = statistics.median(times[1:])
        fits = is_file or max(times[0], median) <= FLOOR
        verdict = "" if is_file else f"{FLOOR:.0f} {'ok' if fits else 'short'}"
        short += not fits
        shown = path.replace(secret[1], "...")
        print(f"{shown:<40}{times[0]:9.0f}{median:9.0f}{verdict:>12}{yardstick.milliseconds():11.0f}", flush=True)
    return 1 if short else 0


def declared(parts: Parts, names: dict[str, str]) -> list[str]:
    """The addresses of all pages of the studio, filled in with `names`, so that no new one is forgotten."""
    locale, entry = ENTRY.split("/")
    known = {**names, "locale": locale, "id": entry}
    found = [route for route in routes(parts) if isinstance(route, Route) and "GET" in (route.methods or ())]
    if unknown := {name for route in found for name in route.param_convertors if name not in known}:
        raise SystemExit(
            f"say in bench/studio.py what stands for {', '.join(sorted(unknown))} in the studio's addresses"
        )
    return [route.path.format_map(known) for route in found]


def _timed(client: TestClient, path: str) -> float:
    begun = time.perf_counter()
    answer = client.get(path)
    taken = (time.perf_counter() - begun) * 1000
    # Whoever is signed in is sent on from the page on which people sign in.
    assert answer.status_code in (200, 303), (path, answer.status_code)
    return taken


def _mark(page: str) -> str:
    found = re.search('name="form_mark" value="([0-9a-f]+)"', page)
    assert found
    return found[1]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
