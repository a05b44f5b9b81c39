"""The words of an answer: findings as facts and quotes with their marks, citations, and what must be known beside.

Finds nothing and decides nothing: `flow` has chosen what answers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from assistant.ask.answer import Answer, Citation
from assistant.ask.excerpt import Excerpt
from assistant.ask.facts import Fact
from assistant.ask.knowledge import NoteScope
from assistant.ask.payers import PayerDirectory
from assistant.ask.question import Question
from assistant.ask.scope import stale
from assistant.ask.sufficiency import Weighed


@dataclass(frozen=True, slots=True)
class Finding:
    """An accepted passage for one payer (None: whatever the note holds for), with its facts and its quote."""

    payer: str | None
    weighed: Weighed
    facts: tuple[Fact, ...]
    quote: Excerpt


Writer = Callable[[str, Sequence[Finding], Sequence[Citation]], str | None]


def compose(
    question: Question,
    findings: Sequence[Finding],
    *,
    on: date,
    scopes: dict[str, NoteScope],
    directory: PayerDirectory,
    write: Writer | None,
) -> Answer:
    """The answer that cites the findings in their order, those of one note in a row as they stand in it.

    `scopes`: of every note, by id; `write`: the model's part.
    """
    findings = _as_in_their_note(findings)
    citations: list[Citation] = []
    parts: list[str] = []
    facts: list[Fact] = []
    several = len({finding.payer for finding in findings}) > 1
    for finding in findings:
        citation = _citation(len(citations) + 1, finding, scopes, on)
        known = next(
            (other for other in citations if (other.note, other.quote) == (citation.note, citation.quote)), None
        )
        if known is None:
            citations.append(citation)
        citation = known or citation
        parts.append(_part(finding, citation, directory, labelled=several))
        facts.extend(fact for fact in finding.facts if fact not in facts)
    notices = _notices(question, findings, citations, directory)
    text = "\n".join(dict.fromkeys(parts))
    if write:
        written = write(question.text, findings, citations)
        if written:
            text = f"{written}\n{text}"
    return Answer("answered", text, on, citations=tuple(citations), facts=tuple(facts), notices=tuple(notices))


def _as_in_their_note(findings: Sequence[Finding]) -> list[Finding]:
    """The findings, those of one note in its order: which of two is worth a little more may turn on another note."""
    rows = groupby(findings, key=lambda one: one.weighed.passage.note.note_id)
    return [finding for _, row in rows for finding in sorted(row, key=lambda one: one.quote.start_line)]


def _part(finding: Finding, citation: Citation, directory: PayerDirectory, *, labelled: bool) -> str:
    note = finding.weighed.passage.note
    labels = []
    if note.layer == "library":
        labels.append("General (starter library, not this practice's own)")
    elif labelled and finding.payer and not _says_whom(finding, directory.display(finding.payer)):
        labels.append(directory.display(finding.payer))
    if note.status == "draft":
        labels.append("DRAFT, not confirmed")
    label = f"{', '.join(labels)}: " if labels else ""
    said = [f"{fact.sentence} [{citation.n}]" for fact in finding.facts]
    lead = f"{finding.quote.lead.rstrip(': ')}: " if finding.quote.lead else ""
    said.append(f"{lead}\u201c{finding.quote.text}\u201d [{citation.n}]")
    return label + "\n".join(said)


def _citation(number: int, finding: Finding, scopes: dict[str, NoteScope], on: date) -> Citation:
    note = finding.weighed.passage.note
    return Citation(
        n=number,
        note=note.note_id,
        title=note.title,
        heading=finding.weighed.passage.chunk.heading,
        lines=(finding.quote.start_line, finding.quote.end_line),
        quote=finding.quote.text,
        verified=note.verified,
        review_by=note.review_by,
        owner=note.owner,
        stale=stale(scopes[note.note_id], on, scopes),
        status=note.status,
        effective_from=note.effective_from,
        effective_through=note.effective_through,
    )


def _notices(
    question: Question, findings: Sequence[Finding], citations: Sequence[Citation], directory: PayerDirectory
) -> list[str]:
    """What a reader must know beside the answer: several plans, missing plans, stale notes, drafts."""
    notices = [f'No note knows a payer called "{name}".' for name in question.unknown_payers]
    for group in question.payers:
        if len(group) > 1:
            names = ", ".join(directory.display(slug) for slug in group)
            notices.append(f"The name fits several plans ({names}); each plan's answer is labelled.")
    answered = {finding.payer for finding in findings}
    missing = [slug for slug in question.payer_slugs if slug not in answered]
    if missing:
        names = ", ".join(directory.display(slug) for slug in missing)
        notices.append(f"Not in the knowledge base for {names}.")
    for citation in citations:
        if citation.stale:
            notices.append(f"[{citation.n}] is stale: {citation.freshness()}.")
        if citation.status == "draft":
            notices.append(f"[{citation.n}] is a draft: nobody has confirmed it and it is not enforced.")
    return notices


def _says_whom(finding: Finding, name: str) -> bool:
    return bool(finding.facts) and finding.facts[0].sentence.startswith(f"{name}:")
