"""What the safety check found is kept of one text beside one release, on either kind of database."""

from __future__ import annotations

from sqlalchemy.engine import Engine

from knowledge.editing.acts import Editing
from knowledge.store.repository import KnowledgeStore
from knowledge.store.safety_checks import Broken, Found, Moved, SafetyChecks, outcomes
from knowledge.thresholds import Thresholds
from tests.knowledge.editing.conftest import CLARA, DORA
from tests.knowledge.samples import NOON

BROKEN = Broken("outside", "who won the cup", "not answered", "answered by tea-what-is")
FOUND = Found(3, 2, (BROKEN,), (Moved(7, "not answered", "asked back"), Moved(9, "not answered", "asked back")))


def test_a_finding_is_of_one_text_beside_one_release(store: KnowledgeStore, engine: Engine) -> None:
    checks = SafetyChecks(engine)
    assert checks.found("hash", 1) is None
    checks.keep("hash", 1, Found(1, 0, (), ()), NOON)
    checks.keep("hash", 1, FOUND, NOON)
    assert checks.found("hash", 1) == FOUND
    assert checks.found("hash", 2) is None
    assert checks.found("other", 1) is None
    checks.keep("other", 2, FOUND, NOON)
    assert checks.found("hash", 1) is None, "beside an earlier release it means nothing any more"


def test_a_finding_by_other_thresholds_does_not_count(store: KnowledgeStore, engine: Engine) -> None:
    checks = SafetyChecks(engine)
    checks.keep("hash", 1, FOUND, NOON)
    with store.changing() as change:
        change.set_site_setting("threshold_answer", "0.30", by="Eve", at=NOON)
    assert checks.found("hash", 1) is None
    checks.keep("hash", 1, FOUND, NOON, Thresholds(answer=0.30))
    assert checks.found("hash", 1) == FOUND


def test_a_case_is_settled_by_two_people_and_not_by_one_twice(store: KnowledgeStore, engine: Engine) -> None:
    checks, editing = SafetyChecks(engine), Editing(store, dict, lambda entries: None)
    for _ in range(2):
        editing.settle_case(BROKEN.text, by=CLARA, at=NOON, reason="It is a tea cup")
    assert checks.unsettled([BROKEN]) == (BROKEN,)
    editing.settle_case(BROKEN.text, by=DORA, at=NOON, reason="So it is")
    assert checks.unsettled([BROKEN]) == ()


def test_messages_are_gathered_by_what_becomes_of_them() -> None:
    assert outcomes(FOUND.moved) == {("not answered", "asked back"): [7, 9]}
