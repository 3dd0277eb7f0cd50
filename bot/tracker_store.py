"""Rasa's tracker store over the records room: bounded, redacted, and never in the way of a reply.

A conversation is one text: the session start, the slots as they stood when older turns were dropped, and the events of
the last turns. So a turn costs the same after two hundred others as after ten, and a rewind reaches as far back as
these turns. What a person wrote is kept, redacted, only where the gateway says that they know of it (`noticed`).
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import re
import traceback
from collections import OrderedDict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.constants import ACTION_LISTEN_NAME, ACTION_SESSION_START_NAME, SESSION_START_METADATA_SLOT
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActionReverted,
    ActiveLoop,
    AllSlotsReset,
    BotUttered,
    ConversationPaused,
    ConversationResumed,
    DefinePrevUserUtteredFeaturization,
    EntitiesAdded,
    Event,
    Restarted,
    SessionStarted,
    SlotSet,
    UserUtteranceReverted,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker

from records.trackers import Trackers
from safety import redact

logger = logging.getLogger(__name__)

TURNS = 6
"""Messages of a person whose events are kept. More than `max_history` of any policy, and than any rule is long."""
LONGEST_WINDOW = 4
"""Turns that only rules know are passed over by MemoizationPolicy, so they do not count; yet no window holds more than
this many times `TURNS`."""
WAIT = 0.5
"""Seconds that a reply waits for the database, before the message and after it."""
READERS = 4
"""Threads that read from the database."""
MOST_HELD = 100
"""Dialogues kept in memory because they could not be written down."""

_CONVERSATION_ID = re.compile(r"[0-9a-f]{32}|[0-9a-f]{64}")
_PAUSE = ""
"""Among the names of slots, the pause of a conversation."""
_ENTITY_KEYS = ("entity", "role", "group")
_STARTS = {SessionStarted.type_name, Restarted.type_name}
_REWINDS = {UserUtteranceReverted.type_name, ActionReverted.type_name}
_WITHOUT_WORDS = {ActionExecuted.type_name, ActiveLoop.type_name, DefinePrevUserUtteredFeaturization.type_name}
"""Events that are most of a dialogue and hold only names from the domain; looking for traces in them costs the most."""


class _Kept(NamedTuple):
    """An event, its kind, and the line it was loaded from; None while it has not been written."""

    event: Event
    kind: str  # compared instead of the class: events are abstract classes, for which isinstance() is slow
    line: str | None


class LanternTrackerStore(TrackerStore):
    """Keeps the last `turns` turns; while a form is active, all from before its start on.

    It never raises: a fault of ours is logged without a word of the conversation and counted in `faults`, and the
    conversation goes on from memory. Raises `ValueError` when made with fewer than four turns.
    """

    def __init__(self, trackers: Trackers, turns: int = TURNS, wait: float = WAIT) -> None:
        if turns < 4:
            raise ValueError("fewer than 4 turns are less than MemoizationPolicy looks back")
        super().__init__(Domain.empty())
        self._trackers, self._turns, self._wait = trackers, turns, wait
        # Threads of their own: with the database hanging, actions must not wait for a place among these.
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="dialogues")
        self._held: OrderedDict[str, DialogueStateTracker] = OrderedDict()
        self.faults = 0

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        held = self._held.get(sender_id)
        if held is not None:
            return held.copy()
        state = await self._read(row_name(sender_id))
        if state is None:
            return None
        try:
            return self._tracker(sender_id, state)
        except Exception as fault:
            self._note("a dialogue could not be read back and begins anew", fault)
            return None

    async def retrieve_full_tracker(self, conversation_id: str) -> DialogueStateTracker | None:
        """The same: what is older than the window exists nowhere."""
        return await self.retrieve(conversation_id)

    async def save(self, tracker: DialogueStateTracker) -> None:
        if not tracker.events:
            return
        try:
            state = state_of(tracker, self._turns)
        except Exception as fault:
            self._note("a dialogue could not be written and stays in memory", fault)
            self._held[tracker.sender_id] = tracker
            if len(self._held) > MOST_HELD:
                self._held.popitem(last=False)
            return
        self._held.pop(tracker.sender_id, None)
        written = self._trackers.keep(row_name(tracker.sender_id), state)
        if not self._trackers.ok:
            return  # the database is away; waiting would not bring it back
        try:
            await asyncio.wait_for(asyncio.wrap_future(written), self._wait)
        except asyncio.TimeoutError:
            pass  # it stays queued, and the next message finds it in memory
        except Exception as fault:
            self._note("a dialogue could not be stored and stays in memory", fault)

    async def keys(self) -> Iterable[str]:
        """Names of the rows: a sender that is not a conversation's id stands there as a hash."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._trackers.ids)

    def close(self) -> None:
        self._readers.shutdown(wait=False)

    async def _read(self, name: str) -> str | None:
        reading = asyncio.get_running_loop().run_in_executor(self._readers, self._trackers.read, name)
        try:
            return await asyncio.wait_for(reading, self._wait)
        except Exception as fault:
            self._note("the database did not answer in time; a dialogue goes on from memory", fault)
            return self._trackers.remembered(name)

    def _tracker(self, sender_id: str, state: str) -> DialogueStateTracker:
        tracker = DialogueStateTracker.from_dict(sender_id, json.loads(state)["events"], self.domain.slots)
        tracker.loaded_lines = [line.rstrip(",") for line in state.split("\n")[1:-1]]
        return tracker

    def _note(self, what: str, fault: Exception) -> None:
        # Not the fault's own text: it may repeat a person's words.
        self.faults += 1
        place = traceback.extract_tb(fault.__traceback__)[-1]
        logger.error("%s: %s at %s:%s", what, type(fault).__name__, place.filename, place.lineno)


