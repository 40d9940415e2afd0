"""Items for programs: reading, saving with a version, moving, queues, answers by ear."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Body, Depends
from starlette.responses import JSONResponse, Response

from mmar.studio.store import drafts, finding, items, listening, queues, revisions
from mmar.studio.store.assignments import assign
from mmar.studio.store.media import ask_for_sound
from mmar.studio.store.people import trace
from mmar.studio.web.api.plain import plain_content, plain_event, plain_item, plain_revision
from mmar.studio.web.api.project import converted
from mmar.studio.web.studio import Place, attached, place, shows_key
from mmar.studio.workflow import Action, Command, ItemContent, Rejection, Role, permitted

__all__ = ["router"]

router = APIRouter(prefix="/p/{slug}", tags=["items"])
Here = Annotated[Place, Depends(place)]


@router.get("/items", summary="Items, filtered, in pages")
def listing(
    here: Here,
    state: str = "",
    layer: str = "",
    modality: str = "",
    q: str = "",
    author: int | None = None,
    inspector: int | None = None,
    after: int = 0,
    limit: int = 50,
) -> list[dict[str, Any]]:
    """`after` is the last number of the page before; at most 500 a page. `author` or `inspector` 0 is nobody."""
    chosen = finding.ItemFilter(state, layer, modality, q, author, inspector)
    with here.studio.database.read() as session:
        found = finding.items_page(
            session, here.project.id, chosen, after=after, limit=min(max(limit, 1), 500)
        )
        return [plain_item(item) for item in found]


@router.post("/items", summary="Begin an item", status_code=201)
def begin(here: Here) -> dict[str, Any]:
    """Empty, yours."""
    with here.studio.database.write() as session:
        return plain_item(
            items.new_item(session, attached(session, here.project), here.actor, here.studio.clock())
        )


@router.get("/items/{item_id}", summary="One item with its history")
def one(here: Here, item_id: int) -> dict[str, Any]:
    """Without its key for one who may still answer it by ear."""
    with here.studio.database.read() as session:
        item = revisions.find_item(session, here.project, item_id)
        hidden = queues.key_is_hidden(session, item, here.actor)
        case = revisions.load_case(session, here.project, item)
        found = {
            **plain_item(item),
            "content": plain_content(revisions.content_of(session, item), hidden=hidden),
            "revisions": [plain_revision(row) for row in revisions.revisions_of(session, item.id)],
            "events": [] if hidden else [plain_event(row) for row in queues.events_of(session, item.id)],
            "inspector": case.inspector,
            "permitted": sorted(permitted(case, here.actor, here.studio.clock())),
        }
    if not hidden and item.revision:
        shows_key(here, item)
    return found


@router.put("/items/{item_id}", summary="Save a revision")
def save(
    here: Here,
    item_id: int,
    version: Annotated[int, Body()],
    revision: Annotated[int, Body()],
    content: Annotated[dict[str, Any], Body()],
    why: Annotated[str, Body()] = "",
) -> Response:
    """`version` and `revision` are those that you read; if somebody saved meanwhile, 409 with both changes."""
    new = converted(content, ItemContent, "content")
    now = here.studio.clock()
    try:
        with here.studio.database.write() as session:
            project = attached(session, here.project)
            item = items.save(
                session,
                project,
                item_id,
                here.actor,
                new,
                version=version,
                base=revision,
                why=why,
                now=now,
            )
            ask_for_sound(session, project, item, now, person_id=here.person.id)
            return JSONResponse(plain_item(item))
    except items.StaleSave as stale:
        with here.studio.database.write() as session:
            item = revisions.find_item(session, here.project, item_id)
            queues.note_key_shown(session, item, here.person.id, now)
        return JSONResponse(
            {
                "error": {"kind": "stale", "message": str(stale)},
                "version": stale.version,
                "conflict": msgspec.to_builtins(stale.conflict),
            },
            409,
        )


@router.put("/items/{item_id}/draft", summary="Keep what is being typed", status_code=204)
def draft(
    here: Here,
    item_id: int,
    version: Annotated[int, Body()],
    revision: Annotated[int, Body()],
    content: Annotated[dict[str, Any], Body()],
) -> None:
    """Your own; nobody else sees it. A save clears it."""
    new = converted(content, ItemContent, "content")
    with here.studio.database.write() as session:
        item = revisions.find_item(session, here.project, item_id)
        drafts.save_draft(session, item, here.actor, new, version, revision, here.studio.clock())


@router.post("/items/{item_id}/show-key", summary="See the key without listening", status_code=204)
def show_key(here: Here, item_id: int) -> None:
    """It is noted; your answer to this item will not be blind."""
    with here.studio.database.write() as session:
        item = revisions.find_item(session, here.project, item_id, lock=True)
        listening.show_key(
            session, attached(session, here.project), item, here.person.id, here.studio.clock()
        )


@router.put("/items/{item_id}/assignment", summary="Say who is to write or to inspect an item")
def name_somebody(
    here: Here,
    item_id: int,
    role: Annotated[Literal["annotator", "inspector"], Body()],
    person: Annotated[int | None, Body()] = None,
) -> dict[str, Any]:
    """For leads. Nobody inspects what they wrote; no person lets any inspector take it."""
    with here.studio.database.write() as session:
        project = attached(session, here.project)
        item = revisions.find_item(session, project, item_id, lock=True)
        assign(session, project, item, here.actor, Role(role), person, here.studio.clock())
        named = revisions.load_case(session, project, item).inspector
        return {**plain_item(item), "inspector": named}


@router.post("/items/{item_id}/let-go", summary="Put an item back into its queue", status_code=204)
def let_go(here: Here, item_id: int) -> None:
    """If you have it in hand; else nothing happens."""
    with here.studio.database.write() as session:
        listening.let_go(revisions.find_item(session, here.project, item_id, lock=True), here.person.id)


@router.post("/items/{item_id}/{action}", summary="Move an item")
def act(
    here: Here,
    item_id: int,
    action: Action,
    version: Annotated[int | None, Body()] = None,
    rejection: Annotated[dict[str, Any] | None, Body()] = None,
    why: Annotated[str, Body()] = "",
) -> dict[str, Any]:
    """submit, recall, forward, approve, reject, resubmit, reopen, withdraw, restore or take_down."""
    spot = converted(rejection, Rejection, "rejection") if rejection is not None else None
    now = here.studio.clock()
    with here.studio.database.write() as session:
        project = attached(session, here.project)
        command = Command(action, version=version, rejection=spot, why=why)
        item = items.act(session, project, item_id, here.actor, command, now)
        if action in (Action.SUBMIT, Action.RESUBMIT):
            ask_for_sound(session, project, item, now, person_id=here.person.id, fetch=True)
        if action in (Action.TAKE_DOWN, Action.WITHDRAW, Action.REOPEN):
            who, said = here.person.id, item.public_id
            trace(session, now, who, action.value, said, detail=why, project_id=project.id)
        return plain_item(item)


@router.post("/queue/{queue}/next", summary="Take the next item of a queue in hand")
def take_next(here: Here, queue: str) -> dict[str, Any] | None:
    """`inspection` or `drafts`; null when it holds nothing for you."""
    with here.studio.database.write() as session:
        project = attached(session, here.project)
        item = queues.take_next(session, project, here.actor, queue, here.studio.clock())
        if item is None:
            return None
        hidden = queues.key_is_hidden(session, item, here.actor)
        return {
            **plain_item(item),
            "content": plain_content(revisions.content_of(session, item), hidden=hidden),
        }


@router.put("/items/{item_id}/blind-answer", summary="Answer by ear")
def answer(here: Here, item_id: int, choice: Annotated[int | None, Body(embed=True)]) -> dict[str, Any]:
    """Place of the choice from 0, null for “cannot tell”; the key comes back."""
    with here.studio.database.write() as session:
        project = attached(session, here.project)
        item = listening.answer(session, project, item_id, here.actor, choice, here.studio.clock())
        return {**plain_item(item), "content": plain_content(revisions.content_of(session, item))}
