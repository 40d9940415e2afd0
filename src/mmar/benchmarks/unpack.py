"""Unpacking an archive that nobody vouches for.

Only plain files are written, only where the caller says, only into a folder that did not exist before. An
archive that holds anything else than files and folders (a link, a device, a file with holes), a path that
leaves its folder, one path twice, or more than the bounds allow is refused as a whole; the caller throws the
folder away. What is counted is what really comes out of the decompressor, never what a header says, so a bomb
stops at the bound; headers have a bound of their own, since a reader must hold them in memory. Written files
get the system's default rights, so none is executable.
"""

from __future__ import annotations

import gzip
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from io import BufferedIOBase, BytesIO
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO

import msgspec

from mmar.benchmarks.kinds import kind_of
from mmar.benchmarks.paths import UnsafePath, inside, quoted
from mmar.benchmarks.progress import Advance, bytes_text
from mmar.benchmarks.store import disk_error
from mmar.errors import InputError

__all__ = ["Bounds", "Place", "Unpacked", "unpack"]

Place = Callable[[PurePosixPath], PurePosixPath | None]
"""Given a member's checked path, says where below the folder it goes; `None` leaves it out."""

_CHUNK = 1 << 18
_HEADERS = 4 << 20  # before one file: long names and the read-ahead, far more than any honest archive has


class Bounds(msgspec.Struct, frozen=True):
    """How much an archive may hold.

    Attributes:
        total: bytes that may come out of the decompressor, with what is left out.
        member: bytes of one file.
        count: files and folders.
    """

    total: int = 32 << 30
    member: int = 1 << 30
    count: int = 100_000


class Unpacked(msgspec.Struct, frozen=True):
    """What was done.

    Attributes:
        files: how many files were written.
        size: their bytes.
        left_out: the paths that there was no place for.
    """

    files: int
    size: int
    left_out: tuple[str, ...]


