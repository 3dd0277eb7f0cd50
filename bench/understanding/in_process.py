"""Says each case to the parts that decide, in this process: the rules, the intent model, the answers.

No assistant is trained and no server started, so a change of search or of content is judged within a minute or two.
What only a whole Lantern does is not here: the second net, searches for trials, moves within a conversation such as
"simpler". Such a turn gets a reply of the kind that it would get, and shows nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from bench.request_kinds import examples
from bench.understanding.cases import Case
from bench.understanding.talking import Replies, Reply
from bot.nlu.emergencies import shipped_rules
from bot.nlu.requests import ADVICE, QUESTION, RequestClassifier
from knowledge.codec import answer_to_json
from knowledge.courtesy import without_courtesy
from knowledge.model import Context, Question
from knowledge.wiring import Knowledge

KINDS = {"find_trial": "trials", "ask_human": "handoff", **dict.fromkeys(("ask_simpler", "ask_more"), "answer")}
"""Intent -> the kind of its reply, where it is not small talk."""


def replies(cases: Sequence[Case], knowledge: Knowledge) -> Replies:
    """What the decisive parts reply."""
    classifier, rules = _classifier(knowledge), shipped_rules()
    heard: Replies = {}
    for case in cases:
        last_entry, earlier, rows = None, "", []
        for turn in case.turns:
            urgent = rules.check(turn.say)
            if urgent:
                rows.append(Reply((_custom(kind=urgent.kind, entry=urgent.card),)))
                continue
            intent = _intent(turn.say, knowledge, classifier)
            if intent not in (QUESTION, ADVICE):
                rows.append(Reply((_custom(kind=KINDS.get(intent, "smalltalk")),)))
                continue
            text = without_courtesy(turn.say)
            context = Context(last_entry=last_entry, seeks_advice=intent == ADVICE, earlier=earlier)
            answers = knowledge.live().answers(Question(text, context=context))
            rows.append(Reply(tuple({"custom": answer_to_json(answer)} for answer in answers)))
            shown = [answer.entry for answer in answers if answer.entry]
            last_entry = shown[-1] if shown else last_entry
            # Where an entry was shown, it says better what the conversation is about.
            earlier = "" if shown else text
        heard[case.id] = tuple(rows)
    return heard


def _classifier(knowledge: Knowledge) -> RequestClassifier:
    rows = examples()
    config = RequestClassifier.get_default_config()
    classifier = RequestClassifier(config, None, None, knowledge)  # type: ignore[arg-type]
    both = np.array([knowledge.embedder.embed_message_both(knowledge.canonical(text)) for text, _ in rows])
    classifier.fit([text for text, _ in rows], both[:, 0], both[:, 1], np.array([intent for _, intent in rows]))
    return classifier


def _intent(text: str, knowledge: Knowledge, classifier: RequestClassifier) -> str:
    if knowledge.is_published_question(text):
        return QUESTION
    if knowledge.seeks_advice(text):
        return ADVICE
    vectors = knowledge.embedder.embed_message_both(knowledge.canonical(text))
    return str(classifier.rank(text, *vectors)[0]["name"])


def _custom(**answer: Any) -> dict[str, Any]:
    return {"custom": {"entry": None, "confidence": None, "provenance": [], **answer}}
