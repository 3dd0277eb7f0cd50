"""How like a message is to written examples of emergencies, and how unlike to calm ones: arithmetic on unit vectors."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

NEAREST = 3
"""Examples of each side whose mean cosine counts: one odd example decides nothing alone."""

LEANING_SHARE = 0.1
"""What the leaning counts for beside the cosines: both then span about the same range (`bench.rewordings`)."""

FURTHEST_CONTRAST = 0.55
"""A published phrasing no emergency comes this near to (cosine) is never among the nearest calm examples of a message
that matters, so it is not kept."""

PHRASING_WEIGHT, SOFTNESS = 0.35, 10.0
"""Weight of a published phrasing beside an example written for this, and C of the regression."""


@dataclass(frozen=True)
class Match:
    """`margin`: above 0 when more like emergencies than like calm messages. `close`: cosine to the nearest emergency,
    the one at `place`; `calm`: to the nearest calm example."""

    margin: float
    close: float
    calm: float
    place: int


@dataclass(frozen=True)
class Likeness:
    """Learned once, then only read. `urgent` and `calm` have one example a row; `leaning` and `offset` are a logistic
    regression between the two sides, which sees what no single example shows."""

    urgent: np.ndarray
    calm: np.ndarray
    leaning: np.ndarray
    offset: np.ndarray

    @classmethod
    def learned(cls, urgent: np.ndarray, calm: np.ndarray, phrasings: np.ndarray) -> Likeness:
        """From vectors of emergencies, of calm messages written as contrast, and of published phrasings."""
        from sklearn.linear_model import LogisticRegression

        vectors = np.vstack([urgent, calm, phrasings])
        side = np.arange(len(vectors)) < len(urgent)
        weights = np.where(np.arange(len(vectors)) < len(urgent) + len(calm), 1.0, PHRASING_WEIGHT)
        model = LogisticRegression(C=SOFTNESS, max_iter=3000).fit(vectors, side, sample_weight=weights)
        contrast = phrasings[(phrasings @ urgent.T).max(axis=1, initial=-1.0) > FURTHEST_CONTRAST]
        kept = (urgent, np.vstack([calm, contrast]), model.coef_[0], model.intercept_)
        return cls(*(array.astype(np.float32) for array in kept))

    @classmethod
    def load(cls, file: Path) -> Likeness:
        kept = np.load(file, allow_pickle=False)
        return cls(**{name: kept[name] for name in cls.__annotations__})

    def save(self, file: Path) -> None:
        np.savez(file, **asdict(self))

    def match(self, vector: np.ndarray) -> Match:
        """How `vector`, shape (384,), compares."""
        urgent, calm = self.urgent @ vector, self.calm @ vector
        nearer = float(_mean_of_nearest(urgent) - _mean_of_nearest(calm))
        leaning = float(self.leaning @ vector + self.offset[0])
        place = int(urgent.argmax())
        return Match(nearer + LEANING_SHARE * leaning, float(urgent[place]), float(calm.max()), place)


def _mean_of_nearest(cosines: np.ndarray) -> np.floating:
    return np.partition(cosines, -NEAREST)[-NEAREST:].mean()
