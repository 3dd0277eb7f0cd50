"""`./lantern records`, as a person at a terminal uses it."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from bot.__main__ import main
from records import wiring
from records.recorder import Recorder
from tests.records.conftest import ENOUGH, REPLIES
from tests.running import environment

Lantern = Callable[..., tuple[int, str]]


@pytest.fixture
def lantern(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Lantern:
    """Runs `./lantern records WORDS` in a home of its own; the exit code, and all that a terminal shows."""
    monkeypatch.setenv("LANTERN_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("LANTERN_DATABASE_URL", raising=False)
    monkeypatch.delenv("LANTERN_RETENTION_DAYS", raising=False)

    def run(*words: str) -> tuple[int, str]:
        code = main(["records", *words])
        return code, "".join(capsys.readouterr())

    return run


@pytest.fixture
def home(tmp_path: Path, lantern: Lantern) -> Path:
    assert lantern("migrate") == (0, "The conversations database is up to date.\n")
    return tmp_path / "home"


def talk(home: Path, days_ago: float, *senders: str, text: str = "is lupus contagious") -> list[str]:
    """One message of each, so many days ago; the ids of the conversations."""
    moment = datetime.now(timezone.utc) - timedelta(days=days_ago)
    records = wiring.build(environment(home))
    recorder = Recorder(records.store, records.writer, lambda: moment)
    begun = [recorder.start(records.conversation_id("rest", sender), "rest") for sender in senders]
    for conversation in begun:
        recorder.keep(conversation, "m1", text, "answer", REPLIES)
    assert recorder.close(ENOUGH) == 0
    return [conversation.id for conversation in begun]


def test_the_secret_of_the_ids_is_made_for_its_owner_alone(home: Path) -> None:
    file = home / "secrets" / "records"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    one, two = wiring.build(environment(home)), wiring.build(environment(home))
    assert one.conversation_id("sms", "+1503") == two.conversation_id("sms", "+1503")
    assert file.read_text(encoding="ascii") not in repr(one)


def test_a_copy_is_json(home: Path, lantern: Lantern) -> None:
    [name] = talk(home, 1, "ana", text="call me at 503-555-0182")
    code, said = lantern("export", name)
    copy = json.loads(said)
    assert (code, copy["conversation"]["id"]) == (0, name)
    assert [(row["text"], row["replies"]) for row in copy["messages"]] == [("call me at [phone]", REPLIES)]


def test_erasing_says_the_receipt_and_then_there_is_nothing(home: Path, lantern: Lantern) -> None:
    [name] = talk(home, 1, "ana")
    code, said = lantern("erase", name)
    assert code == 0
    assert said.startswith("Erased with 1 messages. Receipt: ")
    for act in ("erase", "export"):
        assert lantern(act, name) == (1, f"lantern records: nothing is kept of a conversation {name}\n")


def test_pruning_keeps_to_the_setting(home: Path, lantern: Lantern, monkeypatch: pytest.MonkeyPatch) -> None:
    [old], [new] = talk(home, 8, "ana"), talk(home, 6, "ben")
    monkeypatch.setenv("LANTERN_RETENTION_DAYS", "7")
    code, said = lantern("prune")
    assert code == 0
    nothing_else = "0 dialogues, 0 reports, 0 contact details, 0 letters of messengers"
    assert said.splitlines()[-1] == f"Done: 1 conversations, 1 messages, {nothing_else} erased."
    store = wiring.build(environment(home)).store
    assert (store.find(old)[0], store.find(new)[0] is None) == (None, False)


def test_pruning_that_would_take_nearly_all_waits_for_a_person(home: Path, lantern: Lantern) -> None:
    talk(home, 31, *(f"person {number}" for number in range(25)))
    code, said = lantern("prune")
    assert code == 1
    assert said.startswith("lantern records: 25 of 25 conversations are older than 30 days; nothing was erased.")
    assert "./lantern records prune --confirm" in said
    code, said = lantern("prune", "--confirm")
    assert code == 0
    nothing_else = "0 dialogues, 0 reports, 0 contact details, 0 letters of messengers"
    assert said.splitlines()[-1] == f"Done: 25 conversations, 25 messages, {nothing_else} erased."


@pytest.mark.parametrize("words", [("prune",), ("erase", "a"), ("export", "a")])
def test_a_database_that_is_not_set_up_says_what_to_run(lantern: Lantern, words: tuple[str, ...]) -> None:
    code, said = lantern(*words)
    assert code == 1
    assert "run: ./lantern records migrate" in said


def test_a_wrong_number_of_days_is_refused(home: Path, lantern: Lantern, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANTERN_RETENTION_DAYS", "0")
    code, said = lantern("prune")
    assert code == 1
    assert said.startswith("lantern records: LANTERN_RETENTION_DAYS: '0' will not do: give a whole number from 1")


@pytest.mark.parametrize("words", [(), ("prune",), ("erase",), ("export",), ("migrate",)])
def test_help_is_given(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["records", *words, "--help"])
    assert ended.value.code == 0
    assert "usage: ./lantern records" in capsys.readouterr().out


def test_reports_of_readers_are_listed_without_what_points_to_them(home: Path, lantern: Lantern) -> None:
    assert lantern("reports") == (0, "")
    records = wiring.build(environment(home))
    for text in ("my name is Zebulon Quillfeather, the year is old", ""):
        records.recorder.report("lupus-contagious", "en", 3, "wrong", text)
    assert records.recorder.close(ENOUGH) == 0
    code, said = lantern("reports")
    first, second = said.splitlines()
    assert code == 0
    assert "  en/lupus-contagious, revision 3  wrong: " in first
    assert "the year is old" in first
    assert "Quillfeather" not in first
    assert second.endswith("wrong: (nothing written)")


def test_what_people_think_of_answers_is_listed_by_text(home: Path, lantern: Lantern) -> None:
    talk(home, 1, "a", "b")
    records = wiring.build(environment(home))
    for sender, helpful, word in (("a", False, "write to ana.quill@example.org"), ("b", True, None)):
        known, _ = records.store.find(records.conversation_id("rest", sender))
        assert known is not None
        records.recorder.rate(known, "m1", "en", "answer", "lupus-contagious", 3, helpful, word)
    assert records.recorder.close(ENOUGH) == 0
    code, shown = lantern("feedback")
    assert (code, shown) == (0, "   1 yes    1 no  en/lupus-contagious, revision 3\n      write to [email]\n")
