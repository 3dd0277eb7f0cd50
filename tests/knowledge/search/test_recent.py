"""What was worked out last is not worked out again, and no more than so much of it is kept."""

from __future__ import annotations

import pytest

from knowledge.search.recent import Recent


def test_a_value_is_worked_out_once_while_it_is_among_the_last_that_were_asked_for() -> None:
    recent: Recent[str, str] = Recent(2)
    made: list[str] = []

    def ask(key: str) -> str:
        return recent.of(key, lambda: made.append(key) or key.upper())

    assert [ask(key) for key in ("a", "b", "a", "c", "a")] == ["A", "B", "A", "C", "A"]
    assert made == ["a", "b", "c"]
    assert ask("b") == "B"
    assert made == ["a", "b", "c", "b"]


def test_a_value_can_be_looked_up_without_working_it_out() -> None:
    recent: Recent[str, int] = Recent(1)

    assert recent.get("a") is None
    assert recent.of("a", lambda: 1) == recent.get("a") == 1


def test_what_could_not_be_worked_out_is_tried_again() -> None:
    recent: Recent[str, int] = Recent(1)

    with pytest.raises(ZeroDivisionError):
        recent.of("a", lambda: 1 // 0)
    assert recent.of("a", lambda: 2) == 2
