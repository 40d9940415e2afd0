"""MiniCPM-o 4.5 by the code on its hub page (huggingface.co/openbmb/MiniCPM-o-4_5), which runs with your rights.

    mmar run minicpm-o-4.5 --benchmark mmar --via command --worker 'PYTHON examples/minicpm_o.py'

PYTHON is that of an environment with `minicpm_o.requirements.txt`. vLLM 0.16 and newer serve the model too. The chat's form
is that of MiniCPM-o 2.6; whether 4.5 takes it unchanged was not tried.

Tried: whole runs with stand-ins for the authors' code. Not tried: that code itself, and the weights.
"""

from __future__ import annotations

from typing import Any

from jsonl_program import Answerer, Request, device, one_clip, serve

MODEL = "openbmb/MiniCPM-o-4_5"


def prepare(request: Request) -> list[tuple[str, list[str], str]]:
    clip = one_clip(request)
    return [
        (message["role"], [clip] if "audio" in message else [], message["content"])
        for message in request["messages"]
    ]


def load(name: str) -> Answerer:
    import librosa
    import torch
    from transformers import AutoModel, AutoTokenizer

    model = AutoModel.from_pretrained(
        name,
        trust_remote_code=True,
        attn_implementation="sdpa",
        torch_dtype=torch.bfloat16,
        init_vision=False,
        init_audio=True,
        init_tts=False,
    )
    model = model.eval().to(device())
    tokenizer = AutoTokenizer.from_pretrained(name, trust_remote_code=True)

    def answer(inputs: Any, settings: dict[str, Any]) -> str:
        temperature = settings.get("temperature") or 0.0
        messages = [
            {
                "role": role,
                "content": [*(librosa.load(clip, sr=16_000, mono=True)[0] for clip in clips), text],
            }
            for role, clips, text in inputs
        ]
        sampling = {"temperature": temperature, "top_p": settings.get("top_p", 1.0)} if temperature else {}
        return str(
            model.chat(
                msgs=messages,
                tokenizer=tokenizer,
                sampling=temperature > 0,
                max_new_tokens=settings.get("max_tokens", 512),
                generate_audio=False,
                **sampling,
            )
        )

    return answer


if __name__ == "__main__":
    serve(MODEL, load, prepare)
