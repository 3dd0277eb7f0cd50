"""Whole syncs from a real HTTP server into a real database of either kind."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy.engine import Engine

from knowledge.errors import StoreUnavailable
from knowledge.store.repository import KnowledgeStore
from knowledge.store.trials import CopyState, SyncDay
from knowledge.trials.model import Change, parse_study
from knowledge.trials.registry import RegistryAnswerUnusable, RegistryAway, RegistryError, RegistryRefused
from knowledge.trials.searches import RegistrySearch
from knowledge.trials.sync import LONGEST_PAUSE, SHORTEST_PAUSE, due_at
from tests.knowledge.trials.syncing import EVERYTHING, NOON, Desk
from tests.registry_server import Answering, Asked
from tests.registry_server import Registry as Server
from tests.trials_registry import moved, number_of, records, registry_copy

FEW = 12
"""Studies where it does not matter how many there are: they fit on one page."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(records(FEW)).running() as server:
        yield server


@pytest.fixture
def desk(server: Server, engine: Engine, store: KnowledgeStore) -> Desk:
    return Desk(engine, server)


def recruiting(server: Server, place: int = 0) -> str:
    """Makes a study of the registry recruit, and gives its number."""
    record = server.studies[place]
    server.replace(moved(record, "RECRUITING", "2026-03-01"))
    return number_of(record)


def test_two_hundred_and_fifty_studies_are_fetched_in_pages(desk: Desk) -> None:
    desk.server.studies = records(250)
    outcome = desk.sync()
    assert (outcome.seen, outcome.added, outcome.number, outcome.new_copy) == (250, 250, 1, True)
    assert len(desk.server.pages) == 3
    expected = registry_copy(desk.server.studies, NOON.date())
    assert desk.copy() == replace(expected, studies=tuple(sorted(expected.studies, key=lambda study: study.nct_id)))
    assert desk.told == [f"everything: {count} of 250 studies" for count in (100, 200, 250)]


def test_a_second_sync_with_three_changed_studies_writes_exactly_three_changes(desk: Desk) -> None:
    desk.server.studies = records(250)
    desk.sync()
    desk.tomorrow()
    changed = []
    for record in desk.server.studies[10:13]:
        before = record["protocolSection"]["statusModule"]["overallStatus"]
        after = "SUSPENDED" if before != "SUSPENDED" else "COMPLETED"
        desk.server.replace(moved(record, after, "2026-11-27"))
        changed.append((number_of(record), before, after))
    outcome = desk.sync()
    assert (outcome.moved, outcome.changed, outcome.added, outcome.number) == (3, 3, 0, 2)
    day = dt.date(2026, 11, 27)
    assert {study.nct_id: study.changes for study in desk.copy().studies if study.changes} == {
        number: (Change(before, after, as_of=day, seen_on=desk.at.date()),) for number, before, after in changed
    }
    desk.tomorrow()
    assert desk.sync().moved == 0
    assert sum(len(study.changes) for study in desk.copy().studies) == 3


def test_what_is_withdrawn_after_it_recruited_shows_both_dates_after_one_sync(desk: Desk) -> None:
    number = recruiting(desk.server)
    desk.sync()
    desk.tomorrow()
    desk.server.replace(moved(desk.server.studies[0], "WITHDRAWN", "2026-11-25"))
    desk.sync()
    study = desk.study(number)
    assert (study.status, study.as_of) == ("WITHDRAWN", "2026-11-25")
    assert study.changes == (Change("RECRUITING", "WITHDRAWN", dt.date(2026, 11, 25), dt.date(2026, 11, 29)),)


def test_changes_are_told_newest_first(desk: Desk) -> None:
    number = recruiting(desk.server)
    for status in ("SUSPENDED", "RECRUITING"):
        desk.sync()
        desk.tomorrow()
        desk.server.replace(moved(desk.server.studies[0], status, desk.at.date().isoformat()))
    desk.sync()
    assert [change.after for change in desk.study(number).changes] == ["RECRUITING", "SUSPENDED"]


