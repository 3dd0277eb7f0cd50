"""What a message does in a conversation about studies.

`heard` only decides; `knowledge.trials.answers` says it. Nothing here knows a channel, a dialogue engine or a store.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Literal

from knowledge.choosing import says_yes
from knowledge.search.questions import asks, parts
from knowledge.trials.leaning import Leaning
from knowledge.trials.lexicon import keys
from knowledge.trials.model import Study
from knowledge.trials.moves import (
    About,
    AboutEach,
    Again,
    Anew,
    Join,
    Look,
    Malformed,
    More,
    Move,
    Named,
    Numbers,
    Read,
    Rival,
    Sources,
    Standing,
    Talk,
    UnknownName,
    WhichStudy,
)
from knowledge.trials.numbers import bare_nct, ends_in, find_nct, malformed_nct
from knowledge.trials.pointing import KIDNEYS, bearing, pointed
from knowledge.trials.questions import Asked, Field, asked_of_study, asks_to_join
from knowledge.trials.reading import Understood
from knowledge.trials.search import ANY, Search, merge
from knowledge.trials.shelf import TrialShelf
from knowledge.trials.wordings import wordings

MEANINGS = "trials-status-meanings"
"""The entry about all statuses."""

MOST_EACH = 3
"""Studies of which something is told one by one."""

FEW_LEFT, MOST_LEFT = 1, 2
"""Words without a part in the search that a message may have which goes on with one, and one that is put as a search.
With more of them it is about something else: "do volunteers pay tax on the money they get from trials"."""

COMPARED: tuple[Field, ...] = ("tested", "conditions", "phase", "ages", "enrollment", "dates")
"""What is told of several studies when somebody wants to know how they differ."""

FEWEST_WORDS = 2
"""Words of a message that says nothing but what is asked of the studies shown: "where exactly"."""

ONLY_OF_STUDIES: frozenset[Field] = frozenset(("sponsor", "phase", "enrollment"))
"""What nothing else has that is talked about here."""

FEW_OF_IT = 5
"""Words of a message that can hardly ask for more than one thing of a study: "and the end date?"."""

UNLIKE_WORDS = 7
"""Letters of a name from which on a slip of it is taken for it wherever it stands: no word is like "relmacel"."""

FEW_WORDS = 3
"""Words of a message that may be nothing but the name of a study and what it is about."""

MOST_BESIDE = 4
"""Words without a part in the search beside a disease, a place and a word for studies."""

MOST_BEYOND = 100
"""Studies that a search found among which one is looked for by a word of its title."""

MOST_CLAUSES = 4
"""Parts of a message, between its stops and commas, that are read one by one."""

LONGEST_MOVE = 12
"""Words of a message that only moves within the list."""

LIKELY, VERY_LIKELY, ALMOST_SURE = 0.5, 0.7, 0.9
"""Likelihoods that the model gives a message to be a search, a question about a study or one about joining."""

_TAUGHT = {
    "ask_what": "trials-questions-to-ask",
    "join_how": "trials-how-to-join",
    "why_none": "assistant-trial-data",
    "is_safe": "car-t-dangers",
    "who_pays": "trials-cost",
    "are_dates_sure": "trials-dates",
}
"""Entries about trials that go with what was shown, by the expression that asks for them."""
_ONE = re.compile(r"\bone\b")
_STUDIES = re.compile(r"\b(?:trials|studies|lists?|results?|search(?:es)?)\b")
_BARE_AGE = re.compile(r"(?:(?:and|ok|about|well|nearly|almost) )*([0-9]{1,2})")
"""Where an age is looked for, a number that is all of a message tells it more exactly."""
_STOP = re.compile(r"[,.;:!?]\s")
_STUDY_NAME = re.compile(
    r"\b(?:[Tt]he |called |named )([A-Z][A-Z0-9]{2,}(?:-[A-Z0-9]+)?) (?:trial|study)\b"
    r"|\b(?:trial|study) (?:called|named) (\w+)"
)
"""A name that somebody gives a study, as they write it: in capitals."""


def heard(
    text: str,
    standing: Standing,
    shelf: TrialShelf,
    *,
    leaning: Leaning,
    advice: Literal["no", "likely", "sure"],
    rival: Callable[[], Rival],
) -> Move | None:
    """What a message does in the talk about studies; None where it is about something else.

    `leaning`: what the model takes it for. `advice`: it is a request for a decision, `likely` by the model or
    for `sure` by the rules, and so no search. `rival`: the entry that answers it best, looked for only where that
    matters.
    """
    talk = standing.talk
    understood = _understood(text, shelf, _country(standing))
    numbers = find_nct(text) or tuple(number for number in bare_nct(text) if shelf.by_number(number))
    plain = " ".join(keys(text))
    after_studies = bool(numbers) or standing.after_studies or standing.after_joining
    of_studies = after_studies or talk.search is not None or understood.speaks_of_studies
    joins = asks_to_join(text, after_studies=after_studies or standing.talks_on)
    searches = leaning.search >= VERY_LIKELY and understood.speaks_of_studies
    if after_studies and understood.search.is_silent and wordings()["what_if_somebody"].search(plain):
        joins = None if rival().is_same else "strong"
    if (searches and joins == "weak") or _narrows(plain, standing, understood):
        joins = None
    elif leaning.join >= VERY_LIKELY and of_studies:
        joins = "strong"
    if joins == "strong" or (joins == "weak" and not _says_more(understood.search)):
        number = numbers[0] if numbers else standing.study
        if advice != "no" or standing.after_studies or not _is_general(text, understood, rival):
            limits = understood.search.limits
            return Join(number, understood, searches=limits.has_place or (understood.asks and limits != Search()))
    if numbers:
        return None if advice == "sure" else Numbers(numbers)
    if searches and _says_where_or_what(understood.search) and len(parts(text)) == 1:
        advice = "no"  # "where can I get it in a study in Ohio" asks for a list, which decides nothing
    asks_what = wordings()["ask_what"].search(plain) and understood.speaks_of_studies
    if asks_what and advice != "sure" and len(parts(text)) == 1:
        return None if rival().is_sure and advice == "no" else Read(_TAUGHT["ask_what"])
    goes_on = standing.after_studies or standing.talks_on
    meant = _status_explained(plain, standing, shelf) if goes_on else None
    if meant is not None:
        return None if rival().is_sure else Read(meant)
    if advice == "sure" or (advice == "likely" and not _may_be_no_advice(text, understood, leaning, shelf)):
        return None
    written = malformed_nct(text)
    if written:
        return Malformed(written)
    if find_nct(talk.yes) and ends_in(text, talk.yes):
        return Numbers((talk.yes,))
    if talk.yes and standing.after_studies and says_yes(text):
        asked = replace(standing, talk=replace(talk, yes=""))
        return heard(talk.yes, asked, shelf, leaning=Leaning(search=1.0), advice="no", rival=rival)
    return (
        _walked(text, standing, shelf, understood, rival)
        or _taught(text, standing, shelf, understood)
        or _asked_about(text, standing, shelf, understood, leaning, rival)
        or _named(text, understood, shelf, rival, standing, leaning)
        or _looked(text, standing, in_context(understood, standing, shelf), leaning, rival, shelf)
    )


def _narrows(plain: str, standing: Standing, understood: Understood) -> bool:
    """Whether it is asked which of the studies at hand list an age or a sex: the records tell, and about nobody."""
    limits = understood.search.limits
    which = wordings()["which_of_them"].search(plain) and (limits.ages or limits.sex)
    return bool(which and standing.after_studies and not wordings()["personal"].search(plain))


def _may_be_no_advice(text: str, understood: Understood, leaning: Leaning, shelf: TrialShelf) -> bool:
    """Whether what the model alone takes for a request for advice may be about studies: most stories look like one."""
    if understood.asks or leaning.search >= VERY_LIKELY:
        return True
    if leaning.join >= LIKELY:
        return False
    if wordings()["one_called"].search(" ".join(keys(text))) and shelf.by_name(text, of_studies=True):
        return True
    limits = understood.search.limits
    if limits.condition and (limits.city or limits.country or limits.recruiting_only) and leaning.search >= LIKELY:
        return True
    return bool(shelf.by_name(text) or (understood.speaks_of_studies and shelf.like_name(text)))


def back_to_list(text: str, standing: Standing, shelf: TrialShelf) -> Again | About | AboutEach | None:
    """Whether a message goes back to the studies that were shown: "back to the trials, only recruiting please", "back
    to the study, who runs it"."""
    talk = standing.talk
    for piece in dict.fromkeys((text, *parts(text)[-1:])):
        understood, plain = shelf.understand(piece, _country(standing)), " ".join(keys(piece))
        short = len(plain.split()) <= LONGEST_MOVE and len(understood.left) <= FEW_LEFT
        back = wordings()["again"].search(plain) if short else None
        if back is None:
            continue
        fields = asked_of_study(f"{plain[: back.start()]} it {plain[back.end() :]}").fields
        is_one = _STUDIES.search(back.group()) is None
        if talk.focus and (fields or talk.search is None) and understood.search.is_silent and is_one:
            return About(talk.focus, fields, understood)
        if fields and len(talk.page) > 1 and understood.search.is_silent:
            return AboutEach(talk.page, fields, understood)
        if talk.search is not None:
            return Again(understood)
    return None


