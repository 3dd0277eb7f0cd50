from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.__main__ import main
from knowledge.store.repository import KnowledgeStore
from knowledge.store.tables import audit
from records import wiring as records_wiring
from records.model import Conversation, KeptMessage
from storage.engine import open_engine, write
from tests.databases import new_sqlite
from tests.knowledge.editing.conftest import BETTER, PETER, Desk
from tests.knowledge.samples import CARD, NOON, SOURCE, STEPS, TEA, publication

WHO = ("--by", "Paula", "--reason", "the tea board said so")
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> KnowledgeStore:
    """The database of a home with tea, steps and a card; the review of tea was due in 2020."""
    monkeypatch.setenv("LANTERN_HOME", str(tmp_path))
    store = KnowledgeStore(open_engine(f"sqlite:///{new_sqlite(tmp_path / 'knowledge.db', 'knowledge')}"))
    old = replace(TEA, review_due=dt.date(2020, 1, 1))
    store.publish([old, STEPS, CARD], {"place": SOURCE}, **publication())
    return store


@pytest.fixture
def run(store: KnowledgeStore, capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*arguments: str) -> tuple[int, str, str]:
        code = main(["editing", *arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def live(store: KnowledgeStore) -> set[str]:
    return {revision.entry.id for revision in store.release(store.newest_release()).revisions}


def test_an_incident_is_ended_from_the_terminal_and_undone(run: Run, store: KnowledgeStore) -> None:
    assert run("withdraw", "--topic", "lupus", *WHO) == (0, "Release 2 is live now.\n", "")
    assert live(store) == {"scald"}
    assert run("restore", "en/tea-steps", *WHO)[1] == "Release 3 is live now.\n"
    assert live(store) == {"scald", "tea-steps"}
    assert run("roll-back", "2", *WHO)[1] == "Release 4 is live now.\n"
    assert live(store) == {"scald"}
    assert run("restore", "tea-steps", *WHO)[1] == "Release 5 is live now.\n"
    listed = run("releases")[1].splitlines()
    assert [row.split()[0] for row in listed] == ["5", "4", "3", "2", "1"]
    assert {row.split()[-1] for row in listed} == {"Paula", "starter"}


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("withdraw", "en/scald", *WHO), "scald is an emergency card"),
        (("withdraw", "en/tea-gone", *WHO), "tea-gone is not live"),
        (("roll-back", "7", *WHO), "there is no release 7"),
        (("restore", "en/tea-steps", *WHO), "tea-steps is live"),
        (("withdraw", "en/tea-steps", "--by", "Paula", "--reason", " "), "say why"),
        (("due", "--confirm"), "--confirm goes with --withdraw"),
    ],
)
def test_what_is_not_possible_is_one_sentence(run: Run, arguments: tuple[str, ...], why: str) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (1, "")
    assert err.startswith("lantern editing: ")
    assert why in err


def test_a_withdrawal_says_which_languages_are_still_shown(run: Run, store: KnowledgeStore) -> None:
    release = store.release(store.newest_release())
    entries = [revision.entry for revision in release.revisions]
    spanish = next(replace(entry, locale="es") for entry in entries if entry.id == "tea-steps")
    store.publish([*entries, spanish], {"place": SOURCE}, **publication(base=release.number))
    said = run("withdraw", "en/tea-steps", *WHO)[1]
    assert "es/tea-steps is still shown" in said
    assert "still shown" not in run("withdraw", "es/tea-steps", *WHO)[1]


def test_a_planned_publication_is_listed_and_taken_back(run: Run, store: KnowledgeStore) -> None:
    desk = Desk(store)
    draft = desk.approved(BETTER)
    plan = desk.acts.plan([draft.id], due_at=NOON + dt.timedelta(hours=1), by=PETER, at=NOON)
    listed = run("plans")[1]
    assert f"{plan:5}  2" in listed
    assert "Peter  en/tea-what-is  missed" in listed
    assert run("cancel-plan", str(plan), *WHO)[1].startswith(f"Plan {plan} is taken back")
    assert run("plans")[1] == "0 publications are planned.\n"
    assert store.draft(draft.id).state == draft.state
    code, _, err = run("cancel-plan", str(plan), *WHO)
    assert (code, "does not exist any more" in err) == (1, True)


def test_what_is_due_is_listed_and_withdrawn(run: Run, store: KnowledgeStore) -> None:
    assert run("due")[1] == "2020-01-01  en/tea-what-is  overdue\n1 texts are to be reviewed within 60 days.\n"
    assert run("due", "--withdraw")[1] == "1 texts withdrawn.\nen/tea-what-is\n"
    assert live(store) == {"scald", "tea-steps"}


def test_the_audit_trail_is_printed_and_verified(run: Run, store: KnowledgeStore) -> None:
    run("withdraw", "en/tea-steps", "--by", "=Paula", "--reason", "+1")
    run("restore", "en/tea-steps", *WHO)
    code, out, err = run("audit")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert (code, [row["act"] for row in rows]) == (0, ["withdraw", "restore"])
    assert (rows[0]["person"], rows[0]["reason"], rows[0]["entry"]) == ("'=Paula", "'+1", "en/tea-steps")
    assert f"The trail is whole: row 2 has the hash {rows[1]['hash']}" in err
    assert len(run("audit", "--entry", "en/tea-what-is")[1].splitlines()) == 1
    run("withdraw", "--topic", "lupus", *WHO)
    (row,) = csv.DictReader(io.StringIO(run("audit", "--entry", "en/tea-what-is")[1]))
    assert (row["number"], row["act"], row["entry"]) == ("3", "withdraw", "")
    with write(store._engine) as connection:
        connection.execute(sa.update(audit).where(audit.c.number == 1).values(person="Mallory"))
    code, _, err = run("audit")
    assert (code, "from row 1 on" in err) == (1, True)


def test_a_changed_audit_trail_is_a_problem_for_check(
    run: Run, store: KnowledgeStore, capsys: pytest.CaptureFixture[str]
) -> None:
    run("withdraw", "en/tea-steps", *WHO)
    main(["check"])
    before = capsys.readouterr()
    assert "audit trail" not in before.out + before.err
    assert "en/tea-steps is withdrawn" in before.out + before.err
    with write(store._engine) as connection:
        connection.execute(sa.update(audit).values(reason="nothing"))
    assert main(["check"]) == 1
    after = capsys.readouterr()
    assert "the audit trail is not what was written from row 1 on" in after.out + after.err


def test_a_recall_lists_the_conversations_that_were_shown_a_text(run: Run, tmp_path: Path) -> None:
    records = records_wiring.build({"LANTERN_HOME": str(tmp_path)})
    records.store.migrate()
    origin = {"kind": "revision", "id": "tea-steps", "number": 1}
    shown = [{"custom": {"kind": "steps", "locale": "en", "provenance": [origin]}}]
    with write(records.engine) as connection:
        conversation = Conversation("a" * 32, "rest", NOON)
        records.store.keep(connection, conversation, "m1", KeptMessage(NOON, "=how do I make tea", "steps", shown))
    code, out, err = run("recall", "en/tea-steps")
    (row,) = csv.DictReader(io.StringIO(out))
    assert (code, row["conversation"], row["text"], row["revision"]) == (0, "a" * 32, "'=how do I make tea", "1")
    assert err.startswith("1 messages were answered with it")
    assert run("recall", "en/tea-steps", "--revision", "2")[1].splitlines() == ["conversation,channel,at,text,revision"]
