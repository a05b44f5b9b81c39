"""ORT005: JW and JZ on an injected drug contradict each other, or Medicare gets neither.

What it checks: A drug code (J0000 to J7999, J9000 to J9999) with JW and JZ on its lines; on Medicare from
2023-07-01 on, as advice, a drug code with neither.

Why it matters: JW says that some of a single-dose container was thrown away, JZ that none was. Medicare denies
drugs of single-dose containers that say neither.

Fix: None by the program: whether the container was for one dose and what was left stands in the record.

Not evaluated when: Medicare, neither modifier, and the claim has no date of service.

Source: CMS JW/JZ policy, 2023-07-01.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from assistant.rules.rule import Case, Outcome, Rule

_WASTE, _NO_WASTE = "JW", "JZ"
_FIRST_DAY = date(2023, 7, 1)
_BY_MOUTH = "J8"


def _check(case: Case) -> Iterator[Outcome]:
    drugs: dict[str, list[int]] = {}
    for at, line in enumerate(case.claim.lines):
        if line.procedure_code.startswith("J") and not line.procedure_code.startswith(_BY_MOUTH):
            drugs.setdefault(line.procedure_code, []).append(at)
    for procedure_code, lines in drugs.items():
        carried = {one for at in lines for one in case.claim.lines[at].modifiers}
        if {_WASTE, _NO_WASTE} <= carried:
            yield RULE.finding(
                case, lines, f"{procedure_code} says both: JW means waste was thrown away, JZ that there was none"
            )
        elif case.payer is not None and case.payer.is_medicare and not carried & {_WASTE, _NO_WASTE}:
            if case.on is None:
                yield RULE.missing_key(["dos"], lines)
            elif case.on >= _FIRST_DAY:
                yield RULE.finding(
                    case,
                    lines,
                    f"{procedure_code} from a single-dose container takes JZ, or a JW line for what was thrown away",
                    severity="advice",
                )


RULE = Rule(
    "ORT005",
    "error",
    "CMS JW/JZ policy, 2023-07-01",
    "high",
    _check,
    optional_keys=("dos",),
    covers=("ORTH-INJ-02",),
)
