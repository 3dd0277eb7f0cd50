"""What is said to somebody who is afraid, and to what only looks like an assent."""

from __future__ import annotations

from typing import Any

import pytest

from tests.actions.talking import Assistant


def kinds(assistant: Assistant, intent: str, text: str, **slots: Any) -> list[tuple[str, str | None]]:
    """(kind, entry) of each reply to a message that NLU takes for this."""
    taken = {"name": intent, "confidence": 0.9}
    messages, _ = assistant.respond(text, slots, [text], {"region": "US"}, taken)
    return [(row["custom"]["kind"], row["custom"].get("entry")) for row in messages]


def test_who_is_afraid_hears_a_kind_word_first_and_then_what_is_known(assistant: Assistant) -> None:
    assert kinds(assistant, "afraid", "i am scared of breaking ribs in cpr") == [
        ("smalltalk", None),
        ("answer", "cpr-broken-ribs"),
    ]


def test_where_nothing_is_known_for_sure_the_kind_word_is_all(assistant: Assistant) -> None:
    assert kinds(assistant, "afraid", "i am scared of my uncle coming round") == [("smalltalk", None)]


@pytest.mark.parametrize("text", ["right?", "ok?", "sure?"])
def test_an_assent_put_as_a_question_is_an_assent(assistant: Assistant, text: str) -> None:
    shown = {"last_reply": "lupus-nephritis-biopsy", "last_entry": "lupus-nephritis-biopsy"}
    assert [kind for kind, _ in kinds(assistant, "acknowledge", text, **shown)] == ["smalltalk"]
    assert kinds(assistant, "acknowledge", "why not", **shown)[0][0] == "answer"


@pytest.mark.parametrize("text", ["dank je wel!", "thank you for taking the time", "cheers anyway"])
def test_thanks_are_thanks_whatever_they_are_taken_for(assistant: Assistant, text: str) -> None:
    assert kinds(assistant, "ask_question", text) == [("smalltalk", None)]
    assert kinds(assistant, "find_trial", f"{text} so is there a lupus trial in spain")[0][0] == "trials"
