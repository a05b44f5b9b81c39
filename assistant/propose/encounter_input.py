"""What comes with a pasted note, as a person or a program gives it: checked and typed. Reads no note."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from assistant.errors import InputError
from assistant.propose.model import Encounter

MAX_CHARACTERS = 200_000


def encounter_of(told: Mapping[str, Any]) -> Encounter:
    """The encounter of the inputs, by their names of the contract; what is left out or null is not known.

    Raises InputError naming the input that cannot be used, never its value.
    """
    from assistant.propose.assembly import prior_of

    for name in ("payer", "dos", "pos", "sex", "prior", "authorization", "billed"):
        if told.get(name) is not None and not isinstance(told[name], str):
            raise InputError(f'"{name}" must be text')
    age, new_patient = told.get("age"), told.get("new_patient")
    if age is not None and (isinstance(age, bool) or not isinstance(age, int) or not 0 <= age <= 130):
        raise InputError('"age" must be a whole number of years')
    if new_patient is not None and not isinstance(new_patient, bool):
        raise InputError('"new_patient" must be true, false or null')
    if told.get("dos") is not None:
        try:
            date.fromisoformat(told["dos"])
        except ValueError as error:
            raise InputError('"dos" is no date; write it as 2026-09-15') from error
    if told.get("pos") is not None and not re.fullmatch(r"\d\d", told["pos"], re.ASCII):
        raise InputError('"pos" must be a place of service of two digits, such as 11 or 24')
    if told.get("sex") not in (None, "M", "F"):
        raise InputError('"sex" must be M or F')
    if told.get("prior") and prior_of(told["prior"]) is None:
        raise InputError('"prior" cannot be read; write it as 30520 2026-02-10, 31255-RT 2026-02-10, or none')
    return Encounter(
        payer=told.get("payer"),
        date_of_service=told.get("dos"),
        place_of_service=told.get("pos"),
        age=age,
        sex=told.get("sex"),
        new_patient=new_patient,
        prior=told.get("prior"),
        authorization=told.get("authorization"),
        billed=told.get("billed"),
    )


def bounded(text: str) -> str:
    """The note itself; raises InputError when it is longer than one encounter."""
    if len(text) > MAX_CHARACTERS:
        raise InputError(f"the note is longer than {MAX_CHARACTERS} characters; paste one encounter")
    return text
