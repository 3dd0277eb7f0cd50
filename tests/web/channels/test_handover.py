"""A person is passed on to those who run the site, and the assistant keeps quiet until they are given back."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

import web.channels.switchboard
from knowledge.blocks import spoken
from knowledge.model import Answer
from knowledge.phrases import Phrases
from records.wiring import Records
from tests.mail_server import StandInMailServer
from tests.running import environment, run_command, wait_until
from tests.web.channels.conftest import PUBLIC, SECONDS, Channel, opened
from tests.web.conftest import COLLAPSED, StandInAssistant
from web.channels.contract import Line
from web.channels.helpdesk_chatwoot import ChatwootDesk
from web.channels.helpdesk_email import EmailDesk
from web.channels.helpdesk_webhook import WebhookDesk
from web.channels.settings import keep
from web.channels.signatures import require_webhook_signature, signed_headers
from web.openings import Hours
from web.parts import Parts

KEYS = [b"0123456789abcdef0123456789abcdef"]
SECRET = "a-secret-of-chatwoot-0f1e2d"
OFFER, BEGUN = "I can pass you on to a person", "I have passed you on"
WITH, WITHOUT, NO = "Yes, and show them", "Yes, without it", "No, thank you"
Handing = Callable[..., Any]


class StandInDesk:
    """A help desk's HTTP side: it remembers what it was told, and answers as Chatwoot does where that is asked."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.ids: list[str] = []
        self.paths: list[str] = []
        self.status = 200
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                answer = outer.told(self.path, headers, body)
                self.send_response(outer.status)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *args: Any) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def told(self, path: str, headers: dict[str, str], body: bytes) -> bytes:
        self.paths.append(path)
        said = json.loads(body)
        if "webhook-signature" in headers:
            self.ids.append(require_webhook_signature(KEYS, headers, body, time.time()))
        if path.endswith("/contacts"):
            return json.dumps({"source_id": "source-1"}).encode()
        if path.endswith("/conversations"):
            return json.dumps({"id": 12}).encode()
        if self.status == 200:
            self.events.append(said)
        return b"{}"

    def await_events(self, count: int) -> list[dict[str, Any]]:
        wait_until(f"{count} events at the help desk", lambda: len(self.events) >= count, SECONDS)
        return list(self.events)

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def staff() -> Iterator[StandInDesk]:
    desk = StandInDesk()
    yield desk
    desk.stop()


@pytest.fixture
def wants_person(assistant: StandInAssistant) -> Callable[[], None]:
    """From now on the assistant understands that somebody asks for a person."""

    def want() -> None:
        answer = Answer("handoff", (spoken("I cannot pass you on to a person from here."),))
        assistant.replies(answer)

    return want


@pytest.fixture
def handing(channel_parts: Parts, records: Records, staff: StandInDesk) -> Handing:
    """Opens a channel whose people can be passed on."""

    @contextmanager
    def open_(name: str = "whatsapp", desk: Any = None, **settings: Any) -> Iterator[Channel]:
        parts = replace(channel_parts, settings=replace(channel_parts.settings, **settings))
        place = desk or WebhookDesk(KEYS, f"{staff.address}/events")
        with opened(name, parts, records, desk=place) as channel:
            yield channel

    return open_


@pytest.fixture
def says(assistant: StandInAssistant) -> Callable[..., None]:
    def say(text: str) -> None:
        assistant.reply = json.dumps({"messages": [{"text": text}]}).encode()

    return say


def last(channel: Channel) -> str:
    channel.settle()
    return channel.provider.heard[-1].text


def from_staff(channel: Channel, event: dict[str, Any], name: str = "s1") -> httpx.Response:
    body = json.dumps(event).encode()
    headers = {"Content-Type": "application/json", **signed_headers(KEYS, name, time.time(), body)}
    return channel.client.post("/channels/handover", content=body, headers=headers)


def passed_on(channel: Channel, staff: StandInDesk, wants_person: Callable[[], None], choice: str = WITHOUT) -> str:
    """Somebody has written, asks for a person and is passed on; the id of their handover."""
    channel.write("is lupus contagious")
    channel.settle()
    wants_person()
    channel.write("can i talk to a person")
    assert last(channel).startswith(OFFER)
    channel.write(choice)
    channel.settle()
    # Where nobody is waited for, the word that nobody came may be there as well.
    assert any(text.startswith(BEGUN) for text in channel.provider.texts[-2:])
    [event] = staff.await_events(1)
    assert event["type"] == "handover.requested"
    return str(event["handover"])


