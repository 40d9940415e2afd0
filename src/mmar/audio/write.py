"""Sound out: 16-bit PCM WAV, the same bytes on every machine."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from mmar.audio.riff import pcm16_header
from mmar.errors import ExternalError, UsageError

if TYPE_CHECKING:
    from mmar.audio.clip import Clip

__all__ = ["wav_bytes", "write_wav"]


def wav_bytes(clip: Clip) -> bytes:
    """The clip as the bytes of a 16-bit PCM WAV file.

    A sample x becomes the integer nearest to 32768·x, halves to even, limited to −32768 … 32767. Scaling
    by a power of two is exact, so what was read from 16-bit PCM is written back bit for bit, and no
    dither is added, so equal clips give equal bytes.

    Args:
        clip: sound of any length, rate and number of channels.

    Returns:
        A 44-byte header and the samples.

    Raises:
        UsageError: if the sound holds NaN, or is too long for a WAV file.
    """
    import numpy as np

    if np.isnan(clip.samples).any():
        raise UsageError("cannot write sound that holds NaN; read the clip again or repair it first")
    try:
        header = pcm16_header(clip.frames, clip.channels, clip.rate)
    except ValueError as error:
        raise UsageError(f"cannot write this clip: {error}; cut it into parts") from None
    pcm = np.clip(np.rint(clip.samples * np.float32(32768)), -32768, 32767).astype("<i2")
    samples: bytes = pcm.tobytes()
    return header + samples


def write_wav(path: str | Path, clip: Clip) -> None:
    """Write a clip as a 16-bit PCM WAV file, whole or not at all.

    The bytes go to a temporary file beside `path`, which then takes its name: a reader never meets half
    a file, and a full disk leaves what was there before.

    Args:
        path: file to make or to replace; its folder must exist.
        clip: the sound; see `wav_bytes` for the rounding.

    Raises:
        UsageError: if the clip cannot be written as WAV.
        ExternalError: if the folder is missing or the disk refuses.
    """
    path = Path(path)
    data = wav_bytes(clip)
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        try:
            with part.open("xb") as stream:
                stream.write(data)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise ExternalError(
            f"{path}: could not write the sound ({error.strerror or error})\n"
            "  → check that the folder exists, may be written to, and has room"
        ) from None
