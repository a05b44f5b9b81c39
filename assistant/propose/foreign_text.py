"""Pieces of a pasted text that no clinician wrote about the patient: markup, code, records of programs, orders to them.

They are blanked, so that nothing in them is ever read as work done. Judges no clinical sentence: a plain statement is
the record's, whoever put it there. Linear: each opening is looked for its end within a bounded stretch.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_FAR = 4000
_PAIRS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"<!--"), "-->"),
    (re.compile(r"```"), "```"),
    (re.compile(r"~~~"), "~~~"),
    (re.compile(r"<\|\w{1,20}\|>"), "<|im_end|>"),
    (re.compile(r"\bBEGIN (?:TOOL|SYSTEM|ASSISTANT|FUNCTION)\b"), "END "),
)
# What exports use to lay out a note's own words; every other element is some program's record.
_LAYOUT = frozenset(
    "a b i u p br hr em strong span div ul ol li table tr td th thead tbody h1 h2 h3 h4 h5 h6 html body head pre small"
    " sub sup font center blockquote section article header footer dl dt dd label text paragraph content title".split()
)
_ELEMENT = re.compile(r"<([A-Za-z][\w:.-]{0,40})((?:[ \t][^<>\n]{0,300})?)>")
_OBJECT = re.compile(r"\{\s{0,40}[\"'][^\"'\n]{1,60}[\"']\s{0,20}:")
_LINK = re.compile(
    r"!?\[[^\[\]\n]{0,300}\]\((?:javascript|data|https?|file|vbscript):[^\n]{0,300}?\)+(?=[\s.,;]|$)", re.IGNORECASE
)
_RECORD = re.compile(r"^---[ \t]*\n(?:[\w-]{1,30}:[^\n]{0,300}\n){1,40}---[ \t]*$", re.MULTILINE)
_ROLE = re.compile(
    r"^[ \t]*(?:system|developer|tool|function)(?:[ \t]+(?:message|prompt|note|instructions?))?[ \t]*:[^\n]*",
    re.I | re.M,
)
_ADDRESSED = re.compile(
    r"\b(?:ignore|disregard|forget|override)\b[^.\n]{0,40}\b(?:instructions?|rules?|prompts?|polic(?:y|ies))\b"
    r"|\b(?:(?:to|as) the (?:coding |billing )?(?:assistant|software|program|ai|model|validator|language model|bot)"
    r"|\b(?:payer|plan|policy|system|rule|edit) override\b"
    r"|\b(?:bill|code|pay|approve|report)\b[^.\n]{0,12}\b(?:every|each|all)(?: of the)? lines?\b"
    r"|\bevery line of (?:this|the) (?:claim|note)\b|\bmodifier \d\d (?:must|is always|shall)\b"
    r"|(?:coding|billing) software|language model|(?:the|this) validator (?:is|must|should)|decode and obey)\b",
    re.IGNORECASE,
)
_SHORTHAND = re.compile(
    r"^[ \t]*(?:payer|dos|dx|prior)[ \t]*:[^\n;]{1,80};[ \t]*(?:payer|dos|dx|pos|prior|\d{5})\b[^\n]*", re.I | re.M
)
_SENTENCE_END = re.compile(r"[.!?](?=\s|$)|\n")


def clinical_text(text: str) -> str:
    """The text with every such piece as line breaks, in the same length, so that all offsets stay.

    Text without any of them is given back as it is.
    """
    spans = sorted(_spans(text))
    if not spans:
        return text
    kept: list[str] = []
    position = 0
    for start, end in spans:
        if end <= position:
            continue
        start = max(start, position)
        kept.append(text[position:start])
        kept.append("\n" * (end - start))
        position = end
    kept.append(text[position:])
    return "".join(kept)


def _spans(text: str) -> Iterator[tuple[int, int]]:
    for opening, closing in _PAIRS:
        position = 0
        while match := opening.search(text, position):
            end = text.find(closing, match.end(), match.end() + _FAR)
            if end < 0 and closing == "END ":
                position = match.end()
                continue
            stop = _line_end(text, match.end()) if end < 0 else end + len(closing)
            if closing == "END ":
                stop = _line_end(text, stop)
            yield match.start(), stop
            position = max(stop, match.end())
    yield from _elements(text)
    yield from _objects(text)
    for pattern in (_LINK, _RECORD, _ROLE, _SHORTHAND):
        yield from (match.span() for match in pattern.finditer(text))
    for match in _ADDRESSED.finditer(text):
        stopped = _SENTENCE_END.search(text, match.end())
        start = (
            max(text.rfind("\n", 0, match.start()), text.rfind(". ", max(0, match.start() - 400), match.start())) + 1
        )
        yield start, stopped.end() if stopped else len(text)


def _line_end(text: str, position: int) -> int:
    end = text.find("\n", position)
    return len(text) if end < 0 else end


def _elements(text: str) -> Iterator[tuple[int, int]]:
    position = 0
    while match := _ELEMENT.search(text, position):
        position = match.end()
        name = match.group(1)
        if name.lower() in _LAYOUT or match.group(2).endswith("/"):
            continue
        end = text.find(f"</{name}>", match.end(), match.end() + _FAR)
        if end >= 0:
            position = end + len(name) + 3
            yield match.start(), position


def _objects(text: str) -> Iterator[tuple[int, int]]:
    position = 0
    while match := _OBJECT.search(text, position):
        depth = 0
        end = min(len(text), match.start() + _FAR)
        for place in range(match.start(), end):
            if text[place] == "{":
                depth += 1
            elif text[place] == "}":
                depth -= 1
                if depth == 0:
                    end = place + 1
                    break
        else:
            end = _line_end(text, match.end())
        yield match.start(), end
        position = max(end, match.end())
