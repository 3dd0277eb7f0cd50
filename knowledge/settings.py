"""Settings of the knowledge room."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from storage.settings import Setting, choice, path, read, whole

SHIPPED_CONTENT = Path(__file__).parent / "content"

ROWS = (
    Setting(
        "LANTERN_CONTENT", str(SHIPPED_CONTENT), path, "folder of content files, the seed and exported form of entries"
    ),
    Setting(
        "LANTERN_MODEL_PRECISION",
        "int8",
        choice("int8", "fp32"),
        "number format of the embedding model: int8, or fp32 for twice the time a message and the original numbers",
    ),
    Setting(
        "LANTERN_REVIEW_GRACE_DAYS",
        "90",
        whole(0, 3650),
        "days after which a text whose review is overdue is withdrawn; until then readers are warned",
    ),
)


@dataclass(frozen=True)
class Settings:
    content: Path
    model_precision: str
    review_grace_days: int

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        values = read(ROWS, environment)
        return cls(
            content=values["LANTERN_CONTENT"],
            model_precision=values["LANTERN_MODEL_PRECISION"],
            review_grace_days=values["LANTERN_REVIEW_GRACE_DAYS"],
        )
