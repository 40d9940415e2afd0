"""Submissions to the challenge: written from a run, checked, and scored by the Codabench bundle."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from expect import raises
from mmar.reports.codabench import score_submission

DATA = Path(__file__).parents[1] / "logs" / "data"
ITEMS = DATA / "items.jsonl"
LOG = DATA / "inspect-0.3.285.eval"


def records(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_every_item_once_with_the_choice_that_its_answer_names(
    tmp_path: Path, command: Callable[..., Any]
) -> None:
    out = tmp_path / "s.jsonl"
    result = command("submit", LOG, "-b", ITEMS, "--out", out, "--json")
    questions = {row["id"]: row for row in records(ITEMS)}
    rows = records(out)
    assert [row["id"] for row in rows] == list(questions)
    assert all(set(row) == {"id", "answer_prediction", "thinking_prediction"} for row in rows)
    assert all(isinstance(value, str) for row in rows for value in row.values())
    report = json.loads(result.out)
    assert report["n"] == len(rows)
    checked = command("submit", out, "--check", "-b", ITEMS, "--json")
    assert checked.status == 0
    assert json.loads(checked.out) == report


def test_raw_answers_stay_as_they_came(tmp_path: Path, command: Callable[..., Any]) -> None:
    log = tmp_path / "p.jsonl"
    rows = [
        {"id": row["id"], "answer_prediction": "(A) or so", "thinking_prediction": "x" * 20_000}
        for row in records(ITEMS)
    ]
    rows[0]["answer_prediction"] = None
    log.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    out = tmp_path / "s.jsonl"
    assert command("submit", log, "-b", ITEMS, "--out", out, "--raw").status == 0
    written = records(out)
    assert {row["answer_prediction"] for row in written[1:]} == {"(A) or so"}
    assert written[0]["answer_prediction"] == ""
    assert {len(row["thinking_prediction"]) for row in written} == {9_999}


@pytest.mark.parametrize(
    ("change", "problems"),
    [
        (lambda rows: rows.pop(), 1),
        (lambda rows: rows.append(rows[0]), 1),
        (lambda rows: rows[0].update(answer_prediction=None), 2),
        (lambda rows: rows[0].pop("thinking_prediction"), 2),
        (lambda rows: rows[0].update(id="nothing"), 2),
        (lambda rows: rows[0].update(answer_prediction=["a"]), 2),
    ],
)
def test_problems_of_a_submission_are_listed(
    tmp_path: Path, command: Callable[..., Any], change: Callable[[list[Any]], Any], problems: int
) -> None:
    rows = [
        {"id": row["id"], "answer_prediction": row["answer"], "thinking_prediction": "t"}
        for row in records(ITEMS)
    ]
    change(rows)
    path = tmp_path / "s.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    result = command("submit", path, "--check", "-b", ITEMS, "--json")
    assert result.status == 1
    assert len(json.loads(result.out)["problems"]) == problems


@pytest.mark.parametrize("hide", [False, True])
def test_the_codabench_bundle_scores_a_submission(
    tmp_path: Path, command: Callable[..., Any], hide: bool
) -> None:
    bundle, again = tmp_path / "b.zip", tmp_path / "c.zip"
    options = ["--hide-answers"] if hide else []
    assert command("submit", "--codabench", bundle, "-b", ITEMS, *options).status == 0
    command("submit", "--codabench", again, "-b", ITEMS, *options)
    assert bundle.read_bytes() == again.read_bytes()
    with zipfile.ZipFile(bundle) as archive:
        assert {"competition.yaml", "scoring_program.zip", "reference_data.zip", "overview.md"} <= set(
            archive.namelist()
        )
        program = zipfile.ZipFile(io.BytesIO(archive.read("scoring_program.zip"))).read("metadata.yaml")
        assert (b"/app/output --hide-answers'" in program) == hide
        zipfile.ZipFile(io.BytesIO(archive.read("scoring_program.zip"))).extractall(tmp_path / "program")
        reference = zipfile.ZipFile(io.BytesIO(archive.read("reference_data.zip")))
    reference.extractall(tmp_path / "input" / "ref")
    folder = tmp_path / "input" / "res"
    folder.mkdir()
    command("submit", LOG, "-b", ITEMS, "--out", folder / "submission.jsonl")
    subprocess.run(
        [sys.executable, "-m", "mmar.reports.codabench", tmp_path / "input", tmp_path / "out", *options],
        check=True,
        env={**os.environ, "PYTHONPATH": str(tmp_path / "program")},
    )
    (folder / "another.jsonl").write_text("{}", "utf-8")
    with raises("invalid-submission"):
        score_submission(tmp_path / "input", tmp_path / "out")
    scores = json.loads((tmp_path / "out" / "scores.json").read_text("utf-8"))
    report = json.loads(command("submit", folder / "submission.jsonl", "--check", "-b", ITEMS, "--json").out)
    assert scores["official"] == pytest.approx(report["official"])
    assert scores["choice"] == pytest.approx(report["choice"])
    page = (tmp_path / "out" / "detailed_results.html").read_text("utf-8")
    assert ("<pre>" in page) == hide
    assert ("Content-Security-Policy" in page) != hide


def mmau_test(path: Path, **answer: str) -> Path:
    """Questions in MMAU's layout whose answers are withheld."""
    rows = [
        {
            "id": f"q{index}",
            "audio_id": f"./test-audios/q{index}.wav",
            "question": f"Which, of {index}?",
            "choices": ["rain", "wind"],
            **answer,
            "dataset": "AudioSet",
            "task": "sound",
            "split": "test",
            "category": "Reasoning",
            "sub-category": "Acoustic Source Inference",
            "difficulty": "easy",
        }
        for index in range(3)
    ]
    path.write_text(json.dumps(rows), "utf-8")
    return path


