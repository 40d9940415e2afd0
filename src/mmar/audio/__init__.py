"""The room: clips of sound, and what may be done to them before anyone listens.

    read_clip ─► Clip ─► to_mono, resample, silence, noise, surrogate, reverse ─► write_wav, wav_bytes

`Clip` holds samples as float32 of shape (frames, channels) within −1 to 1. Nothing here changes a clip
unasked: channels are kept, nothing is cut, no level is moved. `describe` answers without decoding. numpy, soundfile and soxr are loaded by the first call that needs them, so importing
this package costs nothing.
"""

from __future__ import annotations

from mmar.audio.channels import to_mono
from mmar.audio.clip import Clip
from mmar.audio.controls import noise, reverse, silence, surrogate
from mmar.audio.read import Facts, describe, read_clip
from mmar.audio.resample import resample
from mmar.audio.write import wav_bytes, write_wav

__all__ = [
    "Clip",
    "Facts",
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
