"""Several people and processes act at the same moment: one after the other, and nothing is lost or done twice."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from knowledge.codec import content_hash
from knowledge.editing.acts import Editing
from knowledge.editing.calendar import Calendar
from knowledge.errors import EditRefused
from knowledge.model import Entry
from knowledge.store.audit import first_broken
from knowledge.store.repository import KnowledgeStore
from storage.engine import open_engine
from tests.forked import processes
from tests.knowledge.editing.conftest import BETTER, BETTER_CARD, FACTS, LATER, PETER, Desk
from tests.knowledge.samples import CARD, NOON, STEPS, TEA

SECONDS = 60
BETTER_STEPS = replace(STEPS, answer="Boil water, wait a while, then pour it on the leaves.")

Act = Callable[[Editing, Callable[[], Any]], Any]


@pytest.fixture
def at_once(url: str) -> Iterator[Callable[..., list[Any]]]:
    """Lets people act, each with a connection of their own; returns what came of it, a refusal in place of a result.
    Whoever publishes waits for the others when all is ready but the transaction; who does something else is given what
    waits for them."""
    engines = []

    def begin(*acts: Act) -> list[Any]:
        together = threading.Barrier(len(acts))

        def ready(_: Sequence[Entry] = ()) -> None:
            together.wait(SECONDS)

        def run(act: Act) -> Any:
            engine = open_engine(url)
            engines.append(engine)
            try:
                return act(Editing(KnowledgeStore(engine), lambda: FACTS, ready), ready)
            except EditRefused as refusal:
                return refusal

        with ThreadPoolExecutor(len(acts)) as threads:
            return [done.result(SECONDS) for done in [threads.submit(run, act) for act in acts]]

    yield begin
    for engine in engines:
        engine.dispose()


def test_two_publishers_of_different_texts_both_succeed(desk: Desk, at_once: Callable[..., list[Any]]) -> None:
    ids = [desk.approved(BETTER).id, desk.approved(BETTER_STEPS).id, desk.approved(BETTER_CARD).id]
    done = at_once(*[lambda acts, _, id_=id_: acts.publish([id_], by=PETER, at=LATER) for id_ in ids])
    assert sorted(done) == [2, 3, 4]
    assert desk.live() == {entry.id: content_hash(entry) for entry in (BETTER, BETTER_STEPS, BETTER_CARD)}
    assert desk.store.drafts() == []
    assert first_broken(desk.store.audit()) is None


def test_two_publishers_of_the_same_text_publish_it_once(desk: Desk, at_once: Callable[..., list[Any]]) -> None:
    draft = desk.approved(BETTER)
    done = at_once(*[lambda acts, _: acts.publish([draft.id], by=PETER, at=LATER)] * 2)
    assert [one for one in done if not isinstance(one, EditRefused)] == [2]
    (refused,) = [one for one in done if isinstance(one, EditRefused)]
    assert "it was published or thrown away" in str(refused)
    assert desk.store.newest_release() == 2
    assert desk.acted().count("publish") == 1
    assert first_broken(desk.store.audit()) is None


def test_a_roll_back_and_a_planned_publication_are_done_one_after_the_other(
    desk: Desk, at_once: Callable[..., list[Any]]
) -> None:
    desk.published(BETTER)
    desk.acts.plan([desk.approved(BETTER_STEPS).id], due_at=LATER, by=PETER, at=NOON)

    def roll_back(acts: Editing, ready: Callable[[], Any]) -> int:
        ready()
        return acts.roll_back(1, by=PETER, at=LATER, reason="the tea board said so")

    published, rolled_back = at_once(lambda acts, _: acts.publish_due(LATER), roll_back)
    live = desk.live()
    assert (live[TEA.id], live[STEPS.id]) == (content_hash(TEA), content_hash(STEPS)), "a roll back is the last word"
    if published:
        assert (published, rolled_back) == ([3], 4)
        assert desk.acted()[-2:] == ["publish", "roll_back"]
        assert desk.store.drafts() == []
    else:
        assert rolled_back == 3
        assert desk.acted()[-2:] == ["roll_back", "plan_failed"]
        assert [draft.entry for draft in desk.store.drafts()] == [BETTER_STEPS], "it can be planned again"
    assert desk.store.plans() == []
    assert first_broken(desk.store.audit()) is None


def test_of_two_texts_that_claim_the_same_question_one_is_published(
    desk: Desk, at_once: Callable[..., list[Any]]
) -> None:
    other = replace(STEPS, id="tea-cold", question="Is cold tea tea?", phrasings=("iced tea",), related=())
    ids = [desk.approved(replace(other, id=id_)).id for id_ in ("tea-cold", "tea-iced")]
    done = at_once(*[lambda acts, _, id_=id_: acts.publish([id_], by=PETER, at=LATER) for id_ in ids])
    assert [one for one in done if not isinstance(one, EditRefused)] == [2]
    (refused,) = [one for one in done if isinstance(one, EditRefused)]
    assert "is also claimed by tea-" in str(refused)
    assert len(desk.store.drafts()) == 1


def test_the_switch_for_an_incident_works_while_another_withdraws_one_of_its_texts(
    desk: Desk, at_once: Callable[..., list[Any]]
) -> None:
    def withdraw(acts: Editing, ready: Callable[[], Any]) -> int:
        return acts.withdraw([TEA.key], by=PETER, at=LATER, reason="the tea board said so")

    def withdraw_topic(acts: Editing, ready: Callable[[], Any]) -> int:
        read = acts._store.release

        def read_slowly(number: int) -> Any:
            found = read(number)
            others = threading.Thread(target=lambda: told.append(at_once(withdraw)))
            others.start()
            others.join(1)
            waiting.append(others)
            return found

        acts._store.release = read_slowly
        return acts.withdraw_topic(TEA.topic, by=PETER, at=LATER, reason="the tea board said so")

    told: list[Any] = []
    waiting: list[threading.Thread] = []
    assert at_once(withdraw_topic) == [2]
    waiting[0].join(SECONDS)
    assert "not live" in str(told[0][0])
    assert desk.withdrawn() == {TEA.id, STEPS.id}


def run_calendar(url: str, together: Any, told: Any) -> None:
    """One of several processes. All have read which plans are due before one of them begins to publish."""
    engine = open_engine(url)
    editing = Editing(KnowledgeStore(engine), lambda: FACTS, lambda _: together.wait(SECONDS))
    done = Calendar(editing, lambda: LATER + dt.timedelta(minutes=1), 30).run()
    told.put(done.published)
    engine.dispose()


def test_two_processes_publish_what_is_planned_exactly_once(desk: Desk, url: str) -> None:
    ids = [desk.approved(BETTER).id, desk.approved(BETTER_CARD).id]
    desk.acts.plan(ids, due_at=LATER, by=PETER, at=NOON)
    together, told = processes.Barrier(2), processes.Queue()
    running = [processes.Process(target=run_calendar, args=(url, together, told)) for _ in range(2)]
    for process in running:
        process.start()
    published = sorted(told.get(timeout=SECONDS) for _ in running)
    for process in running:
        process.join(SECONDS)
    assert published == [(), (2,)]
    assert desk.store.newest_release() == 2
    assert desk.live() == {
        TEA.id: content_hash(BETTER),
        STEPS.id: content_hash(STEPS),
        CARD.id: content_hash(BETTER_CARD),
    }
    assert desk.acted().count("publish") == 1
    assert "plan_failed" not in desk.acted()
    assert desk.store.plans() == desk.store.drafts() == []
    assert first_broken(desk.store.audit()) is None
