"""The safety rules as the chat element reads them: one file with all that `safety/rules.py` reads from two.

They change more often than the element, and a page that embeds it names one version of it: so they have an address of
their own, by the number of their form, which every element of that form reads.
"""

from __future__ import annotations

import functools
import gzip
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from safety import EMERGENCY_RULES
from web.guards import everyone, guarded
from web.parts import Parts
from web.revalidation import unless_known, weak_tag

FORM = 1
"""Number of the form that `packed` gives. Another form gets another number, and is served beside this one."""
PATH = f"/widget/rules/{FORM}"
_NOTHING_SHARED, _MOST_SHARED = ord("A"), 25


def packed(file: Path = EMERGENCY_RULES) -> bytes:
    """The rules with the words that mean themselves, as JSON, without what is for readers alone. Raises OSError or
    ValueError when a file is missing or damaged."""
    rules = json.loads(file.read_text(encoding="utf-8"))
    words = file.with_name(rules.pop("ordinary")).read_text(encoding="ascii").split()
    rules.pop("about")
    form = {"form": FORM, "ordinary": "".join(shortened(words)), "rules": rules}
    return json.dumps(form, ensure_ascii=False, separators=(",", ":")).encode()


def shortened(words: Iterable[str]) -> Iterator[str]:
    """Each word as a capital, which tells how many letters it shares with the beginning of the word before ("A": none),
    and the rest of its letters. Sorted words weigh a third less so, even after gzip."""
    before = ""
    for word in sorted(words):
        shared = 0
        while shared < min(len(before), len(word), _MOST_SHARED) and before[shared] == word[shared]:
            shared += 1
        yield chr(_NOTHING_SHARED + shared) + word[shared:]
        before = word


@dataclass(frozen=True)
class PackedRules:
    """What is served, made once in a process."""

    content: bytes
    gzipped: bytes
    tag: str

    @classmethod
    @functools.cache
    def read(cls) -> PackedRules:
        content = packed()
        # Without a date in it, every process sends the same bytes.
        return cls(content, gzip.compress(content, mtime=0), weak_tag(content))


def routes(parts: Parts, rules: PackedRules) -> list[Route]:
    async def served(request: Request) -> Response:
        return unless_known(request, rules.content, rules.tag, rules.gzipped)

    return [guarded(PATH, served, everyone, parts)]
