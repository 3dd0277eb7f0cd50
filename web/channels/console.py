"""What `./lantern channel` does: set a channel up, prove it, try it, and look after what could not be sent."""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import cast

from knowledge import wiring as knowledge_wiring
from knowledge.errors import KnowledgeError
from knowledge.phrases import read_phrases
from knowledge.settings import SHIPPED_CONTENT
from knowledge.wiring import Knowledge
from records import wiring as records_wiring
from records.wiring import Records
from safety import EMERGENCY_RULES, Rules, load_rules
from safety.numbers import Numbers
from web.channels import settings as channel_settings
from web.channels.checking import problems
from web.channels.contract import Adapter, Question
from web.channels.courier import Courier
from web.channels.door import PATH
from web.channels.errors import ChannelError, NotSent
from web.channels.line import HttpLine
from web.channels.settings import SettingError
from web.channels.simulation.bench import opened
from web.channels.simulation.provider import Heard, Provider
from web.channels.simulation.providers import provider
from web.channels.simulation.shipped import ShippedOnly
from web.channels.switchboard import CHANNEL as HANDOVER
from web.channels.switchboard import Released, Unknown, Word
from web.channels.wiring import CALL_SECONDS, adapter_of, built, connect, senders_of, switchboard
from web.errors import DoorError
from web.parts import Parts
from web.settings import Settings
from web.site import SiteSettings
from web.wiring import assembled, read_secret

Say = Callable[[str], None]
Ask = Callable[[str, bool], str]
SIMULATED_URL = "https://lantern.example.org"
"""Our own address in simulations, where none is set."""
WRITE_SECONDS = 30.0


class NotSetUp(ChannelError):
    """A channel cannot be used as it is set up. The message says what to do."""


# Setting up ----------------------------------------------------------------------------------------------------


def add(name: str, environment: Mapping[str, str], given: Mapping[str, str], ask: Ask | None, say: Say) -> int:
    """Asks for what the channel needs, unless it is `given` or set already, and keeps it in a file of its owner. `ask`
    None: nobody can be asked. Raises `SettingError` and `NotSetUp`."""
    home = Settings.from_environment(environment).home
    questions = channel_settings.kind(name).questions
    unknown = set(given) - {question.setting.name for question in questions}
    if unknown:
        raise NotSetUp(f"{name} has no setting {', '.join(sorted(unknown))}")
    known = channel_settings.given(name, environment, home)
    kept: dict[str, str] = {}
    made: list[str] = []
    for question in questions:
        setting = question.setting
        value = given.get(setting.name, known.get(setting.name, ""))
        if not value and ask is not None:
            value = _asked(question, ask, say)
        if not value and question.make is not None:
            value = question.make()
            made.append(f"{setting.name}={value}")
        if value:
            kept[setting.name] = value
    channel_settings.values(name, kept)
    settings = Settings.from_environment(environment)
    if name in channel_settings.ADAPTERS:
        built(name, {**environment, **kept}, settings)
    file = channel_settings.file_of(home, name)
    channel_settings.keep(file, kept)
    say(f"Kept in {file}, for its owner alone.")
    _say_what_is_next(name, made, settings, say)
    return 0


def _say_what_is_next(name: str, made: Sequence[str], settings: Settings, say: Say) -> None:
    address = settings.site_address or f"http://127.0.0.1:{settings.port}"
    for line in made:
        say(f"Made for you, to be entered at the other end: {line}")
    if name in channel_settings.ADAPTERS:
        say(f"Enter at the other end: {address}{PATH}{name}")
        if not settings.site_address:
            say("That is its address on this machine. For whoever is elsewhere set LANTERN_SITE_ADDRESS, which replies")
            say("link to as well (docs/operations.md, Let others in).")
        say(f"Then: ./lantern channel check {name}, and start Lantern anew.")
        return
    if name in channel_settings.HELP_DESKS and channel_settings.kind(name).listens:
        say(f"Enter at the other end: {address}{PATH}{HANDOVER}")
    say("Then start Lantern anew.")


def _asked(question: Question, ask: Ask, say: Say) -> str:
    setting = question.setting
    say(f"\n{setting.name}: {setting.meaning}\n  {question.where}")
    while True:
        value = ask("  value: ", setting.secret)
        if not value and (question.make is not None or setting.default is not None):
            return ""
        try:
            setting.parse(value)
            return value
        except ValueError as fault:
            say(f"  That will not do: {fault}.")


# Proving -------------------------------------------------------------------------------------------------------


