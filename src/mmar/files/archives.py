"""Unpacking of tar and ZIP archives from untrusted sources.

Only regular files are written, only where the caller says, into a folder that did not exist before. An archive
with anything other than files and folders (a link, a device, a sparse file), a path outside its folder, one path
twice, or more than the limits allow is refused as a whole; the caller removes the folder. Sizes that the archive
states are compared with the limits before anything is unpacked (ZIP), or before the file is (tar), and bytes are
counted as they come out of the decompressor. What may come out also depends on the archive's own size, since sound
hardly compresses. Headers have a limit of their own, because `tarfile` reads them into memory. Files get the
system's default permissions, so none is executable.
"""

from __future__ import annotations

import errno
import gzip
import os
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from io import BufferedIOBase
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO

import msgspec

from mmar.errors import InputError
from mmar.files.atomic import disk_error
from mmar.files.progress import Advance, format_bytes, ignore
from mmar.files.safe_paths import UnsafePathError, check_relative, quote
from mmar.files.sniff import sniff_file

PathMap = Callable[[PurePosixPath], PurePosixPath | None]
"""Given a member's checked path, returns its path below the new folder; `None` skips the member."""

_CHUNK = 1 << 18
_MAX_HEADERS = 4 << 20  # bytes before one file: long names and the read-ahead
_MAX_RATIO = 100  # times its own size that an archive may unpack to
_ANY_SIZE = 64 << 20  # bytes that any archive may unpack to
_AUDIO_SUFFIXES = frozenset(
    {".aac", ".aif", ".aiff", ".au", ".caf", ".flac", ".m4a", ".mkv", ".mp3", ".mp4", ".oga", ".ogg", ".opus"}
    | {".w64", ".wav", ".webm", ".wma"}
)


class Limits(msgspec.Struct, frozen=True):
    """How much an archive may contain.

    Attributes:
        total: bytes that may come out of the decompressor, skipped members included. For a small archive it is
            less: 100 times the archive's size, or 64 MiB.
        member: bytes of one audio or media file; `text` is that of any other, since these are read into memory.
        count: number of files and folders.
    """

    total: int = 32 << 30
    member: int = 1 << 30
    text: int = 128 << 20
    count: int = 100_000


def unpack(
    archive: Path,
    into: Path,
    map_path: PathMap = lambda path: path,
    *,
    limits: Limits | None = None,
    advance: Advance = ignore,
    name: str | None = None,
) -> tuple[str, ...]:
    """Write an archive's files into a new folder.

    The archive is tar, gzipped tar or ZIP, recognised by content; `name` is what errors call it instead of its path.
    `advance` is called with the bytes unpacked so far.

    Returns:
        The paths for which `map_path` returned `None`.

    Raises:
        InputError: the archive is damaged or contains something that is refused; `into` may be partly filled.
        ExternalError: the disk cannot be written, or `into` exists.
    """
    limits = limits or Limits()
    name = name or str(archive)
    kind = sniff_file(archive, decompress=True)
    try:
        most = min(limits.total, max(_ANY_SIZE, _MAX_RATIO * archive.stat().st_size))
        limits = msgspec.structs.replace(limits, total=most)
        into.mkdir(parents=True)
        with archive.open("rb") as raw:
            if kind.format == "tar":
                return _write(_tar_members(raw, limits), into, map_path, limits, advance)
            if kind.format == "zip":
                return _write(_zip_members(raw, limits), into, map_path, limits, advance)
        raise _UnsafeArchiveError(f"is {kind.label}, expected a tar archive (.tar, .tar.gz) or a ZIP archive")
    except _UnsafeArchiveError as error:
        raise InputError(f"{error}; the archive was not used", file=name, code="archive-refused") from None
    except (tarfile.TarError, zipfile.BadZipFile, EOFError, zlib.error, OSError) as error:
        # A directory of a damaged archive may point before its beginning, which is an invalid argument of seek.
        if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
            raise disk_error(error, into) from None
        raise InputError(
            f"the archive is damaged or incomplete ({error})",
            file=name,
            code="archive-damaged",
            hint="get the file again",
        ) from None


class _UnsafeArchiveError(Exception):
    """Raised for an archive that is refused; the message follows the archive's name."""


class _Member(msgspec.Struct, frozen=True):
    """One file of an archive, or a folder (no data). The data must be read before the next member is taken."""

    name: str
    data: IO[bytes] | None
    size: int = 0  # as the archive states it