def row_name(sender_id: str) -> str:
    """Under which a dialogue is kept: the gateway's id of the conversation. Whoever else names a sender may use a
    telephone number, so that is hashed."""
    if _CONVERSATION_ID.fullmatch(sender_id):
        return sender_id
    return hashlib.sha256(sender_id.encode("utf-8", "surrogatepass")).hexdigest()


def state_of(tracker: DialogueStateTracker, turns: int) -> str:
    """JSON `{"events": [...]}` with one event on each line: lines that were loaded go back as they came."""
    lines = getattr(tracker, "loaded_lines", [])
    known = [*lines, *[None] * (len(tracker.events) - len(lines))]
    opening, rest = _last_session([_Kept(event, event.type_name, line) for event, line in zip(tracker.events, known)])
    kept = [*opening, *_last_turns(_without_reverted(tracker, rest), turns)]
    written = [row.line if row.line is not None else _line(row.event) for row in kept]
    return '{"events":[\n' + ",\n".join(line for line in written if line) + "\n]}"


def _last_session(rows: list[_Kept]) -> tuple[list[_Kept], list[_Kept]]:
    """What begins the last session, and the rest of it. Events before it have no effect any more."""
    starts = [place for place, row in enumerate(rows) if row.kind in _STARTS]
    if not starts:
        return [], rows
    last = first = starts[-1]
    if last and _is_action(rows[last - 1], ACTION_SESSION_START_NAME):
        first -= 1
    return rows[first : last + 1], rows[last + 1 :]


def _without_reverted(tracker: DialogueStateTracker, rows: list[_Kept]) -> list[_Kept]:
    """Up to the last rewind, only the events that it left standing: Rasa itself replays exactly these."""
    last = max((place for place, row in enumerate(rows) if row.kind in _REWINDS), default=-1)
    if last < 0:
        return rows
    part = tracker.init_copy()
    part.events.extend(row.event for row in rows[: last + 1])
    standing = {id(event) for event in part.applied_events()}
    return [row for row in rows[: last + 1] if id(row.event) in standing] + rows[last + 1 :]


