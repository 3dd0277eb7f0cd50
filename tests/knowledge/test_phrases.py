from __future__ import annotations

import ast
import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from knowledge.errors import ContentError
from knowledge.model import CAUTIONS
from knowledge.phrases import Phrases, read_mapping, read_phrases, spoken_date
from knowledge.settings import SHIPPED_CONTENT
from tests.shipped import shipped_phrases

PROJECT = Path(__file__).parent.parent.parent
ROOMS = ("knowledge", "actions", "bot", "web")
LOCALES = {"en", "es"}
SLOT = re.compile(r"\{(\w+)\}")


@pytest.fixture(scope="module")
def phrases() -> Phrases:
    return shipped_phrases()


def trees() -> Iterator[tuple[str, ast.Module]]:
    for room in ROOMS:
        for file in sorted((PROJECT / room).rglob("*.py")):
            yield file.relative_to(PROJECT).as_posix(), ast.parse(file.read_text(encoding="utf-8"))


def said(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """(line, key) of what the code says by a literal key: say(..., "key") and phrases["key"]."""
    for node in ast.walk(tree):
        keys: list[ast.expr] = []
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            keys = node.args[:3] if name in ("say", "_decline") else []
        elif isinstance(node, ast.Subscript) and "phrases" in ast.unparse(node.value):
            keys = [node.slice]
        for leaf in (leaf for key in keys if not isinstance(key, ast.JoinedStr) for leaf in ast.walk(key)):
            # A word that is begun here and ended by a value is looked for by the tests of what says it.
            if isinstance(leaf, ast.Constant) and re.fullmatch(r"[a-z]\w*[a-z]", str(leaf.value)):
                yield leaf.lineno, leaf.value


def test_everything_the_code_says_is_a_phrase(phrases: Phrases) -> None:
    known = set(phrases.of("en"))
    used = [(place, line, key) for place, tree in trees() for line, key in said(tree)]
    assert len(used) > 30
    assert [f"{place}:{line} {key}" for place, line, key in used if key not in known | LOCALES] == []


def test_every_phrase_is_said_somewhere(phrases: Phrases) -> None:
    whole, begun = set(), set()
    for _, tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                whole.add(node.value)
                if node.value.endswith("_"):
                    begun.add(node.value)
    for file in PROJECT.glob("web/templates/*.html"):
        whole.update(re.findall(r"\w+", file.read_text(encoding="utf-8")))
    for file in PROJECT.glob("web/widget/source/**/*.js"):
        whole.update(re.findall(r"\bphrases\.(\w+)", file.read_text(encoding="utf-8")))
    # `abstain_again` is said wherever `abstain` is: `knowledge.variants`.
    firsts = {key: re.sub(r"_again\d*$", "", key) for key in phrases.of("en")}
    unsaid = [key for key, first in firsts.items() if first not in whole and not first.startswith(tuple(begun - {"_"}))]
    assert unsaid == []


@pytest.mark.parametrize("caution", ["medicine", "early_evidence"])
def test_a_caution_that_is_shown_has_its_sentence(phrases: Phrases, caution: str) -> None:
    assert caution in CAUTIONS
    assert phrases.say("en", f"caution_{caution}").endswith(".")


def test_other_languages_translate_phrases_and_invent_none(phrases: Phrases) -> None:
    english = phrases.of("en")
    for locale, key, phrase in phrases:
        assert key in english, f"{locale} {key}"
        assert set(SLOT.findall(phrase)) <= set(SLOT.findall(english[key])), f"{locale} {key}"


@pytest.mark.parametrize("key", ["introduction", "unavailable"])
@pytest.mark.parametrize("locale", ["en", "es"])
def test_what_is_said_in_need_names_the_number_to_call(phrases: Phrases, locale: str, key: str) -> None:
    assert "112" in phrases.say(locale, key, emergency_number="112")


def test_a_phrase_that_a_language_lacks_is_said_in_english() -> None:
    phrases = Phrases({"en": {"hello": "Hello, {name}.", "bye": "Bye."}, "es": {"hello": "Hola, {name}."}})
    assert phrases.say("es", "hello", name="Ana") == "Hola, Ana."
    assert phrases.say("es", "bye") == phrases.say("de", "bye") == "Bye."
    assert phrases.of("es") == {"hello": "Hola, {name}.", "bye": "Bye."}
    with pytest.raises(KeyError):
        phrases.say("en", "thanks")


def test_what_fills_a_slot_is_never_read_as_a_slot() -> None:
    phrases = Phrases({"en": {"hello": "Hello, {name} and {other}."}})
    assert phrases.say("en", "hello", name="{other}", other="{name}") == "Hello, {other} and {name}."


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("hello: ]", "phrases.yml:1 cannot be read as YAML"),
        ("hello: Hi\nbye: a: b\n", "phrases.yml:2 cannot be read as YAML"),
        ("hello: 5", "phrases.yml:1 must be lines of key: text"),
        ("- hello", "phrases.yml:1 must be lines of key: text"),
    ],
)
def test_damaged_phrases_are_named_with_file_and_line(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "phrases.yml").write_text(text, encoding="utf-8")
    with pytest.raises(ContentError, match=re.escape(message)):
        read_phrases(tmp_path)


def test_without_english_phrases_nothing_starts(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match=r"phrases\.yml:1 is missing"):
        read_phrases(tmp_path)


def test_other_names_are_words_for_words() -> None:
    assert read_mapping(SHIPPED_CONTENT / "en" / "aliases.yml")["plaquenil"] == "hydroxychloroquine"


def test_dates_are_spoken_as_people_say_them() -> None:
    day = dt.date(2026, 1, 2)
    assert spoken_date(day, "en") == "January 2, 2026"
    assert spoken_date(day, "es") == "2 de enero de 2026"