def _write(
    members: Iterator[_Member], into: Path, map_path: PathMap, limits: Limits, advance: Advance
) -> tuple[str, ...]:
    total = 0
    skipped: list[str] = []
    for count, member in enumerate(members, start=1):
        if count > limits.count:
            raise _UnsafeArchiveError(f"contains more than {limits.count:,} files")
        if member.data is None and not member.name.strip("./"):
            continue  # the archive's own root
        try:
            path = check_relative(member.name)
        except UnsafePathError as error:
            raise _UnsafeArchiveError(f"contains {quote(member.name)}, a path that {error}") from None
        if member.data is None:
            continue
        _check_total(total + member.size, limits)
        target = map_path(path)
        if target is None:
            skipped.append(str(path))
        file = None if target is None else into / target
        total += _copy(member.data, member.size, file, path, limits)
        _check_total(total, limits)
        advance(total, None)
    return tuple(skipped)


def _check_total(size: int, limits: Limits) -> None:
    if size > limits.total:
        raise _UnsafeArchiveError(f"unpacks to more than {format_bytes(limits.total)}")


def _copy(data: IO[bytes], size: int, target: Path | None, path: PurePosixPath, limits: Limits) -> int:
    """Read a member to its end, into a new file or, without a target, into nothing."""
    is_audio = path.suffix.lower() in _AUDIO_SUFFIXES
    limit = limits.member if is_audio or target is None else min(limits.text, limits.member)
    count = 0
    try:
        if target is not None:
            target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") if target else Path(os.devnull).open("wb") as out:
            while size <= limit and (chunk := data.read(_CHUNK)):
                count += len(chunk)
                size = max(size, count)
                out.write(chunk)
    except (FileExistsError, NotADirectoryError, IsADirectoryError):
        raise _UnsafeArchiveError(f"contains {quote(str(path))} twice") from None
    if size > limit:
        raise _UnsafeArchiveError(f"contains {quote(str(path))} of more than {format_bytes(limit)}")
    return count


def _tar_members(raw: BinaryIO, limits: Limits) -> Iterator[_Member]:
    compressed = raw.read(2) == b"\x1f\x8b"
    raw.seek(0)
    source = _CountingReader(gzip.GzipFile(fileobj=raw) if compressed else raw, limits.total)
    with tarfile.open(fileobj=source, mode="r|", bufsize=_CHUNK) as tar:
        while (member := tar.next()) is not None:
            source.header = None
            if member.isdir():
                yield _Member(member.name, None)
            elif member.isreg() and not member.issparse():
                yield _Member(member.name, tar.extractfile(member), member.size)
            else:
                # Stricter than tarfile's "data" filter, which lets links inside the folder pass.
                raise _UnsafeArchiveError(
                    f"contains {quote(member.name)}, which is a link or no regular file"
                )
            source.header = 0
    source.header = None
    while source.read(_CHUNK):  # to the end, where gzip keeps its checksum
        pass


class _CountingReader(BufferedIOBase):
    """A stream that limits what is read from it: in all, and for the headers before each member.

    `tarfile` reads a long name or an extended header into memory whole, however long it claims to be.
    """

    def __init__(self, source: BufferedIOBase | BinaryIO, limit: int) -> None:
        self._source = source
        self._remaining = limit
        self.header: int | None = 0

    def read(self, size: int | None = -1, /) -> bytes:
        """Read and count."""
        data = self._source.read(-1 if size is None else size)
        self._remaining -= len(data)
        if self._remaining < 0:
            raise _UnsafeArchiveError("unpacks to more than is allowed")
        if self.header is not None:
            self.header += len(data)
            if self.header > _MAX_HEADERS:
                raise _UnsafeArchiveError(f"has a file header of more than {format_bytes(_MAX_HEADERS)}")
        return data


def _zip_members(raw: BinaryIO, limits: Limits) -> Iterator[_Member]:
    with zipfile.ZipFile(raw) as archive:
        _check_total(sum(info.file_size for info in archive.infolist()), limits)
        for info in archive.infolist():
            kind = stat.S_IFMT(info.external_attr >> 16)
            if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
                raise _UnsafeArchiveError(
                    f"contains {quote(info.filename)}, which is a link or no regular file"
                )
            if info.is_dir():
                yield _Member(info.filename, None)
                continue
            if info.flag_bits & 1:
                raise _UnsafeArchiveError(f"contains {quote(info.filename)}, which is encrypted")
            if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise _UnsafeArchiveError(
                    f"contains {quote(info.filename)} in a compression other than deflate"
                )
            with archive.open(info) as data:
                yield _Member(info.filename, data, info.file_size)