def test_a_sync_that_finds_nothing_new_on_the_same_day_leaves_the_copy_as_it_is(desk: Desk) -> None:
    desk.sync()
    before = desk.copy()
    assert (desk.sync().new_copy, desk.copy()) == (False, before)
    desk.tomorrow()
    assert desk.sync().new_copy
    after = desk.copy()
    assert (after.number, after.made) == (2, desk.at.date())
    assert {study.checked_on for study in after.studies} == {desk.at.date()}


# Not found ------------------------------------------------------------------------------------------------------


def test_a_study_that_two_whole_syncs_in_a_row_do_not_find_is_missing_since_it_was_seen(desk: Desk) -> None:
    desk.sync()
    last_seen = desk.at.date()
    gone = desk.server.remove(number_of(desk.server.studies[4]))
    number = number_of(gone)
    desk.tomorrow()
    assert desk.sync().missing == 0
    assert desk.study(number).missing_since is None
    desk.tomorrow()
    assert desk.sync().missing == 1
    study = desk.study(number)
    assert (study.missing_since, study.checked_on) == (last_seen, last_seen)
    desk.tomorrow()
    assert desk.sync().missing == 0
    assert desk.study(number).missing_since == last_seen
    desk.tomorrow()
    desk.server.studies.append(gone)
    assert desk.sync().returned == 1
    study = desk.study(number)
    assert (study.missing_since, study.checked_on) == (None, desk.at.date())
    assert study.changes == ()


def test_a_sync_that_failed_does_not_count_as_one_that_did_not_find_it(desk: Desk) -> None:
    desk.sync()
    number = number_of(desk.server.remove(number_of(desk.server.studies[4])))
    desk.server.misbehave = lambda answering, asked: answering.say(200, "<html>", "text/html") is None
    for _ in range(3):
        desk.tomorrow()
        with pytest.raises(RegistryError):
            desk.sync()
    desk.server.misbehave = None
    desk.sync()
    assert desk.study(number).missing_since is None


def test_a_study_that_no_search_finds_any_more_is_asked_for_by_its_number(desk: Desk) -> None:
    lupus = (RegistrySearch("lupus", {"query.cond": "lupus"}),)
    for record in desk.server.studies:
        record["protocolSection"]["conditionsModule"] = {"conditions": ["Lupus"]}
    desk.sync(lupus)
    number = recruiting(desk.server)
    desk.server.studies[0]["protocolSection"]["conditionsModule"] = {"conditions": ["Something else"]}
    for _ in range(3):
        desk.tomorrow()
        desk.sync(lupus)
    study = desk.study(number)
    assert (study.missing_since, study.checked_on) == (None, desk.at.date())
    assert study.conditions == ("Something else",)
    assert "Known studies that no search found: 1 of 1 asked for by number" in desk.told


def test_the_studies_of_the_shipped_copy_are_looked_up_from_the_first_sync_on(desk: Desk) -> None:
    lupus = (RegistrySearch("lupus", {"query.cond": "lupus"}),)
    for place, record in enumerate(desk.server.studies):
        record["protocolSection"]["conditionsModule"] = {"conditions": ["Lupus" if place else "Something else"]}
    known = number_of(desk.server.studies[0])
    outcome = desk.sync(lupus, known=[known, "NCT00000001"])
    assert outcome.seen == FEW
    assert desk.study(known).conditions == ("Something else",)


# Odd records ----------------------------------------------------------------------------------------------------


def odd(record: dict[str, Any], **modules: Any) -> dict[str, Any]:
    return {**record, "protocolSection": {**record["protocolSection"], **modules}}


def test_a_study_that_comes_twice_is_kept_once_as_of_the_later_day(desk: Desk) -> None:
    record = desk.server.studies[0]
    older, newer = moved(record, "RECRUITING", "2026-05-01"), moved(record, "COMPLETED", "2026-06-01")
    desk.server.studies[:1] = [older, newer, older]
    assert desk.sync([EVERYTHING[0], replace(EVERYTHING[0], name="again")]).seen == FEW
    study = desk.study(number_of(record))
    assert (study.status, study.as_of, study.changes) == ("COMPLETED", "2026-06-01", ())


