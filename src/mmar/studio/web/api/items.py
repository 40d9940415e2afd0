"""API: items: reading, saving with a version, drafts, moving, queues, blind answers, and actions on many items."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Body
from starlette.responses import JSONResponse, Response

from mmar.errors import UsageError
from mmar.studio.data.item_tables import Draft
from mmar.studio.jobs.model_requests import request_proposals
from mmar.studio.store import bulk, drafts, inspection, item_lists, items, revisions
from mmar.studio.store.items import assign
from mmar.studio.store.recordings import request_audio
from mmar.studio.web.api.serialize import content_json, converted, row_json
from mmar.studio.web.context import Context, ProjectContext, record_key_view
from mmar.studio.web.render import sentence
from mmar.studio.workflow import Action, Command, ItemContent, NotFound, Rejection, Role, permitted
from mmar.studio.workflow.content import LONGEST_TEXT

router = APIRouter(prefix="/p/{slug}", tags=["items"])
ItemIds = Annotated[list[int] | None, Body()]
Filter = Annotated[dict[str, Any] | None, Body()]


@router.post("/items/assign", summary="Assign items to people")
def assign_items(
    ctx: Context,
    role: Annotated[Literal["annotator", "inspector"], Body()],
    people: Annotated[list[int], Body()],
    items: ItemIds = None,
    matching: Filter = None,
) -> dict[str, Any]:
    """Split items evenly, as far as the rules allow; without people any inspector can take them. For leads.

    `items` are ids; `matching` is a filter instead: `state`, `layer`, `modality`, `words`, `author`, `inspector`
    (0 is nobody); an empty filter matches every item.
    """
    result = _item_ids(ctx, items, matching)
    studio = ctx.studio
    return _bulk_json(
        bulk.assign_items(studio.database, ctx.project, result, ctx.actor, Role(role), people, studio.clock)
    )


@router.post("/items/move", summary="Move items")
def move_items(
    ctx: Context,
    action: Annotated[Action, Body()],
    items: ItemIds = None,
    matching: Filter = None,
    why: Annotated[str, Body()] = "",
) -> dict[str, Any]:
    """Move items by `submit`, `forward`, `recall`, `restore` or `withdraw` (with `why`), where the rules allow it."""
    result = _item_ids(ctx, items, matching)
    studio = ctx.studio
    return _bulk_json(
        bulk.move_items(studio.database, ctx.project, result, ctx.actor, action, studio.clock, why=why)
    )


@router.post("/items/fetch", summary="Fetch and cut missing audio")
def fetch_missing_audio(ctx: Context, items: ItemIds = None, matching: Filter = None) -> dict[str, Any]:
    """Queue jobs for the items that have no clip."""
    ctx.actor.require(Role.ANNOTATOR)
    result = _item_ids(ctx, items, matching)
    studio = ctx.studio
    return _bulk_json(
        bulk.request_audio_for_items(studio.database, ctx.project, result, ctx.person.id, studio.clock)
    )


@router.post("/items/ask", summary="Ask the text model about items", status_code=202)
def request_proposals_for_items(
    ctx: Context,
    kinds: Annotated[list[str], Body()],
    items: ItemIds = None,
    matching: Filter = None,
    again: Annotated[bool, Body()] = False,  # noqa: FBT002 - a field of the body
) -> dict[str, int]:
    """Ask for `thinking`, `distractors`, `sub_category`, `rubric` or `guess`; with `again` also where a proposal exists."""
    ctx.actor.require(Role.ANNOTATOR)
    result = _item_ids(ctx, items, matching)
    studio = ctx.studio
    queued, known = request_proposals(
        studio.database, ctx.project, result, kinds, ctx.actor, studio.clock, include_answered=again
    )
    return {"queued": queued, "known": known}


def _item_ids(ctx: ProjectContext, items: list[int] | None, matching: dict[str, Any] | None) -> list[int]:
    if (items is None) == (matching is None):
        raise UsageError("give either items (ids) or matching (a filter)", code="items-or-matching")
    if items is not None:
        return items
    chosen = converted(matching, item_lists.ItemFilter, "matching")
    with ctx.read() as session:
        return item_lists.item_numbers(session, ctx.project.id, chosen)


def _bulk_json(result: bulk.BulkResult) -> dict[str, Any]:
    return dict(msgspec.to_builtins(result, str_keys=True))


@router.get("/items", summary="Items, filtered, in pages")
def list_items(
    ctx: Context,
    state: str = "",
    layer: str = "",
    modality: str = "",
    q: str = "",
    author: int | None = None,
    inspector: int | None = None,
    after: int = 0,
    limit: int = 50,
) -> list[dict[str, Any]]:
    """Return at most 500 items, after the id `after`. `author` or `inspector` 0 is nobody."""
    chosen = item_lists.ItemFilter(state, layer, modality, q, author, inspector)
    limit = min(max(limit, 1), 500)
    with ctx.read() as session:
        result = item_lists.items_page(session, ctx.project.id, chosen, after=after, limit=limit)
        return [row_json(item) for item in result]


@router.post("/items", summary="Create an item", status_code=201)
def create_item(ctx: Context) -> dict[str, Any]:
    """Create an empty item; you become its author."""
    with ctx.write() as (session, project):
        return row_json(items.new_item(session, project, ctx.actor, ctx.clock()))


@router.get("/items/{item_id}", summary="One item with its history")
def get_item(ctx: Context, item_id: int) -> dict[str, Any]:
    """Return an item. Its key is omitted while you may still answer blind."""
    with ctx.read_item(item_id) as (session, item):
        hidden = inspection.key_is_hidden(session, item, ctx.actor)
        case = revisions.load_case(session, ctx.project, item)
        answer = {
            **row_json(item),
            "content": content_json(revisions.content_of(session, item), hidden=hidden),
            "revisions": [row_json(row) for row in revisions.revisions_of(session, item.id)],
            "events": [] if hidden else [row_json(row) for row in item_lists.events_of(session, item.id)],
            "inspector": case.inspector,
            "permitted": sorted(permitted(case, ctx.actor, ctx.clock())),
        }
    if not hidden and item.revision:
        record_key_view(ctx, item)
    return answer


@router.put("/items/{item_id}", summary="Save a revision")
def save_revision(
    ctx: Context,
    item_id: int,
    version: Annotated[int, Body()],
    revision: Annotated[int, Body()],
    content: Annotated[dict[str, Any], Body()],
    why: Annotated[str, Body()] = "",
) -> Response:
    """Save content that is based on `version` and `revision`; if someone saved since, 409 with both changes."""
    new = converted(content, ItemContent, "content")
    now = ctx.clock()
    try:
        with ctx.write() as (session, project):
            item = items.save(
                session, project, item_id, ctx.actor, new, version=version, base=revision, why=why, now=now
            )
            request_audio(session, project, item, now, person_id=ctx.person.id)
            return JSONResponse(row_json(item))
    except items.StaleSave as stale:
        with ctx.write_item(item_id) as (session, project, item):
            inspection.mark_key_seen(session, item, ctx.person.id, now)
        return JSONResponse(
            {
                "error": {"code": "stale", "message": sentence(str(stale))},
                "version": stale.version,
                "conflict": msgspec.to_builtins(stale.conflict),
            },
            409,
        )


@router.put("/items/{item_id}/draft", summary="Save your draft", status_code=204)
def save_draft(
    ctx: Context,
    item_id: int,
    version: Annotated[int, Body()],
    revision: Annotated[int, Body()],
    content: Annotated[dict[str, Any], Body()],
) -> None:
    """Save a draft that only you can see. Saving a revision deletes it."""
    new = converted(content, ItemContent, "content")
    with ctx.write_item(item_id) as (session, _project, item):
        drafts.save_draft(session, item, ctx.actor, new, version, revision, ctx.clock())


@router.get("/items/{item_id}/draft", summary="Your draft")
def get_draft(ctx: Context, item_id: int) -> dict[str, Any] | None:
    """Return your draft, or null."""
    with ctx.read_item(item_id) as (session, item):
        result = drafts.find_draft(session, item.id, ctx.person.id)
        return _draft_json(result) if result is not None else None


def _draft_json(draft: Draft) -> dict[str, Any]:
    return {
        "version": draft.version,
        "revision": draft.revision,
        "content": content_json(draft.content),
        "at": draft.saved.isoformat(),
    }


@router.post("/items/{item_id}/resolve", summary="Continue after a conflict")
def resolve_conflict(
    ctx: Context, item_id: int, take: Annotated[drafts.Resolution, Body()], first: Annotated[int, Body()] = 0
) -> dict[str, Any]:
    """Make your draft `mine`, `theirs`, or `merged`; `first` is the revision that you started from."""
    with ctx.write_item(item_id, lock=True) as (session, project, item):
        if drafts.find_draft(session, item.id, ctx.person.id) is None:
            raise NotFound("you have no draft of this item; PUT it to /draft first")
        resolved = drafts.resolve(session, project, item, ctx.actor, take, first, ctx.clock())
        answer = _draft_json(resolved)
    record_key_view(ctx, item)
    return answer


@router.get("/items/{item_id}/revisions/{number}", summary="One revision of an item")
def get_revision(ctx: Context, item_id: int, number: int) -> dict[str, Any]:
    """Return a revision. Its key is omitted while you may still answer the item blind."""
    with ctx.read_item(item_id) as (session, item):
        hidden = inspection.key_is_hidden(session, item, ctx.actor)
        row = revisions.revision_at(session, item.id, number)
        answer = {**row_json(row), "content": content_json(row.content, hidden=hidden)}
    if not hidden:
        record_key_view(ctx, item)
    return answer


@router.post("/items/{item_id}/show-key", summary="See the key without a blind answer", status_code=204)
def reveal_key(ctx: Context, item_id: int) -> None:
    """Record that you see the key; you can no longer answer this item blind."""
    with ctx.write_item(item_id, lock=True) as (session, _project, item):
        inspection.mark_key_seen(session, item, ctx.person.id, ctx.clock())


@router.put("/items/{item_id}/assignment", summary="Set an item's author or inspector")
def assign_item(
    ctx: Context,
    item_id: int,
    role: Annotated[Literal["annotator", "inspector"], Body()],
    person: Annotated[int | None, Body()] = None,
) -> dict[str, Any]:
    """Set who writes or inspects an item, for leads; without a person any inspector can take it."""
    with ctx.write_item(item_id, lock=True) as (session, project, item):
        assign(session, project, item, ctx.actor, Role(role), person, ctx.clock())
        inspector = revisions.load_case(session, project, item).inspector
        return {**row_json(item), "inspector": inspector}


@router.post("/queue/{queue}/next", summary="Reserve the next item of a queue")
def claim_next_item(ctx: Context, queue: str) -> dict[str, Any] | None:
    """Reserve the next item of the queue `inspection` or `drafts`; null if there is nothing for you."""
    with ctx.write() as (session, project):
        item = item_lists.take_next(session, project, ctx.actor, queue, ctx.clock())
        if item is None:
            return None
        hidden = inspection.key_is_hidden(session, item, ctx.actor)
        content = revisions.content_of(session, item)
        return {**row_json(item), "content": content_json(content, hidden=hidden)}


@router.post("/items/{item_id}/release", summary="Return an item to its queue", status_code=204)
def release_item(ctx: Context, item_id: int) -> None:
    """Release an item that is reserved for you; otherwise nothing happens."""
    with ctx.write_item(item_id, lock=True) as (_session, _project, item):
        inspection.release_item(item, ctx.person.id)


@router.put("/items/{item_id}/playback", summary="Record that the clip is played", status_code=204)
def record_playback(
    ctx: Context, item_id: int, event: Annotated[Literal["start", "end"], Body(embed=True)]
) -> None:
    """Record the `start` of playing, and the `end` of the clip, which a blind answer needs."""
    with ctx.write_item(item_id) as (session, _project, item):
        record = inspection.start_playback if event == "start" else inspection.finish_playback
        record(session, item, ctx.actor, ctx.clock())


@router.put("/items/{item_id}/blind-answer", summary="Give a blind answer")
def give_blind_answer(
    ctx: Context, item_id: int, choice: Annotated[int | None, Body(embed=True)]
) -> dict[str, Any]:
    """Store the index of the choice, or null for "cannot tell"; return the item with its key."""
    with ctx.write() as (session, project):
        item = inspection.answer_blind(session, project, item_id, ctx.actor, choice, ctx.clock())
        return {**row_json(item), "content": content_json(revisions.content_of(session, item))}


@router.get("/items/{item_id}/judgement-draft", summary="Your draft of a review")
def get_review_draft(ctx: Context, item_id: int) -> dict[str, str]:
    """Return what you wrote; other fields are empty."""
    with ctx.read_item(item_id) as (session, item):
        return drafts.find_review_draft(session, item.id, ctx.person.id)


@router.put("/items/{item_id}/judgement-draft", summary="Save your draft of a review", status_code=204)
def save_review_draft(
    ctx: Context,
    item_id: int,
    reason: Annotated[str, Body()] = "",
    field: Annotated[str, Body()] = "",
    comment: Annotated[str, Body(max_length=LONGEST_TEXT)] = "",
    start: Annotated[str, Body()] = "",
    end: Annotated[str, Body()] = "",
) -> None:
    """Save a draft that only you can see. Approving or rejecting deletes it."""
    fields = {"reason": reason, "field": field, "comment": comment, "start": start, "end": end}
    with ctx.write_item(item_id) as (session, _project, item):
        drafts.save_review_draft(session, item, ctx.actor, fields, ctx.clock())


# The last route of the module, because its path matches any action.
@router.post("/items/{item_id}/{action}", summary="Move an item")
def perform_action(
    ctx: Context,
    item_id: int,
    action: Action,
    version: Annotated[int | None, Body()] = None,
    rejection: Annotated[dict[str, Any] | None, Body()] = None,
    why: Annotated[str, Body()] = "",
) -> dict[str, Any]:
    """Submit, recall, forward, approve, reject, resubmit, reopen, withdraw, restore or take_down an item."""
    reason = converted(rejection, Rejection, "rejection") if rejection is not None else None
    command = Command(action, version=version, rejection=reason, why=why)
    with ctx.write() as (session, project):
        return row_json(items.move_item(session, project, item_id, ctx.actor, command, ctx.clock()))
