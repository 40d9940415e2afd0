"""Locks between processes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from expect import raises
from mmar.errors import ExternalError
from mmar.files.locks import lock, try_lock

HOLD = "import sys, time\nfrom mmar.files.locks import lock\nwith lock(sys.argv[1]):\n    print('held', flush=True); time.sleep(60)\n"


def test_one_holder_at_a_time_and_the_folder_is_created(tmp_path: Path) -> None:
    path = tmp_path / "new" / ".lock"
    held = try_lock(path)
    assert held is not None
    assert try_lock(path) is None
    held.release()
    with lock(path):
        assert try_lock(path) is None
    with lock(path, on_wait=lambda: 1 // 0):
        pass


def test_a_killed_process_releases_its_lock(tmp_path: Path) -> None:
    path = tmp_path / ".lock"
    waits = []
    with subprocess.Popen([sys.executable, "-c", HOLD, path], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"held\n"

        def on_wait() -> None:
            waits.append(1)
            child.kill()

        with lock(path, on_wait):
            assert waits == [1]


def test_a_lock_that_cannot_be_written_is_an_external_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with raises("not-lockable", ExternalError):
        try_lock(tmp_path / "file" / ".lock")
