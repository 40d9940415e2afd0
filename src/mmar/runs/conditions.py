"""Conditions: the real clips, or a control in their place that shows what a model makes of the audio.

    full        the clip itself
    none        no audio at all, only the question
    silence     same length and channels, all zero
    noise       white noise at the clip's level
    shuffled    the clip of another item of the same modality
    spectrum    noise with the clip's own level and spectrum
    reversed    the clip backwards
    mono        all channels mixed into one

Random draws depend on the run's seed and the item's id alone, so that order and resuming change nothing.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from mmar.errors import UsageError
from mmar.files.safe_paths import clip_path
from mmar.items import Benchmark, Item

if TYPE_CHECKING:
    from mmar.audio import Clip


Condition = Literal["full", "none", "silence", "noise", "shuffled", "spectrum", "reversed", "mono"]

CONDITIONS: tuple[Condition, ...] = get_args(Condition)
GENERATED: frozenset[Condition] = frozenset(("silence", "noise", "spectrum", "reversed", "mono"))
"""The conditions for which a clip is made."""


def check_clips(benchmark: Benchmark, items: Iterable[Item]) -> None:
    """Check that there is audio at all; single clips that are missing become failures of their items.

    Raises:
        UsageError: all clips are missing, or the benchmark has no audio folder.
        InputError: a record's path leads out of the folder.
    """
    count, exists = 0, False
    for item in items:
        for clip in item.clips:
            count += 1
            if exists:
                clip_path(Path(), clip)
            else:
                path = benchmark.clip(clip)
                exists = path.is_file()
    if count and not exists:
        raise UsageError(
            f"none of the {count} clips is there, for example {path}",
            code="no-audio",
            hint="name the folder of the clips with audio_dir",
        )


def shuffled_clips(benchmark: Benchmark, seed: int) -> dict[str, tuple[str, ...]]:
    """For each item's id, for each of its clips the path of another clip of the same modality.

    Raises:
        UsageError: a modality has only one clip.
    """
    result: dict[str, tuple[str, ...]] = {}
    by_modality: dict[str, list[Item]] = {}
    for item in benchmark:
        by_modality.setdefault(item.modality, []).append(item)
    for modality, items in by_modality.items():
        clips = sorted({clip for item in items for clip in item.clips})
        if len(clips) < 2:
            raise UsageError(
                f'"shuffled" needs two clips of a modality, and all items of "{modality}" have the same one',
                code="one-clip",
                argument="condition",
                hint="choose another condition",
            )
        random.Random(f"{seed}:{modality}").shuffle(clips)  # noqa: S311 - must be reproducible, guards nothing
        # The next clip of a shuffled ring: never the item's own, and each is used once.
        following = {clip: clips[(index + 1) % len(clips)] for index, clip in enumerate(clips)}
        result |= {item.id: tuple(following[clip] for clip in item.clips) for item in items}
    return result


def make_control_clip(condition: Condition, source: Path, item_id: str, seed: int, path: Path) -> Path:
    """Make the clip that stands for the real one `source` under a condition of `GENERATED`, and write it to `path`.

    All rotations and samples of an item get the same clip.

    Raises:
        InputError: the clip cannot be read.
    """
    from mmar.audio import noise, read_clip, reverse, silence, surrogate, to_mono, write_wav

    draw = int.from_bytes(hashlib.sha256(f"{seed}:{item_id}".encode()).digest()[:8])
    make: dict[str, Callable[[Clip], Clip]] = {
        "silence": silence,
        "noise": partial(noise, seed=draw),
        "spectrum": partial(surrogate, seed=draw),
        "reversed": reverse,
        "mono": to_mono,
    }
    write_wav(path, make[condition](read_clip(source)))
    return path
