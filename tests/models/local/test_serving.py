"""Servers that are started and ended by the program: vLLM and SGLang, with a fake one in their place."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from expect import raises
from mmar.api import load, run
from mmar.errors import ExternalError
from mmar.items import Benchmark, Item, write_benchmark
from mmar.models import Answer, ModelOptions, open_model
from mmar.models.local.minder import failure_cause
from mmar.runs.ledger import read_ledger
from mmar.runs.manifest import read_manifest
from waiting import until

ENGINE = Path(__file__).parents[2] / "servers" / "fake_engine.py"
PROGRAM = f"{sys.executable} {ENGINE} serve"

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="these servers do not run on Windows")


def benchmark(folder: Path, count: int = 12, seconds: float = 0.5) -> Benchmark:
    (folder / "audio").mkdir(parents=True)
    items = []
    for number in range(count):
        path = folder / "audio" / f"{number}.wav"
        with wave.open(str(path), "wb") as clip:
            clip.setparams((1, 2, 16_000, 0, "NONE", ""))
            clip.writeframes(bytes([number % 100, 1]) * round(seconds * 16_000))
        items.append(
            Item(f"id-{number}", f"./audio/{number}.wav", "Which?", ("one", "two"), "two", "sound", "Signal")
        )
    write_benchmark(items, folder / "meta.jsonl")
    return load(folder / "meta.jsonl", audio_dir=folder)


@pytest.fixture
def checkpoint(tmp_path: Path) -> str:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    return str(folder)


@pytest.fixture
def options(tmp_path: Path) -> Callable[..., dict[str, str]]:
    """Options that start the fake engine with faults."""
    state = tmp_path / "state"
    state.mkdir()

    def make(**faults: Any) -> dict[str, str]:
        serve = {f"fake_{name}": value for name, value in faults.items()} | {"fake_state": str(state)}
        return {"program": PROGRAM, "serve": json.dumps(serve)}

    return make


@pytest.fixture
def starts(tmp_path: Path) -> Any:
    """The arguments of each start; after the test none of the processes may be left."""

    def read() -> list[list[str]]:
        return [json.loads(path.read_text()) for path in sorted((tmp_path / "state").glob("start-*"))]

    yield read
    for path in (tmp_path / "state").glob("start-*"):
        pid = int(path.name.rpartition("-")[2])
        until(lambda pid=pid: not alive(pid))


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        # A process that has ended may wait for somebody to take note of it.
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:1]
    except (FileNotFoundError, ProcessLookupError):
        return False


def answers(folder: Path) -> list[Answer]:
    return [answer for _, answer in read_ledger(folder / "answers.jsonl") if answer.failure is None]


def test_a_run_through_a_server_that_it_starts_and_ends(
    checkpoint: str, options: Any, starts: Any, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    extra = options() | {"dtype": "bfloat16", "exact": "yes"}
    result = run(f"vllm/{checkpoint}", benchmark(tmp_path / "b"), out=out, options=extra)
    assert result.complete
    manifest = read_manifest(out)
    assert manifest is not None
    assert manifest.facts["engine"] == "vllm@9.8.7"
    assert manifest.facts["weights"].startswith("folder-")
    assert (manifest.facts["dtype"], manifest.facts["batch"]) == ("bfloat16", "invariant")
    environment = manifest.sessions[-1].environment
    assert environment["heard_up_to"].startswith("no limit found")
    assert "--port PORT" in environment["server_command"]
    (arguments,) = starts()
    assert arguments[:4] == ["serve", checkpoint, "--served-model-name", checkpoint]
    for words in (["--host", "127.0.0.1"], ["--generation-config", "vllm"], ["--dtype", "bfloat16"]):
        assert words == arguments[arguments.index(words[0]) :][:2]
    assert "--trust-remote-code" not in arguments
    assert "--api-key" not in arguments  # it is in the environment, where other users do not see it
    # The same command has nothing left to ask, and another engine is another run.
    assert (
        run(
            f"vllm/{checkpoint}",
            load(tmp_path / "b" / "meta.jsonl", audio_dir=tmp_path / "b"),
            out=out,
            options=extra,
        ).requested
        == 0
    )


def test_a_server_for_each_group_of_gpus(checkpoint: str, options: Any, starts: Any, tmp_path: Path) -> None:
    out = tmp_path / "run"
    result = run(
        f"sglang/{checkpoint}",
        benchmark(tmp_path / "b", 40),
        out=out,
        gpus="0,1,2,3",
        options=options() | {"tensor_parallel": "2"},
        concurrency=8,
    )
    assert result.complete
    assert {answer.model for answer in answers(out)} == {"0,1", "2,3"}
    for arguments in starts():
        assert arguments[arguments.index("--tp-size") + 1] == "2"
        assert arguments[arguments.index("--model-path") + 1] == checkpoint
    assert len(starts()) == 2
    text = (out / "manifest.json").read_text()
    assert starts()[0][starts()[0].index("--api-key") + 1] not in text


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
    assert sorted(answer.id for answer in answers(tmp_path / "run")) == sorted(f"id-{at}" for at in range(30))
    assert len(starts()) == 2


def test_a_server_that_keeps_failing_is_started_four_times_and_the_run_goes_on_later(
    checkpoint: str, options: Any, starts: Any, tmp_path: Path
) -> None:
    made, out = benchmark(tmp_path / "b", 40), tmp_path / "run"
    with raises("no-worker", ExternalError) as caught:
        run(
            f"vllm/{checkpoint}",
            made,
            out=out,
            options=options(always_dies_after=5),
            concurrency=2,
            backoff=0.01,
            max_attempts=50,
        )
    assert "an illegal access" in caught.value.message
    assert len(starts()) == 4
    assert 4 <= len(answers(out)) < 40
    # The same command goes on: another session, and again three restarts.
    before = len(answers(out))
    with raises("no-worker", ExternalError):
        run(
            f"vllm/{checkpoint}",
            made,
            out=out,
            options=options(always_dies_after=5),
            concurrency=2,
            backoff=0.01,
            max_attempts=50,
        )
    assert len(answers(out)) > before


def test_clips_that_are_longer_than_the_server_hears_are_counted_as_cut(
    checkpoint: str, options: Any, starts: Any, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    assert run(
        f"vllm/{checkpoint}", benchmark(tmp_path / "b", 2, seconds=31.5), out=out, options=options(hears=30)
    ).complete
    manifest = read_manifest(out)
    assert manifest is not None
    assert manifest.sessions[-1].environment["heard_up_to"].startswith("30 s")
    assert all(answer.sent is not None and answer.sent.cut for answer in answers(out))


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


def test_options_are_checked_before_anything_is_started(checkpoint: str, tmp_path: Path) -> None:
    def refused(code: str, argument: str, **more: Any) -> None:
        with raises(code, argument=argument):
            open_model(f"vllm/{checkpoint}", ModelOptions(**more))

    program = {"program": PROGRAM}
    refused("missing-program", "model", extra={"program": "no-such-program-here"})
    refused("unknown-option", "options", extra={"dtyp": "x"})
    refused("invalid-option", "options", extra=program | {"dtype": "int3"})
    refused("invalid-option", "options", extra=program | {"tensor_parallel": "1.5"})
    refused("invalid-option", "options", extra=program | {"serve": "[]"})
    refused("invalid-option", "options", extra=program | {"serve": '{"port": 1}'})
    refused("incompatible-options", "workers", extra=program, workers=("ssh x",))
    refused("incompatible-options", "base_urls", extra=program, base_urls=("http://h/v1",))
    refused("incompatible-options", "gpus", extra=program | {"tensor_parallel": "2"}, gpus=("0", "1", "2"))
    refused("incompatible-options", "gpus", extra=program, gpus=("0+1", "2"))


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
