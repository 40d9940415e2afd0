"""`mmar runs`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any


def test_runs_are_listed_with_their_state(in_own_folder: None, command: Callable[..., Any]) -> None:
    assert command("runs").code == "no-such-folder"
    assert command("run", "baseline/longest", "-b", "demo").status == 0
    assert command("run", "baseline/random", "-b", "demo", "--limit", "5").status == 0
    broken = Path("runs/demo/broken")
    broken.mkdir()
    (broken / "manifest.json").write_text("{")
    killed = Path("runs/other/killed")
    killed.mkdir(parents=True)
    manifest = json.loads(Path("runs/demo/baseline-longest/manifest.json").read_text())
    manifest["sessions"][-1]["ended"] = None
    (killed / "manifest.json").write_text(json.dumps(manifest))
    (killed / "answers.jsonl").write_text("")

    rows = {row["path"]: row for row in json.loads(command("runs", "--json").out)}
    states = {Path(path).name: row["state"] for path, row in rows.items()}
    assert states == {
        "baseline-longest": "complete",
        "baseline-random": "partial",
        "broken": "unreadable",
        "killed": "interrupted",
    }
    longest = rows["runs/demo/baseline-longest"]
    score = json.loads(command("score", "runs/demo/baseline-longest", "--json").out)
    assert longest["choice"] == score["scores"]["choice"]["accuracy"]
    assert longest["signature"] == score["signature"]
    assert rows["runs/demo/baseline-random"]["answered"] == 5
    assert "choice" not in rows["runs/other/killed"]
    text = command("runs", "runs/demo")
    assert text.status == 0 and "baseline-longest  complete" in text.out
    assert "OFFICIAL" not in command("runs", "--no-score").out
