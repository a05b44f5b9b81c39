"""MOD007: modifiers in an unusual order.

What it checks: lines with two or more modifiers, in the order pricing (26, TC, 50, 52, 53, 62, 80, AS ...), payment and
global period (24, 25, 57 to 59, X, 76 to 79 ...), location (RT, LT, fingers, toes, eyelids), information. Modifiers of
no known family are left where they are. A convention, not law: some plans want the global modifier first.

Why it matters: some payers price by the first modifier alone and pay the line wrongly.

Fix: the same modifiers in the usual order.

Not evaluated when: never; it needs no table.

Source: industry convention; no CMS rule was found.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from assistant.rules.modifiers import rank
from assistant.rules.rule import Case, Outcome, Rule, change_lines


def _check(case: Case) -> Iterator[Outcome]:
    for index, line in enumerate(case.claim.lines):
        if len(line.modifiers) < 2:
            continue
        ordered = in_order(line.modifiers)
        if ordered == line.modifiers:
            continue
        yield RULE.finding(
            case,
            [index],
            f"{line.procedure_code}: modifiers are usually written {'-'.join(ordered)} (pricing, payment, place, "
            "information)",
            fix=change_lines(case.claim, {index: (replace(line, modifiers=ordered),)}, safe=True),
        )


def in_order(modifiers: tuple[str, ...]) -> tuple[str, ...]:
    """The modifiers by family; those of one family keep their order, those of none their place."""
    ranks = {place: known for place, one in enumerate(modifiers) if (known := rank(one)) is not None}
    sorted_known = iter([modifiers[place] for place in sorted(ranks, key=ranks.__getitem__)])
    return tuple(next(sorted_known) if place in ranks else one for place, one in enumerate(modifiers))


RULE = Rule("MOD007", "advice", "Industry convention", "medium", _check, covers=("MOD-ORD-01",))
