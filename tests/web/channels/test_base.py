"""What the base does for every channel. Tests run for one whose receiver knows a repetition and one whose does not."""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

import web.channels.responder
import web.channels.wiring
from records import wiring as records_wiring
from records.inbox import MOST_WAITING
from records.outbox import Parcel
from records.wiring import Records
from tests.records.conftest import locked
from tests.running import wait_until
from tests.web.channels.conftest import PUBLIC, Channel, StandInProvider, at_once, opened
from tests.web.conftest import COLLAPSED, StandInAssistant, another_line, impatient
from web.channels.contract import Message, Page
from web.channels.courier import Courier
from web.channels.line import HttpLine
from web.channels.responder import is_too_old
from web.limits import Limits, Rate
from web.parts import Parts

pytestmark = pytest.mark.takes_long

Says = Callable[..., None]
ADDRESSES = {"webhook": {"sender": "someone", "in_reply_to": "m0"}, "whatsapp": {"to": "15035550182"}}


@pytest.fixture(params=["webhook", "whatsapp"])
def channel(request: pytest.FixtureRequest, channel_parts: Parts, records: Records) -> Iterator[Channel]:
    with opened(request.param, channel_parts, records) as channel:
        yield channel


def test_two_people_never_meet(channel: Channel, says: Says) -> None:
    says("An answer.")
    senders = ["15035550101", "15035550102"]
    at_once([lambda sender=sender: channel.write("what is lupus", f"of-{sender}", sender=sender) for sender in senders])
    heard = channel.provider.await_heard(4)
    assert len({one.to for one in heard}) == 2
    assert all(next(one.text for one in heard if one.to == to) == "An answer." for to in {one.to for one in heard})


@pytest.mark.parametrize("status", ["500", "503", "429"])
def test_a_provider_that_is_busy_gets_the_reply_later_and_in_order(channel: Channel, says: Says, status: str) -> None:
    channel.provider.behaves.extend([status, status])
    channel.provider.headers["Retry-After"] = "1"
    says("First.")
    channel.write("one")
    channel.provider.await_calls(1)
    says("Second.")
    channel.write("two")
    assert [heard.text for heard in channel.provider.await_heard(3) if "automated" not in heard.text] == [
        *("First.", "Second.")
    ]


def test_a_card_does_not_wait_for_what_is_held_up(channel: Channel, says: Says) -> None:
    channel.provider.behaves.append("429")
    channel.provider.headers["Retry-After"] = "3"
    says("First.")
    channel.write("one")
    channel.provider.await_calls(1)
    channel.write(COLLAPSED)
    assert channel.provider.await_heard(1)[0].text.startswith("Call 911")
    assert "First." in [heard.text for heard in channel.provider.await_heard(3)]


def test_a_reply_that_the_provider_will_never_take_is_a_dead_letter_and_the_next_one_goes_on(
    channel: Channel, says: Says
) -> None:
    channel.provider.behaves.append("404")
    says("First.")
    channel.write("one")
    assert channel.provider.await_heard(1)[0].text.startswith("I am an automated assistant")
    channel.settle()
    [letter] = channel.records.post("staff").outbox.dead_letters()
    assert (letter.channel, letter.fault, letter.whole) == (channel.name, "status 404", True)
    channel.records.post("staff").outbox.send_again(letter.id).result(30)
    assert channel.provider.await_heard(2)[1].text == "First."


def test_when_nobody_knows_whether_it_arrived_it_is_not_sent_twice_to_who_would_see_it_twice(
    channel: Channel, says: Says
) -> None:
    channel.provider.behaves.append("taken, then drop")
    says("First.")
    channel.write("one")
    channel.provider.await_heard(2)
    channel.settle()
    dead = channel.records.post("staff").outbox.dead_letters()
    keys = [heard.key for heard in channel.provider.heard if heard.text == "First."]
    if channel.adapter.repeatable:
        assert (len(keys), len(set(keys)), dead) == (2, 1, [])
    else:
        assert len(keys) == 1
        assert [letter.fault.startswith("unsure") for letter in dead] == [True]


def test_a_key_that_is_not_accepted_any_more_is_told_to_staff_and_the_letters_are_kept(
    channel: Channel, says: Says
) -> None:
    channel.provider.behaves.append("401")
    says("First.")
    channel.write("one")
    channel.provider.await_calls(1)

    def told() -> bool:
        state = channel.client.get("/readyz").json()["parts"]["channels"]
        return not state["ok"] and state["key_refused"] == [channel.name] and state["waiting"][channel.name] == 2

    wait_until("the refused key to be told", told)
    assert channel.client.get("/readyz").json()["status"] in ("degraded", "unavailable")
    assert channel.records.post("staff").outbox.dead_letters() == []


