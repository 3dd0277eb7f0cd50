"""What talking about trials costs with a large copy of the registry, in CPU time, without a server.

    .venv/bin/python -m bench.trials [--studies N] [--rounds N]

The studies are made up (`tests/trials_registry.py`): half of them have several places, all with coordinates. Each line
is one thing that a message may ask for, said with its whole reply. Whatever a line names is another study or place each
time. The promise, at 5,000 studies: a look-up within 5 ms, a search by distance within 30 ms.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import time
from collections.abc import Callable

from bench import yardstick
from knowledge.phrases import read_phrases
from knowledge.settings import SHIPPED_CONTENT
from knowledge.trials.answers import TrialAnswers
from knowledge.trials.leaning import Leaning
from knowledge.trials.moves import Look, Malformed, Named, Numbers, Rival, Standing, Talk
from knowledge.trials.search import Search
from knowledge.trials.talk import heard
from knowledge.trials.terms import read_terms
from tests.trials_registry import CITIES, CONDITIONS, records, registry_copy

LOOK_UP_MS, DISTANCE_MS = 5, 30


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="bench.trials", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--studies", type=int, default=5000, metavar="N", help="studies in the copy (5000)")
    parser.add_argument("--rounds", type=int, default=200, metavar="N", help="messages of each kind (200)")
    options = parser.parse_args(arguments)
    if options.studies < 10 or options.rounds < 10:
        parser.error("--studies and --rounds: at least 10")
    copy = registry_copy(records(options.studies))
    begun = time.process_time()
    answers = TrialAnswers(copy, read_phrases(SHIPPED_CONTENT).of("en"), read_terms(studies=copy.studies))
    places = sum(len(study.sites) for study in copy.studies)
    built = time.process_time() - begun
    print(f"Laying out {len(copy.studies)} studies with {places} places took {built:.2f} s.")
    print(f"{'ms of CPU time':<34}{'p50':>8}{'p99':>8}{'largest':>9}{'promised':>10}{'yardstick':>11}{'p99/yard':>10}")
    for kind, (said, promised) in _kinds(answers, random.Random(1)).items():
        for _ in range(options.rounds // 10):
            said()
        spent = []
        for _ in range(options.rounds):
            begun = time.process_time()
            said()
            spent.append(1000 * (time.process_time() - begun))
        cuts, yard = statistics.quantiles(spent, n=100), yardstick.milliseconds()
        figures = (
            f"{cuts[49]:8.2f}{cuts[98]:8.2f}{max(spent):9.2f}{promised or '':>10}{yard:11.0f}{cuts[98] / yard:10.3f}"
        )
        print(f"{kind:<34}{figures}", flush=True)
    return 0


def _kinds(answers: TrialAnswers, chance: random.Random) -> dict[str, tuple[Callable[[], object], int | None]]:
    """What is measured: a message with its reply, and the promise in ms where there is one."""
    shelf, standing = answers.shelf, Standing()
    studies = shelf.studies
    named = [study.names[0] for study in studies if study.names]

    def study() -> str:
        return chance.choice(studies).nct_id

    def reply(move: Numbers | Malformed | Named | Look, at: Standing = standing) -> object:
        return answers.reply(move, at, lambda entry: None)

    def by_name() -> object:
        return reply(Named(shelf.by_name(chance.choice(named))))

    def misspelt() -> object:
        return shelf.like_name(f"is TESTT-{chance.randrange(len(studies))} or Mayd-upp open")

    def near() -> object:
        city = chance.choice(CITIES)
        search = Search(chance.choice(("lupus", None)), city[0], city[2], chance.choice((True, None)), near=True)
        return answers.by_search("", search.to_json())

    def by_limits() -> object:
        search = Search("lupus nephritis", chance.choice(CITIES)[0], None, True, "PHASE2", ages="18-18")
        return answers.by_search("", search.to_json())

    def spoken(slip: bool) -> object:
        city = chance.choice(CITIES)[2]
        place = city[:2] + city[3:] if slip else city
        text = f"any recruiting studies for {chance.choice(CONDITIONS)} near {place} please"
        move = heard(text, standing, shelf, leaning=Leaning(search=1.0), advice="no", rival=Rival)
        return reply(move, Standing(Talk())) if isinstance(move, Look) else None

    return {
        "a study by its number": (lambda: reply(Numbers((study(),))), LOOK_UP_MS),
        "a number with one digit wrong": (lambda: reply(Numbers((_slip(study(), chance),))), LOOK_UP_MS),
        "a number with one digit missing": (lambda: reply(Malformed(study()[:-1])), LOOK_UP_MS),
        "a study by its name": (by_name, LOOK_UP_MS),
        "a misspelt name": (misspelt, None),
        "a search by five limits": (by_limits, None),
        "a search by distance": (near, DISTANCE_MS),
        "a message, heard and searched": (lambda: spoken(False), DISTANCE_MS),
        "the same with a slip": (lambda: spoken(True), None),
    }


def _slip(number: str, chance: random.Random) -> str:
    place = chance.randrange(3, len(number))
    return number[:place] + str((int(number[place]) + 1) % 10) + number[place + 1 :]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
