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
from mmar.studio.hints import hints
from mmar.studio.jobs.asking import ask_one
from mmar.studio.store import drafts, items, queues, revisions
from mmar.studio.store.clips import clip_of, recording_of, source_of
from mmar.studio.store.ideas import board_of
from mmar.studio.store.jobs import newest_job
from mmar.studio.store.media import ask_for_sound
from mmar.studio.store.proposals import open_proposals
from mmar.studio.store.taxonomies import newest_taxonomy
from mmar.studio.web.forms import content_from_form, number, text
from mmar.studio.web.render import as_seen, page
from mmar.studio.web.studio import Place, attached, part_of, place, shows_key
from mmar.studio.web.uploads import take_upload
from mmar.studio.workflow import (
    Action,
    Command,
    ItemContent,
    Refused,
    changes,
    permitted,
)
from mmar.studio.workflow.taxonomy import layer_map

__all__ = ["UNREADY", "router"]

router = APIRouter(prefix="/p/{slug}")
Here = Annotated[Place, Depends(place)]
UNREADY = ("incomplete", "unchanged")
"""Why an item cannot be handed in that its author can mend in the form."""


def _sound(session: Session, here: Place, item: Item, content: ItemContent) -> dict[str, Any]:
    """What the page needs to know about an item's sound."""
    recording = recording_of(session, here.project.id, content)
    job = session.scalar(
        select(Job)
        .where(
            Job.project_id == here.project.id,
            Job.key.in_([source_of(content) or "-", item.clip_key or "-"]),
            Job.kind.in_(["fetch", "clip"]),
        )
        .order_by(Job.id.desc())
        .limit(1)
    )
    whole = recording is not None and source_of(content).startswith("file:")
    return {"recording": recording, "clip": clip_of(session, item), "job": job, "whole": whole}


def _form_values(session: Session, here: Place, item: Item, content: ItemContent) -> dict[str, Any]:
    tree = newest_taxonomy(session, here.project.id).tree
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
        "ideas": [card.idea for card in board_of(session, here.project.id, here.person.id)],
        "settings": here.project.settings,
        "model": here.studio.config.text_model,
        "proposals": open_proposals(session, here.project.id, item_id=item.id),
        "guess_job": guess_job(session, here, item.id),
        **_sound(session, here, item, content),
    }


@router.get("/items/{item_id}/edit")
def edit(request: Request, here: Here, item_id: int, saved: int = 0, unready: str = "") -> Response:
    """The form, with what this person was typing, and why the item could not be handed in if it was tried."""
    with here.studio.database.read() as session:
        item = revisions.find_item(session, here.project, item_id)
        case = revisions.load_case(session, here.project, item)
        can = permitted(case, here.actor, here.studio.clock())
        if Action.SAVE not in can:
            return RedirectResponse(f"/p/{here.project.slug}/items/{item_id}", 303)
        kept = revisions.content_of(session, item)
        draft = drafts.find_draft(session, item.id, here.person.id)
        content = draft.content if draft else kept
        version = draft.version if draft else item.version
        base = draft.revision if draft else item.revision
        values = _form_values(session, here, item, content)
    if item.revision:
        shows_key(here, item)
    return page(
        request,
        "annotate.html",
        here,
        version=version,
        base=base,
        draft=draft,
        stale=draft is not None and draft.version != item.version,
        can=can,
        saved=saved,
        unready=unready,
        **values,
    )


def _content(session: Session, here: Place, item: Item) -> ItemContent:
    """What the form says, on top of the revision that it began with."""
    base = number(here.form, "base") or 0
    return content_from_form(here.form, revisions.content_at(session, item.id, min(base, item.revision)))


def _keep(session: Session, here: Place, item: Item, now: datetime) -> ItemContent:
    """Keep what is being typed."""
    content = _content(session, here, item)
    version, base = number(here.form, "version") or 0, number(here.form, "base") or 0
    drafts.save_draft(session, item, here.actor, content, version, base, now)
    return content


@router.post("/items/{item_id}/draft")
def draft(request: Request, here: Here, item_id: int) -> Response:
    """Keep what is being typed; answers with hints."""
    with here.studio.database.write() as session:
        item = revisions.find_item(session, here.project, item_id)
        now = here.studio.clock()
        content = _keep(session, here, item, now)
        tree = newest_taxonomy(session, here.project.id).tree
        found = hints(content, layers=layer_map(tree))
    return page(
        request, "hints.html", here, problems=found, kept_at=now, sources=source_of(content), item=item
    )


def _guess(request: Request, here: Place, item_id: int, seen: str | None = None) -> Response:
    with here.studio.database.read() as session:
        item = revisions.find_item(session, here.project, item_id)
        if Action.SAVE not in permitted(
            revisions.load_case(session, here.project, item), here.actor, here.studio.clock()
        ):
            raise Refused("role", "what the model guessed is for those who write the item")
        job = guess_job(session, here, item_id)
        if seen is not None and as_seen(job) == seen:
            return Response(status_code=204)
        draft = drafts.find_draft(session, item.id, here.person.id)
        content = draft.content if draft else revisions.content_of(session, item)
        found = open_proposals(session, here.project.id, item_id=item_id, kinds=("guess",))
    model = here.studio.config.text_model
    return page(
        request, "guess.html", here, item=item, content=content, job=job, proposals=found, model=model
    )