def _understood(text: str, shelf: TrialShelf, country: str | None) -> Understood:
    """What the whole message says. How a search is put, only the part that puts it can tell: the rest is a story, or
    another question."""
    whole = shelf.understand(text, country)
    if len(text.split()) <= FEW_WORDS:
        return whole
    pieces = parts(text)
    found = _put_in_parts(pieces, shelf, country) if len(pieces) > 1 else None
    if found is None and not whole.asks:
        found = _put_in_parts(_clauses(text), shelf, country)
    return found or whole


def _put_in_parts(pieces: Sequence[str], shelf: TrialShelf, country: str | None) -> Understood | None:
    """What a message says of which one of the parts puts a search; None where none does."""
    requests = wordings()["requests"]
    read = [(piece, shelf.understand(piece, country)) for piece in pieces]
    asking = [
        understood
        for piece, understood in read
        if (understood.asks and (asks(piece) or requests.match(" ".join(keys(piece)))))
        or ((understood.asks or understood.lists) and _says_where_or_what(understood.search) and not understood.left)
    ]
    if not asking:
        return None
    told = shelf.understand(" ".join(piece for piece, understood in read if not understood.explains), country)
    return replace(told, asks=True, explains=False, left=min((one.left for one in asking), key=len))


def _clauses(text: str) -> tuple[str, ...]:
    """The parts of a message between its stops and commas; none where it is all one."""
    clauses = tuple(clause for clause in _STOP.split(text) if clause.strip())
    return clauses[:MOST_CLAUSES] if len(clauses) > 1 else ()


