"""What a file is, told from its first bytes and never from its name alone."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path
from typing import Literal

from mmar.errors import ExternalError, InputError

__all__ = ["Kind", "kind_of", "looks_like_web_page"]

Kind = Literal["metadata", "tar", "zip"]
"""`metadata` is JSON or JSONL, `tar` a tar archive (both plain or gzip), `zip` a ZIP archive."""

_BLOCK = 512  # a tar header
_OTHERS = {
    b"\xfd7zXZ\0": "an xz file",
    b"BZh": "a bzip2 file",
    b"\x28\xb5\x2f\xfd": "a zstd file",
    b"7z\xbc\xaf": "a 7z archive",
    b"Rar!": "a RAR archive",
    b"RIFF": "a WAV file",
    b"PAR1": "a Parquet file",
    b"version https://git-lfs": "a Git LFS pointer, not the file it stands for",
}


def kind_of(path: Path, shown: str | None = None) -> Kind:
    """Recognise a file that a person gave.

    Args:
        path: the file.
        shown: what to call it in an error, where its path means nothing to the person.

    Raises:
        InputError: there is no such file, or it is neither metadata nor an archive that can be read.
        ExternalError: the system cannot read it.
    """
    shown = shown or str(path)
    if path.is_dir():
        raise InputError("is a folder, expected a file of metadata or an archive of clips", file=shown)
    try:
        with path.open("rb") as plain:
            head = plain.read(_BLOCK)
            if head[:2] == b"\x1f\x8b":
                plain.seek(0)
                head = gzip.GzipFile(fileobj=plain).read(_BLOCK)
    except FileNotFoundError:
        raise InputError("no such file", file=shown, hint="check the path") from None
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InputError(f"broken gzip data ({error})", file=shown, hint="fetch it again") from None
    except OSError as error:
        raise ExternalError(f"{shown}: cannot be read ({error.strerror or error})") from None
    return _kind(head, shown)


def looks_like_web_page(head: bytes) -> bool:
    """Whether a file's first bytes are those of an HTML page."""
    return head.removeprefix(b"\xef\xbb\xbf").lstrip()[:15].lower().startswith((b"<!doctype html", b"<html"))


def _kind(head: bytes, name: str) -> Kind:
    if head[:4] == b"PK\x03\x04":
        return "zip"
    if _is_tar(head):
        return "tar"
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text[:1] in (b"{", b"["):
        return "metadata"
    raise InputError(
        f"is {_other(head, text)}, expected metadata (.json, .jsonl or .gz) or clips (.tar, .tar.gz, .zip)",
        file=name,
        hint="give the publisher's file as it is",
    )


def _is_tar(head: bytes) -> bool:
    """Whether a block is a tar header: its checksum is the sum of its bytes with itself read as blanks."""
    if len(head) < _BLOCK:
        return False
    try:
        said = int(head[148:156].strip(b"\0 "), 8)
    except ValueError:
        return False
    return said == sum(head[:148]) + 8 * ord(" ") + sum(head[156:])


def _other(head: bytes, text: bytes) -> str:
    if not text:
        return "empty"
    if text[:1] == b"<":
        return "a web page"
    for magic, words in _OTHERS.items():
        if head.startswith(magic):
            return words
    return "of an unknown kind"
