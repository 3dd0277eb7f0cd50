"""The settings of channels: from the environment, or from files of their owner alone in `LANTERN_HOME/secrets`.

A channel is switched on by giving any of its settings; then those without a default must all be there.
"""

from __future__ import annotations

import importlib
import os
import re
import stat
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from storage.settings import Setting, SettingError, read
from web.channels.contract import Adapter
from web.channels.signatures import provider_secret
from web.settings import LOOPBACK_NAMES

ADAPTERS = {
    "webhook": "web.channels.webhook:Webhook",
    "whatsapp": "web.channels.whatsapp:WhatsApp",
    "messenger": "web.channels.messenger:Messenger",
    "twilio": "web.channels.twilio:Twilio",
    "slack": "web.channels.slack:Slack",
    "telegram": "web.channels.telegram:Telegram",
    "teams": "web.channels.teams:Teams",
    "mattermost": "web.channels.mattermost:Mattermost",
}
"""Channel -> its adapter. A module is loaded only for a channel that is switched on: some bring large packages."""
HELP_DESKS = {
    "handover-webhook": "web.channels.helpdesk_webhook:WebhookDesk",
    "handover-email": "web.channels.helpdesk_email:EmailDesk",
    "handover-chatwoot": "web.channels.helpdesk_chatwoot:ChatwootDesk",
}
"""Where people are passed on to; at most one of them."""
EVENTS = {"events": "web.channels.events:Events"}
EVERY = {**ADAPTERS, **HELP_DESKS, **EVENTS}
"""All that is set up by name."""

_ADDRESS = re.compile(r"(https?)://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?(/[!-~]*)?")
_LINE = re.compile(r"([A-Z][A-Z0-9_]*)=(.*)")


def adapter(name: str) -> type[Adapter]:
    """The class of a channel's adapter. Raises `KeyError` for a channel that does not exist."""
    found: type[Adapter] = kind(name)
    return found


def kind(name: str) -> Any:
    """The class of what is set up by this name; it has `questions`. Raises `KeyError`."""
    module, _, found = EVERY[name].partition(":")
    return getattr(importlib.import_module(module), found)


def rows(name: str) -> tuple[Setting, ...]:
    return tuple(question.setting for question in kind(name).questions)


def file_of(home: Path, name: str) -> Path:
    """Where `./lantern channel add` keeps the settings of a channel."""
    return home / "secrets" / f"channel-{name}"


def given(name: str, environment: Mapping[str, str], home: Path) -> dict[str, str]:
    """What is set of a channel; the environment wins over the file. Raises `SettingError` for a file that others may
    read, or that is not of lines NAME=value."""
    names = {row.name for row in rows(name)}
    kept = {**_kept(file_of(home, name)), **{key: value for key, value in environment.items() if value.strip()}}
    return {key: value for key, value in kept.items() if key in names}


def values(name: str, settings: Mapping[str, str]) -> dict[str, Any]:
    """The values of a channel's settings. Raises `SettingError` for the first that is missing, wrong or weak."""
    return read(rows(name), settings)


def switched_on(environment: Mapping[str, str], home: Path, among: Collection[str] = ADAPTERS) -> list[str]:
    """Those of which anything is set, by name. Raises `SettingError`."""
    return [name for name in among if given(name, environment, home)]


def problems(environment: Mapping[str, str], home: Path) -> dict[str, str]:
    """Every setting of all that is set up by name, and what is wrong with it; "" for nothing."""
    found: dict[str, str] = {}
    for name in EVERY:
        try:
            settings = given(name, environment, home)
        except SettingError as error:
            settings, found[str(file_of(home, name))] = {}, str(error)
        for row in rows(name):
            try:
                if settings:
                    read([row], settings)
                found[row.name] = ""
            except SettingError as error:
                found[row.name] = str(error)
    return found


def _kept(file: Path) -> dict[str, str]:
    try:
        mode = file.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):  # a home that is none is named elsewhere
        return {}
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise SettingError(f"{file} may be read by others; run: chmod 600 {file}")
    found = {}
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        match = _LINE.fullmatch(line.strip())
        if match is None and line.strip():
            raise SettingError(f"{file}, line {number}, is not NAME=value")
        if match is not None:
            found[match[1]] = match[2]
    return found


def keep(file: Path, settings: Mapping[str, str]) -> None:
    """Writes a channel's settings, for their owner alone; all of them or none."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = file.with_name(f"{file.name}.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as written:
        written.writelines(f"{name}={value}\n" for name, value in settings.items())
    fresh.replace(file)


# Kinds of settings ---------------------------------------------------------------------------------------------


def secret_setting(name: str, parse: Callable[[str], Any] = provider_secret, meaning: str = "") -> Setting:
    """A secret without a default."""
    return Setting(name, None, parse, meaning, secret=True)


def own_token_setting(name: str, meaning: str) -> Setting:
    """A secret that is ours to make, and is typed in at the provider."""
    return secret_setting(name, provider_secret, meaning)


def matching(pattern: str, what: str) -> Callable[[str], str]:
    """A parser of values that the whole pattern matches; `what` tells what to give."""

    def parse(value: str) -> str:
        if not re.fullmatch(pattern, value.strip()):
            raise ValueError(f"give {what}")
        return value.strip()

    return parse


def secrets_in_use(value: str) -> tuple[str, ...]:
    """Parses one secret of a provider, or two with a comma while it changes. Raises `ValueError`."""
    words = [word for word in value.split(",") if word.strip()]
    if not 1 <= len(words) <= 2:
        raise ValueError("give one, or two with a comma while you change it")
    return tuple(provider_secret(word) for word in words)


def digits(value: str) -> str:
    """Parses an id of digits. Raises `ValueError`."""
    if not re.fullmatch(r"\d{3,30}", value.strip()):
        raise ValueError("give its digits")
    return value.strip()


def address(value: str) -> str:
    """Parses an https address; http only for this machine. Raises `ValueError`."""
    word = value.strip()
    found = _ADDRESS.fullmatch(word)
    if found is None:
        raise ValueError("give an address such as https://system.example.org/replies")
    if found[1] == "http" and found[2].lower() not in LOOPBACK_NAMES:
        raise ValueError("what goes by http can be read on its way; give an https address")
    return word.rstrip("/")


def called_address(values: Mapping[str, Any]) -> str:
    """Where providers call us, by the address of the site; "" where that is not set. Raises `ValueError`."""
    try:
        return address(values["LANTERN_SITE_ADDRESS"]) if values["LANTERN_SITE_ADDRESS"] else ""
    except ValueError as fault:
        raise ValueError(f"LANTERN_SITE_ADDRESS: {fault}") from None


def address_setting(name: str, default: str | None, meaning: str) -> Setting:
    return Setting(name, default, address, meaning)
