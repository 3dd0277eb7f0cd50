"""./lantern records: prune, erase, export, reports, missed, feedback, contacts, migrate."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping

from bot.errors import CommandFailed, explained
from records import wiring
from records.errors import RecordsError
from records.judgements import judgements
from records.missed import clustered
from records.repository import Pruned


def arguments(parser: argparse.ArgumentParser) -> None:
    acts = parser.add_subparsers(dest="act", metavar="ACT", required=True)
    prune = acts.add_parser("prune", help="erase what is older than LANTERN_RETENTION_DAYS; stopped, it can go on")
    prune.add_argument("--confirm", action="store_true", help="the clock is right, however much that erases")
    for name, purpose in (("erase", "erase one conversation"), ("export", "print all that is kept of one, as JSON")):
        acts.add_parser(name, help=purpose).add_argument("id", metavar="ID", help="id of the conversation")
    acts.add_parser("reports", help="print what readers reported to be wrong with pages, oldest first")
    acts.add_parser("missed", help="print the questions that got no answer, most frequent first")
    acts.add_parser("feedback", help="print what people think of the answers, those that helped least first")
    acts.add_parser("contacts", help="print how people asked to be reached, oldest first")
    acts.add_parser("migrate", help="bring the conversations database up to date")


def run(options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    with explained():
        records = wiring.build(environment)
        if options.act == "migrate":
            records.store.migrate()
            print("The conversations database is up to date.")
            return 0
        records.store.require_current()
        try:
            if options.act == "prune":
                _say(records.retention.run(options.confirm, tell=_say), "Done")
            elif options.act == "erase":
                receipt = records.store.erase(options.id)
                print(f"Erased with {receipt.messages} messages. Receipt: {receipt.number}")
            elif options.act == "reports":
                for report in records.store.reports():
                    place = f"{report.locale}/{report.entry}, revision {report.revision}"
                    print(f"{report.at:%Y-%m-%d %H:%M}  {place}  {report.kind}: {report.text or '(nothing written)'}")
            elif options.act == "missed":
                for cluster in clustered(records.store.missed()):
                    near = ", ".join(cluster.nearest) or "nothing"
                    kinds = "/".join(cluster.kinds)
                    print(f"{cluster.count:4}  {cluster.newest}  {kinds}: {cluster.text}  (nearest: {near})")
            elif options.act == "feedback":
                for judged in judgements(records.store.feedback()):
                    words = "".join(f"\n      {word}" for word in judged.words)
                    print(f"{judged.helped:4} yes {judged.failed:4} no  {judged.what}{words}")
            elif options.act == "contacts":
                for request in records.store.contacts():
                    print(f"{request.at:%Y-%m-%d %H:%M}  {request.locale}  {request.contact}")
            else:
                print(json.dumps(records.store.export(options.id), ensure_ascii=False, indent=2))
        except RecordsError as error:
            raise CommandFailed(str(error)) from error
    return 0


def _say(gone: Pruned, word: str = "So far") -> None:
    talks = f"{gone.conversations} conversations, {gone.messages} messages, {gone.trackers} dialogues"
    others = f"{gone.reports} reports, {gone.contacts} contact details, {gone.letters} letters of messengers"
    print(f"{word}: {talks}, {others} erased.", flush=True)


def set_up(environment: Mapping[str, str]) -> None:
    """The conversations database up to date, and the secret that makes ids."""
    wiring.build(environment).store.migrate()
