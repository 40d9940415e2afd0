"""Recordings and clips, for programs."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends

from mmar.studio.store import revisions
from mmar.studio.store.clips import clip_of, recording_of
from mmar.studio.store.media import ask_for_sound
from mmar.studio.web.studio import Place, attached, place
from mmar.studio.web.uploads import take_upload
from mmar.studio.workflow import Refused, Role

__all__ = ["router"]

router = APIRouter(prefix="/p/{slug}", tags=["sound"])
Here = Annotated[Place, Depends(place)]


@router.post("/recordings", summary="Upload a recording", status_code=201)
def upload(here: Here) -> dict[str, Any]:
    """A multipart form with the field `file`. Name the number in an item's `recording`."""
    made = take_upload(here)
    return {"recording": made.id, "duration": made.duration, "title": made.title, "sha256": made.sha256}


@router.post("/items/{item_id}/sound", summary="Fetch and cut what an item needs", status_code=202)
def fetch(here: Here, item_id: int) -> dict[str, str]:
    """`ready`, `cutting`, `fetching`, or `missing` where there is no address to fetch from."""
    if not here.actor.has(Role.ANNOTATOR):
        raise Refused("role", "to prepare items needs the role annotator")
    with here.studio.database.write() as session:
        project = attached(session, here.project)
        item = revisions.find_item(session, project, item_id)
        now = here.studio.clock()
        state = ask_for_sound(session, project, item, now, person_id=here.person.id, fetch=True)
    return {"state": state}


@router.get("/items/{item_id}/sound", summary="An item's recording and clip")
def facts(here: Here, item_id: int) -> dict[str, Any]:
    """Null where it is not here yet. Their bytes are at `/p/SLUG/media/clip/NUMBER`, in ranges."""
    with here.studio.database.read() as session:
        item = revisions.find_item(session, here.project, item_id)
        recording = recording_of(session, here.project.id, revisions.content_of(session, item))
        clip = clip_of(session, item)
    return {
        "recording": recording
        and {"id": recording.id, "duration": recording.duration, "sha256": recording.sha256},
        "clip": clip
        and {
            "id": clip.id,
            "duration": clip.duration,
            "sha256": clip.sha256,
            "rate": clip.rate,
            "channels": clip.channels,
            "loudness": clip.loudness,
            "peak": clip.peak,
        },
    }
