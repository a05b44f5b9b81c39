"""The Markdown of a note's body as far as the reader needs it: sections, fenced blocks and relative links, with lines.

Renders nothing, and does not read what a fenced block says.
"""

from __future__ import annotations

import functools
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from ingest.notes.model import Section

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

# Inline parsing takes quadratic time on text such as "[[[[[[": a paragraph beyond this is searched line by line.
_INLINE_LIMIT = 3_000
_MARKUP = re.compile(r"[\\`*_\[\]<>&!~]")
_PLAIN_LINK = re.compile(r"\]\(\s*<?([^)\s>]+)")
_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|//", re.IGNORECASE)
_INDENTED_FENCE = re.compile(r"\s*(?:`{3,}|~{3,})\s*([\w-]+)")


@dataclass(frozen=True, slots=True)
class Fence:
    """A fenced block. `line` is the file line of its opening fence, `end_line` its last; content starts at `line` + 1.

    `name` is the first word after the opening fence. `is_code` True: it is indented so far that it is code, no fence.
    """

    name: str
    content: str
    line: int
    end_line: int
    closed: bool
    is_code: bool = False


@dataclass(frozen=True, slots=True)
class Outline:
    """Sections tile the body from their first line to the last; links are relative targets with their file lines."""

    sections: tuple[Section, ...]
    fences: tuple[Fence, ...]
    links: tuple[tuple[str, int], ...]

    def section_at(self, line: int) -> Section | None:
        """The section a file line stands in."""
        number = bisect_right(self.sections, line, key=lambda section: section.start_line)
        return self.sections[number - 1] if number and line <= self.sections[number - 1].end_line else None


@functools.cache
def _markdown() -> MarkdownIt:
    from markdown_it import MarkdownIt

    # As the screen renders notes: CommonMark with tables, HTML shown as text.
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    markdown.core.ruler.enableOnly(["normalize", "block"])
    return markdown


def read_outline(lines: Sequence[str], body_line: int) -> Outline:
    """Read the body of a file: its `lines` (without line ends) from 1-based `body_line` on. Never raises."""
    body = "\n".join(lines[body_line - 1 :])
    env: dict[str, object] = {}
    tokens = _markdown().parse(body, env)
    return Outline(
        sections=_sections(tokens, lines, body_line),
        fences=tuple(_fences(tokens, body_line)),
        links=tuple(_links(tokens, body_line, env)),
    )


def _sections(tokens: Sequence[Token], lines: Sequence[str], body_line: int) -> tuple[Section, ...]:
    """Headings at the top level of the document; one inside a list item or a quote is part of its section."""
    last_line = len(lines) if not lines or lines[-1] else len(lines) - 1
    found = [
        (token.map[0] + body_line, int(token.tag[1]), _plain(tokens[number + 1].content))
        for number, token in enumerate(tokens)
        if token.type == "heading_open" and token.level == 0 and token.map is not None
    ]
    first_heading = found[0][0] if found else last_line + 1
    sections: list[Section] = []
    text_line = next((n for n in range(body_line, first_heading) if lines[n - 1].strip()), None)
    if text_line is not None:
        sections.append(Section("", "", 0, (), text_line, first_heading - 1))
    taken: dict[str, int] = {}
    above: list[tuple[int, str]] = []
    for number, (line, level, heading) in enumerate(found):
        end = found[number + 1][0] - 1 if number + 1 < len(found) else max(last_line, line)
        above = [(depth, title) for depth, title in above if depth < level] + [(level, heading)]
        slug = _unique(heading_slug(heading), taken)
        sections.append(Section(heading, slug, level, tuple(title for _, title in above), line, end))
    return tuple(sections)


def heading_slug(heading: str) -> str:
    """The heading as a link anchor, as code hosts make it: lower case, spaces as hyphens, other signs dropped."""
    kept = re.sub(r"[^\w\- ]", "", heading.lower())
    return re.sub(r" +", "-", kept.strip()) or "section"


def _unique(slug: str, taken: dict[str, int]) -> str:
    """`slug`, or `slug-2`, `slug-3` ... where it is taken. `taken` counts how often each was asked for."""
    candidate, number = slug, taken.get(slug, 0)
    while candidate in taken:
        number += 1
        candidate = f"{slug}-{number}"
    taken[slug] = max(number, 1)
    taken.setdefault(candidate, 1)
    return candidate


def _plain(content: str) -> str:
    """A heading's text without its Markdown marks, on one line."""
    if _MARKUP.search(content) and len(content) <= _INLINE_LIMIT:
        content = "".join(_texts(_inline(content, {})))
    return " ".join(content.split())


def _texts(tokens: Sequence[Token]) -> Iterator[str]:
    for token in tokens:
        if token.type in ("softbreak", "hardbreak"):
            yield " "
        elif token.children:
            yield from _texts(token.children)
        else:
            yield token.content


def _inline(content: str, env: dict[str, object]) -> list[Token]:
    children: list[Token] = []
    markdown = _markdown()
    markdown.inline.parse(content, markdown, env, children)
    return children


def _fences(tokens: Sequence[Token], body_line: int) -> Iterator[Fence]:
    for token in tokens:
        if token.map is None:
            continue
        line, end_line = token.map[0] + body_line, token.map[1] + body_line - 1
        if token.type == "fence":
            name = token.info.split(maxsplit=1)[0] if token.info.strip() else ""
            content_lines = len(token.content.split("\n")) - (not token.content or token.content.endswith("\n"))
            yield Fence(name, token.content, line, end_line, closed=end_line - line - 1 == content_lines)
        elif token.type == "code_block":
            match = _INDENTED_FENCE.match(token.content)
            if match:
                yield Fence(match[1], token.content, line, end_line, closed=True, is_code=True)


def _links(tokens: Sequence[Token], body_line: int, env: dict[str, object]) -> Iterator[tuple[str, int]]:
    for token in tokens:
        if token.type != "inline" or token.map is None or "[" not in token.content:
            continue
        if "](" not in token.content and not env.get("references"):
            continue
        first_line = token.map[0] + body_line
        content_lines = token.content.split("\n")
        long = len(token.content) > _INLINE_LIMIT
        targets = _plain_targets(content_lines) if long else _targets(_inline(token.content, env), content_lines)
        for target, offset in targets:
            if target and not _ELSEWHERE.match(target):
                yield unquote(target), first_line + offset


def _plain_targets(content_lines: Sequence[str]) -> Iterator[tuple[str, int]]:
    """Link targets by their look alone, where the text is too long to be parsed."""
    for offset, text in enumerate(content_lines):
        for match in _PLAIN_LINK.finditer(text):
            yield match[1], offset


def _targets(children: Sequence[Token], content_lines: Sequence[str]) -> Iterator[tuple[str, int]]:
    """Link and image targets with the line of the paragraph they stand on, counted from 0."""
    offset = 0
    for token in children:
        if token.type in ("softbreak", "hardbreak"):
            offset += 1
        target = token.attrs.get({"link_open": "href", "image": "src"}.get(token.type, ""))
        if isinstance(target, str):
            # A code span broken over two lines hides its line break: go on to the next line that holds a bracket.
            offset = next((n for n in range(offset, len(content_lines)) if "[" in content_lines[n]), offset)
            yield target, offset
