"""The adapter to copy: as short as promised, and it keeps to everything that is asked of the others."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from pathlib import Path

import pytest

import web.channels.template
from safety import Rules
from web.channels import console
from web.channels import settings as channel_settings
from web.channels.simulation import providers
from web.channels.simulation.provider import SENDER, Call, Heard, OverLimit, Provider, Reaction, answer, within

LINES = 60


class TemplateSystem(Provider):
    """The system that the template is written for."""

    name = "template"

    @classmethod
    def sample_settings(cls, base: str = "") -> dict[str, str]:
        return {
            "LANTERN_TEMPLATE_SECRET": secrets.token_hex(20),
            "LANTERN_TEMPLATE_URL": (base or "https://system.invalid") + "/replies",
        }

    def message(self, text: str, message_id: str, at: float, sender: str = SENDER) -> Call:
        return self._signed(json.dumps({"id": message_id, "from": sender, "text": text}).encode(), at)

    def _signed(self, body: bytes, at: float, secret: str = "") -> Call:
        key = (secret or self.settings["LANTERN_TEMPLATE_SECRET"]).encode()
        digest = hmac.new(key, f"{int(at)}.".encode() + body, hashlib.sha256).hexdigest()
        return Call(body, {"Content-Type": "application/json", "X-Timestamp": str(int(at)), "X-Signature": digest})

    def forged(self, at: float) -> dict[str, Call]:
        good = self.message("what is lupus", "forged", at)
        return {
            "no signature": good.with_headers(x_signature=None),
            "no time": good.with_headers(x_timestamp=None),
            "another secret": self._signed(good.body, at, secrets.token_hex(20)),
            "another body": good.with_body(good.body.replace(b"lupus", b"lungs")),
            "six minutes old": self._signed(good.body, at - 360),
        }

    def wordless(self, at: float) -> dict[str, Call]:
        return {}

    def unanswered(self, at: float) -> dict[str, Call]:
        return {"an event without a person": self._signed(b'{"id": "x"}', at)}

    def receive(self, address: str, headers: Mapping[str, str], body: bytes) -> Reaction:
        said = json.loads(body)
        if len(said["text"]) > 4000:
            raise OverLimit("too long")
        return Reaction(Heard(said["to"], within(said["text"], 4000, "the text")), answer({"id": self.next_id()}))


@pytest.fixture
def added(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the guide says: a line in each of the two lists."""
    monkeypatch.setitem(channel_settings.ADAPTERS, "template", "web.channels.template:Template")
    monkeypatch.setitem(channel_settings.EVERY, "template", "web.channels.template:Template")
    monkeypatch.setitem(providers.PROVIDERS, "template", "tests.web.channels.test_template:TemplateSystem")


def test_it_is_as_short_as_promised() -> None:
    assert len(Path(web.channels.template.__file__).read_text(encoding="utf-8").splitlines()) <= LINES


@pytest.mark.usefixtures("added")
def test_it_passes_the_same_check_as_every_other_channel(rules: Rules) -> None:
    assert asyncio.run(console.checked("template", {}, rules)) == []


@pytest.mark.usefixtures("added")
def test_it_is_set_up_as_every_other_channel(tmp_path: Path) -> None:
    said: list[str] = []
    given = TemplateSystem.sample_settings()
    assert console.add("template", {"LANTERN_HOME": str(tmp_path)}, given, None, said.append) == 0
    assert any("/channels/template" in line for line in said)
    assert channel_settings.switched_on({}, tmp_path) == ["template"]
