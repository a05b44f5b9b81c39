"""`understudy propose`: the claim a pasted clinical note supports, each code beside the words that carry it.

Writes nothing to disk: the note is read, shown back in quotes, and forgotten.
"""

from __future__ import annotations

import argparse
import sys
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.commands.common import Commands, add_practice, batch, day, practice_of, print_json
from assistant.errors import InputError
from assistant.propose.encounter_input import bounded, encounter_of

if TYPE_CHECKING:
    from assistant.propose.model import Evidence, ProviderQuery
    from assistant.propose.propose import Proposed, Proposer

_WIDTH = 100
_BESIDE = ("payer", "dos", "pos", "age", "sex", "new_patient", "prior", "authorization", "billed")


def register(commands: Commands[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "propose",
        help="codes for a clinical note, each with the words that support it",
        description="FILE holds the note (- reads it from standard input). Exit code: 0 a claim without an error is "
        "proposed, 1 nothing can be proposed or errors remain, 2 something could not be read.",
    )
    parser.add_argument("file", nargs="?", metavar="FILE", help="the clinical note, or - for standard input")
    parser.add_argument("--payer", help="the payer, by slug, title or alias")
    parser.add_argument("--dos", type=day, metavar="DATE", help="the date of service, as 2026-09-15")
    parser.add_argument("--pos", metavar="NN", help="the place of service, as 11 or 24")
    parser.add_argument("--age", type=_age, help="the patient's age in years on that day")
    parser.add_argument("--sex", choices=("M", "F"), help="the patient's sex")
    parser.add_argument("--new-patient", choices=("yes", "no"), help="new to the practice or established")
    parser.add_argument("--prior", metavar="TEXT", help='earlier procedures: "30520 2026-02-10, ...", or none')
    parser.add_argument("--authorization", metavar="NUMBER", help="the authorization number, if there is one")
    parser.add_argument("--billed", metavar="CODE", help="the visit level the provider chose, to be compared")
    parser.add_argument("--json", action="store_true", help="print the proposal as JSON")
    parser.add_argument("--batch", metavar="FILE", help="many notes: JSON lines with id, note and the inputs above")
    parser.add_argument(
        "--model",
        default="off",
        metavar="off|default|PATH|URL",
        help="the language model; it is asked only where it was measured to help (default: off)",
    )
    add_practice(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Exit 0 proposed without an error, 1 nothing to propose or errors remain, 2 what could not be read."""
    from assistant.bootstrap import build_proposer

    if (arguments.file is None) == (arguments.batch is None):
        raise InputError("give one FILE, or --batch FILE.jsonl; - stands for standard input")
    proposer = build_proposer(practice_of(arguments), arguments.model)
    if proposer.not_asked:
        print(proposer.not_asked, file=sys.stderr)
    if arguments.batch:
        return batch(arguments.batch, lambda row: _of_row(proposer, row))
    told = {
        "payer": arguments.payer,
        "dos": arguments.dos.isoformat() if arguments.dos else None,
        "pos": arguments.pos,
        "age": arguments.age,
        "sex": arguments.sex,
        "new_patient": None if arguments.new_patient is None else arguments.new_patient == "yes",
        "prior": arguments.prior,
        "authorization": arguments.authorization,
        "billed": arguments.billed,
    }
    text = _read(arguments.file)
    proposed = proposer.propose(text, encounter_of(told))
    if arguments.json:
        print_json(proposed.to_json())
    else:
        print("\n".join(report_lines(text, proposed)))
    good = proposed.report is not None and proposed.report.verdict == "pass"
    return 0 if good else 1


def _of_row(proposer: Proposer, row: Mapping[str, Any]) -> dict[str, Any]:
    note = row.get("note")
    if not isinstance(note, str) or not note.strip():
        raise InputError('"note" must hold the text of the note')
    unknown = sorted(set(row) - {"id", "note", *_BESIDE})
    if unknown:
        raise InputError(f"unknown input {', '.join(unknown)}; known are note, {', '.join(_BESIDE)}")
    found = proposer.propose(bounded(note), encounter_of(row)).to_json()
    return {"proposal": found.pop("id"), **found}


def _age(text: str) -> int:
    if text.isascii() and text.isdigit() and int(text[:4]) <= 130:
        return int(text)
    raise argparse.ArgumentTypeError(f'"{text}" is no age in years')


def _read(path: str) -> str:
    try:
        text = sys.stdin.read() if path == "-" else Path(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is no UTF-8 text; save it as UTF-8") from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from error
    if not text.strip():
        raise InputError(f"{path}: is empty; paste the clinical note into it")
    return bounded(text)


def report_lines(text: str, proposed: Proposed) -> Iterator[str]:
    """The proposal for people: the claim, each code's words, the note underlined, queries, what was refused."""
    from ingest.claims.service_line import write_service_line

    found = proposed.proposal
    if found.claim is None:
        yield "NOTHING TO BILL: the note shows no procedure and no visit that can be coded."
    else:
        yield "Proposed claim"
        for letter, diagnosis in zip("ABCDEFGHIJKL", found.diagnoses, strict=False):
            mark = "" if diagnosis.covered else "   (not evaluated: no release covers the date)"
            yield f"  dx {letter}  {diagnosis.diagnosis_code:<9}{_quoted(diagnosis.evidence)}{mark}"
        yield ""
        for line, claim_line in zip(found.lines, found.claim.lines, strict=True):
            review = "   << look at this" if line.needs_review else ""
            yield f"  {write_service_line(claim_line)}   [{line.confidence}]{review}"
            yield from _wrapped(_quoted(line.evidence), "      ")
            if line.sources:
                yield from _wrapped(f"source: {', '.join(line.sources)}", "      ")
        if found.em:
            em = found.em
            yield ""
            yield f"Visit {em.procedure_code} by {'time' if em.basis == 'time' else 'medical decision making'}"
            for name, part in (("problems", em.problems), ("data", em.data), ("risk", em.risk)):
                yield from _wrapped(f"{name}: {part.level} ({'; '.join(part.reasons) or 'nothing told'})", "  ")
            if em.minutes is not None:
                yield f"  minutes: {em.minutes}"
            yield from (f"  note: {flag}" for flag in em.flags)
    if found.queries:
        yield ""
        yield "Ask the provider"
        for query in found.queries:
            yield from _query_lines(query)
    if found.rejected:
        yield ""
        yield "Considered and not coded"
        for one in found.rejected:
            yield from _wrapped(f"{one.code}: {one.why}. {_quoted(one.evidence)}", "  ")
    yield ""
    yield "The note, evidence underlined"
    spans = [one for line in found.lines for one in line.evidence]
    yield from _underlined(text, [*spans, *(one for dx in found.diagnoses for one in dx.evidence)])
    if proposed.report is not None:
        yield ""
        yield from _report_lines(proposed)


def _report_lines(proposed: Proposed) -> Iterator[str]:
    report = proposed.report
    if report is None:
        return
    yield "What the validator says"
    for finding in report.findings:
        lines = f" (line {', '.join(map(str, finding.lines))})" if finding.lines else ""
        mark = {"error": "ERROR", "warning": "Warning", "advice": "advice"}[finding.severity]
        yield from _wrapped(f"{mark} {finding.rule}{lines}: {finding.message}", "  ")
    yield from (
        _wrapped("not checked: " + "; ".join(dict.fromkeys(one.reason for one in report.not_evaluated)), "  ")
        if report.not_evaluated
        else ()
    )
    told = {"pass": "no error found", "fix": "errors with a fix", "reject": "errors a person must settle"}
    yield f"  {told[report.verdict]}{'' if report.complete else '; NOT complete'}"


def _query_lines(query: ProviderQuery) -> Iterator[str]:
    yield from _wrapped(f"? {query.text} {_quoted(query.evidence)}", "  ")


def _quoted(evidence: tuple[Evidence, ...]) -> str:
    return " / ".join(f"\u201c{' '.join(one.quote.split())}\u201d" for one in evidence[:4])


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent=indent, subsequent_indent=f"{indent}  ")


def _underlined(text: str, spans: list[Evidence]) -> Iterator[str]:
    """The note's lines, below each a line of marks under what carries a code."""
    marked = bytearray(len(text))
    for one in spans:
        marked[one.start : one.end] = b"\x01" * (one.end - one.start)
    position = 0
    for line in text.split("\n"):
        for start in range(0, max(len(line), 1), _WIDTH):
            piece = line[start : start + _WIDTH]
            yield f"  {piece}"
            marks = "".join("~" if on else " " for on in marked[position + start : position + start + len(piece)])
            if marks.strip():
                yield f"  {marks.rstrip()}"
        position += len(line) + 1
