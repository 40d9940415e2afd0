"""Stage 3: writing an item, with its sound beside it and hints while writing."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import JSONResponse, RedirectResponse, Response

from mmar.errors import InputError
from mmar.studio.data.item_tables import Item
from mmar.studio.data.media_tables import Job
from mmar.studio.jobs.model_requests import request_proposal
from mmar.studio.store import drafts, inspection, items, queues, revisions
from mmar.studio.store.clips import clip_of, recording_of, source_of
from mmar.studio.store.ideas import find_idea, idea_board
from mmar.studio.store.jobs import newest_job
from mmar.studio.store.media import request_audio
from mmar.studio.store.projects import newest_taxonomy
from mmar.studio.store.proposals import open_proposals
from mmar.studio.web.context import ProjectContext, attached, fragment_of, project_context, record_key_view
from mmar.studio.web.forms import content_from_form, number, text
from mmar.studio.web.render import job_marker, render_page
from mmar.studio.web.uploads import store_upload
from mmar.studio.workflow import (
    Action,
    Command,
    ItemContent,
    NotAllowed,
    changes,
    permitted,
)
from mmar.studio.workflow.hints import hints
from mmar.studio.workflow.taxonomy import layer_map

__all__ = ["UNREADY", "router"]

router = APIRouter(prefix="/p/{slug}")
Context = Annotated[ProjectContext, Depends(project_context)]
UNREADY = ("incomplete", "unchanged")
"""Why an item cannot be handed in that its author can mend in the form."""


def _sound(session: Session, ctx: ProjectContext, item: Item, content: ItemContent) -> dict[str, Any]:
    """What the page needs to know about an item's sound."""
    recording = recording_of(session, ctx.project.id, content)
    job = session.scalar(
        select(Job)
        .where(
            Job.project_id == ctx.project.id,
            Job.key.in_([source_of(content) or "-", item.clip_key or "-"]),
            Job.kind.in_(["fetch", "clip"]),
        )
        .order_by(Job.id.desc())
        .limit(1)
    )
    whole = recording is not None and source_of(content).startswith("file:")
    return {"recording": recording, "clip": clip_of(session, item), "job": job, "whole": whole}


def _form_values(session: Session, ctx: ProjectContext, item: Item, content: ItemContent) -> dict[str, Any]:
    tree = newest_taxonomy(session, ctx.project.id).tree
    rejection = queues.last_rejection(session, item.id) if item.state == "correction" else None
    since: tuple[Any, ...] = ()
    if rejection is not None and item.revision > 0:
        since = changes(revisions.content_at(session, item.id, rejection.revision), content)
    return {
        "item": item,
        "content": content,
        "tree": tree,
        "problems": hints(content, layers=layer_map(tree)),
        "rejection": rejection,
        "since": since,
        "ideas": [card.idea for card in idea_board(session, ctx.project.id, ctx.person.id)],
        "settings": ctx.project.settings,
        "model": ctx.studio.config.text_model,
        "proposals": open_proposals(session, ctx.project.id, item_id=item.id),
        "guess_job": guess_job(session, ctx, item.id),
        **_sound(session, ctx, item, content),
    }


@router.get("/items/{item_id}/edit")
def edit(request: Request, ctx: Context, item_id: int, saved: int = 0, unready: str = "") -> Response:
    """The form, with what this person was typing, and why the item could not be handed in if it was tried."""
    with ctx.studio.database.read() as session:
        item = revisions.find_item(session, ctx.project, item_id)
        case = revisions.load_case(session, ctx.project, item)
        can = permitted(case, ctx.actor, ctx.studio.clock())
        if Action.SAVE not in can:
            return RedirectResponse(f"/p/{ctx.project.slug}/items/{item_id}", 303)
        kept = revisions.content_of(session, item)
        draft = drafts.find_draft(session, item.id, ctx.person.id)
        content = draft.content if draft else kept
        version = draft.version if draft else item.version
        base = draft.revision if draft else item.revision
        values = _form_values(session, ctx, item, content)
    if item.revision:
        record_key_view(ctx, item)
    return render_page(
        request,
        "annotate.html",
        ctx,
        version=version,
        base=base,
        draft=draft,
        stale=draft is not None and draft.version != item.version,
        can=can,
        saved=saved,
        unready=unready,
        **values,
    )


