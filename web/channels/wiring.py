"""Builds the channels that are switched on, once in a process."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Mapping

import aiohttp

from knowledge.phrases import Phrases
from records.announcements import CHANNEL as EVENTS
from records.wiring import Post, Records, now
from safety.numbers import Numbers
from web.channels import settings as channel_settings
from web.channels.contract import Adapter
from web.channels.courier import Courier, Sender
from web.channels.door import Channels, OpenLine
from web.channels.events import Events
from web.channels.line import HttpLine
from web.channels.responder import Responder
from web.channels.switchboard import CHANNEL as HANDOVER
from web.channels.switchboard import HelpDesk, Switchboard
from web.errors import StartRefused
from web.parts import Parts
from web.settings import Settings
from web.site import Site

CONNECT_SECONDS, CALL_SECONDS = 3.0, 10.0
"""Longest time in which a provider must accept a connection, and answer a call."""
KEPT_OPEN = 4.0
"""Seconds an idle connection to a provider is kept: so short that hardly any is closed over there under a message, of
which then nobody would know whether it arrived."""


def build(environment: Mapping[str, str], settings: Settings, records: Records, phrases: Phrases) -> Channels | None:
    """The channels of which anything is set, and the systems that are told what happens; None where there is none.
    Raises `SettingError` for settings that are missing, weak or placeholders, and `StartRefused` where they do not fit
    together."""
    home = settings.home
    adapters = [built(name, environment, settings) for name in channel_settings.switched_on(environment, home)]
    desk = help_desk(environment, settings, records, phrases)
    if desk is not None and not adapters:
        raise StartRefused(f"{desk.name} is set up, but no channel from which anybody could be passed on")
    events = _events(environment, settings, records)
    if not adapters and events is None:
        return None
    return assembled(adapters, settings, records, desk=desk, events=events)


def built(name: str, environment: Mapping[str, str], settings: Settings) -> Adapter:
    """The adapter of a channel that is switched on. Raises as `build` does."""
    given = channel_settings.given(name, environment, settings.home)
    return adapter_of(name, given, settings.site_address)


def adapter_of(name: str, given: Mapping[str, str], site_address: str, kind: type[Adapter] | None = None) -> Adapter:
    """The adapter of a channel with these settings; `kind`: another one in place of its own. Raises as `build` does."""
    values = channel_settings.values(name, given)
    try:
        return (kind or channel_settings.adapter(name)).from_settings({**values, "LANTERN_SITE_ADDRESS": site_address})
    except ValueError as fault:
        raise StartRefused(f"channel {name}: {fault}") from fault


def help_desk(
    environment: Mapping[str, str], settings: Settings, records: Records, phrases: Phrases
) -> HelpDesk | None:
    """Where people are passed on to, if anywhere. Raises as `build` does."""
    names = channel_settings.switched_on(environment, settings.home, channel_settings.HELP_DESKS)
    if len(names) > 1:
        raise StartRefused(f"people can be passed on to one help desk; {' and '.join(names)} are set up")
    if not names:
        return None
    kind: type[HelpDesk] = channel_settings.kind(names[0])
    values = channel_settings.values(names[0], channel_settings.given(names[0], environment, settings.home))
    return kind.from_settings({**values, "phrases": phrases}, post_of(settings, records).handovers)


def _events(environment: Mapping[str, str], settings: Settings, records: Records) -> Events | None:
    given = channel_settings.given("events", environment, settings.home)
    if not records.events:
        return None
    if not given:
        raise StartRefused("LANTERN_EVENTS_URL is set, but no secret to sign with; run: ./lantern channel add events")
    return Events.from_settings(channel_settings.values("events", given))


def post_of(settings: Settings, records: Records) -> Post:
    """The post of the gateway. It has the same name after a restart, so that it takes up what it left; and no other on
    this port has it."""
    return records.post(f"{socket.gethostname()}:{settings.port}")


def assembled(
    adapters: list[Adapter],
    settings: Settings,
    records: Records,
    line: OpenLine | None = None,
    desk: HelpDesk | None = None,
    events: Events | None = None,
) -> Channels:
    """The channels of these adapters, with the post of this process. `line`: another way out than the real one, for
    those that only simulate."""
    post = post_of(settings, records)
    line = line or HttpLine(connect, CALL_SECONDS)
    by_name = {adapter.name: adapter for adapter in adapters}
    senders = _senders(by_name, desk, events)

    def courier(parts: Parts) -> Courier:
        counted = parts.metrics.sent
        return Courier(post.outbox, senders, line, records.message_mark, time.monotonic, time.time, counted)

    def board(parts: Parts) -> Switchboard | None:
        return (
            None
            if desk is None
            else switchboard(by_name, settings, records, parts.phrases, parts.numbers, lambda: parts.site)
        )

    def responder(parts: Parts, courier: Courier, board: Switchboard | None) -> Responder:
        library = f"{settings.site_address}/library" if settings.site_address else ""
        return Responder(parts, post.inbox, courier, by_name, records.message_mark, now, library, board)

    news = post.announcements if events is not None else None
    mark = records.message_mark
    return Channels(adapters, responder, courier, board, post.outbox, line, mark, time.time, desk, news)


def _senders(adapters: Mapping[str, Adapter], desk: HelpDesk | None, events: Events | None) -> dict[str, Sender]:
    senders: dict[str, Sender] = {**adapters}
    if desk is not None:
        senders[HANDOVER] = desk
    if events is not None:
        senders[EVENTS] = events
    return senders


def senders_of(
    environment: Mapping[str, str], settings: Settings, records: Records, phrases: Phrases
) -> dict[str, Sender]:
    """All that brings letters to their receivers, by channel. Raises as `build` does."""
    names = channel_settings.switched_on(environment, settings.home)
    adapters = {name: built(name, environment, settings) for name in names}
    desk = help_desk(environment, settings, records, phrases)
    return _senders(adapters, desk, _events(environment, settings, records))


def switchboard(
    adapters: Mapping[str, Adapter],
    settings: Settings,
    records: Records,
    phrases: Phrases,
    numbers: Numbers,
    site: Callable[[], Site],
) -> Switchboard:
    """What connects people on these channels with those who run the site; `site` says when those are there."""
    return Switchboard(
        post_of(settings, records),
        adapters,
        phrases,
        numbers,
        now,
        site,
        records.message_mark,
    )


def connect() -> aiohttp.ClientSession:
    """A session for calls to providers. It has no cookies, and one time limit, for connecting: `HttpLine` has the one
    for a whole call."""
    connector = aiohttp.TCPConnector(limit=100, keepalive_timeout=KEPT_OPEN)
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS)
    return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar(), timeout=timeout)
