"""People write on two channels while the gateway is killed again and again: each message is answered once and in order,
or seen in the dead letters.

The providers deliver as real ones do: again until they are told 200, sometimes twice at once, and sometimes much later.
"""

from __future__ import annotations

import json
import random
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import sqlalchemy as sa

from records import wiring as records_wiring
from records.outbox import UNSURE
from records.sealing import Sealer
from records.tables import channel_inbox, channel_outbox
from storage.engine import open_engine, read
from storage.secrets import shared_secret
from tests.running import free_port, wait_until
from tests.torture.channel_gateway import Gateway, Plan, number_in
from tests.torture.invariants import traces_in, unsound
from tests.web.channels.conftest import PUBLIC, StandInProvider
from tests.web.conftest import StandInAssistant
from web.channels.simulation.provider import Call, Provider
from web.channels.simulation.providers import provider

CHANNELS = ("webhook", "whatsapp")
"""One whose receiver knows a repetition by its key, and one whose does not."""
LATEST_STEP = 150
"""A gateway is killed at one of its first so many steps: its start takes some forty, a message some fifteen."""
PATIENCE = 600.0


class EchoAssistant(StandInAssistant):
    """Answers each question by its number. It has seen the words; so a trace in them can only come from our side."""

    def __init__(self) -> None:
        super().__init__()
        # A gateway that is killed leaves half a request behind; that is no fault of anybody's.
        self.server.handle_error = lambda request, client_address: None  # type: ignore[method-assign]

    def send(self, request: object, status: int, body: bytes) -> None:  # type: ignore[override]
        if status == 200 and self.received:
            number = number_in(json.loads(request.asked)["text"]) if hasattr(request, "asked") else None  # type: ignore[attr-defined]
            if number is not None:
                body = json.dumps({"messages": [{"text": f"This answers question {number}."}]}).encode()
        super().send(request, status, body)  # type: ignore[arg-type]

    def handle(self, request: object, body: bytes) -> None:  # type: ignore[override]
        request.asked = body  # type: ignore[attr-defined]
        super().handle(request, body)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Scale:
    kills: int
    messages: int
    people: int


@dataclass
class Written:
    """A question as it was delivered."""

    number: int
    channel: str
    sender: str


