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


def remind(
    people: StaffReminders, mail: ReminderMail, due: Callable[[], Sequence[Entry]], phrases: Phrases
) -> str | None:
    """Writes to everybody who is to be reminded now. Returns what was done, None for nothing. Raises `NotDone` where
    the mail server takes a mail from nobody or for nobody; whoever got none is written to with the next run."""
    waiting = people.to_be_mailed()
    entries = due() if waiting else ()
    if not entries:
        return None
    sent, failed = 0, ""
    for one in waiting:
        if not people.claim(one):
            continue
        try:
            mail.server.send(letter(mail.sender, one, entries, phrases))
            sent += 1
        except smtplib.SMTPServerDisconnected:
            # Nobody knows whether it went out: rather none this week than two.
            failed = "the mail server hung up"
        except (OSError, smtplib.SMTPException) as fault:
            # Not the fault's own text: it may name the address.
            people.not_sent(one)
            failed = f"the mail server did not take a mail: {type(fault).__name__}"
    if failed:
        raise NotDone(f"{failed}; look at LANTERN_REMINDER_MAIL_SERVER and the addresses of staff")
    return f"reminded {sent} people" if sent else None


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
