"""16-bit PCM WAV files: writing them, the same bytes on every machine, and reading plain PCM headers."""

from __future__ import annotations

import io
import struct
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from mmar.audio.clip import Clip, Facts
from mmar.errors import UsageError
from mmar.files.atomic import write_atomic

_PCM, _EXTENSIBLE = 1, 0xFFFE
_ENCODINGS = {1: "PCM_U8", 2: "PCM_16", 3: "PCM_24", 4: "PCM_32"}  # by bytes of a sample
_PCM_GUID_TAIL = bytes.fromhex("000000001000800000aa00389b71")


def wav_bytes(clip: Clip) -> bytes:
    """A clip as the bytes of a 16-bit PCM WAV file.

    A sample x becomes the integer nearest to 32768 x (halves to even), limited to -32768 to 32767. Scaling by a power
    of two is exact, so what was read from 16-bit PCM is written back bit for bit; no dither is added, so equal clips
    give equal bytes.

    Raises:
        UsageError: the sound contains NaN, or is too long for a WAV file.
    """
    import numpy as np

    if np.isnan(clip.samples).any():
        raise UsageError("cannot write sound that contains NaN", code="not-finite")
    size = clip.samples.size * 2
    if size > 0xFFFFFFFF - 36:  # at 160 kB/s, about 7 hours
        raise UsageError(
            f"{size:,} bytes of samples do not fit into a WAV file", code="too-long", hint="cut it into parts"
        )
    pcm = np.clip(np.rint(clip.samples * np.float32(32768)), -32768, 32767).astype("<i2")
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setparams((clip.channels, 2, clip.rate, clip.frames, "NONE", "not compressed"))
        file.writeframes(pcm.tobytes())
    return buffer.getvalue()


def write_wav(path: str | Path, clip: Clip) -> None:
    """Write a clip as a 16-bit PCM WAV file, in one step.

    Raises:
        UsageError: as `wav_bytes`.
        ExternalError: the disk cannot be written.
    """
    write_atomic(path, wav_bytes(clip))


def parse_pcm_header(data: bytes) -> Facts | None:
    """Read the header of a plain integer PCM WAV file that is complete.

    Anything else is `None`, and `mmar.audio.describe` has to look at it. soundfile would have to be loaded first.
    """
    if int.from_bytes(data[4:8], "little") + 8 > len(data):
        return None
    stream, layout = io.BytesIO(data), None
    for name, size in riff_chunks(stream):
        if name == b"fmt ":
            layout = _pcm_layout(stream.read(size))
        elif name == b"data":
            if layout is None or stream.tell() + size > len(data):
                return None
            channels, rate, block = layout
            frames, rest = divmod(size, block)
            facts = Facts(rate, channels, frames, "WAV", _ENCODINGS[block // channels], len(data))
            return facts if frames and not rest else None
    return None


def riff_chunks(stream: BinaryIO) -> Iterator[tuple[bytes, int]]:
    """Name and stated size of each chunk of a RIFF WAVE file; the stream stands at the chunk's content.

    A file of another kind has none.
    """
    head = stream.read(12)
    if head[:4] != b"RIFF" or head[8:12] != b"WAVE":
        return
    while len(chunk := stream.read(8)) == 8:
        name, size = struct.unpack("<4sI", chunk)
        start = stream.tell()
        yield name, size
        stream.seek(start + size + size % 2)


def _pcm_layout(chunk: bytes) -> tuple[int, int, int] | None:
    """Channels, rate and bytes per frame of a `fmt ` chunk, if it describes integer PCM."""
    if len(chunk) < 16:
        return None
    tag, channels, rate, _, block, bits = struct.unpack_from("<HHIIHH", chunk)
    if tag == _EXTENSIBLE and len(chunk) >= 40 and chunk[26:40] == _PCM_GUID_TAIL:
        tag = struct.unpack_from("<H", chunk, 24)[0]
    consistent = bits in (8, 16, 24, 32) and block == channels * bits // 8
    plausible = 1 <= channels <= 64 and 1 <= rate <= 768_000
    return (channels, rate, block) if tag == _PCM and consistent and plausible else None
