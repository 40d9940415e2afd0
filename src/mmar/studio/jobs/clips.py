"""Cutting and measuring the clip of an item."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from mmar.audio import describe
from mmar.audit.sounds import Sound
from mmar.errors import UsageError
from mmar.studio.data.item_tables import Item
from mmar.studio.data.tables import Clip, Project
from mmar.studio.jobs.clip_format import is_under_review, target_format
from mmar.studio.jobs.context import JobContext
from mmar.studio.media.decoder import ClipTask
from mmar.studio.media.media_store import media_file
from mmar.studio.store.clips import clip_key, recording_of
from mmar.studio.store.revisions import content_of

__all__ = ["cut_clip", "sound_of"]

_SAME_SOUND = 0.1
"""Unrelated sounds stay below 0.02, a copy that went through MP3 above 0.2 (`mmar.audio.fingerprint_landmarks`)."""

_ASIDE = "aside:"
"""Begins the key of a clip that was cut anew in another format."""


def cut_clip(work: JobContext) -> None:
    """Cut the clip of the item's newest revision, with the sample rate and channels of its project.

    A clip that is there in another format is put aside, not overwritten: a release may hold it.

    Raises:
        UsageError: its recording is not here, or does not have the channels to convert.
        InputError: the segments lie outside of it.
    """
    with work.database.read() as session:
        item = session.get(Item, int(work.payload["item"]))
        if item is None:
            raise UsageError("the item is gone", code="item-missing")
        content = content_of(session, item)
        key = clip_key(content)
        recording = recording_of(session, work.project_id, content)
        wanted = (
            target_format(session.get_one(Project, work.project_id).settings, recording)
            if recording
            else None
        )
        stays = _stays(session, work.project_id, key, wanted)
    if stays:
        return
    if recording is None or wanted is None:
        raise UsageError("its recording is not here; fetch or upload it first", code="recording-missing")
    media = work.config.media
    whole = recording.source.startswith("file:") or not content.segments
    target = Path("clips") / key[:2] / f"{work.project_id}-{key}-{wanted[0]}-{wanted[1]}.wav"
    waveform = target.with_suffix(".peaks")
    (media / target).parent.mkdir(parents=True, exist_ok=True)
    work.advance(0.1, "cutting")
    prepared = work.decoder.prepare_clip(
        ClipTask(
            str(media_file(media, recording.path)),
            None if whole else tuple((part.start, part.end) for part in content.segments),
            str(media / target),
            str(media / waveform),
            *wanted,
        )
    )
    work.advance(0.8, "comparing")
    alike = _alike(work, key, prepared.fingerprint)
    with work.database.write() as session:
        work.check_owned(session)
        if _stays(session, work.project_id, key, wanted):
            return
        known = session.scalar(select(Clip).where(Clip.project_id == work.project_id, Clip.key == key))
        if known is not None:
            # Under a new number, since players keep what they got under the old one.
            known.key = f"{_ASIDE}{known.id}"
            session.flush()
        clip = Clip(
            project_id=work.project_id,
            key=key,
            recording_id=recording.id,
            path=target.as_posix(),
            sha256=prepared.sha256,
            size=prepared.size,
            duration=prepared.duration,
            rate=prepared.rate,
            channels=prepared.channels,
            loudness=prepared.loudness.integrated,
            peak=prepared.loudness.true_peak,
            levels=prepared.levels,
            waveform=waveform.as_posix(),
            fingerprint=prepared.fingerprint,
            alike=alike,
            at=work.clock(),
        )
        session.add(clip)


def _stays(session: Session, project_id: int, key: str, wanted: tuple[int, int] | None) -> bool:
    """Whether the clip exists and needs no conversion."""
    known = session.scalar(select(Clip).where(Clip.project_id == project_id, Clip.key == key))
    if known is None:
        return False
    return wanted in (None, (known.rate, known.channels)) or is_under_review(session, project_id, key)


def _alike(work: JobContext, key: str, mark: bytes) -> tuple[int, ...]:
    """Ids of the project's clips with the same audio, the most similar first."""
    from mmar.audio.fingerprint_landmarks import similarity

    with work.database.read() as session:
        others = session.execute(
            select(Clip.id, Clip.fingerprint).where(
                Clip.project_id == work.project_id,
                Clip.fingerprint.is_not(None),
                Clip.key != key,
                ~Clip.key.startswith(_ASIDE),
            )
        ).all()
    scores = sorted(
        ((similarity(mark, other), number) for number, other in others if other is not None), reverse=True
    )
    return tuple(number for score, number in scores[:5] if score > _SAME_SOUND)


def sound_of(path: Path, clip: Clip) -> Sound:
    """A clip as the audit takes it, from what was measured when it was cut. Only the file's header is read.

    Args:
        path: the clip's file.
        clip: its row.
    """
    return Sound(path, facts=describe(path), levels=clip.levels, fingerprint=clip.fingerprint)
