"""The pages, one module for each stage."""

from __future__ import annotations

from mmar.studio.web.pages import (
    account,
    annotate,
    ideas,
    inspection,
    items,
    media,
    preparation,
    project,
    release,
    taxonomy,
)

__all__ = ["ROUTERS"]

_PAGES = (
    account, project, ideas, taxonomy, items, annotate, preparation, inspection, media, release
)  # fmt: skip
ROUTERS = tuple(page.router for page in _PAGES)
