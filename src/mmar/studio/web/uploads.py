"""Uploaded files: recordings are decoded completely before they are stored; names of files are never used as paths."""

from __future__ import annotations

from pathlib import Path

from starlette.datastructures import UploadFile

from mmar.errors import InputError
from mmar.files.archives import Limits
from mmar.studio.data.tables import Recording
from mmar.studio.exchange.importing import Imported, Source, import_file
from mmar.studio.media.media_store import incoming_file, store_audio
from mmar.studio.store.recordings import add_recording
from mmar.studio.web.context import ProjectContext, attached
from mmar.studio.workflow import Role

__all__ = ["import_upload", "store_upload"]

_MAX_METADATA = 32 << 20  # bytes of the metadata file in an archive, which is read into memory
# How many times its own size an archive may unpack to: audio hardly compresses.
_MAX_RATIO = 4


def store_upload(ctx: ProjectContext) -> Recording:
    """Store the recording in the form's `file`.

    Raises:
        InputError: there is none, or it is not audio, damaged, or too large.
        NotAllowed: not an annotator.
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


def import_upload(ctx: ProjectContext) -> tuple[Imported, str]:
    """Import the items in the form's `file`; `inspect` and `update` are checkboxes of the form.

    Returns:
        What was imported, and the file's name.

    Raises:
        InputError: there is no file, or it cannot be read.
        NotAllowed: not a lead.
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
                lambda session: (attached(session, ctx.project), ctx.actor),
                studio.clock,
                inspect="inspect" in ctx.form,
                update="update" in ctx.form,
            )
        except InputError as error:
            # The line and field go into the message: a form has no other place for them.
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
