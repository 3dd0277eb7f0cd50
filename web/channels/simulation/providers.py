"""Which simulated provider belongs to which channel."""

from __future__ import annotations

import importlib

from web.channels.simulation.provider import Provider

PROVIDERS = {
    "webhook": "web.channels.simulation.webhook:WebhookSystem",
    "whatsapp": "web.channels.simulation.whatsapp:WhatsAppProvider",
    "messenger": "web.channels.simulation.messenger:MessengerProvider",
    "twilio": "web.channels.simulation.twilio:TwilioProvider",
    "slack": "web.channels.simulation.slack:SlackProvider",
    "telegram": "web.channels.simulation.telegram:TelegramProvider",
    "teams": "web.channels.simulation.teams:TeamsProvider",
    "mattermost": "web.channels.simulation.mattermost:MattermostServer",
}


def provider(name: str) -> type[Provider]:
    """The simulated provider of a channel. Raises `KeyError` for one that does not exist."""
    module, _, kind = PROVIDERS[name].partition(":")
    found: type[Provider] = getattr(importlib.import_module(module), kind)
    return found
