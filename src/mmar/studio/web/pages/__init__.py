"""The pages, one module each."""

from __future__ import annotations

from mmar.studio.web.pages.account import router as account
from mmar.studio.web.pages.annotate import router as annotate
from mmar.studio.web.pages.begin import router as begin
from mmar.studio.web.pages.brainstorm import router as brainstorm
from mmar.studio.web.pages.entry import router as entry
from mmar.studio.web.pages.home import router as home
from mmar.studio.web.pages.inspect import router as inspect
from mmar.studio.web.pages.items import router as items
from mmar.studio.web.pages.listing import router as listing
from mmar.studio.web.pages.media import router as media
from mmar.studio.web.pages.people import router as people
from mmar.studio.web.pages.prepare import router as prepare
from mmar.studio.web.pages.proposals import router as proposals
from mmar.studio.web.pages.release import router as release
from mmar.studio.web.pages.taxonomy import router as taxonomy

__all__ = ["PAGES"]

PAGES = (
    entry,
    account,
    home,
    people,
    brainstorm,
    taxonomy,
    listing,
    items,
    begin,
    annotate,
    prepare,
    proposals,
    inspect,
    media,
    release,
)
