"""A note as safe HTML: Markdown without HTML of its own, cited lines marked, rule blocks as sentences, then cleaned.

What a note's text holds, it can only ever be text: nothing of it becomes a script, a picture or a request.
"""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Sequence
from functools import cache
from html import escape
from typing import TYPE_CHECKING, Any

from assistant.rules.block_text import sentence
from ingest.notes.model import KbNote, RuleBlock

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_TAGS = frozenset(
    "a abbr b blockquote br code dd del details div dl dt em h1 h2 h3 h4 h5 h6 hr i li mark ol p pre s strong summary "
    "sub sup table tbody td th thead tr ul".split()
)
_CLASSES = {"div": {"rule-block"}, "tr": {"cited"}, "mark": {"cited"}, "pre": {"cited"}, "details": {"cited"}}


def note_html(
    note: KbNote, known: Collection[str], *, cited: tuple[int, int] | None = None, payer_names: Sequence[str] = ()
) -> str:
    """The body of a note. `cited`: 1-based file lines, inclusive, to be marked; `known`: ids a link may lead to."""
    body = "\n".join(note.lines[note.body_line - 1 :])
    rules = {rule.start_line: rule for rule in note.rules}
    return _rendered(body, note.body_line, rules, note.note_id, known, cited, tuple(payer_names))


def markdown_html(text: str) -> str:
    """Any Markdown as safe HTML."""
    return _rendered(text, 1, {}, "", (), None, ())


def _rendered(
    body: str,
    first_line: int,
    rules: dict[int, RuleBlock],
    note_id: str,
    known: Collection[str],
    cited: tuple[int, int] | None,
    payer_names: tuple[str, ...],
) -> str:
    import nh3

    reader = _reader()
    tokens = reader.parse(body)
    for token in tokens:
        lines = (first_line + token.map[0], first_line + token.map[1] - 1) if token.map else None
        if token.type == "fence" and lines and lines[0] in rules:
            token.type, token.meta = "rule_block", {"rule": rules[lines[0]], "payers": payer_names}
        if cited and lines and token.type in ("tr_open", "fence", "rule_block") and _meet(lines, cited):
            token.attrSet("class", "cited")
        if token.type == "inline" and token.children:
            if cited and lines and _meet(lines, cited):
                token.children = _marked(token.children, lines[0], cited)
            _mend_links(token.children, note_id, known)
    html = reader.renderer.render(tokens, reader.options, {})
    return nh3.clean(
        html,
        tags=set(_TAGS),
        attributes={"a": {"href", "data-note"}, "ol": {"start"}, "td": {"style"}, "th": {"style"}},
        allowed_classes=_CLASSES,
        url_schemes={"https", "http", "mailto"},
        filter_style_properties={"text-align"},
        link_rel="noopener noreferrer nofollow",
    )


@cache
def _reader() -> MarkdownIt:
    from markdown_it import MarkdownIt

    reader = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    reader.add_render_rule("rule_block", _rule_block)
    reader.add_render_rule("image", _picture)
    return reader


def _meet(lines: tuple[int, int], cited: tuple[int, int]) -> bool:
    return lines[0] <= cited[1] and cited[0] <= lines[1]


def _marked(children: list[Token], first_line: int, cited: tuple[int, int]) -> list[Token]:
    """The inline tokens with the cited lines in a mark; a line that opens or leaves open an emphasis counts with its
    neighbours."""
    from markdown_it.token import Token

    groups: list[tuple[list[Token], bool]] = [([], False)]
    line, depth = first_line, 0
    for child in children:
        run, wanted = groups[-1]
        run.append(child)
        groups[-1] = (run, wanted or cited[0] <= line <= cited[1])
        depth += child.nesting
        if child.type in ("softbreak", "hardbreak"):
            line += 1
            if depth == 0:
                groups.append(([], False))
    out: list[Token] = []
    for run, wanted in groups:
        if not wanted or not run:
            out += run
            continue
        opening = Token("mark_open", "mark", 1)
        opening.attrSet("class", "cited")
        out += [opening, *run, Token("mark_close", "mark", -1)]
    return out


def _mend_links(children: list[Token], note_id: str, known: Collection[str]) -> None:
    """A link to another note opens it here; one to the web keeps its address; any other leads nowhere."""
    for child in children:
        if child.type != "link_open":
            continue
        target = str(child.attrGet("href") or "")
        path = target.partition("#")[0].removesuffix(".md")
        other = posixpath.normpath(posixpath.join(posixpath.dirname(note_id), path)) if path else note_id
        if other in known:
            child.attrs = {"href": "#", "data-note": other}
        elif not target.startswith(("https://", "http://", "mailto:")):
            child.attrs = {}


def _rule_block(_self: Any, tokens: Sequence[Token], index: int, _options: Any, _env: Any) -> str:
    token = tokens[index]
    rule: RuleBlock = token.meta["rule"]
    cited = ' class="cited"' if token.attrGet("class") else ""
    told = escape(sentence(rule, payer_names=token.meta["payers"]))
    return (
        f'<div class="rule-block"><p><strong>Rule {escape(rule.rule_id)}</strong> ({rule.severity}): {told}</p>'
        f"<details{cited}><summary>as written</summary><pre>{escape(token.content)}</pre></details></div>\n"
    )


def _picture(_self: Any, tokens: Sequence[Token], index: int, _options: Any, _env: Any) -> str:
    """A picture is named, never loaded."""
    return f"[picture: {escape(tokens[index].content)}]"
