"""The self test of a worker: it uses the clip, up to which length, and answers in a batch as alone."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from mmar.models.local.weights.answering import Answerer
from mmar.models.model import model_error

_LONGEST_S = 1800.0
_EXACT_S = 0.06
# Just beyond and just before the end of what processors hear that cut at 30 or 600 s, as most do; tried first.
_USUAL_S = (30.12, 30.07, 600.12, 600.07)
_QUESTION = {"messages": [{"role": "user", "content": "What is heard?", "audio": "before"}]}


def run_self_test(answerer: Answerer, name: str) -> float:
    """Test that a model uses the clip and computes numbers; returns how much of a clip it reads, as `max_audio_seconds`.

    Raises:
        UsageError: it does not (code `deaf` or `not-finite`).
    """
    if not depends_on_clip(answerer):
        message = f"{name} does not use the audio: its inputs stay the same whatever the clip"
        hint = "check its processor and chat template"
        raise model_error("deaf", message, hint)
    if not answerer.has_finite_logits(answerer.chat(_QUESTION, [_noise(2.0, answerer.rate)])):
        message = f"{name} computes no numbers (NaN) in {str(answerer.model.dtype).removeprefix('torch.')}"
        hint = "try --option dtype=bfloat16 or float32; if that does not help, the weights are damaged"
        raise model_error("not-finite", message, hint)
    return max_audio_seconds(answerer)


def depends_on_clip(answerer: Answerer) -> bool:
    """Whether the model's inputs change when the clip does."""
    noise = _noise(2.0, answerer.rate)
    return not _same(_inputs(answerer, noise), _inputs(answerer, np.roll(noise, len(noise) // 3) * 0.5))


def max_audio_seconds(answerer: Answerer, most: float = _LONGEST_S) -> float:
    """Seconds up to which a change of a clip's last tenth of a second reaches the model; infinite without a limit.

    Exact to a tenth of a second, and without a table of models: the processor is given two clips that differ in their
    tail.
    """
    noise = _noise(most, answerer.rate, seed=7)
    if _reads_tail(answerer, noise):
        return math.inf
    low, high = 1.0, most
    while high - low > _EXACT_S:
        middle = next((usual for usual in _USUAL_S if low < usual < high), (low + high) / 2)
        is_read = _reads_tail(answerer, noise[: round(middle * answerer.rate)])
        low, high = (middle, high) if is_read else (low, middle)
    return round(low, 1)


def batch_matches_single(answerer: Answerer, size: int) -> bool:
    """Whether clips of different lengths get the same short answers in a batch as alone."""
    questions = ("What is heard in this clip, a tone or noise? Answer in one word.", "What is heard?")
    records = []
    for index in range(size):
        record = {"messages": [{"role": "user", "content": questions[index % 2], "audio": "before"}]}
        records.append(answerer.chat(record, [_noise(1.7 + 1.3 * (index % 3), answerer.rate, index)]))
    settings: Mapping[str, Any] = {"max_tokens": 6, "temperature": 0.0}
    together = [answer["text"] for answer in answerer.answer(records, settings)]
    return together == [answerer.answer([record], settings)[0]["text"] for record in records]


def _reads_tail(answerer: Answerer, clip: NDArray[np.float32]) -> bool:
    changed = clip.copy()
    changed[-answerer.rate // 10 :] *= -3.0
    return not _same(_inputs(answerer, clip), _inputs(answerer, changed))


def _inputs(answerer: Answerer, samples: NDArray[np.float32]) -> dict[str, Any]:
    return answerer.encode([answerer.chat(_QUESTION, [samples])])


def _noise(seconds: float, rate: int, seed: int = 0) -> NDArray[np.float32]:
    rng = np.random.default_rng(seed)
    return np.float32(0.05) * rng.standard_normal(round(seconds * rate), dtype=np.float32)


def _same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    if one.keys() != other.keys():
        return False
    for name, value in one.items():
        is_tensor = isinstance(value, torch.Tensor)
        if not (torch.equal(value, other[name]) if is_tensor else value == other[name]):
            return False
    return True
