"""A service that fails in every way: each item ends with an answer or a named failure, and nothing is paid for twice."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mmar.api import load, run, score
from mmar.items import Benchmark
from servers.fake_models import Broken, Drop, Hang, ReceivedRequest, Reply, Say, Status
from waiting import until

LIMITS: Any = {"concurrency": 16, "max_attempts": 4, "timeout": 1.0, "backoff": 0.01, "max_backoff": 0.05}


@pytest.fixture
def demo(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Benchmark:
    monkeypatch.setenv("MMAR_CACHE_DIR", str(tmp_path_factory.getbasetemp() / "mmar-cache"))
    monkeypatch.setenv("OPENAI_API_KEY", "sk-planted-7d1f")
    return load("demo")


def answer_of(demo: Benchmark, received: ReceivedRequest) -> str:
    """What this service says: right on two items of three, by the question's text."""
    result = next(
        item
        for item in demo
        if received.question.endswith("\n".join(item.choices)) and item.question in received.question
    )
    return (
        result.answer
        if sum(map(ord, result.id)) % 3
        else next(text for text in result.choices if text != result.answer)
    )


def faulty(demo: Benchmark, *, never: bool = True) -> Callable[[ReceivedRequest], Reply]:
    """10 % 429 with Retry-After, 5 % 500, 3 % dropped, 2 % broken JSON; of 6 % of the questions never an answer."""

    def script(received: ReceivedRequest) -> Reply:
        draw = random.Random(f"{received.question}/{received.nth}").random()
        if never and random.Random(received.question).random() < 0.06:
            return Hang()
        if draw < 0.10:
            return Status(429, headers={"Retry-After": "0"})
        if draw < 0.15:
            return Status(500)
        if draw < 0.18:
            return Drop()
        if draw < 0.20:
            return Broken()
        return Say(answer_of(demo, received))

    return script


def ledger_of(folder: Path) -> list[dict[str, Any]]:
    path = folder / "answers.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def test_every_item_ends_with_an_answer_or_a_named_failure(
    demo: Benchmark, fake_models: Callable[..., Any], tmp_path: Path
) -> None:
    service = fake_models(faulty(demo), key="sk-planted-7d1f")
    arguments: dict[str, Any] = {
        "base_urls": [f"{service.url}/v1"],
        **LIMITS,
        "out": tmp_path / "run",
    }
    result = run("openai/fake", demo, **arguments)
    lines = ledger_of(tmp_path / "run")
    assert Counter(line["id"] for line in lines) == Counter(item.id for item in demo)
    failed = [line for line in lines if "failure" in line]
    assert {line["failure"]["kind"] for line in failed} >= {"timeout"}
    assert all(line["failure"]["message"] and not line["answer_prediction"] for line in failed)
    assert all(line["answer_prediction"] for line in lines if "failure" not in line)
    # What was sent is what the ledger says was tried, no more; a request may time out before the server has read it.
    assert len(service.requests) <= sum(line.get("attempts", 1) for line in lines) == result.counts.requests
    assert all(
        count <= LIMITS["max_attempts"]
        for count in Counter((received.question, received.audio) for received in service.requests).values()
    )

    # Once the failed ones were asked again by a service that works, the number is what it would have been.
    arguments["timeout"] = 60.0
    service.script = faulty(demo, never=False)
    run("openai/fake", demo, **arguments, retry="failed")
    whole = fake_models(lambda received: Say(answer_of(demo, received)), key="sk-planted-7d1f")
    run("openai/fake", demo, **{**arguments, "base_urls": [f"{whole.url}/v1"], "out": tmp_path / "whole"})
    repaired, undisturbed = score(tmp_path / "run"), score(tmp_path / "whole")
    assert repaired.states == undisturbed.states
    assert repaired.choice == undisturbed.choice
    assert 40 < undisturbed.choice.accuracy < 90
    # The key is nowhere on disk.
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or b"sk-planted-7d1f" not in path.read_bytes(), path


DRIVER = """
import json, sys
from mmar.api import load, run
url, out, limits = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
run("openai/fake", load("demo"), out=out, base_urls=[url], **limits)
"""


def test_a_killed_run_sends_no_request_twice(
    demo: Benchmark, fake_models: Callable[..., Any], tmp_path: Path
) -> None:
    # The first service answers 20 questions and no further one, so the kill comes in the middle of the run.
    first = fake_models(
        lambda received: Say(answer_of(demo, received)) if received.number < 20 else Hang(),
        key="sk-planted-7d1f",
    )
    second = fake_models(lambda received: Say(answer_of(demo, received)), key="sk-planted-7d1f")

    def command(url: str) -> list[str]:
        limits = LIMITS | {"concurrency": 4, "timeout": 600.0}
        return [sys.executable, "-c", DRIVER, url, str(tmp_path / "run"), json.dumps(limits)]

    process = subprocess.Popen(command(first.chat_url))
    until(lambda: len(ledger_of_whole_lines(tmp_path / "run")) >= 20)
    process.send_signal(signal.SIGKILL)
    process.wait()
    answered = {line["id"] for line in ledger_of_whole_lines(tmp_path / "run")}
    assert len(answered) == 20
    subprocess.run(command(second.chat_url), check=True)
    assert {line["id"] for line in ledger_of(tmp_path / "run")} == {item.id for item in demo}
    # All that was not on disk, and only that: what was in flight is asked a second time.
    assert len(second.requests) == len(demo) - len(answered)
    assert len(first.requests) <= 20 + 4


def ledger_of_whole_lines(folder: Path) -> list[dict[str, Any]]:
    path = folder / "answers.jsonl"
    data = path.read_bytes() if path.exists() else b""
    return [json.loads(line) for line in data[: data.rfind(b"\n") + 1].splitlines()]