def _is_general(text: str, understood: Understood, rival: Callable[[], Rival]) -> bool:
    """Whether a question about joining asks what a status means for anybody, or what this assistant can do."""
    if understood.search.status is not None or understood.search.recruiting_only is not None:
        return rival().is_sure
    return bool(re.search(r"\byou\b", text, re.IGNORECASE)) and rival().is_same


def _walked(
    text: str, standing: Standing, shelf: TrialShelf, understood: Understood, rival: Callable[[], Rival]
) -> Move | None:
    """Moves within the list: another search, back to it, the next ones, one of them."""
    talk, plain = standing.talk, " ".join(keys(text))
    short = len(plain.split()) <= LONGEST_MOVE
    if short and wordings()["anew"].search(plain):
        return Look(understood, anew=True) if understood.search.limits != Search() else Anew()
    if standing.after_studies and wordings()["counts"].fullmatch(plain):
        return Again()
    ending = wordings()["number_ends"].search(plain)
    if ending:
        seen = [study.nct_id for study in _studies(talk.seen, shelf) if study.nct_id.endswith(ending[1])]
        ended = seen or [study.nct_id for study in shelf.studies if study.nct_id.endswith(ending[1])]
        if len(ended) == 1:
            return Numbers((ended[0],))
    aged = _BARE_AGE.fullmatch(plain) if talk.search is not None and talk.search.limits.ages else None
    if standing.after_studies and aged and int(aged[1]) > len(talk.page):
        return Look(replace(understood, search=Search(ages=f"{int(aged[1])}-{int(aged[1])}"), left=()))
    if standing.after_studies and wordings()["that_one"].fullmatch(plain) and (talk.focus or talk.page):
        return About(talk.focus) if talk.focus else WhichStudy(talk.page)
    if short and (standing.after_studies or standing.recent) and wordings()["only_one"].search(plain):
        if not understood.search.is_silent:
            return Look(understood)  # "is it the only one in France" asks what else there is
        if talk.search is not None and standing.after_studies and not understood.left:
            return Again()
    if short and standing.after_studies and talk.focus in talk.page and wordings()["other_one"].search(plain):
        others = tuple(number for number in talk.page if number != talk.focus)
        return WhichStudy(others) if len(others) > 1 else _pointed_at(plain, standing, understood, shelf, rival)
    of_the_list = standing.after_studies or (talk.search is not None and understood.speaks_of_studies)
    if of_the_list and talk.search is not None:
        if wordings()["more"].fullmatch(plain):
            return More()
        if wordings()["previous"].fullmatch(plain) or (talk.begin and wordings()["turns_back"].fullmatch(plain)):
            return More(back=True)
    return _pointed_at(plain, standing, understood, shelf, rival) if short else None


