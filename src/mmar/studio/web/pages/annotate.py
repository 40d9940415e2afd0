"""Stage 3: creating and editing an item, with its recording and a list of issues."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import JSONResponse, RedirectResponse, Response

from mmar.errors import InputError
from mmar.studio.data.item_tables import Item
from mmar.studio.data.tables import Idea, Job
from mmar.studio.jobs.model_requests import request_proposal
from mmar.studio.store import drafts, inspection, item_lists, items, revisions
from mmar.studio.store.ideas import idea_board
from mmar.studio.store.jobs import newest_job
from mmar.studio.store.projects import newest_taxonomy, row_in
from mmar.studio.store.proposals import open_proposals
from mmar.studio.store.recordings import clip_of, recording_of, request_audio
from mmar.studio.web.context import (
    Context,
    Flash,
    ProjectContext,
    fragment_of,
    is_fragment_request,
    record_key_view,
)
from mmar.studio.web.forms import content_from_form, number, text
from mmar.studio.web.pages.media import store_upload
from mmar.studio.web.render import job_marker, render_page
from mmar.studio.workflow import Action, Command, ItemContent, NotAllowed, State, changes, permitted
from mmar.studio.workflow.content import source_of
from mmar.studio.workflow.problems import hints
from mmar.studio.workflow.taxonomy import layer_map

router = APIRouter(prefix="/p/{slug}")

FIXABLE = ("incomplete", "unchanged")
"""Codes of refused submissions that the author can fix in the form."""


@router.post("/items")
def create_item(ctx: Context) -> Response:
    """Create an item, for an idea or a cell of the coverage board where the form names one."""
    form, now = ctx.form, ctx.clock()
    with ctx.write() as (session, project):
        item = items.new_item(session, project, ctx.actor, now)
        idea = number(form, "idea")
        category = row_in(session, project, Idea, idea).category if idea is not None else ""
        layer, _, sub = category.partition(" / ")
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
    return ctx.redirect(f"/items/{item_id}/edit")


@router.post("/write-next")
def claim_unassigned_item(ctx: Context) -> Response:
    """Take an item that has no author yet."""
    with ctx.write() as (session, project):
        item = item_lists.take_next(session, project, ctx.actor, "drafts", ctx.clock())
    if item is None:
        return ctx.redirect("", Flash("queue-empty", "There are no items without an author.", "warn"))
    return ctx.redirect(f"/items/{item.id}/edit")


def _sound(session: Session, ctx: ProjectContext, item: Item, content: ItemContent) -> dict[str, Any]:
    """An item's recording and clip, and the job that is fetching or cutting them."""
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
    precut = recording is not None and source_of(content).startswith("file:")
    return {"recording": recording, "clip": clip_of(session, item), "job": job, "precut": precut}


def _form_values(session: Session, ctx: ProjectContext, item: Item, content: ItemContent) -> dict[str, Any]:
    tree = newest_taxonomy(session, ctx.project.id).tree
    rejection = item_lists.last_rejection(session, item.id) if item.state == State.CORRECTION else None
    since: tuple[Any, ...] = ()
    if rejection is not None and item.revision > 0:
        since = changes(revisions.content_at(session, item.id, rejection.revision), content)
    return {
        "item": item,
        "content": content,
        "tree": tree,
        "sub_category_known": any(
            branch.name == content.category and content.sub_category in branch.subs for branch in tree.layers
        ),
        "problems": hints(content, layers=layer_map(tree)),
        "rejection": rejection,
        "since": since,
        "ideas": [card.idea for card in idea_board(session, ctx.project.id, ctx.person.id)],
        "settings": ctx.project.settings,
        "model": ctx.studio.config.text_model,
        "proposals": open_proposals(session, ctx.project.id, item_id=item.id),
        "guess_job": _guess_job(session, ctx, item.id),
        **_sound(session, ctx, item, content),
    }


