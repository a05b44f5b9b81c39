"""The checks of meaning over read notes: examples, contradictions, diagnosis codes and evidence blocks.

Does not read files, and does not check form: ingest/notes does (KB0xx).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from datetime import date
from difflib import get_close_matches
from enum import StrEnum

from assistant.propose.evidence_check import evidence_problems
from assistant.rules.contradiction import Contradiction, contradictions
from assistant.rules.interpreter import applies, examine_block
from assistant.rules.precedence import PlacedBlock, spans
from ingest.claims.model import Claim
from ingest.claims.shorthand import read_claim
from ingest.codes import is_procedure_code
from ingest.notes.model import Example, KbNote, Problem, ProblemSeverity, RuleBlock

KnownDiagnosis = Callable[[str], bool]


class MeaningCheck(StrEnum):
    """Every check of meaning. `meaning` is the sentence kb/README.md prints; `severity` is what it raises."""

    meaning: str
    severity: ProblemSeverity

    def __new__(cls, check_id: str, meaning: str, severity: ProblemSeverity = "error") -> MeaningCheck:
        member = str.__new__(cls, check_id)
        member._value_ = check_id
        member.meaning = meaning
        member.severity = severity
        return member

    EXAMPLE_DOES_NOT_HOLD = ("KB101", "An example that must pass raises its own rule, or one that must fail does not.")
    EXAMPLE_UNREADABLE = ("KB102", "An example of a rule block is not a claim in the shorthand.")
    CONTRADICTION = ("KB103", "Two rules ask of the same claim line what cannot both be done.")
    UNKNOWN_DIAGNOSIS = ("KB104", "A diagnosis code does not exist in ICD-10-CM.")
    UNKNOWN_EXAMPLE_PAYER = ("KB105", "An example names a payer that no payer note defines.")
    EVIDENCE = ("KB106", "An evidence block lacks its procedure code or the words it looks for.")
    PASS_UNDECIDED = (
        "KB107",
        "An example that must pass proves nothing: the claim lacks what the rule reads.",
        "warning",
    )
    PAST_CONTRADICTION = ("KB108", "Two rules contradicted each other on days that are over.", "warning")
    EVIDENCE_PATTERN = ("KB109", "A pattern of an evidence block cannot be read.")
    EVIDENCE_EXAMPLE = (
        "KB110",
        "An example of an evidence block shows another code than it must.",
    )
    EVIDENCE_TWICE = ("KB111", "Two notes have an evidence block for the same code.", "warning")


# A code with its point, not part of a longer word; after these words it is the number of something else.
_POINTED_CODE = re.compile(r"(?<![\w.-])[A-Z]\d[0-9A-Z]\.[0-9A-Z]{1,4}(?![\w%])", re.ASCII)
_NUMBER_OF = re.compile(r"(?:version|release|edition|revision|rev|section|sec|chapter|form|page|table|item)\W*\Z", re.I)


_EVIDENCE_CHECKS = {
    "pattern": MeaningCheck.EVIDENCE_PATTERN,
    "example": MeaningCheck.EVIDENCE_EXAMPLE,
    "twice": MeaningCheck.EVIDENCE_TWICE,
}


def check_notes(
    notes: Sequence[KbNote],
    *,
    on: date,
    known_diagnosis: KnownDiagnosis | None = None,
    only: Collection[str] | None = None,
) -> list[Problem]:
    """Every problem of meaning, by path and line.

    Examples and codes are checked in notes of every status; only rules of live notes can contradict each other. A
    contradiction whose days ended before `on` is a warning. `known_diagnosis` takes a code as written and is True for
    every code and every heading of ICD-10-CM (`J32`, `J32.0`, `S02.2`); None: codes are not checked. `only` names
    the notes whose own examples, codes and evidence are looked at, by id (None: all); contradictions are sought
    among all.
    """
    payers = sorted({payer for note in notes if note.kind == "payer" for payer in note.payers})
    found: list[Problem] = []
    for note in notes:
        if only is not None and note.note_id not in only:
            continue
        found.extend(_check_examples(note, payers))
        found.extend(_check_evidence(note))
        if known_diagnosis is not None:
            found.extend(_check_diagnoses(note, known_diagnosis))
    found.extend(_check_contradictions(notes, on))
    found.extend(
        _problem(problem.note, problem.line, _EVIDENCE_CHECKS[problem.what], problem.message)
        for problem in evidence_problems(notes, only=only)
    )
    return sorted(found)


def _problem(note: KbNote, line: int, check: MeaningCheck, message: str) -> Problem:
    return Problem(note.path, line, check.value, message, check.severity)


def _check_examples(note: KbNote, payers: Sequence[str]) -> Iterator[Problem]:
    for block in note.rules:
        for example in block.examples:
            read = read_claim(example.claim_text)
            for problem in read.problems:
                where = (
                    f"line {problem.line}, column {problem.column}" if problem.line > 1 else f"column {problem.column}"
                )
                message = f'an example of rule "{block.rule_id}" cannot be read at its {where}: {problem.message}'
                yield _problem(note, example.line, MeaningCheck.EXAMPLE_UNREADABLE, message)
            if read.claim is not None:
                yield from _check_payer(note, example, read.claim, payers)
                yield from _check_example(note, block, example, read.claim)


def _check_payer(note: KbNote, example: Example, claim: Claim, payers: Sequence[str]) -> Iterator[Problem]:
    if claim.payer is None or claim.payer in payers:
        return
    near = get_close_matches(claim.payer, payers, n=1)
    mend = f'did you mean "{near[0]}"?' if near else "write a payer note for it, or leave the payer out"
    message = f'no payer note defines the payer "{claim.payer[:40]}" of this example; {mend}'
    yield _problem(note, example.line, MeaningCheck.UNKNOWN_EXAMPLE_PAYER, message)


def _check_example(note: KbNote, block: RuleBlock, example: Example, claim: Claim) -> Iterator[Problem]:
    must = f'this example of rule "{block.rule_id}" must {example.expects}'
    filled = replace(
        claim,
        payer=claim.payer or (note.payers[0] if note.payers else None),
        date_of_service=claim.date_of_service or note.effective_from or note.verified,
    )
    # The note's own dates are asked only of an example that states its date.
    in_reach = applies(note, filled.payer, claim.date_of_service) is not False
    result = examine_block(block, filled, note=note)
    raised = bool(result.findings) and in_reach
    if example.expects == "pass":
        if raised:
            lines = ", ".join(str(line) for finding in result.findings for line in finding.lines)
            where = f" on line {lines} (counted from 0)" if lines else ""
            yield _problem(note, example.line, MeaningCheck.EXAMPLE_DOES_NOT_HOLD, f"{must}, but it raises it{where}")
        elif result.not_evaluated is not None and in_reach:
            message = f"{must}, but cannot be decided: {_add(result.not_evaluated.missing)}"
            yield _problem(note, example.line, MeaningCheck.PASS_UNDECIDED, message)
        return
    if raised:
        return
    if not in_reach:
        why = "its payer or its date lies outside the note's own"
    elif result.not_evaluated is not None:
        why = f"it cannot be decided: {_add(result.not_evaluated.missing)}"
    else:
        why = "the rule finds nothing in it; is its condition met, and is anything missing or forbidden there?"
    yield _problem(note, example.line, MeaningCheck.EXAMPLE_DOES_NOT_HOLD, f"{must}, but {why}")


def _add(missing: tuple[str, ...]) -> str:
    keys = ", ".join(f'"{key}:"' for key in missing)
    return f"the example lacks {keys}; add {'it' if len(missing) == 1 else 'them'} before the line"


def _check_evidence(note: KbNote) -> Iterator[Problem]:
    for block in note.evidence:
        if not is_procedure_code(block.procedure_code):
            message = 'the evidence block has no procedure code; begin it with "code: 31267"'
            yield _problem(note, block.start_line, MeaningCheck.EVIDENCE, message)
        if not any(words for name, words in block.fields if name in ("any", "all", "combines", "unclear")):
            message = f'the evidence block of {block.procedure_code or "no code"} has no "any": the words that show it'
            yield _problem(note, block.start_line, MeaningCheck.EVIDENCE, message)


def _check_diagnoses(note: KbNote, known: KnownDiagnosis) -> Iterator[Problem]:
    seen: set[tuple[int, str]] = set()
    for number, text in enumerate(note.lines, start=1):
        for match in _POINTED_CODE.finditer(text):
            if not _NUMBER_OF.search(text[: match.start()]):
                seen.add((number, match.group()))
    for block in note.rules:
        # A code without its point cannot be told from other words in the text, but it can in the block's values.
        pointed = {code for number, code in seen if block.start_line <= number <= block.end_line}
        seen.update((block.start_line, code) for code in _selected(block) if code not in pointed)
        for example in block.examples:
            claim = read_claim(example.claim_text).claim
            codes = [diagnosis.diagnosis_code for diagnosis in claim.diagnoses] if claim else []
            seen.update((example.line, code) for code in codes if code not in pointed)
    for number, code in sorted(seen):
        if not _exists(code, known):
            message = f"the diagnosis code {code} does not exist in ICD-10-CM; correct it, or take it out"
            yield _problem(note, number, MeaningCheck.UNKNOWN_DIAGNOSIS, message)


def _selected(block: RuleBlock) -> Iterator[str]:
    """The codes, headings and range ends the block names. Two characters (`J3`) are a prefix of headings, not one."""
    lists = [part.diagnoses for part in (block.when, block.require, block.forbid) if part is not None]
    for selector in (selector for selectors in lists for selector in selectors):
        for end in selector.split("-"):
            bare = end.strip().upper().replace(".", "")
            if len(bare) > 2:
                yield f"{bare[:3]}.{bare[3:]}" if len(bare) > 3 else bare


def _exists(code: str, known: KnownDiagnosis) -> bool:
    """True for what `known` knows, and for a stem that placeholders and a seventh character complete (`S02.2XX`)."""
    return known(code) or (code.endswith("X") and any(known(code + last) for last in "ADS"))


def _check_contradictions(notes: Sequence[KbNote], on: date) -> Iterator[Problem]:
    placed = [PlacedBlock(note, block) for note in notes for block in note.rules]
    for pair in contradictions(placed, spans(notes)):
        over = pair.effective_through < on
        check = MeaningCheck.PAST_CONTRADICTION if over else MeaningCheck.CONTRADICTION
        yield _problem(pair.second.note, pair.second.block.start_line, check, _contradiction_message(pair))


def _contradiction_message(pair: Contradiction) -> str:
    first, second = pair.first, pair.second
    payers = [payer for payer in first.note.payers if payer in second.note.payers]
    days = [f"from {pair.effective_from}"] if pair.effective_from > date.min else []
    days += [f"through {pair.effective_through}"] if pair.effective_through < date.max else []
    what = [str(pair.codes) or "every code", ", ".join(payers) or "every payer", *([" ".join(days)] if days else [])]
    return (
        f'rule "{second.block.rule_id}" contradicts rule "{first.block.rule_id}" '
        f"({first.note.path}:{first.block.start_line}) for {'; '.join(what)}: {pair.reason}. Let one note supersede "
        "the other, end one with effective-through, or narrow one `when`"
    )
