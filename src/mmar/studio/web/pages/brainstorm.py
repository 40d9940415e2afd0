"""Stage 1: idea cards."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from mmar.studio.jobs.asking import ask_about_ideas
from mmar.studio.store import ideas, proposals
from mmar.studio.store.jobs import newest_job
from mmar.studio.store.people import names_of
from mmar.studio.web.forms import number, text
from mmar.studio.web.render import as_seen, page
from mmar.studio.web.studio import Place, attached, part_of, place

__all__ = ["router"]

router = APIRouter(prefix="/p/{slug}/ideas")
Here = Annotated[Place, Depends(place)]


_STEP = 60
"""Cards of a long board that are shown at once, and with each further step."""


def _show(
    request: Request, here: Place, *, part: str = "ideas.html", further: bool = False, new: int = 0
) -> Response:
    """The board or a part of it.

    Args:
        request: says which tag and order, from which card on, and how many were shown.
        here: who asks.
        part: the template.
        further: only what follows the cards that are there.
        new: a card that was just made; it stands first, so that its author sees it.
    """
    # A part of the page that was changed is shown anew as it was looked at: with the same tag, in the same order.
    tag, order, first = (
        here.form.get(name) or request.query_params.get(name) or "" for name in ("tag", "order", "from")
    )
    start = 0 if new else _count(first)
    upto = max(start + _STEP, _count(here.form.get("shown")))
    with here.studio.database.read() as session:
        cards = ideas.board_of(session, here.project.id, here.person.id)
        tags = sorted({tag for card in cards for tag in card.idea.tags})
        found = proposals.open_proposals(session, here.project.id, kinds=("ideas",))
        job = newest_job(session, here.project.id, "propose", "ideas")
        names = names_of(session)
    shown = [card for card in cards if not tag or tag in card.idea.tags]
    if order == "new":
        shown.sort(key=lambda card: -card.idea.id)
    shown.sort(key=lambda card: card.idea.id != new)
    return page(
        request,
        part,
        here,
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
        model=here.studio.config.text_model,
    )


def _count(value: object) -> int:
    # From addresses and forms that anybody may write.
    return int(value) if isinstance(value, str) and value.isdecimal() and len(value) < 7 else 0


def _after(request: Request, here: Place, *, new: int = 0) -> Response:
    if "hx-request" in request.headers:
        return _show(request, here, part="ideas_board.html", new=new)
    return RedirectResponse(f"/p/{here.project.slug}/ideas", 303)


def _card(request: Request, here: Place, idea_id: int, part: str) -> Response:
    """One card or its vote alone, so that the rest of the board stays as it is."""
    with here.studio.database.read() as session:
        cards = ideas.board_of(session, here.project.id, here.person.id)
        names = names_of(session)
    card = next((one for one in cards if one.idea.id == idea_id), None)
    if card is None or "hx-request" not in request.headers:
        # Somebody merged or dropped it meanwhile: the whole board is shown as it is now.
        answer = _after(request, here)
        answer.headers["HX-Retarget"] = "#board"
        return answer
    return page(request, part, here, card=card, names=names)


@router.get("")
def show(request: Request, here: Here) -> Response:
    """The board."""
    return _show(request, here)


@router.get("/further", dependencies=[part_of("/p/{slug}/ideas")])
def further(request: Request, here: Here) -> Response:
    """What follows the cards that a long board shows."""
    return _show(request, here, part="ideas_further.html", further=True)


@router.get("/asked", dependencies=[part_of("/p/{slug}/ideas")])
def asked(request: Request, here: Here, seen: str = "") -> Response:
    """How far the model is, and what it proposes; nothing as long as that is what the page shows."""
    with here.studio.database.read() as session:
        job = newest_job(session, here.project.id, "propose", "ideas")
    if as_seen(job) == seen:
        return Response(status_code=204)
    return _show(request, here, part="ideas_asked.html")


@router.post("")
def add(request: Request, here: Here) -> Response:
    """Put a card on the board."""
    with here.studio.database.write() as session:
        made = ideas.add_idea(
            session,
            here.project,
            here.actor,
            text(here.form, "title"),
            text(here.form, "detail"),
            text(here.form, "tags").split(","),
            here.studio.clock(),
        )
    return _after(request, here, new=made.id)


@router.post("/propose")
def ask(request: Request, here: Here) -> Response:
    """Ask the text model for more."""
    with here.studio.database.write() as session:
        ask_about_ideas(session, here.project, "ideas", here.person.id, here.studio.clock())
    if "hx-request" in request.headers:
        return _show(request, here, part="ideas_asked.html")
    return RedirectResponse(f"/p/{here.project.slug}/ideas", 303)


@router.get("/{idea_id}/more", dependencies=[part_of("/p/{slug}/ideas")])
def more(request: Request, here: Here, idea_id: int) -> Response:
    """What may be done with one card; of hundreds of cards only those that somebody unfolds."""
    with here.studio.database.read() as session:
        idea = ideas.find_idea(session, here.project, idea_id)
        cards = ideas.board_of(session, here.project.id, here.person.id)
    return page(request, "idea_more.html", here, idea=idea, all_cards=cards)


@router.post("/{idea_id}/vote")
def vote(request: Request, here: Here, idea_id: int) -> Response:
    """Vote, or take the vote back."""
    with here.studio.database.write() as session:
        ideas.vote(session, attached(session, here.project), idea_id, here.actor)
    return _card(request, here, idea_id, "idea_vote.html")


@router.post("/{idea_id}")
def change(request: Request, here: Here, idea_id: int) -> Response:
    """Change a card."""
    with here.studio.database.write() as session:
        ideas.change_idea(
            session,
            here.project,
            idea_id,
            here.actor,
            version=number(here.form, "version"),
            title=text(here.form, "title"),
            detail=text(here.form, "detail"),
            tags=text(here.form, "tags").split(","),
        )
    return _card(request, here, idea_id, "idea_card.html")


@router.post("/{idea_id}/merge")
def merge(request: Request, here: Here, idea_id: int) -> Response:
    """Put a card into another."""
    with here.studio.database.write() as session:
        ideas.merge_ideas(session, here.project, idea_id, number(here.form, "into") or 0, here.actor)
    return _after(request, here)


@router.post("/{idea_id}/drop")
def drop(request: Request, here: Here, idea_id: int) -> Response:
    """Take a card off the board; it is kept."""
    with here.studio.database.write() as session:
        ideas.change_idea(session, here.project, idea_id, here.actor, dropped=True)
    return _after(request, here)
