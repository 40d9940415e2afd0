"""Jobs about audio: downloading recordings, cutting and measuring clips, and the format of a project's clips.

A recording is downloaded once per video, and the clips that wait for it follow. A clip that was inspected stays as it was
heard, since mixing two channels down may remove what a question is about. Only clips of items in drafting, preparation and
correction are converted.
"""

from __future__ import annotations

import asyncio
import secrets
import shutil
import time
from datetime import datetime
from pathlib import Path

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from mmar.audio import describe
from mmar.audio.fingerprint import similarity
from mmar.audit.sounds import Sound
from mmar.errors import InputError, UsageError
from mmar.studio.config import CLIP_CHANNELS, CLIP_RATES, ProjectSettings
from mmar.studio.data.item_tables import Item
from mmar.studio.data.tables import Clip, Project, Recording
from mmar.studio.jobs import JobContext
from mmar.studio.media.decoder import ClipTask
from mmar.studio.media.download import download_recording
from mmar.studio.media.fetch_policy import DEFAULT_POLICY
from mmar.studio.media.media_store import media_file, store_audio
from mmar.studio.media.uploads import StoredAudio
from mmar.studio.media.ytdlp import Download
from mmar.studio.store.recordings import (
    add_recording,
    find_recording,
    items_without_clip,
    recording_of,
    request_clip,
)
from mmar.studio.store.revisions import content_of
from mmar.studio.workflow.content import clip_key
from mmar.studio.workflow.states import EDITABLE

_CHANNELS = {None: "original channels", 1: "mono", 2: "stereo"}


def target_format(settings: ProjectSettings, recording: Recording) -> tuple[int, int]:
    """Sample rate in Hz and channels for a clip of a recording."""
    return settings.clip_rate or recording.rate, settings.clip_channels or recording.channels


def describe_clip_format(settings: ProjectSettings) -> str:
    """What clips are converted to, as the end of "Clips are cut …"."""
    if settings.clip_rate is None and settings.clip_channels is None:
        return "original sample rate and channels"
    rate = "original sample rate" if settings.clip_rate is None else f"{settings.clip_rate:,} Hz"
    return f"{rate}, {_CHANNELS[settings.clip_channels]}"


def is_under_review(session: Session, project_id: int, key: str) -> bool:
    """Whether an item with this clip is in inspection or approved, so that its audio must not change."""
    reviewed = select(Item.id).where(
        Item.project_id == project_id,
        Item.clip_key == key,
        Item.state.not_in([state.value for state in EDITABLE]),
    )
    return session.scalar(reviewed.limit(1)) is not None


def request_conversion(
    session: Session, project: Project, now: datetime, *, person_id: int | None = None
) -> int:
    """Queue every clip in another format than the project's, unless it was inspected; returns how many."""
    rows = session.execute(
        select(Clip, Recording, Item)
        .join(Recording, Recording.id == Clip.recording_id)
        .join(Item, (Item.project_id == Clip.project_id) & (Item.clip_key == Clip.key))
        .where(Clip.project_id == project.id)
        .order_by(Clip.id, Item.id)
    ).all()
    queued = set()
    for clip, recording, item in rows:
        rate, channels = target_format(project.settings, recording)
        if clip.id in queued or (clip.rate, clip.channels) == (rate, channels):
            continue
        if is_under_review(session, project.id, clip.key):
            continue
        queued.add(clip.id)
        # With the format: a running job that cuts the former format is another one.
        key = f"{clip.key}:{rate}:{channels}"
        request_clip(session, item, now, key=key, person_id=person_id)
    return len(queued)


def parse_clip_format(rate: str, channels: str) -> dict[str, int | None]:
    """Settings from the chosen values; an empty text means as recorded, and one that is not offered is an `InputError`."""
    result: dict[str, int | None] = {}
    for name, label, value, offered in (
        ("clip_rate", "sample rate", rate, CLIP_RATES),
        ("clip_channels", "number of channels", channels, CLIP_CHANNELS),
    ):
        known = {str(one): one for one in offered}
        if value and value not in known:
            raise InputError(
                f'unsupported {label} "{value}"',
                field=name,
                hint=f"choose {', '.join(known)}, or none",
                code="unknown-format",
            )
        result[name] = known.get(value)
    return result


_SAME_SOUND = 0.1
"""Unrelated sounds stay below 0.02, a copy that went through MP3 above 0.2 (`mmar.audio.fingerprint`)."""

_REPLACED = "replaced:"
"""Prefix of the key of a clip that was cut again in another format."""


