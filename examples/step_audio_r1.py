"""Step-Audio-R1 and R1.1 by their authors' server and client (github.com/stepfun-ai/Step-Audio-R1).

Start StepFun's own build of vLLM as their README says, then:

    STEP_AUDIO_URL=http://localhost:9999/v1/chat/completions \
        mmar run step-audio-r1 --benchmark mmar --worker 'PYTHON examples/step_audio_r1.py --model Step-Audio-R1'

PYTHON is that of an environment with `step_audio_r1.requirements.txt`; name the folder of the clone in PYTHONPATH. `--model`
is the name under which the server holds the weights. The thinking is begun for the model, as in the authors' example for
MMAR, with their repetition penalty and stop token.

Tried: the authors' client with a server that stands for theirs. It writes each request into a folder `request_logs` where it
is started, clips included. Not tried: the real server and its weights.
"""

from __future__ import annotations

import os
from typing import Any

from jsonl_program import Answerer, Request, one_clip, serve

MODEL = "Step-Audio-R1"
URL = "http://localhost:9999/v1/chat/completions"


def prepare(request: Request) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = []
    for message in request["messages"]:
        if message["role"] != "user":
            messages.append({"role": message["role"], "content": message["content"]})
            continue
        parts = [{"type": "audio", "audio": one_clip(request)}, {"type": "text", "text": message["content"]}]
        messages.append(
            {"role": "human", "content": parts if message.get("audio") == "before" else parts[::-1]}
        )
    return [*messages, {"role": "assistant", "content": "<think>\n", "eot": False}]


def load(name: str) -> Answerer:
    from stepaudior1vllm import StepAudioR1

    model = StepAudioR1(os.environ.get("STEP_AUDIO_URL", URL), name)

    def answer(messages: Any, settings: dict[str, Any]) -> str:
        pieces = model.stream(
            messages,
            max_tokens=settings.get("max_tokens", 32_000),
            temperature=settings.get("temperature", 0.7),
            repetition_penalty=1.07,
            stop_token_ids=[151665],
        )
        # The request ends with the opening tag, so that the reply has the closing one alone.
        return "<think>\n" + "".join(text for _, text, _ in pieces if text)

    return answer


if __name__ == "__main__":
    serve(MODEL, load, prepare)
