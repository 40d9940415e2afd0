"""Detection of file types by content, whatever the file's name.

One table for all readers: audio and media containers (with the `Content-Type` to serve them with, and the ffmpeg
demuxer where libsndfile cannot read them), archives, tables, and the files that people give by mistake (a saved web
page, a Git LFS pointer, UTF-16 text). `FileType.label` completes a message: `expected audio, found a ZIP archive`.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

from mmar.files.open import open_decompressed, open_file

SNIFF_BYTES = 4096
"""How much of a file's beginning `sniff` wants to see."""

Group = Literal["audio", "media", "archive", "compressed", "records", "table", "text", "other"]
"""`audio` is read by libsndfile, `media` needs ffmpeg, `records` is JSON or JSONL."""

_BOM = b"\xef\xbb\xbf"
_TAR_BLOCK = 512


class FileType(msgspec.Struct, frozen=True):
    """A kind of file.

    Attributes:
        format: short stable name, such as `wav`, `zip`, `json`, `html`.
        label: for messages, with its article: `a WAV file`.
        media_type: the `Content-Type` to serve it with.
        demuxer: ffmpeg's name of the container, for `media`.
    """

    format: str
    label: str
    group: Group
    media_type: str = "application/octet-stream"
    demuxer: str | None = None


# Patterns are matched at the beginning; the first that matches decides.
_PATTERNS: tuple[tuple[bytes, FileType], ...] = (
    (rb"(?:RIFF|RF64|BW64)....WAVE", FileType("wav", "a WAV file", "audio", "audio/wav")),
    (rb"riff\x2e\x91\xcf\x11", FileType("w64", "a Wave64 file", "audio", "audio/x-w64")),
    (rb"fLaC", FileType("flac", "a FLAC file", "audio", "audio/flac")),
    (rb"OggS", FileType("ogg", "an Ogg file", "audio", "audio/ogg")),
    (rb"FORM....AIF[FC]", FileType("aiff", "an AIFF file", "audio", "audio/aiff")),
    (rb"caff", FileType("caf", "a CAF file", "audio", "audio/x-caf")),
    (rb"\.snd", FileType("au", "an AU file", "audio", "audio/basic")),
    (rb"....ftyp", FileType("mp4", "an MPEG-4 file", "media", "audio/mp4", "mov")),
    (rb"\x1a\x45\xdf\xa3", FileType("webm", "a WebM or Matroska file", "media", "audio/webm", "matroska")),
    (rb"\xff[\xf0\xf1\xf8\xf9]", FileType("aac", "an AAC stream", "media", "audio/aac", "aac")),
    # A frame header: synchronisation, layer II or III, and a bit rate and a sampling rate that exist.
    (
        rb"ID3|\xff[\xe2-\xe5\xf2-\xf5\xfa-\xfd][\x00-\x0b\x10-\x1b\x20-\x2b\x30-\x3b\x40-\x4b\x50-\x5b\x60-\x6b"
        rb"\x70-\x7b\x80-\x8b\x90-\x9b\xa0-\xab\xb0-\xbb\xc0-\xcb\xd0-\xdb\xe0-\xeb]",
        FileType("mp3", "an MP3 file", "audio", "audio/mpeg"),
    ),
    (rb"FLV\x01", FileType("flv", "an FLV file", "media", "video/x-flv", "flv")),
    (rb"RIFF....AVI ", FileType("avi", "an AVI file", "media", "video/x-msvideo", "avi")),
    (rb"\x30\x26\xb2\x75\x8e\x66\xcf\x11", FileType("asf", "a WMA or ASF file", "media", "video/x-ms-asf", "asf")),
    (rb"#!AMR", FileType("amr", "an AMR file", "media", "audio/amr", "amr")),
    (rb"\x0b\x77", FileType("ac3", "an AC-3 file", "media", "audio/ac3", "ac3")),
    (rb"wvpk", FileType("wavpack", "a WavPack file", "media", "audio/x-wavpack", "wv")),
    (rb"MAC ", FileType("ape", "a Monkey's Audio file", "media", "audio/x-ape", "ape")),
    (rb"\x00\x00\x01\xba", FileType("mpeg", "an MPEG file", "media", "video/mpeg", "mpeg")),
    (rb"\x47.{187}\x47.{187}\x47", FileType("mpegts", "an MPEG transport stream", "media", "video/mp2t", "mpegts")),
    (rb"RIFF", FileType("riff", "a RIFF file that is neither WAV nor AVI", "other")),
    (rb"PK\x03\x04.{26}mimetypeapplication/vnd\.oasis",
     FileType("opendocument", "an OpenDocument file", "table")),
    (rb"PK(?:\x03\x04|\x05\x06)", FileType("zip", "a ZIP archive", "archive", "application/zip")),
    (rb"\x1f\x8b", FileType("gzip", "a gzip file", "compressed", "application/gzip")),
    (rb"\xfd7zXZ\0", FileType("xz", "an xz file", "compressed")),
    (rb"BZh", FileType("bzip2", "a bzip2 file", "compressed")),
    (rb"\x28\xb5\x2f\xfd", FileType("zstd", "a Zstandard file", "compressed")),
    (rb"7z\xbc\xaf", FileType("7z", "a 7z archive", "compressed")),
    (rb"Rar!", FileType("rar", "a RAR archive", "compressed")),
    (rb"PAR1", FileType("parquet", "a Parquet file", "table")),
    (rb"ARROW1", FileType("arrow", "an Arrow file", "table")),
    (rb"SQLite format 3\0", FileType("sqlite", "an SQLite database", "table")),
    (rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", FileType("xls", "an old Excel or Word file", "table")),
    (rb"\x93NUMPY", FileType("npy", "a NumPy file", "other")),
    (rb"%PDF", FileType("pdf", "a PDF file", "other")),
    (rb"\x89PNG|\xff\xd8\xff|GIF8", FileType("image", "an image", "other")),
    (rb"version https://git-lfs",
     FileType("git-lfs", "a Git LFS pointer instead of the file that it stands for", "other")),
)  # fmt: skip


@cache
def _compiled() -> tuple[tuple[re.Pattern[bytes], FileType], ...]:
    """The patterns, compiled when a file is first looked at, which many commands never do."""
    return tuple((re.compile(pattern, re.DOTALL), kind) for pattern, kind in _PATTERNS)


_XLSX = FileType("xlsx", "an Excel workbook", "table")
_OFFICE = FileType("office", "an Office document", "table")
_TAR = FileType("tar", "a tar archive", "archive", "application/x-tar")
_EMPTY = FileType("empty", "an empty file", "other")
_UTF16 = FileType("utf-16", "UTF-16 or UTF-32 text", "text")
_HTML = FileType("html", "a web page", "text", "text/html")
_XML = FileType("xml", "an XML file", "text")
_JSON = FileType("json", "JSON", "records", "application/json")
_TEXT = FileType("text", "a text file", "text", "text/plain")
_BINARY = FileType("binary", "a file of an unknown binary format", "other")


def sniff(head: bytes) -> FileType:
    """The type of a file by its first `SNIFF_BYTES` bytes, or all of it."""
    text = head.removeprefix(_BOM).lstrip()
    if not text:
        return _EMPTY
    for pattern, kind in _compiled():
        if pattern.match(head):
            return _office(head) or kind if kind.format == "zip" else kind
    if _is_tar(head):
        return _TAR
    if head[:2] in (b"\xff\xfe", b"\xfe\xff") or _is_wide_text(head):
        return _UTF16
    if is_html(head):
        return _HTML
    if text[:1] == b"<":
        return _XML
    if text[:1] in b"{[":
        return _JSON
    return _BINARY if b"\0" in head else _TEXT


def sniff_file(path: Path | str, *, decompress: bool = False) -> FileType:
    """The type of a file on disk; with `decompress`, of what a gzip file contains.

    Raises:
        InputError: there is no such file, it is a folder, or its gzip data is damaged.
        ExternalError: it cannot be read.
    """
    with (open_decompressed if decompress else open_file)(path) as stream:
        return sniff(stream.read(SNIFF_BYTES))


def is_html(head: bytes) -> bool:
    """Whether a file's first bytes are those of a web page."""
    return head.removeprefix(_BOM).lstrip()[:15].lower().startswith((b"<!doctype html", b"<html"))


def _office(head: bytes) -> FileType | None:
    """The Office format of a ZIP archive, by the name of its first member."""
    name = head[30 : 30 + int.from_bytes(head[26:28], "little")]
    if name.startswith(b"xl/") or (name == b"[Content_Types].xml" and b"xl/" in head):
        return _XLSX
    return _OFFICE if name.startswith((b"[Content_Types].xml", b"_rels/", b"docProps/", b"word/")) else None


def _is_tar(head: bytes) -> bool:
    """Whether a block is a tar header: its checksum is the sum of its bytes, the checksum itself read as blanks."""
    if len(head) < _TAR_BLOCK:
        return False
    try:
        checksum = int(head[148:156].strip(b"\0 "), 8)
    except ValueError:
        return False
    return checksum == sum(head[:148]) + 8 * ord(" ") + sum(head[156:_TAR_BLOCK])


def _is_wide_text(head: bytes) -> bool:
    """Whether every second byte of a text is zero, as in UTF-16 without a byte order mark."""
    start = head[:64]
    return len(start) >= 4 and (not any(start[::2]) or not any(start[1::2])) and any(start)
