"""Stage 4: jobs, proposals, and passing items on to inspection."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from mmar.studio.data.settings import CLIP_RATES
from mmar.studio.jobs.clip_format import describe_clip_format, parse_clip_format, request_conversion
from mmar.studio.jobs.model_requests import ITEM_KINDS, request_proposal, request_proposals
from mmar.studio.store import bulk, item_search, jobs, revisions
from mmar.studio.store.clips import clips_of, items_with_clips
from mmar.studio.store.people import log_action
from mmar.studio.store.projects import changed_settings, save_settings
from mmar.studio.web.context import ProjectContext, attached, fragment_of, project_context
from mmar.studio.web.forms import number, numbers, text, texts
from mmar.studio.web.pages.proposals import proposal_values
from mmar.studio.web.render import render_page
from mmar.studio.workflow import Action, NotAllowed, Role, State, permitted

__all__ = ["router"]

router = APIRouter(prefix="/p/{slug}")
Context = Annotated[ProjectContext, Depends(project_context)]
PAGE = 50


def _prepared(ctx: ProjectContext) -> item_search.ItemFilter:
    """A lead prepares everything, an annotator their own items."""
    return item_search.ItemFilter(
        State.PREPARATION, author=None if ctx.actor.has(Role.LEAD) else ctx.person.id
    )


@router.get("/preparation")
def show(request: Request, ctx: Context, after: int = 0, kind: str = "") -> Response:
    """What is being prepared, the jobs, the proposals."""
    return _show(request, ctx, after=after, kind=kind)


def _show(
    request: Request, ctx: ProjectContext, *, after: int = 0, kind: str = "", said: str = ""
) -> Response:
    now = ctx.studio.clock()
    with ctx.studio.database.read() as session:
        rows = []
        found = item_search.items_page(session, ctx.project.id, _prepared(ctx), after=after, limit=PAGE + 1)
        cases = revisions.load_cases(session, ctx.project, found[:PAGE])
        clips = clips_of(session, ctx.project.id, found[:PAGE])
        for item in found[:PAGE]:
            case, clip = cases[item.id], clips.get(item.clip_key)
            alike = items_with_clips(session, ctx.project.id, clip.alike) if clip else []
            rows.append((item, clip, permitted(case, ctx.actor, now), case, alike))
        values: dict[str, Any] = {
            "rows": rows,
            "total": item_search.count_items(session, ctx.project.id, _prepared(ctx)),
            "more": found[PAGE - 1].id if len(found) > PAGE else 0,
            "after": after,
            **_jobs(session, ctx),
            "model": ctx.studio.config.text_model,
            "item_kinds": ITEM_KINDS,
            "clip_words": describe_clip_format(attached(session, ctx.project).settings),
            "clip_rates": CLIP_RATES,
            **proposal_values(session, ctx, kind=kind),
        }
    return render_page(request, "preparation.html", ctx, said=said, **values)


@router.get("/preparation/jobs", dependencies=[fragment_of("/p/{slug}/preparation")])
def job_list(request: Request, ctx: Context) -> Response:
    """The list of jobs alone; the page asks for it while something runs."""
    with ctx.studio.database.read() as session:
        values = _jobs(session, ctx)
    return render_page(request, "jobs.html", ctx, **values)


def _jobs(session: Session, ctx: ProjectContext) -> dict[str, Any]:
    """The jobs that are shown, how many there are, and what the items are called that they work for."""
    found = jobs.jobs_page(session, ctx.project.id, limit=40)
    return {
        "jobs": found,
        "job_counts": jobs.job_counts(session, ctx.project.id),
        "job_items": item_search.public_ids(session, [job.item_id for job in found if job.item_id]),
    }


@router.post("/preparation/jobs/{job_id}/retry")
def retry(ctx: Context, job_id: int) -> Response:
    """Run a failed job again."""
    _writer(ctx)
    with ctx.studio.database.write() as session:
        jobs.retry(session, ctx.project.id, job_id)
    return RedirectResponse(f"/p/{ctx.project.slug}/preparation", 303)


@router.post("/preparation/retry")
def retry_all(ctx: Context) -> Response:
    """Run every failed job again."""
    _writer(ctx)
    with ctx.studio.database.write() as session:
        jobs.retry_all(session, ctx.project.id)
    return RedirectResponse(f"/p/{ctx.project.slug}/preparation", 303)


@router.post("/preparation/items")
def many(request: Request, ctx: Context) -> Response:
    """For the ticked items, or all: ask the model, fetch the sound, or pass them on to inspection."""
    _writer(ctx)
    do, studio, project = text(ctx.form, "do"), ctx.studio, ctx.project
    everything = "everything" in ctx.form
    items = numbers(ctx.form, "item")
    if everything:
        with studio.database.read() as session:
            items = item_search.item_numbers(session, project.id, _prepared(ctx))
    said = "No item is ticked."
    if items and do == "forward":
        outcome = bulk.move_items(studio.database, project, items, ctx.actor, Action.FORWARD, studio.clock)
        said = outcome.words
    elif items and do == "sound":
        outcome = bulk.request_audio_for_items(studio.database, project, items, ctx.person.id, studio.clock)
        said = outcome.words
    elif items and do == "ask":
        kinds = texts(ctx.form, "kind")
        # Who ticks an item and asks wants it asked; of all items, only those without an answer are.
        queued, known = request_proposals(
            studio.database, project, items, kinds, ctx.person.id, studio.clock, again=not everything
        )
        said = f"{queued} questions queued" + (f"; {known} were answered before." if known else ".")
        said = said if kinds else "Tick what to ask for."
    return _show(request, ctx, after=number(ctx.form, "after") or 0, said=said)


@router.post("/preparation/format")
def convert(ctx: Context) -> Response:
    """Say what clips are converted to; those that nobody judged yet are cut anew."""
    with ctx.studio.database.write() as session:
        project, now = attached(session, ctx.project), ctx.studio.clock()
        chosen = parse_clip_format(text(ctx.form, "clip_rate"), text(ctx.form, "clip_channels"))
        save_settings(project, ctx.actor, changed_settings(project, **chosen))
        request_conversion(session, project, now, person_id=ctx.person.id)
        words = describe_clip_format(project.settings)
        log_action(session, now, ctx.person.id, "clip format", words, project_id=project.id)
    return RedirectResponse(f"/p/{ctx.project.slug}/preparation", 303)


@router.post("/items/{item_id}/ask/{kind}")
def ask(ctx: Context, item_id: int, kind: str) -> Response:
    """Ask the model one thing about one item."""
    _writer(ctx)
    with ctx.studio.database.write() as session:
        item = revisions.find_item(session, ctx.project, item_id)
        request_proposal(session, ctx.project, item.id, kind, ctx.person.id, ctx.studio.clock())
    return RedirectResponse(f"/p/{ctx.project.slug}/items/{item_id}/edit", 303)


def _writer(ctx: ProjectContext) -> None:
    if not ctx.actor.has(Role.ANNOTATOR):
        raise NotAllowed("role", "to prepare items needs the role annotator")
