"""What surrounds a diagnosis in a note: how firmly it is stated, its side, first or later care. Knows no code.

Source: ICD-10-CM Official Guidelines, section IV.H (uncertain diagnoses are not coded in the outpatient setting) and
section I.C.19.a (7th characters A, D and S).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from assistant.propose.diagnoses_mentions import Mention, said_words
from assistant.propose.diagnoses_refine import Episode
from assistant.propose.diagnoses_words import Token, site_words, tokens_of, wider
from assistant.propose.model import BOTH, Clause, ClinicalNote, NoteSection, SectionKind, Side

# How firmly a clause states a diagnosis.
FINAL, STATED, REASON, PROSE, NOTHING = 4, 3, 2, 1, 0
_SILENT_SECTIONS: frozenset[SectionKind] = frozenset(
    {"family-history", "social-history", "medications", "allergies", "review-of-systems", "consent", "past-surgical",
     "time", "anesthesia"}
)  # fmt: skip
_LABEL = re.compile(
    r"^\W*(?:\d+[.)]\s*)?(?:(?:pre|post)[ -]?op(?:erative)? )?(?:dx|diagnos[ei]s|impression|imp|assessment|ddx)\b"
    r"(?! (?:unclear|unknown|pending|reviewed|discussed))", re.I
)  # fmt: skip
_PATHOLOGY = re.compile(
    r"\b(?:path(?:ology)?|biopsy|histology|bx)\b[^.;]{0,30}?(?:\b(?:show|shows|showed|confirm\w*|prov\w+"
    r"|final|report\w*|came back|"
    r"read|reads|reveal\w*|demonstrat\w+|positive|c/w|is|was|of)\b|:|=|-)|\b(?:biopsy"
    r"|path\w*)[ -](?:prov\w+|confirmed)", re.I
)  # fmt: skip
_LISTED = re.compile(r"^\s*(?:[#*\-•]+|\d{1,2}[.):]|#\s?\d{1,2}:?|[A-H][).:])\s+")
_INLINE_ITEM = re.compile(r"(?:^|[\s.;:])\(?\d{1,2}[.):]\s+[^.;]*$")
_REASON = re.compile(
    r"\b(?:here|presents?|presenting|comes?|came|seen|admitted|referred|returns?|brought|visit"
    r"|consult(?:ed|ation)?|follow[ -]?up"
    r"|f/u|evaluation|treated|treatment|management|injected|injections?|surgery|scheduled|booked"
    r"|taken to (?:the )?or|in) (?:today )?(?:for|with|of|because of)\b",
    re.I,
)
_TREATED = re.compile(
    r"\b(?:treated|frozen|froze|cryo\w*|ln2|liquid nitrogen|excis\w+|remov\w+|drain\w+|inject\w+"
    r"|cauter\w+|shav\w+|repair\w+|reduc\w+|pared"
    r"|splint\w*|sutur\w+|debrid\w+|i&d|biops\w+|ablat\w+|packed|irrigat\w+|released?|resect\w+|destroyed"
    r"|curett\w+|ed&c|mohs|given for"
    r"|punch|scoop\w*|sampl\w+|lanced|fitted|avuls\w+|aspirat\w+|incis\w+|dilat\w+|taken out|extract\w+)\b", re.I
)  # fmt: skip
# A verb: an assessment that goes on in sentences tells a story; one that goes on in names tells diagnoses.
_SAYS = re.compile(
    r"\b(?:is|was|were|are|has|had|have|will|denies|denied|reports?|reported|states?|given|gave|advised"
    r"|prescribed|started"
    r"|stopped|continued?|discussed|reviewed|recommend\w*|ordered|return|asked|told|seen|done|performed|signed"
    r"|check\w*|i|we|she|he)\b",
    re.I,
)
_OPENING_SENTENCES = 2
_LATER = re.compile(
    r"\b(?:follow[ -]?up|f/u|fu|recheck|re-check|cast (?:check|off|removed|change)|healing|healed"
    r"|week \d+|weeks? (?:out|post|after|ago|into)"
    r"|post[ -]?op(?:erative)? (?:visit|check|day|week)|wks? (?:out|post)|aftercare|suture removal"
    r"|staple removal|physical therapy|s/p"
    r"|status post|returns for|here for removal|rehab)\b", re.I
)  # fmt: skip
_ACTIVE = re.compile(
    r"\b(?:to (?:the )?or\b|orif|fixation (?:today|done|performed)|closed reduction|reconstruct\w+"
    r"|performed|anesthesia|operat\w+|first (?:visit|seen)"
    r"|new injury|today|yesterday|this morning|hours? ago|last night|new patient|walk[ -]?in"
    r"|arthroscop\w+|incision|portals)\b", re.I
)  # fmt: skip
# "I take care of it until healed": of days to come, whatever today is.
_TO_COME = re.compile(
    r"\b(?:until|till|to|through|toward) (?:it (?:is|has) |(?:full|complete|its) )?(?:the (?:fracture|bone) (?:is"
    r"|has) )?(?:healed|healing|union)\b",
    re.I,
)
_SEQUELA = re.compile(r"\b(?:sequela\w*|late effects?|old (?:injury|fracture)|residual (?:of|from))\b", re.I)
_OPEN = re.compile(r"\b(?:open (?:\w+ ){0,3}(?:fracture|fx)|compound (?:fracture|fx)|gustilo)\b", re.I)
_SIDE_WORD = re.compile(
    r"(?<![\w/])(?:(?P<both>bilateral(?:ly)?|bilat|b/l|both|each side|right and left|left and right"
    r"|r and l|r ?> ?l|l ?> ?r|au|ou|right/left)"
    r"|(?P<right>right|rt|r|ad|od)|(?P<left>left|lt|l|as(?= ear)|os(?= eye)))(?![\w/])(?!'s)", re.I
)  # fmt: skip
# A procedure section longer than this is a report of an operation.
_LONG = 200
_LABEL_LENGTH = 30
_LINE_LENGTH = 200
# What is looked at of a sentence, a clause and its parts, so that any text stays linear.
_NEIGHBOURS = 12
_MOST_CLAUSES = 200
_MOST_TEXT = 2_000
_AND_SIDE = re.compile(r"and (?:the )?(?:right|left|rt|lt|r|l)\b", re.I)
_CUT = re.compile(r"[,;:()]|\band\b|\bwith\b|\bbut\b|\bplus\b")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """A note prepared for questions about its clauses."""

    note: ClinicalNote = field(repr=False)
    starts: tuple[int, ...] = field(repr=False)
    later: bool
    sequela: bool
    opened: bool
    places: frozenset[str] = field(repr=False)
    by_sentence: dict[int, tuple[Clause, ...]] = field(repr=False)
    has_final: bool
    has_pathology: bool
    is_operation: bool
    first_sentences: dict[int, int] = field(repr=False)
    only_side: frozenset[Side]


def surroundings(note: ClinicalNote) -> Surroundings:
    """Read once what all clauses share. Linear."""
    by_sentence: dict[int, list[Clause]] = {}
    for clause in note.clauses:
        by_sentence.setdefault(clause.sentence, []).append(clause)
    told = [_TO_COME.sub(" ", clause.text) for clause in note.clauses if clause.status in {"done", "planned"}]
    # "Follow up in 2 weeks" at the end tells of a later day; "Follow up of the wrist" at the beginning of this one.
    first = " . ".join(
        [
            clause.text
            for clause in note.clauses
            if clause.status == "done" or (clause.status == "planned" and clause.sentence < _OPENING_SENTENCES)
        ][:6]
    )
    later = bool(_LATER.search(first)) or any(_LATER.search(text) and "heal" in text.lower() for text in told)
    active = any(_ACTIVE.search(text) for text in told)
    sites = site_words()
    places = frozenset(
        token.word
        for clause in note.clauses
        if clause.status == "done" and clause.section not in _SILENT_SECTIONS
        for token in tokens_of(clause.text)
        if token.word in sites
    )
    return Surroundings(
        note,
        tuple(section.start for section in note.sections),
        later and (not active or any("heal" in text.lower() for text in told)),
        any(_SEQUELA.search(text) for text in told),
        any(_OPEN.search(text) for text in told),
        places,
        {number: tuple(held) for number, held in by_sentence.items()},
        any(
            _is_final(section) and len(note.text[section.start : section.end].strip()) > 7 for section in note.sections
        ),
        any(_PATHOLOGY.search(text) for text in told),
        any(section.kind in {"title", "anesthesia"} for section in note.sections)
        or any(section.kind == "procedure" and section.end - section.start > _LONG for section in note.sections),
        _first_sentences(note),
        _only_side_told(note),
    )


def _only_side_told(note: ClinicalNote) -> frozenset[Side]:
    """The side of everything that was done or found; empty where there are several, or none is told."""
    told = {one.sides for one in note.clauses if one.sides_own and one.status == "done"}
    return next(iter(told)) if len(told) == 1 else frozenset()


def _first_sentences(note: ClinicalNote) -> dict[int, int]:
    """The number of the first sentence of each section, by where the section begins."""
    found: dict[int, int] = {}
    starts = [section.start for section in note.sections]
    for clause in note.clauses:
        at = starts[max(0, bisect_right(starts, clause.start) - 1)]
        found.setdefault(at, clause.sentence)
    return found


def _is_final(section: NoteSection) -> bool:
    return section.kind == "diagnosis" and bool(re.match(r"(?:post|final|dx after)", section.heading.strip(), re.I))


def section_of(clause: Clause, around: Surroundings) -> NoteSection:
    """The section a clause stands in."""
    return around.note.sections[max(0, bisect_right(around.starts, clause.start) - 1)]


def firmness(clause: Clause, around: Surroundings) -> int:
    """How firmly a done clause states the diagnoses it names: FINAL, STATED, REASON, PROSE or NOTHING."""
    if clause.section in _SILENT_SECTIONS:
        return NOTHING
    section = section_of(clause, around)
    line = _line_before(clause, around)
    if clause.section == "diagnosis":
        if not _near_heading(clause, section, around):
            return REASON if _REASON.search(clause.text) else PROSE
        if _is_final(section):
            return FINAL
        return REASON if around.has_final and section.heading.lower().lstrip().startswith("pre") else STATED
    if _LABEL.search(clause.text) or re.search(
        r"\b(?:dx|impression|assessment|diagnosis|diagnosed with)\b[^.;]{0,30}$", line, re.I
    ):
        return STATED
    if clause.section == "assessment":
        return STATED if _near_heading(clause, section, around) or _is_name(clause) else REASON
    if _PATHOLOGY.search(clause.text) or (
        clause.section == "data"
        and section.heading.lower().startswith("path")
        and clause.sentence == around.first_sentences.get(section.start)
    ):
        return STATED
    if clause.section == "indication":
        return REASON
    if clause.section == "plan":
        return PROSE if _TREATED.search(clause.text) else NOTHING
    if clause.section in {"other", "assessment", "history"} and (
        _LISTED.match(line + clause.text) and len(line) < _LABEL_LENGTH
    ):
        return REASON
    if _REASON.search(clause.text) or (clause.section == "procedure" and " for " in clause.text):
        return REASON
    return PROSE


def _is_name(clause: Clause) -> bool:
    """Whether the clause names something without telling a story."""
    return clause.status == "done" and not _SAYS.search(clause.text)


def _near_heading(clause: Clause, section: NoteSection, around: Surroundings) -> bool:
    """Whether a clause stands in the first sentence under its heading or begins a list item or line there."""
    if clause.sentence <= around.first_sentences.get(section.start, clause.sentence):
        return True
    line = _line_before(clause, around)
    if _INLINE_ITEM.search(line[-_LABEL_LENGTH:] + clause.text[:4]):
        return True
    # Another line of the same section, unless it goes on in sentences.
    begins_line = len(line) < _LINE_LENGTH and clause.start - len(line) > section.start
    return begins_line and not re.search(r"\w[^.]*\.\s", re.sub(r"^\s*\d{1,2}[.)]\s", "", line))


def _line_before(clause: Clause, around: Surroundings) -> str:
    """The clause's line up to the clause, or the last 200 characters of it."""
    text = around.note.text[max(0, clause.start - _LINE_LENGTH) : clause.start]
    return text[text.rfind("\n") + 1 :]


