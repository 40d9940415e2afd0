"""Checks of family D: the clips. They need the audio; see `mmar.audit.sounds`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import product

from mmar.audit.check import Finding, Measure, check, of_item
from mmar.audit.sounds import Sound
from mmar.audit.subject import Subject
from mmar.items import Item
from mmar.items.source_video import source_parts
from mmar.items.timestamps import overlap

_TOLERANCE_S = 1.0  # a timestamp is written in whole seconds, and each end of a part is rounded
_CLIPPED_SHARE = 1e-4
_ALIKE = 0.1


def _measured(subject: Subject) -> Iterator[tuple[Item, Sound]]:
    sounds = subject.sounds or {}
    for item in subject.items:
        if (sound := sounds.get(item.audio_path)) is not None:
            yield item, sound


@check("D001", "error", "clips that are not there", "audio")
def missing_clip(subject: Subject) -> Iterator[Finding | Measure]:
    """No file where `audio_path` says, nor one of its name in the folder itself.

    The item cannot be asked with its audio; a run records it as failed.
    """
    formats: Counter[str] = Counter()
    for item, sound in _measured(subject):
        if sound.missing:
            yield of_item(item, "audio_path", f"{sound.path.name} does not exist")
        elif sound.facts is not None:
            formats[f"{sound.facts.rate} Hz {sound.facts.channels} ch"] += 1
    if formats:
        listed = ", ".join(f"{name} {count:,}" for name, count in formats.most_common())
        yield Measure(f"clips by format: {listed}", dict(formats.most_common()))


@check("D002", "error", "clips that cannot be read", "audio")
def unreadable_clip(subject: Subject) -> Iterator[Finding]:
    """A file that is not audio, was cut short, contains no frames, or samples that are not numbers."""
    for item, sound in _measured(subject):
        if sound.fault:
            yield of_item(item, "audio_path", sound.fault)


@check("D003", "error", "silent clips", "audio")
def silent_clip(subject: Subject) -> Iterator[Finding]:
    """No sample above −60 dBFS from beginning to end: there is nothing to answer from."""
    for item, sound in _measured(subject):
        if sound.levels is not None and sound.levels.silent:
            peak = "digital silence" if sound.levels.peak is None else f"peak {sound.levels.peak:.0f} dBFS"
            yield of_item(item, "audio_path", peak)


@check("D004", "warning", "clipped clips", "audio")
def clipped_clip(subject: Subject) -> Iterator[Finding]:
    """More than one sample in 10,000 is in a run of at least three at full scale.

    Overdriven sound; a question about distortion may mean it.
    """
    for item, sound in _measured(subject):
        if sound.levels is None or sound.facts is None:
            continue
        share = sound.levels.clipped_samples / (sound.facts.frames * sound.facts.channels)
        if share > _CLIPPED_SHARE:
            message = f"{sound.levels.clipped_runs:,} times at full scale, {100 * share:.2g} % of its samples"
            yield of_item(item, "audio_path", message)


@check("D005", "warning", "clips of another length than the timestamp", "audio")
def length_differs_from_timestamp(subject: Subject) -> Iterator[Finding]:
    """A file that is more than a second, for each of its parts, longer or shorter than the timestamp says."""
    for item, sound in _measured(subject):
        parts = subject.segments.get(item.id)
        if sound.facts is None or not parts:
            continue
        expected = sum(part.duration for part in parts)
        if abs(sound.facts.duration - expected) > _TOLERANCE_S * len(parts):
            kind = "longer" if sound.facts.duration > expected else "shorter"
            message = f"{sound.facts.duration:.1f} s, the timestamp states {expected:g} s"
            yield of_item(item, "timestamp", message, kind)


@check("D006", "warning", "pairs of clips of the same recording", "audio")
def duplicate_recordings(subject: Subject) -> Iterator[Finding]:
    """Two clips whose fingerprints share at least a tenth, and whose timestamps do not say so already (V002).

    The same recording under two addresses, or a re-upload. Such items are not independent, and one may leak
    into the training set of a model through the other.
    """
    from mmar.audio.fingerprint import near_duplicates

    first: dict[str, Item] = {}
    for item in subject.items:
        first.setdefault(item.audio_path, item)
    marks = {
        path: s.fingerprint for path, s in (subject.sounds or {}).items() if s.fingerprint and path in first
    }
    for pair in near_duplicates(marks, threshold=_ALIKE):
        one, other = first[pair.first], first[pair.second]
        if not _known_to_overlap(subject, one, other):
            offset = round(pair.offset, 1) + 0.0  # never "-0.0"
            message = f"{100 * pair.similarity:.0f} % alike {other.id}, {offset:+.1f} s apart"
            yield of_item(one, "audio_path", message, others=(other.id,))


def _known_to_overlap(subject: Subject, one: Item, other: Item) -> bool:
    """Whether the timestamps of two items say that they share a stretch of one video."""
    if not {one.id, other.id} <= subject.segments.keys():
        return False
    pairs = product(source_parts(one), source_parts(other))
    return any(
        video == other_video and overlap([part], [other_part]) > 0
        for (video, part), (other_video, other_part) in pairs
    )
