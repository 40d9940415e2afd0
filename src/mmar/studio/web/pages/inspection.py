"""Stage 5: answer by ear, then see the key, then approve or reject."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from mmar.errors import InputError
from mmar.studio.data.item_tables import Item
from mmar.studio.store import drafts, inspection, items, queues, revisions
from mmar.studio.store.clips import clip_of
from mmar.studio.store.people import names_of
from mmar.studio.web.context import ProjectContext, attached, project_context
from mmar.studio.web.forms import number, rejection_from_form, text
from mmar.studio.web.render import render_page, time_element
from mmar.studio.workflow import Action, Command, FieldChange, NotAllowed, changes

__all__ = ["router"]

router = APIRouter(prefix="/p/{slug}")
Context = Annotated[ProjectContext, Depends(project_context)]


@router.get("/inspection")
def show(request: Request, ctx: Context, judged: int = 0) -> Response:
    """How much waits, what people achieve, and what became of the item that was judged last."""
    with ctx.studio.database.read() as session:
        last = revisions.find_item(session, ctx.project, judged) if judged else None
        score = ctx.studio.human(session, ctx.project.id)
        waiting = queues.waiting(session, ctx.project, ctx.actor, ctx.studio.clock())
        names = names_of(session)
    return render_page(request, "inspection.html", ctx, score=score, waiting=waiting, names=names, last=last)


@router.post("/inspection/next")
def take_next(ctx: Context) -> Response:
    """Take the next item in hand."""
    with ctx.studio.database.write() as session:
        project = attached(session, ctx.project)
        item = queues.take_next(session, project, ctx.actor, "inspection", ctx.studio.clock())
    target = f"items/{item.id}/inspect" if item else "inspection"
    return RedirectResponse(f"/p/{ctx.project.slug}/{target}", 303)


@router.get("/items/{item_id}/inspect")
def one(request: Request, ctx: Context, item_id: int) -> Response:
    """One item, without its key until this person has answered."""
    return _show(request, ctx, item_id) or RedirectResponse(f"/p/{ctx.project.slug}/inspection", 303)


def _show(request: Request, ctx: ProjectContext, item_id: int, problem: str = "") -> Response | None:
    """The item as its inspector sees it, with what they wrote so far; nothing for who does not have it in hand."""
    now = ctx.studio.clock()
    with ctx.studio.database.read() as session:
        item = revisions.find_item(session, ctx.project, item_id)
        case = revisions.load_case(session, ctx.project, item)
        if case.lease is None or not case.lease.held_by(ctx.person.id, now):
            return None
        blind = ctx.person.id not in case.answered | case.seen
        content = revisions.content_of(session, item)
        rejection = queues.last_rejection(session, item.id)
        since: tuple[FieldChange, ...] = ()
        if rejection is not None and not blind and rejection.revision < item.revision:
            since = changes(revisions.content_at(session, item.id, rejection.revision), content)
        mine = inspection.blind_answer_of(session, item, ctx.person.id)
        kept = drafts.find_judgement_draft(session, item.id, ctx.person.id)
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
            "written": _written(ctx) if problem else kept,
        }
    return render_page(request, "inspect.html", ctx, status=409 if problem else 200, **values)


def _written(ctx: ProjectContext) -> dict[str, str]:
    return {name: text(ctx.form, name) for name in drafts.JUDGEMENT_FIELDS}


@router.post("/items/{item_id}/playback")
def playback(ctx: Context, item_id: int) -> Response:
    """Record that the clip begins to play (`event` is `start`) or has been played to its end (`end`)."""
    with ctx.studio.database.write() as session:
        item = revisions.find_item(session, ctx.project, item_id)
        record = (
            inspection.start_playback if text(ctx.form, "event") == "start" else inspection.finish_playback
        )
        record(session, item, ctx.actor, ctx.studio.clock())
    return Response(status_code=204)


@router.post("/items/{item_id}/answer")
def answer(ctx: Context, item_id: int) -> Response:
    """An answer by ear."""
    with ctx.studio.database.write() as session:
        project = attached(session, ctx.project)
        choice = number(ctx.form, "choice")
        if choice is None or choice < -1:
            raise NotAllowed("listen", "choose an answer, or “cannot tell”")
        inspection.answer_blind(
            session,
            project,
            item_id,
            ctx.actor,
            None if choice == -1 else choice,
            ctx.studio.clock(),
        )
    return RedirectResponse(f"/p/{ctx.project.slug}/items/{item_id}/inspect", 303)


@router.post("/items/{item_id}/judgement-draft")
def keep(ctx: Context, item_id: int) -> Response:
    """Keep what an inspector is writing, as they type."""
    now = ctx.studio.clock()
    with ctx.studio.database.write() as session:
        item = revisions.find_item(session, ctx.project, item_id)
        if not drafts.save_judgement_draft(session, item, ctx.actor, _written(ctx), now):
            return HTMLResponse("")
    return HTMLResponse(f"Kept at {time_element(now, 'second')}")


@router.post("/items/{item_id}/judge")
def judge(request: Request, ctx: Context, item_id: int) -> Response:
    """Approve or reject, and go on with the next."""
    action = Action.REJECT if text(ctx.form, "verdict") == "reject" else Action.APPROVE
    try:
        command = Command(
            action,
            version=number(ctx.form, "version"),
            rejection=rejection_from_form(ctx.form) if action is Action.REJECT else None,
            why=text(ctx.form, "comment"),
        )
        with ctx.studio.database.write() as session:
            project, now = attached(session, ctx.project), ctx.studio.clock()
            item = revisions.find_item(session, project, item_id, lock=True)
            if item.version == command.version and not _held(item, ctx, now):
                # Their time ran out while they wrote, and nobody else took the item: it is still theirs.
                inspection.claim_item(session, project, item, ctx.actor, now)
            items.act(session, project, item_id, ctx.actor, command, now)
    except (NotAllowed, InputError) as refused:
        # What they wrote is not lost: it stands in the form again, or beside the words why not.
        said = refused.problem if isinstance(refused, InputError) else str(refused)
        again = _show(request, ctx, item_id, said)
        if again is not None:
            return again
        written = _written(ctx)
        status = 403 if isinstance(refused, NotAllowed) and refused.code in ("role", "writer") else 409
        return render_page(request, "unjudged.html", ctx, status=status, problem=said, written=written)
    return RedirectResponse(f"/p/{ctx.project.slug}/inspection?judged={item_id}", 303)


def _held(item: Item, ctx: ProjectContext, now: datetime) -> bool:
    until = item.lease_until
    return item.lease_person_id == ctx.person.id and until is not None and now < until


@router.post("/items/{item_id}/let-go")
def let_go(ctx: Context, item_id: int) -> Response:
    """Put an item back into the queue."""
    with ctx.studio.database.write() as session:
        item = revisions.find_item(session, ctx.project, item_id, lock=True)
        inspection.release_item(item, ctx.person.id)
    return RedirectResponse(f"/p/{ctx.project.slug}/inspection", 303)