def _pointed_at(
    plain: str, standing: Standing, understood: Understood, shelf: TrialShelf, rival: Callable[[], Rival]
) -> About | Look | None:
    """One of the studies at hand, by its place or by what is only its own, and what is asked about it."""
    talk = standing.talk
    page = _studies(talk.page or talk.seen, shelf)
    earlier = [study for study in _studies(talk.seen, shelf) if study not in page]
    if understood.lists or not (page or earlier):
        return None
    if wordings()["the_two"].search(plain):
        page = _studies(_last_two(talk), shelf)
    meant = pointed(plain, page, shelf, talk.focus, earlier)
    goes_on = standing.after_studies or standing.talks_on
    if meant is None:
        return _beyond_the_page(plain, standing, understood, shelf) if goes_on else None
    if not meant.plainly and (not goes_on or (understood.explains and rival().is_sure)):
        return None
    if not goes_on and not _ONE.search(plain) and not (meant.fields and standing.recent):
        return None
    return About(meant.study.nct_id, meant.fields or asked_of_study(meant.rest).fields, understood)


def _beyond_the_page(plain: str, standing: Standing, understood: Understood, shelf: TrialShelf) -> About | Look | None:
    """What "the one in Rome" means where none of the studies at hand is there: the one that the search finds there, or
    the search for what is there."""
    search, said = standing.talk.search, understood.search
    points = wordings()["one_that"].search(plain) or wordings()["one_of_name"].search(plain)
    if search is None or points is None or understood.explains or len(understood.left) > FEW_LEFT:
        return None
    if said.is_silent:
        named = bearing(points[1], shelf.search(search)[:MOST_BEYOND])
        return About(named[0].nct_id, asked_of_study(plain).fields, understood) if len(named) == 1 else None
    found = shelf.search(merge(search, said))
    if len(found) == 1:
        return About(found[0].nct_id, asked_of_study(plain).fields, understood)
    return Look(understood) if found else None


def _last_two(talk: Talk) -> tuple[str, ...]:
    """The numbers of the two studies that "the two" means: those of a list of two, else those that were shown last."""
    return talk.page if len(talk.page) == 2 and talk.focus in (None, *talk.page) else tuple(talk.seen)[-2:]


def _studies(numbers: Iterable[str], shelf: TrialShelf) -> list[Study]:
    return [study for number in numbers if (study := shelf.by_number(number))]


def _status_explained(plain: str, standing: Standing, shelf: TrialShelf) -> str | None:
    """The entry about the status whose meaning is asked for: "what does that mean, active but not recruiting"."""
    if wordings()["asks_status_meaning"].search(plain):
        study = shelf.by_number(standing.study) if standing.study else None
        return status_entry(study.status) if study and study.status else MEANINGS
    if not wordings()["means"].search(plain):
        return None
    status = next((name for name, found in wordings().family("status_").items() if found.search(plain)), None)
    if status is None and wordings()["recruiting"].search(plain):
        status = "recruiting"
    return status_entry(status) if status else None


