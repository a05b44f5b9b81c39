"""The Gaps tab: what was asked and no note answers, and what was answered since."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from assistant.records.gaps import list_gaps
from assistant.web.services import Services

KEY, LABEL = "gaps", "Gaps"


def routes(services: Services) -> APIRouter:
    """GET /gaps."""
    router = APIRouter()

    @router.get("/gaps")
    async def gaps() -> dict[str, Any]:
        records = services.practice.records
        opened = await services.writing.run(list_gaps, records)
        closed = await services.writing.run(list_gaps, records, closed=True)
        return {"open": [one.as_json() for one in opened], "closed": [one.as_json() for one in closed]}

    return router
