"""A gateway with channels in a process of its own, which can be killed at any of its steps.

A step is a statement that writes, a commit (before and after it), and a call to a provider (before and after it).
"""

from __future__ import annotations

import functools
import itertools
import logging
import os
import re
import secrets
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from knowledge.phrases import Phrases
from knowledge.settings import SHIPPED_CONTENT
from knowledge.wiring import Knowledge
from records import wiring as records_wiring
from safety import EMERGENCY_RULES, Rules
from safety.cards import CardShelf
from safety.numbers import Numbers
from tests.forked import processes
from tests.running import wait_until
from tests.shipped import shipped_phrases, shipped_rules
from tests.torture.killed_acts import before_each_change
from tests.web.conftest import SECRET, SmallKnowledge
from web.channels import wiring as channels_wiring
from web.channels.contract import Answered
from web.channels.line import HttpLine
from web.channels.settings import adapter, values
from web.limits import Limits, Rate
from web.logs import MessageLog, configure
from web.metrics import Metrics
from web.parts import Parts
from web.serve import server
from web.settings import Settings
from web.wiring import line_to_assistant

START_SECONDS = 60


@functools.cache
def rules() -> Rules:
    """Read once: processes that are forked afterwards have them."""
    return shipped_rules(EMERGENCY_RULES)


@functools.cache
def phrases() -> Phrases:
    return shipped_phrases()


@dataclass(frozen=True)
class Plan:
    """Where a gateway lives, whom it talks with, and at which of its steps it is killed; 0: at none."""

    home: Path
    port: int
    assistant_port: int
    channels: Mapping[str, Mapping[str, str]]
    log: Path
    kill_at: int = 0


class StepLine(HttpLine):
    """The way out, with a step before and after each call."""

    step: Callable[[], None] = staticmethod(lambda: None)

    async def post(self, address: str, *, body: bytes, headers: Mapping[str, str]) -> Answered:
        self.step()
        answered = await super().post(address, body=body, headers=headers)
        self.step()
        return answered


def serve(plan: Plan) -> None:
    """Runs until it is killed."""
    log = os.open(plan.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    configure()
    steps = itertools.count(1)
    counting = threading.Lock()

    def step() -> None:
        with counting:
            if next(steps) == plan.kill_at:
                os.kill(os.getpid(), signal.SIGKILL)

    StepLine.step = staticmethod(step)
    channels_wiring.HttpLine = StepLine  # type: ignore[misc]
    settings = Settings(home=plan.home, port=plan.port, assistant_port=plan.assistant_port, region="US")
    records = records_wiring.build({"LANTERN_HOME": str(plan.home)})
    before_each_change(records.engine, step)
    adapters = [
        adapter(name).from_settings({**values(name, given), "LANTERN_SITE_ADDRESS": ""})
        for name, given in plan.channels.items()
    ]
    metrics = Metrics(rules().cards)
    parts = Parts(
        settings=settings,
        rules=rules(),
        cards=CardShelf([SHIPPED_CONTENT]),
        numbers=Numbers.load(),
        phrases=phrases(),
        knowledge=cast(Knowledge, SmallKnowledge()),
        assistant=line_to_assistant(settings, SECRET, metrics),
        recorder=records.recorder,
        retention=records.retention,
        staff=records.staff,
        kept=records.store,
        outbox=records.post("studio").outbox,
        clock=records_wiring.now,
        identify=records.conversation_id,
        limits=Limits(Rate(0), Rate(0), time.monotonic, metrics.limited),
        metrics=metrics,
        message_log=MessageLog(secrets.token_bytes(16)),
        records_threads=ThreadPoolExecutor(4),
        extensions=[channels_wiring.assembled(adapters, settings, records)],
    )
    server(parts).run()


@dataclass
class Gateway:
    """The gateway of a plan, started again whenever it was killed. `kill_at` gives the step for each start; 0 for one
    that is not killed any more."""

    plan: Plan
    kill_at: Iterator[int]
    kills: int = 0
    _process: Any = None
    _changing: threading.Lock = field(default_factory=threading.Lock)

    def run_if_dead(self) -> None:
        """Starts it, again if need be, and returns when it listens."""
        with self._changing:
            if self._process is not None and self._process.is_alive():
                return
            if self._process is not None:
                assert self._process.exitcode == -signal.SIGKILL, self.plan.log.read_text()[-3000:]
                self.kills += 1
            plan = Plan(**{**vars(self.plan), "kill_at": next(self.kill_at, 0)})
            self._process = processes.Process(target=serve, args=(plan,))
            self._process.start()
            listening = functools.partial(_listens, plan.port)
            wait_until("the gateway to listen", lambda: listening() or not self._process.is_alive(), START_SECONDS)

    def stop(self) -> None:
        if self._process is not None and self._process.is_alive():
            self._process.kill()
            self._process.join()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


QUESTION = re.compile(r"question (\d+)")


def number_in(text: str) -> int | None:
    """Which question a text is, or answers."""
    found = QUESTION.search(text)
    return int(found[1]) if found else None


logging.getLogger("uvicorn").setLevel(logging.WARNING)
