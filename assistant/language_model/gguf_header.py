"""What a GGUF file says of itself, read without loading it: its fields and its vocabulary's special tokens.

Gives a file that nobody has confirmed to no other code than this; reads it within bounds and runs nothing of it.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from assistant.language_model.errors import ModelFileError
from assistant.language_model.model_file import check_model_file

# The value types of the GGUF specification: struct codes of fixed size; 8 is a string, 9 an array.
_FIXED = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9
_MOST_FIELDS = 100_000
_MOST_TOKENS = 2_000_000
_MOST_STRING = 1 << 24
_VOCABULARY = "tokenizer.ggml.tokens"
# The longest marker of any chat template is shorter.
_LONGEST_MARKER = 40


@dataclass(frozen=True, slots=True)
class GgufHeader:
    """`fields` holds the general fields as text; `context_tokens` is what the model was trained for, None if untold.

    `markers` are the tokens of the vocabulary that look like markup: `<...>` and `[...]`.
    """

    fields: dict[str, str]
    context_tokens: int | None
    markers: frozenset[str]

    @property
    def architecture(self) -> str:
        """The architecture as llama.cpp names it."""
        return self.fields.get("general.architecture", "unknown")


def read_header(path: Path) -> GgufHeader:
    """The header of a model file. Raises ModelFileError when it is no GGUF or is cut short inside its header."""
    check_model_file(path)
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return _Reader(data).header()
    except (OSError, ValueError, struct.error, OverflowError) as error:
        raise ModelFileError(
            f"{path}: its header cannot be read to the end ({type(error).__name__}); the file may be cut short: fetch "
            "it again or choose another"
        ) from error


class _Reader:
    """Walks through the fields. Raises ValueError or struct.error where the file is not what it says."""

    def __init__(self, data: mmap.mmap) -> None:
        self._data = data
        self._at = 8

    def header(self) -> GgufHeader:
        self._number("Q")  # tensors
        count = self._number("Q")
        if count > _MOST_FIELDS:
            raise ValueError("too many fields")
        texts: dict[str, str] = {}
        numbers: dict[str, int] = {}
        markers: frozenset[str] = frozenset()
        for _ in range(count):
            key = self._text(65_536)
            kind = self._number("I")
            if kind == _ARRAY:
                tokens = self._array()
                if key == _VOCABULARY:
                    markers = _markup(tokens)
            elif kind == _STRING:
                value = self._text(_MOST_STRING)
                if key.startswith("general."):
                    # It is shown on a terminal, where a control character could do more than be read.
                    texts[key] = "".join(character for character in value[:200] if character.isprintable())
            else:
                worth = self._number(_FIXED[kind]) if kind in _FIXED else self._unknown()
                if isinstance(worth, int):
                    numbers[key] = worth
        context = numbers.get(f"{texts.get('general.architecture', '')}.context_length")
        return GgufHeader(texts, context, markers)

    def _array(self) -> list[bytes]:
        """The strings of an array; an array of anything else is passed over."""
        kind, count = self._number("I"), self._number("Q")
        if kind in _FIXED:
            self._skip(struct.calcsize(_FIXED[kind]) * count)
            return []
        if kind != _STRING or count > _MOST_TOKENS:
            self._unknown()
        return [self._bytes(_MOST_STRING) for _ in range(count)]

    def _unknown(self) -> int:
        raise ValueError("a field of an unknown type")

    def _number(self, code: str) -> int:
        (value,) = struct.unpack_from(f"<{code}", self._data, self._at)
        self._at += struct.calcsize(f"<{code}")
        return value  # type: ignore[no-any-return]

    def _text(self, most: int) -> str:
        return self._bytes(most).decode(errors="replace")

    def _bytes(self, most: int) -> bytes:
        length = self._number("Q")
        if length > most:
            raise ValueError("a text longer than the file can hold")
        value = self._data[self._at : self._at + length]
        self._skip(length)
        return value

    def _skip(self, length: int) -> None:
        self._at += length
        if self._at > len(self._data):
            raise ValueError("the file ends inside its header")


def _markup(tokens: Iterable[bytes]) -> frozenset[str]:
    return frozenset(
        token.decode(errors="replace")
        for token in tokens
        if len(token) <= _LONGEST_MARKER and token[:1] in (b"<", b"[") and token[-1:] in (b">", b"]")
    )
