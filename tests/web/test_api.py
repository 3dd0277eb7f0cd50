"""The door for browsers: a token opens one conversation, and a guess opens none."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from starlette.testclient import TestClient

from knowledge.blocks import spoken
from knowledge.glossary import Glossary, Term
from knowledge.model import Answer
from records import wiring as records_wiring
from tests.web.conftest import COLLAPSED, HERE, HOST, SmallKnowledge, StandInAssistant
from web.app import build
from web.limits import Limits, Rate
from web.openapi import description
from web.parts import Parts

MESSAGES, CONVERSATION = "/api/v1/messages", "/api/v1/conversation"
GUESSED = ("x" * 43, "", "a b", "é" * 43, "../../etc", "null", "x" * 5000)


class Visitor:
    """A browser with its token."""

    def __init__(self, client: TestClient) -> None:
        self._client = client
        begun = client.post("/api/v1/conversations", json={"locale": "en"})
        assert begun.status_code == 201
        self.introduction: str = begun.json()["introduction"]
        self.headers = {"Authorization": f"Bearer {begun.json()['token']}"}

    def say(self, text: str, **more: Any) -> list[dict[str, Any]]:
        response = self._client.post(MESSAGES, json={"message": text, **more}, headers=self.headers)
        assert response.status_code == 200, response.text
        messages: list[dict[str, Any]] = response.json()["messages"]
        return messages

    def export(self) -> dict[str, Any]:
        kept: dict[str, Any] = self._client.get(CONVERSATION, headers=self.headers).json()
        return kept


@pytest.fixture
def visitor(client: TestClient) -> Visitor:
    return Visitor(client)


def test_who_speaks_and_what_is_kept_is_said_before_anything_is(visitor: Visitor) -> None:
    assert "automated assistant" in visitor.introduction
    assert "30 days" in visitor.introduction
    assert "forget me" in visitor.introduction
    [answer] = visitor.say("Is lupus contagious?")
    assert answer["answer"]["entry"] == "lupus-contagious", "and it is not said again"


def test_without_a_token_a_first_message_is_answered_and_brings_one(client: TestClient) -> None:
    first = client.post(MESSAGES, json={"message": "Is lupus contagious?"}).json()
    assert "automated assistant" in first["messages"][-1]["text"]
    headers = {"Authorization": f"Bearer {first['token']}"}
    later = client.post(MESSAGES, json={"message": "Is lupus contagious?"}, headers=headers).json()
    assert len(later["messages"]) == 1
    assert "token" not in later


@pytest.mark.parametrize("token", GUESSED)
@pytest.mark.parametrize(("method", "path"), [("POST", MESSAGES), ("GET", CONVERSATION), ("DELETE", CONVERSATION)])
def test_a_guessed_token_opens_nothing_and_confirms_nothing(
    client: TestClient, method: str, path: str, token: str
) -> None:
    guessed = {"Authorization": f"Bearer {token}".encode()}
    body = {"json": {"message": "what did I say before?"}} if method == "POST" else {}
    response = client.request(method, path, headers=guessed, **body)
    assert (response.status_code, response.json()["error"]) == (401, "unknown_conversation")
    other = client.request(method, path, headers={"Authorization": f"Bearer {'y' * 43}"}, **body)
    assert response.content == other.content


def test_an_emergency_is_answered_whatever_the_token_says(client: TestClient) -> None:
    for headers in ({}, {"Authorization": "Bearer " + "x" * 43}):
        replies = client.post(MESSAGES, json={"message": COLLAPSED}, headers=headers).json()["messages"]
        assert replies[0]["answer"]["kind"] == "emergency"


def test_a_message_that_is_sent_again_gets_the_same_replies(visitor: Visitor, assistant: StandInAssistant) -> None:
    first = visitor.say("Is lupus contagious?", message_id="m-1")
    assert visitor.say("Is lupus contagious?", message_id="m-1") == first
    assert len(assistant.received) == 1


def test_it_gets_them_after_a_crash_too(parts: Parts, assistant: StandInAssistant) -> None:
    with TestClient(build(parts), HOST, client=HERE) as client:
        visitor = Visitor(client)
        first = visitor.say("Is lupus contagious?", message_id="m-1")
        # Another process on the same database, which remembers nothing by itself.
        records = records_wiring.build({"LANTERN_HOME": str(parts.settings.home)})
        reborn = replace(parts, recorder=records.recorder, retention=records.retention)
        visitor._client = TestClient(build(reborn), HOST, client=HERE)
        assert visitor.say("Is lupus contagious?", message_id="m-1") == first
        assert len(assistant.received) == 1


def test_what_is_kept_can_be_read_and_holds_no_name(visitor: Visitor) -> None:
    visitor.say("my name is Rosalind Franklin, is lupus contagious?")
    kept = visitor.export()
    [message] = kept["messages"]
    assert message["text"] == "my name is [name], is lupus contagious?"
    assert message["replies"][0].startswith("No, lupus is not contagious.")


@pytest.mark.parametrize("by", ["words", "words in Spanish", "address"])
def test_what_is_kept_can_be_erased(client: TestClient, visitor: Visitor, by: str) -> None:
    visitor.say("Is lupus contagious?")
    if by == "address":
        receipt = client.delete(CONVERSATION, headers=visitor.headers).json()
        assert receipt["messages"] == 1
        assert receipt["receipt"]
    else:
        [said] = visitor.say("Forget me!" if by == "words" else "olvídame")
        assert "receipt" in said["text"]
    response = client.get(CONVERSATION, headers=visitor.headers)
    assert response.status_code == 401


def test_the_words_of_a_first_message_are_not_kept_before_it_is_said_that_they_are(client: TestClient) -> None:
    token = client.post(MESSAGES, json={"message": "Is lupus contagious?"}).json()["token"]
    headers = {"Authorization": f"Bearer {token}"}
    client.post(MESSAGES, json={"message": "What is lupus?"}, headers=headers)
    kept = client.get(CONVERSATION, headers=headers).json()["messages"]
    assert [message["text"] for message in kept] == [None, "What is lupus?"]


def test_two_visitors_never_meet(client: TestClient, assistant: StandInAssistant) -> None:
    one, other = Visitor(client), Visitor(client)
    one.say("my secret is lupus")
    assert other.export()["messages"] == []
    other.say("what is lupus")
    first, second = assistant.received
    assert first["sender"] != second["sender"]


def test_too_many_messages_are_told_when_to_go_on_and_emergencies_pass(parts: Parts) -> None:
    limits = Limits(Rate(2, 10), Rate(0), lambda: 0.0, parts.metrics.limited)
    with TestClient(build(replace(parts, limits=limits)), HOST, client=HERE) as client:
        visitor = Visitor(client)
        sent = [
            client.post(MESSAGES, json={"message": "Is lupus contagious?"}, headers=visitor.headers) for _ in range(3)
        ]
        assert [response.status_code for response in sent] == [200, 200, 429]
        assert int(sent[2].headers["Retry-After"]) >= 1
        assert visitor.say(COLLAPSED)[0]["answer"]["kind"] == "emergency"


def test_the_published_answers_can_be_listed_and_read(client: TestClient) -> None:
    listed = client.get("/api/v1/entries").json()
    assert {"lupus-contagious", "lupus-what-is"} <= {row["id"] for row in listed["entries"]}
    only = client.get("/api/v1/entries", params={"topic": "car_t"}).json()["entries"]
    assert [row["topic"] for row in only] == ["car_t"]
    assert client.get("/api/v1/entries/nothing").json()["error"] == "unknown_entry"


def test_the_description_names_every_address_of_the_interface(parts: Parts) -> None:
    served = {
        (method.lower(), route.path)  # type: ignore[attr-defined]
        for route in build(parts).routes
        for method in (getattr(route, "methods", None) or ())
        if route.path.startswith(("/api/", "/webhooks/", "/healthz", "/readyz")) and method != "HEAD"  # type: ignore[attr-defined]
    }
    # The generic channel is there where it is switched on: tests/web/channels/test_description.py.
    paths = {path: methods for path, methods in description()["paths"].items() if not path.startswith("/channels/")}
    described = {(method, path) for path, methods in paths.items() for method in methods}
    assert described == served


FEEDBACK = "/api/v1/feedback"


def judged(client: TestClient, visitor: Visitor, **opinion: Any) -> Any:
    return client.post(FEEDBACK, json={"message_id": "m-1", **opinion}, headers=visitor.headers)


def test_what_a_person_thinks_of_an_answer_is_kept_with_the_exact_text(
    client: TestClient, visitor: Visitor, assistant: StandInAssistant
) -> None:
    shown = Answer("answer", (spoken("No."),), entry="lupus-contagious", revision=3)
    assistant.replies(shown)
    visitor.say("Is lupus contagious?", message_id="m-1")
    text = {"entry": "lupus-contagious", "revision": 3}
    assert judged(client, visitor, helpful=True, **text).json() == {"messages": []}
    assert judged(client, visitor, helpful=False, word="I am Rosalind Franklin. Too short", **text).status_code == 200
    [kept] = visitor.export()["feedback"]
    assert (kept["entry"], kept["revision"], kept["helpful"]) == ("lupus-contagious", 3, False)
    assert kept["word"] == "I am [name]. Too short"


@pytest.mark.parametrize(
    ("opinion", "status", "error"),
    [
        ({"helpful": True, "entry": "lupus-contagious", "revision": 2}, 404, "unknown_answer"),
        ({"helpful": True, "entry": "lupus-what-is"}, 404, "unknown_answer"),
        ({"helpful": True, "message_id": "m-2"}, 404, "unknown_answer"),
        ({"helpful": "yes"}, 400, "bad_shape"),
        ({"helpful": None}, 400, "bad_shape"),
        ({"helpful": True, "message_id": 5}, 400, "bad_shape"),
        ({"helpful": True, "entry": {"$ne": 1}}, 404, "unknown_answer"),
    ],
)
def test_of_an_answer_that_was_not_given_nothing_is_kept(
    client: TestClient, visitor: Visitor, opinion: dict[str, Any], status: int, error: str
) -> None:
    visitor.say("Is lupus contagious?", message_id="m-1")
    response = judged(client, visitor, **opinion)
    assert (response.status_code, response.json()["error"]) == (status, error)
    assert visitor.export()["feedback"] == []


def test_nobody_judges_for_others(client: TestClient, visitor: Visitor) -> None:
    visitor.say("Is lupus contagious?", message_id="m-1")
    for headers in ({}, {"Authorization": "Bearer " + "x" * 43}, Visitor(client).headers):
        response = client.post(FEEDBACK, json={"message_id": "m-1", "helpful": True}, headers=headers)
        assert response.status_code in (401, 404)
    assert visitor.export()["feedback"] == []


@pytest.mark.parametrize("known", [True, False])
def test_who_cries_for_help_in_feedback_gets_the_card(client: TestClient, visitor: Visitor, known: bool) -> None:
    visitor.say("Is lupus contagious?", message_id="m-1")
    headers = visitor.headers if known else {"Authorization": "Bearer " + "x" * 43}
    opinion = {"message_id": "m-1", "helpful": False, "entry": "lupus-contagious", "revision": None, "word": COLLAPSED}
    [card] = client.post(FEEDBACK, json=opinion, headers=headers).json()["messages"]
    assert card["answer"]["kind"] == "emergency"


def test_words_that_the_glossary_explains_are_marked_and_can_be_looked_up(
    client: TestClient, visitor: Visitor, knowledge: SmallKnowledge, assistant: StandInAssistant
) -> None:
    term = Term("word-contagious", "contagious", (), False, "It can be caught.", (), 0)
    knowledge.words = Glossary([term])
    knowledge.answerer.words = knowledge.words
    [answer] = visitor.say("Is lupus contagious?")
    runs = answer["answer"]["blocks"][0]["runs"]
    assert [run.get("glossary") for run in runs] == [None, "word-contagious", None]
    assert "".join(run["text"] for run in runs) == "No, lupus is not contagious."
    assert client.get("/api/v1/glossary/word-contagious").json()["definition"] == "It can be caught."
    assert client.get("/api/v1/glossary/word-other").json()["error"] == "unknown_entry"


def test_in_a_card_no_word_is_marked(visitor: Visitor, knowledge: SmallKnowledge) -> None:
    knowledge.words = Glossary([Term("word-phone", "phone", (), False, "A telephone.", (), 0)])
    card = visitor.say(COLLAPSED)[0]["answer"]
    assert "phone" in card["blocks"][0]["runs"][0]["text"]
    assert len(card["blocks"][0]["runs"]) == 1


def test_who_runs_the_service_is_told_before_anything_is_kept(parts: Parts) -> None:
    named = replace(parts, settings=replace(parts.settings, operator="Example Hospital", contact="503 555 0100"))
    with TestClient(build(named), HOST, client=HERE) as client:
        told = client.get("/api/v1/service").json()
    assert (told["operator"], told["region"], told["kept_days"]) == ("Example Hospital", "US", 30)
    assert (told["name"], told["contact"]) == ("Lantern", "503 555 0100")
