"""A served practice: the application in this process, and a real server with a real browser before it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from assistant.bootstrap import Desk
from assistant.web.app import build_app
from assistant.web.services import Services

REPOSITORY = Path(__file__).resolve().parents[3]
HOST = "127.0.0.1:8760"
TOKEN = "the-token-of-this-start"
# A machine that runs other tests beside these may be slow; what is wrong fails all the same.
PATIENCE_MILLISECONDS = 120_000
# Whatever a user's shell may hold: nothing of it may be used. Port 9 of this machine answers nobody.
TEMPTING = {
    "LANGSMITH_TRACING": "true", "LANGSMITH_API_KEY": "x", "LANGSMITH_ENDPOINT": "http://127.0.0.1:9",
    "LANGCHAIN_TRACING_V2": "true", "LANGCHAIN_ENDPOINT": "http://127.0.0.1:9",
    "HTTP_PROXY": "http://127.0.0.1:9", "HTTPS_PROXY": "http://127.0.0.1:9", "ALL_PROXY": "http://127.0.0.1:9",
    "GRADIO_ANALYTICS_ENABLED": "True", "ANONYMIZED_TELEMETRY": "True", "GRADIO_SHARE": "True",
}  # fmt: skip


@pytest.fixture
def app_of() -> Iterator[Callable[..., Any]]:
    """Makes the guarded application of a practice; lanes end with the test."""
    made: list[Services] = []

    def make(practice: Any, *, today: date = date(2026, 11, 22), **desk: Any) -> Any:
        services = Services(practice, lambda: today, Desk(practice, **desk))
        made.append(services)
        return build_app(services, hosts=[HOST], token=TOKEN)

    yield make
    for services in made:
        services.close()


@pytest.fixture
def enter() -> Callable[[Any], Any]:
    """A browser without a screen that came in with the token."""
    from starlette.testclient import TestClient

    def come_in(app: Any) -> TestClient:
        client = TestClient(app, base_url=f"http://{HOST}", headers={"X-Understudy": "1"})
        client.get(f"/?token={TOKEN}", follow_redirects=False)
        return client

    return come_in


@pytest.fixture(scope="session")
def served(sample_practice: Path) -> Iterator[str]:
    """The address, with its token, of a server over the copied sample; the server ends with the tests."""
    command = [sys.executable, "-m", "assistant.cli", "serve", "--port", "0", "--practice", str(sample_practice)]
    process = subprocess.Popen(
        command,
        cwd=sample_practice,
        env={**os.environ, **TEMPTING},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    address = None
    for line in process.stdout:
        found = re.search(r"http://\S+", line)
        if found:
            address = found.group(0)
            break
    if address is None:
        process.wait(timeout=10)
        assert process.stderr
        pytest.fail(f"the server did not start: {process.stderr.read()[-2000:]}")
    yield address
    process.terminate()
    process.wait(timeout=30)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Debian's chromium, driven by playwright. Without either the tests that need it are skipped."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("no chromium here (Debian: apt install chromium)")
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        sync_api.expect.set_options(timeout=PATIENCE_MILLISECONDS)
        started = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        yield started
        started.close()


@pytest.fixture
def open_page(browser: Any, served: str) -> Iterator[Callable[..., Any]]:
    """Opens the served page in a session of its own. What it loads from elsewhere, and its errors, are on `page.seen`."""
    contexts = []

    def open_one(**options: Any) -> Any:
        context = browser.new_context(viewport={"width": 1280, "height": 800}, accept_downloads=True, **options)
        context.set_default_timeout(PATIENCE_MILLISECONDS)
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        contexts.append(context)
        page = context.new_page()
        seen: dict[str, list[str]] = {"elsewhere": [], "errors": []}
        here = served.split("/?")[0]
        page.on(
            "request",
            lambda one: None if one.url.startswith((here, "data:", "blob:")) else seen["elsewhere"].append(one.url),
        )
        page.on("console", lambda one: seen["errors"].append(one.text) if one.type == "error" else None)
        page.on("pageerror", lambda one: seen["errors"].append(str(one)))
        page.seen = seen
        page.goto(served)
        page.wait_for_selector("#room-ask input")
        return page

    yield open_one
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def tempting() -> dict[str, str]:
    """Variables that would trace, report or use a proxy, as a user's shell may hold them."""
    return TEMPTING
