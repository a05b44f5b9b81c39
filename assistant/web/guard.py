"""The guard in front of every request: who may come in, how much may be sent, what a browser may do with the answer.

Knows neither notes nor claims. It refuses foreign hosts and origins, asks for the token of this start, lets through no
part of Gradio that carries data, and writes no word of a request into a log.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.errors import place_of
from assistant.web.session import Session, Sessions

# What of Gradio's own server the page needs: its files. Queue, uploads, files and API of Gradio are not among them, so
# that no text of a person ever goes that way.
_GRADIO_FILES = re.compile(
    r"/(assets/[\w.\-/]+|static/(js|fonts|img)/[\w.\-/]+|theme\.css|favicon\.ico|manifest\.json)"
)
_OUR_PATHS = re.compile(r"/(ui/[\w.\-]+|api/[\w\-/]+)?")
_SAFE_METHODS = ("GET", "HEAD")
OWN_HEADER = "x-understudy"
_MEGABYTE = 1_000_000
_INLINE_SCRIPT = re.compile(rb"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", re.DOTALL)
_POLICY = (
    "default-src 'none'; script-src 'self'{scripts}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self' data:; connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'self'; "
    "frame-ancestors 'none'; object-src 'none'"
)
_HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}
_CLOSED_PAGE = (
    "<!doctype html><html lang=en><title>Understudy</title>"
    "<body style='font:1rem system-ui;max-width:40rem;margin:4rem auto'><h1>This page needs its own address</h1>"
    "<p>Open the address that <code>understudy serve</code> printed in its window, with everything after "
    "<code>?token=</code>. It changes with every start.</p></body></html>"
)


@dataclass(frozen=True, slots=True)
class Limits:
    """The most bytes a request may send; `large` by path, for those that take whole files."""

    request: int = 2 * _MEGABYTE
    large: tuple[tuple[str, int], ...] = (
        ("/api/check/batch", 50 * _MEGABYTE),
        ("/api/tables/import", 1_500 * _MEGABYTE),
    )

    def of(self, path: str) -> int:
        """The limit of a path."""
        return dict(self.large).get(path, self.request)


class TooLargeError(Exception):
    """More bytes came than a request may send."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is turned away."""

    status: int
    reason: str


class Guard:
    """ASGI middleware. `hosts` are the Host headers served, with port; `token` is asked for once by a browser.

    `scope["state"]["session"]` holds the Session of every request that comes through.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        hosts: Iterable[str],
        token: str,
        sessions: Sessions,
        cookie: str = "understudy",
        limits: Limits | None = None,
        log: Callable[[str], None] | None = None,
    ) -> None:
        self._app = app
        self._hosts = frozenset(host.lower() for host in hosts)
        self._token = token
        self._sessions = sessions
        self._cookie = cookie
        self._limits = limits or Limits()
        self._log = log or _to_stderr

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":  # nothing here speaks over a websocket
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        headers = Headers(scope=scope)
        refused = self._refusal(scope, headers)
        if refused is None:
            entered = self._entry(scope, headers)
            if entered is not None:
                await self._answer(entered, scope, receive, send)
                return
            session = self._sessions.get(self._cookie_of(headers))
            if session is None:
                refused = Refusal(403, "no session")
        if refused is not None:
            await self._answer(_refused(refused, scope["path"]), scope, receive, send)
            return
        scope.setdefault("state", {})["session"] = session
        await self._serve(scope, receive, send)

    def _refusal(self, scope: Scope, headers: Headers) -> Refusal | None:
        """What is wrong with where a request comes from, what it asks for, or its size; None when nothing is."""
        hosts = headers.getlist("host")
        if len(hosts) != 1 or hosts[0].lower() not in self._hosts:
            return Refusal(403, "this host is not served")
        method, path = scope["method"], scope["path"]
        came = headers.get("sec-fetch-site")
        if came not in (None, "same-origin") and not (came == "none" and method in _SAFE_METHODS):
            return Refusal(403, "requests from other pages are refused")
        origins = headers.getlist("origin")
        if any(origin != f"{scope.get('scheme', 'http')}://{hosts[0].lower()}" for origin in origins):
            return Refusal(403, "requests from other origins are refused")
        if method not in (*_SAFE_METHODS, "POST"):
            return Refusal(403, "this method is not served")
        if method == "POST" and (not path.startswith("/api/") or headers.get(OWN_HEADER) != "1"):
            return Refusal(403, f"only this page's own requests are taken (header {OWN_HEADER}: 1)")
        if not (_OUR_PATHS.fullmatch(path) or _GRADIO_FILES.fullmatch(path)) or ".." in path:
            return Refusal(404, "there is no such page")
        length = headers.get("content-length", "0")
        if not (length.isascii() and length.isdigit()):
            return Refusal(400, "the length of the request cannot be read")
        if int(length[:18]) > self._limits.of(path):
            return Refusal(413, _too_large(self._limits.of(path)))
        return None

    def _entry(self, scope: Scope, headers: Headers) -> Response | None:
        """The way in with the token of this start: a session of one's own, and an address without the token."""
        if scope["path"] != "/" or scope["method"] != "GET":
            return None
        given = parse_qs(scope.get("query_string", b"").decode("ascii", "replace")).get("token", [])
        if not given or not hmac.compare_digest(given[0].encode(), self._token.encode()):
            return None
        session = self._sessions.get(self._cookie_of(headers)) or self._sessions.open()
        answer = RedirectResponse("/", status_code=303)
        answer.set_cookie(
            self._cookie, session.session_id, httponly=True, samesite="strict", path="/", secure=_is_https(scope)
        )
        return answer

    def _cookie_of(self, headers: Headers) -> str:
        try:
            jar = SimpleCookie("; ".join(headers.getlist("cookie")))
        except CookieError:
            return ""
        return jar[self._cookie].value if self._cookie in jar else ""

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through; an error of the program ends as a line without any of the request's words."""
        limit = self._limits.of(scope["path"])
        body = _Counted(receive, limit)
        outgoing = _Outgoing(send, scope["path"], held_back=lambda: body.over)
        try:
            await self._app(scope, body, outgoing)
        except Exception as error:  # noqa: BLE001  the edge of the program: nothing goes on after it
            if not body.over:
                self._log(f"understudy: internal error: {place_of(error)}; please report this line")
            if not body.over and not outgoing.started:
                told = {"error": "something went wrong inside the program; the window of `understudy serve` says where"}
                await self._answer(JSONResponse(told, 500), scope, receive, send)
        if body.over and not outgoing.started:
            await self._answer(_refused(Refusal(413, _too_large(limit)), scope["path"]), scope, receive, send)

    async def _answer(self, response: Response, scope: Scope, receive: Receive, send: Send) -> None:
        await response(scope, receive, _Outgoing(send, scope["path"]))


class _Outgoing:
    """Sends a response with our own headers. A page is held back until its inline scripts are known by their hash."""

    def __init__(self, send: Send, path: str, *, held_back: Callable[[], bool] = lambda: False) -> None:
        self._send = send
        self._path = path
        self._held_back = held_back
        self.started = False
        self._start: Message | None = None
        self._page = b""

    async def __call__(self, message: Message) -> None:
        if not self.started and self._held_back():
            return  # what was asked for came with too much: the guard answers in the program's place
        self.started = True
        if message["type"] == "http.response.start":
            headers = Headers(raw=message["headers"])
            if headers.get("content-type", "").startswith("text/html"):
                self._start = message
                return
            await self._send({**message, "headers": self._headers(headers, "")})
        elif self._start is not None and message["type"] == "http.response.body":
            self._page += message.get("body", b"")
            if message.get("more_body"):
                return
            hashes = "".join(f" 'sha256-{_sha256(script)}'" for script in _INLINE_SCRIPT.findall(self._page))
            kept = self._headers(Headers(raw=self._start["headers"]), hashes)
            await self._send({**self._start, "headers": kept})
            await self._send({"type": "http.response.body", "body": self._page})
            self._start = None
        else:
            await self._send(message)

    def _headers(self, headers: Headers, hashes: str) -> list[tuple[bytes, bytes]]:
        kept = [
            (name.encode("latin-1"), value.encode("latin-1"))
            for name, value in headers.items()
            if not name.startswith("access-control-") and name not in ("content-security-policy", "server")
        ]
        lasting = _GRADIO_FILES.fullmatch(self._path) is not None
        ours: Mapping[str, str] = {
            **_HEADERS,
            "content-security-policy": _POLICY.format(scripts=hashes),
            "cache-control": "private, max-age=3600" if lasting else "no-store",
        }
        names = {name.encode() for name in ours}
        return [
            *((name, value) for name, value in kept if name not in names),
            *((name.encode(), value.encode()) for name, value in ours.items()),
        ]


class _Counted:
    """The request's body, cut off when more comes than was allowed, whatever its header said."""

    def __init__(self, receive: Receive, limit: int) -> None:
        self._receive = receive
        self._left = limit
        self.over = False

    async def __call__(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self._left -= len(message.get("body", b""))
            if self._left < 0:
                self.over = True
                raise TooLargeError
        return message


def _refused(refusal: Refusal, path: str) -> Response:
    if path == "/" and refusal.reason == "no session":
        return HTMLResponse(_CLOSED_PAGE, refusal.status)
    return JSONResponse({"error": refusal.reason}, refusal.status)


def _too_large(limit: int) -> str:
    return f"more than {limit // _MEGABYTE} MB were sent; send less at a time"


def _is_https(scope: Scope) -> bool:
    return bool(scope.get("scheme") == "https")


def _sha256(text: bytes) -> str:
    return base64.b64encode(hashlib.sha256(text).digest()).decode("ascii")


def _to_stderr(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def session_of(scope: Scope) -> Session:
    """The session of a request that came through the guard."""
    session: Session = scope["state"]["session"]
    return session
