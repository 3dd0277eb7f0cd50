"""Follow-ups on the entry shown last: simpler, more, its source, the same again."""

from __future__ import annotations

from abc import abstractmethod

from actions.ask_question import answered
from actions.memory import OFFERS, TRIALS
from actions.respond import Respond
from actions.turn import Events, Turn, speak
from knowledge.model import Answer


class FollowUpAction(Respond):
    """What all follow-ups share: without an earlier answer, or when it is no longer published, they say so."""

    part = "answer"
    absent = "nothing_yet"

    @abstractmethod
    def find(self, turn: Turn, entry_id: str) -> Answer | None:
        """The answer to give; None where the entry has no such part."""

    def reply(self, turn: Turn) -> Events:
        if turn.card:
            # A follow-up on an emergency card gets the card again: no other words are right here.
            region = turn.question.context.region
            speak(turn.dispatcher, turn.knowledge, turn.knowledge.card_answer(**turn.card, region=region))
            return []
        return self.follow(turn)

    def follow(self, turn: Turn) -> Events:
        last = turn.memory.last_reply
        if last is None or turn.answerer.entry(last) is None:
            return turn.say("nothing_yet")
        answer = self.find(turn, last)
        if answer is None:
            return turn.say(self.absent)
        return turn.give(answer, self.part, turn.memory.listed, turn.memory.other)


class Simpler(FollowUpAction):
    part, absent = "simpler", "no_simpler"

    def name(self) -> str:
        return "action_simpler"

    def find(self, turn: Turn, entry_id: str) -> Answer | None:
        return turn.answerer.part_answer(entry_id, "simpler", turn.question)


class More(FollowUpAction):
    part, absent = "more", "no_more"

    def name(self) -> str:
        return "action_more"

    def find(self, turn: Turn, entry_id: str) -> Answer | None:
        return turn.answerer.part_answer(entry_id, "more", turn.question)


class Source(FollowUpAction):
    part = "sources"

    def name(self) -> str:
        return "action_source"

    def follow(self, turn: Turn) -> Events:
        # "Where does what you say come from?" is a question where nothing was said yet.
        if turn.memory.last_reply is None and turn.answerer.answer(turn.question).kind == "answer":
            return answered(turn, turn.question)
        return super().follow(turn)

    def find(self, turn: Turn, entry_id: str) -> Answer | None:
        return turn.answerer.sources_answer(entry_id, turn.question)


class Repeat(FollowUpAction):
    """What was said last, again: the same part of it, the same list, the same studies."""

    def name(self) -> str:
        return "action_repeat"

    def find(self, turn: Turn, entry_id: str) -> Answer | None:
        answerer, part, question = turn.answerer, turn.memory.part, turn.question
        if part in ("simpler", "more"):
            return answerer.part_answer(entry_id, part, question)
        if part == "sources":
            return answerer.sources_answer(entry_id, question)
        return answerer.entry_answer(entry_id, question)

    def follow(self, turn: Turn) -> Events:
        memory = turn.memory
        if memory.part in OFFERS:
            return turn.offer("clarify", memory.listed)
        if memory.part not in (None, TRIALS) and memory.last_reply and turn.answerer.entry(memory.last_reply):
            answer = self.find(turn, memory.last_reply)
            return turn.give(answer, memory.part, memory.listed, memory.other) if answer else turn.say("nothing_yet")
        shown = turn.show(memory.now, memory.listed, memory.other) if memory.now else None
        return turn.say("nothing_yet") if shown is None else shown
