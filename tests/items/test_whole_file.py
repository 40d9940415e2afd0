"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import resource
import threading
from pathlib import Path

import pytest

from mmar.errors import ExternalError
from mmar.items.whole_file import WholeFile, write_whole


def test_it_takes_its_place_at_the_end_and_its_folder_is_made(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file.csv"
    with WholeFile(path) as file:
        file.write(b"mistaken")
        file.begin_again()
        file.write(b"a,b\n")
        assert not path.exists()
        file.write(b"1,2\n")
    assert path.read_bytes() == b"a,b\n1,2\n"
    write_whole(path, (piece for piece in (b"x", b"y")))
    assert path.read_bytes() == b"xy"
    assert list(path.parent.iterdir()) == [path]
    with WholeFile(tmp_path / "empty"):
        pass
    assert (tmp_path / "empty").read_bytes() == b""


def test_whatever_goes_wrong_leaves_what_stood_there(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_whole(path, b"before")
    with pytest.raises(ZeroDivisionError), WholeFile(path) as file:
        file.write(b"half")
        file.write(b"%d" % (1 // 0))
    with pytest.raises(ZeroDivisionError), WholeFile(tmp_path / "elsewhere" / "file"):
        _ = 1 // 0  # before anything is written, and so before a folder is made
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        for size in (500, 100_000):  # too large when it is closed, and while it is written
            with pytest.raises(ExternalError, match=r"cannot be written \(File too large\)\n  → make room"):
                write_whole(path, [bytes(size)] * 3)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


def test_where_no_file_can_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "folder").mkdir()
    for path in (tmp_path / "file" / "below", tmp_path / "folder"):
        with pytest.raises(ExternalError, match="cannot be written"):
            write_whole(path, b"y")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["file", "folder"]


def test_a_link_is_followed_and_what_is_no_file_is_written_to(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    link, pipe = tmp_path / "link", tmp_path / "pipe"
    link.symlink_to("data/file")
    write_whole(link, b"first")
    write_whole(link, b"second")
    assert link.is_symlink()
    assert (tmp_path / "data" / "file").read_bytes() == b"second"
    os.mkfifo(pipe)
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    with pytest.raises(ExternalError, match="name a file"), WholeFile(pipe) as file:
        file.begin_again()
        file.write(b"to ")
        file.write(b"whom")
        file.begin_again()
    reader.join()
    assert read == [b"to whom"]
    assert pipe.is_fifo()
    assert sorted(one.name for one in tmp_path.iterdir()) == ["data", "link", "pipe"]
