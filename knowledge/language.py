"""Which language a message is written in, as far as the assistant must know: can it answer, and in which words."""

from __future__ import annotations

import re
import unicodedata

_SPANISH = frozenset(
    (
        "el la los las un una unos unas de del que qué y en por para con sin mi mis su sus tu es son está "
        "esta estoy tengo tiene cómo como cuándo dónde cuánto cuanto quién puede puedo hay ser muy más pero "
        "porque se le lo al hola gracias enfermedad lupus síntomas causa qué cual cuál si sí yo me te nos "
        "ensayo ensayos estudio estudios clínico clínicos clinicos busco quiero participar termina empieza cuando "
        "donde quien cuántas cuantas cuántos cuantos personas solo sólo reclutan reclutando otro otra otros otras "
        "país pais ciudad cerca mamá papá hija hijo primero segundo tercero muestra muéstrame"
    ).split()
)
_SPANISH_MANNERS = frozenset(
    (
        "hola buenos buenas dias días tardes noches gracias muchas mil adiós adios chao hasta luego mañana habla "
        "hablas hablan español espanol castellano puedes usted vale claro bueno saludos"
    ).split()
)
_OTHERS = frozenset(
    (
        "der die das und ist ein eine nicht wie wird morgen mit für von le les des est une pas je vous avec "
        "pour dans quel quelle comment o os as um uma não é como il lo gli che di per sono"
    ).split()
)
_SHARED = frozenset(("lupus me no a es se le lo die as o das di per causa con como").split())


def language(text: str) -> str:
    """ "en", "es" or "other". English unless the writing or its small words clearly say otherwise."""
    letters = [char for char in text if char.isalpha()]
    if letters and sum("LATIN" not in unicodedata.name(char, "") for char in letters) > len(letters) / 2:
        return "other"
    parts = re.findall(r"[^\W\d_]+", text.lower())
    spanish = sum(part in _SPANISH and part not in _SHARED for part in parts)
    others = sum(part in _OTHERS and part not in _SHARED for part in parts)
    if "¿" in text or "¡" in text:
        spanish += 2
    if max(spanish, others) >= 2 and max(spanish, others) >= len(parts) / 4:
        return "es" if spanish >= others else "other"
    return "en"


def is_spanish(text: str) -> bool:
    """Whether a greeting, thanks or a request for a language is in Spanish: such messages are only a word or two."""
    parts = re.findall(r"[^\W\d_]+", text.lower())
    return language(text) == "es" or (
        all(part in _SPANISH | _SPANISH_MANNERS for part in parts)
        and any(part in _SPANISH_MANNERS or part not in _SHARED for part in parts)
    )
