"""The five classes of model, end to end on the demonstration set, each as a person runs it."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mmar.api import load, score
from mmar.cli import main
from mmar.items import Benchmark, Item
from servers.fake_models import ReceivedRequest, Reply, Say


@pytest.fixture
def demo(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Benchmark:
    monkeypatch.setenv("MMAR_CACHE_DIR", str(tmp_path_factory.getbasetemp() / "mmar-cache"))
    monkeypatch.setenv("OPENAI_API_KEY", "sk-any")
    monkeypatch.chdir(tmp_path)
    return load("demo")


def mmar(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    return int(ended.value.code or 0)


def by_clip(demo: Benchmark) -> dict[bytes | None, Item]:
    """The items by their clip's bytes: several ask the same question of different clips."""
    assert demo.audio_dir is not None
    return {(demo.audio_dir / item.audio_path).read_bytes(): item for item in demo}


def lines(folder: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in Path(folder, "answers.jsonl").read_text().splitlines()]


def test_an_audio_model(demo: Benchmark, fake_models: Callable[..., Any]) -> None:
    items = by_clip(demo)

    def script(received: ReceivedRequest) -> Reply:
        item = items[received.audio]
        assert item.question in received.question
        return Say(f"The answer is {item.answer}.")

    service = fake_models(script, key="sk-any")
    assert mmar("run", "openai/lalm", "-b", "demo", "--base-url", f"{service.url}/v1", "-o", "run") == 0
    assert score("run").choice.accuracy == 100.0
    assert {line["sent"]["rate"] for line in lines("run")} == {16000}


def test_a_model_that_thinks(demo: Benchmark, fake_models: Callable[..., Any]) -> None:
    items = by_clip(demo)

    def script(received: ReceivedRequest) -> Reply:
        item = items[received.audio]
        wrong = next(choice for choice in item.choices if choice != item.answer)
        return Say(item.answer, thinking=f"Perhaps {wrong}? No.")

    service = fake_models(script, key="sk-any")
    assert mmar("run", "openai/larm", "-b", "demo", "--base-url", f"{service.url}/v1", "-o", "run") == 0
    assert score("run").choice.accuracy == 100.0
    assert all(line["thinking_prediction"].startswith("Perhaps ") for line in lines("run"))
    predictions = [json.loads(line) for line in Path("run", "predictions.jsonl").read_text().splitlines()]
    assert all(record["thinking_prediction"] and record["answer_prediction"] for record in predictions)
    assert score("run/predictions.jsonl").choice.accuracy == 100.0


def test_an_omni_model_behind_two_addresses(demo: Benchmark, fake_models: Callable[..., Any]) -> None:
    items = by_clip(demo)

    def script(received: ReceivedRequest) -> Reply:
        return Say(items[received.audio].answer)

    services = [fake_models(script, key="sk-any") for _ in range(2)]
    urls = [part for service in services for part in ("--base-url", f"{service.url}/v1")]
    assert mmar("run", "qwen2.5-omni-7b", "-b", "demo", *urls, "-o", "run", "-c", 8) == 0
    assert score("run").choice.accuracy == 100.0
    assert min(len(service.requests) for service in services) > len(demo) // 4
    assert {received.body["model"] for service in services for received in service.requests} == {
        "Qwen/Qwen2.5-Omni-7B"
    }


def test_captions_shared_by_a_text_model_and_a_reasoning_model(
    demo: Benchmark, fake_models: Callable[..., Any]
) -> None:
    items = by_clip(demo)
    captioner = fake_models(lambda received: Say(f"A caption of {items[received.audio].id}."), key="sk-any")

    def reason(received: ReceivedRequest) -> Reply:
        assert received.audio is None
        result = re.search(r"A caption of ([a-z0-9-]+)\.", "\n".join(received.texts))
        assert result is not None
        item = demo[result[1]]
        assert item.question in received.question
        return Say(item.answer, thinking="It was told." if received.body["model"] == "lrm" else None)

    reasoner = fake_models(reason, key="sk-any")
    for name in ("llm", "lrm"):
        options = [
            *("--option", f"captioner.base_url={captioner.url}/v1"),
            *("--option", f"reasoner.base_url={reasoner.url}/v1"),
            *("--option", "captions=captions.sqlite"),
        ]
        assert mmar("run", f"cascade/openai/ears+text/{name}", "-b", "demo", "-o", name, *options) == 0
        assert score(name).choice.accuracy == 100.0
    # One caption for a clip, whoever reasons from it.
    assert Counter(received.audio for received in captioner.requests).most_common(1)[0][1] == 1
    assert len(captioner.requests) == len(set(items))
    assert len(reasoner.requests) == 2 * len(demo)
    assert all(line["caption"].startswith("A caption of ") for line in lines("lrm"))
    assert all(line["thinking_prediction"] == "It was told." for line in lines("lrm"))
