"""Stubs of the packages of models' authors, with their names and signatures, so that the programs of `examples/` run.

    python authors_stubs.py PROGRAM.py ARGUMENTS...

Each model answers with its prompt, and fails if that contains "FAIL". The signatures are those of the
authors' repositories in 2026.
"""

from __future__ import annotations

import runpy
import sys
import types
from pathlib import Path
from typing import Any


def answer(text: str) -> str:
    """The answer of each stub to a prompt."""
    if "FAIL" in text:
        raise RuntimeError("the model failed")
    return text.strip()


def texts(value: Any) -> str:
    """All text in messages, in order; clips must exist."""
    if isinstance(value, str):
        assert not value.endswith(".wav") or Path(value).is_file()
        return "" if value.endswith(".wav") else f"{value}\n"
    if isinstance(value, dict):
        return "".join(
            texts(each) for name, each in value.items() if name in ("content", "text", "audio", "audios")
        )
    return "".join(map(texts, value)) if isinstance(value, list) else ""


class KimiAudio:
    def __init__(self, model_path: str, load_detokenizer: bool = True) -> None:
        assert not load_detokenizer

    def generate(
        self,
        chats: list[dict[str, str]],
        output_type: str = "text",
        audio_temperature: float = 0.0,
        audio_top_k: int = 5,
        text_temperature: float = 0.0,
        text_top_k: int = 5,
        audio_repetition_penalty: float = 1.0,
        audio_repetition_window_size: int = 64,
        text_repetition_penalty: float = 1.0,
        text_repetition_window_size: int = 16,
        max_new_tokens: int = -1,
    ) -> tuple[None, str]:
        assert output_type == "text"
        assert {message["message_type"] for message in chats} == {"audio", "text"}
        return None, answer(texts(chats))


class MimoAudio:
    def __init__(self, model_path: str, mimo_audio_tokenizer_path: str, device: str | None = None) -> None:
        assert Path(model_path).is_dir()
        assert Path(mimo_audio_tokenizer_path).is_dir()

    def audio_understanding_sft(self, input_speech: str, input_text: str, thinking: bool = False) -> str:
        return answer(texts([input_speech, input_text])) + "<|eot|>"


class StepAudio2:
    def __init__(self, model_path: str) -> None:
        assert Path(model_path).is_dir()

    def __call__(self, messages: list[dict[str, Any]], **kwargs: Any) -> tuple[list[int], str, None]:
        assert messages[-1] == {"role": "assistant", "content": None}
        assert kwargs["max_new_tokens"] > 0
        return [], answer(texts(messages[:-1])), None


class StepAudioR1:
    def __init__(self, api_url: str, model_name: str, chat_template: str | None = None) -> None:
        assert api_url.endswith("/chat/completions")

    def stream(
        self, messages: list[dict[str, Any]], stream: bool = True, stop: None = None, **kwargs: Any
    ) -> Any:
        assert messages[-1] == {"role": "assistant", "content": "<think>\n", "eot": False}
        for piece in ("It is clear.\n", "</think>\n", None, answer(texts(messages[:-1]))):
            yield {"content": piece}, piece, None


class _Result:
    def __init__(self, text: list[str]) -> None:
        self.text = text


class DeSTA25AudioModel:
    @classmethod
    def from_pretrained(cls, name: str) -> DeSTA25AudioModel:
        return cls()

    def to(self, device: str) -> None:
        assert device == "cpu"

    def generate(
        self,
        messages: list[dict[str, Any]],
        temperature: float = 0.7,
        top_p: float = 0.9,
        do_sample: bool = True,
        max_new_tokens: int = 512,
    ) -> _Result:
        for message in messages:
            assert message["content"].count("<|AUDIO|>") == len(message.get("audios", []))
        return _Result([answer(texts(messages).replace("<|AUDIO|>", ""))])


