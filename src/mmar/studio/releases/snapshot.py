"""What a release contains: items and clips, frozen now or in an earlier release, and the facts of its data sheet."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from math import isfinite
from pathlib import Path
from statistics import median
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from mmar._version import __version__
from mmar.audit import Accepted, audit
from mmar.audit.sounds import Sound
from mmar.errors import InputError, UsageError
from mmar.files.hashing import sha256_file
from mmar.items import Benchmark
from mmar.items import Item as PublicItem
from mmar.studio.config import ProjectSettings
from mmar.studio.data.item_tables import Item, Revision
from mmar.studio.data.tables import Clip, Project, Release, ReleasedClip
from mmar.studio.jobs.audio import describe_clip_format, sound_of
from mmar.studio.media.media_store import media_file
from mmar.studio.releases.release_files import public_items
from mmar.studio.releases.release_texts import ReleaseFacts, audit_text, bias_text
from mmar.studio.store.inspection import blind_ratings
from mmar.studio.store.people import members
from mmar.studio.store.recordings import clip_of
from mmar.studio.store.revisions import content_at
from mmar.studio.store.takedowns import is_taken_down, taken_down
from mmar.studio.workflow import ItemContent, State
from mmar.studio.workflow.content import CUE_REGIONS, published_path, to_item
from mmar.studio.workflow.statistics import HumanPerformance, Rating, human_performance


class Snapshot(msgspec.Struct, frozen=True):
    """Items of a release in the order of their ids, their ids with the revisions, and clips by public id.

    `measured` has the measurements of the clips by public id; it is empty for an earlier release.
    """

    items: tuple[PublicItem, ...]
    revisions: tuple[tuple[int, int], ...]
    clips: dict[str, ReleasedClip]
    measured: Mapping[str, Clip] = msgspec.field(default_factory=dict)


def take_snapshot(session: Session, project: Project) -> Snapshot:
    """The approved items; a `UsageError` (`audio-missing`) if one needs a clip and has none."""
    banned = taken_down(session, project.id)
    rows = session.execute(
        select(Item, Revision.content)
        .join(Revision, (Revision.item_id == Item.id) & (Revision.number == Item.revision))
        .where(Item.project_id == project.id, Item.state == State.APPROVED.value)
        .order_by(Item.id)
    )
    items, revisions, measured = [], [], {}
    without_clip: list[str] = []
    for item, content in rows:
        clip = clip_of(session, item)
        if is_taken_down(banned, item.public_id, content.url, clip.sha256 if clip else None):
            continue
        items.append(_public(item, content, clip is not None))
        revisions.append((item.id, item.revision))
        if clip is not None:
            measured[item.public_id] = clip
        else:
            without_clip.append(item.public_id)
    if without_clip and project.settings.needs_audio:
        raise UsageError(
            f"{len(without_clip)} approved item{'s' * (len(without_clip) != 1)} without a clip, e.g. {without_clip[0]}",
            code="audio-missing",
            hint="reopen them and add their audio, or stop requiring audio in the project's settings",
        )
    return Snapshot(
        tuple(items),
        tuple(revisions),
        {name: ReleasedClip(clip.path, clip.sha256) for name, clip in measured.items()},
        measured,
    )


def release_snapshot(session: Session, release: Release) -> Snapshot:
    """The items of a release in the revisions that were released, also those that were taken down since."""
    items = []
    for number, revision in release.items:
        item = session.get_one(Item, number)
        content = content_at(session, number, revision)
        items.append(_public(item, content, item.public_id in release.clips))
    return Snapshot(tuple(items), tuple(release.items), release.clips)


def refuse_taken_down(version: str, items: Sequence[str]) -> None:
    """Raise a `UsageError` that names an item of a version that was taken down after it was released."""
    if items:
        raise UsageError(
            f"version {version} contains items that were taken down since ({len(items)}, e.g. {items[0]}), so it is not "
            "written again; release a new version",
            code="taken-down",
        )


def clip_files(media: Path, clips: Mapping[str, ReleasedClip]) -> dict[str, Path]:
    """The files of frozen clips by public id; an `InputError` if one is missing, or not the one that was frozen."""
    result = {}
    for name, clip in clips.items():
        result[name] = media_file(media, clip.path)
        if sha256_file(result[name]) != clip.sha256:
            raise InputError(
                f'the clip of "{name}" is not the one that was frozen',
                file=str(result[name]),
                hint="restore it from a backup",
                code="clip-changed",
            )
    return result


def _public(item: Item, content: ItemContent, with_clip: bool) -> PublicItem:  # noqa: FBT001
    path = published_path(content, item.public_id, with_clip=with_clip)
    return to_item(content, item.public_id, path, regions=True)


_CC = re.compile(r"cc[ -](by(?:-nc)?(?:-sa|-nd)?)[ -](4\.0)", re.IGNORECASE)


def release_facts(session: Session, project: Project, frozen: Snapshot) -> dict[str, Any]:
    """The facts of the data sheet from the settings and the inspectors' answers; stored with the release."""
    settings = project.settings
    score = human_performance(_answers_to(session, project, frozen))
    team = tuple(
        f"{person.name} ({', '.join(sorted(roles))})" for person, roles in members(session, project.id)
    )
    return {
        "title": project.title,
        "description": project.about or project.title,
        "how_made": settings.how_made
        or "Written, prepared, inspected by listening and corrected in mmar studio until approved.",
        "people": team,
        "licence_name": settings.licence,
        "licence_text": settings.licence_text or _licence_text(settings.licence),
        "canary": settings.canary,
        "withheld": settings.withheld + _withheld_too(settings, frozen),
        "contact": settings.contact,
        "written_by": f"mmar {__version__}",
        "clip_format": _clip_format_text(settings, list(frozen.measured.values())),
        "human_accuracy": _accuracy_text(score),
        "agreement": _agreement_text(score),
    }


