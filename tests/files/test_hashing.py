"""SHA-256 of bytes and files."""

from __future__ import annotations

from pathlib import Path

from expect import raises
from mmar.files.hashing import sha256_bytes, sha256_file

ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # the example of FIPS 180-4


def test_bytes_and_files_have_the_same_digest(tmp_path: Path) -> None:
    path = tmp_path / "abc"
    path.write_bytes(b"abc")
    calls: list[tuple[int, int | None]] = []
    assert sha256_bytes(b"abc") == sha256_file(path) == ABC
    assert sha256_file(path, lambda done, of: calls.append((done, of))) == ABC
    assert calls == [(3, 3)]


def test_missing_files_and_folders_are_input_errors(tmp_path: Path) -> None:
    with raises("file-not-found", file=str(tmp_path / "nothing")):
        sha256_file(tmp_path / "nothing")
    with raises("is-a-folder"):
        sha256_file(tmp_path)
