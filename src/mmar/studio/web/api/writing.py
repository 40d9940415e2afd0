"""Writing beside others, for programs: what revisions said, one's own draft, going on after two saved at once."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends

from mmar.studio.data.item_tables import Draft
from mmar.studio.store import drafts, judging, queues, revisions
from mmar.studio.web.api.plain import plain_content, plain_revision
from mmar.studio.web.studio import Place, attached, place, shows_key
from mmar.studio.workflow.refusal import NotThere

__all__ = ["router"]

router = APIRouter(prefix="/p/{slug}/items/{item_id}", tags=["items"])
Here = Annotated[Place, Depends(place)]


def _plain_draft(draft: Draft) -> dict[str, Any]:
    return {
        "version": draft.version,
        "revision": draft.revision,
        "content": plain_content(draft.content),
        "at": draft.at.isoformat(),
    }


@router.get("/revisions/{number}", summary="What an item said in one revision")
def revision(here: Here, item_id: int, number: int) -> dict[str, Any]:
    """Without its key for one who may still answer the item by ear."""
    with here.studio.database.read() as session:
        item = revisions.find_item(session, here.project, item_id)
        hidden = queues.key_is_hidden(session, item, here.actor)
        row = revisions.revision_at(session, item.id, number)
        found = {**plain_revision(row), "content": plain_content(row.content, hidden=hidden)}
    if not hidden:
        shows_key(here, item)
    return found


@router.get("/draft", summary="What you were writing")
def draft(here: Here, item_id: int) -> dict[str, Any] | None:
    """Null when nothing of yours is unsaved."""
    with here.studio.database.read() as session:
        item = revisions.find_item(session, here.project, item_id)
        found = drafts.find_draft(session, item.id, here.person.id)
        return _plain_draft(found) if found is not None else None


@router.get("/judgement-draft", summary="What you were writing as an inspector")
def judgement_draft(here: Here, item_id: int) -> dict[str, str]:
    """Each part empty where you wrote nothing."""
    with here.studio.database.read() as session:
        item = revisions.find_item(session, here.project, item_id)
        return judging.kept_judgement(session, item.id, here.person.id)


@router.put("/judgement-draft", summary="Keep what an inspector is writing", status_code=204)
def keep_judgement(
    here: Here,
    item_id: int,
    reason: Annotated[str, Body()] = "",
    field: Annotated[str, Body()] = "",
    comment: Annotated[str, Body(max_length=20_000)] = "",
    start: Annotated[str, Body()] = "",
    end: Annotated[str, Body()] = "",
) -> None:
    """Your own; nobody else sees it. Approving or rejecting clears it."""
    written = {"reason": reason, "field": field, "comment": comment, "start": start, "end": end}
    with here.studio.database.write() as session:
        item = revisions.find_item(session, here.project, item_id)
        judging.keep_judgement(session, item, here.actor, written, here.studio.clock())


@router.post("/resolve", summary="Go on after two people saved at once")
def resolve(
    here: Here,
    item_id: int,
    take: Annotated[drafts.Taken, Body()],
    first: Annotated[int, Body()] = 0,
) -> dict[str, Any]:
    """Your draft becomes `mine`, `theirs`, or `merged` from revision `first`, with which you began; then save it."""
    with here.studio.database.write() as session:
        project = attached(session, here.project)
        item = revisions.find_item(session, project, item_id, lock=True)
        if drafts.find_draft(session, item.id, here.person.id) is None:
            raise NotThere("there is no draft of yours to go on with; PUT it to /draft first")
        made = drafts.resolve(session, project, item, here.actor, take, first, here.studio.clock())
        found = _plain_draft(made)
    shows_key(here, item)
    return found
