"""Tiny models of random weights on disk, so that local models are tested without a hub. Built in seconds, never committed."""

from __future__ import annotations

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


def tokenizer(special: list[str]) -> Any:
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
    )


def qwen2_audio(folder: Path, **generation: Any) -> Path:
    """Save a Qwen2-Audio of 109,000 random parameters; `generation` goes into its generation_config."""
    import torch
    from transformers import (
        Qwen2AudioConfig,
        Qwen2AudioEncoderConfig,
        Qwen2AudioForConditionalGeneration,
        Qwen2AudioProcessor,
        Qwen2Config,
        WhisperFeatureExtractor,
    )

    tokens = tokenizer(
        ["<|endoftext|>", "<|im_end|>", "<|im_start|>", "<|AUDIO|>", "<|audio_bos|>", "<|audio_eos|>"]
    )
    processor = Qwen2AudioProcessor(
        WhisperFeatureExtractor(feature_size=128, return_attention_mask=True), tokens
    )
    encoder = Qwen2AudioEncoderConfig(
        d_model=32, encoder_layers=1, encoder_attention_heads=2, encoder_ffn_dim=64
    )
    config = Qwen2AudioConfig(
        audio_config=encoder.to_dict(),
        text_config=Qwen2Config(vocab_size=len(tokens), **QWEN).to_dict(),
        audio_token_index=tokens.convert_tokens_to_ids("<|AUDIO|>"),
    )
    torch.manual_seed(0)
    model = Qwen2AudioForConditionalGeneration(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() > 1:
                parameter.mul_(3)  # so that the clip shows in the answer
    model.generation_config.eos_token_id = tokens.eos_token_id
    model.generation_config.pad_token_id = tokens.pad_token_id
    for name, value in generation.items():
        setattr(model.generation_config, name, value)
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder
