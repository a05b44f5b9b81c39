"""Strict YAML as notes use it: mappings, lists and texts with their file lines, every scalar a string.

Does not know what any key means, and builds no dates, numbers or booleans.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

import yaml

from ingest.notes.checks import Check, ProblemLog, shown

# A note's YAML is short; these ends stop what is generated or hostile before it costs time.
MAX_DEPTH = 8
MAX_NODES = 5_000
MAX_PROBLEMS = 20

# What YAML 1.1 does not allow in a stream; the same characters PyYAML refuses, but found with their line.
_NOT_PRINTABLE = re.compile("[^\t\n\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# A value that begins with one of these is read as YAML's own sign; `-`, `?` and `:` only before a space.
_SIGNS = "@`%*&!|>"
_QUOTING = 'put the whole value in double quotes, as in "pos: 24; authorization: A1; 31267-50 x1"'


@dataclass(frozen=True, slots=True)
class Text:
    """A scalar as written; empty for a key with nothing after it."""

    value: str
    line: int


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list, in the order written."""

    items: tuple[Node, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys with their values, in the order written, each key once."""

    entries: tuple[tuple[Text, Node], ...]
    line: int

    def get(self, key: str) -> Node | None:
        """The value of `key`, or None when it is not there."""
        return next((node for name, node in self.entries if name.value == key), None)


Node: TypeAlias = Text | Sequence | Mapping


@dataclass(slots=True)
class _Open:
    """A list or mapping whose end has not come; in a mapping `key` waits for its value."""

    line: int
    is_mapping: bool
    items: list[Node]
    entries: list[tuple[Text, Node]]
    key: Text | None = None
    key_seen: bool = False


class _StopReadingError(Exception):
    """Reading ends here; its problem is already in the log."""


def read_yaml(text: str, first_line: int, log: ProblemLog) -> Node | None:
    """Read one YAML document whose first line is file line `first_line`. Line ends must be `\\n`.

    None when it is empty or cannot be read; everything wrong is in `log`, with file lines. A duplicate key, an anchor
    or a tag is a problem but reading goes on: the first of two values stands, the anchor or tag is ignored.
    """
    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def line_at(index: int) -> int:
        # The parser's own line count takes U+2028 and the like for line ends, a file's lines do not.
        return first_line + bisect_right(starts, index) - 1

    stray = _NOT_PRINTABLE.search(text)
    if stray:
        log.add(Check.YAML, line_at(stray.start()), f"a control character (U+{ord(stray.group()):04X}); delete it")
        return None
    try:
        return _Reader(log, line_at).read(yaml.parse(text, Loader=loader))
    except _StopReadingError:
        return None
    except yaml.MarkedYAMLError as error:
        index = error.problem_mark.index if error.problem_mark else 0
        line = line_at(min(index, max(len(text.rstrip()) - 1, 0)))
        log.add(Check.YAML, line, _explain(error, text.split("\n")[line - first_line]))
        return None


class _Reader:
    """Builds nodes from the parser's events without recursion."""

    def __init__(self, log: ProblemLog, line_at: Callable[[int], int]) -> None:
        self._log = log
        self._line_at = line_at
        self._open: list[_Open] = []
        self._nodes = 0
        self._documents = 0
        self._root: Node | None = None
        self._mark = len(log)

    def read(self, events: Iterable[yaml.Event]) -> Node | None:
        for event in events:
            self._take(event)
            if len(self._log) - self._mark > MAX_PROBLEMS:
                raise _StopReadingError
        return self._root

    def _take(self, event: yaml.Event) -> None:
        line = self._line_at(event.start_mark.index if event.start_mark else 0)
        if isinstance(event, yaml.NodeEvent):
            self._nodes += 1
            if self._nodes > MAX_NODES:
                self._stop(line, f"more than {MAX_NODES} values; split the note")
            if event.anchor is not None or getattr(event, "tag", None) is not None:
                self._refuse_machinery(event, line)
        if isinstance(event, yaml.ScalarEvent):
            self._add(Text(event.value, line))
        elif isinstance(event, yaml.CollectionStartEvent):
            if len(self._open) >= MAX_DEPTH:
                self._stop(line, f"lists and mappings stand more than {MAX_DEPTH} deep")
            self._open.append(_Open(line, isinstance(event, yaml.MappingStartEvent), [], []))
        elif isinstance(event, yaml.CollectionEndEvent):
            done = self._open.pop()
            self._add(
                Mapping(tuple(done.entries), done.line) if done.is_mapping else Sequence(tuple(done.items), done.line)
            )
        elif isinstance(event, yaml.AliasEvent):
            self._add(Text("", line))
        elif isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                self._stop(line, "a line of --- begins a second document; one block holds one")

    def _add(self, node: Node) -> None:
        if not self._open:
            self._root = node
            return
        parent = self._open[-1]
        if not parent.is_mapping:
            parent.items.append(node)
        elif not parent.key_seen:
            parent.key_seen = True
            parent.key = self._key(node, parent)
        else:
            if parent.key is not None:
                parent.entries.append((parent.key, node))
            parent.key, parent.key_seen = None, False

    def _key(self, node: Node, parent: _Open) -> Text | None:
        """The key, or None when its value is to be dropped."""
        if not isinstance(node, Text):
            self._log.add(Check.YAML, node.line, "a key is one word, not a list or mapping")
            return None
        if node.value == "<<":
            self._log.add(Check.YAML_MACHINERY, node.line, "the merge key << is not used in notes; write the keys out")
            return None
        first = next((key for key, _ in parent.entries if key.value == node.value), None)
        if first is not None:
            self._log.add(
                Check.DUPLICATE_KEY,
                node.line,
                f"{shown(node.value)} is written a second time (first on line {first.line}); keep one",
            )
            return None
        return node

    def _refuse_machinery(self, event: yaml.NodeEvent, line: int) -> None:
        if isinstance(event, yaml.AliasEvent):
            sign, name = "*", "an alias"
        elif event.anchor is not None:
            sign, name = "&", "an anchor"
        else:
            sign, name = "!", "a tag"
        self._log.add(
            Check.YAML_MACHINERY,
            line,
            f"a value that begins with {sign} is {name} in YAML, not used in notes; put the value in double quotes",
        )

    def _stop(self, line: int, message: str) -> None:
        self._log.add(Check.YAML, line, message)
        raise _StopReadingError


def _explain(error: yaml.MarkedYAMLError, line: str) -> str:
    """The parser's complaint in a writer's words. `line` is the file line it points at."""
    problem = error.problem or "it does not follow YAML's rules"
    bare = line.strip()
    value = bare.removeprefix("- ").partition(": ")[2].lstrip() or bare.removeprefix("- ").lstrip()
    if line[: len(line) - len(line.lstrip())].count("\t") or "'\\t'" in problem:
        return "a tab; YAML is indented with spaces only"
    if problem.startswith("mapping values are not allowed"):
        return f'a value holds ": ", which YAML takes for another key; {_QUOTING}'
    if "sequence entries are not allowed" in problem:
        return 'a value begins with "- "; put it in double quotes, or begin the list on the next line'
    if value[:1] in _SIGNS and value:
        return f'a value begins with "{value[0]}", which YAML keeps for itself; put the value in double quotes'
    if "could not find expected ':'" in problem:
        return "a line is neither a key with a colon nor part of the value before it; write `key: value`, or indent it"
    if "did not find expected key" in problem or "expected <block end>" in problem:
        return (
            "text after a closing quote, or an indentation that fits no line above; "
            "quote the whole value and indent keys of one level alike"
        )
    if "quoted scalar" in (error.context or ""):
        return "a quote is opened and never closed"
    if "flow sequence" in (error.context or ""):
        return "a list is opened with [ and not closed with ], or a comma is missing"
    if "flow mapping" in (error.context or ""):
        return "a mapping is opened with { and not closed with }, or a comma is missing"
    return f"YAML cannot be read: {problem}"
