"""What rule and evidence blocks have in common: one YAML mapping with a closed set of keys, and examples.

Does not know the keys of either: each block hands in its own rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ingest.notes.checks import Check, ProblemLog, did_you_mean, shown
from ingest.notes.outline import Fence
from ingest.notes.yaml_text import Mapping as YamlMapping
from ingest.notes.yaml_text import Node, Sequence, Text, read_yaml

ValueReader = Callable[[Node, str, ProblemLog], object]
QUOTING = 'a value that holds ": " is written in double quotes, as in "pos: 24; authorization: A1; 31267-50 x1"'


def read_block(fence: Fence, log: ProblemLog) -> YamlMapping | None:
    """The keys of a fenced block with their file lines; None when there are none to read."""
    mark = len(log)
    node = read_yaml(fence.content, fence.line + 1, log)
    if isinstance(node, YamlMapping):
        return node
    if not log.errors_since(mark):
        what = "is empty" if node is None else "is not a list of keys"
        log.add(Check.SHAPE, fence.line, f"the {fence.name.lower()} block {what}; write one `key: value` a line")
    return None


def read_keys(
    mapping: YamlMapping, where: str, rows: Mapping[str, ValueReader], log: ProblemLog, elsewhere: Mapping[str, str]
) -> dict[str, Any]:
    """Each known key of a block or of a part of it, read by its row. Values that cannot be read are left out.

    `where` names the part in messages. `elsewhere` says of keys that have their place in another part where that is.
    """
    values: dict[str, Any] = {}
    for key, node in mapping.entries:
        if key.value not in rows:
            log.add(
                Check.BLOCK_KEY, key.line, f"unknown key {shown(key.value)} in {where}{_hint(key, rows, elsewhere)}"
            )
        elif _is_blank(node):
            log.add(Check.BLANK_KEY, key.line, f'"{key.value}" in {where} has no value; fill it in or delete the line')
        else:
            value = rows[key.value](node, key.value, log)
            if value is not None:
                values[key.value] = value
    return values


def _hint(key: Text, rows: Mapping[str, ValueReader], elsewhere: Mapping[str, str]) -> str:
    if key.value in elsewhere:
        return f"; it belongs {elsewhere[key.value]}"
    return did_you_mean(key.value, rows) or f" (keys: {', '.join(rows)})"


def _is_blank(node: Node) -> bool:
    match node:
        case Text(value=value):
            return not value.strip()
        case Sequence(items=items):
            return not items
        case YamlMapping(entries=entries):
            return not entries


def example_items(node: Node, words: tuple[str, str], log: ProblemLog) -> Iterator[tuple[str, str, int]]:
    """The word (such as `pass`), the text and the file line of every example that can be read."""
    form = f"write  - {words[0]}: ...  or  - {words[1]}: ..."
    if not isinstance(node, Sequence):
        log.add(Check.EXAMPLE, node.line, f"examples are a list; {form}")
        return
    for item in node.items:
        if not isinstance(item, YamlMapping):
            log.add(Check.EXAMPLE, item.line, f"an example says what is expected of it; {form}")
            continue
        if len(item.entries) != 1:
            log.add(Check.EXAMPLE, item.line, f"one example has one key; {form}; {QUOTING}")
            continue
        ((word, value),) = item.entries
        if word.value not in words:
            near = did_you_mean(word.value, words)
            log.add(Check.EXAMPLE, word.line, f"unknown kind of example {shown(word.value)}; {form}{near}")
        elif not isinstance(value, Text):
            log.add(Check.EXAMPLE, value.line, f"an example is one text; {QUOTING}")
        elif not value.value.strip():
            log.add(Check.EXAMPLE, value.line, f"the example is empty; {form}")
        else:
            yield word.value, value.value.strip(), value.line
