"""A BERT sentence encoder (weights of a sentence-transformers folder) as an ONNX graph: words in, unit vectors out.

Reads `model.safetensors` and the JSON files beside it; needs neither torch nor transformers. Does not run the graph,
and refuses every model it does not know to be computed exactly so: those go through sentence-transformers.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ingest.index.onnx_file import FLOAT, INT32, INT64, Piece, constant, graph_input, graph_output, model, node

_MICROSOFT = "com.microsoft"
# Opset 17 brought LayerNormalization; the fused operators of onnxruntime are its opset 1.
_OPERATOR_SETS = {"": 17, _MICROSOFT: 1}
_DTYPES: dict[str, type[np.generic]] = {"F32": np.float32, "I64": np.int64}
_POOLING = {
    "pooling_mode_cls_token": False,
    "pooling_mode_mean_tokens": True,
    "pooling_mode_max_tokens": False,
    "pooling_mode_mean_sqrt_len_tokens": False,
}
_WORDS = "embeddings.word_embeddings.weight"
_MODULES = ["Transformer", "Pooling", "Normalize"]

Weights = dict[str, NDArray[Any]]


def why_not(model_dir: Path) -> str | None:
    """Why this folder cannot be compiled here, in words; None when it can."""
    try:
        config = _read_json(model_dir / "config.json")
        pooling = _read_json(model_dir / "1_Pooling" / "config.json")
        modules = json.loads((model_dir / "modules.json").read_text(encoding="utf-8"))
        kinds = [str(module["type"]).rpartition(".")[2] for module in modules]
    except (OSError, ValueError, KeyError, TypeError) as error:
        return f"its configuration cannot be read ({type(error).__name__})"
    if config.get("model_type") != "bert" or config.get("hidden_act") != "gelu":
        return f"it is a {config.get('model_type')} model with {config.get('hidden_act')}, not BERT with gelu"
    if config.get("position_embedding_type", "absolute") != "absolute" or config.get("is_decoder"):
        return "its positions are not absolute or it is a decoder"
    if any(pooling.get(key, False) != value for key, value in _POOLING.items()) or kinds != _MODULES:
        return "its vectors are not the normalized mean over the tokens"
    if not (model_dir / "model.safetensors").is_file() or not (model_dir / "tokenizer.json").is_file():
        return "model.safetensors or tokenizer.json is missing"
    return None


@dataclass(frozen=True, slots=True)
class Encoder:
    """`words`: the embedding of every token id, (ids, width), memory-mapped. `graph`: the rest as an ONNX file.

    Inputs of the graph, for one text or several in each row: `words` (float32: rows, tokens, width) as looked up;
    `places` (int64: rows, tokens), the place of each token in its text; `mask` (int32: rows, tokens, tokens), 1 where a
    token sees another; `shares` (float32: rows, texts, tokens), what each token has of each text's mean.
    Output `vectors` (float32: rows, texts, width): the tokens' mean, of length 1.
    """

    words: NDArray[np.float32]
    graph: bytes


def compile_encoder(model_dir: Path) -> Encoder:
    """The encoder in `model_dir`, for which `why_not` is None.

    The table of words is half of all weights, and a text needs few rows of it: outside the graph it is never copied.
    """
    config = _read_json(model_dir / "config.json")
    weights = _read_safetensors(model_dir / "model.safetensors")
    prefix = "" if _WORDS in weights else "bert."

    def weight(name: str) -> NDArray[np.float32]:
        array = weights[prefix + name]
        if array.dtype != np.float32:
            raise ValueError(f"{model_dir.name}: {name} is {array.dtype}, not float32")
        return array

    width = int(config["hidden_size"])
    graph = _embedding(weight, float(config["layer_norm_eps"]))
    for layer in range(int(config["num_hidden_layers"])):
        graph += _layer(weight, layer, int(config["num_attention_heads"]), float(config["layer_norm_eps"]))
    graph += _pooling(f"layer{config['num_hidden_layers']}")
    graph += [
        graph_input("words", FLOAT, ("rows", "tokens", width)),
        graph_input("places", INT64, ("rows", "tokens")),
        graph_input("mask", INT32, ("rows", "tokens", "tokens")),
        graph_input("shares", FLOAT, ("rows", "texts", "tokens")),
        graph_output("vectors", FLOAT, ("rows", "texts", width)),
    ]
    return Encoder(weight(_WORDS), model(graph, producer="understudy", operator_sets=_OPERATOR_SETS))


Weight = Callable[[str], NDArray[np.float32]]


def _embedding(weight: Weight, epsilon: float) -> list[Piece]:
    # Every text is a single segment, so the first segment's embedding joins the positions'.
    positions = weight("embeddings.position_embeddings.weight") + weight("embeddings.token_type_embeddings.weight")[0]
    return [
        *constant("positions", positions),
        *constant("embedding.scale", weight("embeddings.LayerNorm.weight")),
        *constant("embedding.shift", weight("embeddings.LayerNorm.bias")),
        node("Gather", ["positions", "places"], "embedding.positions"),
        node("Add", ["words", "embedding.positions"], "embedding.sum"),
        node("LayerNormalization", ["embedding.sum", "embedding.scale", "embedding.shift"], "layer0", epsilon=epsilon),
    ]


def _layer(weight: Weight, layer: int, heads: int, epsilon: float) -> list[Piece]:
    source, own = f"encoder.layer.{layer}.", f"layer{layer + 1}"
    names = [f"{source}attention.self.{name}" for name in ("query", "key", "value")]
    # torch keeps (out, in); ONNX multiplies by (in, out). The attention operator wants the three side by side.
    arrays = {
        "attention.weight": np.concatenate([weight(f"{name}.weight").T for name in names], axis=1),
        "attention.bias": np.concatenate([weight(f"{name}.bias") for name in names]),
        "joined.weight": weight(source + "attention.output.dense.weight").T,
        "joined.bias": weight(source + "attention.output.dense.bias"),
        "joined.scale": weight(source + "attention.output.LayerNorm.weight"),
        "joined.shift": weight(source + "attention.output.LayerNorm.bias"),
        "wide.weight": weight(source + "intermediate.dense.weight").T,
        "wide.bias": weight(source + "intermediate.dense.bias"),
        "narrow.weight": weight(source + "output.dense.weight").T,
        "narrow.bias": weight(source + "output.dense.bias"),
        "narrow.scale": weight(source + "output.LayerNorm.weight"),
        "narrow.shift": weight(source + "output.LayerNorm.bias"),
    }
    at = {name: f"{own}.{name}" for name in arrays}
    pieces: list[Piece] = []
    for name, array in arrays.items():
        pieces += constant(at[name], array)

    def norm(part: str, before: str, skipped: str, output: str) -> bytes:
        inputs = [before, skipped, at[f"{part}.scale"], at[f"{part}.shift"], at[f"{part}.bias"]]
        return node("SkipLayerNormalization", inputs, output, domain=_MICROSOFT, epsilon=epsilon)

    attention = [f"layer{layer}", at["attention.weight"], at["attention.bias"], "mask"]
    return [
        *pieces,
        node("Attention", attention, f"{own}.attention", domain=_MICROSOFT, num_heads=heads),
        node("MatMul", [f"{own}.attention", at["joined.weight"]], f"{own}.joined"),
        norm("joined", f"{own}.joined", f"layer{layer}", f"{own}.middle"),
        node("MatMul", [f"{own}.middle", at["wide.weight"]], f"{own}.wide"),
        node("BiasGelu", [f"{own}.wide", at["wide.bias"]], f"{own}.gelu", domain=_MICROSOFT),
        node("MatMul", [f"{own}.gelu", at["narrow.weight"]], f"{own}.narrow"),
        norm("narrow", f"{own}.narrow", f"{own}.middle", own),
    ]


def _pooling(last: str) -> list[Piece]:
    return [
        node("MatMul", ["shares", last], "pooled"),
        node("LpNormalization", ["pooled"], "vectors", axis=2, p=2),
    ]


def _read_json(path: Path) -> dict[str, Any]:
    content = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(content, dict):
        raise TypeError(f"{path.name} holds no object")
    return content


def _read_safetensors(path: Path) -> Weights:
    """The tensors of a safetensors file, memory-mapped: an 8-byte header length, a JSON header, raw bytes."""
    with path.open("rb") as file:
        header_bytes = struct.unpack("<Q", file.read(8))[0]
        header = json.loads(file.read(header_bytes))
    raw = np.memmap(path, dtype=np.uint8, mode="r", offset=8 + header_bytes)
    found: Weights = {}
    for name, entry in header.items():
        if name != "__metadata__" and entry["dtype"] in _DTYPES:
            start, end = entry["data_offsets"]
            found[name] = np.asarray(raw[start:end]).view(_DTYPES[entry["dtype"]]).reshape(entry["shape"])
    return found
