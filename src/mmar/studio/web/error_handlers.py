"""Errors as responses: a page with a way on, text for a part of a page, JSON for programs.

Every response of this kind has the error's code in the header `X-Error-Code`.
"""

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
from mmar.studio.data import DatabaseUnavailableError
from mmar.studio.web.context import (
    ForgedRequestError,
    FragmentOnlyError,
    LoginRequiredError,
    context_of,
    is_fragment_request,
    visitor_of,
)
from mmar.studio.web.render import render_page, sentence
from mmar.studio.workflow import NotAllowed, NotFound

_LOG = logging.getLogger("mmar.studio")
_PROJECT = re.compile(r"/p/[a-z0-9-]+")
_FORBIDDEN = frozenset({"role", "own", "writer"})
_INCOMPLETE = frozenset({"incomplete", "reason"})
_CONFLICTS = frozenset({"already-member", "login-exists"})
_HTTP_CODES = {404: "not-found", 405: "method-not-allowed"}
_HTTP_TEXTS = {404: "This page does not exist.", 405: "This address does not accept such a request."}
_TITLES = {
    403: "Not allowed",
    404: "Not found",
    405: "Not found",
    409: "Not possible now",
    410: "Link expired",
    413: "Too large",
    422: "Invalid input",
    429: "Too many attempts",
    500: "Something went wrong on our side",
    503: "Temporarily unavailable",
}
_LOGIN = "Log in first, or send a token: Authorization: Bearer TOKEN."
_FORGED = "This form has expired. Reload the page and try again."
_AWAY = "The database is not available at the moment, and nothing was saved. Try again in a moment."
_NOT_STORABLE = "A number is too large, or a text contains a character that cannot be stored."


def add_error_handlers(app: FastAPI) -> None:
    """Let an application answer errors with a message."""

    @app.exception_handler(LoginRequiredError)
    def login_required(request: Request, _error: Exception) -> Response:
        if wants_json(request) or is_fragment_request(request):
            return error_response(request, 401, "login-required", _LOGIN)
        # After a form, people return to the page that it was on.
        page = urlsplit(request.headers.get("referer", "")) if request.method != "GET" else request.url
        target = urlunsplit(("", "", page.path, page.query, "")) or "/"
        return RedirectResponse(f"/login?next={quote(target)}", 303)

    @app.exception_handler(FragmentOnlyError)
    def fragment_only(_request: Request, error: Exception) -> Response:
        return RedirectResponse(error.args[0], 303)

    @app.exception_handler(ForgedRequestError)
    def forged_request(request: Request, _error: Exception) -> Response:
        return error_response(request, 403, "forged-request", _FORGED)

    @app.exception_handler(MmarError)
    def known_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, MmarError)
        if isinstance(error, DatabaseUnavailableError):
            _LOG.warning("%s, at %s %s", error, request.method, request.url.path)
        return error_response(
            request,
            error_status(error),
            error.code,
            error_message(error),
            field=error.field if isinstance(error, InputError) else None,
        )

    @app.exception_handler(DataError)
    @app.exception_handler(OverflowError)
    def not_storable(request: Request, _error: Exception) -> Response:
        return error_response(request, 422, "not-storable", _NOT_STORABLE)

    @app.exception_handler(RequestValidationError)
    def invalid_request(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        first = error.errors()[0]
        location = ".".join(str(part) for part in first["loc"] if part != "body")
        message = sentence(f"{location}: {first['msg']}")
        return error_response(request, 422, "invalid-request", message, field=location)

    @app.exception_handler(HTTPException)
    def http_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        status = error.status_code
        message = _HTTP_TEXTS.get(status, sentence(str(error.detail)))
        response = error_response(request, status, _HTTP_CODES.get(status, "http"), message)
        response.headers.update(error.headers or {})  # such as the methods that an address accepts
        return response


def error_status(error: MmarError) -> int:
    """The HTTP status of an error."""
    if isinstance(error, NotFound):
        return 404
    if isinstance(error, NotAllowed):
        return 403 if error.code in _FORBIDDEN else 422 if error.code in _INCOMPLETE else 409
    if error.code in _CONFLICTS:
        return 409
    return 503 if isinstance(error, ExternalError) else 422


def error_message(error: MmarError) -> str:
    """The message of an error and its hint, as sentences. The location in a file is left out, since a form shows it."""
    if isinstance(error, DatabaseUnavailableError):
        return _AWAY
    return sentence(error.problem if isinstance(error, InputError) else error.summary, error.hint)


def wants_json(request: Request) -> bool:
    """Whether a request is a program's, or asks for JSON."""
    accept = request.headers.get("accept", "")
    return request.url.path.startswith("/api/") or accept.startswith("application/json")


def error_response(
    request: Request, status: int, code: str, message: str, *, field: str | None = None, reference: str = ""
) -> Response:
    """An error as a page with a way on, as text for a part of a page, or as JSON for programs.

    `reference` is that of the log entry of a failure of the studio itself.
    """
    response: Response
    if wants_json(request):
        further = {"field": field or None, "reference": reference or None}
        error = {"code": code, "message": message}
        error |= {name: value for name, value in further.items() if value is not None}
        response = JSONResponse({"error": error}, status)
    elif is_fragment_request(request):
        response = PlainTextResponse(message, status)
    else:
        response = _error_page(request, status, code, message, reference)
    response.headers["x-error-code"] = code
    return response


def _error_page(request: Request, status: int, code: str, message: str, reference: str) -> Response:
    # Where the studio itself failed, the database may be the reason, so it is not queried.
    ctx, visitor = context_of(request), visitor_of(request, query=not reference)
    project = _PROJECT.match(request.url.path)
    home = project.group() if project and (ctx or status != 404) else "/"
    submitted = request.method != "GET"
    # Only a page of this site is offered as the way back.
    before = urlsplit(request.headers.get("referer", ""))
    is_ours = (
        before.netloc == request.url.netloc
        and before.path not in ("", "/login", home)
        and not before.path.startswith("//")
        and (submitted or before.path != request.url.path)
    )
    titles = {"forged-request": "Form expired", "stale": "Changed by someone else"}
    return render_page(
        request,
        "error.html",
        ctx,
        person=visitor.person if visitor else None,
        csrf=visitor.csrf if visitor else "",
        status=status,
        code=code,
        message=message,
        title=titles.get(code) or _TITLES.get(status, "Error"),
        home=home,
        back=urlunsplit(("", "", before.path, before.query, "")) if is_ours else "",
        submitted=submitted,
    )


def fault_response(scope: MutableMapping[str, Any], reference: str) -> Response:
    """The response to a request at which the studio itself failed; the log has the details under `reference`."""
    message = (
        "What was saved is safe. Try again; if it happens again, give the reference "
        f"{reference} to whoever runs the studio. The server's log has the details under it."
    )
    return error_response(Request(scope), 500, "fault", message, reference=reference)
