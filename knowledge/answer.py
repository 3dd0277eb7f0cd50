"""Question -> Answer: the only place that decides what is said. Shown, asked back, deferred or declined.

The order is fixed: a published question gets its entry, requests for personal advice are deferred, trial numbers are
looked up in the registry copy, and of what search finds only what is sure enough is shown.
"""

from __future__ import annotations

import copy
import datetime as dt
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import groupby

from knowledge import glossary
from knowledge.blocks import callout, paragraphs, spoken, steps
from knowledge.deferral import deferred
from knowledge.glossary import Glossary
from knowledge.language import language
from knowledge.model import Answer, Block, Entry, FollowUp, Provenance, Question, Release, Revision, Run, Source
from knowledge.phrases import Phrases, spoken_date
from knowledge.search.confidence import chance_published
from knowledge.search.context import Earlier, read_after
from knowledge.search.index import Index, Ranking
from knowledge.search.message import Asked, Read
from knowledge.search.recent import Recent
from knowledge.search.words import words
from knowledge.thresholds import AS_IT_COMES, Thresholds
from knowledge.trials.answers import TrialAnswers
from knowledge.trials.moves import Join
from knowledge.trials.numbers import find_nct, malformed_nct
from safety import Finding, Rules
from safety.numbers import Numbers

CHOICES = 3
"""Entries that are offered where a question is asked back, and questions of one message that are answered."""
ONE_WORD = 0.6
"""Confidence from which an entry is shown for a message of one word: "crs" asks something, "kidneys" is the topic of
many questions."""
ELSEWHERE = 0.02
"""Chance that a message is about something published below which what the intent model takes for a request for advice
is about something else ("can you fix my code"). What the advice rules find is one anyway."""
RELATED_OFFERED = 2
HOW_TO_JOIN = "trials-how-to-join"
"""The entry that stands beneath a deferral about joining a study."""
MESSAGES_READ = 32
"""Messages whose reading is remembered, in memory only: what is asked of a message again while it is answered, such as
what to offer where nothing was found, needs no second search. About as many as are answered at the same time."""


