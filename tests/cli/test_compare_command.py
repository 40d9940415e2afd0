"""`mmar compare` and `mmar reliance` as a person meets them."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from mmar.cli import main
from scoring.several import answers_file, answers_run, questions

RIGHT = [True] * 30 + [False] * 10
POOR = [index % 3 == 0 for index in range(40)]


def mmar(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    return int(ended.value.code or 0)


def words(capsys: pytest.CaptureFixture[str]) -> str:
    return " ".join(capsys.readouterr().out.split())


def test_two_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    known = questions(tmp_path, [None] * 40)
    one = answers_run(tmp_path / "one", known, RIGHT)
    two = answers_run(tmp_path / "two", known, POOR, audio="silence")
    capsys.readouterr()
    assert mmar("compare", one, two) == 0
    output = words(capsys)
    assert "A 30 75.0 [59.8, 85.8] test/scripted" in output
    assert f"run A test/scripted, {one}" in output
    assert "A − B +40.0 points [" in output
    assert "only right A on 20 items, B on 4" in output
    assert "up to 10,000 draws, seed 0" in output
    assert "verdict A is better than B by " in output
    assert "differ in condition: full (A), silence (B)" in output
    assert "modality sound 14" in output
    assert "signature B bench:made-up#" in output
    for source in ("2411.00640", "Holm 1979", "Phipson & Smyth 2010", "2401.15205"):
        assert source in output


def test_more_than_two_are_ranked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    known = questions(tmp_path, [None] * 40)
    files = [
        answers_file(tmp_path / f"{name}.jsonl", hits)
        for name, hits in (("a", POOR), ("b", RIGHT), ("c", RIGHT[::-1]))
    ]
    capsys.readouterr()
    assert mmar("compare", *files, "--benchmark", known.origin, "--draws", 2000, "--seed", 5) == 0
    output = words(capsys)
    assert "B 30 75.0 [59.8, 85.8] 1–2" in output
    assert "A 14 35.0 [22.1, 50.5] 3" in output
    assert "B − C +0.0 [" in output
    assert "up to 2,000 draws, seed 5" in output


@pytest.mark.parametrize("name", ["items.csv", "items.jsonl"])
def test_the_items_that_differ_are_written(
    tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    known = questions(tmp_path, [None] * 40)
    files = [answers_file(tmp_path / f"{index}.jsonl", hits) for index, hits in enumerate((RIGHT, POOR))]
    assert mmar("compare", *files, "-b", known.origin, "--items", tmp_path / name) == 0
    text = (tmp_path / name).read_text()
    if name.endswith("csv"):
        rows = list(csv.DictReader(text.splitlines()))
        assert rows[0]["A_right"] == "1"
    else:
        rows = [json.loads(line) for line in text.splitlines()]
        assert rows[0]["A_right"] is True
    assert [row["id"] for row in rows] == [
        f"id-{index}" for index in range(40) if RIGHT[index] != POOR[index]
    ]
    assert (rows[0]["A_named"], rows[0]["B_named"], rows[0]["answer"]) == ("yes", "no", "yes")
    # Identical runs differ on nothing; the head of the table is still there.
    assert mmar("compare", files[0], files[0], "-b", known.origin, "--items", tmp_path / name) == 0
    assert (tmp_path / name).read_text().count("\n") == name.endswith("csv")


def test_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    known = questions(tmp_path, [f"v{index // 2}" for index in range(40)])
    files = [answers_file(tmp_path / f"{index}.jsonl", hits) for index, hits in enumerate((RIGHT, POOR))]
    capsys.readouterr()
    assert mmar("compare", *files, "-b", known.origin, "--json", "--scorer", "official") == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["n"], result["clusters"], result["scorer"]) == (40, 20, "official")
    pair = result["pairs"][0]
    assert (pair["all"]["only_first"], pair["all"]["only_second"]) == (20, 4)
    assert len(pair["only_first"]) == 20
    assert set(pair["groups"]) == {"modality", "category", "sub-category"}
    assert [part["part"] for part in result["differing"]] == []


def test_refusals_end_with_a_code_and_status_2(tmp_path: Path, command: Any) -> None:
    known = questions(tmp_path, [None] * 40)
    run = answers_run(tmp_path / "run", known, RIGHT)
    other = answers_run(tmp_path / "x", questions(tmp_path / "other", [None] * 3), RIGHT)
    file = answers_file(tmp_path / "p.jsonl", RIGHT[:20])
    bad = tmp_path / "bad.jsonl"
    bad.write_text(answers_file(tmp_path / "whole.jsonl", RIGHT).read_text() + "{broken\n")
    for arguments, code in (
        (("compare", run), "too-few-runs"),
        (("compare", run, other), "other-benchmark"),
        (("compare", run, file), "benchmark-needed"),
        (("compare", run, file, "-b", known.origin), "other-items-asked"),
        (("compare", run, bad, "-b", known.origin), "invalid-json"),
        (("reliance", run, run), "same-condition"),
        (("reliance", run, file, "-b", known.origin, "--partial"), "not-a-run"),
    ):
        result = command(*arguments)
        assert (result.status, result.code, result.out) == (2, code, "")
    partial = command("compare", run, file, "-b", known.origin, "--partial", "--json")
    assert any("20 of 40" in note for note in json.loads(partial.out)["notes"])
    assert f"{bad}:41" in command("compare", run, bad, "-b", known.origin, "--lenient").err
    page = command(
        "report", bad, "-b", known.origin, "--lenient", "--audio", "none", "--out", tmp_path / "page"
    )
    assert (page.status, f"{bad}:41" in page.err) == (0, True)


def test_reliance_on_real_audio(after_demo: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The listener on the demonstration set: well above silence, and the command says so with an interval."""
    real, first = Path("runs/demo/baseline-listener-letters"), Path("items.csv")
    silence = real.with_name(f"{real.name}-silence")
    capsys.readouterr()
    assert mmar("reliance", real, silence, "--items", first) == 0
    output = words(capsys)
    assert "uses audio yes: under silence the accuracy falls by " in output
    assert mmar("reliance", real, silence, "--json") == 0
    result = json.loads(capsys.readouterr().out)
    (one,) = result["conditions"]
    low, high = one["all"]["interval"]
    assert low > 20
    assert one["all"]["fall"] == "falls"
    assert f"points [{low:.1f}, {high:.1f}]" in output
    assert one["all"]["reliance_interval"][0] > 30
    # Without the clip it does about as well as guessing does, and no better.
    under = one["all"]["under_interval"]
    assert under[0] < result["solved"]["chance_every"] < under[1] + 10
    rows = list(csv.DictReader(first.read_text().splitlines()))
    assert len(rows) == result["solved"]["every_condition"]
    assert {row["silence_right"] for row in rows} == {"1"}


def test_a_lenient_comparison_reads_a_benchmark_that_was_run_leniently(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    known = questions(tmp_path, [None] * 40)
    runs = [
        answers_run(tmp_path / audio, known, hits, audio=audio)
        for audio, hits in (("full", RIGHT), ("silence", POOR))
    ]
    with Path(known.origin).open("a") as stream:
        stream.write('{"id": "broken\n')
    for command in ("compare", "reliance"):
        assert mmar(command, *runs) == 2
        capsys.readouterr()
        assert mmar(command, *runs, "--lenient") == 0
        message = capsys.readouterr()
        assert "40 items" in message.out
        assert "skipped: 1 record in all" in message.err
