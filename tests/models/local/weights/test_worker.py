"""The worker of local weights: its self-tests, batches, and clips that no model should be given."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

pytest.importorskip("torch", reason="local weights need torch (pip install 'mmar[local]')")
pytest.importorskip("transformers", reason="local weights need transformers (pip install 'mmar[local]')")

from expect import raises
from mmar.models.local.weights.self_test import batch_matches_single, depends_on_clip, max_audio_seconds
from models.local.weights.conftest import answers_of, clips, record

pytestmark = pytest.mark.timeout(1800)


def test_a_batch_answers_as_one_alone(tiny_model: Any, worker: Any, tmp_path: Path) -> None:
    folder = str(tiny_model("qwen2_audio"))
    records = [record(path, f"Question {index}?") for index, path in enumerate(clips(tmp_path))]
    three = worker("--model", folder, "--dtype", "float32", "--batch", "3")
    together = answers_of(three, records)
    alone = answers_of(worker("--model", folder, "--dtype", "float32"), records)
    assert {name: row["text"] for name, row in together.items()} == {
        name: row["text"] for name, row in alone.items()
    }
    assert len({row["text"] for row in together.values()}) > 1
    assert three.settings["batch"] == "3"
    assert three.settings["generation"] == "greedy"
    assert three.settings["weights"].startswith("folder-")
    assert three.environment["heard_up_to"] in ("30 s", "30.1 s")
    assert three.in_flight == 6


def test_the_self_tests(tiny_model: Any, worker: Any) -> None:
    answerer = worker("--model", str(tiny_model("qwen2_audio")), "--dtype", "float32")._answerer
    assert depends_on_clip(answerer)
    assert max_audio_seconds(answerer, 60.0) == pytest.approx(30.0, abs=0.11)
    assert max_audio_seconds(answerer, 20.0) == float("inf")
    assert batch_matches_single(answerer, 3)


def test_a_clip_that_is_longer_than_the_model_hears_is_counted_or_refused(
    tiny_model: Any, worker: Any, tmp_path: Path
) -> None:
    path = tmp_path / "long.wav"
    noise = np.random.default_rng(0).standard_normal(31 * 16_000).astype(np.float32) * 0.1
    soundfile.write(path, noise, 16_000)
    opened = worker("--model", str(tiny_model("qwen2_audio")), "--dtype", "float32")
    assert answers_of(opened, [record(path)])["long"]["cut"] is True
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(opened, "_long", "refuse")
        assert answers_of(opened, [record(path)])["long"]["kind"] == "audio"


def test_clips_that_no_model_should_be_given(tiny_model: Any, worker: Any, tmp_path: Path) -> None:
    short, damaged = tmp_path / "short.wav", tmp_path / "damaged.wav"
    empty, not_finite = tmp_path / "empty.wav", tmp_path / "not_finite.wav"
    soundfile.write(short, np.zeros(100, np.float32), 16_000)
    soundfile.write(empty, np.zeros(0, np.float32), 16_000)
    soundfile.write(not_finite, np.full(16_000, np.nan, np.float32), 16_000, subtype="FLOAT")
    damaged.write_bytes(b"RIFF nothing")
    good = clips(tmp_path)[0]
    bad = [short, damaged, empty, not_finite, tmp_path / "missing.wav"]
    opened = worker("--model", str(tiny_model("qwen2_audio")), "--dtype", "float32", "--batch", "3")
    answers = answers_of(opened, [*map(record, bad), record(good)])
    assert [answers[path.stem].get("kind") for path in bad] == ["audio"] * len(bad)
    assert "text" in answers[good.stem]
    assert (answers[good.stem]["mixed_down"], answers[good.stem]["cut"]) == (True, False)


@pytest.mark.parametrize(("fits", "equal", "size"), [(8, True, 8), (2, True, 2), (0, True, 1), (8, False, 1)])
def test_the_batch_size_is_tested(fits: int, equal: bool, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    from mmar.models.local.weights import __main__, self_test

    def compare(_: Any, count: int) -> bool:
        if count > fits:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return equal

    monkeypatch.setattr(self_test, "batch_matches_single", compare)
    assert __main__._usable_batch_size(None, 8) == size  # type: ignore[arg-type]


class OutOfMemoryAbove:
    """An answerer that has memory for so many requests at once."""

    def __init__(self, most: int) -> None:
        self.most, self.sizes = most, list[int]()

    def answer(self, chats: Sequence[str], settings: Any) -> list[dict[str, str]]:
        import torch

        self.sizes.append(len(chats))
        if len(chats) > self.most:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return [{"text": chat} for chat in chats]


@pytest.mark.parametrize(("most", "size"), [(3, 2), (1, 1), (8, 8), (0, 1)])
def test_a_batch_that_does_not_fit_is_halved_and_no_request_is_lost(most: int, size: int) -> None:
    from mmar.models.local.weights.__main__ import _Worker, _Writer

    out = io.StringIO()
    worker = object.__new__(_Worker)
    worker._batch, worker._writer, worker._answerer = 8, _Writer(out), OutOfMemoryAbove(most)  # type: ignore[assignment]
    worker._generate([({"id": str(number)}, f"answer {number}", {}) for number in range(8)])
    rows = [json.loads(line) for line in out.getvalue().splitlines()]
    assert sorted(row["id"] for row in rows) == [str(number) for number in range(8)]
    assert worker._batch == size
    if most:
        assert all(row["text"] == f"answer {row['id']}" for row in rows)
    else:
        assert {row["kind"] for row in rows} == {"crash"}


def test_a_model_that_computes_no_numbers_is_refused(tiny_model: Any, worker: Any, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    broken = tmp_path / "broken"
    shutil.copytree(tiny_model("qwen2_audio"), broken)
    tensors = load_file(broken / "model.safetensors")
    name = next(name for name in tensors if "language_model" in name and name.endswith("norm.weight"))
    tensors[name] = tensors[name] * float("nan")
    save_file(tensors, broken / "model.safetensors", metadata={"format": "pt"})
    with raises("not-finite", argument="model"):
        worker("--model", str(broken))


def started(*arguments: str, text: str, **environment: str) -> list[dict[str, Any]]:
    """What a worker in a process of its own writes when its input is this text."""
    command = [sys.executable, "-m", "mmar.models.local.weights", *arguments]
    variables = {**os.environ, "HF_HUB_OFFLINE": "1", **environment}
    done = subprocess.run(
        command, input=text, capture_output=True, text=True, timeout=900, check=False, env=variables
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_worker_that_nobody_waits_for_ends_while_it_loads(tiny_model: Any) -> None:
    assert started("--model", str(tiny_model("qwen2_audio")), text="") == []


def test_a_model_in_the_hubs_cache_is_named_by_its_commit(
    tiny_model: Callable[[str], Path], tmp_path: Path
) -> None:
    commit = "0123456789abcdef0123456789abcdef01234567"
    cache = tmp_path / "hub" / "models--tiny--qwen2-audio"
    shutil.copytree(tiny_model("qwen2_audio"), cache / "snapshots" / commit)
    (cache / "refs").mkdir()
    (cache / "refs" / "main").write_text(commit, "utf-8")
    path = clips(tmp_path)[0]
    line = json.dumps(record(path)) + "\n"
    first, answer = started("--model", "tiny/qwen2-audio", text=line, HF_HUB_CACHE=str(tmp_path / "hub"))
    assert first["ready"] is True
    assert first["facts"]["settings"]["weights"] == commit[:12]
    assert answer["id"] == path.stem
    assert answer["usage"]["output_tokens"] >= 1


def test_remote_code_is_neither_run_nor_asked_for(tiny_model: Any, tmp_path: Path) -> None:
    remote = tmp_path / "remote"
    shutil.copytree(tiny_model("qwen2_audio"), remote)
    config = json.loads((remote / "config.json").read_text("utf-8"))
    names = {"AutoConfig": "configuration_x.X", "AutoModelForCausalLM": "configuration_x.Y"}
    (remote / "config.json").write_text(
        json.dumps({**config, "model_type": "own", "auto_map": names}), "utf-8"
    )
    (remote / "configuration_x.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n", "utf-8")
    # Would it be asked for on the terminal, "y" would be there to be read.
    (first,) = started("--model", str(remote), text="y\n" * 9)
    assert first["fatal"]["code"] == "remote-code"
    assert not (tmp_path / "ran").exists()