def unpack(
    archive: Path,
    into: Path,
    place: Place,
    *,
    bounds: Bounds | None = None,
    advance: Advance = lambda done, of: None,  # noqa: ARG005
    shown: str | None = None,
) -> Unpacked:
    """Write an archive's files into a new folder.

    Args:
        archive: tar, gzipped tar or ZIP, recognised by its content.
        into: the folder to make; there must be none.
        place: where each file goes.
        bounds: how much the archive may hold.
        advance: told the bytes written so far.
        shown: what to call the archive in an error, where its path means nothing to the person.

    Raises:
        InputError: the archive is damaged, or holds something that is refused; `into` may be half filled.
        ExternalError: the disk refuses.
    """
    bounds = bounds or Bounds()
    shown = shown or str(archive)
    kind = kind_of(archive, shown)
    if kind == "metadata":
        raise InputError("is metadata, expected an archive of clips", file=shown)
    try:
        into.mkdir(parents=True)
        with archive.open("rb") as raw:
            members = _tar(raw, bounds) if kind == "tar" else _zip(raw)
            return _write(members, into, place, bounds, advance)
    except _Refused as error:
        raise InputError(f"{error}; nothing of it was used", file=shown) from None
    except (tarfile.TarError, zipfile.BadZipFile, gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InputError(f"is damaged or cut off ({error})", file=shown, hint="fetch it again") from None
    except OSError as error:
        raise disk_error(error, into) from None


class _Refused(Exception):  # noqa: N818
    """Something in the archive; the message continues a sentence that starts with the archive's name."""


class _Member(msgspec.Struct, frozen=True):
    """One file of an archive, or a folder (no data). Read the data before taking the next member."""

    name: str
    data: IO[bytes] | None


def _write(
    members: Iterator[_Member], into: Path, place: Place, bounds: Bounds, advance: Advance
) -> Unpacked:
    files = size = drawn = 0
    left_out: list[str] = []
    for count, member in enumerate(members, start=1):
        if count > bounds.count:
            raise _Refused(f"holds more than {bounds.count:,} files")
        if member.data is None and not member.name.strip("./"):
            continue  # the archive's own root
        try:
            path = inside(member.name)
        except UnsafePath as error:
            raise _Refused(f"holds {quoted(member.name)}, a path that {error}") from None
        if member.data is None:
            continue
        target = place(path)
        written = _copy(member.data, into / target if target else None, path, bounds)
        drawn += written
        if drawn > bounds.total:
            raise _Refused(f"unpacks to more than {bytes_text(bounds.total)}")
        if target is None:
            left_out.append(str(path))
        else:
            files += 1
            size += written
            advance(size, None)
    return Unpacked(files, size, tuple(left_out))


def _copy(data: IO[bytes], target: Path | None, path: PurePosixPath, bounds: Bounds) -> int:
    """Read a member to its end, into a file that must be new, or into nothing."""
    size = 0
    try:
        if target is not None:
            target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") if target else BytesIO() as out:
            while chunk := data.read(_CHUNK):
                size += len(chunk)
                if size > bounds.member:
                    raise _Refused(f"holds {quoted(str(path))} of more than {bytes_text(bounds.member)}")
                if target is not None:
                    out.write(chunk)
    except (FileExistsError, NotADirectoryError, IsADirectoryError):
        raise _Refused(f"holds {quoted(str(path))} twice") from None
    return size


def _tar(raw: BinaryIO, bounds: Bounds) -> Iterator[_Member]:
    packed = raw.read(2) == b"\x1f\x8b"
    raw.seek(0)
    meter = _Meter(gzip.GzipFile(fileobj=raw) if packed else raw, bounds.total)
    with tarfile.open(fileobj=meter, mode="r|", bufsize=_CHUNK) as tar:
        while (member := tar.next()) is not None:
            meter.header = None
            if member.isdir():
                yield _Member(member.name, None)
            elif member.isreg() and not member.issparse():
                data = tar.extractfile(member)
                yield _Member(member.name, data)
            else:
                raise _Refused(
                    f"holds {quoted(member.name)}, which is {_TAR_KINDS.get(member.type, 'no plain file')}"
                )
            meter.header = 0
    meter.header = None
    while meter.read(_CHUNK):  # to the end, where gzip keeps its checksum
        pass


_TAR_KINDS = {
    tarfile.SYMTYPE: "a symbolic link",
    tarfile.LNKTYPE: "a hard link",
    tarfile.CHRTYPE: "a device",
    tarfile.BLKTYPE: "a device",
    tarfile.FIFOTYPE: "a pipe",
    tarfile.GNUTYPE_SPARSE: "a file with holes",
}


class _Meter(BufferedIOBase):
    """A stream that counts what is read from it: in all, and since the last member while a header is read.

    `tarfile` reads a long name or an extended header whole, however long it says it is; and skips what was
    not read of a member, which therefore is read before the next one is asked for.
    """

    def __init__(self, source: BufferedIOBase | BinaryIO, limit: int) -> None:
        self._source = source
        self._left = limit
        self.header: int | None = 0

    def read(self, size: int | None = -1, /) -> bytes:
        """Read and count."""
        data = self._source.read(-1 if size is None else size)
        self._left -= len(data)
        if self._left < 0:
            raise _Refused("unpacks to more than is allowed")
        if self.header is not None:
            self.header += len(data)
            if self.header > _HEADERS:
                raise _Refused(f"has a file header of more than {bytes_text(_HEADERS)}")
        return data


def _zip(raw: BinaryIO) -> Iterator[_Member]:
    with zipfile.ZipFile(raw) as archive:
        for info in archive.infolist():
            kind = stat.S_IFMT(info.external_attr >> 16)
            if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
                words = "a symbolic link" if kind == stat.S_IFLNK else "no plain file"
                raise _Refused(f"holds {quoted(info.filename)}, which is {words}")
            if info.is_dir():
                yield _Member(info.filename, None)
                continue
            if info.flag_bits & 1:
                raise _Refused(f"holds {quoted(info.filename)}, which is encrypted")
            if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise _Refused(f"holds {quoted(info.filename)} in a compression other than deflate")
            with archive.open(info) as data:
                yield _Member(info.filename, data)
