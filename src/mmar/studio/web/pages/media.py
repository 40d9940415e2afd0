"""Files that people send, and the recordings, clips and waveforms that players load.

Recordings are decoded completely before they are stored; names of files are never used as paths.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from starlette.datastructures import UploadFile
from starlette.responses import FileResponse, JSONResponse, Response

from mmar.errors import InputError
from mmar.files.archives import Limits
from mmar.studio.data.tables import Clip, Recording
from mmar.studio.exchange.importing import ImportResult, Source, import_file
from mmar.studio.media.media_store import incoming_file, media_file, store_audio
from mmar.studio.media.waveform import open_waveform
from mmar.studio.store.projects import row_in
from mmar.studio.store.recordings import add_recording
from mmar.studio.web.context import Context, ProjectContext, current_project
from mmar.studio.workflow import Role

router = APIRouter(prefix="/p/{slug}/media")

_MAX_METADATA = 32 << 20  # bytes of the metadata file in an archive, which is read into memory
# How many times its own size an archive may unpack to: audio hardly compresses.
_MAX_RATIO = 4


def store_upload(ctx: ProjectContext) -> Recording:
    """Store the recording in the form's `file`, for annotators.

    Raises:
        InputError: there is none, or it is not audio, damaged, or too large.
    """
    ctx.actor.require(Role.ANNOTATOR)
    sent = _sent_file(ctx)
    media, limit = ctx.studio.config.media, ctx.studio.config.max_upload
    with incoming_file(media) as path:
        _save(sent, path)
        try:
            stored = store_audio(media, path, max_bytes=limit)
        except InputError as error:
            # The sender does not know the temporary file.
            raise InputError(error.problem, field="file", code=error.code, hint=error.hint) from None
    with ctx.write() as (session, project):
        return add_recording(
            session, project.id, stored, ctx.clock(), title=_file_name(sent), person_id=ctx.person.id
        )


def import_upload(ctx: ProjectContext) -> tuple[ImportResult, str]:
    """Import the items in the form's `file`, for leads; `inspect` and `update` are checkboxes of the form.

    Returns:
        What was imported, and the file's name.
    """
    ctx.actor.require(Role.LEAD)
    sent = _sent_file(ctx)
    name = _file_name(sent)
    studio = ctx.studio
    media, limit = studio.config.media, studio.config.max_upload
    limits = Limits(total=_MAX_RATIO * limit, member=limit, text=_MAX_METADATA)
    with incoming_file(media) as path:
        _save(sent, path)
        try:
            done = import_file(
                studio.database,
                media,
                Source(path, name, limits=limits),
                lambda session: (current_project(session, ctx.project), ctx.actor),
                studio.clock,
                inspect="inspect" in ctx.form,
                update="update" in ctx.form,
            )
        except InputError as error:
            # The line and field go into the message: a form cannot show them otherwise.
            raise InputError(error.summary, field="file", code=error.code, hint=error.hint) from None
    return done, name


def _sent_file(ctx: ProjectContext) -> UploadFile:
    sent = ctx.form.get("file")
    if not isinstance(sent, UploadFile) or not sent.filename:
        raise InputError("no file was sent", field="file", code="no-file", hint="choose a file")
    return sent


def _file_name(sent: UploadFile) -> str:
    return (sent.filename or "upload").replace("\\", "/").rsplit("/", 1)[-1][:200]


def _save(sent: UploadFile, path: Path) -> None:
    with path.open("wb") as out:
        while block := sent.file.read(1 << 20):
            out.write(block)


_AUDIO = frozenset({"audio/wav", "audio/x-wav", "audio/flac", "audio/mpeg", "audio/ogg", "audio/aiff"})


def _stored(ctx: ProjectContext, kind: str, number: int) -> tuple[str, str, str | None]:
    with ctx.read() as session:
        if kind == "clip":
            clip = row_in(session, ctx.project, Clip, number)
            return clip.path, "audio/wav", clip.waveform
        recording = row_in(session, ctx.project, Recording, number)
        return recording.path, recording.media_type, recording.waveform


@router.get("/{kind}/{number}")
def audio_file(ctx: Context, kind: Literal["clip", "recording"], number: int) -> Response:
    """The bytes, in ranges where a player requests them."""
    path, media_type, _ = _stored(ctx, kind, number)
    return FileResponse(
        media_file(ctx.studio.config.media, path),
        # Whatever the database contains, nothing is served as a page or a script.
        media_type=media_type if media_type in _AUDIO else "application/octet-stream",
        filename=f"{kind}-{number}{path[path.rfind('.') :]}",
        content_disposition_type="inline",
        headers={"cache-control": "private, max-age=3600"},
    )


@router.get("/{kind}/{number}/peaks")
def waveform_window(
    ctx: Context,
    kind: Literal["clip", "recording"],
    number: int,
    points: Annotated[int, Query(ge=10, le=100_000)] = 2000,
    start: Annotated[float, Query(ge=0)] = 0.0,
    end: Annotated[float | None, Query(ge=0)] = None,
) -> Response:
    """The waveform between two moments, in about so many points."""
    _, _, waveform = _stored(ctx, kind, number)
    window = open_waveform(media_file(ctx.studio.config.media, waveform or "-")).window(start, end, points)
    return JSONResponse(window, headers={"cache-control": "private, max-age=3600"})
