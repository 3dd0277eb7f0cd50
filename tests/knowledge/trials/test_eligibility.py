"""Nothing that is published, and no fixed phrase, tells anybody that they may join a study."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from knowledge.files import read_folder
from knowledge.model import Entry
from knowledge.settings import SHIPPED_CONTENT
from tests.eligibility import promises
from tests.running import PROJECT
from tests.shipped import shipped_phrases


def texts(entry: Entry) -> Iterator[str]:
    yield from (entry.answer, entry.simpler, entry.more, *entry.steps)
    if entry.quiz:
        yield entry.quiz.question
        yield from (
            text for choice in entry.quiz.choices for text in (choice.text, choice.explanation) if choice.correct
        )


def test_no_entry_says_that_somebody_may_join() -> None:
    entries = read_folder(SHIPPED_CONTENT).entries
    assert len(entries) > 300
    assert {entry.id: found for entry in entries if (found := promises(texts(entry)))} == {}


def test_no_phrase_says_that_somebody_may_join() -> None:
    phrases = list(shipped_phrases())
    assert {f"{locale} {key}": found for locale, key, text in phrases if (found := promises([text]))} == {}


@pytest.mark.parametrize("folder", ["web/templates", "web/widget"])
def test_no_template_says_that_somebody_may_join(folder: str) -> None:
    texts = (file for file in (PROJECT / folder).rglob("*") if file.suffix in (".html", ".js", ".xml"))
    files = [file for file in texts if "node_modules" not in file.parts]
    assert files
    assert {file.name: found for file in files if (found := promises([file.read_text(encoding="utf-8")]))} == {}


@pytest.mark.parametrize(
    "planted",
    [
        "You qualify for this study.",
        "You are eligible.",
        "She is a good candidate for it.",
        "This trial is suitable for you.",
        "This looks right for you.",
        "You can join this study.",
        "They will accept you.",
        "With these results you would be accepted.",
        "Es adecuado para usted.",
        "Usted puede participar.",
    ],
)
def test_a_promise_would_be_found(planted: str) -> None:
    assert promises([planted]) == [planted]


@pytest.mark.parametrize(
    "said",
    [
        "Only the study team can decide who can join.",
        "I cannot decide whether a study or a treatment is right for you, or say whether you would be accepted.",
        "The study team explains the study and checks if you fit.",
    ],
)
def test_who_decides_may_be_said(said: str) -> None:
    assert promises([said]) == []