def test_a_word_that_is_none_of_the_registrys_is_not_known_and_told_of(desk: Desk) -> None:
    number = recruiting(desk.server)
    desk.sync()
    desk.tomorrow()
    desk.server.replace(moved(desk.server.studies[0], "PAUSED<script>", "2026-11-27"))
    outcome = desk.sync()
    assert (outcome.unknown_words, outcome.moved) == (1, 1)
    study = desk.study(number)
    assert study.status is None
    assert (study.changes[0].before, study.changes[0].after) == ("RECRUITING", None)
    assert "script" not in repr(study)
    assert desk.store.state().unknown_words == 1


def test_a_date_in_the_future_counts_as_unknown(desk: Desk) -> None:
    number = recruiting(desk.server)
    desk.server.replace(moved(desk.server.studies[0], "RECRUITING", "2026-11-29"))
    desk.sync()
    assert (desk.study(number).status, desk.study(number).status_as_of) == ("RECRUITING", None)
    desk.tomorrow()
    desk.sync()
    assert desk.study(number).as_of == "2026-11-29"


@pytest.mark.parametrize(
    "damage",
    [
        {"statusModule": "RECRUITING"},
        {"statusModule": {"overallStatus": ["RECRUITING"], "lastUpdatePostDateStruct": "2026-01-01"}},
        {"contactsLocationsModule": {"locations": {"0": {"city": "Graz"}}}},
        {"designModule": {"phases": 1, "enrollmentInfo": {"count": "many"}}},
        {"conditionsModule": {"conditions": [{"name": "Lupus"}, 5, None, "\ud800\x00"]}},
        {"eligibilityModule": {"minimumAge": {"years": 18}}, "armsInterventionsModule": [1, 2]},
        {"identificationModule": {"nctId": "NCT91111111", "briefTitle": "x" * 100_000, "acronym": {"a": ["b"]}}},
    ],
)
def test_fields_of_the_wrong_type_are_kept_as_what_can_be_read_of_them(desk: Desk, damage: dict[str, Any]) -> None:
    damaged = odd(desk.server.studies[0], **damage)
    desk.server.studies[0] = damaged
    assert desk.sync().seen == FEW
    number = number_of(damaged)
    as_of = desk.study(number).as_of
    assert desk.study(number) == replace(parse_study(damaged, as_of), checked_on=NOON.date())


def test_records_without_a_number_are_left_out_and_counted(desk: Desk) -> None:
    desk.server.studies[0] = odd(desk.server.studies[0], identificationModule={"nctId": "ISRCTN1"})
    desk.server.studies[1] = {"protocolSection": None}
    outcome = desk.sync()
    assert (outcome.seen, outcome.unreadable) == (FEW - 2, 2)


# What goes wrong ------------------------------------------------------------------------------------------------


def broken(answering: Answering, asked: Asked) -> None:
    answering.say(503, "")


def markup(answering: Answering, asked: Asked) -> None:
    answering.say(200, "<html><body>maintenance</body></html>", "text/html")


def cut_short(answering: Answering, asked: Asked) -> None:
    answering.begin(200, "application/json", **{"Content-Length": "9000"})
    answering.wfile.write(b'{"studies": [{"protocolSection": {"identificationModule"')
    answering.close_connection = True


def elsewhere(answering: Answering, asked: Asked) -> None:
    answering.say(301, "", Location="https://registry.example/api/v2/studies")


def busy(answering: Answering, asked: Asked) -> None:
    answering.say(429, "", **{"Retry-After": "86400"})


def thirty_megabytes(answering: Answering, asked: Asked) -> None:
    answering.say(200, b'{"studies": [' + b" " * 30_000_000 + b"]}", "application/json")


def without_numbers(answering: Answering, asked: Asked) -> None:
    answering.say(200, {"studies": [{"protocolSection": {}}], "nextPageToken": "more"})


def drip(answering: Answering, asked: Asked) -> None:
    answering.begin(200, "application/json", **{"Content-Length": "9000"})
    answering.close_connection = True
    while not answering.registry.hold.wait(0.1):
        answering.wfile.write(b" ")


