"""Benchmarks that come as an archive, and paths that stay within their folder.

An archive is unpacked by `mmar.files.archives`, which refuses links, devices, paths that climb out and
bombs, into a folder beside the target that takes its name when all is well: a refused archive leaves nothing
behind.
"""

from __future__ import annotations

import io
import secrets
import shutil
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec

from mmar.errors import ExternalError, InputError, UsageError
from mmar.files.archives import Limits, unpack
from mmar.files.safe_paths import UnsafePathError, check_relative, clip_path
from mmar.items import Benchmark, load_benchmark

__all__ = ["Package", "below", "open_package", "pack", "zipped"]

_METADATA = (".jsonl", ".jsonl.gz", ".json", ".json.gz")
_NOT_METADATA = frozenset({"release.json"})


class Package(msgspec.Struct, frozen=True):
    """A benchmark out of an archive.

    Attributes:
        benchmark: its items; its audio folder is where the metadata lies.
        metadata: the metadata file.
        missing: ids of items whose audio the archive did not hold.
    """

    benchmark: Benchmark
    metadata: Path
    missing: tuple[str, ...]


def below(folder: Path, relative: str) -> Path:
    """A path within a folder, links followed; whether something is there does not matter.

    Unlike a comparison of beginnings, `…/data-old` is not within `…/data`.

    Args:
        folder: an existing folder.
        relative: a path that came from outside, with `/` between its parts.

    Returns:
        The path, links resolved.

    Raises:
        InputError: it leads out of the folder, itself or by a link.
    """
    home = folder.resolve()
    try:
        path = home.joinpath(*check_relative(relative).parts).resolve()
    except UnsafePathError as error:
        raise InputError(
            f'"{relative[:200]}" {error}', hint="give a path within the folder", code="unsafe-path"
        ) from None
    if not path.is_relative_to(home) or path == home:
        raise InputError(
            f'"{relative[:200]}" leads out of its folder by a link',
            hint="remove the link",
            code="unsafe-path",
        )
    return path


def open_package(archive: Path, into: Path, *, bounds: Limits | None = None) -> Package:
    """Unpack a benchmark that nobody vouches for.

    Args:
        archive: ZIP, tar or gzipped tar with one metadata file and the audio that it names.
        into: the folder to make; there must be none.
        bounds: how much the archive may hold.

    Returns:
        The benchmark and where it lies.

    Raises:
        InputError: the archive is damaged, holds what is refused, or is no benchmark. Nothing is left of it.
        UsageError: `into` exists.
        ExternalError: the disk refuses.
    """
    if into.exists():
        raise UsageError(f"{into}: is there already; name a new folder", code="exists")
    part = into.with_name(f".{into.name}.{secrets.token_hex(4)}.part")
    try:
        unpack(archive, part, limits=bounds)
        metadata = _metadata_of(part, archive)
        benchmark = load_benchmark(metadata, audio_dir=metadata.parent)
        missing = tuple(
            item.id for item in benchmark if not clip_path(metadata.parent, item.audio_path).is_file()
        )
        part.rename(into)
    except OSError as error:
        raise ExternalError(
            f"{into}: cannot be written ({error.strerror or error})", code="not-writable"
        ) from None
    finally:
        shutil.rmtree(part, ignore_errors=True)
    metadata = into / metadata.relative_to(part)
    return Package(msgspec.structs.replace(benchmark, audio_dir=metadata.parent), metadata, missing)


def zipped(folder: Path, top: str = "") -> Iterator[bytes]:
    """A folder as a ZIP file, piece by piece, the same bytes for the same content; little of it is held at a time.

    Nothing is compressed, so that the bytes do not depend on a library's version; sound hardly compresses.

    Args:
        folder: a release, say.
        top: the folder in the archive that holds everything; empty for none.
    """
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w") as out:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            name = PurePosixPath(top) / path.relative_to(folder).as_posix()
            entry = zipfile.ZipInfo(str(name), (1980, 1, 1, 0, 0, 0))
            entry.create_system, entry.external_attr = 3, (stat.S_IFREG | 0o644) << 16
            entry.file_size = path.stat().st_size
            with path.open("rb") as source, out.open(entry, "w") as target:
                while chunk := source.read(1 << 20):
                    target.write(chunk)
                    yield pipe.taken()
    yield pipe.taken()


def pack(folder: Path, archive: Path) -> None:
    """Put a folder into one ZIP file, as `zipped` does.

    Args:
        folder: a release, say.
        archive: the file to make; its folder must exist. What is in `folder` stands at its top.

    Raises:
        UsageError: the file is there already.
        ExternalError: the disk refuses.
    """
    part = archive.with_name(f".{archive.name}.{secrets.token_hex(4)}.part")
    try:
        if archive.exists():
            raise UsageError(f"{archive}: is there already; name a new file", code="exists")
        with part.open("xb") as out:
            out.writelines(zipped(folder))
        part.rename(archive)
    except OSError as error:
        raise ExternalError(
            f"{archive}: cannot be written ({error.strerror or error}); make room and try again",
            code="not-writable",
        ) from None
    finally:
        part.unlink(missing_ok=True)


class _Pipe(io.RawIOBase):
    """Keeps what is written until it is taken; it cannot be wound back, so a ZIP file states sizes after the data."""

    def __init__(self) -> None:
        self._kept = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        self._kept += data
        return len(data)

    def taken(self) -> bytes:
        """What was written since the last time."""
        found, self._kept = bytes(self._kept), bytearray()
        return found


def _metadata_of(folder: Path, archive: Path) -> Path:
    """The one metadata file nearest to the top."""
    found = sorted(
        (
            path
            for path in folder.rglob("*")
            if path.name.endswith(_METADATA) and path.name not in _NOT_METADATA
        ),
        key=lambda path: (len(path.parts), path.name),
    )
    nearest = [path for path in found if len(path.parts) == len(found[0].parts)]
    if len(nearest) != 1:
        names = ", ".join(str(path.relative_to(folder)) for path in nearest[:5]) or "none"
        raise InputError(
            f"expected one metadata file (.jsonl or .json), found {names}",
            file=str(archive),
            hint="put one beside the audio folder, nothing else of the kind on its level",
            code="metadata-missing",
        )
    return nearest[0]
