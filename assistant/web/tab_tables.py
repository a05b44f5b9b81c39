"""The Tables tab: which reference tables cover which days, and CMS's own files taken in by upload.

An uploaded file is CMS's, never a patient's: it lies in the data folder while it is read and is removed afterwards.
"""

from __future__ import annotations

import asyncio
import re
import secrets
import shutil
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse

from assistant.errors import InputError
from assistant.reference_tables import all_releases, changes_by, changes_json, imported_json, release_json
from assistant.settings import Practice
from assistant.web.events import event_line
from assistant.web.services import Services

KEY, LABEL = "tables", "Tables"
_NAME = re.compile(r"[\w][\w .,()+\-]{0,120}\.(txt|csv|zip|xlsx|xml)", re.IGNORECASE | re.ASCII)


def routes(services: Services) -> APIRouter:
    """GET /tables; POST /tables/import?name=&from_day=&through_day= takes a file as it is and streams its progress."""
    router = APIRouter()

    @router.get("/tables")
    async def tables() -> dict[str, Any]:
        return await services.writing.run(_listed, services.practice)

    @router.post("/tables/import")
    async def bring(
        request: Request, name: str, from_day: date | None = None, through_day: date | None = None
    ) -> StreamingResponse:
        if not _NAME.fullmatch(name):
            raise InputError("the file's name must be as CMS gives it, ending in .txt, .csv, .zip, .xlsx or .xml")
        if (from_day is None) != (through_day is None):
            raise InputError("give both dates, or neither: then the file's own are taken")
        declared = (from_day, through_day) if from_day and through_day else None
        folder = services.practice.data / "incoming" / secrets.token_hex(8)
        await asyncio.to_thread(folder.mkdir, parents=True)
        try:
            await _receive(request, folder / name)
        except BaseException:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
            raise
        return StreamingResponse(_import(services, folder, name, declared), media_type="application/x-ndjson")

    return router


def _listed(practice: Practice) -> dict[str, Any]:
    from ingest.tables.coverage import remarks
    from ingest.tables.errors import TablesError
    from ingest.tables.model import PROGRAM_NAMES

    try:
        shipped, imported = all_releases(practice)
    except TablesError as error:
        raise InputError(str(error)) from error
    shown = [*(release_json(one, True) for one in shipped), *(release_json(one, False) for one in imported)]
    return {
        "releases": [{**one, "name": PROGRAM_NAMES[one["program"]]} for one in shown],
        "programs": dict(PROGRAM_NAMES),
        "remarks": list(remarks((*shipped, *imported))),
    }


async def _receive(request: Request, path: Path) -> None:
    with path.open("xb") as file:
        async for piece in request.stream():
            await asyncio.to_thread(file.write, piece)


async def _import(
    services: Services, folder: Path, name: str, declared: tuple[date, date] | None
) -> AsyncIterator[str]:
    """The steps of an import as they are made, then what came of it."""
    loop = asyncio.get_running_loop()
    events: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()

    def show(label: str, done: int, total: int) -> None:
        event = {"event": "progress", "label": label, "done": done, "total": total}
        loop.call_soon_threadsafe(events.put_nowait, event)

    async def work() -> dict[str, Any]:
        try:
            return await services.writing.run(_imported, services.practice, folder / name, declared, show)
        finally:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
            events.put_nowait(None)

    task = asyncio.create_task(work())
    while (event := await events.get()) is not None:
        yield event_line(event)
    yield event_line(await task)


def _imported(practice: Practice, path: Path, declared: tuple[date, date] | None, show: Any) -> dict[str, Any]:
    from ingest.tables.errors import TablesError
    from ingest.tables.importer import import_file

    try:
        report = import_file(path, practice.tables, show, declared)
        changes = changes_by(practice, report.imported)
    except TablesError as error:
        return {"event": "failed", "error": str(error).replace(str(path), path.name)}
    return {
        "event": "done",
        "imported": [imported_json(one) for one in report.imported],
        "left_out": list(report.left_out),
        "changes": [changes_json(one) for one in changes],
    }
