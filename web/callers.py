"""Who is calling: the other end of the connection, or the caller that a trusted proxy names.

`proxies` are the networks of the setting LANTERN_TRUSTED_PROXIES; from anybody else `X-Forwarded-For` and
`X-Forwarded-Proto` are only words.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from starlette.types import Scope

from web.errors import Refused

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address

RELAYING = frozenset(
    (b"forwarded", b"via", b"x-forwarded-for", b"x-forwarded-host", b"x-forwarded-proto", b"x-real-ip")
)
"""Headers of a proxy: the caller behind it is not on this machine, though the connection comes from here."""

HOUSEHOLD_BITS = 64
"""Of an IPv6 address: one household or server owns all addresses that begin alike."""

_WITH_PORT = re.compile(r"(\d+\.\d+\.\d+\.\d+):\d+|\[([0-9A-Fa-f:.]+)\](?::\d+)?")


def caller(scope: Scope, proxies: Sequence[Network]) -> str:
    """Address of the caller; "" where the connection has none.

    Behind trusted proxies it is the last address in `X-Forwarded-For` that is not one of them: everything left of it
    was written by the caller. Where an address cannot be read, it is that of the proxy.
    """
    peer = _peer(scope)
    if not _trusted(peer, proxies):
        return peer
    nearest = peer
    for hop in _hops_from_the_right(scope):
        address = _address(hop)
        if address is None:
            return peer
        nearest = str(address)
        if not _trusted(nearest, proxies):
            break
    return nearest


def on_this_machine(scope: Scope) -> bool:
    """Whether a program on this machine calls by itself. Whatever a proxy relayed, also a trusted one, does not."""
    address = _address(_peer(scope))
    return address is not None and address.is_loopback and not any(name in RELAYING for name, _ in scope["headers"])


def by_https(scope: Scope, proxies: Sequence[Network]) -> bool:
    """Whether the caller speaks TLS, as far as a trusted proxy or the connection itself says so."""
    if scope["scheme"] == "https" or not proxies:
        return bool(scope["scheme"] == "https")
    told = _values(scope, b"x-forwarded-proto")
    return [word.lower() for word in told] == ["https"] and _trusted(_peer(scope), proxies)


def admit(scope: Scope, key: str) -> None:
    """Lets callers on this machine in, and others with the integrator's key. Raises `Refused` 401 otherwise.

    Whoever names a `sender` joins that conversation, so what this guards is not for strangers.
    """
    if on_this_machine(scope):
        return
    scheme, _, given = next(iter(_values(scope, b"authorization")), "").partition(" ")
    # Header values are Latin-1; encoding them lets compare_digest take any of them.
    if key and scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), key.encode()):
        return
    raise Refused(401, "key_needed", "Send the integrator's key of this service as 'Authorization: Bearer <key>'.")


def limited_as(address: str) -> str:
    """What limits count: an IPv4 address as it is, an IPv6 address by its network of 64 bits."""
    if ":" not in address:
        return address
    parsed = _address(address)
    if isinstance(parsed, IPv6Address):
        return str(IPv6Network((int(parsed) >> HOUSEHOLD_BITS << HOUSEHOLD_BITS, HOUSEHOLD_BITS)))
    return address if parsed is None else str(parsed)


def networks(value: str) -> tuple[Network, ...]:
    """Parses a comma list of addresses and networks. Raises `ValueError` saying what to give."""
    found = []
    for word in filter(None, (word.strip() for word in value.split(","))):
        try:
            network = ip_network(word)
        except ValueError:
            raise ValueError(
                f"{word!r} is no address and no network; give for example 10.0.0.5, 10.1.0.0/16 or 2001:db8::/32"
            ) from None
        if network.prefixlen == 0:
            raise ValueError(f"{word!r} would trust everybody's word about who calls; name your proxies")
        found.append(network)
    return tuple(found)


def _peer(scope: Scope) -> str:
    host = scope["client"][0] if scope.get("client") else ""
    # A socket that listens on IPv6 shows IPv4 callers as ::ffff:192.0.2.7.
    return host if ":" not in host else str(_address(host) or host)


def _trusted(address: str, proxies: Sequence[Network]) -> bool:
    parsed = _address(address) if proxies else None
    return parsed is not None and any(parsed in network for network in proxies)


def _hops_from_the_right(scope: Scope) -> Iterator[str]:
    for value in reversed(_values(scope, b"x-forwarded-for")):
        yield from (hop.strip() for hop in reversed(value.split(",")))


def _values(scope: Scope, name: bytes) -> list[str]:
    return [value.decode("latin-1").strip() for key, value in scope["headers"] if key == name]


def _address(text: str) -> Address | None:
    """The address in `text`, with or without a port; IPv4 where it is only wrapped in IPv6."""
    with_port = _WITH_PORT.fullmatch(text)
    try:
        address = ip_address((with_port[1] or with_port[2]) if with_port else text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
