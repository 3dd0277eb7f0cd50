"""A mail server, and how it is asked: over an encrypted line, or on this machine."""

from __future__ import annotations

import re
import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage

SECONDS = 10.0
"""Longest wait for a mail server's answer."""
TLS_PORT = 465
ON_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")


class NoEncryption(smtplib.SMTPException):
    """The mail server offers none, and what goes to it could be read on the way."""


@dataclass(frozen=True)
class MailServer:
    """`user` is empty where nobody has to log in."""

    address: tuple[str, int]
    user: str = ""
    password: str = field(default="", repr=False)

    def send(self, mail: EmailMessage) -> None:
        """Raises `smtplib.SMTPException` or `OSError`."""
        host, port = self.address
        context = ssl.create_default_context()
        if port == TLS_PORT:
            server: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=SECONDS, context=context)
        else:
            server = smtplib.SMTP(host, port, timeout=SECONDS)
        with server:
            server.ehlo_or_helo_if_needed()
            if port != TLS_PORT and server.has_extn("starttls"):
                server.starttls(context=context)
            elif port != TLS_PORT and host not in ON_THIS_MACHINE:
                raise NoEncryption("the mail server offers no encryption")
            if self.user:
                server.login(self.user, self.password)
            server.send_message(mail)


def mailbox(value: str) -> str:
    """Parses an e-mail address. Raises `ValueError`."""
    if not re.fullmatch(r"[^@\s<>]{1,64}@[A-Za-z0-9.-]{1,190}", value.strip()):
        raise ValueError("give an address such as desk@hospital.example")
    return value.strip()


def server_address(value: str) -> tuple[str, int]:
    """Parses host:port. Raises `ValueError`."""
    host, _, port = value.strip().rpartition(":")
    if not re.fullmatch(r"[A-Za-z0-9.-]{1,190}", host) or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ValueError("give a host and a port, such as mail.hospital.example:587")
    return host, int(port)
