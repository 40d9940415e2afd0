"""Submissions to the challenge: written from a run, checked, and scored by the Codabench bundle."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

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
def test_what_a_scorer_refuses_is_named(
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


def test_the_codabench_bundle_scores_a_submission(tmp_path: Path, command: Callable[..., Any]) -> None:
    bundle, again = tmp_path / "b.zip", tmp_path / "c.zip"
    assert command("submit", "--codabench", bundle, "-b", ITEMS).status == 0
    command("submit", "--codabench", again, "-b", ITEMS)
    assert bundle.read_bytes() == again.read_bytes()
    with zipfile.ZipFile(bundle) as archive:
        assert {"competition.yaml", "scoring_program.zip", "reference_data.zip", "overview.md"} <= set(
            archive.namelist()
        )
        reference = zipfile.ZipFile(io.BytesIO(archive.read("reference_data.zip")))
    reference.extractall(tmp_path / "input" / "ref")
    folder = tmp_path / "input" / "res"
    folder.mkdir()
    command("submit", LOG, "-b", ITEMS, "--out", folder / "submission.jsonl")
    subprocess.run(
        [sys.executable, "-m", "mmar.reports.codabench", tmp_path / "input", tmp_path / "out"], check=True
    )
    scores = json.loads((tmp_path / "out" / "scores.json").read_text("utf-8"))
    report = json.loads(command("submit", folder / "submission.jsonl", "--check", "-b", ITEMS, "--json").out)
    assert scores["official"] == pytest.approx(report["official"])
    assert scores["choice"] == pytest.approx(report["choice"])
    assert "<pre>" in (tmp_path / "out" / "detailed_results.html").read_text("utf-8")
