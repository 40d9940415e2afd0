"""Recordings and clips: served by number, in ranges as players ask for them, and their waveforms."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from starlette.responses import FileResponse, JSONResponse, Response

from mmar.studio.data.tables import Clip, Recording
from mmar.studio.media.media_store import media_file
from mmar.studio.media.waveform import open_waveform
from mmar.studio.store.projects import row_in
from mmar.studio.web.context import Context, ProjectContext

__all__ = ["router"]

router = APIRouter(prefix="/p/{slug}/media")

_AUDIO = frozenset({"audio/wav", "audio/x-wav", "audio/flac", "audio/mpeg", "audio/ogg", "audio/aiff"})


def _stored(ctx: ProjectContext, kind: str, number: int) -> tuple[str, str, str | None]:
    with ctx.read() as session:
        if kind == "clip":
            clip = row_in(session, ctx.project, Clip, number)
            return clip.path, "audio/wav", clip.waveform
        recording = row_in(session, ctx.project, Recording, number)
        return recording.path, recording.media_type, recording.waveform


@router.get("/{kind}/{number}")
def sound(ctx: Context, kind: Literal["clip", "recording"], number: int) -> Response:
    """The bytes; a player asks for ranges of them."""
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
def peaks(
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
