"""What the rules about both sides share: the fee schedule's word on a code, and which lines are one service.

Holds no rule.
"""

from __future__ import annotations

from collections import defaultdict

from assistant.rules.coverage import follows_medicare
from assistant.rules.modifiers import GLOBAL_PERIOD, REPEATS, who
from assistant.rules.rule import DISTINCT, Case
from ingest.claims.model import ClaimLine
from ingest.tables.model import FeeScheduleRow

SIDE_KEY = "modifiers:side"
# Statuses under which CMS keeps the policy indicators of a row; elsewhere they are filled in and bind Medicare alone.
_KEPT = frozenset({"A", "R", "T"})
# With one of these a second line of a code is a service of its own.
OWN_SERVICE = DISTINCT | REPEATS | GLOBAL_PERIOD
# CPT counts each ear, the fee schedule counts both: only Medicare and its plans follow the indicator (CGS 2014-06-04).
_PER_SIDE_IN_CPT = frozenset({"69210"})


def bilateral_indicator(case: Case, procedure_code: str) -> str | None:
    """0, 1, 2, 3 or 9 as it binds this claim's payer; None where the fee schedule has no word for it."""
    row = fee_row(case, procedure_code)
    if row is None:
        return None
    if (row.status not in _KEPT or procedure_code in _PER_SIDE_IN_CPT) and not follows_medicare(case):
        return None
    return row.bilateral


def fee_row(case: Case, procedure_code: str) -> FeeScheduleRow | None:
    """The row of the whole service; None without a date, a release or a row."""
    return case.tables.fee_schedule(procedure_code, case.on) if case.on is not None else None


def services(case: Case) -> dict[str, list[tuple[int, ClaimLine]]]:
    """Lines of each code that bill the whole service by the same practitioner, with their places."""
    found: dict[str, list[tuple[int, ClaimLine]]] = defaultdict(list)
    for index, line in enumerate(case.claim.lines):
        if not who(line):
            found[line.procedure_code].append((index, line))
    return found
