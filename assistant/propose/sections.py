"""The sections of a clinical note by their headings, in whatever style they stand. Knows no status and no code."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import cast

from assistant.propose.model import NoteSection, SectionKind

_DOCUMENT = frozenset(
    "operative report|operative note|op note|op report|operation note|operation report"
    "|procedure note|procedure report".split("|")
)
# Under these a heading's own line is all, unless the next line goes on with it.
_BRIEF: frozenset[SectionKind] = frozenset({
    "title", "diagnosis", "indication", "anesthesia", "history", "past-surgical", "family-history", "social-history",
    "medications", "allergies", "consent", "billing", "other", "time", "review-of-systems",
})  # fmt: skip
# Safe inside a line only when followed by a colon and standing where a sentence begins.
_ONE_LETTER = frozenset({"s", "o", "a", "p"})
_NEVER_INLINE = frozenset(
    "op|patient|name|date|note|steps|body|course|service|services|problems|results|ct|lab|audiogram|endoscopy|culture|packing"
    "|time|position|injections|treatment|surgery|history|operation|detail|description|condition|pathology|implants"
    "|procedures today|counts|room|account|interval|risks|charge|findings|tests|drains|age|sex|social|risks".split("|")
) - {"history", "time", "findings"}

_LINE = re.compile(r"[^\n\r]*(?:\r\n|\n|\r|$)")
_LEAD = re.compile(r"[ \t]*(?:#{1,6}[ \t]*)?(?:[*_]{2})?(?:(?:\d{1,2}|[IVX]{1,4})[.)][ \t]+)?(?:[*_]{1,3})?")
_MARKDOWN = re.compile(r"[ \t]*(?:#{1,6}[ \t]|[*_]{2}|={2,}|\[)")
_HEAD = re.compile(r"([^\W\d_][\w/&(),.'’\- ]{0,70}?)[*_]{0,3}[ \t]*(:|[ \t][-–—][ \t]|[ \t]?\|)[*_]{0,3}")
_INLINE = re.compile(r"(?<=[.;!?)\]])[ \t]+(?:\d{1,2}[.)][ \t]+)?([^\W\d_][\w/&() \-]{0,32}?)[ \t]?:(?=[ \t]|$)")
_ONSET = re.compile(
    r"[ \t\-*•]*(?:(?:under|after|following|with|once|on)[ \t]+(?:[\w\-]+[ \t]+){0,5}(?:an?a?esthe\w+"
    r"|sedation|consent|time-?[ \t]?out"
    r"|prep\w*|microscope|lidocaine)|(?:general|local|topical|mask|spinal|mac|endotracheal"
    r"|lma)\b(?:[ \t]+\w+)?[ \t,]+(?:an?a?esthe"
    r"|lidocaine|sedation|ga\b)|an?a?esthesia\b|time-?[ \t]?out|(?:the )?(?:patient|pt|child|he"
    r"|she)\b[ \t]+was[ \t]+(?:then[ \t]+)?"
    r"(?:brought|taken|placed|prepped|positioned|intubated|seated|draped|identified|laid|anesthetized|sedated)"
    r"|(?:general|ga|geta|lma|mac|local)[ \t]*[.;,]"
    r"|(?:standard|usual|routine)[ \t]+(?:portals|prep|sterile)|topical\b|(?:betadine|chlorhexidine"
    r"|prepped|lidocaine)\b)",
    re.IGNORECASE,
)
_NARRATIVE = re.compile(
    r"\b(?!(?:guided|sided|assisted|extended|combined|limited|based|modified|planned|staged|powered|related"
    r"|unplanned)\b)"
    r"(?:was|were|is|are|had|has|been|[a-z]{3,}ed|taken|cut|seen|found|done|drawn|made|given|put|sent"
    r"|shaved|passed)\b",
    re.IGNORECASE,
)
_CONTINUES = re.compile(r"[ \t]*(?:[-*•>+]|\d{1,2}[.)]|[a-z]|[ \t]{2,}\S|\()")
_TITLED = re.compile(
    r"^\s*(?:\d{1,2}\s*$|\d{1,2}[.)]|[^.]*(?:ectomy|plasty|otomy|ostomy|scopy|repair|reduction|resection"
    r"|surgery))[^.]*$"
)
# "Allergy: skin prick tests placed" tells of work, not of what the patient does not bear.
_ALLERGY_WORK = re.compile(
    r"\b(?:prick|intradermal|serum|vials?|injections?|shots?|immunotherapy|tests? (?:placed|read))\b", re.IGNORECASE
)
_LISTED = re.compile(r"[ \t]*(?:[-*•>+]|\d{1,2}[.)])")


@dataclass(frozen=True, slots=True)
class _Mark:
    """A heading found: where it and its text begin, its kind and words; `alone`: no text follows on its line."""

    begin: int
    start: int
    kind: SectionKind
    heading: str
    alone: bool
    line_end: int
    inline: bool = False
    listed: bool = False


@cache
def _kinds() -> dict[str, SectionKind]:
    table = tomllib.loads(files("assistant.propose").joinpath("sections.toml").read_text("utf-8"))
    return {
        heading.strip(): cast(SectionKind, kind)
        for kind, row in table.items()
        for heading in row.split("|")
        if heading.strip()
    }


def kind_of(heading: str, *, whole: bool = False) -> SectionKind | None:
    """The kind of section that the words of a heading announce; None where they announce none.

    With `whole` the words must be a heading and nothing more, else a heading may go on ("PSH copied from last note").
    """
    plain = re.sub(r"[*_#.’'(),]", " ", heading.replace("(s)", "s").lower()).replace("-", " ")
    words = plain.split()
    while words and words[-1] in {"today", "was", "is", "are", "were", "section", "list", "note"} and len(words) > 1:
        if " ".join(words) in _kinds():
            break
        words = words[:-1]
    joined = " ".join(words)
    kinds = _kinds()
    if joined in kinds:
        return kinds[joined]
    for count in range(0 if whole else min(len(words) - 1, 5), 0, -1):
        begin = " ".join(words[:count])
        if begin in _ONLY_WHOLE:
            return None
        if begin in kinds and len(begin) > 2 and words[count] in _TAILS and len(words) <= count + 6:
            return kinds[begin]
    return None


# "X-rays of the ankle today: no fracture" tells of films taken.
_ONLY_WHOLE = frozenset({"x rays"})
_TAILS = frozenset(
    "copied from for of and in on at by reviewed per performed unchanged updated after before with as to"
    " carried the continued imported obtained noted listed during since".split()
)


def sections_of(text: str) -> tuple[NoteSection, ...]:
    """The note's sections in order; together with their headings they cover the text. Without a heading: one section.

    Source of the kinds: the headings in use in outpatient and operative notes (own collection). Linear in the text.
    """
    marks = list(_marks(text))
    found: list[NoteSection] = []
    if not marks or marks[0].begin > 0:
        found.append(NoteSection("other", "", 0, marks[0].begin if marks else len(text)))
    for index, mark in enumerate(marks):
        end = marks[index + 1].begin if index + 1 < len(marks) else len(text)
        found.extend(_with_end(text, mark, end))
    if _is_visit(found):
        found = [replace(one, kind="procedure") if _names_work(one) else one for one in found]
    return tuple(section for section in found if section.end > section.start or section.heading)


_OF_A_VISIT: frozenset[SectionKind] = frozenset({"history", "exam", "review-of-systems", "assessment", "plan"})


def _is_visit(found: Sequence[NoteSection]) -> bool:
    """Whether the note is of a visit with a procedure named on one line, and none told step by step."""
    kinds = {one.kind for one in found}
    return len(kinds & _OF_A_VISIT) > 1 and not kinds & {"procedure", "anesthesia"}


def _names_work(section: NoteSection) -> bool:
    """Whether a title stands where a visit's note tells what was done: "Procedure: shave biopsy, left cheek"."""
    return section.kind == "title" and section.heading.lower().rstrip(" :").startswith(("procedure", "office proc"))


