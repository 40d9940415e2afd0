"""One thing done to many items, for programs."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Body, Depends

from mmar.errors import UsageError
from mmar.studio.jobs.model_requests import request_proposals
from mmar.studio.store import bulk, item_search
from mmar.studio.web.api.project import converted
from mmar.studio.web.context import ProjectContext, project_context
from mmar.studio.workflow import Action, NotAllowed, Role

__all__ = ["router"]

router = APIRouter(prefix="/p/{slug}/items", tags=["items"])
Context = Annotated[ProjectContext, Depends(project_context)]
Numbers = Annotated[list[int] | None, Body()]
Chosen = Annotated[dict[str, Any] | None, Body()]


@router.post("/hand-out", summary="Share items out among people")
def assign_items(
    ctx: Context,
    role: Annotated[Literal["annotator", "inspector"], Body()],
    people: Annotated[list[int], Body()],
    items: Numbers = None,
    matching: Chosen = None,
) -> dict[str, Any]:
    """For leads. As evenly as the rules let; no people lets any inspector take them again.

    `items` are numbers; `matching` says which instead: `state`, `layer`, `modality`, `words`, `author`,
    `inspector` (0 is nobody); empty is every item.
    """
    found = _numbers(ctx, items, matching)
    studio = ctx.studio
    return _plain(
        bulk.assign_items(studio.database, ctx.project, found, ctx.actor, Role(role), people, studio.clock)
    )


@router.post("/move", summary="Move many items")
def move(
    ctx: Context,
    action: Annotated[Action, Body()],
    items: Numbers = None,
    matching: Chosen = None,
    why: Annotated[str, Body()] = "",
) -> dict[str, Any]:
    """`submit`, `forward`, `recall`, `restore` or `withdraw` (with `why`); those that a rule forbids stay."""
    found = _numbers(ctx, items, matching)
    studio = ctx.studio
    return _plain(
        bulk.move_items(studio.database, ctx.project, found, ctx.actor, action, studio.clock, why=why)
    )


@router.post("/fetch", summary="Fetch and cut what many items lack")
def fetch(ctx: Context, items: Numbers = None, matching: Chosen = None) -> dict[str, Any]:
    """Jobs are queued; those that can be heard already are left."""
    if not ctx.actor.has(Role.ANNOTATOR):
        raise NotAllowed("role", "to prepare items needs the role annotator")
    found = _numbers(ctx, items, matching)
    studio = ctx.studio
    return _plain(
        bulk.request_audio_for_items(studio.database, ctx.project, found, ctx.person.id, studio.clock)
    )


@router.post("/ask", summary="Ask the text model about many items", status_code=202)
def ask(
    ctx: Context,
    kinds: Annotated[list[str], Body()],
    items: Numbers = None,
    matching: Chosen = None,
    again: Annotated[bool, Body()] = False,  # noqa: FBT002 - a field of the body
) -> dict[str, int]:
    """`thinking`, `distractors`, `sub_category`, `rubric`, `guess`; `again` also where one was proposed before."""
    if not ctx.actor.has(Role.ANNOTATOR):
        raise NotAllowed("role", "to prepare items needs the role annotator")
    found = _numbers(ctx, items, matching)
    studio = ctx.studio
    queued, known = request_proposals(
        studio.database, ctx.project, found, kinds, ctx.person.id, studio.clock, again=again
    )
    return {"queued": queued, "known": known}


def _numbers(ctx: ProjectContext, items: list[int] | None, matching: dict[str, Any] | None) -> list[int]:
    if (items is None) == (matching is None):
        raise UsageError("say either `items`, numbers, or `matching`, which items")
    if items is not None:
        return items
    chosen = converted(matching, item_search.ItemFilter, "matching")
    with ctx.studio.database.read() as session:
        return item_search.item_numbers(session, ctx.project.id, chosen)


def _plain(outcome: bulk.Outcome) -> dict[str, Any]:
    return dict(msgspec.to_builtins(outcome, str_keys=True))
