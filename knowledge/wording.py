"""What no entry may say, in any locale: orders about a person's own medicines, promises, verdicts, sums with doses.

The rules look at one sentence at a time. They catch slips, not every way to say a thing: a person reads each text too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from knowledge.reading import sentences


@dataclass(frozen=True)
class Rule:
    """A sentence in which `pattern` is found is at fault, except where `unless` is found in it too."""

    what: str
    mend: str
    pattern: str
    unless: str = r"(?!)"


_NOT_EN = r"\b(?:no|not|never|nobody|none|neither|cannot|without)\b|n['’]t\b"
_OPEN_EN = _NOT_EN + r"|\b(?:whether|if|ask)\b"
_MEDICINE_EN = (
    r"(?:doses?|dosage|medicines?|medications?|drugs?|pills?|tablets?|steroids?|prednisone|prednisolone|plaquenil"
    r"|hydroxychloroquine|methotrexate|azathioprine|mycophenolate|immunosuppressants?)"
)
_ALTER_EN = r"(?:take|stop|start|restart|skip|double|halve|increase|raise|lower|reduce|cut|switch|change|hold|taper)"
_NOT_ES = r"\b(?:no|nunca|jamás|nadie|ningún|ninguna|ni|sin)\b"
_MEDICINE_ES = r"(?:dosis|medicinas?|medicamentos?|pastillas?|tabletas?|esteroides?|prednisona|hidroxicloroquina)"

RULES: Mapping[str, tuple[Rule, ...]] = {
    "en": (
        Rule(
            "tells a person what to do with a medicine",
            "point to the care team instead",
            rf"\b(?:you|he|she|they) (?:should|must|need to|have to|ought to|can safely) (?:just |now )?{_ALTER_EN}\b"
            rf"[^.]*\b{_MEDICINE_EN}\b|^(?:please |just |simply )?{_ALTER_EN} (?:\w+ ){{0,3}}?"
            rf"(?:your|the|this|that|another|more|less|a|an|half|two|taking) (?:\w+ ){{0,2}}?{_MEDICINE_EN}\b(?! patch)"
            r"|\b(?:I|we) (?:would )?(?:recommend|advise|suggest|prescribe)\b",
            _NOT_EN + r"|\bas (?:directed|prescribed)\b",
        ),
        Rule(
            "promises a cure or an outcome",
            'say what was seen and in whom; "remission" instead of "cure"',
            r"\bcur(?:e|es|ed|ing)\b|\bguarantee[sd]?\b|\bwill (?:surely|certainly|definitely|always) \w+"
            r"|\byou(?:'ll| will) (?:get well|get better|be fine|recover|survive)\b|\b(?:is|are) harmless for you\b",
            _NOT_EN + r"|\b(?:promises|careful|until)\b",
        ),
        Rule(
            "uses a word of advertising",
            "say what was found",
            r"\bmiracles?\b|\bmiraculous|\bbreakthroughs?\b|\bgame.changer|\brisk.free\b|\bwonder drug"
            r"|\b(?:completely|perfectly|totally|100 ?%|entirely) (?:safe|effective|harmless)\b",
        ),
        Rule(
            "says that something is right for this reader",
            "say whom to ask",
            r"\b(?:safe|right|best|suitable|fine|okay) for you\b",
            _OPEN_EN + r"|\b(?:say|tell|check|decides?|place|scene)\b",
        ),
        Rule(
            "says that this reader qualifies",
            "name the criteria and who decides",
            r"\byou (?:now |will |would |do |may )*(?:qualify|are eligible|be eligible|are a (?:good )?candidate"
            r"|fit the trial)\b",
            _OPEN_EN,
        ),
        Rule(
            "tells this reader what they have",
            "say what a sign can mean, and whom to ask",
            r"\b(?:means?|so|then) (?:that )?you have\b|\byou (?:probably|likely|surely|clearly|definitely) have\b",
            _NOT_EN,
        ),
        Rule(
            "does sums with a dose",
            "name the figure of the source and leave the sum to the care team",
            r"\b(?:multipl(?:y|ied)|divided?) (?:it |this |that )?(?:your|the|by|with)\b|\btimes your weight\b"
            r"|\b\d[\d.,]* ?(?:kg|kilos?|kilograms?|lbs?|pounds)\b[^.]*\b\d[\d.,]* ?(?:mg|milligrams?)\b"
            r"|\b\d[\d.,]* ?(?:x|×|\*|times) ?\d[\d.,]* ?(?:mg|milligrams?)\b|\bmg\b[^.]*="
            r"|\bhalf (?:of )?(?:a|the|your) (?:tablet|pill|dose)\b|\bdouble (?:the|your) dose\b",
        ),
    ),
    "es": (
        Rule(
            "tells a person what to do with a medicine",
            "point to the care team instead",
            r"\b(?:debe|tiene que|debería|hay que) (?:tomar|dejar|suspender|empezar|aumentar|bajar|reducir|doblar"
            rf"|cambiar)\b[^.]*\b{_MEDICINE_ES}\b|^(?:tome|deje|suspenda|empiece|aumente|baje|reduzca|duplique|cambie) "
            rf"(?:\w+ ){{0,3}}?(?:su|sus|la|el|los|las|esta|este) (?:\w+ ){{0,2}}?{_MEDICINE_ES}\b"
            r"|\b(?:le )?(?:recomiendo|recomendamos|aconsejo|aconsejamos)\b",
            _NOT_ES,
        ),
        Rule(
            "promises a cure or an outcome",
            'say what was seen and in whom; "remisión" instead of "cura"',
            r"\b(?:cura|curas|curar|curado|curada|curará)\b|\bgarantiza\w*\b|\bse (?:curará|recuperará|pondrá bien)\b",
            _NOT_ES,
        ),
        Rule(
            "uses a word of advertising",
            "say what was found",
            r"\bmilagros?\b|\bmilagros[ao]s?\b|\brevolucionari[ao]s?\b|\bsin riesgos?\b"
            r"|\b(?:totalmente|completamente|100 ?%) (?:segur|efica)\w+",
        ),
        Rule(
            "says that something is right for this reader, or that they qualify",
            "say whom to ask",
            r"\b(?:segur[ao]|adecuad[ao]|mejor) para usted\b"
            r"|\busted (?:califica|reúne los requisitos|es candidat[ao])\b",
            _NOT_ES + r"|\b(?:si|pregunte|lugar)\b",
        ),
        Rule(
            "does sums with a dose",
            "name the figure of the source and leave the sum to the care team",
            r"\bmultipli\w+\b|\bdivid[ae]\w* (?:su|entre|por)\b|\bpor su peso\b|\bmg\b[^.]*="
            r"|\b\d[\d.,]* ?(?:kg|kilos?)\b[^.]*\b\d[\d.,]* ?mg\b|\bmedia (?:pastilla|tableta|dosis)\b|\bdoble dosis\b",
        ),
    ),
}
"""Locale -> its rules. A locale without rules is not checked; `docs/content-format.md` says which there are."""


def wording_faults(text: str, locale: str) -> Iterator[str]:
    """What a text says that it must not, each with the sentence and how to mend it."""
    for sentence in sentences(text):
        for rule in RULES.get(locale, ()):
            found = re.search(rule.pattern, sentence, re.IGNORECASE)
            if found and not re.search(rule.unless, sentence, re.IGNORECASE):
                yield f"{rule.what} ({found[0]!r} in {sentence!r}); {rule.mend}"
