"""./lantern editing: due, plans, cancel-plan, releases, roll-back, withdraw, restore, audit, recall.

For whoever keeps the machine running: what has to work while the gateway is down. Writing, approving and publishing a
text takes two people, so none of it is done here.
"""

from __future__ import annotations

import argparse
import csv
import functools
import sys
from collections.abc import Iterable, Mapping

from bot.errors import CommandFailed, explained
from bot.progress import Progress
from knowledge import wiring as knowledge_wiring
from knowledge.editing.acts import Editing
from knowledge.editing.calendar import due
from knowledge.editing.gate import NEWEST_QUESTIONS, read_cases, read_conversations, replayed
from knowledge.editing.measuring import effects
from knowledge.errors import EditRefused
from knowledge.model import TOPICS, Draft, Person
from knowledge.settings import Settings
from knowledge.store.audit import about, first_broken
from knowledge.store.change import Key
from knowledge.store.repository import KnowledgeStore
from knowledge.store.safety_checks import SafetyChecks
from records import wiring as records_wiring
from safety import EMERGENCY_RULES, load_rules
from storage import settings as storage_settings
from storage.engine import open_engine

DAYS_AHEAD = 60
"""Reviews that come within so many days are listed as due."""
RELEASES = 20


def arguments(parser: argparse.ArgumentParser) -> None:
    acts = parser.add_subparsers(dest="act", metavar="ACT", required=True)
    coming = acts.add_parser("due", help="texts whose review is overdue or comes soon")
    coming.add_argument("--days", type=int, default=DAYS_AHEAD, metavar="N", help=f"days ahead ({DAYS_AHEAD})")
    coming.add_argument("--withdraw", action="store_true", help="withdraw now what is overdue for too long")
    coming.add_argument("--confirm", action="store_true", help="the clock is right, however many texts that takes")
    acts.add_parser("plans", help="publications that are planned for a time")
    cancelled = acts.add_parser("cancel-plan", help="take a planned publication back; its texts stay approved")
    cancelled.add_argument("plan", type=int, metavar="N", help="number of the plan")
    acts.add_parser("releases", help=f"the newest {RELEASES} releases: when, by whom")
    back = acts.add_parser("roll-back", help="make an earlier release live again")
    back.add_argument("release", type=int, metavar="N", help="number of the release")
    taken = acts.add_parser("withdraw", help="show a text, or a whole topic, to nobody, at once")
    what = taken.add_mutually_exclusive_group(required=True)
    what.add_argument("entry", nargs="?", metavar="ENTRY", help="such as en/lupus-contagious")
    what.add_argument("--topic", choices=TOPICS, help="every text of this topic")
    restored = acts.add_parser("restore", help="bring back what was withdrawn or retired")
    restored.add_argument("entry", metavar="ENTRY", help="such as en/lupus-contagious")
    for command in (cancelled, back, taken, restored):
        command.add_argument("--by", required=True, metavar="NAME", help="who does it; kept in the audit trail")
        command.add_argument("--reason", required=True, metavar="TEXT", help="why; kept in the audit trail")
    acts.add_parser(
        "safety-check", help="replay the cases of safety with each text that is in review; the worker does it"
    )
    acts.add_parser(
        "measure-thresholds", help="what other thresholds would do with the live texts; the worker does it when asked"
    )
    trail = acts.add_parser("audit", help="verify the audit trail and print it as CSV")
    trail.add_argument("--entry", metavar="ENTRY", help="only what was done to this one, such as en/lupus-contagious")
    called = acts.add_parser("recall", help="print as CSV which conversations were shown a text")
    called.add_argument("entry", metavar="ENTRY", help="such as en/lupus-contagious")
    called.add_argument("--revision", type=int, metavar="N", help="only this revision; all of them otherwise")