@dataclass
class Run:
    """One run, and what it leaves. `broken`: sentences."""

    scale: Scale
    seed: int
    folder: Path
    say: Callable[[str], None] = lambda text: None
    broken: list[str] = field(default_factory=list)
    kills: int = 0
    dead: int = 0

    def suffer(self) -> list[str]:
        chance = random.Random(self.seed)
        home, log = self.folder / "home", self.folder / "gateway.log"
        records_wiring.build({"LANTERN_HOME": str(home)}).store.migrate()
        assistant = EchoAssistant()
        stand_ins = {name: StandInProvider(_simulated(name)) for name in CHANNELS}
        settings = {name: dict(one.simulated.settings) for name, one in stand_ins.items()}
        plan = Plan(home, free_port(), assistant.port, settings, log)
        gateway = Gateway(plan, _steps(chance, self.scale.kills))
        try:
            written = self._people(chance, gateway, plan, stand_ins)
            self._settle(gateway, plan)
        finally:
            gateway.stop()
            assistant.stop()
            for one in stand_ins.values():
                one.stop()
        self.kills = gateway.kills
        self._look(written, stand_ins, home)
        self.broken += traces_in([home, log])
        self.broken += unsound([home / "conversations.db"])
        return self.broken

    def _people(
        self, chance: random.Random, gateway: Gateway, plan: Plan, stand_ins: dict[str, StandInProvider]
    ) -> list[Written]:
        """Everybody writes, each on one channel; a provider delivers the next message when the one before is taken."""
        each = self.scale.messages // self.scale.people
        talks: list[list[Written]] = []
        for person in range(self.scale.people):
            channel, sender = CHANNELS[person % len(CHANNELS)], f"1628555{person:04}"
            numbers = range(person * each + 1, (person + 1) * each + 1)
            talks.append([Written(number, channel, sender) for number in numbers])
        done = threading.Semaphore(0)
        stop = threading.Event()

        def talk(mine: Sequence[Written], seed: float) -> None:
            own = random.Random(seed)
            with httpx.Client(base_url=f"http://127.0.0.1:{plan.port}", timeout=30, trust_env=False) as client:
                for one in mine:
                    simulated = stand_ins[one.channel].simulated
                    text = f"my name is Zebulon Quillfeatherabcdef, question {one.number}"

                    def call(one: Written = one, text: str = text, simulated: Provider = simulated) -> Call:
                        return simulated.message(text, f"id-{one.number}", time.time(), one.sender)

                    again = 2 if own.random() < 0.2 else 1
                    for _ in range(again):
                        _deliver(client, one.channel, call, gateway)
                    if own.random() < 0.1:
                        stop.wait(own.uniform(0, 0.5))
            done.release()

        with ThreadPoolExecutor(min(16, len(talks))) as people:
            running = [people.submit(talk, mine, chance.random()) for mine in talks]
            for number, future in enumerate(running, 1):
                future.result(PATIENCE)
                if number % 10 == 0:
                    self.say(f"{number} of {len(talks)} people have written, {gateway.kills} kills")
        return [one for mine in talks for one in mine]

    def _settle(self, gateway: Gateway, plan: Plan) -> None:
        """Until everything is answered and sent. The kills that are left come meanwhile."""
        engine = open_engine(f"sqlite:///{plan.home / 'conversations.db'}")

        def settled() -> bool:
            gateway.run_if_dead()
            with read(engine) as connection:
                waiting = sa.select(channel_inbox.c.id).where(channel_inbox.c.state != "done")
                sending = sa.select(channel_outbox.c.id).where(channel_outbox.c.state.in_(("waiting", "sending")))
                return not [*connection.execute(waiting), *connection.execute(sending)]

        wait_until("everything to be answered", settled, PATIENCE)
        engine.dispose()

    def _look(self, written: Sequence[Written], stand_ins: dict[str, StandInProvider], home: Path) -> None:
        dead = _dead(home)
        self.dead = len(dead)
        for name, stand_in in stand_ins.items():
            self.broken += [f"{name}: {broken}" for broken in stand_in.broken]
            mine = {one.number: one for one in written if one.channel == name}
            # What came twice with the same key is one message to a receiver that knows it.
            heard = list({one.key: one for one in stand_in.heard}.values()) if name == "webhook" else stand_in.heard
            answers = [(number, one) for one in heard if (number := number_in(one.text)) is not None]
            times = Counter(number for number, _ in answers)
            for number in mine:
                count, lost = times[number], dead.get(number, "")
                if count != 1 and not (count == 0 and lost.startswith(UNSURE)):
                    self.broken.append(
                        f"question {number} on {name} got {count} answers; dead letter: {lost or 'none'}"
                    )
            order = defaultdict(list)
            for number, one in answers:
                order[one.to].append(number)
            for to, numbers in order.items():
                if numbers != sorted(numbers):
                    self.broken.append(f"{name}: {to} was answered in the order {numbers}")


def _deliver(client: httpx.Client, channel: str, call: Callable[[], Call], gateway: Gateway) -> None:
    """As a provider does: signed anew each time, until it is taken."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        one = call()
        try:
            told = client.request(one.method, f"/channels/{channel}", content=one.body, headers=dict(one.headers))
            if told.status_code == 200:
                return
            assert told.status_code in (429, 503), f"{told.status_code} {told.text}"
        except httpx.TransportError:
            gateway.run_if_dead()
        threading.Event().wait(0.05)
    raise AssertionError("a message was never taken")


def _steps(chance: random.Random, kills: int) -> Iterator[int]:
    for _ in range(kills):
        yield chance.randint(1, LATEST_STEP)


def _simulated(name: str) -> Callable[[str], object]:
    kind = provider(name)
    return lambda base: kind(kind.sample_settings(base), PUBLIC)


def _dead(home: Path) -> dict[int, str]:
    """The questions whose answers are dead letters, with what is said of them."""
    sealer, engine = (
        Sealer(shared_secret(home / "secrets" / "sealing")),
        open_engine(f"sqlite:///{home}/conversations.db"),
    )
    with read(engine) as connection:
        rows = connection.execute(sa.select(channel_outbox).where(channel_outbox.c.state == "dead")).mappings().all()
    engine.dispose()
    found = {}
    for row in rows:
        number = number_in(sealer.open(row["sealed"])["content"]["page"]["text"])
        if number is not None:
            found[number] = row["fault"]
    return found
