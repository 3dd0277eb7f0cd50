"""What can be asked instead, when there is no answer: the nearest questions, or one of each topic."""

from __future__ import annotations

from dataclasses import replace

from knowledge.answer import Answerer
from knowledge.blocks import spoken
from knowledge.model import Answer, Block, Entry, FollowUp, Provenance, Question, Run, Topic

NEAR = 0.25
"""Confidence from which on what search found is worth offering. Below it the words of a question about something else
meet ours by chance: of the outside questions in `content/en/background.txt` most stay below."""
OFFERED = 2
TOPICS: tuple[Topic, ...] = ("lupus", "car_t", "trials", "cpr")


def with_suggestions(answer: Answer, question: Question, answerer: Answerer) -> Answer:
    """The same abstention with questions that do have an answer, as buttons. Any other answer is unchanged, and so is
    an abstention for another reason than a search (another language, a text under review)."""
    if answer.kind != "abstain" or answer.confidence is None or answer.follow_ups or answer.locale != "en":
        return answer
    ranking = answerer.rank(question)
    live = (hit.entry for hit in ranking.hits if answerer.entry(hit.entry.id) is not None)
    near = [entry for entry in live if ranking.confidence >= NEAR][:OFFERED]
    if not near:
        usual = (answerer.most_cited[topic] for topic in TOPICS if topic in answerer.most_cited)
        return replace(answer, follow_ups=tuple(map(_ask, usual)))
    listed = Block("list", items=tuple((Run(entry.question),) for entry in near))
    named = tuple(Provenance("revision", entry.id, answerer.live(entry.id).number) for entry in near)
    return replace(
        answer,
        blocks=(*answer.blocks, spoken(answerer.say("abstain_nearest", answer.locale)), listed),
        follow_ups=tuple(_ask(entry) for entry in near),
        provenance=named,
    )


def _ask(entry: Entry) -> FollowUp:
    return FollowUp(entry.question, entry.question)
