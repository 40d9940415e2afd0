"""Stage 4: jobs, proposals, and passing items on to inspection."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from mmar.errors import MmarError, UsageError
from mmar.studio.data.item_tables import Item
from mmar.studio.data.settings import CLIP_RATES
from mmar.studio.jobs.asking import ITEM_KINDS, ask_one
from mmar.studio.jobs.converting import ask_for_conversion, chosen_format, format_words
from mmar.studio.store import items, jobs, proposals, queues, revisions
from mmar.studio.store.clips import clip_of, items_of_clips
from mmar.studio.store.media import ask_for_sound
from mmar.studio.store.people import trace
from mmar.studio.store.projects import changed_settings, save_settings
from mmar.studio.web.forms import numbers, text, texts, ticked_ideas, ticked_places
from mmar.studio.web.render import page
from mmar.studio.web.studio import Place, attached, place
from mmar.studio.workflow import Action, Command, Refused, Role, changes, permitted

__all__ = ["router"]

router = APIRouter(prefix="/p/{slug}")
Here = Annotated[Place, Depends(place)]


@router.get("/preparation")
def show(request: Request, here: Here) -> Response:
    """What is being prepared, the jobs, the proposals."""
    now = here.studio.clock()
    with here.studio.database.read() as session:
        rows = []
        for item in queues.items_page(session, here.project.id, state="preparation", limit=200):
            case = revisions.load_case(session, here.project, item)
            clip = clip_of(session, item)
            alike = items_of_clips(session, here.project.id, clip.alike) if clip else []
            rows.append((item, clip, permitted(case, here.actor, now), case, alike))
        values: dict[str, Any] = {
            "rows": rows,
            "jobs": jobs.jobs_page(session, here.project.id, limit=40),
            "job_counts": jobs.job_counts(session, here.project.id),
            "proposals": [
                _shown(session, found)
                for found in proposals.visible_proposals(session, here.project.id, here.actor)
            ],
            "model": here.studio.config.text_model,
            "item_kinds": ITEM_KINDS,
            "clip_words": format_words(attached(session, here.project).settings),
            "clip_rates": CLIP_RATES,
        }
    return page(request, "preparation.html", here, **values)


def _shown(session: Any, proposal: Any) -> dict[str, Any]:
    """A proposal with what it would change."""
    values: dict[str, Any] = {"proposal": proposal, "item": None, "changes": ()}
    if proposal.item_id is not None:
        item = session.get(Item, proposal.item_id)
        values["item"] = item
        content = revisions.content_of(session, item)
        if proposal.kind != "guess":
            try:
                after = proposals.applied(proposal.kind, content, proposal.content)
                values["changes"] = changes(content, after)
            except MmarError:
                values["changes"] = ()
        else:
            values["content"] = content
    return values


@router.get("/preparation/jobs")
def job_list(request: Request, here: Here) -> Response:
    """The list of jobs alone; the page asks for it while something runs."""
    with here.studio.database.read() as session:
        found = jobs.jobs_page(session, here.project.id, limit=40)
        counts = jobs.job_counts(session, here.project.id)
    return page(request, "jobs.html", here, jobs=found, job_counts=counts)


@router.post("/preparation/jobs/{job_id}/retry")
def retry(here: Here, job_id: int) -> Response:
    """Run a failed job again."""
    _writer(here)
    with here.studio.database.write() as session:
        jobs.retry(session, here.project.id, job_id)
    return RedirectResponse(f"/p/{here.project.slug}/preparation", 303)


@router.post("/preparation/items")
def many(here: Here) -> Response:
    """For all ticked items: ask the model, fetch the sound, or pass them on to inspection."""
    _writer(here)
    now, do = here.studio.clock(), text(here.form, "do")
    with here.studio.database.write() as session:
        project = attached(session, here.project)
        for item_id in numbers(here.form, "item"):
            item = revisions.find_item(session, project, item_id, lock=True)
            if do == "forward":
                try:
                    items.act(session, project, item_id, here.actor, Command(Action.FORWARD), now)
                except Refused:
                    continue  # the page shows which stayed, and why
            elif do == "sound":
                content = revisions.content_of(session, item)
                ask_for_sound(session, project, item, content, now, person_id=here.person.id, fetch=True)
            elif do == "ask":
                for kind in texts(here.form, "kind"):
                    if kind in ITEM_KINDS:
                        ask_one(session, project, item.id, kind, here.person.id, now)
    return RedirectResponse(f"/p/{here.project.slug}/preparation", 303)


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


@router.post("/proposals/{proposal_id}")
def decide(here: Here, proposal_id: int) -> Response:
    """Take a proposal over, as it is or edited, or refuse it."""
    word = text(here.form, "decision")
    if word not in ("accepted", "edited", "refused"):
        raise UsageError("decide: accepted, edited or refused")
    with here.studio.database.write() as session:
        project = attached(session, here.project)
        proposal = proposals.find_proposal(session, project, proposal_id)
        edited = _edited(here, proposal.kind, proposal.content) if word != "refused" else None
        changed = edited is not None and edited != proposal.content
        decision: proposals.Decision = (
            "refused" if word == "refused" else ("edited" if changed else "accepted")
        )
        proposals.decide(
            session, project, proposal_id, here.actor, decision, here.studio.clock(), edited=edited
        )
    back = text(here.form, "back")
    known = f"/p/{here.project.slug}/"
    return RedirectResponse(back if back.startswith(known) else f"{known}preparation", 303)


def _edited(here: Place, kind: str, content: dict[str, Any]) -> dict[str, Any]:
    form, new = here.form, dict(content)
    if kind == "thinking" and "thinking" in form:
        new["thinking"] = text(form, "thinking").strip()
    elif kind == "distractors" and "distractor" in form:
        new["distractors"] = [row.strip() for row in texts(form, "distractor") if row.strip()]
    elif kind == "sub_category" and "place" in form:
        new["category"], _, new["sub_category"] = text(form, "place").partition("|")
    elif kind == "ideas" and ("take" in form or "some" in form):
        new["ideas"] = ticked_ideas(form, content["ideas"])
    elif kind == "grouping" and ("take" in form or "some" in form):
        new["places"] = ticked_places(form, content["places"])
    return new


def _writer(here: Place) -> None:
    if not here.actor.has(Role.ANNOTATOR):
        raise Refused("role", "to prepare items needs the role annotator")