def _content(session: Session, ctx: ProjectContext, item: Item) -> ItemContent:
    """What the form says, on top of the revision that it began with."""
    base = number(ctx.form, "base") or 0
    return content_from_form(ctx.form, revisions.content_at(session, item.id, min(base, item.revision)))


def _keep(session: Session, ctx: ProjectContext, item: Item, now: datetime) -> ItemContent:
    """Keep what is being typed."""
    content = _content(session, ctx, item)
    version, base = number(ctx.form, "version") or 0, number(ctx.form, "base") or 0
    drafts.save_draft(session, item, ctx.actor, content, version, base, now)
    return content


@router.post("/items/{item_id}/draft")
def draft(request: Request, ctx: Context, item_id: int) -> Response:
    """Keep what is being typed; answers with hints."""
    with ctx.studio.database.write() as session:
        item = revisions.find_item(session, ctx.project, item_id)
        now = ctx.studio.clock()
        content = _keep(session, ctx, item, now)
        tree = newest_taxonomy(session, ctx.project.id).tree
        found = hints(content, layers=layer_map(tree))
    return render_page(
        request, "hints.html", ctx, problems=found, kept_at=now, sources=source_of(content), item=item
    )


def _guess(request: Request, ctx: ProjectContext, item_id: int, seen: str | None = None) -> Response:
    with ctx.studio.database.read() as session:
        item = revisions.find_item(session, ctx.project, item_id)
        if Action.SAVE not in permitted(
            revisions.load_case(session, ctx.project, item), ctx.actor, ctx.studio.clock()
        ):
            raise NotAllowed("role", "what the model guessed is for those who write the item")
        job = guess_job(session, ctx, item_id)
        if seen is not None and job_marker(job) == seen:
            return Response(status_code=204)
        draft = drafts.find_draft(session, item.id, ctx.person.id)
        content = draft.content if draft else revisions.content_of(session, item)
        found = open_proposals(session, ctx.project.id, item_id=item_id, kinds=("guess",))
    model = ctx.studio.config.text_model
    return render_page(
        request, "guess.html", ctx, item=item, content=content, job=job, proposals=found, model=model
    )


def guess_job(session: Session, ctx: ProjectContext, item_id: int) -> Job | None:
    """How far the model is with guessing what this person is writing."""
    return newest_job(session, ctx.project.id, "propose", f"guess:{item_id}:{ctx.person.id}")


@router.post("/items/{item_id}/guess")
def guess(request: Request, ctx: Context, item_id: int) -> Response:
    """Ask the model to answer what stands on the page, saved or not, without the audio."""
    with ctx.studio.database.write() as session:
        item, now = revisions.find_item(session, ctx.project, item_id), ctx.studio.clock()
        content = _keep(session, ctx, item, now)
        if not content.question or len(content.choices) < 2 or content.answer is None:
            raise InputError("write the question and its choices and mark the key first", field="choices")
        request_proposal(session, ctx.project, item.id, "guess", ctx.person.id, now, unsaved=True)
    if "hx-request" in request.headers:
        return _guess(request, ctx, item_id)
    return RedirectResponse(f"/p/{ctx.project.slug}/items/{item_id}/edit", 303)


@router.get("/items/{item_id}/guess", dependencies=[fragment_of("/p/{slug}/items/{item_id}/edit")])
def guessed(request: Request, ctx: Context, item_id: int, seen: str = "") -> Response:
    """What the model guessed; nothing as long as that is what the page shows."""
    return _guess(request, ctx, item_id, seen)


