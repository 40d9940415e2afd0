"""Files recognised by what they hold."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from mmar.benchmarks.kinds import kind_of
from mmar.errors import InputError

ZIP = b"PK\x03\x04" + bytes(30)


def test_the_content_decides_and_not_the_name(
    metadata: bytes, archive: bytes, pack: Callable[..., bytes], tmp_path: Path
) -> None:
    plain_tar = pack({"a.wav": b"x"}, "w")
    cases = {
        "metadata": [metadata, b"\xef\xbb\xbf\r\n [" + metadata, gzip.compress(metadata)],
        "tar": [archive, plain_tar, gzip.compress(plain_tar)],
        "zip": [ZIP],
    }
    for kind, contents in cases.items():
        for content in contents:
            path = tmp_path / "misleading.pdf"
            path.write_bytes(content)
            assert kind_of(path) == kind


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"<!DOCTYPE html><p>", "is a web page"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:ab\n", "a Git LFS pointer"),
        (b"RIFF\x10\0\0\0WAVEfmt ", "a WAV file"),
        (b"\xfd7zXZ\0\0", "an xz file"),
        (b"id,question\n", "of an unknown kind"),
        (gzip.compress(b"id,question\n", mtime=0), "of an unknown kind"),
        (b"\x1f\x8bnot gzip at all", "broken gzip data"),
        (gzip.compress(b"{" * 5000, mtime=0)[:20], "broken gzip data"),
    ],
)
def test_anything_else_is_refused_by_what_it_is(content: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(content)
    with pytest.raises(InputError, match=words):
        kind_of(path)


def test_no_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        kind_of(tmp_path / "x")
    with pytest.raises(InputError, match="is a folder"):
        kind_of(tmp_path)
