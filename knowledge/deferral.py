"""What is said to a request for a personal decision: who decides, what to ask them, what cannot wait, what to read.

No verdict, no number and no medical statement is written here. What this module adds to a request are spoken phrases
and published questions; the text of an entry stands beneath them only where it is general education that nobody could
take for the decision itself.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from knowledge.blocks import spoken
from knowledge.model import Answer, Block, Entry, FollowUp, Provenance, Question, Run
from safety.rules import normalise

if TYPE_CHECKING:
    from knowledge.answer import Answerer

About = Literal[
    "medicine", "missed", "combining", "result", "symptom", "eligibility", "pregnancy", "plan", "somebody", "other"
]
"""What a decision is about. `plan`: a vaccine, a procedure, a journey; `somebody`: it is about another person."""

_RULES: dict[str, About] = {
    "medicine-change": "medicine",
    "medicine-plan-announced": "medicine",
    "tell-me-the-dose": "medicine",
    "es-decision-sobre-medicina": "medicine",
    "missed-or-extra-dose": "missed",
    "combining-medicines": "combining",
    "check-my-medicines": "combining",
    "my-result": "result",
    "what-my-result-means-for-me": "result",
    "do-i-have-it": "symptom",
    "is-it-lupus-what-i-have": "symptom",
    "car-t-or-trial-for-me": "eligibility",
    "would-they-take-me": "eligibility",
    "pregnant-on-it": "pregnancy",
    "plan-for-me": "plan",
    "plan-on-my-treatment": "plan",
    "dose-for-a-child": "somebody",
    "for-somebody-else": "somebody",
}
"""By the rule of `safety/advice.json` that found the request. Rules about several things are left to the words."""


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{pattern})\b")


_PREGNANCY = _words(
    r"pregnan\w*|conceiv\w*|breast ?feed\w*|nursing my|condom|contracept\w*|birth control|weeks gone|try\w* for a baby"
    r"|want a baby|embaraz\w*|amamant\w*"
)
_TEXT: tuple[tuple[About, re.Pattern[str]], ...] = (
    (
        "missed",
        _words(
            r"missed|forgot\w*|skipped|ran out|run out|threw up|vomit\w*|puked|twice|double dose|took two|took 2"
            r"|too many|olvid\w*|se me pas\w*|vomito"
        ),
    ),
    (
        "plan",
        _words(
            r"vaccin\w*|jab|booster|shot|surgery|operation|tooth|dentist|tattoo|travel\w*|fly|flight|trip|holiday|fast|ramadan"
            r"|drive|concert|school|vacun\w*|oper\w+me|viajar|volar"
        ),
    ),
    (
        "combining",
        _words(
            r"with my|together|interact\w*|mix|alcohol|beers?|wine|drink|ibuprofen|advil|naproxen|supplements?|turmeric"
            r"|herbal|vino|alcohol|ibuprofeno"
        ),
    ),
    (
        "result",
        _words(r"results?|labs?|bloods|biopsy|creatinine|platelets|complement|ana|dsdna|egfr|analisis|plaquetas"),
    ),
    ("eligibility", _words(r"trials?|study|studies|eligible|qualify|candidat\w*|car ?-?t|ensayo|estudio")),
    (
        "medicine",
        _words(r"dose|doses|mg|tablets?|pills?|steroids?|medicines?|medication|meds|dosis|pastillas?|medicinas?"),
    ),
    ("symptom", _words(r"rash|pain|swollen|hurts?|lupus|flare|symptoms?|dolor|sarpullido|manchas|brote")),
)
"""By the words of a request, where no rule says it: first fit. Vocabulary only, nothing of it is ever said."""

_CAR_T = _words(r"car ?-?ts?|my cells|his cells|her cells")
_FEVER = _words(r"fever|temperature|infection|flu|cold|chills|shingles|fiebre|infeccion")
_TOO_MUCH = _words(
    r"too many|too much|double\w*|twice|extra|wrong (?:dose|pill|tablet|strength)|took (?:two|three)|instead of"
)
_AMOUNT = re.compile(r"[0-9] ?(?:mg|kg|ml|g|%)(?![a-z])")

GENERAL = ("medicine", "combining", "missed", "eligibility", "pregnancy", "plan", "somebody", "other")
"""About these, general education may stand beneath the deferral. Beneath a result or a symptom even a general text
reads as what this person has."""

OFFERED = 2
"""At most so many entries are offered to read, beside the one with the signs that cannot wait."""


def about(text: str, rule: str | None) -> About:
    """What the decision is about; `rule` is the id of the advice rule that found it, None where none did."""
    plain = normalise(text)
    by_words: About = next((kind for kind, words in _TEXT if words.search(plain)), "other")
    kind = _RULES.get(rule or "", by_words)
    if _PREGNANCY.search(plain) and kind not in ("result", "symptom", "eligibility"):
        return "pregnancy"  # it changes whom to ask, whatever else is asked
    # The rules look for any change of a medicine first; the words say what the change is for.
    return by_words if kind == "medicine" and by_words in ("missed", "plan", "combining") else kind


def signs(kind: About, text: str) -> str | None:
    """Id of the entry with the signs that cannot wait beside such a request; None where nothing is urgent about it."""
    plain = normalise(text)
    if kind == "eligibility":
        return None
    if kind == "pregnancy":
        return "lupus-pregnancy-warning-signs"
    if kind != "result" and _CAR_T.search(plain):
        return "car-t-warning-signs-home"
    if kind in ("missed", "medicine", "somebody") and _TOO_MUCH.search(plain):
        return "cpr-poison-help"
    if _FEVER.search(plain):
        return "lupus-fever-on-medicines"
    return "lupus-emergency-signs"


def may_stand_beneath(entry: Entry, kind: About) -> bool:
    """Whether the text of an entry is education that nobody could read as the decision. A yes or no would be one, and
    so would a figure: an amount, a time to wait, a limit."""
    return (
        kind in GENERAL
        and entry.answer_kind == "text"
        and entry.topic not in ("cards", "assistant")
        and not entry.figures
        and not _AMOUNT.search(entry.answer)
    )


def deferred(
    answerer: Answerer,
    question: Question,
    nearest: Sequence[Entry],
    rule: str | None,
    *,
    sure: bool,
    kind: About | None = None,
) -> Answer:
    """The reply to a request for a decision. `nearest` are live entries near to it, the nearest first; `sure`: the
    first of them is near enough to be shown as an answer to a general question. `kind`: what the decision is about,
    where that is known. The first origin of the reply is the nearest entry that it names or shows, if it does."""
    kind, locale = kind or about(question.text, rule), question.locale
    asked = tuple((Run(answerer.say(f"defer_{kind}_ask_{number}", locale)),) for number in ("first", "second"))
    blocks: tuple[Block, ...] = (
        spoken(answerer.say(f"defer_{kind}", locale)),
        spoken(answerer.say("defer_ask", locale)),
        Block("list", items=asked),
    )
    urgent = answerer.entry(signs(kind, question.text) or "", locale)
    number = answerer.numbers.emergency_number(question.context.region, locale)
    if urgent:
        blocks = (*blocks, spoken(answerer.say("defer_signs", locale, emergency_number=number)), _named([urgent.entry]))
    elif kind != "eligibility":
        blocks = (*blocks, spoken(answerer.say("defer_danger", locale, emergency_number=number)))
    urgent_entries = [urgent.entry] if urgent else []
    reading = [entry for entry in nearest if entry not in urgent_entries and not _AMOUNT.search(entry.question)][
        :OFFERED
    ]
    is_nearest = bool(reading) and reading[0] is nearest[0]
    if sure and is_nearest and reading[0].locale == locale and may_stand_beneath(reading[0], kind):
        shown = answerer.entry_answer(reading[0].id, question)
        heading = spoken(answerer.say("defer_beneath", locale))
        offered = (*_buttons(urgent_entries), *shown.follow_ups)
        return replace(shown, kind="defer", blocks=(*blocks, heading, *shown.blocks), follow_ups=offered)
    if reading:
        blocks = (*blocks, spoken(answerer.say("defer_nearest", locale)), _named(reading))
    offered = _buttons([*urgent_entries, *reading])
    origins = _origins(answerer, [*reading, *urgent_entries])
    return Answer("defer", blocks, follow_ups=offered, provenance=origins, locale=locale)


def _named(entries: Sequence[Entry]) -> Block:
    return Block("list", items=tuple((Run(entry.question),) for entry in entries))


def _buttons(entries: Sequence[Entry]) -> tuple[FollowUp, ...]:
    return tuple(FollowUp(entry.question, entry.question) for entry in entries)


def _origins(answerer: Answerer, entries: Sequence[Entry]) -> tuple[Provenance, ...]:
    return tuple(Provenance("revision", entry.id, answerer.live(entry.id, entry.locale).number) for entry in entries)
