"""API: recordings, clips, jobs and proposals."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Depends

from mmar.errors import UsageError
from mmar.studio.jobs.model_requests import ITEM_KINDS, request_proposal
from mmar.studio.store import jobs, proposals, review, revisions
from mmar.studio.store.clips import clip_of, recording_of
from mmar.studio.store.inspection import key_is_hidden
from mmar.studio.store.media import request_audio
from mmar.studio.store.review import accept_proposals
from mmar.studio.store.revisions import find_item
from mmar.studio.web.api.serialize import job_json, proposal_json
from mmar.studio.web.context import ProjectContext, attached, project_context, record_key_view
from mmar.studio.web.uploads import store_upload
from mmar.studio.workflow import NotAllowed, Role

__all__ = ["router"]

router = APIRouter(prefix="/p/{slug}")
Context = Annotated[ProjectContext, Depends(project_context)]


@router.post("/recordings", tags=["sound"], summary="Upload a recording", status_code=201)
def upload(ctx: Context) -> dict[str, Any]:
    """A multipart form with the field `file`. Name the number in an item's `recording`."""
    made = store_upload(ctx)
    return {"recording": made.id, "duration": made.duration, "title": made.title, "sha256": made.sha256}


@router.post(
    "/items/{item_id}/sound", tags=["sound"], summary="Fetch and cut what an item needs", status_code=202
)
def fetch(ctx: Context, item_id: int) -> dict[str, str]:
    """`ready`, `cutting`, `fetching`, or `missing` where there is no address to fetch from."""
    if not ctx.actor.has(Role.ANNOTATOR):
        raise NotAllowed("role", "to prepare items needs the role annotator")
    with ctx.studio.database.write() as session:
        project = attached(session, ctx.project)
        item = revisions.find_item(session, project, item_id)
        now = ctx.studio.clock()
        state = request_audio(session, project, item, now, person_id=ctx.person.id, fetch=True)
    return {"state": state}


@router.get("/items/{item_id}/sound", tags=["sound"], summary="An item's recording and clip")
def facts(ctx: Context, item_id: int) -> dict[str, Any]:
    """Null where it is not here yet. Their bytes are at `/p/SLUG/media/clip/NUMBER`, in ranges."""
    with ctx.studio.database.read() as session:
        item = revisions.find_item(session, ctx.project, item_id)
        recording = recording_of(session, ctx.project.id, revisions.content_of(session, item))
        clip = clip_of(session, item)
    return {
        "recording": recording
        and {"id": recording.id, "duration": recording.duration, "sha256": recording.sha256},
        "clip": clip
        and {
            "id": clip.id,
            "duration": clip.duration,
            "sha256": clip.sha256,
            "rate": clip.rate,
            "channels": clip.channels,
            "loudness": clip.loudness,
            "peak": clip.peak,
        },
    }


@router.get("/jobs", tags=["preparation"], summary="Jobs")
def job_list(ctx: Context) -> list[dict[str, Any]]:
    """Running, failed, waiting, done."""
    with ctx.studio.database.read() as session:
        return [job_json(job) for job in jobs.jobs_page(session, ctx.project.id)]


@router.post("/jobs/{job_id}/retry", tags=["preparation"], summary="Run a failed job again", status_code=204)
def retry(ctx: Context, job_id: int) -> None:
    """With all its attempts."""
    if not ctx.actor.has(Role.ANNOTATOR):
        raise NotAllowed("role", "to prepare items needs the role annotator")
    with ctx.studio.database.write() as session:
        jobs.retry(session, ctx.project.id, job_id)


@router.post("/jobs/retry", tags=["preparation"], summary="Run every failed job again")
def retry_all(ctx: Context) -> dict[str, int]:
    """How many were queued."""
    if not ctx.actor.has(Role.ANNOTATOR):
        raise NotAllowed("role", "to prepare items needs the role annotator")
    with ctx.studio.database.write() as session:
        return {"queued": jobs.retry_all(session, ctx.project.id)}


@router.post(
    "/items/{item_id}/ask/{kind}", tags=["preparation"], summary="Ask the text model", status_code=202
)
def ask(ctx: Context, item_id: int, kind: str) -> dict[str, str]:
    """`thinking`, `distractors`, `sub_category`, `rubric` or `guess`."""
    if not ctx.actor.has(Role.ANNOTATOR):
        raise NotAllowed("role", "to prepare items needs the role annotator")
    if kind not in ITEM_KINDS:
        raise UsageError(f"ask one of {', '.join(ITEM_KINDS)}")
    with ctx.studio.database.write() as session:
        item = find_item(session, ctx.project, item_id)
        request_proposal(session, ctx.project, item.id, kind, ctx.person.id, ctx.studio.clock())
    return {"state": "queued"}


@router.get("/proposals", tags=["preparation"], summary="Proposals that wait for a decision")
def open_proposals(ctx: Context, kind: str = "", before: int = 0) -> list[dict[str, Any]]:
    """For you to decide, 200 at a time; `before` is the last number of the page before."""
    with ctx.studio.database.read() as session:
        found = proposals.visible_proposals(session, ctx.project.id, ctx.actor, kind=kind, before=before)
        return [proposal_json(one) for one in found]


@router.get("/items/{item_id}/proposals", tags=["preparation"], summary="All that was proposed for an item")
def item_proposals(ctx: Context, item_id: int) -> list[dict[str, Any]]:
    """Decided or not, with the prompt; nothing for one who may still answer the item by ear."""
    with ctx.studio.database.read() as session:
        item = find_item(session, ctx.project, item_id)
        if key_is_hidden(session, item, ctx.actor):
            return []
        found = [
            {**proposal_json(one), "prompt": one.prompt} for one in proposals.proposals_of(session, item.id)
        ]
    record_key_view(ctx, item)
    return found


@router.post("/proposals/take-over", tags=["preparation"], summary="Take over many proposals as they are")
def take_over(
    ctx: Context,
    kind: Annotated[Literal["", "thinking", "distractors", "sub_category", "rubric"], Body()] = "",
    item: Annotated[int | None, Body()] = None,
    upto: Annotated[int | None, Body()] = None,
) -> dict[str, Any]:
    """All that wait for you, of one `kind`, for one `item`, with numbers to `upto`; a revision each, in your name.

    Those stay open whose question, key or own field was changed since the model was asked.
    """
    database = ctx.studio.database
    with database.read() as session:
        found = proposals.acceptable_proposals(
            session, ctx.project.id, ctx.actor, kind=kind, item_id=item, upto=upto
        )
    outcome = accept_proposals(database, ctx.project, found, ctx.actor, ctx.studio.clock)
    return {"done": outcome.done, "left": dict(outcome.left)}


@router.post("/proposals/{proposal_id}", tags=["preparation"], summary="Decide on a proposal")
def decide(
    ctx: Context,
    proposal_id: int,
    decision: Annotated[review.Decision, Body()],
    edited: Annotated[dict[str, Any] | None, Body()] = None,
    version: Annotated[int | None, Body()] = None,
) -> dict[str, Any]:
    """Taking it over saves a revision in your name; with `version`, the item's, 409 if it moved on since."""
    with ctx.studio.database.write() as session:
        project = attached(session, ctx.project)
        now = ctx.studio.clock()
        made = review.review_proposal(
            session, project, proposal_id, ctx.actor, decision, now, edited=edited, version=version
        )
    return proposal_json(made)
