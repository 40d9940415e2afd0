"""Who belongs to a project, as what; invitations; the project's settings; the audit log."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from sqlalchemy import select
from starlette.responses import RedirectResponse, Response

from mmar.studio.data.tables import AuditLogEntry, Person
from mmar.studio.store import people
from mmar.studio.store.projects import changed_settings, save_settings
from mmar.studio.web.context import ProjectContext, attached, project_context
from mmar.studio.web.forms import number, text, texts
from mmar.studio.web.invitations import invite_person, new_password_link, require_admin, set_person_active
from mmar.studio.web.render import render_page
from mmar.studio.workflow import NotFound, Role

__all__ = ["router"]

router = APIRouter(prefix="/p/{slug}")
Context = Annotated[ProjectContext, Depends(project_context)]


_LINES = 60
"""Lines of the audit log on a page."""


def _show(
    request: Request, ctx: ProjectContext, link: str = "", newcomer: str = "", before: int | None = None
) -> Response:
    log = select(AuditLogEntry).where(AuditLogEntry.project_id == ctx.project.id)
    if before is not None:
        log = log.where(AuditLogEntry.id < before)
    with ctx.studio.database.read() as session:
        values: dict[str, Any] = {
            "members": people.members(session, ctx.project.id),
            "names": people.names_of(session),
            "traces": session.scalars(log.order_by(AuditLogEntry.id.desc()).limit(_LINES + 1)).all()
            if ctx.actor.has(Role.ADMIN)
            else [],
        }
    return render_page(
        request, "people.html", ctx, link=link, newcomer=newcomer, before=before, lines=_LINES, **values
    )


@router.get("/people")
def members(request: Request, ctx: Context, before: int | None = None) -> Response:
    """Everyone, what they are, and for an admin the audit log, older than a line of it where asked."""
    return _show(request, ctx, before=before)


@router.post("/people")
def invite(request: Request, ctx: Context) -> Response:
    """Add somebody; a new person gets a link that works once."""
    login = text(ctx.form, "login").strip().casefold()
    roles = frozenset(Role(role) for role in texts(ctx.form, "role") if role in set(Role))
    token = invite_person(ctx, login, text(ctx.form, "name"), roles, existing="existing" in ctx.form)
    link = str(request.url_for("welcome_page", token=token)) if token else ""
    return (
        _show(request, ctx, link, login) if link else RedirectResponse(f"/p/{ctx.project.slug}/people", 303)
    )


@router.post("/people/{person_id}")
def change_roles(ctx: Context, person_id: int) -> Response:
    """Say what somebody is; nothing ticked means that they leave."""
    require_admin(ctx)
    roles = frozenset(Role(role) for role in texts(ctx.form, "role") if role in set(Role))
    with ctx.studio.database.write() as session:
        project, person = attached(session, ctx.project), session.get(Person, person_id)
        if person is None:
            raise NotFound("there is no such person")
        people.set_roles(session, project, person, roles, ctx.actor)
        people.log_action(
            session,
            ctx.studio.clock(),
            ctx.person.id,
            "roles",
            person.login,
            detail=", ".join(sorted(roles)) or "left",
            project_id=project.id,
        )
    return RedirectResponse(f"/p/{ctx.project.slug}/people", 303)


@router.post("/people/{person_id}/link")
def new_link(request: Request, ctx: Context, person_id: int) -> Response:
    """A new link for somebody who lost their password or their invitation."""
    login, token = new_password_link(ctx, person_id)
    return _show(request, ctx, str(request.url_for("welcome_page", token=token)), login)


@router.post("/people/{person_id}/active")
def switch(ctx: Context, person_id: int) -> Response:
    """Shut somebody out, or let them in again."""
    set_person_active(ctx, person_id, active=text(ctx.form, "active") == "yes")
    return RedirectResponse(f"/p/{ctx.project.slug}/people", 303)


@router.post("/settings")
def settings(ctx: Context) -> Response:
    """What a lead may set."""
    form = ctx.form
    with ctx.studio.database.write() as session:
        project = attached(session, ctx.project)
        save_settings(
            project,
            ctx.actor,
            changed_settings(
                project,
                inspections=number(form, "inspections") or 1,
                needs_audio="needs_audio" in form,
                languages=tuple(code for code in text(form, "languages").replace(",", " ").split() if code),
            ),
        )
        people.log_action(
            session, ctx.studio.clock(), ctx.person.id, "settings", project.slug, project_id=project.id
        )
    return RedirectResponse(f"/p/{ctx.project.slug}/people", 303)
