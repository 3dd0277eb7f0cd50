"""Figures for Prometheus: readable by it, guarded, and without a word of anybody."""

from __future__ import annotations

import inspect
import pkgutil
import re
from dataclasses import replace
from importlib import import_module
from typing import get_args

import pytest
from starlette.testclient import TestClient

import web
from knowledge.errors import StoreUnavailable
from knowledge.model import ReplyKind
from safety import Rules
from tests.running import PROJECT
from tests.web.conftest import COLLAPSED, HERE, HOST, KEY, WEBHOOK, SmallKnowledge, ask
from web.app import build
from web.metrics import CODES, CONTENT_TYPE, Metrics, Now
from web.parts import Parts

NOW = Now(release=7, parts={"knowledge": True, "assistant": False}, conversations=3, writes_waiting=2)
ROW = re.compile(r'([a-z_]+)(?:\{((?:[a-z]+="[^"\\\n]*",?)+)\})? (\S+)')


def read(text: str) -> dict[str, dict[str, float]]:
    """Rows by series, as a strict reader of the format sees them: each row under a HELP and a TYPE of its series."""
    assert text.endswith("\n")
    found: dict[str, dict[str, float]] = {}
    helped = typed = ""
    for line in text.splitlines():
        if line.startswith("# HELP "):
            helped, meaning = line.removeprefix("# HELP ").split(" ", 1)
            assert meaning.endswith(".")
        elif line.startswith("# TYPE "):
            typed, kind = line.removeprefix("# TYPE ").split(" ")
            assert typed == helped
            assert typed not in found, "a series stands once"
            assert kind in ("counter", "gauge", "histogram")
            found[typed] = {}
        else:
            row = ROW.fullmatch(line)
            assert row, line
            assert row[1].startswith(typed)
            key = f"{row[1].removeprefix(typed)}{row[2] or ''}"
            assert key not in found[typed], "a row stands once"
            found[typed][key] = float(row[3])
    return found


@pytest.fixture
def metrics(rules: Rules) -> Metrics:
    return Metrics(rules.cards)


def test_everything_is_there_before_anything_happened(metrics: Metrics) -> None:
    found = read(metrics.text(NOW))
    assert found["lantern_messages_total"]['channel="rest",kind="answer"'] == 0
    assert found["lantern_cards_total"]['card="cpr-adult"'] == 0
    assert found["lantern_assistant_calls_total"] == {
        f'outcome="{word}"': 0 for word in ("answered", "failed", "resting")
    }
    assert found["lantern_rate_limited_total"] == {'limit="conversation"': 0, 'limit="address"': 0}
    assert found["lantern_refused_total"]['code="too_large"'] == 0
    assert found["lantern_release"] == {"": 7}
    assert found["lantern_part_ok"] == {'part="knowledge"': 1, 'part="assistant"': 0}
    assert found["lantern_open_conversations"] == {"": 3}
    assert found["lantern_records_writes_waiting"] == {"": 2}


def test_what_happens_is_counted(metrics: Metrics) -> None:
    metrics.answered("rest", "answer", 0.03)
    metrics.answered("rest", "answer", 0.03)
    metrics.answered("library", "spoken", 99.0)
    metrics.card_shown("choking")
    metrics.assistant_called("resting")
    metrics.limited("address")
    metrics.refused("too_slow")
    found = read(metrics.text(NOW))
    assert found["lantern_messages_total"]['channel="rest",kind="answer"'] == 2
    assert found["lantern_messages_total"]['channel="library",kind="spoken"'] == 1
    assert found["lantern_cards_total"]['card="choking"'] == 1
    assert found["lantern_assistant_calls_total"]['outcome="resting"'] == 1
    assert found["lantern_rate_limited_total"]['limit="address"'] == 1
    assert found["lantern_refused_total"]['code="too_slow"'] == 1


