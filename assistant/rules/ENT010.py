"""ENT010: navigation 61782 is billed more than once, for a side, or with nothing it belongs to.

What it checks: 61782 with more than one unit or with 50, and 61782 on a claim whose other lines are no surgery at
all. A warning where the only surgery is septum, turbinate, nosebleed, throat or tube surgery or a diagnostic look,
which is not guided.

Why it matters: It is an add-on for the whole session; alone it is denied (CO-107 or CO-97).

Fix: One unit without 50. Standing alone it goes back to a person, for the guided surgery is missing; beside surgery
that is not guided it is taken away.

Not evaluated when: Never: it asks only what every claim says.

Source: CPT add-on rule; NCCI add-on code edits; fee schedule bilateral indicator 0.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.families import Once, codes, examine
from assistant.rules.procedure_kinds import is_drug
from assistant.rules.rule import Case, Outcome, Rule, change_lines
from assistant.rules.trigger import Trigger
from assistant.rules.visits import BLOOD_DRAWS

_NAVIGATION = codes("61782")
# Septum, turbinates, nosebleed and simple work in the nose, diagnostic endoscopy, tonsils and adenoids, wax and tubes.
_NOT_GUIDED = codes("30000-30020 30100-30115 30117-30124 30130 30140 30200-30220 30300-30320 30520 30560 30801-30930")
_NOT_GUIDED |= codes("31231-31235 31505-31579 42800-42870 69200-69222 69420-69436")
_ROWS = (Once(_NAVIGATION, "navigation is once a session, not by side", refused=frozenset({"50"})),)


def _check(case: Case) -> Iterator[Outcome]:
    found = [at for at, _ in case.lines(_NAVIGATION)]
    if not found:
        return
    yield from examine(RULE, case, _ROWS)
    surgery = {line.procedure_code for line in case.claim.lines if _is_surgery(line.procedure_code)}
    if not surgery:
        yield RULE.finding(case, found, "61782 is an add-on code: bill it with the surgery it guided, or not at all")
    elif surgery <= _NOT_GUIDED:
        message = f"61782 guides sinus or skull base surgery, and the claim has {', '.join(sorted(surgery))} alone"
        fix = change_lines(case.claim, dict.fromkeys(found, ()), safe=False)
        yield RULE.finding(
            case, found, f"{message}: add the guided surgery, or take 61782 away", fix=fix, severity="warning"
        )


def _is_surgery(procedure_code: str) -> bool:
    """Category I surgery, or a category III or HCPCS code, which may be one; drawing blood and drugs are none."""
    if procedure_code in _NAVIGATION or procedure_code in BLOOD_DRAWS or is_drug(procedure_code):
        return False
    return not procedure_code.isdigit() or "10000" <= procedure_code <= "69999"


RULE = Rule(
    "ENT010",
    "error",
    "CPT add-on rule; NCCI add-on code edits",
    "high",
    _check,
    trigger=Trigger(_NAVIGATION),
    covers=("ENT-FESS-10",),
)
