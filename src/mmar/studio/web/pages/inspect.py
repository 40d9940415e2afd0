"""Stage 5: answer by ear, then see the key, then approve or reject."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from mmar.studio.store import items, queues, revisions
from mmar.studio.store.clips import clip_of
from mmar.studio.store.people import names_of
from mmar.studio.web.forms import number, rejection_from_form, text
from mmar.studio.web.render import page
from mmar.studio.web.studio import Place, attached, place
from mmar.studio.workflow import Action, Command, FieldChange, Refused, changes

__all__ = ["router"]

router = APIRouter(prefix="/p/{slug}")
Here = Annotated[Place, Depends(place)]


@router.get("/inspection")
def show(request: Request, here: Here) -> Response:
    """How much waits, and what people achieve."""
    with here.studio.database.read() as session:
        score = here.studio.human(session, here.project.id)
        waiting = queues.waiting(session, here.project, here.actor, here.studio.clock())
        names = names_of(session)
    return page(request, "inspection.html", here, score=score, waiting=waiting, names=names)


@router.post("/inspection/next")
def take_next(here: Here) -> Response:
    """Take the next item in hand."""
    with here.studio.database.write() as session:
        project = attached(session, here.project)
        item = queues.take_next(session, project, here.actor, "inspection", here.studio.clock())
    target = f"items/{item.id}/inspect" if item else "inspection"
    return RedirectResponse(f"/p/{here.project.slug}/{target}", 303)


@router.get("/items/{item_id}/inspect")
def one(request: Request, here: Here, item_id: int) -> Response:
    """One item, without its key until this person has answered."""
    now = here.studio.clock()
    with here.studio.database.read() as session:
        item = revisions.find_item(session, here.project, item_id)
        case = revisions.load_case(session, here.project, item)
        held = case.lease is not None and case.lease.held_by(here.person.id, now)
        if not held:
            return RedirectResponse(f"/p/{here.project.slug}/inspection", 303)
        blind = here.person.id not in case.answered | case.seen
        content = revisions.content_of(session, item)
        rejection = queues.last_rejection(session, item.id)
        since: tuple[FieldChange, ...] = ()
        if rejection is not None and not blind and rejection.revision < item.revision:
            since = changes(revisions.content_at(session, item.id, rejection.revision), content)
        mine = queues.own_answer(session, item, here.person.id)
        values: dict[str, Any] = {
            "item": item,
            "content": content,
            "blind": blind,
            "mine": mine,
            "rejection": None if blind else rejection,
            "since": since,
            "clip": clip_of(session, item),
            "names": names_of(session),
            "until": case.lease.until if case.lease else None,
        }
    return page(request, "inspect.html", here, **values)


@router.post("/items/{item_id}/answer")
def answer(here: Here, item_id: int) -> Response:
    """An answer by ear."""
    with here.studio.database.write() as session:
        project = attached(session, here.project)
        choice = number(here.form, "choice")
        if choice is None or choice < -1:
            raise Refused("listen", "choose an answer, or “cannot tell”")
        items.answer(
            session,
            project,
            item_id,
            here.actor,
            None if choice == -1 else choice,
            here.studio.clock(),
        )
    return RedirectResponse(f"/p/{here.project.slug}/items/{item_id}/inspect", 303)


@router.post("/items/{item_id}/judge")
def judge(here: Here, item_id: int) -> Response:
    """Approve or reject, and go on with the next."""
    action = Action.REJECT if text(here.form, "verdict") == "reject" else Action.APPROVE
    command = Command(
        action,
        version=number(here.form, "version"),
        rejection=rejection_from_form(here.form) if action is Action.REJECT else None,
        why=text(here.form, "comment"),
    )
    with here.studio.database.write() as session:
        project = attached(session, here.project)
        items.act(session, project, item_id, here.actor, command, here.studio.clock())
    return RedirectResponse(f"/p/{here.project.slug}/inspection", 303)


@router.post("/items/{item_id}/let-go")
def let_go(here: Here, item_id: int) -> Response:
    """Put an item back into the queue."""
    with here.studio.database.write() as session:
        item = revisions.find_item(session, here.project, item_id, lock=True)
        items.let_go(item, here.person.id)
    return RedirectResponse(f"/p/{here.project.slug}/inspection", 303)
