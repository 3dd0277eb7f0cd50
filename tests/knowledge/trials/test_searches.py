from __future__ import annotations

from pathlib import Path

import pytest

from knowledge.errors import ContentError
from knowledge.trials.searches import RegistrySearch, read_searches


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "searches.yml"


def test_the_shipped_searches_cover_the_diseases_of_the_facts() -> None:
    conditions = " ".join(search.parameters["query.cond"] for search in read_searches())
    for disease in ("lupus nephritis", "myositis", "systemic sclerosis", "myasthenia", "multiple sclerosis", "stiff"):
        assert disease in conditions
    assert all("CAR-T" in search.parameters["query.intr"] for search in read_searches())


def test_an_operator_may_look_for_something_else(file: Path) -> None:
    file.write_text("- name: bispecifics\n  condition: lupus\n  term: teclistamab\n", encoding="utf-8")
    expected = RegistrySearch("bispecifics", {"query.cond": "lupus", "query.term": "teclistamab"})
    assert read_searches(file) == (expected,)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "must be a list of 1 to 100 searches"),
        ("lupus", "must be a list of 1 to 100 searches"),
        ("[]", "must be a list of 1 to 100 searches"),
        ("- lupus\n", "search 1 must be lines of key: text"),
        ("- name: a\n  condition: 5\n", "search 1 must be lines of key: text"),
        ("- name: a\n  condition: lupus\n- name: b\n", "search 2 must have a name, and something to search for"),
        ("- condition: lupus\n  term: x\n", "search 1 must have a name"),
        (
            "- name: a\n  cond: lupus\n",
            "search 1 has the key 'cond', which is none of condition, intervention, name, term",
        ),
        ("- name: a\n  term: x\n- name: a\n  term: y\n", "has the name 'a', and so has another one"),
        ("- name: [a\n", "cannot be read as YAML"),
    ],
)
def test_a_fault_is_named(file: Path, text: str, said: str) -> None:
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ContentError) as refused:
        read_searches(file)
    assert said in str(refused.value)
    assert str(file) in str(refused.value)


def test_a_file_that_is_not_there_is_named(file: Path) -> None:
    with pytest.raises(ContentError, match=r"searches\.yml:1 cannot be read"):
        read_searches(file)
