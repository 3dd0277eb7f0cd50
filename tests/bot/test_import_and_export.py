"""./lantern content export and import, as they are typed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.__main__ import main
from knowledge.editing import exchange
from knowledge.glossary import new_word
from knowledge.store.repository import KnowledgeStore
from storage.engine import open_engine
from tests.databases import new_sqlite
from tests.knowledge.samples import CARD, ENTRIES, SOURCE, STEPS, TEA, publication, write_folder

NEW = replace(STEPS, id="tea-cold", question="Is cold tea tea?", phrasings=("iced tea",), related=())
BETTER = replace(TEA, answer="Tea is a drink of leaves and hot water, at 70 degrees.")


@pytest.fixture(autouse=True)
def store(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> KnowledgeStore:
    """A home of its own in which release 1 holds tea, and release 2 steps and a card, too."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LANTERN_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("LANTERN_CONTENT", str(write_folder(tmp_path / "content")))
    store = KnowledgeStore(open_engine(f"sqlite:///{new_sqlite(tmp_path / 'home' / 'knowledge.db', 'knowledge')}"))
    store.publish([TEA], {"place": SOURCE}, **publication())
    store.publish(ENTRIES, {}, **publication(base=1))
    return store


@pytest.mark.parametrize("name", ["a.csv", "a.XLSX", "a.json", "out", "with.dot/"])
def test_the_live_entries_are_written_to_what_the_name_says(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["content", "export", name]) == 0
    assert capsys.readouterr().out == f"3 entries of release 2 are in {name}.\n"
    assert set(exchange.read_entries(Path(name))) == set(ENTRIES)


