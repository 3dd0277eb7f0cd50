from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from knowledge.errors import ModelError
from knowledge.search.encoder import DIMENSIONS, OnnxEncoder

TEXTS = ["what is lupus", "lupus", "how fast do i push in cpr " * 9, "¿qué es?", "", "car-t", "x" * 4000]


@pytest.fixture(scope="module")
def encoder(prepared_home: Path) -> OnnxEncoder:
    return OnnxEncoder(prepared_home / "model")


def test_every_text_becomes_a_vector_of_length_one(encoder: OnnxEncoder) -> None:
    vectors = encoder.encode(TEXTS)
    assert vectors.shape == (len(TEXTS), DIMENSIONS)
    assert vectors.dtype == np.float32
    assert np.isfinite(vectors).all()
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_no_text_at_all_is_no_vector(encoder: OnnxEncoder) -> None:
    assert encoder.encode([]).shape == (0, DIMENSIONS)


def test_the_same_text_always_becomes_the_same_vector(encoder: OnnxEncoder, prepared_home: Path) -> None:
    first = encoder.encode(TEXTS)
    assert np.array_equal(first, encoder.encode(TEXTS))
    assert np.array_equal(first, OnnxEncoder(prepared_home / "model").encode(TEXTS))


def test_company_does_not_change_a_vector(encoder: OnnxEncoder) -> None:
    many = [*TEXTS, *(f"question {number} about lupus" for number in range(60))]
    together = encoder.encode(many)
    alone = np.stack([encoder.encode([text])[0] for text in many])
    assert np.abs(together - alone).max() < 1e-5
    assert np.abs(encoder.encode(many[::-1])[::-1] - together).max() < 1e-5


def test_inner_vectors_come_with_the_others_and_are_not_the_same(encoder: OnnxEncoder) -> None:
    vectors, inner = encoder.encode_both(TEXTS)
    assert np.array_equal(vectors, encoder.encode(TEXTS))
    assert inner.shape == vectors.shape
    alone = np.stack([encoder.encode_both([text])[1][0] for text in TEXTS])
    assert np.array_equal(inner, alone)


def test_inner_vectors_tell_how_a_thing_is_said(encoder: OnnxEncoder) -> None:
    """What happens now lies nearer to another thing that happens now than to the same thing asked in general."""
    texts = ["my dad is choking on a grape", "my son is having a seizure", "what should be done when somebody chokes"]
    now, another, asked = (row / np.linalg.norm(row) for row in encoder.encode_both(texts)[1])
    assert now @ another > now @ asked


def test_what_comes_after_128_word_pieces_is_not_read(encoder: OnnxEncoder) -> None:
    begun = "lupus " * 200
    one, other = encoder.encode([begun + "and a dog", begun + "or a cat"])
    assert np.array_equal(one, other)
    near, far = encoder.encode(["lupus and a dog", "lupus or a cat"])
    assert not np.allclose(near, far)


def test_texts_that_mean_the_same_lie_closer_than_others(encoder: OnnxEncoder) -> None:
    asked, same, other = encoder.encode(["is lupus contagious", "can you catch lupus", "how do I use an AED"])
    assert asked @ same > 0.6 > 0.3 > asked @ other


def test_ordinary_words_are_known_and_slips_are_not(encoder: OnnxEncoder) -> None:
    assert all(word in encoder.english for word in ("what", "kidney", "medicine"))
    assert not any(word in encoder.english for word in ("plaquenil", "waht", "hydroxychloroquine"))


def test_a_folder_without_a_model_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"not prepared in .*; run: \./lantern model"):
        OnnxEncoder(tmp_path)


def test_a_damaged_model_says_what_to_run(prepared_home: Path, tmp_path: Path) -> None:
    for name in ("int8.ready", "tokenizer.json"):
        shutil.copy(prepared_home / "model" / name, tmp_path)
    (tmp_path / "int8.onnx").write_bytes(b"no model")
    with pytest.raises(ModelError, match=r"cannot be loaded .*; run: \./lantern model"):
        OnnxEncoder(tmp_path).load()
