from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from knowledge.errors import ModelError
from knowledge.search.encoder import OnnxEncoder
from knowledge.search.weights import WEIGHTS_SHA256, file_hash, model_hash, package_folder, prepare


def test_the_installed_weights_are_the_verified_ones() -> None:
    assert file_hash(package_folder() / "model.safetensors") == WEIGHTS_SHA256


def test_a_prepared_model_is_not_made_again(prepared_home: Path) -> None:
    file = prepared_home / "model" / "int8.onnx"
    before = file.stat()
    assert prepare(package_folder(), prepared_home / "model") is False
    assert (file.stat().st_ino, file.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_an_interrupted_preparation_is_done_again(prepared_home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "int8.onnx.new").write_bytes(b"half a file")
    with pytest.raises(ModelError, match="not prepared"):
        model_hash(folder, "int8")
    assert prepare(package_folder(), folder) is True
    assert model_hash(folder, "int8") == model_hash(prepared_home / "model", "int8")
    assert sorted(file.name for file in folder.iterdir()) == [
        *("int8.onnx", "int8.ready", "products.onnx", "tokenizer.json", "words.bin")
    ]
    # Making it is repeatable, so vectors cached elsewhere keep their meaning.
    assert file_hash(folder / "int8.onnx") == file_hash(prepared_home / "model" / "int8.onnx")


def test_a_model_prepared_by_an_earlier_version_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "int8.ready").write_text(f"{WEIGHTS_SHA256[:16]}-int8-1 0123", encoding="ascii")
    with pytest.raises(ModelError, match=r"another version; run: \./lantern model"):
        model_hash(tmp_path, "int8")


@pytest.mark.parametrize("damage", ["altered", "cut off", "empty"])
def test_altered_weights_are_refused_with_the_expected_hash(tmp_path: Path, damage: str) -> None:
    real = (package_folder() / "model.safetensors").read_bytes()
    flipped = bytes([real[5_000_000] ^ 1])
    altered = {"altered": real[:5_000_000] + flipped + real[5_000_001:], "cut off": real[:5_000_000], "empty": b""}
    source, folder = tmp_path / "package", tmp_path / "model"
    source.mkdir()
    (source / "model.safetensors").write_bytes(altered[damage])
    shutil.copy(package_folder() / "tokenizer.json", source)
    with pytest.raises(ModelError) as error:
        prepare(source, folder)
    assert str(source / "model.safetensors") in str(error.value)
    assert f"expected {WEIGHTS_SHA256}" in str(error.value)
    assert not folder.exists()


def test_missing_weights_are_named_with_the_expected_hash(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=f"model.safetensors cannot be read .* expected sha256 {WEIGHTS_SHA256}"):
        prepare(tmp_path, tmp_path / "model")


@pytest.mark.parametrize("damaged", ["int8.onnx", "words.bin"])
def test_a_prepared_model_that_was_damaged_since_is_made_again(
    prepared_home: Path, tmp_path: Path, damaged: str
) -> None:
    folder = tmp_path / "model"
    shutil.copytree(prepared_home / "model", folder)
    (folder / damaged).write_bytes(b"no model")
    assert prepare(package_folder(), folder) is True
    assert OnnxEncoder(folder).encode(["lupus"]).any()


def test_the_full_model_is_another_one_and_says_nearly_the_same(prepared_home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    prepare(package_folder(), folder, "fp32")
    small, full = OnnxEncoder(prepared_home / "model"), OnnxEncoder(folder, "fp32")
    assert small.hash != full.hash
    assert (prepared_home / "model" / "int8.onnx").stat().st_size < (folder / "fp32.onnx").stat().st_size * 0.7
    texts = ["is lupus contagious", "how do I use an AED"]
    assert np.sum(small.encode(texts) * full.encode(texts), axis=1).min() > 0.98
