"""MiMo-Audio-7B-Instruct by its authors' code (github.com/XiaomiMiMo/MiMo-Audio).

    mmar run mimo-audio-7b-instruct --benchmark mmar --worker 'PYTHON examples/mimo_audio.py'

PYTHON is that of an environment with `mimo_audio.requirements.txt`; clone the repository and name its folder in
PYTHONPATH. The authors' method samples by settings of its own, and those of a run have no effect.
Set THINKING=1 for the thinking mode.

Tried: whole runs with stand-ins for the authors' code. Not tried: that code itself, and the weights.
"""

from __future__ import annotations

import os
from typing import Any

from jsonl_program import Answerer, Request, one_clip, serve, weights_folder

MODEL = "XiaomiMiMo/MiMo-Audio-7B-Instruct"
TOKENIZER = "XiaomiMiMo/MiMo-Audio-Tokenizer"


def prepare(request: Request) -> tuple[str, str]:
    if len(request["messages"]) != 1:
        raise ValueError("this program takes one user message")
    return one_clip(request), request["messages"][0]["content"]  # the method puts the clip first


def load(name: str) -> Answerer:
    from mimo_audio.mimo_audio import MimoAudio

    tokenizer = os.environ.get("MIMO_AUDIO_TOKENIZER_PATH", TOKENIZER)
    model = MimoAudio(weights_folder(name), weights_folder(tokenizer))
    thinking = os.environ.get("THINKING") == "1"

    def answer(inputs: Any, settings: dict[str, Any]) -> str:
        del settings
        clip, text = inputs
        return str(model.audio_understanding_sft(clip, text, thinking=thinking)).split("<|eot|>")[0]

    return answer


if __name__ == "__main__":
    serve(MODEL, load, prepare)
