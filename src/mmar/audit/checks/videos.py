"""Checks of family V: items from one recording, which are not independent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from mmar.audit.check import Check, Finding, Measure, check
from mmar.audit.subject import Subject
from mmar.audit.wording import same
from mmar.items import Item
from mmar.items.source_video import item_video, overlapping
from mmar.items.timestamps import overlap

__all__ = ["CHECKS"]


@check("V001", "note", "videos that several items are cut from")
def shared(subject: Subject) -> Iterator[Finding | Measure]:
    """One source video for several items.

    Known by its id (`BV…` or 11 characters), whatever its address looks like. Such items are right or wrong
    together, so standard errors are clustered by video.
    """
    videos: dict[str, list[str]] = defaultdict(list)
    for item in subject.items:
        video = item_video(item)
        if video is not None:
            videos[video].append(item.id)
    if not videos:
        return
    count = len(videos) + len(subject.items) - sum(map(len, videos.values()))
    yield Measure(f"{len(subject.items):,} items come from {count:,} sources", {"sources": count})
    for video, ids in videos.items():
        if len(ids) > 1:
            yield Finding(ids[0], "url", f"{len(ids)} items of {video}", "", tuple(ids[1:]), video)


@check("V002", "warning", "pairs of clips with the same seconds of a recording")
def overlaps(subject: Subject) -> Iterator[Finding]:
    """Two items whose clips share a stretch of one recording.

    The recording is known by its id, also where the address is a short link and only the item's id names it;
    every pair of a video counts, not only neighbours. A set split into training and test must not part them.
    """
    readable = [item for item in subject.items if not item.timestamp or item.id in subject.segments]
    for pair in overlapping(readable):
        parts, others = subject.segments[pair.first], subject.segments[pair.second]
        # A clip that is joined of two stretches that overlap contains less of the recording than its length.
        lengths = overlap(parts, parts), overlap(others, others)
        kind = "the same" if min(lengths) == max(lengths) == pair.seconds else "partly"
        if kind == "partly" and pair.seconds == min(lengths):
            kind = "one within the other"
        message = f"{pair.seconds:g} s of {pair.video} are in {pair.second} too ({kind})"
        yield Finding(
            pair.first, "timestamp", message, kind, (pair.second,), subject.by_id[pair.first].timestamp
        )


@check("V003", "error", "questions that are asked twice of one clip")
def twice(subject: Subject) -> Iterator[Finding]:
    """Two items with the same question to the same file, or to the same seconds of one recording."""
    questions: dict[tuple[str, str], list[Item]] = defaultdict(list)
    for item in subject.items:
        questions[same(item.question), item_video(item) or item.audio_path].append(item)
    for items in questions.values():
        for at, item in enumerate(items):
            for earlier in items[:at]:
                parts = [subject.segments.get(each.id) for each in (earlier, item)]
                if earlier.audio_path == item.audio_path or (parts[0] is not None and parts[0] == parts[1]):
                    message = f"{earlier.id} asks the same of the same clip"
                    yield Finding(item.id, "question", message, "", (earlier.id,), item.question)


CHECKS: tuple[Check[Subject], ...] = (shared, overlaps, twice)
