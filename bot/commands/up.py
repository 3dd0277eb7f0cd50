"""./lantern up: everything, from an empty folder to a working chat."""

from __future__ import annotations

import argparse
import signal
import subprocess
import time
from collections.abc import Mapping

from bot.assistant import PROJECT
from bot.commands.records import set_up as set_up_records
from bot.errors import CommandFailed, explained
from bot.processes import Process, await_ready, gateway_settings, module, require_free
from bot.settings import Settings
from knowledge import settings as knowledge_settings
from knowledge.search.weights import package_folder, prepare
from knowledge.store.repository import KnowledgeStore
from records import wiring as records_wiring
from storage import settings as storage_settings
from storage.engine import open_engine
from storage.secrets import shared_secret

READY_SECONDS = 300
"""Longest wait for both processes; the first start trains the assistant, which takes about two minutes of it."""

SMALL = {
    # Arrays of a MiB and more go back to the system when they are done with. The C library of Linux would otherwise
    # keep what a release took while it was loaded.
    "MALLOC_MMAP_THRESHOLD_": str(1 << 20),
    # What is smaller stays for the next message, up to this much. By default it goes back after each one, and having it
    # given again, page by page, takes 2 to 3 ms a message on a virtual machine.
    "MALLOC_TRIM_THRESHOLD_": str(16 << 20),
    "MALLOC_TOP_PAD_": str(4 << 20),
    # Threads share what they free: only one of them holds the interpreter at a time anyway.
    "MALLOC_ARENA_MAX": "2",
}
"""What libraries read from the environment of our processes, unless whoever starts Lantern says otherwise."""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--quiet", action="store_true", help="say only where Lantern is, and what goes wrong")


def run(options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    say = (lambda text: None) if options.quiet else (lambda text: print(text, flush=True))
    begun = time.monotonic()
    answering = prepared(environment, say)
    work = module("bot", "work", *(["--quiet"] if options.quiet else []))
    worker = Process("worker", work, "", lambda body: True, {**SMALL, **environment}, PROJECT)
    processes = [*answering, worker]
    stopping = _stop_on_signals()
    try:
        for process in answering:
            process.start()
        say("Starting the gateway and the assistant ...")
        await_ready(answering, READY_SECONDS)
        # Nobody waits for it, and it needs no network: without one it says so, and people get the shipped trials.
        worker.start()
        print(_welcome(environment, time.monotonic() - begun), flush=True)
        while not stopping:
            for process in processes:
                process.restart_when_dead(time.monotonic(), lambda text: print(text, flush=True))
            time.sleep(0.3)
    finally:
        for process in processes:
            process.stop()
    say("Stopped.")
    return 0


def prepared(environment: Mapping[str, str], say: object) -> list[Process]:
    """Settings, ports, model, database, starter content and secret in place; the processes that answer people, not
    started yet."""
    tell = say if callable(say) else print
    with explained():
        settings = Settings.from_environment(environment)
        kept = storage_settings.Settings.from_environment(environment)
        precision = knowledge_settings.Settings.from_environment(environment).model_precision
        wrong = [problem for problem in gateway_settings(environment).values() if problem]
        if wrong:
            raise CommandFailed(wrong[0])
        port = _web_port(environment)
        require_free(port, "LANTERN_PORT")
        require_free(settings.port, "LANTERN_ASSISTANT_PORT")
        tell("Checking the embedding model ...")
        prepare(package_folder(), kept.home / "model", precision)
        store = KnowledgeStore(open_engine(kept.url("knowledge")))
        store.migrate()
        if not store.newest_release():
            _publish_starter_content(environment)
        set_up_records(environment)
        shared_secret(kept.home / "secrets" / "assistant")
    environment = {**SMALL, **environment}
    web = Process(
        "gateway",
        module("web"),
        f"{web_address(environment)}/healthz",
        lambda body: True,
        environment,
        PROJECT,
    )
    assistant = Process(
        "assistant",
        module("bot", "assistant"),
        f"http://127.0.0.1:{settings.port}/webhooks/lantern/ready",
        lambda body: isinstance(body, dict) and bool(body.get("ready")),
        environment,
        PROJECT,
    )
    return [web, assistant]


def _publish_starter_content(environment: Mapping[str, str]) -> None:
    # A process of its own: the model it loads for this one task is gone from memory afterwards.
    publishing = subprocess.run(module("bot", "content", "import", "--seed"), env=dict(environment), cwd=PROJECT)
    if publishing.returncode:
        raise CommandFailed("the starter content could not be published; its faults are above")


def _web_port(environment: Mapping[str, str]) -> int:
    # The gateway reads and checks its own settings; only its port is needed here, to look whether it is free.
    raw = environment.get("LANTERN_PORT", "").strip() or "8080"
    if not raw.isdigit() or not 0 < int(raw) < 65536:
        raise CommandFailed(f"LANTERN_PORT: {raw!r} will not do: give a whole number from 1 to 65535")
    return int(raw)


def web_address(environment: Mapping[str, str]) -> str:
    host = environment.get("LANTERN_HOST", "").strip() or "127.0.0.1"
    # A gateway that listens everywhere is asked, and shown, on this machine's own address.
    return f"http://{'127.0.0.1' if host in ('0.0.0.0', '::') else host}:{_web_port(environment)}"


def _stop_on_signals() -> list[int]:
    """A list that a stop signal fills."""
    received: list[int] = []
    for kind in (signal.SIGTERM, signal.SIGINT):
        signal.signal(kind, lambda number, _frame: received.append(number))
    return received


def _welcome(environment: Mapping[str, str], seconds: float) -> str:
    base = web_address(environment)
    port = environment.get("LANTERN_STUDIO_PORT", "").strip()
    studio = f"{base.rpartition(':')[0]}:{port}" if port.strip("0") else base
    made = records_wiring.build(environment).staff.members()
    accounts = "sign in" if made else "make the first account: ./lantern staff add NAME --role admin"
    hint = "LANTERN_REGION names no country. Unless the studio does, emergency numbers are named in general words.\n"
    region = "" if environment.get("LANTERN_REGION", "").strip() else hint
    return f"""
Lantern is ready ({seconds:.0f} s).
  {base}/          chat (demo page)
  {base}/library/  every published answer as a page
  {studio}/studio/   staff ({accounts})
  {base}/docs/     for integrators
{region}Ctrl-C stops everything."""
