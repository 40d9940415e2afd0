"""File types by content."""

from __future__ import annotations

import gzip
import io
import subprocess
import tarfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from expect import raises
from mmar.files.sniff import SNIFF_BYTES, sniff, sniff_file


def tar_of(mode: str = "w") -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as tar:  # type: ignore[call-overload]
        tar.addfile(tarfile.TarInfo("a.wav"))
    return buffer.getvalue()


def zip_of(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return buffer.getvalue()


CASES = {
    "json": [b'{"id": 1}', b"\xef\xbb\xbf\r\n [", b"[]"],
    "tar": [tar_of()],
    "zip": [zip_of("audio/a.wav"), zip_of()],
    "xlsx": [zip_of("[Content_Types].xml", "xl/workbook.xml"), zip_of("xl/workbook.xml")],
    "office": [zip_of("[Content_Types].xml", "word/document.xml")],
    "opendocument": [zip_of("mimetype").replace(b"mimetypex", b"mimetypeapplication/vnd.oasis.x")],
    "gzip": [gzip.compress(b"{}")],
    "empty": [b"", b" \n", b"\xef\xbb\xbf"],
    "html": [b"<!DOCTYPE html><p>", b"\n<HTML lang=en>"],
    "xml": [b"<?xml version='1.0'?>", b"<svg/>"],
    "git-lfs": [b"version https://git-lfs.github.com/spec/v1\noid sha256:ab\n"],
    "wav": [b"RIFF\x10\0\0\0WAVEfmt ", b"RF64\xff\xff\xff\xffWAVE"],
    "avi": [b"RIFF\x10\0\0\0AVI LIST"],
    "riff": [b"RIFF\x10\0\0\0sfbk"],
    "mp3": [b"ID3\x03\0", b"\xff\xfb\x90\x64", b"\xff\xf3\x40\xc4"],
    "aac": [b"\xff\xf1\x50\x80"],
    "mp4": [b"\0\0\0\x20ftypM4A "],
    "webm": [b"\x1a\x45\xdf\xa3\x01"],
    "utf-16": ["id,question".encode("utf-16"), "id,q".encode("utf-16-le"), "id,q".encode("utf-16-be")],
    "xz": [b"\xfd7zXZ\0\0"],
    "parquet": [b"PAR1\x15\x04"],
    "xls": [b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"],
    "text": [b"id,question\n", b"A\rB"],
    "binary": [b"abc\0\x01\x02def"],
}


@pytest.mark.parametrize("name", CASES)
def test_types_are_recognised(name: str) -> None:
    for content in CASES[name]:
        assert sniff(content[:SNIFF_BYTES]).format == name, content[:40]


@given(st.binary(max_size=600))
def test_sniff_never_raises(content: bytes) -> None:
    kind = sniff(content)
    assert kind.label.startswith(("a ", "an ", "UTF-16", "JSON"))
    assert (kind.demuxer is not None) == (kind.group == "media")


def test_sniffing_ignores_the_name_and_can_decompress(tmp_path: Path) -> None:
    path = tmp_path / "misleading.pdf"
    for content in (tar_of(), b'{"id": 1}'):
        path.write_bytes(gzip.compress(content))
        assert sniff_file(path).format == "gzip"
        assert sniff_file(path, decompress=True) == sniff(content)


@pytest.mark.parametrize("content", [b"\x1f\x8bnot gzip at all", gzip.compress(b"{" * 5000, mtime=0)[:20]])
def test_damaged_gzip_is_an_input_error(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(content)
    with raises("damaged-gzip", file=str(path)):
        sniff_file(path, decompress=True)


def test_missing_files_and_folders_are_input_errors(tmp_path: Path) -> None:
    with raises("file-not-found"):
        sniff_file(tmp_path / "x")
    with raises("is-a-folder"):
        sniff_file(tmp_path)


@pytest.mark.parametrize(
    ("suffix", "name"),
    [("mp3", "mp3"), ("m4a", "mp4"), ("webm", "webm"), ("aac", "aac"), ("ts", "mpegts"), ("ac3", "ac3"),
     ("wma", "asf"), ("flv", "flv"), ("mpg", "mpeg"), ("flac", "flac"), ("ogg", "ogg"), ("aiff", "aiff")],
)  # fmt: skip
def test_files_of_ffmpeg_are_recognised(suffix: str, name: str, tmp_path: Path) -> None:
    path = tmp_path / f"x.{suffix}"
    source = ["-f", "lavfi", "-i", "sine=frequency=300:duration=0.5"]
    try:
        done = subprocess.run(["ffmpeg", "-v", "error", *source, path], capture_output=True, check=False)
    except FileNotFoundError:
        pytest.skip("ffmpeg is not installed")
    if done.returncode:
        pytest.skip("this ffmpeg cannot write the format")
    assert sniff_file(path).format == name
