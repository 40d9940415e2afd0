"""MMAR's own groups, in the order of its published tables."""

from __future__ import annotations

__all__ = ["LAYERS", "MODALITIES", "published_rank"]

MODALITIES = (
    "sound",
    "music",
    "speech",
    "mix-sound-music",
    "mix-sound-speech",
    "mix-music-speech",
    "mix-sound-music-speech",
)
"""The seven modalities."""

LAYERS = ("Signal Layer", "Perception Layer", "Semantic Layer", "Cultural Layer")
"""The four layers, which the records call `category`."""

_RANK = {name: at for at, name in enumerate((*MODALITIES, *LAYERS))}


def published_rank(name: str) -> int:
    """The place of a modality or layer in the published tables; of any other name, the place after all of them."""
    return _RANK.get(name, len(_RANK))
