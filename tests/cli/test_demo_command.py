"""`mmar demo`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest


def test_the_demo_scores_its_models_and_measures_reliance(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: Any
) -> None:
    monkeypatch.setenv("MMAR_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    result = command("demo")
    assert result.status == 0
    rows = [line.split() for line in result.out.splitlines() if line.startswith("baseline/")]
    official = {row[0]: float(row[1]) for row in rows if len(row) == 7}
    choice = {row[0]: float(row[4]) for row in rows if len(row) == 7}
    assert choice["baseline/listener"] > 70 > 50 > choice["baseline/random"]
    assert official["baseline/listener-letters"] == 0.0
    assert choice["baseline/listener-letters"] == choice["baseline/listener"]
    assert {path.name for path in Path("runs/demo").iterdir()} == {
        "baseline-random", "baseline-longest", "baseline-listener", "baseline-listener-letters",
        "baseline-listener-letters-silence",
    }  # fmt: skip
