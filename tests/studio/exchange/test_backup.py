import hashlib
import json
import os
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Callable
from contextlib import closing
from pathlib import Path, PurePosixPath
from types import SimpleNamespace
from typing import Any

import pytest

from expect import raises
from mmar.errors import InputError
from mmar.files.atomic import copy_atomic
from mmar.files.locks import try_lock
from mmar.studio.exchange.backup import back_up, read_backup
from mmar.studio.exchange.restore import finish_restore, restore
from waiting import until

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
    """What a data folder holds: of the database what is in it, of the rest the bytes."""
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


def test_a_backup_holds_the_database_and_the_files_and_not_what_is_of_the_moment(
    data: Path, tmp_path: Path
) -> None:
    made = back_up(data, tmp_path / "backup")
    assert set(made.files) == {"studio.db", "media/a.wav"}
    assert made.vanished == 0
    assert read_backup(tmp_path / "backup") == made
    check(tmp_path / "backup")
    assert money(tmp_path / "backup" / "data" / "studio.db") == [("a", 1000), ("b", 0)]
    assert content(tmp_path / "backup" / "data").keys() == set(made.files)


def test_while_a_server_writes_every_backup_is_of_one_moment_and_has_every_file(
    data: Path, tmp_path: Path
) -> None:
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


def test_a_restore_brings_it_back_and_keeps_what_was_there(data: Path, tmp_path: Path) -> None:
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
def test_a_backup_that_is_not_whole_changes_nothing(damage: str, data: Path, tmp_path: Path) -> None:
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
    found = json.loads((backup / "backup.json").read_bytes())
    found["files"][name] = {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    (backup / "backup.json").write_text(json.dumps(found), encoding="utf-8")


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
    [
        hostile_journal,
        hostile_hidden,
        hostile_link,
        hostile_linked_folder,
        hostile_pipe,
        hostile_bomb,
    ],
)
def test_a_backup_that_somebody_made_up_changes_nothing(
    spoil: Callable[[Path], None], data: Path, tmp_path: Path
) -> None:
    back_up(data, tmp_path / "backup")
    spoil(tmp_path / "backup")
    before = content(data)
    with pytest.raises(InputError):
        restore(tmp_path / "backup", data)
    assert content(data) == before
    assert not (data / ".restore").exists()


def test_a_backup_is_its_owners_alone_and_follows_a_folder_to_its_disk(data: Path, tmp_path: Path) -> None:
    (data / "media").rename(tmp_path / "large disk")
    (data / "media").symlink_to(tmp_path / "large disk")
    (data / "media" / "link").symlink_to("/etc")  # nothing below it is followed
    made = back_up(data, tmp_path / "backup")
    assert set(made.files) == {"studio.db", "media/a.wav"}
    assert (tmp_path / "backup").stat().st_mode & 0o077 == 0
    restore(tmp_path / "backup", tmp_path / "new")
    assert (tmp_path / "new").stat().st_mode & 0o077 == 0
    assert content(tmp_path / "new").keys() == {"studio.db", "media/a.wav"}


def test_no_room_is_said_before_anything_is_copied(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    back_up(data, tmp_path / "backup")
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=0))
    before = content(data)
    with raises("disk-full"):
        restore(tmp_path / "backup", data)
    assert content(data) == before


def test_two_restores_at_once(data: Path, tmp_path: Path) -> None:
    back_up(data, tmp_path / "backup")
    held = try_lock(data / ".restore.lock")
    assert held is not None
    with raises("restoring"):
        restore(tmp_path / "backup", data)
    with raises("restoring"):
        finish_restore(data)
    held.release()
    restore(tmp_path / "backup", data)


# Stands in for a kill -9 at one point: the n-th time that a file or folder is renamed or a file copied, the
# process is gone, without a single line of cleaning up.
KILLED = """
    import os, sys
    from pathlib import Path
    from mmar.studio.exchange import backup, restore

    left = int(sys.argv[1])

    def counted(function):
        def call(*arguments, **named):
            global left
            left -= 1
            if left < 0:
                os._exit(9)
            return function(*arguments, **named)
        return call

    Path.rename = counted(Path.rename)
    Path.replace = counted(Path.replace)
    Path.unlink = counted(Path.unlink)
    backup.copy_atomic = restore.copy_atomic = counted(backup.copy_atomic)
    what, source, target = sys.argv[2:]
    (backup.back_up if what == "back_up" else restore.restore)(Path(source), Path(target))
"""


def killed_at(number: int, what: str, source: Path, target: Path) -> bool:
    """Run it with a kill at the n-th step; whether that was before its end."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(KILLED), str(number), what, str(source), str(target)],
        check=False,
    )
    assert done.returncode in (0, 9)
    return done.returncode == 9


def test_a_backup_that_is_killed_is_not_there(data: Path, tmp_path: Path) -> None:
    before = content(data)
    number = 0
    while killed_at(number, "back_up", data, tmp_path / "backup"):
        assert not (tmp_path / "backup").exists()
        assert content(data) == before
        number += 1
    assert number >= 3
    check(tmp_path / "backup")


def test_a_restore_that_is_killed_has_changed_nothing_or_is_finished_at_the_next_start(
    data: Path, tmp_path: Path
) -> None:
    back_up(data, tmp_path / "backup")
    restored = content(tmp_path / "backup" / "data")
    change(data)
    before = content(data)
    swapped = []
    for number in range(40):
        if not killed_at(number, "restore", tmp_path / "backup", data):
            break
        if finish_restore(data):
            swapped.append(number)
            assert content(data) == restored
            assert content(data / ".before-restore") == before
            # Back to the state before, for the next kill.
            for path in [path for path in data.iterdir() if path.name != ".before-restore"]:
                path.rename(tmp_path / f"thrown {number} {path.name}")
            for path in list((data / ".before-restore").iterdir()):
                path.rename(data / path.name)
        else:
            now = content(data)
            assert now == before or (now == restored and swapped)
            if now == restored:
                break
        assert not finish_restore(data)
    assert len(swapped) >= 5  # each rename of the swap was a place to be killed at
    restore(tmp_path / "backup", data)
    assert content(data) == restored


def test_what_cannot_be_backed_up(data: Path, tmp_path: Path) -> None:
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

    monkeypatch.setattr("mmar.studio.exchange.backup.copy_atomic", deleted_first)
    made = back_up(data, tmp_path / "backup")
    assert (made.vanished, set(made.files)) == (1, {"studio.db"})
