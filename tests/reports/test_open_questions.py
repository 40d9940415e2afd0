"""Runs of a benchmark that has open questions beside those with choices: each output is of the latter."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from page.reports import blocks_of

import mmar
from mmar.models import Answer
from mmau_pro import records
from runs.made_up import Scripted


@pytest.fixture
def runs(tmp_path: Path) -> list[Path]:
    """Two runs that name the first and the last choice, and say something to open questions."""
    questions = tmp_path / "pro.jsonl"
    questions.write_text("".join(f"{json.dumps(record)}\n" for record in records()), "utf-8")
    choices = {record["id"]: record["choices"] or ["Because."] for record in records()}

    def made(index: int) -> Path:
        def say(request: Any, _: int) -> Answer:
            return Answer(request.item_id, choices[request.item_id][index], "")

        mmar.run(Scripted(say, name=f"test/{index}"), questions, out=tmp_path / f"run{index}")
        return tmp_path / f"run{index}"

    return [made(0), made(-1)]


def test_a_comparison_is_of_the_questions_with_choices(runs: list[Path]) -> None:
    compared = mmar.compare(*runs)
    scores = [mmar.score(run) for run in runs]
    assert compared.n == compared.asked == scores[0].n == 3
    assert [run.accuracy for run in compared.runs] == [score.choice.accuracy for score in scores]
    assert scores[0].signature.partition("#")[2].startswith(compared.digest[:8])


def test_a_report_and_a_leaderboard_leave_open_questions_out(runs: list[Path], tmp_path: Path) -> None:
    written = mmar.report(runs, out=tmp_path / "page", audio="none")
    core = blocks_of(written.path.read_text("utf-8"))["core"]
    assert core["items"]["id"] == ["c1", "c2", "c3"]
    assert [run["states"] for run in core["runs"]] == ["ccc", "ccc"]
    assert "5 questions without choices" in written.notes[0]
    folder = mmar.leaderboard(*runs, out=tmp_path / "board").parent
    board = json.loads((folder / "leaderboard.json").read_text("utf-8"))
    assert (board["n"], board["items"]["ids"], board["digest"]) == (
        3,
        ["c1", "c2", "c3"],
        core["benchmark"]["digest"],
    )
    assert board["items"]["keys"] == [
        0,
        0,
        -1,
    ]  # a key in other letters than the choice, and one that is no choice


def test_exports_have_the_questions_with_choices(runs: list[Path]) -> None:
    (log,) = mmar.export_run(runs[0], to="inspect")
    assert log.is_file()
    _, samples = mmar.export_run(runs[0], to="every-eval-ever")
    assert len(samples.read_text("utf-8").splitlines()) == 3
    assert mmar.error_analysis(runs[0]).wrong == 3 - mmar.score(runs[0]).choice.correct