@router.post("/items/{item_id}/save")
def save(request: Request, ctx: Context, item_id: int) -> Response:
    """Save a revision; and hand the item in, if the button says so."""
    form, now, slug = ctx.form, ctx.studio.clock(), ctx.project.slug
    then = text(form, "then")
    try:
        with ctx.studio.database.write() as session:
            project = attached(session, ctx.project)
            item = revisions.find_item(session, project, item_id, lock=True)
            content = _content(session, ctx, item)
            kept = revisions.content_of(session, item)
            version = number(form, "version") or 0
            if content != kept or version != item.version or item.revision == 0:
                item = items.save(
                    session,
                    project,
                    item_id,
                    ctx.actor,
                    content,
                    version=version,
                    base=number(form, "base") or 0,
                    why=text(form, "why"),
                    now=now,
                )
            request_audio(session, project, item, now, person_id=ctx.person.id, fetch=then == "fetch")
    except items.StaleSave as stale:
        with ctx.studio.database.write() as session:
            item = revisions.find_item(session, ctx.project, item_id)
            content = _content(session, ctx, item)
            drafts.save_draft(session, item, ctx.actor, content, stale.version, item.revision, now)
            inspection.mark_key_seen(session, item, ctx.person.id, now)
        return render_page(
            request,
            "conflict.html",
            ctx,
            status=409,
            item=item,
            conflict=stale.conflict,
            first=number(form, "base") or 0,
        )
    if then in (Action.SUBMIT, Action.RESUBMIT):
        try:
            with ctx.studio.database.write() as session:
                project = attached(session, ctx.project)
                item = items.act(session, project, item_id, ctx.actor, Command(Action(then)), now)
                request_audio(session, project, item, now, person_id=ctx.person.id, fetch=True)
        except NotAllowed as refused:
            if refused.code not in UNREADY:
                raise
            # What is missing is said where it can be mended.
            return RedirectResponse(f"/p/{slug}/items/{item_id}/edit?unready={refused.code}", 303)
        return RedirectResponse(f"/p/{slug}?handed={item_id}", 303)
    return RedirectResponse(f"/p/{slug}/items/{item_id}/edit?saved={item.revision}", 303)


@router.post("/items/{item_id}/resolve")
def resolve(ctx: Context, item_id: int) -> Response:
    """After two people saved at once: go on with one's own words, or with both persons' together."""
    now = ctx.studio.clock()
    with ctx.studio.database.write() as session:
        project = attached(session, ctx.project)
        item = revisions.find_item(session, project, item_id, lock=True)
        word = text(ctx.form, "take")
        taken: drafts.Taken = "theirs" if word == "theirs" else "merged" if word == "merged" else "mine"
        drafts.resolve(session, project, item, ctx.actor, taken, number(ctx.form, "first") or 0, now)
    return RedirectResponse(f"/p/{ctx.project.slug}/items/{item_id}/edit", 303)


@router.get("/items/{item_id}/sound", dependencies=[fragment_of("/p/{slug}/items/{item_id}/edit")])
def sound(request: Request, ctx: Context, item_id: int) -> Response:
    """How far the recording is; the page asks again until it is there."""
    with ctx.studio.database.read() as session:
        item = revisions.find_item(session, ctx.project, item_id)
        found = _sound(session, ctx, item, revisions.content_of(session, item))
    return render_page(request, "sound_state.html", ctx, item=item, **found)


@router.post("/items/{item_id}/upload")
def upload(ctx: Context, item_id: int) -> Response:
    """Take a recording for an item that is being written."""
    with ctx.studio.database.read() as session:
        revisions.find_item(session, ctx.project, item_id)
    recording = store_upload(ctx)
    return JSONResponse({"recording": recording.id, "duration": recording.duration, "title": recording.title})


@router.post("/items")
def begin(ctx: Context) -> Response:
    """Begin an item, perhaps from an idea or for a place of the coverage board."""
    form, now = ctx.form, ctx.studio.clock()
    with ctx.studio.database.write() as session:
        project = attached(session, ctx.project)
        item = items.new_item(session, project, ctx.actor, now)
        idea = number(form, "idea")
        # An idea that was given a place gives it to the items that grow from it.
        given = find_idea(session, project, idea).place if idea is not None else ""
        layer, _, sub = given.partition(" / ")
        content = ItemContent(
            idea=idea,
            category=text(form, "layer") or layer,
            sub_category=sub if not text(form, "layer") else "",
            modality=text(form, "modality"),
            language=text(form, "language"),
        )
        if content != ItemContent():
            drafts.save_draft(session, item, ctx.actor, content, 0, 0, now)
        item_id = item.id
    return RedirectResponse(f"/p/{ctx.project.slug}/items/{item_id}/edit", 303)


@router.post("/write-next")
def take_draft(ctx: Context) -> Response:
    """Take an item that nobody has begun."""
    with ctx.studio.database.write() as session:
        project = attached(session, ctx.project)
        item = queues.take_next(session, project, ctx.actor, "drafts", ctx.studio.clock())
    target = f"items/{item.id}/edit" if item else ""
    return RedirectResponse(f"/p/{ctx.project.slug}/{target}", 303)