def test_no_word_and_no_number_of_a_person_is_kept_or_logged(
    channel: Channel, says: Says, capfd: pytest.CaptureFixture[str]
) -> None:
    says("An answer.")
    for text in ("my name is Zebulon Quillfeather, is lupus contagious", "write to quill@post.example please"):
        channel.write(text, sender="15035550177")
    channel.settle()
    channel.provider.behaves.append("404")
    channel.write("my name is Zebulon Quillfeather, what is lupus", sender="15035550177")
    channel.settle()
    written = channel.kept() + "".join(capfd.readouterr())
    assert [trace for trace in ("Quillfeather", "quill@", "5035550177", "503555") if trace in written] == []


def test_a_long_message_and_one_without_words_are_answered(channel: Channel, says: Says) -> None:
    says("An answer.")
    channel.write("what is lupus " * 4300)
    channel.write("   ")
    channel.settle()
    assert "What would you like to know" in "".join(channel.provider.texts)
    assert any("Your message was long" in text for text in channel.provider.texts)


def test_an_emergency_at_the_end_of_sixty_thousand_characters_is_found(channel: Channel) -> None:
    channel.write("what is lupus " * 4300 + ". " + COLLAPSED)
    assert channel.provider.await_heard(1)[0].text.startswith("Call 911")


