"""What goes in and out of a project, for programs: imports, exports, releases, takedowns."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Request
from sqlalchemy import select
from starlette.responses import Response

from mmar.errors import InputError
from mmar.items import Item as PublicItem
from mmar.studio.data.release_tables import Release, Takedown
from mmar.studio.exchange.importing import Imported, import_items
from mmar.studio.exchange.item_files import plain_hint
from mmar.studio.exchange.releases import write_project_release
from mmar.studio.store.people import log_action
from mmar.studio.store.takedowns import add_takedown, lift_takedown, taken_down_since
from mmar.studio.web.context import ProjectContext, attached, project_context
from mmar.studio.web.pages.release import download as archive
from mmar.studio.web.pages.release import export as exported
from mmar.studio.web.uploads import import_upload
from mmar.studio.workflow import NotAllowed, Role

__all__ = ["router"]

router = APIRouter(prefix="/p/{slug}", tags=["in and out"])
Context = Annotated[ProjectContext, Depends(project_context)]
Words = Annotated[str, Body(embed=True)]

_FILE_FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {"type": "string", "format": "binary"},
                        "inspect": {"type": "string", "description": "any text: into inspection at once"},
                        "update": {
                            "type": "string",
                            "description": "any text: known items take what the file says",
                        },
                    },
                }
            }
        },
    }
}


def _only_lead(ctx: ProjectContext) -> None:
    if not ctx.actor.has(Role.LEAD):
        raise NotAllowed("role", "only a lead may do that")


def _said(done: Imported) -> dict[str, Any]:
    return {
        "added": done.added,
        "known": list(done.known),
        "differing": list(done.differing),
        "updated": done.updated,
        "waiting": done.waiting,
        "left": dict(done.left),
        "clips": done.clips,
        "clips_left": dict(done.clips_left),
        "clips_absent": done.clips_absent,
    }


@router.post("/import", summary="Bring in items in the publisher's form")
def bring_in(
    ctx: Context,
    records: Annotated[list[dict[str, Any]], Body(embed=True)],
    inspect: Annotated[bool, Body(embed=True)] = False,  # noqa: FBT002
    update: Annotated[bool, Body(embed=True)] = False,  # noqa: FBT002
) -> dict[str, Any]:
    """Items whose id is known are left as they are; with `update` they take what their record says."""
    _only_lead(ctx)
    try:
        items = [PublicItem.from_record(record, line=at + 1) for at, record in enumerate(records)]
    except InputError as error:
        location = f"record {error.line}: " + (f'field "{error.field}": ' if error.field else "")
        raise InputError(location + error.problem, field="records", hint=plain_hint(error)) from None
    now = ctx.studio.clock()
    with ctx.studio.database.write() as session:
        project = attached(session, ctx.project)
        done = import_items(
            session, project, ctx.actor, items, now, inspect=inspect, update=update, why="from records"
        )
        log_action(
            session, now, ctx.person.id, "import", "records", detail=done.summary, project_id=project.id
        )
    return _said(done)


@router.post("/import/file", summary="Bring in a file of items", openapi_extra=_FILE_FORM)
def bring_in_file(ctx: Context) -> dict[str, Any]:
    """A multipart form with `file`: the publisher's JSON or JSONL, CSV, what Label Studio exports, or an archive.

    An archive (.zip, .tar.gz), such as a release, holds one metadata file and the clips that it names.
    """
    return _said(import_upload(ctx)[0])


@router.get("/export.{form}", summary="Every complete item as a file, keys included", response_class=Response)
def export(request: Request, ctx: Context, form: str) -> Response:
    """`jsonl`, `csv` or `label-studio.json`, and `label-studio.xml`, its configuration; for leads."""
    return exported(request, ctx, form)


@router.get("/releases", summary="Releases that were written")
def releases(ctx: Context) -> list[dict[str, Any]]:
    """Version, day, digest and number of items, and which of them were taken down since."""
    with ctx.studio.database.read() as session:
        return [
            {
                "version": one.version,
                "day": one.day,
                "digest": one.digest,
                "items": len(one.items),
                "taken_down_since": taken_down_since(session, one),
            }
            for one in session.scalars(select(Release).where(Release.project_id == ctx.project.id))
        ]


@router.post("/releases", summary="Write a release", status_code=201)
def release(ctx: Context, version: Words) -> dict[str, Any]:
    """Freezes the approved items; an existing version is written again, the same to the byte."""
    _only_lead(ctx)
    now = ctx.studio.clock()
    made = write_project_release(
        ctx.studio.config,
        ctx.studio.database,
        ctx.project.slug,
        version,
        now,
        person_id=ctx.person.id,
    )
    with ctx.studio.database.write() as session:
        log_action(session, now, ctx.person.id, "release", made.version, project_id=ctx.project.id)
    return {"version": made.version, "digest": made.digest, "items": len(made.items)}


@router.get("/releases/{version}.zip", summary="A release as an archive", response_class=Response)
def download(ctx: Context, version: str) -> Response:
    """The same version is the same archive, to the byte."""
    return archive(ctx, version)


@router.get("/takedowns", summary="What no release may hold again")
def takedowns(ctx: Context) -> list[dict[str, Any]]:
    """Number, what, why, when."""
    with ctx.studio.database.read() as session:
        found = session.scalars(select(Takedown).where(Takedown.project_id == ctx.project.id))
        return [{"id": one.id, "what": one.what, "why": one.why, "at": one.at.isoformat()} for one in found]


@router.post("/takedowns", summary="Name what no release may hold again", status_code=201)
def take_down(ctx: Context, what: Words, why: Words) -> dict[str, Any]:
    """An item's public id, a video's address or id, or the SHA-256 of a clip; answers which items that names."""
    with ctx.studio.database.write() as session:
        project = attached(session, ctx.project)
        named = add_takedown(session, project, ctx.actor, what, why, ctx.studio.clock())
    return {"what": what.strip(), "why": why.strip(), "items": named}


@router.post("/takedowns/{takedown_id}/lift", summary="Take a takedown back")
def lift(ctx: Context, takedown_id: int, why: Words) -> dict[str, Any]:
    """For one that was a mistake; answers which items a release may hold again. The audit log keeps both."""
    with ctx.studio.database.write() as session:
        project = attached(session, ctx.project)
        what, named = lift_takedown(session, project, ctx.actor, takedown_id, why, ctx.studio.clock())
    return {"what": what, "items": named}
