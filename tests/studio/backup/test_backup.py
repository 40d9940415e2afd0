"""Backups of a data folder, and restoring them."""

import hashlib
import json
import os
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from backup_data import change, check, content, data, money

from expect import raises
from mmar.errors import InputError
from mmar.files.atomic import copy_atomic
from mmar.files.locks import try_lock
from mmar.studio.backup.backups import back_up, read_backup
from mmar.studio.backup.restore import finish_restore, restore
from waiting import until

__all__ = ["data"]

# What a studio does all the time: a file first, then the row that names it; now and then a larger transaction
# of which half must never be seen. Runs until it is killed.
WRITER = """
    import hashlib, sqlite3, sys
    from pathlib import Path

    data = Path(sys.argv[1])
    base = sqlite3.connect(data / "studio.db", timeout=30, isolation_level=None)
    base.execute("PRAGMA journal_mode=WAL")
    number = 0
    while True:
        number += 1
        content = str(number).encode() * 2000
        name = hashlib.sha256(content).hexdigest()
        (data / "media" / name).write_bytes(content)
        base.execute("BEGIN IMMEDIATE")
        base.execute("INSERT INTO clip VALUES (?)", (name,))
        base.execute("UPDATE account SET money = money - 1 WHERE name = 'a'")
        base.execute("UPDATE account SET money = money + 1 WHERE name = 'b'")
        base.execute("COMMIT")
        if number == 3:
            print("writing", flush=True)
"""


def test_a_backup_has_the_database_and_all_files_but_temporary_ones(data: Path, tmp_path: Path) -> None:
    made = back_up(data, tmp_path / "backup")
    assert set(made.files) == {"studio.db", "media/a.wav"}
    assert made.vanished == 0
    assert read_backup(tmp_path / "backup") == made
    check(tmp_path / "backup")
    assert money(tmp_path / "backup" / "data" / "studio.db") == [("a", 1000), ("b", 0)]
    assert content(tmp_path / "backup" / "data").keys() == set(made.files)


def test_a_backup_of_a_running_server_is_consistent_and_complete(data: Path, tmp_path: Path) -> None:
    writer = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(WRITER), str(data)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "writing\n"
        for number in range(2):
            into = tmp_path / f"backup {number}"
            made = back_up(data, into)
            accounts = money(into / "data" / "studio.db")
            assert sum(amount for _, amount in accounts) == 1000
            with closing(sqlite3.connect(into / "data" / "studio.db")) as base:
                names = [name for (name,) in base.execute("SELECT name FROM clip")]
            assert len(names) == accounts[1][1] >= 3
            for name in names:
                assert hashlib.sha256((into / "data" / "media" / name).read_bytes()).hexdigest() == name
            assert made.vanished == 0
        before = money(data / "studio.db")
        until(lambda: money(data / "studio.db")[1][1] > before[1][1])  # the writer was not stopped
    finally:
        writer.kill()
        writer.wait()
        if writer.stdout is not None:
            writer.stdout.close()


def test_a_restore_replaces_the_data_and_keeps_the_former_data_aside(data: Path, tmp_path: Path) -> None:
    before = content(data)
    back_up(data, tmp_path / "backup")
    change(data)
    changed = content(data)
    restore(tmp_path / "backup", data)
    assert money(data / "studio.db") == [("a", 1000), ("b", 0)]
    assert content(data) == before
    assert content(data / ".before-restore") == changed
    check(tmp_path / "backup")
    restore(tmp_path / "backup", tmp_path / "elsewhere" / "data")
    assert money(tmp_path / "elsewhere" / "data" / "studio.db") == [("a", 1000), ("b", 0)]
    assert not finish_restore(data)


def test_a_restore_under_a_running_server_is_refused(data: Path, tmp_path: Path) -> None:
    back_up(data, tmp_path / "backup")
    with closing(sqlite3.connect(data / "studio.db")) as base:
        base.execute("PRAGMA journal_mode=WAL")
        base.execute("SELECT * FROM account").fetchall()
        before = content(data)
        with raises("database-in-use"):
            restore(tmp_path / "backup", data)
        assert content(data) == before


@pytest.mark.parametrize("damage", ["missing", "changed", "climbing", "no list"])
def test_an_incomplete_backup_is_not_restored(damage: str, data: Path, tmp_path: Path) -> None:
    into = tmp_path / "backup"
    back_up(data, into)
    if damage == "missing":
        (into / "data" / "media" / "a.wav").unlink()
    elif damage == "changed":
        (into / "data" / "media" / "a.wav").write_bytes(b"other" * 1000)
    elif damage == "climbing":
        listed = (into / "backup.json").read_text(encoding="utf-8")
        (into / "backup.json").write_text(listed.replace("media/a.wav", "../../evil"), encoding="utf-8")
    else:
        (into / "backup.json").unlink()
    change(data)
    before = content(data)
    with pytest.raises(InputError):
        restore(into, data)
    assert content(data) == before
    assert not (data / ".restore").exists()


