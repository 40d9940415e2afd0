"""SALMONN-2 by the code beside its weights (github.com/bytedance/SALMONN, branch salmonn2), which runs with your rights.

    mmar run salmonn-2-9b --benchmark mmar --worker 'PYTHON examples/salmonn_2.py'

PYTHON is that of an environment with `salmonn_2.requirements.txt`. Generation is the usage example's: greedy, 256 tokens.

Tried: whole runs with stand-ins for the authors' code. Not tried: that code itself, and the weights.
"""

from __future__ import annotations

from typing import Any

from jsonl_program import Answerer, Request, serve

MODEL = "marcoyang/SALMONN-2-8B"


def prepare(request: Request) -> tuple[list[str], str]:
    if len(request["messages"]) != 1:
        raise ValueError("this program takes one user message")
    clips = [request["audio"]] if isinstance(request["audio"], str) else request["audio"] or []
    return clips, request["messages"][0]["content"]  # the processor puts clips before the text


def load(name: str) -> Answerer:
    import torch
    from transformers import AutoModelForCausalLM, AutoProcessor

    processor = AutoProcessor.from_pretrained(name, trust_remote_code=True, fix_mistral_regex=False)
    model = AutoModelForCausalLM.from_pretrained(
        name, trust_remote_code=True, dtype=torch.bfloat16, device_map="auto"
    ).eval()
    processor.prepare_model(model)
    device = next(model.parameters()).device

    def answer(inputs: Any, settings: dict[str, Any]) -> str:
        clips, text = inputs
        temperature = settings.get("temperature") or 0.0
        sampling = {"temperature": temperature, "top_p": settings.get("top_p", 1.0)} if temperature else {}
        with torch.inference_mode():
            output = model.generate(
                **processor(audios=clips, instruction=text).to(device),
                max_new_tokens=settings.get("max_tokens", 256),
                do_sample=temperature > 0,
                **sampling,
            )
        return str(processor.decode(output[0]))

    return answer


if __name__ == "__main__":
    serve(MODEL, load, prepare)
