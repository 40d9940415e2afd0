"""The REST API: JSON over the same functions as the pages. Described by OpenAPI at `/api/v1/openapi.json`."""

from __future__ import annotations

from fastapi import APIRouter

__all__ = ["routes"]


def routes() -> tuple[APIRouter, ...]:
    """All routers, without the prefix of the version."""
    from mmar.studio.web.api import board, items, project, sound

    return (project.router, board.router, sound.router, items.router)
