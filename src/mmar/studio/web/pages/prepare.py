"""Stage 4: jobs, proposals, and passing items on to inspection."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from mmar.studio import bulk
from mmar.studio.data.settings import CLIP_RATES
from mmar.studio.jobs.asking import ITEM_KINDS, ask_many, ask_one
from mmar.studio.jobs.converting import ask_for_conversion, chosen_format, format_words
from mmar.studio.store import finding, jobs, revisions
from mmar.studio.store.clips import clips_of, items_of_clips
from mmar.studio.store.people import trace
from mmar.studio.store.projects import changed_settings, save_settings
from mmar.studio.web.forms import number, numbers, text, texts
from mmar.studio.web.pages.proposals import proposal_values
from mmar.studio.web.render import page
from mmar.studio.web.studio import Place, attached, part_of, place
from mmar.studio.workflow import Action, Refused, Role, State, permitted

__all__ = ["router"]

router = APIRouter(prefix="/p/{slug}")
Here = Annotated[Place, Depends(place)]
PAGE = 50


def _prepared(here: Place) -> finding.ItemFilter:
    """A lead prepares everything, an annotator their own items."""
    return finding.ItemFilter(State.PREPARATION, author=None if here.actor.has(Role.LEAD) else here.person.id)


@router.get("/preparation")
def show(request: Request, here: Here, after: int = 0, kind: str = "") -> Response:
    """What is being prepared, the jobs, the proposals."""
    return _show(request, here, after=after, kind=kind)


def _show(request: Request, here: Place, *, after: int = 0, kind: str = "", said: str = "") -> Response:
    now = here.studio.clock()
    with here.studio.database.read() as session:
        rows = []
        found = finding.items_page(session, here.project.id, _prepared(here), after=after, limit=PAGE + 1)
        cases = revisions.load_cases(session, here.project, found[:PAGE])
        clips = clips_of(session, here.project.id, found[:PAGE])
        for item in found[:PAGE]:
            case, clip = cases[item.id], clips.get(item.clip_key)
            alike = items_of_clips(session, here.project.id, clip.alike) if clip else []
            rows.append((item, clip, permitted(case, here.actor, now), case, alike))
        values: dict[str, Any] = {
            "rows": rows,
            "total": finding.count_items(session, here.project.id, _prepared(here)),
            "more": found[PAGE - 1].id if len(found) > PAGE else 0,
            "after": after,
            **_jobs(session, here),
            "model": here.studio.config.text_model,
            "item_kinds": ITEM_KINDS,
            "clip_words": format_words(attached(session, here.project).settings),
            "clip_rates": CLIP_RATES,
            **proposal_values(session, here, kind=kind),
        }
    return page(request, "preparation.html", here, said=said, **values)


@router.get("/preparation/jobs", dependencies=[part_of("/p/{slug}/preparation")])
def job_list(request: Request, here: Here) -> Response:
    """The list of jobs alone; the page asks for it while something runs."""
    with here.studio.database.read() as session:
        values = _jobs(session, here)
    return page(request, "jobs.html", here, **values)


def _jobs(session: Session, here: Place) -> dict[str, Any]:
    """The jobs that are shown, how many there are, and what the items are called that they work for."""
    found = jobs.jobs_page(session, here.project.id, limit=40)
    return {
        "jobs": found,
        "job_counts": jobs.job_counts(session, here.project.id),
        "job_items": finding.public_ids(session, [job.item_id for job in found if job.item_id]),
    }


@router.post("/preparation/jobs/{job_id}/retry")
def retry(here: Here, job_id: int) -> Response:
    """Run a failed job again."""
    _writer(here)
    with here.studio.database.write() as session:
        jobs.retry(session, here.project.id, job_id)
    return RedirectResponse(f"/p/{here.project.slug}/preparation", 303)


@router.post("/preparation/retry")
def retry_all(here: Here) -> Response:
    """Run every failed job again."""
    _writer(here)
    with here.studio.database.write() as session:
        jobs.retry_all(session, here.project.id)
    return RedirectResponse(f"/p/{here.project.slug}/preparation", 303)


@router.post("/preparation/items")
def many(request: Request, here: Here) -> Response:
    """For the ticked items, or all: ask the model, fetch the sound, or pass them on to inspection."""
    _writer(here)
    do, studio, project = text(here.form, "do"), here.studio, here.project
    everything = "everything" in here.form
    items = numbers(here.form, "item")
    if everything:
        with studio.database.read() as session:
            items = finding.item_numbers(session, project.id, _prepared(here))
    said = "No item is ticked."
    if items and do == "forward":
        outcome = bulk.move_items(studio.database, project, items, here.actor, Action.FORWARD, studio.clock)
        said = outcome.words
    elif items and do == "sound":
        outcome = bulk.fetch_sounds(studio.database, project, items, here.person.id, studio.clock)
        said = outcome.words
    elif items and do == "ask":
        kinds = texts(here.form, "kind")
        # Who ticks an item and asks wants it asked; of all items, only those without an answer are.
        queued, known = ask_many(
            studio.database, project, items, kinds, here.person.id, studio.clock, again=not everything
        )
        said = f"{queued} questions queued" + (f"; {known} were answered before." if known else ".")
        said = said if kinds else "Tick what to ask for."
    return _show(request, here, after=number(here.form, "after") or 0, said=said)


@router.post("/preparation/format")
def convert(here: Here) -> Response:
    """Say what clips are converted to; those that nobody judged yet are cut anew."""
    with here.studio.database.write() as session:
        project, now = attached(session, here.project), here.studio.clock()
        chosen = chosen_format(text(here.form, "clip_rate"), text(here.form, "clip_channels"))
        save_settings(project, here.actor, changed_settings(project, **chosen))
        ask_for_conversion(session, project, now, person_id=here.person.id)
        words = format_words(project.settings)
        trace(session, now, here.person.id, "clip format", words, project_id=project.id)
    return RedirectResponse(f"/p/{here.project.slug}/preparation", 303)


@router.post("/items/{item_id}/ask/{kind}")
def ask(here: Here, item_id: int, kind: str) -> Response:
    """Ask the model one thing about one item."""
    _writer(here)
    with here.studio.database.write() as session:
        item = revisions.find_item(session, here.project, item_id)
        ask_one(session, here.project, item.id, kind, here.person.id, here.studio.clock())
    return RedirectResponse(f"/p/{here.project.slug}/items/{item_id}/edit", 303)


def _writer(here: Place) -> None:
    if not here.actor.has(Role.ANNOTATOR):
        raise Refused("role", "to prepare items needs the role annotator")
