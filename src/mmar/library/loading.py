"""Benchmarks by name or path, in the user's cache directory."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

from mmar.errors import InputError, UsageError
from mmar.items import Benchmark, load_benchmark

__all__ = ["cache_dir", "load"]


def cache_dir() -> Path:
    """The user's cache directory, by `MMAR_CACHE_DIR` or the platform's rule."""
    from mmar.benchmarks import default_cache_dir

    return default_cache_dir(os.environ, sys.platform, Path.home())


def load(
    name_or_path: str | Path,
    *,
    audio_dir: str | Path | None = None,
    lenient: bool = False,
    report: Callable[[InputError], None] | None = None,
    cache: Path | None = None,
    stored: bool = False,
) -> Benchmark:
    """Load a benchmark by its name (`mmar`, `demo`) or path.

    Args:
        name_or_path: a name that `mmar get --list` shows, a metadata file, or a folder that holds one.
        audio_dir: the folder that the items' `audio_path` is relative to; found by itself where it can be.
        lenient: leave bad records out instead of raising.
        report: called with each record left out.
        cache: the cache directory, the user's own when not given.
        stored: leave the items of a large benchmark on disk and read each when it is asked for.

    Raises:
        UsageError: the name is not known, or was not fetched yet.
        InputError: a record is not what it should be.
    """
    from mmar.benchmarks import resolve

    located = resolve(
        str(name_or_path) if isinstance(name_or_path, Path) else name_or_path, cache or cache_dir()
    )
    folder = Path(audio_dir) if audio_dir is not None else located.audio_dir
    if folder is not None and not folder.is_dir():
        raise UsageError(f"{folder}: there is no such folder; --audio-dir names the folder of the clips")
    return load_benchmark(
        located.metadata,
        name=located.name,
        revision=located.revision or "",
        audio_dir=folder,
        origin=_findable(name_or_path),
        lenient=lenient,
        report=report,
        stored=stored,
    )


def _findable(name_or_path: str | Path) -> str:
    """A name stays as it is; a path is made absolute, so that it is found from any folder."""
    from mmar.benchmarks import CATALOGUE

    text = str(name_or_path)
    return text if text in CATALOGUE else str(Path(text).expanduser().resolve())