def audit_texts(
    items: Sequence[PublicItem],
    audio: Mapping[str, Path],
    clips: Mapping[str, Clip],
    about: ReleaseFacts,
    targets: Mapping[str, int],
    accepted: Accepted | None,
) -> dict[str, str]:
    """The audit and bias sections of the data sheet, for the records and clips that will be published."""
    published = public_items(items, about)
    if not published:
        return {}
    sounds: dict[str, Sound] | None = {
        item.audio_path: sound_of(audio[item.id], clips[item.id]) for item in items if item.id in audio
    }
    result = audit(Benchmark(published, about.name), sounds=sounds or None, accepted=accepted)
    return {"audit_report": audit_text(result), "bias_report": bias_text(result, published, targets)}


def _answers_to(session: Session, project: Project, frozen: Snapshot) -> list[Rating]:
    """Blind answers to the released revisions, or to earlier ones with the same question, key and segments."""
    questions: dict[tuple[int, int], tuple[object, ...]] = {}

    def question(item: int, revision: int) -> tuple[object, ...]:
        if (item, revision) not in questions:
            questions[item, revision] = _question(content_at(session, item, revision))
        return questions[item, revision]

    released = dict(frozen.revisions)
    return [
        msgspec.structs.replace(answer, revision=released[answer.item])
        for answer in blind_ratings(session, project.id)
        if answer.item in released
        and (
            answer.revision == released[answer.item]
            or question(answer.item, answer.revision) == question(answer.item, released[answer.item])
        )
    ]


def _withheld_too(settings: ProjectSettings, frozen: Snapshot) -> tuple[str, ...]:
    """The times of cues are withheld with the cues."""
    text = any(CUE_REGIONS in item.names for item in frozen.items)
    return (CUE_REGIONS,) if text and "cue" in settings.withheld else ()


def _question(content: ItemContent) -> tuple[object, ...]:
    return content.question, content.choices, content.answer, content.url, content.segments, content.recording


def _accuracy_text(score: HumanPerformance) -> str:
    if score.accuracy is None:
        return "Not measured: there is no blind answer."
    return (
        f"{score.accuracy:.1f} % of {score.answers} blind answers "
        f"(95 % interval {score.low:.1f} to {score.high:.1f})."
    )


def _agreement_text(score: HumanPerformance) -> str:
    if not score.units:
        return "Not measured: no question was answered blind by two people."
    alpha = "not defined" if score.alpha is None else f"{score.alpha:.3f}"
    text = f"Krippendorff's alpha {alpha} over {score.units} question{'s' * (score.units != 1)} answered blind by two or more people."
    kappas = sorted(pair.kappa for pair in score.pairs if pair.kappa is not None)
    if not kappas:
        return text
    between = f"{kappas[0]:.3f}" if len(kappas) == 1 else f"{kappas[0]:.3f} to {kappas[-1]:.3f}"
    pairs = "one pair" if len(kappas) == 1 else f"{len(kappas)} pairs"
    return f"{text} Cohen's kappa {between} between {pairs} of inspectors."


def _licence_text(name: str) -> str:
    """The text of a licence that was only named, with the URL of its terms if it is from Creative Commons."""
    if (result := _CC.fullmatch(name.strip())) is not None:
        path = f"licenses/{result[1].lower()}/{result[2]}/legalcode"
    elif name.strip().casefold() in ("cc0", "cc0 1.0", "cc0-1.0"):
        path = "publicdomain/zero/1.0/legalcode"
    else:
        return name
    return f"{name}\n\nThe terms are those at https://creativecommons.org/{path}"


def _clip_format_text(settings: ProjectSettings, clips: Sequence[Clip]) -> str:
    """What clips are converted to, how many were approved in another format before, and how loud they are."""
    others = sum(
        clip.rate != (settings.clip_rate or clip.rate)
        or clip.channels != (settings.clip_channels or clip.channels)
        for clip in clips
    )
    text = f"Clip format: {describe_clip_format(settings)}, 16 bits."
    if others:
        text += f" {others} keep the format in which they were inspected."
    # Clips that are silent or too short have no loudness.
    loud = sorted(clip.loudness for clip in clips if clip.loudness is not None and isfinite(clip.loudness))
    peaks = [clip.peak for clip in clips if clip.peak is not None and isfinite(clip.peak)]
    if loud and peaks:
        text += (
            f" Their loudness is {loud[0]:.1f} to {loud[-1]:.1f} LUFS, {median(loud):.1f} in the middle; "
            f"the highest true peak is {max(peaks):.1f} dBTP."
        )
    return text
