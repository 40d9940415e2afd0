"""`mmar check` on tiny models: one of random weights, which hears 30 seconds, and one whose weights let no sound through."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch", reason="local weights need torch (pip install 'mmar[local]')")
pytest.importorskip("transformers", reason="local weights need transformers (pip install 'mmar[local]')")

import mmar

pytestmark = pytest.mark.timeout(1800)


def states(folder: Path) -> dict[str, str]:
    options = {"dtype": "float32", "batch": "4"}
    report = mmar.check(f"hf/{folder}", options=options, max_tokens=4, timeout=600)
    return {verdict.name: verdict.state for verdict in report.verdicts}


def test_a_model_of_random_weights(tiny_model: Any) -> None:
    found = states(tiny_model("qwen2_audio"))
    assert (found["answers"], found["text"]) == ("passed", "passed")
    assert (found["thinking"], found["past 30 s"]) == ("failed", "limited")
    assert found["left from right"] == "limited"
    assert found["hears"] == "unknown"  # its replies change with the clip


def test_a_model_whose_weights_let_no_sound_through(tiny_model: Any, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    deaf = tmp_path / "deaf"
    shutil.copytree(tiny_model("qwen2_audio"), deaf)
    tensors = load_file(deaf / "model.safetensors")
    for name in tensors:
        if "projector" in name:
            tensors[name] = tensors[name] * 0.0
    save_file(tensors, deaf / "model.safetensors", metadata={"format": "pt"})
    # The inputs change with the clip, so that the worker's own test passes; the replies do not.
    assert states(deaf)["hears"] == "failed"