def listed(backup: Path, name: str, content: bytes) -> None:
    """Put a file on a backup's list."""
    result = json.loads((backup / "backup.json").read_bytes())
    result["files"][name] = {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    (backup / "backup.json").write_text(json.dumps(result), encoding="utf-8")


def hostile_journal(backup: Path) -> None:
    (backup / "data" / "studio.db-wal").write_bytes(b"x")
    listed(backup, "studio.db-wal", b"x")


def hostile_hidden(backup: Path) -> None:
    (backup / "data" / ".restore").mkdir()
    (backup / "data" / ".restore" / "state.json").write_bytes(b"x")
    listed(backup, ".restore/state.json", b"x")


def hostile_link(backup: Path) -> None:
    secret = backup.with_name("secret")
    secret.write_bytes(b"x")
    (backup / "data" / "media" / "link").symlink_to(secret)
    listed(backup, "media/link", b"x")


def hostile_linked_folder(backup: Path) -> None:
    secret = backup.with_name("secrets")
    secret.mkdir()
    (secret / "file").write_bytes(b"x")
    (backup / "data" / "media" / "link").symlink_to(secret)
    listed(backup, "media/link/file", b"x")


def hostile_pipe(backup: Path) -> None:
    os.mkfifo(backup / "data" / "media" / "pipe")
    listed(backup, "media/pipe", b"")


def hostile_bomb(backup: Path) -> None:
    with (backup / "data" / "media" / "bomb").open("wb") as file:
        file.truncate(1 << 40)  # a hole: it takes no room where it lies, and all of it where it is copied to
    listed(backup, "media/bomb", b"x")


@pytest.mark.parametrize(
    "spoil",
    [hostile_journal, hostile_hidden, hostile_link, hostile_linked_folder, hostile_pipe, hostile_bomb],
)
def test_a_forged_backup_is_not_restored(spoil: Callable[[Path], None], data: Path, tmp_path: Path) -> None:
    back_up(data, tmp_path / "backup")
    spoil(tmp_path / "backup")
    before = content(data)
    with pytest.raises(InputError):
        restore(tmp_path / "backup", data)
    assert content(data) == before
    assert not (data / ".restore").exists()


def test_a_backup_is_readable_by_its_owner_only_and_follows_links_to_folders(
    data: Path, tmp_path: Path
) -> None:
    (data / "media").rename(tmp_path / "large disk")
    (data / "media").symlink_to(tmp_path / "large disk")
    (data / "media" / "link").symlink_to("/etc")  # nothing below it is followed
    made = back_up(data, tmp_path / "backup")
    assert set(made.files) == {"studio.db", "media/a.wav"}
    assert (tmp_path / "backup").stat().st_mode & 0o077 == 0
    restore(tmp_path / "backup", tmp_path / "new")
    assert (tmp_path / "new").stat().st_mode & 0o077 == 0
    assert content(tmp_path / "new").keys() == {"studio.db", "media/a.wav"}


def test_a_full_disk_is_an_error_before_anything_is_copied(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    back_up(data, tmp_path / "backup")
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=0))
    before = content(data)
    with raises("disk-full"):
        restore(tmp_path / "backup", data)
    assert content(data) == before


def test_concurrent_restores_are_refused(data: Path, tmp_path: Path) -> None:
    back_up(data, tmp_path / "backup")
    held = try_lock(data / ".restore.lock")
    assert held is not None
    with raises("restoring"):
        restore(tmp_path / "backup", data)
    with raises("restoring"):
        finish_restore(data)
    held.release()
    restore(tmp_path / "backup", data)


def test_folders_that_cannot_be_backed_up(data: Path, tmp_path: Path) -> None:
    with raises("no-data-folder"):
        back_up(tmp_path / "absent", tmp_path / "backup")
    with raises("no-data-folder"):
        back_up(tmp_path, tmp_path / "backup")
    for into in (tmp_path / "data", tmp_path / "data" / "backups"):
        with raises("exists"):
            back_up(data, into)
    (data / "studio.db").write_bytes(b"no database at all" * 100)
    with raises("damaged-database"):
        back_up(data, tmp_path / "backup")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data"]


def test_a_file_that_is_deleted_meanwhile_is_counted(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def deleted_first(source: Path, target: Path, **options: Any) -> str:
        source.unlink()
        return copy_atomic(source, target, **options)

    monkeypatch.setattr("mmar.studio.backup.backups.copy_atomic", deleted_first)
    made = back_up(data, tmp_path / "backup")
    assert (made.vanished, set(made.files)) == (1, {"studio.db"})
