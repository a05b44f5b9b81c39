"""Where the front matter of a note begins and ends, and its keys with their values and lines.

Does not know which fields exist: ingest.notes.fields does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ingest.notes.checks import Check, ProblemLog
from ingest.notes.yaml_text import Mapping, read_yaml

_FENCE = re.compile(r"---[ \t]*\Z")
# In a front matter that is never closed: what can no longer belong to it.
_BODY_BEGINS = re.compile(r"\s*\Z|#|```|~~~")
_KEY = re.compile(r"[\w-]+[ \t]*:(?:\s|\Z)")


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """The keys of a note (None: no front matter, or none that could be read) and the first file line of its body."""

    fields: Mapping | None
    body_line: int
    readable: bool = True


def split_front_matter(lines: list[str], log: ProblemLog) -> FrontMatter:
    """Read the front matter at the top of a file's `lines` (without line ends). Never raises.

    Blank lines may stand before the opening `---`. Where the closing `---` is missing, the front matter is taken to
    end at the first blank line, heading or fence, so that the body and the fields are still read and checked.
    """
    opening = next((number for number, line in enumerate(lines) if line.strip()), None)
    if opening is None or not _FENCE.match(lines[opening]):
        return FrontMatter(None, 1)
    closing = next((n for n in range(opening + 1, len(lines)) if _FENCE.match(lines[n])), None)
    if closing is None:
        return _unclosed(lines, opening, log)
    mark = len(log)
    node = read_yaml("\n".join(lines[opening + 1 : closing]), opening + 2, log)
    body_line = closing + 2
    if isinstance(node, Mapping):
        return FrontMatter(node, body_line, readable=True)
    if node is None:
        return FrontMatter(None, body_line, readable=not log.errors_since(mark))
    log.add(
        Check.SHAPE,
        node.line,
        "the front matter is not a list of fields; write one `field: value` a line between the two lines of ---, "
        "or write *** where a horizontal line is meant",
    )
    return FrontMatter(None, body_line, readable=False)


def _unclosed(lines: list[str], opening: int, log: ProblemLog) -> FrontMatter:
    rest = range(opening + 1, len(lines))
    end = next((n for n in rest if _BODY_BEGINS.match(lines[n])), len(lines))
    log.add(
        Check.UNCLOSED_FRONT_MATTER,
        opening + 1,
        f"the front matter opens here and is never closed; put a line of --- before line {end + 1}, "
        "or write *** where a horizontal line is meant",
    )
    if end == opening + 1 or not _KEY.match(lines[opening + 1]):
        return FrontMatter(None, opening + 2, readable=False)
    node = read_yaml("\n".join(lines[opening + 1 : end]), opening + 2, log)
    return FrontMatter(node if isinstance(node, Mapping) else None, end + 1, readable=isinstance(node, Mapping))
