"""What a person writes is kept nowhere: not in a file below the home, not in a log, not in a temporary file."""

from __future__ import annotations

import json
import time
from pathlib import Path

import httpx

from bot.signature import shared_secret, sign
from tests.conversations.expect import shows_card
from tests.running import Lantern, Person

NAME = "Zebulon Quillfeather"


def files_that_hold(words: str, lantern: Lantern) -> list[Path]:
    scratch = Path(lantern.environment["TMPDIR"])
    files = [file for folder in (lantern.home, scratch) for file in folder.rglob("*") if file.is_file()]
    return [file for file in (*files, lantern.log) if words.casefold().encode() in file.read_bytes().lower()]


def test_the_search_finds_what_is_there(running_lantern: Lantern) -> None:
    assert running_lantern.log in files_that_hold("LANTERN IS READY", running_lantern)
    assert files_that_hold("Nobody can catch it", running_lantern), "the knowledge database is searched"


def test_no_word_of_it_is_written_down(running_lantern: Lantern, person: Person) -> None:
    for message in (
        f"my name is {NAME} and i want to know is lupus contagious",
        f"{NAME} here, should i stop taking prednisone",
        f"are there trials for {NAME} in Germany",
        f"/restart {NAME}",
        f"NCT05938725 {NAME} " + "x" * 3000,
    ):
        person.say(message)
    shows_card(person.say(f"{NAME} collapsed and isn't breathing"), "cpr-adult")
    person.post({"sender": person.sender, "message": [NAME]})
    person.client.post("/webhooks/rest/webhook", content=f'{{"message": "{NAME}'.encode())
    person.client.get("/library/", params={"q": NAME})
    assert files_that_hold(NAME.split()[1], running_lantern) == []


def test_nor_when_it_reaches_the_assistant_directly(running_lantern: Lantern) -> None:
    assert ask_assistant(running_lantern, f"{NAME} asks, is lupus contagious").json()["messages"]
    assert files_that_hold(NAME.split()[1], running_lantern) == []


def test_an_emergency_that_reaches_the_assistant_directly_gets_its_card(running_lantern: Lantern) -> None:
    replies = ask_assistant(running_lantern, "my dad collapsed and isn't breathing").json()["messages"]
    assert (replies[0]["custom"]["kind"], replies[0]["custom"]["entry"]) == ("emergency", "cpr-adult")


def test_the_assistant_hears_only_who_knows_the_secret(running_lantern: Lantern) -> None:
    assert ask_assistant(running_lantern, "is lupus contagious", secret=b"a guess").status_code == 401
    assert ask_assistant(running_lantern, "is lupus contagious", age=3600).status_code == 401


def test_the_assistant_has_no_other_door(running_lantern: Lantern) -> None:
    address = f"http://127.0.0.1:{running_lantern.assistant_port}"
    paths = ("/", "/status", "/domain", "/conversations/person-1/tracker", "/model/parse", "/webhooks/rest/webhook")
    assert {path: httpx.get(address + path).status_code for path in paths} == dict.fromkeys(paths, 404)
    assert (running_lantern.home / "secrets" / "assistant").stat().st_mode & 0o077 == 0


def ask_assistant(lantern: Lantern, text: str, *, secret: bytes | None = None, age: int = 0) -> httpx.Response:
    """Sends a message past the gateway, signed `age` seconds ago, with the right secret unless another is given."""
    key = secret or shared_secret(lantern.home / "secrets" / "assistant")
    body = json.dumps({"sender": "round the gateway", "text": text, "metadata": {}}).encode()
    timestamp = str(int(time.time()) - age)
    headers = {"X-Lantern-Timestamp": timestamp, "X-Lantern-Signature": sign(key, timestamp, body)}
    address = f"http://127.0.0.1:{lantern.assistant_port}/webhooks/lantern/message"
    return httpx.post(address, content=body, headers=headers, timeout=30)
