"""The published layout, byte for byte, and a plain word where the published script would stop."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from expect import raises
from mmar.inputs import scoring_task
from mmar.scoring.layout import official_output, official_output_of_file
from real_data import GOLDEN, MMAR, needs_real_data

RECORD = {"id": "a", "choices": ["x", "y"], "answer": "y", "modality": "sound", "category": "Signal Layer"}


def write(path: Path, *records: dict[str, object]) -> Path:
    path.write_text("".join(f"{json.dumps(record)}\n" for record in records))
    return path


@needs_real_data
@pytest.mark.parametrize("name", ["full", "partial"])
def test_the_golden_files(name: str) -> None:
    expected = (GOLDEN / f"predictions_{name}.expected.txt").read_bytes()
    source = GOLDEN / f"predictions_{name}.jsonl"
    assert official_output_of_file(source).encode() == expected
    arguments = [sys.executable, "-m", "mmar.evaluation", "--input", str(source)]
    assert subprocess.run(arguments, capture_output=True, check=True).stdout == expected


@needs_real_data
@pytest.mark.parametrize("name", ["full", "partial"])
def test_joined_to_the_benchmark_it_is_the_same(name: str) -> None:
    expected = (GOLDEN / f"predictions_{name}.expected.txt").read_text()
    assert official_output(scoring_task(GOLDEN / f"predictions_{name}.jsonl", MMAR))[0] == expected


def test_odd_records_are_treated_as_by_the_script(tmp_path: Path) -> None:
    """Records without the key leave the denominator, duplicates count twice, ids and sub-categories may be absent."""
    texts = {"answer_prediction": "y"}
    no_id = {name: value for name, value in RECORD.items() if name != "id"}
    path = write(
        tmp_path / "p.jsonl", RECORD | texts, RECORD | texts, no_id | {"answer_prediction": "x"}, RECORD
    )
    layout = official_output_of_file(path)
    assert "Total Accuracy: 66.67% over 3 samples\n" in layout
    assert "sound : 66.67% over 3 samples\nmusic : 0.00% over 0 samples\n" in layout
    assert "Sub-category-wise Accuracy:\n******************************\nTotal" in layout
    assert layout.endswith("No prediction count: 0\n")
    # What no benchmark should hold, and the script does not look at: an answer of its own, a single choice.
    odd = write(tmp_path / "odd.jsonl", RECORD | texts | {"answer": "y", "choices": ["z"]})
    assert "Total Accuracy: 100.00% over 1 samples" in official_output_of_file(odd)


@pytest.mark.parametrize(
    ("records", "code"),
    [
        ([RECORD], "no-predictions"),
        ([RECORD | {"answer_prediction": None}], "null-prediction"),
        ([RECORD | {"answer_prediction": "y", "modality": "smell"}], "unknown-group"),
        ([RECORD | {"answer_prediction": "y", "category": "Lower Layer"}], "unknown-group"),
        ([{"id": "a", "answer_prediction": "y"}], "benchmark-needed"),
    ],
)
def test_where_the_script_stops_the_error_says_so(
    tmp_path: Path, records: list[dict[str, object]], code: str
) -> None:
    path = write(tmp_path / "p.jsonl", *records)
    with raises(code):
        official_output_of_file(path)
    run = subprocess.run(
        [sys.executable, "-m", "mmar.evaluation", "--input", str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 2
    assert "Traceback" not in run.stderr
    assert str(path) in run.stderr
    assert run.stdout == ""


@pytest.mark.parametrize(
    ("records", "code"),
    [
        ([{"id": "zz", "answer_prediction": "y"}], "unknown-id"),
        ([{"id": "a", "answer_prediction": "y"}] * 2, "duplicate-id"),
        ([{"id": "a", "answer_prediction": None}], "null-prediction"),
        ([{"id": "a", "answer_prediction": [5]}], "wrong-type"),
    ],
)
def test_joined_to_a_benchmark_no_record_is_skipped(
    tmp_path: Path, records: list[dict[str, object]], code: str
) -> None:
    bench = write(tmp_path / "b.jsonl", RECORD | {"audio_path": "a.wav", "question": "Which?"})
    with raises(code) as refused:
        official_output(scoring_task(write(tmp_path / "p.jsonl", *records), bench))
    assert "lenient" not in str(refused.value)
