"""Step-Audio-2-mini by its authors' code (github.com/stepfun-ai/Step-Audio2).

    mmar run step-audio-2-mini --benchmark mmar --worker 'PYTHON examples/step_audio_2.py'

PYTHON is that of an environment with `step_audio_2.requirements.txt`; name the folder of the clone in PYTHONPATH. The model
takes clips of less than 30 s: longer ones are refused here, because the authors' code would cut them without a word.

Tried: the protocol, with `--self-test`. Not tried: the weights.
"""

from __future__ import annotations

import wave
from typing import Any

from jsonl_program import Answerer, Request, one_clip, serve, weights_folder

MODEL = "stepfun-ai/Step-Audio-2-mini"
LONGEST_S = 479_680 / 16_000


def prepare(request: Request) -> list[dict[str, Any]]:
    clip = one_clip(request)
    if (seconds := _seconds(clip)) > LONGEST_S:
        raise ValueError(f"{clip} lasts {seconds:.1f} s, and the model takes {LONGEST_S:.2f} s at most")
    messages: list[dict[str, Any]] = []
    for message in request["messages"]:
        if message["role"] != "user":
            messages.append({"role": message["role"], "content": message["content"]})
            continue
        parts = [{"type": "audio", "audio": clip}, {"type": "text", "text": message["content"]}]
        messages.append(
            {"role": "human", "content": parts if message.get("audio") == "before" else parts[::-1]}
        )
    return [*messages, {"role": "assistant", "content": None}]


def _seconds(path: str) -> float:
    try:
        with wave.open(path) as clip:
            return clip.getnframes() / clip.getframerate()
    except (wave.Error, EOFError) as error:
        raise ValueError(f"{path}: {error}") from None


def load(name: str) -> Answerer:
    from stepaudio2 import StepAudio2

    model = StepAudio2(weights_folder(name))

    def answer(messages: Any, settings: dict[str, Any]) -> str:
        temperature = settings.get("temperature") or 0.0
        sampling = {"temperature": temperature, "top_p": settings.get("top_p", 1.0)} if temperature else {}
        _, text, _ = model(
            messages,
            max_new_tokens=settings.get("max_tokens", 256),
            do_sample=temperature > 0,
            **sampling,
        )
        return str(text)

    return answer


if __name__ == "__main__":
    serve(MODEL, load, prepare)
