"""A data folder to back up, and functions that read and change it."""

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path, PurePosixPath

import pytest

from mmar.studio.backup.backups import read_backup


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    (folder / "media" / "incoming").mkdir(parents=True)
    (folder / "media" / ".work").mkdir()
    (folder / "media" / "a.wav").write_bytes(b"sound" * 1000)
    (folder / "media" / "incoming" / "half").write_bytes(b"half")
    (folder / "media" / ".work" / "half").write_bytes(b"half")
    with closing(sqlite3.connect(folder / "studio.db")) as base, base:
        base.execute("PRAGMA journal_mode=WAL")
        base.execute("CREATE TABLE clip (name TEXT)")
        base.execute("CREATE TABLE account (name TEXT, money INTEGER)")
        base.execute("INSERT INTO account VALUES ('a', 1000), ('b', 0)")
    return folder


def money(database: Path) -> list[tuple[str, int]]:
    with closing(sqlite3.connect(database)) as base:
        return base.execute("SELECT name, money FROM account ORDER BY name").fetchall()


def content(folder: Path) -> dict[str, object]:
    """The content of a data folder by path: the rows of the database, the bytes of other files."""
    names = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    return {
        name: money(path) if name == "studio.db" else path.read_bytes()
        for name, path in names.items()
        if not any(part.startswith(".") or part == "incoming" for part in PurePosixPath(name).parts)
        and not name.startswith("studio.db-")
    }


def check(backup: Path) -> None:
    """Every file of a backup is there, as its manifest says."""
    for name, file in read_backup(backup).files.items():
        data = (backup / "data" / name).read_bytes()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (file.size, file.sha256)


def change(data: Path) -> None:
    with closing(sqlite3.connect(data / "studio.db")) as base, base:
        base.execute("UPDATE account SET money = 5")
    (data / "media" / "a.wav").unlink()
    (data / "media" / "new.wav").write_bytes(b"new")
