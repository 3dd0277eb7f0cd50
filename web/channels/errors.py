"""What can go wrong between us and a provider.

ChannelError
├── BadSignature      a request that its provider did not sign, or too long ago; never says what was expected
├── Malformed         signed, but not of a shape that is documented
└── NotSent           a message that was not accepted; `fault` says why, in words that repeat nothing of it
    ├── NotNow        it certainly did not arrive and may in a while: busy, rate limit, a fault over there
    ├── KeyRefused    the provider does not accept our key; nothing arrives until somebody renews it
    ├── Rejected      the provider will never take this message
    └── Unsure        nobody knows whether it arrived: the connection broke, or no answer came in time
"""

from __future__ import annotations

from web.errors import DoorError


class ChannelError(DoorError):
    """Base of the errors of channels."""


class BadSignature(ChannelError):
    """The request is not shown to come from its provider. The message is for our tests and goes to nobody."""


class Malformed(ChannelError):
    """A signed request that is not of the documented shape. The message says what is missing, and repeats no value."""


class NotSent(ChannelError):
    """The provider did not take a message."""

    def __init__(self, fault: str) -> None:
        self.fault = fault[:120]
        super().__init__(fault)


class NotNow(NotSent):
    """It can be tried again after `wait` seconds; None where the provider does not say."""

    def __init__(self, fault: str, wait: float | None = None) -> None:
        super().__init__(fault)
        self.wait = wait


class KeyRefused(NotSent):
    """Somebody has to renew the key of this channel."""


class Rejected(NotSent):
    """Trying again would change nothing."""


class Unsure(NotSent):
    """It may have arrived."""
