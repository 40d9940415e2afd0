"""From request records to answers: chat template, batch on the left, generation that inherits nothing, decoding."""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import torch
import transformers
from numpy.typing import NDArray

from mmar.audio import read_clip, resample, to_mono
from mmar.models.local.weights.loading import LoadedModel, sampling_rate

_SHORTEST_S = 0.1
_DEFAULT_TOKENS = 1024
# These take clips as files only.
_BY_PATH = ("VoxtralProcessor",)
_SPEECH = re.compile(r"audio|speech|sound|voice|codec", re.IGNORECASE)


class ClipError(Exception):
    """A clip that may not be given to the model."""


class Answerer:
    """An opened checkpoint that answers batches of request records (`mmar.models.jsonl`).

    Args:
        loaded: the checkpoint.
        generation: `greedy` for settings of our own, or `checkpoint` for what its generation_config says.
        alive: called now and then while tokens come.
    """

    def __init__(
        self, loaded: LoadedModel, generation: str = "greedy", alive: Callable[[], None] = lambda: None
    ) -> None:
        self.processor, self.model = loaded.processor, loaded.model
        self.rate = sampling_rate(loaded.processor)
        self._alive = alive
        self._by_path = type(loaded.processor).__name__ in _BY_PATH
        self._folder = tempfile.TemporaryDirectory(prefix="mmar-clips-") if self._by_path else None
        own = self.model.generation_config
        self._tokens = _token_ids(own, self._tokenizer)
        self._checkpoint = own if generation == "checkpoint" else None
        if self._checkpoint is None:
            # Left in place, every setting that is not given is filled from it: a repetition penalty for one.
            self.model.generation_config = transformers.GenerationConfig(**self._tokens)
            self.settings = {"generation": "greedy"}
        else:
            digest = hashlib.sha256(own.to_json_string().encode()).hexdigest()[:8]
            self.settings = {"generation": f"checkpoint-{digest}"}

    @property
    def _tokenizer(self) -> Any:
        return getattr(self.processor, "tokenizer", self.processor)

    def clip(self, path: str) -> tuple[NDArray[np.float32], bool]:
        """A clip as mono samples at the processor's rate, and whether several channels were mixed.

        It is decoded and resampled here and not by what is installed.

        Raises:
            ClipError: it is too short, or has samples that are no finite numbers.
            MmarError: it cannot be read.
        """
        source = read_clip(Path(path))
        clip = resample(to_mono(source), self.rate)
        samples = np.ascontiguousarray(clip.samples.reshape(-1), dtype=np.float32)
        if len(samples) < _SHORTEST_S * self.rate:
            raise ClipError(f"{path} is shorter than {_SHORTEST_S} s")
        if not np.isfinite(samples).all():
            raise ClipError(f"{path} has samples that are not finite numbers")
        return samples, source.channels > 1

    def chat(self, record: Mapping[str, Any], clips: Sequence[NDArray[np.float32]]) -> list[dict[str, Any]]:
        """The messages of a record, with the clips where they stand."""
        chat = []
        for message in record["messages"]:
            parts: list[dict[str, Any]] = [{"type": "text", "text": message["content"]}]
            if message.get("audio"):
                audio: list[dict[str, Any]] = [
                    {"type": "audio", "path": self._file(samples)}
                    if self._by_path
                    else {"type": "audio", "audio": samples}
                    for samples in clips
                ]
                parts = [*audio, *parts] if message["audio"] == "before" else [*parts, *audio]
            chat.append({"role": message["role"], "content": parts})
        return chat

    def encode(self, chats: Sequence[list[dict[str, Any]]]) -> dict[str, Any]:
        """Model inputs of a batch, padded on the left."""
        template = {}
        if not getattr(self.processor, "chat_template", None) and isinstance(
            own := getattr(self._tokenizer, "chat_template", None), str
        ):
            template = {"chat_template": own}  # some processors lose the template of their folder
        # Padding for the text alone: as a flat argument it reaches the feature extractor too.
        encoded = self.processor.apply_chat_template(
            list(chats),
            tokenize=True,
            add_generation_prompt=True,
            return_dict=True,
            return_tensors="pt",
            processor_kwargs={"text_kwargs": {"padding": True, "padding_side": "left"}},
            **template,
        )
        return dict(encoded)

    def answer(
        self, chats: Sequence[list[dict[str, Any]]], settings: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        """The answers of a batch of chats with equal settings: text, spoken, finish_reason, usage."""
        inputs = self._inputs(chats)
        start = inputs["input_ids"].shape[1]
        if settings.get("seed") is not None:
            torch.manual_seed(int(settings["seed"]))
        with torch.inference_mode():
            output = self.model.generate(
                **inputs,
                generation_config=self._generation(settings),
                stopping_criteria=[self._report_alive],
            )
        output = getattr(output, "sequences", output)
        ends = set(_listed(self._tokens["eos_token_id"]))
        answers = []
        for index, row in enumerate(output[:, start:].tolist()):
            end = next((position + 1 for position, token in enumerate(row) if token in ends), len(row))
            text = self._tokenizer.decode(row[:end], skip_special_tokens=True)
            answers.append(
                {
                    "text": text,
                    "spoken": not text and self._holds_speech(row[:end]),
                    "finish_reason": "length" if ends.isdisjoint(row) else "stop",
                    "usage": {
                        "input_tokens": int(inputs["attention_mask"][index].sum()),
                        "output_tokens": end,
                    },
                }
            )
        return answers

    def _report_alive(self, input_ids: Any, *_: Any, **__: Any) -> Any:
        """Report that tokens come, so that a slow batch is not taken for a dead one; nothing is stopped."""
        self._alive()
        return torch.zeros(input_ids.shape[0], dtype=torch.bool, device=input_ids.device)

    def _holds_speech(self, tokens: list[int]) -> bool:
        """Whether tokens stand for sound, by their names such as `<|audio_12|>`."""
        return any(_SPEECH.search(name) for name in self._tokenizer.convert_ids_to_tokens(tokens))

    def has_finite_logits(self, chat: list[dict[str, Any]]) -> bool:
        """Whether the scores of the first token of an answer are numbers: an overflow in float16 makes them NaN."""
        inputs = self._inputs([chat])
        config = self._generation({"max_tokens": 1})
        config.output_logits = config.return_dict_in_generate = True
        with torch.inference_mode():
            output = self.model.generate(**inputs, generation_config=config)
        return not bool(torch.isnan(output.logits[0]).any())

    def _generation(self, settings: Mapping[str, Any]) -> Any:
        most = int(settings.get("max_tokens") or _DEFAULT_TOKENS)
        if self._checkpoint is not None:
            config = transformers.GenerationConfig.from_dict(self._checkpoint.to_dict())
            config.max_new_tokens, config.max_length = most, None
            return config
        temperature = float(settings.get("temperature") or 0.0)
        sampling: dict[str, Any] = {"do_sample": False}
        if temperature > 0:
            top_p = float(settings.get("top_p") or 1.0)
            sampling = {"do_sample": True, "temperature": temperature, "top_p": top_p, "top_k": 0}
        return transformers.GenerationConfig(
            max_new_tokens=most, num_beams=1, repetition_penalty=1.0, **sampling, **self._tokens
        )

    def _inputs(self, chats: Sequence[list[dict[str, Any]]]) -> dict[str, Any]:
        """The inputs of a batch on the model's device, numbers in its dtype."""
        inputs = self.encode(chats)
        for name, value in inputs.items():
            if isinstance(value, torch.Tensor):
                dtype = self.model.dtype if value.is_floating_point() else None
                inputs[name] = value.to(self.model.device, dtype)
        return inputs

    def _file(self, samples: NDArray[np.float32]) -> str:
        assert self._folder is not None
        name = hashlib.sha256(samples.tobytes()).hexdigest()[:24]
        path = Path(self._folder.name) / f"{name}.wav"
        if not path.exists():
            soundfile.write(path, samples, self.rate, subtype="FLOAT")
        return str(path)


def _listed(tokens: int | Sequence[int] | None) -> list[int]:
    return [tokens] if isinstance(tokens, int) else list(tokens or ())


def _token_ids(own: Any, tokenizer: Any) -> dict[str, Any]:
    """End, padding and beginning tokens: the checkpoint's, and the tokenizer's end beside them."""
    ends = _listed(own.eos_token_id) + _listed(getattr(tokenizer, "eos_token_id", None))
    unique = list(dict.fromkeys(ends))
    padding = own.pad_token_id if own.pad_token_id is not None else getattr(tokenizer, "pad_token_id", None)
    return {
        "eos_token_id": unique[0] if len(unique) == 1 else unique or None,
        "pad_token_id": padding if padding is not None else (unique[0] if unique else None),
        "bos_token_id": own.bos_token_id,
    }
