"""Where the clips of a benchmark lie on this machine."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from mmar.errors import UsageError
from mmar.files.safe_paths import clip_path
from mmar.items import Benchmark, Item

__all__ = ["check_clips", "clip_of"]


def clip_of(benchmark: Benchmark, audio_path: str) -> Path:
    """The file of a clip: an item's `audio_path` below the audio folder, or the bare file name in it.

    So that both the folder that holds `audio/` and `audio/` itself may be given.

    Raises:
        UsageError: the benchmark has no audio folder.
        InputError: the record's path leads out of the folder.
    """
    if benchmark.audio_dir is None:
        raise UsageError(
            f"the benchmark “{benchmark.name}” has no audio here; name its folder with --audio-dir, "
            "or fetch it with mmar get"
        )
    path = clip_path(benchmark.audio_dir, audio_path)
    if not path.is_file() and (bare := benchmark.audio_dir / path.name).is_file():
        return bare
    return path


def check_clips(benchmark: Benchmark, items: Iterable[Item]) -> int:
    """Check that there is audio to be heard at all; single clips that are missing become failures of their items.

    Returns:
        How many clips are missing.

    Raises:
        UsageError: none of the clips is there, or the benchmark has no audio folder.
        InputError: a record's path leads out of the folder.
    """
    count = missing = 0
    for item in items:
        path = clip_of(benchmark, item.audio_path)
        count += 1
        missing += not path.is_file()
    if count and missing == count:
        raise UsageError(f"none of the {count} clips is there; looked for {path}, say; see --audio-dir")
    return missing