def test_who_asks_for_a_person_is_asked_first_and_then_talks_with_one(
    handing: Handing, staff: StandInDesk, wants_person: Callable[[], None], says: Callable[..., None]
) -> None:
    says("No, lupus is not contagious.")
    with handing() as channel:
        handover = passed_on(channel, staff, wants_person)
        assert staff.events[0] == {
            "type": "handover.requested",
            "handover": handover,
            "channel": "whatsapp",
            "locale": "en",
            "transcript": [],
        }
        channel.write("hello, my name is Zebulon Quillfeather, it hurts")
        told = staff.await_events(2)[1]
        assert told == {
            "type": "handover.message",
            "handover": handover,
            "text": "hello, my name is [name], it hurts",
        }
        before = len(channel.provider.heard)
        assert from_staff(
            channel, {"type": "handover.reply", "handover": handover, "text": "I am Ann, a nurse."}
        ).is_success
        assert channel.provider.await_heard(before + 1)[-1].text == "I am Ann, a nurse."
        assert from_staff(channel, {"type": "handover.released", "handover": handover}, "s2").is_success
        assert channel.provider.await_heard(before + 2)[-1].text.startswith("The person has ended this talk.")
        says("An answer.")
        channel.write("what is lupus")
        assert last(channel) == "An answer."
        assert len(staff.events) == 2


def test_what_was_written_goes_along_only_with_their_yes_and_redacted(
    handing: Handing, staff: StandInDesk, wants_person: Callable[[], None], says: Callable[..., None]
) -> None:
    says("No, lupus is not contagious.")
    with handing() as channel:
        channel.write("hello")
        channel.write("my name is Zebulon Quillfeather, is lupus contagious")
        passed_on(channel, staff, wants_person, WITH)
        transcript = staff.events[0]["transcript"]
        said = [row["person"] for row in transcript]
        assert said[1:3] == ["my name is [name], is lupus contagious", "is lupus contagious"]
        assert said[0] is None, "what was written before they knew that it is kept was not kept"
        assert transcript[1]["assistant"] == ["No, lupus is not contagious."]
        assert "Quillfeather" not in json.dumps(staff.events)


@pytest.mark.parametrize("refusal", [NO, "no", "never mind"])
def test_who_declines_stays_with_the_assistant(
    handing: Handing, staff: StandInDesk, wants_person: Callable[[], None], says: Callable[..., None], refusal: str
) -> None:
    wants_person()
    with handing() as channel:
        channel.write("can i talk to a person")
        channel.settle()
        channel.write(refusal)
        assert last(channel).startswith("All right, you stay with me.")
        says("An answer.")
        channel.write("what is lupus")
        assert last(channel) == "An answer."
        assert staff.events == []


def test_a_question_in_place_of_an_answer_is_answered_and_the_offer_is_over(
    handing: Handing, staff: StandInDesk, wants_person: Callable[[], None], says: Callable[..., None]
) -> None:
    wants_person()
    with handing() as channel:
        channel.write("can i talk to a person")
        channel.settle()
        says("An answer.")
        channel.write("what is lupus")
        assert last(channel) == "An answer."
        channel.write(WITH)
        assert last(channel) == "An answer."
        assert staff.events == []


def test_an_emergency_gets_its_card_also_while_the_assistant_keeps_quiet(
    handing: Handing, staff: StandInDesk, wants_person: Callable[[], None], says: Callable[..., None]
) -> None:
    says("An answer.")
    with handing() as channel:
        passed_on(channel, staff, wants_person)
        before = len(channel.provider.heard)
        channel.write(COLLAPSED)
        assert channel.provider.await_heard(before + 1)[-1].text.startswith("Call 911")
        assert staff.await_events(2)[1]["text"] == COLLAPSED


@pytest.mark.parametrize("word", ["assistant", "Assistant!", "asistente"])
def test_a_person_can_go_back_to_the_assistant(
    handing: Handing, staff: StandInDesk, wants_person: Callable[[], None], says: Callable[..., None], word: str
) -> None:
    says("An answer.")
    with handing() as channel:
        handover = passed_on(channel, staff, wants_person)
        channel.write(word)
        assert last(channel).startswith("You are with me again. I am an automated assistant, not a person.")
        assert staff.await_events(2)[1] == {"type": "handover.ended", "by": "person", "handover": handover}
        says("Another answer.")
        channel.write("what is lupus")
        assert last(channel) == "Another answer."
        late = from_staff(channel, {"type": "handover.reply", "handover": handover, "text": "Hello?"})
        assert (late.status_code, late.json()["error"]) == (404, "unknown_handover")


