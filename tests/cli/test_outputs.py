"""No output is written over what a command reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mmar.api import load, run
from mmar.items import write_benchmark


def test_an_input_is_not_overwritten(tmp_path: Path, command: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "run"
    run("baseline/random", "demo", out=folder, limit=5)
    answers, manifest = folder / "answers.jsonl", folder / "manifest.json"
    questions = tmp_path / "questions.jsonl"

    write_benchmark(load("demo").items, questions)
    (tmp_path / "link.jsonl").symlink_to(questions)
    before = {path: path.read_bytes() for path in (answers, manifest, questions)}
    for arguments in (
        ("score", folder, "--items", answers),
        ("score", folder, "--items", manifest),
        ("score", answers, "--items", manifest),
        ("score", answers, "-b", questions, "--items", answers),
        ("score", answers, "-b", questions, "--items", questions),
        ("score", answers, "-b", questions, "--items", "link.jsonl"),
        ("compare", folder, folder, "--items", answers),
        ("reliance", folder, folder, "--items", manifest),
        ("audit", questions, "--fix-report", questions),
        ("audit", questions, "--write-baseline", "link.jsonl"),
    ):
        result = command(*arguments)
        assert (result.status, result.code, result.out) == (2, "output-is-input", ""), arguments
    assert {path: path.read_bytes() for path in before} == before
    # What was written before may be written anew, and a file beside the run's own two is nobody's.
    for _ in range(2):
        assert command("score", folder, "--items", folder / "items.csv").status == 0
