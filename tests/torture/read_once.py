"""Read before processes are forked: what every gateway of `channel_gateway` reads at its start."""

from __future__ import annotations

from tests.torture.channel_gateway import phrases, rules

rules()
phrases()
