"""The real studio over real databases with small content, and people who use it as a browser without script does."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from knowledge.answer import Answerer
from knowledge.editing.acts import Editing
from knowledge.search.embedder import Embedder
from knowledge.search.words import Aliases
from knowledge.store.effects import ThresholdEffects
from knowledge.store.repository import KnowledgeStore
from knowledge.store.safety_checks import SafetyChecks
from knowledge.trials.current import CurrentTrials
from knowledge.upkeep import Upkeep
from knowledge.wiring import Knowledge
from records.staff import StaffStore
from safety import ADVICE_RULES
from storage.engine import open_engine
from tests.databases import new_sqlite
from tests.knowledge.editing.conftest import FACTS
from tests.knowledge.samples import CARD, NOON, SOURCE, STEPS, TEA, WordEncoder, publication
from tests.running import wait_until
from tests.shipped import shipped_net, shipped_rules
from tests.web.conftest import HERE, HOST, SmallUpkeep, shipped_trials
from web.app import build
from web.parts import Parts

OWN = "three calm otters"
BROWSER = {"Sec-Fetch-Site": "same-origin", "Accept": "text/html"}


def newest(parts: Parts) -> Answerer:
    """The answerer of the newest release. Whoever asks while another thread loads it gets that of the one before."""
    number, _ = parts.knowledge.store.in_force()
    wait_until("the newest release is in memory", lambda: parts.knowledge.live().release.number == number)
    return parts.knowledge.live()


class StillTrials:
    """The copy of the registry that came with the program."""

    def newest(self) -> Any:
        return shipped_trials()


class Clock:
    """The time of a test, which it moves."""

    def __init__(self) -> None:
        self.moment = NOON

    def __call__(self) -> dt.datetime:
        return self.moment

    def move(self, **by: float) -> None:
        self.moment += dt.timedelta(**by)


def room(
    store: KnowledgeStore,
    door: Parts,
    clock: Callable[[], dt.datetime],
    folder: Path,
    checks: SafetyChecks | None = None,
    effects: ThresholdEffects | None = None,
) -> Knowledge:
    """A knowledge room over a store of small content; the rest is that of a door."""
    encoder = WordEncoder()
    return Knowledge(
        store=store,
        embedder=Embedder(encoder, store),
        encoder=encoder,
        phrases=door.phrases,
        aliases=Aliases({}),
        background=("who won the cup",),
        asked_next=(),
        advice=shipped_rules(ADVICE_RULES),
        numbers=door.numbers,
        trials=cast(CurrentTrials, StillTrials()),
        cards=door.cards,
        sources={},
        today=lambda: clock().date(),
        cards_home=folder / "cards",
        editing=Editing(store, lambda: FACTS, lambda entries: None, checks, effects),
        checks=checks,
        effects=effects,
        upkeep=cast(Upkeep, SmallUpkeep()),
        second_net=shipped_net,
    )


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def knowledge_store(tmp_path: Path) -> KnowledgeStore:
    store = KnowledgeStore(open_engine(f"sqlite:///{new_sqlite(tmp_path / 'knowledge.db', 'knowledge')}"))
    store.publish([TEA, STEPS, CARD], {SOURCE.key: SOURCE}, **publication())
    return store


@pytest.fixture
def safety_checks() -> SafetyChecks | None:
    """None: texts are published without a safety check; `test_safety_check` has one."""
    return None


@pytest.fixture
def parts(
    parts: Parts,
    knowledge_store: KnowledgeStore,
    safety_checks: SafetyChecks | None,
    clock: Clock,
    tmp_path: Path,
) -> Parts:
    """The door over a knowledge room whose texts can be changed, and a clock that stands still."""
    effects = ThresholdEffects(open_engine(f"sqlite:///{tmp_path / 'knowledge.db'}"))
    knowledge = room(knowledge_store, parts, clock, tmp_path, safety_checks, effects)
    engine = open_engine(f"sqlite:///{tmp_path / 'conversations.db'}")
    return replace(parts, knowledge=knowledge, staff=StaffStore(engine, clock), clock=clock)


@pytest.fixture
def app(parts: Parts) -> Starlette:
    return build(parts)


class Forms(HTMLParser):
    """The fields of every form of a page, as a browser without script would send them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.forms: list[tuple[set[str], list[tuple[str, str]]]] = []
        self._area: str | None = None
        self._select: str | None = None
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        if tag == "form":
            # What the script sends goes to an address of its own.
            self.forms.append(({given.get("action", ""), given.get("data-look", "")} - {""}, []))
        elif not self.forms:
            return
        actions, fields = self.forms[-1]
        if tag == "button" and "formaction" in given:
            actions.add(given["formaction"])
        elif tag == "input" and given.get("name"):
            if given.get("type") != "checkbox" or "checked" in given:
                fields.append((given["name"], given.get("value", "")))
        elif tag == "textarea" and given.get("name"):
            fields.append((given["name"], ""))
            self._area = ""
        elif tag == "select":
            self._select = given["name"]
            fields.append((given["name"], ""))
        elif tag == "option" and self._select and "selected" in given:
            fields[-1] = (self._select, given.get("value", ""))

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self._area += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self._area is not None:
            fields = self.forms[-1][1]
            # The first line end of a text area belongs to the markup.
            fields[-1] = (fields[-1][0], self._area.removeprefix("\n"))
            self._area = None
        elif tag == "select":
            self._select = None

    def fields(self, action: str) -> list[tuple[str, str]]:
        found = [fields for actions, fields in self.forms if any(action in one for one in actions)]
        assert found, f"no form for {action}"
        return found[0]


