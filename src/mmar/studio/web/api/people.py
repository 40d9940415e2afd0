"""API: your account and API tokens, members of a project, links for a new password, the audit log."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Request
from sqlalchemy import select

from mmar.studio.data.tables import AuditLogEntry
from mmar.studio.security.sessions import make_api_token
from mmar.studio.store.people import log_action, members, revoke_token, tokens_of
from mmar.studio.web.api.serialize import row_json
from mmar.studio.web.context import Context, LoggedIn, studio_of
from mmar.studio.web.pages.project import change_roles, invite_person, new_password_link, set_person_active
from mmar.studio.workflow import NotFound, Role
from mmar.studio.workflow.content import LONGEST_NAME

router = APIRouter(tags=["people"])


@router.get("/me", summary="Your account")
def me(visitor: LoggedIn) -> dict[str, Any]:
    """Id, login, name, and whether you are an admin of the site."""
    person = visitor.person
    return {"id": person.id, "login": person.login, "name": person.name, "site_admin": person.site_admin}


@router.get("/me/tokens", summary="Your active API tokens")
def tokens(request: Request, visitor: LoggedIn) -> list[dict[str, Any]]:
    """Names and dates; never the tokens themselves."""
    with studio_of(request).database.read() as session:
        return [
            {"id": token.id, "name": token.name, "created": token.created.isoformat()}
            for token in tokens_of(session, visitor.person.id)
        ]


@router.post("/me/tokens", summary="Create an API token", status_code=201)
def create_token(
    request: Request, visitor: LoggedIn, name: Annotated[str, Body(embed=True, max_length=100)] = "program"
) -> dict[str, str]:
    """The token is in this answer only."""
    studio = studio_of(request)
    name = name.strip() or "program"
    with studio.database.write() as session:
        token = make_api_token(session, visitor.person.id, name, studio.clock())
        log_action(session, studio.clock(), visitor.person.id, "token made", name)
    return {"name": name, "token": token}


@router.delete("/me/tokens/{token_id}", summary="Revoke an API token", status_code=204)
def delete_token(request: Request, visitor: LoggedIn, token_id: int) -> None:
    """Effective at once; also for the token that is used for this request."""
    studio = studio_of(request)
    with studio.database.write() as session:
        if not revoke_token(session, visitor.person.id, token_id, studio.clock()):
            raise NotFound(f"you have no token {token_id}")


@router.get("/p/{slug}/people", summary="Members of the project")
def people(ctx: Context) -> list[dict[str, Any]]:
    """Logins, names, roles, and whether the account is active."""
    with ctx.read() as session:
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


@router.post("/p/{slug}/people", summary="Add a person", status_code=201)
def invite(
    request: Request,
    ctx: Context,
    login: Annotated[str, Body(embed=True)],
    roles: Annotated[list[Role], Body(embed=True)],
    name: Annotated[str, Body(embed=True, max_length=LONGEST_NAME)] = "",
    existing: Annotated[bool, Body(embed=True)] = False,  # noqa: FBT002 - a field of the body
) -> dict[str, Any]:
    """A new account gets a link that works once; it is in this answer only. `existing` confirms an existing account."""
    token = invite_person(ctx, login, name, frozenset(roles), existing=existing)
    return {"login": login, "link": str(request.url_for("welcome_page", token=token)) if token else None}


@router.put("/p/{slug}/people/{person_id}", summary="Change a member's roles")
def set_roles(ctx: Context, person_id: int, roles: Annotated[list[Role], Body(embed=True)]) -> list[str]:
    """Without any role they leave the project."""
    return change_roles(ctx, person_id, frozenset(roles))[1]


@router.post(
    "/p/{slug}/people/{person_id}/link", summary="Create a link to set a new password", status_code=201
)
def reset_link(request: Request, ctx: Context, person_id: int) -> dict[str, str]:
    """It works once, for three days, and is in this answer only; the person's sessions end."""
    login, token = new_password_link(ctx, person_id)
    return {"login": login, "link": str(request.url_for("welcome_page", token=token))}


@router.put("/p/{slug}/people/{person_id}/active", summary="Deactivate or reactivate an account")
def set_active(ctx: Context, person_id: int, active: Annotated[bool, Body(embed=True)]) -> dict[str, Any]:
    """For the whole site: sessions and tokens end and reserved items are released; name and work stay."""
    person = set_person_active(ctx, person_id, active=active)
    return {"id": person.id, "login": person.login, "active": person.active}


@router.get("/p/{slug}/audit", summary="The audit log")
def audit(ctx: Context, before: int = 0, limit: int = 60) -> list[dict[str, Any]]:
    """For admins, newest first; `before` is the last id of the previous page, at most 500 a page."""
    ctx.actor.require(Role.ADMIN)
    query = select(AuditLogEntry).where(AuditLogEntry.project_id == ctx.project.id)
    if before:
        query = query.where(AuditLogEntry.id < before)
    query = query.order_by(AuditLogEntry.id.desc()).limit(min(max(limit, 1), 500))
    with ctx.read() as session:
        return [row_json(entry) for entry in session.scalars(query)]
