"""`mmar judge` as a person meets it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scoring.rubric.judging import NAMES, questions, reply
from servers.fake_models import FakeModels, ReceivedRequest, Say


def test_the_command_line(
    tmp_path: Path, command: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = questions(tmp_path / "p.jsonl", 4)
    with FakeModels(Say(reply([1, 1, 1, 1, 0]))) as service:
        common = ("judge", path, "--judge", "openai/a", "--base-url", service.chat_url)
        dry = command(*common, "--dry-run")
        assert (dry.status, len(service.requests)) == (0, 0)
        assert "10 times about 2 of 4 answers" in dry.out
        result = command(*common, "--json", "--items", "votes.csv")
        assert result.status == 0
        assert json.loads(result.out)["score"] == pytest.approx(40.0)
        assert len((tmp_path / "votes.csv").read_text("utf-8").splitlines()) == 1 + 2 * 5 * 5 + 2
        both = command(*common, "--judge", "openai/b")
        assert both.status == 0
        assert "openai/a and openai/b" in both.words
        humans = tmp_path / "people.csv"
        humans.write_text("id,criterion,score\n" + "".join(f"q0,{name},1\n" for name in NAMES), "utf-8")
        assert "openai/a and people" in command(*common, "--humans", humans, "--offline").words
        official = command(*common, "--format", "official", "--seeds", "same")
        assert official.out.endswith("No prediction count: 0\n")
        assert (tmp_path / "p.jsonl.evaluated.jsonl").exists()
        template = tmp_path / "own.txt"
        template.write_text("{question} {reasoning} {prediction}\n{criteria}", "utf-8")
        assert command(*common, "--template", template).code == "missing-placeholder"
        assert command("judge").code == "missing-argument"


def test_questions_without_rubrics_are_refused(tmp_path: Path, command: Callable[..., Any]) -> None:
    path = questions(tmp_path / "p.jsonl", 2)
    bare = tmp_path / "bare.jsonl"
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    for row in rows:
        del row["rubric"]
    bare.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    assert command("judge", bare, "--judge", "openai/a").code == "no-rubrics"
    ids_only = tmp_path / "ids.jsonl"
    ids_only.write_text('{"id": "q0", "answer_prediction": "a bell", "thinking_prediction": "x"}\n', "utf-8")
    assert command("judge", ids_only, "--judge", "openai/a").status == 2
    with FakeModels(Say(reply([1] * 5))) as service:
        joined = command(
            "judge", ids_only, "--meta", path, "--judge", "openai/a", "--base-url", service.chat_url, "--json"
        )
    assert json.loads(joined.out)["score"] == pytest.approx(50.0)


def test_the_exam_distinguishes_kinds_of_reasoning(
    tmp_path: Path, command: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = questions(tmp_path / "p.jsonl", 6)

    def script(received: ReceivedRequest) -> Say:
        inside = re.findall(r"Reasoning:\n(.*)\n\nAnswer:", received.question, re.DOTALL)[0]
        good = inside == "A ringing tone decays slowly, so it is a bell."
        return Say(reply([1] * 5 if good else [0, 0, 0, 0, 1]))

    with FakeModels(script) as service:
        arguments = (
            "judge",
            "--exam",
            "openai/a",
            "--benchmark",
            path,
            "--base-url",
            service.chat_url,
        )
        result = command(*arguments, "--raters", "1", "--exam-items", "3", "--json")
    kinds = {kind["kind"]: kind for kind in json.loads(result.out)["kinds"]}
    assert kinds["reference"]["full_marks"] == 100.0
    assert kinds["empty"]["score"] == kinds["falsified"]["score"] == pytest.approx(20.0)
    assert json.loads(result.out)["judge"] == "openai/a"
    assert command("judge", "--exam", path, "--benchmark", path).code == "incompatible-options"
