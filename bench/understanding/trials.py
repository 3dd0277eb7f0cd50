"""How well Lantern talks about clinical trials: cases of authors who have seen neither code nor wording.

    .venv/bin/python -m bench.understanding.trials [--set development] [--failures 10] [--url http://127.0.0.1:8080]

Work on the code looks at the development set, never at the single cases of the held-out one. It starts a Lantern of its
own whose copy of the registry are the studies of the set, or talks to the running one that --url names, which must have
that copy. A case passes when every turn does; a turn, when its reply is of a wanted kind,
shows the studies and only those that it may, and says what must be said. No model judges.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bench.running import PROJECT, Lantern
from bench.understanding.cases import Case, Turn, rows_of
from bench.understanding.judging import family
from bench.understanding.tables import Rate
from bench.understanding.talking import Reply, replies
from knowledge.settings import SHIPPED_CONTENT
from knowledge.trials.wiring import shipped_numbers
from tests.registry_server import Registry

FOLDER = PROJECT / "tests" / "understanding" / "trials"
STUDIES = {
    "held_out": FOLDER / "held_out" / "studies.json",
    "development": PROJECT / "knowledge" / "trials" / "snapshot.json",
}
"""The studies that each set of cases is about."""
FLOOR = 0.92
COPY_ATTEMPTS, COPY_PAUSE_SECONDS = 60, 0.5
"""How often it is asked whether the assistant has the copy, and how long is waited in between."""


@dataclass(frozen=True)
class Said:
    """A turn that was judged: what was wrong with its reply, "" when nothing was."""

    case: str
    place: int
    say: str
    fault: str


def cases(folder: Path) -> list[tuple[Case, list[Mapping[str, Any]]]]:
    """The cases of a set, each with what is wanted of its turns."""
    rows = rows_of(folder / "cases.jsonl")
    said = (tuple(Turn(turn["say"]) for turn in row["turns"]) for row in rows)
    return [(Case(row["id"], "trials", turns), row["turns"]) for row, turns in zip(rows, said)]


def fault(wanted: Mapping[str, Any], reply: Reply) -> str:
    """What a reply lacks, or shows or says that it must not; "" for a right one."""
    kinds = [family(kind) for kind in wanted.get("kinds", ())]
    if kinds and family(reply.kind) not in kinds:
        return f"{reply.kind} instead of {' or '.join(wanted['kinds'])}"
    entries = set(wanted.get("accept_entries", ()))
    if reply.kind in ("answer", "steps") and entries and entries.isdisjoint(reply.shown):
        return f"shows {', '.join(reply.shown)} instead of {' or '.join(sorted(entries))}"
    shown = studies(reply)
    missing = [number for number in wanted.get("shows_all", ()) if number not in shown]
    if missing:
        return f"does not show {', '.join(missing)} but {', '.join(shown) or 'nothing'}"
    if wanted.get("shows_any") and not shown & set(wanted["shows_any"]):
        return f"shows {', '.join(shown) or 'nothing'} and none of {', '.join(wanted['shows_any'][:4])}"
    unwanted = sorted(shown & set(wanted.get("shows_none", ())))
    if unwanted:
        return f"shows {', '.join(unwanted)}"
    text = " ".join(str(message.get("text", "")) for message in reply.messages).lower()
    unsaid = [word for word in wanted.get("says", ()) if word not in text]
    spoken = [word for word in wanted.get("says_not", ()) if word in text]
    return f"does not say {unsaid[0]!r}" if unsaid else f"says {spoken[0]!r}" if spoken else ""


def studies(reply: Reply) -> set[str]:
    """Registry numbers of the studies that a reply shows."""
    rows = (row for part in reply.parts if part["kind"] == "trials" for row in part["provenance"])
    return {row["id"] for row in rows if row["kind"] == "registry"}


def judged(wanted: Sequence[Mapping[str, Any]], case: Case, heard: Sequence[Reply]) -> list[Said]:
    rows = enumerate(zip(case.turns, wanted, heard), 1)
    return [Said(case.id, place, turn.say, fault(want, reply)) for place, (turn, want, reply) in rows]


@contextmanager
def lantern(url: str | None, studies: Path) -> Iterator[str]:
    """The address of the Lantern at `url`, or of one with a copy of `studies`, which runs until the block ends."""
    if url:
        yield url.rstrip("/")
        return
    records = json.loads(studies.read_text(encoding="utf-8"))["studies"]
    with tempfile.TemporaryDirectory(prefix="lantern-trials-") as folder, Registry(records).running() as registry:
        searches = Path(folder) / "searches.yml"
        searches.write_text("- {name: all of them, intervention: anything}\n", encoding="utf-8")
        own = Lantern.of_its_own(Path(folder))
        settings = {
            "LANTERN_CONTENT": str(SHIPPED_CONTENT),
            "LANTERN_TRIALS_API_URL": registry.address,
            "LANTERN_TRIALS_SEARCHES": str(searches),
            "LANTERN_TRIALS_SYNC": "off",
        }
        own = replace(own, environment={**own.environment, **settings})
        print("Starting a Lantern of its own, which prepares and trains first.", flush=True)
        with own.up() as server:
            command = [sys.executable, "-m", "bot", "trials", "sync"]
            subprocess.run(command, env=dict(own.environment), cwd=PROJECT, check=True)
            numbers = {record["protocolSection"]["identificationModule"]["nctId"] for record in records}
            await_copy(server.base, numbers - shipped_numbers())
            yield server.base


def await_copy(base: str, new: Set[str]) -> None:
    """Waits until the assistant answers from the copy just fetched: it reads that beside the first message after it,
    which it still answers from the one before. `new`: numbers that only the newer copy has."""
    if not new:
        return
    number = min(new)
    asked = Case("copy", "trials", (Turn(number),))
    for attempt in range(COPY_ATTEMPTS):
        if number in studies(replies(base, [asked], f"copy-{uuid.uuid4().hex[:12]}-{attempt}")[asked.id][0]):
            return
        time.sleep(COPY_PAUSE_SECONDS)
    raise SystemExit("The assistant still answers from the copy before.")


def report(said: Sequence[Said], failures: int) -> str:
    names = list(dict.fromkeys(one.case for one in said))
    failed = {one.case for one in said if one.fault}

    def passed(among: Sequence[str]) -> Rate:
        return Rate(sum(case not in failed for case in among), len(among))

    whole = passed(names)
    rows = {
        "messages": passed([name for name in names if name.startswith("t")]),
        "dialogues": passed([name for name in names if name.startswith("d")]),
        "all cases": whole,
        "turns": Rate(sum(not one.fault for one in said), len(said)),
    }
    lines = [f"{name:10} {rate}" for name, rate in rows.items()]
    lines.append(f"floor for all cases {100 * FLOOR:.0f} %: {'ok' if whole.share >= FLOOR else 'short'}")
    wrong = [one for one in said if one.fault][:failures]
    return "\n".join([*lines, *(f"{one.case} turn {one.place}: {one.say}\n    {one.fault}" for one in wrong)])


def main() -> None:
    parser = argparse.ArgumentParser(
        "bench.understanding.trials", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--set", choices=sorted(STUDIES), default="held_out", help="which cases; default: held_out")
    parser.add_argument("--url", help="a running Lantern, such as http://127.0.0.1:8080; otherwise one is started")
    parser.add_argument("--failures", type=int, default=0, metavar="N", help="list the first N turns that failed")
    options = parser.parse_args()
    found = cases(FOLDER / options.set)
    with lantern(options.url, STUDIES[options.set]) as base:
        heard = replies(base, [case for case, _ in found], f"trials-{uuid.uuid4().hex[:12]}")
    said = [one for case, wanted in found for one in judged(wanted, case, heard[case.id])]
    print(report(said, options.failures))


if __name__ == "__main__":
    main()
