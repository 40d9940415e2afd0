"""Releases, takedowns, and what goes in and out as files."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from sqlalchemy import select
from starlette.datastructures import UploadFile
from starlette.responses import RedirectResponse, Response

from mmar.errors import InputError, MmarError
from mmar.studio.data.release_tables import Release, Takedown
from mmar.studio.importing import import_items
from mmar.studio.items_file import FORMS, format_of, item_file, project_items, read_items
from mmar.studio.release import release_folder, write_project_release
from mmar.studio.store.people import names_of, trace
from mmar.studio.store.projects import changed_settings, save_settings, state_counts
from mmar.studio.web.forms import text, texts
from mmar.studio.web.render import page
from mmar.studio.web.studio import Place, attached, place
from mmar.studio.workflow import NotThere, Refused, Role

__all__ = ["router"]

router = APIRouter(prefix="/p/{slug}")
Here = Annotated[Place, Depends(place)]


def _lead(here: Place) -> None:
    if not here.actor.has(Role.LEAD):
        raise Refused("role", "only a lead may do that")


def _show(request: Request, here: Place, problem: str = "", status: int = 200) -> Response:
    with here.studio.database.read() as session:
        project = attached(session, here.project)
        values: dict[str, Any] = {
            "approved": state_counts(session, project.id).get("approved", 0),
            "releases": session.scalars(
                select(Release).where(Release.project_id == project.id).order_by(Release.id.desc())
            ).all(),
            "takedowns": session.scalars(select(Takedown).where(Takedown.project_id == project.id)).all(),
            "names": names_of(session),
            "project": project,
        }
    return page(request, "release.html", here, status=status, problem=problem, **values)


@router.get("/release")
def show(request: Request, here: Here) -> Response:
    """What could be released, what was."""
    return _show(request, here)


@router.post("/release")
def write(request: Request, here: Here) -> Response:
    """Write a release."""
    _lead(here)
    form, now, version = here.form, here.studio.clock(), text(here.form, "version").strip()
    with here.studio.database.write() as session:
        project = attached(session, here.project)
        save_settings(
            project,
            here.actor,
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
            here.studio.config,
            here.studio.database,
            here.project.slug,
            version,
            now,
            person_id=here.person.id,
        )
    except MmarError as error:
        return _show(request, here, str(error), 422)
    with here.studio.database.write() as session:
        trace(session, now, here.person.id, "release", made.version, project_id=here.project.id)
    if made.at != now:
        note = (
            f"Version {made.version} was there already and was written again as it was frozen on {made.day}. "
        )
        return _show(request, here, note + "Choose a new version for what was approved since.")
    return RedirectResponse(f"/p/{here.project.slug}/release", 303)


@router.get("/release/{version}.zip")
def download(here: Here, version: str) -> Response:
    """A release as an archive."""
    folder = release_folder(here.studio.config, here.project, version)
    if not folder.is_dir():
        raise NotThere(f"there is no release {version}")
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                # A fixed time, so that the archive too is the same to the byte.
                entry = zipfile.ZipInfo(
                    (Path(f"{here.project.slug}-{version}") / path.relative_to(folder)).as_posix()
                )
                archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)
    return Response(
        data.getvalue(),
        media_type="application/zip",
        headers={"content-disposition": f'attachment; filename="{here.project.slug}-{version}.zip"'},
    )


@router.post("/release/takedown")
def take_down(here: Here) -> Response:
    """Name a video or an item that no release may hold again."""
    _lead(here)
    what, why = text(here.form, "what").strip()[:300], text(here.form, "why").strip()
    if not what or not why:
        raise InputError("say what and why", field="what")
    with here.studio.database.write() as session:
        session.add(
            Takedown(
                project_id=here.project.id,
                what=what,
                why=why,
                person_id=here.person.id,
                at=here.studio.clock(),
            )
        )
        trace(
            session,
            here.studio.clock(),
            here.person.id,
            "takedown",
            what,
            detail=why,
            project_id=here.project.id,
        )
    return RedirectResponse(f"/p/{here.project.slug}/release", 303)


@router.get("/export.{form}")
def export(request: Request, here: Here, form: str) -> Response:
    """Everything that is complete, keys included, so only for leads."""
    _lead(here)
    chosen = format_of(form)
    with here.studio.database.read() as session:
        items = project_items(session, here.project)
    data = item_file(items, chosen, audio_base=str(request.base_url).rstrip("/"))
    return Response(
        data,
        media_type=FORMS[chosen],
        headers={"content-disposition": f'attachment; filename="{here.project.slug}.{chosen}"'},
    )


@router.post("/import")
def bring_in(here: Here) -> Response:
    """Bring in a benchmark's metadata."""
    _lead(here)
    sent = here.form.get("file")
    if not isinstance(sent, UploadFile):
        raise InputError("no file was sent", field="file")
    data = sent.file.read(256 << 20)
    name = (sent.filename or "upload").replace("\\", "/").rsplit("/", 1)[-1]
    items = read_items(data, name, here.studio.config.media)
    with here.studio.database.write() as session:
        project = attached(session, here.project)
        done = import_items(
            session, project, here.actor, items, here.studio.clock(), inspect="inspect" in here.form
        )
        trace(
            session,
            here.studio.clock(),
            here.person.id,
            "import",
            name,
            detail=f"{done.added} added, {len(done.known)} known",
            project_id=project.id,
        )
    return RedirectResponse(f"/p/{here.project.slug}/items", 303)
