"""One Markdown file of the knowledge base read as a `KbNote`, with everything that is wrong with it at once.

Opens no file and compares no notes: ingest.notes.folder and ingest.notes.relations do.
"""

from __future__ import annotations

from ingest.codes import CodeRange
from ingest.notes.checks import Check, ProblemLog, nearest, shown
from ingest.notes.evidence_block import read_evidence_block
from ingest.notes.fields import read_fields
from ingest.notes.front_matter import FrontMatter, split_front_matter
from ingest.notes.model import EvidenceBlock, KbNote, Layer, ReadNote, RuleBlock
from ingest.notes.outline import Fence, Outline, read_outline
from ingest.notes.rule_block import read_rule_block

# A long chapter of a payer's manual is about 100 kB; whatever is beyond this is no note.
MAX_NOTE_BYTES = 1024 * 1024
_BYTE_ORDER_MARKS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}
_BLOCKS = ("rule", "evidence")
# How near a fence's word must be to `rule` or `evidence` to be a slip ("rules") and not another language ("ruby").
_SLIP = 0.75


def read_note(raw: bytes, *, note_id: str, path: str, layer: Layer) -> ReadNote:
    """Read one file. Pure, and never raises whatever the bytes.

    `path` is how messages name the file. The note is None only when the bytes are no readable text; otherwise it holds
    all that could be read, without the fields and blocks that could not: a note with an error is for messages, not for
    use. Lines are 1-based file lines; the line ends CRLF and CR count as one.
    """
    log = ProblemLog(path)
    text = _decode(raw, log)
    if text is None:
        return ReadNote(None, log.in_order())
    lines = text.split("\n")
    front_matter = split_front_matter(lines, log)
    outline = read_outline(lines, front_matter.body_line)
    values, field_lines = read_fields(front_matter.fields, log)
    mark = len(log)
    rules, evidence = _read_blocks(outline, log)
    note = KbNote(
        note_id=note_id,
        path=path,
        layer=layer,
        title=values.pop("title", None) or _first_heading(outline) or note_id.rpartition("/")[2],
        kind=values.pop("kind", "reference"),
        status=values.pop("status", "live"),
        text=text,
        body_line=front_matter.body_line,
        sections=outline.sections,
        rules=rules,
        evidence=evidence,
        links=outline.links,
        declared=frozenset(name for name, _ in field_lines),
        field_lines=field_lines,
        **values,
    )
    _check_body(note, front_matter, log)
    if not log.errors_since(mark):
        _check_coverage(note, log)
    return ReadNote(note, log.in_order())


def _decode(raw: bytes, log: ProblemLog) -> str | None:
    """The file's text with `\\n` line ends and no byte order mark, or None with the reason in the log."""
    if len(raw) > MAX_NOTE_BYTES:
        log.add(Check.TOO_LARGE, 1, too_large(len(raw)))
        return None
    if raw[:2] in _BYTE_ORDER_MARKS:
        encoding = _BYTE_ORDER_MARKS[raw[:2]]
        log.add(Check.NOT_UTF8, 1, f'the file is {encoding}; save it as UTF-8 (in Notepad: Save as, Encoding "UTF-8")')
        return None
    if b"\x00" in raw:
        line = _line_at(raw, raw.index(b"\x00"))
        log.add(Check.NOT_UTF8, line, "the file holds NUL bytes; it is no text, or is UTF-16: save it as UTF-8 text")
        return None
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        log.add(
            Check.NOT_UTF8,
            _line_at(raw, error.start),
            f"byte 0x{raw[error.start]:02X} is not UTF-8, most likely a letter, dash or curly quote saved as "
            "Windows-1252; save the file as UTF-8",
        )
        return None
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def too_large(size_bytes: int) -> str:
    """The message for a file beyond `MAX_NOTE_BYTES`."""
    size = f"{size_bytes / (1024 * 1024):.1f} MiB"
    return (
        f"the file has {size}, a note at most {MAX_NOTE_BYTES // (1024 * 1024)} MiB; split it into notes of one subject"
    )


def _line_at(raw: bytes, index: int) -> int:
    return raw[:index].replace(b"\r\n", b"\n").replace(b"\r", b"\n").count(b"\n") + 1


def _first_heading(outline: Outline) -> str | None:
    return next((section.heading for section in outline.sections if section.heading), None)


def _read_blocks(outline: Outline, log: ProblemLog) -> tuple[tuple[RuleBlock, ...], tuple[EvidenceBlock, ...]]:
    rules: list[RuleBlock] = []
    evidence: list[EvidenceBlock] = []
    for fence in outline.fences:
        if not _is_read(fence, log):
            continue
        section = outline.section_at(fence.line)
        if fence.name.lower() == "rule":
            rule = read_rule_block(fence, section, log)
            rules += [rule] if rule else []
        else:
            block = read_evidence_block(fence, section, log)
            evidence += [block] if block else []
    return tuple(rules), tuple(evidence)


def _is_read(fence: Fence, log: ProblemLog) -> bool:
    """True for a rule or evidence block; what only looks like one, and a fence without an end, is reported."""
    name = fence.name.lower()
    meant = name if name in _BLOCKS else nearest(name, _BLOCKS, _SLIP)
    if fence.is_code:
        if meant:
            log.add(
                Check.BLOCK_NOT_READ,
                fence.line,
                f"this {meant} block is indented so far that Markdown takes it for code",
            )
        return False
    if not fence.closed:
        what = f"this {meant} block" if meant else "this fenced block"
        log.add(Check.UNCLOSED_FENCE, fence.line, f"{what} is never closed; end it with a line of ``` on its own")
    if meant and name != meant:
        log.add(Check.BLOCK_NOT_READ, fence.line, f'a block named {shown(fence.name)}; did you mean "{meant}"?')
        return False
    return meant is not None and fence.closed


def _check_body(note: KbNote, front_matter: FrontMatter, log: ProblemLog) -> None:
    # The identity of a payer may be its front matter alone; every other note is there to be found and quoted.
    if not note.sections and front_matter.readable and note.kind != "payer":
        log.add(Check.EMPTY, min(note.body_line, len(note.lines)), "the note has no body; write down what it is about")


def _check_coverage(note: KbNote, log: ProblemLog) -> None:
    """A range of the note may hold numbers that do not exist, so a range counts as covered when a rule meets it."""
    if not note.rules or not note.codes:
        return
    spoken_of: list[CodeRange] = []
    for rule in note.rules:
        when = rule.when
        if when is None or not when.codes:
            return
        spoken_of += [*when.codes, *when.with_codes, *when.without_codes]
        spoken_of += when.days_since.codes if when.days_since else ()
        spoken_of += rule.forbid.codes if rule.forbid else ()
    missing = [str(codes) for codes in note.codes if not any(codes.overlaps(other) for other in spoken_of)]
    if missing:
        line = dict(note.field_lines)["codes"]
        log.add(
            Check.UNCOVERED_CODE,
            line,
            f"no rule of this note covers {', '.join(missing)}; write a rule for it or take it out of codes",
        )
