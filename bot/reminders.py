"""Mail to staff about answers that are due for review: at most one a week to each, and none without a reason."""

from __future__ import annotations

import smtplib
from collections.abc import Callable, Sequence
from email.message import EmailMessage

from bot.worker import NotDone
from knowledge.model import Entry
from knowledge.phrases import Phrases
from records.settings import ReminderMail
from records.staff_reminders import Reminded, StaffReminders

DAYS_AHEAD = 30
"""Reviews that come within so many days are a reason to write."""
NAMED = 20
"""Answers that a mail names; the others are counted."""
LOCALE = "en"
PERMANENT = 500
"""From this code on a mail server takes no second try (RFC 5321, 4.2.1)."""


def remind(
    people: StaffReminders, mail: ReminderMail, due: Callable[[], Sequence[Entry]], phrases: Phrases
) -> str | None:
    """Writes to everybody who is to be reminded now. Returns what was done, None for nothing. Raises `NotDone` where
    the mail server cannot be asked; whoever got no mail is written to with the next run."""
    waiting = people.to_be_mailed()
    entries = due() if waiting else ()
    if not entries:
        return None
    sent = refused = 0
    for one in waiting:
        if not people.claim(one):
            continue
        try:
            mail.server.send(letter(mail.sender, one, entries, phrases))
            sent += 1
        except smtplib.SMTPRecipientsRefused as fault:
            # An address that somebody mistyped is no fault of the server; it is tried again in a week.
            refused += 1
            if all(code < PERMANENT for code, _ in fault.recipients.values()):
                people.not_sent(one)
        except smtplib.SMTPServerDisconnected:
            # Nobody knows whether it went out: rather none this week than two.
            raise NotDone("the mail server hung up; look at LANTERN_REMINDER_MAIL_SERVER") from None
        except (OSError, smtplib.SMTPException) as fault:
            people.not_sent(one)
            # Not the fault's own text: it may name the address.
            what = type(fault).__name__
            raise NotDone(f"the mail server took no mail ({what}); look at LANTERN_REMINDER_MAIL_SERVER") from None
    said = f"reminded {sent} of {len(waiting)} people"
    return f"{said}; the mail server refused {refused} of their addresses" if refused else said


def letter(sender: str, one: Reminded, entries: Sequence[Entry], phrases: Phrases) -> EmailMessage:
    """What somebody is told: the answers, the earliest first."""
    mail = EmailMessage()
    mail["From"], mail["To"] = sender, one.mail
    mail["Subject"] = phrases.say(LOCALE, "staff_reminder_subject", count=str(len(entries)))
    rows = [f"{entry.review_due.isoformat()}  {entry.question} ({'/'.join(entry.key)})" for entry in entries[:NAMED]]
    if len(entries) > NAMED:
        rows.append(phrases.say(LOCALE, "staff_reminder_more", count=str(len(entries) - NAMED)))
    mail.set_content("\n\n".join([phrases.say(LOCALE, "staff_reminder_body"), "\n".join(rows)]) + "\n")
    return mail
