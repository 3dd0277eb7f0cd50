"""What the second net keeps of what it learned, and what it makes of a message: with weights made for the purpose."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from knowledge.pairs import words_and_pairs
from knowledge.second_net import Features, Models, NetFile, SecondNet, Sureness
from safety import Finding

SURE = Sureness(urgent=0.7, card=0.6)
CARDS = ("crisis", "stroke")
HERE, THERE = np.array([1.0, 0.0]), np.array([-1.0, 0.0])
"""Inner vectors: of what is urgent, and of what is calm."""


def net(*, urgency: float = 4.0, spanish: float = -4.0, crisis: float = -4.0, stroke: float = 4.0) -> SecondNet:
    """Two features of the vector, and the words "face" and "note"; what is `HERE` is urgent, "face" names a stroke,
    "note" a crisis."""
    features = Features(np.zeros(2), 1.0, ("face", "note"))
    models = Models(
        urgency=np.array([urgency, 0, 0, 0, 0]),
        spanish=np.array([0, 0, 0, 0, spanish]),
        cards=np.array([[0, 0, crisis, -crisis, 0], [0, 0, stroke, -stroke, 0]]),
    )
    return SecondNet(features, models, CARDS, SURE)


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
    assert net().judge("...", HERE).chance > 0.9
    assert net().judge("", THERE).chance < 0.1


def test_a_net_is_the_same_after_it_was_kept() -> None:
    read = SecondNet.read(net().kept())
    assert read.sureness == SURE
    assert read.judge("a note", HERE) == net().judge("a note", HERE)


def test_words_of_few_examples_do_not_count() -> None:
    features = Features.learned(["he fell", "he fell", "he fell hard"], np.eye(3))
    assert features.words == ("< he", "fell", "he", "he fell")
    assert np.allclose(features.moved(np.eye(3)).mean(axis=0), 0)


def test_no_single_number_is_learned() -> None:
    assert words_and_pairs("took 30") == words_and_pairs("Took 45!") == {"took", "0", "< took", "took 0", "0 >"}


def test_the_file_is_read_again_when_it_changes(tmp_path: Path) -> None:
    file = NetFile(tmp_path / "net.npz")
    assert file.net() is None
    file.keep(net().kept())
    first = file.net()
    assert first is not None
    assert file.net() is first
    written = (tmp_path / "net.npz").stat()
    file.keep(net().kept())
    assert (tmp_path / "net.npz").stat().st_ino == written.st_ino, "the same net is not written again"
    file.keep(net(urgency=-4).kept())
    again = file.net()
    assert again is not None
    assert again.finding("face", HERE) is None
    assert [kept.name for kept in tmp_path.iterdir()] == ["net.npz"]


@pytest.mark.parametrize("damage", [b"", b"half a file", net().kept()[:900]], ids=["empty", "foreign", "half"])
def test_a_damaged_file_is_no_net(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / "net.npz").write_bytes(damage)
    assert NetFile(tmp_path / "net.npz").net() is None
