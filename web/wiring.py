"""Builds the real door, once in a process. The only module here that reads the environment."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import aiohttp

from knowledge import wiring as knowledge_wiring
from knowledge.wiring import Knowledge
from records import wiring as records_wiring
from records.wiring import Records
from safety import EMERGENCY_RULES, Rules, load_rules
from web.assistant import Assistant, Breaker
from web.channels import wiring as channels_wiring
from web.channels.door import Channels
from web.errors import StartRefused
from web.limits import Limits
from web.logs import MessageLog
from web.metrics import Metrics
from web.parts import Parts
from web.settings import Settings
from web.site import SiteSettings

FEWEST_SECRET_BYTES = 16
RECORD_THREADS = 4
KEPT_OPEN = 4.0
"""Seconds an idle connection to the assistant is kept: less than the assistant's own 5, so that it closes none under a
message."""


def build(environment: Mapping[str, str]) -> Parts:
    """The real parts. Raises `StartRefused`, or `SettingError` and the errors of `knowledge.wiring.build`."""
    settings = Settings.from_environment(environment)
    knowledge = knowledge_wiring.build(environment)
    knowledge.store.require_no_other()
    records = records_wiring.build(environment)
    records.store.require_no_other()
    secret = read_secret(settings.home / "secrets" / "assistant")
    return assembled(
        settings, knowledge, records, secret, channels_wiring.build(environment, settings, records, knowledge.phrases)
    )


def assembled(
    settings: Settings,
    knowledge: Knowledge,
    records: Records,
    secret: bytes,
    channels: Channels | None = None,
    rules: Rules | None = None,
) -> Parts:
    """The parts of a door. `secret` is shared with the assistant; `rules` are those of emergencies, where they are made
    already: that takes seconds."""
    rules = rules or load_rules(EMERGENCY_RULES)
    metrics = Metrics(rules.cards)
    return Parts(
        settings=settings,
        rules=rules,
        cards=knowledge.cards,
        numbers=knowledge.numbers,
        phrases=knowledge.phrases,
        knowledge=knowledge,
        card_sources=knowledge.card_sources,
        assistant=line_to_assistant(settings, secret, metrics),
        recorder=records.recorder,
        retention=records.retention,
        staff=records.staff,
        kept=records.store,
        outbox=records.post("studio").outbox,
        clock=records_wiring.now,
        identify=records.conversation_id,
        limits=Limits(settings.rate_conversation, settings.rate_address, time.monotonic, metrics.limited),
        metrics=metrics,
        message_log=MessageLog(secrets.token_bytes(16)),
        records_threads=ThreadPoolExecutor(RECORD_THREADS, "records"),
        extensions=[channels] if channels is not None else [],
        site_settings=SiteSettings.read(settings.home),
    )


def line_to_assistant(settings: Settings, secret: bytes, metrics: Metrics) -> Assistant:
    """The line to the assistant on this machine. It asks no proxy, keeps no cookies and has no limit of its own on
    connections: patients' words stay here, and whoever waits is given up by the time limit."""

    def connect() -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=KEPT_OPEN, use_dns_cache=False)
        # `Assistant` has the time limit, for retries and all.
        no_limit, no_cookies = aiohttp.ClientTimeout(), aiohttp.DummyCookieJar()
        return aiohttp.ClientSession(connector=connector, cookie_jar=no_cookies, timeout=no_limit)

    address = f"http://127.0.0.1:{settings.assistant_port}"
    breaker = Breaker(time.monotonic)
    return Assistant(connect, address, secret, breaker, time.time, settings.time_limit, metrics.assistant_called)


def read_secret(file: Path) -> bytes:
    """The secret that web and assistant share, kept as hex. Raises `StartRefused`."""
    try:
        secret = bytes.fromhex(file.read_text(encoding="ascii").strip())
    except (OSError, ValueError) as fault:
        raise StartRefused(f"{file} cannot be read as the assistant's secret; './lantern up' makes it") from fault
    if len(secret) < FEWEST_SECRET_BYTES:
        raise StartRefused(f"{file} is too short a secret; remove it, and './lantern up' makes a new one")
    return secret


def from_environment() -> Parts:
    """The parts of this process, as its environment says."""
    return build(os.environ)
