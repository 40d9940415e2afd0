"""The REST API: JSON over the same functions as the pages. Described by OpenAPI at `/api/v1/openapi.json`."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel

from mmar.studio.web.api import account, bulk, exchange, ideas, items, people, preparation, project

__all__ = ["ERRORS", "ROUTERS"]

# The last route of items takes any action, so that router stands behind the others.
ROUTERS: tuple[APIRouter, ...] = (
    account.router,
    project.router,
    people.router,
    ideas.router,
    exchange.router,
    preparation.router,
    bulk.router,
    items.router,
)
"""All routers, without the prefix of the version."""


class ErrorText(BaseModel):
    """What stands in the way."""

    kind: str
    message: str


class ErrorReply(BaseModel):
    """Every error's shape. `kind` is for programs, `message` for people; what a conflict needs stands beside them."""

    error: ErrorText


_WHEN = {
    400: "The body is not what its type says.",
    401: "No token, or one that is not known (any more).",
    403: "Whoever asks may not do this, by role or because it is their own work.",
    404: "It is not there, or not for whoever asks.",
    409: "Not now: by the item's state, its lease, or because somebody saved meanwhile.",
    413: "The body is too large.",
    422: "A field is missing or cannot be what it is.",
    503: "The database, the disk or the network stood in the way; ask again.",
}
ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"model": ErrorReply, "description": when} for status, when in _WHEN.items()
}
"""Added to what every operation answers."""
