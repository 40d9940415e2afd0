"""Stage 1: idea cards."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from mmar.studio.jobs.model_requests import request_board_proposal
from mmar.studio.store import ideas, proposals
from mmar.studio.store.jobs import newest_job
from mmar.studio.store.people import names_of
from mmar.studio.web.context import ProjectContext, attached, fragment_of, project_context
from mmar.studio.web.forms import number, text
from mmar.studio.web.render import job_marker, render_page

__all__ = ["router"]

router = APIRouter(prefix="/p/{slug}/ideas")
Context = Annotated[ProjectContext, Depends(project_context)]


_STEP = 60
"""Cards of a long board that are shown at once, and with each further step."""


def _show(
    request: Request, ctx: ProjectContext, *, part: str = "ideas.html", further: bool = False, new: int = 0
) -> Response:
    """The board or a part of it.

    Args:
        request: says which tag and order, from which card on, and how many were shown.
        ctx: who asks, and where.
        part: the template.
        further: only what follows the cards that are there.
        new: a card that was just made; it stands first, so that its author sees it.
    """
    # A part of the page that was changed is shown anew as it was looked at: with the same tag, in the same order.
    tag, order, first = (
        ctx.form.get(name) or request.query_params.get(name) or "" for name in ("tag", "order", "from")
    )
    start = 0 if new else _count(first)
    upto = max(start + _STEP, _count(ctx.form.get("shown")))
    with ctx.studio.database.read() as session:
        cards = ideas.idea_board(session, ctx.project.id, ctx.person.id)
        tags = sorted({tag for card in cards for tag in card.idea.tags})
        found = proposals.open_proposals(session, ctx.project.id, kinds=("ideas",))
        job = newest_job(session, ctx.project.id, "propose", "ideas")
        names = names_of(session)
    shown = [card for card in cards if not tag or tag in card.idea.tags]
    if order == "new":
        shown.sort(key=lambda card: -card.idea.id)
    shown.sort(key=lambda card: card.idea.id != new)
    return render_page(
        request,
        part,
        ctx,
        cards=shown[start:upto],
        found=len(shown),
        start=start,
        upto=upto,
        step=_STEP,
        further=further,
        all_cards=cards,
        tags=tags,
        tag=tag if isinstance(tag, str) else "",
        order=order,
        proposals=found,
        job=job,
        names=names,
        model=ctx.studio.config.text_model,
    )


def _count(value: object) -> int:
    # From addresses and forms that anybody may write.
    return int(value) if isinstance(value, str) and value.isdecimal() and len(value) < 7 else 0


def _after(request: Request, ctx: ProjectContext, *, new: int = 0) -> Response:
    if "hx-request" in request.headers:
        return _show(request, ctx, part="ideas_board.html", new=new)
    return RedirectResponse(f"/p/{ctx.project.slug}/ideas", 303)


def _card(request: Request, ctx: ProjectContext, idea_id: int, part: str) -> Response:
    """One card or its vote alone, so that the rest of the board stays as it is."""
    with ctx.studio.database.read() as session:
        cards = ideas.idea_board(session, ctx.project.id, ctx.person.id)
        names = names_of(session)
    card = next((one for one in cards if one.idea.id == idea_id), None)
    if card is None or "hx-request" not in request.headers:
        # Somebody merged or dropped it meanwhile: the whole board is shown as it is now.
        answer = _after(request, ctx)
        answer.headers["HX-Retarget"] = "#board"
        return answer
    return render_page(request, part, ctx, card=card, names=names)


@router.get("")
def show(request: Request, ctx: Context) -> Response:
    """The board."""
    return _show(request, ctx)


@router.get("/further", dependencies=[fragment_of("/p/{slug}/ideas")])
def further(request: Request, ctx: Context) -> Response:
    """What follows the cards that a long board shows."""
    return _show(request, ctx, part="ideas_further.html", further=True)


@router.get("/asked", dependencies=[fragment_of("/p/{slug}/ideas")])
def asked(request: Request, ctx: Context, seen: str = "") -> Response:
    """How far the model is, and what it proposes; nothing as long as that is what the page shows."""
    with ctx.studio.database.read() as session:
        job = newest_job(session, ctx.project.id, "propose", "ideas")
    if job_marker(job) == seen:
        return Response(status_code=204)
    return _show(request, ctx, part="ideas_asked.html")


@router.post("")
def add(request: Request, ctx: Context) -> Response:
    """Put a card on the board."""
    with ctx.studio.database.write() as session:
        made = ideas.add_idea(
            session,
            ctx.project,
            ctx.actor,
            text(ctx.form, "title"),
            text(ctx.form, "detail"),
            text(ctx.form, "tags").split(","),
            ctx.studio.clock(),
        )
    return _after(request, ctx, new=made.id)


@router.post("/propose")
def ask(request: Request, ctx: Context) -> Response:
    """Ask the text model for more."""
    with ctx.studio.database.write() as session:
        request_board_proposal(session, ctx.project, "ideas", ctx.person.id, ctx.studio.clock())
    if "hx-request" in request.headers:
        return _show(request, ctx, part="ideas_asked.html")
    return RedirectResponse(f"/p/{ctx.project.slug}/ideas", 303)


@router.get("/{idea_id}/more", dependencies=[fragment_of("/p/{slug}/ideas")])
def more(request: Request, ctx: Context, idea_id: int) -> Response:
    """What may be done with one card; of hundreds of cards only those that somebody unfolds."""
    with ctx.studio.database.read() as session:
        idea = ideas.find_idea(session, ctx.project, idea_id)
        cards = ideas.idea_board(session, ctx.project.id, ctx.person.id)
    return render_page(request, "idea_more.html", ctx, idea=idea, all_cards=cards)


@router.post("/{idea_id}/vote")
def vote(request: Request, ctx: Context, idea_id: int) -> Response:
    """Vote, or take the vote back."""
    with ctx.studio.database.write() as session:
        ideas.vote(session, attached(session, ctx.project), idea_id, ctx.actor)
    return _card(request, ctx, idea_id, "idea_vote.html")


@router.post("/{idea_id}")
def change(request: Request, ctx: Context, idea_id: int) -> Response:
    """Change a card."""
    with ctx.studio.database.write() as session:
        ideas.change_idea(
            session,
            ctx.project,
            idea_id,
            ctx.actor,
            version=number(ctx.form, "version"),
            title=text(ctx.form, "title"),
            detail=text(ctx.form, "detail"),
            tags=text(ctx.form, "tags").split(","),
        )
    return _card(request, ctx, idea_id, "idea_card.html")


@router.post("/{idea_id}/merge")
def merge(request: Request, ctx: Context, idea_id: int) -> Response:
    """Put a card into another."""
    with ctx.studio.database.write() as session:
        ideas.merge_ideas(session, ctx.project, idea_id, number(ctx.form, "into") or 0, ctx.actor)
    return _after(request, ctx)


@router.post("/{idea_id}/drop")
def drop(request: Request, ctx: Context, idea_id: int) -> Response:
    """Take a card off the board; it is kept."""
    with ctx.studio.database.write() as session:
        ideas.change_idea(session, ctx.project, idea_id, ctx.actor, dropped=True)
    return _after(request, ctx)
