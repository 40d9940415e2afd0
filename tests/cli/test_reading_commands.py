"""`mmar read`, `mmar unresolved`, and the reading options of `mmar score`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mmar.cli import main

CHOICES = ["Rain", "Wind", "Thunder"]


def mmar(*arguments: object) -> int:
    try:
        main([str(argument) for argument in arguments])
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def predictions(path: Path, *answers: object, **fields: object) -> Path:
    rows = [
        {
            "id": f"q{index}",
            "audio_path": "a.wav",
            "question": "What is heard?",
            "choices": CHOICES,
            "answer": "Rain",
            "modality": "sound",
            "category": "Signal Layer",
            "answer_prediction": answer,
            **fields,
        }
        for index, answer in enumerate(answers)
    ]
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return path


def test_one_answer_with_its_reason(capsys: pytest.CaptureFixture[str]) -> None:
    assert mmar("read", "Drops.\nAnswer: A", "-c", "Rain", "-c", "Wind", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {
        "state": "choice",
        "index": 0,
        "choice": "Rain",
        "rule": "final-line",
        "reason": 'final line: "Answer: A"',
        "start": 7,
        "end": 16,
    }
    assert mmar("read", "Rain or wind", "-c", "Rain", "-c", "Wind") == 0
    out = capsys.readouterr().out
    assert "unresolved" in out
    assert "several-choices" in out


def test_an_answer_that_was_cut_off_is_not_read_by_a_mention(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("read", "A clip in which rain falls", "-c", "Rain", "-c", "Wind", "--json")
    assert mmar(*words) == 0
    assert json.loads(capsys.readouterr().out)["index"] == 0
    assert mmar(*words, "--finish-reason", "length") == 0
    assert json.loads(capsys.readouterr().out)["rule"] == "cut-off"


def test_too_few_choices_end_with_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert mmar("read", "A", "-c", "Rain") == 2
    assert "Traceback" not in capsys.readouterr().err


def test_answers_that_name_no_choice_are_grouped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answers = (
        "Rain",
        "Rain or wind",
        "A or B",
        "I don't know.",
        "<think>hm",
        "Не слышу ничего особенного",
        "Hm.",
        None,
    )
    path = predictions(tmp_path / "p.jsonl", *answers)
    items = tmp_path / "items.jsonl"
    assert mmar("unresolved", path, "--json", "--items", items) == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["n"], result["answered"], result["unresolved"]) == (8, 7, 6)
    assert {group["shape"]: group["count"] for group in result["groups"]} == {
        "several-choices": 2,
        "refusal": 1,
        "only-thinking": 1,
        "another-language": 1,
        "no-choice": 1,
    }
    assert result["groups"][0]["example"]["id"] == "q1"
    rows = [json.loads(line) for line in items.read_text("utf-8").splitlines()]
    assert [row["id"] for row in rows] == [f"q{index}" for index in range(1, 7)]
    assert mmar("unresolved", path) == 0
    assert "several-choices" in capsys.readouterr().out


def test_a_score_names_the_largest_group(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = predictions(tmp_path / "p.jsonl", "Rain", "Rain or wind", "A or B", "I don't know.")
    assert mmar("score", path) == 0
    assert "2 several-choices" in " ".join(capsys.readouterr().out.split())
    assert mmar("score", path, "--json") == 0
    assert json.loads(capsys.readouterr().out)["unread"] == {"several-choices": 2, "refusal": 1}


def test_answers_cut_off_are_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = predictions(tmp_path / "p.jsonl", "Rain is falling", "Answer: A", finish_reason="length")
    assert mmar("score", path, "--json") == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["cut_off"], result["scores"]["choice"]["correct"], result["unread"]) == (
        2,
        1,
        {"cut-off": 1},
    )


def test_old_numbers_are_made_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = predictions(tmp_path / "p.jsonl", "I doubt that the answer is A.")
    correct = {}
    for version in ("cascade@1", "cascade@2"):
        assert mmar("score", path, "--reading", version, "--json") == 0
        result = json.loads(capsys.readouterr().out)
        correct[version] = result["scores"]["choice"]["correct"]
        assert f"reading:{version}|" in result["signature"]
        assert f"choice@{version[-1]}" in result["signature"]
    assert correct == {"cascade@1": 1, "cascade@2": 0}
    assert mmar("score", path, "--reading", "cascade@9") == 2


def test_items_say_which_words_were_read(tmp_path: Path) -> None:
    path = predictions(tmp_path / "p.jsonl", "Drops fall.\nAnswer: A")
    items = tmp_path / "items.jsonl"
    assert mmar("score", path, "--items", items) == 0
    (row,) = (json.loads(line) for line in items.read_text("utf-8").splitlines())
    assert row["rule"] == "final-line"
    assert row["prediction"][row["start"] : row["end"]] == "Answer: A"
