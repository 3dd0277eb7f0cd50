"""The second net under the emergency rules: what it learns from examples, and the real examples that it has."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import pytest
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from bench.second_net import Example, digest, examples, learned, spoilt
from bot.nlu.emergencies import EMERGENCY
from bot.nlu.rewordings import RewordedEmergency
from knowledge.second_net import SecondNet, learned_from
from knowledge.wiring import Knowledge
from safety import EMERGENCY_RULES, SECOND_NET, cards_named
from tests.knowledge.samples import WordEncoder
from tests.shipped import shipped_rules

CALM = (
    "what is lupus",
    "how is lupus treated",
    "what does a trial cost",
    "is lupus contagious",
    "who may join a trial",
)
FALLS = ("grandad fell over", "grandad fell and is grey", "she fell and is grey", "grandad is grey and sweating")
NOTES = ("he left a note", "she left a note for me", "i wrote a note and left", "he left me a note")
SPANISH = ("el abuelo cayo y suda", "ella cayo y suda", "el abuelo suda frio", "cayo el abuelo y suda")


def vectors(texts: Sequence[str]) -> np.ndarray:
    """Each word is a direction of its own."""
    return WordEncoder().encode_both(texts)[1]


def taught(rows: Sequence[Example]) -> SecondNet:
    return learned(rows, vectors([row.text for row in rows]))


@pytest.fixture
def net() -> SecondNet:
    rows = [Example(text, "heart-attack") for text in FALLS]
    rows += [Example(text, "crisis") for text in NOTES]
    rows += [Example(text, "heart-attack", "es") for text in SPANISH]
    return taught([*rows, *map(Example, CALM)])


def finding(net: SecondNet, text: str) -> tuple[str, str, str] | None:
    found = net.finding(text, vectors([text])[0])
    return (found.kind, found.card, found.locale) if found else None


def test_what_is_like_emergencies_gets_the_card_of_its_kind(net: SecondNet) -> None:
    assert finding(net, "grandad fell and is sweating") == ("emergency", "heart-attack", "en")
    assert finding(net, "she wrote a note and left") == ("crisis", "crisis", "en")
    assert finding(net, "el abuelo cayo y suda frio") == ("emergency", "heart-attack", "es")


def test_what_is_like_calm_messages_gets_none(net: SecondNet) -> None:
    assert finding(net, "what is a trial") is None


def test_learning_twice_gives_the_same_net(net: SecondNet) -> None:
    rows = examples()[::20]
    once, again = (taught(rows).kept() for _ in range(2))
    assert once == again


def test_the_examples_are_many_on_both_sides_and_name_cards_that_exist() -> None:
    cards = [example.card for example in examples()]
    assert sum(map(bool, cards)) > 2500
    assert cards.count("") > 1800
    assert {card for card in cards if card} <= cards_named(EMERGENCY_RULES)
    assert {example.locale for example in examples() if example.card} == {"en", "es"}


@pytest.mark.parametrize("name", ["vectors.jsonl", "rewordings.jsonl", "cries.jsonl"])
def test_no_example_is_urgent_in_one_file_and_calm_in_another(name: str) -> None:
    known = {example.text: example.card for example in examples()}
    rows = map(json.loads, (EMERGENCY_RULES.parent / name).read_text("utf-8").splitlines())
    differing = [
        row["text"] for row in rows if row["text"] in known and bool(row["expect"]) != bool(known[row["text"]])
    ]
    assert differing == []


@pytest.mark.parametrize("name", ["vectors.jsonl", "rewordings.jsonl"])
def test_no_calm_example_is_an_emergency_to_the_rules(name: str) -> None:
    rules = shipped_rules(EMERGENCY_RULES)
    rows = map(json.loads, (EMERGENCY_RULES.parent / name).read_text("utf-8").splitlines())
    wrong = [
        row["text"]
        for row in rows
        if row["expect"] is None and not row.get("therapy") and not row.get("suppressed") and rules.check(row["text"])
    ]
    assert wrong == []


def test_the_shipped_net_was_learned_from_the_examples_as_they_are() -> None:
    """Whoever changes them has to run `make net`."""
    assert learned_from(SECOND_NET.read_bytes()) == digest()


def test_spoilt_copies_say_the_same_and_come_out_the_same_every_time() -> None:
    rows = [*(Example(text, "heart-attack") for text in FALLS), *map(Example, CALM)]
    once = spoilt(rows)
    assert once == spoilt(rows)
    assert [row.card for row in once] == [row.card for row in rows]
    assert all(row.text != worse.text for row, worse in zip(rows, once))


def test_assistant_and_gateway_judge_by_the_net_that_is_shipped(shipped: Knowledge) -> None:
    """Without any training; it finds what no rule does."""
    text = "He has laid out his good suit, given the dog away and says we need not worry about him after tonight"
    assert shipped_rules(EMERGENCY_RULES).check(text) is None
    found = shipped.reworded_emergency(text, "US")
    assert found is not None
    assert found.kind == "crisis"
    assert shipped.reworded_emergency("How is lupus treated in children?", "US") is None
    message = Message({TEXT: text})
    RewordedEmergency(shipped).process([message])
    assert message.get(EMERGENCY)["card"] == "crisis"
