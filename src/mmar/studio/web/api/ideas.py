"""API: idea cards."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Depends

from mmar.errors import UsageError
from mmar.studio.jobs.model_requests import request_board_proposal
from mmar.studio.store import ideas
from mmar.studio.web.api.serialize import idea_json
from mmar.studio.web.context import ProjectContext, project_context

__all__ = ["router"]

router = APIRouter(prefix="/p/{slug}")
Context = Annotated[ProjectContext, Depends(project_context)]


@router.get("/ideas", tags=["ideas"], summary="The board")
def board(ctx: Context) -> list[dict[str, Any]]:
    """Cards that stand, most wanted first."""
    with ctx.studio.database.read() as session:
        cards = ideas.idea_board(session, ctx.project.id, ctx.person.id)
    return [idea_json(card.idea, card.votes) for card in cards]


@router.post("/ideas", tags=["ideas"], summary="Put a card on the board", status_code=201)
def add(
    ctx: Context,
    title: Annotated[str, Body()],
    detail: Annotated[str, Body()] = "",
    tags: Annotated[list[str] | None, Body()] = None,
) -> dict[str, Any]:
    """Its number and version come back."""
    with ctx.studio.database.write() as session:
        made = ideas.add_idea(session, ctx.project, ctx.actor, title, detail, tags or [], ctx.studio.clock())
    return idea_json(made, 0)


@router.patch("/ideas/{idea_id}", tags=["ideas"], summary="Change a card")
def change(ctx: Context, idea_id: int, values: Annotated[dict[str, Any], Body()]) -> dict[str, Any]:
    """`title`, `detail`, `tags`, `place`, `dropped`; with `version` a stale change gets 409."""
    known = {"title", "detail", "tags", "place", "dropped", "version"}
    if set(values) - known:
        raise UsageError(f"a card has {', '.join(sorted(known))}")
    with ctx.studio.database.write() as session:
        made = ideas.change_idea(session, ctx.project, idea_id, ctx.actor, **values)
    return idea_json(made, 0)


@router.post("/ideas/{idea_id}/vote", tags=["ideas"], summary="Vote, or take the vote back", status_code=204)
def vote(ctx: Context, idea_id: int) -> None:
    """Each person counts once."""
    with ctx.studio.database.write() as session:
        ideas.vote(session, ctx.project, idea_id, ctx.actor)


@router.post("/ideas/{idea_id}/merge", tags=["ideas"], summary="Put a card into another", status_code=204)
def merge(ctx: Context, idea_id: int, into: Annotated[int, Body(embed=True)]) -> None:
    """Its votes and tags go with it."""
    with ctx.studio.database.write() as session:
        ideas.merge_ideas(session, ctx.project, idea_id, into, ctx.actor)


@router.post(
    "/ideas/ask/{kind}", tags=["ideas"], summary="Ask the text model about the board", status_code=202
)
def ask_board(ctx: Context, kind: Literal["ideas", "grouping"]) -> dict[str, str]:
    """`ideas` for more ideas, `grouping` for a place in the taxonomy for each."""
    with ctx.studio.database.write() as session:
        request_board_proposal(session, ctx.project, kind, ctx.person.id, ctx.studio.clock())
    return {"state": "queued"}
