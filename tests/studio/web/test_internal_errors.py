"""Internal errors: a page with a reference that is in the log, and no details of the fault."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

pytest.importorskip("fastapi", reason="the studio's extra is not installed")

import anyio
import httpx
from fastapi import FastAPI
from starlette.responses import Response, StreamingResponse

from mmar.studio.config import StudioConfig
from mmar.studio.web.app import create_app, open_studio

SECRET = "the insides of a fault"


def broken(folder: Path) -> FastAPI:
    """A studio with addresses that fail."""
    app = create_app(open_studio(StudioConfig(data=folder)), work=False)

    def fail() -> Response:
        raise RuntimeError(SECRET)

    async def half() -> AsyncIterator[bytes]:
        yield b"the first half"
        raise RuntimeError(SECRET)

    app.add_api_route("/broken", fail, methods=["GET", "POST"])
    app.add_api_route("/api/v1/broken", fail)
    app.add_api_route("/half", lambda: StreamingResponse(half()))
    return app


def ask(app: FastAPI, method: str, path: str, headers: dict[str, str] | None = None) -> httpx.Response:
    """One request; as when a server ends, the database is closed after it."""

    async def request() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.request(method, path, headers=headers)

    try:
        return anyio.run(request)
    finally:
        app.state.studio.database.close()


@pytest.mark.parametrize(
    ("method", "path", "headers", "kind"),
    [
        ("GET", "/broken", {}, "text/html"),
        ("POST", "/broken", {}, "text/html"),
        ("GET", "/broken", {"hx-request": "true"}, "text/plain"),
        ("GET", "/api/v1/broken", {}, "application/json"),
    ],
)
def test_a_fault_has_a_reference_that_is_in_the_log(
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    method: str,
    path: str,
    headers: dict[str, str],
    kind: str,
) -> None:
    answer = ask(broken(tmp_path), method, path, headers)
    assert answer.status_code == 500
    assert answer.headers["content-type"].startswith(kind)
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-error-code"] == "fault"
    assert SECRET not in answer.text
    assert "Traceback" not in answer.text
    result = re.search(r"\b[2-9A-Z]{4}-[2-9A-Z]{4}\b", answer.text)
    assert result
    assert f"fault {result[0]} at {method} {path}" in caplog.text
    assert SECRET in caplog.text
    if kind == "application/json":
        assert answer.json()["error"]["reference"] == result[0]


def test_a_response_that_fails_halfway_is_broken_off(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=SECRET):
        ask(broken(tmp_path), "GET", "/half")


def test_a_body_that_is_too_large_is_refused_with_a_code(tmp_path: Path) -> None:
    app = create_app(open_studio(StudioConfig(data=tmp_path)), work=False)
    headers = {"content-length": str((32 << 20) + 1), "content-type": "application/x-www-form-urlencoded"}
    for path, kind in (("/login", "text/html"), ("/api/v1/projects", "application/json")):
        answer = ask(app, "POST", path, headers)
        assert answer.status_code == 413
        assert answer.headers["content-type"].startswith(kind)
        assert answer.headers["connection"] == "close", "its body was not read"
        assert answer.headers["x-error-code"] == "too-large"