def _marks(text: str) -> Iterator[_Mark]:
    kind: SectionKind | None = None
    planned_in = ""
    lettered = {"S", "O", "A"} <= {match.group(1) for match in _LETTERED.finditer(text)}
    for line in _LINE.finditer(text):
        begin, stop = line.span()
        if begin == stop:
            continue
        content_end = begin + len(line.group().rstrip())
        after = begin
        if kind == "plan" and planned_in and _is_next_problem(planned_in, line.group()):
            # The plan was that of the problem told on its own line.
            kind = "other"
            yield _Mark(begin, begin, "other", "", False, content_end)
        mark = _lettered_mark(text, begin, content_end) if lettered else None
        mark = mark or _line_mark(text, begin, content_end)
        if mark is not None and not mark.heading and kind in {"assessment", "plan"}:
            mark = None  # a problem of the assessment, written as a heading
        if mark is not None:
            kind = mark.kind
            yield mark
            after = mark.start
        for inline in _INLINE.finditer(text, max(after, begin), content_end):
            heading = inline.group(1)
            plain = heading.lower().strip()
            found = kind_of(heading)
            if found is None or plain in _NEVER_INLINE or (plain in _ONE_LETTER and not heading.isupper()):
                continue
            kind = found
            planned_in = line.group() if kind == "plan" else planned_in
            yield _Mark(inline.start(1), inline.end(), kind, heading, False, content_end, True)


