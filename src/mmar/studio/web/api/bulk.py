"""API: one action for many items."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Body

from mmar.errors import UsageError
from mmar.studio.jobs.model_requests import request_proposals
from mmar.studio.store import bulk, item_lists
from mmar.studio.web.api.project import converted
from mmar.studio.web.context import Context, ProjectContext
from mmar.studio.workflow import Action, Role

__all__ = ["router"]

router = APIRouter(prefix="/p/{slug}/items", tags=["items"])
ItemIds = Annotated[list[int] | None, Body()]
Filter = Annotated[dict[str, Any] | None, Body()]


@router.post("/assign", summary="Assign items to people")
def assign_items(
    ctx: Context,
    role: Annotated[Literal["annotator", "inspector"], Body()],
    people: Annotated[list[int], Body()],
    items: ItemIds = None,
    matching: Filter = None,
) -> dict[str, Any]:
    """For leads. Items are split evenly as far as the rules allow; without people any inspector can take them.

    `items` are ids; `matching` is a filter instead: `state`, `layer`, `modality`, `words`, `author`, `inspector`
    (0 is nobody); an empty filter matches every item.
    """
    result = _item_ids(ctx, items, matching)
    studio = ctx.studio
    return _outcome_json(
        bulk.assign_items(studio.database, ctx.project, result, ctx.actor, Role(role), people, studio.clock)
    )


@router.post("/move", summary="Move items")
def move(
    ctx: Context,
    action: Annotated[Action, Body()],
    items: ItemIds = None,
    matching: Filter = None,
    why: Annotated[str, Body()] = "",
) -> dict[str, Any]:
    """`submit`, `forward`, `recall`, `restore` or `withdraw` (with `why`); items that a rule forbids stay."""
    result = _item_ids(ctx, items, matching)
    studio = ctx.studio
    return _outcome_json(
        bulk.move_items(studio.database, ctx.project, result, ctx.actor, action, studio.clock, why=why)
    )


@router.post("/fetch", summary="Fetch and cut missing audio")
def fetch(ctx: Context, items: ItemIds = None, matching: Filter = None) -> dict[str, Any]:
    """Jobs are queued; items that have their clip are left out."""
    ctx.require(Role.ANNOTATOR)
    result = _item_ids(ctx, items, matching)
    studio = ctx.studio
    return _outcome_json(
        bulk.request_audio_for_items(studio.database, ctx.project, result, ctx.person.id, studio.clock)
    )


@router.post("/ask", summary="Ask the text model about items", status_code=202)
def ask(
    ctx: Context,
    kinds: Annotated[list[str], Body()],
    items: ItemIds = None,
    matching: Filter = None,
    again: Annotated[bool, Body()] = False,  # noqa: FBT002 - a field of the body
) -> dict[str, int]:
    """`thinking`, `distractors`, `sub_category`, `rubric`, `guess`; with `again` also where a proposal exists."""
    ctx.require(Role.ANNOTATOR)
    result = _item_ids(ctx, items, matching)
    studio = ctx.studio
    queued, known = request_proposals(
        studio.database, ctx.project, result, kinds, ctx.actor, studio.clock, again=again
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


def _outcome_json(outcome: bulk.Outcome) -> dict[str, Any]:
    return dict(msgspec.to_builtins(outcome, str_keys=True))