@pytest.mark.parametrize("answer", [{}, {"answer": ""}, {"answer": " "}])
def test_a_withheld_benchmark_is_run_and_submitted_in_its_own_layout(
    tmp_path: Path, command: Callable[..., Any], answer: dict[str, str]
) -> None:
    questions = mmau_test(tmp_path / "mmau-test.json", **answer)
    run, out = tmp_path / "run", tmp_path / "submission.json"
    result = command("run", "baseline/longest", "--benchmark", questions, "--condition", "none", "--out", run)
    assert result.status == 0
    assert "mmar submit" in result.out + result.err
    refused = command("score", run)
    assert refused.status == 2
    assert "withholds" in refused.err
    written = command("submit", run, "--out", out, "--json")
    assert written.status == 0
    assert json.loads(written.out)["choice"] is None
    rows = json.loads(out.read_text("utf-8"))
    for row, published in zip(rows, json.loads(questions.read_text("utf-8")), strict=True):
        assert row == {**published, "model_prediction": "rain", "model_output": "rain"}
    assert command("submit", out, "--check", "-b", questions).status == 0
    again = command("submit", run / "predictions.jsonl", "-b", questions, "--out", tmp_path / "again.json")
    assert again.status == 0
    assert (tmp_path / "again.json").read_bytes() == out.read_bytes()
    assert command("score", out).status == 2


def test_problems_of_an_mmau_submission_are_listed(tmp_path: Path, command: Callable[..., Any]) -> None:
    questions = mmau_test(tmp_path / "mmau-test.json")
    rows = json.loads(questions.read_text("utf-8"))
    for row in rows:
        row |= {"model_prediction": "rain", "model_output": "rain"}
    rows[0]["model_output"] = None
    rows[1]["choices"] = ["rain", "snow"]
    path = tmp_path / "s.json"
    path.write_text(json.dumps(rows[:2]), "utf-8")
    result = command("submit", path, "--check", "-b", questions, "--json")
    assert result.status == 1
    problems = json.loads(result.out)["problems"]
    assert len(problems) == 3
    assert "null" in problems[0]
    assert "choices" in problems[1]
    assert "3 of 3" in problems[2]
