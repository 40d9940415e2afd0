"""Local weights through the real worker process, with a tiny Qwen2-Audio of random weights on the CPU."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

pytest.importorskip("torch", reason="local weights need torch (pip install 'mmar[local]')")
pytest.importorskip("transformers", reason="local weights need transformers (pip install 'mmar[local]')")

from mmar.errors import UsageError
from mmar.models.local.weights.answering import Answerer
from mmar.models.local.weights.loading import WeightOptions, load
from mmar.models.local.weights.probes import batch_equals_alone, hears, longest_heard
from models.local.weights.tiny import qwen2_audio

pytestmark = pytest.mark.timeout(1800)


@pytest.fixture(scope="module", autouse=True)
def _surroundings() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HF_HUB_OFFLINE", "1")
        patch.setenv("OMP_NUM_THREADS", "1")  # threads that wait for each other gain nothing here
        yield


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return qwen2_audio(tmp_path_factory.mktemp("models") / "qwen2_audio")


@pytest.fixture(scope="module")
def answerer(tiny: Path) -> Answerer:
    return Answerer(load(WeightOptions(str(tiny), "float32")))


def record(path: Path, text: str = "Is it a tone?") -> dict[str, Any]:
    messages = [{"role": "user", "content": text, "audio": "before"}]
    return {
        "id": path.stem,
        "messages": messages,
        "audio": str(path),
        "settings": {"max_tokens": 6, "temperature": 0},
    }


def clips(folder: Path) -> list[Path]:
    rng = np.random.default_rng(0)
    paths = []
    for index, seconds in enumerate((1.7, 4.3, 0.6)):
        paths.append(folder / f"clip{index}.wav")
        sound = (0.1 * rng.standard_normal((round(seconds * 16_000), 2))).astype(np.float32)
        soundfile.write(paths[-1], sound, 16_000)
    return paths


def run_worker(
    arguments: list[str], records: list[dict[str, Any]]
) -> tuple[dict[str, Any], dict[str, Any], str]:
    """First line, answers by id, and standard error of a worker."""
    lines = "".join(json.dumps(each) + "\n" for each in records)
    command = [sys.executable, "-m", "mmar.models.local.weights", *arguments]
    done = subprocess.run(command, input=lines, capture_output=True, text=True, timeout=900, check=False)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    first = next((row for row in rows if "facts" in row or "fatal" in row), {})
    return first, {row["id"]: row for row in rows if "id" in row}, done.stderr


def test_a_batch_answers_as_one_alone_and_the_worker_says_what_it_is(tiny: Path, tmp_path: Path) -> None:
    records = [record(path, f"Question {index}?") for index, path in enumerate(clips(tmp_path))]
    first, together, _ = run_worker(["--model", str(tiny), "--dtype", "float32", "--batch", "3"], records)
    _, alone, _ = run_worker(["--model", str(tiny), "--dtype", "float32"], records)
    assert {name: answer["text"] for name, answer in together.items()} == {
        n: a["text"] for n, a in alone.items()
    }
    assert len({answer["text"] for answer in together.values()}) > 1
    settings = first["facts"]["settings"]
    assert settings["batch"] == "3"
    assert settings["generation"] == "greedy"
    assert settings["weights"].startswith("folder-")
    assert first["facts"]["environment"]["heard_up_to"] in ("30 s", "30.1 s")


def test_the_probes(answerer: Answerer) -> None:
    assert hears(answerer)
    assert longest_heard(answerer, 60.0) == pytest.approx(30.0, abs=0.11)
    assert longest_heard(answerer, 20.0) == float("inf")
    assert batch_equals_alone(answerer, 3)


def test_a_clip_that_is_longer_than_the_model_hears_is_counted_or_refused(tiny: Path, tmp_path: Path) -> None:
    path = tmp_path / "long.wav"
    soundfile.write(
        path, np.random.default_rng(0).standard_normal(31 * 16_000).astype(np.float32) * 0.1, 16_000
    )
    _, cut, _ = run_worker(["--model", str(tiny)], [record(path)])
    assert cut["long"]["cut"] is True
    _, refused, _ = run_worker(["--model", str(tiny), "--long", "refuse"], [record(path)])
    assert refused["long"]["kind"] == "audio"


def test_clips_that_no_model_should_be_given(tiny: Path, tmp_path: Path) -> None:
    short, damaged = tmp_path / "short.wav", tmp_path / "damaged.wav"
    empty, not_finite = tmp_path / "empty.wav", tmp_path / "not_finite.wav"
    soundfile.write(short, np.zeros(100, np.float32), 16_000)
    soundfile.write(empty, np.zeros(0, np.float32), 16_000)
    soundfile.write(not_finite, np.full(16_000, np.nan, np.float32), 16_000, subtype="FLOAT")
    damaged.write_bytes(b"RIFF nothing")
    good = clips(tmp_path)[0]
    bad = [short, damaged, empty, not_finite, tmp_path / "missing.wav"]
    records = [*map(record, bad), record(good)]
    _, answers, _ = run_worker(["--model", str(tiny), "--batch", "4"], records)
    assert [answers[path.stem].get("kind") for path in bad] == ["audio"] * len(bad)
    assert "text" in answers[good.stem]


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
    worker._generate([({"id": str(number)}, f"answer {number}", False) for number in range(8)])
    rows = [json.loads(line) for line in out.getvalue().splitlines()]
    assert sorted(row["id"] for row in rows) == [str(number) for number in range(8)]
    assert worker._batch == size
    if most:
        assert all(row["text"] == f"answer {row['id']}" for row in rows)
    else:
        assert {row["kind"] for row in rows} == {"crash"}


def test_a_model_that_computes_no_numbers_is_refused(tiny: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    broken = tmp_path / "broken"
    shutil.copytree(tiny, broken)
    tensors = load_file(broken / "model.safetensors")
    name = next(name for name in tensors if "language_model" in name and name.endswith("norm.weight"))
    tensors[name] = tensors[name] * float("nan")
    save_file(tensors, broken / "model.safetensors", metadata={"format": "pt"})
    first, _, _ = run_worker(["--model", str(broken)], [record(clips(tmp_path)[0])])
    assert first["fatal"]["code"] == "not-finite"


def test_a_worker_that_nobody_waits_for_ends_while_it_loads(tiny: Path) -> None:
    command = [sys.executable, "-m", "mmar.models.local.weights", "--model", str(tiny)]
    done = subprocess.run(command, input="", capture_output=True, text=True, timeout=900, check=False)
    assert "facts" not in done.stdout


def test_remote_code_is_neither_run_nor_asked_for(tiny: Path, tmp_path: Path) -> None:
    remote = tmp_path / "remote"
    shutil.copytree(tiny, remote)
    config = json.loads((remote / "config.json").read_text("utf-8"))
    names = {"AutoConfig": "configuration_x.X", "AutoModelForCausalLM": "configuration_x.Y"}
    (remote / "config.json").write_text(
        json.dumps({**config, "model_type": "own", "auto_map": names}), "utf-8"
    )
    (remote / "configuration_x.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n", "utf-8")
    # Would it be asked for on the terminal, "y" would be there to be read.
    command = [sys.executable, "-m", "mmar.models.local.weights", "--model", str(remote)]
    done = subprocess.run(command, input="y\n" * 9, capture_output=True, text=True, timeout=900, check=False)
    first = next(json.loads(line) for line in done.stdout.splitlines() if "fatal" in line)
    assert first["fatal"]["code"] == "remote-code"
    assert not (tmp_path / "ran").exists()


def test_greedy_inherits_nothing_from_the_checkpoint(tiny: Path, tmp_path: Path) -> None:
    hostile = qwen2_audio(
        tmp_path / "hostile",
        do_sample=True,
        temperature=0.7,
        top_p=0.5,
        top_k=20,
        repetition_penalty=1.5,
        max_new_tokens=3,
    )
    path = clips(tmp_path)[0]

    def text(folder: Path, generation: str) -> str:
        answerer = Answerer(load(WeightOptions(str(folder), "float32")), generation)
        chat = answerer.chat(record(path), [answerer.clip(str(path))])
        return str(answerer.answer([chat], {"max_tokens": 12})[0]["text"])

    assert text(hostile, "greedy") == text(tiny, "greedy")
    assert text(hostile, "greedy") == text(hostile, "greedy")
    assert (
        Answerer(load(WeightOptions(str(hostile))), "checkpoint")
        .settings["generation"]
        .startswith("checkpoint-")
    )


def test_checkpoints_that_cannot_be_used(tiny: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file
    from transformers import Qwen2Config, Qwen2ForCausalLM

    def refused(folder: Path | str, **options: Any) -> str:
        with pytest.raises(UsageError) as caught:
            load(WeightOptions(str(folder), **options))
        return caught.value.code

    incomplete = tmp_path / "incomplete"
    shutil.copytree(tiny, incomplete)
    tensors = load_file(incomplete / "model.safetensors")
    del tensors[next(name for name in tensors if "projector" in name)]
    save_file(tensors, incomplete / "model.safetensors", metadata={"format": "pt"})
    assert refused(incomplete) == "missing-weights"

    remote = tmp_path / "remote"
    shutil.copytree(tiny, remote)
    config = json.loads((remote / "config.json").read_text("utf-8"))
    config |= {"model_type": "their_own", "auto_map": {"AutoConfig": "configuration_x.X"}}
    (remote / "config.json").write_text(json.dumps(config), "utf-8")
    (remote / "configuration_x.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n", "utf-8")
    assert refused(remote) == "remote-code"
    assert not (tmp_path / "ran").exists()

    text = tmp_path / "text"
    Qwen2ForCausalLM(Qwen2Config(vocab_size=300, **QWEN_TEXT)).save_pretrained(text)
    assert refused(text) == "no-audio-class"
    assert refused(tmp_path / "nothing") == "no-such-folder"
    assert refused(tiny, quantization="bnb-4bit") == "missing-package"
    assert refused(tiny, adapter="./lora") == "missing-package"
    assert refused("nobody/nothing") in ("not-in-cache", "not-found")
    (tmp_path / "empty").mkdir()
    assert refused(tmp_path / "empty") == "not-a-checkpoint"


QWEN_TEXT = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 1,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
}


def test_a_model_in_the_hubs_cache_is_named_by_its_commit(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = "0123456789abcdef0123456789abcdef01234567"
    cache = tmp_path / "hub" / "models--tiny--qwen2-audio"
    shutil.copytree(tiny, cache / "snapshots" / commit)
    (cache / "refs").mkdir()
    (cache / "refs" / "main").write_text(commit, "utf-8")
    command = [sys.executable, "-m", "mmar.models.local.weights", "--model", "tiny/qwen2-audio"]
    environment = {**os.environ, "HF_HUB_CACHE": str(tmp_path / "hub"), "HF_HUB_OFFLINE": "1"}
    worker = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment,
    )
    assert worker.stdin is not None
    assert worker.stdout is not None
    with worker:
        first = json.loads(worker.stdout.readline())
        worker.stdin.close()
    assert first["facts"]["settings"]["weights"] == commit[:12]


def test_a_run_from_the_command_line(tiny: Path, tmp_path: Path, command: Callable[..., Any]) -> None:
    out = tmp_path / "run"
    common = (
        "--benchmark",
        "demo",
        "--limit",
        "6",
        "--out",
        out,
        "--max-tokens",
        "4",
        "--option",
        "dtype=float32",
    )
    result = command("run", f"hf/{tiny}", *common, "--option", "batch=2")
    assert result.status == 0
    manifest = json.loads((out / "manifest.json").read_text("utf-8"))
    assert manifest["facts"]["generation"] == "greedy"
    assert "dtype=float32" in manifest["signature"]
    assert command("run", f"hf/{tiny}", *common, "--option", "batch=2").status == 0
    other = command("run", f"hf/{tiny}", *common, "--option", "batch=1")
    assert other.status == 2
    assert (
        command("run", "hf/./nothing-here", "--benchmark", "demo", "--out", tmp_path / "x").code
        == "no-such-folder"
    )
    assert command("run", f"hf/{tiny}", "--benchmark", "demo", "--option", "bacth=2").code == "unknown-option"