_NEXT_PROBLEM = re.compile(
    r"[ \t]*(?:separately|in addition|additionally|second(?:ly| problem| issue| matter| thing)|(?:new|other|another"
    r"|separate|unrelated) (?:problem|issue|complaint|matter|concern)|also today|today also)\b",
    re.IGNORECASE,
)
_ITEM = re.compile(r"[ \t]*(?:#|problem |issue )?(\d{1,2}|[A-H])(?:[.):]| [-\u2013\u2014])", re.IGNORECASE)


def _is_next_problem(planned_in: str, line: str) -> bool:
    """Whether a line turns to the next problem after one that held its own plan: "2) Ear" after "1) ... Plan: ..."."""
    if _NEXT_PROBLEM.match(line):
        return True
    item, before = _ITEM.match(line), _ITEM.match(planned_in)
    return item is not None and before is not None and item.group(1) != before.group(1)


def _lettered_mark(text: str, begin: int, end: int) -> _Mark | None:
    match = _LETTERED.match(text, begin, end)
    kind = kind_of(match.group(1)) if match else None
    if match is None or kind is None:
        return None
    return _Mark(begin, match.end(), kind, match.group(1), match.end() == end, end)


def _line_mark(text: str, begin: int, end: int) -> _Mark | None:
    """The heading a line begins with or consists of."""
    lead = _LEAD.match(text, begin, end)
    first = lead.end() if lead else begin
    head = _HEAD.match(text, first, end)
    if head is not None:
        heading = head.group(1).strip()
        # "Patient in for her shot. Not done: ..." is a sentence before a label.
        kind = None if _SENTENCE_BEFORE.search(heading) else kind_of(heading)
        if head.group(2).strip() == "|" and "|" in text[head.end() : end].rstrip(" |"):
            kind = None
        if kind == "allergies" and _ALLERGY_WORK.search(text, head.end(), end):
            kind = "procedure"
        if kind is not None and not (heading.lower() in _ONE_LETTER and head.group(2) != ":"):
            rest = text[head.end() : end].strip(" \t*_-|")
            listed = _LISTED.match(text, head.end(), end) is not None
            return _Mark(begin, head.end(), kind, heading, not rest, end, listed=listed)
        if kind is None and _MARKDOWN.match(text, begin) and not text[head.end() : end].strip(" *_#="):
            return _Mark(begin, begin, "other", "", True, end)
        return _prefixed(text, begin, first, end)
    heading = text[first:end].strip(" \t*_#=[]-|.")
    if heading and len(heading) <= 60 and heading[0].isalpha():
        kind = kind_of(heading, whole=True)
        marked = _MARKDOWN.match(text, begin) is not None
        if kind is not None and (
            marked or heading.isupper() or (len(heading) > 1 and not text[first:end].rstrip().endswith("."))
        ):
            return _Mark(begin, end, kind, heading, True, end)
        if marked and text[begin:end].lstrip().startswith("#"):
            return _Mark(begin, begin, "other", "", True, end)
    return _prefixed(text, begin, first, end)


_SENTENCE_BEFORE = re.compile(r".{14}\. ")
# "S) ... O) ... A) ... P)": only where the note has them all, else "A)" and "B)" number a list.
_LETTERED = re.compile(r"^[ \t]*([SOAP])(?:\)|[ \t]?[-–—=])[ \t]*", re.MULTILINE)
_PREFIX = re.compile(
    r"(OPERATIVE (?:REPORT|NOTE)|PROCEDURE (?:REPORT|NOTE)|PMH|PSH|FH|SH|ROS|HPI|CC|PE|ALLERGIES"
    r"|MEDICATIONS|ASSESSMENT|IMPRESSION|PLAN|A/P|A&P|I/P)"
    r"(?:[ \t]*[.\-–—][ \t]+|[ \t]{1,2}(?=[a-z]))"
    r"|((?:Assessment|Impression|Imp|Diagnos[ie]s|Dx|Plan|ASSESSMENT|IMPRESSION|IMP|DX|PLAN))[ \t]+"
    r"(?=(?:#[ \t]?)?1[.)][ \t]?\w)"
)


