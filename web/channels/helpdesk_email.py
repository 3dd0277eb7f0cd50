"""A help desk that is a mailbox: somebody reads there that a person asks for them, and answers with a command."""

from __future__ import annotations

import asyncio
import smtplib
from collections.abc import Mapping
from email.message import EmailMessage
from typing import Any

from knowledge.phrases import Phrases
from records.mail import MailServer, NoEncryption, mailbox, server_address
from web.channels.contract import Letter, Line, Question, Setting
from web.channels.errors import KeyRefused, NotNow, Rejected, Unsure
from web.channels.switchboard import HelpDesk, References
from web.messages import LOCALES


class EmailDesk(HelpDesk):
    name = "handover-email"
    questions = (
        Question(
            Setting("LANTERN_HANDOVER_MAIL_TO", None, mailbox, "address of the mailbox"), "Where your staff read mail."
        ),
        Question(
            Setting("LANTERN_HANDOVER_MAIL_FROM", None, mailbox, "address that the mail comes from"),
            "One that your mail server lets this installation send from.",
        ),
        Question(
            Setting("LANTERN_HANDOVER_MAIL_SERVER", None, server_address, "mail server, as host:port"),
            "Your mail provider's guide: the SMTP server, port 587 (STARTTLS) or 465 (TLS).",
        ),
        Question(
            Setting("LANTERN_HANDOVER_MAIL_USER", "", str.strip, "name to log in with; empty: without"),
            "Often the address that the mail comes from.",
        ),
        Question(
            Setting("LANTERN_HANDOVER_MAIL_PASSWORD", "", str.strip, "password to log in with", secret=True),
            "Leave it empty where no name is needed.",
        ),
    )
    repeatable = True
    listens = False

    def __init__(
        self, to: str, sender: str, server: tuple[str, int], user: str, password: str, phrases: Phrases
    ) -> None:
        self._to, self._from, self._phrases = to, sender, phrases
        self._server = MailServer(server, user, password)

    @classmethod
    def from_settings(cls, values: Mapping[str, Any], references: References) -> EmailDesk:
        to, sender, server, user, password = (
            values[f"LANTERN_HANDOVER_MAIL_{name}"] for name in ("TO", "FROM", "SERVER", "USER", "PASSWORD")
        )
        return cls(to, sender, server, user, password, values["phrases"])

    async def send(self, letter: Letter, line: Line) -> str | None:
        try:
            await asyncio.to_thread(self._server.send, self._message(letter))
        except NoEncryption as fault:
            raise KeyRefused(str(fault)) from None
        except smtplib.SMTPAuthenticationError as fault:
            raise KeyRefused(f"mail server, code {fault.smtp_code}") from None
        except smtplib.SMTPResponseException as fault:
            raise (NotNow if fault.smtp_code < 500 else Rejected)(f"mail server, code {fault.smtp_code}") from None
        except smtplib.SMTPRecipientsRefused as fault:
            code = max((code for code, _ in fault.recipients.values()), default=0)
            raise (NotNow if code < 500 else Rejected)(f"mail server refuses the mailbox, code {code}") from None
        except smtplib.SMTPServerDisconnected:
            raise Unsure("mail server hung up") from None
        except (OSError, smtplib.SMTPException) as fault:
            raise NotNow(f"mail server not reached: {type(fault).__name__}") from None
        return None

    def _message(self, letter: Letter) -> EmailMessage:
        event, mail = letter.address, EmailMessage()
        handover = str(event["handover"])
        mail["From"], mail["To"] = self._from, self._to
        mail["Subject"] = self._say("staff_mail_subject", handover=handover)
        host = self._from.rpartition("@")[2]
        # The same for the same event: a mail program shows a second copy once.
        mail["Message-ID"] = f"<{letter.key}@{host}>"
        if event["type"] != "handover.requested":
            mail["In-Reply-To"] = mail["References"] = f"<handover-{handover}-request@{host}>"
        mail.set_content(self._words(letter, handover))
        return mail

    def _words(self, letter: Letter, handover: str) -> str:
        event = letter.address
        if event["type"] == "handover.message":
            return letter.page.text
        if event["type"] == "handover.ended":
            return self._say(f"staff_ended_{event['by']}")
        said = self._say("staff_mail_requested", channel=event["channel"], language=event["locale"], handover=handover)
        rows = [
            f"{row['at']}\n> {row['person'] or ''}\n\n" + "\n\n".join(row["assistant"]) for row in event["transcript"]
        ]
        return "\n\n".join([said, *rows])

    def _say(self, key: str, **slots: str) -> str:
        return self._phrases.say(LOCALES[0], key, **slots)
