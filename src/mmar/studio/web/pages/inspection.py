"""Stage 5: answer blind, see the key, approve the item or send it back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from mmar.errors import InputError
from mmar.studio.data.item_tables import Item
from mmar.studio.store import drafts, inspection, item_lists, items, revisions
from mmar.studio.store.people import names_of
from mmar.studio.store.recordings import clip_of
from mmar.studio.web.context import Context, Flash, ProjectContext
from mmar.studio.web.error_handlers import error_message, error_status
from mmar.studio.web.forms import number, rejection_from_form, text
from mmar.studio.web.render import render_page
from mmar.studio.workflow import Action, Command, FieldChange, NotAllowed, changes

router = APIRouter(prefix="/p/{slug}")


@router.get("/inspection")
def inspection_page(request: Request, ctx: Context, reviewed: int = 0) -> Response:
    """The queue, human performance, and what became of the item that was reviewed last."""
    with ctx.read() as session:
        last = revisions.find_item(session, ctx.project, reviewed) if reviewed else None
        score = ctx.studio.performance(session, ctx.project.id)
        waiting = item_lists.waiting(session, ctx.project, ctx.actor, ctx.clock())
        names = names_of(session)
    return render_page(request, "inspection.html", ctx, score=score, waiting=waiting, names=names, last=last)


@router.post("/inspection/next")
def claim_next_item(ctx: Context) -> Response:
    """Reserve the next item of the queue."""
    with ctx.write() as (session, project):
        item = item_lists.take_next(session, project, ctx.actor, "inspection", ctx.clock())
    if item is None:
        return ctx.redirect("/inspection", Flash("queue-empty", "There is nothing to inspect.", "warn"))
    return ctx.redirect(f"/items/{item.id}/inspect")


@router.get("/items/{item_id}/inspect")
def review_page(request: Request, ctx: Context, item_id: int) -> Response:
    """One item, without its key until this person has answered."""
    page = _inspect_page(request, ctx, item_id)
    if page is None:
        note = "This item is not reserved for you. Take the next one from the queue."
        return ctx.redirect("/inspection", Flash("not-reserved", note, "warn"))
    return page


def _inspect_page(
    request: Request, ctx: ProjectContext, item_id: int, error: NotAllowed | InputError | None = None
) -> Response | None:
    """The item with what its inspector wrote so far; `None` where it is not reserved for this person."""
    now = ctx.clock()
    with ctx.read_item(item_id) as (session, item):
        case = revisions.load_case(session, ctx.project, item)
        if case.lease is None or not case.lease.is_held_by(ctx.person.id, now):
            return None
        blind = ctx.person.id not in case.answered_by | case.key_seen_by
        content = revisions.content_of(session, item)
        rejection = None if blind else item_lists.last_rejection(session, item.id)
        since: tuple[FieldChange, ...] = ()
        if rejection is not None and rejection.revision < item.revision:
            since = changes(revisions.content_at(session, item.id, rejection.revision), content)
        values: dict[str, Any] = {
            "item": item,
            "content": content,
            "blind": blind,
            "mine": inspection.blind_answer_of(session, item, ctx.person.id),
            "rejection": rejection,
            "since": since,
            "clip": clip_of(session, item),
            "played": ctx.person.id in case.played_by,
            "names": names_of(session),
            "until": case.lease.until,
            "saved_at": None,
            "problem": error_message(error) if error else "",
            "code": error.code if error else "",
            # The rejected form is newer than the draft.
            "review": _review_fields(ctx)
            if error
            else drafts.find_review_draft(session, item.id, ctx.person.id),
        }
    return render_page(request, "inspect.html", ctx, status=409 if error else 200, **values)


def _review_fields(ctx: ProjectContext) -> dict[str, str]:
    return {name: text(ctx.form, name) for name in drafts.REVIEW_FIELDS}


@router.post("/items/{item_id}/playback")
def record_playback(ctx: Context, item_id: int) -> Response:
    """Record that the clip begins to play (`event` is `start`) or has been played to its end (`end`)."""
    with ctx.write_item(item_id) as (session, _project, item):
        record = (
            inspection.start_playback if text(ctx.form, "event") == "start" else inspection.finish_playback
        )
        record(session, item, ctx.actor, ctx.clock())
    return Response(status_code=204)


@router.post("/items/{item_id}/answer")
def give_blind_answer(ctx: Context, item_id: int) -> Response:
    """A blind answer; it is stored once and cannot be changed."""
    choice = number(ctx.form, "choice")
    if choice is None or choice < -1:
        raise NotAllowed("listen", 'choose an answer, or "I cannot tell"')
    with ctx.write() as (session, project):
        now = ctx.clock()
        inspection.answer_blind(session, project, item_id, ctx.actor, None if choice == -1 else choice, now)
    return ctx.redirect(f"/items/{item_id}/inspect")


@router.post("/items/{item_id}/judgement-draft")
def autosave_review(request: Request, ctx: Context, item_id: int) -> Response:
    """Save what an inspector is typing."""
    now = ctx.clock()
    with ctx.write_item(item_id) as (session, _project, item):
        saved = drafts.save_review_draft(session, item, ctx.actor, _review_fields(ctx), now)
    return render_page(request, "review_status.html", ctx, saved_at=now if saved else None)


@router.post("/items/{item_id}/judge")
def submit_review(request: Request, ctx: Context, item_id: int) -> Response:
    """Approve an item or send it back, and return to the queue."""
    action = Action.REJECT if text(ctx.form, "verdict") == "reject" else Action.APPROVE
    try:
        command = Command(
            action,
            version=number(ctx.form, "version"),
            rejection=rejection_from_form(ctx.form) if action is Action.REJECT else None,
            why=text(ctx.form, "comment"),
        )
        with ctx.write() as (session, project):
            now = ctx.clock()
            item = revisions.find_item(session, project, item_id, lock=True)
            if item.version == command.version and not _is_reserved(item, ctx, now):
                # The reservation ran out while they wrote. If nobody else claimed the item, it is still theirs.
                inspection.claim_item(session, project, item, ctx.actor, now)
            items.act(session, project, item_id, ctx.actor, command, now)
    except (NotAllowed, InputError) as error:
        return _review_error(request, ctx, item_id, error)
    return ctx.redirect(f"/inspection?reviewed={item_id}")


def _review_error(
    request: Request, ctx: ProjectContext, item_id: int, error: NotAllowed | InputError
) -> Response:
    """The form again with what was written, or the text alone where the item is no longer reserved."""
    page = _inspect_page(request, ctx, item_id, error)
    if page is None:
        status = 403 if error_status(error) == 403 else 409
        page = render_page(
            request,
            "review_error.html",
            ctx,
            status=status,
            problem=error_message(error),
            code=error.code,
            review=_review_fields(ctx),
        )
    page.headers["x-error-code"] = error.code
    return page


def _is_reserved(item: Item, ctx: ProjectContext, now: datetime) -> bool:
    until = item.lease_until
    return item.lease_person_id == ctx.person.id and until is not None and now < until


@router.post("/items/{item_id}/release")
def release_item(ctx: Context, item_id: int) -> Response:
    """Return an item to the queue."""
    with ctx.write_item(item_id, lock=True) as (_session, _project, item):
        inspection.release_item(item, ctx.person.id)
    return ctx.redirect("/inspection", Flash("released", "The item is available to other inspectors again."))
