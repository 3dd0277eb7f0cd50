"""Builds the real knowledge room, once in a process. The only module here that reads the environment."""

from __future__ import annotations

import datetime as dt
import functools
import json
import logging
import os
import re
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from knowledge.answer import Answerer
from knowledge.cards import card_answer
from knowledge.editing.acts import Editing
from knowledge.editing.seed import write_cards
from knowledge.editing.trial_run import with_drafts
from knowledge.errors import ContentError, Fault, StoreUnavailable
from knowledge.files import read_facts, read_sources, read_text
from knowledge.gathering import Gathering
from knowledge.glossary import Glossary, read_glossaries
from knowledge.grades import Grades
from knowledge.model import Answer, Entry, Release, Source
from knowledge.phrases import Phrases, read_mapping, read_phrases
from knowledge.search.asked_next import Next
from knowledge.search.embedder import Embedder
from knowledge.search.encoder import Encoder, OnnxEncoder
from knowledge.search.index import SCORING, Index, Scoring, said_plainly
from knowledge.search.nearest import Multiply, OnnxMultiply, multiplied
from knowledge.search.passages import passages
from knowledge.search.words import Aliases
from knowledge.second_net import SecondNet
from knowledge.settings import SHIPPED_CONTENT, Settings
from knowledge.store.effects import ThresholdEffects
from knowledge.store.jobs import JobBook
from knowledge.store.repository import KnowledgeStore
from knowledge.store.safety_checks import SafetyChecks
from knowledge.store.trials import TrialStore
from knowledge.thresholds import Thresholds
from knowledge.trials.answers import TrialAnswers
from knowledge.trials.current import CurrentTrials
from knowledge.trials.snapshot import load_snapshot
from knowledge.trials.wiring import now, watched
from knowledge.upkeep import Upkeep
from safety import ADVICE_RULES, SECOND_NET, Finding, Rules, load_rules
from safety.cards import CardShelf
from safety.numbers import Numbers
from storage import settings as storage_settings
from storage.engine import open_engine

logger = logging.getLogger(__name__)


