"""MOSS-Audio 4B and 8B by their authors' code (github.com/OpenMOSS/MOSS-Audio).

    mmar run moss-audio-8b-instruct --benchmark mmar \
        --worker 'PYTHON examples/moss_audio.py --model OpenMOSS-Team/MOSS-Audio-8B-Instruct'

PYTHON is that of an environment with `moss_audio.requirements.txt`; name the folder of the clone in PYTHONPATH. Without a
temperature the answer is greedy; the authors' example samples with temperature 1.0, top_p 1.0 and top_k 50.

Tried: the authors' code with tiny random weights on the CPU, with transformers 4.57.1 (torchaudio was stood in for).
Not tried: the published weights.
"""

from __future__ import annotations

from typing import Any

from jsonl_program import Answerer, Request, device, one_clip, serve, weights_folder

MODEL = "OpenMOSS-Team/MOSS-Audio-8B-Instruct"


def prepare(request: Request) -> tuple[str, str]:
    if len(request["messages"]) != 1:
        raise ValueError("this program takes one user message")
    return one_clip(request), request["messages"][0]["content"]  # the processor puts the clip first


def load(name: str) -> Answerer:
    import torch
    from src.audio_io import load_audio
    from src.modeling_moss_audio import MossAudioModel
    from src.processing_moss_audio import MossAudioProcessor

    folder = weights_folder(name)
    model = MossAudioModel.from_pretrained(folder, trust_remote_code=True, dtype="auto", device_map=device())
    model.eval()
    processor = MossAudioProcessor.from_pretrained(folder, trust_remote_code=True, enable_time_marker=True)

    def answer(inputs: Any, settings: dict[str, Any]) -> str:
        clip, text = inputs
        sound = load_audio(clip, sample_rate=processor.config.mel_sr)
        batch = processor(text=text, audios=[sound], return_tensors="pt").to(model.device)
        if batch.get("audio_data") is not None:
            batch["audio_data"] = batch["audio_data"].to(model.dtype)
        batch["audio_input_mask"] = batch["input_ids"] == processor.audio_token_id
        temperature = settings.get("temperature") or 0.0
        sampling = {"temperature": temperature, "top_p": settings.get("top_p", 1.0), "top_k": 50}
        with torch.no_grad():
            output = model.generate(
                **batch,
                max_new_tokens=settings.get("max_tokens", 1024),
                do_sample=temperature > 0,
                **(sampling if temperature > 0 else {}),
            )
        new = output[0, batch["input_ids"].shape[1] :]
        return str(processor.decode(new, skip_special_tokens=True))

    return answer


if __name__ == "__main__":
    serve(MODEL, load, prepare)
