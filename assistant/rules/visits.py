"""Which procedure codes are visits (evaluation and management), and of which kind. Judges no claim.

The kinds are closed ranges of code numbers; codes that were deleted in the meantime stay in, for older dates of
service. Source: the sections of CPT's evaluation and management chapter and CMS Claims Processing Manual, chapter 12,
section 30.6.
"""

from __future__ import annotations


def _numbers(*ranges: tuple[int, int]) -> frozenset[str]:
    return frozenset(f"{number:05d}" for low, high in ranges for number in range(low, high + 1))


OFFICE_NEW = _numbers((99201, 99205))
OFFICE_ESTABLISHED = _numbers((99211, 99215))
OFFICE = OFFICE_NEW | OFFICE_ESTABLISHED
NURSE_VISIT = "99211"

EYE_NEW = frozenset({"92002", "92004"})
EYE_ESTABLISHED = frozenset({"92012", "92014"})
EYE = EYE_NEW | EYE_ESTABLISHED

HOME_NEW = _numbers((99341, 99345))
HOME_ESTABLISHED = _numbers((99347, 99350))
HOME = HOME_NEW | HOME_ESTABLISHED

# By sound and picture, or by sound alone (CPT since 2025).
REMOTE_NEW = _numbers((98000, 98003), (98008, 98011))
REMOTE_ESTABLISHED = _numbers((98004, 98007), (98012, 98015))
REMOTE = REMOTE_NEW | REMOTE_ESTABLISHED

PREVENTIVE_NEW = _numbers((99381, 99387))
PREVENTIVE_ESTABLISHED = _numbers((99391, 99397))
PREVENTIVE = PREVENTIVE_NEW | PREVENTIVE_ESTABLISHED
# Medicare's welcome visit and its first and later annual wellness visits.
WELLNESS = frozenset({"G0402", "G0438", "G0439"})

OUTPATIENT_CONSULT = _numbers((99241, 99245))
INPATIENT_CONSULT = _numbers((99251, 99255))
CONSULT = OUTPATIENT_CONSULT | INPATIENT_CONSULT

# Initial, subsequent, same-day and discharge care of hospital inpatients and observation patients.
HOSPITAL_INITIAL = _numbers((99218, 99223))
HOSPITAL_DISCHARGE = frozenset({"99217", "99238", "99239"})
HOSPITAL = _numbers((99217, 99226), (99231, 99236), (99238, 99239))
EMERGENCY = _numbers((99281, 99285))
CRITICAL_CARE = _numbers((99291, 99292))
NURSING = _numbers((99304, 99310), (99315, 99316), (99318, 99318))

# What a surgeon's global package takes in when it belongs to the operation.
PROBLEM_VISITS = OFFICE.union(REMOTE, EYE, HOME, CONSULT, HOSPITAL, EMERGENCY, CRITICAL_CARE, NURSING)
VISITS = PROBLEM_VISITS | PREVENTIVE
POSTOPERATIVE_VISIT = "99024"

NEW_PATIENT = OFFICE_NEW | EYE_NEW | HOME_NEW | REMOTE_NEW | PREVENTIVE_NEW
ESTABLISHED_PATIENT = OFFICE_ESTABLISHED.union(
    EYE_ESTABLISHED, HOME_ESTABLISHED, REMOTE_ESTABLISHED, PREVENTIVE_ESTABLISHED
)
NEW_AND_ESTABLISHED = (
    (OFFICE_NEW, OFFICE_ESTABLISHED),
    (EYE_NEW, EYE_ESTABLISHED),
    (HOME_NEW, HOME_ESTABLISHED),
    (REMOTE_NEW, REMOTE_ESTABLISHED),
    (PREVENTIVE_NEW, PREVENTIVE_ESTABLISHED),
)
# The established-patient code whose medical decision making (eye and preventive: extent, age) is that of the new one.
ESTABLISHED_FOR_NEW = {
    **{f"9920{level}": f"9921{level}" for level in range(2, 6)},
    **{f"9938{band}": f"9939{band}" for band in range(1, 8)},
    **{f"{number:05d}": f"{number + 4:05d}" for start in (98000, 98008) for number in range(start, start + 4)},
    "99341": "99347", "99342": "99348", "99344": "99349", "99345": "99350",
    "92002": "92012", "92004": "92014",
}  # fmt: skip
NEW_FOR_ESTABLISHED = {established: new for new, established in ESTABLISHED_FOR_NEW.items()}

# Prolonged care: what each add-on stands on. CPT's codes and those Medicare made in their place.
PROLONGED: dict[str, frozenset[str]] = {
    "99417": frozenset({"98003", "98007", "98011", "98015", "99205", "99215", "99245", "99345", "99350", "99483"}),
    "99418": frozenset({"99223", "99233", "99236", "99255", "99306", "99310"}),
    "G2212": frozenset({"99205", "99215", "99483"}),
    "G0316": frozenset({"99223", "99233", "99236"}),
    "G0317": frozenset({"99306", "99310"}),
    "G0318": frozenset({"99345", "99350"}),
}
# For Medicare the G code takes the place of CPT's.
PROLONGED_OF_CPT = frozenset({"99417", "99418"})
PROLONGED_OF_MEDICARE = frozenset(PROLONGED) - PROLONGED_OF_CPT
COMPLEXITY_ADD_ON = "G2211"
# Lines that only extend a visit: they are no service beside it.
VISIT_ADD_ONS = frozenset(PROLONGED) | {COMPLEXITY_ADD_ON, "99415", "99416", "99354", "99355", "99356", "99357"}
# Drawing blood, from a vein, an artery or a port, stands in the surgery section and never has global days.
BLOOD_DRAWS = _numbers((36400, 36416), (36591, 36592), (36600, 36600))
_NO_PROCEDURE = VISITS | VISIT_ADD_ONS | BLOOD_DRAWS | {POSTOPERATIVE_VISIT}


def may_be_procedure(procedure_code: str) -> bool:
    """True when only the fee schedule could tell whether the code has global days: surgery, medicine, category III.

    False for visits and blood draws, and for sections whose codes never have any: radiology, laboratory, supplies and
    drugs.
    """
    if procedure_code in _NO_PROCEDURE:
        return False
    return procedure_code[0] in "1234569" or procedure_code[-1] == "T"
