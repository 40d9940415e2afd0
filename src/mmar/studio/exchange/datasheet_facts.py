"""What a release's data sheet says of people, agreement, faults and formats: made once, when items are frozen."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from math import isfinite
from pathlib import Path
from statistics import median
from typing import Any

import msgspec
from sqlalchemy.orm import Session

from mmar._version import __version__
from mmar.audit import Accepted, audit
from mmar.audit.sounds import Sound
from mmar.items import Benchmark
from mmar.items import Item as PublicItem
from mmar.studio.data.settings import ProjectSettings
from mmar.studio.data.tables import Clip, Project
from mmar.studio.exchange.datasheet import ReleaseFacts, audit_text, bias_text
from mmar.studio.exchange.release_files import public_items
from mmar.studio.exchange.snapshot import Snapshot
from mmar.studio.jobs.clips import describe_clip_format, sound_of
from mmar.studio.store.inspection import project_ratings
from mmar.studio.store.people import members
from mmar.studio.store.revisions import content_at
from mmar.studio.workflow import ItemContent
from mmar.studio.workflow.agreement import HumanScore, Rating, human_score
from mmar.studio.workflow.content import CUE_REGIONS

__all__ = ["audit_words", "release_facts"]

_CC = re.compile(r"cc[ -](by(?:-nc)?(?:-sa|-nd)?)[ -](4\.0)", re.IGNORECASE)


def release_facts(session: Session, project: Project, frozen: Snapshot) -> dict[str, Any]:
    """What the data sheet says, from the settings and from what inspectors did; kept with the release."""
    settings = project.settings
    score = human_score(_answers_to(session, project, frozen))
    team = tuple(
        f"{person.name} ({', '.join(sorted(roles))})" for person, roles in members(session, project.id)
    )
    return {
        "title": project.title,
        "description": project.about or project.title,
        "how_made": settings.how_made
        or "Written, prepared, inspected by ear and corrected in mmar studio until approved.",
        "people": team,
        "licence_name": settings.licence,
        "licence_text": settings.licence_text or _licence_text(settings.licence),
        "canary": settings.canary,
        "withheld": settings.withheld + _withheld_too(settings, frozen),
        "contact": settings.contact,
        "written_by": f"mmar {__version__}",
        "clip_format": _clip_words(settings, list(frozen.measured.values())),
        "human_accuracy": _accuracy_words(score),
        "agreement": _agreement_words(score),
    }


def audit_words(
    items: Sequence[PublicItem],
    audio: Mapping[str, Path],
    clips: Mapping[str, Clip],
    about: ReleaseFacts,
    targets: Mapping[str, int],
    accepted: Accepted | None,
) -> dict[str, str]:
    """The data sheet's words on faults and biases of what will be published, records and clips.

    Args:
        items: what will be published.
        audio: the file of each clip by the item's id; empty for a release of the questions alone.
        clips: what was measured of each, by the item's id.
        about: what is withheld.
        targets: as `bias_text` takes them.
        accepted: findings that were looked at and are left as they are.
    """
    published = public_items(items, about)
    if not published:
        return {}
    sounds: dict[str, Sound] | None = {
        item.audio_path: sound_of(audio[item.id], clips[item.id]) for item in items if item.id in audio
    }
    found = audit(Benchmark(published, about.name), sounds=sounds or None, accepted=accepted)
    return {"audit_report": audit_text(found), "bias_report": bias_text(found, published, targets)}


def _answers_to(session: Session, project: Project, frozen: Snapshot) -> list[Rating]:
    """Blind answers to what is released: not to other items, nor to another wording, key or cut of them."""
    asked: dict[tuple[int, int], tuple[object, ...]] = {}

    def asks(item: int, revision: int) -> tuple[object, ...]:
        if (item, revision) not in asked:
            asked[item, revision] = _asked(content_at(session, item, revision))
        return asked[item, revision]

    released = dict(frozen.revisions)
    return [
        msgspec.structs.replace(answer, revision=released[answer.item])
        for answer in project_ratings(session, project.id)
        if answer.item in released
        and (
            answer.revision == released[answer.item]
            or asks(answer.item, answer.revision) == asks(answer.item, released[answer.item])
        )
    ]


def _withheld_too(settings: ProjectSettings, frozen: Snapshot) -> tuple[str, ...]:
    """Where a cue is heard is withheld with what it says."""
    said = any(CUE_REGIONS in item.names for item in frozen.items)
    return (CUE_REGIONS,) if said and "cue" in settings.withheld else ()


def _asked(content: ItemContent) -> tuple[object, ...]:
    return content.question, content.choices, content.answer, content.url, content.segments, content.recording


def _accuracy_words(score: HumanScore) -> str:
    if score.accuracy is None:
        return "Not measured: nobody answered a question by ear before the key was seen."
    return (
        f"{score.accuracy:.1f} % of {score.answers} answers given by ear before the key was seen "
        f"(95 % interval {score.low:.1f} to {score.high:.1f})."
    )


def _agreement_words(score: HumanScore) -> str:
    if not score.units:
        return "Not measured: no question was answered by ear by two people."
    alpha = "not defined" if score.alpha is None else f"{score.alpha:.3f}"
    words = f"Krippendorff's alpha {alpha} over {score.units} question{'s' * (score.units != 1)} answered by ear by two or more."
    kappas = sorted(pair.kappa for pair in score.pairs if pair.kappa is not None)
    if not kappas:
        return words
    between = f"{kappas[0]:.3f}" if len(kappas) == 1 else f"{kappas[0]:.3f} to {kappas[-1]:.3f}"
    pairs = "one pair" if len(kappas) == 1 else f"{len(kappas)} pairs"
    return f"{words} Cohen's kappa {between} between {pairs} of inspectors."


def _licence_text(name: str) -> str:
    """A licence that nobody pasted: its name, and where its terms stand if it is Creative Commons'."""
    if (found := _CC.fullmatch(name.strip())) is not None:
        place = f"licenses/{found[1].lower()}/{found[2]}/legalcode"
    elif name.strip().casefold() in ("cc0", "cc0 1.0", "cc0-1.0"):
        place = "publicdomain/zero/1.0/legalcode"
    else:
        return name
    return f"{name}\n\nThe terms are those at https://creativecommons.org/{place}"


def _clip_words(settings: ProjectSettings, clips: Sequence[Clip]) -> str:
    """What clips are converted to, how many were approved in another format before, and how loud they are."""
    others = sum(
        clip.rate != (settings.clip_rate or clip.rate)
        or clip.channels != (settings.clip_channels or clip.channels)
        for clip in clips
    )
    words = f"Clip format: {describe_clip_format(settings)}, 16 bits."
    if others:
        words += f" {others} keep the format in which they were inspected."
    # A loudness of minus infinity, or none, is that of a clip in which nothing is heard long enough.
    loud = sorted(clip.loudness for clip in clips if clip.loudness is not None and isfinite(clip.loudness))
    peaks = [clip.peak for clip in clips if clip.peak is not None and isfinite(clip.peak)]
    if loud and peaks:
        words += (
            f" Their loudness is {loud[0]:.1f} to {loud[-1]:.1f} LUFS, {median(loud):.1f} in the middle; "
            f"the highest true peak is {max(peaks):.1f} dBTP."
        )
    return words
