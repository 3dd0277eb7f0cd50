"""Publishing is live with the next message of the running system, and needs neither training nor a restart."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from knowledge.model import Question
from knowledge.store.repository import KnowledgeStore
from knowledge.thresholds import ADJUSTABLE, AS_IT_COMES
from knowledge.wiring import Knowledge
from storage.engine import open_engine
from tests.conversations.conftest import Say
from tests.conversations.expect import answered_by
from tests.running import ASSISTANT, GATEWAY, PROJECT, Lantern, wait_until

MESSAGES = PROJECT / "bench" / "training" / "messages.jsonl"
QUESTION, ENTRY = "is lupus contagious", "lupus-contagious"


def one_word_changed(text: str) -> tuple[str, str]:
    """The file's text with the first long word of its answer in capitals, and that word."""
    begin = text.index("## Answer")
    found = re.compile(r"\b[a-z]{6,}\b").search(text, begin)
    assert found
    word = found[0].upper()
    return text[: found.start()] + word + text[found.end() :], word


def trained(lantern: Lantern) -> list[tuple[str, int]]:
    return [(file.name, file.stat().st_mtime_ns) for file in (lantern.home / "models").iterdir()]


@pytest.fixture
def file(running_lantern: Lantern) -> Iterator[Path]:
    """The content file of the entry; it is published again as it was when the test is over."""
    file = Path(running_lantern.settings["LANTERN_CONTENT"]) / "en" / "lupus" / f"{ENTRY}.md"
    text = file.read_text(encoding="utf-8")
    yield file
    file.write_text(text, encoding="utf-8")
    again = running_lantern.command("content", "import", "--seed")
    assert again.returncode == 0
    loaded(running_lantern, int(again.stdout.rpartition("Release ")[2].split()[0]))


def loaded(lantern: Lantern, release: int) -> None:
    """Waits for the gateway, which answers from the release before while it loads one."""
    wait_until(f"release {release} in the gateway", lambda: lantern.release == release)


def test_the_next_reply_has_the_changed_word(running_lantern: Lantern, say: Say, file: Path) -> None:
    before, release, model = say(QUESTION), running_lantern.release, trained(running_lantern)
    processes = [running_lantern.child(part).pid for part in (GATEWAY, ASSISTANT)]
    changed, word = one_word_changed(file.read_text(encoding="utf-8"))
    file.write_text(changed, encoding="utf-8")
    published = running_lantern.command("content", "import", "--seed")
    assert (published.returncode, f"Release {release + 1} " in published.stdout) == (0, True), published.stdout

    someone_else = running_lantern.person()
    after = someone_else.say(QUESTION)
    answered_by(after, ENTRY)
    assert word not in before.texts[0]
    assert word in after.texts[0]
    assert after.first["revision"] == before.first["revision"] + 1
    loaded(running_lantern, release + 1)
    assert word in running_lantern.client.get(f"/library/{ENTRY}").text
    assert trained(running_lantern) == model
    assert [running_lantern.child(part).pid for part in (GATEWAY, ASSISTANT)] == processes


@pytest.fixture
def most_sure(running_lantern: Lantern) -> Iterator[Callable[[bool], None]]:
    """Has only what is most sure answered, or what usually is; the latter when the test is over."""
    store = KnowledgeStore(open_engine(f"sqlite:///{running_lantern.home / 'knowledge.db'}"))

    def set_it(most: bool) -> None:
        value = f"{ADJUSTABLE['answer'].choices[-1]:.2f}" if most else None
        with store.changing() as change:
            change.set_site_setting("threshold_answer", value, by="Ada", at=dt.datetime.now(dt.timezone.utc))

    yield set_it
    set_it(False)


def test_how_sure_it_must_be_counts_with_the_next_message(
    running_lantern: Lantern, shipped: Knowledge, most_sure: Callable[[bool], None]
) -> None:
    least, most = AS_IT_COMES.answer, ADJUSTABLE["answer"].choices[-1]
    asked = (json.loads(row)["text"] for row in MESSAGES.read_text(encoding="utf-8").splitlines())
    unsure = (text for text in asked if least <= shipped.live().rank(Question(text)).confidence < most)
    # What the trained assistant takes a message for is for itself to say.
    text = next(text for text in unsure if running_lantern.person().say(text).first["kind"] == "answer")
    for is_most, kinds in ((True, ("clarify", "abstain")), (False, ("answer",)), (True, ("clarify", "abstain"))):
        most_sure(is_most)
        assert running_lantern.person().say(text).first["kind"] in kinds


def test_publishing_the_same_again_changes_nothing(running_lantern: Lantern) -> None:
    first, again = (running_lantern.command("content", "import", "--seed") for _ in range(2))
    for done in (first, again):
        assert (done.returncode, "nothing changed" in done.stdout) == (0, True), done.stdout
    # The command names the release: a gateway may still be loading it and tell the one before.
    assert again.stdout.splitlines()[-1] == first.stdout.splitlines()[-1]


def test_a_damaged_file_is_named_and_the_old_answer_stays(running_lantern: Lantern, say: Say, file: Path) -> None:
    before, release = say(QUESTION), running_lantern.release
    rows = file.read_text(encoding="utf-8").split("\n")
    line = next(number for number, row in enumerate(rows, 1) if row.startswith("topic: "))
    rows[line - 1] = "topic: nonsense"
    file.write_text("\n".join(rows), encoding="utf-8")
    refused = running_lantern.command("content", "import", "--seed")
    assert refused.returncode == 1
    assert f"{file}:{line} " in refused.stdout
    assert "Traceback" not in refused.stdout
    assert running_lantern.release == release
    assert say(QUESTION).texts[0] == before.texts[0]
