"""Whether a claim bills a procedure for both sides, in any of the forms payers use.

Does not know which procedures have sides: that is the fee schedule's bilateral indicator.
"""

from __future__ import annotations

from ingest.claims.model import Claim, ClaimLine

BOTH_SIDES = "50"
RIGHT, LEFT = "RT", "LT"
SIDE_MODIFIERS = frozenset({BOTH_SIDES, RIGHT, LEFT})

# HCPCS Level II modifiers that name an eyelid, finger, toe or coronary artery: two units beside one of them are not
# "both sides".
_SITES = frozenset(
    [f"E{n}" for n in range(1, 5)]
    + ["FA", "TA"]
    + [f"{letter}{n}" for letter in "FT" for n in range(1, 10)]
    + ["LC", "LD", "LM", "RC", "RI"]
)


def two_units_no_side(line: ClaimLine) -> bool:
    """True when the line bills two units and no modifier says a side or a site."""
    return line.units == 2 and not (SIDE_MODIFIERS | _SITES).intersection(line.modifiers)


def is_bilateral(claim: Claim, procedure_code: str) -> bool:
    """True when the code is billed for both sides anywhere on the claim.

    It carries 50, or RT and LT are both there on one line or two, or it stands with 2 units and no side.
    """
    lines = [line for line in claim.lines if line.procedure_code == procedure_code]
    carried = {modifier for line in lines for modifier in line.modifiers}
    return BOTH_SIDES in carried or {RIGHT, LEFT} <= carried or any(map(two_units_no_side, lines))
