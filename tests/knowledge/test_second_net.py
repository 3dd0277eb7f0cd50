"""What the second net keeps of what it learned, and what it makes of a message: with weights made for the purpose."""

from __future__ import annotations

import numpy as np
import pytest

from knowledge.pairs import words_and_pairs
from knowledge.second_net import SEEN, Features, Machine, Models, SecondNet, Sureness, learned_from
from safety import Finding

SURE = Sureness(urgent=0.7, card=0.6)
CARDS = ("crisis", "stroke")
HERE, THERE = np.array([1.0, 0.0], np.float32), np.array([-1.0, 0.0], np.float32)
"""Inner vectors: of what is urgent, and of what is calm."""
FACE, NOTE = 0, 1
"""Places of the words that count."""


def machine(*, urgency: float = 4.0) -> Machine:
    """Remembers two examples: "face" from `HERE` speaks for an emergency, a text without known words from `THERE`
    against one."""
    return Machine(
        inner=np.stack([HERE, THERE]),
        words=np.array([FACE]),
        starts=np.array([0, 1, 1]),
        worth=np.array([urgency, -urgency], np.float32),
        offset=0.0,
        gamma=0.5,
        slope=1.0,
        rise=0.0,
    )


def net(*, urgency: float = 4.0, spanish: float = -4.0, crisis: float = -4.0, stroke: float = 4.0) -> SecondNet:
    """Two features of the vector, and the words "face" and "note"; "face" names a stroke, "note" a crisis."""
    models = Models(
        urgency=machine(urgency=urgency),
        spanish=np.array([0, 0, 0, 0, spanish]),
        cards=np.array([[0, 0, crisis, -crisis, 0], [0, 0, stroke, -stroke, 0]]),
    )
    return SecondNet(Features(np.zeros(2, np.float32), 1.0, ("face", "note")), models, CARDS, SURE)


def test_what_is_urgent_gets_the_card_that_its_words_name() -> None:
    assert net().finding("face", HERE) == Finding("emergency", "second-net", "stroke", "en")
    assert net().finding("note", HERE) == Finding("crisis", "second-net", "crisis", "en")


def test_what_is_calm_gets_none() -> None:
    assert net().finding("face", THERE) is None


def test_where_no_card_is_clearly_right_it_is_the_general_one() -> None:
    unclear = net(crisis=0.5, stroke=0.6)
    assert unclear.finding("face", HERE) == Finding("emergency", "second-net", "emergency", "en")


def test_a_message_in_spanish_gets_a_spanish_card() -> None:
    found = net(spanish=4).finding("face", HERE)
    assert found is not None
    assert found.locale == "es"


def test_a_text_without_any_known_word_is_judged_by_its_vector() -> None:
    assert net().judge("...", HERE).chance > 0.7
    assert net().judge("", THERE).chance < 0.1


def test_the_nearer_an_example_is_the_more_it_counts() -> None:
    """Against the same sum taken over the whole of the features, with a word that both have and one that one has."""
    moved, words = np.array([0.3, -0.2], np.float32), [FACE, NOTE]
    rows = np.array([[*HERE, 1, 0], [*THERE, 0, 0]])
    row = np.array([*moved, *(np.ones(2) / np.sqrt(2))])
    score = 4.0 * (np.exp(-0.5 * ((rows - row) ** 2).sum(axis=1)) @ np.array([1, -1]))
    assert machine().chance(moved, words) == pytest.approx(1 / (1 + np.exp(-score)))


def test_a_net_is_the_same_after_it_was_kept() -> None:
    kept = net().kept("these examples")
    read = SecondNet.read(kept)
    assert read.sureness == SURE
    assert read.finding("a note", HERE) == net().finding("a note", HERE)
    assert read.judge("a note", HERE).chance == pytest.approx(net().judge("a note", HERE).chance, abs=1e-3)
    assert learned_from(kept) == "these examples"


def test_words_of_few_examples_do_not_count() -> None:
    size = SEEN
    features = Features.learned([*["he fell"] * (size - 1), "he fell hard"], np.eye(size))
    assert features.words == ("< he", "fell", "he", "he fell")
    assert np.allclose(features.moved(np.eye(size)).mean(axis=0), 0, atol=1e-6)


def test_no_single_number_is_learned() -> None:
    assert words_and_pairs("took 30") == words_and_pairs("Took 45!") == {"took", "0", "< took", "took 0", "0 >"}


def flipped(kept: bytes) -> bytes:
    """With other bytes in the middle of the longest of its arrays."""
    at = kept.index(b"inner.npy") + 60
    return kept[:at] + bytes(255 - byte for byte in kept[at : at + 20]) + kept[at + 20 :]


@pytest.mark.parametrize("damage", ["", "half a file", "cut off", "other bytes"])
def test_a_damaged_file_is_no_net(damage: str) -> None:
    kept = net().kept()
    file = {"cut off": kept[:900], "other bytes": flipped(kept)}.get(damage, damage.encode())
    with pytest.raises(ValueError, match="not a net"):
        SecondNet.read(file)
