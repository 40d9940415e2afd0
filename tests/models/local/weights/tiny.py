"""Tiny models of random weights on disk, so that local models are tested without a hub. Built in seconds, never committed."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

QWEN = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 8192,
}


CHAT = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n"
    "{% if m['content'] is string %}{{ m['content'] }}{% else %}{% for part in m['content'] %}"
    "{% if part['type'] == 'audio' %}CLIP{% elif part['type'] == 'text' %}{{ part['text'] }}{% endif %}"
    "{% endfor %}{% endif %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def tokenizer(special: list[str], **named: Any) -> Any:
    """One token for each byte and the special ones: nothing is trained, every text can be encoded."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    bytes_only = Tokenizer(models.BPE(vocab={mark: index for index, mark in enumerate(alphabet)}, merges=[]))
    bytes_only.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bytes_only.decoder = decoders.ByteLevel()
    bytes_only.add_special_tokens([AddedToken(name, special=True, normalized=False) for name in special])
    return PreTrainedTokenizerFast(
        tokenizer_object=bytes_only,
        pad_token=special[0],
        eos_token=special[1],
        model_max_length=8192,
        model_input_names=["input_ids", "attention_mask"],
        **named,
    )


def save(folder: Path, model: Any, processor: Any, ends: Any, **generation: Any) -> Path:
    """Save a model so that the clip shows in its answers; `generation` goes into its generation_config."""
    import torch

    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() > 1:
                parameter.mul_(3)
    for name, value in {**ends, **generation}.items():
        setattr(model.generation_config, name, value)
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder


def build(kind: Any, config: Any) -> Any:
    """A model with the same random weights each time."""
    import torch

    torch.manual_seed(0)
    return kind(config).eval()


def extractor() -> Any:
    """The feature extractor of most of these models."""
    from transformers import WhisperFeatureExtractor

    return WhisperFeatureExtractor(feature_size=128, return_attention_mask=True)


def qwen2_audio(folder: Path, *, width: int = 32, **generation: Any) -> Path:
    """Save a Qwen2-Audio of 109,000 random parameters, or more where its layers are wider."""
    from transformers import (
        Qwen2AudioConfig,
        Qwen2AudioEncoderConfig,
        Qwen2AudioForConditionalGeneration,
        Qwen2AudioProcessor,
        Qwen2Config,
    )

    tokens = tokenizer(
        ["<|endoftext|>", "<|im_end|>", "<|im_start|>", "<|AUDIO|>", "<|audio_bos|>", "<|audio_eos|>"]
    )
    encoder = Qwen2AudioEncoderConfig(
        d_model=32, encoder_layers=1, encoder_attention_heads=2, encoder_ffn_dim=64
    )
    config = Qwen2AudioConfig(
        audio_config=encoder.to_dict(),
        text_config=Qwen2Config(vocab_size=len(tokens), **QWEN | {"hidden_size": width}).to_dict(),
        audio_token_index=tokens.convert_tokens_to_ids("<|AUDIO|>"),
    )
    model = build(Qwen2AudioForConditionalGeneration, config)
    return save(folder, model, Qwen2AudioProcessor(extractor(), tokens), ends_of(tokens), **generation)


def audio_flamingo_3(folder: Path) -> Path:
    """Save an Audio Flamingo 3 of 109,000 random parameters."""
    from transformers import (
        AudioFlamingo3Config,
        AudioFlamingo3EncoderConfig,
        AudioFlamingo3ForConditionalGeneration,
        AudioFlamingo3Processor,
        Qwen2Config,
    )

    tokens = tokenizer(["<|endoftext|>", "<|im_end|>", "<|im_start|>", "<sound>"])
    encoder = AudioFlamingo3EncoderConfig(
        hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=64
    )
    config = AudioFlamingo3Config(
        audio_config=encoder.to_dict(),
        text_config=Qwen2Config(vocab_size=len(tokens), **QWEN).to_dict(),
        audio_token_id=tokens.convert_tokens_to_ids("<sound>"),
    )
    model = build(AudioFlamingo3ForConditionalGeneration, config)
    processor = AudioFlamingo3Processor(extractor(), tokens, chat_template=CHAT.replace("CLIP", "<sound>"))
    return save(folder, model, processor, ends_of(tokens))


def voxtral(folder: Path) -> Path:
    """Save a Voxtral of 120,000 random parameters, with a tokenizer in Mistral's own format."""
    import mistral_common
    from mistral_common.tokens.tokenizers.tekken import Tekkenizer
    from transformers import VoxtralConfig, VoxtralForConditionalGeneration, VoxtralProcessor
    from transformers.models.voxtral.configuration_voxtral import VoxtralEncoderConfig
    from transformers.tokenization_mistral_common import MistralCommonBackend

    folder.mkdir(parents=True, exist_ok=True)
    named = {24: "[AUDIO]", 25: "[BEGIN_AUDIO]", 32: "[ARGS]", 33: "[CALL_ID]", 34: "[TRANSCRIBE]"}
    names = [
        str(getattr(token["token_str"], "value", token["token_str"]))
        for token in Tekkenizer.DEPRECATED_SPECIAL_TOKENS
    ]
    names += [named.get(rank, f"<SPECIAL_{rank}>") for rank in range(len(names), 64)]
    source = Path(mistral_common.__file__).parent / "data" / "tekken_240911.json"
    window = {"num_mel_bins": 128, "hop_length": 160, "window_size": 400}
    tekken = {
        "config": {
            "pattern": json.loads(source.read_text("utf-8"))["config"]["pattern"],
            "num_vocab_tokens": 256,
            "default_vocab_size": 320,
            "default_num_special_tokens": 64,
            "version": "v11",
        },
        "vocab": [
            {"rank": byte, "token_bytes": base64.b64encode(bytes([byte])).decode(), "token_str": None}
            for byte in range(256)
        ],
        "special_tokens": [
            {"rank": rank, "token_str": name, "is_control": True} for rank, name in enumerate(names)
        ],
        "audio": {
            "sampling_rate": 16_000,
            "frame_rate": 12.5,
            "audio_encoding_config": window,
            "chunk_length_s": 30.0,
        },
    }
    (folder / "tekken.json").write_text(json.dumps(tekken), "utf-8")
    encoder = VoxtralEncoderConfig(
        hidden_size=32, intermediate_size=128, num_hidden_layers=1, num_attention_heads=2
    )
    ends = {"eos_token_id": 2, "pad_token_id": 11, "bos_token_id": 1}
    text = {"model_type": "llama", "vocab_size": 320, "head_dim": 8, **ends, **QWEN}
    config = VoxtralConfig(audio_config=encoder.to_dict(), text_config=text, audio_token_id=24)
    model = build(VoxtralForConditionalGeneration, config)
    model.save_pretrained(folder)  # the tokenizer wants a configuration beside it
    processor = VoxtralProcessor(extractor(), MistralCommonBackend.from_pretrained(folder))
    return save(folder, model, processor, ends)


def ends_of(tokens: Any) -> dict[str, Any]:
    """The end and padding tokens of a tokenizer, for a generation_config."""
    return {"eos_token_id": tokens.eos_token_id, "pad_token_id": tokens.pad_token_id}
