"""Releases, takedowns, exports and imports."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from fastapi import APIRouter, Request
from sqlalchemy import select
from starlette.responses import Response, StreamingResponse

from mmar.errors import MmarError
from mmar.studio.data.tables import Release, Takedown
from mmar.studio.exchange.item_files import FORMS, format_of, item_file, project_items
from mmar.studio.releases.project_releases import release_folder, write_project_release
from mmar.studio.releases.release_files import zipped
from mmar.studio.store.people import names_of
from mmar.studio.store.projects import change_settings, state_counts
from mmar.studio.store.takedowns import add_takedown, approved_but_taken_down, lift_takedown, taken_down_since
from mmar.studio.web.context import Context, Flash, ProjectContext, current_project
from mmar.studio.web.error_handlers import error_message
from mmar.studio.web.forms import text, texts
from mmar.studio.web.pages.media import import_upload
from mmar.studio.web.render import WITHHELD_FIELDS, count, render_page, sentence
from mmar.studio.workflow import NotAllowed, NotFound, Role

router = APIRouter(prefix="/p/{slug}")


@router.get("/release")
def release_page(request: Request, ctx: Context) -> Response:
    """Approved items, releases, takedowns, and the forms for export and import."""
    with ctx.read() as session:
        project = current_project(session, ctx.project)
        releases = session.scalars(
            select(Release).where(Release.project_id == project.id).order_by(Release.id.desc())
        ).all()
        approved = state_counts(session, project.id).get("approved", 0)
        return render_page(
            request,
            "release.html",
            ctx,
            approved=approved - len(approved_but_taken_down(session, project.id)),
            releases=releases,
            taken_down={one.id: taken_down_since(session, one) for one in releases},
            takedowns=session.scalars(select(Takedown).where(Takedown.project_id == project.id)).all(),
            names=names_of(session),
            project=project,
        )


@router.post("/release")
def create_release(ctx: Context) -> Response:
    """Save the settings of the form and write a release."""
    ctx.actor.require(Role.LEAD)
    form, now, version = ctx.form, ctx.clock(), text(ctx.form, "version").strip()
    known = [name for name, _ in WITHHELD_FIELDS]
    with ctx.write() as (_, project):
        change_settings(
            project,
            ctx.actor,
            licence=text(form, "licence").strip(),
            licence_text=text(form, "licence_text"),
            how_made=text(form, "how_made").strip(),
            contact=text(form, "contact").strip(),
            withheld=tuple(name for name in texts(form, "withheld") if name in known),
        )
    try:
        made = release_project(ctx, version, now)
    except MmarError as error:
        return ctx.redirect("/release", Flash(error.code, error_message(error), "bad"))
    if made.created != now:
        note = (
            f"Version {made.version} of {made.day} existed already and was rebuilt unchanged. Enter a new version to "
            "release newer items."
        )
        return ctx.redirect("/release", Flash("release-rebuilt", note, "warn"))
    note = f"Version {made.version} was released with {count(len(made.items), 'item')}."
    return ctx.redirect("/release", Flash("release-created", note))


def release_project(ctx: ProjectContext, version: str, now: datetime) -> Release:
    """Write a release, and log it; errors as of `write_project_release`."""
    studio = ctx.studio
    made = write_project_release(
        studio.config, studio.database, ctx.project.slug, version, now, person_id=ctx.person.id
    )
    with ctx.write() as (session, _):
        ctx.log(session, "release", made.version)
    return made


@router.get("/release/{version}.zip")
def download_release(ctx: Context, version: str) -> Response:
    """A release as an archive; the same version is always the same bytes."""
    folder = release_folder(ctx.studio.config, ctx.project, version)
    with ctx.read() as session:
        release = session.scalar(
            select(Release).where(Release.project_id == ctx.project.id, Release.version == version)
        )
        withdrawn = taken_down_since(session, release) if release is not None else []
    if release is None or not folder.is_dir():
        raise NotFound(f"there is no release {version}")
    if withdrawn:
        raise NotAllowed(
            "state",
            f"version {version} contains {count(len(withdrawn), 'item')} that were taken down since "
            f"({', '.join(withdrawn[:3])}); create a new version",
        )
    name = f"{ctx.project.slug}-{version}"
    return StreamingResponse(
        zipped(folder, name),
        media_type="application/zip",
        headers={"content-disposition": f'attachment; filename="{name}.zip"'},
    )


@router.post("/release/takedown")
def exclude_from_releases(ctx: Context) -> Response:
    """Exclude a video, an item or a clip from all future releases."""
    what, why = text(ctx.form, "what").strip(), text(ctx.form, "why")
    with ctx.write() as (session, project):
        items = add_takedown(session, project, ctx.actor, what, why, ctx.clock())
    if items:
        note = f'"{what}" was taken down: {_listed(items)}. No future release will contain them.'
    else:
        note = f'"{what}" was taken down. It matches no item at present; items added later are excluded too.'
    return ctx.redirect("/release", Flash("taken-down", note))


@router.post("/release/takedown/{takedown_id}/lift")
def remove_takedown(ctx: Context, takedown_id: int) -> Response:
    """Lift a takedown that was a mistake."""
    why = text(ctx.form, "why")
    with ctx.write() as (session, project):
        what, items = lift_takedown(session, project, ctx.actor, takedown_id, why, ctx.clock())
    note = f'The takedown of "{what}" was lifted'
    note += f"; {_listed(items)} can be released again." if items else "."
    return ctx.redirect("/release", Flash("takedown-lifted", note))


def _listed(items: Sequence[str]) -> str:
    more = ", …" if len(items) > 5 else ""
    return f"{count(len(items), 'item')} ({', '.join(items[:5])}{more})"


@router.get("/export.{form}")
def export_items(ctx: Context, form: str) -> Response:
    """All complete items with their keys, for leads, as `jsonl`, `csv`, `label-studio.json`, or its configuration `label-studio.xml`."""
    ctx.actor.require(Role.LEAD)
    chosen = format_of(form)
    with ctx.read() as session:
        exported = project_items(session, ctx.project)
    return Response(
        item_file(exported.items, chosen),
        media_type=FORMS[chosen],
        headers={"content-disposition": f'attachment; filename="{ctx.project.slug}.{chosen}"'},
    )


@router.post("/import")
def import_items(ctx: Context) -> Response:
    """Import a benchmark: its metadata, or an archive with its clips."""
    try:
        done, name = import_upload(ctx)
    except NotAllowed:
        raise
    except MmarError as error:
        note = f"Nothing was imported. {error_message(error)}"
        return ctx.redirect("/release", Flash(error.code, note, "bad"))
    return ctx.redirect("/release", Flash("imported", sentence(f"{name}: {done.summary}")))
