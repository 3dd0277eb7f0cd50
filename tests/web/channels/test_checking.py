"""`./lantern channel check` passes for what works and names what does not."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

import web.channels.checking
from safety import Rules
from tests.running import environment, run_command
from tests.web.channels.conftest import EVERY_CHANNEL
from web.channels.console import checked
from web.channels.contract import Adapter, Capacity, Delivery, Event, Letter, Line
from web.channels.whatsapp import WhatsApp

pytestmark = pytest.mark.takes_long

sound = web.channels.checking.samples


@pytest.fixture
def few_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    """All cards and choices; of the texts only the longest."""

    def some(parts: object) -> object:
        rows = list(sound(parts))  # type: ignore[arg-type]
        texts = [row for row in rows if row[1].answer is not None and row[1].answer.kind == "answer"]
        longest = max(texts, key=lambda row: len(str(row[1].answer.blocks)))
        return [longest, *(row for row in rows if row not in texts)]

    monkeypatch.setattr(web.channels.checking, "samples", some)


def test_every_channel_passes_and_one_line_tells_of_each(tmp_path: Path) -> None:
    done = run_command("channel", "check", "--all", env=environment(tmp_path), seconds=300)
    assert done.returncode == 0, done.stdout
    lines = done.stdout.splitlines()
    assert [line.split(" ")[0] for line in lines] == list(web.channels.settings.ADAPTERS)
    assert all("no problems" in line for line in lines)
    assert sorted(web.channels.settings.ADAPTERS) == EVERY_CHANNEL
    assert list(tmp_path.iterdir()) == [], "nothing of the installation is touched"


class Believes(WhatsApp):
    async def verify(self, delivery: Delivery, line: Line) -> None:
        """Believes everybody."""


class Forgets(WhatsApp):
    def parse(self, delivery: Delivery) -> Sequence[Event]:
        return [replace(event, id=uuid.uuid4().hex) for event in super().parse(delivery)]  # type: ignore[type-var]


class Splits(WhatsApp):
    capacity = replace(WhatsApp.capacity, card_chars=400)


class Overflows(WhatsApp):
    capacity = Capacity(100_000, 100_000, choices=10, title=200, chars_with_choices=100_000)


class Loses(WhatsApp):
    async def send(self, letter: Letter, line: Line) -> str | None:
        page = replace(letter.page, text=letter.page.text[:300], choices=())
        return await super().send(replace(letter, page=page), line)


class Ignores(WhatsApp):
    def parse(self, delivery: Delivery) -> Sequence[Event]:
        return [event for event in super().parse(delivery) if getattr(event, "text", None) is not None]


class Refuses(WhatsApp):
    def parse(self, delivery: Delivery) -> Sequence[Event]:
        raise LookupError("a key that is not there")


class Chats(WhatsApp):
    def parse(self, delivery: Delivery) -> Sequence[Event]:
        return [replace(event, edited=False) for event in super().parse(delivery)]  # type: ignore[type-var]


BROKEN: dict[type[Adapter], str] = {
    Believes: "signature: a request with no signature is answered with 200",
    Forgets: "round trip: an emergency delivered five times brings",
    Splits: "and a card is one",
    Overflows: "limits: ",
    Loses: "is lost",
    Ignores: "round trip: a picture is not answered once",
    Refuses: "adapter: LookupError at",
    Chats: "round trip: an edit is answered, and nobody waits for that",
}


@pytest.mark.parametrize("kind", BROKEN, ids=lambda kind: kind.__name__)
@pytest.mark.usefixtures("few_samples")
def test_a_broken_adapter_is_found_out(kind: type[Adapter], rules: Rules, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.channels.simulation.bench.PATIENCE", 5)
    problems = asyncio.run(checked("whatsapp", {}, rules, kind=kind))
    assert [problem for problem in problems if BROKEN[kind] in problem], problems


@pytest.mark.usefixtures("few_samples")
def test_a_sound_adapter_has_no_problem_with_the_same_samples(rules: Rules) -> None:
    assert asyncio.run(checked("whatsapp", {}, rules)) == []


def test_a_weak_secret_is_a_problem_of_the_check(tmp_path: Path) -> None:
    weak = {"LANTERN_WHATSAPP_APP_SECRET": "changeme"}
    done = run_command("channel", "check", "whatsapp", env=environment(tmp_path, **weak), seconds=120)
    assert done.returncode == 1
    assert "LANTERN_WHATSAPP" in done.stdout
    assert "./lantern channel check again" in done.stdout
