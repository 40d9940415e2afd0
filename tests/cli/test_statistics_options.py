"""Options of the statistics: margins, samples, earlier runs, item analysis, bad records."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mmar.items import Benchmark
from scoring.several import answers_file, answers_run, questions

Command = Callable[..., Any]
RIGHT = [index % 5 > 1 for index in range(60)]


@pytest.fixture
def known(tmp_path: Path) -> Benchmark:
    return questions(tmp_path, [f"v{index // 2}" for index in range(60)])


def words(text: str) -> str:
    return " ".join(text.split())


def test_a_margin_and_a_verdict_end_a_comparison(command: Command, known: Benchmark, tmp_path: Path) -> None:
    files = [answers_file(tmp_path / name, RIGHT) for name in ("a.jsonl", "b.jsonl")]
    result = command("compare", *files, "-b", known.origin, "--margin", "10")
    assert result.status == 0
    assert "equivalent yes, within 10 points (90 % interval" in words(result.out)
    last = words(result.out).rpartition(" verdict ")[2]
    assert last.startswith("no difference is shown: A - B lies between -")
    assert command("compare", *files, "-b", known.origin, "--margin", "0").status == 2


def test_a_sample_is_drawn_run_and_estimated(command: Command, known: Benchmark, tmp_path: Path) -> None:
    out = tmp_path / "sample"
    assert command("run", "baseline/random", "-b", known.origin, "--sample", "20", "--out", out).status == 0
    whole = answers_run(tmp_path / "whole", known, RIGHT)
    result = command("score", out, "--earlier", whole, "--json")
    sample = json.loads(result.out)["sample"]
    assert (sample["n"], sample["population"], sample["earlier"]) == (20, 60, 1)
    assert sample["choice"]["interval"][0] <= sample["choice"]["accuracy"] <= sample["choice"]["interval"][1]
    assert command("score", whole, "--earlier", whole).code == "not-a-sample"
    refused = command(
        "run",
        "baseline/random",
        "-b",
        known.origin,
        "--sample",
        "20",
        "--filter",
        "modality=sound",
        "--out",
        tmp_path / "x",
    )
    assert (refused.status, refused.code) == (2, "incompatible-options")


def test_items_are_analysed_over_several_runs(command: Command, known: Benchmark, tmp_path: Path) -> None:
    runs = [
        answers_run(
            tmp_path / f"run{index}", known, [hit and item != 7 for item, hit in enumerate([True] * 60)]
        )
        for index in range(3)
    ]
    named = [part for run in runs for part in ("--runs", run)]
    result = command("audit", known.origin, "--select", "M", "--no-audio", "--json", *named)
    results = json.loads(result.out)
    assert "id-7" in json.dumps(results)
    assert "M001" in json.dumps(results)


def test_at_most_twenty_bad_records_are_listed(command: Command, known: Benchmark, tmp_path: Path) -> None:
    path = answers_file(tmp_path / "p.jsonl", RIGHT)
    with path.open("a") as stream:
        stream.write('{"id": "stranger", "answer_prediction": "yes"}\n' * 30)
    result = command("score", path, "-b", known.origin, "--lenient")
    assert result.status == 0
    lines = [line for line in result.err.splitlines() if line.startswith("skipped: ")]
    assert len(lines) == 21
    assert "30 " in lines[-1]