class Tensor:
    """As much of a tensor and of a batch of them as the programs touch; it holds a prompt."""

    device, dtype, shape = "cpu", "float32", (1, 0)

    def __init__(self, text: str = "") -> None:
        self.prompt = text

    def to(self, *_: Any) -> Tensor:
        return self

    def get(self, name: str) -> Tensor | None:
        return self if name == "audio_data" else None

    def keys(self) -> list[str]:
        return ["input_ids"]

    def __getitem__(self, key: Any) -> Tensor:
        return self

    def __setitem__(self, key: str, value: Any) -> None:
        assert key in ("audio_data", "audio_input_mask")


class Model:
    """A model of transformers, with the methods of MiniCPM-o and SALMONN-2 beside `generate`."""

    device, dtype = "cpu", "float32"

    @classmethod
    def from_pretrained(cls, name: str, **options: Any) -> Model:
        assert options["trust_remote_code"]
        return cls()

    def eval(self) -> Model:
        return self

    def to(self, device: str) -> Model:
        return self

    def parameters(self) -> Any:
        yield Tensor()

    def generate(self, input_ids: Tensor, **options: Any) -> Tensor:
        assert options["max_new_tokens"] > 0
        return Tensor(answer(input_ids.prompt))

    def chat(self, msgs: list[dict[str, Any]], tokenizer: Any, generate_audio: bool, **options: Any) -> str:
        assert not generate_audio
        return answer(texts([[part for part in each["content"] if isinstance(part, str)] for each in msgs]))


class Processor:
    """A processor of transformers, with the calls of MOSS-Audio and SALMONN-2."""

    audio_token_id = 0
    config = types.SimpleNamespace(mel_sr=16_000)

    @classmethod
    def from_pretrained(cls, name: str, **options: Any) -> Processor:
        return cls()

    def prepare_model(self, model: Model) -> None:
        pass

    def __call__(
        self, audios: list[Any], text: str = "", instruction: str = "", return_tensors: str = "pt"
    ) -> Tensor:
        assert len(audios) == 1
        return Tensor(text or instruction)

    def decode(self, tokens: Tensor, skip_special_tokens: bool = True) -> str:
        return tokens.prompt


class _NoGradients:
    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: Any) -> None:
        pass


def install() -> None:
    """Install the stubs under the names that the programs import."""
    torch = {
        "bfloat16": "bfloat16",
        "cuda": types.SimpleNamespace(is_available=lambda: False),
        "no_grad": _NoGradients,
        "inference_mode": _NoGradients,
    }
    auto = dict.fromkeys(("AutoModel", "AutoModelForCausalLM"), Model)
    auto |= dict.fromkeys(("AutoProcessor", "AutoTokenizer"), Processor)
    for name, contents in {
        "torch": torch,
        "transformers": auto,
        "librosa": {"load": lambda path, sr, mono: ([Path(path).stat().st_size], sr)},
        "desta": {"DeSTA25AudioModel": DeSTA25AudioModel},
        "kimia_infer": {},
        "kimia_infer.api": {},
        "kimia_infer.api.kimia": {"KimiAudio": KimiAudio},
        "mimo_audio": {},
        "mimo_audio.mimo_audio": {"MimoAudio": MimoAudio},
        "stepaudio2": {"StepAudio2": StepAudio2},
        "stepaudior1vllm": {"StepAudioR1": StepAudioR1},
        "src": {},
        "src.audio_io": {"load_audio": lambda path, sample_rate: path},
        "src.modeling_moss_audio": {"MossAudioModel": Model},
        "src.processing_moss_audio": {"MossAudioProcessor": Processor},
    }.items():
        module = types.ModuleType(name)
        module.__dict__.update(contents)
        sys.modules[name] = module


if __name__ == "__main__":
    install()
    print("a library prints this while it loads")
    sys.argv = sys.argv[1:]
    sys.path.insert(0, str(Path(sys.argv[0]).parent))
    runpy.run_path(sys.argv[0], run_name="__main__")
