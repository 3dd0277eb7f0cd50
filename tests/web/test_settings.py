"""Settings of the door stop the start when they are wrong, and say which and why."""

from __future__ import annotations

from pathlib import Path

import pytest

from storage.settings import SettingError
from web.limits import Rate
from web.settings import Settings


def test_nothing_set_serves_this_machine_only() -> None:
    settings = Settings.from_environment({})
    assert (settings.host, settings.port, settings.assistant_port) == ("127.0.0.1", 8080, 5005)
    assert (settings.region, settings.integrator_key) == ("", "")
    assert (settings.body_bytes, settings.message_chars, settings.time_limit) == (16384, 1000, 5.0)


def test_the_studio_has_a_port_of_its_own_or_none() -> None:
    assert Settings.from_environment({"LANTERN_STUDIO_PORT": "8081"}).studio_port == 8081
    with pytest.raises(SettingError, match="LANTERN_STUDIO_PORT"):
        Settings.from_environment({"LANTERN_STUDIO_PORT": "8080"})


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
        ("LANTERN_TRUSTED_PROXIES", "proxy.example.org"),
        ("LANTERN_TRUSTED_PROXIES", "10.0.0.1/8"),
        ("LANTERN_TRUSTED_PROXIES", "0.0.0.0/0"),
        ("LANTERN_HOSTS", "https://lantern.example.org"),
        ("LANTERN_HOSTS", "lantern.example.org:8080"),
        ("LANTERN_HOSTS", "*"),
        ("LANTERN_HOSTS", "-.example.org"),
        ("LANTERN_ORIGINS", "*"),
        ("LANTERN_ORIGINS", "null"),
        ("LANTERN_ORIGINS", "hospital.example"),
        ("LANTERN_ORIGINS", "https://hospital.example/"),
        ("LANTERN_ORIGINS", "https://*.hospital.example"),
        ("LANTERN_ORIGINS", "http://hospital.example"),
        ("LANTERN_RATE_CONVERSATION", "20"),
        ("LANTERN_RATE_ADDRESS", "600 per minute"),
        ("LANTERN_BODY_SECONDS", "0"),
        ("LANTERN_CONNECTIONS", "1"),
        ("LANTERN_INTEGRATOR_KEY", "short"),
        ("LANTERN_INTEGRATOR_KEY", "a key with spaces that is long enough"),
    ],
)
def test_a_wrong_value_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingError, match=name):
        Settings.from_environment({name: value})


def test_nothing_set_trusts_no_proxy_and_shares_with_no_page() -> None:
    settings = Settings.from_environment({})
    assert (settings.trusted_proxies, settings.hosts, settings.origins) == ((), (), ())
    assert (settings.rate_conversation, settings.rate_address) == (Rate(20, 10), Rate(600, 60))
    assert (settings.body_seconds, settings.connections) == (10, 500)


def test_defaults_are_the_same_with_and_without_an_environment() -> None:
    assert Settings.from_environment({"LANTERN_HOME": "/somewhere"}) == Settings(home=Path("/somewhere"))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_a_service_that_listens_on_this_machine_only_answers_to_its_names_only(host: str) -> None:
    assert Settings.from_environment({"LANTERN_HOST": host}).answers_to == {"localhost", "127.0.0.1", "[::1]"}


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7"])
def test_a_service_that_listens_to_others_answers_to_any_name_unless_told(host: str) -> None:
    assert Settings.from_environment({"LANTERN_HOST": host}).answers_to == frozenset()
    named = Settings.from_environment({"LANTERN_HOST": host, "LANTERN_HOSTS": " Lantern.Example.org, 2001:DB8:0::1,"})
    assert named.hosts == ("lantern.example.org", "[2001:db8::1]")
    assert named.answers_to == {"lantern.example.org", "[2001:db8::1]", "localhost", "127.0.0.1", "[::1]"}


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("", ""),
        ("https://Lantern.Hospital.example/", "https://lantern.hospital.example"),
        (" http://lantern:8080 ", "http://lantern:8080"),
    ],
)
def test_the_address_of_the_site_is_kept_as_links_begin(given: str, kept: str) -> None:
    assert Settings.from_environment({"LANTERN_SITE_ADDRESS": given}).site_address == kept


@pytest.mark.parametrize("given", ["lantern.example", "https://a.example/library", "ftp://a.example", "https://", "*"])
def test_an_address_of_the_site_that_no_link_can_begin_with_is_refused(given: str) -> None:
    with pytest.raises(SettingError, match=r"https://lantern\.hospital\.example"):
        Settings.from_environment({"LANTERN_SITE_ADDRESS": given})


def test_origins_are_kept_as_browsers_send_them() -> None:
    given = "https://Hospital.example:443, https://hospital.example:8443 ,http://localhost:3000,http://[::1]"
    expected = (
        *("https://hospital.example", "https://hospital.example:8443"),
        *("http://localhost:3000", "http://[::1]"),
    )
    assert Settings.from_environment({"LANTERN_ORIGINS": given}).origins == expected


def test_why_not_every_origin_is_said() -> None:
    with pytest.raises(SettingError, match="every page on the internet"):
        Settings.from_environment({"LANTERN_ORIGINS": "*"})


def test_the_integrators_key_is_shown_nowhere() -> None:
    with pytest.raises(SettingError) as refused:
        Settings.from_environment({"LANTERN_INTEGRATOR_KEY": "hunter2"})
    assert "hunter2" not in str(refused.value)
    assert "swordfish" not in repr(Settings.from_environment({"LANTERN_INTEGRATOR_KEY": "swordfish" * 4}))