def _prefixed(text: str, begin: int, first: int, end: int) -> _Mark | None:
    """A heading in capitals with no colon after it: "PSH tonsillectomy 2001", "OPERATIVE REPORT. Age 14."."""
    match = _PREFIX.match(text, first, end)
    if match is None:
        return None
    heading = match.group(1) or match.group(2)
    kind: SectionKind = "other" if heading.lower() in _DOCUMENT else kind_of(heading) or "other"
    return _Mark(begin, match.end(), kind, heading, False, end)


def _with_end(text: str, mark: _Mark, end: int) -> Iterator[NoteSection]:
    """The section of a heading, and what comes after it where the heading only spoke for its own line."""
    kind, start = mark.kind, mark.start
    document = mark.heading.lower() in _DOCUMENT
    line_end = min(mark.line_end, end)
    if kind == "procedure":
        yield from _procedure(text, mark, end, document and not mark.alone)
        return
    if kind == "title" and not mark.alone:
        cut = _title_end(text, mark, line_end)
        if cut < line_end:
            if cut > start:
                yield NoteSection("title", mark.heading, start, cut)
            yield NoteSection("procedure", "" if cut > start else mark.heading, cut, end)
            return
    stop = end
    if kind in _BRIEF:
        stop = _brief_end(text, mark, line_end, end)
    elif mark.inline and kind == "plan":
        stop = end
    yield NoteSection(kind, mark.heading, start, stop)
    if stop < end:
        yield NoteSection("other", "", stop, end)


# Names a procedure and tells nothing: "Closed reduction of the nasal fracture".
_CLOSED = re.compile(r"\bclosed (?=reduction|treatment|manipulation)", re.IGNORECASE)


def _procedure(text: str, mark: _Mark, end: int, one_line: bool) -> Iterator[NoteSection]:
    """ "Procedure:" heads a title or a body: words without a statement before the first statement are the title."""
    stop = min(mark.line_end, end) if one_line or not mark.alone else end
    first = text[mark.start : stop]
    statement = re.search(r"[.;](?:\s+|$)", first)
    opening = first[: statement.start()] if statement else first
    names_only = (
        not _NARRATIVE.search(_CLOSED.sub("", opening))
        and 0 < len(opening.strip()) < 220
        and not _ONSET.match(opening.lstrip())
    )
    heading = mark.heading.lower()
    if (
        names_only
        and not mark.alone
        and heading.startswith(("procedure", "operative", "op ", "operation", "office", "in office"))
    ):
        cut = mark.start + (statement.end() if statement else len(first))
        while (
            statement
            and cut < stop
            and text[mark.start : cut].strip()
            and not _NARRATIVE.search(text[cut:stop].split(".")[0])
        ):
            following = re.search(r"[.;](?:\s+|$)", text[cut:stop])
            if following is None:
                cut = stop
                break
            cut += following.end()
            if cut - mark.start > 600:
                break
        yield NoteSection("title", mark.heading, mark.start, cut)
        if cut < end:
            yield NoteSection("procedure" if cut < stop else "other", "", cut, end)
        return
    yield NoteSection("procedure", mark.heading, mark.start, end)


# After "Dx: ..." on the same line: what was done about it.
_TREATED = re.compile(
    r"\b(?:applied|injected|performed|dispensed|fracture care|closed treatment|(?:was|were) (?:given|placed|excised"
    r"|frozen|drained|reduced))\b",
    re.IGNORECASE,
)