def guess_job(session: Session, here: Place, item_id: int) -> Job | None:
    """How far the model is with guessing what this person is writing."""
    return newest_job(session, here.project.id, "propose", f"guess:{item_id}:{here.person.id}")


@router.post("/items/{item_id}/guess")
def guess(request: Request, here: Here, item_id: int) -> Response:
    """Ask the model to answer what stands on the page, saved or not, without the audio."""
    with here.studio.database.write() as session:
        item, now = revisions.find_item(session, here.project, item_id), here.studio.clock()
        content = _keep(session, here, item, now)
        if not content.question or len(content.choices) < 2 or content.answer is None:
            raise InputError("write the question and its choices and mark the key first", field="choices")
        ask_one(session, here.project, item.id, "guess", here.person.id, now, unsaved=True)
    if "hx-request" in request.headers:
        return _guess(request, here, item_id)
    return RedirectResponse(f"/p/{here.project.slug}/items/{item_id}/edit", 303)


@router.get("/items/{item_id}/guess", dependencies=[part_of("/p/{slug}/items/{item_id}/edit")])
def guessed(request: Request, here: Here, item_id: int, seen: str = "") -> Response:
    """What the model guessed; nothing as long as that is what the page shows."""
    return _guess(request, here, item_id, seen)


@router.post("/items/{item_id}/save")
def save(request: Request, here: Here, item_id: int) -> Response:
    """Save a revision; and hand the item in, if the button says so."""
    form, now, slug = here.form, here.studio.clock(), here.project.slug
    then = text(form, "then")
    try:
        with here.studio.database.write() as session:
            project = attached(session, here.project)
            item = revisions.find_item(session, project, item_id, lock=True)
            content = _content(session, here, item)
            kept = revisions.content_of(session, item)
            version = number(form, "version") or 0
            if content != kept or version != item.version or item.revision == 0:
                item = items.save(
                    session,
                    project,
                    item_id,
                    here.actor,
                    content,
                    version=version,
                    base=number(form, "base") or 0,
                    why=text(form, "why"),
                    now=now,
                )
            ask_for_sound(session, project, item, now, person_id=here.person.id, fetch=then == "fetch")
    except items.StaleSave as stale:
        with here.studio.database.write() as session:
            item = revisions.find_item(session, here.project, item_id)
            content = _content(session, here, item)
            drafts.save_draft(session, item, here.actor, content, stale.version, item.revision, now)
            queues.note_key_shown(session, item, here.person.id, now)
        return page(
            request,
            "conflict.html",
            here,
            status=409,
            item=item,
            conflict=stale.conflict,
            first=number(form, "base") or 0,
        )
    if then in (Action.SUBMIT, Action.RESUBMIT):
        try:
            with here.studio.database.write() as session:
                project = attached(session, here.project)
                item = items.act(session, project, item_id, here.actor, Command(Action(then)), now)
                ask_for_sound(session, project, item, now, person_id=here.person.id, fetch=True)
        except Refused as refused:
            if refused.kind not in UNREADY:
                raise
            # What is missing is said where it can be mended.
            return RedirectResponse(f"/p/{slug}/items/{item_id}/edit?unready={refused.kind}", 303)
        return RedirectResponse(f"/p/{slug}?handed={item_id}", 303)
    return RedirectResponse(f"/p/{slug}/items/{item_id}/edit?saved={item.revision}", 303)


@router.post("/items/{item_id}/resolve")
def resolve(here: Here, item_id: int) -> Response:
    """After two people saved at once: go on with one's own words, or with both persons' together."""
    now = here.studio.clock()
    with here.studio.database.write() as session:
        project = attached(session, here.project)
        item = revisions.find_item(session, project, item_id, lock=True)
        word = text(here.form, "take")
        taken: drafts.Taken = "theirs" if word == "theirs" else "merged" if word == "merged" else "mine"
        drafts.resolve(session, project, item, here.actor, taken, number(here.form, "first") or 0, now)
    return RedirectResponse(f"/p/{here.project.slug}/items/{item_id}/edit", 303)


@router.get("/items/{item_id}/sound", dependencies=[part_of("/p/{slug}/items/{item_id}/edit")])
def sound(request: Request, here: Here, item_id: int) -> Response:
    """How far the recording is; the page asks again until it is there."""
    with here.studio.database.read() as session:
        item = revisions.find_item(session, here.project, item_id)
        found = _sound(session, here, item, revisions.content_of(session, item))
    return page(request, "sound_state.html", here, item=item, **found)


@router.post("/items/{item_id}/upload")
def upload(here: Here, item_id: int) -> Response:
    """Take a recording for an item that is being written."""
    with here.studio.database.read() as session:
        revisions.find_item(session, here.project, item_id)
    recording = take_upload(here)
    return JSONResponse({"recording": recording.id, "duration": recording.duration, "title": recording.title})