def test_who_wants_to_be_forgotten_is_and_the_help_desk_hears_that_they_left(
    handing: Handing, staff: StandInDesk, wants_person: Callable[[], None], says: Callable[..., None]
) -> None:
    says("An answer.")
    with handing() as channel:
        passed_on(channel, staff, wants_person)
        channel.write("Forget me")
        assert "The number of your receipt is" in last(channel)
        assert staff.await_events(2)[1]["type"] == "handover.ended"
        assert channel.records.post("staff").handovers.open_ones() == []


def test_the_same_word_of_staff_delivered_twice_is_brought_once(
    handing: Handing, staff: StandInDesk, wants_person: Callable[[], None], says: Callable[..., None]
) -> None:
    says("An answer.")
    with handing() as channel:
        handover = passed_on(channel, staff, wants_person)
        for _ in range(3):
            assert from_staff(channel, {"type": "handover.reply", "handover": handover, "text": "Hello."}).is_success
        channel.settle()
        assert channel.provider.texts.count("Hello.") == 1


def test_what_the_help_desk_did_not_sign_is_turned_away(
    handing: Handing, staff: StandInDesk, wants_person: Callable[[], None], says: Callable[..., None]
) -> None:
    says("An answer.")
    with handing() as channel:
        handover = passed_on(channel, staff, wants_person)
        body = json.dumps({"type": "handover.reply", "handover": handover, "text": "Send me your card."}).encode()
        for headers in (
            {},
            signed_headers([b"x" * 32], "s1", time.time(), body),
            signed_headers(KEYS, "s1", 1.0, body),
        ):
            assert channel.client.post("/channels/handover", content=body, headers=headers).status_code == 401
        for event in ({}, {"type": "handover.reply", "handover": handover}, {"type": "x", "handover": handover}):
            assert from_staff(channel, event).status_code == 400
        channel.settle()
        assert "Send me your card." not in channel.provider.texts


def test_when_nobody_is_there_this_is_said_and_the_assistant_goes_on_until_somebody_writes(
    handing: Handing, staff: StandInDesk, wants_person: Callable[[], None], says: Callable[..., None]
) -> None:
    day = dt.datetime.now(dt.timezone.utc).weekday()
    closed = "Mon 00:00-00:01" if day != 0 else "Tue 00:00-00:01"
    says("An answer.")
    with handing(handover_hours=Hours.parse(closed)) as channel:
        channel.write("hi")
        channel.settle()
        wants_person()
        channel.write("can i talk to a person")
        assert last(channel).startswith(f"Nobody is there right now. Their hours: {closed}.")
        channel.write(WITHOUT)
        assert last(channel).startswith("I have passed it on, without what we have written so far.")
        handover = staff.await_events(1)[0]["handover"]
        says("An answer of the assistant.")
        channel.write("what is lupus")
        assert last(channel) == "An answer of the assistant."
        assert from_staff(channel, {"type": "handover.reply", "handover": handover, "text": "Good morning."}).is_success
        channel.settle()
        channel.write("good morning")
        assert staff.await_events(2)[1]["text"] == "good morning"
        channel.settle()
        assert channel.provider.texts[-1] == "Good morning."


def test_who_is_answered_by_nobody_is_told_and_given_back(
    handing: Handing, staff: StandInDesk, wants_person: Callable[[], None], says: Callable[..., None]
) -> None:
    says("An answer.")
    with handing(handover_minutes=0) as channel:
        passed_on(channel, staff, wants_person)
        wait_until("the word that nobody answered", lambda: "nobody has answered you" in channel.provider.texts[-1])
        assert staff.await_events(2)[1]["by"] == "time"


def test_a_help_desk_that_cannot_be_reached_is_told_to_the_person(
    handing: Handing, staff: StandInDesk, wants_person: Callable[[], None], says: Callable[..., None]
) -> None:
    says("An answer.")
    staff.status = 404
    with handing() as channel:
        channel.write("hi")
        channel.settle()
        wants_person()
        channel.write("can i talk to a person")
        channel.settle()
        channel.write(WITHOUT)
        wait_until("the word that nobody was reached", lambda: "could not reach anybody" in channel.provider.texts[-1])
        says("Another answer.")
        channel.write("what is lupus")
        assert last(channel) == "Another answer."