def run(options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    with explained():
        store = KnowledgeStore(open_engine(storage_settings.Settings.from_environment(environment).url("knowledge")))
        store.require_current()
        try:
            if options.act == "due":
                _due(options, store, Settings.from_environment(environment).review_grace_days)
            elif options.act == "plans":
                _plans(store)
            elif options.act == "cancel-plan":
                by, at = _publisher(options), records_wiring.now()
                _editing(store).cancel_plan(options.plan, by=by, at=at, reason=options.reason)
                print(f"Plan {options.plan} is taken back. Its texts stay approved.")
            elif options.act == "releases":
                for row in store.releases(RELEASES):
                    print(f"{row.number:5}  {row.published_at:%Y-%m-%d %H:%M}  {row.origin:8}  {row.by}")
            elif options.act == "audit":
                _audit(options, store)
            elif options.act == "recall":
                _recall(options, environment)
            elif options.act == "safety-check":
                _check_safety(environment)
            elif options.act == "measure-thresholds":
                _measure_thresholds(environment)
            else:
                print(f"Release {_acted(options, store)} is live now.", *_left_live(options, store), sep="\n")
        except EditRefused as refusal:
            raise CommandFailed(str(refusal)) from refusal
    return 0


def _due(options: argparse.Namespace, store: KnowledgeStore, grace_days: int) -> None:
    if options.confirm and not options.withdraw:
        raise CommandFailed("--confirm goes with --withdraw")
    if options.withdraw:
        gone = _editing(store).withdraw_overdue(at=records_wiring.now(), days=grace_days, confirmed=options.confirm)
        print(f"{len(gone)} texts withdrawn.", *("/".join(key) for key in gone), sep="\n")
        return
    number = store.newest_release()
    if not number:
        raise CommandFailed("nothing has been published yet; run: ./lantern content import --seed")
    today = records_wiring.now().date()
    rows = due(store.release(number), today, options.days)
    for entry in rows:
        late = "  overdue" if entry.review_due < today else ""
        print(f"{entry.review_due}  {'/'.join(entry.key)}{late}")
    print(f"{len(rows)} texts are to be reviewed within {options.days} days.")


def _audit(options: argparse.Namespace, store: KnowledgeStore) -> None:
    rows = list(store.audit())
    wanted = about(rows, _key(options.entry)) if options.entry else rows
    writer = csv.writer(sys.stdout)
    writer.writerow(("number", "at", "act", "person", "entry", "release", "reason", "detail", "hash"))
    for row in wanted:
        entry = f"{row.locale}/{row.entry}" if row.entry else ""
        said = (row.number, row.at.isoformat(), row.act, row.person, entry, row.release, row.reason, row.detail)
        writer.writerow(_row((*said, row.hash)))
    broken = first_broken(rows)
    if broken is not None:
        raise CommandFailed(f"from row {broken} on, the trail is not what was written; compare it with an older backup")
    newest = f"row {rows[-1].number} has the hash {rows[-1].hash}" if rows else "it has no rows yet"
    print(f"The trail is whole: {newest}. Keep that elsewhere, to know later that no row was cut off.", file=sys.stderr)


def _recall(options: argparse.Namespace, environment: Mapping[str, str]) -> None:
    kept = records_wiring.build(environment).store
    kept.require_current()
    locale, entry = _key(options.entry)
    writer, count = csv.writer(sys.stdout), 0
    writer.writerow(("conversation", "channel", "at", "text", "revision"))
    for row in kept.recall(locale, entry, options.revision):
        values = (row.conversation, row.channel, row.at.isoformat(), row.text, row.revision)
        writer.writerow(_row(values))
        count += 1
    print(f"{count} messages were answered with it, as far back as messages are kept.", file=sys.stderr)


def waiting(store: KnowledgeStore, checks: SafetyChecks) -> list[Draft]:
    """Drafts in review whose text was not checked beside the live release."""
    number = store.newest_release()
    in_review = [draft for draft in store.drafts() if draft.state == "in_review"] if number else []
    return [draft for draft in in_review if checks.found(draft.content_hash, number) is None]


def _check_safety(environment: Mapping[str, str]) -> None:
    # Loads what actions are written with, which the other acts do not need.
    from actions.conversation import conversations

    knowledge = knowledge_wiring.build(environment)
    assert knowledge.checks
    rules, cases = load_rules(EMERGENCY_RULES), read_cases(knowledge.background)
    questions = records_wiring.build(environment).store.newest_questions(NEWEST_QUESTIONS)
    for draft in waiting(knowledge.store, knowledge.checks):
        progress = Progress()
        tried = knowledge.tried([draft.id])
        tell = functools.partial(progress.count, what="messages replayed")
        before = knowledge.live().with_thresholds(tried.thresholds)
        found = replayed(before, tried, rules, cases, questions, conversations(knowledge), tell)
        now = records_wiring.now()
        knowledge.checks.keep(draft.content_hash, tried.release.number, found, now, tried.thresholds)
        print(f"{draft.entry.id}: {found.cases} cases, {len(found.broken)} not safe; {len(found.moved)} of")
        print(f"  the newest {found.questions} questions would be answered otherwise.", flush=True)


def _measure_thresholds(environment: Mapping[str, str]) -> None:
    # Loads what actions are written with, which the other acts do not need.
    from actions.conversation import conversations

    knowledge = knowledge_wiring.build(environment)
    assert knowledge.effects
    wanted, live = knowledge.effects.wanted(), knowledge.live()
    questions = records_wiring.build(environment).store.newest_questions(NEWEST_QUESTIONS)
    found = effects(
        live,
        knowledge.without_background,
        knowledge.background,
        [text for _, text in questions],
        load_rules(EMERGENCY_RULES),
        read_conversations(),
        conversations(knowledge),
        functools.partial(Progress().count, what="messages asked"),
    )
    if wanted is not None:
        knowledge.effects.keep(wanted, live.release.number, live.thresholds, found, records_wiring.now())
    print("threshold     questions: answered, asked back    outside: answered, asked back    unsafe")
    for one in found:
        here, apart = one.questions, one.outside
        now = " (now)" if getattr(live.thresholds, one.name) == one.value else ""
        said = f"{here.answered:10} {here.asked_back:5} of {here.all:5}{apart.answered:14} {apart.asked_back:5} of"
        print(f"{one.name:8} {one.value:.2f}  {said} {apart.all:5}{len(one.broken):8}{now}")


def _row(values: Iterable[object]) -> list[str]:
    # Loads the library of spreadsheets, which the other acts do not need.
    from knowledge.editing.spreadsheets import guarded

    return [guarded("" if value is None else str(value)) for value in values]


def _plans(store: KnowledgeStore) -> None:
    missed = {plan.id for plan in _editing(store).missed(records_wiring.now())}
    plans = store.plans()
    for plan in plans:
        texts = ", ".join("/".join(store.draft(draft_id).entry.key) for draft_id, _ in plan.drafts)
        late = "  missed: publish it in the studio, or take it back with cancel-plan" if plan.id in missed else ""
        print(f"{plan.id:5}  {plan.due_at:%Y-%m-%d %H:%M}  {plan.person}  {texts}{late}")
    print(f"{len(plans)} publications are planned.")


def _left_live(options: argparse.Namespace, store: KnowledgeStore) -> list[str]:
    """Says that the other languages of what was withdrawn are still shown."""
    if options.act != "withdraw" or options.topic:
        return []
    locale, entry = _key(options.entry)
    live = [revision.entry for revision in store.release(store.newest_release()).revisions]
    others = ["/".join(row.key) for row in live if row.id == entry and row.locale != locale]
    return [f"{other} is still shown; if it is wrong, too: withdraw {other}" for other in others]


def _publisher(options: argparse.Namespace) -> Person:
    return Person(options.by, frozenset({"publisher"}))


def _acted(options: argparse.Namespace, store: KnowledgeStore) -> int:
    by, at, reason = _publisher(options), records_wiring.now(), options.reason
    editing = _editing(store)
    if options.act == "roll-back":
        return editing.roll_back(options.release, by=by, at=at, reason=reason)
    if options.act == "restore":
        return editing.restore(_key(options.entry), by=by, at=at, reason=reason)
    if options.topic:
        return editing.withdraw_topic(options.topic, by=by, at=at, reason=reason)
    return editing.withdraw([_key(options.entry)], by=by, at=at, reason=reason)


def _editing(store: KnowledgeStore) -> Editing:
    # None of these acts brings a new text, so neither facts nor vectors are needed, and no model that may be missing.
    return Editing(store, dict, lambda entries: None)


def _key(name: str) -> Key:
    locale, slash, entry = name.partition("/")
    return (locale, entry) if slash else ("en", name)
