"""The list of projects, and the overview of one."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from mmar.studio.store import item_lists, projects
from mmar.studio.store.jobs import job_counts
from mmar.studio.store.people import log_action
from mmar.studio.store.proposals import count_waiting_proposals
from mmar.studio.web.context import Context, LoggedIn, SentForm, studio_of
from mmar.studio.web.forms import name_text, text
from mmar.studio.web.render import render_page
from mmar.studio.workflow import NotAllowed

__all__ = ["router"]

router = APIRouter()


@router.get("/")
def all_projects(request: Request, visitor: LoggedIn) -> Response:
    """The person's projects; who has only one is redirected to it."""
    with studio_of(request).database.read() as session:
        mine = projects.projects_of(session, visitor.person)
        counts = {project.id: projects.state_counts(session, project.id) for project in mine}
    if len(mine) == 1 and not visitor.person.site_admin:
        return RedirectResponse(f"/p/{mine[0].slug}", 303)
    return render_page(
        request, "projects.html", person=visitor.person, csrf=visitor.csrf, projects=mine, counts=counts
    )


@router.post("/projects")
def add_project(request: Request, visitor: LoggedIn, form: SentForm) -> Response:
    """Create a project; for admins of the site."""
    if not visitor.person.site_admin:
        raise NotAllowed("role", "only an admin of the site can create a project")
    studio = studio_of(request)
    with studio.database.write() as session:
        project = projects.add_project(
            session,
            text(form, "slug").strip(),
            name_text(form, "title"),
            visitor.person,
            studio.clock(),
            text(form, "about").strip(),
        )
        log_action(
            session, studio.clock(), visitor.person.id, "project made", project.slug, project_id=project.id
        )
        slug = project.slug
    return RedirectResponse(f"/p/{slug}", 303)


@router.get("/p/{slug}")
def overview(request: Request, ctx: Context) -> Response:
    """The person's tasks, and how many items are in each state."""
    project_id = ctx.project.id
    with ctx.read() as session:
        values: dict[str, Any] = {
            "mine": item_lists.my_items(session, project_id, ctx.person.id),
            "waiting": item_lists.waiting(session, ctx.project, ctx.actor, ctx.clock()),
            "counts": projects.state_counts(session, project_id),
            "jobs": job_counts(session, project_id),
            "proposals": count_waiting_proposals(session, project_id, ctx.actor).shown,
            "human": ctx.studio.human(session, project_id),
        }
    return render_page(request, "home.html", ctx, **values)
