"""How a visit stands to an operation of the days before by the same group: unrelated (24), follow-up, or to be asked.

Source: Medicare Claims Processing Manual, chapter 12, section 40: in the days of follow-up the surgeon's visits are
part of the operation but for what has nothing to do with it. Knows operations of ear, nose, throat and neck, and of
bones and joints; of others it says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from assistant.propose.global_period import ELSEWHERE, FOLLOW_UP, days_since
from assistant.propose.model import ClinicalNote, Evidence, ProcedureCandidate, ProviderQuery

Standing = Literal["apart", "follow-up", "open"]


@dataclass(frozen=True, slots=True)
class _Region:
    """Operations of one region with their days, the diseases they treat, and what may come of them."""

    operation: re.Pattern[str]
    days: int
    treated: tuple[str, ...]
    near: tuple[str, ...]


def _region(operation: str, days: int, treated: str, near: str) -> _Region:
    return _Region(re.compile(operation), days, tuple(treated.split()), tuple(near.split()))


# Whatever the operation was for: aftercare, wounds and their trouble, fever, pain, drugs not borne.
_ANYWHERE = ("Z48", "Z98", "Z09", "T81", "T88", "T88.7", "R50", "R52", "G89", "L76", "R11", "K91", "J95", "H95", "E89")
_REGIONS = (
    _region(
        r"\b(?:septoplast\w+|septorhinoplast\w+|rhinoplast\w+|turbinectom\w+|turbinate (?:resection|reduction"
        r"|surgery)|(?:septum|turbinates?|nose) (?:was |were )?(?:straightened|fixed|corrected|operated|trimmed)"
        r"|(?:straightened|fixed|corrected|operated on) (?:the |his |her )?(?:septum|nose)"
        r"|(?:nose|nasal|septum|septal) (?:job|surgery|operation))\b",
        90,
        "J34.2 J34.3 J34.8 M95.0",
        "J00 J01 J02 J06 J3 R04 R05 R06 R09 R43 R51 R68 G50 H04 G47",
    ),
    _region(
        r"\b(?:tonsillectom\w+|adenoidectom\w+|adenotonsillectom\w+|t&a|uvulopalat\w+|uppp"
        r"|(?:tonsils?|adenoids?) (?:were |was |taken |came |had )?(?:out|removed|taken out|operation|surgery)"
        r"|(?:took|taken|removed|had) (?:out )?(?:the |his |her )?(?:tonsils|adenoids))\b",
        90,
        "J35 J03 G47",
        "J0 J3 R04 R05 R06 R07 R09 R13 R47 R49 R63 R19 E86 K08 K12 K13 K14 H92.0 M54.2 M43.6",
    ),
    _region(
        r"\b(?:(?:ear|mastoid|eardrum) (?:surgery|operation)|tympanoplast\w+"
        r"|mastoidectom\w+|stapedectom\w+|stapedotom\w+|ossiculoplast\w+|cochlear implant\w*)\b",
        90,
        "H66 H71 H72 H74 H80 H90",
        "H6 H7 H8 H9 R42 R43 G51 G44 R51",
    ),
    _region(
        r"\b(?:reduction of (?:the |his |her )?(?:nasal|nose)|nasal (?:fracture|bone) reduction"
        r"|nose (?:was )?(?:reduced|set))\b",
        10,
        "S02.2 M95.0",
        "J00 J01 J3 R04 R06 R09 R43 R51 R22",
    ),
    _region(r"\b(?:ear tubes?|tympanostom\w+|myringotom\w+|bmt|grommets?)\b", 10, "H65 H66 H68 H69", "H6 H7 H8 H9 R42"),
    _region(
        r"\b(?:(?:parotid|thyroid|parathyroid|submandibular|neck) (?:gland |lobe )?"
        r"(?:surgery|operation|out|removed|taken out)"
        r"|thyroidectom\w+|(?:thyroid )?lobectom\w+|parathyroidectom\w+|neck dissection|parotidectom\w+"
        r"|(?:submandibular|neck mass|neck cyst)[^.;]{0,20}(?:excision|removal|surgery))\b",
        90,
        "E04 E05 E06 E21 C73 C07 C08 C77 D11 D34 D44 D49 K11 R59 Q18",
        "E0 E2 E83 R13 R20 R22 R25 R47 R49 R51 G51 G52 J38 L91 M25 M54 K11 I89",
    ),
    _region(
        r"\b(?:closed (?:treatment|reduction)|open reduction|orif|(?:internal|pin|plate) fixation|arthroscop\w+"
        r"|arthroplast\w+|(?:knee|hip|shoulder) replacement|(?:cuff|ligament|tendon|meniscus|meniscal|labral) repair"
        r"|meniscectom\w+|(?:carpal tunnel|trigger finger) (?:release|surgery)|(?:acl|ligament) reconstruction)\b",
        90,
        "S M84 M96 M97 T84 Z47 Z96 Z98 M75.1 M23 G56.0 M65.3",
        "M R G L0 I8 T8",
    ),
)
_ASK = "How does the problem of this visit stand to the earlier operation, if at all? The note does not say."


def visit_in_period(note: ClinicalNote, codes: Sequence[str]) -> tuple[Standing, tuple[Evidence, ...]] | None:
    """How the diagnoses `codes` stand to an operation the note tells of, with its words; None where none is told."""
    for _, clauses in groupby(note.clauses, key=lambda clause: clause.sentence):
        members = [clause for clause in clauses if clause.status not in {"negated", "planned", "other-person"}]
        text = " ".join(clause.text for clause in members).lower()
        days = days_since(text, note.on)
        if days is None or ELSEWHERE.search(text):
            continue
        region = next((one for one in _REGIONS if one.operation.search(text) and days <= one.days), None)
        if region is not None:
            return _standing(region, codes), tuple(clause.evidence for clause in members)
    return None


def without_free_visit(
    note: ClinicalNote, procedures: Sequence[ProcedureCandidate], codes: Sequence[str]
) -> tuple[ProcedureCandidate, ...]:
    """The procedures without the free follow-up visit where what was treated has nothing to do with the operation."""
    told = visit_in_period(note, codes)
    apart = told is not None and told[0] == "apart"
    return tuple(one for one in procedures if not (apart and one.procedure_code == FOLLOW_UP))


def apart_modifiers(
    note: ClinicalNote, procedures: Sequence[ProcedureCandidate], codes: Sequence[str]
) -> dict[str, str]:
    """79 by code for what was done on a day of follow-up for a disease that has nothing to do with the operation."""
    told = visit_in_period(note, codes)
    if told is None or told[0] != "apart":
        return {}
    return {one.procedure_code: "79" for one in procedures if one.global_days in {"000", "010", "090"}}


def _standing(region: _Region, codes: Sequence[str]) -> Standing:
    others = [code for code in codes if not code.startswith(region.treated)]
    if not others or all(code.startswith("Z") for code in others):
        return "follow-up"
    if any(code.startswith((*region.near, *_ANYWHERE)) for code in others):
        return "open"
    return "apart"


def related_query(evidence: tuple[Evidence, ...]) -> ProviderQuery:
    """The question that decides whether the visit is billed."""
    return ProviderQuery(_ASK, "relation to the earlier operation", evidence)
