"""The REST API: JSON over the same functions as the pages. Described by OpenAPI at `/api/v1/openapi.json`."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel

from mmar.studio.web.api import exchange, items, preparation, project

__all__ = ["ERRORS", "ROUTERS"]

# The last route of items matches any action, so that router comes after the others.
ROUTERS: tuple[APIRouter, ...] = (
    project.router,
    exchange.router,
    preparation.router,
    items.router,
)
"""All routers, without the prefix of the version."""


class ErrorDetail(BaseModel):
    """What is wrong: `code` is for programs, `message` for people, `field` names the field that is wrong."""

    code: str
    message: str
    field: str | None = None


class ErrorReply(BaseModel):
    """The body of every error; a conflict has further fields."""

    error: ErrorDetail


_DESCRIPTIONS = {
    400: "The body cannot be parsed.",
    401: "The token is missing or not valid.",
    403: "Not allowed, because of your role or because it is your own work.",
    404: "Not found, or not visible to you.",
    409: "Not possible now: because of the item's state, its reservation, or a newer save.",
    413: "The body is too large.",
    422: "A field is missing or not valid.",
    503: "The database, the disk or the network failed. Try again.",
}
ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"model": ErrorReply, "description": text} for status, text in _DESCRIPTIONS.items()
}
"""Error responses of every operation."""
