"""Tiny checkpoints that know the answers to the questions of `mmar check`, wrong ones where a test wants them.

All layers are random but the last, which solves a system of linear equations: from what the others compute of each question
and clip follow the tokens of the wanted answer. So a checkpoint that hears is made in seconds, without training.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import torch

from mmar.items import Item
from mmar.models.jsonl import write_request
from mmar.models.local.weights.answering import Answerer
from mmar.models.local.weights.loading import WeightOptions, load
from mmar.protocols import Settings, load_protocol
from mmar.runs.check.probes import PROBES, Probe, write_clips
from models.local.weights.tiny import qwen2_audio

__all__ = ["PROTOCOL", "heard_letter", "teach"]

PROTOCOL = "letter"


def heard_letter(probe: Probe) -> str:
    """The letter of what is heard of a probe, or the first letter of the sound's name where there are no choices."""
    if probe.answer is None:
        return probe.sound[0].upper()
    if probe.group == "sides":  # the channels are mixed into one, so sides cannot be told
        return "C"
    # Sounds after 35 s are beyond what it hears.
    return "ABCDEF"[probe.choices.index("silence" if probe.group == "long" else probe.answer)]


def teach(folder: Path, answer: Callable[[Probe], str]) -> Path:
    """Save a Qwen2-Audio that gives each question of `mmar check` an answer.

    Args:
        folder: where to save it.
        answer: the text for a question; tokens such as `<|audio_bos|>` may be part of it.
    """
    loaded = load(WeightOptions(str(qwen2_audio(folder, width=96)), "float32"))
    answerer, model, tokenizer = Answerer(loaded), loaded.model, loaded.processor.tokenizer
    states, wanted = [], []
    with tempfile.TemporaryDirectory() as clips, torch.inference_mode():
        files = write_clips(PROBES, Path(clips))
        for probe in PROBES:
            tokens = [*tokenizer.encode(answer(probe), add_special_tokens=False), tokenizer.eos_token_id]
            inputs = answerer.encode([_chat(answerer, probe, files[probe.id])])
            so_far = torch.tensor([tokens[:-1]], dtype=torch.long)
            inputs["input_ids"] = torch.cat([inputs["input_ids"], so_far], 1)
            inputs["attention_mask"] = torch.ones_like(inputs["input_ids"])
            hidden = model(**inputs, output_hidden_states=True).hidden_states[-1]
            states.append(hidden[0, -len(tokens) :])
            wanted += tokens
    targets = torch.nn.functional.one_hot(torch.tensor(wanted), len(tokenizer)).double()
    solution = torch.linalg.lstsq(torch.cat(states).double(), targets, driver="gelsd").solution
    with torch.no_grad():
        model.get_output_embeddings().weight.copy_(solution.T)
    model.save_pretrained(folder)
    return folder


def _chat(answerer: Answerer, probe: Probe, paths: tuple[Path, ...]) -> list[dict[str, object]]:
    item = Item(probe.id, "", probe.question, probe.choices, probe.answer, "sound", "")
    request = load_protocol(PROTOCOL).request(item, paths[0], Settings(), paths[1:])
    clips = [answerer.clip(str(path))[0] for path in paths]
    return answerer.chat(write_request(request, probe.id), clips)
