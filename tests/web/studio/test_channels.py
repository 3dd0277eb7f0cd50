"""How staff see that a channel is not well, and have sent again what could not be sent."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from records import wiring as records_wiring
from records.outbox import Outbox, Parcel, Standing
from tests.running import wait_until
from tests.web.channels.conftest import PUBLIC, SECONDS, Channel, StandInProvider, opened
from tests.web.conftest import SECRET, StandInAssistant
from tests.web.studio.conftest import BROWSER, OWN, Employ, Person
from web.channels.simulation.providers import provider as provider_of
from web.parts import Parts
from web.wiring import line_to_assistant

SAID = "No, tea is not contagious."


Start = Callable[[], AbstractContextManager[Channel]]


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    """What another process on the same database sees of the outbox."""
    records = records_wiring.build({"LANTERN_HOME": str(tmp_path)})
    yield records.post("test").outbox
    records.engine.dispose()


@pytest.fixture
def provider() -> Iterator[StandInProvider]:
    """The other end of the signed webhook, which outlives restarts of the gateway."""
    simulation = provider_of("webhook")
    stand_in = StandInProvider(lambda base: simulation(simulation.sample_settings(base), PUBLIC))
    yield stand_in
    stand_in.stop()


@pytest.fixture
def start(parts: Parts, provider: StandInProvider, assistant: StandInAssistant, tmp_path: Path) -> Start:
    """Starts a gateway with this channel, on one database and one writing thread, as a real process."""
    assistant.reply = json.dumps({"messages": [{"text": SAID}]}).encode()

    @contextmanager
    def gateway() -> Iterator[Channel]:
        records = records_wiring.build({"LANTERN_HOME": str(tmp_path)})
        served = replace(
            parts,
            assistant=line_to_assistant(parts.settings, SECRET, parts.metrics),
            recorder=records.recorder,
            retention=records.retention,
            identify=records.conversation_id,
            outbox=records.post("studio").outbox,
            settings=replace(parts.settings, site_address=PUBLIC),
        )
        with opened("webhook", served, records, provider) as channel:
            yield channel
        records.engine.dispose()

    return gateway


class Visitor(Person):
    """Somebody of the staff who is signed in at a gateway that is served."""

    def __init__(self, channel: Channel, name: str) -> None:
        self.name = name
        self.client = httpx.Client(base_url=channel.client.base_url, headers=BROWSER, trust_env=False)  # type: ignore[assignment]


@contextmanager
def visiting(channel: Channel, name: str) -> Iterator[Person]:
    visitor = Visitor(channel, name)
    assert visitor.sign_in(OWN).status_code == 303
    yield visitor
    visitor.client.close()


def refused(outbox: Outbox) -> int:
    return outbox.standing().get("webhook", Standing()).refused


def test_a_revoked_token_is_told_and_once_it_is_renewed_each_reply_arrives_once(
    start: Start, outbox: Outbox, provider: StandInProvider, employ: Employ
) -> None:
    employ("Ada", "admin")
    employ("Pia", "publisher")
    provider.behaves.extend(["401"] * 3)
    with start() as channel:
        channel.write("is tea contagious")
        wait_until("the refusal to be kept", lambda: refused(outbox) == 1, SECONDS)
        health = channel.client.get("/readyz").json()
        assert ("channels" in health["degraded"], health["parts"]["channels"]["key_refused"]) == (True, ["webhook"])
        with visiting(channel, "Pia") as pia:
            page = pia.open("/studio/channels").text
            assert "key not accepted" in page
            assert "The provider does not accept our key, since " in page
            assert "2 messages wait, and none is lost" in page
            assert "Nothing was delivered" in page
            assert "/send-again" not in page, "a publisher looks on"
            assert SAID not in page
            assert "Signed webhook: The provider does not accept our key" in pia.open("/studio/overview").text
    assert provider.heard == []
    # A new key is made over there and entered here, and the gateway is started anew.
    provider.behaves.clear()
    with start() as channel, visiting(channel, "Ada") as ada:
        answer = ada.act("/studio/channels", "/webhook/send-again")
        assert "sent again within a minute" in ada.open(answer.headers["location"]).text
        texts = [heard.text for heard in provider.await_heard(2)]
        channel.settle()
        assert [text for text in texts if SAID in text] == [SAID]
        assert len(provider.heard) == 2
        page = ada.open("/studio/channels").text
        assert ("key not accepted" in page, "Last delivery: " in page) == (False, True)
        assert "channels" not in channel.client.get("/readyz").json()["degraded"]
        assert "Signed webhook" not in ada.open("/studio/overview").text
        assert "had messages to webhook sent again" in ada.open("/studio/audit").text


def test_a_message_that_was_given_up_is_sent_again_alone(
    start: Start, outbox: Outbox, provider: StandInProvider, employ: Employ, parts: Parts
) -> None:
    employ("Ada", "admin")
    with start() as channel, visiting(channel, "Ada") as ada:
        provider.behaves.extend(["404", "404"])
        channel.write("is tea contagious")
        channel.settle()
        answer, introduction = outbox.dead_letters()
        page = ada.open("/studio/channels").text
        assert "2 messages could not be sent." in page
        assert page.count("The other end did not take it (status 404)") == 2
        assert ada.send(page, "/send-again", letter=str(answer.id)).status_code == 303
        assert provider.await_heard(1)[0].text == SAID
        assert [letter.id for letter in outbox.dead_letters()] == [introduction.id]
        ada.send(page, "/send-again", letter=str(answer.id))
        assert "nothing any more that could be sent again" in ada.open("/studio/channels?said=nothing-to-send").text
        channel.settle()
        assert len(provider.heard) == 1
        assert [row.detail for row in parts.knowledge.store.audit()][-2:] == [
            {"channel": "webhook", "letter": answer.id}
        ] * 2


def test_messages_of_a_channel_that_is_gone_are_shown_too(employ: Employ, outbox: Outbox) -> None:
    content = {"address": {"to": "15035550182"}, "page": {"text": "Ask Ana Quill."}}
    outbox.put([Parcel("key-1", "telegram", None, content)]).result(SECONDS)
    ada = employ("Ada", "admin")
    page = ada.open("/studio/channels").text
    assert "Telegram" in page
    assert "1 message waits, but this channel is not set up any more." in page
    assert [word for word in ("Quill", "15035550182") if word in page] == []
    assert "/send-again" not in page
    mark = page.split('name="form_mark" value="')[1].split('"')[0]
    refused = ada.client.post("/studio/channels/telegram/send-again", data={"form_mark": mark})
    assert (refused.status_code, "set it up first" in refused.text) == (409, True)


def test_without_channels_the_page_says_how_there_would_be_one(employ: Employ) -> None:
    page = employ("Ada", "admin").open("/studio/channels").text
    assert "./lantern channel add" in page
