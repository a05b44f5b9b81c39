"""Frozen dataclasses of the domain as JSON text and back, driven by their field types.

Reads only what it wrote itself for the same types: `shape` changes with any field, and the index is then built anew.
No pickle: nothing that is read can run.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import types
import typing
from collections.abc import Callable
from datetime import date
from functools import cache
from typing import Any, Literal, TypeVar, Union

T = TypeVar("T")
_Convert = Callable[[Any], Any]


def to_json(value: object) -> str:
    """`value`, an instance of a dataclass, as JSON. Raises TypeError for a field type that is not known here."""
    return json.dumps(_codec_of(type(value))[0](value), ensure_ascii=False, separators=(",", ":"))


def from_json(kind: type[T], text: str) -> T:
    """The value of dataclass `kind` that `to_json` wrote. Raises ValueError when it did not."""
    try:
        value: T = _codec_of(kind)[1](json.loads(text))
    except (TypeError, KeyError, IndexError) as error:
        raise ValueError(f"this is no {kind.__name__} written by this version ({error})") from error
    return value


def shape(kind: type) -> str:
    """A short text that differs when a field of `kind`, or of a type within it, is added, renamed or retyped."""
    return hashlib.sha256(_describe(kind).encode()).hexdigest()[:12]


def _describe(kind: Any) -> str:
    if dataclasses.is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        fields = ",".join(f"{field.name}:{_describe(hints[field.name])}" for field in dataclasses.fields(kind))
        return f"{getattr(kind, '__name__', '')}({fields})"
    arguments = ",".join(_describe(argument) for argument in typing.get_args(kind))
    return f"{typing.get_origin(kind) or kind}[{arguments}]"


def _codec_of(kind: Any) -> tuple[_Convert, _Convert]:
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        return _codec(kind)
    raise TypeError(f"{kind} is no dataclass")


@cache
def _codec(kind: Any) -> tuple[_Convert, _Convert]:
    """How a value of this type becomes plain JSON values, and how they become it again."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if kind in (str, int, bool, float) or origin is Literal:
        return _same, _same
    if kind is date:
        return date.isoformat, date.fromisoformat
    if origin in (Union, types.UnionType):
        return _optional(arguments)
    if origin is frozenset:
        encode, decode = _codec(arguments[0])
        return (lambda v: sorted(encode(one) for one in v)), (lambda v: frozenset(decode(one) for one in v))
    if origin is tuple and len(arguments) == 2 and arguments[1] is Ellipsis:
        encode, decode = _codec(arguments[0])
        if encode is _same:
            return list, tuple
        return (lambda v: [encode(one) for one in v]), (lambda v: tuple(decode(one) for one in v))
    if origin is tuple:
        codecs = [_codec(argument) for argument in arguments]
        return (
            lambda v: [codec[0](one) for codec, one in zip(codecs, v, strict=True)],
            lambda v: tuple(codec[1](one) for codec, one in zip(codecs, v, strict=True)),
        )
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        return _dataclass(kind)
    raise TypeError(f"{kind} cannot be written as JSON here")


def _same(value: Any) -> Any:
    return value


def _optional(arguments: tuple[Any, ...]) -> tuple[_Convert, _Convert]:
    others = [argument for argument in arguments if argument is not types.NoneType]
    if len(others) != 1 or len(others) == len(arguments):
        raise TypeError(f"of a union, only X | None can be written as JSON here, not {arguments}")
    encode, decode = _codec(others[0])
    if encode is _same:
        return _same, _same
    return (lambda v: None if v is None else encode(v)), (lambda v: None if v is None else decode(v))


def _dataclass(kind: type) -> tuple[_Convert, _Convert]:
    hints = typing.get_type_hints(kind)
    names = [field.name for field in dataclasses.fields(kind)]
    codecs = [_codec(hints[name]) for name in names]

    def encode(value: Any) -> list[Any]:
        return [codec[0](getattr(value, name)) for name, codec in zip(names, codecs, strict=True)]

    def decode(values: list[Any]) -> Any:
        return kind(*(codec[1](one) for codec, one in zip(codecs, values, strict=True)))

    return encode, decode
