"""Stage 4: jobs, clips, and sending items to inspection."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from mmar.studio.config import CLIP_RATES
from mmar.studio.jobs.clips import describe_clip_format, parse_clip_format, request_conversion
from mmar.studio.jobs.model_requests import ITEM_KINDS, request_proposal, request_proposals
from mmar.studio.store import bulk, item_lists, jobs, revisions
from mmar.studio.store.projects import change_settings
from mmar.studio.store.recordings import clips_of, items_with_clips
from mmar.studio.web.context import Context, ProjectContext, attached, fragment_of
from mmar.studio.web.flash import Flash
from mmar.studio.web.forms import number, numbers, text, texts
from mmar.studio.web.labels import count, sentence
from mmar.studio.web.pages.items import outcome_flash
from mmar.studio.web.pages.proposals import suggestion_values
from mmar.studio.web.render import render_page
from mmar.studio.workflow import Action, Role, State, permitted

__all__ = ["router"]

router = APIRouter(prefix="/p/{slug}")
_PAGE = 50
_JOBS_SHOWN = 40


def _own_items(ctx: ProjectContext) -> item_lists.ItemFilter:
    """The items in preparation that a person works on: a lead on all, an annotator on their own."""
    author = None if ctx.actor.has(Role.LEAD) else ctx.person.id
    return item_lists.ItemFilter(State.PREPARATION, author=author)


@router.get("/preparation")
def show(request: Request, ctx: Context, after: int = 0, kind: str = "") -> Response:
    """Items in preparation, jobs, and suggestions."""
    now = ctx.clock()
    with ctx.read() as session:
        result = item_lists.items_page(session, ctx.project.id, _own_items(ctx), after=after, limit=_PAGE + 1)
        cases = revisions.load_cases(session, ctx.project, result[:_PAGE])
        clips = clips_of(session, ctx.project.id, result[:_PAGE])
        rows = []
        for item in result[:_PAGE]:
            case, clip = cases[item.id], clips.get(item.clip_key)
            similar = items_with_clips(session, ctx.project.id, clip.alike) if clip else []
            rows.append((item, clip, permitted(case, ctx.actor, now), case, similar))
        suggestions = suggestion_values(session, ctx, kind=kind)
        values: dict[str, Any] = {
            "rows": rows,
            "total": item_lists.count_items(session, ctx.project.id, _own_items(ctx)),
            "more": result[_PAGE - 1].id if len(result) > _PAGE else 0,
            "after": after,
            "item_kinds": ITEM_KINDS,
            "clip_words": sentence(describe_clip_format(attached(session, ctx.project).settings)),
            "clip_rates": CLIP_RATES,
            **suggestions,
            **_job_values(session, ctx, suggestions["newest"]),
        }
    return render_page(request, "preparation.html", ctx, **values)


@router.get("/preparation/jobs", dependencies=[fragment_of("/p/{slug}/preparation")])
def job_list(request: Request, ctx: Context, newest: int = 0) -> Response:
    """The list of jobs; the page asks for it while a job is queued or running.

    Where suggestions arrived since, the response triggers the event that loads them.
    """
    with ctx.read() as session:
        now_newest = suggestion_values(session, ctx)["newest"]
        values = _job_values(session, ctx, max(newest, now_newest))
    response = render_page(request, "jobs.html", ctx, **values)
    if now_newest > newest:
        response.headers["HX-Trigger-After-Swap"] = "suggestions-arrived"
    return response


def _job_values(session: Session, ctx: ProjectContext, newest: int) -> dict[str, Any]:
    """The jobs that are shown, how many there are, and the public ids of their items."""
    shown = jobs.jobs_page(session, ctx.project.id, limit=_JOBS_SHOWN)
    counts = jobs.job_counts(session, ctx.project.id)
    return {
        "jobs": shown,
        "job_counts": counts,
        "job_items": item_lists.public_ids(session, [job.item_id for job in shown if job.item_id]),
        "active": bool(counts.get("queued") or counts.get("running")),
        "newest": newest,
    }


@router.post("/preparation/jobs/{job_id}/retry")
def retry(ctx: Context, job_id: int) -> Response:
    """Run a failed job again."""
    ctx.actor.require(Role.ANNOTATOR)
    with ctx.write() as (session, project):
        jobs.retry(session, project.id, job_id)
    return ctx.redirect("/preparation")


@router.post("/preparation/retry")
def retry_all(ctx: Context) -> Response:
    """Run every failed job again."""
    ctx.actor.require(Role.ANNOTATOR)
    with ctx.write() as (session, project):
        queued = jobs.retry_all(session, project.id)
    return ctx.redirect("/preparation", Flash("jobs-queued", f"{count(queued, 'job')} queued again."))


@router.post("/preparation/items")
def change_many(ctx: Context) -> Response:
    """For the selected items, or all: ask the model, fetch the audio, or send them to inspection."""
    ctx.actor.require(Role.ANNOTATOR)
    studio, project = ctx.studio, ctx.project
    everything = "everything" in ctx.form
    items = numbers(ctx.form, "item")
    if everything:
        with studio.database.read() as session:
            items = item_lists.item_numbers(session, project.id, _own_items(ctx))
    after = number(ctx.form, "after") or 0
    page = f"/preparation?after={after}" if after else "/preparation"
    do = text(ctx.form, "do")
    if not items:
        return ctx.redirect(page, Flash("nothing-selected", "No item is selected.", "warn"))
    if do == "forward":
        moved = bulk.move_items(studio.database, project, items, ctx.actor, Action.FORWARD, studio.clock)
        return ctx.redirect(page, outcome_flash(moved, "sent to inspection"))
    if do == "sound":
        fetched = bulk.request_audio_for_items(studio.database, project, items, ctx.person.id, studio.clock)
        return ctx.redirect(page, outcome_flash(fetched, "queued for audio"))
    kinds = texts(ctx.form, "kind")
    if not kinds:
        return ctx.redirect(page, Flash("nothing-selected", "Select what to ask the model for.", "warn"))
    # For selected items the model is asked again; of all items only those without a suggestion are.
    queued, known = request_proposals(
        studio.database, project, items, kinds, ctx.actor, studio.clock, again=not everything
    )
    details = (f"{count(known, 'suggestion')} existed already.",) if known else ()
    note = f"{count(queued, 'model request')} queued. Suggestions appear below as they arrive."
    return ctx.redirect(page, Flash("requests-queued", note, details=details))


@router.post("/preparation/format")
def set_clip_format(ctx: Context) -> Response:
    """Set the sample rate and channels of clips; clips that nobody reviewed yet are cut again."""
    with ctx.write() as (session, project):
        now = ctx.clock()
        chosen = parse_clip_format(text(ctx.form, "clip_rate"), text(ctx.form, "clip_channels"))
        change_settings(project, ctx.actor, **chosen)
        queued = request_conversion(session, project, now, person_id=ctx.person.id)
        words = describe_clip_format(project.settings)
        ctx.log(session, "clip format", words)
    note = f"Clip format: {words}. {count(queued, 'clip')} will be cut again."
    return ctx.redirect("/preparation", Flash("clip-format-saved", note))


@router.post("/items/{item_id}/ask/{kind}")
def ask(ctx: Context, item_id: int, kind: str) -> Response:
    """Ask the model one thing about one item."""
    ctx.actor.require(Role.ANNOTATOR)
    with ctx.write_item(item_id) as (session, project, item):
        request_proposal(session, project, item.id, kind, ctx.actor, ctx.clock())
    return ctx.redirect(f"/items/{item_id}/edit")
