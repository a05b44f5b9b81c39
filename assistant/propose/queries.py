"""What to ask the provider before a note can be coded in full, in words that suggest no answer.

Decides nothing: it words what the candidates left open.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from assistant.propose.candidates import TITLE_ONLY
from assistant.propose.model import ClinicalNote, ProcedureCandidate, ProviderQuery, Rejected


def queries_for(
    note: ClinicalNote, candidates: Sequence[ProcedureCandidate], rejected: Sequence[Rejected]
) -> tuple[ProviderQuery, ...]:
    """One query for each thing left open, in the order of the note."""
    found = [*_of_candidates(candidates), *_of_rejected(candidates, rejected)]
    return tuple(sorted(found, key=lambda query: query.evidence[0].start if query.evidence else len(note.text)))


def _of_candidates(candidates: Sequence[ProcedureCandidate]) -> Iterator[ProviderQuery]:
    for one in candidates:
        if one.why_not:
            yield ProviderQuery(one.ask or _sentence(one.why_not), one.procedure_code, one.evidence)
        elif one.sides_rule == "per-side" and one.side is None:
            yield ProviderQuery(
                "On which side was this done? The note does not say.", f"side of {one.procedure_code}", one.evidence
            )


def _of_rejected(candidates: Sequence[ProcedureCandidate], rejected: Sequence[Rejected]) -> Iterator[ProviderQuery]:
    stands = {one.procedure_code for one in candidates}
    for one in rejected:
        if one.why == TITLE_ONLY and one.code not in stands:
            yield ProviderQuery(
                "The heading or the list of procedures names this, and the text below does not describe it. "
                "What was done?",
                one.code,
                one.evidence,
            )


def _sentence(text: str) -> str:
    told = text.strip()
    told = told[:1].upper() + told[1:]
    return told if told.endswith(("?", ".")) else f"{told}. Please describe what was done."
