"""Taking what is sent: a recording is decoded from beginning to end before it is kept; no name is used as a path."""

from __future__ import annotations

from pathlib import Path

from starlette.datastructures import UploadFile

from mmar.errors import InputError
from mmar.files.archives import Limits
from mmar.studio.data.media_tables import Recording
from mmar.studio.exchange.importing import Imported, Source, import_file
from mmar.studio.media.media_store import incoming_file, store_audio
from mmar.studio.store.media import add_recording
from mmar.studio.web.context import ProjectContext, attached
from mmar.studio.workflow import NotAllowed, Role

__all__ = ["import_upload", "store_upload"]

_MAX_METADATA = 32 << 20  # bytes of the metadata file in an archive, which is read into memory
# How many times its own size an archive may hold: sound hardly compresses.
_UNPACKED = 4


def store_upload(ctx: ProjectContext) -> Recording:
    """Keep the form's `file`.

    Raises:
        InputError: there is none, or it is not sound, damaged, or too large.
        NotAllowed: not an annotator.
    """
    sent = ctx.form.get("file")
    if not isinstance(sent, UploadFile):
        raise InputError("no file was sent", field="file", hint="choose a recording")
    if not ctx.actor.has(Role.ANNOTATOR):
        raise NotAllowed("role", "to upload needs the role annotator")
    media, limit = ctx.studio.config.media, ctx.studio.config.max_upload
    with incoming_file(media) as path:
        _save(sent, path)
        try:
            kept = store_audio(media, path, max_bytes=limit)
        except InputError as error:
            # The file's name here is of our own making and says nothing to its sender.
            raise InputError(error.problem, field="file", hint=error.hint) from None
    title = (sent.filename or "upload").replace("\\", "/").rsplit("/", 1)[-1][:200]
    with ctx.studio.database.write() as session:
        return add_recording(
            session, ctx.project.id, kept, ctx.studio.clock(), title=title, person_id=ctx.person.id
        )


def import_upload(ctx: ProjectContext) -> tuple[Imported, str]:
    """Bring the form's `file` into the project, in any form that goes in; `inspect` and `update` are boxes of the form.

    Returns:
        What was done, and the file's name.

    Raises:
        InputError: there is no file, or something in it cannot be read.
        NotAllowed: not a lead.
    """
    if not ctx.actor.has(Role.LEAD):
        raise NotAllowed("role", "only a lead may import items")
    sent = ctx.form.get("file")
    if not isinstance(sent, UploadFile):
        raise InputError("no file was sent", field="file", hint="send a multipart form with a file")
    name = (sent.filename or "upload").replace("\\", "/").rsplit("/", 1)[-1][:200]
    studio = ctx.studio
    media, most = studio.config.media, studio.config.max_upload
    bounds = Limits(total=_UNPACKED * most, member=most, text=_MAX_METADATA)
    with incoming_file(media) as path:
        _save(sent, path)
        try:
            done = import_file(
                studio.database,
                media,
                Source(path, name, bounds=bounds),
                lambda session: (attached(session, ctx.project), ctx.actor),
                studio.clock,
                inspect="inspect" in ctx.form,
                update="update" in ctx.form,
            )
        except InputError as error:
            # Where it is goes into the words themselves: a page shows nothing else.
            raise InputError(error.summary, field="file", code=error.code, hint=error.hint) from None
    return done, name


def _save(sent: UploadFile, path: Path) -> None:
    with path.open("wb") as out:
        while block := sent.file.read(1 << 20):
            out.write(block)