class Knowledge:
    """The live answerer of this process. Safe to share between threads."""

    def __init__(
        self,
        store: KnowledgeStore,
        embedder: Embedder,
        encoder: Encoder,
        phrases: Phrases,
        aliases: Aliases,
        background: tuple[str, ...],
        asked_next: tuple[Next, ...],
        advice: Rules,
        numbers: Numbers,
        trials: CurrentTrials,
        cards: CardShelf,
        sources: Mapping[str, Source],
        today: Callable[[], dt.date],
        cards_home: Path,
        editing: Editing,
        upkeep: Upkeep,
        second_net: Callable[[], SecondNet],
        multiply: Multiply = multiplied,
        checks: SafetyChecks | None = None,
        glossary: Callable[[], Glossary | None] = lambda: None,
        grades: Grades | None = None,
        effects: ThresholdEffects | None = None,
    ) -> None:
        """`glossary` reads the words of the content files, which say what of them are names; `checks` are what the
        safety check found of drafts; `grades`: how hard texts are to read; `effects`: what other thresholds would
        do."""
        self.store, self.embedder, self.phrases, self.numbers = store, embedder, phrases, numbers
        self._trials, self.cards, self.editing, self.upkeep = trials, cards, editing, upkeep
        self.aliases = aliases
        self._encoder, self._advice, self.card_sources = encoder, advice, sources
        self.background, self.asked_next = background, asked_next
        self._today, self._cards_home, self._read_second_net, self._multiply = today, cards_home, second_net, multiply
        self.checks, self.effects, self._glossary = checks, effects, glossary
        self.grades = grades or Grades(store, lambda: self.names)
        self.gathering = Gathering(encoder.encode)
        """Puts together what people wrote and what means the same."""
        self._live: Answerer | None = None
        self._swapping = threading.Lock()

    @functools.cached_property
    def names(self) -> re.Pattern[str] | None:
        """Finds the names in an English text that no plain word could stand for (`knowledge.reading`); None where the
        files do not say. Only staff need them, so the start does not wait for them."""
        return names_of(self._glossary)

    @property
    def is_loaded(self) -> bool:
        """Whether a release is in memory, so that `live` keeps nobody waiting."""
        return self._live is not None

    def live(self) -> Answerer:
        """The answerer of the live release, as sure as the thresholds in force ask for. A few indexed rows are read; a
        newer release is swapped in whole. It speaks of trials from the newest copy of the registry, which is swapped
        in without the release.

        With the database away, the release loaded last goes on answering. Raises `StoreUnavailable` when there never
        was one.
        """
        return self._newest_in_reach().with_trials(self.trials)

    @property
    def trials(self) -> TrialAnswers:
        """The answers from the newest copy of the registry. Not to be kept from one message to the next."""
        return self._trials.newest()

    def _newest_in_reach(self) -> Answerer:
        try:
            return self._newest()
        except StoreUnavailable as error:
            if self._live is None:
                raise
            logger.warning("answering from the release in memory: %s", error)
            return self._live

    def _newest(self) -> Answerer:
        if not self._is_current(*self.store.in_force()):
            # Loading thousands of entries takes seconds: whoever asks meanwhile is answered from the release before.
            if not self._swapping.acquire(blocking=self._live is None) and self._live is not None:
                return self._live
            try:
                # Looked up again: whoever was slow on the way here would otherwise put back the release before.
                newest, thresholds = self.store.in_force()
                if self._live is None or self._live.release.number != newest:
                    self._live = self._load(newest, thresholds)
                else:
                    self._live = self._live.with_thresholds(thresholds)
            finally:
                self._swapping.release()
        assert self._live
        return self._live

    def _is_current(self, newest: int, thresholds: Thresholds) -> bool:
        live = self._live
        return live is not None and (live.release.number, live.thresholds) == (newest, thresholds)

    def site_settings(self) -> dict[str, str]:
        """What admins set while Lantern runs, by name. Raises `StoreUnavailable`."""
        return {name: row.value for name, row in self.store.site_settings().items()}

    def canonical(self, text: str) -> str:
        """The text as search compares it, so that one vector serves both. Before anything is published, and for a text
        without words, as near to that as can be."""
        plain = self._live.index.vocabulary.canonical(text) if self._live else self.aliases.plain(text)
        return plain or text

    def marked(self, answer: Answer) -> Answer:
        """The same answer, its texts unchanged, with the words marked that the glossary explains, as far as the release
        in memory knows them. Asks no database."""
        if self._live is None:
            return answer
        return replace(answer, blocks=self._live.glossary(answer.locale).marked(answer.blocks))

    def is_published_question(self, text: str) -> bool:
        """Whether this is the question of a live entry, word for word, as when its button was pressed."""
        return self._live is not None and self._live.published_question(text) is not None

    def seeks_advice(self, text: str) -> bool:
        """Whether the advice rules find a request for a personal decision."""
        return self._advice.check(text) is not None

    def is_published_phrasing(self, text: str) -> bool:
        """Whether an editor listed these words, as they are, under a live entry."""
        return self._live is not None and self._live.is_published_phrasing(text)

    @functools.cached_property
    def second_net(self) -> SecondNet:
        """Behind the emergency rules. The gateway needs it only while the assistant is away, so it is read then: it
        takes as much memory as it has supports. Raises `ValueError` where the file is damaged."""
        return self._read_second_net()

    def reworded(self, text: str) -> Finding | None:
        """What the second net finds in a message in which the emergency rules found nothing. Needs no database."""
        if self.is_published_question(text):
            return None
        return self.second_net.finding(text, self.embedder.embed_message_inner(self.canonical(text)))

    @functools.cached_property
    def _net_is_readable(self) -> bool:
        try:
            return self.second_net is not None
        except (OSError, ValueError) as error:
            logger.error("without the second net, only the emergency rules show cards: %s", error)
            return False

    def reworded_emergency(self, text: str, region: str | None) -> Answer | None:
        """The card for it, for whoever has to do without the assistant; none where the net cannot be read."""
        finding = self.reworded(text) if self._net_is_readable else None
        if finding is None:
            return None
        return self.card_answer(
            finding.card, finding.locale, "crisis" if finding.kind == "crisis" else "emergency", region
        )

    def card_answer(
        self, card_id: str, locale: str, kind: Literal["emergency", "crisis"], region: str | None
    ) -> Answer:
        """An emergency card as a reply. Needs no database."""
        card = self.cards.card(card_id, locale)
        return card_answer(card, kind, self.numbers, region, self.phrases, self.card_sources)

    def _load(self, number: int, thresholds: Thresholds) -> Answerer:
        if not number:
            raise StoreUnavailable("no release has been published yet; run: ./lantern content import --seed")
        release = self.store.release(number)
        answerer = self._answerer(release, thresholds)
        logger.info("release %d is live with %d entries", number, len(answerer.index.entries))
        self._keep_cards(release)
        return answerer

    def tried(self, draft_ids: Sequence[int]) -> Answerer:
        """What would be said if these drafts were live: an answerer beside the live one, which nobody else meets.
        Raises `EditRefused` for a draft that is gone, and as `live` does."""
        drafts = [self.store.draft(draft_id) for draft_id in draft_ids]
        live = self.live()
        return self._answerer(with_drafts(live.release, drafts), live.thresholds)

    def without_background(self, texts: Collection[str]) -> Answerer:
        """What would be said if nobody knew that these outside questions are asked: an answerer beside the live one.
        Raises as `live` does."""
        live = self.live()
        kept = [text for text in self.background if text not in texts]
        return self._answerer(live.release, live.thresholds, kept)

    def _answerer(self, release: Release, thresholds: Thresholds, background: Sequence[str] | None = None) -> Answerer:
        sources = self.store.sources()
        return Answerer(
            release,
            self.index(release, background),
            sources,
            self.phrases,
            self._advice,
            self.numbers,
            self.trials,
            thresholds,
            today=self._today,
        )

    def index(self, release: Release, background: Sequence[str] | None = None, scoring: Scoring = SCORING) -> Index:
        """A release as it is searched; the texts that are in the live one are not prepared again. `background`: outside
        questions, if other than the usual."""
        return Index(
            release,
            "en",
            self.embedder,
            aliases=self.aliases,
            background=self.background if background is None else background,
            english=self._encoder.english,
            asked_next=self.asked_next,
            previous=self._live.index if self._live else None,
            scoring=scoring,
            multiply=self._multiply,
        )

    def _keep_cards(self, release: Release) -> None:
        try:
            write_cards(release, self._cards_home)
        except OSError as error:
            logger.warning("the emergency cards of release %d were not written: %s", release.number, error)

    def overdue_cards(self) -> list[str]:
        """Emergency cards, as locale/id, whose review is overdue. They stay live; staff have to look at them."""
        entries = (revision.entry for revision in self.live().release.revisions)
        cards = (entry for entry in entries if entry.answer_kind == "card" and entry.review_due < self._today())
        return sorted("/".join(entry.key) for entry in cards)


