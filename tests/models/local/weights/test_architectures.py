"""Every tested architecture from a folder to a finished run, through the command line: killed once and continued."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch", reason="local weights need torch (pip install 'mmar[local]')")
pytest.importorskip("transformers", reason="local weights need transformers (pip install 'mmar[local]')")

from mmar.runs.ledger import read_ledger
from waiting import until

pytestmark = [
    pytest.mark.timeout(3600),
    pytest.mark.skipif(not Path("/proc").exists(), reason="processes are looked for in /proc"),
]

# How far each hears, in seconds, as its feature extractor and processor have it.
HEARD_UP_TO = {
    "qwen2_audio": 30.0,
    "audio_flamingo_3": 600.0,
    "voxtral": None,
    "qwen2_5_omni": 30.0,
    "qwen3_omni": None,
}
NEEDS = {"voxtral": "mistral_common", "qwen2_5_omni": "torchvision", "qwen3_omni": "torchvision"}


@pytest.fixture
def workers_of(tmp_path: Path) -> Iterator[Callable[[], list[int]]]:
    """The processes that name the test's folder; none may be left at its end."""

    def find() -> list[int]:
        children = []
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                words = path.read_bytes()
            except OSError:
                continue
            if b"mmar.models.local.weights" in words and str(tmp_path).encode() in words:
                children.append(int(path.parent.name))
        return children

    yield find
    until(lambda: not find(), patience_s=300)


@pytest.mark.parametrize("name", HEARD_UP_TO)
def test_a_run_that_is_killed_and_continued(
    name: str,
    tiny_model: Any,
    tmp_path: Path,
    shared_cache: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: Any,
    workers_of: Any,
) -> None:
    if name in NEEDS and importlib.util.find_spec(NEEDS[name]) is None:
        pytest.skip(f"{name} needs {NEEDS[name]}")
    monkeypatch.setenv("MMAR_CACHE_DIR", str(shared_cache))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # threads that wait for each other gain nothing here
    folder, out = tmp_path / "model", tmp_path / "run"  # the workers of this test are known by the folder
    folder.symlink_to(tiny_model(name))
    words = [
        "run",
        f"hf/{folder}",
        "--benchmark",
        "demo",
        "--out",
        str(out),
        "--max-tokens",
        "4",
        "--limit",
        "40",
    ]
    words += ["--option", "batch=4", "--option", "dtype=float32"]

    killed = subprocess.Popen(
        [sys.executable, "-m", "mmar", *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    ledger = out / "answers.jsonl"
    try:
        until(
            lambda: killed.poll() is not None or (ledger.exists() and ledger.stat().st_size > 2000),
            patience_s=600,
        )
    finally:
        killed.kill()
        killed.wait()
    until(lambda: not workers_of(), patience_s=300)
    before = [answer.id for _, answer in read_ledger(ledger)]

    result = command(*words)
    assert result.status == 0, result.err
    answers = [answer for _, answer in read_ledger(ledger)]
    assert set(Counter(answer.id for answer in answers).values()) == {1}
    assert len(answers) == 40
    assert [answer.id for answer in answers[: len(before)]] == before
    assert len({answer.text for answer in answers}) > 4  # the answers depend on what is asked and heard
    manifest = json.loads((out / "manifest.json").read_text("utf-8"))
    # A batch that did not answer as one alone would have made it 1.
    assert manifest["facts"]["batch"] == "4"
    assert manifest["facts"]["weights"].startswith("folder-")
    limit_text = manifest["sessions"][-1]["environment"]["heard_up_to"]
    limit = HEARD_UP_TO[name]
    if limit is None:
        assert limit_text == "no limit found"
    else:
        assert float(limit_text.removesuffix(" s")) == pytest.approx(limit, abs=0.11)


def test_a_run_is_not_continued_with_another_batch_size(
    tiny_model: Any, tmp_path: Path, shared_cache: Path, monkeypatch: pytest.MonkeyPatch, command: Any
) -> None:
    monkeypatch.setenv("MMAR_CACHE_DIR", str(shared_cache))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    model = f"hf/{tiny_model('qwen2_audio')}"
    words = ["--benchmark", "demo", "--limit", "2", "--out", str(tmp_path / "run"), "--max-tokens", "2"]
    assert command("run", model, *words).status == 0
    assert command("run", model, *words, "--option", "batch=2").status == 2
    assert command("run", model, *words, "--option", "bacth=2").code == "unknown-option"
    assert command("run", "hf/./nothing-here", "--benchmark", "demo").code == "no-such-folder"
