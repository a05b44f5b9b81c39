"""DX014: a diagnosis does not fit the patient's sex.

What it checks: pregnancy and diseases of the female and of the male genital organs, by the titles of chapters and
blocks of ICD-10-CM, against the sex the claim reports. Only F and M are judged. A line with modifier KX (the way to
say that a sex-specific service is right for a transgender or intersex patient) silences the rule.

Why it matters: payers check the sex and deny (CO-10).

Fix: none by machine: the code or the registered sex is wrong.

Not evaluated when: the claim does not say the sex and has a diagnosis of one sex only.

Source: ICD-10-CM tabular list, titles of chapter 15 and of the blocks C51-C58, C60-C63, N40-N53, N70-N77, N80-N98;
Official Guidelines, section I.C.15; CMS Claims Processing Manual, chapter 32, section 240 (KX).
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.diagnoses import codes_of, in_block, lines_at
from assistant.rules.rule import Case, Outcome, Rule
from assistant.rules.trigger import Trigger

_FEMALE_BLOCKS = (("C51", "C58"), ("N70", "N77"), ("N80", "N98"))
_MALE_BLOCKS = (("C60", "C63"), ("N40", "N53"))
_FEMALE_CODES = (
    *("O", "D06", "D25", "D26", "D27", "D28", "D39", "E28", "R87"),
    *("Z01.41", "Z01.42", "Z12.4", "Z33", "Z34", "Z36", "Z37", "Z39", "Z3A", "Z85.41", "Z85.42", "Z85.43", "Z90.71"),
)
_MALE_CODES = ("D29", "D40", "E29", "R86", "R97.2", "Z12.5", "Z85.46", "Z85.47", "Z90.79")
_LETTERS = frozenset("CDENORZ")
_NAMES = {"F": "female", "M": "male"}


def _check(case: Case) -> Iterator[Outcome]:
    sexed = [(place, code, sex) for place, code in enumerate(codes_of(case)) if (sex := _sex_of(code))]
    if not sexed or any("KX" in line.modifiers for line in case.claim.lines):
        return
    patient = case.claim.sex
    if patient is None:
        yield RULE.missing_key(["sex"], lines_at(case, [place for place, _code, _sex in sexed]))
        return
    if patient.upper() not in _NAMES:
        return
    for place, code, sex in sexed:
        if sex != patient.upper():
            message = (
                f"{code} is for {_NAMES[sex]} patients, the claim says {patient}: correct the diagnosis or the sex, or "
                f"bill with KX where the service is right for this patient"
            )
            yield RULE.finding(case, lines_at(case, {place}), message)


def _sex_of(code: str) -> str | None:
    if code[0] not in _LETTERS:
        return None
    if code.startswith(_FEMALE_CODES) or any(in_block(code, *block) for block in _FEMALE_BLOCKS):
        return "F"
    if code.startswith(_MALE_CODES) or any(in_block(code, *block) for block in _MALE_BLOCKS):
        return "M"
    return None


RULE = Rule(
    "DX014",
    "error",
    "ICD-10-CM tabular list, chapters 2, 14 and 15",
    "high",
    _check,
    optional_keys=("sex",),
    trigger=Trigger(diagnoses=tuple(_LETTERS)),
)