def _taught(text: str, standing: Standing, shelf: TrialShelf, understood: Understood) -> Move | None:
    """What is to be known beside the studies shown: what their status means, what to ask, how one joins, the source."""
    plain = " ".join(keys(text))
    if standing.recent and not standing.after_studies and wordings()["who_pays"].fullmatch(_bare(plain)):
        return Read(_TAUGHT["who_pays"])
    if not standing.after_studies:
        return None
    if wordings()["source"].fullmatch(plain):
        return Sources()
    if wordings()["simpler"].fullmatch(plain):
        study = shelf.by_number(standing.study) if standing.study else None
        return Read(status_entry(study.status) if study and study.status else MEANINGS)
    for name, entry in _TAUGHT.items():
        pattern = wordings()[name]
        if name == "why_none" and standing.talk.page:
            continue
        own = [word for word in pattern.sub(" ", plain).split() if word in understood.left]
        if pattern.search(plain) and not own and len(plain.split()) <= LONGEST_MOVE:
            return Read(entry)
    return None


def _bare(plain: str) -> str:
    """Words without those that only go on from what was said: "ok and who pays" is "who pays"."""
    return wordings()["goes_on"].sub("", f"{plain} ").strip() or plain


def status_entry(status: str) -> str:
    """Id of the entry that says what a status means."""
    return "trials-status-" + status.lower().replace("_", "-")


def _asked_about(
    text: str,
    standing: Standing,
    shelf: TrialShelf,
    understood: Understood,
    leaning: Leaning,
    rival: Callable[[], Rival],
) -> Move | None:
    """A question about the study that was shown last, or about each of those that were listed."""
    talk, plain = standing.talk, " ".join(keys(text))
    numbers = tuple(study.nct_id for study in _studies((talk.focus,) if talk.focus else talk.page, shelf))
    if not numbers or not (standing.after_studies or standing.recent):
        return None
    compares = wordings()["compares"].search(plain) is not None
    if (standing.after_studies or compares) and wordings()["the_two"].search(plain) and len(_last_two(talk)) == 2:
        asked_of_both = COMPARED if compares else asked_of_study(text).fields
        if asked_of_both:
            return AboutEach(_last_two(talk), asked_of_both, understood)
    if standing.study and standing.after_studies and wordings()["all_said"].fullmatch(plain):
        return About(standing.study, ("page",))
    if standing.after_studies and compares:
        named = dict.fromkeys((*numbers, *(study.nct_id for study in shelf.by_name(text, of_studies=True))))
        if 1 < len(named) <= MOST_EACH:
            return AboutEach(tuple(named), COMPARED, understood)
    moves_on = understood.search.has_place or understood.search.country == ANY
    if moves_on and wordings()["asks_others"].search(plain):
        return None  # "what is there in other countries"
    asked = asked_of_study(text)
    fields = asked.fields or _limits_asked(plain, understood)
    if standing.after_studies:
        is_asked = _is_of_those_shown(plain, standing, replace(asked, fields=fields), understood, leaning, rival)
    else:
        is_asked = bool(fields) and _is_still_of_them(plain, standing, fields, leaning, rival)
    if not is_asked or not {study.nct_id for study in shelf.by_name(text)} <= set(numbers):
        return None
    if talk.focus:
        return About(numbers[0], fields, understood)
    if fields:
        return AboutEach(numbers, fields, understood)
    # "Which of these have people got better in" asks no more than a search does: the records do not tell.
    is_of_one = understood.search.is_silent and not wordings()["which_of"].search(plain)
    return WhichStudy(numbers) if is_of_one else None


