"""The Code tab: a pasted clinical note, the claim it supports, and the words that carry each code. Keeps nothing."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from assistant.errors import InputError
from assistant.propose.encounter_input import MAX_CHARACTERS, bounded, encounter_of
from assistant.web.services import Services
from assistant.web.tab_check import report_json

KEY, LABEL = "code", "Code"
_Short = Field(default=None, max_length=2_000)


class PastedNote(BaseModel):
    """A note with what is known beside it; None: not known."""

    note: str = Field(max_length=2 * MAX_CHARACTERS)
    payer: str | None = _Short
    dos: str | None = _Short
    pos: str | None = _Short
    age: int | None = None
    sex: str | None = _Short
    new_patient: bool | None = None
    prior: str | None = _Short
    authorization: str | None = _Short
    billed: str | None = _Short


def routes(services: Services) -> APIRouter:
    """POST /propose."""
    router = APIRouter()

    @router.post("/propose")
    async def propose(pasted: PastedNote) -> dict[str, Any]:
        note = bounded(pasted.note)
        if not note.strip():
            raise InputError("there is no note; paste one encounter")
        encounter = encounter_of(pasted.model_dump(exclude={"note"}))
        proposed = await services.propose(note, encounter)
        told = proposed.to_json()
        claim, report = proposed.proposal.claim, proposed.report
        if claim is None or report is None:
            return {**told, "checked": None}
        return {**told, "checked": report_json(claim, report)}

    return router