# An operation told in the same paragraph as the diagnosis before it; what was done earlier goes on with the diagnosis.
_WORKED = re.compile(
    r"\b(?:taken|removed|opened|incised|dissected|cauteri[sz]ed|suctioned|inserted|passed|enlarged|widened|elevated"
    r"|raised"
    r"|curetted|sutured|tied|infiltrated|prepped|draped|resected|excised|debrided|inflated|cleared|lifted|snared)\b"
    r"(?! (?:in|at|by|elsewhere|last|years?|months?|outside)\b)",
    re.IGNORECASE,
)
_EARLIER = re.compile(
    r"\b(?:s/p|status|history|hx|prior|previous\w*|after|since|following|old|earlier|ago|recurren\w+|due to|(?:19"
    r"|20)\d\d)\b",
    re.IGNORECASE,
)
_PERSON = re.compile(
    r"(?:the |this )?(?:patient|pt|he|she|they|his|her|who|we|i|mr|mrs|ms|risks?|symptoms?|prior|previous|failed"
    r"|has|had|known|history|hx|s/p|status)\b",
    re.IGNORECASE,
)
_MOST_REASON = 8


def _is_reason(told: str, following: str) -> bool:
    """Whether an indication is told in a few words, and what follows on its line is no more of the patient's story."""
    return (
        len(told.split()) <= _MOST_REASON and not _PERSON.match(told.strip()) and not _PERSON.match(following.strip())
    )


def _brief_end(text: str, mark: _Mark, line_end: int, end: int) -> int:
    """Where a brief section ends: at a line that begins the operation or the examination, or does not go on with it."""
    # A single line may hold both: "History: tonsils out. Under general anesthesia the ...".
    for full_stop in re.finditer(r"[.;][ \t]+(?=[A-Z])", text[mark.start : line_end]):
        begin = mark.start + full_stop.end()
        sentence = re.split(r"[.;](?:\s|$)", text[begin:line_end], maxsplit=1)[0]
        if _ONSET.match(text, begin, line_end) or (mark.kind == "diagnosis" and _TREATED.search(sentence)):
            return begin
        if mark.kind == "diagnosis" and _WORKED.search(sentence) and not _EARLIER.search(sentence):
            return begin
        if mark.kind == "indication" and _is_reason(text[mark.start : full_stop.start()], sentence):
            return begin
    if line_end >= end:
        return end
    seen_text = not mark.alone
    position = line_end
    previous_end = text[mark.start : line_end].rstrip()[-1:]
    previous_length = line_end - mark.begin
    for line in _LINE.finditer(text, line_end, end):
        begin, stop = line.span()
        content = line.group().strip()
        if begin == stop:
            break
        if begin == line_end and not content:
            position = stop
            continue
        if not content:
            if seen_text and mark.kind not in _LONG:
                return stop
            continue
        if seen_text and _ONSET.match(text, begin, stop):
            return begin
        if seen_text and not _goes_on(mark, text[begin:stop], previous_end, previous_length):
            return begin
        seen_text = True
        previous_end, previous_length = content[-1], len(content)
        position = stop
    return max(position, end)


def _title_end(text: str, mark: _Mark, line_end: int) -> int:
    """Where the names end on a line that goes on to tell what was done: "Op: R FESS. Uncinate removed, ostium widened."

    The end of the line where it holds names only; the start of the text where its first words already tell.
    """
    statements = list(_STATEMENT.finditer(text, mark.start, line_end))
    if len(statements) < 2 or not any(_NARRATIVE.search(one.group()) for one in statements[1:]):
        return line_end
    if mark.heading.lower() in _SHORT_TITLES and _NARRATIVE.search(statements[0].group()):
        return mark.start
    for before, one in pairwise(statements):
        if _NARRATIVE.search(one.group()) or not _TITLED.match(one.group().strip(" .;")):
            return before.end()
    return line_end


_SHORT_TITLES = frozenset({"op", "operation", "surgery", "procedure done", "procedures done"})
_STATEMENT = re.compile(r"(?:[^.;]|[.;](?!\s|$))+(?:[.;]\s*|$)")

_LONG = frozenset(
    {"history", "past-surgical", "family-history", "social-history", "medications", "review-of-systems", "consent"}
)


def _goes_on(mark: _Mark, line: str, previous_end: str, previous_length: int) -> bool:
    if _CONTINUES.match(line):
        return mark.alone or mark.listed or not _LISTED.match(line)
    wrapped = previous_end not in ".;:!?" and previous_length >= 60
    if mark.alone or wrapped:
        return mark.kind in _LONG or mark.alone or wrapped
    # Text began on the heading's line: short lines without a statement continue a list, a statement does not.
    return mark.kind in _LONG and mark.kind != "history" and not _NARRATIVE.search(line)
