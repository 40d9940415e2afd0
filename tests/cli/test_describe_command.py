"""`mmar describe` as a person meets it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mmar.cli import main


@pytest.fixture
def benchmark(tmp_path: Path) -> Path:
    record = {
        "audio_path": "audio/a.wav",
        "question": "What?",
        "choices": ["A", "B"],
        "answer": "A",
        "modality": "sound",
        "category": "Signal Layer",
        "sub-category": "Anomaly Detection",
    }
    path = tmp_path / "set.jsonl"
    path.write_text(
        "".join(f"{json.dumps({'id': f'item-{index}', **record})}\n" for index in range(3)), "utf-8"
    )
    return path


@pytest.fixture
def mmar(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[..., tuple[int, str, str]]:
    monkeypatch.setenv("MMAR_CACHE_DIR", str(tmp_path / "cache"))

    def run(*arguments: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main([str(each) for each in arguments])
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out, err

    return run


def test_the_page(mmar: Any, benchmark: Path) -> None:
    status, out, _ = mmar("describe", benchmark)
    assert status == 0
    assert out.startswith("set: 3 items, digest ")
    assert "chance      50.0 % by guessing" in out


def test_json(mmar: Any, benchmark: Path) -> None:
    status, out, _ = mmar("describe", benchmark, "--json")
    assert status == 0
    assert json.loads(out)["category"] == {"Signal Layer": 3}


def test_figures_are_written_where_it_is_said(mmar: Any, benchmark: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="the extra mmar[figures] is not installed")
    folder = tmp_path / "new" / "figures"
    status, out, err = mmar("describe", benchmark, "--figures", folder, "--json")
    assert status == 0
    assert json.loads(out)["items"] == 3  # what is said of files does not stand in the way
    assert sorted(path.name for path in folder.iterdir()) == [
        f"{name}.{kind}" for name in ("categories", "modalities") for kind in ("pdf", "png", "svg")
    ]
    assert err.count("wrote ") == 6


def test_bad_records_stop_it_unless_lenient(mmar: Any, benchmark: Path) -> None:
    with benchmark.open("a", encoding="utf-8") as file:
        file.write("{broken\n")
    status, _, err = mmar("describe", benchmark)
    assert status == 2
    assert "not valid JSON" in err
    status, out, err = mmar("describe", benchmark, "--lenient")
    assert status == 0
    assert out.startswith("set: 3 items")
    assert "skipped: " in err
