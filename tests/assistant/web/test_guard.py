"""The guard: who comes in, what is refused, what a browser may do with a page."""

from __future__ import annotations

import base64
import hashlib
import re

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from assistant.web.guard import Guard, Limits, session_of
from assistant.web.session import Sessions

HOST = "127.0.0.1:8760"
HERE = f"http://{HOST}"
TOKEN = "the-token-of-this-start"
OURS = {"X-Understudy": "1"}
PAGE = "<html><script>let a = 1;</script><script src='/ui/x.js'></script></html>"


async def page(_request: Request) -> Response:
    return HTMLResponse(PAGE)


async def who(request: Request) -> Response:
    return JSONResponse({"session": id(session_of(request.scope))}, headers={"access-control-allow-origin": "*"})


async def echo(request: Request) -> Response:
    return JSONResponse({"length": len(await request.body())})


async def broken(_request: Request) -> Response:
    raise ValueError("Mrs. Example, born 1950, with epistaxis")


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def client(said):
    app = Starlette(
        routes=[
            Route("/", page),
            Route("/api/who", who),
            Route("/api/echo", echo, methods=["POST"]),
            Route("/api/broken", broken),
            Route("/gradio_api/upload", echo, methods=["POST"]),
        ]
    )
    guarded = Guard(
        app, hosts=[HOST], token=TOKEN, sessions=Sessions(), limits=Limits(request=1000, large=()), log=said.append
    )
    return TestClient(guarded, base_url=HERE, follow_redirects=False, raise_server_exceptions=True)


@pytest.fixture
def inside(client):
    assert client.get(f"/?token={TOKEN}").status_code == 303
    return client


def test_without_the_token_nothing_is_served_and_the_page_says_what_to_open(client):
    answer = client.get("/")
    assert answer.status_code == 403
    assert "understudy serve" in answer.text
    assert client.get("/api/who").status_code == 403


@pytest.mark.parametrize("token", ["", "wrong", TOKEN[:-1], f"{TOKEN}x", "ä"])
def test_a_wrong_token_opens_nothing(client, token):
    assert client.get("/", params={"token": token}).status_code == 403
    assert "set-cookie" not in client.get("/", params={"token": token}).headers


def test_the_token_gives_a_cookie_scripts_and_other_sites_cannot_use_and_leaves_the_address(client):
    answer = client.get(f"/?token={TOKEN}")
    assert answer.headers["location"] == "/"
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert TOKEN not in cookie


def test_the_token_opens_only_the_first_page(client):
    assert client.get(f"/api/who?token={TOKEN}").status_code == 403


def test_two_browsers_have_two_sessions_and_one_keeps_its_own(client):
    first = TestClient(client.app, base_url=HERE)
    second = TestClient(client.app, base_url=HERE)
    for one in (first, second):
        one.get(f"/?token={TOKEN}")
    assert first.get("/api/who").json() != second.get("/api/who").json()
    assert first.get("/api/who").json() == first.get("/api/who").json()


# The cross-origin probes of the stack's notes: a foreign origin with credentials, an opaque origin, another port of this
# machine, a name that was rebound to it, a page that hides its origin, a preflight.
@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("GET", {"Origin": "https://evil.example"}),
        ("GET", {"Origin": "null"}),
        ("GET", {"Origin": "http://127.0.0.1:9999"}),
        ("GET", {"Host": "practice.lan:8760", "Origin": "http://practice.lan:8760"}),
        ("GET", {"Host": "evil.example"}),
        ("GET", {"Host": "127.0.0.1"}),
        ("GET", {"Sec-Fetch-Site": "cross-site"}),
        ("GET", {"Sec-Fetch-Site": "same-site"}),
        ("POST", {**OURS, "Sec-Fetch-Site": "none"}),
        ("POST", {**OURS, "Origin": "https://evil.example"}),
        ("POST", {}),
        ("OPTIONS", {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}),
        ("OPTIONS", {}),
        ("PUT", OURS),
        ("DELETE", OURS),
        ("TRACE", {}),
    ],
)
@pytest.mark.parametrize("path", ["/api/echo", "/api/who", "/"])
def test_what_comes_from_elsewhere_is_refused_and_told_nothing(inside, method, headers, path):
    answer = inside.request(method, path, headers=headers)
    assert answer.status_code == 403
    assert not [name for name in answer.headers if name.startswith("access-control-")]


@pytest.mark.parametrize(
    "path",
    ["/gradio_api/upload", "/gradio_api/queue/join", "/gradio_api/file=/etc/passwd", "/config", "/upload", "/docs",
     "/openapi.json", "/redoc", "/login", "/assets/../app.py", "/ui/../guard.py", "/static/js/%2e%2e/x.js"],
)  # fmt: skip
def test_gradios_data_routes_and_unknown_pages_do_not_exist(inside, path):
    assert inside.get(path).status_code in (403, 404)
    assert inside.post(path, headers=OURS).status_code in (403, 404)


def test_a_websocket_is_closed(inside):
    from starlette.websockets import WebSocketDisconnect

    with pytest.raises(WebSocketDisconnect), inside.websocket_connect("/api/who"):
        pass


def test_our_own_requests_come_through(inside):
    origin = {"Origin": HERE, "Sec-Fetch-Site": "same-origin"}
    assert inside.get("/api/who", headers=origin).status_code == 200
    assert inside.post("/api/echo", headers={**OURS, **origin}, content=b"x" * 1000).json() == {"length": 1000}


def test_too_much_is_refused_by_its_header_and_by_its_bytes(inside):
    assert inside.post("/api/echo", headers=OURS, content=b"x" * 1001).status_code == 413
    pieces = (b"x" * 400 for _ in range(3))  # sent without a length
    assert inside.post("/api/echo", headers=OURS, content=pieces).status_code == 413


def test_a_length_that_is_no_number_is_refused(inside):
    assert inside.post("/api/echo", headers={**OURS, "content-length": "-1"}, content=b"").status_code == 400


def test_every_answer_forbids_what_a_page_need_not_do(inside):
    for path in ("/", "/api/who"):
        headers = inside.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "unsafe-eval" not in headers["content-security-policy"]
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert not [name for name in headers if name.startswith("access-control-")]


def test_only_the_inline_scripts_that_were_sent_may_run(inside):
    answer = inside.get("/")
    inline = re.findall(r"<script>(.*?)</script>", answer.text)
    wanted = [f"'sha256-{base64.b64encode(hashlib.sha256(one.encode()).digest()).decode()}'" for one in inline]
    policy = answer.headers["content-security-policy"]
    scripts = next(part for part in policy.split(";") if part.strip().startswith("script-src"))
    assert scripts.split() == ["script-src", "'self'", *wanted]


def test_an_error_inside_tells_its_place_and_none_of_its_words(inside, said, capsys):
    answer = inside.get("/api/broken")
    assert answer.status_code == 500
    assert "epistaxis" not in answer.text + "".join(said) + capsys.readouterr().err
    assert "ValueError in test_guard.py" in said[0]


def test_an_idle_session_ends_and_the_oldest_makes_room():
    now = [0.0]
    sessions = Sessions(clock=lambda: now[0], most=2)
    first, second = sessions.open(), sessions.open()
    assert sessions.get(first.session_id) is first
    third = sessions.open()
    assert sessions.get(second.session_id) is None  # idle for longest
    assert sessions.get(first.session_id) is first
    now[0] = 13 * 3600.0
    assert sessions.get(third.session_id) is None


def test_a_session_does_not_show_its_name():
    assert Sessions().open().session_id not in repr(Sessions().open())
