"""By what staff prove who they are: passwords, kept as argon2id hashes, and one-time codes of an authenticator app."""

from __future__ import annotations

import datetime as dt
import functools
import re
import secrets
from contextlib import suppress

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

SHORTEST_PASSWORD, LONGEST_PASSWORD = 12, 256
"""Characters. A long password of any signs is worth more than a short one of many kinds (NIST SP 800-63B, 5.1.1.2)."""

_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
"""The argon2id parameters that the OWASP Password Storage Cheat Sheet names first; `memory_cost` is in KiB."""
_SIGNS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Signs that nobody mistakes for one another, read out or on paper."""
_STEP_SECONDS = 30
_NEIGHBOURS = (0, -1, 1)
"""Codes of the moment, the one before and the one after: clocks of phones are seldom exact."""


def password_hash(password: str) -> str:
    return _HASHER.hash(_bytes(password))


@functools.cache
def hash_of_nobody() -> str:
    """Of a password that nobody has: a name that is unknown takes as long to refuse as a wrong password."""
    return password_hash(secrets.token_hex(16))


def is_password(password: str, kept: str) -> bool:
    """Whether `kept` is a hash of this password. Takes about 30 ms, right or wrong."""
    with suppress(Argon2Error, InvalidHashError):
        return _HASHER.verify(kept, _bytes(password))
    return False


def password_fault(password: str, name: str) -> str | None:
    """What is wrong with a password that somebody chose; None for nothing."""
    if len(password) < SHORTEST_PASSWORD:
        return f"Take at least {SHORTEST_PASSWORD} characters; three or four words are easy to keep in mind."
    if len(password) > LONGEST_PASSWORD:
        return f"Take at most {LONGEST_PASSWORD} characters."
    if len(set(password.casefold())) < 5:
        return "This password repeats a few signs; take three or four words."
    if name.casefold() in password.casefold():
        return "Leave your name out of the password."
    return None


def new_password() -> str:
    """One to give out, of 78 random bits: it is to be replaced by whoever gets it."""
    groups = ("".join(secrets.choice(_SIGNS) for _ in range(4)) for _ in range(4))
    return "-".join(groups)


def new_code_secret() -> str:
    return pyotp.random_base32()


def is_code_secret(text: str) -> bool:
    """Whether this can be one of `new_code_secret`: it comes back in a form."""
    return re.fullmatch("[A-Z2-7]{32}", text) is not None


def code_address(secret: str, name: str, site: str) -> str:
    """What an authenticator app reads: the secret, and what to call it."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=site)


def code_step(code: str, secret: str, at: dt.datetime) -> int | None:
    """The number of the step of time that this code belongs to; None for a wrong one. No step may be used twice."""
    given = "".join(code.split())
    now = int(at.timestamp()) // _STEP_SECONDS
    for step in (now + shift for shift in _NEIGHBOURS):
        if pyotp.utils.strings_equal(given, pyotp.TOTP(secret).at(step * _STEP_SECONDS)):
            return step
    return None


def _bytes(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")