def cut_clip(work: JobContext) -> None:
    """Cut the clip of the item's newest revision, with the sample rate and channels of its project.

    A clip that exists in another format is not overwritten, since a release may contain it.

    Raises:
        UsageError: its recording is not here, or does not have the channels to convert.
        InputError: the segments lie outside of it.
    """
    with work.database.read() as session:
        item = session.get(Item, int(work.payload["item"]))
        if item is None:
            raise UsageError("the item does not exist any more", code="item-missing")
        content = content_of(session, item)
        key = clip_key(content)
        recording = recording_of(session, work.project_id, content)
        clip_format = (
            target_format(session.get_one(Project, work.project_id).settings, recording)
            if recording
            else None
        )
        current = _is_current(session, work.project_id, key, clip_format)
    if current:
        return
    if recording is None or clip_format is None:
        raise UsageError("its recording is missing; fetch or upload it first", code="recording-missing")
    media = work.config.media
    uncut = recording.source.startswith("file:") or not content.segments
    target = Path("clips") / key[:2] / f"{work.project_id}-{key}-{clip_format[0]}-{clip_format[1]}.wav"
    waveform = target.with_suffix(".peaks")
    (media / target).parent.mkdir(parents=True, exist_ok=True)
    work.advance(0.1, "cutting")
    prepared = work.decoder.prepare_clip(
        ClipTask(
            str(media_file(media, recording.path)),
            None if uncut else content.segments,
            str(media / target),
            str(media / waveform),
            *clip_format,
        )
    )
    work.advance(0.8, "comparing")
    similar = _similar_clips(work, key, prepared.fingerprint)
    with work.database.write() as session:
        work.check_owned(session)
        if _is_current(session, work.project_id, key, clip_format):
            return
        known = session.scalar(select(Clip).where(Clip.project_id == work.project_id, Clip.key == key))
        if known is not None:
            # Under a new number, since players keep what they got under the old one.
            known.key = f"{_REPLACED}{known.id}"
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
            alike=similar,
            created=work.clock(),
        )
        session.add(clip)


def _is_current(session: Session, project_id: int, key: str, clip_format: tuple[int, int] | None) -> bool:
    """Whether the clip exists and needs no conversion."""
    known = session.scalar(select(Clip).where(Clip.project_id == project_id, Clip.key == key))
    if known is None:
        return False
    return clip_format in (None, (known.rate, known.channels)) or is_under_review(session, project_id, key)


def _similar_clips(work: JobContext, key: str, mark: bytes) -> tuple[int, ...]:
    """Ids of the project's clips with the same audio, the most similar first."""
    with work.database.read() as session:
        others = session.execute(
            select(Clip.id, Clip.fingerprint).where(
                Clip.project_id == work.project_id,
                Clip.fingerprint.is_not(None),
                Clip.key != key,
                ~Clip.key.startswith(_REPLACED),
            )
        ).all()
    scores = sorted(
        ((similarity(mark, other), number) for number, other in others if other is not None), reverse=True
    )
    return tuple(number for score, number in scores[:5] if score > _SAME_SOUND)


def sound_of(path: Path, clip: Clip) -> Sound:
    """A clip for the audit, with the measurements made when it was cut. Only the file's header is read."""
    return Sound(path, facts=describe(path), levels=clip.levels, fingerprint=clip.fingerprint)


_REPORT_EVERY_S = 1.0


def fetch_recording(work: JobContext) -> None:
    """Download the recording of a URL and queue the clips of the items that use it.

    Raises:
        InputError: what was downloaded is not audio.
        UsageError: the URL may not be fetched, or yt-dlp is not installed.
        ExternalError: the network failed.
    """
    source, url = str(work.payload["source"]), str(work.payload["url"])
    with work.database.read() as session:
        known = find_recording(session, work.project_id, source) is not None
        # Another project may have it: the media folder is common to all.
        other = session.scalar(select(Recording).where(Recording.source == source).limit(1))
    if other is not None:
        stored = msgspec.convert(other, StoredAudio, from_attributes=True)
        title, licence = other.title, other.licence
    else:
        stored, title, licence = _download(work, url)
    with work.database.write() as session:
        work.check_owned(session)
        if not known:
            add_recording(
                session,
                work.project_id,
                stored,
                work.clock(),
                source=source,
                title=title,
                url=url,
                licence=licence,
                person_id=work.person_id,
            )
        for item in items_without_clip(session, work.project_id, source):
            request_clip(session, item, work.clock())


def _download(work: JobContext, url: str) -> tuple[StoredAudio, str, str]:
    folder = work.config.media / "incoming" / secrets.token_hex(16)
    folder.mkdir(parents=True)
    try:
        work.advance(0.02, "fetching")
        result = asyncio.run(_fetch(work, url, folder))
        work.advance(0.9, "checking")
        stored = store_audio(
            work.config.media, result.path, max_bytes=work.config.max_upload, decoder=work.decoder
        )
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return stored, result.title, result.licence


async def _fetch(work: JobContext, url: str, folder: Path) -> Download:
    policy = msgspec.structs.replace(
        DEFAULT_POLICY,
        hosts=(*DEFAULT_POLICY.hosts, *work.config.media_hosts),
        ports=(*DEFAULT_POLICY.ports, *work.config.media_ports),
        allow_loopback=work.config.fetch_loopback,
    )
    reported = time.monotonic()

    def advance(done: int, of: int | None) -> None:
        nonlocal reported
        # Now and then only: each report is a write to the database.
        if time.monotonic() - reported < _REPORT_EVERY_S:
            return
        reported = time.monotonic()
        share = 0.05 + 0.8 * done / of if of else 0.05
        work.advance(share, f"fetching, {done / 1e6:.1f} MB" + (f" of {of / 1e6:.1f} MB" if of else ""))

    return await download_recording(url, folder, policy, advance=advance)
