"""How people put it: the expressions and words of `wordings.yml`, ready to be looked for."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from knowledge.errors import ContentError, Fault
from knowledge.files import read_text, read_yaml

FILE = Path(__file__).parent / "wordings.yml"

_PART = re.compile(r"<([A-Z_]+)>")


class Wordings:
    """Compiled expressions by name, and sets of words by kind."""

    def __init__(
        self, parts: Mapping[str, Sequence[str]], expressions: Mapping[str, Sequence[str]], words: Mapping[str, str]
    ) -> None:
        """Raises `KeyError` for a part that is not there, `re.error` for what is no expression."""
        self._parts = parts
        self._compiled = {name: re.compile(rf"\b(?:{self._joined(rows)})\b") for name, rows in expressions.items()}
        # An expression that begins or ends with the message needs no edge of a word there.
        self._words = {kind: frozenset(row.split()) for kind, row in words.items()}

    def __getitem__(self, name: str) -> re.Pattern[str]:
        return self._compiled[name]

    def family(self, prefix: str) -> dict[str, re.Pattern[str]]:
        """The expressions whose names begin so, by the rest of the name, in their order."""
        return {
            name.removeprefix(prefix): pattern for name, pattern in self._compiled.items() if name.startswith(prefix)
        }

    def words(self, kind: str) -> frozenset[str]:
        return self._words[kind]

    def _joined(self, rows: Sequence[str]) -> str:
        return "|".join(_PART.sub(lambda part: f"(?:{self._joined(self._parts[part[1]])})", row) for row in rows)


@lru_cache(maxsize=1)
def wordings(file: Path = FILE) -> Wordings:
    """The shipped wordings. Raises `ContentError` when the file is damaged."""
    table = read_yaml(read_text(file), file)
    try:
        return Wordings(table["parts"], table["expressions"], table["words"])
    except (KeyError, TypeError, AttributeError, re.error) as error:
        raise ContentError([Fault(file, 1, f"is not a table of wordings: {error!r}")]) from error
