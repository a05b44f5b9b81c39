"""How many units a block's evidence makes, and whether its number and size are those of the block's code.

Knows no limit on units and no payer: tables and the payers' notes do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import ceil

from assistant.propose.candidates_note import PreparedNote
from assistant.propose.evidence import ProcedureEvidence
from assistant.propose.evidence_amounts import Counted, counted
from assistant.propose.evidence_doses import SCALES, is_for_each, pieces
from assistant.propose.evidence_sizes import Size, alone, excised, sizes
from assistant.propose.evidence_tests import TEST_KINDS
from assistant.propose.joints import joints_named
from assistant.propose.model import Confidence
from assistant.propose.patterns import view_of

# Paid by the piece, and never just one: without a number there is nothing to bill.
_ALWAYS_COUNTED = frozenset({"tests"}) | TEST_KINDS
COUNT_NOT_TOLD = "the note does not say how many"
SIZE_NOT_TOLD = "the note does not say how large"
AMOUNT_NOT_TOLD = "the note does not say how much of the drug was given"
_DOSES = frozenset(("mg", "mcg"))
# How many sentences away the lines of a form tell a size.
_FORM_LINES = 6
_OPEN_MARGIN = re.compile(
    r"\bwith (?:an? )?(?:(?:appropriate|adequate|standard|narrow|wide|normal|surrounding|generous|small|some"
    r"|conservative|suitable|surgical|safe|good) ){0,2}margins?\b"
    r"|\b(?:clear|normal|healthy|good|sound) (?:skin|tissue|rim|border|edges?) (?:all )?(?:a?round|on all sides)",
    re.IGNORECASE,
)
_LABEL = re.compile(
    r"(?:#|\b(?:lesion|site|specimen|lac(?:eration)?|wound|jar|bottle|biopsy|[Nn]o\.)\s*#?)\s*(\d{1,2}|[a-e])\b"
    r"|^\s*(\d{1,2}|[a-e])\s*[.):]\s",
    re.IGNORECASE | re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Units:
    """Units, how sure they are, and why the code must not be billed yet (empty: it may)."""

    number: int
    confidence: Confidence = "high"
    why_not: str = ""


def units_of(prepared: PreparedNote, block: ProcedureEvidence, clauses: Sequence[int]) -> Units | None:
    """The units of the evidence; None when its number or size belongs to another code."""
    if block.size is not None:
        return _sized(prepared, block, clauses)
    if block.counts is None:
        return Units(1)
    if block.counts == "kinds":
        told = Counted(
            len({pattern for number in clauses for pattern in prepared.hits[number] if pattern in block.any})
        )
    elif block.counts == "blocks" and block.per is not None and block.count is not None:
        # Of each stage those over the first five.
        blocks = [_counted(prepared, block.counts, [number]).number or 0 for number in clauses]
        extra = sum(max(0, one - _least(block) + 1) for one in blocks)
        return Units(ceil(extra)) if extra else None
    else:
        told = _counted(prepared, block.counts, clauses)
    if block.counts == "joints" and (told.vague or (told.number or 1) <= 2):
        # A joint told by its side alone is one for each side.
        told = Counted(max(1, len({side for number in clauses for side in prepared.clauses[number].sides})))
    if told.number is None:
        if block.counts in _DOSES and block.units == "count":
            return Units(1, "low", AMOUNT_NOT_TOLD)
        if (
            told.vague
            or block.count is not None
            or block.counts in _ALWAYS_COUNTED
            or (block.counts == "units" and block.ask)
        ):
            return Units(1, "low", COUNT_NOT_TOLD)
        return Units(1, "low")
    if block.count is not None and told.number not in block.count:
        return None
    number = told.number
    if block.counts in _DOSES:
        number *= max(_places_of_each(prepared, place) for place in clauses)
    if block.per is not None:
        over = number - _least(block) + 1 if block.count is not None and block.counts not in _DOSES else number
        number = ceil(Decimal(over) / block.per)
    if block.units == "one":
        return Units(1)
    if block.units == "count-1":
        number -= 1
    return Units(ceil(number)) if number > 0 else None


def _places_of_each(prepared: PreparedNote, number: int) -> int:
    """In how many places the amount of a clause was given that tells it for each: 10 mg each, both fingers."""
    clause = prepared.clauses[number]
    if not is_for_each(clause.text):
        return 1
    near = [
        prepared.clauses[one].text
        for sentence in (clause.sentence, clause.sentence - 1)
        for one in prepared.sentences.get(sentence, ())
        if prepared.clauses[one].status == "done"
    ]
    told = [count for text in near if (count := pieces(text)) is not None]
    return told[0] if told else max(1, len(clause.sides), len(joints_named((*near, clause.text), clause.sides)))


def _least(block: ProcedureEvidence) -> int:
    """The least number the code is for."""
    assert block.count is not None
    return block.count.low


def _counted(prepared: PreparedNote, kind: str, clauses: Sequence[int]) -> Counted:
    texts = [prepared.clauses[number].text for number in clauses]
    if kind in SCALES:
        texts += _given_again(prepared, clauses)
    sides = [prepared.clauses[number].sides for number in clauses]
    return counted(kind, texts, _beside(prepared, clauses), _before(prepared, clauses), sides)


def _before(prepared: PreparedNote, clauses: Sequence[int]) -> list[str]:
    """The done clauses before the evidence, nearest first: of its own sentence and of the three before."""
    found: list[str] = []
    for number in clauses:
        sentence = prepared.clauses[number].sentence
        near = [
            *(one for back in (3, 2, 1) for one in prepared.sentences.get(sentence - back, ())),
            *(one for one in prepared.sentences[sentence] if one < number),
        ]
        found += [
            prepared.clauses[one].text
            for one in reversed(near)
            if one not in clauses
            and prepared.clauses[one].status == "done"
            and prepared.clauses[one].section not in ("title", "billing")
        ]
    return found


# "Adenosine 6 mg pushed, no change, then 12 mg": more of the drug that the words before name.
_AGAIN = re.compile(
    r"(?:(?:and |was )*(?:then|again|followed by|repeated?(?: with| at)?|another|plus|second dose(?: of)?|a second)\b"
    r"[\s\w]{0,20}?)?(?<![\d.])\d+(?:\.\d+)? ?(?:mg|mcg)\b(?! (?:of )?[a-z]{5,}| (?:po|by mouth|daily|bid))",
    re.IGNORECASE,
)


def _given_again(prepared: PreparedNote, clauses: Sequence[int]) -> list[str]:
    """The later clauses of the same sentence that tell a further dose of what is named before."""
    return [
        prepared.clauses[one].text
        for number in clauses[:1]
        for one in prepared.sentences.get(prepared.clauses[number].sentence, ())
        if one > number
        and one not in clauses
        and prepared.clauses[one].status == "done"
        and _AGAIN.match(prepared.clauses[one].text)
    ]


def _beside(prepared: PreparedNote, clauses: Sequence[int]) -> list[str]:
    """The done clauses in the sentences of the evidence and in the two after it, evidence left out."""
    wanted = set(clauses)
    carrying = set(prepared.carrying)
    near: dict[int, None] = {}
    for number in clauses:
        sentence = prepared.clauses[number].sentence
        for other in (sentence, sentence + 1, sentence + 2):
            near.update(
                (member, None)
                for member in prepared.sentences.get(other, ())
                if member not in wanted and member in carrying
            )
    return [prepared.clauses[number].text for number in near]


def _sized(prepared: PreparedNote, block: ProcedureEvidence, clauses: Sequence[int]) -> Units | None:
    assert block.size is not None
    if block.size_of == "repair":
        near = {size for number in clauses for size in _near(prepared, number, ("repair", "wound"))}
        # What was closed is told, else the wound; never both.
        for measures in ("repair", "wound"):
            found = [size for size in near if size.measures == measures]
            if found:
                break
        else:
            return Units(1, "low", SIZE_NOT_TOLD)
        total = sum((size.centimeters for size in found), Decimal(0))
        if total not in block.size:
            return None
        if block.per is None:
            return Units(1)
        # The range begins a tenth of a centimeter beyond what the first code covers.
        return Units(ceil((total - block.size.low + Decimal("0.1")) / block.per))
    own = [number for number in clauses if _is_of(prepared, block, number)]
    if not own:
        return None
    groups = {tuple(_near(prepared, number, ("whole", "lesion"), block)) for number in own}
    if any(_leaves_margin_open(prepared, number) for number in own):
        groups = {group for group in groups if any(size.measures in ("whole", "margin") for size in group)}
    measured = excised if block.size_of == "lesion" else alone
    diameters = [(measured(group), group) for group in groups]
    known = {(diameter, group) for diameter, group in diameters if diameter is not None}
    if not known:
        return Units(1, "low", SIZE_NOT_TOLD)
    fitting = [diameter for diameter, _ in known if diameter in block.size]
    return Units(len(fitting) if block.units == "count" else 1) if fitting else None


def _treats_another_place(
    prepared: PreparedNote, block: ProcedureEvidence, sentence: int, members: Sequence[int]
) -> bool:
    """Whether the clauses `members` tell of the same work on another part of the body than the sentence does."""
    if not block.where:
        return False
    own = frozenset(block.where)
    family = prepared.repertoire.families.get(block.family, ())
    others = frozenset(pattern for one in family for pattern in one.where) - own
    here = frozenset[int]().union(*(prepared.hits[one] for one in prepared.sentences[sentence]))
    there = frozenset[int]().union(*(prepared.hits[one] for one in members))
    worked = frozenset(pattern for one in family for pattern in one.any)
    return bool(own & here) and bool(others & there) and not own & there and bool(worked & there)


def _leaves_margin_open(prepared: PreparedNote, number: int) -> bool:
    """True where margins were taken with the lesion and the words give no width for them."""
    members = prepared.sentences[prepared.clauses[number].sentence]
    text = prepared.note.text[prepared.clauses[members[0]].start : prepared.clauses[members[-1]].end]
    return _OPEN_MARGIN.search(text) is not None


def _is_of(prepared: PreparedNote, block: ProcedureEvidence, number: int) -> bool:
    """Whether what a clause says of one lesion among several is what the block asks for, such as its pathology.

    Its own sentence tells, else what stands elsewhere after the same label ("#2", "Lesion B"). Where neither tells and
    the note asks for nothing else, it is.
    """
    if not block.all:
        return True
    rivals = {
        pattern
        for rival in prepared.repertoire.families.get(block.family, ())
        for pattern in rival.all
        if rival.size is not None
    } - set(block.all)
    sentence = prepared.clauses[number].sentence
    hits = frozenset[int]().union(*(prepared.hits[one] for one in prepared.sentences[sentence]))
    if not hits.isdisjoint(block.all):
        return True
    if not hits.isdisjoint(rivals):
        return False
    if not any(prepared.told.get(pattern) for pattern in rivals):
        return True
    label = _label_of(prepared, number)
    if label is None:
        return True
    for text in _said_of(prepared, label, sentence):
        shown = frozenset(prepared.repertoire.index.matching(view_of(f"pathology {text}")))
        if not shown.isdisjoint(block.all):
            return True
        if not shown.isdisjoint(rivals):
            return False
    return True


def _text_of(prepared: PreparedNote, sentence: int) -> str:
    members = prepared.sentences[sentence]
    start = prepared.clauses[members[0]].start
    # The mark of a list stands before its first clause.
    start = max(prepared.note.text.rfind("\n", 0, start) + 1, start - 10)
    return prepared.note.text[start : prepared.clauses[members[-1]].end]


def _label_of(prepared: PreparedNote, number: int) -> str | None:
    match = _LABEL.search(_text_of(prepared, prepared.clauses[number].sentence))
    return (match[1] or match[2]).lower() if match else None


def _said_of(prepared: PreparedNote, label: str, sentence: int) -> Iterator[str]:
    """What other sentences say after the label, up to the next one."""
    for other in prepared.sentences:
        if other == sentence:
            continue
        text = _text_of(prepared, other)
        marks = list(_LABEL.finditer(text))
        for place, mark in enumerate(marks):
            if (mark[1] or mark[2]).lower() == label:
                yield text[mark.end() : marks[place + 1].start() if place + 1 < len(marks) else len(text)]


def _near(
    prepared: PreparedNote, number: int, wanted: Sequence[str], block: ProcedureEvidence | None = None
) -> list[Size]:
    """The sizes in the clause's sentence, then in the nearest sentences until one of the kind `wanted` is told.

    Of the sentences around, those of its paragraph count; where the note is a form with a line for each answer, the
    lines around do.
    """
    clause = prepared.clauses[number]
    found: list[Size] = []
    steps = [0, *(step for far in range(1, _FORM_LINES + 1) for step in (-far, far))]
    closed: set[bool] = set()
    for step in steps:
        members = prepared.sentences.get(clause.sentence + step, ())
        forward = step > 0
        if not members or forward in closed:
            continue
        other = prepared.clauses[members[0]]
        if step and other.paragraph != clause.paragraph:
            if other.section != clause.section or abs(other.paragraph - clause.paragraph) != abs(step):
                closed.add(forward)
                continue
        elif abs(step) > 2:
            continue
        if step and block is not None and _treats_another_place(prepared, block, clause.sentence, members):
            continue
        start, end = prepared.clauses[members[0]].start, prepared.clauses[members[-1]].end
        told = sizes(prepared.note.text[start:end], start)
        own = [size for size in told if clause.start <= size.mention[0] < clause.end and size.measures in wanted]
        if not step and own and any(size.measures in wanted and size not in own for size in told):
            # One of several lesions of a sentence, each with its size.
            told = [size for size in told if clause.start <= size.mention[0] < clause.end]
        complete = any(size.measures in ("whole", "repair") for size in found if size.measures in wanted)
        has = {size.measures for size in found}
        if (
            complete
            or ("lesion" in has and "margin" in has and "lesion" in wanted)
            or ("wound" in has and not forward and "repair" in wanted)
        ):
            found += [size for size in told if size.measures == wanted[0]] if not complete and step in (-1, 1) else []
            continue
        if step and "lesion" in has and any(size.measures == "lesion" for size in told) and "lesion" in wanted:
            continue
        if step and "wound" in has and "repair" in wanted:
            told = [size for size in told if size.measures == "repair"] if forward else []
        found += told
    return found
