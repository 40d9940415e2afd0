"""A backup or restore that is killed at any step is complete or undone."""

import json
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from backup_data import change, check, content, data

from mmar.studio.backup.backups import back_up
from mmar.studio.backup.restore import finish_restore, restore

__all__ = ["data"]

Killer = Callable[[int, str, Path, Path], bool]

# Stands in for a kill -9 at one point: the n-th time that a file or folder is renamed or a file copied, the
# process is gone, without a single line of cleaning up. One program forks such a process for each line that it
# reads, since starting an interpreter for each would take most of the time.
KILLED = """
    import json, os, sys
    from pathlib import Path
    from mmar.studio.backup import backups, restore

    left = 0

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
    backups.copy_atomic = restore.copy_atomic = counted(backups.copy_atomic)
    for line in sys.stdin:
        left, what, source, target = json.loads(line)
        child = os.fork()
        if child == 0:
            status = 1
            try:
                (backups.back_up if what == "back_up" else restore.restore)(Path(source), Path(target))
                status = 0
            finally:
                os._exit(status)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


@pytest.fixture(scope="module")
def killed_at() -> Iterator[Killer]:
    """Back up or restore and kill it at the n-th step; whether it was killed before its end."""
    words = [sys.executable, "-c", textwrap.dedent(KILLED)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdin is not None
        assert program.stdout is not None

        def kill(number: int, what: str, source: Path, target: Path) -> bool:
            print(json.dumps([number, what, str(source), str(target)]), file=program.stdin, flush=True)
            status = int(program.stdout.readline())
            assert status in (0, 9)
            return status == 9

        yield kill
        program.stdin.close()
        program.wait(60)


def test_a_killed_backup_leaves_no_folder(data: Path, tmp_path: Path, killed_at: Killer) -> None:
    before = content(data)
    number = 0
    while killed_at(number, "back_up", data, tmp_path / "backup"):
        assert not (tmp_path / "backup").exists()
        assert content(data) == before
        number += 1
    assert number >= 3
    check(tmp_path / "backup")


def test_a_killed_restore_is_undone_or_completed_at_the_next_start(
    data: Path, tmp_path: Path, killed_at: Killer
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
