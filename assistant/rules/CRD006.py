"""CRD006: device checks that contain each other, or a remote period billed too early or twice.

What it checks: In-person reading beside programming of the same kind of device (93288 with 93279 to 93281, 93289
with 93282 to 93284, 93291 with 93285) or beside its remote reading (93288 with 93294, 93289 with 93295); remote
codes with more than one unit; 93293 to 93296 within 90 days and 93297 or 93298 within 30 days of the same code
before; 93299 from 2020-01-01 on, when it was deleted.

Why it matters: Programming contains the reading; remote codes pay a period of 90 or 30 days, once.

Fix: Take the reading away; one unit; a period that is not over waits.

Not evaluated when: A remote code is billed and the claim does not say which procedures went before, or has no date
of service.

Source: CPT device monitoring guideline; CPT 2020 deletions.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from assistant.rules.families import Included, Once, codes, examine
from assistant.rules.rule import Case, Outcome, Rule, change_lines
from assistant.rules.trigger import Trigger

_FAMILY = codes("93279-93299")
_PERIOD_DAYS = {
    **dict.fromkeys(("93293", "93294", "93295", "93296"), 90),
    **dict.fromkeys(("93297", "93298"), 30),
}
_DELETED = codes("93299")
_LAST_DAY = date(2019, 12, 31)
_WHY = "programming contains the reading, bill the programming alone"
_REMOTE = "the remote period contains the reading in person"
_ROWS = (
    Included(codes("93288"), codes("93279-93281"), _WHY, release="encounter"),
    Included(codes("93289"), codes("93282-93284"), _WHY, release="encounter"),
    Included(codes("93291"), codes("93285"), _WHY, release="encounter"),
    Included(codes("93288"), codes("93294"), _REMOTE, release="encounter"),
    Included(codes("93289"), codes("93295"), _REMOTE, release="encounter"),
    Once(frozenset(_PERIOD_DAYS), "a remote period is billed once", refused=frozenset()),
)


def _check(case: Case) -> Iterator[Outcome]:
    if not any(line.procedure_code in _FAMILY for line in case.claim.lines):
        return
    yield from examine(RULE, case, _ROWS)
    dated = [at for at, line in case.lines(_FAMILY) if line.procedure_code in _PERIOD_DAYS]
    deleted = [at for at, _ in case.lines(_DELETED)]
    missing = [
        key
        for key, value, lines in (("prior", case.claim.prior, dated), ("dos", case.on, dated or deleted))
        if value is None and lines
    ]
    if missing:
        yield RULE.missing_key(missing, (*dated, *deleted))
    if case.on is None:
        return
    if deleted and case.on > _LAST_DAY:
        others = len(deleted) < len(case.claim.lines)
        yield RULE.finding(
            case,
            deleted,
            "93299 was deleted on 2020-01-01",
            fix=change_lines(case.claim, dict.fromkeys(deleted, ()), safe=False) if others else None,
        )
    for at in dated:
        procedure_code = case.claim.lines[at].procedure_code
        for earlier in case.claim.prior or ():
            passed = (case.on - earlier.date_of_service).days
            if earlier.procedure_code == procedure_code and 0 < passed < _PERIOD_DAYS[procedure_code]:
                yield RULE.finding(
                    case,
                    [at],
                    f"{procedure_code} pays {_PERIOD_DAYS[procedure_code]} days and was billed {passed} days before: "
                    "wait until the period is over",
                )
                break


RULE = Rule(
    "CRD006",
    "error",
    "CPT device monitoring guideline; CPT 2020 deletions",
    "high",
    _check,
    optional_keys=("prior", "dos"),
    trigger=Trigger(_FAMILY),
    covers=("CARD-DEV-01",),
)