@router.get("/items/{item_id}/edit")
def edit_page(request: Request, ctx: Context, item_id: int, unready: str = "") -> Response:
    """The form with this person's draft, and why the item could not be submitted if that was tried."""
    with ctx.read_item(item_id) as (session, item):
        case = revisions.load_case(session, ctx.project, item)
        if Action.SAVE not in permitted(case, ctx.actor, ctx.clock()):
            return RedirectResponse(f"{ctx.root}/items/{item_id}", 303)
        draft = drafts.find_draft(session, item.id, ctx.person.id)
        content = draft.content if draft else revisions.content_of(session, item)
        values = _form_values(session, ctx, item, content)
    if item.revision:
        record_key_view(ctx, item)
    return render_page(
        request,
        "annotate.html",
        ctx,
        version=draft.version if draft else item.version,
        base=draft.revision if draft else item.revision,
        draft=draft,
        stale=draft is not None and draft.version != item.version,
        unready=unready if unready in FIXABLE else "",
        **values,
    )


def _content(session: Session, ctx: ProjectContext, item: Item) -> ItemContent:
    """The content of the form, on top of the revision that it started from."""
    base = number(ctx.form, "base") or 0
    return content_from_form(ctx.form, revisions.content_at(session, item.id, min(base, item.revision)))


def _save_draft(session: Session, ctx: ProjectContext, item: Item, now: datetime) -> ItemContent:
    content = _content(session, ctx, item)
    version, base = number(ctx.form, "version") or 0, number(ctx.form, "base") or 0
    # A draft may arrive after the save that it was typed for; it would only seem to be a conflict.
    if version == item.version or content != revisions.content_of(session, item):
        drafts.save_draft(session, item, ctx.actor, content, version, base, now)
    return content


@router.post("/items/{item_id}/draft")
def autosave_draft(request: Request, ctx: Context, item_id: int) -> Response:
    """Save what is being typed; answers with the issues."""
    with ctx.write_item(item_id) as (session, project, item):
        now = ctx.clock()
        content = _save_draft(session, ctx, item, now)
        tree = newest_taxonomy(session, project.id).tree
    problems = hints(content, layers=layer_map(tree))
    return render_page(request, "issues.html", ctx, problems=problems, saved_at=now)


def _guess_job(session: Session, ctx: ProjectContext, item_id: int) -> Job | None:
    """The newest request to answer this person's draft without audio."""
    return newest_job(session, ctx.project.id, "propose", f"guess:{item_id}:{ctx.person.id}")


def _guess(request: Request, ctx: ProjectContext, item_id: int, marker: str | None = None) -> Response:
    with ctx.read_item(item_id) as (session, item):
        case = revisions.load_case(session, ctx.project, item)
        if Action.SAVE not in permitted(case, ctx.actor, ctx.clock()):
            raise NotAllowed("role", "only people who can edit the item can see the model's guesses")
        job = _guess_job(session, ctx, item_id)
        if marker is not None and job_marker(job) == marker:
            return Response(status_code=204)
        draft = drafts.find_draft(session, item.id, ctx.person.id)
        content = draft.content if draft else revisions.content_of(session, item)
        guesses = open_proposals(session, ctx.project.id, item_id=item_id, kinds=("guess",))
    return render_page(
        request,
        "guess.html",
        ctx,
        item=item,
        content=content,
        job=job,
        proposals=guesses,
        model=ctx.studio.config.text_model,
    )


@router.post("/items/{item_id}/guess")
def request_guess(request: Request, ctx: Context, item_id: int) -> Response:
    """Ask the model to answer what is on the page, saved or not, without the audio."""
    with ctx.write() as (session, project):
        item, now = revisions.find_item(session, project, item_id), ctx.clock()
        content = _save_draft(session, ctx, item, now)
        if not content.question or len(content.choices) < 2 or content.answer is None:
            raise InputError(
                "write the question and its choices and select the key first",
                field="choices",
                code="incomplete",
            )
        request_proposal(session, project, item.id, "guess", ctx.actor, now, unsaved=True)
    if is_fragment_request(request):
        return _guess(request, ctx, item_id)
    return ctx.redirect(f"/items/{item_id}/edit")


