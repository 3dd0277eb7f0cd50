"""The second net under the emergency rules, as it was learned: whether a message is urgent, and which card fits.

Three linear models read the same features of a message, its inner vector and its words. The first tells what is urgent
from what is calm; the others, where that is urgent, which kind of emergency it is and in which language. They were
fitted by the assistant's training (`bot.nlu.rewordings`); here they are only read, by the assistant and, when that is
away, by the gateway.
"""

from __future__ import annotations

import io
import math
import threading
import zipfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from knowledge.pairs import words_and_pairs
from safety import Finding

GENERAL_CARD = "emergency"
"""The card where a message is urgent, but what it is about is unclear."""
RULE = "second-net"
"""What a finding of the net names in the place of a rule."""
SEEN = 3
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
        moved: np.ndarray = (inner - self.centre) / self.spread
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
class Models:
    """The weights of a model a row, its offset behind them: of `urgency` and of `spanish`, shape (features + 1,); of
    `cards`, shape (cards, features + 1), each card against the rest. Features are those of the vector, then of the
    words."""

    urgency: np.ndarray
    spanish: np.ndarray
    cards: np.ndarray


class SecondNet:
    """Holds no state between calls, so one instance may serve all threads."""

    def __init__(self, features: Features, models: Models, cards: Sequence[str], sureness: Sureness) -> None:
        """`cards`: their ids, in the order of the rows of `models.cards`."""
        self.features, self.cards, self.sureness = features, tuple(cards), sureness
        self._models = Models(*(np.asarray(array, np.float32) for array in vars(models).values()))
        self._places = {word: place for place, word in enumerate(features.words, len(features.centre))}

    def finding(self, text: str, inner: np.ndarray) -> Finding | None:
        """The card that `text` needs, or None. `inner`: its inner vector, as search compares it."""
        judged = self.judge(text, inner)
        if judged.chance < self.sureness.urgent:
            return None
        card = judged.card if judged.card_chance >= self.sureness.card else GENERAL_CARD
        return Finding("crisis" if card == "crisis" else "emergency", RULE, card, judged.locale)

    def judge(self, text: str, inner: np.ndarray) -> Judgement:
        """What the models say, without deciding."""
        places = [self._places[word] for word in words_and_pairs(text) if word in self._places]
        moved, weight = self.features.moved(inner), self.features.weight(len(places))

        def chances(weights: np.ndarray) -> np.ndarray:
            of_words = weight * weights[..., places].sum(axis=-1)
            scores = weights[..., : len(moved)] @ moved + of_words + weights[..., -1]
            found: np.ndarray = 1 / (1 + np.exp(-np.clip(scores, -50, 50)))
            return found

        cards = chances(self._models.cards)
        best = int(cards.argmax())
        return Judgement(
            chance=float(chances(self._models.urgency)),
            card=self.cards[best],
            card_chance=float(cards[best] / max(float(cards.sum()), 1e-9)),
            locale="es" if chances(self._models.spanish) > 0.5 else "en",
        )

    def kept(self) -> bytes:
        """Plain arrays: nothing in them can carry code."""
        file = io.BytesIO()
        np.savez(
            file,
            centre=np.asarray(self.features.centre, np.float32),
            spread=np.float32(self.features.spread),
            words=np.array(self.features.words, dtype=np.str_),
            cards=np.array(self.cards, dtype=np.str_),
            sureness=np.array(astuple(self.sureness)),
            **{f"{name}_weights": array for name, array in vars(self._models).items()},
        )
        return file.getvalue()

    @classmethod
    def read(cls, kept: bytes) -> SecondNet:
        """Raises `ValueError` for anything but what `kept` gave."""
        try:
            with np.load(io.BytesIO(kept), allow_pickle=False) as arrays:
                features = Features(arrays["centre"], float(arrays["spread"]), tuple(map(str, arrays["words"])))
                models = Models(*(arrays[f"{name}_weights"] for name in Models.__annotations__))
                return cls(features, models, tuple(map(str, arrays["cards"])), Sureness(*arrays["sureness"].tolist()))
        except (KeyError, TypeError, EOFError, zipfile.BadZipFile) as fault:
            raise ValueError(f"not a net: {type(fault).__name__}") from fault


class NetFile:
    """The net that the assistant learned last, kept where the gateway finds it."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._read: tuple[int, SecondNet] | None = None
        self._reading = threading.Lock()

    def keep(self, kept: bytes) -> None:
        """Replaces the file as a whole, where that changes anything. Raises `OSError`."""
        if self._file.exists() and self._file.read_bytes() == kept:
            return
        fresh = self._file.with_suffix(".new")
        fresh.write_bytes(kept)
        fresh.replace(self._file)

    def net(self) -> SecondNet | None:
        """The net as the file has it now; None where there is none yet, or none that can be read."""
        try:
            written = self._file.stat().st_mtime_ns
            with self._reading:
                if self._read is None or self._read[0] != written:
                    self._read = written, SecondNet.read(self._file.read_bytes())
                return self._read[1]
        except (OSError, ValueError):
            return None
