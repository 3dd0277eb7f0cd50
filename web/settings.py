"""What the door can be told: one row per setting, read once by `web.wiring` or the start command."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from storage.settings import ROWS as STORAGE_ROWS
from storage.settings import Setting, SettingError, read, text, whole
from web.callers import Network, networks
from web.limits import Rate
from web.openings import Hours

LOOPBACK_NAMES = frozenset(("localhost", "127.0.0.1", "[::1]"))
_HOST_NAME = re.compile(r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")
_ORIGIN = re.compile(r"(https?)://([a-z0-9.-]+|\[[0-9a-f:.]+\])(?::(\d{1,5}))?")
_USUAL_PORTS = {"https": "443", "http": "80"}

SHORTEST_KEY = 24
"""Characters. Random letters and digits of this length cannot be guessed over a network."""


def country(value: str) -> str:
    code = value.strip().upper()
    if code and not re.fullmatch("[A-Z]{2}", code):
        raise ValueError("give a country code of two letters, such as US, or nothing")
    return code


def integrator_key(value: str) -> str:
    key = value.strip()
    if key and (len(key) < SHORTEST_KEY or not re.fullmatch("[!-~]+", key)):
        raise ValueError(f"give at least {SHORTEST_KEY} letters, digits or signs without spaces, or nothing")
    return key


def hosts(value: str) -> tuple[str, ...]:
    """Parses a comma list of host names; IPv6 addresses come out in brackets, as browsers send them."""
    return tuple(_host(word) for word in _words(value))


def _host(word: str) -> str:
    if _HOST_NAME.fullmatch(word):
        return word
    try:
        return f"[{ipaddress.IPv6Address(word.strip('[]'))}]"
    except ValueError:
        raise ValueError(f"{word!r} is no host name; give names such as lantern.example.org, without port") from None


def origins(value: str) -> tuple[str, ...]:
    """Parses a comma list of origins, written as browsers send them: without a path, and without the usual port."""
    return tuple(_origin(word) for word in _words(value))


def _origin(word: str) -> str:
    if word == "*":
        raise ValueError("* would let every page on the internet talk in its visitors' names; list the sites you mean")
    found = _ORIGIN.fullmatch(word)
    if not found:
        raise ValueError(f"{word!r} is no origin; give for example https://hospital.example, without a path")
    scheme, name, port = found.groups()
    if scheme == "http" and name not in LOOPBACK_NAMES:
        raise ValueError(f"{word!r}: a page that came by http can be changed on its way; give its https address")
    return f"{scheme}://{name}" + (f":{port}" if port and port != _USUAL_PORTS[scheme] else "")


def zone(value: str) -> ZoneInfo:
    """Parses the name of a time zone. Raises `ValueError`."""
    try:
        return ZoneInfo(value.strip())
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("give the name of a time zone, such as America/New_York") from None


def site_address(value: str) -> str:
    """Parses the address of this service. It is written into feeds, so it has neither path nor slash at its end."""
    word = value.strip().lower().rstrip("/")
    if word and not _ORIGIN.fullmatch(word):
        raise ValueError(f"{value!r} is no address of a site; give for example https://lantern.hospital.example")
    return word


def _words(value: str) -> list[str]:
    return [word.strip().lower() for word in value.split(",") if word.strip()]


ROWS = (
    Setting("LANTERN_HOST", "127.0.0.1", text, "address that web listens on; 0.0.0.0 for all, behind a proxy with TLS"),
    Setting("LANTERN_PORT", "8080", whole(1, 65535), "TCP port of web, the only public one"),
    Setting("LANTERN_ASSISTANT_PORT", "5005", whole(1, 65535), "TCP port of the assistant on 127.0.0.1"),
    Setting(
        "LANTERN_STUDIO_PORT",
        "0",
        whole(0, 65535),
        "TCP port of the studio alone, so that a firewall can keep it from the public; 0: the port of web",
    ),
    Setting("LANTERN_STUDIO_BODY_BYTES", "2097152", whole(65536, 33554432), "largest form in the studio, in bytes"),
    Setting("LANTERN_REGION", "", country, "ISO 3166 country code for emergency numbers where a message names none"),
    Setting("LANTERN_BODY_BYTES", "16384", whole(1024, 1048576), "largest request body, in bytes"),
    Setting("LANTERN_MESSAGE_CHARS", "1000", whole(100, 10000), "most characters of a message that are interpreted"),
    Setting(
        "LANTERN_ASSISTANT_TIMEOUT_MS", "5000", whole(100, 60000), "longest wait for the assistant, in milliseconds"
    ),
    Setting(
        "LANTERN_INTEGRATOR_KEY",
        "",
        integrator_key,
        f"key that servers elsewhere send as a bearer token, at least {SHORTEST_KEY} characters; "
        "empty lets only callers on this machine in",
        secret=True,
    ),
    Setting(
        "LANTERN_TRUSTED_PROXIES",
        "",
        networks,
        "addresses or networks of your proxies, with commas; only these are believed about who calls",
    ),
    Setting(
        "LANTERN_HOSTS",
        "",
        hosts,
        "host names that this service answers to, with commas; empty: any, or only localhost while it listens there",
    ),
    Setting(
        "LANTERN_ORIGINS",
        "",
        origins,
        "origins of pages elsewhere that may use the chat, with commas, such as https://hospital.example",
    ),
    Setting(
        "LANTERN_RATE_CONVERSATION",
        "20 per 10 s",
        Rate.parse,
        "messages that a conversation may send, as 'N per S s' with S in seconds; 0: no limit",
    ),
    Setting(
        "LANTERN_RATE_ADDRESS",
        "600 per 60 s",
        Rate.parse,
        "messages that an address may send, as 'N per S s' with S in seconds; 0: no limit",
    ),
    Setting(
        "LANTERN_BODY_SECONDS",
        "10",
        whole(1, 300),
        "longest time in seconds in which a request must arrive whole, and an answer be taken",
    ),
    Setting(
        "LANTERN_CONNECTIONS",
        "500",
        whole(10, 100_000),
        "most open connections; beyond them the one that has been silent longest is closed",
    ),
    Setting(
        "LANTERN_CONTACT",
        "",
        text,
        "phone number, e-mail or address of a page where a person can be reached, shown as it stands; empty: nobody",
    ),
    Setting("LANTERN_CONTACT_HOURS", "", text, "when they can be reached, in words, such as Mon-Fri 9-17"),
    Setting(
        "LANTERN_CHANNEL_BYTES",
        "262144",
        whole(4096, 4_194_304),
        "largest request body of a messenger, in bytes; they may deliver many messages in one",
    ),
    Setting(
        "LANTERN_HANDOVER_HOURS",
        "",
        Hours.parse,
        "when people of the site are there for who is passed on to them, such as 'Mon-Fri 9:00-17:00'; empty: always",
    ),
    Setting("LANTERN_HANDOVER_ZONE", "UTC", zone, "time zone of these hours, such as America/New_York"),
    Setting(
        "LANTERN_HANDOVER_MINUTES",
        "15",
        whole(1, 1440),
        "minutes after which somebody who was passed on is told that nobody answered",
    ),
    Setting("LANTERN_OPERATOR", "", text, "who runs this service, as people know them; said before the first message"),
    Setting("LANTERN_SITE_NAME", "Lantern", text, "name of this service, shown at the top of its pages"),
    Setting(
        "LANTERN_SITE_ADDRESS",
        "",
        site_address,
        "address of this service as readers and messengers know it, such as https://lantern.hospital.example, for "
        "feeds, the sitemap and links in messengers; empty: as each caller names it, and messengers get no links",
    ),
    Setting("LANTERN_TRIALS_PAGE", "25", whole(5, 500), "studies on one page of the list of trials"),
    Setting("LANTERN_TRIALS_FEED", "100", whole(10, 1000), "most entries of a feed of trials, the newest ones"),
    Setting("LANTERN_TRIALS_ANSWER", "100", whole(1, 1000), "most studies in one answer of /api/v1/trials"),
)

HOME = tuple(row for row in STORAGE_ROWS if row.name == "LANTERN_HOME")


@dataclass(frozen=True)
class Settings:
    """Typed values of `ROWS`, with the folder of cards and secrets (`home`). Empty `region`: not known."""

    home: Path
    host: str = "127.0.0.1"
    port: int = 8080
    assistant_port: int = 5005
    studio_port: int = 0
    studio_body_bytes: int = 2_097_152
    region: str = ""
    body_bytes: int = 16384
    message_chars: int = 1000
    assistant_timeout_ms: int = 5000
    integrator_key: str = field(default="", repr=False)
    trusted_proxies: tuple[Network, ...] = ()
    hosts: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    rate_conversation: Rate = field(default_factory=lambda: Rate(20, 10))
    rate_address: Rate = field(default_factory=lambda: Rate(600, 60))
    body_seconds: int = 10
    connections: int = 500
    contact: str = ""
    contact_hours: str = ""
    handover_hours: Hours = field(default_factory=Hours)
    handover_zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    handover_minutes: int = 15
    channel_bytes: int = 262_144
    operator: str = ""
    site_name: str = "Lantern"
    site_address: str = ""
    trials_page: int = 25
    trials_feed: int = 100
    trials_answer: int = 100

    @property
    def answers_to(self) -> frozenset[str]:
        """Host names that requests may be meant for; empty for any.

        A service that only this machine can reach answers to no other name: otherwise a page elsewhere, whose name its
        owner lets point here, could speak to it as if it were the same site.
        """
        if self.hosts:
            return LOOPBACK_NAMES | frozenset(self.hosts)
        return LOOPBACK_NAMES if self.host in ("localhost", "127.0.0.1", "::1") else frozenset()

    @property
    def time_limit(self) -> float:
        """Seconds a reply may take."""
        return self.assistant_timeout_ms / 1000

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Raises `storage.settings.SettingError` for the first setting that is missing or wrong."""
        values = read((*HOME, *ROWS), environment)
        settings = cls(**{name.removeprefix("LANTERN_").lower(): value for name, value in values.items()})
        if settings.studio_port == settings.port:
            raise SettingError("LANTERN_STUDIO_PORT is that of LANTERN_PORT; leave it 0, and the studio is there, too")
        return settings
