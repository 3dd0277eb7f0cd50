"""What is particular to one messenger or to a few: STOP, groups, trials of an address, edits, failures told later."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

import pytest

from records.wiring import Records
from tests.running import wait_until
from tests.web.channels.conftest import EVERY_CHANNEL, Channel, opened
from tests.web.conftest import COLLAPSED, StandInAssistant
from web.app import build
from web.channels.contract import Adapter
from web.channels.settings import adapter as adapter_of
from web.channels.simulation.provider import Call
from web.channels.simulation.providers import provider
from web.channels.whatsapp import WhatsApp
from web.channels.wiring import assembled
from web.guards import providers
from web.parts import Parts

Says = Callable[..., None]
OpenChannel = Callable[[str], AbstractContextManager[Channel]]
STOPPED, STARTED = "You will get no more messages", "Welcome back"


@pytest.fixture
def opening(channel_parts: Parts, records: Records) -> OpenChannel:
    return partial(opened, parts=channel_parts, records=records)


@pytest.fixture
def whatsapp(opening: OpenChannel) -> Iterator[Channel]:
    with opening("whatsapp") as channel:
        yield channel


@pytest.fixture
def twilio(opening: OpenChannel) -> Iterator[Channel]:
    with opening("twilio") as channel:
        yield channel


def test_who_writes_stop_hears_so_once_and_nothing_more_until_start(whatsapp: Channel, says: Says) -> None:
    says("An answer.")
    whatsapp.write("Stop.")
    assert whatsapp.provider.await_heard(1)[0].text.startswith(STOPPED)
    for text in ("STOP", "is lupus contagious", "hello?"):
        whatsapp.write(text)
    whatsapp.settle()
    assert len(whatsapp.provider.heard) == 1
    whatsapp.write("start")
    assert whatsapp.provider.await_heard(2)[1].text.startswith(STARTED)
    whatsapp.write("is lupus contagious")
    assert whatsapp.provider.await_heard(3)[2].text == "An answer."


def test_who_asked_for_silence_still_gets_a_card_and_nothing_around_it(whatsapp: Channel) -> None:
    whatsapp.write("STOP")
    whatsapp.provider.await_heard(1)
    whatsapp.write(COLLAPSED)
    assert whatsapp.provider.await_heard(2)[1].text.startswith("Call 911")
    whatsapp.settle()
    assert len(whatsapp.provider.heard) == 2


def test_stop_within_a_sentence_is_a_word_like_any_other(whatsapp: Channel, says: Says) -> None:
    says("An answer.")
    whatsapp.write("when can i stop taking prednisone")
    assert whatsapp.provider.await_heard(1)[0].text == "An answer."


def test_who_shows_no_number_is_answered_all_the_same(whatsapp: Channel, says: Says) -> None:
    says("An answer.")
    simulated: Any = whatsapp.simulated
    said = {"id": "wamid.u", "timestamp": str(int(time.time())), "type": "text", "text": {"body": "what is lupus"}}
    call = simulated.value({"messages": [{"from_user_id": "US.13491208655302741918", **said}]})
    assert whatsapp.deliver(call).status_code == 200
    heard = whatsapp.provider.await_heard(2)
    assert {one.to for one in heard} == {"US.13491208655302741918"}


def test_start_alone_is_a_message_for_who_did_not_stop(whatsapp: Channel, says: Says) -> None:
    says("An answer.")
    whatsapp.write("start")
    assert whatsapp.provider.await_heard(1)[0].text == "An answer."


def test_for_sms_twilio_itself_confirms_a_stop_and_we_keep_to_it(twilio: Channel, says: Says) -> None:
    says("An answer.")
    twilio.write("STOP")
    twilio.write("is lupus contagious")
    twilio.settle()
    assert twilio.provider.heard == []
    sms = {"MessageSid": "SMx", "From": "whatsapp:+15035550182", "To": "whatsapp:+15035550100", "Body": "STOP"}
    assert twilio.deliver(twilio.simulated.event(sms)).status_code == 200  # type: ignore[attr-defined]
    assert twilio.provider.await_heard(1)[0].text.startswith(STOPPED)


def test_outside_the_window_of_whatsapp_nothing_is_sent_any_more(
    opening: OpenChannel, says: Says, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(WhatsApp, "window", dt.timedelta(seconds=1))
    says("An answer.")
    with opening("whatsapp") as channel:
        channel.provider.behaves.extend(["503"] * 30)
        channel.provider.headers["Retry-After"] = "0"
        channel.write("is lupus contagious")
        channel.settle()
        dead = channel.records.post("staff").outbox.dead_letters()
        assert {letter.fault for letter in dead} == {"too late to be sent"}
        assert channel.provider.heard == []


@pytest.mark.parametrize("name", ["whatsapp", "twilio"])
def test_what_turns_out_to_be_undelivered_becomes_a_dead_letter(name: str, opening: OpenChannel, says: Says) -> None:
    says("An answer.")
    with opening(name) as channel:
        channel.write("is lupus contagious")
        channel.provider.await_heard(2)
        channel.settle()
        simulated: Any = channel.simulated
        if name == "whatsapp":
            status = {"id": "wamid.sent-1", "status": "failed", "errors": [{"code": 131026}]}
            failed: Call = simulated.value({"statuses": [status]})
        else:
            failed = simulated.event(
                {"MessageSid": "SMsent-1", "From": "+1", "To": "+2", "MessageStatus": "failed", "ErrorCode": "131026"}
            )
        assert channel.deliver(failed).status_code == 200
        outbox = channel.records.post("staff").outbox
        wait_until("the dead letter", lambda: len(outbox.dead_letters()) == 1)
        assert outbox.dead_letters()[0].fault == "not delivered, code 131026"
        assert channel.client.get("/readyz").json()["parts"]["channels"]["dead_letters"] == {name: 1}


@pytest.mark.parametrize("name", ["whatsapp", "messenger"])
def test_meta_may_try_the_address_with_the_right_token(name: str, opening: OpenChannel) -> None:
    with opening(name) as channel:
        simulated: Any = channel.simulated
        tried = channel.deliver(simulated.trial())
        assert (tried.status_code, tried.text) == (200, "1158201444")
        assert tried.headers["content-type"].startswith("text/plain")
        assert channel.deliver(simulated.trial(challenge="x" * 5000)).text == "x" * 200


def test_slack_may_try_the_address(opening: OpenChannel) -> None:
    with opening("slack") as channel:
        simulated: Any = channel.simulated
        body = json.dumps({"type": "url_verification", "challenge": "3eZbrw1aBm2r"}).encode()
        assert channel.deliver(simulated.signed(body, time.time())).json() == {"challenge": "3eZbrw1aBm2r"}
        assert channel.deliver(simulated.signed(body, time.time() - 400)).status_code == 401


def test_in_a_group_only_a_mention_is_answered_and_where_it_was_made(opening: OpenChannel, says: Says) -> None:
    says("An answer.")
    with opening("slack") as channel:
        simulated: Any = channel.simulated
        mention = {"type": "app_mention", "channel": "C0", "user": "U7", "text": "<@U0LANTERN> is lupus contagious"}
        call = simulated.event({**mention, "ts": f"{time.time():.6f}"}, time.time())
        assert channel.deliver(call).status_code == 200
        heard = channel.provider.await_heard(2)
        assert {one.to for one in heard} == {"C0"}


def test_an_edit_that_tells_of_an_emergency_gets_its_card(opening: OpenChannel) -> None:
    with opening("telegram") as channel:
        simulated: Any = channel.simulated
        said = {**simulated._of("15035550182", "e", time.time()), "text": COLLAPSED, "edit_date": int(time.time())}
        assert channel.deliver(simulated.update({"edited_message": said})).status_code == 200
        assert channel.provider.await_heard(1)[0].text.startswith("Call 911")


def test_who_opens_a_chat_in_telegram_is_asked_what_they_want_to_know(
    opening: OpenChannel, assistant: StandInAssistant
) -> None:
    with opening("telegram") as channel:
        channel.write("/start")
        first, second = channel.provider.await_heard(2)
        assert first.text.startswith("What would you like to know")
        assert second.text.startswith("I am an automated assistant")
        assert assistant.received == []


def test_a_picture_is_answered_in_the_language_of_who_sent_it(opening: OpenChannel) -> None:
    with opening("telegram") as channel:
        simulated: Any = channel.simulated
        row = simulated._of("15035550182", "p", time.time())
        row["from"]["language_code"] = "es-MX"
        assert channel.deliver(simulated.update({"message": {**row, "photo": [{"file_id": "1"}]}})).status_code == 200
        assert channel.provider.await_heard(1)[0].text.startswith("Solo puedo leer palabras")


def test_two_apps_that_deliver_the_same_message_get_one_answer(whatsapp: Channel, says: Says) -> None:
    """The second app has another secret; with ours it would still be the same message."""
    says("An answer.")
    simulated: Any = whatsapp.simulated
    call = whatsapp.write("is lupus contagious", "wamid.same")
    other = simulated.signed(json.loads(call.body), secret="0f" * 16)
    assert whatsapp.deliver(other).status_code == 401
    assert whatsapp.deliver(simulated.signed({**json.loads(call.body), "app": 2})).status_code == 200
    whatsapp.settle()
    assert whatsapp.provider.texts.count("An answer.") == 1


def test_several_messages_in_one_delivery_are_each_answered(whatsapp: Channel, assistant: StandInAssistant) -> None:
    simulated: Any = whatsapp.simulated
    rows = [
        {"from": "15035550182", "id": f"wamid.{n}", "timestamp": "1", "type": "text", "text": {"body": f"question {n}"}}
        for n in range(3)
    ]
    for row in rows:
        row["timestamp"] = str(int(time.time()))
    assert whatsapp.deliver(simulated.value({"messages": rows})).status_code == 200
    whatsapp.settle()
    assert [row["text"] for row in assistant.received] == ["question 0", "question 1", "question 2"]


def test_a_message_of_last_year_that_is_delivered_again_is_not_answered(whatsapp: Channel) -> None:
    call = whatsapp.simulated.message("is lupus contagious", "wamid.old", time.time() - 400 * 86400)
    assert whatsapp.deliver(call).status_code == 200
    whatsapp.settle()
    assert whatsapp.provider.heard == []


def test_every_route_of_a_channel_names_what_verifies_it(channel_parts: Parts, records: Records) -> None:
    adapters: list[Adapter] = []
    for name in EVERY_CHANNEL:
        kind = adapter_of(name)
        settings = {question.setting.name: question.setting for question in kind.questions}
        given = provider(name).sample_settings()
        values = {key: row.parse(given.get(key, row.default or "")) for key, row in settings.items()}
        adapters.append(kind.from_settings({**values, "LANTERN_SITE_ADDRESS": "https://lantern.example.org"}))
    channels = assembled(adapters, channel_parts.settings, records)
    routes = channels.routes(channel_parts)
    assert [route.path for route in routes] == [f"/channels/{name}" for name in EVERY_CHANNEL]
    for route, adapter in zip(routes, adapters):
        assert route.guard is providers  # type: ignore[attr-defined]
        assert route.verifier == adapter.verify  # type: ignore[attr-defined]
        assert type(adapter).verify is not Adapter.verify
    served = [route for route in build(channel_parts).routes if getattr(route, "path", "").startswith("/channels/")]
    assert served == [], "what is not switched on is not served"


def test_large_and_packed_bodies_are_refused_before_they_are_looked_at(whatsapp: Channel) -> None:
    large = whatsapp.client.post("/channels/whatsapp", content=b"x" * 10_000_000)
    assert (large.status_code, large.json()["error"]) == (413, "too_large")
    packed = whatsapp.client.post("/channels/whatsapp", content=b"x", headers={"Content-Encoding": "gzip"})
    assert (packed.status_code, packed.json()["error"]) == (415, "encoded")
    assert whatsapp.client.put("/channels/whatsapp").status_code == 405


def test_deep_and_doubtful_json_is_a_400_or_nothing(whatsapp: Channel) -> None:
    simulated: Any = whatsapp.simulated
    signed = simulated.signed({})
    for body in (
        b"[" * 50_000,
        b'{"a": NaN}',
        b"[]",
        b"null",
        b'"x"',
        b"\xff\xfe",
        b"",
        b'{"entry": 1}',
        b'{"entry": [[]]}',
    ):
        digest = hmac.new(simulated.set("APP_SECRET").encode(), body, hashlib.sha256).hexdigest()
        call = Call(body, {**signed.headers, "X-Hub-Signature-256": f"sha256={digest}"})
        assert whatsapp.deliver(call).status_code in (200, 400), body[:20]
    assert whatsapp.deliveries() == 0


def test_figures_tell_what_was_delivered_and_sent(whatsapp: Channel, says: Says) -> None:
    says("An answer.")
    call = whatsapp.write("is lupus contagious")
    whatsapp.deliver(call)
    whatsapp.provider.await_heard(2)
    whatsapp.settle()
    figures = whatsapp.client.get("/metrics").text
    assert 'lantern_channel_received_total{channel="whatsapp",outcome="new"} 1' in figures
    assert 'lantern_channel_received_total{channel="whatsapp",outcome="known"} 1' in figures
    assert 'lantern_channel_sent_total{channel="whatsapp",outcome="delivered"} 2' in figures
    assert 'lantern_messages_total{channel="whatsapp",kind="spoken"} 1' in figures
