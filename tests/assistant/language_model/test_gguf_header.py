"""A model file's header, read without llama.cpp: what it says, and nothing but an error for what is no header."""

from __future__ import annotations

import struct
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.language_model.errors import ModelFileError
from assistant.language_model.gguf_header import read_header
from assistant.language_model.model_file import default_model_path


def text(value: str) -> bytes:
    data = value.encode()
    return struct.pack("<Q", len(data)) + data


def field(key: str, kind: int, value: bytes) -> bytes:
    return text(key) + struct.pack("<I", kind) + value


def array(kind: int, *items: bytes) -> bytes:
    return struct.pack("<IQ", kind, len(items)) + b"".join(items)


def gguf(*fields: bytes, count: int | None = None) -> bytes:
    return b"GGUF" + struct.pack("<IQQ", 3, 0, len(fields) if count is None else count) + b"".join(fields)


WHOLE = gguf(
    field("general.architecture", 8, text("llama")),
    field("general.name", 8, text("A\x1b[31m Model\n")),
    field("llama.context_length", 4, struct.pack("<I", 8192)),
    field("llama.rope", 6, struct.pack("<f", 1.5)),
    field("tokenizer.ggml.scores", 9, array(6, *[struct.pack("<f", 0.0)] * 3)),
    field("tokenizer.ggml.tokens", 9, array(8, text("<|im_start|>"), text("cat"), text("[INST]"), text("<"))),
    field("tokenizer.chat_template", 8, text("{{ anything }}")),
)


@pytest.fixture
def header(tmp_path):
    def read(data: bytes) -> Any:
        path = tmp_path / "m.gguf"
        path.write_bytes(data)
        return read_header(path)

    return read


def test_the_fields_the_context_and_the_markers_are_read_and_the_template_is_not(header):
    read = header(WHOLE)
    assert read.architecture == "llama"
    assert read.context_tokens == 8192
    assert read.markers == {"<|im_start|>", "[INST]"}
    assert read.fields == {"general.architecture": "llama", "general.name": "A[31m Model"}


def test_what_is_not_told_is_none(header):
    read = header(gguf())
    assert (read.architecture, read.context_tokens, read.markers) == ("unknown", None, frozenset())


@pytest.mark.models
def test_the_default_models_header_says_what_llama_cpp_says(model):
    read = read_header(default_model_path())
    assert read.architecture == model._session.metadata["general.architecture"]
    assert read.context_tokens == 8192
    assert all(model._session.has_token(marker) for marker in read.markers)
    assert {"<|im_start|>", "<|im_end|>"} <= read.markers


@pytest.mark.parametrize(
    "data",
    [
        WHOLE[:40],
        WHOLE[:-3],
        gguf(count=2**63),
        gguf(field("a", 8, struct.pack("<Q", 2**62))),
        gguf(field("a", 9, array(4)[:4] + struct.pack("<Q", 2**62))),
        gguf(field("a", 9, struct.pack("<IQ", 8, 2**40))),
        gguf(field("a", 9, array(9))),
        gguf(field("a", 77, b"")),
        b"GGUF\x03\x00\x00\x00",
    ],
)
def test_a_header_that_is_cut_or_lies_about_its_lengths_is_a_clear_error(header, data):
    with pytest.raises(ModelFileError, match="its header cannot be read to the end"):
        header(data)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(8, len(WHOLE) - 1), byte=st.integers(0, 255), rest=st.binary(max_size=20))
def test_any_bytes_give_a_header_or_a_clear_error(header, place, byte, rest):
    with suppress(ModelFileError):
        read = header(WHOLE[:place] + bytes([byte]) + WHOLE[place + 1 :] + rest)
        assert all(value.isprintable() for value in read.fields.values())
