"""DeSTA2.5-Audio by its authors' package (github.com/kehanlu/DeSTA2.5-Audio).

    mmar run desta2.5-audio --benchmark mmar --worker 'PYTHON examples/desta_audio.py'

PYTHON is that of an environment with `desta_audio.requirements.txt`. The weights of Llama 3.1, on which it is built, are
gated: accept their licence on the hub first.

Tried: the authors' code with tiny random weights on the CPU (a Llama, a Whisper; their voice detector was stood in for).
Not tried: the published weights.
"""

from __future__ import annotations

from typing import Any

from jsonl_program import Answerer, Request, device, one_clip, serve

MODEL = "DeSTA-ntu/DeSTA2.5-Audio-Llama-3.1-8B"


def prepare(request: Request) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = []
    for message in request["messages"]:
        record = {"role": message["role"], "content": message["content"]}
        if "audio" in message:
            texts = ["<|AUDIO|>", message["content"]]
            record["content"] = " ".join(texts if message["audio"] == "before" else texts[::-1])
            record["audios"] = [{"audio": one_clip(request), "text": None}]
        messages.append(record)
    return messages


def load(name: str) -> Answerer:
    from desta import DeSTA25AudioModel

    model = DeSTA25AudioModel.from_pretrained(name)
    model.to(device())

    def answer(messages: Any, settings: dict[str, Any]) -> str:
        temperature = settings.get("temperature") or 0.0
        outputs = model.generate(
            messages=messages,
            do_sample=temperature > 0,
            top_p=settings.get("top_p", 1.0),
            temperature=temperature or 1.0,
            max_new_tokens=settings.get("max_tokens", 512),
        )
        text = outputs.text
        return str(text[0] if isinstance(text, list) else text)

    return answer


if __name__ == "__main__":
    serve(MODEL, load, prepare)
