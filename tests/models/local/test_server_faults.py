"""Servers that fail: before they are ready, at the first question, later, again and again, and with this program."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from expect import raises
from mmar.api import run
from mmar.errors import ExternalError
from mmar.models.local.supervisor import failure_cause
from models.local.conftest import answers, benchmark
from waiting import until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="these servers do not run on Windows")


def test_a_server_that_ends_before_it_is_ready_is_an_error_with_its_cause(
    checkpoint: str, options: Any, starts: Any, tmp_path: Path
) -> None:
    log = (
        "INFO 12:00 starting\nTraceback (most recent call last):\n  File 'x', line 1\n"
        "(EngineCore pid=7) ERROR 12:01 [core.py:1] huggingface_hub.errors.HFValidationError: Repo id must be a string\n"
        "Traceback (most recent call last):\n  File 'y', line 2\n"
        "RuntimeError: Engine core initialization failed. See root cause above.\nINFO leaked semaphores\n"
    )
    with raises("server-failed") as caught:
        run(
            f"vllm/{checkpoint}",
            benchmark(tmp_path / "b"),
            out=tmp_path / "run",
            options=options(early_death=log),
        )
    assert "HFValidationError: Repo id must be a string" in caught.value.message
    assert "exit status 1" in caught.value.message
    assert caught.value.hint is not None
    assert len(starts()) == 1
    assert not (tmp_path / "run" / "manifest.json").exists()


def test_a_server_that_is_never_healthy_or_answers_no_question_is_an_error(
    checkpoint: str, options: Any, starts: Any, tmp_path: Path
) -> None:
    made = benchmark(tmp_path / "b")
    with raises("server-failed") as caught:
        run(
            f"vllm/{checkpoint}",
            made,
            out=tmp_path / "run",
            options=options(never_healthy=True) | {"start_s": "1"},
        )
    assert "within 1 s" in caught.value.message
    with raises("server-failed") as caught:
        run(f"vllm/{checkpoint}", made, out=tmp_path / "run", options=options(deaf=True))
    assert "At most 0 audio" in caught.value.message
    with raises("server-failed") as caught:
        run(f"vllm/{checkpoint}", made, out=tmp_path / "run", options=options(dies_at_first=True))
    assert "head_dim=8 is unsupported" in caught.value.message
    with raises("no-such-folder"):
        run("vllm/./nothing-here", made, out=tmp_path / "run", options=options())


def test_a_port_that_somebody_takes_is_given_up_for_another(
    checkpoint: str, options: Any, starts: Any, tmp_path: Path
) -> None:
    try:
        result = run(
            f"vllm/{checkpoint}",
            benchmark(tmp_path / "b"),
            out=tmp_path / "run",
            options=options(stolen_port=True),
        )
    finally:
        os.kill(int((tmp_path / "state" / "holder").read_text()), signal.SIGKILL)
    assert result.complete
    ports = [arguments[arguments.index("--port") + 1] for arguments in starts()]
    assert len(set(ports)) == 2


@pytest.mark.parametrize("fault", ["dies_after", "sick_after"])
def test_a_server_that_fails_is_started_again_and_nothing_is_lost(
    fault: str, checkpoint: str, options: Any, starts: Any, tmp_path: Path
) -> None:
    result = run(
        f"vllm/{checkpoint}",
        benchmark(tmp_path / "b", 30),
        out=tmp_path / "run",
        options=options(**{fault: 10}),
        concurrency=4,
        backoff=0.01,
    )
    assert result.complete, result.counts
    assert sorted(answer.id for answer in answers(tmp_path / "run")) == sorted(
        f"id-{index}" for index in range(30)
    )
    assert len(starts()) == 2


def test_a_server_that_keeps_failing_is_started_four_times_and_the_run_goes_on_later(
    checkpoint: str, options: Any, starts: Any, tmp_path: Path
) -> None:
    made, out = benchmark(tmp_path / "b", 40), tmp_path / "run"
    faults = options(always_dies_after=5, dying_starts=4)
    more = {"concurrency": 2, "backoff": 0.01, "max_attempts": 50}
    with raises("no-worker", ExternalError) as caught:
        run(f"vllm/{checkpoint}", made, out=out, options=faults, **more)
    assert "an illegal access" in caught.value.message
    assert len(starts()) == 4
    before = answers(out)
    assert 4 <= len(before) < 40
    # The same command goes on, and the server holds now.
    assert run(f"vllm/{checkpoint}", made, out=out, options=faults, **more).complete
    assert len(starts()) == 5
    assert answers(out)[: len(before)] == before
    assert sorted(answer.id for answer in answers(out)) == sorted(f"id-{index}" for index in range(40))


@pytest.mark.skipif(not Path("/proc").exists(), reason="process states are read from /proc")
def test_no_server_survives_a_program_that_is_killed(
    checkpoint: str, options: Any, starts: Any, tmp_path: Path
) -> None:
    benchmark(tmp_path / "b", 400)
    words = [
        sys.executable,
        "-m",
        "mmar",
        "run",
        f"vllm/{checkpoint}",
        "--benchmark",
        str(tmp_path / "b" / "meta.jsonl"),
    ]
    words += [
        "--audio-dir",
        str(tmp_path / "b"),
        "--out",
        str(tmp_path / "run"),
        "--concurrency",
        "1",
        "--rate",
        "20",
    ]
    for name, value in options(stubborn=True).items():
        words += ["--option", f"{name}={value}"]
    program = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until(lambda: (tmp_path / "run" / "answers.jsonl").exists() and len(answers(tmp_path / "run")) > 2)
    finally:
        program.kill()
        program.wait()
    assert len(starts()) == 1  # and the fixture waits until it is gone


@pytest.mark.parametrize(
    ("log", "cause"),
    [
        ("", "it printed nothing"),
        ("one\n\ntwo\n\n", "two"),
        ("usage: vllm serve\nvllm serve: error: argument --dtype: invalid choice\nbye", "vllm serve: error: argument --dtype: invalid choice"),
        ("Traceback (most recent call last):\n  File 'x'\nKeyError: 'a'\n[rank0] destroyed", "KeyError: 'a'"),
        (
            "Traceback (most recent call last):\n  File 'x'\npydantic.ValidationError: 1 error\n  Value error, no such model\n",
            "pydantic.ValidationError: 1 error Value error, no such model",
        ),
        ("ValueError: seen and handled\nTraceback (most recent call last):\ntorch.OutOfMemoryError: CUDA out of memory", "torch.OutOfMemoryError: CUDA out of memory"),
    ],
)  # fmt: skip
def test_the_cause_of_a_failure_is_found_in_the_log(tmp_path: Path, log: str, cause: str) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"ValueError: of an earlier server\n" + log.encode() + b"\xff\xfe" * 0)
    assert failure_cause(path, len(b"ValueError: of an earlier server\n")) == cause