@router.get("/items/{item_id}/guess", dependencies=[fragment_of("/p/{slug}/items/{item_id}/edit")])
def guess_fragment(request: Request, ctx: Context, item_id: int, marker: str = "") -> Response:
    """The model's guess; nothing as long as the page shows it."""
    return _guess(request, ctx, item_id, marker)


@router.post("/items/{item_id}/save")
def save_item(request: Request, ctx: Context, item_id: int) -> Response:
    """Save a revision, and submit the item if that button was used."""
    now = ctx.clock()
    then = text(ctx.form, "then")
    try:
        item = _save_revision(ctx, item_id, then, now)
    except items.StaleSave as stale:
        return _conflict(request, ctx, item_id, stale, now)
    if then not in (Action.SUBMIT, Action.RESUBMIT):
        note = Flash("saved", f"Saved as revision {item.revision}.")
        return ctx.redirect(f"/items/{item_id}/edit", note)
    try:
        with ctx.write() as (session, project):
            item = items.move_item(session, project, item_id, ctx.actor, Command(Action(then)), now)
    except NotAllowed as error:
        if error.code not in FIXABLE:
            raise
        return ctx.redirect(f"/items/{item_id}/edit?unready={error.code}")
    return ctx.redirect("", _submitted(ctx, item))


def _submitted(ctx: ProjectContext, item: Item) -> Flash:
    if item.state == State.PREPARATION:
        note = (
            f"{item.public_id} was submitted. When its clip is ready, send it to inspection from Preparation."
        )
        return Flash("submitted", note, link=f"{ctx.root}/preparation", link_text="Preparation")
    return Flash("resubmitted", f"{item.public_id} was sent back to inspection.")


def _save_revision(ctx: ProjectContext, item_id: int, then: str, now: datetime) -> Item:
    form = ctx.form
    with ctx.write_item(item_id, lock=True) as (session, project, item):
        content = _content(session, ctx, item)
        version = number(form, "version") or 0
        saved = revisions.content_of(session, item)
        if content != saved or version != item.version or item.revision == 0:
            items.save(
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
        return item


def _conflict(
    request: Request, ctx: ProjectContext, item_id: int, stale: items.StaleSave, now: datetime
) -> Response:
    """Keep what was typed as a draft, and show both people's changes."""
    with ctx.write_item(item_id) as (session, _project, item):
        content = _content(session, ctx, item)
        drafts.save_draft(session, item, ctx.actor, content, stale.version, item.revision, now)
        inspection.mark_key_seen(session, item, ctx.person.id, now)
    response = render_page(
        request,
        "conflict.html",
        ctx,
        status=409,
        item=item,
        conflict=stale.conflict,
        first=number(ctx.form, "base") or 0,
    )
    response.headers["x-error-code"] = "stale"
    return response


@router.post("/items/{item_id}/resolve")
def resolve_conflict(ctx: Context, item_id: int) -> Response:
    """After a conflict: continue with one's own version, the other one, or both merged."""
    now = ctx.clock()
    with ctx.write_item(item_id, lock=True) as (session, project, item):
        word = text(ctx.form, "take")
        resolution: drafts.Resolution = (
            "theirs" if word == "theirs" else "merged" if word == "merged" else "mine"
        )
        drafts.resolve(session, project, item, ctx.actor, resolution, number(ctx.form, "first") or 0, now)
    return ctx.redirect(f"/items/{item_id}/edit")


@router.get("/items/{item_id}/sound", dependencies=[fragment_of("/p/{slug}/items/{item_id}/edit")])
def audio_status(request: Request, ctx: Context, item_id: int) -> Response:
    """The state of the recording; the page asks again until there is one."""
    with ctx.read_item(item_id) as (session, item):
        values = _sound(session, ctx, item, revisions.content_of(session, item))
    return render_page(request, "recording_status.html", ctx, item=item, **values)


@router.post("/items/{item_id}/upload")
def upload_recording(ctx: Context, item_id: int) -> Response:
    """Store a recording for an item that is being edited."""
    with ctx.read() as session:
        revisions.find_item(session, ctx.project, item_id)
    recording = store_upload(ctx)
    return JSONResponse({"recording": recording.id, "duration": recording.duration, "title": recording.title})