def names_of(read: Callable[[], Glossary | None]) -> re.Pattern[str] | None:
    """What finds the names of a glossary in a text; None where it cannot be read."""
    try:
        glossary = read()
    except ContentError as error:
        logger.warning("grades count names in full: %s", error)
        return None
    return glossary.names if glossary else None


@dataclass(frozen=True)
class Desk:
    """What it takes to publish: the stores, the vectors of texts, the acts. It answers nobody."""

    store: KnowledgeStore
    copies: TrialStore
    upkeep: Upkeep
    encoder: OnnxEncoder
    embedder: Embedder
    aliases: Aliases
    editing: Editing
    checks: SafetyChecks
    effects: ThresholdEffects
    glossary: Callable[[], Glossary | None]
    grades: Grades


def build_desk(environment: Mapping[str, str]) -> Desk:
    """The parts that publishing needs. Raises `SettingError`, `StorageError`, `ModelError` or `ContentError`."""
    settings = Settings.from_environment(environment)
    kept = storage_settings.Settings.from_environment(environment)
    engine = open_engine(kept.url("knowledge"))
    store = KnowledgeStore(engine)
    encoder = OnnxEncoder(kept.home / "model", settings.model_precision)
    aliases = Aliases(read_mapping(settings.content / "en" / "aliases.yml"))
    embedder = Embedder(encoder, store)
    glossary = functools.cache(lambda: read_glossaries(settings.content).get("en"))
    grades = Grades(store, functools.cache(lambda: names_of(glossary)))

    def prepare(entries: Sequence[Entry]) -> None:
        asked = [row for entry in entries for row in passages(entry) if row.is_embedded]
        embedder.embed([aliases.plain(row.text) for row in asked])
        grades.prepare(entries)

    checks = SafetyChecks(engine)
    effects = ThresholdEffects(engine)
    editing = Editing(store, lambda: read_facts(settings.content / "facts.tsv"), prepare, checks, effects)
    copies = TrialStore(engine)
    upkeep = watched(copies, JobBook(engine), settings)
    return Desk(store, copies, upkeep, encoder, embedder, aliases, editing, checks, effects, glossary, grades)


