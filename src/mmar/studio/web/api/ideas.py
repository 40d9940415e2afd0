"""API: the board of ideas."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body

from mmar.errors import UsageError
from mmar.studio.jobs.model_requests import request_board_proposal
from mmar.studio.store import ideas
from mmar.studio.web.api.serialize import idea_json
from mmar.studio.web.context import Context
from mmar.studio.web.forms import TITLE_MAX
from mmar.studio.workflow.limits import LONGEST_TEXT

__all__ = ["router"]

router = APIRouter(prefix="/p/{slug}/ideas", tags=["ideas"])
_FIELDS = ("title", "detail", "tags", "place", "dropped", "version")


@router.get("", summary="All ideas")
def board(ctx: Context) -> list[dict[str, Any]]:
    """Ideas on the board, those with most votes first."""
    with ctx.studio.database.read() as session:
        cards = ideas.idea_board(session, ctx.project.id, ctx.person.id)
    return [idea_json(card.idea, card.votes) for card in cards]


@router.post("", summary="Add an idea", status_code=201)
def add(
    ctx: Context,
    title: Annotated[str, Body(max_length=TITLE_MAX)],
    detail: Annotated[str, Body(max_length=LONGEST_TEXT)] = "",
    tags: Annotated[list[str] | None, Body()] = None,
) -> dict[str, Any]:
    """Answers with its id and version."""
    with ctx.studio.database.write() as session:
        idea = ideas.add_idea(session, ctx.project, ctx.actor, title, detail, tags or [], ctx.studio.clock())
    return idea_json(idea, 0)


@router.patch("/{idea_id}", summary="Edit an idea")
def change(ctx: Context, idea_id: int, values: Annotated[dict[str, Any], Body()]) -> dict[str, Any]:
    """`title`, `detail`, `tags`, `place`, `dropped`; with `version`, 409 if it was changed since."""
    unknown = sorted(set(values) - set(_FIELDS))
    if unknown:
        raise UsageError(
            f"unknown field {unknown[0]}; an idea has {', '.join(_FIELDS)}", code="unknown-field"
        )
    with ctx.studio.database.write() as session:
        idea = ideas.change_idea(session, ctx.project, idea_id, ctx.actor, **values)
    return idea_json(idea, 0)


@router.post("/{idea_id}/vote", summary="Vote, or take the vote back", status_code=204)
def vote(ctx: Context, idea_id: int) -> None:
    """Each person has one vote."""
    with ctx.studio.database.write() as session:
        ideas.vote(session, ctx.project, idea_id, ctx.actor)


@router.post("/{idea_id}/merge", summary="Merge an idea into another", status_code=204)
def merge(ctx: Context, idea_id: int, into: Annotated[int, Body(embed=True)]) -> None:
    """Votes and tags are merged too."""
    with ctx.studio.database.write() as session:
        ideas.merge_ideas(session, ctx.project, idea_id, into, ctx.actor)


@router.post("/ask/{kind}", summary="Ask the text model about the board", status_code=202)
def ask(ctx: Context, kind: Literal["ideas", "grouping"]) -> dict[str, str]:
    """`ideas` for more ideas, `grouping` for a category of each idea."""
    with ctx.studio.database.write() as session:
        request_board_proposal(session, ctx.project, kind, ctx.actor, ctx.studio.clock())
    return {"state": "queued"}
