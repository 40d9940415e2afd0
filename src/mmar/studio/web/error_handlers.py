"""What could not be done, said to people on a page and to programs as JSON."""

from __future__ import annotations

import logging
import re
from collections.abc import MutableMapping
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DataError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response

from mmar.errors import ExternalError, InputError, MmarError
from mmar.studio.data import DatabaseAwayError
from mmar.studio.web.context import ForgedRequest, FragmentOnly, LoginRequired, context_of, visitor_of
from mmar.studio.web.render import render_page
from mmar.studio.workflow import NotAllowed, NotFound

__all__ = ["add_error_handlers", "error_response", "fault_response"]

_LOG = logging.getLogger("mmar.studio")
_NOT_FOUND = 404
_FAULT_STATUS = 500
_CONFLICT = 409
_PROJECT = re.compile(r"/p/[a-z0-9-]+")
_AWAY = "the studio's database does not answer just now, and nothing of this was saved; try again in a moment"
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


def add_error_handlers(app: FastAPI) -> None:
    """Let an application answer what goes wrong in words."""

    @app.exception_handler(LoginRequired)
    def needs_login(request: Request, _error: Exception) -> Response:
        if request.url.path.startswith("/api/"):
            return _json(401, "login", "send a token: Authorization: Bearer TOKEN")
        target = f"/login?next={quote(request.url.path)}" if request.method == "GET" else "/login"
        if "hx-request" in request.headers:
            # A part of a page was asked for: after logging in people want the page.
            target = f"/login?next={quote(urlsplit(request.headers.get('hx-current-url', '')).path or '/')}"
            return Response(status_code=204, headers={"HX-Redirect": target})
        return RedirectResponse(target, 303)

    @app.exception_handler(FragmentOnly)
    def whole(_request: Request, error: Exception) -> Response:
        return RedirectResponse(error.args[0], 303)

    @app.exception_handler(ForgedRequest)
    def forged(request: Request, _error: Exception) -> Response:
        return error_response(
            request, 403, "forged", "this form is too old or not ours; load the page again and repeat it"
        )

    @app.exception_handler(MmarError)
    def explained(request: Request, error: Exception) -> Response:
        if isinstance(error, DatabaseAwayError):
            _LOG.warning("%s, at %s %s", error, request.method, request.url.path)
        usual = "away" if isinstance(error, ExternalError) else "input"
        return error_response(
            request, _status(error), error.code if isinstance(error, NotAllowed) else usual, _message(error)
        )

    @app.exception_handler(DataError)
    @app.exception_handler(OverflowError)
    def unkeepable(request: Request, _error: Exception) -> Response:
        # A number of more digits than any row has, or a character that the database cannot hold.
        return error_response(
            request, 422, "input", "a number is too large, or a text holds a character that cannot be kept"
        )

    @app.exception_handler(RequestValidationError)
    def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        first = error.errors()[0]
        location = ".".join(str(part) for part in first["loc"] if part != "body")
        return error_response(request, 422, "input", f"{location}: {first['msg']}")

    @app.exception_handler(HTTPException)
    def http_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        words = {404: "there is nothing here", 405: "this address cannot be used like that"}
        said = error_response(
            request, error.status_code, "http", words.get(error.status_code, str(error.detail))
        )
        # Which methods an address knows, say.
        said.headers.update(error.headers or {})
        return said


def _status(error: Exception) -> int:
    if isinstance(error, NotAllowed):
        forbidden = {"role": 403, "own": 403, "writer": 403, "incomplete": 422, "reason": 422}
        return forbidden.get(error.code, 409)
    if isinstance(error, NotFound):
        return 404
    return 503 if isinstance(error, ExternalError) else 422


def _message(error: Exception) -> str:
    if isinstance(error, InputError):
        return error.problem + (f" – {error.hint}" if error.hint else "")
    return _AWAY if isinstance(error, DatabaseAwayError) else str(error)


def error_response(request: Request, status: int, kind: str, message: str) -> Response:
    """A page with the way on, words for a part of a page, or JSON for the API.

    Args:
        request: what is refused.
        status: HTTP status.
        kind: what programs tell refusals by.
        message: what to do about it.
    """
    if request.url.path.startswith("/api/"):
        return _json(status, kind, message)
    if "hx-request" in request.headers or request.headers.get("accept", "").startswith("application/json"):
        return PlainTextResponse(message, status)
    where, visitor = context_of(request), visitor_of(request)
    # Only a page of our own is offered as the way back.
    before = urlsplit(request.headers.get("referer", ""))
    project = _PROJECT.match(request.url.path)
    home = project.group() if project and (where or status != _NOT_FOUND) else "/"
    asked = request.method == "GET"
    ours = (
        before.netloc == request.url.netloc
        and before.path not in ("", "/login")
        and not before.path.startswith("//")
        and not (asked and before.path == request.url.path)
    )
    return render_page(
        request,
        "error.html",
        where,
        person=visitor.person if visitor else None,
        csrf=visitor.csrf if visitor else "",
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


def fault_response(scope: MutableMapping[str, Any], reference: str) -> Response:
    """A page, words for a part of a page, or JSON for the API.

    Args:
        scope: the request's.
        reference: under which the log tells what happened.
    """
    request = Request(scope)
    if request.url.path.startswith("/api/"):
        said = f"the studio made a mistake; its log says more under {reference}"
        return JSONResponse(
            {"error": {"kind": "fault", "message": said, "reference": reference}}, status_code=_FAULT_STATUS
        )
    words = f"The studio made a mistake. What you saved is safe. Its log says more under {reference}."
    if "hx-request" in request.headers or request.headers.get("accept", "").startswith("application/json"):
        return PlainTextResponse(words, _FAULT_STATUS)
    visitor = visitor_of(request, look=False)
    return render_page(
        request,
        "error.html",
        context_of(request),
        person=visitor.person if visitor else None,
        csrf=visitor.csrf if visitor else "",
        status=_FAULT_STATUS,
        code=_FAULT_STATUS,
        title="The studio made a mistake",
        message=(
            "It is not your doing, and what you saved is safe. Try again; if it happens again, tell whoever "
            "runs the studio this number, under which its log says more."
        ),
        reference=reference,
        home="/",
        back="/",
        retry=request.method != "GET",
    )
