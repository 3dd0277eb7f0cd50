"""./lantern talk: chat in the terminal, with a running Lantern or one started for this talk."""

from __future__ import annotations

import argparse
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import requests

from bot.commands.up import READY_SECONDS, prepared, web_address
from bot.errors import CommandFailed
from bot.processes import await_ready


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--url", default="", help="address of a running Lantern; by default the one on this machine")


def run(options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    base = (options.url or web_address(environment)).rstrip("/")
    if not base.startswith(("http://", "https://")):
        raise CommandFailed(f"--url {options.url} must begin with http:// or https://")
    with _running(base, bool(options.url), environment):
        sender = f"talk-{uuid.uuid4()}"
        print("Type a question; an empty line ends the talk.\n")
        while text := _line():
            for message in _ask(base, sender, text):
                print(message.get("text", ""), end="\n\n")
                for button in message.get("buttons", []):
                    print(f"  [{button['title']}]")
    return 0


def _line() -> str:
    try:
        return input("you> ").strip()
    except EOFError:
        return ""


def _ask(base: str, sender: str, text: str) -> list[dict]:
    try:
        response = requests.post(
            f"{base}/webhooks/rest/webhook", json={"sender": sender, "message": text}, timeout=(3, 30)
        )
        body = response.json()
    except (requests.RequestException, ValueError) as error:
        raise CommandFailed(
            f"{base} does not answer ({type(error).__name__}); is ./lantern up running there?"
        ) from error
    return body if isinstance(body, list) else [{"text": body.get("detail", "")}]


@contextmanager
def _running(base: str, given: bool, environment: Mapping[str, str]) -> Iterator[None]:
    try:
        requests.get(f"{base}/healthz", timeout=2)
        yield
        return
    except requests.RequestException:
        if given:
            raise CommandFailed(f"{base} does not answer; is ./lantern up running there?") from None
    print("No Lantern is running here; starting one for this talk ...", flush=True)
    processes = prepared(environment, lambda text: None)
    begun = time.monotonic()
    try:
        for process in processes:
            process.start()
        await_ready(processes, READY_SECONDS)
        print(f"Ready after {time.monotonic() - begun:.0f} s.")
        yield
    finally:
        for process in processes:
            process.stop()
