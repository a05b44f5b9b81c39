"""What a note itself says it does not record ("the finger is not named"): asked about, and never taken as done.

Finds sentences and words a question for each; which code waits for the answer is not decided here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from assistant.propose.model import Clause, ClinicalNote, ProviderQuery

_SAID = (
    r"(?:stated|recorded|written|documented|mentioned|specified|named|dictated|marked|entered|charted|legible|described"
    r"|told|spelled out|filled in|in the (?:note|report|record|chart|dictation))"
)
_CUE = re.compile(
    rf"\b(?:is|are|was|were|been|be|being) (?:not|never|nowhere) (?:\w+ ){{0,2}}?{_SAID}\b"
    rf"|(?:^|[,;:.(] ?)(?:not|never|nowhere) {_SAID}\b"
    rf"|\b(?:isn|wasn|aren|weren)['\u2019]?t {_SAID}\b"
    r"|\b(?:do|does|did)(?: not|n['\u2019]?t) (?:say|state|mention|specify|name|record|tell|describe|indicate|give)\b"
    # "Left open carpal tunnel release" names a side.
    r"|\b(?:left|still) (?:blank|unstated|unmarked|unspecified|open(?= ?(?:$|[.,;:)]|by|in|on|at|as|until|for)))\b"
    r"|\b(?:is|are|was|were) (?:unclear|illegible|unmarked|unstated|unspecified|undocumented|unrecorded|blank)\b"
    r"|\b(?:unclear|unknown|uncertain|not clear|not known) (?:whether|if|which|how|who|what|where)\b"
    r"|\bno (?:word|mention|statement|record|documentation|note) (?:is made |made )?"
    r"(?:on|of|about|as to|whether|how|which)\b"
    r"|\bnothing (?:is |was )?(?:said|written|recorded|noted|stated|in the (?:note|report|record)) "
    r"(?:about|of|on|as to)?"
    r"|, unmarked\b",
    re.IGNORECASE,
)
# What a code can depend on. A temperature or an employer that nobody wrote down leaves no code open.
_TOPIC = re.compile(
    r"\b(?:method|means|how|way|by what|sides?|finger|thumb|toe|digit|which|whether|amounts?|dose|rest|remainder|sizes?"
    r"|lengths?|widths?|diameter|counts?|numbers?|many|depth|layers?|closures?|margins?|an[a]?esthe\w+|approach|sites?"
    r"|locations?"
    r"|places?|where|settings?|images?|pictures?|compartments?|stages?|minutes|time|manipulat\w+|reduc\w+|position"
    r"|periods?|dates?|doppler|interpretation|who|whose|physician|supervis\w+|contrast|vessels?|levels?|types?|kinds?"
    r"|extent|tissue|cells|basal|technique|device|instrument\w*|guidance|vials?|units?|lot|tests?|views?|ears?"
    r"|nostrils?"
    r"|eyelids?|knees?|lesions?|blocks?|cautery|packing|removed|left|right|upper|lower|total|partial|complete|limited)\b",
    re.IGNORECASE,
)
_OF_NO_CODE = re.compile(
    r"\b(?:temperature|pulse|weight|height|bmi|blood pressure|allerg(?:y|ies) to|family history|social history"
    r"|occupation"
    r"|employer|insurance|pharmacy|phone|address|onset|home (?:dose|medications?)|immunizations?|tetanus|menses|diet"
    r"|sleep|mood|review of systems|ros)\b",
    re.IGNORECASE,
)
_ASKS = re.compile(r"\b(?:how|whether|which|who|whose|what|where|when)\b", re.IGNORECASE)
_COMMON = frozenset(("whether", "which", "where", "left", "right"))
_ABOUT = "what the note leaves open"
_LONGEST = 160
_LEAST_LETTERS = 4
# So few characters apart two questions are about one act.
_BESIDE = 250


def with_unrecorded_apart(note: ClinicalNote) -> tuple[ClinicalNote, tuple[ProviderQuery, ...]]:
    """The note with what it says is not recorded read as uncertain, and a question for each such sentence."""
    open_clauses: set[int] = set()
    queries: list[ProviderQuery] = []
    for _, members in groupby(enumerate(note.clauses), key=lambda numbered: numbered[1].sentence):
        sentence = list(members)
        cued = [place for place, (_, clause) in enumerate(sentence) if _is_cue(clause)]
        if not cued:
            continue
        first = next((n for n, (_, clause) in enumerate(sentence) if _ASKS.search(clause.text)), cued[0])
        first, end = min(first, cued[0]), cued[-1] + 1
        while end < len(sentence) and _ASKS.match(sentence[end][1].text.lstrip()):
            end += 1
        about = [clause for _, clause in sentence[first:end]]
        told = " ".join(clause.text for clause in about)
        if not _TOPIC.search(told) or _OF_NO_CODE.search(told):
            continue
        open_clauses.update(number for number, _ in sentence[first:end])
        words = note.text[about[0].start : about[-1].end].strip()
        shown = words if len(words) <= _LONGEST else f"{words[:_LONGEST].rsplit(' ', 1)[0]} ..."
        queries.append(
            ProviderQuery(
                f"The note leaves this open: \u201c{' '.join(shown.split())}\u201d What should it say?",
                _ABOUT,
                tuple(clause.evidence for clause in about),
            )
        )
    if not queries:
        return note, ()
    clauses = tuple(
        replace(clause, status="uncertain") if number in open_clauses else clause
        for number, clause in enumerate(note.clauses)
    )
    return replace(note, clauses=clauses), tuple(queries)


def still_open(unrecorded: Sequence[ProviderQuery], others: Sequence[ProviderQuery]) -> Iterator[ProviderQuery]:
    """Of these questions the ones that no other question asks already, by its words or about the same passage."""
    asked = [(_telling(other.text), [evidence.start for evidence in other.evidence]) for other in others]
    for one in unrecorded:
        mine = _telling(" ".join(evidence.quote for evidence in one.evidence))
        start = one.evidence[0].start
        if not any(mine & words or any(abs(start - at) <= _BESIDE for at in places) for words, places in asked):
            yield one


def _is_cue(clause: Clause) -> bool:
    return clause.status != "other-person" and _CUE.search(clause.text) is not None


def _telling(text: str) -> frozenset[str]:
    """The words that tell what a question is about, by their beginnings."""
    return frozenset(
        word[:5]
        for match in _TOPIC.finditer(text)
        if len(word := match.group().lower()) >= _LEAST_LETTERS
        and word not in {"whether", "which", "where", "left", "right"}
    )
