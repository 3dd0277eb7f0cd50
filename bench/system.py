"""Start, memory, edit-to-live, latency, throughput and CPU time of a whole Lantern, measured from outside.

    .venv/bin/python -m bench.system [--runs N] [--messages N] [--stock FOLDER [--stock-bot FOLDER]] [--quick]
                                      [--only cards|click]

It uses homes and free ports of its own, and sends only to 127.0.0.1. Each figure is the median of the runs, with the
smallest and the largest. Three yardsticks stand beside it, taken in the same run: a fixed piece of work (how fast is
this machine now), an echo server driven by the same client (what of it is client and HTTP), and a stock Rasa bot. The
stock bot is measured, in turn with Lantern, when --stock names the folder of its scripts; otherwise it is quoted.
"""

from __future__ import annotations

import argparse
import itertools
import json
import shutil
import signal
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import conversation, publishing
from bench.load import Load, conversations, sent
from bench.report import ECHO, LANTERN, STOCK, Floor, Sheet
from bench.running import PROJECT, Lantern, Server, echo
from bench.stock import QUOTED, StockBot

QUESTIONS = (
    "what is lupus",
    "is lupus contagious",
    "waht is plaquenil for",
    "how does car-t work",
    "what is cytokine release syndrome",
    "how many people were in the first lupus car t study",
    "is NCT05938725 recruiting",
    "how fast do i push in cpr",
    "and for a child?",
    "what is the capital of france",
    "thanks",
    "should i stop my methotrexate",
)
PLAIN = QUESTIONS[:6]
"""Questions that mean the same at every turn of a conversation."""
STOCK_TALKS = 4
"""Long conversations of the stock bot in one run; more would take minutes."""
WARM_UP = 60
"""Messages before a run is measured: the first ones after a start fill caches and import what was left until needed."""
SHARES = {1: 0.15, 8: 0.2, 32: 0.3, 64: 0.35}
"""Of the messages of a run, by number of clients."""
CARD_CLIENTS = 32
CARD_PACES = {"one a second each": 1.0, "no pause": 0.0}
"""Seconds between two messages of one person in need: as people write, and as fast as it goes."""
BESIDE_STOCK = {
    "start s": "start / stock's",
    "CPU ms a message, 1 client": "CPU / stock's, 1 client",
    "messages/s, 32 clients": "messages/s / stock's, 32 clients",
}
"""Figures of which the quotient is told too: it says the same on a slow machine as on a fast one."""
FLOORS = {
    "start s": Floor("<=", 40),
    "memory MiB": Floor("<=", 1.2 * 1024),
    "memory growth %": Floor("<=", 5),
    "edit-to-live s": Floor("<=", 1),
    "studio click-to-live s": Floor("<=", 1),
    **{f"CPU ms a message, {clients} client{'s' * (clients > 1)}": Floor("<=", 18) for clients in SHARES},
    "failed or empty, 64 clients": Floor("<=", 0),
    "messages/s / stock's, 32 clients": Floor(">=", 3.5),
    "start / stock's": Floor("<=", 40 / 79),
    "CPU / stock's, 1 client": Floor("<=", 18 / 64),
    "latency, turn 200 / turn 1": Floor("<=", 1.3),
    "CPU, turn 200 / turn 1": Floor("<=", 1.3),
    **{f"card p95 ms, {pace}": Floor("<=", 50) for pace in CARD_PACES},
    **{f"cards failed, {pace}": Floor("<=", 0) for pace in CARD_PACES},
}


@dataclass(frozen=True)
class Bot:
    """Who is measured: by what name, what is said to it, and how many long conversations it gets."""

    name: str
    talks: Iterator[list[str]]
    questions: Sequence[str]
    long_talks: int


