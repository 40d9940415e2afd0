"""Writing of clips from archives and Parquet files to the paths that the metadata names.

An archive's own folders do not matter: one publisher packs `audio/x.wav`, a mirror `MMAR/audio/x.wav`, a person
`x.wav`. A clip is known by its file name, all clips come from one folder of the archive. Anything else in an archive is
not unpacked.

Some publishers, such as MMAU's, have their clips in Parquet files of the Hugging Face Hub instead. A row has a clip as
`{"bytes", "path"}` in one column, and its item's id in `id`, or in the JSON text or object `other_attributes` as the
publisher of MMAU writes it. Where there is no id, the clip is known by its file name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from mmar.errors import InputError
from mmar.files.archives import PathMap
from mmar.files.parquet import parquet_rows
from mmar.files.progress import Advance
from mmar.files.safe_paths import check_relative, clip_path
from mmar.files.typed import decode_json
from mmar.items import Benchmark


def clip_path_map(clips: Iterable[str]) -> PathMap:
    """Where the files of one archive go: the folder of the first clip that it sees is the folder of all.

    Raises:
        UnsafePathError: a clip's path would leave the benchmark's folder.
    """
    paths = {check_relative(clip) for clip in clips}
    by_name = {path.name: path for path in paths}
    folder: PurePosixPath | None = None

    def path_of(member: PurePosixPath) -> PurePosixPath | None:
        nonlocal folder
        if len(by_name) < len(paths):  # two clips of one name: only the full path tells them apart
            return member if member in paths else None
        if member.name not in by_name:
            return None
        folder = member.parent if folder is None else folder
        return by_name[member.name] if member.parent == folder else None

    return path_of


def count_clips(folder: Path, clips: Iterable[str]) -> tuple[int, int, tuple[str, ...]]:
    """Number and total size of the clips below a folder, and the paths of those that are missing or empty."""
    sizes: dict[str, int] = {}
    for clip in clips:
        path = clip_path(folder, clip)
        sizes[clip] = path.stat().st_size if path.is_file() else 0
    missing = tuple(clip for clip, size in sizes.items() if not size)
    return len(sizes) - len(missing), sum(sizes.values()), missing


def write_parquet_clips(
    files: Iterable[Path],
    benchmark: Benchmark,
    into: Path,
    advance: Advance,
) -> tuple[str, ...]:
    """Write the clip of each row of Parquet files below a folder, to the path of its item.

    `advance` is called with the bytes written so far.

    Returns:
        A name of each row of no item, which was skipped.

    Raises:
        InputError: a file is damaged.
        UsageError: pyarrow is not installed (code `missing-extra`).
        OSError: a clip cannot be written.
    """
    by_name = {PurePosixPath(path).name: path for item in benchmark for path in item.clips}
    skipped: list[str] = []
    size = 0
    for file in files:
        for number, row in parquet_rows(file, audio=True):
            clip = next((each for each in row.values() if _is_clip(each)), None)
            path = None if clip is None else _item_path(row, clip, benchmark, by_name)
            if clip is None or path is None:
                skipped.append(f"row {number}")
                continue
            target = clip_path(into, path)
            target.parent.mkdir(parents=True, exist_ok=True)
            size += target.write_bytes(clip["bytes"])
            advance(size, None)
    return tuple(skipped)


def _is_clip(value: object) -> bool:
    return isinstance(value, Mapping) and isinstance(value.get("bytes"), bytes)


def _item_path(
    row: Mapping[str, Any], clip: Mapping[str, Any], benchmark: Benchmark, by_name: Mapping[str, str]
) -> str | None:
    item_id = row.get("id")
    attributes = row.get("other_attributes")
    if item_id is None and isinstance(attributes, str):
        try:
            attributes = decode_json(attributes.encode())
        except InputError:
            attributes = None
    if item_id is None and isinstance(attributes, Mapping):
        item_id = attributes.get("id")
    item = benchmark.by_id.get(str(item_id))
    if item is not None:
        return item.audio_path
    name = clip.get("path")
    return by_name.get(PurePosixPath(name).name) if isinstance(name, str) else None
