"""Who is calling: nobody can name themselves, except through a proxy that was set as trusted."""

from __future__ import annotations

from typing import Any

import pytest

from web.callers import admit, by_https, caller, limited_as, networks, on_this_machine
from web.errors import Refused

PROXIES = networks("10.0.0.0/8, 192.0.2.1, 2001:db8:1::/48")
KEY = "a-key-of-an-integrator-123"


def call(peer: str | None, *headers: tuple[str, str], scheme: str = "http") -> dict[str, Any]:
    """The scope of a request from `peer`."""
    return {
        "type": "http",
        "scheme": scheme,
        "client": None if peer is None else (peer, 50000),
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in headers],
    }


def forwarded(peer: str, *values: str) -> str:
    return caller(call(peer, *[("X-Forwarded-For", value) for value in values]), PROXIES)


@pytest.mark.parametrize("peer", ["203.0.113.7", "2001:db8:2::7", "127.0.0.1", "not an address"])
def test_from_strangers_a_forwarded_address_is_only_a_word(peer: str) -> None:
    assert forwarded(peer, "198.51.100.9") == peer


@pytest.mark.parametrize(
    ("peer", "values", "expected"),
    [
        ("10.0.0.1", ["198.51.100.9"], "198.51.100.9"),
        ("2001:db8:1::1", ["198.51.100.9"], "198.51.100.9"),
        ("::ffff:10.0.0.1", ["198.51.100.9"], "198.51.100.9"),
        # What stands left of the address that the nearest trusted proxy saw was written by the caller.
        ("10.0.0.1", ["127.0.0.1, 198.51.100.9"], "198.51.100.9"),
        ("10.0.0.1", ["127.0.0.1", "198.51.100.9"], "198.51.100.9"),
        ("10.0.0.1", ["not an address, 198.51.100.9"], "198.51.100.9"),
        # Trusted proxies in a row.
        ("10.0.0.1", ["203.0.113.7, 198.51.100.9, 192.0.2.1, 10.9.9.9"], "198.51.100.9"),
        ("10.0.0.1", ["203.0.113.7, 198.51.100.9", "192.0.2.1"], "198.51.100.9"),
        ("10.0.0.1", ["10.0.0.9, 10.0.0.8"], "10.0.0.9"),
        # Ports, brackets, IPv6.
        ("10.0.0.1", ["198.51.100.9:4711"], "198.51.100.9"),
        ("10.0.0.1", ["[2001:db8:2::7]:4711"], "2001:db8:2::7"),
        ("10.0.0.1", ["[2001:db8:2::7]"], "2001:db8:2::7"),
        ("10.0.0.1", ["2001:DB8:2:0::7"], "2001:db8:2::7"),
        ("10.0.0.1", ["::ffff:198.51.100.9"], "198.51.100.9"),
    ],
)
def test_a_trusted_proxy_names_the_caller(peer: str, values: list[str], expected: str) -> None:
    assert forwarded(peer, *values) == expected


@pytest.mark.parametrize(
    "value", ["", ",", "unknown", "198.51.100.9,", "198.51.100.999", "198.51.100.9 10.0.0.1", "<script>", "\xff", "_x"]
)
def test_what_cannot_be_read_leaves_the_proxy(value: str) -> None:
    assert forwarded("10.0.0.1", value) == "10.0.0.1"


def test_a_proxy_that_names_nobody_is_the_caller() -> None:
    assert caller(call("10.0.0.1"), PROXIES) == "10.0.0.1"
    assert caller(call("10.0.0.1", ("X-Real-IP", "127.0.0.1")), PROXIES) == "10.0.0.1"


def test_a_connection_without_an_address_has_a_caller_without_one() -> None:
    assert caller(call(None), PROXIES) == ""
    assert not on_this_machine(call(None))


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"])
def test_a_program_on_this_machine_is_known(peer: str) -> None:
    assert on_this_machine(call(peer))


@pytest.mark.parametrize("peer", ["192.0.2.7", "2001:db8::1", "::ffff:192.0.2.7", "localhost", "", "testclient"])
def test_callers_elsewhere_are_not_on_this_machine(peer: str) -> None:
    assert not on_this_machine(call(peer))


@pytest.mark.parametrize(
    "header", ["Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP"]
)
@pytest.mark.parametrize("value", ["127.0.0.1", "", "\xff"])
def test_what_a_proxy_on_this_machine_relays_is_not_from_here(header: str, value: str) -> None:
    assert not on_this_machine(call("127.0.0.1", (header, value)))


def test_https_counts_where_a_trusted_proxy_says_so() -> None:
    assert by_https(call("10.0.0.1", ("X-Forwarded-Proto", "HTTPS")), PROXIES)
    assert by_https(call("203.0.113.7", scheme="https"), ())
    assert not by_https(call("203.0.113.7", ("X-Forwarded-Proto", "https")), PROXIES)
    assert not by_https(call("10.0.0.1", ("X-Forwarded-Proto", "http")), PROXIES)
    assert not by_https(call("10.0.0.1", ("X-Forwarded-Proto", "https"), ("X-Forwarded-Proto", "http")), PROXIES)
    assert not by_https(call("10.0.0.1"), PROXIES)


@pytest.mark.parametrize("given", [f"Bearer {KEY}", f"bearer  {KEY} ", f"BEARER {KEY}"])
def test_the_key_lets_in_from_anywhere(given: str) -> None:
    admit(call("203.0.113.7", ("Authorization", given)), KEY)
    admit(call("127.0.0.1", ("Authorization", given), ("Via", "1.1 proxy")), KEY)


@pytest.mark.parametrize(
    "given", ["", "Bearer", "Bearer ", "Bearer wrong", f"Basic {KEY}", KEY, f"Bearer {KEY}x", "Bearer \xe9"]
)
@pytest.mark.parametrize("key", [KEY, ""])
def test_without_the_key_callers_from_elsewhere_stay_out(given: str, key: str) -> None:
    with pytest.raises(Refused) as refused:
        admit(call("203.0.113.7", ("Authorization", given)), key)
    assert (refused.value.status, refused.value.code) == (401, "key_needed")


def test_callers_on_this_machine_need_no_key() -> None:
    admit(call("127.0.0.1"), "")


def test_limits_count_a_household_as_one() -> None:
    assert limited_as("198.51.100.9") == "198.51.100.9"
    assert limited_as("2001:db8:2:3:4:5:6:7") == limited_as("2001:db8:2:3::1") == "2001:db8:2:3::/64"
    assert limited_as("2001:db8:2:4::1") != limited_as("2001:db8:2:3::1")
    assert limited_as("::ffff:198.51.100.9") == "198.51.100.9"
    assert limited_as("") == ""
    assert limited_as("odd: no address") == "odd: no address"


@pytest.mark.parametrize("value", ["proxy.example.org", "10.0.0.1/8", "10.0.0.0/33", "0.0.0.0/0", "::/0", "10.0.0.1;"])
def test_networks_are_addresses_that_somebody_meant(value: str) -> None:
    with pytest.raises(ValueError, match=r"give for example|name your proxies"):
        networks(value)
