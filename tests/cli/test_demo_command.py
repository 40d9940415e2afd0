"""`mmar demo`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest


def test_the_demo_scores_three_models_and_keeps_seeds_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: Any
) -> None:
    monkeypatch.setenv("MMAR_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    result = command("demo")
    assert result.status == 0
    models = ("random", "longest", "listener")
    accuracies = {line.split()[0]: float(line.split()[1]) for line in result.out.splitlines()[-3:]}
    assert set(accuracies) == {f"baseline/{model}" for model in models}
    assert accuracies["baseline/listener"] > 70 > 50 > accuracies["baseline/random"]
    again = command("demo", "--seed", "1")
    assert again.status == 0 and "seed:1" in again.out
    assert {path.name for path in Path("demo-runs").iterdir()} == {
        f"baseline-{model}{seed}" for model in models for seed in ("", "-seed1")
    }
