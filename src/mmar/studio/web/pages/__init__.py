"""The pages, one module for each stage."""

from __future__ import annotations

from mmar.studio.web.pages import (
    account,
    annotate,
    home,
    ideas,
    inspection,
    items,
    media,
    people,
    preparation,
    proposals,
    release,
    taxonomy,
)

__all__ = ["ROUTERS"]

_PAGES = (
    account, home, people, ideas, taxonomy, items, annotate, preparation, proposals, inspection, media, release,
)  # fmt: skip
ROUTERS = tuple(page.router for page in _PAGES)
