"""Audio: reading clips, changing them, measuring them.

    read_clip -> Clip -> to_mono, resample, silence, noise, surrogate, reverse -> write_wav, wav_bytes

`Clip` holds float32 samples of shape (frames, channels) within -1 to 1. Nothing here changes a clip unless asked:
channels are kept, nothing is cut, no level is changed. `describe` answers without decoding. numpy, soundfile and soxr
are imported by the first call that needs them.
"""

from __future__ import annotations

from mmar.audio.clip import Clip, Facts, noise, resample, reverse, silence, surrogate, to_mono
from mmar.audio.read import decode_blocks, describe, read_clip
from mmar.audio.wav import wav_bytes, write_wav

__all__ = [
    "Clip",
    "Facts",
    "decode_blocks",
    "describe",
    "noise",
    "read_clip",
    "resample",
    "reverse",
    "silence",
    "surrogate",
    "to_mono",
    "wav_bytes",
    "write_wav",
]
