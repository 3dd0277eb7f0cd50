"""Learns the second net under the emergency rules anew, and writes it beside them.

    .venv/bin/python -m bench.second_net        # the same as: make net

From written examples, both urgent and calm: `safety/vectors.jsonl`, which the rules know too, `safety/rewordings.jsonl`
and `safety/cries.jsonl`, which they were not made from, and as further calm ones what people ask of Lantern, inside and
outside of what it knows (`data/nlu`, the published phrasings of the home that LANTERN_HOME names). All of them are
learned a second time as shaking hands write them, some with calm talk around. `bench.rewordings` shows what the net
catches. It takes some minutes and 17 GB of memory, once for each change of the examples.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from ruamel.yaml import YAML
from scipy.sparse import csr_matrix, hstack
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC

from bot.nlu.emergencies import EMERGENCY, shipped_rules
from knowledge.errors import StoreUnavailable
from knowledge.pairs import words_and_pairs
from knowledge.second_net import Features, Machine, Models, SecondNet, Sureness
from knowledge.settings import SHIPPED_CONTENT
from knowledge.wiring import Knowledge, from_environment
from safety import EMERGENCY_RULES, SECOND_NET, Rules
from tests.understanding.mangling import slipped

PROJECT = Path(__file__).parent.parent
MESSAGES = PROJECT / "bench" / "training" / "messages.jsonl"
EXAMPLES = tuple(EMERGENCY_RULES.parent / name for name in ("vectors.jsonl", "rewordings.jsonl", "cries.jsonl"))
LONGEST_EXAMPLE = 600
"""Characters. One vector says little about a longer text."""
NEAR = ("cpr", "heart")
"""Topics whose questions are easily taken for emergencies."""
EVERY_TENTH, EVERY_FORTIETH = slice(None, None, 10), slice(None, None, 40)
"""Of the published phrasings these are learned from: the first of `NEAR`, the second of other topics. The others say
much the same, and the matrix of nearness grows with the square."""

SURENESS = Sureness(urgent=0.7, card=0.5)
"""From `bench.rewordings`: the rules have looked before, so that a needless card weighs more here than there."""
SOFTNESS, GAMMA = 5.0, 0.15
"""C of the machine, and how fast nearness fades. By what the net makes of other authors' messages; half or twice as
much changes little."""
CARD_SOFTNESS = 30.0
"""C of the regressions that name card and language."""
SPOILT_WEIGHT = 0.5
"""What a spoilt copy of an example weighs."""
PADDED_SHARE, PADDED_CALM_SHARE = 0.25, 0.5
"""Of the spoilt copies: how many have calm talk around, of urgent examples and of calm ones."""
MOST_TALK, LONGEST_TALK, LONGEST_PADDED = 9, 120, 800
"""Sentences of calm talk that stand around a spoilt copy at most, how many characters each of them has at most, and how
many the whole."""
ROWS = 2000
"""Rows of the matrix of nearness that are made at once."""


@dataclass(frozen=True)
class Example:
    """`card` is empty for a calm one."""

    text: str
    card: str = ""
    locale: Literal["en", "es"] = "en"


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="bench.second_net", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=SECOND_NET, help=f"the file to write ({SECOND_NET.name})")
    given = parser.parse_args(arguments)
    knowledge = from_environment()
    own, asked = examples(), asked_in_calm(knowledge)
    if len(asked) < len(own) // 2:
        print("Nothing is published in this home: import the content first (./lantern content import --seed).")
        return 1
    every = [*own, *asked]
    print(f"{len(own)} examples, {len(asked)} questions; reading them ...", flush=True)
    all_rows = [*every, *spoilt(every)]
    weights = np.array([1.0] * len(every) + [SPOILT_WEIGHT] * (len(all_rows) - len(every)))
    inner = inner_vectors(all_rows, knowledge)
    print(f"learning from {len(all_rows)} rows ...", flush=True)
    net = learned(all_rows, inner, weights)
    given.out.write_bytes(net.kept(digest()))
    print(f"{given.out.name}: {given.out.stat().st_size / 2**20:.1f} MiB")
    return 0


def digest() -> str:
    """SHA-256, in hex, of the examples and of what makes features of them: a test compares it with what the net was
    learned from. What people ask in calm, and say around it, may change: it is many, and each a little."""
    found = hashlib.sha256()
    for file in (*EXAMPLES, PROJECT / "knowledge" / "pairs.py", SHIPPED_CONTENT / "en" / "aliases.yml"):
        found.update(file.read_bytes())
    return found.hexdigest()


def examples() -> list[Example]:
    """Those written for this, without what needs an earlier message to be understood."""
    found: dict[str, Example] = {}
    for file in EXAMPLES:
        for row in map(json.loads, file.read_text(encoding="utf-8").splitlines()):
            if len(row["text"]) <= LONGEST_EXAMPLE and not row.get("therapy") and not row.get("suppressed"):
                expected = row["expect"] or {"card": "", "locale": "en"}
                found[row["text"]] = Example(row["text"], expected["card"], expected["locale"])
    return [*found.values()]


def asked_in_calm(knowledge: Knowledge) -> list[Example]:
    """What people ask, without what an emergency rule takes for a cry. Nearly none before anything is published."""
    texts = [*usual_questions(knowledge, shipped_rules()), *requests()]
    return [Example(text) for text in dict.fromkeys(texts)]


def usual_questions(knowledge: Knowledge, rules: Rules) -> list[str]:
    """Published phrasings, and questions outside of what is published."""
    try:
        live = knowledge.live()
    except StoreUnavailable:
        return []
    near: list[str] = []
    other: list[str] = []
    for entry in (revision.entry for revision in live.asked() if revision.entry.topic != "cards"):
        (near if entry.topic in NEAR else other).extend((entry.question, *entry.phrasings))
    texts = [*near[EVERY_TENTH], *other[EVERY_FORTIETH], *knowledge.background]
    return [text for text in texts if rules.check(text) is None]


def requests() -> list[str]:
    """Every other training example of all other kinds of requests: they are many, and each a little."""
    files = sorted((PROJECT / "data" / "nlu").glob("*.yml"))
    blocks = [block for file in files for block in YAML(typ="safe").load(file.read_text("utf-8"))["nlu"]]
    lines = [line for block in blocks if block["intent"] != EMERGENCY for line in block["examples"].splitlines()]
    return [line.removeprefix("- ") for line in lines][::2]


def spoilt(every: Sequence[Example]) -> list[Example]:
    """Each example as shaking hands write it, some with calm talk around: what needs help may be said in passing, and
    so may a question."""
    calm = [one.text for one in every if not one.card and one.locale == "en" and len(one.text) <= LONGEST_TALK]
    talk = [*small_talk(), *calm]
    return [replace(one, text=_spoilt(one, talk)) for one in every]


def small_talk() -> list[str]:
    """Sentences around the question in what people tell of themselves, without what an emergency rule takes for a
    cry."""
    rules = shipped_rules()
    found: dict[str, None] = {}
    for row in map(json.loads, MESSAGES.read_text(encoding="utf-8").splitlines()):
        sentences = re.findall(r"[^.!?]+[.!?]", row["text"])
        if lends_talk(row) and len(sentences) > 2:
            found.update(dict.fromkeys(one.strip() for one in sentences if one[-1] == "." and len(one) <= LONGEST_TALK))
    return [text for text in found if rules.check(text) is None]


def lends_talk(row: Mapping[str, Any]) -> bool:
    """Whether talk is taken from the author of this row: from every other one. What the others wrote can be judged."""
    return bool(row["author"] % 2)


def _spoilt(example: Example, talk: Sequence[str]) -> str:
    chance = random.Random(example.text)
    written = slipped(example.text, chance)
    if chance.random() >= (PADDED_SHARE if example.card else PADDED_CALM_SHARE):
        return written
    around = [_ended(written)]
    for sentence in map(_ended, chance.sample(talk, chance.randint(1, MOST_TALK))):
        if len(" ".join((*around, sentence))) <= LONGEST_PADDED:
            around.insert(0 if chance.random() < 0.5 else len(around), sentence)
    return " ".join(around)


def _ended(text: str) -> str:
    return text if text[-1] in ".!?" else f"{text}."


def inner_vectors(rows: Sequence[Example], knowledge: Knowledge) -> np.ndarray:
    """Shape (rows, 384): of the texts as search compares them."""
    return knowledge.embedder.embed_inner([knowledge.canonical(example.text) for example in rows])


def learned(rows: Sequence[Example], inner: np.ndarray, weights: np.ndarray | None = None) -> SecondNet:
    """The net that `rows` and their inner vectors teach; `weights`: how much each counts, all the same without."""
    features = Features.learned([example.text for example in rows], inner)
    words = _of_words(rows, features)
    moved = features.moved(inner)
    urgent = np.array([bool(example.card) for example in rows])
    weights = np.ones(len(rows)) if weights is None else weights
    beside = hstack([csr_matrix(moved), words]).tocsr()[urgent]
    meant = [example for example in rows if example.card]
    cards = sorted({example.card for example in meant})

    def linear(sides: Sequence[bool]) -> np.ndarray:
        if len(set(sides)) == 1:
            return np.append(np.zeros(beside.shape[1]), 50.0 if sides[0] else -50.0)
        model = LogisticRegression(C=CARD_SOFTNESS, max_iter=3000, solver="liblinear", random_state=1)
        model.fit(beside, sides, sample_weight=weights[urgent])
        return np.append(model.coef_[0], model.intercept_)

    models = Models(
        urgency=_machine(moved, words, urgent, weights),
        spanish=linear([example.locale == "es" for example in meant]),
        cards=np.stack([linear([example.card == card for example in meant]) for card in cards]),
    )
    return SecondNet(features, models, cards, SURENESS)


def _of_words(rows: Sequence[Example], features: Features) -> csr_matrix:
    places = {word: place for place, word in enumerate(features.words)}
    found = [sorted(places[word] for word in words_and_pairs(example.text) if word in places) for example in rows]
    weights = np.concatenate([np.full(len(row), features.weight(len(row)), np.float32) for row in found])
    starts = np.cumsum([0, *map(len, found)])
    return csr_matrix((weights, np.concatenate(found).astype(int), starts), (len(rows), len(places)))


def _machine(moved: np.ndarray, words: csr_matrix, urgent: np.ndarray, weights: np.ndarray) -> Machine:
    """The chance is learned from rows that were left out: in its own rows a machine is too sure."""
    nearness = _nearness(moved, words)
    left_out = np.random.default_rng(1).random(len(urgent)) < 0.2
    kept, out = np.flatnonzero(~left_out), np.flatnonzero(left_out)
    part = _fitted(nearness[np.ix_(kept, kept)], urgent[kept], weights[kept])
    scores = part.decision_function(nearness[np.ix_(out, kept)])
    chance = LogisticRegression().fit(scores[:, None], urgent[out])
    whole = _fitted(nearness, urgent, weights)
    supports = words[whole.support_]
    return Machine(
        inner=moved[whole.support_],
        words=supports.indices,
        starts=supports.indptr,
        worth=whole.dual_coef_[0],
        offset=float(whole.intercept_[0]),
        gamma=GAMMA,
        slope=float(chance.coef_[0, 0]),
        rise=float(chance.intercept_[0]),
    )


def _fitted(nearness: np.ndarray, urgent: np.ndarray, weights: np.ndarray) -> Any:
    return SVC(C=SOFTNESS, kernel="precomputed", cache_size=1000).fit(nearness, urgent, sample_weight=weights)


def _nearness(moved: np.ndarray, words: csr_matrix) -> np.ndarray:
    """exp(-gamma d²) of the distance d of each two rows, some rows at a time: all at once would need the memory
    thrice."""
    lengths = (moved**2).sum(axis=1) + np.asarray(words.multiply(words).sum(axis=1)).ravel()
    across = words.T.tocsr()
    found = np.empty((len(moved), len(moved)))
    for rows in _slices(len(moved)):
        dots = moved[rows] @ moved.T + (words[rows] @ across).toarray()
        found[rows] = np.exp(-GAMMA * np.maximum(lengths[rows, None] + lengths - 2 * dots, 0))
    return found


def _slices(number: int) -> Iterator[slice]:
    return (slice(start, start + ROWS) for start in range(0, number, ROWS))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