def build(environment: Mapping[str, str]) -> Knowledge:
    """The knowledge room with its real parts. Raises `SettingError`, `StorageError`, `ModelError` or `ContentError`."""
    settings = Settings.from_environment(environment)
    kept = storage_settings.Settings.from_environment(environment)
    phrases = read_phrases(settings.content)
    desk = build_desk(environment)
    english = phrases.of("en")
    trials = CurrentTrials(desk.copies, load_snapshot(), lambda copy: TrialAnswers(copy, english), time.monotonic)
    trials.load()
    return Knowledge(
        store=desk.store,
        embedder=desk.embedder,
        encoder=desk.encoder.load(),
        phrases=phrases,
        aliases=desk.aliases,
        background=read_background(settings.content),
        asked_next=read_asked_next(settings.content),
        advice=load_rules(ADVICE_RULES),
        numbers=Numbers.load(),
        trials=trials,
        cards=CardShelf([kept.home / "cards", settings.content, SHIPPED_CONTENT], time.monotonic),
        # From the file, not the database: a card names its sources with the database gone too.
        sources=read_sources(settings.content / "sources.yml"),
        today=lambda: now().date(),
        cards_home=kept.home / "cards",
        editing=desk.editing,
        upkeep=desk.upkeep,
        second_net=lambda: SecondNet.read(SECOND_NET.read_bytes()),
        multiply=OnnxMultiply(kept.home / "model"),
        checks=desk.checks,
        glossary=desk.glossary,
        grades=desk.grades,
        effects=desk.effects,
    )


def read_background(content: Path) -> tuple[str, ...]:
    """Outside questions, one a line; lines that begin with # are notes. Raises `ContentError`."""
    rows = (row.strip() for row in read_text(content / "en" / "background.txt").splitlines())
    return tuple(row for row in rows if row and not row.startswith("#"))


MOST_ASKED_NEXT = 10_000_000
"""Bytes of what people asked next: some seventy thousand messages."""


def read_asked_next(content: Path) -> tuple[Next, ...]:
    """What people asked after an answer, one JSON object a line; none where there is no such file. Raises
    `ContentError`."""
    file = content / "en" / "asked_next.jsonl"
    if not file.exists():
        return ()
    found = []
    for number, line in enumerate(read_text(file, MOST_ASKED_NEXT).split("\n"), 1):
        if line.strip():
            row = _next_of(line)
            if row is None:
                raise ContentError([Fault(file, number, "is no message with `shown`, `say` and a list `accept`")])
            found.append(row)
    return tuple(found)


def _next_of(line: str) -> Next | None:
    try:
        row = json.loads(line)
        texts, accept = (row["shown"], row["say"]), row["accept"]
    except (ValueError, TypeError, KeyError):
        return None
    is_right = isinstance(accept, list) and all(isinstance(text, str) and text.strip() for text in (*texts, *accept))
    return Next(*texts, tuple(accept)) if is_right else None


def beside_entries(content: Path, aliases: Aliases) -> list[str]:
    """What search embeds beside the texts of entries, in the form in which it does. Raises `ContentError`."""
    said = [said_plainly(row.say, aliases) for row in read_asked_next(content)]
    return list(dict.fromkeys([*map(aliases.plain, read_background(content)), *said]))


@functools.lru_cache(maxsize=1)
def from_environment() -> Knowledge:
    """The one knowledge room of this process: Rasa builds components and actions without arguments."""
    return build(os.environ)
