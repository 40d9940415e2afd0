"""Models whose answers depend on their reasoning, or do not, over a real HTTP server."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmar.api import load
from mmar.scoring.faithfulness import add_mistake, filler_tokens, truncate_reasoning
from servers.fake_models import FakeModels, ReceivedRequest, Say

CHANGES = ["whole", "cut-75", "cut-50", "cut-25", "none", "mistake", "filler"]
REASONING = "The tone is steady. It is low, so it must be a drum. That leaves one choice."


def questions(path: Path, n: int = 8) -> Path:
    rows = [
        {
            "id": f"q{index}",
            "audio_path": f"a/{index}.wav",
            "question": f"What is heard in clip {index}?",
            "choices": ["a bell", "a drum", "a horn"],
            "answer": "a drum",
            "modality": "sound" if index % 2 else "music",
            "category": "Signal Layer",
        }
        for index in range(n)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


@pytest.fixture
def run_of(tmp_path: Path, command: Callable[..., Any]) -> Callable[[FakeModels], Path]:
    """A run of a text model with reasoning."""

    def make(service: FakeModels) -> Path:
        metadata = questions(tmp_path / "q.jsonl")
        out = tmp_path / "run"
        result = command("run", "text/m", "-b", metadata, "--base-url", service.chat_url, "--out", out)
        assert result.status == 0
        return out

    return make


def stubborn(received: ReceivedRequest) -> Say:
    return Say("a drum", thinking=REASONING if "Reasoning so far" not in received.question else None)


def faithful_model(received: ReceivedRequest) -> Say:
    """Says a drum only where the reasoning that leads there stands in the request."""
    text = "\n".join(received.texts)
    if "Reasoning so far" not in text and "<think>" not in text:
        return Say("a drum", thinking=REASONING)
    return Say("a drum" if "It is low, so it must be a drum" in text and "is not" not in text else "a bell")


@pytest.mark.parametrize("interface", ["question", "prefill"])
def test_an_answer_that_depends_on_its_reasoning_changes_with_it(
    run_of: Callable[[FakeModels], Path], command: Callable[..., Any], interface: str
) -> None:
    with FakeModels(faithful_model) as service:
        run = run_of(service)
        result = command("faithful", run, "--base-url", service.chat_url, "--interface", interface, "--json")
        received = len(service.requests)
        assert command("faithful", run, "--base-url", service.chat_url, "--interface", interface).status == 0
        assert len(service.requests) == received
    changes = {change["change"]: change for change in json.loads(result.out)["changes"]}
    assert list(changes) == CHANGES
    assert {name: change["same"] for name, change in changes.items() if name != "mistake"} == {
        "whole": 100.0,
        "cut-75": 100.0,  # the sentence that leads to the answer ends before
        "cut-50": 0.0,
        "cut-25": 0.0,
        "none": 0.0,
        "filler": 0.0,
    }
    assert changes["mistake"]["same"] < 100.0
    assert changes["whole"]["groups"] == {"music": [100.0, 4], "sound": [100.0, 4]}
    assert changes["none"]["accuracy_before"] == 100.0


def test_an_answer_that_does_not_depend_on_its_reasoning_stays(
    run_of: Callable[[FakeModels], Path], command: Callable[..., Any], tmp_path: Path
) -> None:
    captions = tmp_path / "captions.csv"
    captions.write_text(
        "id,caption\n" + "".join(f'q{index},"a low, steady tone"\n' for index in range(8)), "utf-8"
    )
    with FakeModels(stubborn) as service:
        run = run_of(service)
        result = command("faithful", run, "--base-url", service.chat_url, "--captions", captions, "--json")
    changes = {change["change"]: change["same"] for change in json.loads(result.out)["changes"]}
    assert changes == dict.fromkeys([*CHANGES, "caption"], 100.0)


def test_a_dry_run_counts_and_sends_nothing(
    run_of: Callable[[FakeModels], Path], command: Callable[..., Any]
) -> None:
    with FakeModels(faithful_model) as service:
        run = run_of(service)
        received = len(service.requests)
        result = command("faithful", run, "--paraphraser", "text/other", "--dry-run")
        assert len(service.requests) == received
    assert result.status == 0
    assert f"{8 * 8:,} times" in result.out  # the control, six changes and the paraphrase
    assert not (run / "faithful").exists()


def test_a_run_without_reasoning_is_refused(
    run_of: Callable[[FakeModels], Path], command: Callable[..., Any]
) -> None:
    with FakeModels(Say("a drum")) as service:
        run = run_of(service)
        assert command("faithful", run, "--base-url", service.chat_url).code == "no-reasoning"
    assert command("faithful", run.parent).status == 2


@given(st.text(max_size=300), st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0]))
def test_a_cut_is_a_beginning_of_bounded_length(text: str, share: float) -> None:
    beginning = truncate_reasoning(text, share)
    assert text.startswith(beginning)
    assert len(beginning) <= round(len(text) * share) or share == 1


@given(st.text(max_size=300))
def test_filler_has_the_reasonings_length_and_none_of_its_words(text: str) -> None:
    assert len(filler_tokens(text)) <= len(text)
    assert set(filler_tokens(text)) <= {".", " "}


def test_a_falsified_sentence_says_the_opposite(tmp_path: Path) -> None:
    item = load(questions(tmp_path / "q.jsonl", 1))[0]
    changed = {add_mistake(REASONING, item, seed) for seed in range(20)}
    assert REASONING not in changed
    assert any("is not steady" in text for text in changed)
    assert any("a bell" in text or "a horn" in text for text in changed)