def test_words_go_into_a_folder_and_a_single_file_says_that_it_has_none(
    store: KnowledgeStore, capsys: pytest.CaptureFixture[str]
) -> None:
    word = replace(new_word("brew", "brew", "en", TEA.checked_on, TEA.review_due), answer="Hot tea.")
    store.publish([*ENTRIES, word], {}, **publication(base=2))
    assert main(["content", "export", "a.csv"]) == main(["content", "export", "out"]) == 0
    said = "3 entries of release 3 are in a.csv. Its 1 words of the glossary are not: export to a folder.\n"
    assert capsys.readouterr().out == said + "3 entries and 1 words of release 3 are in out.\n"
    file = Path("out/en/glossary.yml")
    file.write_text(file.read_text("utf-8").replace("Hot tea.", "Hot leaves."), "utf-8")
    assert main(["content", "import", "out", "--preview"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("changed: en/word-brew (answer)\n")
    assert main(["content", "import", "out", "--as-drafts", "--by", "Anna"]) == 0
    assert [draft.entry for draft in store.drafts()] == [replace(word, answer="Hot leaves.")]


def test_an_earlier_release_can_be_taken_out(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["content", "export", "a.csv", "--release", "1"]) == 0
    assert exchange.read_entries(Path("a.csv")) == (TEA,)
    assert main(["content", "export", "a.csv", "--release", "7", "--replace"]) == 1
    assert capsys.readouterr().err == "lantern content: there is no release 7; the live one is 2\n"


def test_an_export_replaces_nothing_that_it_was_not_told_to(capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.csv").write_text("mine")
    assert main(["content", "export", "a.csv"]) == 1
    assert "exists; take another name, or add --replace" in capsys.readouterr().err
    assert Path("a.csv").read_text() == "mine"
    assert main(["content", "export", "a.csv", "--replace"]) == 0
    assert main(["content", "export", "a.xls"]) == 1
    assert ".xls is none of .csv, .xlsx, .json; end the name of a folder with a /" in capsys.readouterr().err


def test_without_a_release_there_is_nothing_to_take_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LANTERN_HOME", str(tmp_path / "empty"))
    assert main(["content", "migrate"]) == 0
    assert main(["content", "export", "a.csv"]) == 1
    assert "no release has been published yet; run: ./lantern content import --seed" in capsys.readouterr().err


@pytest.fixture
def file() -> Path:
    """An export in which one entry is new, one is changed and one is as it was."""
    exchange.export(Path("some.csv"), [BETTER, STEPS, NEW], {})
    return Path("some.csv")


def test_a_preview_says_what_would_change_and_changes_nothing(
    file: Path, store: KnowledgeStore, capsys: pytest.CaptureFixture[str]
) -> None:
    exchange.export(file, [replace(BETTER, facts=("TEA-009",)), STEPS, NEW], {}, replace=True)
    assert main(["content", "import", str(file), "--preview"]) == 0
    assert capsys.readouterr().out == (
        "new: en/tea-cold\n"
        "changed: en/tea-what-is (facts, answer)\n"
        "not fit to publish: en/tea-what-is facts: 'TEA-009' is not in facts.tsv; cite one that is\n"
        "not fit to publish: en/tea-what-is sources: 'place' belongs to none of the cited facts; take it out or cite "
        "its fact\n"
        "not fit to publish: en/tea-what-is figures: '70': 70 stands in none of the cited facts\n"
        "1 new, 1 changed, 1 unchanged; nothing was changed.\n"
    )
    assert (store.drafts(), list(store.audit())) == ([], [])


def test_a_file_that_is_older_than_what_is_live_is_noticed(
    store: KnowledgeStore, capsys: pytest.CaptureFixture[str]
) -> None:
    exchange.export(Path("some.csv"), [TEA, replace(STEPS, more="It takes a while.")], {})
    store.publish([BETTER, STEPS, CARD], {}, **publication(base=2))
    assert main(["content", "import", "some.csv", "--preview"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "earlier: en/tea-what-is says what revision 1 said; is the file older than what is live?"
    assert [line.split()[0] for line in said[:3]] == ["earlier:", "changed:", "changed:"]


def test_drafts_are_made_by_a_named_author_or_not_at_all(
    file: Path, store: KnowledgeStore, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["content", "import", str(file), "--as-drafts", "--by", "Anna"]) == 0
    assert capsys.readouterr().out == (
        "draft 1: en/tea-what-is\ndraft 2: en/tea-cold\n2 drafts by Anna; 1 said what is live. Nothing is published.\n"
    )
    assert [(draft.entry, draft.authors) for draft in store.drafts()] == [(NEW, ("Anna",)), (BETTER, ("Anna",))]
    (row,) = store.audit()
    assert (row.act, row.person, row.reason) == ("draft_all", "Anna", "imported from some.csv")
    assert main(["content", "import", str(file), "--as-drafts", "--by", "Ben"]) == 1
    assert "tea-what-is is being worked on by Anna; tea-cold is being worked on by Anna" in capsys.readouterr().err
    assert main(["content", "import", str(file), "--preview"]) == 0
    assert "in the way: tea-cold is being worked on by Anna\n" in capsys.readouterr().out


def test_a_folder_of_content_files_is_taken_too(store: KnowledgeStore, tmp_path: Path) -> None:
    write_folder(tmp_path / "content", [replace(CARD, more="At once.")])
    assert main(["content", "import", "content", "--as-drafts", "--by", "Anna"]) == 0
    assert [draft.entry.id for draft in store.drafts()] == [CARD.id]


def test_every_fault_of_a_file_is_said_with_its_row(
    file: Path, store: KnowledgeStore, capsys: pytest.CaptureFixture[str]
) -> None:
    text = file.read_text(encoding="utf-8").replace("everyone", "cats").replace("2026-11-22,2099", "soon,2099", 1)
    file.write_text(text, encoding="utf-8")
    for how in (["--preview"], ["--as-drafts", "--by", "Anna"]):
        assert main(["content", "import", str(file), *how]) == 1
        said = capsys.readouterr().err
        assert said.startswith("lantern content: 4 faults in content files; nothing was changed:\n")
        assert f"\n{file.resolve()}:2 audience" in said
        assert f"\n{file.resolve()}:2 checked_on: must be a date such as 2026-11-22\n" in said
    assert store.drafts() == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["some.csv", "--seed"], "--seed publishes the content files; leave out FILE"),
        (["--preview"], "name the FILE to be read"),
        (["--as-drafts", "--by", "Anna"], "name the FILE to be read"),
        (["some.csv", "--as-drafts"], "say who wrote the texts: --by NAME"),
        (["some.csv", "--as-drafts", "--by", " "], "say who wrote the texts: --by NAME"),
        (["some.csv", "--preview", "--by", "Anna"], "--by belongs to --as-drafts"),
        (["--seed", "--by", "Anna"], "--by belongs to --as-drafts"),
    ],
)
def test_options_that_do_not_fit_together_are_explained(
    file: Path, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["content", "import", *arguments]) == 1
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["some.csv"], ["some.csv", "--preview", "--as-drafts"], ["--seed", "--preview"]])
def test_what_is_to_be_done_with_a_file_must_be_said_once(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["content", "import", *arguments])
    assert end.value.code == 2
