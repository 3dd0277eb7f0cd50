"""What the project promises about itself. Each failure names one thing that has drifted."""

from __future__ import annotations

import asyncio
import importlib
import inspect
import json
import pkgutil
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator
from rasa_sdk import Action
from rasa_sdk.executor import ActionExecutor
from ruamel.yaml import YAML

import actions
from bot import settings as bot_settings
from bot.__main__ import COMMANDS, main
from knowledge import settings as knowledge_settings
from knowledge import wiring
from knowledge.codec import answer_to_json, entry_to_json
from knowledge.files import read_folder, write_entry
from knowledge.glossary import published, read_glossaries
from knowledge.model import Answer, Context, Question
from knowledge.quiz import judged, quiz_answer
from knowledge.render import as_text
from knowledge.settings import SHIPPED_CONTENT
from storage import settings as storage_settings
from tests.provenance import Sayable, texts_of, unsourced
from tests.running import PROJECT, WEBHOOK, Lantern, Reply, environment
from web import settings as web_settings


def _yaml(*names: str) -> Any:
    return YAML(typ="safe").load(PROJECT.joinpath(*names).read_text(encoding="utf-8"))


def _schema(name: str) -> Draft7Validator:
    return Draft7Validator(json.loads((PROJECT / "docs" / "schemas" / name).read_text(encoding="utf-8")))


DOMAIN = _yaml("domain.yml")
RULES = [
    rule for file in (PROJECT / "data" / "rules").glob("*.yml") for rule in _yaml("data", "rules", file.name)["rules"]
]
ROWS = (*storage_settings.ROWS, *knowledge_settings.ROWS, *bot_settings.ROWS, *web_settings.ROWS)
GUIDES = [PROJECT / "README.md", *(PROJECT / "docs").rglob("*.md")]


def action_classes() -> set[type[Action]]:
    modules = [importlib.import_module(f"actions.{found.name}") for found in pkgutil.iter_modules(actions.__path__)]
    members = [member for module in modules for _, member in inspect.getmembers(module, inspect.isclass)]
    return {
        member
        for member in members
        if issubclass(member, Action) and not inspect.isabstract(member) and member is not Action
    }


def test_every_action_of_the_domain_is_a_class_and_the_reverse() -> None:
    # A name does not depend on the parts that a built action holds.
    written = {kind.name(object.__new__(kind)) for kind in action_classes()}
    assert written == set(DOMAIN["actions"])


@pytest.mark.parametrize("intent", DOMAIN["intents"])
def test_every_intent_has_a_rule(intent: str) -> None:
    assert intent in {step.get("intent") for rule in RULES for step in rule["steps"]}


@pytest.mark.parametrize("intent", [intent for intent in DOMAIN["intents"] if intent != "emergency"])
def test_every_intent_has_examples(intent: str) -> None:
    # Emergencies are found by the safety rules alone, never by likeness to examples.
    files = [_yaml("data", "nlu", file.name)["nlu"] for file in (PROJECT / "data" / "nlu").glob("*.yml")]
    examples = {row["intent"]: row["examples"].count("\n") for rows in files for row in rows if "intent" in row}
    assert examples.get(intent, 0) >= 5


def test_every_rule_ends_in_something_that_exists() -> None:
    named = {step["action"] for rule in RULES for step in rule["steps"] if "action" in step}
    assert named == {*DOMAIN["actions"], *DOMAIN["responses"]}


@pytest.mark.parametrize("response", DOMAIN["responses"])
def test_no_response_of_the_domain_states_a_number_or_a_fact(response: str) -> None:
    text = " ".join(variant["text"] for variant in DOMAIN["responses"][response])
    assert not re.search(r"\d", text)
    # What is said of a topic belongs to an entry; the domain may only name the topics.
    assert not re.search(r"\b(lupus|CAR-T( therapy)?|CPR) (is|are|can|may|causes|helps|means)\b", text, re.IGNORECASE)


def test_rasa_finds_nothing_to_warn_of(prepared_home: Path) -> None:
    files = ("--domain", "domain.yml", "--data", "data", "--config", "config.yml")
    looked = subprocess.run(
        [sys.executable, "-m", "rasa", "data", "validate", *files],
        cwd=PROJECT,
        env=environment(prepared_home, RASA_TELEMETRY_ENABLED="false"),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=180,
    )
    said = [*looked.stdout.splitlines(), *looked.stderr.splitlines()]
    warnings = [line for line in said if re.search(r"Warning\b|WARNING|ERROR", line)]
    # Libraries that Rasa pins tell their own developers what to modernize.
    assert [line for line in warnings if not re.search(r"Deprecat|MovedIn20", line)] == []
    assert any("No story structure conflicts found" in line for line in said)
    assert looked.returncode == 0


