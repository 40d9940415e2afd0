"""Projects, people, taxonomy, coverage, releases, for programs."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Body, Depends, Request
from sqlalchemy import select

from mmar.errors import InputError, UsageError
from mmar.items import Item as PublicItem
from mmar.studio.data.release_tables import Release, Takedown
from mmar.studio.data.settings import ProjectSettings
from mmar.studio.data.tables import Person
from mmar.studio.importing import import_items
from mmar.studio.release import write_project_release
from mmar.studio.security.sessions import Visitor
from mmar.studio.store import projects, queues
from mmar.studio.store.people import members, set_roles, trace
from mmar.studio.web.inviting import invite_person
from mmar.studio.web.studio import Place, attached, place, studio_of, visitor
from mmar.studio.workflow import Refused, Role
from mmar.studio.workflow.coverage import board
from mmar.studio.workflow.taxonomy import Move, Taxonomy

__all__ = ["router"]

router = APIRouter(tags=["project"])
Who = Annotated[Visitor, Depends(visitor)]
Here = Annotated[Place, Depends(place)]
Words = Annotated[str, Body(embed=True)]


def converted(value: Any, kind: Any, field: str) -> Any:
    """A value of a request as a typed record.

    Raises:
        InputError: it is not one.
    """
    try:
        return msgspec.convert(value, kind, strict=False)
    except msgspec.ValidationError as error:
        raise InputError(str(error), field=field) from None


@router.get("/projects", summary="Your projects")
def all_projects(request: Request, who: Who) -> list[dict[str, Any]]:
    """Slug, title and items by state."""
    with studio_of(request).database.read() as session:
        return [
            {"slug": one.slug, "title": one.title, "items": projects.state_counts(session, one.id)}
            for one in projects.projects_of(session, who.person)
        ]


@router.get("/p/{slug}", summary="One project")
def one_project(here: Here) -> dict[str, Any]:
    """Settings, counts, your queues, human accuracy and agreement."""
    with here.studio.database.read() as session:
        score = here.studio.human(session, here.project.id)
        return {
            "slug": here.project.slug,
            "title": here.project.title,
            "settings": msgspec.to_builtins(here.project.settings),
            "items": projects.state_counts(session, here.project.id),
            "waiting": queues.waiting(session, here.project, here.actor, here.studio.clock()),
            "human": msgspec.to_builtins(score),
        }


@router.put("/p/{slug}/settings", summary="Change the project's settings")
def settings(here: Here, values: Annotated[dict[str, Any], Body()]) -> dict[str, Any]:
    """Fields that are not given stay as they are."""
    with here.studio.database.write() as session:
        project = attached(session, here.project)
        now = msgspec.to_builtins(project.settings)
        values.pop("canary", None)
        projects.save_settings(project, here.actor, converted({**now, **values}, ProjectSettings, "settings"))
        trace(session, here.studio.clock(), here.person.id, "settings", project.slug, project_id=project.id)
        return dict(msgspec.to_builtins(project.settings))


@router.get("/p/{slug}/people", summary="Who belongs to the project")
def people(here: Here) -> list[dict[str, Any]]:
    """Names and roles."""
    with here.studio.database.read() as session:
        return [
            {"id": person.id, "login": person.login, "name": person.name, "roles": sorted(roles)}
            for person, roles in members(session, here.project.id)
        ]


@router.post("/projects", summary="Begin a project", status_code=201)
def begin(request: Request, who: Who, slug: Words, title: Words) -> dict[str, str]:
    """For admins of the site."""
    if not who.person.site_admin:
        raise UsageError("only an admin of the site may begin a project")
    studio = studio_of(request)
    with studio.database.write() as session:
        made = projects.add_project(session, slug, title, who.person, studio.clock())
        trace(session, studio.clock(), who.person.id, "project made", made.slug, project_id=made.id)
        return {"slug": made.slug, "title": made.title}


@router.post("/p/{slug}/people", summary="Add somebody", status_code=201)
def invite(
    request: Request,
    here: Here,
    login: Words,
    roles: Annotated[list[Role], Body(embed=True)],
    name: Annotated[str, Body(embed=True)] = "",
) -> dict[str, Any]:
    """A new person gets a link that works once; it is in this answer only."""
    token = invite_person(here, login, name, frozenset(roles))
    return {"login": login, "link": str(request.url_for("welcome_page", token=token)) if token else None}


@router.put("/p/{slug}/people/{person_id}", summary="Say what somebody is")
def roles(here: Here, person_id: int, roles: Annotated[list[Role], Body(embed=True)]) -> list[str]:
    """No roles means that they leave."""
    with here.studio.database.write() as session:
        person = session.get(Person, person_id)
        if person is None:
            raise UsageError("there is no such person")
        project = attached(session, here.project)
        set_roles(session, project, person, frozenset(roles), here.actor)
        trace(session, here.studio.clock(), here.person.id, "roles", person.login, project_id=project.id)
    return sorted(roles)


@router.get("/p/{slug}/taxonomy", summary="The tree in force")
def taxonomy(here: Here) -> dict[str, Any]:
    """Its number and its layers."""
    with here.studio.database.read() as session:
        found = projects.newest_taxonomy(session, here.project.id)
        return {"number": found.number, "why": found.why, **msgspec.to_builtins(found.tree)}


@router.put("/p/{slug}/taxonomy", summary="Put a new tree in force")
def save_taxonomy(
    here: Here,
    base: Annotated[int, Body()],
    layers: Annotated[list[dict[str, Any]], Body()],
    why: Annotated[str, Body()],
    moves: Annotated[list[dict[str, str]] | None, Body()] = None,
) -> dict[str, Any]:
    """`moves` says where items of places go that the new tree does not have."""
    tree = converted({"layers": layers}, Taxonomy, "layers")
    with here.studio.database.write() as session:
        version = projects.save_taxonomy(
            session,
            attached(session, here.project),
            here.actor,
            tree,
            converted(moves or [], list[Move], "moves"),
            base=base,
            why=why,
            now=here.studio.clock(),
        )
        return {"number": version.number}


@router.get("/p/{slug}/coverage", summary="What was collected against targets")
def coverage(here: Here, language: str = "") -> dict[str, Any]:
    """Cells, languages, and what is most wanted."""
    with here.studio.database.read() as session:
        tree = projects.newest_taxonomy(session, here.project.id).tree
        found = board(
            queues.coverage_places(session, here.project.id),
            [branch.name for branch in tree.layers],
            here.project.settings.modalities,
            here.project.settings.targets,
            language=language,
        )
    return {
        "cells": [msgspec.to_builtins(cell) for cell in found.cells.values()],
        "languages": [list(row) for row in found.languages],
        "next": [msgspec.to_builtins(cell) for cell in found.next],
    }


@router.post("/p/{slug}/import", summary="Bring in items in the publisher's form")
def bring_in(
    here: Here,
    records: Annotated[list[dict[str, Any]], Body(embed=True)],
    inspect: Annotated[bool, Body(embed=True)] = False,  # noqa: FBT002
) -> dict[str, Any]:
    """Items whose id is known are left as they are."""
    items = [PublicItem.from_record(record, line=at + 1) for at, record in enumerate(records)]
    with here.studio.database.write() as session:
        done = import_items(
            session,
            attached(session, here.project),
            here.actor,
            items,
            here.studio.clock(),
            inspect=inspect,
        )
    return {"added": done.added, "known": list(done.known)}


@router.get("/p/{slug}/releases", summary="Releases that were written")
def releases(here: Here) -> list[dict[str, Any]]:
    """Version, day, digest and number of items."""
    with here.studio.database.read() as session:
        return [
            {"version": one.version, "day": one.day, "digest": one.digest, "items": len(one.items)}
            for one in session.scalars(select(Release).where(Release.project_id == here.project.id))
        ]


@router.post("/p/{slug}/releases", summary="Write a release", status_code=201)
def release(here: Here, version: Words) -> dict[str, Any]:
    """Freezes the approved items; an existing version is written again, the same to the byte."""
    if not here.actor.has(Role.LEAD):
        raise Refused("role", "only a lead may release")
    made = write_project_release(
        here.studio.config,
        here.studio.database,
        here.project.slug,
        version,
        here.studio.clock(),
        person_id=here.person.id,
    )
    return {"version": made.version, "digest": made.digest, "items": len(made.items)}


@router.post("/p/{slug}/takedowns", summary="Name what no release may hold again", status_code=201)
def take_down(here: Here, what: Words, why: Words) -> dict[str, str]:
    """The address of a video, or an item's public id."""
    if not here.actor.has(Role.LEAD):
        raise Refused("role", "only a lead may take down")
    if not what.strip() or not why.strip():
        raise InputError("say what and why", field="what")
    with here.studio.database.write() as session:
        session.add(
            Takedown(
                project_id=here.project.id,
                what=what.strip()[:300],
                why=why.strip(),
                person_id=here.person.id,
                at=here.studio.clock(),
            )
        )
    return {"what": what, "why": why}
