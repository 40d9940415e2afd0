"""Tiny Qwen Omni models of random weights; their processors need torchvision."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from models.local.weights.tiny import CHAT, QWEN, build, extractor, save, tokenizer

OMNI_AUDIO = {
    "d_model": 32,
    "encoder_layers": 1,
    "encoder_attention_heads": 2,
    "encoder_ffn_dim": 64,
    "output_dim": 32,
}
OMNI_VISION = {"depth": 1, "hidden_size": 32, "intermediate_size": 32, "num_heads": 2, "out_hidden_size": 32}


def qwen2_5_omni(folder: Path) -> Path:
    """Save a Qwen2.5-Omni with a talker, of 216,000 random parameters."""
    import torch
    from transformers import (
        Qwen2_5OmniConfig,
        Qwen2_5OmniForConditionalGeneration,
        Qwen2_5OmniProcessor,
    )

    marks = ["IMAGE", "AUDIO", "VIDEO", "vision_bos", "vision_eos", "audio_bos", "audio_eos"]
    tokens = omni_tokenizer(marks)
    ids = [tokens.convert_tokens_to_ids(f"<|{mark}|>") for mark in marks]
    image, audio, video, vision_start, vision_end, audio_start, audio_end = ids
    rope = {"rope_type": "default", "rope_theta": 1e6, "mrope_section": [1, 1, 2]}
    thinker = {
        "audio_config": {**OMNI_AUDIO},
        "vision_config": {**OMNI_VISION, "fullatt_block_indexes": [0]},
        "text_config": {"vocab_size": len(tokens), "rope_parameters": rope, **QWEN},
        "audio_token_index": audio,
        "image_token_index": image,
        "video_token_index": video,
        "audio_start_token_id": audio_start,
        "audio_end_token_id": audio_end,
        "vision_start_token_id": vision_start,
        "vision_end_token_id": vision_end,
    }
    talker = {"vocab_size": 64, "embedding_size": 32, "head_dim": 8, "rope_parameters": rope, **QWEN}
    for rank, name in enumerate(("start", "end", "pad", "mask")):
        talker[f"tts_codec_{name}_token_id"] = 60 + rank
    for rank, name in enumerate(("start", "end", "pad")):
        talker[f"tts_text_{name}_token_id"] = 1 + rank
    wave = {
        "dit_config": {
            "hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "ff_mult": 1, "emb_dim": 32,
            "head_dim": 16, "num_embeds": 64, "enc_emb_dim": 8, "enc_dim": 8, "enc_channels": [8, 8, 8, 8, 24],
            "enc_attention_channels": 8, "enc_lin_neurons": 8, "enc_se_channels": 8, "enc_res2net_scale": 2,
        },
        "bigvgan_config": {
            "mel_dim": 80, "upsample_initial_channel": 32, "resblock_kernel_sizes": [3],
            "resblock_dilation_sizes": [[1, 3, 5]], "upsample_rates": [2, 2], "upsample_kernel_sizes": [4, 4],
        },
    }  # fmt: skip
    config = Qwen2_5OmniConfig(
        thinker_config=thinker, talker_config=talker, token2wav_config=wave, enable_audio_output=True
    )
    model = build(Qwen2_5OmniForConditionalGeneration, config)
    processor = omni_processor(Qwen2_5OmniProcessor, tokens, "<|audio_bos|><|AUDIO|><|audio_eos|>")
    save(folder, model, processor, {})
    voice = {"bos_token": 1, "cond": torch.zeros(1, 8), "ref_mel": torch.zeros(1, 10, 80)}
    torch.save({"Chelsie": voice}, folder / "spk_dict.pt")
    return folder


def qwen3_omni(folder: Path) -> Path:
    """Save a Qwen3-Omni with four experts, of 150,000 random parameters."""
    from transformers import (
        Qwen3OmniMoeConfig,
        Qwen3OmniMoeForConditionalGeneration,
        Qwen3OmniMoeProcessor,
    )

    marks = ["image_pad", "audio_pad", "video_pad", "vision_start", "vision_end", "audio_start", "audio_end"]
    tokens = omni_tokenizer(marks)
    ids = {mark: tokens.convert_tokens_to_ids(f"<|{mark}|>") for mark in marks}
    rope = {"rope_type": "default", "rope_theta": 1e6, "mrope_section": [1, 1, 2]}
    experts = {"moe_intermediate_size": 16, "num_experts": 4, "num_experts_per_tok": 2}
    text = {
        "vocab_size": len(tokens),
        "rope_parameters": {**rope, "interleaved": True, "mrope_interleaved": True},
        **experts,
        **QWEN,
    }
    thinker = {
        "audio_config": {**OMNI_AUDIO, "downsample_hidden_size": 8},
        "vision_config": {**OMNI_VISION, "deepstack_visual_indexes": [0], "num_position_embeddings": 16},
        "text_config": text,
        **{f"{kind}_token_id": ids[f"{kind}_pad"] for kind in ("audio", "image", "video")},
        **{
            f"{kind}_{end}_token_id": ids[f"{kind}_{end}"]
            for kind in ("audio", "vision")
            for end in ("start", "end")
        },
    }
    config = Qwen3OmniMoeConfig(thinker_config=thinker, enable_audio_output=False)
    model = build(Qwen3OmniMoeForConditionalGeneration, config)
    processor = omni_processor(Qwen3OmniMoeProcessor, tokens, "<|audio_start|><|audio_pad|><|audio_end|>")
    return save(folder, model, processor, {})


def omni_tokenizer(marks: list[str]) -> Any:
    """A tokenizer with the marks of image, audio and video, and of the ends of vision and audio."""
    image, audio, video, vision_bos, vision_eos, audio_bos, audio_eos = (f"<|{mark}|>" for mark in marks)
    return tokenizer(
        ["<|endoftext|>", "<|im_end|>", "<|im_start|>", *(f"<|{mark}|>" for mark in marks)],
        extra_special_tokens={
            "image_token": image,
            "audio_token": audio,
            "video_token": video,
            "vision_bos_token": vision_bos,
            "vision_eos_token": vision_eos,
            "audio_bos_token": audio_bos,
            "audio_eos_token": audio_eos,
        },
    )


def omni_processor(kind: Any, tokens: Any, clip: str) -> Any:
    """A processor whose chat template has these marks where the clip is."""
    from transformers import Qwen2VLImageProcessor, Qwen2VLVideoProcessor

    return kind(
        image_processor=Qwen2VLImageProcessor(),
        video_processor=Qwen2VLVideoProcessor(),
        feature_extractor=extractor(),
        tokenizer=tokens,
        chat_template=CHAT.replace("CLIP", clip),
    )