@pytest.mark.parametrize("name", sorted({row.name for row in ROWS}))
def test_every_setting_is_described(name: str) -> None:
    assert any(f"`{name}`" in guide.read_text(encoding="utf-8") for guide in GUIDES)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_setting_says_its_unit(row: storage_settings.Setting) -> None:
    units = {"_MS": "millisecond", "_BYTES": "byte", "_CHARS": "character", "_PORT": "port"}
    assert row.meaning
    assert all(unit in row.meaning for ending, unit in units.items() if row.name.endswith(ending))


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_described_and_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    described = rf"`(\./lantern )?{command}\b|\./lantern {command}\b"
    assert any(re.search(described, guide.read_text(encoding="utf-8")) for guide in GUIDES)
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    assert COMMANDS[command].split(",")[0].lower() in " ".join(capsys.readouterr().out.lower().split())


@pytest.fixture(scope="session")
def knowledge(prepared_home: Path) -> wiring.Knowledge:
    return wiring.build({"LANTERN_HOME": str(prepared_home)})


@pytest.fixture(scope="session")
def sayable(prepared_home: Path, knowledge: wiring.Knowledge) -> Sayable:
    return Sayable.of(f"sqlite:///{prepared_home / 'knowledge.db'}", SHIPPED_CONTENT)


def as_reply(answer: Answer, knowledge: wiring.Knowledge) -> Reply:
    buttons = [{"title": offer.title, "payload": offer.message} for offer in answer.follow_ups]
    text = as_text(answer, knowledge.phrases)
    return Reply(({"text": text, "buttons": buttons, "custom": answer_to_json(answer)},))


def all_answers(knowledge: wiring.Knowledge) -> Iterator[Answer]:
    """Everything that is published, as it would be said: every entry in all its parts, every card, every study."""
    live = knowledge.live()
    for entry in (revision.entry for locale in ("en", "es") for revision in live.asked(locale)):
        for region in (None, "US", "IN", "FR"):
            question = Question(entry.question, entry.locale, Context(region=region))
            if entry.answer_kind == "card":
                yield knowledge.card_answer(entry.id, entry.locale, "emergency", region)
                continue
            yield live.entry_answer(entry.id, question)
            yield live.sources_answer(entry.id, question)
            yield from filter(None, (live.part_answer(entry.id, part, question) for part in ("simpler", "more")))
            yield from filter(None, [quiz_answer(live, entry.id, question)])
            for choice in entry.quiz.choices if entry.quiz else ():
                yield from filter(None, [judged(live, entry.id, replace(question, text=choice.text))])
    for study in live.trials.shelf.studies:
        yield live.trials.by_numbers([study.nct_id], live.entry)
    for searched in (
        "trials",
        "recruiting trials for lupus nephritis",
        "phase 2 trials in Germany",
        "myositis in Boston",
    ):
        yield live.trials.by_search(searched, None)[0]
    for asked in (
        "should i stop prednisone",
        "what is the weather",
        "kidneys",
        "NCT99999999",
        "NCT123",
        "¿qué es lupus?",
    ):
        yield live.answer(Question(asked))


def test_every_sentence_that_can_be_said_was_written_by_someone(knowledge: wiring.Knowledge, sayable: Sayable) -> None:
    replies = [as_reply(answer, knowledge) for answer in all_answers(knowledge)]
    assert len(replies) > 1000
    assert unsourced((text for reply in replies for text in texts_of(reply)), sayable) == []


