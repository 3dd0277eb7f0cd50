"""The door of tests/web, for faults that need no process of their own."""

from __future__ import annotations

from tests.web.conftest import assistant, client, parts, phrases, rules

__all__ = ["assistant", "client", "parts", "phrases", "rules"]
