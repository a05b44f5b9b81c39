"""The Check tab: a claim typed or pasted, judged as it is typed; and a whole CSV file, with the results to download.

A file of claims stays in memory while it is judged and is written nowhere.
"""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from assistant.report_words import import_hint, verdict_line
from assistant.web.events import event_line
from assistant.web.services import Services

if TYPE_CHECKING:
    from assistant.validate import Report
    from ingest.claims.csv_claims import CsvTable
    from ingest.claims.csv_claims_rows import CsvRows
    from ingest.claims.model import Claim, ClaimProblem

KEY, LABEL = "check", "Check"
_AT_ONCE = 50
_CELLS = ("claim", "verdict", "complete", "errors", "warnings", "findings", "after safe fixes")


class TypedClaim(BaseModel):
    """A claim in the shorthand."""

    claim: str = Field(max_length=100_000)


def routes(services: Services) -> APIRouter:
    """POST /check; POST /check/batch takes a CSV file as it is and streams one JSON event a line."""
    router = APIRouter()

    @router.post("/check")
    async def check(typed: TypedClaim) -> dict[str, Any]:
        from ingest.claims.shorthand import read_claim

        read = read_claim(typed.claim)
        problems = [{"line": one.line, "column": one.column, "message": one.message} for one in read.problems]
        if read.claim is None:
            return {"problems": problems, "report": None}
        report = await services.check(read.claim)
        return {"problems": problems, **report_json(read.claim, report)}

    @router.post("/check/batch")
    async def batch(request: Request) -> StreamingResponse:
        content = await request.body()
        return StreamingResponse(_batch(services, content), media_type="application/x-ndjson")

    return router


def report_json(claim: Claim, report: Report) -> dict[str, Any]:
    """The report with what the page shows beside it: the lines, the verdict in words, each fix as a whole claim."""
    from ingest.claims.service_line import write_service_line
    from ingest.claims.shorthand import write_claim
    from ingest.tables.model import PROGRAM_NAMES

    told = report.to_json()
    for shown, finding in zip(told["findings"], report.findings, strict=True):
        if finding.fix is not None:
            shown["fix"]["claim"] = write_claim(finding.fix.fixed)
    for shown, one in zip(told["not_evaluated"], report.not_evaluated, strict=True):
        shown["name"] = PROGRAM_NAMES[one.table] if one.table else None
        shown["to_import"] = import_hint(one.table, claim.date_of_service) if one.table else None
    return {
        "report": told,
        "lines": [write_service_line(line) for line in claim.lines],
        "diagnoses": [one.diagnosis_code for one in claim.diagnoses],
        "sentence": verdict_line(report),
    }


async def _batch(services: Services, content: bytes) -> AsyncIterator[str]:
    """Progress, a row for each claim, and at the end the results as CSV."""
    from ingest.claims.csv_claims import open_table

    opened, problems = open_table(lambda: io.BytesIO(content), None)
    if opened is None:
        yield event_line({"event": "problems", "problems": [_told(one) for one in problems]})
        return
    table: CsvTable = opened
    claims = list(_rows(content, table))
    results = [_csv_line(_CELLS)]
    counts = {"pass": 0, "fix": 0, "reject": 0, "unread": 0}
    for start in range(0, len(claims), _AT_ONCE):
        shown = await services.judging.run(_judge_all, services, claims[start : start + _AT_ONCE], table)
        for row in shown:
            counts[row["verdict"]] += 1
            results.append(_csv_line(_cells(row)))
            yield event_line({"event": "row", **row})
        yield event_line({"event": "progress", "done": min(start + _AT_ONCE, len(claims)), "total": len(claims)})
    yield event_line({"event": "done", "counts": counts, "csv": "".join(results)})


def _rows(content: bytes, table: CsvTable) -> Iterator[CsvRows | ClaimProblem]:
    from ingest.claims.csv_claims import claim_rows

    yield from claim_rows(lambda: io.BytesIO(content), table)


def _judge_all(services: Services, rows: list[CsvRows | ClaimProblem], table: CsvTable) -> list[dict[str, Any]]:
    from ingest.claims.csv_claims_rows import read_rows
    from ingest.claims.model import ClaimProblem
    from ingest.claims.shorthand import write_claim

    judge = services.current_judge()
    found: list[dict[str, Any]] = []
    for row in rows:
        if isinstance(row, ClaimProblem):
            found.append(_unread("", (row,)))
            continue
        read = read_rows(row, table.columns)
        if read.claim is None:
            found.append(_unread(str(row.claim_id), read.problems))
            continue
        report = judge.judge(read.claim)
        severe = [one.severity for one in report.findings]
        found.append(
            {
                "id": str(row.claim_id),
                "verdict": report.verdict,
                "complete": report.complete,
                "errors": severe.count("error"),
                "warnings": severe.count("warning"),
                "findings": [f"{one.severity} {one.rule}: {one.message}" for one in report.findings],
                "claim": write_claim(read.claim),
                "fixed": write_claim(report.fixed) if report.fixed else None,
            }
        )
    return found


def _unread(claim_id: str, problems: tuple[ClaimProblem, ...]) -> dict[str, Any]:
    told = [f"line {one.line}, column {one.column}: {one.message}" for one in problems]
    return {
        "id": claim_id,
        "verdict": "unread",
        "complete": False,
        "errors": len(told),
        "warnings": 0,
        "findings": told,
        "claim": None,
        "fixed": None,
    }


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    return (
        row["id"],
        row["verdict"],
        "yes" if row["complete"] else "no",
        str(row["errors"]),
        str(row["warnings"]),
        " | ".join(row["findings"]),
        row["fixed"] or "",
    )


def _csv_line(cells: tuple[str, ...]) -> str:
    """One line of CSV in which no cell is a formula to a spreadsheet."""
    import csv

    from ingest.claims.csv_claims import safe_cell

    out = io.StringIO()
    csv.writer(out).writerow([safe_cell(cell) for cell in cells])
    return out.getvalue()


def _told(problem: ClaimProblem) -> dict[str, Any]:
    return {"line": problem.line, "column": problem.column, "message": problem.message}
