"""What every channel promises, whoever the provider is: each test runs for each of them, over HTTP at both ends."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from tests.web.channels.conftest import EVERY_CHANNEL, Channel, at_once, opened
from tests.web.conftest import COLLAPSED, StandInAssistant
from web.channels.simulation.providers import PROVIDERS
from web.parts import Parts

pytestmark = pytest.mark.takes_long

Says = Callable[..., None]


def test_every_channel_has_its_simulated_provider() -> None:
    assert sorted(PROVIDERS) == EVERY_CHANNEL


def test_what_a_person_writes_is_answered_with_the_disclosure_after_it(channel: Channel, says: Says) -> None:
    says("No, lupus is not contagious.")
    channel.write("is lupus contagious")
    answer, introduction = channel.provider.await_heard(2)
    assert answer.text == "No, lupus is not contagious."
    assert introduction.text.startswith("I am an automated assistant, not a person.")
    channel.write("is lupus contagious")
    assert len(channel.provider.await_heard(3)) == 3


def test_an_emergency_gets_its_card_in_one_message_and_first(channel: Channel) -> None:
    channel.write(COLLAPSED)
    card, introduction = channel.provider.await_heard(2)
    assert card.text.startswith("Call 911 now.")
    assert "1. " in card.text
    assert introduction.text.startswith("I am an automated assistant")


@pytest.mark.parametrize("name", EVERY_CHANNEL)
def test_a_request_that_the_provider_did_not_sign_is_turned_away_and_nothing_is_kept(
    name: str, channel_parts: Parts, records: object, assistant: StandInAssistant
) -> None:
    with opened(name, channel_parts, records) as channel:
        forged = channel.simulated.forged(time.time())
        assert len(forged) >= 5
        told = {what: channel.deliver(call).status_code for what, call in forged.items()}
        assert told == dict.fromkeys(forged, 401)
        assert channel.deliveries() == 0
    assert assistant.received == []


def test_a_message_delivered_five_times_at_once_and_again_later_is_answered_once(channel: Channel, says: Says) -> None:
    says("No, lupus is not contagious.")
    call = channel.simulated.message("is lupus contagious", "same", time.time())
    told = at_once([lambda: channel.deliver(call).status_code] * 5)
    assert told == [200] * 5
    channel.settle()
    assert channel.deliver(call).status_code == 200
    channel.settle()
    assert channel.provider.texts.count("No, lupus is not contagious.") == 1
    assert len(channel.provider.heard) == 2


def test_an_emergency_delivered_five_times_at_once_brings_one_card(channel: Channel) -> None:
    call = channel.simulated.message(COLLAPSED, "same", time.time())
    assert at_once([lambda: channel.deliver(call).status_code] * 5) == [200] * 5
    channel.provider.await_heard(2)
    channel.settle()
    assert [text.startswith("Call 911") for text in channel.provider.texts] == [True, False]


def test_messages_of_one_person_are_answered_in_order(channel: Channel, assistant: StandInAssistant) -> None:
    for number in range(5):
        channel.write(f"question {number}")
    channel.settle()
    asked = [row["text"] for row in assistant.received]
    assert asked == [f"question {number}" for number in range(5)]


def test_what_has_no_words_gets_a_calm_reply_once(channel: Channel) -> None:
    odd = channel.simulated.wordless(time.time())
    for call in odd.values():
        assert channel.deliver(call).status_code == 200
        assert channel.deliver(call).status_code == 200
    channel.settle()
    told = [text for text in channel.provider.texts if text.startswith("I can read words only")]
    assert len(told) == len(odd)


def test_what_nobody_waits_for_an_answer_to_gets_none(channel: Channel, assistant: StandInAssistant) -> None:
    for what, call in channel.simulated.unanswered(time.time()).items():
        assert channel.deliver(call).status_code == 200, what
    channel.settle()
    assert (channel.provider.heard, assistant.received) == ([], [])


def test_choices_can_be_made_by_pressing_or_by_number(
    channel: Channel, says: Says, assistant: StandInAssistant
) -> None:
    says("Which one do you mean?", buttons={"Is it contagious?": "is lupus contagious", "What is it?": "what is lupus"})
    channel.write("lupus")
    heard = channel.provider.await_heard(2)[0]
    if heard.choices:
        assert heard.choices == ("Is it contagious?", "What is it?")
        pressed = channel.simulated.press(heard, "What is it?", "pressed", time.time())
        assert channel.deliver(pressed).status_code == 200
    else:
        assert "2. What is it?" in heard.text
        channel.write("2")
    channel.settle()
    assert assistant.received[-1]["text"] == "what is lupus"
