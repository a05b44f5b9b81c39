"""The few parts of the ONNX file format (protocol buffers) that a transformer encoder needs, written as bytes.

Does not read ONNX and knows no model: `bert_graph` says what the nodes are. Written by hand because torch's exporter
needs the `onnx` package and is deprecated, while this format has been frozen for years.
Source of the field numbers: onnx.proto3, IR version 8.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Piece: TypeAlias = bytes | memoryview
Attribute: TypeAlias = int | float

FLOAT, INT32, INT64 = 1, 6, 7
_DATA_TYPES = {np.dtype(np.float32): FLOAT, np.dtype(np.int32): INT32, np.dtype(np.int64): INT64}
_IR_VERSION = 8
_BYTES, _FIXED32 = 2, 5


def _varint(number: int) -> bytes:
    out = bytearray()
    number &= (1 << 64) - 1
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def _integer(field: int, number: int) -> bytes:
    return _varint(field << 3) + _varint(number)


def _field_start(field: int, size_bytes: int) -> bytes:
    return _varint(field << 3 | _BYTES) + _varint(size_bytes)


def _message(field: int, content: bytes | str) -> bytes:
    raw = content.encode() if isinstance(content, str) else content
    return _field_start(field, len(raw)) + raw


def node(op: str, inputs: Sequence[str], output: str, *, domain: str = "", **attributes: Attribute) -> bytes:
    """One operation with one output, as a field of the graph. Its name is its output's."""
    content = b"".join(_message(1, name) for name in inputs) + _message(2, output) + _message(3, output)
    content += _message(4, op) + b"".join(_attribute(name, value) for name, value in attributes.items())
    return _message(1, content + (_message(7, domain) if domain else b""))


def _attribute(name: str, value: Attribute) -> bytes:
    if isinstance(value, int):
        return _message(5, _message(1, name) + _integer(3, value) + _integer(20, 2))
    return _message(5, _message(1, name) + _varint(2 << 3 | _FIXED32) + struct.pack("<f", value) + _integer(20, 1))


def constant(name: str, array: NDArray[np.generic]) -> list[Piece]:
    """A named weight, as a field of the graph. The array's bytes are not copied."""
    values = np.ascontiguousarray(array)
    head = b"".join(_integer(1, size) for size in array.shape) + _integer(2, _DATA_TYPES[values.dtype])
    head += _message(8, name) + _field_start(9, values.nbytes)
    return [_field_start(5, len(head) + values.nbytes) + head, values.reshape(-1).view(np.uint8).data]


def graph_input(name: str, data_type: int, shape: Sequence[int | str]) -> bytes:
    """A named input; a text in `shape` is a size that varies."""
    return _message(11, _value_info(name, data_type, shape))


def graph_output(name: str, data_type: int, shape: Sequence[int | str]) -> bytes:
    """A named output; a text in `shape` is a size that varies."""
    return _message(12, _value_info(name, data_type, shape))


def _value_info(name: str, data_type: int, shape: Sequence[int | str]) -> bytes:
    sizes = b"".join(_message(1, _message(2, s) if isinstance(s, str) else _integer(1, s)) for s in shape)
    return _message(1, name) + _message(2, _message(1, _integer(1, data_type) + _message(2, sizes)))


def model(graph: Iterable[Piece], *, producer: str, operator_sets: dict[str, int]) -> bytes:
    """The whole file: the pieces of the graph and the versions of the operator sets it uses ("" is ONNX's own)."""
    pieces = [*graph, _message(2, producer)]
    head = _integer(1, _IR_VERSION) + _message(2, producer)
    for domain, version in operator_sets.items():
        head += _message(8, (_message(1, domain) if domain else b"") + _integer(2, version))
    return b"".join([head + _field_start(7, sum(len(piece) for piece in pieces)), *pieces])
