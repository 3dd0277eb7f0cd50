"""./lantern check: everything that could go wrong, in one list, before anything is started.

It looks where `rasa data validate` is blind: settings that nothing reads, `${NAME}` that nothing sets, components and
actions that no class answers to, content, the model, the database.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from ruamel.yaml import YAML

from bot import settings as bot_settings
from bot.assistant import PROJECT
from bot.errors import CommandFailed
from bot.processes import gateway_settings
from knowledge import settings as knowledge_settings
from knowledge.codec import content_hash
from knowledge.editing import seed
from knowledge.errors import ContentError, KnowledgeError
from knowledge.files import read_folder
from knowledge.glossary import published, read_glossaries
from knowledge.search.weights import WEIGHTS_SHA256, file_hash, model_hash, package_folder
from knowledge.store.audit import first_broken
from knowledge.store.repository import KnowledgeStore
from knowledge.trials import wiring as trials_wiring
from knowledge.trials.searches import read_searches
from records import settings as records_settings
from records.repository import ConversationStore
from records.wiring import now
from storage import settings as storage_settings
from storage.engine import open_engine
from storage.errors import StorageError
from storage.settings import SettingError, read

_UNSET = re.compile(r"\$\{(\w+)\}")
RASA_FILES = ("config.yml", "domain.yml", "endpoints.yml")
Problems = Iterator[str]


def arguments(parser: argparse.ArgumentParser) -> None:
    """None."""


def run(options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    looks: tuple[tuple[str, Callable[[Mapping[str, str]], Problems]], ...] = (
        ("settings", settings_problems),
        ("Rasa files", rasa_problems),
        ("actions", action_problems),
        ("content", content_problems),
        ("trial searches", search_problems),
        ("embedding model", model_problems),
        ("database", database_problems),
    )
    found = 0
    for name, look in looks:
        problems = list(look(environment))
        print(f"{name}: {'no problems' if not problems else ''}")
        for problem in problems:
            print(f"  - {problem}")
        found += len(problems)
    for note in _notes(environment):
        print(f"note: {note}")
    if found:
        raise CommandFailed(f"{found} problem{'s' * (found != 1)}; mend them and run ./lantern check again")
    return 0


def settings_problems(environment: Mapping[str, str]) -> Problems:
    """Wrong values, and names that begin like ours but that nothing reads."""
    rows = (*storage_settings.ROWS, *knowledge_settings.ROWS, *records_settings.ROWS, *bot_settings.ROWS)
    gateway = gateway_settings(environment)
    known = {row.name for row in rows} | set(gateway)
    for name in sorted(environment):
        if name.startswith("LANTERN_") and name not in known:
            yield f"{name} is set, but nothing reads it; is it misspelt?"
    problems = dict(gateway)
    for row in rows:
        try:
            read([row], environment)
        except SettingError as error:
            problems[row.name] = str(error)
    yield from (problem for _, problem in sorted(problems.items()) if problem)


def rasa_problems(environment: Mapping[str, str]) -> Problems:
    """Files that cannot be read, `${NAME}` that is not set, pipeline parts that do not exist."""
    for name in RASA_FILES:
        text = (PROJECT / name).read_text(encoding="utf-8")
        for variable in _UNSET.findall(text):
            if variable not in environment:
                yield f"{name}: ${{{variable}}} is not set; Rasa would take it as it stands"
    config = YAML(typ="safe").load(PROJECT / "config.yml")
    for part in (*config.get("pipeline", []), *config.get("importers", [])):
        place, _, kind = part["name"].rpartition(".")
        if place and not _exists(place, kind):
            yield f"config.yml: {part['name']} does not exist; Rasa would go on without it or fail late"


def action_problems(environment: Mapping[str, str]) -> Problems:
    """Names of actions in the domain that no class answers to, and the other way round."""
    named = {name for name in YAML(typ="safe").load(PROJECT / "domain.yml")["actions"] if name.startswith("action_")}
    written = set()
    for file in sorted((PROJECT / "actions").glob("*.py")):
        # Action names are literals, so the classes need not be built: that would load the model and the database.
        written |= set(re.findall(r'return "(action_\w+)"', file.read_text(encoding="utf-8")))
    yield from (f"domain.yml names {name}, but no class in actions/ has that name" for name in sorted(named - written))
    yield from (f"actions/ has {name}, but domain.yml does not name it" for name in sorted(written - named))


def content_problems(environment: Mapping[str, str]) -> Problems:
    try:
        seed.checked(knowledge_settings.Settings.from_environment(environment).content)
    except ContentError as error:
        yield from (str(fault) for fault in error.faults)
    except SettingError:
        return


def search_problems(environment: Mapping[str, str]) -> Problems:
    """What a sync of the registry could not look for."""
    try:
        read_searches(knowledge_settings.Settings.from_environment(environment).trials_searches)
    except ContentError as error:
        yield from (str(fault) for fault in error.faults)
    except SettingError:
        return


def model_problems(environment: Mapping[str, str]) -> Problems:
    try:
        weights = package_folder() / "model.safetensors"
        found = file_hash(weights)
        if found != WEIGHTS_SHA256:
            yield f"{weights} is not the verified model: sha256 is {found}, expected {WEIGHTS_SHA256}"
    except KnowledgeError as error:
        yield str(error)


def database_problems(environment: Mapping[str, str]) -> Problems:
    try:
        store = _store(environment)
        if store is not None:
            store.require_current()
            broken = first_broken(store.audit())
            if broken is not None:
                yield f"the audit trail is not what was written from row {broken} on; compare it with an older backup"
        kept = _url(environment, "conversations")
        if kept is not None:
            ConversationStore(open_engine(kept), now).require_current()
    except (KnowledgeError, StorageError, SettingError) as error:
        yield str(error)


def _notes(environment: Mapping[str, str]) -> Iterator[str]:
    """What is no problem, but should be known."""
    try:
        kept = storage_settings.Settings.from_environment(environment)
        precision = knowledge_settings.Settings.from_environment(environment).model_precision
        store = _store(environment)
        if store is None:
            yield "nothing has been set up yet; ./lantern up does it"
            return
        yield from _upkeep_notes(environment)
        release = store.release(store.newest_release())
        waiting = sum(revision.review != "clinician" for revision in release.revisions)
        for name in sorted("/".join(row.entry.key) for row in release.withdrawn):
            yield f"{name} is withdrawn; after its review: ./lantern editing restore {name}"
        yield f"{waiting} of {len(release.revisions)} live entries have not been approved by a clinician"
        folder = knowledge_settings.Settings.from_environment(environment).content
        content = read_folder(folder)
        files = (*content.entries, *published(read_glossaries(folder), content.facts, content.sources))
        if {content_hash(entry) for entry in files} != {revision.content_hash for revision in release.revisions}:
            yield "content files differ from the live release; to publish them: ./lantern content import --seed"
        model_hash(kept.home / "model", precision)
    except (KnowledgeError, StorageError, SettingError, KeyError) as error:
        yield f"not all could be looked at ({error})"


def _upkeep_notes(environment: Mapping[str, str]) -> Iterator[str]:
    """How old the registry copy is, and what the worker could not do."""
    upkeep = trials_wiring.build_desk(environment).upkeep
    copy, worker, held = upkeep.copy(), upkeep.worker(), upkeep.held()
    if copy.shipped:
        yield f"trial answers come from the shipped copy of {copy.made}; to fetch a newer one: ./lantern trials sync"
    else:
        yield f"trial answers come from the registry copy of {copy.made}, {copy.days_old} days old"
    if copy.failed_at:
        yield f"the last sync of the registry copy failed at {copy.failed_at:%Y-%m-%d %H:%M} UTC: {copy.failure}"
    yield from (f"the worker could not do its job {name}: {why}" for name, why in sorted(worker.failing.items()))
    if held:
        yield f"what is due by its date waits: {held}"


def _store(environment: Mapping[str, str]) -> KnowledgeStore | None:
    url = _url(environment, "knowledge")
    return KnowledgeStore(open_engine(url)) if url else None


def _url(environment: Mapping[str, str], name: str) -> str | None:
    """Address of a database; None while its file is not there, which opening it would make."""
    kept = storage_settings.Settings.from_environment(environment)
    url = kept.url(name)
    return None if url.startswith("sqlite") and not Path(kept.home / f"{name}.db").exists() else url


def _exists(place: str, kind: str) -> bool:
    file = PROJECT / Path(*place.split(".")).with_suffix(".py")
    return file.exists() and re.search(rf"^class {re.escape(kind)}\b", file.read_text("utf-8"), re.M) is not None
