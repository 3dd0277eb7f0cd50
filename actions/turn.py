"""One turn: what the person asked, as the knowledge room takes it, and how its answer is spoken and remembered."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.memory import OFFERS, TRIALS, Memory, after
from knowledge.answer import HOW_TO_JOIN, Answerer
from knowledge.blocks import spoken
from knowledge.codec import answer_to_json
from knowledge.courtesy import without_courtesy
from knowledge.model import Answer, Block, Context, FollowUp, Question, ReplyKind, Run
from knowledge.render import as_text
from knowledge.search.words import words
from knowledge.trials.leaning import Before, Leaning
from knowledge.trials.moves import Numbers, Standing, Talk
from knowledge.trials.numbers import find_nct
from knowledge.wiring import Knowledge

Events = list[dict[str, Any]]
BEYOND_DOUBT = 0.9
"""Confidence of an entry by which a message asks for it though NLU takes it for something else."""
MOST_SINCE = 2
"""Answers to something else after which "it" may still be the study that was shown before."""
MAY_BE_ABOUT_STUDIES = ("ask_question", "seek_advice", "find_trial")
"""Intents of messages that may be about studies where none were shown: "where does that come from" is not."""


def asked(tracker: Tracker, *, seeks_advice: bool = False) -> Question:
    """The latest message as a `Question`, with what the conversation remembers."""
    message = tracker.latest_message
    metadata = message.get("metadata") or {}
    text, memory = without_courtesy(message.get("text") or ""), Memory.of(tracker)
    context = Context(
        region=metadata.get("region"),
        last_entry=None if metadata.get("after_card") else memory.about(text),
        seeks_advice=seeks_advice,
        # Where an entry was shown, it says better what the conversation is about.
        earlier="" if metadata.get("after_card") or memory.last_reply else without_courtesy(earlier_text(tracker)),
    )
    return Question(text, metadata.get("locale") or "en", context, tracker.get_latest_input_channel() or "rest")


def earlier_text(tracker: Tracker) -> str:
    """The message before the latest, as far as it is kept; "" where it is not."""
    return _message_before(tracker).get("text") or ""


def _message_before(tracker: Tracker) -> Mapping[str, Any]:
    said = [event for event in tracker.events if event.get("event") == "user"]
    return said[-2] if len(said) > 1 else {}


def speak(dispatcher: CollectingDispatcher, knowledge: Knowledge, answer: Answer) -> None:
    """Sends an answer: its text for channels that show only text, and the whole of it for those that draw blocks."""
    buttons = [{"title": offer.title, "payload": offer.message} for offer in answer.follow_ups]
    dispatcher.utter_message(
        text=as_text(answer, knowledge.phrases), buttons=buttons, json_message=answer_to_json(answer)
    )


@dataclass(frozen=True)
class Turn:
    """One message, all that is at hand for its reply, and what the conversation remembers."""

    dispatcher: CollectingDispatcher
    tracker: Tracker
    knowledge: Knowledge
    answerer: Answerer
    question: Question
    memory: Memory

    @classmethod
    def of(cls, dispatcher: CollectingDispatcher, tracker: Tracker, knowledge: Knowledge) -> Turn:
        return cls(dispatcher, tracker, knowledge, knowledge.live(), asked(tracker), Memory.of(tracker))

    @property
    def card(self) -> dict[str, Any] | None:
        """The emergency card that the person was shown just before, of which the dialogue does not know."""
        card: dict[str, Any] | None = (self.tracker.latest_message.get("metadata") or {}).get("after_card")
        return card

    @property
    def intent(self) -> str | None:
        """The kind of request that NLU takes the message for."""
        name: str | None = (self.tracker.latest_message.get("intent") or {}).get("name")
        return name

    def leaning(self, before: Before) -> Leaning:
        """What NLU takes the message for in the talk about studies, after what was shown `before`."""
        found = (self.tracker.latest_message.get("trial_talk") or {}).get(before)
        of_something_else = self.intent not in (None, *MAY_BE_ABOUT_STUDIES) and before in ("nothing", "entry")
        return Leaning() if of_something_else or not found else Leaning(*found)

    @functools.cached_property
    def surely_asks(self) -> str | None:
        """Id of the entry that the message by itself asks for beyond doubt, whatever else it looks like."""
        own = replace(self.question, context=replace(self.question.context, last_entry=None, earlier=""))
        best = self.answerer.understood(own).best
        return best.hits[0].entry.id if best.hits and best.confidence >= BEYOND_DOUBT else None

    @functools.cached_property
    def standing(self) -> Standing:
        """Where the talk about studies stands."""
        since = self._since_studies
        recent = since is not None and len(since) <= MOST_SINCE
        return Standing(
            Talk.of(self.tracker.get_slot("trial_search")),
            after_studies=self._after_studies,
            after_joining=self.memory.last_reply == HOW_TO_JOIN,
            recent=recent,
            talks_on=recent and all(self._is_about_trials(item) for item in since or ()),
            country=self.answerer.trials.shelf.country_of_code(self.question.context.region),
            after_entry=bool(self.memory.last_reply),
            earlier=self._earlier,
        )

    @property
    def _after_studies(self) -> bool:
        """Whether the last reply was about studies; one that was not understood in between changes nothing."""
        now, part = self.memory.now, self.memory.part
        shows_studies = now == TRIALS or bool(now and find_nct(now))
        return part == TRIALS or (shows_studies and part in (None, *OFFERS))

    @property
    def _since_studies(self) -> tuple[str, ...] | None:
        """What was shown since the last study or list of studies; None where none was shown."""
        shown = self.memory.shown[: len(self.memory.shown) - self.memory.steps_back]
        places = [place for place, item in enumerate(shown) if item == TRIALS or find_nct(item)]
        return shown[places[-1] + 1 :] if places else None

    def _is_about_trials(self, entry: str) -> bool:
        revision = self.answerer.entry(entry)
        return revision is not None and revision.entry.topic == TRIALS

    @property
    def _earlier(self) -> tuple[str, ...]:
        """Conditions that the message before named, and the question of the entry that the conversation is about."""
        shown = self.answerer.entry(self.memory.last_reply) if self.memory.last_reply else None
        # The words of a message are kept only where the person knows of it; what they named always is.
        found = (_message_before(self.tracker).get("parse_data") or {}).get("entities") or ()
        named = tuple(str(one.get("value") or "") for one in found if one.get("entity") == "condition")
        return (*named, shown.entry.question if shown else "")

    @property
    def contact(self) -> dict[str, str]:
        """`contact` and `hours` of those who run this service, as the gateway has them; empty where none are set."""
        given = (self.tracker.latest_message.get("metadata") or {}).get("contact") or {}
        return {name: str(given.get(name) or "") for name in ("contact", "hours")} if given else {}

    @property
    def is_repeated(self) -> bool:
        """Whether the person sent the same words a second time."""
        before = words(earlier_text(self.tracker))
        return bool(before) and before == words(self.tracker.latest_message.get("text") or "")

    def phrase(self, key: str, locale: str | None = None, **slots: str) -> str:
        """A spoken phrase, in the language of the conversation unless another is given."""
        locale = locale or self.question.locale
        numbers, region = self.knowledge.numbers, self.question.context.region
        known = {
            "emergency_number": numbers.emergency_number(region, locale),
            "crisis_line": numbers.crisis_line(region, locale),
        }
        return self.knowledge.phrases.say(locale, key, **known, **slots)

    def give(
        self, answer: Answer, part: str = "answer", listed: Sequence[str] = (), other: Sequence[str] = ()
    ) -> Events:
        """Speaks an answer and remembers it. `listed`: what stays on offer, `other`: what else may have been meant."""
        speak(self.dispatcher, self.knowledge, answer)
        memory = after(self.memory, answer, self.answerer, part)
        memory = replace(memory, listed=tuple(listed) or memory.listed, other=tuple(other) or memory.other)
        return memory.events(self.tracker)

    def give_all(self, answers: Sequence[Answer], last_part: str = "answer") -> Events:
        """Speaks the answers to several questions in their order, and remembers each. `last_part`: what the last is."""
        memory = self.memory
        for answer in answers:
            speak(self.dispatcher, self.knowledge, answer)
            memory = after(memory, answer, self.answerer, last_part if answer is answers[-1] else "answer")
        return memory.events(self.tracker)

    def say(self, key: str, kind: ReplyKind = "smalltalk", locale: str | None = None) -> Events:
        """Speaks a phrase; what the conversation is about stays as it was."""
        locale = locale or self.question.locale
        speak(self.dispatcher, self.knowledge, Answer(kind, (spoken(self.phrase(key, locale)),), locale=locale))
        return []

    def offer(self, key: str, items: Sequence[str]) -> Events:
        """Speaks a phrase and lists entries or studies to choose from."""
        titles = [(item, title) for item in items if (title := self.title(item))]
        listed = Block("list", items=tuple((Run(title),) for _, title in titles))
        buttons = tuple(FollowUp(title, title) for _, title in titles)
        blocks = (spoken(self.phrase(key)), *((listed,) if titles else ()))
        answer = Answer("clarify", blocks, follow_ups=buttons, locale=self.question.locale)
        return self.give(answer)

    def title(self, item: str) -> str:
        """What a button says that shows this: the published question, or the registry number; "" for what is gone."""
        if find_nct(item):
            return self.answerer.say("trials_show_study", number=item)
        revision = self.answerer.entry(item)
        return revision.entry.question if revision else ""

    def show(self, item: str, listed: Sequence[str] = (), other: Sequence[str] = ()) -> Events | None:
        """Shows an entry, a study or the list of the trial search again; None for what is gone."""
        if item == TRIALS or find_nct(item):
            trials, standing = self.answerer.trials, self.standing
            if item == TRIALS:
                said = trials.listed_again(standing, self.answerer.entry)
            else:
                said = trials.reply(Numbers((item,)), standing, self.answerer.entry)
            given = self.give(said.answer, TRIALS if item == TRIALS else "answer", listed, other)
            return [SlotSet("trial_search", said.talk.to_json()), *given]
        answer = self._again(item)
        return self.give(answer, "answer", listed, other) if answer else None

    def _again(self, item: str) -> Answer | None:
        if self.answerer.entry(item):
            return self.answerer.entry_answer(item, self.question)
        return self.answerer.withdrawn(item, self.question.locale)
