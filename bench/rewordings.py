"""What the second net under the emergency rules catches, and how often it is wrong.

    .venv/bin/python -m bench.rewordings [--folds N] [--mangled S] [--failures N]

Judged are messages from which neither the rules nor the net have learned: `bench/training/cries.jsonl` by other
authors, made to be hard, those of `bench/training/messages.jsonl`, which are questions, that are no examples of the
net, and the development set (`tests/understanding/development`). Of each kind: how many the rules find, how many the
net does, both together, and how many get the card that the author wanted, or the general one. With --mangled they are
read with slips of the keyboard.

With --folds first its own examples (`safety/*.jsonl`), each judged by a net that was learned without it (some minutes a
part): for a range of chances the share of emergencies that get a card from the rules or the net, and of calm examples
that get one from the net. The last columns are what people mostly ask (`data/nlu`, published phrasings, outside
questions), judged in the same way. The cost is that of all messages if one in --one-in is an emergency, in needless
cards: a missed emergency counts as --dear of them.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from bench.second_net import (
    MESSAGES,
    SPOILT_WEIGHT,
    Example,
    asked_in_calm,
    examples,
    inner_vectors,
    learned,
    lends_talk,
    spoilt,
)
from bot.nlu.emergencies import shipped_rules
from knowledge.second_net import GENERAL_CARD, SecondNet
from knowledge.wiring import Knowledge, from_environment
from tests.understanding.mangling import mangled

PROJECT = Path(__file__).parent.parent
CRIES = MESSAGES.with_name("cries.jsonl")
DEVELOPMENT = PROJECT / "tests" / "understanding" / "development"
CHANCES = (0.3, 0.4, 0.5, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)
ALL = "all that are urgent in cries"


@dataclass(frozen=True)
class Case:
    """A message with the one wanted card, "" for none; `before`: what was said before it. `kind` is its row."""

    text: str
    card: str
    kind: str
    before: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """The cards that the rules, and where they find nothing the net, show for a case; "" for none."""

    case: Case
    by_rules: str
    by_net: str

    @property
    def shown(self) -> str:
        return self.by_rules or self.by_net


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="bench.rewordings", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folds", type=int, default=0, metavar="N", help="parts, each left out once; 0: none (0)")
    parser.add_argument("--one-in", type=float, default=20, metavar="N", help="messages of which one is urgent (20)")
    parser.add_argument("--dear", type=float, default=20, metavar="N", help="needless cards that a miss costs (20)")
    parser.add_argument("--mangled", metavar="S", help="mangle what was not learned from, with this seed")
    parser.add_argument("--failures", type=int, default=0, metavar="N", help="print the first N of each kind (0)")
    given = parser.parse_args(arguments)
    if given.folds == 1 or given.folds < 0:
        parser.error("--folds: 0, or 2 and more")
    knowledge = from_environment()
    if given.folds:
        own, asked = examples(), asked_in_calm(knowledge)
        _print_chances(own, asked, left_out([*own, *asked], knowledge, given.folds), given)
    net = knowledge.second_net
    cases = [*cries(), *questions(), *development()]
    if given.mangled:
        cases = [replace(case, text=mangled(case.text, given.mangled)) for case in cases]
    _print_kinds([outcome(case, net, knowledge) for case in cases], given.failures)
    return 0


def cries() -> Iterator[Case]:
    """Messages of other authors, grouped by the card that they wanted."""
    for row in map(json.loads, CRIES.read_text("utf-8").splitlines()):
        wanted = row["expect"]
        kind = f"{wanted['card']}, {wanted['locale']}" if wanted else "calm"
        yield Case(row["text"], wanted["card"] if wanted else "", f"cries: {kind}")


def questions() -> Iterator[Case]:
    """What people ask, most of it in long messages, of authors from whom the net has no talk (`small_talk`), but for
    what it has learned to be calm."""
    learned_from = {example.text for example in examples()}
    for row in map(json.loads, MESSAGES.read_text("utf-8").splitlines()):
        if not lends_talk(row) and row["text"] not in learned_from:
            yield Case(row["text"], "", "questions of people")


def development() -> Iterator[Case]:
    """The development set: emergencies, and everything else that must not look like one."""
    for name in ("emergencies", "near_misses", "questions", "outside", "advice"):
        for row in map(json.loads, (DEVELOPMENT / f"{name}.jsonl").read_text("utf-8").splitlines()):
            *before, text = row.get("turns") or [row["text"]]
            yield Case(text, row["kind"] if name == "emergencies" else "", f"development: {name}", tuple(before))


def outcome(case: Case, net: SecondNet, knowledge: Knowledge) -> Outcome:
    """What is shown for a case, as in a conversation: the rules remember which treatment was mentioned."""
    rules = shipped_rules()
    mentions = [rules.mentions(text) for text in case.before]
    found = rules.check(
        case.text,
        therapy=any(mention.therapy for mention in mentions),
        suppressed=any(mention.suppressed for mention in mentions),
    )
    if found:
        return Outcome(case, found.card, "")
    caught = net.finding(case.text, knowledge.embedder.embed_message_inner(knowledge.canonical(case.text)))
    return Outcome(case, "", caught.card if caught else "")


def left_out(every: Sequence[Example], knowledge: Knowledge, folds: int) -> np.ndarray:
    """The chance that each of these examples is urgent, by a net learned without it, the others of its part and what
    became of them."""
    worse = spoilt(every)
    inner = inner_vectors([*every, *worse], knowledge)
    part = np.random.default_rng(1).permutation(len(every)) % folds
    chances = np.zeros(len(every))
    for fold in range(folds):
        kept = np.flatnonzero(part != fold)
        rows = [*(every[place] for place in kept), *(worse[place] for place in kept)]
        weights = np.repeat([1.0, SPOILT_WEIGHT], len(kept))
        net = learned(rows, inner[np.concatenate([kept, kept + len(every)])], weights)
        for place in np.flatnonzero(part == fold):
            chances[place] = net.judge(every[place].text, inner[place]).chance
        print(f"part {fold + 1} of {folds}", flush=True)
    return chances


def _print_chances(own: Sequence[Example], asked: Sequence[Example], chances: np.ndarray, given: Any) -> None:
    rules = shipped_rules()
    ruled = np.array([rules.check(example.text) is not None for example in own] + [False] * len(asked))
    urgent = np.array([bool(example.card) for example in (*own, *asked)])
    spanish = np.array([example.locale == "es" for example in (*own, *asked)])
    is_own = np.arange(len(chances)) < len(own)
    columns = {
        "urgent en": urgent & ~spanish,
        "urgent es": urgent & spanish,
        "calm": ~urgent & is_own & ~ruled,
        "asked": ~is_own,
    }
    print(f"{'chance':>8}" + "".join(f"{name:>12}" for name in columns) + f"{'cost':>8}")
    print(f"{'of':>8}" + "".join(f"{mask.sum():>12}" for mask in columns.values()))
    for chance in CHANCES:
        caught = (chances >= chance) | ruled
        shares = [float(caught[mask].mean()) for mask in columns.values()]
        cost = given.dear * (1 - float(caught[urgent].mean())) / given.one_in + shares[-1] * (1 - 1 / given.one_in)
        print(f"{chance:8.2f}" + "".join(f"{share:12.1%}" for share in shares) + f"{100 * cost:8.2f}")
    print("Of the examples whose chance is", end=" ")
    for low in (0.0, 0.2, 0.4, 0.6, 0.8):
        within = is_own & (chances >= low) & (chances < low + 0.2 + 1e-9)
        print(
            f"{low:.1f} to {low + 0.2:.1f}: {float(urgent[within].mean()):.0%}",
            end="; " if low < 0.8 else " are urgent.\n",
        )


def _print_kinds(outcomes: Sequence[Outcome], failures: int) -> None:
    kinds = dict.fromkeys(outcome.case.kind for outcome in outcomes)
    print(f"\n{'':36}{'texts':>7}{'rules':>8}{'net':>8}{'both':>8}{'card':>8}{'general':>9}")
    for kind in (*sorted(kinds), ALL):
        rows = [
            row
            for row in outcomes
            if kind in (row.case.kind, ALL if row.case.card and row.case.kind.startswith("cries") else "")
        ]
        shares = [
            np.mean([bool(row.by_rules) for row in rows]),
            np.mean([bool(row.by_net) for row in rows]),
            np.mean([bool(row.shown) for row in rows]),
            np.mean([row.shown == row.case.card != "" for row in rows]),
            np.mean([row.shown == GENERAL_CARD != row.case.card for row in rows]),
        ]
        cells = "".join(f"{share:{width}.1%}" for share, width in zip(shares, (8, 8, 8, 8, 9)))
        print(f"{kind:<36}{len(rows):>7}{cells}")
        for row in [row for row in rows if bool(row.shown) is not bool(row.case.card)][:failures]:
            print(f"      {row.by_rules or row.by_net or '-':<20} {row.case.text[:300]}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
