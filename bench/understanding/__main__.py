"""How well Lantern understands what people write and keeps them safe, on a set of cases from independent authors.

    .venv/bin/python -m bench.understanding [--set development|held_out] [--kinds questions,advice] [--failures 10]

It starts a Lantern of its own, or talks to the running one that --url names, 4 conversations at once. Shares come with
Wilson's 95 % intervals, beside the floors that the project promises. --out keeps the report, a JSON file with what
became of each case, all replies, a calibration plot and a curve of risk against coverage.

--repeat says everything twice and compares the replies byte for byte. What has to be frozen for that: the release (it
is looked at before and after) and the clock to the day (review dates are days); and the machine must be quiet enough
that the assistant answers in time (messages that it did not answer are counted). Only the sender's name is left out of
the comparison.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import shutil
import signal
import sys
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import requests

from bench.running import PROJECT, Lantern
from bench.understanding import cases as kinds
from bench.understanding import pictures, tables
from bench.understanding.cases import Case
from bench.understanding.judging import Judged, judged
from bench.understanding.talking import Replies, replies
from knowledge.files import read_folder
from knowledge.settings import SHIPPED_CONTENT
from knowledge.wiring import from_environment

SETS = PROJECT / "tests" / "understanding"
CONFUSIONS = 15


def read_cases(options: argparse.Namespace) -> list[Case]:
    facts = kinds.entries_by_fact((entry.id, entry.facts) for entry in read_folder(SHIPPED_CONTENT).entries)
    found = kinds.read(options.folder or SETS / options.set, options.kinds, facts, options.variants)
    if not found:
        raise SystemExit(f"There are no cases of {', '.join(options.kinds)} in {options.folder or options.set}.")
    return found


@contextmanager
def lantern(url: str | None) -> Iterator[str]:
    """The address of the Lantern at `url`, or of one that runs until the end of the block."""
    if url:
        yield url.rstrip("/")
        return
    with tempfile.TemporaryDirectory(prefix="lantern-understanding-") as folder:
        own = Lantern.of_its_own(Path(folder))
        shutil.copytree(SHIPPED_CONTENT, own.content)
        print("Starting a Lantern of its own, which prepares and trains first.", flush=True)
        with own.up() as server:
            yield server.base


def frozen(base: str) -> tuple[str, str]:
    """What must not change between two runs that are compared: the day and the release."""
    parts = requests.get(f"{base}/readyz", timeout=10).json()["parts"]
    return dt.datetime.now(dt.timezone.utc).date().isoformat(), str(parts["knowledge"].get("release"))


def answered_alone(base: str) -> int:
    """Messages that the gateway answered without the assistant since the start: their replies are not what it can."""
    rows = [line.split() for line in requests.get(f"{base}/metrics", timeout=10).text.splitlines()]
    calls = {row[0]: float(row[1]) for row in rows if row and row[0].startswith("lantern_assistant_calls_total")}
    return int(sum(count for name, count in calls.items() if "answered" not in name))


def differences(first: Replies, second: Replies) -> list[str]:
    """Ids of cases whose replies are not the same bytes."""
    return [
        case
        for case in first
        if [reply.canonical() for reply in first[case]] != [reply.canonical() for reply in second[case]]
    ]


def compared(base: str, cases: Sequence[Case], first: Replies, before: tuple[str, str]) -> str:
    """What a second run says. Exits with 1 when a reply differs, or when what should be frozen was not."""
    second = replies(base, cases, f"again-{uuid.uuid4().hex[:12]}")
    if frozen(base) != before:
        raise SystemExit("The day or the release changed between the two runs, so they cannot be compared.")
    different = differences(first, second)
    if different:
        raise SystemExit(f"{len(different)} of {len(first)} cases were answered differently: {', '.join(different)}")
    count = sum(map(len, first.values()))
    return f"A second run gave the same bytes for all {count} messages (day {before[0]}, release {before[1]})."


def report(results: Sequence[Judged], options: argparse.Namespace) -> str:
    present = [kind for kind in kinds.KINDS if any(one.case.kind == kind for one in results)]
    parts = [tables.summary(results), *(tables.table(results, kind) for kind in present)]
    if kinds.DIALOGUES in present:
        parts.append(tables.turns(results))
    if kinds.QUESTIONS in present:
        parts.append(tables.confusions(results, CONFUSIONS))
    if options.failures:
        parts += [tables.failures(results, kind, options.failures) for kind in present]
    return "\n\n".join(parts)


def keep(results: Sequence[Judged], text: str, options: argparse.Namespace) -> None:
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "report.txt").write_text(text + "\n", encoding="utf-8")
    whole = {"set": options.set, "figures": tables.figures(results), "cases": tables.rows(results)}
    (options.out / "results.json").write_text(json.dumps(whole, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    said = [f"{one.case.id}\t{reply.canonical()}\n" for one in results for reply in one.replies]
    (options.out / "replies.tsv").write_text("".join(said), encoding="utf-8")
    if any(one.case.kind == kinds.QUESTIONS for one in results):
        pictures.calibration(results, options.out / "calibration.png")
        pictures.abstention(results, options.out / "abstention.png")


def names(value: str) -> tuple[str, ...]:
    chosen = tuple(filter(None, value.split(",")))
    unknown = [name for name in chosen if name not in kinds.KINDS]
    if unknown:
        raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: choose from {', '.join(kinds.KINDS)}")
    return chosen


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        "bench.understanding", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--set", choices=("development", "held_out"), default="development")
    parser.add_argument("--folder", type=Path, help="cases in a folder elsewhere, in the same form")
    parser.add_argument("--url", help="a running Lantern, such as http://127.0.0.1:8080; otherwise one is started")
    parser.add_argument("--kinds", type=names, default=kinds.KINDS, help=f"some of {','.join(kinds.KINDS)}")
    parser.add_argument("--variants", type=int, default=3, metavar="N", help="mangled forms of each case; default 3")
    parser.add_argument("--failures", type=int, default=0, metavar="N", help="list the first N failures of each kind")
    parser.add_argument("--out", type=Path, help="folder for the report, its JSON and the pictures")
    parser.add_argument(
        "--in-process",
        action="store_true",
        help="ask the parts that decide, of the release in LANTERN_HOME, without starting a Lantern: quick, and blind "
        "to what only the whole does",
    )
    parser.add_argument("--repeat", action="store_true", help="run twice and compare the replies byte for byte")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    # What was started is stopped, too, when this program is.
    for kind in (signal.SIGINT, signal.SIGTERM):
        signal.signal(kind, lambda number, _frame: sys.exit(128 + number))
    cases = read_cases(options)
    if options.in_process:
        # Not at the top: it brings Rasa with it, which takes ten seconds.
        from bench.understanding import in_process

        heard = in_process.replies(cases, from_environment())
        print(report([judged(case, heard[case.id]) for case in cases], options))
        return
    with lantern(options.url) as base:
        before, alone = frozen(base), answered_alone(base)
        heard = replies(base, cases, f"once-{uuid.uuid4().hex[:12]}")
        alone = answered_alone(base) - alone
        results = [judged(case, heard[case.id]) for case in cases]
        text = report(results, options)
        print(text, flush=True)
        if options.out:
            keep(results, text, options)
        if alone:
            print(f"\n{alone} messages were answered without the assistant; a quieter machine gives other figures.")
        if options.repeat:
            print("\n" + compared(base, cases, heard, before))


if __name__ == "__main__":
    main()
