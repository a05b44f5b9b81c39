"""The web application: our routes, Gradio's page over them, the guard in front of both. Opens no socket."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.types import ASGIApp

from assistant.errors import UnderstudyError
from assistant.web import tab_ask, tab_check, tab_code, tab_gaps, tab_notes, tab_tables
from assistant.web.guard import Guard
from assistant.web.lanes import LaneFullError
from assistant.web.page import mount_page
from assistant.web.services import Services
from assistant.web.session import Sessions

TABS = (tab_ask, tab_code, tab_check, tab_notes, tab_gaps, tab_tables)
_STATIC = Path(__file__).parent / "static"
_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}


def build_app(services: Services, *, hosts: Iterable[str], token: str, cookie: str = "understudy") -> ASGIApp:
    """The guarded application. `hosts`: the Host headers served, with port; `token`: what the first address carries."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    files = {path.name: path.read_bytes() for path in _STATIC.iterdir() if path.suffix in _TYPES}

    @app.get("/ui/{name}")
    def ui(name: str) -> Response:
        """A file of ours: known names only, read at start."""
        if name not in files:
            return JSONResponse({"error": "there is no such file"}, 404)
        return Response(files[name], media_type=_TYPES[Path(name).suffix])

    @app.get("/api/practice")
    async def practice() -> dict[str, object]:
        """What forms offer: payers, what to prefill, today; and whether the notes are prepared for many who ask."""
        return await services.reading.run(_practice, services)

    for tab in TABS:
        app.include_router(tab.routes(services), prefix="/api")
    app.add_exception_handler(UnderstudyError, _tell)
    app.add_exception_handler(RequestValidationError, _tell_fields)
    mount_page(app, TABS, title=services.practice.settings.name)
    return Guard(app, hosts=hosts, token=token, sessions=Sessions(), cookie=cookie)


def _tell(_request: Request, error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, 503 if isinstance(error, LaneFullError) else 400)


def _tell_fields(_request: Request, error: Exception) -> Response:
    """Which inputs cannot be used, without what stood in them."""
    assert isinstance(error, RequestValidationError)
    told = "; ".join(f"{'.'.join(map(str, one['loc'][1:])) or 'request'}: {one['msg']}" for one in error.errors())
    return JSONResponse({"error": told}, 422)


def _practice(services: Services) -> dict[str, object]:
    settings = services.practice.settings
    payers = sorted(
        (one.title, one.payers[0]) for one in services.shelf.notes().values() if one.kind == "payer" and one.payers
    )
    return {
        "name": settings.name or services.practice.folder.name,
        "payers": [{"slug": slug, "name": title} for title, slug in payers],
        "payer": settings.prefill_payer,
        "place": settings.prefill_place,
        "today": services.today().isoformat(),
        "prepared": services.prepared,
    }
