"""The way in: one's projects, and one project's work that waits."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from mmar.studio.security.sessions import Visitor
from mmar.studio.store import projects, queues
from mmar.studio.store.jobs import job_counts
from mmar.studio.store.people import trace
from mmar.studio.store.proposals import count_proposals
from mmar.studio.store.revisions import find_item
from mmar.studio.web.forms import text
from mmar.studio.web.render import page
from mmar.studio.web.studio import Place, place, read_form, studio_of, visitor
from mmar.studio.workflow.refusal import Refused

__all__ = ["router"]

router = APIRouter()
Who = Annotated[Visitor, Depends(visitor)]
Here = Annotated[Place, Depends(place)]


@router.get("/")
def all_projects(request: Request, who: Who) -> Response:
    """One's projects; with only one, that one."""
    studio = studio_of(request)
    with studio.database.read() as session:
        found = projects.projects_of(session, who.person)
        counts = {project.id: projects.state_counts(session, project.id) for project in found}
    if len(found) == 1 and not who.person.site_admin:
        return RedirectResponse(f"/p/{found[0].slug}", 303)
    return page(
        request,
        "projects.html",
        person=who.person,
        csrf=who.csrf,
        projects=found,
        counts=counts,
        project=None,
    )


@router.post("/projects")
def add_project(request: Request, who: Who, form: Annotated[FormData, Depends(read_form)]) -> Response:
    """Begin a benchmark; whoever runs the site may."""
    if not who.person.site_admin:
        raise Refused("role", "only an admin of the site may begin a project")
    studio = studio_of(request)
    with studio.database.write() as session:
        made = projects.add_project(
            session,
            text(form, "slug").strip(),
            text(form, "title"),
            who.person,
            studio.clock(),
            text(form, "about").strip(),
        )
        trace(session, studio.clock(), who.person.id, "project made", made.slug, project_id=made.id)
        slug = made.slug
    return RedirectResponse(f"/p/{slug}", 303)


@router.get("/p/{slug}")
def overview(request: Request, here: Here, handed: int = 0) -> Response:
    """What waits for this person, where the whole stands, and what became of the item just handed in."""
    now = here.studio.clock()
    with here.studio.database.read() as session:
        project_id = here.project.id
        values: dict[str, Any] = {
            "handed": find_item(session, here.project, handed) if handed else None,
            "mine": queues.my_items(session, project_id, here.person.id),
            "waiting": queues.waiting(session, here.project, here.actor, now),
            "counts": projects.state_counts(session, project_id),
            "jobs": job_counts(session, project_id),
            "proposals": count_proposals(session, project_id, here.actor).shown,
            "human": here.studio.human(session, project_id),
        }
    return page(request, "home.html", here, **values)