@pytest.mark.parametrize(
    ("fault", "error", "said"),
    [
        (broken, RegistryAway, "was busy or broken"),
        (markup, RegistryAnswerUnusable, "are no JSON"),
        (cut_short, RegistryAway, "broke off"),
        (elsewhere, RegistryRefused, "redirects to another host"),
        (busy, RegistryAway, "answers 429"),
        (thirty_megabytes, RegistryAnswerUnusable, "sent more than"),
        (without_numbers, RegistryAnswerUnusable, "no record has a number"),
        (drip, RegistryAway, "did not answer within"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_whatever_goes_wrong_the_copy_of_before_stays_and_the_sync_goes_on_where_it_was(
    desk: Desk, fault: Callable[[Answering, Asked], None], error: type[Exception], said: str
) -> None:
    desk.sync()
    before = desk.copy()
    desk.tomorrow()
    desk.server.studies = [moved(record, "SUSPENDED", "2026-11-28") for record in records(250)]

    def at_the_third_page(answering: Answering, asked: Asked) -> bool:
        if len(desk.server.pages) < first + 3 or not answering.path.startswith("/api/v2/studies"):
            return False
        fault(answering, asked)
        return True

    first = len(desk.server.pages)
    desk.server.misbehave = at_the_third_page
    with pytest.raises(error, match=said):
        desk.sync(total=1.5 if fault is drip else 60.0)
    assert desk.copy() == before
    state = desk.store.state()
    assert (state.number, state.made, state.failures, state.failed_at) == (1, NOON.date(), 1, desk.at)
    assert state.failure is not None
    assert said in state.failure
    desk.server.misbehave = None
    seen = len(desk.server.pages)
    outcome = desk.sync()
    assert (outcome.seen, outcome.added) == (250, 250 - FEW)
    assert len(desk.asked_since(seen)) == 1, "the first two pages are not asked for again"
    assert len(desk.copy().studies) == 250
    assert sum(len(study.changes) for study in desk.copy().studies) == outcome.moved
    assert desk.store.state().failure is None


def test_each_day_is_told_by_its_syncs_and_by_the_studies_whose_status_changed(desk: Desk) -> None:
    first = desk.at.date()
    assert desk.store.days(first) == []
    desk.sync()
    desk.tomorrow()
    for place in (0, 1):
        desk.server.replace(moved(desk.server.studies[place], "SUSPENDED", "2026-11-28"))
    desk.sync()
    desk.tomorrow()

    def fails(answering: Answering, asked: Asked) -> bool:
        broken(answering, asked)
        return True

    desk.server.misbehave = fails
    with pytest.raises(RegistryError):
        desk.sync()
    day = dt.timedelta(days=1)
    told = [SyncDay(first, 1, 0, 0), SyncDay(first + day, 1, 0, 2), SyncDay(first + 2 * day, 0, 1, 0)]
    assert desk.store.days(first) == told
    assert desk.store.days(first + day) == told[1:]


def test_before_a_first_whole_sync_there_is_no_copy(desk: Desk) -> None:
    assert (desk.store.copy_number(), desk.store.copy({}), desk.store.state()) == (0, None, CopyState())
    desk.server.misbehave = lambda answering, asked: answering.say(500, "") is None
    with pytest.raises(RegistryAway):
        desk.sync()
    assert (desk.store.copy_number(), desk.store.copy({})) == (0, None)
    assert desk.store.state().tried_since == NOON


def test_a_registry_that_finds_nothing_at_all_is_not_believed(desk: Desk) -> None:
    desk.sync()
    before = desk.copy()
    desk.tomorrow()
    desk.server.studies = []
    for _ in range(2):
        with pytest.raises(RegistryAnswerUnusable, match="none of the searches found a study"):
            desk.sync()
    assert desk.copy() == before
    desk.server.studies = records(FEW)
    assert desk.sync().seen == FEW


def test_a_search_whose_mark_the_registry_has_forgotten_begins_anew(desk: Desk) -> None:
    desk.server.studies = records(250)
    desk.server.misbehave = lambda answering, asked: "pageToken" in asked and answering.say(500, "") is None
    with pytest.raises(RegistryAway):
        desk.sync()
    desk.server.misbehave = None
    desk.server.forget_tokens()
    before = len(desk.server.pages)
    assert desk.sync().seen == 250
    assert [mark is None for mark in desk.asked_since(before)] == [False, True, False, False]
    assert "everything: the registry has forgotten how far we were; beginning this search anew." in desk.told


def test_a_registry_that_forgets_every_mark_does_not_keep_it_going_for_ever(desk: Desk) -> None:
    desk.server.studies = records(250)
    desk.server.misbehave = lambda answering, asked: "pageToken" in asked and answering.say(400, "no such page") is None
    with pytest.raises(RegistryRefused, match="answers 400: no such page"):
        desk.sync()


def test_pages_that_go_round_in_circles_end(desk: Desk) -> None:
    page = {"studies": records(2), "nextPageToken": "again"}
    desk.server.misbehave = lambda answering, asked: "query.intr" in asked and answering.say(200, page) is None
    for _ in range(2):
        with pytest.raises(RegistryAnswerUnusable, match="does not come to an end"):
            desk.sync()
    desk.server.misbehave = None
    assert desk.sync().seen == FEW


def interrupted(desk: Desk) -> int:
    """A sync that stopped after its first page; how many pages were asked for until then."""
    desk.server.studies = records(250)
    desk.server.misbehave = lambda answering, asked: "pageToken" in asked and answering.say(500, "") is None
    with pytest.raises(RegistryAway):
        desk.sync()
    desk.server.misbehave = None
    return len(desk.server.pages)


def test_a_sync_that_looks_for_something_else_begins_anew(desk: Desk) -> None:
    before = interrupted(desk)
    desk.sync([RegistrySearch("lupus", {"query.cond": "lupus"})])
    assert desk.asked_since(before)[0] is None
    assert all("Lupus" in " ".join(study.conditions) for study in desk.copy().studies)


def test_a_sync_that_was_interrupted_days_ago_begins_anew(desk: Desk) -> None:
    before = interrupted(desk)
    desk.tomorrow()
    assert desk.sync().seen == 250
    assert len(desk.asked_since(before)) == 3
    assert "Going on with the sync that was interrupted." not in desk.told


def test_a_process_that_was_taken_for_dead_writes_nothing_any_more(desk: Desk) -> None:
    desk.sync()
    before = desk.copy()
    desk.tomorrow()
    desk.server.studies = desk.server.studies[:1]
    other = desk.new_lease("another process", seconds=0.0)
    assert other.take()
    with pytest.raises(StoreUnavailable, match="another process has taken over"):
        desk.sync()
    assert desk.copy() == before


# When -----------------------------------------------------------------------------------------------------------

DAILY = dt.time(4, 10)


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.timezone.utc)


@pytest.mark.parametrize(
    ("state", "due"),
    [
        (CopyState(), "2026-11-28T12:00"),
        (CopyState(whole_at=at("2026-11-28T04:12")), "2026-11-29T04:10"),
        (CopyState(whole_at=at("2026-11-28T04:09")), "2026-11-28T04:10"),
        (CopyState(whole_at=at("2026-11-20T04:12")), "2026-11-21T04:10"),
        (CopyState(whole_at=at("2027-11-20T04:12")), "2026-11-28T12:00"),
    ],
)
def test_a_sync_is_due_once_a_day_and_at_once_after_none(state: CopyState, due: str) -> None:
    assert due_at(DAILY, state, NOON) == at(due)
    assert due_at(None, state, NOON) is None


def test_after_a_failure_it_is_tried_again_after_ever_longer_pauses() -> None:
    failed = CopyState(whole_at=at("2026-11-28T04:12"), failed_at=at("2026-11-28T11:00"), failure="away")
    pauses = [due_at(DAILY, replace(failed, failures=count), NOON) for count in (1, 2, 3, 50)]
    assert [due - at("2026-11-28T11:00") for due in pauses if due] == [
        SHORTEST_PAUSE,
        2 * SHORTEST_PAUSE,
        4 * SHORTEST_PAUSE,
        LONGEST_PAUSE,
    ]