def _is_of_those_shown(
    plain: str,
    standing: Standing,
    asked: Asked,
    understood: Understood,
    leaning: Leaning,
    rival: Callable[[], Rival],
) -> bool:
    """Whether a message right after studies asks about them, and neither changes the search nor asks something else."""
    points = wordings()["points"].search(plain)
    if wordings()["drops"].match(plain) and understood.search.limits != understood.search:
        return False  # "drop the age limits"
    if not points and wordings()["ones_for"].search(plain):
        return False  # "the ones still recruiting"
    if leaning.study >= VERY_LIKELY:
        return not rival().is_same and bool(asked.fields or points or not understood.explains)
    if not asked.fields:
        return False
    named_alone = standing.study is not None and standing.talk.search is None
    if named_alone and not understood.asks and not understood.lists:
        return not rival().is_same  # nothing is looked for that "how many places in the US" could change
    if understood.search != Search() and not (points and (standing.study or wordings()["of_those"].match(plain))):
        return False  # after a list "any age" changes the search, also where it found only one
    if understood.asks and wordings()["of_others"].search(plain):
        return False
    if wordings()["goes_on"].match(plain) and understood.search.limits != Search() and not points:
        return False  # "and in France?" goes on with the search
    own = [word for word in asked.left if word in understood.left]
    if not own and (leaning.study >= LIKELY or len(plain.split()) <= FEWEST_WORDS):
        return not rival().is_same
    return not ((own or (not points and (understood.explains or not standing.study))) and rival().is_sure)


def _is_still_of_them(
    plain: str, standing: Standing, fields: Sequence[Field], leaning: Leaning, rival: Callable[[], Rival]
) -> bool:
    """The same once something else was said since: after an answer about trials, and after "would they take her", "how
    many people" is still about the study."""
    if wordings()["of_disease"].search(plain):
        return False
    points = wordings()["points"].search(plain) is not None
    few = len(plain.split()) <= FEW_OF_IT
    if few and standing.study and fields == ("status",) and wordings()["of_those"].match(plain):
        return True  # "is it recruiting" asks of the study, although an entry tells what the word means
    if standing.talks_on:
        if leaning.study >= VERY_LIKELY or (standing.study and points and few):
            return not rival().is_same
        return standing.study is not None and (points or few) and not rival().is_sure
    named = wordings()["that_study"].search(plain) is not None
    if points and len(plain.split()) <= FEW_OF_IT and ONLY_OF_STUDIES.issuperset(fields):
        return not rival().is_same
    return (named or (points and leaning.study >= LIKELY)) and not rival().is_same


def _limits_asked(plain: str, understood: Understood) -> tuple[Field, ...]:
    """That it is asked whether a study is for some condition, or takes people of some age: "does it cover myositis"."""
    if not wordings()["is_it_for"].search(plain):
        return ()
    if understood.search.ages is not None:
        return ("ages",)
    names = understood.search.condition is not None or wordings()["kidneys"].search(plain)
    return ("conditions",) if names else ()


def _named(
    text: str,
    understood: Understood,
    shelf: TrialShelf,
    rival: Callable[[], Rival],
    standing: Standing,
    leaning: Leaning,
) -> Move | None:
    """Studies by name, product or sponsor; with other limits beside it, a search among them."""
    of_studies = standing.talk.search is not None or standing.recent or len(text.split()) <= FEW_WORDS
    of_studies = of_studies or leaning.search + leaning.study >= LIKELY
    of_studies = of_studies or wordings()["one_called"].search(" ".join(keys(text))) is not None
    studies = shelf.by_name(text) or shelf.by_name(shelf.mended(text)) or shelf.by_name(text, of_studies=of_studies)
    plain = " ".join(keys(text))
    if not studies and wordings()["my_study"].search(plain):
        return None if rival().is_same else WhichStudy()
    about = of_studies or understood.speaks_of_studies or bool(asked_of_study(f"it {plain}").fields)
    mended = None
    if not studies:
        like = shelf.like_name(text)
        is_clear = like is not None and (
            len(like[0][1]) >= UNLIKE_WORDS or like[0][0].casefold().startswith(like[0][1].casefold())
        )
        if like is not None and (about or standing.after_studies or is_clear):
            mended, studies = like
    if not studies:
        unknown = _STUDY_NAME.search(text)
        is_strange = unknown and not understood.search.condition and not rival().is_sure
        return UnknownName() if is_strange else None
    best = rival()
    is_slip = mended is not None and len(mended[1]) >= UNLIKE_WORDS  # no entry speaks of it in this spelling
    if best.is_same or (best.is_sure and not is_slip and (not about or wordings()["explains_name"].search(plain))):
        return None
    limits = replace(understood.search.limits, name=None)
    if len(studies) > 1:
        meant, fields = pointed(plain, studies, shelf), asked_of_study(text).fields
        if meant or fields:
            numbers = tuple(study.nct_id for study in studies[:MOST_EACH])
            return About(meant.study.nct_id, fields, understood) if meant else AboutEach(numbers, fields, understood)
    if len(studies) > 1 and limits != Search(condition=limits.condition):
        name = mended[1] if mended else shelf.name_in(text)
        return Look(replace(understood, search=replace(understood.search, name=name, condition=None)), anew=True)
    return Named(studies, mended)


