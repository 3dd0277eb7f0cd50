"""People who want to be written to: seen by reviewers, and erased once somebody has."""

from __future__ import annotations

from pathlib import Path

from records.model import Conversation, KeptMessage
from storage.engine import open_engine, write
from tests.knowledge.samples import NOON
from tests.web.studio.conftest import Employ
from web.parts import Parts


def test_who_was_written_to_leaves_nothing_behind(employ: Employ, parts: Parts, tmp_path: Path) -> None:
    contact = "ana.quill@example.org <b>"
    with write(open_engine(f"sqlite:///{tmp_path / 'conversations.db'}")) as connection:
        of = Conversation("a".rjust(32, "0"), "chat", NOON, introduced=True, locale="es")
        parts.kept.keep(connection, of, "m1", KeptMessage(NOON, None, "handoff", [], contact=contact))
    clara, dora = employ("Clara", "reviewer"), employ("Dora", "reviewer")
    assert "/studio/inbox" not in employ("Anna", "author").open("/studio/").text
    page, other = clara.open("/studio/inbox"), dora.open("/studio/inbox")
    assert "ana.quill@example.org &lt;b&gt;" in page.text
    assert "Spanish" in page.text
    assert "erased" in clara.open(clara.send(page, "/answered").headers["location"]).text
    assert "a colleague was quicker" in dora.open(dora.send(other, "/answered").headers["location"]).text
    assert parts.kept.contacts() == []
    kept = b"".join(file.read_bytes() for file in tmp_path.glob("conversations.db*"))
    assert b"ana.quill" not in kept


def test_an_empty_inbox_says_how_it_is_offered(employ: Employ) -> None:
    assert "LANTERN_CONTACT" in employ("Clara", "reviewer").open("/studio/inbox").text
