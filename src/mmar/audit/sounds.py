"""What is heard of each clip: the material of the checks of family D.

Each file is decoded once, measured and let go; what is kept of 1,000 clips is a few megabytes. Many clips are
shared between processes, since decoding and fingerprinting take about a third of a second a clip.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import msgspec

from mmar.audio.levels import Levels
from mmar.audio.read import Facts
from mmar.errors import InputError
from mmar.files.safe_paths import clip_path
from mmar.items import Item

__all__ = ["Sound", "clip_file", "hear"]

_FEW = 32  # clips, for which no further process is worth starting


class Sound(msgspec.Struct, frozen=True):
    """One clip.

    Attributes:
        path: the file.
        missing: whether there is no such file.
        fault: why it cannot be read; empty where it can.
        facts: rate, channels and length.
        levels: peak, silence, clipping.
        mark: the fingerprint; empty where nothing was read.
    """

    path: Path
    missing: bool = False
    fault: str = ""
    facts: Facts | None = None
    levels: Levels | None = None
    mark: bytes = b""


def clip_file(audio_dir: Path, audio_path: str) -> Path:
    """Where a clip lies: `audio_path` below the folder, or its bare name in it.

    So that both the folder that holds `audio/` and `audio/` itself may be given.

    Raises:
        InputError: the path leads out of the folder.
    """
    path = clip_path(audio_dir, audio_path)
    if not path.is_file() and (bare := audio_dir / path.name).is_file():
        return bare
    return path


def hear(
    items: Iterable[Item],
    audio_dir: Path,
    *,
    workers: int = 1,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> dict[str, Sound]:
    """Decode and measure the clips of a benchmark.

    Args:
        items: whose clips.
        audio_dir: the folder that `audio_path` is relative to.
        workers: processes. More than one needs a main module that may be imported again, as every program
            that starts processes does.
        progress: called with how many are done, of how many.

    Returns:
        What was found, by `audio_path`; paths that lead out of the folder are left out (check I004).
    """
    wanted: dict[str, Path] = {}
    for item in items:
        try:
            wanted.setdefault(item.audio_path, clip_file(audio_dir, item.audio_path))
        except InputError:
            continue
    found: dict[str, Sound] = {}
    sounds = _all(list(wanted.values()), workers)
    for name, sound in zip(wanted, sounds, strict=True):
        found[name] = sound
        progress(len(found), len(wanted))
    return found


def _all(paths: list[Path], workers: int) -> Iterator[Sound]:
    if workers < 2 or len(paths) < _FEW:
        yield from map(_hear, paths)
        return
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    # Started afresh: a copy of a process that has threads may hang.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield from pool.map(_hear, paths, chunksize=4)


def _hear(path: Path) -> Sound:
    from mmar.audio.fingerprint_landmarks import fingerprint
    from mmar.audio.levels import measure_levels
    from mmar.audio.read import describe, read_clip

    if not path.exists():
        return Sound(path, missing=True)
    try:
        facts, clip = describe(path), read_clip(path)
    except InputError as error:
        return Sound(path, fault=error.problem)
    return Sound(path, False, "", facts, measure_levels(clip), fingerprint(clip))