def test_a_provider_that_never_answers_keeps_nobody_else_waiting(
    channel: Channel, says: Says, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel.provider.behaves.append("never")
    says("First.")
    channel.write("one", sender="15035550101")
    channel.provider.await_calls(1)
    says("Second.")
    channel.write("two", sender="15035550102")
    heard = channel.provider.await_heard(2)
    assert [one.text == "Second." for one in heard] == [True, False]


@pytest.mark.parametrize("name", ["webhook", "whatsapp"])
def test_a_call_without_an_answer_ends_after_its_time(
    name: str, channel_parts: Parts, records: Records, says: Says, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web.channels.wiring, "CALL_SECONDS", 0.3)
    with opened(name, channel_parts, records) as channel:
        channel.provider.behaves.append("never")
        says("First.")
        channel.write("one")
        channel.provider.await_calls(1)
        if channel.adapter.repeatable:
            assert channel.provider.await_heard(2)[0].text == "First."
        else:
            channel.settle()
            [letter] = records.post("staff").outbox.dead_letters()
            assert letter.fault == "unsure: no answer in time"


def test_nobody_listening_at_the_provider_is_tried_again(
    channel_parts: Parts, records: Records, says: Says, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.running import free_port

    nobody = f"http://127.0.0.1:{free_port()}/replies"
    with opened("webhook", channel_parts, records, LANTERN_WEBHOOK_URL=nobody) as channel:
        says("First.")
        channel.write("one")
        state = lambda: channel.client.get("/readyz").json()["parts"]["channels"]  # noqa: E731
        wait_until("the letters to wait", lambda: state()["waiting"] == {"webhook": 2})
        wait_until("a second try", lambda: "not reached: ClientConnectorError" in channel.kept())
        assert state() == {"ok": True, "waiting": {"webhook": 2}, "dead_letters": {}}


def test_with_the_database_locked_a_delivery_is_asked_for_again_and_answered_once(
    channel: Channel, says: Says, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web.channels.responder, "ACCEPT_PATIENCE", 0.2)
    says("First.")
    call = channel.simulated.message("one", "m1", time.time())
    with locked(channel.records.engine):
        refused = channel.deliver(call)
        assert (refused.status_code, refused.json()["error"]) == (503, "records_away")
        assert int(refused.headers["Retry-After"]) > 0
    wait_until("the message to be kept after all", lambda: channel.deliver(call).status_code == 200)
    channel.settle()
    assert channel.provider.texts.count("First.") == 1


def test_with_the_database_locked_a_card_comes_at_once_and_once(channel: Channel) -> None:
    call = channel.simulated.message(COLLAPSED, "m1", time.time())
    with locked(channel.records.engine):
        assert [channel.deliver(call).status_code for _ in range(2)] == [200, 200]
        assert channel.provider.await_heard(1)[0].text.startswith("Call 911")
        assert channel.left() == [], "nothing of it is written yet"
    wait_until("the introduction", lambda: len(channel.provider.heard) >= 2)
    channel.settle()
    assert channel.deliver(call).status_code == 200
    channel.settle()
    assert [text.startswith("Call 911") for text in channel.provider.texts] == [True, False]


def test_who_writes_faster_than_the_limit_is_answered_a_little_later(
    channel_parts: Parts, records: Records, says: Says
) -> None:
    limited = Limits(Rate(2, 1), Rate(0), time.monotonic, channel_parts.metrics.limited)
    with opened("webhook", replace(channel_parts, limits=limited), records) as channel:
        says("An answer.")
        for number in range(4):
            channel.write(f"question {number}")
        assert channel.provider.await_heard(5)
        assert channel.provider.texts.count("An answer.") == 4


def test_a_flood_of_one_person_is_turned_away_and_others_and_emergencies_are_not(
    channel_parts: Parts, records: Records, assistant: StandInAssistant
) -> None:
    assistant.behave = "hang"
    with opened("webhook", channel_parts, records) as channel:
        told = [channel.deliver(channel.simulated.message("hi", f"f{n}", time.time())).status_code for n in range(60)]
        assert told.count(429) == 60 - MOST_WAITING
        channel.write(COLLAPSED)
        assert channel.provider.await_heard(1)[0].text.startswith("Call 911")
        channel.write("hi", sender="15035550102")
        assistant.let_go.set()
        channel.settle()


def test_what_was_delivered_and_not_answered_is_answered_after_a_restart(
    channel_parts: Parts, records: Records, assistant: StandInAssistant, says: Says
) -> None:
    """The first door ends while the assistant thinks; the second finds the message, redacted, and answers it."""
    assistant.behave = "hang"
    says("An answer.")
    with opened("webhook", impatient(channel_parts), records) as channel:
        channel.write("my name is Zebulon Quillfeather, what is lupus")
        wait_until("the question", lambda: len(assistant.received) == 1)
        provider = channel.provider
        again = StandInProvider(lambda base: type(provider.simulated)(provider.simulated.settings, PUBLIC))
    assistant.behave = "answer"
    assistant.let_go.set()
    again.simulated.settings = {**provider.simulated.settings, "LANTERN_WEBHOOK_URL": f"{again.address}/replies"}
    fresh = records_wiring.build({"LANTERN_HOME": str(channel_parts.settings.home)})
    parts = replace(channel_parts, recorder=fresh.recorder, assistant=another_line(channel_parts))
    with opened("webhook", parts, fresh, again):
        assert again.await_heard(2)[0].text == "An answer."
    assert assistant.received[-1]["text"] == "my name is [name], what is lupus"
    again.stop()


def test_a_fault_of_ours_ends_in_an_apology_and_the_next_message_is_answered(
    channel: Channel, says: Says, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web.channels.responder, "RETRY_PAUSE", 0.01)
    sound = web.channels.responder.pages

    def broken(replies: object, *given: object) -> object:
        if replies[0].text == "Broken.":  # type: ignore[index]
            raise LookupError("a word of the person")
        return sound(replies, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(web.channels.responder, "pages", broken)
    says("Broken.")
    channel.write("one")
    assert channel.provider.await_heard(1)[0].text.startswith("I cannot answer right now.")
    says("Second.")
    channel.write("two")
    assert channel.provider.await_heard(2)[1].text == "Second."


def test_a_reply_that_could_not_be_brought_for_a_day_is_a_dead_letter(
    channel_parts: Parts, records: Records, says: Says, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web.channels.responder, "LETTER_LIFE", dt.timedelta(seconds=1))
    with opened("webhook", channel_parts, records) as channel:
        channel.provider.behaves.extend(["503"] * 50)
        channel.provider.headers["Retry-After"] = "0"
        says("First.")
        channel.write("one")
        channel.settle()
        dead = records.post("staff").outbox.dead_letters()
        assert [letter.fault for letter in dead] == ["too late to be sent"] * 2


def test_a_message_from_before_anything_is_remembered_is_not_answered() -> None:
    month = dt.timedelta(days=30)
    message = Message("1", "someone", "what is lupus", {}, sent_at=1_000_000.0)
    assert not is_too_old(message, 1_000_000.0 + month.total_seconds(), month)
    assert is_too_old(message, 1_000_001.0 + month.total_seconds(), month)
    assert not is_too_old(replace(message, sent_at=None), 9e9, month)


def test_another_process_can_bring_what_is_due(channel: Channel, says: Says) -> None:
    """What the worker does: one pass over the outbox, until nothing is due."""
    records, adapter = channel.records, channel.adapter
    parcel = Parcel("k1", channel.name, None, {"address": ADDRESSES[channel.name], "page": Page("Hello.").to_json()})

    async def work() -> int:
        line = HttpLine(web.channels.wiring.connect, 10)
        outbox = records.post("worker").outbox
        courier = Courier(outbox, {channel.name: adapter}, line, records.message_mark, time.monotonic, time.time)
        await asyncio.wrap_future(outbox.put([parcel]))
        tried = await courier.deliver_due()
        await line.close()
        return tried

    asyncio.run(work())
    assert channel.provider.await_heard(1)[0].text == "Hello."
    channel.settle()
    assert len(channel.provider.heard) == 1
