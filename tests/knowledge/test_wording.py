from __future__ import annotations

import pytest

from knowledge.wording import wording_faults


def kinds(text: str, locale: str = "en") -> list[str]:
    """What is wrong with a text, without the sentence and the advice."""
    return [fault.split(" (")[0] for fault in wording_faults(text, locale)]


ORDERS, PROMISES = "tells a person what to do with a medicine", "promises a cure or an outcome"
ADVERTISES, SUITS = "uses a word of advertising", "says that something is right for this reader"
QUALIFIES, DIAGNOSES = "says that this reader qualifies", "tells this reader what they have"
SUMS = "does sums with a dose"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("You should take hydroxychloroquine.", ORDERS),
        ("You need to lower the dose.", ORDERS),
        ("Stop taking your steroids today.", ORDERS),
        ("Take your pills at night.", ORDERS),
        ("Please reduce your daily dose.", ORDERS),
        ("We recommend belimumab.", ORDERS),
        ("CAR-T cures lupus.", PROMISES),
        ("It was a cure for five people.", PROMISES),
        ("A place is guaranteed.", PROMISES),
        ("You will get better.", PROMISES),
        ("It is a breakthrough.", ADVERTISES),
        ("This miracle treatment is new.", ADVERTISES),
        ("The shot is completely safe.", ADVERTISES),
        ("Running is safe for you.", SUITS),
        ("This trial is right for you.", SUITS),
        ("You qualify for this trial.", QUALIFIES),
        ("With SLE you are eligible.", QUALIFIES),
        ("A positive ANA means you have lupus.", DIAGNOSES),
        ("You probably have a flare.", DIAGNOSES),
        ("Multiply your weight by 5.", SUMS),
        ("A person of 60 kg gets 300 mg a day.", SUMS),
        ("Take 2 x 200 mg.", SUMS),
        ("5 mg for each kg = your dose.", SUMS),
        ("Half a tablet is enough.", SUMS),
    ],
)
def test_what_no_entry_may_say_is_found(text: str, kind: str) -> None:
    assert kind in kinds(f"Lupus lasts long. {text}")


@pytest.mark.parametrize(
    "text",
    [
        "There is no cure for lupus yet.",
        "It does not mean a cure.",
        "Be careful with anyone who promises a cure.",
        "Meeting the criteria does not guarantee a place.",
        "Never stop long-term steroids suddenly.",
        "Do not change a dose without your care team.",
        "Keep your visits and take your medicines as directed.",
        "Take medicine patches off and wipe the skin.",
        "Check that the place is safe for you.",
        "Your care team can say what is right for you.",
        "Ask whether it is safe for you.",
        "Only the study team can say if you qualify.",
        "A positive ANA does not mean that you have lupus.",
        "If you have a fever, call your care team.",
        "The guideline aims at 5 mg per kg of body weight a day.",
        "The goal is prednisone at 5 mg a day or less.",
        "The cells multiply in the blood.",
        "Give another dose of naloxone after 2 to 3 minutes.",
        "You should call your doctor today.",
    ],
)
def test_careful_wording_is_let_through(text: str) -> None:
    assert kinds(text) == []


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Debe tomar su medicina.", ORDERS),
        ("Suspenda sus pastillas.", ORDERS),
        ("El tratamiento cura el lupus.", PROMISES),
        ("Es un milagro.", ADVERTISES),
        ("Es seguro para usted.", "says that something is right for this reader, or that they qualify"),
        ("Multiplique su peso por 5.", SUMS),
    ],
)
def test_spanish_has_rules_of_its_own(text: str, kind: str) -> None:
    assert kind in kinds(text, "es")
    assert kinds(text, "en") == []


@pytest.mark.parametrize("text", ["No hay cura.", "No deje sus pastillas.", "Llame ahora al 911.", "Siga empujando."])
def test_careful_spanish_is_let_through(text: str) -> None:
    assert kinds(text, "es") == []


def test_a_fault_shows_the_words_and_says_how_to_mend_it() -> None:
    (fault,) = wording_faults("It is new. CAR-T cures lupus.", "en")
    assert fault == (
        "promises a cure or an outcome ('cures' in 'CAR-T cures lupus.'); "
        'say what was seen and in whom; "remission" instead of "cure"'
    )


def test_a_locale_without_rules_is_left_alone() -> None:
    assert kinds("CAR-T cures lupus.", "fr") == []