def in_context(understood: Understood, standing: Standing, shelf: TrialShelf) -> Understood:
    """With a condition that a message leaves to what was spoken of before: "studies for it", "the kidney ones"."""
    search = understood.search
    if search.condition is not None:
        return understood
    if standing.talk.search is None:
        told = (shelf.understand(text).search.condition for text in standing.earlier if text)
        before = next(filter(None, told), None)
    else:
        about_kidneys = standing.after_studies and wordings()["kidneys"].search(" ".join(understood.left))
        before = KIDNEYS if about_kidneys else None
    return replace(understood, search=replace(search, condition=before)) if before else understood


def _looked(
    text: str,
    standing: Standing,
    understood: Understood,
    leaning: Leaning,
    rival: Callable[[], Rival],
    shelf: TrialShelf,
) -> Move | None:
    """A search, by its form, by the model, or because a short message changes the one before."""
    search, talk, leans = understood.search, standing.talk, leaning.search >= LIKELY
    limits = bool(not search.is_silent or understood.unknown_place or understood.clash or understood.near_me)
    left, plain = len(understood.left), " ".join(keys(text))

    def says(name: str) -> bool:
        return wordings()[name].search(plain) is not None

    if _names_only_its_country(search, talk.search):
        understood = replace(understood, search=replace(search, city=ANY))  # "USA" after Texas: all of it
    adds = says("adds") and search.has_place and talk.search is not None and talk.search.has_place
    look = Look(understood, anew=_is_whole(understood) or says("everything"), adds=adds)
    if says("declines") and not limits:
        return None
    if standing.after_studies and says("adds") and not left and _names_only_status(search) and talk.search is not None:
        # "Not yet recruiting is fine too": what is looked for has no status any more.
        return Look(replace(understood, search=Search(recruiting_only=False, status=ANY)))
    if says("asks_what_it_is") and _names_only_its_condition(search) and not understood.speaks_of_studies:
        return None
    condition, placed = search.limits.condition is not None, search.has_place or understood.near_me
    of_studies = understood.speaks_of_studies or search.phase is not None or search.recruiting_only is not None
    # "Is there a diet for lupus" is put like a search, too: without a study or a place more is needed.
    tells = of_studies or placed or bool(understood.unknown_place) or standing.after_studies
    # "What about kids" after an answer asks the same of children, not for studies with them.
    tells = tells or (search.ages is not None and not (standing.after_entry and talk.search is None))
    if leaning.search >= (VERY_LIKELY if tells and not understood.explains else ALMOST_SURE):
        # Without a word of what is looked for, or where, nothing would change: "there must be other lists".
        says_nothing = not limits and not understood.speaks_of_studies and not says("everything")
        is_other = says_nothing and (left > MOST_LEFT or rival().is_sure)
        # A disease alone, which no study of ours is about, asks for none.
        is_other = is_other or (not tells and _names_only_its_condition(search) and not shelf.search(search))
        return None if is_other or rival().is_same else look
    if condition and not left and _is_only_named(plain, search):
        return None if rival().is_same else look
    if condition and not left and not understood.explains and (search.phase or search.recruiting_only or search.status):
        return None if rival().is_same else look
    if condition and not left and says("nothing_but_studies"):
        return look
    if condition and placed and not understood.explains and not says("question"):
        # Who names a disease and a place, and calls it studies or nothing else, looks for them whatever entry is near.
        is_search = understood.speaks_of_studies and left <= MOST_BESIDE
        if is_search or (not asks(text) and any(_is_a_search(shelf.understand(clause)) for clause in _clauses(text))):
            return None if rival().is_same else look
    searches = understood.asks and (of_studies or placed or leans)
    lists = understood.lists and (condition or placed or understood.unknown_place or understood.clash)
    # One study is named like a search: "lupus study". What it is about and where, or the model, tells the search.
    lists = lists or (understood.speaks_of_studies and condition and (placed or leans) and not understood.explains)
    if not left and (searches or lists):
        return None if rival().is_same else look
    if searches and condition and placed and left <= MOST_LEFT:
        return None if rival().is_same else look
    if condition and placed and not left and not rival().is_sure:
        return look
    only_named = (search.has_place or _is_other_disease(search)) and not left and len(plain.split()) <= FEW_WORDS
    if only_named and not standing.after_entry and not says("question"):
        # An entry about CAR-T in many diseases tells little of one that is all of a message.
        by_itself = _names_only_its_condition(search) and bool(shelf.search(search))
        given_way = rival().is_same if by_itself else rival().is_sure
        if not given_way:
            return look
    if understood.explains:
        return None
    # "They spoke of a study in Oslo" hopes for one, as long as no entry answers it.
    if understood.speaks_of_studies and search.has_place and left <= MOST_LEFT and not says("question"):
        return None if rival().is_sure else look
    if standing.talks_on and talk.search is not None and search.limits != search and not left and not says("question"):
        return None if rival().is_same else look  # "other places then", after what a status means
    if standing.after_studies and limits and says("what_if") and left <= FEW_LEFT:
        return None if rival().is_same else look
    if standing.after_studies and limits and not left:
        changes = not says("question") or says("of_the_list")
        if changes and (says("changes") or not _names_only_status(search)):
            return look
    if (
        (searches and left <= MOST_LEFT)
        or (leans and tells and (limits or of_studies or left <= FEW_LEFT))
        or (limits and left <= FEW_LEFT and (understood.speaks_of_studies or talk.search is not None))
    ):
        return None if rival().is_sure else look
    return None


