"""Stage 5: answer by ear, then see the key, then approve or reject."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from mmar.errors import InputError
from mmar.studio.data.item_tables import Item
from mmar.studio.store import items, judging, listening, queues, revisions
from mmar.studio.store.clips import clip_of
from mmar.studio.store.people import names_of
from mmar.studio.web.forms import number, rejection_from_form, text
from mmar.studio.web.render import moment, page
from mmar.studio.web.studio import Place, attached, place
from mmar.studio.workflow import Action, Command, FieldChange, Refused, changes

__all__ = ["router"]

router = APIRouter(prefix="/p/{slug}")
Here = Annotated[Place, Depends(place)]


@router.get("/inspection")
def show(request: Request, here: Here, judged: int = 0) -> Response:
    """How much waits, what people achieve, and what became of the item that was judged last."""
    with here.studio.database.read() as session:
        last = revisions.find_item(session, here.project, judged) if judged else None
        score = here.studio.human(session, here.project.id)
        waiting = queues.waiting(session, here.project, here.actor, here.studio.clock())
        names = names_of(session)
    return page(request, "inspection.html", here, score=score, waiting=waiting, names=names, last=last)


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
    return _show(request, here, item_id) or RedirectResponse(f"/p/{here.project.slug}/inspection", 303)


def _show(request: Request, here: Place, item_id: int, problem: str = "") -> Response | None:
    """The item as its inspector sees it, with what they wrote so far; nothing for who does not have it in hand."""
    now = here.studio.clock()
    with here.studio.database.read() as session:
        item = revisions.find_item(session, here.project, item_id)
        case = revisions.load_case(session, here.project, item)
        if case.lease is None or not case.lease.held_by(here.person.id, now):
            return None
        blind = here.person.id not in case.answered | case.seen
        content = revisions.content_of(session, item)
        rejection = queues.last_rejection(session, item.id)
        since: tuple[FieldChange, ...] = ()
        if rejection is not None and not blind and rejection.revision < item.revision:
            since = changes(revisions.content_at(session, item.id, rejection.revision), content)
        mine = queues.own_answer(session, item, here.person.id)
        kept = judging.kept_judgement(session, item.id, here.person.id)
        values: dict[str, Any] = {
            "item": item,
            "content": content,
            "blind": blind,
            "mine": mine,
            "rejection": None if blind else rejection,
            "since": since,
            "clip": clip_of(session, item),
            "names": names_of(session),
            "until": case.lease.until,
            "problem": problem,
            # What was just sent and refused is newer than what was kept while it was typed.
            "written": _written(here) if problem else kept,
        }
    return page(request, "inspect.html", here, status=409 if problem else 200, **values)


def _written(here: Place) -> dict[str, str]:
    return {name: text(here.form, name) for name in judging.WRITTEN}


@router.post("/items/{item_id}/answer")
def answer(here: Here, item_id: int) -> Response:
    """An answer by ear."""
    with here.studio.database.write() as session:
        project = attached(session, here.project)
        choice = number(here.form, "choice")
        if choice is None or choice < -1:
            raise Refused("listen", "choose an answer, or “cannot tell”")
        listening.answer(
            session,
            project,
            item_id,
            here.actor,
            None if choice == -1 else choice,
            here.studio.clock(),
        )
    return RedirectResponse(f"/p/{here.project.slug}/items/{item_id}/inspect", 303)


@router.post("/items/{item_id}/judgement-draft")
def keep(here: Here, item_id: int) -> Response:
    """Keep what an inspector is writing, as they type."""
    now = here.studio.clock()
    with here.studio.database.write() as session:
        item = revisions.find_item(session, here.project, item_id)
        if not judging.keep_judgement(session, item, here.actor, _written(here), now):
            return HTMLResponse("")
    return HTMLResponse(f"Kept at {moment(now, 'second')}")


@router.post("/items/{item_id}/judge")
def judge(request: Request, here: Here, item_id: int) -> Response:
    """Approve or reject, and go on with the next."""
    action = Action.REJECT if text(here.form, "verdict") == "reject" else Action.APPROVE
    try:
        command = Command(
            action,
            version=number(here.form, "version"),
            rejection=rejection_from_form(here.form) if action is Action.REJECT else None,
            why=text(here.form, "comment"),
        )
        with here.studio.database.write() as session:
            project, now = attached(session, here.project), here.studio.clock()
            item = revisions.find_item(session, project, item_id, lock=True)
            if item.version == command.version and not _held(item, here, now):
                # Their time ran out while they wrote, and nobody else took the item: it is still theirs.
                listening.take(session, project, item, here.actor, now)
            items.act(session, project, item_id, here.actor, command, now)
    except (Refused, InputError) as refused:
        # What they wrote is not lost: it stands in the form again, or beside the words why not.
        said = refused.problem if isinstance(refused, InputError) else str(refused)
        again = _show(request, here, item_id, said)
        if again is not None:
            return again
        written = _written(here)
        status = 403 if isinstance(refused, Refused) and refused.kind in ("role", "writer") else 409
        return page(request, "unjudged.html", here, status=status, problem=said, written=written)
    return RedirectResponse(f"/p/{here.project.slug}/inspection?judged={item_id}", 303)


def _held(item: Item, here: Place, now: datetime) -> bool:
    until = item.lease_until
    return item.lease_person_id == here.person.id and until is not None and now < until


@router.post("/items/{item_id}/let-go")
def let_go(here: Here, item_id: int) -> Response:
    """Put an item back into the queue."""
    with here.studio.database.write() as session:
        item = revisions.find_item(session, here.project, item_id, lock=True)
        listening.let_go(item, here.person.id)
    return RedirectResponse(f"/p/{here.project.slug}/inspection", 303)
