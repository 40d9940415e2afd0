"""A run's folder: what may stand in it before a run begins, and what a killed process leaves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from made_up import Scripted, benchmark

from expect import raises
from mmar.api import run
from mmar.errors import ExternalError
from mmar.models import Answer
from mmar.protocols import Request
from mmar.runs import run as running
from mmar.runs.manifest import Manifest

QUICK: Any = {"max_attempts": 1, "backoff": 0.001}


def say(request: Request, _: int) -> Answer:
    return Answer(request.item_id, "two", "")


def test_a_run_that_died_before_its_manifest_begins_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(folder: Path, manifest: Manifest) -> None:
        raise ExternalError("the disk is full")

    made, out = benchmark(tmp_path / "b"), tmp_path / "run"
    with monkeypatch.context() as patched, pytest.raises(ExternalError):
        patched.setattr(running, "write_manifest", full)
        run(Scripted(say), made, out=out, **QUICK)
    (out / ".manifest.json.4711.part").write_text('{"bench')  # killed while it was being put in place
    assert [path.name for path in out.iterdir() if not path.name.startswith(".")] == ["answers.jsonl"]
    assert run(Scripted(say), made, out=out, **QUICK).answered == 12


def test_working_files_of_killed_processes_are_cleared_away(tmp_path: Path) -> None:
    made, out = benchmark(tmp_path / "b"), tmp_path / "run"
    run(Scripted(say), made, out=out, **QUICK, limit=3)
    for name in (".manifest.json.1.part", ".predictions.jsonl.2.part"):
        (out / name).write_text("{")
    (out / "notes.txt").write_text("mine")
    run(Scripted(say), made, out=out, **QUICK)
    result = sorted(path.name for path in out.iterdir())
    assert result == [
        ".answers.jsonl.lock",
        "answers.jsonl",
        "manifest.json",
        "notes.txt",
        "predictions.jsonl",
    ]


def test_answers_without_a_manifest_are_not_taken_for_a_run_begun(tmp_path: Path) -> None:
    made, out = benchmark(tmp_path / "b"), tmp_path / "run"
    run(Scripted(say), made, out=out, **QUICK)
    (out / "manifest.json").unlink()
    before = (out / "answers.jsonl").read_bytes()
    with raises("not-a-run"):
        run(Scripted(say), made, out=out, **QUICK)
    assert (out / "answers.jsonl").read_bytes() == before


def test_a_path_through_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with raises("not-a-folder"):
        run(Scripted(say), benchmark(tmp_path / "b"), out=tmp_path / "file" / "run", **QUICK)


def test_another_protocol_is_named_by_its_label_alone(tmp_path: Path) -> None:
    made, out = benchmark(tmp_path / "b"), tmp_path / "run"
    run(Scripted(say), made, out=out, **QUICK)
    with raises("another-run") as refused:
        run(Scripted(say), made, out=out, **QUICK, protocol="letter")
    assert "protocol: mmar@1 there, letter@1 now" in str(refused.value)
    assert "template" not in str(refused.value)


def test_concurrency_is_no_part_of_the_run(tmp_path: Path) -> None:
    (tmp_path / "first.py").write_text("def answer(request):\n    return request['choices'][0]\n")
    model, made, out = f"python:{tmp_path / 'first.py'}:answer", benchmark(tmp_path / "b"), tmp_path / "run"
    run(model, made, out=out, limit=2, options={"uses_audio": "no"})
    done = run(model, made, out=out, options={"uses_audio": "no", "threads": "4"})
    assert (done.answered_before, done.answered) == (2, 12)
    assert "settings:uses_audio=no|" in done.manifest.signature_of().long
