"""Where each value of a JSON text begins: JSON pointer to line and column.

Takes only text that `json.loads` has taken; does not check it again and builds no values.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)


def places(text: str) -> dict[str, tuple[int, int]]:
    """JSON pointer (RFC 6901) to the 1-based line and column, in code points, of the value there."""
    text = text.removeprefix("\ufeff")
    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    found: dict[str, tuple[int, int]] = {}
    # For each open bracket: its pointer, and the number of the next item or None for an object.
    path: list[tuple[str, int | None]] = []
    key: str | None = None
    after_colon = False
    for match in _TOKEN.finditer(text):
        sign = match.group()
        if sign in "}]":
            path.pop()
        elif sign == ":":
            after_colon = True
        elif sign == ",":
            after_colon = False
        elif path and path[-1][1] is None and not after_colon:
            key = json.loads(sign)
        else:
            pointer = _pointer(path, key)
            line = bisect_right(starts, match.start())
            # Of a key that stands twice the last counts, as for json.loads.
            found[pointer] = (line, match.start() - starts[line - 1] + 1)
            after_colon = False
            if sign in "{[":
                path.append((pointer, None if sign == "{" else 0))
    return found


def _pointer(path: list[tuple[str, int | None]], key: str | None) -> str:
    if not path:
        return ""
    above, number = path[-1]
    if number is None:
        return f"{above}/{escaped(key or '')}"
    path[-1] = (above, number + 1)
    return f"{above}/{number}"


def escaped(key: str) -> str:
    """A key as a part of a JSON pointer."""
    return key.replace("~", "~0").replace("/", "~1")
