"""Stage 3: beginning an item, one's own or one that waits for a writer."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import RedirectResponse, Response

from mmar.studio.store import drafts, items, queues
from mmar.studio.store.ideas import find_idea
from mmar.studio.web.forms import number, text
from mmar.studio.web.studio import Place, attached, place
from mmar.studio.workflow import ItemContent

__all__ = ["router"]

router = APIRouter(prefix="/p/{slug}")
Here = Annotated[Place, Depends(place)]


@router.post("/items")
def begin(here: Here) -> Response:
    """Begin an item, perhaps from an idea or for a place of the coverage board."""
    form, now = here.form, here.studio.clock()
    with here.studio.database.write() as session:
        project = attached(session, here.project)
        item = items.new_item(session, project, here.actor, now)
        idea = number(form, "idea")
        # An idea that was given a place gives it to the items that grow from it.
        given = find_idea(session, project, idea).place if idea is not None else ""
        layer, _, sub = given.partition(" / ")
        content = ItemContent(
            idea=idea,
            category=text(form, "layer") or layer,
            sub_category=sub if not text(form, "layer") else "",
            modality=text(form, "modality"),
            language=text(form, "language"),
        )
        if content != ItemContent():
            drafts.save_draft(session, item, here.actor, content, 0, 0, now)
        item_id = item.id
    return RedirectResponse(f"/p/{here.project.slug}/items/{item_id}/edit", 303)


@router.post("/write-next")
def take_draft(here: Here) -> Response:
    """Take an item that nobody has begun."""
    with here.studio.database.write() as session:
        project = attached(session, here.project)
        item = queues.take_next(session, project, here.actor, "drafts", here.studio.clock())
    target = f"items/{item.id}/edit" if item else ""
    return RedirectResponse(f"/p/{here.project.slug}/{target}", 303)
