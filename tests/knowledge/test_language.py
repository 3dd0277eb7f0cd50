from __future__ import annotations

import pytest

from knowledge.language import language


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("what is lupus", "en"),
        ("lupus", "en"),
        ("", "en"),
        ("plaquenil??", "en"),
        ("I work in Los Angeles, can I get lupus there?", "en"),
        ("is José a doctor", "en"),
        ("me da miedo CAR-T", "en"),
        ("😀", "en"),
        ("¿qué es el lupus?", "es"),
        ("que es el lupus y como se trata", "es"),
        ("tengo lupus y estoy embarazada", "es"),
        ("otro estudio", "es"),
        ("cuando empieza", "es"),
        ("solo studies in Spain", "en"),
        ("was ist lupus und wie wird es behandelt", "other"),
        ("est-ce que le lupus est contagieux pour les enfants", "other"),
        ("что такое волчанка", "other"),
        ("什么是狼疮", "other"),
        ("ما هو الذئبة", "other"),
    ],
)
def test_the_language_of_a_message(text: str, expected: str) -> None:
    assert language(text) == expected
