"""Stage 1: the board of ideas."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from mmar.studio.data.tables import Idea
from mmar.studio.jobs.model_requests import request_board_proposal
from mmar.studio.store import ideas, proposals
from mmar.studio.store.jobs import newest_job
from mmar.studio.store.people import names_of
from mmar.studio.store.projects import row_in
from mmar.studio.web.context import Context, ProjectContext, fragment_of, is_fragment_request
from mmar.studio.web.forms import number, text
from mmar.studio.web.render import job_marker, render_page
from mmar.studio.workflow.content import LONGEST_TITLE

router = APIRouter(prefix="/p/{slug}/ideas")

_STEP = 60
"""Cards of a long board that are loaded at once, and with each further step."""


def _show(
    request: Request,
    ctx: ProjectContext,
    *,
    template: str = "ideas.html",
    further: bool = False,
    new: int = 0,
) -> Response:
    """The board or a part of it, with the tag, order and position that the request names.

    With `further` only the cards after those on the page; the card `new` comes first, so that its author sees it.
    """
    # After a change the board keeps the tag and the order that the person had chosen.
    tag, order, first = (
        ctx.form.get(name) or request.query_params.get(name) or "" for name in ("tag", "order", "from")
    )
    start = 0 if new else _small_number(first)
    end = max(start + _STEP, _small_number(ctx.form.get("shown")))
    with ctx.read() as session:
        cards = ideas.idea_board(session, ctx.project.id, ctx.person.id)
        suggestions = proposals.open_proposals(session, ctx.project.id, kinds=("ideas",))
        job = newest_job(session, ctx.project.id, "propose", "ideas")
        names = names_of(session)
    visible = [card for card in cards if not tag or tag in card.idea.tags]
    if order == "new":
        visible.sort(key=lambda card: -card.idea.id)
    visible.sort(key=lambda card: card.idea.id != new)
    return render_page(
        request,
        template,
        ctx,
        cards=visible[start:end],
        total=len(visible),
        start=start,
        end=end,
        step=_STEP,
        further=further,
        all_cards=cards,
        tags=sorted({one for card in cards for one in card.idea.tags}),
        tag=tag if isinstance(tag, str) else "",
        order=order,
        proposals=suggestions,
        job=job,
        names=names,
        model=ctx.studio.config.text_model,
    )


def _small_number(value: object) -> int:
    # From addresses and forms that anybody may write.
    return int(value) if isinstance(value, str) and value.isdecimal() and len(value) < 7 else 0


def _after(request: Request, ctx: ProjectContext, *, new: int = 0) -> Response:
    if is_fragment_request(request):
        return _show(request, ctx, template="ideas_board.html", new=new)
    return ctx.redirect("/ideas")


def _card(request: Request, ctx: ProjectContext, idea_id: int, template: str) -> Response:
    """One card or its vote alone, so that the rest of the board stays as it is."""
    with ctx.read() as session:
        cards = ideas.idea_board(session, ctx.project.id, ctx.person.id)
        names = names_of(session)
    card = next((one for one in cards if one.idea.id == idea_id), None)
    if card is None or not is_fragment_request(request):
        # Somebody merged or deleted it meanwhile: the response is the whole board.
        response = _after(request, ctx)
        response.headers["HX-Retarget"] = "#board"
        return response
    return render_page(request, template, ctx, card=card, names=names)


@router.get("")
def board_page(request: Request, ctx: Context) -> Response:
    """The board."""
    return _show(request, ctx)


@router.get("/further", dependencies=[fragment_of("/p/{slug}/ideas")])
def further_cards(request: Request, ctx: Context) -> Response:
    """The cards after those that a long board shows."""
    return _show(request, ctx, template="idea_cards.html", further=True)


@router.get("/suggested", dependencies=[fragment_of("/p/{slug}/ideas")])
def suggestions_fragment(request: Request, ctx: Context, marker: str = "") -> Response:
    """The state of the model's job and its suggestions; nothing as long as the page shows this state."""
    with ctx.read() as session:
        job = newest_job(session, ctx.project.id, "propose", "ideas")
    if job_marker(job) == marker:
        return Response(status_code=204)
    return _show(request, ctx, template="idea_suggestions.html")


@router.post("")
def add_idea(request: Request, ctx: Context) -> Response:
    """Add an idea."""
    with ctx.write() as (session, project):
        idea = ideas.add_idea(
            session,
            project,
            ctx.actor,
            text(ctx.form, "title", limit=LONGEST_TITLE),
            text(ctx.form, "detail"),
            text(ctx.form, "tags").split(","),
            ctx.clock(),
        )
    return _after(request, ctx, new=idea.id)


@router.post("/propose")
def request_ideas(request: Request, ctx: Context) -> Response:
    """Ask the text model for more ideas."""
    with ctx.write() as (session, project):
        request_board_proposal(session, project, "ideas", ctx.actor, ctx.clock())
    if is_fragment_request(request):
        return _show(request, ctx, template="idea_suggestions.html")
    return ctx.redirect("/ideas")


@router.get("/{idea_id}/more", dependencies=[fragment_of("/p/{slug}/ideas")])
def card_forms(request: Request, ctx: Context, idea_id: int) -> Response:
    """The forms of one card; loaded only for a card that somebody opens."""
    with ctx.read() as session:
        idea = row_in(session, ctx.project, Idea, idea_id)
        cards = ideas.idea_board(session, ctx.project.id, ctx.person.id)
    return render_page(request, "idea_more.html", ctx, idea=idea, all_cards=cards)


@router.post("/{idea_id}/vote")
def toggle_vote(request: Request, ctx: Context, idea_id: int) -> Response:
    """Vote, or take the vote back."""
    with ctx.write() as (session, project):
        ideas.vote(session, project, idea_id, ctx.actor)
    return _card(request, ctx, idea_id, "idea_vote.html")


@router.post("/{idea_id}")
def change_idea(request: Request, ctx: Context, idea_id: int) -> Response:
    """Edit an idea."""
    with ctx.write() as (session, project):
        ideas.change_idea(
            session,
            project,
            idea_id,
            ctx.actor,
            version=number(ctx.form, "version"),
            title=text(ctx.form, "title", limit=LONGEST_TITLE),
            detail=text(ctx.form, "detail"),
            tags=text(ctx.form, "tags").split(","),
        )
    return _card(request, ctx, idea_id, "idea_card.html")


@router.post("/{idea_id}/merge")
def merge_idea(request: Request, ctx: Context, idea_id: int) -> Response:
    """Merge an idea into another."""
    with ctx.write() as (session, project):
        ideas.merge_ideas(session, project, idea_id, number(ctx.form, "into") or 0, ctx.actor)
    return _after(request, ctx)


@router.post("/{idea_id}/drop")
def delete_idea(request: Request, ctx: Context, idea_id: int) -> Response:
    """Delete an idea from the board; its row stays in the database."""
    with ctx.write() as (session, project):
        ideas.change_idea(session, project, idea_id, ctx.actor, dropped=True)
    return _after(request, ctx)