def measure(bot: Bot, server: Server, messages: int, senders: Iterator[str], sheet: Sheet) -> None:
    """Loads of 1, 8, 32 and 64 clients, `messages` in all, with the memory before and after them; then long talks."""
    sent(server, bot.talks, 1, WARM_UP, senders)
    before = server.memory_mib()
    for clients, share in SHARES.items():
        sheet.begin(f"  {bot.name}: {clients} client{'s' * (clients > 1)}")
        note_load(sheet, bot.name, clients, sent(server, bot.talks, clients, round(messages * share), senders))
    after = server.memory_mib()
    sheet.note(bot.name, "memory MiB", after)
    sheet.note(bot.name, "memory growth %", (after / before - 1) * 100)
    if not bot.long_talks:
        return
    sheet.begin(f"  {bot.name}: {bot.long_talks} conversations of {conversation.MARKS[-1]} turns")
    costs = conversation.of_turns(server, bot.questions, bot.long_talks, senders)
    for kind, by_mark in (("latency", costs.latency), ("CPU", costs.cpu)):
        for mark, value in by_mark.items():
            sheet.note(bot.name, f"{kind} ms, turn {mark}", value)
        first, last = by_mark[conversation.MARKS[0]], by_mark[conversation.MARKS[-1]]
        sheet.note(bot.name, f"{kind}, turn {conversation.MARKS[-1]} / turn 1", last / first)
    sheet.note(bot.name, "failed or empty, long talks", costs.failed)


def note_load(sheet: Sheet, name: str, clients: int, load: Load) -> None:
    at = f"{clients} client{'s' * (clients > 1)}"
    sheet.note(name, f"messages/s, {at}", load.rate)
    sheet.note(name, f"p50 ms, {at}", load.percentile(0.50))
    sheet.note(name, f"p95 ms, {at}", load.percentile(0.95))
    sheet.note(name, f"CPU ms a message, {at}", load.cpu_ms)
    sheet.note(name, f"failed or empty, {at}", load.failed)


def measure_cards(lantern: Lantern, messages: int, senders: Iterator[str], sheet: Sheet) -> None:
    """How long an emergency card takes while many need one and the assistant is away, at each of `CARD_PACES`."""
    talks = conversations(emergencies(), numbered=False)
    with lantern.gateway_alone() as server:
        sent(server, talks, CARD_CLIENTS, WARM_UP, senders, is_card)
        for pace, pause in CARD_PACES.items():
            sheet.begin(f"  emergency cards: {CARD_CLIENTS} clients, {pace}, no assistant")
            load = sent(server, talks, CARD_CLIENTS, messages, senders, is_card, pause)
            sheet.note(LANTERN, f"card p50 ms, {pace}", load.percentile(0.50))
            sheet.note(LANTERN, f"card p95 ms, {pace}", load.percentile(0.95))
            sheet.note(LANTERN, f"cards/s, {pace}", load.rate)
            sheet.note(LANTERN, f"CPU ms a card, {pace}", load.cpu_ms)
            sheet.note(LANTERN, f"cards failed, {pace}", load.failed)


