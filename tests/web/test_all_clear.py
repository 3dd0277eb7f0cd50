"""What is taken for "this is not an emergency" after a card, and what is not."""

from __future__ import annotations

import pytest

from web.all_clear import is_denied


@pytest.mark.parametrize(
    "text",
    [
        "it's not an emergency, i was asking for school",
        "false alarm sorry",
        "there is no emergency",
        "no dear nobody is ill we are all fine",
        "she's ok now",
        "hes fine lol",
        "just kidding",
        "It was years ago.",
        "No, everyone is fine, thank you",
        "ya estamos todos bien",
        "era broma",
        "fue hace meses",
        "nobody is choking right now, I just want to be ready",
        "im a student this is for an exam",
        "just asking for my first aid course",
        "no, just learning",
    ],
)
def test_who_says_nothing_but_that_all_is_well_is_believed(text: str) -> None:
    assert is_denied(text, crisis=False)


@pytest.mark.parametrize(
    "text",
    [
        "is this an emergency?",
        "so it's not an emergency?",
        "there is no emergency room near us",
        "he's fine but very pale",
        "she is not ok",
        "is he ok?",
        "no está bien",
        "no estoy bien",
        "no es broma",
        "i don't think he's ok",
        "i dont know if she is safe",
        "aint joking he cant move",
        "is it ok to give him water",
        "nobody is helping",
        "nobody is unconscious yet",
        "no one is choking",
        "nothing has happened yet",
        "nothing happened",
        "i am a student",
        "im a diabetic student, just learning",
        "im a pregnant teacher",
        "its for my",
        "hes asking for a",
        "for work",
        "i just want to know",
        "just in case",
        "nobody is breathing right now",
        "i just want to know if he will die",
        "i just want to be gone",
        "im a student and i took pills",
        "its for my dad",
        "i want to know what to do",
        "nothing happened when i shook him",
        "is it safe to move her",
        "what do i do until she is better",
        "make sure he is ok",
        "i better call an ambulance",
        "it's all over my body",
        "it is over 104",
        "he drank it all, it's all gone",
        "he was fine an hour ago, now he talks strange",
        "pasó hace 10 minutos",
        "fue hace cinco minutos",
        "my CAR-T infusion was last week",
        "chemo was yesterday",
        "la infusión fue hace una semana",
        "it was 5 minutes ago",
        "my lips are swelling",
        "thanks",
        "thank you, thanks",
        "ok",
        "",
    ],
)
def test_whoever_says_anything_else_is_not(text: str) -> None:
    assert not is_denied(text, crisis=False)


def test_after_a_crisis_only_the_plain_words_count() -> None:
    assert not is_denied("im fine", crisis=True)
    assert not is_denied("just joking", crisis=True)
    assert is_denied("This is not an emergency, I am writing a novel", crisis=True)
