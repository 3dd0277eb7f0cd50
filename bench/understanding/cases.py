"""The cases of a set: what is said, and what is wanted. tests/understanding/README.md describes the files."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.understanding.mangling import mangled

QUESTIONS, EMERGENCIES, NEAR_MISSES = "questions", "emergencies", "near_misses"
OUTSIDE, ADVICE, DIALOGUES = "outside", "advice", "dialogues"
MANGLED_EMERGENCIES, MANGLED_NEAR_MISSES = "mangled_emergencies", "mangled_near_misses"
FILES = (QUESTIONS, EMERGENCIES, NEAR_MISSES, OUTSIDE, ADVICE, DIALOGUES)
MANGLED = {MANGLED_EMERGENCIES: EMERGENCIES, MANGLED_NEAR_MISSES: NEAR_MISSES}
"""Kind -> the kind whose messages are mangled for it."""
KINDS = (QUESTIONS, EMERGENCIES, MANGLED_EMERGENCIES, NEAR_MISSES, MANGLED_NEAR_MISSES, OUTSIDE, ADVICE, DIALOGUES)
"""In the order of the report."""

Groups = tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Turn:
    """One message and what is wanted for it. `kinds`: reply kinds that are right, any if empty. `wanted`: for each
    question in the message the entries that answer it, best first. `same_entry`: the entry shown last, or one of
    `wanted`. `gap`: why no entry answers.
    """

    say: str
    kinds: tuple[str, ...] = ()
    wanted: Groups = ()
    same_entry: bool = False
    gap: str = ""


@dataclass(frozen=True)
class Case:
    """A conversation of its own. `about` and `traits` are what tables group by."""

    id: str
    kind: str
    turns: tuple[Turn, ...]
    about: str = ""
    traits: Mapping[str, str] = field(default_factory=dict)

    @property
    def last(self) -> Turn:
        return self.turns[-1]

    @property
    def gap(self) -> bool:
        """A question within the scope that no entry answers."""
        return self.kind == QUESTIONS and bool(self.last.gap)


def entries_by_fact(entries: Iterable[tuple[str, Iterable[str]]]) -> dict[str, tuple[str, ...]]:
    """Fact id -> entries that cite it, from (entry, its facts)."""
    found: dict[str, list[str]] = {}
    for entry, facts in entries:
        for fact in facts:
            found.setdefault(fact, []).append(entry)
    return {fact: tuple(sorted(named)) for fact, named in found.items()}


def read(folder: Path, kinds: Sequence[str], by_fact: Mapping[str, tuple[str, ...]], variants: int) -> list[Case]:
    """The cases of `kinds` in `folder`, each mangled case `variants` times. A file that is not there has no cases."""
    cases: list[Case] = []
    for kind in KINDS:
        if kind not in kinds:
            continue
        for row in rows_of(folder / f"{MANGLED.get(kind, kind)}.jsonl"):
            case = _case(row, MANGLED.get(kind, kind), by_fact)
            cases += [_variant(case, kind, number) for number in range(variants)] if kind in MANGLED else [case]
    return cases


def rows_of(file: Path) -> list[dict[str, Any]]:
    if not file.is_file():
        return []
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]


def _case(row: Mapping[str, Any], kind: str, by_fact: Mapping[str, tuple[str, ...]]) -> Case:
    traits = {"noisy": "noisy" if row.get("noisy") else "clean"}
    traits |= {name: str(row[name]) for name in ("language", "style", "topic") if name in row}
    about = str(row.get("about", row.get("topic", "")))
    turns: list[Turn]
    if kind in (EMERGENCIES, NEAR_MISSES):
        turns = [Turn(text) for text in row["turns"]]
        traits["turns"] = "one turn" if len(turns) == 1 else "several turns"
        if kind == EMERGENCIES:
            turns[-1] = Turn(row["turns"][-1], kinds=(row["kind"],))
            traits["card"] = row["kind"]
    elif kind == DIALOGUES:
        turns = [_dialogue_turn(turn, by_fact) for turn in row["turns"]]
    elif kind == OUTSIDE:
        turns = [Turn(row["text"], kinds=tuple(row["ok"]))]
        traits["near"] = "near" if row["near"] else "far"
        about = about.partition(":")[0]
    elif kind == ADVICE:
        turns = [Turn(row["text"], kinds=("defer",))]
    else:
        turns = [Turn(row["text"], wanted=_wanted(row, by_fact), gap=row.get("gap", ""))]
    return Case(row["id"], kind, tuple(turns), about, traits)


def _dialogue_turn(row: Mapping[str, Any], by_fact: Mapping[str, tuple[str, ...]]) -> Turn:
    """Where the entry shown last is wanted, only a label can name others."""
    same = bool(row.get("same_entry"))
    wanted = () if same and "accept" not in row else _wanted(row, by_fact)
    return Turn(row["say"], tuple(row["kinds"]), wanted, same, row.get("gap", ""))


def _wanted(row: Mapping[str, Any], by_fact: Mapping[str, tuple[str, ...]]) -> Groups:
    """What a row accepts by its labels; without labels, each entry that cites one of its facts."""
    if "accept_all" in row:
        return tuple(tuple(group) for group in row["accept_all"])
    if "accept" in row:
        return (tuple(row["accept"]),)
    groups = row.get("facts_all") or ([row["facts"]] if row.get("facts") else [])
    return tuple(tuple(dict.fromkeys(entry for fact in group for entry in by_fact.get(fact, ()))) for group in groups)


def _variant(case: Case, kind: str, number: int) -> Case:
    turns = [
        Turn(mangled(turn.say, f"{case.id}.{number}.{place}"), turn.kinds) for place, turn in enumerate(case.turns)
    ]
    return Case(f"{case.id}.{number + 1}", kind, tuple(turns), case.about, case.traits)
