"""API: accounts and tokens, projects, their settings, members, ideas, taxonomy and coverage, and the audit log."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Body, Request
from sqlalchemy import select

from mmar.errors import UsageError
from mmar.studio.config import ProjectSettings
from mmar.studio.data.tables import AuditLogEntry
from mmar.studio.jobs.audio import request_conversion
from mmar.studio.jobs.model_requests import request_board_proposal
from mmar.studio.security.sessions import make_api_token
from mmar.studio.store import ideas, item_lists, projects
from mmar.studio.store.people import log_action, members, names_of, revoke_token, tokens_of
from mmar.studio.store.taxonomy import save_taxonomy
from mmar.studio.web.api.serialize import converted, row_json
from mmar.studio.web.context import Context, LoggedIn, studio_of
from mmar.studio.web.pages.project import (
    change_roles,
    invite_person,
    new_password_link,
    new_project,
    set_person_active,
)
from mmar.studio.workflow import NotFound, Role
from mmar.studio.workflow.content import LONGEST_NAME, LONGEST_TEXT, LONGEST_TITLE
from mmar.studio.workflow.taxonomy import Move, Taxonomy

router = APIRouter(tags=["projects and people"])


@router.get("/projects", summary="Your projects")
def list_projects(request: Request, visitor: LoggedIn) -> list[dict[str, Any]]:
    """Return short names, titles, and numbers of items by state."""
    with studio_of(request).database.read() as session:
        return [
            {"slug": one.slug, "title": one.title, "items": projects.state_counts(session, one.id)}
            for one in projects.projects_of(session, visitor.person)
        ]


@router.get("/p/{slug}", summary="One project")
def get_project(ctx: Context) -> dict[str, Any]:
    """Return settings, numbers of items by state, your queues, and human performance."""
    with ctx.read() as session:
        score = ctx.studio.performance(session, ctx.project.id)
        return {
            "slug": ctx.project.slug,
            "title": ctx.project.title,
            "settings": msgspec.to_builtins(ctx.project.settings),
            "items": projects.state_counts(session, ctx.project.id),
            "waiting": item_lists.waiting(session, ctx.project, ctx.actor, ctx.clock()),
            "human": msgspec.to_builtins(score),
        }


@router.put("/p/{slug}/settings", summary="Change the project's settings")
def change_settings(ctx: Context, values: Annotated[dict[str, Any], Body()]) -> dict[str, Any]:
    """Change the given fields; the others stay as they are."""
    now = ctx.clock()
    with ctx.write() as (session, project):
        current = msgspec.to_builtins(project.settings)
        values.pop("canary", None)
        before = (project.settings.clip_rate, project.settings.clip_channels)
        new = converted({**current, **values}, ProjectSettings, "settings")
        projects.save_settings(project, ctx.actor, new)
        if (project.settings.clip_rate, project.settings.clip_channels) != before:
            request_conversion(session, project, now, person_id=ctx.person.id)
        ctx.log(session, "settings", project.slug)
        return dict(msgspec.to_builtins(project.settings))


@router.post("/projects", summary="Create a project", status_code=201)
def create_project(
    request: Request,
    visitor: LoggedIn,
    slug: Annotated[str, Body()],
    title: Annotated[str, Body(max_length=LONGEST_NAME)],
    about: Annotated[str, Body()] = "",
) -> dict[str, str]:
    """Create a project, for admins of the site."""
    made = new_project(studio_of(request), visitor.person, slug, title, about)
    return {"slug": made.slug, "title": made.title}


@router.get("/p/{slug}/taxonomy", summary="The current taxonomy")
def get_taxonomy(ctx: Context) -> dict[str, Any]:
    """Return the version and the layers."""
    with ctx.read() as session:
        current = projects.newest_taxonomy(session, ctx.project.id)
        return {"number": current.number, "why": current.why, **msgspec.to_builtins(current.tree)}


@router.get("/p/{slug}/taxonomy/versions", summary="All versions of the taxonomy, newest first")
def list_taxonomy_versions(ctx: Context) -> list[dict[str, Any]]:
    """Return version, author, time, reason, and the layers of each."""
    with ctx.read() as session:
        names = names_of(session)
        return [
            {
                "number": version.number,
                "author": names.get(version.author_id),
                "at": version.created.isoformat(),
                "why": version.why,
                **msgspec.to_builtins(version.tree),
            }
            for version in projects.taxonomy_versions(session, ctx.project.id)
        ]


@router.put("/p/{slug}/taxonomy", summary="Save a new version of the taxonomy")
def save_taxonomy_version(
    ctx: Context,
    base: Annotated[int, Body()],
    layers: Annotated[list[dict[str, Any]], Body()],
    why: Annotated[str, Body()],
    moves: Annotated[list[dict[str, str]] | None, Body()] = None,
) -> dict[str, Any]:
    """Save layers that are based on version `base`; `moves` states where items of removed categories go."""
    tree = converted({"layers": layers}, Taxonomy, "layers")
    now = ctx.clock()
    with ctx.write() as (session, project):
        version = save_taxonomy(
            session,
            project,
            ctx.actor,
            tree,
            converted(moves or [], list[Move], "moves"),
            base=base,
            why=why,
            now=now,
        )
        return {"number": version.number}


@router.get("/p/{slug}/coverage", summary="Items against targets")
def get_coverage(ctx: Context, language: str = "") -> dict[str, Any]:
    """Return cells, languages, and the biggest gaps."""
    with ctx.read() as session:
        counted = item_lists.project_coverage(session, ctx.project, language=language)
    return {
        "cells": [{**msgspec.to_builtins(cell), "short": cell.short} for cell in counted.cells.values()],
        "languages": [list(row) for row in counted.languages],
        "next": [{**msgspec.to_builtins(cell), "short": cell.short} for cell in counted.next],
    }


_FIELDS = ("title", "detail", "tags", "category", "dropped", "version")


@router.get("/p/{slug}/ideas", summary="All ideas")
def list_ideas(ctx: Context) -> list[dict[str, Any]]:
    """Return the ideas on the board, those with most votes first."""
    with ctx.read() as session:
        cards = ideas.idea_board(session, ctx.project.id, ctx.person.id)
    return [row_json(card.idea, votes=card.votes) for card in cards]


@router.post("/p/{slug}/ideas", summary="Add an idea", status_code=201)
def add_idea(
    ctx: Context,
    title: Annotated[str, Body(max_length=LONGEST_TITLE)],
    detail: Annotated[str, Body(max_length=LONGEST_TEXT)] = "",
    tags: Annotated[list[str] | None, Body()] = None,
) -> dict[str, Any]:
    """Add an idea; return it with its id and version."""
    with ctx.write() as (session, project):
        idea = ideas.add_idea(session, project, ctx.actor, title, detail, tags or [], ctx.clock())
    return row_json(idea, votes=0)


@router.patch("/p/{slug}/ideas/{idea_id}", summary="Edit an idea")
def change_idea(ctx: Context, idea_id: int, values: Annotated[dict[str, Any], Body()]) -> dict[str, Any]:
    """Change `title`, `detail`, `tags`, `category` or `dropped`; with `version`, 409 if the idea was changed since."""
    unknown = sorted(set(values) - set(_FIELDS))
    if unknown:
        raise UsageError(
            f"unknown field {unknown[0]}; an idea has {', '.join(_FIELDS)}", code="unknown-field"
        )
    with ctx.write() as (session, project):
        idea = ideas.change_idea(session, project, idea_id, ctx.actor, **values)
    return row_json(idea, votes=0)


@router.post("/p/{slug}/ideas/{idea_id}/vote", summary="Vote, or take the vote back", status_code=204)
def toggle_vote(ctx: Context, idea_id: int) -> None:
    """Add your vote, or remove it; each person has one."""
    with ctx.write() as (session, project):
        ideas.vote(session, project, idea_id, ctx.actor)


@router.post("/p/{slug}/ideas/{idea_id}/merge", summary="Merge an idea into another", status_code=204)
def merge_idea(ctx: Context, idea_id: int, into: Annotated[int, Body(embed=True)]) -> None:
    """Merge an idea into another, with its votes and tags."""
    with ctx.write() as (session, project):
        ideas.merge_ideas(session, project, idea_id, into, ctx.actor)


@router.post("/p/{slug}/ideas/ask/{kind}", summary="Ask the text model about the board", status_code=202)
def request_ideas_or_categories(ctx: Context, kind: Literal["ideas", "grouping"]) -> dict[str, str]:
    """Ask for more `ideas`, or for a category of each idea (`grouping`)."""
    with ctx.write() as (session, project):
        request_board_proposal(session, project, kind, ctx.actor, ctx.clock())
    return {"state": "queued"}


@router.get("/me", summary="Your account")
def get_account(visitor: LoggedIn) -> dict[str, Any]:
    """Return your id, login and name, and whether you are an admin of the site."""
    person = visitor.person
    return {"id": person.id, "login": person.login, "name": person.name, "site_admin": person.site_admin}


@router.get("/me/tokens", summary="Your active API tokens")
def list_tokens(request: Request, visitor: LoggedIn) -> list[dict[str, Any]]:
    """Return names and dates, never the tokens themselves."""
    with studio_of(request).database.read() as session:
        return [
            {"id": token.id, "name": token.name, "created": token.created.isoformat()}
            for token in tokens_of(session, visitor.person.id)
        ]


@router.post("/me/tokens", summary="Create an API token", status_code=201)
def create_token(
    request: Request, visitor: LoggedIn, name: Annotated[str, Body(embed=True, max_length=100)] = "program"
) -> dict[str, str]:
    """Create a token, which is in this answer only."""
    studio = studio_of(request)
    name = name.strip() or "program"
    with studio.database.write() as session:
        token = make_api_token(session, visitor.person.id, name, studio.clock())
        log_action(session, studio.clock(), visitor.person.id, "token made", name)
    return {"name": name, "token": token}


@router.delete("/me/tokens/{token_id}", summary="Revoke an API token", status_code=204)
def delete_token(request: Request, visitor: LoggedIn, token_id: int) -> None:
    """Revoke a token, which may be the one of this request."""
    studio = studio_of(request)
    with studio.database.write() as session:
        if not revoke_token(session, visitor.person.id, token_id, studio.clock()):
            raise NotFound(f"you have no token {token_id}")


@router.get("/p/{slug}/people", summary="Members of the project")
def list_members(ctx: Context) -> list[dict[str, Any]]:
    """Return logins, names, roles, and whether the accounts are active."""
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
def add_member(
    request: Request,
    ctx: Context,
    login: Annotated[str, Body(embed=True)],
    roles: Annotated[list[Role], Body(embed=True)],
    name: Annotated[str, Body(embed=True, max_length=LONGEST_NAME)] = "",
    existing: Annotated[bool, Body(embed=True)] = False,  # noqa: FBT002 - a field of the body
) -> dict[str, Any]:
    """Add a person. The link of a new account works once and is in this answer only. `existing` confirms an existing account."""
    token = invite_person(ctx, login, name, frozenset(roles), existing=existing)
    return {"login": login, "link": str(request.url_for("welcome_page", token=token)) if token else None}


@router.put("/p/{slug}/people/{person_id}", summary="Change a member's roles")
def set_roles(ctx: Context, person_id: int, roles: Annotated[list[Role], Body(embed=True)]) -> list[str]:
    """Set the roles; without any the member leaves the project."""
    return change_roles(ctx, person_id, frozenset(roles))[1]


@router.post(
    "/p/{slug}/people/{person_id}/link", summary="Create a link to set a new password", status_code=201
)
def create_password_link(request: Request, ctx: Context, person_id: int) -> dict[str, str]:
    """Create a link that works once, for three days, and is in this answer only; the person's sessions end."""
    login, token = new_password_link(ctx, person_id)
    return {"login": login, "link": str(request.url_for("welcome_page", token=token))}


@router.put("/p/{slug}/people/{person_id}/active", summary="Deactivate or reactivate an account")
def set_active(ctx: Context, person_id: int, active: Annotated[bool, Body(embed=True)]) -> dict[str, Any]:
    """Change an account of the whole site. Deactivation ends sessions and tokens and releases reserved items."""
    person = set_person_active(ctx, person_id, active=active)
    return {"id": person.id, "login": person.login, "active": person.active}


@router.get("/p/{slug}/audit", summary="The audit log")
def get_audit_log(ctx: Context, before: int = 0, limit: int = 60) -> list[dict[str, Any]]:
    """Return at most 500 entries with ids below `before`, newest first. For admins."""
    ctx.actor.require(Role.ADMIN)
    query = select(AuditLogEntry).where(AuditLogEntry.project_id == ctx.project.id)
    if before:
        query = query.where(AuditLogEntry.id < before)
    query = query.order_by(AuditLogEntry.id.desc()).limit(min(max(limit, 1), 500))
    with ctx.read() as session:
        return [row_json(row) for row in session.scalars(query)]