def _last_turns(rows: list[_Kept], turns: int) -> list[_Kept]:
    """The last turns, and before them what of the dropped ones is still in force: each slot as it was set last. A
    window never begins inside a form: Rasa undoes the repeated runs of a form by looking back to its first."""
    starts = _turn_starts(rows)
    earliest = _window_start(rows, starts, turns)
    later = set(starts[1:])  # before the first there is nothing to drop
    begin, in_form = 0, False
    standing: dict[str, _Kept] = {}
    snapshot: list[_Kept] = []
    for place, row in enumerate(rows[: earliest + 1]):
        if place in later and not in_form:
            begin, snapshot = place, list(standing.values())
        if row.kind == SlotSet.type_name:
            standing[row.event.key] = row
        elif row.kind == AllSlotsReset.type_name:
            standing = {name: kept for name, kept in standing.items() if name == _PAUSE}
        elif row.kind == ConversationPaused.type_name:
            standing[_PAUSE] = row
        elif row.kind == ConversationResumed.type_name:
            standing.pop(_PAUSE, None)
        elif row.kind == ActiveLoop.type_name:
            in_form = row.event.name is not None
    return [*snapshot, *rows[begin:]]


def _turn_starts(rows: list[_Kept]) -> list[int]:
    """Where each turn of a person begins: at the listening that their message ended."""
    starts, listening = [], None
    for place, row in enumerate(rows):
        if row.kind == ActionExecuted.type_name:
            listening = place if _is_action(row, ACTION_LISTEN_NAME) else None
        elif row.kind == UserUttered.type_name:
            starts.append(place if listening is None else listening)
            listening = None
    return starts


def _window_start(rows: list[_Kept], starts: list[int], turns: int) -> int:
    """Place of the turn with which the window may begin; 0 where all is kept."""
    counted, end = 0, len(rows)
    for number, start in enumerate(reversed(starts), 1):
        actions = [row.event for row in rows[start + 1 : end] if row.kind == ActionExecuted.type_name]
        counted += not (actions and all(action.hide_rule_turn for action in actions))
        if counted == turns or number == turns * LONGEST_WINDOW:
            return start
        end = start
    return 0


def _is_action(row: _Kept, name: str) -> bool:
    return row.kind == ActionExecuted.type_name and row.event.action_name == name


def _line(event: Event) -> str | None:
    """The event as one line of JSON; None for one that is not kept."""
    row = _row(event)
    return None if row is None else json.dumps(row, separators=(",", ":"))


def _row(event: Event) -> dict[str, Any] | None:
    if event.type_name == UserUttered.type_name:
        # The metadata is not kept; what it allows is.
        text = _redacted(event.text or "") if event.metadata.get("noticed") is True else ""
        return {
            "event": event.type_name,
            "timestamp": event.timestamp,
            "text": text,
            "input_channel": event.input_channel,
            "parse_data": {
                "text": text,
                "intent": event.intent,
                "entities": _entities(event.parse_data["entities"]),
            },
        }
    if event.type_name == BotUttered.type_name:
        # That something was said stays; what, the gateway's record has.
        return {"event": event.type_name, "timestamp": event.timestamp}
    row: dict[str, Any] = {
        key: value for key, value in event.as_dict().items() if key != "metadata" and value is not None
    }
    if event.type_name == SlotSet.type_name:
        # Rasa copies the whole metadata of a session's first message into a slot; nothing here reads it.
        return None if event.key == SESSION_START_METADATA_SLOT else {**row, "value": _redacted(event.value)}
    if event.type_name == EntitiesAdded.type_name:
        return {**row, "entities": _entities(event.entities)}
    if event.type_name in _WITHOUT_WORDS:
        return row
    return {key: _redacted(value) for key, value in row.items()}


def _entities(found: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {**{key: entity[key] for key in _ENTITY_KEYS if key in entity}, "value": _redacted(entity.get("value"))}
        for entity in found
    ]


def _redacted(value: Any) -> Any:
    if isinstance(value, str):
        return value and redact(value)
    if isinstance(value, dict):
        return {key: _redacted(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_redacted(part) for part in value]
    return value