def test_one_changed_word_is_noticed(knowledge: wiring.Knowledge, sayable: Sayable) -> None:
    """The proof that the check above can fail: in each answer one word is exchanged, and each is found."""
    missed = []
    for answer in all_answers(knowledge):
        text = as_text(answer, knowledge.phrases)
        words = list(re.finditer(r"\b(?<!https://)(?<!\S[/.=&?])[A-Za-z]{4,}\b(?!:?[/.]\S)", text))
        middle = words[len(words) // 2]
        planted = text[: middle.start()] + "rarely" + text[middle.end() :]
        if not any("rarely" in sentence for sentence in unsourced([planted], sayable)):
            missed.append(planted)
    assert missed == []


@pytest.mark.parametrize(
    "planted",
    [
        "Lupus is caused by stress.",
        "Take 400 mg of hydroxychloroquine a day.",
        "Status: Recruiting (as of January 1, 2001)",
        "Status: Cured (as of October 29, 2025)",
        "Sponsor: A company that does not exist",
        "People planned or enrolled: 12345",
        "Source: A blog, How I was cured. Checked November 22, 2026. Approved by a clinician.",
        "Call 12345 now. Put the phone on speaker and send someone for an AED.",
    ],
)
def test_a_made_up_sentence_is_noticed(planted: str, sayable: Sayable) -> None:
    assert unsourced([planted], sayable)


MADE_UP = "Most people with lupus can stop all medicines after a year."


def said_by_actions(package: str, question: str) -> list[str]:
    """All texts that the action for questions of this package says, run as the assistant runs it."""
    executor = ActionExecutor()
    executor.register_package(package)
    tracker: dict[str, Any] = {
        "sender_id": "someone",
        "slots": {},
        "latest_message": {"text": question, "metadata": {}},
        "events": [],
        "paused": False,
        "followup_action": None,
        "active_loop": {},
        "latest_action_name": None,
    }
    call = {"next_action": "action_answer_question", "tracker": tracker, "domain": {}}
    done = asyncio.run(executor.run(call))
    assert done
    replies = Reply(
        tuple({"text": row["text"], "custom": row["custom"], "buttons": row["buttons"]} for row in done["responses"])
    )
    return list(texts_of(replies))


def test_a_sentence_planted_in_an_action_is_noticed(
    prepared_home: Path, sayable: Sayable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied = shutil.copytree(
        PROJECT / "actions", tmp_path / "tampered_actions", ignore=shutil.ignore_patterns("__pycache__")
    )
    file = copied / "ask_question.py"
    honest = "    return turn.give(with_suggestions(answer, question, answerer))\n"
    text = file.read_text(encoding="utf-8")
    assert text.count(honest) == 1
    planted = f'    turn.dispatcher.utter_message(text="{MADE_UP}", json_message={{"blocks": []}})\n'
    file.write_text(text.replace(honest, planted + honest))
    monkeypatch.setenv("LANTERN_HOME", str(prepared_home))
    monkeypatch.syspath_prepend(str(tmp_path))
    wiring.from_environment.cache_clear()
    try:
        assert unsourced(said_by_actions("actions", "is lupus contagious"), sayable) == []
        assert unsourced(said_by_actions("tampered_actions", "is lupus contagious"), sayable) == [MADE_UP]
    finally:
        wiring.from_environment.cache_clear()


def test_every_published_question_is_answered_by_its_own_entry(knowledge: wiring.Knowledge) -> None:
    """So that every button leads where it says."""
    live = knowledge.live()
    entries = [row.entry for row in live.asked() if row.entry.answer_kind != "card"]
    answers = {entry.id: live.answer(Question(entry.question)) for entry in entries}
    assert {entry: (answer.kind, answer.entry) for entry, answer in answers.items() if answer.entry != entry} == {}


@pytest.mark.parametrize(
    "message",
    [
        "is lupus contagious",
        "how do i do cpr on a baby",
        "is NCT05938725 recruiting",
        "should i stop taking prednisone",
        "what is the weather tomorrow",
        "my dad collapsed and isn't breathing",
        "i want to kill myself",
        "thanks",
        "",
    ],
)
def test_a_reply_has_the_shape_that_was_agreed(running_lantern: Lantern, message: str) -> None:
    schema = _schema("answer.v1.json")
    person = running_lantern.person()
    response = person.post({"sender": person.sender, "message": message})
    assert response.headers["content-type"] == "application/json"
    assert response.json()
    for row in response.json():
        assert row["recipient_id"] == person.sender
        assert row["text"].strip()
        assert set(row) <= {"recipient_id", "text", "buttons", "custom"}
        assert all(set(button) == {"title", "payload"} for button in row.get("buttons", ()))
    answers = [row["custom"] for row in response.json() if "custom" in row]
    assert [fault.message for answer in answers for fault in schema.iter_errors(answer)] == []


def test_every_published_entry_has_the_shape_that_was_agreed(knowledge: wiring.Knowledge) -> None:
    schema = _schema("entry.v1.json")
    entries = [revision.entry for revision in knowledge.live().revisions()]
    faults = {entry.id: [fault.message for fault in schema.iter_errors(entry_to_json(entry))] for entry in entries}
    assert {entry: found for entry, found in faults.items() if found} == {}


def test_published_files_come_back_byte_for_byte(knowledge: wiring.Knowledge) -> None:
    entries = [revision.entry for revision in knowledge.live().revisions()]
    content = read_folder(SHIPPED_CONTENT)
    terms = published(read_glossaries(SHIPPED_CONTENT), content.facts, content.sources)
    assert {entry.id: entry for entry in entries if entry.answer_kind == "term"} == {term.id: term for term in terms}
    for entry in (entry for entry in entries if entry.answer_kind != "term"):
        file = SHIPPED_CONTENT / entry.locale / entry.topic / f"{entry.id}.md"
        assert file.read_text(encoding="utf-8") == write_entry(entry)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_the_webhook_takes_messages_only(running_lantern: Lantern, method: str) -> None:
    response = running_lantern.client.request(method, WEBHOOK)
    assert (response.status_code, response.json()["error"]) == (405, "method_not_allowed")


def test_health_says_what_runs(running_lantern: Lantern) -> None:
    assert running_lantern.client.get("/healthz").json() == {"status": "ok"}
    ready = running_lantern.client.get("/readyz").json()
    assert (ready["status"], ready["degraded"]) == ("ready", [])
    assert set(ready["parts"]) == {"knowledge", "cards", "reviews", "trials", "worker", "assistant", "records"}
