"""The media folder."""

from __future__ import annotations

import os
import time
from pathlib import Path

from mmar.studio.media.media_store import clear_leftovers


def test_only_old_temporary_files_are_cleared(tmp_path: Path) -> None:
    left = [
        "incoming/0123",
        "recordings/3d/.3d24.wav.3017c213.part",
        "waveforms/3d/.3d24.peaks.3017c213.part",
    ]
    stored = ["recordings/3d/3d24.wav", "clips/aa/1-aa.wav", "incoming/young"]
    for name in (*left, *stored):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    long_ago = time.time() - 2 * 86_400
    for path in tmp_path.rglob("*"):
        if path.name != "young":
            os.utime(path, (long_ago, long_ago))
    assert clear_leftovers(tmp_path) == len(left)
    assert {name for name in (*left, *stored) if (tmp_path / name).exists()} == set(stored)
    assert clear_leftovers(tmp_path / "absent") == 0
