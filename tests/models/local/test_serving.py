"""Runs through servers that are started and ended by the program: vLLM and SGLang, with a fake one in their place."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from expect import raises
from mmar.api import load, run
from mmar.models import ModelOptions, open_model
from mmar.runs.manifest import read_manifest
from models.local.conftest import PROGRAM, answers, benchmark

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="these servers do not run on Windows")


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


def test_a_server_takes_as_many_clips_as_the_benchmark_has(
    checkpoint: str, options: Any, starts: Any, tmp_path: Path
) -> None:
    made = benchmark(tmp_path / "b", 4)
    first, second, third, *others = made
    several = msgspec.structs.replace(first, more_audio=(second.audio_path, third.audio_path))
    made = msgspec.structs.replace(made, items=(several, *others))
    assert run(f"vllm/{checkpoint}", made, out=tmp_path / "run", options=options()).complete
    (arguments,) = starts()
    assert arguments[arguments.index("--limit-mm-per-prompt") + 1] == '{"audio":3}'
    sent = {answer.id: answer.sent for answer in answers(tmp_path / "run")}[first.id]
    assert sent is not None
    assert len(sent.more) == 2


def test_a_model_that_thinks_longer_than_the_first_question_allows(
    checkpoint: str, options: Any, starts: Any, tmp_path: Path
) -> None:
    extra = options(thinks=True)
    assert run(f"vllm/{checkpoint}", benchmark(tmp_path / "b"), out=tmp_path / "run", options=extra).complete
