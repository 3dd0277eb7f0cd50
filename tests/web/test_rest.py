"""`POST /webhooks/rest/webhook`: what integrators and the demo page rely on."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from starlette.testclient import TestClient

from knowledge.blocks import spoken
from knowledge.cards import card_answer
from knowledge.model import Answer
from tests.web.conftest import ANSWER, COLLAPSED, HOST, KEY, WEBHOOK, SmallKnowledge, StandInAssistant, ask
from web.app import build
from web.parts import Parts

JSON = {"Content-Type": "application/json"}


def post(client: TestClient, body: Any, **headers: str) -> Any:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return client.post(WEBHOOK, content=content, headers={**JSON, **headers})


def test_an_answer_carries_text_buttons_source_and_date(client: TestClient) -> None:
    reply = ask(client, "Is lupus contagious?")[0]
    assert reply["text"].startswith("No, lupus is not contagious.")
    assert "A good place" in reply["text"]
    assert "November 22, 2026" in reply["text"]
    assert reply["buttons"] == [{"title": "Tell me more", "payload": "Tell me more"}]
    assert reply["custom"]["kind"] == "answer"
    assert reply["custom"]["entry"] == "lupus-contagious"
    assert reply["custom"]["sources"][0]["address"] == "https://example.org/lupus"


def test_the_assistant_gets_the_message_with_known_metadata_only(
    client: TestClient, assistant: StandInAssistant
) -> None:
    ask(client, "Is lupus contagious?", region="de", locale="es-MX", message_id="m-1", approved_by="me")
    [received] = assistant.received
    assert received.pop("sender") != "someone", "the assistant does not learn what others call this person"
    metadata = {"region": "DE", "locale": "es", "message_id": "m-1", "noticed": False}
    assert received == {"text": "Is lupus contagious?", "metadata": metadata}


@pytest.mark.parametrize(
    "hints", [{"region": 7}, {"region": "Utopia"}, {"locale": ["en"]}, {"locale": "xx"}, {"message_id": ""}]
)
def test_a_hint_that_is_not_understood_is_left_out(
    client: TestClient, assistant: StandInAssistant, hints: dict[str, Any]
) -> None:
    ask(client, "Is lupus contagious?", **hints)
    metadata = assistant.received[0]["metadata"]
    assert (metadata["region"], metadata["locale"]) == ("US", "en")
    assert metadata["message_id"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "bad_json"),
        (b"{", "bad_json"),
        (b"\xff\xfe{}", "bad_json"),
        (b'{"sender": "a", "message": NaN}', "bad_json"),
        (b'{"sender": "a", "sender": "b", "message": "hi"}', "bad_json"),
        (b"[" * 10_000, "bad_json"),
        ([], "bad_shape"),
        (None, "bad_shape"),
        ("hi", "bad_shape"),
        ({"message": "hi"}, "bad_sender"),
        ({"sender": 7, "message": "hi"}, "bad_sender"),
        ({"sender": "", "message": "hi"}, "bad_sender"),
        ({"sender": "  ", "message": "hi"}, "bad_sender"),
        ({"sender": "x" * 201, "message": "hi"}, "bad_sender"),
        ({"sender": "\u0000\n", "message": "hi"}, "bad_sender"),
        ({"sender": "\ud83d", "message": "hi"}, "bad_sender"),
        ({"sender": "a"}, "bad_message"),
        ({"sender": "a", "message": None}, "bad_message"),
        ({"sender": "a", "message": 42}, "bad_message"),
        ({"sender": "a", "message": ["hi"]}, "bad_message"),
        ({"sender": "a", "message": {"text": "hi"}}, "bad_message"),
        ({"sender": "a", "message": "hi", "metadata": "x"}, "bad_metadata"),
    ],
)
def test_a_wrong_shape_is_a_400_that_says_so(client: TestClient, body: Any, code: str) -> None:
    response = post(client, body)
    assert response.status_code == 400
    assert response.json()["error"] == code
    assert response.json()["detail"].endswith(".")
    assert ask(client, "Is lupus contagious?"), "the next question works"


@pytest.mark.parametrize("message", ["", "   ", "\n\t", "\u0000", "/", " // "])
def test_a_message_without_words_is_asked_back(client: TestClient, assistant: StandInAssistant, message: str) -> None:
    reply = ask(client, message)[0]
    assert reply["custom"]["kind"] == "clarify"
    assert not assistant.received


@pytest.mark.parametrize(
    ("message", "understood"),
    [
        ("/restart", "restart"),
        ("//restart", "restart"),
        (" / /restart", "restart"),
        ('/ask{"topic": "lupus"}', 'ask{"topic": "lupus"}'),
        ("\u0000/restart", "restart"),
        ("/\u0000/restart", "restart"),
        ("what\u0000 is \u0007lupus", "what is lupus"),
        ("what is lu\ud83dpus", "what is lu\ufffdpus"),
        ("1/2 of a tablet", "1/2 of a tablet"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("' OR 1=1 -- {{7*7}} ${x}", "' OR 1=1 -- {{7*7}} ${x}"),
        ("\u202ewhat is lupus", "\u202ewhat is lupus"),
        ("🙂", "🙂"),
    ],
)
def test_odd_messages_are_ordinary_text(
    client: TestClient, assistant: StandInAssistant, message: str, understood: str
) -> None:
    ask(client, message)
    assert assistant.received[0]["text"] == understood


def test_a_long_message_is_read_at_both_ends_and_says_so(client: TestClient, assistant: StandInAssistant) -> None:
    replies = ask(client, "Hello there. " + "x" * 5000 + " Is lupus contagious?")
    read = assistant.received[0]["text"]
    assert len(read) == 1000
    assert read.startswith("Hello there.")
    assert read.endswith("Is lupus contagious?")
    assert replies[0]["custom"]["kind"] == "answer"
    assert "long" in replies[1]["text"]


def test_a_message_of_the_full_length_is_read_whole(client: TestClient, assistant: StandInAssistant) -> None:
    message = "a" * 1000
    assert len(ask(client, message, sender="x")) == 2, "the answer and the introduction, no notice"
    assert assistant.received[0]["text"] == message


@pytest.mark.parametrize("status", ["answer", "500", "close", "hang"])
def test_an_emergency_gets_its_card_first_whatever_the_assistant_does(
    client: TestClient, assistant: StandInAssistant, status: str
) -> None:
    assistant.behave = status
    replies = ask(client, "a" * 9000 + " " + COLLAPSED)
    assert replies[0]["custom"]["kind"] == "emergency"
    assert "911" in replies[0]["text"]
    assert "This is not an emergency" in [button["payload"] for button in replies[0]["buttons"]]
    assert not assistant.received, "nobody is asked before a card is shown"


def test_the_emergency_number_is_that_of_the_callers_region(client: TestClient) -> None:
    assert "112" in ask(client, COLLAPSED, region="DE")[0]["text"]
    assert "112" in ask(client, COLLAPSED)[0]["text"], "it is remembered"
    assert "911" in ask(client, COLLAPSED, sender="another", region="nowhere")[0]["text"]


def test_a_crisis_gets_its_own_card_with_a_line_to_call(client: TestClient, assistant: StandInAssistant) -> None:
    card = ask(client, "I want to kill myself")[0]
    assert card["custom"]["kind"] == "crisis"
    assert "988" in card["text"]
    assert not assistant.received


def test_an_emergency_told_in_spanish_is_answered_in_spanish(client: TestClient) -> None:
    card = ask(client, "mi papá se desmayó y no respira", region="ES")[0]
    assert (card["custom"]["kind"], card["custom"]["locale"]) == ("emergency", "es")
    assert "112" in card["text"]
    assert ask(client, card["buttons"][-1]["payload"], locale="es")[0]["custom"]["kind"] == "clarify"


def test_the_button_under_a_card_leads_back(client: TestClient, assistant: StandInAssistant) -> None:
    ask(client, COLLAPSED)
    reply = ask(client, "This is not an emergency")[0]
    assert reply["custom"]["kind"] == "clarify"
    assert not assistant.received
    assert ask(client, "Is lupus contagious?")[0]["custom"]["kind"] == "answer"


NO_ANSWER = Answer("abstain", (spoken("I do not have a checked answer to that."),), confidence=0.2)
HALF_SURE, SURE = replace(ANSWER, confidence=0.4), replace(ANSWER, confidence=0.9)


@pytest.mark.parametrize("answer", [NO_ANSWER, HALF_SURE])
def test_who_plays_an_emergency_down_gets_its_card_again(
    client: TestClient, assistant: StandInAssistant, answer: Answer
) -> None:
    card = ask(client, COLLAPSED)[0]
    assistant.replies(answer)
    again = ask(client, "hes sitting up and looks quite normal")[0]
    assert again["custom"]["entry"] == card["custom"]["entry"]
    assert again["text"] == card["text"]
    assert ask(client, "This is not an emergency")[0]["custom"]["kind"] == "clarify"
    assert ask(client, "hes sitting up and looks quite normal")[0]["custom"]["kind"] == answer.kind


@pytest.mark.parametrize(
    ("message", "answer"), [("is lupus contagious", HALF_SURE), ("does it rain", NO_ANSWER), ("tell me more", SURE)]
)
def test_who_asks_something_else_after_a_card_gets_its_answer(
    client: TestClient, assistant: StandInAssistant, message: str, answer: Answer
) -> None:
    ask(client, COLLAPSED)
    assistant.replies(answer)
    assert ask(client, message)[0]["custom"]["kind"] == answer.kind


def test_the_first_replies_end_with_who_is_speaking_once_for_each_person(client: TestClient) -> None:
    first, second, other = ask(client, "Hello"), ask(client, "Hello"), ask(client, "Hello", sender="other")
    assert "automated assistant" in first[-1]["text"]
    assert "custom" not in first[-1]
    assert not any("automated assistant" in reply["text"] for reply in second)
    assert "automated assistant" in other[-1]["text"]


def test_the_introduction_comes_after_a_card(client: TestClient) -> None:
    card, introduction = ask(client, COLLAPSED)
    assert card["custom"]["kind"] == "emergency"
    assert "automated assistant" in introduction["text"]


def test_a_body_over_the_limit_is_refused(client: TestClient) -> None:
    response = post(client, {"sender": "a", "message": "x" * 20_000})
    assert (response.status_code, response.json()["error"]) == (413, "too_large")


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded", "application/jsonp"])
def test_only_json_is_taken(client: TestClient, kind: str) -> None:
    response = client.post(WEBHOOK, content=b'{"sender": "a", "message": "hi"}', headers={"Content-Type": kind})
    assert (response.status_code, response.json()["error"]) == (415, "not_json")


def test_json_with_a_charset_is_json(client: TestClient) -> None:
    body = {"sender": "a", "message": "Is lupus contagious?"}
    assert post(client, body, **{"Content-Type": "application/json; charset=utf-8"}).status_code == 200


def test_compressed_bodies_are_not_unpacked(client: TestClient) -> None:
    assert post(client, b"\x1f\x8b\x08", **{"Content-Encoding": "gzip"}).status_code == 415


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_other_methods_are_not_taken(client: TestClient, method: str) -> None:
    response = client.request(method, WEBHOOK)
    assert (response.status_code, response.json()["error"]) == (405, "method_not_allowed")
    assert response.headers["allow"] == "POST"


QUESTION = {"sender": "a", "message": "Is lupus contagious?"}


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"])
def test_callers_on_this_machine_need_no_key(parts: Parts, host: str) -> None:
    with TestClient(build(parts), HOST, client=(host, 1)) as client:
        assert post(client, QUESTION).status_code == 200


@pytest.mark.parametrize("host", ["192.0.2.7", "2001:db8::1", "::ffff:192.0.2.7", "localhost", "", "testclient"])
def test_callers_from_elsewhere_need_the_key(parts: Parts, host: str) -> None:
    with TestClient(build(parts), HOST, client=(host, 1)) as client:
        refused = post(client, QUESTION)
        assert (refused.status_code, refused.json()["error"]) == (401, "key_needed")
        assert post(client, QUESTION, Authorization=f"Bearer {KEY}").status_code == 200


@pytest.mark.parametrize("header", ["Forwarded", "X-Forwarded-For", "X-Real-IP"])
def test_callers_behind_a_proxy_on_this_machine_need_the_key(client: TestClient, header: str) -> None:
    assert post(client, QUESTION, **{header: "127.0.0.1"}).status_code == 401
    assert post(client, QUESTION, **{header: "127.0.0.1", "Authorization": f"Bearer {KEY}"}).status_code == 200


@pytest.mark.parametrize(
    "given", ["", "Bearer", "Bearer ", "Bearer wrong", f"Basic {KEY}", KEY, f"Bearer {KEY}x", "Bearer é"]
)
def test_a_wrong_key_opens_nothing(parts: Parts, given: str) -> None:
    with TestClient(build(parts), HOST, client=("192.0.2.7", 1)) as client:
        response = client.post(WEBHOOK, json=QUESTION, headers={b"Authorization": given.encode("latin-1")})
        assert response.status_code == 401


def test_no_key_set_means_no_key_fits(parts: Parts) -> None:
    closed = replace(parts, settings=replace(parts.settings, integrator_key=""))
    with TestClient(build(closed), HOST, client=("192.0.2.7", 1)) as client:
        assert post(client, QUESTION, Authorization="Bearer ").status_code == 401
        assert post(client, QUESTION, Authorization="Bearer").status_code == 401


def test_the_knowledge_base_answers_while_the_assistant_is_away(
    client: TestClient, assistant: StandInAssistant, knowledge: SmallKnowledge
) -> None:
    assistant.stop()
    reply = ask(client, "Is lupus contagious?", region="ES")[0]
    assert reply["custom"]["entry"] == "lupus-contagious"
    assert knowledge.answerer.questions[0].context.region == "ES"


def test_the_second_net_shows_its_card_while_the_assistant_is_away(
    client: TestClient, assistant: StandInAssistant, knowledge: SmallKnowledge, parts: Parts
) -> None:
    assistant.stop()
    found = parts.cards.card("crisis", "en")
    knowledge.rewording = card_answer(found, "crisis", parts.numbers, "GB", parts.phrases, parts.card_sources)
    reply = ask(client, "he laid out his good suit and paid the milkman for good", region="GB")[0]
    assert (reply["custom"]["kind"], reply["custom"]["entry"]) == ("crisis", "crisis")
    assert not knowledge.answerer.questions
    # What it showed is what the conversation is about, as with a card of the rules.
    knowledge.rewording = None
    taken_back = ask(client, parts.phrases.say("en", "not_emergency_button"))[0]
    assert taken_back["text"].startswith(parts.phrases.say("en", "not_emergency_reply")[:20])


def test_with_everything_away_there_is_a_calm_sentence_and_a_number(
    client: TestClient, assistant: StandInAssistant, knowledge: SmallKnowledge, caplog: pytest.LogCaptureFixture
) -> None:
    assistant.behave = "500"
    knowledge.fault = RuntimeError("what the person wrote")
    reply = ask(client, "what the person wrote")[0]
    assert reply["custom"]["kind"] == "abstain"
    assert "911" in reply["text"]
    assert "RuntimeError" in caplog.text
    assert "what the person wrote" not in caplog.text
    assert ask(client, COLLAPSED)[0]["custom"]["kind"] == "emergency"


def test_refusals_and_answers_are_kept_by_nobody(client: TestClient) -> None:
    assert post(client, QUESTION).headers["cache-control"] == "no-store"
    assert client.get(WEBHOOK).headers["cache-control"] == "no-store"
