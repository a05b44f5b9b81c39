"""A report in one sentence: the verdict, and which file of CMS would close what stayed open. Judges nothing."""

from __future__ import annotations

from datetime import date

from assistant.validate import Report
from ingest.tables.icd10cm_years import file_to_import
from ingest.tables.model import Program

_MONTHS = ("January", "April", "July", "October")


def verdict_line(report: Report) -> str:
    """The verdict in a sentence. What is not complete is never called a pass."""
    errors = [one for one in report.findings if one.severity == "error"]
    warnings = sum(one.severity == "warning" for one in report.findings)
    open_count = len(report.not_evaluated)
    beside = f", {_count(warnings, 'warning')}" if warnings else ""
    incomplete = f"NOT complete: {_count(open_count, 'check')} could not be made" if open_count else ""
    if not errors:
        if incomplete:
            return f"no error found{beside}; {incomplete}"
        return f"PASS: no error found{beside}"
    if report.verdict == "fix":
        safe = sum(bool(one.fix and one.fix.safe) for one in errors)
        how = "each with a fix" if len(errors) > 1 else "with a fix"
        confirm = len(errors) - safe
        asks = f"; {confirm} to be confirmed by the record" if confirm else " that changes form alone"
        told = f"FIX: {_count(len(errors), 'error')}, {how}{asks}{beside}"
    else:
        person = sum(one.fix is None for one in errors)
        told = f"REJECT: {_count(len(errors), 'error')}, {person} of them for a person to decide{beside}"
    return f"{told}; {incomplete}" if incomplete else told


def import_hint(program: Program, on: date | None) -> str:
    """The file of CMS that covers the day."""
    if on is None:
        return "the release of the claim's date of service"
    if program == "icd10cm":
        return file_to_import(on)
    number = (on.month + 2) // 3
    month = _MONTHS[number - 1]
    first = date(on.year, 3 * number - 2, 1)
    when = f"{on.year} quarter {number}"
    hints: dict[Program, str] = {
        "ptp": f"NCCI PTP edits for practitioners, {when} (ccipra-v{on.year - 1994}{number - 1}r0, f1 to f4)",
        "mue": f"MUE practitioner services, {when} (MCR_MUE_PractitionerServices_Eff_{first:%m-%d-%Y})",
        "mpfs": f"physician fee schedule relative value file, {month} {on.year} (RVU{on:%y}{'ABCD'[number - 1]})",
        "add-on": f"NCCI add-on code edits, {when} (AOC_V{on.year}Q{number}-MCR)",
        "hcpcs": f"HCPCS Level II quarterly update, {month} {on.year}",
    }
    return f"CMS's {hints[program]}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
