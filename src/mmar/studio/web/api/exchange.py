"""API: imports, exports, releases and takedowns."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Body
from pydantic import BaseModel, Field
from sqlalchemy import select
from starlette.responses import Response

from mmar.errors import InputError
from mmar.items import Item as PublicItem
from mmar.studio.data.tables import Release, Takedown
from mmar.studio.exchange.importing import ImportResult, import_items
from mmar.studio.exchange.item_files import plain_hint
from mmar.studio.store.takedowns import add_takedown, lift_takedown, taken_down_since
from mmar.studio.web.api.serialize import row_json
from mmar.studio.web.context import Context
from mmar.studio.web.pages.media import import_upload
from mmar.studio.web.pages.release import download_release, export_items, release_project
from mmar.studio.workflow import Role

router = APIRouter(prefix="/p/{slug}", tags=["import and export"])
Text = Annotated[str, Body(embed=True)]


class FileForm(BaseModel):
    """The form of an import; `inspect` and `update` may be any text."""

    file: bytes
    inspect: str = Field("", description="send new items to inspection")
    update: str = Field("", description="update existing items from the file")


_CONTENT = {"multipart/form-data": {"schema": FileForm.model_json_schema()}}
_FILE_FORM = {"requestBody": {"required": True, "content": _CONTENT}}


def _imported_json(done: ImportResult) -> dict[str, Any]:
    return dict(msgspec.to_builtins(done))


@router.post("/import", summary="Import items in the publisher's format")
def import_records(
    ctx: Context,
    records: Annotated[list[dict[str, Any]], Body(embed=True)],
    inspect: Annotated[bool, Body(embed=True)] = False,  # noqa: FBT002 - a field of the body
    update: Annotated[bool, Body(embed=True)] = False,  # noqa: FBT002 - a field of the body
) -> dict[str, Any]:
    """Add items; existing ones stay as they are, or with `update` are updated from their records."""
    ctx.actor.require(Role.LEAD)
    try:
        items = [PublicItem.from_record(record, line=index + 1) for index, record in enumerate(records)]
    except InputError as error:
        location = f"record {error.line}: " + (f'field "{error.field}": ' if error.field else "")
        raise InputError(
            location + error.problem, field="records", code=error.code, hint=plain_hint(error)
        ) from None
    now = ctx.clock()
    with ctx.write() as (session, project):
        done = import_items(
            session, project, ctx.actor, items, now, inspect=inspect, update=update, why="from records"
        )
        ctx.log(session, "import", "records", done.summary)
    return _imported_json(done)


@router.post("/import/file", summary="Import a file of items", openapi_extra=_FILE_FORM)
def import_file(ctx: Context) -> dict[str, Any]:
    """Import `file` of a multipart form: the publisher's JSON or JSONL, CSV, a Label Studio export, or an archive.

    An archive (.zip, .tar.gz), such as a release, has one metadata file and the clips that it names.
    """
    return _imported_json(import_upload(ctx)[0])


router.get("/export.{form}", summary="Export all complete items", response_class=Response)(export_items)


@router.get("/releases", summary="All releases")
def list_releases(ctx: Context) -> list[dict[str, Any]]:
    """Return version, day, digest, number of items, and the items that were taken down since."""
    with ctx.read() as session:
        return [
            {
                "version": release.version,
                "day": release.day,
                "digest": release.digest,
                "items": len(release.items),
                "taken_down_since": taken_down_since(session, release),
            }
            for release in session.scalars(select(Release).where(Release.project_id == ctx.project.id))
        ]


@router.post("/releases", summary="Create a release", status_code=201)
def create_release(ctx: Context, version: Text) -> dict[str, Any]:
    """Freeze the approved items. An existing version is rebuilt with identical files."""
    ctx.actor.require(Role.LEAD)
    made = release_project(ctx, version, ctx.clock())
    return {"version": made.version, "digest": made.digest, "items": len(made.items)}


router.get("/releases/{version}.zip", summary="A release as an archive", response_class=Response)(
    download_release
)


@router.get("/takedowns", summary="All takedowns")
def list_takedowns(ctx: Context) -> list[dict[str, Any]]:
    """Return what is excluded from future releases: id, what, reason, time."""
    query = select(Takedown).where(Takedown.project_id == ctx.project.id)
    with ctx.read() as session:
        return [row_json(takedown) for takedown in session.scalars(query)]


@router.post("/takedowns", summary="Take down a video, an item or a clip", status_code=201)
def take_down(ctx: Context, what: Text, why: Text) -> dict[str, Any]:
    """Exclude an item (public id), a video (URL or id) or a clip (SHA-256); return the items that match."""
    with ctx.write() as (session, project):
        items = add_takedown(session, project, ctx.actor, what, why, ctx.clock())
    return {"what": what.strip(), "why": why.strip(), "items": items}


@router.post("/takedowns/{takedown_id}/lift", summary="Lift a takedown")
def remove_takedown(ctx: Context, takedown_id: int, why: Text) -> dict[str, Any]:
    """Undo a takedown by mistake; return the items that can be released again. The audit log keeps both entries."""
    with ctx.write() as (session, project):
        what, items = lift_takedown(session, project, ctx.actor, takedown_id, why, ctx.clock())
    return {"what": what, "items": items}
