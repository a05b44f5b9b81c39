"""Which kind of service a procedure code is, by its number: visit, surgery, imaging, laboratory, anesthesia, drug.

Holds number ranges only, no text of any code set, and only what is certain: a code of no kind here is simply unknown.
"""

from __future__ import annotations

from functools import lru_cache

# Every rule asks the same of the same codes.
_MOST_CODES = 20_000


def _span(*ends: tuple[int, int]) -> frozenset[str]:
    return frozenset(f"{number:05d}" for low, high in ends for number in range(low, high + 1))


# Evaluation and management of a patient, the sections of CPT that a level or an age stands behind (2021 to 2026).
VISITS = _span(
    (98000, 98016), (99202, 99205), (99211, 99215), (99217, 99223), (99231, 99239), (99241, 99245), (99251, 99255),
    (99281, 99285), (99291, 99292), (99304, 99310), (99315, 99316), (99341, 99350), (99381, 99397), (99483, 99483),
    (99495, 99496),
)  # fmt: skip
# Eye examinations: visits for 24, 25 and 57 as well, though not of the section above.
EYE_VISITS = _span((92002, 92014))
# Evaluation and management never has these numbers. What is left out (psychiatry, therapy, health assessment, most
# HCPCS letters) may take a visit modifier with some payers, so nothing is said of it.
_NEVER_A_VISIT = (
    (100, 1999), (10004, 69990), (70010, 89398), (90281, 90759), (92502, 92998), (93000, 93799), (94010, 94799),
    (95004, 95199), (95782, 95999), (96360, 96549),
)  # fmt: skip


def number_of(procedure_code: str) -> int | None:
    """The number of a five-digit code; None for a code that holds a letter."""
    return int(procedure_code) if procedure_code.isdecimal() and len(procedure_code) == 5 else None


def is_between(procedure_code: str, *ends: tuple[int, int]) -> bool:
    """True for a five-digit code inside one of the inclusive ranges."""
    number = number_of(procedure_code)
    return number is not None and any(low <= number <= high for low, high in ends)


@lru_cache(maxsize=_MOST_CODES)
def takes_visit_modifiers(procedure_code: str) -> bool:
    """False where the code is certainly no visit, so that 24, 25 and 57 cannot stand on it."""
    return not (is_drug(procedure_code) or is_between(procedure_code, *_NEVER_A_VISIT))


@lru_cache(maxsize=_MOST_CODES)
def is_surgery(procedure_code: str) -> bool:
    """The surgery section, 10004 to 69990."""
    return is_between(procedure_code, (10004, 69990))


@lru_cache(maxsize=_MOST_CODES)
def is_imaging(procedure_code: str) -> bool:
    """The radiology section, 70010 to 79999."""
    return is_between(procedure_code, (70010, 79999))


@lru_cache(maxsize=_MOST_CODES)
def is_laboratory(procedure_code: str) -> bool:
    """Clinical laboratory and pathology, 80047 to 89398, with the PLA codes (0001U and on)."""
    return is_between(procedure_code, (80047, 89398)) or procedure_code.endswith(("U", "M"))


@lru_cache(maxsize=_MOST_CODES)
def is_anesthesia(procedure_code: str) -> bool:
    """The anesthesia section, 00100 to 01999, and the codes for its circumstances, 99100 to 99140."""
    return is_between(procedure_code, (100, 1999), (99100, 99140))


def is_drug(procedure_code: str) -> bool:
    """A drug of HCPCS section J."""
    return procedure_code.startswith("J")
