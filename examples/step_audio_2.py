"""Step-Audio-2-mini by its authors' code (github.com/stepfun-ai/Step-Audio2).

    mmar run step-audio-2-mini --benchmark mmar --worker 'PYTHON examples/step_audio_2.py'

PYTHON is that of an environment with `step_audio_2.requirements.txt`; name the folder of the clone in PYTHONPATH. The
authors' code hands a clip over in pieces of 25 s. Other code of theirs keeps only the first channel of a clip: `mmar check`
tells whether this one does.

Tried: whole runs with stand-ins for the authors' code. Not tried: that code itself, and the weights.
"""

from __future__ import annotations

from typing import Any

from jsonl_program import Answerer, Request, one_clip, serve, weights_folder

MODEL = "stepfun-ai/Step-Audio-2-mini"


def prepare(request: Request) -> list[dict[str, Any]]:
    clip = one_clip(request)
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
