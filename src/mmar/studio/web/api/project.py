"""Projects, their settings, taxonomy and coverage, for programs."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Body, Depends, Request

from mmar.files.typed import convert
from mmar.studio.data.settings import ProjectSettings
from mmar.studio.jobs.clip_format import request_conversion
from mmar.studio.security.sessions import Visitor
from mmar.studio.store import projects, queues
from mmar.studio.store.people import log_action, names_of
from mmar.studio.store.taxonomy import save_taxonomy as save_tree
from mmar.studio.web.context import ProjectContext, attached, current_visitor, project_context, studio_of
from mmar.studio.workflow.coverage import board
from mmar.studio.workflow.states import NotAllowed
from mmar.studio.workflow.taxonomy import Move, Taxonomy

__all__ = ["router"]

router = APIRouter(tags=["project"])
LoggedIn = Annotated[Visitor, Depends(current_visitor)]
Context = Annotated[ProjectContext, Depends(project_context)]
Words = Annotated[str, Body(embed=True)]


def converted(value: Any, kind: Any, field: str) -> Any:
    """A value of a request as a typed record.

    Raises:
        InputError: it is not one.
    """
    return convert(value, kind, field=field, strict=False)


@router.get("/projects", summary="Your projects")
def all_projects(request: Request, visitor: LoggedIn) -> list[dict[str, Any]]:
    """Slug, title and items by state."""
    with studio_of(request).database.read() as session:
        return [
            {"slug": one.slug, "title": one.title, "items": projects.state_counts(session, one.id)}
            for one in projects.projects_of(session, visitor.person)
        ]


@router.get("/p/{slug}", summary="One project")
def one_project(ctx: Context) -> dict[str, Any]:
    """Settings, counts, your queues, human accuracy and agreement."""
    with ctx.studio.database.read() as session:
        score = ctx.studio.human(session, ctx.project.id)
        return {
            "slug": ctx.project.slug,
            "title": ctx.project.title,
            "settings": msgspec.to_builtins(ctx.project.settings),
            "items": projects.state_counts(session, ctx.project.id),
            "waiting": queues.waiting(session, ctx.project, ctx.actor, ctx.studio.clock()),
            "human": msgspec.to_builtins(score),
        }


@router.put("/p/{slug}/settings", summary="Change the project's settings")
def settings(ctx: Context, values: Annotated[dict[str, Any], Body()]) -> dict[str, Any]:
    """Fields that are not given stay as they are."""
    with ctx.studio.database.write() as session:
        project = attached(session, ctx.project)
        now = msgspec.to_builtins(project.settings)
        values.pop("canary", None)
        before = (project.settings.clip_rate, project.settings.clip_channels)
        projects.save_settings(project, ctx.actor, converted({**now, **values}, ProjectSettings, "settings"))
        if (project.settings.clip_rate, project.settings.clip_channels) != before:
            request_conversion(session, project, ctx.studio.clock(), person_id=ctx.person.id)
        log_action(
            session, ctx.studio.clock(), ctx.person.id, "settings", project.slug, project_id=project.id
        )
        return dict(msgspec.to_builtins(project.settings))


@router.post("/projects", summary="Begin a project", status_code=201)
def begin(
    request: Request,
    visitor: LoggedIn,
    slug: Words,
    title: Words,
    about: Annotated[str, Body(embed=True)] = "",
) -> dict[str, str]:
    """For admins of the site."""
    if not visitor.person.site_admin:
        raise NotAllowed("role", "only an admin of the site may begin a project")
    studio = studio_of(request)
    with studio.database.write() as session:
        made = projects.add_project(session, slug, title, visitor.person, studio.clock(), about.strip())
        log_action(session, studio.clock(), visitor.person.id, "project made", made.slug, project_id=made.id)
        return {"slug": made.slug, "title": made.title}


@router.get("/p/{slug}/taxonomy", summary="The tree in force")
def taxonomy(ctx: Context) -> dict[str, Any]:
    """Its number and its layers."""
    with ctx.studio.database.read() as session:
        found = projects.newest_taxonomy(session, ctx.project.id)
        return {"number": found.number, "why": found.why, **msgspec.to_builtins(found.tree)}


@router.get("/p/{slug}/taxonomy/versions", summary="All trees, newest first")
def taxonomy_versions(ctx: Context) -> list[dict[str, Any]]:
    """Number, who, when, why, and the layers."""
    with ctx.studio.database.read() as session:
        names = names_of(session)
        return [
            {
                "number": one.number,
                "author": names.get(one.author_id),
                "at": one.at.isoformat(),
                "why": one.why,
                **msgspec.to_builtins(one.tree),
            }
            for one in projects.taxonomy_versions(session, ctx.project.id)
        ]


@router.put("/p/{slug}/taxonomy", summary="Put a new tree in force")
def save_taxonomy(
    ctx: Context,
    base: Annotated[int, Body()],
    layers: Annotated[list[dict[str, Any]], Body()],
    why: Annotated[str, Body()],
    moves: Annotated[list[dict[str, str]] | None, Body()] = None,
) -> dict[str, Any]:
    """`moves` says where items of places go that the new tree does not have."""
    tree = converted({"layers": layers}, Taxonomy, "layers")
    with ctx.studio.database.write() as session:
        version = save_tree(
            session,
            attached(session, ctx.project),
            ctx.actor,
            tree,
            converted(moves or [], list[Move], "moves"),
            base=base,
            why=why,
            now=ctx.studio.clock(),
        )
        now, said = ctx.studio.clock(), f"version {version.number}"
        log_action(session, now, ctx.person.id, "taxonomy", said, project_id=ctx.project.id)
        return {"number": version.number}


@router.get("/p/{slug}/coverage", summary="What was collected against targets")
def coverage(ctx: Context, language: str = "") -> dict[str, Any]:
    """Cells, languages, and what is most wanted."""
    with ctx.studio.database.read() as session:
        tree = projects.newest_taxonomy(session, ctx.project.id).tree
        found = board(
            queues.coverage_places(session, ctx.project.id),
            [branch.name for branch in tree.layers],
            ctx.project.settings.modalities,
            ctx.project.settings.targets,
            language=language,
        )
    return {
        "cells": [{**msgspec.to_builtins(cell), "short": cell.short} for cell in found.cells.values()],
        "languages": [list(row) for row in found.languages],
        "next": [{**msgspec.to_builtins(cell), "short": cell.short} for cell in found.next],
    }