async def check(names: Sequence[str], environment: Mapping[str, str], live: bool, say: Say) -> int:
    """Checks these channels with their own settings, or with made-up ones where nothing is set; 1 if any has a
    problem."""
    failed = 0
    settings, rules = Settings.from_environment(environment), load_rules(EMERGENCY_RULES)
    for name in names:
        begun = time.monotonic()
        try:
            given = channel_settings.given(name, environment, settings.home)
            found = await checked(name, given, rules, settings.site_address)
            if live and given:
                found += await _live(built(name, environment, settings))
        except (SettingError, DoorError) as fault:
            given, found = {}, [f"settings: {fault}"]
        how = "with its settings" if given else "not set up; checked with made-up settings"
        word = "no problems" if not found else f"{len(found)} problem{'s' * (len(found) != 1)}"
        say(f"{name} ({how}): {word} in {time.monotonic() - begun:.0f} s")
        for problem in found:
            say(f"  - {problem}")
        failed += bool(found)
    if failed:
        say("Mend what is listed and run ./lantern channel check again.")
    return 1 if failed else 0


async def checked(
    name: str,
    given: Mapping[str, str],
    rules: Rules,
    site_address: str = "",
    kind: type[Adapter] | None = None,
) -> list[str]:
    """The problems of a channel with these settings, or with made-up ones where there are none. `rules`: those of
    emergencies; `kind`: an adapter in place of its own. Nothing of this installation is touched. Raises
    `SettingError`."""
    simulation = provider(name)
    site_address = site_address or SIMULATED_URL
    settings = dict(given) or simulation.sample_settings()
    adapter = adapter_of(name, settings, site_address, kind)
    with tempfile.TemporaryDirectory(prefix="lantern-check-") as folder:
        environment = {"LANTERN_HOME": folder, "LANTERN_REGION": "US"}
        with ExitStack() as stack:
            shipped = cast(Knowledge, ShippedOnly())
            parts, records = _simulated(environment, shipped, stack, secrets.token_bytes(32), rules)
            return await problems(adapter, simulation(settings, site_address), parts, records)


async def _live(adapter: Adapter) -> list[str]:
    line = HttpLine(connect, CALL_SECONDS)
    try:
        await adapter.reach(line, time.time())
        return []
    except NotSent as fault:
        return [f"live: the provider says: {fault.fault}"]
    finally:
        await line.close()


def _simulated(
    environment: Mapping[str, str], knowledge: Knowledge, stack: ExitStack, secret: bytes, rules: Rules | None = None
) -> tuple[Parts, Records]:
    """The parts of a door whose record lies in a folder that goes with the simulation."""
    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="lantern-simulated-"))
    records = records_wiring.build({"LANTERN_HOME": folder})
    stack.callback(records.engine.dispose)
    records.store.migrate()
    settings = Settings.from_environment(environment)
    return assembled(settings, knowledge, records, secret, rules=rules), records


# Trying --------------------------------------------------------------------------------------------------------


async def simulate(name: str, environment: Mapping[str, str], read: Callable[[], str], say: Say) -> int:
    """A talk in the terminal, shown as the channel shows it. A number presses a choice; an empty line ends the talk."""
    settings = Settings.from_environment(environment)
    simulation = provider(name)
    given = channel_settings.given(name, environment, settings.home) or simulation.sample_settings()
    site_address = settings.site_address or SIMULATED_URL
    adapter = adapter_of(name, given, site_address)
    with ExitStack() as stack:
        secret = _secret(settings.home)
        parts, records = _simulated(environment, knowledge_wiring.build(environment), stack, secret)
        say("Reading what is published ...")
        with suppress(KnowledgeError):  # then cards and phrases are all there is
            await asyncio.to_thread(parts.knowledge.live)
        say("Type a message; the number of a choice presses it; an empty line ends the talk. Nothing of it is kept.")
        async with opened(adapter, simulation(given, site_address), parts, records) as bench:
            last: list[Heard] = []
            while text := (await asyncio.to_thread(read)).strip():
                last = await (_pressed(bench.provider, last, text, bench.sent, bench.new_id()) or bench.write(text))
                for heard in last:
                    say(_drawn(heard))
    return 0


def _secret(home: Path) -> bytes:
    try:
        return read_secret(home / "secrets" / "assistant")
    except Exception:
        # Not set up yet: the assistant is away, and questions are answered by search if at all.
        return secrets.token_bytes(32)


