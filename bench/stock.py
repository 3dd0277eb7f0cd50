"""The stock bot that Lantern is compared with: 120 questions, Rasa 3.6.21 as its own documentation sets it up.

A folder of scripts generates it: `gen.py TARGET` writes an ordinary Rasa project with `held.json` (wordings it was not
trained on) and `codes.json` (trial codes). It is trained and run here with the rasa program of this environment.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from bench.running import Server, answers, clean_environment, end_of, free_port, started

QUOTED = {
    "start s": 79.0,
    "memory MiB": 1699.0,
    "memory growth %": 0.9,
    "edit-to-live s": 555.0,
    "messages/s, 1 client": 15.8,
    "p50 ms, 1 client": 57.0,
    "p95 ms, 1 client": 93.0,
    "CPU ms a message, 1 client": 64.0,
    "messages/s, 8 clients": 16.4,
    "p50 ms, 8 clients": 395.0,
    "p95 ms, 8 clients": 955.0,
    "messages/s, 32 clients": 17.0,
    "p50 ms, 32 clients": 1387.0,
    "p95 ms, 32 clients": 2815.0,
    "messages/s, 64 clients": 15.7,
    "p50 ms, 64 clients": 3272.0,
    "p95 ms, 64 clients": 5900.0,
    "latency ms, turn 1": 50.0,
    "latency ms, turn 10": 60.0,
    "latency ms, turn 50": 100.0,
    "latency ms, turn 100": 128.0,
    "latency ms, turn 200": 234.0,
    "latency, turn 200 / turn 1": 4.7,
}
"""Measured once on a quiet machine of two cores (AMD EPYC); its CPU time without the action server, its memory growth
over 1,200 messages."""
RASA = str(Path(sys.executable).parent / "rasa")


@dataclass(frozen=True)
class StockBot:
    """The generated and trained bot in `folder`."""

    folder: Path

    @classmethod
    def made(cls, scripts: Path, folder: Path) -> StockBot:
        """Generates and trains it, unless `folder` holds a trained one. Training takes minutes and 2 GB of memory."""
        if list(folder.glob("models/*.tar.gz")):
            print(f"The stock bot in {folder} is trained already.", flush=True)
            return cls(folder)
        folder.mkdir(parents=True, exist_ok=True)
        begun = time.monotonic()
        log = folder / "train.log"
        for command in ([sys.executable, str(scripts / "gen.py"), str(folder)], [RASA, "train"]):
            with log.open("ab") as output:
                done = subprocess.run(command, cwd=folder, env=_environment(), stdout=output, stderr=output)
            if done.returncode:
                raise SystemExit(
                    f"{command} failed with exit code {done.returncode}. The end of its output:\n{end_of(log)}"
                )
        print(f"The stock bot took {time.monotonic() - begun:.0f} s to train.", flush=True)
        return cls(folder)

    def texts(self) -> list[str]:
        """What its conversations are made of: a question, the status of a trial, a question."""
        questions, codes = self.questions(), json.loads((self.folder / "codes.json").read_text(encoding="utf-8"))
        return [
            f"is {codes[place // 3 % len(codes)]} recruiting"
            if place % 3 == 1
            else questions[place * 7 % len(questions)]
            for place in range(3 * len(questions))
        ]

    def questions(self) -> Sequence[str]:
        held = json.loads((self.folder / "held.json").read_text(encoding="utf-8"))
        return [row["text"] for row in held]

    def up(self) -> AbstractContextManager[Server]:
        """The server and its action server, with trackers in memory as a new Rasa project has them."""
        port, action_port = free_port(), free_port()
        endpoints = self.folder / "endpoints_bench.yml"
        endpoints.write_text(f'action_endpoint:\n  url: "http://127.0.0.1:{action_port}/webhook"\n', encoding="utf-8")
        base = f"http://127.0.0.1:{port}"
        serve = [RASA, "run", "--enable-api", "-i", "127.0.0.1", "-p", str(port)]
        serve += ["--endpoints", endpoints.name, "--credentials", "credentials.yml"]
        commands = [serve, [RASA, "run", "actions", "-p", str(action_port)]]
        return started(
            commands,
            _environment(),
            self.folder,
            base,
            lambda: answers(f"{base}/status") and answers(f"http://127.0.0.1:{action_port}/health"),
            self.folder / "server.log",
        )


def _environment() -> dict[str, str]:
    return clean_environment(RASA_TELEMETRY_ENABLED="false")