def _sentence_of(clause: Clause, around: Surroundings) -> Sequence[Clause]:
    """The clauses of its sentence; of a very long one those nearby."""
    sentence = around.by_sentence[clause.sentence]
    if len(sentence) <= _NEIGHBOURS:
        return sentence
    at = bisect_right([one.start for one in sentence], clause.start) if len(sentence) < _MOST_CLAUSES else 0
    return sentence[max(0, at - _NEIGHBOURS // 2) : at + _NEIGHBOURS // 2]


def is_treated(clause: Clause, around: Surroundings) -> bool:
    """Whether something was done about what the clause, or its sentence, names."""
    sentence = _sentence_of(clause, around)
    return bool(_TREATED.search(clause.text)) or any(
        one.status in {"done", "uncertain"} and _TREATED.search(one.text) for one in sentence if one is not clause
    )


def episode_of(mention: Mention, around: Surroundings) -> Episode:
    """A while care is active, D while it heals, S for what it left behind."""
    if _SEQUELA.search(mention.clause.text) or (around.sequela and not around.later):
        return "S"
    own = _TO_COME.sub(" ", " ".join(one.text for one in _sentence_of(mention.clause, around)))
    if around.later or (_LATER.search(own) and not _ACTIVE.search(own)):
        return "D"
    return "A"


def sides_of(mention: Mention, around: Surroundings) -> tuple[frozenset[Side], bool]:
    """The sides of a mention, and whether its own words tell: the words around it, else its clause, else the note.

    The note tells where everything done in it is on one side.
    """
    own = _own_sides(mention)
    if own:
        return own, True
    clause = mention.clause
    if clause.sides_own and clause.sides:
        return clause.sides, True
    if clause.sides and (clause.sides != BOTH or clause.section in {"diagnosis", "assessment"}):
        return clause.sides, False
    return around.only_side, False


def _own_sides(mention: Mention) -> frozenset[Side]:
    """What stands in the mention's own part of the clause, or in a neighbouring part that holds only a side."""
    offset = max(mention.clause.start, mention.start - _MOST_TEXT)
    text = mention.clause.text[offset - mention.clause.start :][: 2 * _MOST_TEXT]
    bounds = [0, *(match.start() for match in _CUT.finditer(text)), len(text)]
    parts = [(first, last) for first, last in pairwise(bounds) if last > first]
    begin, end = mention.start - offset, mention.end - offset
    mine = [number for number, (first, last) in enumerate(parts) if first < end and last > begin]
    if not mine:
        return frozenset()
    found = _sides_in(text[parts[mine[0]][0] : parts[mine[-1]][1]])
    for number, (first, last) in enumerate(parts):
        if number not in mine and all(
            any(first <= token.start - offset < last and token.word == word for token in mention.tokens)
            for word in mention.words
        ):
            found |= _sides_in(text[first:last])
    after = mine[-1] + 1
    while after < len(parts) and _only_side(text[parts[after][0] : parts[after][1]]):
        found |= _sides_in(text[parts[after][0] : parts[after][1]])
        after += 1
    if mine[0]:
        previous = text[parts[mine[0] - 1][0] : parts[mine[0] - 1][1]]
        # "Left | and right knee arthritis".
        joined = _AND_SIDE.match(text, parts[mine[0]][0]) is not None
        if (joined or not found) and _only_side(previous):
            found |= _sides_in(previous)
    return found


def _sides_in(text: str) -> frozenset[Side]:
    found: set[Side] = set()
    for match in _SIDE_WORD.finditer(text):
        if len(match.group()) == 1 and not match.group().isupper():
            continue
        found |= BOTH if match.group("both") else {"RT"} if match.group("right") else {"LT"}
    return frozenset(found)


_ONLY_SIDE = frozenset(
    "right left bilateral bilaterally both rt lt r l side sides ear ears only and the of on knee knees"
    " eye eyes nose nostril hip"
    " shoulder wrist hand foot worse than hands feet shoulders hips wrists b greater ring index middle"
    " little small thumb"
    " finger long elbow ankle leg arm initial encounter".split()
)


def _only_side(text: str) -> bool:
    words = re.findall(r"[a-z]+", text.lower())
    return bool(_sides_in(text)) and all(word in _ONLY_SIDE for word in words)


def words_around(mention: Mention, around: Surroundings) -> dict[str, float]:
    """What the note says about a mention, with weights: its clause 1, its sentence 0.6, places named elsewhere 0.3."""
    clause = mention.clause
    found: dict[str, float] = dict.fromkeys(around.places, 0.3)
    for one in _sentence_of(clause, around):
        if one is not clause and one.status in {"done", "uncertain"}:
            _take(found, tokens_of(one.text, one.start), one, 0.6)
    _take(found, mention.tokens, clause, 1.0)
    for word in mention.words:
        found[word] = 1.0
    for word, weight in list(found.items()):
        for larger in wider(word):
            if found.get(larger, 0.0) < weight * 0.7:
                found[larger] = weight * 0.7
    return found


def _take(found: dict[str, float], tokens: Sequence[Token], clause: Clause, weight: float) -> None:
    for word in said_words(tokens, clause.text, clause.start):
        found[word] = max(weight, found.get(word, 0.0))
