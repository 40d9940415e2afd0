"""A program for `command/` that gives a checkpoint the first channel of each clip, as some harnesses do.

It opens the checkpoint with transformers itself, and speaks the protocol by the module that the programs of `examples/` share.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[4] / "examples"))

from jsonl_program import Answerer, Request, serve


def prepare(request: Request) -> list[dict[str, Any]]:
    import soundfile

    paths = [request["audio"]] if isinstance(request["audio"], str) else request["audio"]
    clips = [soundfile.read(path, dtype="float32", always_2d=True)[0][:, 0] for path in paths]
    return [
        {
            "role": message["role"],
            "content": [
                *({"type": "audio", "audio": clip} for clip in clips if "audio" in message),
                {"type": "text", "text": message["content"]},
            ],
        }
        for message in request["messages"]
    ]


def load(name: str) -> Answerer:
    from transformers import AutoProcessor, Qwen2AudioForConditionalGeneration

    processor = AutoProcessor.from_pretrained(name)
    model = Qwen2AudioForConditionalGeneration.from_pretrained(name).eval()

    def answer(chat: Any, settings: dict[str, Any]) -> str:
        inputs = processor.apply_chat_template(
            chat, tokenize=True, add_generation_prompt=True, return_dict=True, return_tensors="pt"
        )
        output = model.generate(**inputs, max_new_tokens=settings["max_tokens"], do_sample=False)
        new = output[0, inputs["input_ids"].shape[1] :]
        return str(processor.tokenizer.decode(new, skip_special_tokens=True))

    return answer


if __name__ == "__main__":
    serve("", load, prepare)