def test_a_handover_that_both_forgot_ends_by_itself(
    handing: Handing,
    staff: StandInDesk,
    wants_person: Callable[[], None],
    says: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    says("An answer.")
    with handing() as channel:
        handover = passed_on(channel, staff, wants_person)
        from_staff(channel, {"type": "handover.reply", "handover": handover, "text": "Hello."})
        monkeypatch.setattr(web.channels.switchboard, "FORGOTTEN", dt.timedelta(0))
        wait_until("the end", lambda: channel.records.post("staff").handovers.open_ones() == [])


# Chatwoot ------------------------------------------------------------------------------------------------------


def chatwoot_signed(body: bytes, secret: str = SECRET, at: float | None = None) -> dict[str, str]:
    timestamp = str(int(time.time() if at is None else at))
    digest = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return {"X-Chatwoot-Signature": f"sha256={digest}", "X-Chatwoot-Timestamp": timestamp}


def chatwoot(staff: StandInDesk, records: Records, phrases: Phrases) -> ChatwootDesk:
    return ChatwootDesk(staff.address, "inbox-0f1e", SECRET, records.post("gateway").handovers, phrases)


@pytest.mark.parametrize("word", ["assistant", "Forget me"])
def test_staff_in_chatwoot_read_that_somebody_left_and_nothing_dies(
    handing: Handing,
    records: Records,
    phrases: Phrases,
    staff: StandInDesk,
    wants_person: Callable[[], None],
    says: Callable[..., None],
    word: str,
) -> None:
    says("An answer.")
    with handing(desk=chatwoot(staff, records, phrases)) as channel:
        for text in ("is lupus contagious", "can i talk to a person", WITHOUT, "it hurts", word):
            channel.write(text)
            channel.settle()
            wants_person()
        assert [event["content"] for event in staff.events] == ["…", "it hurts", "They went back to the assistant."]
        assert channel.records.post("staff").outbox.dead_letters() == []


def test_a_conversation_in_chatwoot(
    handing: Handing,
    records: Records,
    phrases: Phrases,
    staff: StandInDesk,
    wants_person: Callable[[], None],
    says: Callable[..., None],
) -> None:
    says("An answer.")
    with handing(desk=chatwoot(staff, records, phrases)) as channel:
        channel.write("is lupus contagious")
        channel.settle()
        wants_person()
        channel.write("can i talk to a person")
        channel.settle()
        channel.write(WITH)
        channel.settle()
        base = "/public/api/v1/inboxes/inbox-0f1e/contacts"
        assert staff.paths == [base, f"{base}/source-1/conversations", f"{base}/source-1/conversations/12/messages"]
        assert "An answer." in staff.events[0]["content"]
        channel.write("it hurts")
        assert staff.await_events(2)[1]["content"] == "it hurts"

        conversation = {"id": 12, "contact_inbox": {"source_id": "source-1"}}
        written = {"event": "message_created", "id": 7, "content": "I am Ann.", "message_type": "outgoing"}

        def deliver(event: dict[str, Any], **signed: Any) -> int:
            body = json.dumps(event).encode()
            headers = chatwoot_signed(body, **signed)
            return channel.client.post("/channels/handover", content=body, headers=headers).status_code

        assert deliver({**written, "conversation": conversation}) == 200
        channel.settle()
        assert channel.provider.texts[-1] == "I am Ann."
        silent: list[dict[str, Any]] = [
            {**written, "private": True, "conversation": conversation},
            {**written, "message_type": "incoming", "conversation": conversation},
            {**written, "conversation": {**conversation, "id": 13}},
            {"event": "conversation_updated"},
            {"event": "conversation_status_changed", "status": "open", **conversation},
        ]
        assert [deliver(event) for event in silent] == [200] * len(silent)
        assert deliver({**written, "conversation": conversation}, secret="another-secret-0f1e2d") == 401
        assert deliver({**written, "conversation": conversation}, at=time.time() - 400) == 401
        channel.settle()
        assert channel.provider.texts.count("I am Ann.") == 1
        assert deliver({"event": "conversation_status_changed", "status": "resolved", **conversation}) == 200
        assert last(channel).startswith("The person has ended this talk.")


# E-mail --------------------------------------------------------------------------------------------------------


@pytest.fixture
def mail() -> Iterator[StandInMailServer]:
    server = StandInMailServer()
    yield server
    server.stop()


def email_desk(mail: StandInMailServer, phrases: Phrases) -> EmailDesk:
    return EmailDesk("desk@hospital.example", "lantern@hospital.example", mail.place, "", "", phrases)


def test_a_mailbox_hears_who_asks_what_was_written_and_how_to_answer(
    handing: Handing,
    mail: StandInMailServer,
    phrases: Phrases,
    tmp_path: Path,
    wants_person: Callable[[], None],
    says: Callable[..., None],
) -> None:
    says("No, lupus is not contagious.")
    with handing(desk=email_desk(mail, phrases)) as channel:
        channel.write("hi")
        channel.write("my name is Zebulon Quillfeather, is lupus contagious")
        channel.settle()
        wants_person()
        channel.write("can i talk to a person")
        channel.settle()
        channel.write(WITH)
        channel.settle()
        channel.write("it hurts")
        channel.settle()
        first, second = (message_from_bytes(letter, policy=policy.default) for letter in mail.letters)
        words = " ".join(first.get_content().split())
        handover = channel.records.post("staff").handovers.open_ones()[0].id
        assert first["To"] == "desk@hospital.example"
        assert f"./lantern channel reply {handover}" in words
        assert "> my name is [name], is lupus contagious No, lupus is not contagious." in words
        assert second.get_content().strip() == "it hurts"
        assert second["In-Reply-To"] == first["Message-ID"]
        assert channel.client.post("/channels/handover").status_code == 404, "a mailbox calls nobody"

        # The command of the mail, in a process of its own, with the channel's settings.
        keep(tmp_path / "secrets" / "channel-whatsapp", channel.simulated.settings)
        env = environment(tmp_path, LANTERN_SITE_ADDRESS=PUBLIC)
        assert handover in run_command("channel", "handovers", env=env).stdout
        assert run_command("channel", "reply", handover, "I am Ann.", env=env).stdout == "It will be sent.\n"
        wait_until("her words", lambda: channel.provider.texts[-1] == "I am Ann.")
        assert run_command("channel", "release", handover, env=env).returncode == 0
        wait_until("the end", lambda: channel.provider.texts[-1].startswith("The person has ended"))
        gone = run_command("channel", "reply", handover, "Hello?", env=env)
        assert gone.returncode == 1
        assert "./lantern channel handovers" in gone.stdout


@pytest.mark.parametrize(
    ("refuses", "fault"), [("550 no such user", "Rejected"), ("451 later", "NotNow"), ("", "Unsure")]
)
def test_what_a_mail_server_says_no_with_is_understood(
    mail: StandInMailServer, phrases: Phrases, refuses: str, fault: str
) -> None:
    import asyncio
    from typing import cast

    from web.channels.contract import Letter, Page
    from web.channels.errors import NotSent

    mail.refuses, mail.hangs_up = refuses, not refuses
    letter = Letter("k1", {"type": "handover.message", "handover": "h1"}, Page("it hurts"), 0.0)
    with pytest.raises(NotSent) as raised:
        asyncio.run(email_desk(mail, phrases).send(letter, cast(Line, None)))
    assert type(raised.value).__name__ == fault
    assert "hurts" not in raised.value.fault


# Hours ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hours", "moment", "there"),
    [
        ("", "2026-11-29T03:00", True),
        ("Mon-Fri 9:00-17:00", "2026-11-30T09:00", True),
        ("Mon-Fri 9:00-17:00", "2026-11-30T17:00", False),
        ("Mon-Fri 9:00-17:00", "2026-11-29T12:00", False),
        ("Mon-Fri 9:00-17:00, Sun 12:00-13:00", "2026-11-29T12:30", True),
        ("Sat 0:00-24:00", "2026-11-28T23:59", True),
    ],
)
def test_when_people_are_there(hours: str, moment: str, there: bool) -> None:
    at = dt.datetime.fromisoformat(moment).replace(tzinfo=ZoneInfo("America/New_York"))
    assert Hours.parse(hours).include(at.astimezone(dt.timezone.utc), ZoneInfo("America/New_York")) is there


@pytest.mark.parametrize(
    "hours", ["always", "Mon", "Mon 9-17", "Mon 17:00-9:00", "Fri-Mon 9:00-17:00", "Xyz 9:00-17:00"]
)
def test_hours_that_cannot_be_read_are_refused(hours: str) -> None:
    with pytest.raises(ValueError, match=r"such as|before it begins"):
        Hours.parse(hours)
