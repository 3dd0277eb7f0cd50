"""Registry numbers that differ from a written one by a single slip."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from knowledge.trials.numbers import DIGITS

TEN = "0123456789"


def near_numbers(written: str, known: Callable[[str], object]) -> tuple[str, ...]:
    """Numbers for which `known` is true and that become `written` (NCT and digits) by one wrong, missing, doubled or
    added digit, or two that changed places. In the order of the numbers."""
    digits = written.removeprefix("NCT")
    if not digits.isdecimal() or abs(len(digits) - DIGITS) > 1:
        return ()
    candidates = {f"NCT{meant}" for meant in _one_slip_away(digits) if len(meant) == DIGITS and meant != digits}
    return tuple(sorted(number for number in candidates if known(number)))


def _one_slip_away(digits: str) -> Iterator[str]:
    for place in range(len(digits) + 1):
        before, after = digits[:place], digits[place:]
        yield from (before + digit + after for digit in TEN)
        yield before + after[1:]
        yield from (before + digit + after[1:] for digit in TEN)
        yield before + after[1:2] + after[:1] + after[2:]
