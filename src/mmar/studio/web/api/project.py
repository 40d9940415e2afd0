"""API: projects, their settings, ideas, taxonomy and coverage."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Body, Request

from mmar.errors import UsageError
from mmar.studio.config import ProjectSettings
from mmar.studio.jobs.audio import request_conversion
from mmar.studio.jobs.model_requests import request_board_proposal
from mmar.studio.store import ideas, item_lists, projects
from mmar.studio.store.people import names_of
from mmar.studio.store.taxonomy import save_taxonomy
from mmar.studio.web.api.serialize import converted, row_json
from mmar.studio.web.context import Context, LoggedIn, studio_of
from mmar.studio.web.pages.project import new_project
from mmar.studio.workflow.content import LONGEST_NAME, LONGEST_TEXT, LONGEST_TITLE
from mmar.studio.workflow.taxonomy import Move, Taxonomy

router = APIRouter(tags=["project"])


@router.get("/projects", summary="Your projects")
def all_projects(request: Request, visitor: LoggedIn) -> list[dict[str, Any]]:
    """Short name, title, and items by state."""
    with studio_of(request).database.read() as session:
        return [
            {"slug": one.slug, "title": one.title, "items": projects.state_counts(session, one.id)}
            for one in projects.projects_of(session, visitor.person)
        ]


@router.get("/p/{slug}", summary="One project")
def one_project(ctx: Context) -> dict[str, Any]:
    """Settings, items by state, your queues, human performance."""
    with ctx.read() as session:
        score = ctx.studio.human(session, ctx.project.id)
        return {
            "slug": ctx.project.slug,
            "title": ctx.project.title,
            "settings": msgspec.to_builtins(ctx.project.settings),
            "items": projects.state_counts(session, ctx.project.id),
            "waiting": item_lists.waiting(session, ctx.project, ctx.actor, ctx.clock()),
            "human": msgspec.to_builtins(score),
        }


@router.put("/p/{slug}/settings", summary="Change the project's settings")
def save_settings(ctx: Context, values: Annotated[dict[str, Any], Body()]) -> dict[str, Any]:
    """Fields that are not given stay as they are."""
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
    """For admins of the site."""
    made = new_project(studio_of(request), visitor.person, slug, title, about)
    return {"slug": made.slug, "title": made.title}


@router.get("/p/{slug}/taxonomy", summary="The current taxonomy")
def taxonomy(ctx: Context) -> dict[str, Any]:
    """Its version and its layers."""
    with ctx.read() as session:
        current = projects.newest_taxonomy(session, ctx.project.id)
        return {"number": current.number, "why": current.why, **msgspec.to_builtins(current.tree)}


@router.get("/p/{slug}/taxonomy/versions", summary="All versions of the taxonomy, newest first")
def taxonomy_versions(ctx: Context) -> list[dict[str, Any]]:
    """Version, author, time, reason, and the layers."""
    with ctx.read() as session:
        names = names_of(session)
        return [
            {
                "number": version.number,
                "author": names.get(version.author_id),
                "at": version.at.isoformat(),
                "why": version.why,
                **msgspec.to_builtins(version.tree),
            }
            for version in projects.taxonomy_versions(session, ctx.project.id)
        ]


@router.put("/p/{slug}/taxonomy", summary="Save a new version of the taxonomy")
def put_taxonomy(
    ctx: Context,
    base: Annotated[int, Body()],
    layers: Annotated[list[dict[str, Any]], Body()],
    why: Annotated[str, Body()],
    moves: Annotated[list[dict[str, str]] | None, Body()] = None,
) -> dict[str, Any]:
    """`base` is the version you read; `moves` says where items of removed categories go."""
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
def coverage(ctx: Context, language: str = "") -> dict[str, Any]:
    """Cells, languages, and the biggest gaps."""
    with ctx.read() as session:
        counted = item_lists.coverage_board(session, ctx.project, language=language)
    return {
        "cells": [{**msgspec.to_builtins(cell), "short": cell.short} for cell in counted.cells.values()],
        "languages": [list(row) for row in counted.languages],
        "next": [{**msgspec.to_builtins(cell), "short": cell.short} for cell in counted.next],
    }


_FIELDS = ("title", "detail", "tags", "category", "dropped", "version")


@router.get("/p/{slug}/ideas", summary="All ideas")
def idea_list(ctx: Context) -> list[dict[str, Any]]:
    """Ideas on the board, those with most votes first."""
    with ctx.read() as session:
        cards = ideas.idea_board(session, ctx.project.id, ctx.person.id)
    return [row_json(card.idea, votes=card.votes) for card in cards]


@router.post("/p/{slug}/ideas", summary="Add an idea", status_code=201)
def add(
    ctx: Context,
    title: Annotated[str, Body(max_length=LONGEST_TITLE)],
    detail: Annotated[str, Body(max_length=LONGEST_TEXT)] = "",
    tags: Annotated[list[str] | None, Body()] = None,
) -> dict[str, Any]:
    """Answers with its id and version."""
    with ctx.write() as (session, project):
        idea = ideas.add_idea(session, project, ctx.actor, title, detail, tags or [], ctx.clock())
    return row_json(idea, votes=0)


@router.patch("/p/{slug}/ideas/{idea_id}", summary="Edit an idea")
def change(ctx: Context, idea_id: int, values: Annotated[dict[str, Any], Body()]) -> dict[str, Any]:
    """`title`, `detail`, `tags`, `category`, `dropped`; with `version`, 409 if it was changed since."""
    unknown = sorted(set(values) - set(_FIELDS))
    if unknown:
        raise UsageError(
            f"unknown field {unknown[0]}; an idea has {', '.join(_FIELDS)}", code="unknown-field"
        )
    with ctx.write() as (session, project):
        idea = ideas.change_idea(session, project, idea_id, ctx.actor, **values)
    return row_json(idea, votes=0)


@router.post("/p/{slug}/ideas/{idea_id}/vote", summary="Vote, or take the vote back", status_code=204)
def vote(ctx: Context, idea_id: int) -> None:
    """Each person has one vote."""
    with ctx.write() as (session, project):
        ideas.vote(session, project, idea_id, ctx.actor)


@router.post("/p/{slug}/ideas/{idea_id}/merge", summary="Merge an idea into another", status_code=204)
def merge(ctx: Context, idea_id: int, into: Annotated[int, Body(embed=True)]) -> None:
    """Votes and tags are merged too."""
    with ctx.write() as (session, project):
        ideas.merge_ideas(session, project, idea_id, into, ctx.actor)


@router.post("/p/{slug}/ideas/ask/{kind}", summary="Ask the text model about the board", status_code=202)
def ask(ctx: Context, kind: Literal["ideas", "grouping"]) -> dict[str, str]:
    """`ideas` for more ideas, `grouping` for a category of each idea."""
    with ctx.write() as (session, project):
        request_board_proposal(session, project, kind, ctx.actor, ctx.clock())
    return {"state": "queued"}