def _pressed(
    simulated: Provider,
    last: Sequence[Heard],
    text: str,
    send: Callable[..., Awaitable[list[Heard]]],
    message_id: str,
) -> Awaitable[list[Heard]] | None:
    shown = next((heard for heard in reversed(last) if heard.choices), None)
    if shown is None or not text.isdecimal() or not 1 <= int(text) <= len(shown.choices):
        return None
    return send(simulated.press(shown, shown.choices[int(text) - 1], message_id, time.time()))


def _drawn(heard: Heard) -> str:
    choices = "".join(f"\n  [{number}] {title}" for number, title in enumerate(heard.choices, 1))
    return f"\n{heard.text}{choices}\n"


# Dead letters --------------------------------------------------------------------------------------------------


def dead(environment: Mapping[str, str], say: Say) -> int:
    """Lists what could not be sent, without a word of it."""
    letters = _records(environment).post("staff").outbox.dead_letters()
    for letter in letters:
        again = "can be sent again" if letter.whole else "cannot be sent again: its content is erased"
        tries = f"{letter.attempts} tr{'y' if letter.attempts == 1 else 'ies'}"
        say(
            f"{letter.id:6}  {letter.created_at:%Y-%m-%d %H:%M}  {letter.channel:10}  {letter.fault} ({tries}; {again})"
        )
    say(f"{len(letters)} dead letter{'s' * (len(letters) != 1)}.")
    return 0


def resend(letter: int | None, environment: Mapping[str, str], say: Say) -> int:
    """Makes dead letters due again; a running gateway or worker sends them. Raises `NotSetUp` where there is none."""
    records = _records(environment)
    count = records.post("staff").outbox.send_again(letter).result(WRITE_SECONDS)
    records.recorder.close(WRITE_SECONDS)
    if not count:
        raise NotSetUp("there is no such dead letter that can be sent again; see ./lantern channel dead")
    say(f"{count} message{'s' * (count != 1)} will be sent again.")
    return 0


async def deliver(environment: Mapping[str, str], say: Say) -> int:
    """Sends all that is due, once: for another process that helps the gateway, or a scheduler."""
    settings, records = Settings.from_environment(environment), _records(environment)
    phrases = read_phrases(SHIPPED_CONTENT)
    line = HttpLine(connect, CALL_SECONDS)
    senders = senders_of(environment, settings, records, phrases)
    post = records.post(f"{socket.gethostname()}:deliver:{os.getpid()}")
    courier = Courier(post.outbox, senders, line, records.message_mark, time.monotonic, time.time)
    try:
        tried = await courier.deliver_due()
    finally:
        await line.close()
        records.recorder.close(WRITE_SECONDS)
    say(f"{tried} message{'s' * (tried != 1)} tried.")
    return 0


# Handovers -----------------------------------------------------------------------------------------------------


def handovers(environment: Mapping[str, str], say: Say) -> int:
    """Lists who waits for a person, or talks with one."""
    found = _records(environment).post("staff").handovers.open_ones()
    for row in found:
        state = "waits" if row.answered_at is None else f"answered {row.answered_at:%H:%M}"
        say(f"{row.id}  {row.opened_at:%Y-%m-%d %H:%M}  {row.channel:10}  {row.facts['locale']}  {state}")
    say(f"{len(found)} open handover{'s' * (len(found) != 1)}.")
    return 0


def from_staff(event: Word | Released, environment: Mapping[str, str], say: Say) -> int:
    """Brings the words of somebody of the site to a person, or gives them back to the assistant. Raises `NotSetUp`."""
    settings, records = Settings.from_environment(environment), _records(environment)
    switched_on = channel_settings.switched_on(environment, settings.home)
    adapters = {name: built(name, environment, settings) for name in switched_on}
    site = SiteSettings.read(settings.home).over(settings)
    phrases, numbers = read_phrases(SHIPPED_CONTENT), Numbers.load()
    board = switchboard(adapters, settings, records, phrases, numbers, lambda: site)
    try:
        (board.wrote(event) if isinstance(event, Word) else board.released(event)).result(WRITE_SECONDS)
    except Unknown:
        raise NotSetUp("there is no such handover, or it is over; see ./lantern channel handovers") from None
    finally:
        records.recorder.close(WRITE_SECONDS)
    say("It will be sent." if isinstance(event, Word) else "They are with the assistant again.")
    return 0


def _records(environment: Mapping[str, str]) -> Records:
    records = records_wiring.build(environment)
    records.store.require_current()
    return records
