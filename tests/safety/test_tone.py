"""How words sound together: what it takes back of what the rules find, and what it never does."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from safety import EMERGENCY_RULES, TONE, Rules
from safety import load_rules as load
from safety.errors import RulesError
from safety.tone import Tone, traits
from tests.safety.conftest import examples, remembered

HEARD = Path(__file__).parents[2] / "bench" / "training" / "cries.jsonl"
"""Messages that nothing was learned from."""
STORIES = (
    "In the musical we are rehearsing the hero stops breathing at the end of the second act, do you know how long a "
    "dancer can hold a pose like that?",
    "The heating had a heart attack again this winter, can somebody tell me whom to call about the waiting room?",
)


@pytest.fixture(scope="module")
def untuned(tmp_path_factory: pytest.TempPathFactory) -> Rules:
    """The rules without an ear for tone."""
    folder = tmp_path_factory.mktemp("rules")
    shutil.copy(EMERGENCY_RULES.parent / "ordinary.txt", folder)
    rules = json.loads(EMERGENCY_RULES.read_text(encoding="utf-8"))
    del rules["tone"]
    (folder / "rules.json").write_text(json.dumps(rules), encoding="utf-8")
    return load(folder / "rules.json")


@pytest.mark.parametrize("story", STORIES)
def test_a_story_told_calmly_gets_no_card_for_a_word_in_it(emergencies: Rules, untuned: Rules, story: str) -> None:
    assert untuned.check(story) is not None
    assert emergencies.check(story) is None


@pytest.mark.parametrize("story", STORIES)
@pytest.mark.parametrize("cry", ["My dad is not breathing!", "she cant breathe", "i took all my tablets to die"])
def test_a_cry_after_it_or_before_it_gets_its_card(emergencies: Rules, story: str, cry: str) -> None:
    wanted = emergencies.check(cry)
    assert wanted is not None
    assert emergencies.check(f"{story} {cry}") == wanted
    assert emergencies.check(f"{cry.rstrip('!')}. {story}") == wanted


def test_it_takes_back_none_of_the_written_emergencies(emergencies: Rules, untuned: Rules) -> None:
    for row in examples("vectors.jsonl"):
        if row["expect"]:
            assert emergencies.check(row["text"], **remembered(row)) == untuned.check(row["text"], **remembered(row))


def test_of_messages_it_never_saw_it_takes_back_needless_cards_and_no_others(
    emergencies: Rules, untuned: Rules
) -> None:
    rows = [json.loads(line) for line in HEARD.read_text(encoding="utf-8").splitlines()]
    cards = {True: 0, False: 0}
    taken = {True: 0, False: 0}
    for row in rows:
        if untuned.check(row["text"]):
            is_urgent = row["expect"] is not None
            cards[is_urgent] += 1
            taken[is_urgent] += emergencies.check(row["text"]) is None
    assert taken[True] == 0
    assert taken[False] > 0.25 * cards[False]


def test_a_short_message_is_left_to_the_rules(emergencies: Rules) -> None:
    tone = Tone.read(TONE)
    assert not tone.is_calm(emergencies.words("what is a stroke"))
    assert tone.is_calm(emergencies.words("what is a stroke and how do doctors treat one"))


def test_words_count_with_their_neighbours_and_numbers_as_one() -> None:
    words = ["is", "39", "a", "fever", "?"]
    assert traits(words) == {"is", "0", "a", "fever", "?", "< is", "is 0", "0 a", "a fever", "fever ?", "? >"}
    assert traits([".", "help"]) == {"help", "< help", "help >"}


@pytest.mark.parametrize("damage", [None, "{", "{}", '{"weights": {"x": "a"}}'])
def test_a_missing_or_damaged_file_is_named_with_what_to_do(tmp_path: Path, damage: str | None) -> None:
    file = tmp_path / "tone.json"
    if damage is not None:
        file.write_text(damage, encoding="utf-8")
    with pytest.raises(RulesError, match=r"tone\.json.*Restore the file"):
        Tone.read(file)
