"""Atomic writes."""

from __future__ import annotations

import os
import resource
import threading
from pathlib import Path

import pytest

from expect import raises
from mmar.errors import ExternalError
from mmar.files.atomic import (
    AtomicFile,
    atomic_folder,
    atomic_path,
    copy_atomic,
    require_space,
    write_atomic,
)


def test_the_target_is_replaced_at_the_end_and_its_folder_is_created(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file.csv"
    with AtomicFile(path) as file:
        file.write(b"mistaken")
        file.restart()
        file.write(b"a,b\n")
        assert not path.exists()
        file.write(b"1,2\n")
    assert path.read_bytes() == b"a,b\n1,2\n"
    write_atomic(path, (piece for piece in (b"x", b"y")))
    assert path.read_bytes() == b"xy"
    assert list(path.parent.iterdir()) == [path]
    with AtomicFile(tmp_path / "empty"):
        pass
    assert (tmp_path / "empty").read_bytes() == b""


def test_after_a_failure_the_target_is_unchanged(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_atomic(path, b"before")
    with pytest.raises(ZeroDivisionError), AtomicFile(path) as file:
        file.write(b"half")
        file.write(b"%d" % (1 // 0))
    with pytest.raises(ZeroDivisionError), AtomicFile(tmp_path / "elsewhere" / "file"):
        _ = 1 // 0  # before anything is written, and so before a folder is made
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        for size in (500, 100_000):  # too large when it is closed, and while it is written
            with raises("disk-full", ExternalError):
                write_atomic(path, [bytes(size)] * 3)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


def test_targets_that_cannot_be_written_are_external_errors(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "folder").mkdir()
    for path in (tmp_path / "file" / "below", tmp_path / "folder"):
        with raises("not-writable", ExternalError):
            write_atomic(path, b"y")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["file", "folder"]


def test_links_are_followed_and_pipes_are_written_to_directly(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    link, pipe = tmp_path / "link", tmp_path / "pipe"
    link.symlink_to("data/file")
    write_atomic(link, b"first")
    write_atomic(link, b"second")
    assert link.is_symlink()
    assert (tmp_path / "data" / "file").read_bytes() == b"second"
    os.mkfifo(pipe)
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    with raises("not-a-file", ExternalError), AtomicFile(pipe) as file:
        file.restart()
        file.write(b"to ")
        file.write(b"whom")
        file.restart()
    reader.join()
    assert read == [b"to whom"]
    assert pipe.is_fifo()
    assert sorted(one.name for one in tmp_path.iterdir()) == ["data", "link", "pipe"]


def test_a_library_can_write_to_a_temporary_path(tmp_path: Path) -> None:
    path = tmp_path / "new" / "table.db"
    with atomic_path(path) as part:
        part.write_bytes(b"1")
        assert not path.exists()
    with pytest.raises(ZeroDivisionError), atomic_path(path) as part:
        part.write_bytes(b"2")
        _ = 1 // 0
    assert path.read_bytes() == b"1"
    with atomic_path(path):
        pass  # nothing was written
    assert path.read_bytes() == b"1"
    assert list(path.parent.iterdir()) == [path]


def test_a_folder_appears_complete_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "release"
    with pytest.raises(ZeroDivisionError), atomic_folder(path) as part:
        (part / "a").write_bytes(b"1")
        _ = 1 // 0
    assert list(tmp_path.iterdir()) == []
    path.mkdir()
    with atomic_folder(path) as part:
        (part / "a").write_bytes(b"1")
        assert list(tmp_path.glob(".release.*.part")) == [part]
    assert [one.name for one in path.iterdir()] == ["a"]
    with raises("not-writable", ExternalError), atomic_folder(path):
        pass
    assert [one.name for one in tmp_path.rglob("*")] == ["release", "a"]


def test_copying_returns_the_digest(tmp_path: Path) -> None:
    (tmp_path / "abc").write_bytes(b"abc")
    digest = copy_atomic(tmp_path / "abc", tmp_path / "new" / "copy")
    assert digest == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # FIPS 180-4
    assert (tmp_path / "new" / "copy").read_bytes() == b"abc"
    with raises("file-not-found"):
        copy_atomic(tmp_path / "nothing", tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


def test_free_space_is_checked(tmp_path: Path) -> None:
    require_space(tmp_path, 1)
    with raises("disk-full", ExternalError):
        require_space(tmp_path, 1 << 61)
