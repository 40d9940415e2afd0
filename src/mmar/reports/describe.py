"""Description of a benchmark: counts by group, durations, sources, and the accuracy of guessing.

Durations are those of the clips, from the files' headers, where they are available, else those of the timestamps;
`measured_from` says which, since a clip may be longer than its timestamp.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Literal

import msgspec

from mmar.audio import describe as audio_facts
from mmar.errors import InputError
from mmar.files.safe_paths import find_clip
from mmar.items import Benchmark, Item
from mmar.items.item import published_rank
from mmar.items.source_video import item_video
from mmar.items.timestamps import parse_timestamp
from mmar.stats.chance import expected_guess_accuracy


class Durations(msgspec.Struct, frozen=True):
    """Durations of the clips in seconds, of the `n` items whose duration is known."""

    measured_from: Literal["clips", "timestamps"]
    n: int
    total: float
    mean: float
    median: float
    shortest: float
    longest: float


class Description(msgspec.Struct, frozen=True):
    """The contents of a benchmark. Counts are numbers of items, the commonest first unless another order is named.

    Attributes:
        modality: in the published order, as are categories.
        sub_category: by category, then sub-category, of the items that have one.
        language: by the `language` field as it is written.
        languages_heard: by language, an item with a list counting for each.
        source: by platform.
        choices: by number of choices, in ascending order.
        chance: expected accuracy of guessing on questions with choices, percent; `None` where there are none.
        videos: number of recordings; an item without an address counts with its clip.
        shared_videos: number of recordings that several items come from.
        sharing_items: items of those.
        durations: of the clips; `None` where neither clips nor timestamps are available.
    """

    name: str
    revision: str
    digest: str
    items: int
    modality: dict[str, int]
    category: dict[str, int]
    sub_category: dict[str, dict[str, int]]
    language: dict[str, int]
    without_language: int
    languages_heard: dict[str, int]
    source: dict[str, int]
    choices: dict[int, int]
    chance: float | None
    videos: int
    shared_videos: int
    sharing_items: int
    durations: Durations | None

    def to_json(self) -> dict[str, Any]:
        """Plain values with stable keys, for `--json`."""
        return msgspec.to_builtins(self, str_keys=True)  # type: ignore[no-any-return]


def describe_benchmark(
    benchmark: Benchmark, *, progress: Callable[[int, int], None] = lambda _done, _all: None
) -> Description:
    """Count the contents of a benchmark.

    Args:
        benchmark: with its `audio_dir`, if durations are to be those of the clips.
        progress: called with the number of files that were read, and that of all.
    """
    items, closed = benchmark.items, benchmark.closed.items
    categories = in_published_order(Counter(item.category for item in items))
    languages = Counter(item.language for item in items if item.language)
    videos = Counter(item_video(item) or item.audio_path for item in items)
    shared = [count for count in videos.values() if count > 1]
    return Description(
        name=benchmark.name,
        revision=benchmark.revision,
        digest=benchmark.digest,
        items=len(items),
        modality=in_published_order(Counter(item.modality for item in items)),
        category=categories,
        sub_category={category: _sub_categories(items, category) for category in categories},
        language=dict(languages.most_common()),
        without_language=len(items) - languages.total(),
        languages_heard=_spoken_languages(items),
        source=dict(Counter(item.source for item in items if item.source).most_common()),
        choices=dict(sorted(Counter(len(item.choices) for item in items).items())),
        chance=expected_guess_accuracy([len(item.choices) for item in closed]) if closed else None,
        videos=len(videos),
        shared_videos=len(shared),
        sharing_items=sum(shared),
        durations=_durations(benchmark, progress),
    )


def in_published_order(counts: Mapping[str, int]) -> dict[str, int]:
    """Groups in the order of the publisher's page; other names follow, the commonest first."""
    return dict(sorted(counts.items(), key=lambda pair: (published_rank(pair[0]), -pair[1], pair[0])))


def _sub_categories(items: Iterable[Item], category: str) -> dict[str, int]:
    names = (item.sub_category for item in items if item.category == category and item.sub_category)
    return dict(Counter(names).most_common())


def _spoken_languages(items: Iterable[Item]) -> dict[str, int]:
    codes = Counter(
        code for item in items for code in {part.strip() for part in (item.language or "").split("|")} if code
    )
    return dict(sorted(codes.items(), key=lambda pair: (-pair[1], pair[0])))


def _durations(benchmark: Benchmark, progress: Callable[[int, int], None]) -> Durations | None:
    clips = list(_of_clips(benchmark, progress))
    seconds = clips or list(_of_timestamps(benchmark))
    if not seconds:
        return None
    return Durations(
        measured_from="clips" if clips else "timestamps",
        n=len(seconds),
        total=sum(seconds),
        mean=statistics.fmean(seconds),
        median=statistics.median(seconds),
        shortest=min(seconds),
        longest=max(seconds),
    )


def _of_clips(benchmark: Benchmark, progress: Callable[[int, int], None]) -> Iterator[float]:
    """Length of each clip that can be read; a clip that several items share counts for each."""
    if benchmark.audio_dir is None:
        return
    for done, item in enumerate(benchmark, 1):
        try:
            yield audio_facts(find_clip(benchmark.audio_dir, item.audio_path)).duration
        except InputError:
            continue
        finally:
            progress(done, len(benchmark))


def _of_timestamps(benchmark: Benchmark) -> Iterator[float]:
    for item in benchmark:
        try:
            yield sum(part.duration for part in parse_timestamp(item.timestamp or ""))
        except InputError:
            continue
