"""API: members of a project, invitations, links for a new password, the audit log."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Request
from sqlalchemy import select

from mmar.studio.data.tables import AuditLogEntry
from mmar.studio.store.people import members
from mmar.studio.web.context import Context
from mmar.studio.web.forms import NAME_MAX
from mmar.studio.web.invitations import change_roles, invite_person, new_password_link, set_person_active
from mmar.studio.workflow import Role

__all__ = ["router"]

router = APIRouter(prefix="/p/{slug}", tags=["people"])


@router.get("/people", summary="Members of the project")
def people(ctx: Context) -> list[dict[str, Any]]:
    """Logins, names, roles, and whether the account is active."""
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


@router.post("/people", summary="Add a person", status_code=201)
def invite(
    request: Request,
    ctx: Context,
    login: Annotated[str, Body(embed=True)],
    roles: Annotated[list[Role], Body(embed=True)],
    name: Annotated[str, Body(embed=True, max_length=NAME_MAX)] = "",
    existing: Annotated[bool, Body(embed=True)] = False,  # noqa: FBT002 - a field of the body
) -> dict[str, Any]:
    """A new account gets a link that works once; it is in this answer only. `existing` confirms an existing account."""
    token = invite_person(ctx, login, name, frozenset(roles), existing=existing)
    return {"login": login, "link": str(request.url_for("welcome_page", token=token)) if token else None}


@router.put("/people/{person_id}", summary="Change a member's roles")
def set_roles(ctx: Context, person_id: int, roles: Annotated[list[Role], Body(embed=True)]) -> list[str]:
    """Without any role they leave the project."""
    return change_roles(ctx, person_id, frozenset(roles))[1]


@router.post("/people/{person_id}/link", summary="Create a link to set a new password", status_code=201)
def reset_link(request: Request, ctx: Context, person_id: int) -> dict[str, str]:
    """It works once, for three days, and is in this answer only; the person's sessions end."""
    login, token = new_password_link(ctx, person_id)
    return {"login": login, "link": str(request.url_for("welcome_page", token=token))}


@router.put("/people/{person_id}/active", summary="Deactivate or reactivate an account")
def set_active(ctx: Context, person_id: int, active: Annotated[bool, Body(embed=True)]) -> dict[str, Any]:
    """For the whole site: sessions and tokens end and reserved items are released; name and work stay."""
    person = set_person_active(ctx, person_id, active=active)
    return {"id": person.id, "login": person.login, "active": person.active}


@router.get("/audit", summary="The audit log")
def audit(ctx: Context, before: int = 0, limit: int = 60) -> list[dict[str, Any]]:
    """For admins, newest first; `before` is the last id of the previous page, at most 500 a page."""
    ctx.require(Role.ADMIN)
    query = select(AuditLogEntry).where(AuditLogEntry.project_id == ctx.project.id)
    if before:
        query = query.where(AuditLogEntry.id < before)
    query = query.order_by(AuditLogEntry.id.desc()).limit(min(max(limit, 1), 500))
    with ctx.studio.database.read() as session:
        return [
            {
                "id": entry.id,
                "at": entry.at.isoformat(),
                "person": entry.person_id,
                "action": entry.action,
                "subject": entry.subject,
                "detail": entry.detail,
            }
            for entry in session.scalars(query)
        ]
