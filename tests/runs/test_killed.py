"""A run that is killed thirty times ends with every item answered once and nothing lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from mmar.api import load
from mmar.inputs import scoring_task
from mmar.scoring.score import score_task


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_many_kills_lose_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MMAR_CACHE_DIR", str(tmp_path / "cache"))
    demo = load("demo")
    script = Path(__file__).with_name("killing.py")
    killed = subprocess.run(
        [sys.executable, str(script), str(tmp_path / "run"), "30", "1"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert killed.returncode == 0, killed.stderr
    lines = (tmp_path / "run" / "answers.jsonl").read_text().splitlines()
    assert Counter(json.loads(line)["id"] for line in lines) == Counter(item.id for item in demo)
    # The kills came while there was something to lose, not after the end.
    assert int(killed.stdout) > 0
    sessions = json.loads((tmp_path / "run" / "manifest.json").read_text())["sessions"]
    assert sum(session["ended"] is None for session in sessions) > 5
    # What it answered is what it answers undisturbed: the listener is a function of the clip.
    score = score_task(scoring_task(tmp_path / "run")).score
    assert score.states["choice"] == score.n == len(demo)
