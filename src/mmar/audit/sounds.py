"""Measurements of each clip, for the checks of family D.

Each file is decoded once; the measurements of 1,000 clips take a few megabytes. Decoding and fingerprinting take about
a third of a second per clip, so many clips are divided among processes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import msgspec

from mmar.audio.clip import Facts
from mmar.audio.levels import Levels
from mmar.errors import InputError
from mmar.files.safe_paths import find_clip
from mmar.items import Item

_MIN_PARALLEL = 32  # clips


class Sound(msgspec.Struct, frozen=True):
    """The measurements of one clip; `fault` says why it cannot be read, and is empty if it can."""

    path: Path
    missing: bool = False
    fault: str = ""
    facts: Facts | None = None
    levels: Levels | None = None
    fingerprint: bytes = b""


def measure_clips(
    items: Iterable[Item],
    audio_dir: Path,
    *,
    workers: int = 1,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> dict[str, Sound]:
    """Decode and measure the clips of items, whose paths are relative to a folder.

    More than one worker process needs a main module that can be imported again. `progress` is called with the number of
    clips done and in all.

    Returns:
        The measurements by `audio_path`; unsafe paths are left out (check I004).
    """
    paths: dict[str, Path] = {}
    for item in items:
        try:
            paths.setdefault(item.audio_path, find_clip(audio_dir, item.audio_path))
        except InputError:
            continue
    measured: dict[str, Sound] = {}
    for name, sound in zip(paths, _measure_all(list(paths.values()), workers), strict=True):
        measured[name] = sound
        progress(len(measured), len(paths))
    return measured


def _measure_all(paths: list[Path], workers: int) -> Iterator[Sound]:
    if workers < 2 or len(paths) < _MIN_PARALLEL:
        yield from map(_measure, paths)
        return
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    # Not forked: a copy of a process with threads may hang.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield from pool.map(_measure, paths, chunksize=4)


def _measure(path: Path) -> Sound:
    from mmar.audio.fingerprint import fingerprint
    from mmar.audio.levels import measure_levels
    from mmar.audio.read import describe, read_clip

    if not path.exists():
        return Sound(path, missing=True)
    try:
        facts, clip = describe(path), read_clip(path)
    except InputError as error:
        return Sound(path, fault=error.problem)
    return Sound(path, False, "", facts, measure_levels(clip), fingerprint(clip))
