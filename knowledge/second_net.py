"""The second net under the emergency rules, as it was learned: whether a message is urgent, and which card fits.

All models read the same features of a message, its inner vector and its words. The first, a support vector machine,
tells what is urgent from what is calm; the others, linear ones, where that is urgent, which kind of emergency it is and
in which language. They were learned before the release (`bench.second_net`) and stand in a file beside the rules. Here
they are only read: by the assistant and, when that is away, by the gateway.
"""

from __future__ import annotations

import io
import math
import zipfile
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from knowledge.pairs import words_and_pairs
from safety import Finding

GENERAL_CARD = "emergency"
"""The card where a message is urgent, but what it is about is unclear."""
RULE = "second-net"
"""What a finding of the net names in the place of a rule."""
SEEN = 6
"""Examples in which a word or a pair must stand to count."""


@dataclass(frozen=True)
class Features:
    """What the models see of a message: its inner vector, moved by `centre` and divided by `spread` so that it is about
    as long as the words behind it, which have length 1 together. `words` are those that count, in order."""

    centre: np.ndarray
    spread: float
    words: tuple[str, ...]

    @classmethod
    def learned(cls, texts: Sequence[str], inner: np.ndarray) -> Features:
        """From examples, whose inner vectors are the rows of `inner`."""
        centre = inner.mean(axis=0)
        spread = float(np.sqrt(((inner - centre) ** 2).sum(axis=1).mean()))
        counts = Counter(word for text in texts for word in words_and_pairs(text))
        return cls(centre, spread, tuple(sorted(word for word, count in counts.items() if count >= SEEN)))

    def moved(self, inner: np.ndarray) -> np.ndarray:
        """The part of the features that comes from the inner vector, or from several, one a row."""
        moved: np.ndarray = ((inner - self.centre) / self.spread).astype(np.float32)
        return moved

    @staticmethod
    def weight(number: int) -> float:
        """What each of `number` words that count is worth."""
        return 1 / math.sqrt(max(number, 1))


@dataclass(frozen=True)
class Sureness:
    """Chances from which on something is shown. `urgent`: that a message is urgent, for any card; `card`: that a card
    is the right one, if the message is urgent, and not the general one."""

    urgent: float
    card: float


@dataclass(frozen=True)
class Judgement:
    """`chance`: that a message is urgent. `card`: the likeliest one, and `card_chance`: that it is the right one if the
    message is urgent; `locale`: the language that it has then."""

    chance: float
    card: str
    card_chance: float
    locale: Literal["en", "es"]


@dataclass(frozen=True)
class Machine:
    """A support vector machine with a radial kernel: how near a message lies to the examples that it remembers, its
    supports. `inner`, shape (supports, inner features), are their moved vectors; `words` the places of their words, all
    in a row, of which those from `starts[i]` to `starts[i + 1]` belong to support i. `worth`: how much each speaks for
    an emergency; `offset` is added to all. `gamma`: how fast nearness fades with the square of the distance. The chance
    is the logistic function of `slope` times the score, and `rise`."""

    inner: np.ndarray
    words: np.ndarray
    starts: np.ndarray
    worth: np.ndarray
    offset: float
    gamma: float
    slope: float
    rise: float

    @cached_property
    def _weights(self) -> np.ndarray:
        """What each word of a support is worth."""
        return (1 / np.sqrt(np.maximum(np.diff(self.starts), 1))).astype(np.float32)

    @cached_property
    def _having(self) -> tuple[np.ndarray, np.ndarray]:
        """The supports that have a word, those of one word after those of the other, and where those of each begin."""
        owners = np.repeat(np.arange(len(self._weights), dtype=np.int32), np.diff(self.starts))
        return owners[np.argsort(self.words, kind="stable")], np.append(0, np.cumsum(np.bincount(self.words)))

    @cached_property
    def _lengths(self) -> np.ndarray:
        """Square of the length of each support; its words have length 1 together."""
        lengths: np.ndarray = (self.inner**2).sum(axis=1) + (np.diff(self.starts) > 0)
        return lengths

    def chance(self, moved: np.ndarray, words: Sequence[int]) -> float:
        """That a message is urgent whose moved inner vector is `moved`, and whose known words stand in these places."""
        dots = self.inner @ moved
        weight = Features.weight(len(words))
        owners, begins = self._having
        for word in words:
            rows = owners[slice(*begins[word : word + 2])] if word + 1 < len(begins) else owners[:0]
            dots[rows] += weight * self._weights[rows]
        length = float(moved @ moved) + (len(words) > 0)
        distances = np.maximum(self._lengths + length - 2 * dots, 0)
        score = float(self.worth @ np.exp(-self.gamma * distances)) + self.offset
        return float(_chance(self.slope * score + self.rise))


