"""API: recordings, clips, jobs and proposals."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body

from mmar.studio.jobs.model_requests import request_proposal
from mmar.studio.store import jobs, proposals, revisions
from mmar.studio.store.inspection import key_is_hidden
from mmar.studio.store.recordings import clip_of, recording_of, request_audio
from mmar.studio.web.api.serialize import row_json
from mmar.studio.web.context import Context, record_key_view
from mmar.studio.web.pages.media import store_upload
from mmar.studio.workflow import Role

router = APIRouter(prefix="/p/{slug}", tags=["preparation"])


@router.post("/recordings", summary="Upload a recording", status_code=201)
def upload_recording(ctx: Context) -> dict[str, Any]:
    """Store `file` of a multipart form. Use the returned id as an item's `recording`."""
    recording = store_upload(ctx)
    return {
        "recording": recording.id,
        "duration": recording.duration,
        "title": recording.title,
        "sha256": recording.sha256,
    }


@router.post("/items/{item_id}/sound", summary="Fetch and cut an item's audio", status_code=202)
def fetch_audio(ctx: Context, item_id: int) -> dict[str, str]:
    """Queue what is needed; return `ready`, `cutting`, `fetching`, or `missing` if the item has no URL."""
    ctx.actor.require(Role.ANNOTATOR)
    with ctx.write_item(item_id) as (session, project, item):
        now = ctx.clock()
        state = request_audio(session, project, item, now, person_id=ctx.person.id, fetch=True)
    return {"state": state}


@router.get("/items/{item_id}/sound", summary="An item's recording and clip")
def get_audio(ctx: Context, item_id: int) -> dict[str, Any]:
    """Return both, or null. The bytes are at `/p/SLUG/media/clip/ID`, which answers range requests."""
    with ctx.read_item(item_id) as (session, item):
        recording = recording_of(session, ctx.project.id, revisions.content_of(session, item))
        clip = clip_of(session, item)
    return {"recording": row_json(recording) if recording else None, "clip": row_json(clip) if clip else None}


@router.get("/jobs", summary="Jobs")
def list_jobs(ctx: Context) -> list[dict[str, Any]]:
    """Return the newest jobs: running, queued, failed, then done."""
    with ctx.read() as session:
        return [row_json(job) for job in jobs.jobs_page(session, ctx.project.id)]


@router.post("/jobs/{job_id}/retry", summary="Retry a failed job", status_code=204)
def retry_job(ctx: Context, job_id: int) -> None:
    """Queue a failed job again, with the full number of attempts."""
    ctx.actor.require(Role.ANNOTATOR)
    with ctx.write() as (session, project):
        jobs.retry(session, project.id, job_id)


@router.post("/jobs/retry", summary="Retry every failed job")
def retry_failed_jobs(ctx: Context) -> dict[str, int]:
    """Queue every failed job again; return how many."""
    ctx.actor.require(Role.ANNOTATOR)
    with ctx.write() as (session, project):
        return {"queued": jobs.retry_all(session, project.id)}


@router.post("/items/{item_id}/ask/{kind}", summary="Ask the text model about an item", status_code=202)
def request_item_proposal(ctx: Context, item_id: int, kind: str) -> dict[str, str]:
    """Ask for `thinking`, `distractors`, `sub_category`, `rubric` or `guess`."""
    with ctx.write() as (session, project):
        request_proposal(session, project, item_id, kind, ctx.actor, ctx.clock())
    return {"state": "queued"}


@router.get("/proposals", summary="Open proposals")
def list_proposals(ctx: Context, kind: str = "", before: int = 0) -> list[dict[str, Any]]:
    """Return 200 proposals that you can review, with ids below `before`."""
    with ctx.read() as session:
        result = proposals.visible_proposals(session, ctx.project.id, ctx.actor, kind=kind, before=before)
        return [row_json(proposal) for proposal in result]


@router.get("/items/{item_id}/proposals", summary="All proposals for an item")
def list_item_proposals(ctx: Context, item_id: int) -> list[dict[str, Any]]:
    """Return all proposals with their prompts; none while you may still answer the item blind."""
    with ctx.read_item(item_id) as (session, item):
        if key_is_hidden(session, item, ctx.actor):
            return []
        result = [
            {**row_json(proposal), "prompt": proposal.prompt}
            for proposal in proposals.proposals_of(session, item.id)
        ]
    record_key_view(ctx, item)
    return result


@router.post("/proposals/accept", summary="Accept proposals unchanged")
def accept_proposals(
    ctx: Context,
    kind: Annotated[Literal["", "thinking", "distractors", "sub_category", "rubric"], Body()] = "",
    item: Annotated[int | None, Body()] = None,
    upto: Annotated[int | None, Body()] = None,
) -> dict[str, Any]:
    """Accept the open proposals that you can review, of one `kind`, for one `item`, with ids up to `upto`.

    Each becomes a revision in your name. Proposals stay open where the question, the key or the same field changed
    since the model was asked.
    """
    database = ctx.studio.database
    with database.read() as session:
        numbers = proposals.acceptable_proposals(
            session, ctx.project.id, ctx.actor, kind=kind, item_id=item, upto=upto
        )
    result = proposals.accept_proposals(database, ctx.project, numbers, ctx.actor, ctx.studio.clock)
    return {"done": result.done, "left": dict(result.left)}


@router.post("/proposals/{proposal_id}", summary="Review a proposal")
def review_proposal(
    ctx: Context,
    proposal_id: int,
    decision: Annotated[proposals.Decision, Body()],
    edited: Annotated[dict[str, Any] | None, Body()] = None,
    version: Annotated[int | None, Body()] = None,
) -> dict[str, Any]:
    """Accept or reject. Accepting saves a revision in your name; with `version`, 409 if the item was changed since."""
    with ctx.write() as (session, project):
        now = ctx.clock()
        proposal = proposals.review_proposal(
            session, project, proposal_id, ctx.actor, decision, now, edited=edited, version=version
        )
    return row_json(proposal)