def emergencies() -> list[str]:
    """The examples of emergencies that the safety rules are tested with."""
    lines = (PROJECT / "safety" / "vectors.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines if line.strip()]
    return [row["text"] for row in rows if set(row) == {"text", "expect"} and (row["expect"] or {}).get("card")]


def is_card(body: Any) -> bool:
    return isinstance(body, list) and bool(body) and body[0].get("custom", {}).get("kind") in ("emergency", "crisis")


def measure_echo(folder: Path, messages: int, senders: Iterator[str], sheet: Sheet) -> None:
    with echo(folder) as server:
        measure(Bot(ECHO, conversations(QUESTIONS, numbered=True), (), 0), server, messages, senders, sheet)


def measure_stock(stock: StockBot, messages: int, senders: Iterator[str], sheet: Sheet) -> None:
    sheet.begin("  stock: start")
    with stock.up() as server:
        sheet.note(STOCK, "start s", server.start)
        questions = stock.questions()[:STOCK_TALKS]
        bot = Bot(STOCK, conversations(stock.texts(), numbered=False), questions, STOCK_TALKS)
        measure(bot, server, messages, senders, sheet)


def measure_lantern(bot: Bot, lantern: Lantern, run: int, messages: int, senders: Iterator[str], sheet: Sheet) -> None:
    with lantern.up() as server:
        sheet.note(LANTERN, "start s", server.start)
        measure(bot, server, messages, senders, sheet)
        sheet.note(LANTERN, "answered without assistant", lantern.answered_alone())
        sheet.begin("  Lantern: edit-to-live")
        edit = publishing.edit(server, lantern.environment, lantern.content, run)
        sheet.note(LANTERN, "publishing command s", edit.command)
        sheet.note(LANTERN, "edit-to-live s", edit.live)


def run_all(options: argparse.Namespace, place: Path, sheet: Sheet) -> None:
    prefix = uuid.uuid4().hex
    senders = (f"{prefix}-{number}" for number in itertools.count())
    stock = None
    if options.stock:
        sheet.begin("Stock bot: generated and trained, which takes minutes")
        stock = StockBot.made(options.stock, options.stock_bot or place / "stock")
    lantern = Lantern.of_its_own(place)
    shutil.copytree(PROJECT / "knowledge" / "content", lantern.content)
    sheet.begin("Lantern: first start, with model, content and training")
    with lantern.up() as server:
        sheet.note(LANTERN, "first start s", server.start)
    ours = Bot(LANTERN, conversations(QUESTIONS, numbered=True), PLAIN, options.talks)
    for run in range(1, options.runs + 1):
        sheet.begin(f"Run {run} of {options.runs}")
        if not options.only:
            measure_lantern(ours, lantern, run, options.messages, senders, sheet)
        if options.only != "click":
            measure_cards(lantern, options.messages // 3, senders, sheet)
        if options.only:
            continue
        measure_echo(place, options.messages, senders, sheet)
        if stock:
            measure_stock(stock, options.messages, senders, sheet)
        for figure, beside in BESIDE_STOCK.items():
            sheet.compare(figure, beside)
    if options.only != "cards":
        measure_clicks(lantern, options.runs, sheet)


def measure_clicks(lantern: Lantern, clicks: int, sheet: Sheet) -> None:
    """From clicks on "Publish now" in the studio to the replies of an open chat."""
    sheet.begin("Lantern: a click in the studio")
    with lantern.up() as server:
        studio = publishing.Studio(server, lantern.environment)
        for _ in range(clicks):
            sheet.note(LANTERN, "studio click-to-live s", studio.click())


def folder(value: str) -> Path:
    return Path(value).resolve()


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, choices=range(1, 11), default=3, metavar="N", help="1 to 10; default 3")
    parser.add_argument(
        "--messages", type=int, default=2000, help="of the loads of one run, 200 to 20000; default 2000"
    )
    parser.add_argument("--talks", type=int, default=12, help="long conversations of one run, 1 to 60; default 12")
    parser.add_argument(
        "--quick", action="store_true", help="one run, 400 messages, 6 long conversations: a first look"
    )
    parser.add_argument(
        "--only",
        choices=["cards", "click"],
        help="after the first start nothing but the emergency cards, or the way from a click in the studio to a reply",
    )
    parser.add_argument(
        "--stock", type=folder, metavar="FOLDER", help="scripts of the stock bot (gen.py and its texts)"
    )
    parser.add_argument(
        "--stock-bot", type=folder, metavar="FOLDER", help="where the trained stock bot stays for next time"
    )
    options = parser.parse_args()
    if options.quick:
        options.runs, options.messages, options.talks = 1, 400, 6
    if not 200 <= options.messages <= 20_000 or not 1 <= options.talks <= 60:
        parser.error("--messages must be 200 to 20000, --talks 1 to 60")
    if options.stock and not (options.stock / "gen.py").is_file():
        parser.error(f"there is no gen.py in {options.stock}")
    if options.stock_bot and not options.stock:
        parser.error("--stock-bot needs --stock")
    return options


def main() -> None:
    options = arguments()
    # What was started is stopped, too, when this program is.
    for kind in (signal.SIGINT, signal.SIGTERM):
        signal.signal(kind, lambda number, _frame: sys.exit(128 + number))
    sheet = Sheet(FLOORS, QUOTED)
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="lantern-bench-") as folder:
        run_all(options, Path(folder), sheet)
    print(f"\n{options.runs} runs of {options.messages} messages, {time.monotonic() - begun:.0f} s in all.\n")
    print(sheet.text())


if __name__ == "__main__":
    main()
