"""`mmar score` as a person meets it: what it prints, and what it says of input that is not what it should be."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mmar.api import score
from mmar.cli import main
from mmar.scoring import Score
from real_data import GOLDEN, MMAR, needs_real_data

ITEM: dict[str, Any] = {
    "id": "a",
    "audio_path": "./a.wav",
    "question": "Which?",
    "choices": ["1:3", "3:1", "none"],
    "answer": "3:1",
    "modality": "sound",
    "category": "Signal Layer",
    "sub-category": "Counting and Statistics",
}


def records(*predictions: object, **more: Any) -> list[dict[str, Any]]:
    return [
        ITEM | {"id": f"id-{number}", "answer_prediction": message} | more
        for number, message in enumerate(predictions)
    ]


def write(path: Path, records: list[dict[str, Any]]) -> Path:
    path.write_text("".join(f"{json.dumps(record)}\n" for record in records))
    return path


def mmar(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    return int(ended.value.code or 0)


def test_the_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "p.jsonl", records("3:1", "1:3", "B", "hmm", None))
    assert mmar("score", path) == 0
    output = capsys.readouterr().out
    assert "all 5 40.0 [11.8, 76.9] 40.0 [11.8, 76.9]" in " ".join(output.split())
    assert "answers     3 read, 1 unresolved, 0 refused, 1 failed" in output
    assert "official 40.0 to 60.0, choice 40.0 to 60.0" in output
    assert "differ on 2 of 5 items" in output
    assert "|n:5|model:?|protocol:?|" in output
    write(path, records("3:1", modality="evil\x1b[2J\nname"))
    assert mmar("score", path) == 0
    assert "\n  evil�[2J name " in capsys.readouterr().out


def test_json_has_the_promised_form(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "p.jsonl", records("3:1", "1:3", "B"))
    assert mmar("score", path, "--json") == 0
    result = json.loads(capsys.readouterr().out)
    assert result["n"] == 3
    assert result["scores"]["official"]["correct"] == 2
    assert result["scores"]["choice"]["accuracy"] == pytest.approx(200 / 3)
    low, high = result["scores"]["choice"]["interval"]
    assert 0 <= low < 66.7 < high <= 100
    assert result["states"] == {"choice": 3, "unresolved": 0, "refused": 0, "failed": 0, "missing": 0}
    assert result["bounds"]["choice"] == {"low": pytest.approx(200 / 3), "high": pytest.approx(200 / 3)}
    group = result["groups"]["sub-category"]["Counting and Statistics"]
    assert (group["n"], group["official"]["correct"], group["choice"]["correct"]) == (3, 2, 2)
    assert set(result["groups"]) == {"modality", "category", "sub-category"}
    assert [row["id"] for row in result["disagreements"]] == ["id-1", "id-2"]
    assert result["signature"].startswith("bench:file#")


@pytest.mark.parametrize("name", ["items.jsonl", "items.csv"])
def test_items_are_written_a_line_each(tmp_path: Path, name: str) -> None:
    message = ["3:1", "=1+1", None]
    path = write(tmp_path / "p.jsonl", records(*message))
    assert mmar("score", path, "--items", tmp_path / name) == 0
    text = (tmp_path / name).read_text()
    if name.endswith("csv"):
        rows = list(csv.DictReader(text.splitlines()))
        assert [row["official"] for row in rows] == ["1", "0", "0"]
        assert rows[1]["prediction"] == "'=1+1"  # no spreadsheet runs it
    else:
        rows = [json.loads(line) for line in text.splitlines()]
        assert [row["prediction"] for row in rows] == message
        assert rows[0]["reason"]
        assert rows[0]["official_reason"].startswith("every word")
    assert [row["state"] for row in rows] == ["choice", "unresolved", "failed"]


def test_a_key_is_chosen_and_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "p.jsonl", records("3:1", model_prediction="1:3", raw="none"))
    assert mmar("score", path) == 0
    assert "model_prediction" in capsys.readouterr().out
    for key, right in (("model_prediction", 0), ("raw", 0), ("answer_prediction", 1)):
        assert mmar("score", path, "--key", key, "--json") == 0
        assert json.loads(capsys.readouterr().out)["scores"]["choice"]["correct"] == right


BAD: dict[str, tuple[bytes | None, str]] = {
    "missing": (None, "file-not-found"),
    "empty": (b"", "wrong-file-type"),
    "empty array": (b"[\n]\n", "no-records"),
    "html": (b"<!DOCTYPE html><html><body>404</body></html>", "wrong-file-type"),
    "csv": (b"id,answer_prediction\na,b\n", "benchmark-needed"),
    "number": (b'{"id": "a", "answer_prediction": [5]}\n', "wrong-type"),
    "list": (b'{"id": "a", "answer_prediction": ["x"]}\n', "wrong-type"),
    "latin": (b'{"id": "a", "answer_prediction": "caf\xe9"}\n', "not-utf8"),
    "utf16": ('{"id": "a"}'.encode("utf-16"), "unknown-log"),
    "no choices": (b'{"id": "a", "answer_prediction": "x"}\n', "benchmark-needed"),
    "no prediction": (json.dumps(ITEM).encode(), "no-predictions"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_named_with_status_2(tmp_path: Path, command: Any, name: str) -> None:
    content, code = BAD[name]
    path = tmp_path / "input.jsonl"
    if content is not None:
        path.write_bytes(content)
    result = command("score", path)
    assert (result.status, result.code, result.out) == (2, code, "")
    assert str(path) in result.err


def test_items_and_table_do_not_mix_on_standard_output(tmp_path: Path, command: Any) -> None:
    path = write(tmp_path / "p.jsonl", records("3:1", "1:3"))
    result = command("score", path, "--items", "-")
    assert result.status == 0
    assert [json.loads(line)["id"] for line in result.out.splitlines()] == ["id-0", "id-1"]
    assert "official" in result.err
    assert command("score", path, "--items", "-", "--json").code == "incompatible-options"


def test_chance_stands_below_all_and_sub_categories_below_their_layer(tmp_path: Path, command: Any) -> None:
    path = write(tmp_path / "p.jsonl", records("3:1", "1:3"))
    lines = [" ".join(line.split()) for line in command("score", path).out.splitlines()]
    names = [line.rpartition(" 2 ")[0] or line for line in lines]
    assert lines[3] == "chance 33.3 33.3"
    layer = next(index for index, line in enumerate(lines) if line.startswith("Signal Layer"))
    assert lines[layer + 1].startswith("Counting and Statistics"), names


def test_one_broken_line_in_the_middle(tmp_path: Path, command: Any) -> None:
    path = write(tmp_path / "p.jsonl", records("3:1", "3:1", "3:1"))
    lines = path.read_text().splitlines()
    lines[1] = lines[1][:-20]
    path.write_text("\n".join(lines))
    error = command("score", path).error
    assert (error.code, error.file, error.line) == ("invalid-json", str(path), 2)
    captured = command("score", path, "--lenient", "--json")
    result = json.loads(captured.out)
    assert (result["n"], result["states"]["missing"], result["scores"]["choice"]["correct"]) == (3, 1, 2)
    assert f"skipped: {path}:2: " in captured.err


def test_a_folder_that_holds_no_run(tmp_path: Path, command: Any) -> None:
    assert command("score", tmp_path).code == "no-run"


def test_a_line_of_ten_megabytes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    huge = "so many words, " * (10_000_000 // 15)
    path = write(tmp_path / "p.jsonl", records("3:1", f"{huge} the answer is 3:1"))
    assert mmar("score", path) == 0
    assert "answers     2 read, 0 unresolved, 0 refused" in capsys.readouterr().out


def test_output_to_a_full_disk_and_a_closed_pipe(tmp_path: Path) -> None:
    path = write(tmp_path / "p.jsonl", records("3:1"))
    command = f"{sys.executable} -m mmar score {path}"
    if Path("/dev/full").exists():
        full = subprocess.run(
            ["/bin/sh", "-c", f"{command} > /dev/full"], capture_output=True, text=True, check=False
        )
        assert full.returncode == 2
        assert "No space left" in full.stderr
        assert "Traceback" not in full.stderr
    piped = subprocess.run(
        ["/bin/sh", "-c", f"{command} | true"], capture_output=True, text=True, check=False
    )
    assert "Traceback" not in piped.stderr
    published = f"{sys.executable} -m mmar.evaluation --input {path}"
    for end, status in ((" > /dev/full", 2), (" | true", 0)):
        captured = subprocess.run(
            ["/bin/sh", "-c", published + end], capture_output=True, text=True, check=False
        )
        assert captured.returncode == status
        assert captured.stderr == (
            "" if status == 0 else "the output cannot be written: No space left on device\n"
        )
    assert mmar("score", path, "--items", tmp_path / "p.jsonl" / "below-a-file.csv") == 2


@needs_real_data
def test_six_hundred_predictions_for_a_thousand_items(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = (GOLDEN / "predictions_full.jsonl").read_text("utf-8").splitlines()[:600]
    slim = [{key: json.loads(line)[key] for key in ("id", "answer_prediction")} for line in lines]
    path = write(tmp_path / "p.jsonl", slim)
    assert mmar("score", path, "--benchmark", MMAR, "--json") == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["n"], result["states"]["missing"]) == (1000, 400)
    bounds = result["bounds"]["choice"]
    assert bounds["high"] - bounds["low"] == pytest.approx(40.0)
    assert mmar("score", path, "--benchmark", MMAR, "--format", "official") == 0
    assert "over 600 samples\n" in capsys.readouterr().out


@needs_real_data
def test_the_library_says_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    assert mmar("score", GOLDEN / "predictions_full.jsonl", "--json") == 0
    printed = json.loads(capsys.readouterr().out)
    result = score(GOLDEN / "predictions_full.jsonl")
    assert isinstance(result, Score)
    assert json.loads(json.dumps(result.to_dict())) == printed
    # Read from the reference's own output for this file.
    assert result.official.accuracy == pytest.approx(50.80)
    rows = [json.loads(line) for line in (GOLDEN / "predictions_full.jsonl").read_text("utf-8").splitlines()]
    assert score(rows).official == result.official


def test_a_misspelt_key_is_no_score_of_nothing(tmp_path: Path, command: Any) -> None:
    """With a benchmark every item would be missing, and the number 0 of something that was never read."""
    bench = write(tmp_path / "b.jsonl", [ITEM | {"id": "id-0"}])
    path = write(tmp_path / "p.jsonl", [{"id": "id-0", "said": "3:1", "thinking_prediction": "…"}])
    for more in ((), ("--key", "replay")):
        result = command("score", path, "--benchmark", bench, *more)
        assert (result.status, result.code) == (2, "no-predictions")
        assert "said" in result.err  # a key that is there
    assert command("score", path, "--benchmark", bench, "--key", "said").status == 0
    assert command("score", bench).code == "no-predictions"


def test_a_bad_record_of_the_benchmark_stays_in_the_denominator(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = [
        ITEM | {"id": f"id-{number}", "url": f"https://youtu.be/aaaaaaaaaa{number}"} for number in range(3)
    ]
    bench = write(tmp_path / "b.jsonl", [*whole, {"id": "id-3"}, whole[0]])
    path = write(
        tmp_path / "p.jsonl", [{"id": f"id-{number}", "answer_prediction": "3:1"} for number in range(4)]
    )
    assert mmar("score", path, "--benchmark", bench) == 2
    assert "b.jsonl:4: " in capsys.readouterr().err
    assert mmar("score", path, "--benchmark", bench, "--lenient", "--json") == 0
    captured = capsys.readouterr()
    result = json.loads(captured.out)
    # Three right of four questions; the record that repeats one is no question more.
    assert (result["n"], result["scores"]["choice"]["correct"], result["states"]["missing"]) == (4, 3, 1)
    assert result["bounds"]["choice"] == {"low": 75.0, "high": 100.0}
    assert result["asked"]["choice"]["clustered"]["clusters"] == 3
    assert "3 bad records were left out" in result["notes"][-1]
    assert [line.partition("skipped: ")[2].rpartition("/")[2][:10] for line in captured.err.splitlines()] == [
        "b.jsonl:4:",
        "b.jsonl:5:",
        "p.jsonl:4:",
    ]


def test_options_that_the_published_layout_refuses(tmp_path: Path, command: Any) -> None:
    path = write(tmp_path / "p.jsonl", records("3:1", model_prediction="1:3"))
    for more in (("--json",), ("--items", tmp_path / "i.csv"), ("--lenient",)):
        assert command("score", path, "--format", "official", *more).code == "incompatible-options"
    captured = command("score", path, "--format", "official")
    assert captured.status == 0
    assert captured.out.startswith("*****") and captured.out.endswith("No prediction count: 0\n")
    assert "answer_prediction" in captured.err  # beside the layout, not in it


def test_a_pipe_as_predictions_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "p.jsonl", records("3:1"))
    captured = subprocess.run(
        ["/bin/sh", "-c", f"cat {path} | {sys.executable} -m mmar score /dev/stdin"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert captured.returncode == 2
    assert "/dev/stdin: is a pipe or a device, which can be read only once" in captured.stderr
