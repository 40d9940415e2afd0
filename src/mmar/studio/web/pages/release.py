"""Releases, takedowns, and what goes in and out as files."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from sqlalchemy import select
from starlette.responses import RedirectResponse, Response, StreamingResponse

from mmar.errors import InputError, MmarError
from mmar.studio.data.release_tables import Release, Takedown
from mmar.studio.exchange.archives import zipped
from mmar.studio.exchange.item_files import FORMS, format_of, item_file, project_items
from mmar.studio.exchange.releases import release_folder, write_project_release
from mmar.studio.store.people import log_action, names_of
from mmar.studio.store.projects import changed_settings, save_settings, state_counts
from mmar.studio.store.takedowns import (
    add_takedown,
    approved_but_taken_down,
    lift_takedown,
    taken_down_since,
)
from mmar.studio.web.context import ProjectContext, attached, project_context
from mmar.studio.web.forms import text, texts
from mmar.studio.web.render import render_page
from mmar.studio.web.uploads import import_upload
from mmar.studio.workflow import NotAllowed, NotFound, Role

__all__ = ["router"]

router = APIRouter(prefix="/p/{slug}")
Context = Annotated[ProjectContext, Depends(project_context)]


def _lead(ctx: ProjectContext) -> None:
    if not ctx.actor.has(Role.LEAD):
        raise NotAllowed("role", "only a lead may do that")


def _show(
    request: Request, ctx: ProjectContext, problem: str = "", status: int = 200, *, said: str = ""
) -> Response:
    with ctx.studio.database.read() as session:
        project = attached(session, ctx.project)
        releases = session.scalars(
            select(Release).where(Release.project_id == project.id).order_by(Release.id.desc())
        ).all()
        values: dict[str, Any] = {
            "approved": state_counts(session, project.id).get("approved", 0)
            - len(approved_but_taken_down(session, project.id)),
            "releases": releases,
            "gone": {one.id: taken_down_since(session, one) for one in releases},
            "takedowns": session.scalars(select(Takedown).where(Takedown.project_id == project.id)).all(),
            "names": names_of(session),
            "project": project,
        }
    return render_page(request, "release.html", ctx, status=status, problem=problem, said=said, **values)


@router.get("/release")
def show(request: Request, ctx: Context) -> Response:
    """What could be released, what was."""
    return _show(request, ctx)


@router.post("/release")
def write(request: Request, ctx: Context) -> Response:
    """Write a release."""
    _lead(ctx)
    form, now, version = ctx.form, ctx.studio.clock(), text(ctx.form, "version").strip()
    with ctx.studio.database.write() as session:
        project = attached(session, ctx.project)
        save_settings(
            project,
            ctx.actor,
            changed_settings(
                project,
                licence=text(form, "licence").strip(),
                licence_text=text(form, "licence_text"),
                how_made=text(form, "how_made").strip(),
                contact=text(form, "contact").strip(),
                withheld=tuple(
                    name for name in texts(form, "withheld") if name in ("thinking", "cue", "rubric")
                ),
            ),
        )
    try:
        made = write_project_release(
            ctx.studio.config,
            ctx.studio.database,
            ctx.project.slug,
            version,
            now,
            person_id=ctx.person.id,
        )
    except MmarError as error:
        return _show(request, ctx, str(error), 422)
    with ctx.studio.database.write() as session:
        log_action(session, now, ctx.person.id, "release", made.version, project_id=ctx.project.id)
    if made.at != now:
        note = (
            f"Version {made.version} was there already and was written again as it was frozen on {made.day}. "
        )
        return _show(request, ctx, note + "Choose a new version for what was approved since.")
    return RedirectResponse(f"/p/{ctx.project.slug}/release", 303)


@router.get("/import")
@router.get("/release/takedown")
@router.get("/release/takedown/{takedown_id}/lift")
def back(ctx: Context) -> Response:
    """Where the answers to these forms stand, for whoever loads one again."""
    return RedirectResponse(f"/p/{ctx.project.slug}/release", 303)


@router.get("/release/{version}.zip")
def download(ctx: Context, version: str) -> Response:
    """A release as an archive."""
    folder = release_folder(ctx.studio.config, ctx.project, version)
    with ctx.studio.database.read() as session:
        known = session.scalar(
            select(Release).where(Release.project_id == ctx.project.id, Release.version == version)
        )
        gone = taken_down_since(session, known) if known is not None else []
    if known is None or not folder.is_dir():
        raise NotFound(f"there is no release {version}")
    if gone:
        raise NotAllowed(
            "state",
            f"version {version} holds what was taken down since ({gone[0]}; {len(gone)} in all), so it is not "
            "handed out any more; write a new version",
        )
    name = f"{ctx.project.slug}-{version}"
    return StreamingResponse(
        zipped(folder, name),
        media_type="application/zip",
        headers={"content-disposition": f'attachment; filename="{name}.zip"'},
    )


@router.post("/release/takedown")
def take_down(request: Request, ctx: Context) -> Response:
    """Name a video or an item that no release may hold again."""
    what, why = text(ctx.form, "what"), text(ctx.form, "why")
    with ctx.studio.database.write() as session:
        project = attached(session, ctx.project)
        named = add_takedown(session, project, ctx.actor, what, why, ctx.studio.clock())
    return _show(
        request,
        ctx,
        said=f"“{what.strip()}” names {_counted(named, 'here')}. No release will hold them again."
        if named
        else f"“{what.strip()}” names no item here. One that comes later is left out too.",
    )


def _counted(named: list[str], words: str) -> str:
    """How many items, what is said of them, and which they are."""
    some = ", ".join(named[:5]) + (" …" if len(named) > 5 else "")
    return f"{len(named)} item{'s' * (len(named) != 1)} {words}: {some}"


@router.post("/release/takedown/{takedown_id}/lift")
def lift(request: Request, ctx: Context, takedown_id: int) -> Response:
    """Take back a takedown that was a mistake."""
    with ctx.studio.database.write() as session:
        project = attached(session, ctx.project)
        what, named = lift_takedown(
            session, project, ctx.actor, takedown_id, text(ctx.form, "why"), ctx.studio.clock()
        )
    return _show(
        request,
        ctx,
        said=f"“{what}” is off the list; {_counted(named, 'may be released again')}."
        if named
        else f"“{what}” is off the list.",
    )


@router.get("/export.{form}")
def export(request: Request, ctx: Context, form: str) -> Response:  # noqa: ARG001 - the API hands its own on
    """Everything that is complete, keys included, so only for leads."""
    _lead(ctx)
    chosen = format_of(form)
    with ctx.studio.database.read() as session:
        exported = project_items(session, ctx.project)
    return Response(
        item_file(exported.items, chosen),
        media_type=FORMS[chosen],
        headers={"content-disposition": f'attachment; filename="{ctx.project.slug}.{chosen}"'},
    )


@router.post("/import")
def bring_in(request: Request, ctx: Context) -> Response:
    """Bring in a benchmark: its metadata, or an archive with its clips."""
    try:
        done, name = import_upload(ctx)
    except InputError as error:
        hint = f" – {error.hint}" if error.hint else ""
        return _show(request, ctx, f"Nothing was imported. {error.problem}{hint}", 422)
    return _show(request, ctx, said=f"{name}: {done.summary}.")
