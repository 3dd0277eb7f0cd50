"""Texts that no one wrote, for two readers of the rules to be compared on: examples in pieces, put together, disguised,
misspelt, and words and signs at random. They are calm or not; only that both readers find the same matters."""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Callable, Iterator, Sequence

from tests.understanding.mangling import mangled

SIGNS = (
    " .,;:!?\n\t'\"`´’‘()/@$#*-_…0123456789¿¡🆘😢\u200b\u200d\u00ad\ufe0f\u2028\u00a0\x00\x1f"
    "ßſﬁⅧ½²İıKÅéüñÑøðЖжΣςאبあ漢字𝓱𝐞Ⓗ"
)
"""Spaces, ends of sentences, unseen signs, signs with compatibility forms or several cases, other scripts."""
HALF = "\ud800"
"""Half of a pair, as broken programs send it."""
WIDE = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
"""Plain signs to their full-width forms."""
ACCENTS = "\u0301\u0308\u0327\u0303"
FOR_LETTERS = str.maketrans("oieastOIEAST", "01345$01345$")


def _joined(text: str, chance: random.Random, texts: Sequence[str]) -> str:
    return text + chance.choice((" ", ". ", "? ", ", ", " but ", "\n", "")) + chance.choice(texts)


def _piece(text: str, chance: random.Random, texts: Sequence[str]) -> str:
    words = text.split()
    start = chance.randrange(len(words) + 1)
    return " ".join(words[start : start + chance.randrange(1, 12)])


def _wide(text: str, chance: random.Random, texts: Sequence[str]) -> str:
    return text.translate(WIDE)


def _accented(text: str, chance: random.Random, texts: Sequence[str]) -> str:
    marked = "".join(letter + chance.choice(ACCENTS) if chance.random() < 0.2 else letter for letter in text)
    return unicodedata.normalize(chance.choice(("NFC", "NFD")), marked)


def _in_digits(text: str, chance: random.Random, texts: Sequence[str]) -> str:
    return "".join(letter.translate(FOR_LETTERS) if chance.random() < 0.3 else letter for letter in text)


def _drawn_out(text: str, chance: random.Random, texts: Sequence[str]) -> str:
    return "".join(letter * chance.randrange(2, 6) if chance.random() < 0.1 else letter for letter in text)


def _without_spaces(text: str, chance: random.Random, texts: Sequence[str]) -> str:
    return "".join("" if letter == " " and chance.random() < 0.6 else letter for letter in text)


def _with_signs(text: str, chance: random.Random, texts: Sequence[str]) -> str:
    return "".join(letter + chance.choice(SIGNS) if chance.random() < 0.1 else letter for letter in text)


def _capitals(text: str, chance: random.Random, texts: Sequence[str]) -> str:
    return chance.choice((text.upper(), text.title(), text.swapcase()))


def _slips(text: str, chance: random.Random, texts: Sequence[str]) -> str:
    return mangled(mangled(text, str(chance.random())), str(chance.random()))


def _other_words(text: str, chance: random.Random, texts: Sequence[str]) -> str:
    words = text.split()
    return " ".join(
        chance.choice(chance.choice(texts).split() or [""]) if chance.random() < 0.3 else word for word in words
    )


def _nonsense(text: str, chance: random.Random, texts: Sequence[str]) -> str:
    letters = "abcdefghijklmnopqrstuvwxyz     " + SIGNS
    return "".join(chance.choice(letters) for _ in range(chance.randrange(1, 300)))


def _numbers(text: str, chance: random.Random, texts: Sequence[str]) -> str:
    return " ".join(f"{word}{chance.randrange(120)}" if chance.random() < 0.2 else word for word in text.split())


CHANGES: tuple[Callable[[str, random.Random, Sequence[str]], str], ...] = (
    *(_joined, _piece, _wide, _accented, _in_digits, _drawn_out, _without_spaces, _with_signs, _capitals, _slips),
    *(_slips, _other_words, _nonsense, _numbers),
)


def rough_texts(texts: Sequence[str], seed: int) -> Iterator[str]:
    """Without end: a text with one change, two or three."""
    chance = random.Random(seed)
    while True:
        text = chance.choice(texts)
        for change in chance.choices(CHANGES, k=chance.choice((1, 1, 1, 2, 3))):
            text = change(text, chance, texts)
        at = chance.randrange(len(text) + 1)
        yield text if chance.random() < 0.95 else text[:at] + HALF + text[at:]