class Answerer:
    """Answers from exactly one release. Immutable: a new release is a new `Answerer`, so no reply mixes two."""

    def __init__(
        self,
        release: Release,
        index: Index,
        sources: Mapping[str, Source],
        phrases: Phrases,
        advice: Rules,
        numbers: Numbers,
        trials: TrialAnswers,
        thresholds: Thresholds = AS_IT_COMES,
        *,
        today: Callable[[], dt.date],
    ) -> None:
        """`today` is the day by which a review is overdue."""
        self.release, self._today = release, today
        self.index, self._sources, self._phrases = index, sources, phrases
        self._advice, self.numbers, self.trials, self.thresholds = advice, numbers, trials, thresholds
        self._revisions = {revision.entry.key: revision for revision in release.revisions}
        self._withdrawn = {revision.entry.key: revision for revision in release.withdrawn}
        self._glossaries: dict[str, Glossary] = {}
        self._questions = {_plain(entry.question): entry.id for entry in index.entries}
        self._read: Recent[tuple[str, str | None, str, float], Read] = Recent(MESSAGES_READ)

    def with_trials(self, trials: TrialAnswers) -> Answerer:
        """The same answers about everything else, and these about trials."""
        if trials is self.trials:
            return self
        other = copy.copy(self)
        other.trials = trials
        return other

    def with_thresholds(self, thresholds: Thresholds) -> Answerer:
        """The same release, answered from when search is as sure as these say."""
        if thresholds == self.thresholds:
            return self
        other = copy.copy(self)
        other.thresholds = thresholds
        return other

    def answer(self, question: Question) -> Answer:
        """The reply to one question; to the first, where a message asks several. Raises nothing for any text a person
        can type."""
        return self.answers(question)[0]

    def answers(self, question: Question) -> tuple[Answer, ...]:
        """The replies to a message: one, or in their order up to three where it asks several things that each have a
        sure answer."""
        settled = self._without_search(question)
        return self._searched(question) if settled is None else (settled,)

    def answers_by(self, question: Question, thresholds: Sequence[Thresholds]) -> list[tuple[Answer, ...]]:
        """The replies to a message by each of these thresholds, for which it is searched once."""
        settled = self._without_search(question)
        if settled is not None:
            return [(settled,)] * len(thresholds)
        return [self.with_thresholds(one)._searched(question) for one in thresholds]

    def _searched(self, question: Question) -> tuple[Answer, ...]:
        understood = self.understood(question)
        several = self._several(understood)
        if several:
            shown = tuple(self._shown(found.hits[0].entry.id, question, found.confidence) for found in several)
            return (*shown, *self._left_over(understood, several, question.locale))
        return (self._found(question, understood),)

    def _without_search(self, question: Question) -> Answer | None:
        spoken_in = language(question.text)
        advice = self._advice.check(question.text)
        if advice and advice.locale == "es":
            return self._defer(replace(question, locale="es"), None, advice)
        if spoken_in != "en":
            return self._decline(replace(question, locale=spoken_in if spoken_in == "es" else "en"), "abstain_language")
        asked = self.published_question(question.text)
        if asked is not None:
            return self._shown(asked, question, 1.0)
        if advice or question.context.seeks_advice:
            understood = self.understood(question)
            if advice or not _is_elsewhere(understood.best):
                return self._defer(question, understood, advice)
        if numbers := find_nct(question.text):
            return self.trials.by_numbers(numbers, self.entry)
        if wrong_number := malformed_nct(question.text):
            return self.trials.malformed(wrong_number)
        return None

    def _found(self, question: Question, understood: Read) -> Answer:
        ranking = understood.best
        if ranking.hits and ranking.confidence >= self._least(understood):
            return self._shown(ranking.hits[0].entry.id, question, ranking.confidence)
        named = self.trials.by_name(question.text, self.entry)
        if named is not None:
            return named
        context = question.context
        if understood.leans and not context.last_entry and not context.earlier:
            return Answer(
                "clarify", (spoken(self.say("clarify_vague", question.locale)),), confidence=ranking.confidence
            )
        # Whoever goes on with what was shown is better asked back than refused.
        if ranking.hits and (understood.leans or self._is_about_ours(ranking)):
            return self._clarify(question, ranking)
        return self._abstain(question, ranking)

    def _least(self, understood: Read) -> float:
        """Confidence from which an entry is shown."""
        if understood.follows:
            return self.thresholds.following
        least = self.thresholds.answer
        return max(ONE_WORD, least) if len(words(understood.best.text)) == 1 else least

    def _is_about_ours(self, ranking: Ranking) -> bool:
        """Whether the nearest entries are worth a look though none of them may answer."""
        likely = chance_published(ranking.evidence) >= self.thresholds.clarify
        return likely or ranking.confidence >= self.thresholds.answer

    def _several(self, understood: Read) -> tuple[Ranking, ...]:
        """The questions of a message that each find an entry of their own: two or more, or the only one that does where
        the message as a whole is about something published and finds none."""
        sure = [found for found in understood.questions if found.ranking.confidence >= self.thresholds.several]
        # What is only told beside questions may be no question, and goes last.
        sure.sort(key=lambda one: one.unit.is_told)
        first: dict[str, Asked] = {}
        for _, found in groupby(sure, key=lambda one: one.unit.place):
            rows = list(found)
            listed = [one for one in rows if one.unit.is_listed]
            # What a part lists counts where it lists several things that each have an answer.
            is_list = len({one.first for one in listed}) > 1
            chosen = listed if is_list else [one for one in rows if not one.unit.is_listed]
            for one in chosen:
                first.setdefault(one.first, one)
        best = understood.best
        alone = len(first) == 1 and best.confidence < self.thresholds.answer and self._is_about_ours(best)
        if len(first) < 2 and not (alone and next(iter(first.values())).asks):
            return ()
        return tuple(one.ranking for one in first.values())[:CHOICES]

    def _left_over(self, understood: Read, answered: tuple[Ranking, ...], locale: str) -> tuple[Answer, ...]:
        """What is said where a question of the message got no answer of its own; nothing where all did."""
        entries = {found.hits[0].entry.id for found in answered}
        told = {one.unit.place for one in understood.questions if one.first in entries}
        is_left = any(one.asks and one.unit.place not in told for one in understood.questions)
        return (Answer("smalltalk", (spoken(self.say("several_left", locale)),), locale=locale),) if is_left else ()

    def _shown(self, entry_id: str, question: Question, confidence: float) -> Answer:
        withdrawn = self.withdrawn(entry_id, question.locale)
        return withdrawn or self.entry_answer(entry_id, question, confidence=confidence)

    def withdrawn(self, entry_id: str, locale: str = "en") -> Answer | None:
        """What is said instead of a text that is being reviewed: that it is, and its sources. None for live ones."""
        if self.entry(entry_id, locale) or self.entry(entry_id):
            return None
        revision = self._withdrawn.get((locale, entry_id)) or self._withdrawn.get(("en", entry_id))
        if revision is None:
            return None
        rows = tuple(_source_runs(source) for source in self.sources(revision))
        where = (spoken(self.say("withdrawn_sources", locale)), Block("list", items=rows)) if rows else ()
        return Answer("abstain", (spoken(self.say("withdrawn", locale)), *where), locale=locale)

    def published_question(self, text: str) -> str | None:
        """Id of the entry whose published question this is, word for word, as when its button was pressed."""
        return self._questions.get(_plain(text))

    def seeks_advice(self, text: str) -> bool:
        """Whether the advice rules find a request for a personal decision."""
        return self._advice.check(text) is not None

    def is_published_phrasing(self, text: str) -> bool:
        """Whether an editor listed these words, as they are, under a live entry."""
        return " ".join(words(text)) in self._phrasings

    @cached_property
    def _phrasings(self) -> frozenset[str]:
        rows = (row for revision in self.asked() for row in revision.entry.phrasings)
        return frozenset(" ".join(self.index.words_of(row)) for row in rows)

    def understood(self, question: Question) -> Read:
        """The questions of a message with the nearest entries, a follow-up in the light of what was said before."""
        context = question.context
        # By itself a message is read alike whatever the thresholds are.
        sure = self.thresholds.answer if context.last_entry or context.earlier else 0.0
        last = self._revisions.get(("en", context.last_entry or ""))
        earlier = Earlier(last.entry if last else None, context.earlier)
        message = (question.text, context.last_entry, context.earlier, sure)
        return self._read.of(message, lambda: read_after(question.text, earlier, self.index, sure))

    def rank(self, question: Question) -> Ranking:
        """The nearest entries to what a message asks most plainly."""
        return self.understood(question).best

    def entry_answer(self, entry_id: str, question: Question, *, confidence: float | None = None) -> Answer:
        """The published answer of one entry. Raises `KeyError` when it is not live."""
        revision = self.live(entry_id, question.locale)
        entry = revision.entry
        slots = self.slots(entry, question.context.region)
        blocks = (*paragraphs(entry.answer, slots), *steps(entry.steps, slots), *self.cautions(entry))
        kind = "steps" if entry.steps else "answer"
        return replace(
            self.from_revision(revision, blocks, self._follow_ups(entry)),
            kind=kind,  # type: ignore[arg-type]
            confidence=confidence,
        )

    def part_answer(self, entry_id: str, part: str, question: Question) -> Answer | None:
        """The "simpler" or "more" of an entry; None where it has none. Raises `KeyError` when it is not live."""
        revision = self.live(entry_id, question.locale)
        text = {"simpler": revision.entry.simpler, "more": revision.entry.more}[part]
        if not text:
            return None
        slots = self.slots(revision.entry, question.context.region)
        blocks = (*paragraphs(text, slots), *self.cautions(revision.entry))
        return self.from_revision(revision, blocks, self._follow_ups(revision.entry, shown=part))

    def sources_answer(self, entry_id: str, question: Question) -> Answer:
        """Where the answer of an entry comes from, with addresses. Raises `KeyError` when it is not live."""
        revision = self.live(entry_id, question.locale)
        sources = self.sources(revision)
        say = self._phrases.say(question.locale, "sources_heading" if sources else "sources_none")
        rows = tuple(_source_runs(source) for source in sources)
        blocks = (spoken(say), *((Block("list", items=rows),) if rows else ()))
        return self.from_revision(revision, blocks, ())

    def from_revision(self, revision: Revision, blocks: tuple[Block, ...], follow_ups: tuple[FollowUp, ...]) -> Answer:
        """An answer whose blocks come from one revision, with its sources, dates and review state."""
        entry = revision.entry
        return Answer(
            kind="answer",
            blocks=blocks,
            entry=entry.id,
            topic=entry.topic,
            revision=revision.number,
            sources=self.sources(revision),
            checked_on=entry.checked_on,
            as_of=entry.as_of,
            review=revision.review,
            follow_ups=follow_ups,
            provenance=(Provenance("revision", entry.id, revision.number),),
            locale=entry.locale,
        )

    def live(self, entry_id: str, locale: str = "en") -> Revision:
        """The live revision in this locale, else in English. Raises `KeyError`."""
        return self._revisions.get((locale, entry_id)) or self._revisions["en", entry_id]

    def entry(self, entry_id: str, locale: str = "en") -> Revision | None:
        """The live revision, None where there is none."""
        return self._revisions.get((locale, entry_id))

    def revisions(self) -> tuple[Revision, ...]:
        return self.release.revisions

    def asked(self, locale: str = "en") -> tuple[Revision, ...]:
        """The live revisions of what people ask, in this locale: all but the terms of the glossary."""
        live = (revision for revision in self.release.revisions if revision.entry.locale == locale)
        return tuple(revision for revision in live if revision.entry.answer_kind != "term")

    @cached_property
    def most_cited(self) -> Mapping[str, Entry]:
        """Of each topic the entry that most others send their readers to, among those that are asked in English."""
        live = [revision.entry for revision in self.asked()]
        cited = Counter(name for entry in live for name in entry.related)
        last_first = sorted(live, key=lambda entry: (-cited[entry.id], entry.id), reverse=True)
        return {entry.topic: entry for entry in last_first}

    def glossary(self, locale: str) -> Glossary:
        """The words that are explained in this locale; their ids are those of their entries."""
        if locale not in self._glossaries:
            rows = (revision.entry for revision in self.release.revisions if revision.entry.locale == locale)
            self._glossaries[locale] = glossary.live(rows)
        return self._glossaries[locale]

    def sources(self, revision: Revision) -> tuple[Source, ...]:
        """The sources of a revision, most important first."""
        return tuple(self._sources[key] for key in revision.entry.sources if key in self._sources)

    def slots(self, entry: Entry, region: str | None) -> dict[str, str]:
        """What the declared slots of an entry's text are filled with."""
        slots = {
            "emergency_number": self.numbers.emergency_number(region, entry.locale),
            "crisis_line": self.numbers.crisis_line(region, entry.locale),
        }
        if entry.as_of:
            slots["as_of"] = spoken_date(entry.as_of, entry.locale)
        return slots

    def cautions(self, entry: Entry) -> tuple[Block, ...]:
        """What must be said beside every part of an entry."""
        said = [caution for caution in entry.cautions if caution in ("medicine", "early_evidence")]
        texts = [self._phrases.say(entry.locale, f"caution_{caution}") for caution in said]
        if entry.review_due < self._today():
            due = spoken_date(entry.review_due, entry.locale)
            texts.append(self._phrases.say(entry.locale, "caution_overdue", review_due=due))
        return tuple(callout(text) for text in texts)

    def say(self, key: str, locale: str = "en", **slots: str) -> str:
        return self._phrases.say(locale, key, **slots)

    def _follow_ups(self, entry: Entry, shown: str = "answer") -> tuple[FollowUp, ...]:
        offered = [
            FollowUp(self.say(f"button_{part}"), self.say(f"button_{part}"))
            for part, text in (("simpler", entry.simpler), ("more", entry.more))
            if text and part != shown
        ]
        related = [self._revisions.get(("en", name)) for name in entry.related]
        # Cards are shown by the safety rules only; a button with their question would find nothing.
        asked = [_ask(other.entry) for other in related if other and other.entry.answer_kind != "card"]
        return (*offered, *asked[:RELATED_OFFERED])

    def _defer(self, question: Question, understood: Read | None, advice: Finding | None) -> Answer:
        """`understood`: what is near to the request; None where nothing was searched. The confidence of the reply is
        that of the entry which is its first origin; 0 where that is not what search found first."""
        rule = advice.rule if advice else None
        if understood is None:
            return deferred(self, question, [], rule, sure=False)
        ranking = understood.best
        nearest = self._live_hits(ranking) if self._is_about_ours(ranking) else []
        answer = deferred(self, question, nearest, rule, sure=ranking.confidence >= self._least(understood))
        first = next((origin.id for origin in answer.provenance), None)
        is_first = bool(ranking.hits) and ranking.hits[0].entry.id == first
        return replace(answer, confidence=ranking.confidence if is_first else 0.0)

    def joining_deferred(self, question: Question, move: Join) -> Answer:
        """The reply to whoever asks whether they, or somebody else, may join a study: who decides that, what the record
        of the study says about ages and sex, how one joins, and the offer to search."""
        how = self.entry(HOW_TO_JOIN, question.locale)
        nearest = [how.entry] if how else []
        answer = deferred(self, question, nearest, None, sure=True, kind="eligibility")
        told = self.trials.record_lines(move.number) if move.number else ()
        record = (Block("list", items=told[1:]),) if told else ()
        heading = tuple(Block("paragraph", runs=line) for line in told[:1])
        origin = (Provenance("registry", move.number),) if told and move.number else ()
        return replace(
            answer,
            # Who decides goes first; what the record says must not be read as that decision.
            blocks=(*answer.blocks[:1], *heading, *record, *answer.blocks[1:]),
            follow_ups=(*self.trials.search_offers(move), *answer.follow_ups),
            provenance=(*answer.provenance, *origin),
        )

    def _clarify(self, question: Question, ranking: Ranking) -> Answer:
        nearest = self._live_hits(ranking)[:CHOICES]
        if not nearest:
            return self._abstain(question, ranking)
        return self._offering("clarify", (spoken(self.say("clarify", question.locale)),), nearest, ranking)

    def _live_hits(self, ranking: Ranking) -> list[Entry]:
        return [hit.entry for hit in ranking.hits if hit.entry.key in self._revisions]

    def _abstain(self, question: Question, ranking: Ranking) -> Answer:
        blocks = (spoken(self.say("abstain", question.locale)), spoken(self.say("abstain_topics", question.locale)))
        return Answer("abstain", blocks, confidence=ranking.confidence, locale=question.locale)

    def _decline(self, question: Question, phrase: str) -> Answer:
        return Answer("abstain", (spoken(self.say(phrase, question.locale)),), locale=question.locale)

    def _offering(self, kind: str, blocks: tuple[Block, ...], nearest: list[Entry], ranking: Ranking) -> Answer:
        """A reply that names entries by their published questions and offers each as a button."""
        listed = Block("list", items=tuple((Run(entry.question),) for entry in nearest))
        return Answer(
            kind=kind,  # type: ignore[arg-type]
            blocks=(*blocks, listed),
            follow_ups=tuple(_ask(entry) for entry in nearest),
            confidence=ranking.confidence,
            provenance=tuple(Provenance("revision", entry.id, self._revisions[entry.key].number) for entry in nearest),
        )


def _is_elsewhere(ranking: Ranking) -> bool:
    """Whether a message has nothing to do with what is published, or with health: then nobody's care team is asked."""
    return chance_published(ranking.evidence) < ELSEWHERE


def _plain(text: str) -> str:
    return " ".join(words(text))


def _ask(entry: Entry) -> FollowUp:
    return FollowUp(entry.question, entry.question)


def _source_runs(source: Source) -> tuple[Run, ...]:
    year = f" ({source.year})" if source.year else ""
    name = Run(f"{source.organisation}, {source.title}{year}")
    return (name, Run(" "), Run(source.address, href=source.address)) if source.address else (name,)