def _is_only_named(plain: str, search: Search) -> bool:
    """Whether nothing but CAR-T and a disease other than lupus is named: what there is of it are studies."""
    if not _is_other_disease(search):
        return False
    names = wordings()["car_t"].search(plain) and not wordings()["question"].match(plain)
    return bool(names or wordings()["anything_for"].match(plain))


def _is_other_disease(search: Search) -> bool:
    return search.limits.condition not in (None, "lupus", KIDNEYS)


def _names_only_its_country(search: Search, before: Search | None) -> bool:
    """Whether nothing but the country is named in which the city lies that was looked in."""
    limits, old = search.limits, before.limits if before else Search()
    limits = replace(limits, alternatives=())
    return limits == Search(country=limits.country) and old.city is not None and limits.country == old.country


def _names_only_its_condition(search: Search) -> bool:
    return search.condition is not None and replace(search, condition=None, alternatives=()).is_silent


def _is_a_search(clause: Understood) -> bool:
    """Whether a part of a message names a disease and a place and nothing else: "SLE in Brazil"."""
    return _is_whole(clause) and not clause.left and not clause.explains


def _names_only_status(search: Search) -> bool:
    return search.status is not None and replace(search, status=None).is_silent


def _is_whole(understood: Understood) -> bool:
    """Whether a search names both what and where, so that nothing of the one before belongs to it."""
    return understood.search.limits.condition is not None and understood.search.has_place


def _says_where_or_what(search: Search) -> bool:
    """Whether a search names a condition or a place."""
    return search.limits.condition is not None or search.has_place


def _says_more(search: Search) -> bool:
    """Whether a search says more than a condition and for whom."""
    return replace(search.limits, condition=None, ages=None, sex=None) != Search()


def _country(standing: Standing) -> str | None:
    """The country at hand: that of the search, else that of the person."""
    search = standing.talk.search
    return (search.limits.country if search else None) or standing.country
