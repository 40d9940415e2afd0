"""The way in: one's projects, and one project's work that waits."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from mmar.studio.security.sessions import Visitor
from mmar.studio.store import projects, queues
from mmar.studio.store.jobs import job_counts
from mmar.studio.store.people import log_action
from mmar.studio.store.proposals import count_waiting_proposals
from mmar.studio.store.revisions import find_item
from mmar.studio.web.context import ProjectContext, current_visitor, project_context, read_form, studio_of
from mmar.studio.web.forms import text
from mmar.studio.web.render import render_page
from mmar.studio.workflow.states import NotAllowed

__all__ = ["router"]

router = APIRouter()
LoggedIn = Annotated[Visitor, Depends(current_visitor)]
Context = Annotated[ProjectContext, Depends(project_context)]


@router.get("/")
def all_projects(request: Request, visitor: LoggedIn) -> Response:
    """One's projects; with only one, that one."""
    studio = studio_of(request)
    with studio.database.read() as session:
        found = projects.projects_of(session, visitor.person)
        counts = {project.id: projects.state_counts(session, project.id) for project in found}
    if len(found) == 1 and not visitor.person.site_admin:
        return RedirectResponse(f"/p/{found[0].slug}", 303)
    return render_page(
        request,
        "projects.html",
        person=visitor.person,
        csrf=visitor.csrf,
        projects=found,
        counts=counts,
        project=None,
    )


@router.post("/projects")
def add_project(
    request: Request, visitor: LoggedIn, form: Annotated[FormData, Depends(read_form)]
) -> Response:
    """Begin a benchmark; whoever runs the site may."""
    if not visitor.person.site_admin:
        raise NotAllowed("role", "only an admin of the site may begin a project")
    studio = studio_of(request)
    with studio.database.write() as session:
        made = projects.add_project(
            session,
            text(form, "slug").strip(),
            text(form, "title"),
            visitor.person,
            studio.clock(),
            text(form, "about").strip(),
        )
        log_action(session, studio.clock(), visitor.person.id, "project made", made.slug, project_id=made.id)
        slug = made.slug
    return RedirectResponse(f"/p/{slug}", 303)


@router.get("/p/{slug}")
def overview(request: Request, ctx: Context, handed: int = 0) -> Response:
    """What waits for this person, where the whole stands, and what became of the item just handed in."""
    now = ctx.studio.clock()
    with ctx.studio.database.read() as session:
        project_id = ctx.project.id
        values: dict[str, Any] = {
            "handed": find_item(session, ctx.project, handed) if handed else None,
            "mine": queues.my_items(session, project_id, ctx.person.id),
            "waiting": queues.waiting(session, ctx.project, ctx.actor, now),
            "counts": projects.state_counts(session, project_id),
            "jobs": job_counts(session, project_id),
            "proposals": count_waiting_proposals(session, project_id, ctx.actor).shown,
            "human": ctx.studio.human(session, project_id),
        }
    return render_page(request, "home.html", ctx, **values)
