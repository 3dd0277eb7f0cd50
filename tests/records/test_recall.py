from __future__ import annotations

import json
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from records.model import KeptMessage
from records.recall import shown
from records.repository import HISTORY, MIGRATIONS, ConversationStore
from records.tables import messages
from storage.engine import read, write
from tests.records.conftest import NOON, conversation, keep, without_steps_from_4


def reply(kind: str, *revisions: tuple[str, int]) -> dict[str, Any]:
    origins = [{"kind": "revision", "id": name, "number": number} for name, number in revisions]
    return {"text": "…", "custom": {"kind": kind, "locale": "en", "provenance": origins}}


def answered(store: ConversationStore, engine: Engine, name: str, *replies: dict[str, Any]) -> None:
    with write(engine) as connection:
        message = KeptMessage(NOON, "call me on 020 7946 0018", "answer", list(replies))
        store.keep(connection, conversation(name), f"m-{name}", message)


@pytest.mark.parametrize(
    ("replies", "names"),
    [
        ([], ""),
        ([{"text": "Hello"}], ""),
        ([{"text": "Hello", "custom": None}], ""),
        ([reply("answer", ("lupus-sun", 2))], " en/lupus-sun@2 "),
        ([reply("emergency", ("choking", 1)), reply("steps", ("a", 1))], " en/choking@1 en/a@1 "),
        ([reply("answer", ("a", 1)), reply("answer", ("a", 1))], " en/a@1 "),
        # These name an entry by its question, and show none of its text.
        ([reply("clarify", ("a", 1)), reply("defer", ("a", 1)), reply("abstain", ("a", 1))], ""),
        # With general education beneath it, a deferral shows that entry.
        ([{"custom": {**reply("defer", ("a", 1))["custom"], "entry": "a"}}], " en/a@1 "),
        ([{"custom": {"kind": "trials", "locale": "en", "provenance": [{"kind": "registry", "id": "NCT1"}]}}], ""),
    ],
)
def test_what_replies_show(replies: list[dict[str, Any]], names: str) -> None:
    assert shown(replies) == names


def test_a_recall_finds_who_was_shown_which_revision(store: ConversationStore, engine: Engine) -> None:
    answered(store, engine, "a", reply("answer", ("lupus-sun", 2)))
    answered(store, engine, "b", reply("answer", ("lupus-sun", 12)))
    answered(store, engine, "c", reply("answer", ("lupus-sun-protection", 2)), reply("answer", ("other", 1)))
    answered(store, engine, "d", reply("clarify", ("lupus-sun", 2)))
    found = list(store.recall("en", "lupus-sun", 2))
    assert [(row.conversation.lstrip("0"), row.channel, row.at, row.revision) for row in found] == [
        ("a", "rest", NOON, 2)
    ]
    assert found[0].text == "call me on [phone]"
    assert [row.revision for row in store.recall("en", "lupus-sun")] == [2, 12]
    assert [row.revision for row in store.recall("en", "other")] == [1]
    assert list(store.recall("es", "lupus-sun")) == []
    assert list(store.recall("en", "lupus%")) == []


def test_an_erased_conversation_is_not_recalled(store: ConversationStore, engine: Engine) -> None:
    answered(store, engine, "a", reply("answer", ("lupus-sun", 2)))
    store.erase(conversation("a").id)
    assert list(store.recall("en", "lupus-sun")) == []


def test_messages_kept_before_there_was_a_recall_are_found_too(engine: Engine, store: ConversationStore) -> None:
    keep(store, engine, conversation("a"))
    old = [reply("answer", ("lupus-sun", 3)), {"text": "no answer"}]
    with write(engine) as connection:
        connection.execute(sa.update(messages).values(replies=json.dumps(old)))
        without_steps_from_4(connection)
        connection.execute(sa.text("ALTER TABLE messages DROP COLUMN shown"))
        connection.execute(sa.text(f"UPDATE {HISTORY} SET version_num = '0002'"))
    ConversationStore(engine, lambda: NOON).migrate()
    assert [row.revision for row in store.recall("en", "lupus-sun")] == [3]
    with read(engine) as connection:
        assert connection.execute(sa.text(f"SELECT version_num FROM {HISTORY}")).scalar() == max(
            file.name[:4] for file in (MIGRATIONS / "versions").glob("0*.py")
        )
