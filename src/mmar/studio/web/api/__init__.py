"""The REST API: JSON over the same functions as the pages. Described by OpenAPI at `/api/v1/openapi.json`."""

from __future__ import annotations

from fastapi import APIRouter

__all__ = ["routes"]


def routes() -> tuple[APIRouter, ...]:
    """All routers, without the prefix of the version."""
    from mmar.studio.web.api import account, board, bulk, exchange, items, people, project, sound, writing

    # The items' last route takes any action, so it stands behind the others.
    return (
        account.router,
        project.router,
        people.router,
        board.router,
        exchange.router,
        sound.router,
        writing.router,
        bulk.router,
        items.router,
    )
