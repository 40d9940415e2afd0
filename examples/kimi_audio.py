"""Kimi-Audio-7B-Instruct by its authors' code (github.com/MoonshotAI/Kimi-Audio).

    mmar run kimi-audio-7b-instruct --benchmark mmar --worker 'PYTHON examples/kimi_audio.py'

PYTHON is that of an environment with `kimi_audio.requirements.txt`. Sampling is the README's: greedy text.

Tried: whole runs with stand-ins for the authors' code. Not tried: that code itself, and the weights.
"""

from __future__ import annotations

from typing import Any

from jsonl_program import Answerer, Request, one_clip, serve

MODEL = "moonshotai/Kimi-Audio-7B-Instruct"


def prepare(request: Request) -> list[dict[str, str]]:
    messages = []
    for message in request["messages"]:
        if message["role"] == "system":
            raise ValueError("Kimi-Audio takes no system text")
        clip = {"role": "user", "message_type": "audio", "content": one_clip(request)}
        text = {"role": "user", "message_type": "text", "content": message["content"]}
        places = {"before": [clip, text], "after": [text, clip]}
        messages += places.get(message.get("audio", ""), [text])
    return messages


def load(name: str) -> Answerer:
    from kimia_infer.api.kimia import KimiAudio

    model = KimiAudio(model_path=name, load_detokenizer=False)

    def answer(messages: Any, settings: dict[str, Any]) -> str:
        _, text = model.generate(
            messages,
            output_type="text",
            max_new_tokens=settings.get("max_tokens", -1),
            audio_temperature=0.8,
            audio_top_k=10,
            text_temperature=settings.get("temperature", 0.0),
            text_top_k=5,
            audio_repetition_penalty=1.0,
            audio_repetition_window_size=64,
            text_repetition_penalty=1.0,
            text_repetition_window_size=16,
        )
        return str(text)

    return answer


if __name__ == "__main__":
    serve(MODEL, load, prepare)
