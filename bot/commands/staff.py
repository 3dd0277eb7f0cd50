"""./lantern staff: add, reset, close, list. Everything else about accounts is done in the studio."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

from bot.errors import CommandFailed, explained
from records import wiring
from records.errors import StaffRefused
from records.staff import GIVEN_OUT, ROLES, StaffStore, spoken_roles

TERMINAL = "the terminal"
"""Who did it, in the list of what happened to accounts: whoever may run commands on this machine."""


def arguments(parser: argparse.ArgumentParser) -> None:
    acts = parser.add_subparsers(dest="act", metavar="ACT", required=True)
    added = acts.add_parser("add", help="a new account; prints a password that is replaced at the first sign-in")
    added.add_argument("name", metavar="NAME", help="the person's name, as the audit trail will have it")
    added.add_argument(
        "--role",
        action="append",
        choices=ROLES,
        required=True,
        help="what the person may do: write, approve what others wrote, publish, manage accounts; may be repeated",
    )
    added.add_argument("--clinician", action="store_true", help="an approval of theirs counts as a clinician's")
    lost = acts.add_parser("reset", help="a new password for an account, without one-time codes; its sessions end")
    closed = acts.add_parser("close", help="nobody signs in with an account any more; reset opens it again")
    for command in (lost, closed):
        command.add_argument("name", metavar="NAME", help="name of the account")
    acts.add_parser("list", help="all accounts with their roles")


def run(options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    with explained():
        records = wiring.build(environment)
        records.store.migrate()
        try:
            _act(options, records.staff)
        except StaffRefused as refusal:
            raise CommandFailed(str(refusal)) from refusal
    return 0


def _act(options: argparse.Namespace, staff: StaffStore) -> None:
    if options.act == "add":
        _give_out(options.name, staff.add(options.name, options.role, clinician=options.clinician, by=TERMINAL))
    elif options.act == "reset":
        _give_out(options.name, staff.reset(options.name, by=TERMINAL))
    elif options.act == "close":
        staff.close(options.name, by=TERMINAL)
        print(f"{options.name} cannot sign in any more.")
    else:
        for member in staff.members():
            notes = [
                "clinician" * member.clinician,
                "one-time codes" * member.has_code,
                "has not signed in yet" * member.must_change,
                "closed" * member.closed,
            ]
            print(f"{member.name}: {'; '.join(filter(None, [spoken_roles(member.roles), *notes]))}")


def _give_out(name: str, password: str) -> None:
    hours = GIVEN_OUT.total_seconds() / 3600
    print(f"{name} signs in at /studio/ with this password, within {hours:.0f} hours, and then chooses another one:")
    print(f"\n    {password}\n\nIt is shown this once.")