def test_the_time_of_a_reply_is_counted_in_steps(metrics: Metrics) -> None:
    for seconds in (0.0, 0.005, 0.0051, 0.3, 10.0, 10.1):
        metrics.answered("rest", "answer", seconds)
    steps = read(metrics.text(NOW))["lantern_reply_seconds"]
    assert steps['_bucketle="0.005"'] == 2
    assert steps['_bucketle="0.01"'] == 3
    assert steps['_bucketle="0.25"'] == 3
    assert steps['_bucketle="0.5"'] == 4
    assert steps['_bucketle="10.0"'] == 5
    assert steps['_bucketle="+Inf"'] == steps["_count"] == 6
    assert steps["_sum"] == pytest.approx(20.4101)
    counts = [count for row, count in steps.items() if row.startswith("_bucket")]
    assert counts == sorted(counts)


def test_no_label_takes_a_word_from_outside(metrics: Metrics) -> None:
    said = 'my name is "Wilhelmina"\nlantern_release 9'
    for _ in range(2):
        metrics.answered(said, said, 0.1)
        metrics.card_shown(said)
        metrics.assistant_called(said)
        metrics.limited(said)
        metrics.refused(said)
    text = metrics.text(NOW)
    assert "Wilhelmina" not in text
    found = read(text)
    assert found["lantern_messages_total"]['channel="other",kind="other"'] == 2
    assert found["lantern_refused_total"]['code="other"'] == 2


def test_without_a_release_there_is_no_number(metrics: Metrics) -> None:
    assert "lantern_release" not in read(metrics.text(replace(NOW, release=None)))


def test_every_kind_of_answer_has_its_row(metrics: Metrics) -> None:
    rows = read(metrics.text(NOW))["lantern_messages_total"]
    assert all(f'channel="rest",kind="{kind}"' in rows for kind in (*get_args(ReplyKind), "spoken"))


def test_every_code_of_a_refusal_has_its_row() -> None:
    modules = [found.name for found in pkgutil.walk_packages(web.__path__, "web.") if found.name != "web.__main__"]
    sources = [inspect.getsource(import_module(name)) for name in modules]
    given = {code for source in sources for code in re.findall(r'Refused\(\s*\d+,\s*"(\w+)"', source)}
    assert {"too_large", "too_slow", "wrong_host"} <= given
    assert given - set(CODES) == set()


def test_every_series_is_described(metrics: Metrics) -> None:
    text = (PROJECT / "docs" / "operations.md").read_text(encoding="utf-8")
    assert [name for name in read(metrics.text(NOW)) if f"`{name}`" not in text] == []


def test_callers_on_this_machine_see_the_figures(client: TestClient, parts: Parts) -> None:
    ask(client, "Is lupus contagious?")
    ask(client, COLLAPSED)
    client.post(WEBHOOK, content=b"{")
    client.get("/nowhere")
    response = client.get("/metrics")
    assert response.status_code == 200
    assert response.headers["content-type"] == CONTENT_TYPE
    assert response.headers["cache-control"] == "no-store"
    found = read(response.text)
    assert found["lantern_messages_total"]['channel="rest",kind="answer"'] == 1
    assert found["lantern_messages_total"]['channel="rest",kind="emergency"'] == 1
    assert found["lantern_reply_seconds"]["_count"] == 2
    assert sum(found["lantern_cards_total"].values()) == 1
    assert found["lantern_assistant_calls_total"]['outcome="answered"'] == 1
    assert found["lantern_refused_total"]['code="not_json"'] == 1
    assert found["lantern_refused_total"]['code="not_found"'] == 1
    assert found["lantern_release"] == {"": 7}
    assert all(ok == 1 for ok in found["lantern_part_ok"].values())


def test_others_need_the_key(parts: Parts) -> None:
    with TestClient(build(parts), HOST, client=("203.0.113.7", 1)) as client:
        assert client.get("/metrics").status_code == 401
        assert client.get("/metrics", headers={"Authorization": f"Bearer {KEY}"}).status_code == 200
    with TestClient(build(parts), HOST, client=HERE) as client:
        assert client.get("/metrics", headers={"X-Forwarded-For": "127.0.0.1"}).status_code == 401


def test_figures_come_with_the_knowledge_base_away(client: TestClient, knowledge: SmallKnowledge) -> None:
    knowledge.fault = StoreUnavailable("gone")
    found = read(client.get("/metrics").text)
    assert found["lantern_part_ok"]['part="knowledge"'] == 0
    assert "lantern_release" not in found
