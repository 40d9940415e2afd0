"""Who belongs to a project, for programs: roles, invitations, links for a new password, the audit log."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Request
from sqlalchemy import select

from mmar.studio.data.tables import AuditLogEntry, Person
from mmar.studio.store.people import log_action, members, set_roles
from mmar.studio.web.context import ProjectContext, attached, project_context
from mmar.studio.web.invitations import invite_person, new_password_link, require_admin, set_person_active
from mmar.studio.workflow import NotFound, Role

__all__ = ["router"]

router = APIRouter(prefix="/p/{slug}", tags=["people"])
Context = Annotated[ProjectContext, Depends(project_context)]


@router.get("/people", summary="Who belongs to the project")
def people(ctx: Context) -> list[dict[str, Any]]:
    """Names and roles, and who is shut out."""
    with ctx.studio.database.read() as session:
        return [
            {
                "id": person.id,
                "login": person.login,
                "name": person.name,
                "roles": sorted(roles),
                "active": person.active,
            }
            for person, roles in members(session, ctx.project.id)
        ]


@router.post("/people", summary="Add somebody", status_code=201)
def invite(
    request: Request,
    ctx: Context,
    login: Annotated[str, Body(embed=True)],
    roles: Annotated[list[Role], Body(embed=True)],
    name: Annotated[str, Body(embed=True)] = "",
    existing: Annotated[bool, Body(embed=True)] = False,  # noqa: FBT002
) -> dict[str, Any]:
    """A new person gets a link that works once; it is in this answer only."""
    token = invite_person(ctx, login, name, frozenset(roles), existing=existing)
    return {"login": login, "link": str(request.url_for("welcome_page", token=token)) if token else None}


@router.put("/people/{person_id}", summary="Say what somebody is")
def roles(ctx: Context, person_id: int, roles: Annotated[list[Role], Body(embed=True)]) -> list[str]:
    """No roles means that they leave."""
    with ctx.studio.database.write() as session:
        person = session.get(Person, person_id)
        if person is None:
            raise NotFound("there is no such person")
        project = attached(session, ctx.project)
        set_roles(session, project, person, frozenset(roles), ctx.actor)
        said = ", ".join(sorted(roles)) or "left"
        now = ctx.studio.clock()
        log_action(session, now, ctx.person.id, "roles", person.login, detail=said, project_id=project.id)
    return sorted(roles)


@router.post("/people/{person_id}/link", summary="A link to choose a new password", status_code=201)
def new_link(request: Request, ctx: Context, person_id: int) -> dict[str, str]:
    """It works once, for three days, and is in this answer only; their sessions end."""
    login, token = new_password_link(ctx, person_id)
    return {"login": login, "link": str(request.url_for("welcome_page", token=token))}


@router.put("/people/{person_id}/active", summary="Shut somebody out, or let them in again")
def switch(ctx: Context, person_id: int, active: Annotated[bool, Body(embed=True)]) -> dict[str, Any]:
    """For the whole site: sessions and tokens end, what they had in hand is anybody's; name and work stay."""
    person = set_person_active(ctx, person_id, active=active)
    return {"id": person.id, "login": person.login, "active": person.active}


@router.get("/audit", summary="The audit log")
def audit(ctx: Context, before: int = 0, limit: int = 60) -> list[dict[str, Any]]:
    """Newest first, for admins; `before` is the last number of the page before, at most 500 a page."""
    require_admin(ctx)
    query = select(AuditLogEntry).where(AuditLogEntry.project_id == ctx.project.id)
    if before:
        query = query.where(AuditLogEntry.id < before)
    with ctx.studio.database.read() as session:
        found = session.scalars(query.order_by(AuditLogEntry.id.desc()).limit(min(max(limit, 1), 500)))
        return [
            {
                "id": one.id,
                "at": one.at.isoformat(),
                "person": one.person_id,
                "action": one.action,
                "subject": one.subject,
                "detail": one.detail,
            }
            for one in found
        ]
