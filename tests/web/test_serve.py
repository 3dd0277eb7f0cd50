"""The door under its real server: what only shows on a real connection."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest

from tests.web.conftest import WEBHOOK
from web.parts import Parts
from web.serve import server


@pytest.fixture
def address(parts: Parts) -> Iterator[tuple[str, int]]:
    """A served door on a free port."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        web = server(replace(parts, settings=replace(parts.settings, port=listening.getsockname()[1])))
        thread = threading.Thread(target=web.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        yield listening.getsockname()
        web.should_exit = True
        thread.join(20)
        assert not thread.is_alive()


def test_it_answers_and_logs_no_message(address: tuple[str, int], capfd: pytest.CaptureFixture[str]) -> None:
    body = {"sender": "someone", "message": "Is lupus contagious, asked Wilhelmina"}
    response = httpx.post(f"http://127.0.0.1:{address[1]}{WEBHOOK}", json=body, trust_env=False)
    assert response.status_code == 200
    assert response.json()[0]["custom"]["entry"] == "lupus-contagious"
    assert "server" not in response.headers
    assert "Wilhelmina" not in "".join(capfd.readouterr())


def test_a_body_without_length_is_refused_over_the_limit(address: tuple[str, int]) -> None:
    large = (b"x" * 1024 for _ in range(200))
    headers = {"Content-Type": "application/json"}
    with httpx.Client(base_url=f"http://127.0.0.1:{address[1]}", trust_env=False) as caller:
        refused = caller.post(WEBHOOK, content=large, headers=headers)
        assert (refused.status_code, refused.json()["error"]) == (413, "too_large")
        question = {"sender": "someone", "message": "Is lupus contagious?"}
        assert caller.post(WEBHOOK, json=question).status_code == 200


def test_a_proxy_cannot_speak_for_this_machine(address: tuple[str, int]) -> None:
    response = httpx.post(
        f"http://127.0.0.1:{address[1]}{WEBHOOK}",
        json={"sender": "someone", "message": "hi"},
        headers={"X-Forwarded-For": "127.0.0.1"},
        trust_env=False,
    )
    assert response.status_code == 401
