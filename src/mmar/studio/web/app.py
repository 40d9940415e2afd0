"""Putting the application together: middleware, pages, API, errors in words, the worker beside it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from urllib.parse import quote, urlsplit, urlunsplit

from anyio import to_thread
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DataError
from starlette.exceptions import HTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles

import mmar
from mmar.errors import InputError, MmarError, WorldError
from mmar.studio.jobs.worker import Worker, kinds_for
from mmar.studio.security.bodies import STRANGERS, BodyLimits
from mmar.studio.security.headers import SecureHeaders
from mmar.studio.web.api import routes
from mmar.studio.web.api.errors import ERRORS
from mmar.studio.web.fault import fault_answer
from mmar.studio.web.pages import PAGES
from mmar.studio.web.render import STATIC, page
from mmar.studio.web.studio import Forged, NeedsLogin, Studio, knows
from mmar.studio.workflow import NotThere, Refused

__all__ = ["create_app"]

_THREADS = 12
_NOT_FOUND = 404
_CONFLICT = 409
_PROJECT = re.compile(r"/p/[a-z0-9-]+")
_FAULT = "That did not work"
_TITLES = {
    403: "That is not yours to do",
    _NOT_FOUND: "Nothing is here",
    _CONFLICT: "Somebody was there before you",
    413: "That is too large",
    422: "Something is missing or wrong",
    429: "Too many tries",
    503: "Not just now",
}
_LOOPBACK = ("localhost", "127.0.0.1", "[::1]", "testserver")


def create_app(studio: Studio, *, work: bool = True) -> FastAPI:
    """The application of one studio.

    Args:
        studio: with its database opened and migrated.
        work: whether to do background jobs in this process.
    """

    @asynccontextmanager
    async def life(_app: FastAPI) -> AsyncIterator[None]:
        # More threads than this only wait for each other: rendering holds the interpreter, writing the database.
        to_thread.current_default_thread_limiter().total_tokens = _THREADS
        # One for each kind, so that a clip is cut while a video comes in or a model thinks.
        workers = [
            Worker(studio.config, studio.database, studio.clock, {kind: do})
            for kind, do in kinds_for(studio.config).items()
            if work
        ]
        for worker in workers:
            worker.start()
        yield
        for worker in workers:
            worker.stop()
        studio.database.close()

    app = FastAPI(
        title="mmar studio",
        version=mmar.__version__,
        summary="Everything that the pages do, for programs.",
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
        lifespan=life,
    )
    app.state.studio = studio
    # A page of another site that made its name point at this machine says the wrong host.
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=[*_LOOPBACK, *studio.config.hosts])
    app.add_middleware(
        BodyLimits,
        known=partial(knows, studio),
        said=lambda scope, *refusal: _said(Request(scope), *refusal),
        largest_upload=studio.config.max_upload + STRANGERS,  # the form around the file
    )
    app.add_middleware(SecureHeaders, fault=fault_answer, https=studio.config.https)
    app.mount("/static", CachedFiles(directory=STATIC), name="static")
    for router in PAGES:
        app.include_router(router, include_in_schema=False)
    for router in routes():
        app.include_router(router, prefix="/api/v1", responses=ERRORS)
    _explain_errors(app)
    return app


class CachedFiles(StaticFiles):
    """Static files under an address that changes when they do, so browsers need not ask again."""

    async def get_response(self, path: str, scope: object) -> Response:
        """One file."""
        response = await super().get_response(path, scope)  # type: ignore[arg-type]
        response.headers["cache-control"] = "public, max-age=31536000, immutable"
        return response


def _explain_errors(app: FastAPI) -> None:
    @app.exception_handler(NeedsLogin)
    def needs_login(request: Request, _error: Exception) -> Response:
        if request.url.path.startswith("/api/"):
            return _json(401, "login", "send a token: Authorization: Bearer TOKEN")
        target = f"/login?next={quote(request.url.path)}" if request.method == "GET" else "/login"
        if "hx-request" in request.headers:
            # A part of a page was asked for: after logging in people want the page.
            target = f"/login?next={quote(urlsplit(request.headers.get('hx-current-url', '')).path or '/')}"
            return Response(status_code=204, headers={"HX-Redirect": target})
        return RedirectResponse(target, 303)

    @app.exception_handler(Forged)
    def forged(request: Request, _error: Exception) -> Response:
        return _said(
            request, 403, "forged", "this form is too old or not ours; load the page again and repeat it"
        )

    @app.exception_handler(MmarError)
    def explained(request: Request, error: Exception) -> Response:
        return _said(request, _status(error), getattr(error, "kind", "input"), _message(error))

    @app.exception_handler(DataError)
    @app.exception_handler(OverflowError)
    def unkeepable(request: Request, _error: Exception) -> Response:
        # A number of more digits than any row has, or a character that the database cannot hold.
        return _said(
            request, 422, "input", "a number is too large, or a text holds a character that cannot be kept"
        )

    @app.exception_handler(RequestValidationError)
    def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"] if part != "body")
        return _said(request, 422, "input", f"{place}: {first['msg']}")

    @app.exception_handler(HTTPException)
    def http_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        words = {404: "there is nothing here", 405: "this address cannot be used like that"}
        said = _said(request, error.status_code, "http", words.get(error.status_code, str(error.detail)))
        # Which methods an address knows, say.
        said.headers.update(error.headers or {})
        return said


def _status(error: Exception) -> int:
    if isinstance(error, Refused):
        forbidden = {"role": 403, "own": 403, "writer": 403, "incomplete": 422, "reason": 422}
        return forbidden.get(error.kind, 409)
    if isinstance(error, NotThere):
        return 404
    return 503 if isinstance(error, WorldError) else 422


def _message(error: Exception) -> str:
    if isinstance(error, InputError):
        return error.problem + (f" – {error.hint}" if error.hint else "")
    return str(error)


def _said(request: Request, status: int, kind: str, message: str) -> Response:
    if request.url.path.startswith("/api/"):
        return _json(status, kind, message)
    if "hx-request" in request.headers or request.headers.get("accept", "").startswith("application/json"):
        return PlainTextResponse(message, status)
    # Only a page of our own is offered as the way back.
    before = urlsplit(request.headers.get("referer", ""))
    project = _PROJECT.match(request.url.path)
    home = project.group() if project and status != _NOT_FOUND else "/"
    asked = request.method == "GET"
    ours = (
        before.netloc == request.url.netloc
        and before.path not in ("", "/login")
        and not before.path.startswith("//")
        and not (asked and before.path == request.url.path)
    )
    return page(
        request,
        "error.html",
        status=status,
        message=message,
        code=status,
        title=_title(status, kind, asked=asked),
        home=home,
        back=urlunsplit(("", "", before.path, before.query, "")) if ours else home,
        retry=not asked,
    )


def _title(status: int, kind: str, *, asked: bool) -> str:
    if status == _NOT_FOUND and not asked:
        return _FAULT
    if kind == "forged":
        return "This form is too old"
    # Somebody else is to blame only where something was changed meanwhile.
    return (
        "That cannot be done now" if status == _CONFLICT and kind != "stale" else _TITLES.get(status, _FAULT)
    )


def _json(status: int, kind: str, message: str) -> Response:
    return JSONResponse({"error": {"kind": kind, "message": message}}, status)
