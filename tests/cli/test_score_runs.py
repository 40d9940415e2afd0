"""`mmar score` of a run: its folder, its ledger, its benchmark."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mmar.cli import main

ITEM: dict[str, Any] = {
    "id": "a",
    "audio_path": "./a.wav",
    "question": "Which?",
    "choices": ["one", "another"],
    "answer": "another",
    "modality": "sound",
    "category": "Signal Layer",
}


def mmar(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    return int(ended.value.code or 0)


def bench(folder: Path) -> Path:
    path = folder / "b.jsonl"
    path.write_text(f"{json.dumps(ITEM)}\n")
    return path


def test_a_key_is_for_files(tmp_path: Path, command: Any) -> None:
    run = tmp_path / "run"
    assert command("run", "baseline/longest", "--benchmark", bench(tmp_path), "--out", run).status == 0
    assert command("score", run, "--key", "answer_prediction").code == "key-of-run"


def test_a_runs_ledger_stands_for_its_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert mmar("run", "baseline/longest", "--benchmark", bench(tmp_path), "--out", tmp_path / "run") == 0
    ledger = tmp_path / "run" / "answers.jsonl"
    failure: dict[str, Any] = {"id": "a", "answer_prediction": "", "thinking_prediction": ""}
    failure |= {"failure": {"kind": "timeout", "message": "no"}}
    ledger.write_text(f"{json.dumps(failure)}\n{ledger.read_text()}")
    capsys.readouterr()
    message = []
    for path in (tmp_path / "run", ledger):
        assert mmar("score", path) == 0
        message.append(capsys.readouterr().out)
    assert message[0] == message[1]
    assert "answers     1 read" in message[0]
    assert "model:baseline/longest" in message[0]


def test_a_run_whose_benchmark_was_moved(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert mmar("run", "baseline/longest", "--benchmark", bench(tmp_path), "--out", tmp_path / "run") == 0
    moved = (tmp_path / "b.jsonl").rename(tmp_path / "c.jsonl")
    assert mmar("score", tmp_path / "run") == 2
    message = capsys.readouterr().err
    assert "b.jsonl" in message
    assert "--benchmark" in message
    assert mmar("score", tmp_path / "run", "--benchmark", moved) == 0
