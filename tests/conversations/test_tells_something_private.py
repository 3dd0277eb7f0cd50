"""What points to a person is kept nowhere: not in a file below the home, not in a log, not in a temporary file."""

from __future__ import annotations

import json
import time
from pathlib import Path

import httpx

from bot.signature import sign
from storage.secrets import shared_secret
from tests.conversations.expect import shows_card
from tests.running import Lantern, Person

NAME, MAIL, PHONE, RECORD = "Zebulon Quillfeather", "zeb.q@example.org", "415-555-0134", "AB-4471902"
TRACES = (NAME.split()[1], MAIL, PHONE, RECORD)


def files_that_hold(words: str, lantern: Lantern) -> list[Path]:
    scratch = Path(lantern.environment["TMPDIR"])
    files = [file for folder in (lantern.home, scratch) for file in folder.rglob("*") if file.is_file()]
    return [file for file in (*files, lantern.log) if words.casefold().encode() in file.read_bytes().lower()]


def test_the_search_finds_what_is_there(running_lantern: Lantern) -> None:
    assert running_lantern.log in files_that_hold("LANTERN IS READY", running_lantern)
    assert files_that_hold("Nobody can catch it", running_lantern), "the knowledge database is searched"


def test_nothing_that_points_to_a_person_is_written_down(running_lantern: Lantern, person: Person) -> None:
    person.say("what is lupus")
    for message in (
        f"my name is {NAME} and i want to know is lupus contagious",
        f"write to {MAIL}, should i stop taking prednisone",
        f"call me at {PHONE} about trials in Germany",
        f"/restart {MAIL}",
        f"NCT05938725 my name is {NAME} " + "x" * 3000,
        f"my mrn is {RECORD}, say it more simply",
    ):
        person.say(message)
    shows_card(person.say(f"he collapsed and isn't breathing, call {PHONE}"), "cpr-adult")
    person.post({"sender": person.sender, "message": [MAIL]})
    person.client.post("/webhooks/rest/webhook", content=f'{{"message": "{MAIL}'.encode())
    person.client.post("/library/", data={"q": MAIL})
    for trace in TRACES:
        assert files_that_hold(trace, running_lantern) == []
    assert files_that_hold("i want to know is lupus contagious", running_lantern), "the rest of the words is kept"


def test_what_was_said_before_the_person_knew_that_it_is_kept_is_not(running_lantern: Lantern, person: Person) -> None:
    person.say("is lupus contagious to hamsters and canaries")
    assert files_that_hold("hamsters and canaries", running_lantern) == []


def test_nor_is_what_reaches_the_assistant_directly(running_lantern: Lantern) -> None:
    assert ask_assistant(running_lantern, f"my name is {NAME}, is lupus contagious").json()["messages"]
    assert files_that_hold(NAME.split()[1], running_lantern) == []


def test_a_person_who_asks_to_be_forgotten_is(running_lantern: Lantern, person: Person) -> None:
    person.say("is lupus contagious")
    person.say("can walruses and ostriches get lupus")
    assert files_that_hold("walruses and ostriches", running_lantern), "it is kept until then"
    offered = person.say("please delete everything i wrote")
    assert offered.offers == ("Forget me",)
    assert "receipt" in person.say(offered.press("Forget me")).text
    assert files_that_hold("walruses and ostriches", running_lantern) == []
    assert "automated assistant" in person.say("say it more simply").text, "nobody here remembers this person"


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