class Person:
    """Somebody at a browser of their own."""

    def __init__(self, app: Starlette, name: str) -> None:
        self.name = name
        self.client = TestClient(app, HOST, client=HERE, headers=BROWSER, follow_redirects=False)

    def open(self, path: str) -> httpx.Response:
        return self.client.get(path)

    def sign_in(self, password: str = OWN, **more: str) -> httpx.Response:
        page = self.open("/studio/sign-in")
        return self.send(page, "/studio/sign-in", name=self.name, password=password, **more)

    def send(self, page: httpx.Response | str, action: str, headers: Any = None, **changes: Any) -> httpx.Response:
        """Fills in the form of a page whose action holds `action`, and sends it; a list stands for several values."""
        html = page if isinstance(page, str) else page.text
        form = Forms(html)
        address = next(one for actions, _ in form.forms for one in actions if action in one)
        fields = [row for row in form.fields(action) if row[0] not in changes]
        for name, value in changes.items():
            fields += [(name, one) for one in ([value] if isinstance(value, str) else value)]
        data: dict[str, list[str]] = {}
        for name, value in fields:
            data.setdefault(name, []).append(value)
        return self.client.post(address.partition("#")[0], data=data, headers=headers)

    def act(self, path: str, action: str, **changes: Any) -> httpx.Response:
        """Opens a page and sends one of its forms."""
        return self.send(self.open(path), action, **changes)


Employ = Callable[..., Person]


@pytest.fixture
def employ(app: Starlette, parts: Parts) -> Employ:
    """Makes an account with these roles; the person is signed in, with a password of their own."""

    def employed(name: str, *roles: str, clinician: bool = False) -> Person:
        given = parts.staff.add(name, roles, clinician=clinician, by="the terminal")
        person = Person(app, name)
        assert person.sign_in(given).status_code == 303
        page = person.open("/studio/account")
        assert person.send(page, "/studio/account/password", old=given, new=OWN, again=OWN).status_code == 303
        return person

    return employed


def begin(author: Person, entry: str = "en/tea-what-is") -> str:
    """Begins a draft of an entry; returns the path of the draft."""
    answer = author.act(f"/studio/entries/{entry}", "/change")
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].removesuffix("/edit")


def submit(author: Person, draft: str, **changes: str) -> httpx.Response:
    answer = author.act(f"{draft}/edit", "/submit", **changes)
    assert answer.status_code == 303, answer.text
    return author.open(answer.headers["location"])
