"""Settings of the door stop the start when they are wrong, and say which and why."""

from __future__ import annotations

import pytest

from storage.settings import SettingError
from web.settings import Settings


def test_nothing_set_serves_this_machine_only() -> None:
    settings = Settings.from_environment({})
    assert (settings.host, settings.port, settings.assistant_port) == ("127.0.0.1", 8080, 5005)
    assert (settings.region, settings.integrator_key) == ("", "")
    assert (settings.body_bytes, settings.message_chars, settings.time_limit) == (16384, 1000, 5.0)


def test_a_region_may_be_written_small() -> None:
    assert Settings.from_environment({"LANTERN_REGION": " es "}).region == "ES"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LANTERN_PORT", "http"),
        ("LANTERN_PORT", "70000"),
        ("LANTERN_REGION", "USA"),
        ("LANTERN_REGION", "1A"),
        ("LANTERN_BODY_BYTES", "-1"),
        ("LANTERN_MESSAGE_CHARS", "10"),
        ("LANTERN_ASSISTANT_TIMEOUT_MS", "5s"),
        ("LANTERN_INTEGRATOR_KEY", "short"),
        ("LANTERN_INTEGRATOR_KEY", "a key with spaces that is long enough"),
    ],
)
def test_a_wrong_value_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingError, match=name):
        Settings.from_environment({name: value})


def test_the_integrators_key_is_shown_nowhere() -> None:
    with pytest.raises(SettingError) as refused:
        Settings.from_environment({"LANTERN_INTEGRATOR_KEY": "hunter2"})
    assert "hunter2" not in str(refused.value)
    assert "swordfish" not in repr(Settings.from_environment({"LANTERN_INTEGRATOR_KEY": "swordfish" * 4}))