@dataclass(frozen=True)
class Models:
    """`spanish`, shape (features + 1,), and `cards`, shape (cards, features + 1), each card against the rest: the
    weights of a linear model a row, its offset behind them. Features are those of the vector, then of the words."""

    urgency: Machine
    spanish: np.ndarray
    cards: np.ndarray


class SecondNet:
    """Holds no state between calls, so one instance may serve all threads."""

    def __init__(self, features: Features, models: Models, cards: Sequence[str], sureness: Sureness) -> None:
        """`cards`: their ids, in the order of the rows of `models.cards`."""
        self.features, self.cards, self.sureness = features, tuple(cards), sureness
        self._models = models
        self._places = {word: place for place, word in enumerate(features.words)}

    def finding(self, text: str, inner: np.ndarray) -> Finding | None:
        """The card that `text` needs, or None. `inner`: its inner vector, as search compares it."""
        judged = self.judge(text, inner)
        if judged.chance < self.sureness.urgent:
            return None
        card = judged.card if judged.card_chance >= self.sureness.card else GENERAL_CARD
        return Finding("crisis" if card == "crisis" else "emergency", RULE, card, judged.locale)

    def judge(self, text: str, inner: np.ndarray) -> Judgement:
        """What the models say, without deciding."""
        places = sorted(self._places[word] for word in words_and_pairs(text) if word in self._places)
        moved, weight = self.features.moved(inner), self.features.weight(len(places))
        behind = [len(moved) + place for place in places]

        def chances(weights: np.ndarray) -> np.ndarray:
            of_words = weight * weights[..., behind].sum(axis=-1)
            return _chance(weights[..., : len(moved)] @ moved + of_words + weights[..., -1])

        cards = chances(self._models.cards)
        best = int(cards.argmax())
        return Judgement(
            chance=self._models.urgency.chance(moved, places),
            card=self.cards[best],
            card_chance=float(cards[best] / max(float(cards.sum()), 1e-9)),
            locale="es" if chances(self._models.spanish) > 0.5 else "en",
        )

    def kept(self, learned_from: str = "") -> bytes:
        """Plain arrays, rounded where there are many: nothing in them can carry code. `learned_from` says from which
        examples (`learned_from`)."""
        machine = self._models.urgency
        assert len(self.features.words) <= np.iinfo(np.uint16).max, "more words than places"
        file = io.BytesIO()
        np.savez_compressed(
            file,
            learned_from=np.array(learned_from),
            centre=self.features.centre.astype(np.float32),
            spread=np.float32(self.features.spread),
            words=np.array("\n".join(self.features.words)),
            cards=np.array("\n".join(self.cards)),
            sureness=np.array(astuple(self.sureness)),
            inner=np.round(machine.inner / (steps := _steps(machine.inner))).astype(np.int8),
            steps=steps,
            support_words=machine.words.astype(np.uint16),
            starts=machine.starts.astype(np.int32),
            worth=machine.worth.astype(np.float32),
            numbers=np.array([machine.offset, machine.gamma, machine.slope, machine.rise]),
            spanish_weights=self._models.spanish.astype(np.float16),
            card_weights=self._models.cards.astype(np.float16),
        )
        return file.getvalue()

    @classmethod
    def read(cls, kept: bytes) -> SecondNet:
        """Raises `ValueError` for anything but what `kept` gave."""
        try:
            with np.load(io.BytesIO(kept), allow_pickle=False) as arrays:
                features = Features(arrays["centre"], float(arrays["spread"]), tuple(str(arrays["words"]).split("\n")))
                machine = Machine(
                    arrays["inner"].astype(np.float32) * arrays["steps"],
                    arrays["support_words"].astype(np.int32),
                    arrays["starts"],
                    arrays["worth"],
                    *arrays["numbers"].tolist(),
                )
                linear = (arrays[f"{name}_weights"].astype(np.float32) for name in ("spanish", "card"))
                cards = str(arrays["cards"]).split("\n")
                return cls(features, Models(machine, *linear), cards, Sureness(*arrays["sureness"].tolist()))
        except (KeyError, TypeError, ValueError, EOFError, OSError, zipfile.BadZipFile, zlib.error) as fault:
            raise ValueError(f"not a net: {type(fault).__name__}") from fault


def _steps(inner: np.ndarray) -> np.ndarray:
    """What one step of a rounded number is worth, of each feature."""
    steps: np.ndarray = np.maximum(np.abs(inner).max(axis=0), 1e-9).astype(np.float32) / 127
    return steps


def learned_from(kept: bytes) -> str:
    """What `SecondNet.kept` was told of where this net comes from."""
    with np.load(io.BytesIO(kept), allow_pickle=False) as arrays:
        return str(arrays["learned_from"])


def _chance(score: np.ndarray | float) -> np.ndarray:
    found: np.ndarray = 1 / (1 + np.exp(-np.clip(score, -50, 50)))
    return found
