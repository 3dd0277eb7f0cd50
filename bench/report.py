"""The sheet on which one benchmark run writes what it measured, each figure beside its floor and its yardsticks."""

from __future__ import annotations

import operator
import os
import statistics
import time
from collections.abc import Mapping
from dataclasses import dataclass

from bench import yardstick

LANTERN, STOCK, ECHO = "Lantern", "stock", "echo"
_KEEPS = {"<=": operator.le, ">=": operator.ge}
_HEAD = (
    f"{'':34}{'Lantern':>9}{'':43}{'stock bot':>10}{'':18}{'echo':>9}\n"
    f"{'figure':34}{'median':>9}{'min':>9}{'max':>9}{'yardst.':>9}  {'floor':14}"
    f"{'median':>10}{'yardst.':>9}{'':9}{'median':>9}"
)


@dataclass(frozen=True)
class Floor:
    """What a figure must keep to: `relation` is "<=" or ">="."""

    relation: str
    limit: float

    def verdict(self, value: float) -> str:
        return f"{self.relation} {self.limit:g} {'ok' if _KEEPS[self.relation](value, self.limit) else 'short'}"


@dataclass(frozen=True)
class _Measured:
    value: float
    yardstick: float


class Sheet:
    """Figures by who was measured, in the order in which they came, each with the yardstick taken before it.

    `quoted` are figures of the stock bot that stand in where it is not measured.
    """

    def __init__(self, floors: Mapping[str, Floor], quoted: Mapping[str, float]) -> None:
        self._floors, self._quoted = floors, quoted
        self._figures: dict[str, dict[str, list[_Measured]]] = {LANTERN: {}, STOCK: {}, ECHO: {}}
        self._yardsticks: list[float] = []

    def begin(self, what: str) -> None:
        """Says what comes next, and takes the yardstick for it."""
        self._yardsticks.append(yardstick.milliseconds())
        load = os.getloadavg()[0]
        print(
            f"{time.strftime('%H:%M:%S')}  {what} (load {load:.1f}, yardstick {self._yardsticks[-1]:.0f} ms)",
            flush=True,
        )

    def note(self, who: str, figure: str, value: float) -> None:
        self._figures[who].setdefault(figure, []).append(_Measured(value, self._yardsticks[-1]))

    def compare(self, figure: str, name: str) -> None:
        """Notes as `name` how many times the stock bot's figure ours is, both as noted last; quoted where it is not
        measured."""
        ours, theirs = self._figures[LANTERN][figure][-1], self._figures[STOCK].get(figure)
        beside = theirs[-1].value if theirs else self._quoted[figure]
        measured = _Measured(ours.value / beside, ours.yardstick)
        self._figures[LANTERN].setdefault(name, []).append(measured)

    def text(self) -> str:
        rows = [self._row(figure, measured) for figure, measured in self._figures[LANTERN].items()]
        low, middle, high = min(self._yardsticks), statistics.median(self._yardsticks), max(self._yardsticks)
        about = (
            f"Yardstick: a fixed piece of work took {middle:.1f} ms of CPU ({low:.1f} to {high:.1f}); load at the end "
            f"{os.getloadavg()[0]:.1f}.\nCompare figures only where their yardsticks are alike."
        )
        return "\n".join((_HEAD, *rows, "", about))

    def _row(self, figure: str, measured: list[_Measured]) -> str:
        values = [one.value for one in measured]
        middle = statistics.median(values)
        ends = "".join(f"{_number(value):>9}" for value in (middle, min(values), max(values)))
        pace = f"{statistics.median(one.yardstick for one in measured):9.0f}"
        floor = self._floors[figure].verdict(middle) if figure in self._floors else ""
        return f"{figure:34}{ends}{pace}  {floor:14}{self._stock(figure)}{self._echo(figure)}".rstrip()

    def _stock(self, figure: str) -> str:
        measured = self._figures[STOCK].get(figure)
        if measured:
            middle = statistics.median(one.value for one in measured)
            return f"{_number(middle):>10}{statistics.median(one.yardstick for one in measured):9.0f}{'':9}"
        if figure in self._quoted:
            return f"{_number(self._quoted[figure]):>10}{'':9}{' (quoted)':9}"
        return " " * 28

    def _echo(self, figure: str) -> str:
        measured = self._figures[ECHO].get(figure)
        return f"{_number(statistics.median(one.value for one in measured)):>9}" if measured else ""


def _number(value: float) -> str:
    if value == int(value):
        return f"{value:.0f}"
    return f"{value:.{0 if abs(value) >= 1000 else 1 if abs(value) >= 10 else 2}f}"
