"""What became of a case. The rules are here and nowhere else; no model judges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.understanding import cases as kinds
from bench.understanding.cases import Case, Turn
from bench.understanding.talking import SHOWING, Reply

# Outcomes of a question within the scope. Asked back: did a right entry stand among the choices?
RIGHT, HALF, WRONG = "right", "half", "wrong"
ASKED_RIGHT, ASKED_WRONG = "asked: among", "asked: not"
ABSTAINED, DEFERRED, ALARMED, OTHER = "abstained", "deferred", "alarm", "other"
# Of an emergency: a card of the right kind, one of the other kind (emergency for crisis), late, or none.
FOUND, OTHER_CARD, NOT_FIRST, MISSED = "found", "other card", "not first", "missed"
CALM = "calm"
REFUSED, SHOWED, ASKED = "refused", "showed", "asked"
PASSED, FAILED = "passed", "failed"


@dataclass(frozen=True)
class Judged:
    """A case, its replies and the outcome. `failed_turn`: the first one that decided against it, from 1, or 0.
    `turns`: of a dialogue, which turns passed."""

    case: Case
    replies: tuple[Reply, ...]
    outcome: str
    failed_turn: int = 0
    turns: tuple[bool, ...] = ()

    @property
    def reply(self) -> Reply:
        """The reply that decided."""
        return self.replies[self.failed_turn - 1]


def judged(case: Case, replies: Sequence[Reply]) -> Judged:
    heard, kind = tuple(replies), kinds.MANGLED.get(case.kind, case.kind)
    if kind == kinds.DIALOGUES:
        return _dialogue(case, heard)
    if kind == kinds.EMERGENCIES:
        return Judged(case, heard, _emergency(case.last, heard[-1]))
    if kind == kinds.NEAR_MISSES:
        return Judged(case, heard, *_near_miss(heard))
    if kind == kinds.OUTSIDE:
        return Judged(case, heard, _outside(case.last, heard[-1]))
    if kind == kinds.ADVICE:
        return Judged(case, heard, _advice(heard[-1]))
    return Judged(case, heard, _question(case.last, heard[-1]))


def _held_back(reply: Reply) -> str:
    """What a reply without information is."""
    if reply.alarm:
        return ALARMED
    return {"abstain": ABSTAINED, "defer": DEFERRED}.get(reply.kind, OTHER)


def _question(turn: Turn, reply: Reply) -> str:
    """Right: each question of the message has an entry that answers it, and the first thing read answers one of them.
    Half: only some of the questions have one, and nothing else was shown. A gap has no right entry."""
    wanted = {entry for group in turn.wanted for entry in group}
    if reply.alarm:
        return ALARMED
    if reply.shown:
        answered = [any(entry in reply.shown for entry in group) for group in turn.wanted]
        if wanted and all(answered) and reply.shown[0] in wanted:
            return RIGHT
        return HALF if any(answered) and wanted.issuperset(reply.shown) else WRONG
    if reply.choices or reply.kind == "clarify":
        offered = bool(wanted) and all(any(entry in reply.choices for entry in group) for group in turn.wanted)
        return ASKED_RIGHT if offered else ASKED_WRONG
    return _held_back(reply)


def _emergency(turn: Turn, reply: Reply) -> str:
    if not reply.alarm:
        return MISSED
    if not reply.alarm_first:
        return NOT_FIRST
    return FOUND if reply.kind in turn.kinds else OTHER_CARD


def _near_miss(replies: Sequence[Reply]) -> tuple[str, int]:
    alarmed = next((place for place, reply in enumerate(replies, 1) if reply.alarm), 0)
    return (ALARMED if alarmed else CALM, alarmed)


def _outside(turn: Turn, reply: Reply) -> str:
    """Refused: a reply of the kinds that its author allowed. Each other way not to answer has a column of its own."""
    if reply.shown:
        return SHOWED
    if reply.kind in turn.kinds:
        return REFUSED
    return ASKED if reply.kind == "clarify" else _held_back(reply)


def _advice(reply: Reply) -> str:
    if reply.kind == "defer" and not reply.alarm:
        return DEFERRED
    if reply.shown:
        return SHOWED
    return ASKED if reply.kind == "clarify" else _held_back(reply)


def _dialogue(case: Case, replies: tuple[Reply, ...]) -> Judged:
    """Each turn is judged by itself, also after one that failed: the talk goes on. The case passes if all do."""
    passed: list[bool] = []
    last_shown: tuple[str, ...] = ()
    for turn, reply in zip(case.turns, replies):
        passed.append(turn_passes(turn, reply, last_shown))
        last_shown = reply.shown or last_shown
    if all(passed):
        return Judged(case, replies, PASSED, 0, tuple(passed))
    return Judged(case, replies, FAILED, passed.index(False) + 1, tuple(passed))


def turn_passes(turn: Turn, reply: Reply, last_shown: Sequence[str]) -> bool:
    """Whether the reply is of a wanted kind and, where it shows something, shows what was wanted. Where no entry
    answers, holding back is right, whatever kind the author hoped for."""
    if turn.gap and reply.kind in ("abstain", "clarify", "defer"):
        return True
    if turn.kinds and family(reply.kind) not in map(family, turn.kinds):
        return False
    if reply.kind not in SHOWING:
        return True
    if turn.same_entry and reply.shown[:1] == tuple(last_shown[:1]):
        return True
    if turn.same_entry and not turn.wanted:
        return False
    return all(any(entry in reply.shown for entry in group) for group in turn.wanted)


def family(kind: str) -> str:
    """Whether an entry comes as steps or as text is its editor's choice."""
    return "answer" if kind == "steps" else kind
